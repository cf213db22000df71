"""Group operations that are the same function at every pair of sizes measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.golden import Convention, coordinates, matrix
from halfpixel.golden.vocabulary import Verdict
from halfpixel.probe.compare.comparison import against_convention, against_operation, compare
from halfpixel.probe.compare.discrepancy import Discrepancy
from halfpixel.probe.compare.measurement_store import Judgement
from halfpixel.probe.compare.packed_matrices import pack_exact, pack_measured
from halfpixel.probe.measure.sizes import Pair

_SMALL = 7
_CLOSE = 1e-3
"""Far above rounding at small sizes: functions that differ by more there are not compared at the other sizes."""


@dataclass(frozen=True, slots=True)
class EquivalenceClass:
    """Operations that agree with each other, within rounding, at all of ``pairs`` along both axes.

    ``convention`` is the exact one that they all apply, or ``None`` when no claimed convention is. Members too slow for
    all of ``pairs`` agree at those that they were swept over.
    """

    members: tuple[Judgement, ...]
    convention: Convention | None
    pairs: frozenset[Pair]


def equivalence_classes(judgements: Iterable[Judgement]) -> list[EquivalenceClass]:
    """Group operations by their measurements; largest class first. Operations that were not measured are in none.

    An operation that agrees with its claim is in the class of that convention; claims with equal exact matrices are one
    class. The others are compared with those conventions, and then with each other. Operations defined for different
    pairs of sizes are never in one class; a slow one, swept over few, joins the class that agrees with it there.
    """
    groups: dict[_Key, list[Judgement]] = {}
    rest: list[Judgement] = []
    for judged in sorted(judgements, key=lambda judged: bool(judged.operation.cost)):
        claim = judged.operation.claim
        if claim is not None and judged.discrepancy is not None and judged.discrepancy.verdict.is_agreement:
            groups.setdefault(_home(judged, claim, groups), []).append(judged)
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
    classes = [EquivalenceClass(tuple(members), convention, pairs) for (pairs, convention), members in groups.items()]
    classes += [EquivalenceClass(tuple(members), None, members[0].pairs) for members in others]
    return sorted(classes, key=lambda group: (-len(group.members), group.members[0].operation.id))


_Key = tuple[frozenset[Pair], Convention]


def _home(judged: Judgement, claim: Convention, groups: Iterable[_Key]) -> _Key:
    """The first of ``groups`` whose convention has the claim's exact matrices at every pair; or one of its own."""
    pairs = frozenset(_defined(judged))
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
        return all(_same_coordinates(a, b, pair) for pair in pairs)
    ordered = tuple(sorted(pairs))
    return bool(np.abs(pack_exact(a, ordered).values - pack_exact(b, ordered).values).max() < 1e-9)


def _same_coordinates(a: Convention, b: Convention, pair: Pair) -> bool:
    """Whether two conventions that differ in coordinates alone have the very same ones."""
    first, second = coordinates(a, *pair), coordinates(b, *pair)
    return first.denominator == second.denominator and bool(np.array_equal(first.numerators, second.numerators))


def _explaining(judged: Judgement, groups: Iterable[_Key]) -> _Key | None:
    few = _few(judged.pairs)
    measured = pack_measured(judged.sweeps[0], few)
    for pairs, convention in groups:
        is_near = _comparable(judged, judged.pairs, pairs) and _close(measured, _exact(convention, few))
        if is_near and against_convention(list(judged.sweeps), convention).verdict.is_agreement:
            return pairs, convention
    return None


def _same(first: Judgement, second: Judgement) -> bool:
    if not _comparable(first, first.pairs, second.pairs):
        return False
    few = _few(first.pairs)
    if not _close(pack_measured(first.sweeps[0], few), pack_measured(second.sweeps[0], few)):
        return False
    return against_operation(list(first.sweeps), list(second.sweeps)).verdict.is_agreement


@cache
def _few(pairs: frozenset[Pair]) -> tuple[Pair, ...]:
    """The small pairs, at which most functions that differ at all do: they are compared first."""
    return tuple(sorted(pair for pair in pairs if max(pair) <= _SMALL)) or tuple(sorted(pairs)[:1])


@lru_cache(maxsize=1024)
def _exact(convention: Convention, pairs: tuple[Pair, ...]) -> np.ndarray:
    return np.concatenate([matrix(convention, *pair).to_array().ravel() for pair in pairs])


def _close(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.abs(a - b).max() < _CLOSE)


def compare_classes(a: Judgement, b: Judgement) -> Discrepancy:
    """How ``a`` differs from ``b`` on the pairs that both are defined for.

    The exact matrices of the claim stand for an operation that agrees with it.
    """
    for judged in (a, b):
        if judged.discrepancy is not None and judged.discrepancy.verdict is Verdict.NOT_INSTALLED:
            return replace(judged.discrepancy, subject=a.operation.id, against=b.operation.id)
    return replace(_difference(a, b), subject=a.operation.id, against=b.operation.id)


def _difference(a: Judgement, b: Judgement) -> Discrepancy:
    if a.sweeps and b.sweeps:
        return against_operation(list(a.sweeps), list(b.sweeps))
    if a.sweeps or b.sweeps:
        measured, conforming = (a, b) if a.sweeps else (b, a)
        operation = conforming.operation
        sweeps = [axis.among(lambda pair: operation.accepts(*pair)) for axis in measured.sweeps]
        return against_convention(sweeps, _claim(conforming))
    if _claim(a) == _claim(b) and a.discrepancy is not None and b.discrepancy is not None:
        gain = a.discrepancy.gain + b.discrepancy.gain
        measured_pairs = min(a.discrepancy.measured, b.discrepancy.measured)
        verdict = Verdict.EXACT if gain == 0 else Verdict.AGREES
        return Discrepancy(a.operation.id, b.operation.id, verdict, gain=gain, measured=measured_pairs)
    return compare(_claim(a), _claim(b), tuple(sorted(_defined(a) & _defined(b))))


def _claim(judged: Judgement) -> Convention:
    """The claim of an operation that agrees with it."""
    if judged.operation.claim is None:
        raise ValueError(f"{judged.operation.id} has neither matrices nor a claim")
    return judged.operation.claim


def _defined(judged: Judgement) -> set[Pair]:
    return {pair for pair in judged.swept if judged.operation.accepts(*pair)}


def frameworks_of(members: Iterable[Judgement]) -> tuple[str, ...]:
    """The frameworks of these operations, sorted, each once."""
    return tuple(sorted({judged.operation.framework for judged in members}))


def operations_by_claim(operations: Iterable[Operation]) -> dict[str, tuple[Operation, ...]]:
    """The operations by the convention they claim, for every claim that at least two frameworks share."""
    by_claim: dict[str, list[Operation]] = {}
    for operation in operations:
        if operation.claim is not None:
            by_claim.setdefault(str(operation.claim), []).append(operation)
    return {claim: tuple(group) for claim, group in by_claim.items() if len({member.framework for member in group}) > 1}
