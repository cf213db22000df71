"""All matrices of a sweep packed into one flat array, so that a sweep is compared in a few vector operations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from halfpixel.golden import Convention
from halfpixel.golden.tolerance import UNIT_ROUNDOFF, coordinate_error, exact_with_tolerance, grey_levels
from halfpixel.probe.measure.axis_matrix import Sweep
from halfpixel.probe.measure.sizes import Pair

_WORST_ROWS = 64
"""Rows whose grey levels are computed: those with the largest gains."""


@dataclass(frozen=True, slots=True)
class PackedLayout:
    """Where each row of each pair lies: rows of all matrices one after the other, values of a row side by side.

    By row, ``pair`` is the index into ``pairs``, ``output`` the output index, and ``start`` where its values begin. All
    int64, shape ``(rows,)``.
    """

    pairs: tuple[Pair, ...]
    pair: np.ndarray
    output: np.ndarray
    start: np.ndarray

    def row_sums(self, values: np.ndarray) -> np.ndarray:
        """Sum of each row's values; shape ``(rows,)``."""
        return np.add.reduceat(values, self.start)

    def row(self, values: np.ndarray, index: int) -> np.ndarray:
        """The values of one row, shape ``(n_in,)``."""
        return values[self.start[index] : self.start[index] + self.pairs[self.pair[index]][0]]


@dataclass(frozen=True, slots=True)
class PackedMatrices:
    """Flat matrices with, by row, the rounding tolerance of the gain and whether the row is near a tie."""

    layout: PackedLayout
    values: np.ndarray
    tolerance: np.ndarray
    near_tie: np.ndarray


@lru_cache(maxsize=64)
def layout(pairs: tuple[Pair, ...]) -> PackedLayout:
    """The layout of these pairs; ``ValueError`` when there are none, since nothing could be compared."""
    if not pairs:
        raise ValueError("no pairs of sizes to compare")
    n_in, n_out = np.array(pairs, dtype=np.int64).T
    lengths = np.repeat(n_in, n_out)
    start = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    output = np.concatenate([np.arange(n, dtype=np.int64) for n in n_out])
    return PackedLayout(pairs, np.repeat(np.arange(len(pairs)), n_out), output, start)


def pack_measured(sweep: Sweep, pairs: tuple[Pair, ...]) -> np.ndarray:
    """The sweep's matrices of ``pairs``, flat, float32."""
    return np.concatenate([sweep.matrices[pair].ravel() for pair in pairs])


@lru_cache(maxsize=48)
def pack_exact(convention: Convention, pairs: tuple[Pair, ...]) -> PackedMatrices:
    """The exact matrices of a convention for ``pairs``, with tolerances for float32 and ties."""
    packed_layout = layout(pairs)
    matrices = [exact_with_tolerance(convention, pair) for pair in pairs]
    return PackedMatrices(
        packed_layout,
        np.concatenate([exact.values.ravel() for exact in matrices]),
        np.array([exact.tolerance for exact in matrices])[packed_layout.pair],
        np.concatenate([exact.near_tie for exact in matrices]),
    )


def unclaimed_tolerance(packed_layout: PackedLayout, values: np.ndarray) -> np.ndarray:
    """By row, the rounding tolerance of the gain for an unknown kernel, taken to have a slope of 2 over the row's taps.

    For a measured row without a claim: every weight off by the coordinate's error times 2, plus 8 roundings.
    """
    n_in = np.array([pair[0] for pair in packed_layout.pairs])
    errors = 2 * np.array([coordinate_error(n) for n in n_in]) + 8 * UNIT_ROUNDOFF
    taps = packed_layout.row_sums((values != 0).astype(np.float64))
    return np.asarray(np.maximum(taps, 1) * errors[packed_layout.pair])


def pack_with_tolerance(sweep: Sweep, pairs: tuple[Pair, ...]) -> PackedMatrices:
    """The measured matrices with the tolerance of the claim, or of an unknown kernel without one."""
    values = pack_measured(sweep, pairs).astype(np.float64)
    if sweep.operation.claim is not None:
        exact = pack_exact(sweep.operation.claim, pairs)
        return PackedMatrices(exact.layout, values, exact.tolerance, exact.near_tie)
    packed_layout = layout(pairs)
    near_tie = np.zeros(len(packed_layout.pair), dtype=bool)
    return PackedMatrices(packed_layout, values, unclaimed_tolerance(packed_layout, values), near_tie)


@dataclass(frozen=True, slots=True)
class PackedDifference:
    """The matrices of one axis compared with expected ones.

    ``gain`` is ``sum |measured - expected|`` by row of ``expected.layout``, infinite for NaN; ``rows`` are the indices
    of the rows beyond the tolerance; ``is_exact`` says that all values are equal in the dtype of ``measured``.
    """

    axis: str
    expected: PackedMatrices
    measured: np.ndarray
    gain: np.ndarray
    rows: np.ndarray
    is_exact: bool

    @property
    def layout(self) -> PackedLayout:
        """The layout of both."""
        return self.expected.layout

    @property
    def differing_pairs(self) -> list[Pair]:
        """The pairs with a differing row."""
        return [self.layout.pairs[index] for index in np.unique(self.layout.pair[self.rows])]

    @property
    def worst_row(self) -> int:
        """The differing row with the largest gain."""
        return int(self.rows[np.argmax(self.gain[self.rows])])

    @property
    def smallest_clear_row(self) -> int:
        """The row with the fewest pixels among those that differ at least half as much as the worst."""
        gains = self.gain[self.rows]
        clear = self.rows[gains >= gains.max() / 2]
        areas = np.array([n_in * n_out for n_in, n_out in (self.layout.pairs[i] for i in self.layout.pair[clear])])
        return int(clear[np.argmin(areas)])

    @property
    def grey_levels(self) -> float:
        """The worst error for images with values 0 to 255, among the rows with the largest gains."""
        worst = self.rows[np.argsort(-self.gain[self.rows])[:_WORST_ROWS]]
        values = self.expected.values
        rows = [self.layout.row(self.measured, row) - self.layout.row(values, row) for row in worst]
        return max(float(grey_levels(np.nan_to_num(row, nan=1.0))) for row in rows)

    @property
    def pixels_moved(self) -> float:
        """The largest distance between the centroids of a differing row's two versions, input pixels; may be NaN."""
        starts = self.layout.start
        index = np.arange(len(self.measured)) - np.repeat(starts, np.diff([*starts, len(self.measured)]))
        centroids = []
        for values in (self.measured, self.expected.values):
            total = self.layout.row_sums(values)[self.rows]
            moment = self.layout.row_sums(values * index)[self.rows]
            centroids.append(np.divide(moment, total, out=np.full(len(total), np.nan), where=np.abs(total) > 0.1))
        distance = np.abs(centroids[0] - centroids[1])
        return float(np.nanmax(distance)) if not np.isnan(distance).all() else float("nan")


def compare_packed(axis: str, expected: PackedMatrices, measured: np.ndarray) -> PackedDifference:
    """Compare flat matrices of one axis with the expected ones, row by row."""
    gain = expected.layout.row_sums(np.abs(measured - expected.values))
    gain = np.where(np.isnan(gain), np.inf, gain)
    rows = np.flatnonzero(~(gain <= expected.tolerance))
    is_exact = bool(np.array_equal(measured, expected.values.astype(measured.dtype)))
    return PackedDifference(axis, expected, measured, gain, rows, is_exact)
