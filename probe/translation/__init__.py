"""Which call of another framework does what a given one does, or comes nearest to it, held at every swept size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from adapters import Operation
from probe.candidates import differences
from probe.conditions import describe_pairs
from probe.discrepancy import Verdict
from probe.sizes import Pair
from probe.translation.by_hand import ByHand, by_hand
from probe.translation.functions import Function, Functions, is_by_claim
from probe.translation.held import Held, held

_CLOSE = 1e-3
"""Far above rounding at small sizes: what is further apart there is not tried as a reproduction."""

_HELD = 4
"""How many of the nearest, by the few pairs, are held against the subject at all pairs."""

_FEW = 3
"""With fewer of the few pairs of one kind, nothing is said of that kind."""

_RANK = {Verdict.EXACT: 0, Verdict.AGREES: 0, Verdict.APPROXIMATES: 1, Verdict.TIES: 2}


@dataclass(frozen=True, slots=True)
class Translation:
    """What to write in ``framework`` instead of ``operation``.

    to
        The call; ``None`` when no call of the framework was measured, for which ``reason`` is given.
    found
        How it differs from ``operation``, over the ``pairs`` sizes that both are defined for.
    of
        How many of the sizes that the call was swept over ``operation`` is defined for; more than ``pairs`` where the
        call is not defined for all of them.
    where
        At which sizes the two differ, or which are covered, in words; empty when that is all of them.
    factors
        In what the conventions of both differ, where these are known.
    parts
        Where no call is the same everywhere: calls that are at sizes of one kind, each with the kind in words.
    by_hand
        What would have to be done beside the call, or in its place; ``None`` where the call does it alone.
    """

    operation: Operation
    framework: str
    to: Operation | None
    found: Held | None = None
    pairs: int = 0
    of: int = 0
    where: str = ""
    factors: tuple[str, ...] = ()
    parts: tuple[tuple[str, Operation], ...] = ()
    by_hand: ByHand | None = None
    reason: str = ""

    @property
    def is_reproduced(self) -> bool:
        """Whether the call alone is the same function, up to rounding, wherever ``operation`` is defined."""
        return self.found is not None and self.found.verdict.is_agreement and self.pairs == self.of


KINDS: tuple[tuple[str, Callable[[Pair], bool], tuple[str, ...]], ...] = (
    ("when shrinking", lambda pair: pair[1] < pair[0], ()),
    ("when enlarging", lambda pair: pair[1] > pair[0], ()),
    (
        "when shrinking by a whole factor",
        lambda pair: pair[1] < pair[0] and pair[0] % pair[1] == 0,
        ("when shrinking",),
    ),
    (
        "when enlarging by a whole factor",
        lambda pair: pair[1] > pair[0] and pair[1] % pair[0] == 0,
        ("when enlarging",),
    ),
)
"""Kinds of sizes at which a call may be the same function though it is not at all: words, rule, wider kinds."""


class Translator:
    """Answers for any of ``functions``' operations and any framework among them."""

    def __init__(self, functions: Functions) -> None:
        self.functions = functions
        self._calls: dict[str, list[Operation]] = {}
        for operation in functions.operations:
            if is_by_claim(operation):
                continue
            self._calls.setdefault(operation.framework, []).append(operation)
        for framework, calls in self._calls.items():
            self._calls[framework] = [calls[i] for i in sorted(range(len(calls)), key=lambda i: plainness(calls[i], i))]
        self._known: dict[tuple[int, str], Translation] = {}

    @property
    def frameworks(self) -> tuple[str, ...]:
        """Those that any of the operations belongs to."""
        return tuple(self._calls)

    def to(self, operation: Operation, framework: str) -> Translation:
        """What to write in ``framework``; within its own framework, the other call that comes nearest.

        ``KeyError`` for a framework that has no operations here.
        """
        if operation.id in self.functions.missing:
            return Translation(operation, framework, None, reason=self.functions.missing[operation.id])
        key = self.functions.place[operation.id], framework
        if framework == operation.framework:
            return self._found(operation, framework)
        if key not in self._known:
            self._known[key] = self._found(operation, framework)
        known = self._known[key]
        return Translation(operation, *(getattr(known, name) for name in Translation.__slots__[1:]))

    def _found(self, operation: Operation, framework: str) -> Translation:
        groups = self._groups(operation, framework)
        if not groups:
            return Translation(operation, framework, None, reason=self._why_none(operation, framework))
        mine = self.functions.of(operation)
        near = _Near(self.functions, mine.place, list(groups))
        best = None
        for place in near.reproductions():
            held = self._held(operation, mine, groups[place][0], framework)
            if held.is_reproduced:
                best = held
                break
        if best is None:
            held = [self._held(operation, mine, groups[place][0], framework) for place in near.nearest()]
            if not held:
                reason = f"no call of {framework} is defined for a size that {operation.id} is defined for"
                return Translation(operation, framework, None, reason=reason)
            best = min(held, key=_preference)
        return self._explained(best, mine, near, groups)

    def _parts(self, mine: Function, near: _Near, groups: dict[int, list[Operation]]) -> tuple:
        """The plainest call that is the same function at each kind of sizes, where there is one."""
        found: dict[str, Operation] = {}
        for words, rule, wider in KINDS:
            if any(each in found for each in wider):
                continue
            asked = frozenset(pair for pair in mine.defined if rule(pair))
            for place in near.reproductions(rule):
                its = self.functions.of(groups[place][0])
                pairs = tuple(sorted(asked & its.swept))
                if pairs and its.defined.issuperset(pairs) and held(mine, its, pairs).verdict.is_agreement:
                    found[words] = groups[place][0]
                    break
        return tuple(found.items())

    def _groups(self, operation: Operation, framework: str) -> dict[int, list[Operation]]:
        """The framework's functions, each with the calls that are it; the plainest first."""
        groups: dict[int, list[Operation]] = {}
        for other in self._calls[framework]:
            if other.id in self.functions.place and other.id != operation.id:
                groups.setdefault(self.functions.place[other.id], []).append(other)
        return groups

    def _why_none(self, operation: Operation, framework: str) -> str:
        others = [each for each in self._calls[framework] if each.id != operation.id]
        reasons = [self.functions.missing[each.id] for each in others if each.id in self.functions.missing]
        return reasons[0] if reasons else f"{framework} has no other call"

    def _held(self, operation: Operation, mine: Function, to: Operation, framework: str) -> Translation:
        its = self.functions.of(to)
        common = tuple(sorted(mine.defined & its.defined))
        asked = mine.defined & its.swept
        return Translation(operation, framework, to, held(mine, its, common), len(common), len(asked))

    def _explained(
        self, best: Translation, mine: Function, near: _Near, groups: dict[int, list[Operation]]
    ) -> Translation:
        if best.is_reproduced:
            return best
        values = {name: getattr(best, name) for name in Translation.__slots__}
        its = self.functions.of(best.to)
        usable = [each for each in self._calls[best.framework] if each.id in self.functions.place]
        explained = {
            "where": _where(mine, its, best.found),
            "factors": factors(mine, its, best.found),
            "parts": self._parts(mine, near, groups),
            "by_hand": by_hand(mine, best.framework, usable, self.functions),
        }
        return Translation(**values | explained)


class _Near:
    """The functions of one framework in the order of their distance from one function, at the few pairs."""

    def __init__(self, functions: Functions, place: int, places: list[int]) -> None:
        self.places = [p for p in places if (functions.masks[p] & functions.masks[place]).any()]
        gains, mine = functions.gains(place), functions.masks[place]
        self._functions, self._gains, self._mine = functions, gains, mine
        self.common = {p: mine & functions.masks[p] for p in self.places}
        self.worst = {p: float(gains[p][self.common[p]].max()) for p in self.places}
        self.typical = {p: float(gains[p][self.common[p]].mean()) for p in self.places}
        self.covers = {p: bool(self.common[p].sum() == mine.sum()) for p in self.places}

    def reproductions(self, rule: Callable[[Pair], bool] | None = None) -> Iterator[int]:
        """Those that may be the same function, at the pairs for which ``rule`` holds, the plainest first."""
        if rule is None:
            return (p for p in self.places if self.covers[p] and self.worst[p] < _CLOSE)
        asked = self._mine & np.array([rule(pair) for pair in self._functions.few])
        if asked.sum() < _FEW:
            return iter(())
        return (
            p for p in self.places if self._functions.masks[p][asked].all() and self._gains[p][asked].max() < _CLOSE
        )

    def nearest(self) -> list[int]:
        """The few that are nearest; those defined wherever the function is come first."""
        chosen = [p for p in self.places if self.covers[p]]
        if not chosen:
            most = max((self.common[p].sum() for p in self.places), default=0)
            chosen = [p for p in self.places if self.common[p].sum() == most]
        return sorted(chosen, key=lambda p: self.typical[p])[:_HELD]


def plainness(operation: Operation, place: int) -> tuple:
    """To sort by: the call that people would write first comes first.

    A call with nothing but a size; then what is ready for every shape and resizes axes alone; then what needs no helper
    functions; then as the adapter lists them, which puts the usual before the unusual.
    """
    helpers = 0 if operation.call is None else len(operation.call.helpers)
    return not operation.is_default, bool(operation.cost), operation.uniform, helpers, place


def _where(mine: Function, its: Function, found: Held) -> str:
    common, asked = tuple(sorted(mine.defined & its.defined)), tuple(sorted(mine.defined & its.swept))
    where = describe_pairs(found.differing, common)[0].lstrip(", ") if found.differing else ""
    if len(common) == len(asked):
        return where
    covered = f"defined {describe_pairs(common, asked)[0].lstrip(', ')} only"
    return covered + (f"; differs {where or 'at all of these'}" if found.differing else "")


def factors(mine: Function, its: Function, found: Held) -> tuple[str, ...]:
    """In which of :data:`probe.discrepancy.FACTORS` two functions differ, as far as their conventions are known."""
    claims = [each.convention or each.judged.operation.claim for each in (mine, its)]
    named: list[str] = list(differences(*claims)) if None not in claims else []
    if found.verdict is Verdict.TIES:
        return ("ties",)
    for each in (mine, its):
        attribution = None if each.judged.discrepancy is None else each.judged.discrepancy.attribution
        if each.convention is None and attribution is not None:
            named += attribution.factors
    return tuple(dict.fromkeys(named))


def _preference(one: Translation) -> tuple:
    """Agreement, then less than a grey level, then other ties only, then the smallest typical error."""
    return -one.pairs / one.of, _RANK.get(one.found.verdict, 3), round(one.found.typical, 9)
