"""Which faults explain the vectors that fail, and which the vectors that pass rule out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from halfpixel.probe.vector_check.outcomes import Failed, Outcome, Passed
from halfpixel.probe.vector_check.vector_set import Example, VectorSet

_CONVINCING = 0.9
"""The share of the error that a fault must explain to be the cause."""
_FAR = 1e30
"""How far a value is that is no number."""
_DIGITS = 3
"""Shares that agree to so many digits are the same."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A fault that fits: no vector that reveals it passes.

    explained
        How many of the failing vectors reveal it.
    share
        How much of the error the fault explains, 0 to 1: by how much nearer the result is to that of a resizer with the
        fault than to the right one, for the vector that the set has an example for. ``None`` without an example, or
        where that vector was not compared.
    """

    flag: str
    explained: int
    share: float | None = None

    @property
    def is_convincing(self) -> bool:
        """Whether the result itself is that of the fault, as far as that is known."""
        return self.share is None or self.share >= _CONVINCING


@dataclass(frozen=True, slots=True)
class FaultsFound:
    """Every flag of a set in one of three groups, by the vectors that bear it.

    suspected
        All that were compared fail. Those come first that explain most of the error, then those that explain most
        failures.
    ruled_out
        One passes, which it would not with that fault.
    unknown
        None was compared.
    """

    suspected: tuple[Suspect, ...]
    ruled_out: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def best(self) -> tuple[Suspect, ...]:
        """Those that explain as much as the first of the suspects, where that convinces."""
        convincing = [suspect for suspect in self.suspected if suspect.is_convincing]
        return tuple(suspect for suspect in convincing if _rank(suspect) == _rank(convincing[0]))


def find_faults(vectors: VectorSet, outcomes: Sequence[Outcome]) -> FaultsFound:
    """The groups, from the outcomes of a set's vectors."""
    passed = frozenset[str]().union(*(outcome.vector.flags for outcome in outcomes if isinstance(outcome, Passed)))
    failed = {outcome.vector.id: outcome for outcome in outcomes if isinstance(outcome, Failed)}
    explained = {flag: sum(flag in failure.vector.flags for failure in failed.values()) for flag in vectors.faults}
    suspects = [
        Suspect(flag, count, _share(vectors.faults[flag].example, failed))
        for flag, count in explained.items()
        if count and flag not in passed
    ]
    return FaultsFound(
        tuple(sorted(suspects, key=_rank)),
        tuple(flag for flag in vectors.faults if flag in passed),
        tuple(flag for flag, count in explained.items() if not count and flag not in passed),
    )


def _rank(suspect: Suspect) -> tuple[float, int]:
    return -round(suspect.share or 0, _DIGITS), -suspect.explained


def _share(example: Example | None, failed: dict[str, Failed]) -> float | None:
    if example is None or example.vector not in failed:
        return None
    result, vector = failed[example.vector].result, failed[example.vector].vector
    if result.size != example.values.size:
        return 0.0
    left = _distance(result, example.values)
    if result.shape != vector.expected.shape:
        return float(result.shape == example.values.shape and left <= vector.tolerance * result.size)
    return max(0.0, 1 - left / _distance(result, vector.expected))


def _distance(result: np.ndarray, other: np.ndarray) -> float:
    off = np.abs(result.astype(np.float64).ravel() - other.astype(np.float64).ravel())
    return float(np.nan_to_num(off, nan=_FAR, posinf=_FAR).sum())
