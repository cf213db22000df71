"""Which operations are the same function at every size that was swept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import numpy as np

from adapters import Operation
from golden import Convention, coordinates, matrix
from probe import flat
from probe.compare import against_convention, against_operation, compare
from probe.discrepancy import Discrepancy, Verdict
from probe.measure import Sweep
from probe.sizes import Pair
from probe.store import Judgement

_SMALL = 7
_CLOSE = 1e-3
"""Far above rounding at small sizes: whatever is further apart there is not looked at again."""


@dataclass(frozen=True, slots=True)
class EquivalenceClass:
    """Operations that agree with each other, within rounding, at all of ``pairs`` along both axes.

    ``convention`` is the exact one that they all apply, or ``None`` when no claimed convention is. Members too dear for
    all of ``pairs`` agree at those that they were swept over.
    """

    members: tuple[Judgement, ...]
    convention: Convention | None
    pairs: frozenset[Pair]


def equivalence_classes(judgements: Iterable[Judgement]) -> list[EquivalenceClass]:
    """Group what was measured; largest class first. Operations of which nothing was measured are in none.

    An operation that agrees with its claim is in the class of that convention; claims with equal exact matrices are one
    class. The others are compared with those conventions, and then with each other. Operations defined for different
    pairs of sizes are never in one class; a dear one, swept over few, joins the class that agrees with it there.
    """
    groups: dict[tuple[frozenset[Pair], Convention], list[Judgement]] = {}
    rest: list[Judgement] = []
    for judged in sorted(judgements, key=lambda judged: bool(judged.operation.cost)):
        if judged.discrepancy is not None and judged.discrepancy.verdict.is_agreement:
            groups.setdefault(_home(judged, groups), []).append(judged)
        elif judged.pairs:
            rest.append(judged)
    others: list[list[Judgement]] = []
    for judged in rest:
        key = _explaining(judged, groups)
        if key is not None:
            groups[key].append(judged)
            continue
        home = next((group for group in others if _same(judged, group[0])), None)
        if home is None:
            others.append([judged])
        else:
            home.append(judged)
    found = [EquivalenceClass(tuple(members), convention, pairs) for (pairs, convention), members in groups.items()]
    found += [EquivalenceClass(tuple(members), None, members[0].pairs) for members in others]
    return sorted(found, key=lambda one: (-len(one.members), one.members[0].operation.id))


_Key = tuple[frozenset[Pair], Convention]


def _home(judged: Judgement, groups: Iterable[_Key]) -> _Key:
    """The first of ``groups`` whose convention has the claim's exact matrices at every pair; or one of its own."""
    claim, pairs = judged.operation.claim, frozenset(_defined(judged))
    for known_pairs, known in groups:
        if _comparable(judged, pairs, known_pairs) and (known == claim or _equal(known, claim, pairs)):
            return known_pairs, known
    return pairs, claim


def _comparable(judged: Judgement, pairs: frozenset[Pair], known: frozenset[Pair]) -> bool:
    """Whether a group that is defined for the pairs ``known`` may take in an operation measured at ``pairs``."""
    if not judged.operation.cost:
        return pairs == known
    return pairs == {pair for pair in judged.swept if pair in known}


def _equal(a: Convention, b: Convention, pairs: frozenset[Pair]) -> bool:
    """Whether two conventions have the same exact matrices at all of ``pairs``; each carries a bound below 1e-12."""
    few = _few(pairs)
    if not _close(_exact(a, few), _exact(b, few)):
        return False
    if a.but(coordinate_transformation_mode=b.coordinate_transformation_mode) == b:
        return all(_same_places(a, b, pair) for pair in pairs)
    ordered = tuple(sorted(pairs))
    return bool(np.abs(flat.exact(a, ordered).values - flat.exact(b, ordered).values).max() < 1e-9)


def _same_places(a: Convention, b: Convention, pair: Pair) -> bool:
    """Whether two conventions that differ in coordinates alone sample the very same places."""
    mine, its = coordinates(a, *pair), coordinates(b, *pair)
    return mine.denominator == its.denominator and bool(np.array_equal(mine.numerators, its.numerators))


def _explaining(judged: Judgement, groups: Iterable[_Key]) -> _Key | None:
    few = _few(judged.pairs)
    measured = _measured(judged, few)
    for pairs, convention in groups:
        is_near = _comparable(judged, judged.pairs, pairs) and _close(measured, _exact(convention, few))
        if is_near and against_convention(list(judged.sweeps), convention).verdict.is_agreement:
            return pairs, convention
    return None


def _same(one: Judgement, other: Judgement) -> bool:
    if not _comparable(one, one.pairs, other.pairs):
        return False
    few = _few(one.pairs)
    if not _close(_measured(one, few), _measured(other, few)):
        return False
    return against_operation(list(one.sweeps), list(other.sweeps)).verdict.is_agreement


@cache
def _few(pairs: frozenset[Pair]) -> tuple[Pair, ...]:
    """The small pairs, at which two functions that differ mostly do: they are compared first."""
    return tuple(sorted(pair for pair in pairs if max(pair) <= _SMALL)) or tuple(sorted(pairs)[:1])


@lru_cache(maxsize=1024)
def _exact(convention: Convention, pairs: tuple[Pair, ...]) -> np.ndarray:
    return np.concatenate([matrix(convention, *pair).to_array().ravel() for pair in pairs])


def _measured(judged: Judgement, pairs: tuple[Pair, ...]) -> np.ndarray:
    return np.concatenate([judged.sweeps[0].matrices[pair].ravel() for pair in pairs])


def _close(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.abs(a - b).max() < _CLOSE)


def between(a: Judgement, b: Judgement) -> Discrepancy:
    """How ``a`` differs from ``b`` on the pairs that both are defined for.

    One that agrees with its claim stands for the exact matrices of it.
    """
    for one in (a, b):
        if one.discrepancy is not None and one.discrepancy.verdict is Verdict.NOT_INSTALLED:
            return replace(one.discrepancy, subject=a.operation.id, against=b.operation.id)
    if a.sweeps and b.sweeps:
        found = against_operation(list(a.sweeps), list(b.sweeps))
    elif a.sweeps or b.sweeps:
        measured, stands = (a, b) if a.sweeps else (b, a)
        found = against_convention(_common(measured, stands.operation), stands.operation.claim)
    else:
        found = _between_claims(a, b)
    return replace(found, subject=a.operation.id, against=b.operation.id)


def _common(measured: Judgement, other: Operation) -> list[Sweep]:
    return [
        replace(one, matrices={pair: array for pair, array in one.matrices.items() if other.accepts(*pair)})
        for one in measured.sweeps
    ]


def _between_claims(a: Judgement, b: Judgement) -> Discrepancy:
    if a.operation.claim == b.operation.claim:
        gain = a.discrepancy.gain + b.discrepancy.gain
        verdict = Verdict.EXACT if gain == 0 else Verdict.AGREES
        measured = min(a.discrepancy.measured, b.discrepancy.measured)
        return Discrepancy(a.operation.id, b.operation.id, verdict, gain=gain, measured=measured)
    pairs = tuple(sorted(_defined(a) & _defined(b)))
    return compare(a.operation.claim, b.operation.claim, pairs)


def _defined(judged: Judgement) -> set[Pair]:
    return {pair for pair in judged.swept if judged.operation.accepts(*pair)}


def frameworks_of(members: Iterable[Judgement]) -> tuple[str, ...]:
    """The frameworks of these operations, sorted, each once."""
    return tuple(sorted({judged.operation.framework for judged in members}))


def claims(operations: Iterable[Operation]) -> dict[str, tuple[Operation, ...]]:
    """The operations by the convention they claim, for every claim that at least two frameworks share."""
    by_claim: dict[str, list[Operation]] = {}
    for operation in operations:
        if operation.claim is not None:
            by_claim.setdefault(str(operation.claim), []).append(operation)
    return {claim: tuple(those) for claim, those in by_claim.items() if len({one.framework for one in those}) > 1}
