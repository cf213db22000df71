"""Measures one axis of what returns grey levels: a call an image, in whose columns lie as many lines as one wants."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from adapters import Operation
from adapters.layout import WrongShape
from probe.forms import LEVELS, Form
from probe.measure import Refused
from probe.sizes import Pair

_LINES = 128
_MANY = 16
"""Lines for each pixel of inputs longer than any that names are told by: those are for estimates."""
_BROAD = 12
"""Columns that a line fills where the other axis is not left as it is: its middle column sees nothing else."""
_BROADEST = 24
"""The same where both axes are resized: with room for any rule of coordinates."""


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Lines of pixels and what came of them at one pair: levels, ``(n_in, T)`` and ``(n_out, T)``."""

    pair: Pair
    given: np.ndarray
    got: np.ndarray

    def fitted(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """By least squares, from results that are not at an end of the range.

        The matrix ``(n_out, n_in)``; what is added to every result, levels ``(n_out,)``, as rounding down adds -1/2;
        and what is left of those results, levels ``(n_out, T)``, 0 for the others.
        """
        matrix, added, left = np.zeros((self.pair[1], self.pair[0])), np.zeros(self.pair[1]), np.zeros(self.got.shape)
        given = np.column_stack([self.given.T.astype(np.float64), np.full(self.given.shape[1], 100.0)])
        for row, results in enumerate(self.got):
            inside = (results > 0.01) & (results < LEVELS - 0.01)
            if inside.sum() < 2 * self.pair[0] + 4:
                inside = np.ones(len(results), dtype=bool)
            found = np.linalg.lstsq(given[inside], results[inside], rcond=None)[0]
            # Which results are left out must not depend on how they were rounded.
            refined = np.abs(given @ found - LEVELS / 2) < LEVELS / 2 - 1
            if refined.sum() >= 2 * self.pair[0] + 4:
                inside = refined
                found = np.linalg.lstsq(given[inside], results[inside], rcond=None)[0]
            matrix[row], added[row] = found[:-1], 100 * found[-1]
            left[row, inside] = results[inside] - given[inside] @ found
        return matrix, added, left

    def beyond(self, weights: np.ndarray) -> np.ndarray:
        """Results less ``clip(weights @ given)``, levels, ``(n_out, T)``."""
        return self.got - np.clip(weights @ self.given, 0, LEVELS)


@dataclass(slots=True)
class LevelCaller:
    """Calls an operation with images of grey levels, and counts."""

    operation: Operation
    form: Form
    calls: int = 0

    def calls_left(self, most: int) -> int:
        """How many more there may be of ``most``."""
        return most - self.calls

    def __call__(self, levels: np.ndarray, size: Pair) -> np.ndarray:
        """``(H, W)`` levels to ``(h, w)`` levels, float64; raises ``Refused``, ``WrongShape`` or ``NotInstalled``."""
        self.calls += 1
        result = self.form.resize(self.operation, levels * self.form.unit if self.form.unit != 1 else levels, size)
        found = result.astype(np.float64) / self.form.returned_unit
        # 255ths are no binary fractions: what all is near whole levels is whole.
        whole = np.rint(found)
        return whole if np.abs(found - whole).max(initial=0) < 1e-3 else found

    def along(self, levels: np.ndarray, n_out: int, across: int, axis: str) -> np.ndarray:
        """``(n_in, W)`` to ``(n_out, across)``, where the first of each is ``axis``."""
        if axis == "height":
            return self(levels, (n_out, across))
        return self(np.ascontiguousarray(levels.T), (across, n_out)).T


@dataclass(slots=True)
class LevelAxis:
    """What was measured along one axis, and how lines lie across it."""

    axis: str
    lines: dict[Pair, Lines] = field(default_factory=dict)
    refused: dict[Pair, str] = field(default_factory=dict)
    misshapen: dict[Pair, WrongShape] = field(default_factory=dict)
    leaves_alone: bool | None = None
    across: tuple[float, float] | None = None


def lines_for(n_in: int, count: int) -> np.ndarray:
    """``count`` lines of ``n_in`` levels, ``(n_in, count)``: one bright pixel each, then noise of two kinds.

    Half of the noise has two levels only, far apart but so that ringing does not reach the ends of the range; half has
    any level, which shows what is not linear and lands on ties.
    """
    random = np.random.default_rng(n_in)
    single = np.eye(n_in, dtype=np.int64)[:, : count // 4] * (LEVELS - 64) + 32
    left = count - single.shape[1]
    two = 128 + 76 * random.choice([-1, 1], (n_in, left // 2))
    return np.concatenate([single, two, random.integers(0, LEVELS + 1, (n_in, left - left // 2))], axis=1)


def measure_levels(caller: LevelCaller, pairs: list[Pair], axis: str, most: int) -> LevelAxis:
    """Measure ``pairs`` along ``axis``, a call each and one more, with at most ``most`` calls in all."""
    found = LevelAxis(axis)
    end = caller.calls + most
    for pair in pairs:
        if caller.calls + (found.leaves_alone is None) >= end:
            break
        try:
            found.lines[pair] = measure_lines(caller, pair, found)
        except Refused as refusal:
            found.refused[pair] = str(refusal)
        except WrongShape as wrong:
            found.misshapen[pair] = wrong
    return found


def measure_lines(caller: LevelCaller, pair: Pair, found: LevelAxis) -> Lines:
    """One pair; raises ``Refused``, ``WrongShape`` or ``NotInstalled``."""
    n_in, n_out = pair
    if found.leaves_alone is None:
        found.leaves_alone = not caller.operation.uniform and _leaves_alone(caller, pair, found.axis)
    given = lines_for(n_in, max(_LINES, (_MANY if n_in > 32 else 4) * n_in))
    if found.leaves_alone:
        return Lines(pair, given, caller.along(given, n_out, given.shape[1], found.axis))
    given = lines_for(n_in, max(_LINES, 4 * n_in))
    if caller.operation.uniform:
        return _both_resized(caller, pair, given, found.axis)
    broad = np.repeat(given, _BROAD, axis=1)
    if found.across is None:
        found.across = _across(caller, pair, broad.shape[1], found.axis)
    slope, share = found.across
    first = share * (broad.shape[1] - 1)
    got = caller.along(broad, n_out, broad.shape[1], found.axis)
    middles = np.arange(given.shape[1]) * _BROAD + (_BROAD - 1) / 2
    shown = np.rint((middles - first) / slope).astype(int)
    kept = (shown >= 0) & (shown < broad.shape[1])
    return Lines(pair, given[:, kept], got[:, shown[kept]])


def _across(caller: LevelCaller, pair: Pair, before: int, axis: str) -> tuple[float, float]:
    """Where the outputs of an axis that keeps its size sample, by a ramp: the slope, the first in shares of its length.

    (1, 0) where the ramp shows nothing.
    """
    ramp = np.rint(np.arange(before) / (before - 1) * LEVELS)
    try:
        resized = caller.along(np.repeat(ramp[None, :], pair[0], axis=0), pair[1], before, axis)
    except (Refused, WrongShape):
        return 1.0, 0.0
    shown = resized[len(resized) // 2]
    inside = np.flatnonzero((shown > 2) & (shown < LEVELS - 2))
    if len(inside) < before // 8:
        return 1.0, 0.0
    slope, first = np.polyfit(inside, shown[inside] / LEVELS * (before - 1), 1)
    # A brighter or a darker ramp is no other place.
    is_whole = abs(slope - 1) < 0.15 and abs(first) < 0.1 * before
    return (1.0, 0.0) if is_whole or slope <= 0 else (float(slope), float(first / (before - 1)))


def _both_resized(caller: LevelCaller, pair: Pair, given: np.ndarray, axis: str) -> Lines:
    """Where no axis can be left alone: across, lines are so broad that the middle of each is sure to be its own."""
    n_in, n_out = pair
    each = n_in * -(-_BROADEST * max(n_in, n_out) // (n_in * min(n_in, n_out)))
    before = each * given.shape[1]
    after = before * n_out // n_in
    got = caller.along(np.repeat(given, each, axis=1), n_out, after, axis)
    middles = ((np.arange(given.shape[1]) + 0.5) * each * n_out / n_in).astype(int)
    return Lines(pair, given, got[:, middles])


def _leaves_alone(caller: LevelCaller, pair: Pair, axis: str) -> bool:
    line = np.random.default_rng(8).integers(0, LEVELS + 1, 16)
    try:
        resized = caller.along(np.repeat(line[None, :], pair[0], axis=0), pair[1], 16, axis)
    except (Refused, WrongShape):
        return True
    return bool(np.abs(resized - line).max() < 1e-2)
