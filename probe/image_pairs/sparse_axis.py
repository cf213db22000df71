"""Apply a convention's exact weights along one axis of an image, tap by tap, without a dense matrix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

import numpy as np

from halfpixel.golden import Convention, ExactMatrix, matrix, tie_distance
from halfpixel.golden.borders import fold_index
from halfpixel.golden.prefilter import (
    PADDING,
    bspline_at,
    needs_extended_signal,
    uses_mirrored_coefficients,
)
from halfpixel.golden.tolerance import (
    UNIT_ROUNDOFF,
    coordinate_error,
    gain_tolerance,
    prefilter_norm,
    row_gain,
)
from halfpixel.probe.compare.both_axes.expected_operator import shifted_exact
from halfpixel.probe.measure.sizes import Pair

_NEGLIGIBLE = 1e-14
"""Of the response of a B-spline's prefilter: what lies beyond adds less than this times the number of taps."""
_SHORT_AXIS = 96
"""Pixels of an axis that shows every phase of a kernel and both borders, for the gain of a long one."""


@dataclass(frozen=True, slots=True, eq=False)
class Taps:
    """Row ``o`` of a sparse matrix is ``sum_t weights[o, t] x[indices[o, t]]``; both ``(rows, taps)``."""

    indices: np.ndarray
    weights: np.ndarray

    def apply(self, lines: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        """The product with ``lines``, ``(n, k)``: float64 ``(rows, k)``, of some rows where they are given."""
        indices, weights = (self.indices, self.weights) if rows is None else (self.indices[rows], self.weights[rows])
        result = np.zeros((len(indices), lines.shape[1]))
        for tap in range(indices.shape[1]):
            used = np.flatnonzero(weights[:, tap])
            if len(used) == len(indices):
                result += weights[:, tap, None] * lines[indices[:, tap]]
            elif len(used):
                result[used] += weights[used, tap, None] * lines[indices[used, tap]]
        return result

    @property
    def gain(self) -> float:
        """The largest sum of the magnitudes of the weights of a row."""
        return float(np.abs(self.weights).sum(axis=1).max())

    def absolute(self) -> Taps:
        """The same with the magnitudes of the weights."""
        return Taps(self.indices, np.abs(self.weights))


@dataclass(frozen=True, eq=False)
class SparseAxis:
    """A convention along one axis: the stages that its exact matrix is the product of, the first one first."""

    convention: Convention
    pair: Pair
    stages: tuple[Taps, ...]
    scale: Fraction | None = None

    def apply(self, lines: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        """``W`` times ``lines``, ``(n_in, k)``: float64 ``(n_out, k)``, or of some rows of ``W`` only."""
        return _apply(self.stages, lines, rows)

    def apply_magnitudes(self, lines: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        """As :meth:`apply`, with the magnitudes of all weights: an upper bound of what errors of ``lines`` add."""
        return _apply(tuple(stage.absolute() for stage in self.stages), lines, rows)

    @cached_property
    def gain(self) -> float:
        """``sum |W|`` of a row at most; of a shorter axis resized by the same ratio where there is a prefilter."""
        if len(self.stages) == 1:
            return self.stages[0].gain
        n_in, n_out = self.pair
        shorter = min(n_in, _SHORT_AXIS)
        return row_gain(matrix(self.convention, shorter, max(1, round(n_out * shorter / n_in))).to_array())

    @property
    def taps(self) -> int:
        """The most taps of an output."""
        return int(self.stages[-1].indices.shape[1])

    @cached_property
    def tolerance(self) -> float:
        """The largest ``sum |W - exact|`` of a row that float32 explains.

        As ``tolerance.gain_tolerance``; but what a B-spline makes of an error of the coordinate is bounded by the slope
        of the interpolating spline, which is that of no worse than the sine of the highest frequency, times its gain;
        the roundings of its weights are enlarged by the prefilter.
        """
        bound = gain_tolerance(self.convention, *self.pair, round(self.gain, 3))
        if self.convention.prefilter == "bspline":
            slope = np.pi * self.gain * coordinate_error(self.pair[0])
            bound = min(bound, float(slope) + 64 * UNIT_ROUNDOFF * prefilter_norm(self.convention))
        return bound

    @cached_property
    def near_tie(self) -> np.ndarray:
        """Bool ``(n_out,)``: outputs within float32 rounding of a jump."""
        distance = tie_distance(self.convention, *self.pair, self.scale)
        return np.asarray(distance <= coordinate_error(self.pair[0]), dtype=bool)

    def beyond_ties(self) -> Iterator[SparseAxis]:
        """The axis with every coordinate moved down, and up, by twice the float32 error of a coordinate."""
        for exact in shifted_exact(self.convention, self.pair, self.scale):
            yield SparseAxis(self.convention, self.pair, _stages(exact), self.scale)


@lru_cache(maxsize=1 << 11)
def sparse_axis(convention: Convention, n_in: int, n_out: int, scale: Fraction | None = None) -> SparseAxis:
    """A convention along an axis of ``n_in`` pixels resized to ``n_out``; ``scale`` where the caller gave one.

    Raises ``ValueError`` for a combination that has no meaning, such as a B-spline prefilter with ``wrap_overlap``.
    """
    return SparseAxis(convention, (n_in, n_out), _stages(matrix(convention, n_in, n_out, scale)), scale)


def _apply(stages: tuple[Taps, ...], lines: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
    last = stages[-1]
    if len(stages) > 1:
        if rows is None:
            lines = _apply(stages[:-1], lines, None)
        else:
            needed, positions = np.unique(last.indices[rows], return_inverse=True)
            lines = _apply(stages[:-1], lines, needed)
            return Taps(positions.reshape(len(rows), -1), last.weights[rows]).apply(lines)
    return last.apply(lines, rows)


def _stages(exact: ExactMatrix) -> tuple[Taps, ...]:
    weights = (exact.weights / exact.totals[:, None]).astype(np.float64)
    used = (weights != 0).any(axis=0)
    used[0] |= not used.any()
    last = Taps(exact.taps[:, used].astype(np.intp), weights[:, used])
    first = _prefilter(exact.convention, exact.n_in, exact.n_out)
    return (last,) if first is None else (first, last)


def _prefilter(convention: Convention, n_in: int, n_out: int) -> Taps | None:
    """The prefilter as taps on the image; the rules are those of ``golden.prefilter``, whose matrices are dense."""
    if convention.prefilter == "none":
        return None
    positions, border = np.arange(n_in), convention.border
    if convention.prefilter == "binomial":
        response = np.array([1, 4, 6, 4, 1]) / 16
    elif convention.prefilter == "gaussian":
        response = _gaussian(convention, n_in, n_out)
    else:
        if border == "wrap_overlap":
            raise ValueError("no B-spline interpolates with border 'wrap_overlap': its first and last sample coincide")
        if convention.order is None:
            raise ValueError(f"{convention}: a B-spline prefilter needs kernel 'bspline'")
        response = _bspline_response(convention.order)
        border = "mirror" if uses_mirrored_coefficients(convention) else border
        if needs_extended_signal(convention):
            positions = np.arange(-PADDING, n_in + PADDING)
    reach = len(response) // 2
    indices, kept = fold_index(border, positions[:, None] + np.arange(-reach, reach + 1), n_in)
    weights = np.where(kept, response, 0.0)
    if border == "renormalise":
        weights = weights / weights.sum(axis=1, keepdims=True)
    return Taps(indices.astype(np.intp), weights)


def _gaussian(convention: Convention, n_in: int, n_out: int) -> np.ndarray:
    automatic = convention.sigma is None or convention.sigma == "auto"
    sigma = max(0.0, (n_in / n_out - 1) / 2) if automatic else float(Fraction(str(convention.sigma)))
    radius = int(4 * sigma + 0.5)
    if radius == 0:
        return np.ones(1)
    weights = np.exp(-(np.arange(-radius, radius + 1) ** 2) / (2 * sigma * sigma))
    return np.asarray(weights / weights.sum())


@lru_cache(maxsize=8)
def _bspline_response(order: int) -> np.ndarray:
    """The inverse of the sampled B-spline on an endless line, up to where it is negligible."""
    n = 2 * PADDING + 1
    distance = np.abs(np.arange(n)[:, None] - np.arange(n))
    samples = np.array([float(bspline_at(order, k)) for k in range(3)])
    collocation = np.where(distance < 3, samples[np.minimum(distance, 2)], 0)
    response = np.linalg.inv(collocation)[PADDING]
    reach = int(np.flatnonzero(np.abs(response) > _NEGLIGIBLE).max()) - PADDING
    return np.asarray(response[PADDING - reach : PADDING + reach + 1])
