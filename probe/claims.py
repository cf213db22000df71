"""Holds the textbook claims against real calls: what a framework samples, read off its measured matrices."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from adapters import Operation
from golden.align_corners import Axis, NeitherMode, NotSeen, Sampler, exact_axis
from golden.claims import Claim, Outcome, all_pairs, check, seen
from golden.convention import Convention
from probe.measure import sweep
from probe.tolerance import gain_tolerance

PAIRS = (*all_pairs(6), (16, 32), (32, 16), (9, 33), (4, 32), (4, 25))
"""All small sizes, where every claim can be told true from false, and some with the factors of decode heads."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One operation held against one claim.

    ``outcome`` is ``None`` where the operation does not sample as it documents, so that it says nothing about the
    claim; ``fault`` then says where.
    """

    operation: Operation
    outcome: Outcome | None
    fault: str = ""


@lru_cache(maxsize=256)
def _axes(operation: Operation) -> dict[tuple[int, int], Axis]:
    """What the operation samples along the height; raises ``NeitherMode`` at the first pair that fits no mode."""
    measured = sweep(operation, tuple(pair for pair in PAIRS if operation.accepts(*pair)))
    axes = {}
    for (n_in, n_out), weights in measured.matrices.items():
        tolerance = gain_tolerance(operation.claim, n_in, n_out, 1.0)
        with suppress(NotSeen):
            axes[n_in, n_out] = seen(operation.claim, n_in, n_out, weights.tolist(), tolerance)
    return axes


@lru_cache(maxsize=256)
def fault(operation: Operation) -> str:
    """Where the operation samples otherwise than any mode does; empty when nowhere."""
    try:
        _axes(operation)
    except NeitherMode as error:
        return str(error)
    return ""


@lru_cache(maxsize=256)
def _applies(operation: Operation) -> bool:
    """Whether the operation's weights are its claim's at every pair: only then can it stand for the convention."""
    if fault(operation):
        return False
    return all(axis.rows == exact_axis(operation.claim, *pair).rows for pair, axis in _axes(operation).items())


def sampler(operation: Operation, others: Sequence[Operation]) -> Sampler:
    """What ``operation`` samples, as :func:`golden.claims.check` asks for it.

    Of other conventions that are asked for, the first of ``others`` that documents it and applies it.
    """

    def stands_for(convention: Convention) -> Operation:
        if convention == operation.claim:
            return operation
        for other in others:
            if other.claim == convention and _applies(other):
                return other
        raise NotSeen(f"no operation documents {convention}")

    def sampled(convention: Convention, n_in: int, n_out: int) -> Axis:
        axis = _axes(stands_for(convention)).get((n_in, n_out))
        if axis is None:
            raise NotSeen(f"{n_in} -> {n_out} was not measured")
        return axis

    return sampled


def held_against(claim: Claim, operations: Sequence[Operation]) -> list[Seen]:
    """The claim against every operation of one framework that documents a mode it speaks of.

    All must be installed; ``NotInstalled`` otherwise.
    """
    found = []
    for operation in operations:
        if operation.claim in claim.modes:
            broken = fault(operation)
            outcome = None if broken else check(claim, sampler(operation, operations), PAIRS)
            found.append(Seen(operation, outcome, broken))
    return found
