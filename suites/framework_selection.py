"""Select the frameworks of a run and its pairs of default calls; refuse a lock of calls that are not there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations

import pytest

from halfpixel import adapters
from halfpixel.adapters import Operation
from halfpixel.defects.catalogue import CatalogueError
from halfpixel.defects.lock import Lock
from halfpixel.golden.vocabulary import VARIANT_SUITES, every_call


def default_pairs(operations: Iterable[Operation]) -> list[tuple[Operation, Operation]]:
    """Every two calls of different frameworks that give nothing but a size."""
    defaults = sorted((operation for operation in operations if operation.is_default), key=lambda call: call.framework)
    return [(a, b) for a, b in combinations(defaults, 2) if a.framework != b.framework]


def selected_versions(named: str | None, left_out: str | None) -> dict[str, str | None]:
    """The chosen frameworks and their versions: those named, or all but those left out; ``None`` where absent."""
    known = adapters.frameworks()
    chosen, dropped = parse_names("--frameworks", named, known), parse_names("--without", left_out, known)
    for name in chosen:
        if known[name].version is None:
            package = known[name].distributions[0]
            raise pytest.UsageError(f"framework {name!r} is not installed; install it with: pip install {package}")
    selected = [name for name in chosen or known if name not in dropped]
    if not selected:
        raise pytest.UsageError("--without leaves no framework to ask")
    return {name: known[name].version for name in selected}


def parse_names(option: str, text: str | None, known: Iterable[str]) -> tuple[str, ...]:
    """The names of a comma-separated option, each one of ``known``; ``pytest.UsageError`` otherwise."""
    if text is None:
        return ()
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise pytest.UsageError(f"{option} names none; allowed: {', '.join(known)}")
    for name in names:
        if name not in known:
            raise pytest.UsageError(f"unknown framework {name!r}; allowed: {', '.join(known)}")
    return names


def check_locked_calls(locks: Mapping[str, Lock]) -> None:
    """Refuse a lock with an answer of a call that no adapter has; :class:`CatalogueError` names the first."""
    for framework, lock in locks.items():
        plain = {call.id for call in adapters.operations(framework)}
        others = (adapters.integer_operations, adapters.operations_by_scale, adapters.operations_nd)
        calls = plain | {call.id for listed in others for call in listed(framework)} | {every_call(framework)}
        for answer in lock.answers:
            if f"{framework} {answer.call}" not in (calls if answer.suite in VARIANT_SUITES else plain):
                raise CatalogueError(
                    f"the lock of {framework} {lock.version} has a call that is not there: "
                    f"{answer.suite} of {answer.call!r}"
                )
