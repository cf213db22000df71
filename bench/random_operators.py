"""Counts how many random wrong resizers get through a check: each right but for one fault, somewhere, at some sizes."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from time import perf_counter

from hypothesis import HealthCheck, Phase, given, seed, settings

from halfpixel.probe import check
from halfpixel.probe.compare.both_axes.whole_operator import check_whole_operator
from tests.fakes.random_operators import WrongOperator, wrong_operators

_AT_A_TIME = 250


def gets_through(operator: WrongOperator) -> bool:
    """Whether ``check`` says that the operator is what it claims to be.

    Both axes at once come first, up to the first shape that differs: that is quick, and part of the check.
    """
    if not check_whole_operator(operator.operation, operator.claim, stops_at_first=True).is_verified:
        return False
    return check(operator.operation, operator.claim).verdict.is_agreement


def _some(start: int) -> list[tuple[str, str, bool, str]]:
    """The condition, the place, whether it gets through, and the whole description, of some random operators."""
    found: list[tuple[str, str, bool, str]] = []

    @seed(start)
    @settings(
        max_examples=_AT_A_TIME,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(wrong_operators())
    def ask(operator: WrongOperator) -> None:
        found.append((operator.condition.name, operator.place.name, gets_through(operator), repr(operator)))

    ask()
    return found


def measure(count: int, processes: int) -> dict[str, object]:
    """Ask ``count`` operators; how many got through, which, and how many there were of each condition and place."""
    started = perf_counter()
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        batches = pool.map(_some, range(-(-count // _AT_A_TIME)), chunksize=1)
    asked = [operator for batch in batches for operator in batch]
    missed = [operator for operator in asked if operator[2]]
    return {
        "asked": len(asked),
        "missed": len(missed),
        "seconds": perf_counter() - started,
        "conditions": dict(Counter(condition for condition, *_ in asked)),
        "places": dict(Counter(place for _, place, *_ in asked)),
        "missed by condition": dict(Counter(condition for condition, *_ in missed)),
        "examples": [text for *_, text in missed[:20]],
    }


def rows(found: dict) -> list[dict[str, object]]:
    """A row for each condition: how many were asked, and how many got through."""
    missed = found["missed by condition"]
    ordered = sorted(found["conditions"].items(), key=lambda item: (-missed.get(item[0], 0), -item[1]))
    return [{"wrong when": name, "asked": count, "got through": missed.get(name, 0)} for name, count in ordered]
