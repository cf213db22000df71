"""Check the claims on real calls, from their measured matrices."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from halfpixel.adapters import Operation
from halfpixel.golden.align_corners import NeitherMode, NotObservable, SampledAxis, Sampler, exact_axis
from halfpixel.golden.convention import Convention
from halfpixel.golden.tolerance import gain_tolerance
from halfpixel.probe.measure.axis_matrix import sweep
from halfpixel.segmentation.claims.claim import Claim, ClaimOutcome, all_pairs, axis_from_matrix, check_claim

PAIRS = (*all_pairs(6), (16, 32), (32, 16), (9, 33), (4, 32), (4, 25))
"""All small sizes, where every claim can be told true from false, and some with the factors of decode heads."""


@dataclass(frozen=True, slots=True)
class ClaimObservation:
    """One claim checked on one operation.

    ``outcome`` is ``None`` where the operation samples as neither mode does, so that it decides nothing about the
    claim; ``fault`` then says where.
    """

    operation: Operation
    outcome: ClaimOutcome | None
    fault: str = ""


def _claim(operation: Operation) -> Convention:
    if operation.claim is None:
        raise ValueError(f"{operation.id} documents no convention")
    return operation.claim


@lru_cache(maxsize=256)
def _axes(operation: Operation) -> dict[tuple[int, int], SampledAxis]:
    """What the operation samples along the height; raises ``NeitherMode`` at the first pair that fits no mode."""
    claim = _claim(operation)
    measured = sweep(operation, tuple(pair for pair in PAIRS if operation.accepts(*pair)))
    axes = {}
    for (n_in, n_out), weights in measured.matrices.items():
        tolerance = gain_tolerance(claim, n_in, n_out, 1.0)
        with suppress(NotObservable):
            axes[n_in, n_out] = axis_from_matrix(claim, n_in, n_out, weights.tolist(), tolerance)
    return axes


@lru_cache(maxsize=256)
def sampling_fault(operation: Operation) -> str:
    """Where the operation samples as neither mode does; empty when nowhere."""
    try:
        _axes(operation)
    except NeitherMode as error:
        return str(error)
    return ""


@lru_cache(maxsize=256)
def _applies(operation: Operation) -> bool:
    """Whether the operation's weights are its claim's at every pair: only then can it stand for the convention."""
    if sampling_fault(operation):
        return False
    claim = _claim(operation)
    return all(axis.rows == exact_axis(claim, *pair).rows for pair, axis in _axes(operation).items())


def sampler(operation: Operation, others: Sequence[Operation]) -> Sampler:
    """What ``operation`` samples, as :func:`halfpixel.segmentation.claims.claim.check_claim` asks for it.

    Another convention is sampled by the first of ``others`` that documents it and applies it.
    """

    def representative(convention: Convention) -> Operation:
        if convention == operation.claim:
            return operation
        for other in others:
            if other.claim == convention and _applies(other):
                return other
        raise NotObservable(f"no operation documents {convention}")

    def sampled(convention: Convention, n_in: int, n_out: int) -> SampledAxis:
        axis = _axes(representative(convention)).get((n_in, n_out))
        if axis is None:
            raise NotObservable(f"{n_in} -> {n_out} was not measured")
        return axis

    return sampled


def check_on_framework(claim: Claim, operations: Sequence[Operation]) -> list[ClaimObservation]:
    """The claim against every operation of one framework that documents a mode it speaks of.

    All must be installed; ``NotInstalled`` otherwise.
    """
    observations = []
    for operation in operations:
        if operation.claim in claim.modes:
            fault = sampling_fault(operation)
            outcome = None if fault else check_claim(claim, sampler(operation, operations), PAIRS)
            observations.append(ClaimObservation(operation, outcome, fault))
    return observations
