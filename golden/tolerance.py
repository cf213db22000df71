"""How far a correct float32 implementation may be from the exact matrix, and measures of a difference."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from halfpixel.golden.convention import Convention
from halfpixel.golden.coordinates import tie_distance
from halfpixel.golden.kernels import kernel
from halfpixel.golden.matrix import matrix
from halfpixel.golden.prefilter import bspline_at
from halfpixel.golden.vocabulary import GREY_LEVELS

Pair = tuple[int, int]
"""Pixels in and out of an axis, or height and width."""
UNIT_ROUNDOFF = 2.0**-24
"""Of float32: a correctly rounded operation errs by at most this, relative to its result."""


def coordinate_error(n_in: int) -> float:
    """Input pixels by which a float32 coordinate may be off on an axis of ``n_in`` pixels.

    ``x = (o + 1/2) * scale - 1/2`` rounds the scale (computed as a quotient, or as the reciprocal of one), the product
    and the difference: four roundings at most, each relative to a number no larger than ``n_in + 1``. Every other mode
    has as many or fewer. A normalised grid, from -1 to 1, has the same count on numbers of at most ``n_in``.
    """
    return 4 * UNIT_ROUNDOFF * (n_in + 1)


@lru_cache(maxsize=1 << 16)
def gain_tolerance(convention: Convention, n_in: int, n_out: int, gain: float) -> float:
    """The largest ``sum_i |W_a - W|`` of a row that float32 explains; ``gain`` is the exact row's ``sum |W|``.

    nearest: a pick is exact; one rounding of a value.
    area: both edges of the box are coordinates, and an overlap is divided by the box's width.
    adaptive_average: weights are one over an integer; one rounding each.
    Every other kernel with support ``s`` and slope at most ``L``: ``2 s / r`` taps, ``r`` the stretch; each weight is
    off by ``L r`` times the coordinate error ``d``, plus 8 roundings ``u`` of Horner's rule on values of the size of
    the kernel's; dividing by the sum of weights, about ``1 / r``, leaves ``2 s (L r d + 8 u)``, and the sum's own error
    adds as much again times the row's gain. A B-spline prefilter multiplies by its norm. Border ``renormalise`` divides
    by the weights that stay inside, which can be few: that enlarges the error by all weights over those.
    """
    error = coordinate_error(n_in)
    if convention.kernel == "nearest":
        return UNIT_ROUNDOFF * (1 + gain)
    if convention.kernel == "area":
        return 4 * error * max(1.0, n_out / n_in) + 8 * UNIT_ROUNDOFF
    if convention.kernel == "adaptive_average":
        return 8 * UNIT_ROUNDOFF
    support, slope = _support_and_slope(convention)
    stretch = min(1.0, n_out / n_in) if convention.antialias else 1.0
    bound = 2 * support * (slope * stretch * error + 8 * UNIT_ROUNDOFF) * (1 + gain)
    return bound * prefilter_norm(convention) * _amplification(convention, n_in, n_out)


def _amplification(convention: Convention, n_in: int, n_out: int) -> float:
    return matrix(convention, n_in, n_out).amplification if convention.border == "renormalise" else 1.0


@lru_cache(maxsize=1024)
def _support_and_slope(convention: Convention) -> tuple[float, float]:
    shape = kernel(convention)
    return float(shape.support), shape.lipschitz()


@lru_cache(maxsize=1024)
def prefilter_norm(convention: Convention) -> float:
    """The largest factor by which the prefilter can enlarge an error: for a B-spline, one over its smallest response.

    The sampled B-spline's response is smallest at the highest frequency: ``b(0) - 2 b(1) + 2 b(2)``.
    """
    if convention.prefilter != "bspline" or convention.order is None:
        return 1.0
    b0, b1, b2 = (float(bspline_at(convention.order, k)) for k in range(3))
    return 1 / (b0 - 2 * b1 + 2 * b2)


def row_gain(weights: np.ndarray) -> float:
    """The largest ``sum |W|`` of a row of ``(n_out, n_in)``: by how much the matrix can enlarge a value."""
    return float(np.abs(weights).sum(axis=1).max())


def matrix_tolerance(convention: Convention, pair: Pair, weights: np.ndarray) -> float:
    """:func:`gain_tolerance` of the exact matrix ``weights``; the gain is rounded, so that few values are computed."""
    return gain_tolerance(convention, *pair, round(row_gain(weights), 3))


def operator_tolerance(
    convention: Convention, size_in: Pair, size_out: Pair, gains: tuple[float, float] | list[float]
) -> float:
    """The largest ``sum |W - exact|`` of an output that float32 explains when both axes are resized.

    ``size_in`` and ``size_out`` are (height, width); ``gains`` the :func:`row_gain` of both exact matrices.
    """
    height, width = (
        gain_tolerance(convention, *pair, gain)
        for pair, gain in zip(zip(size_in, size_out, strict=True), gains, strict=True)
    )
    return joint_tolerance((height, width), (gains[0], gains[1]))


def joint_tolerance(tolerances: tuple[float, float], gains: tuple[float, float]) -> float:
    """The same from the tolerance of each axis, whatever rule it follows.

    The error of each axis is enlarged by the gain of the other, both multiply, and the two passes round the result.
    """
    height, width = tolerances
    return height * gains[1] + width * gains[0] + height * width + 2 * UNIT_ROUNDOFF * gains[0] * gains[1]


def image_tolerance(
    tolerances: tuple[float, float], gains: tuple[float, float], taps: tuple[int, int], bounds: tuple[float, float]
) -> float:
    """By how much an output of an image with values in [-1, 1] may differ from the one computed in float64.

    Wrong weights move an output by :func:`joint_tolerance` at most, since no value exceeds one. A float32 sum of ``k``
    products, in whatever order, errs by ``k`` roundings of the sum of their absolute values (N. J. Higham, Accuracy and
    Stability of Numerical Algorithms, 2nd edition, section 3.1), which is at most the gain: ``taps`` of either axis and
    two more for storing both passes. Golden's weights are off by ``bounds`` an entry, each enlarged by the gain of the
    other axis; its own sums, in float64, err by as many of float64's roundings.
    """
    gain = gains[0] * gains[1]
    sums = (sum(taps) + 2) * (UNIT_ROUNDOFF + 2.0**-53) * gain
    golden = bounds[0] * taps[0] * gains[1] + bounds[1] * taps[1] * gains[0]
    return joint_tolerance(tolerances, gains) + sums + golden


def is_near_tie(convention: Convention, pair: Pair) -> np.ndarray:
    """Bool ``(n_out,)``: whether each output samples within float32 rounding of a jump of its rule."""
    return np.asarray(tie_distance(convention, *pair) <= coordinate_error(pair[0]), dtype=bool)


@dataclass(frozen=True, slots=True)
class ExactMatrixWithTolerance:
    """A convention's matrix, float64 ``(n_out, n_in)``, its float32 tolerance, and which rows are near a tie."""

    values: np.ndarray
    tolerance: float
    near_tie: np.ndarray


def exact_with_tolerance(convention: Convention, pair: Pair) -> ExactMatrixWithTolerance:
    """The exact matrix of a convention at a pair of sizes.

    Raises ``ValueError`` for a combination that has no meaning, such as a spline prefilter with ``wrap_overlap``.
    """
    values = matrix(convention, *pair).to_array()
    return ExactMatrixWithTolerance(values, matrix_tolerance(convention, pair, values), is_near_tie(convention, pair))


def grey_levels(difference: np.ndarray) -> np.ndarray:
    """Worst difference per row, in grey levels, over all images with values 0 to 255.

    The worst image is 255 where the row's difference has one sign and 0 elsewhere.
    """
    positive = np.where(difference > 0, difference, 0).sum(axis=-1)
    negative = -np.where(difference < 0, difference, 0).sum(axis=-1)
    return np.asarray(GREY_LEVELS * np.maximum(positive, negative))


def max_difference(a: np.ndarray, b: np.ndarray | float = 0.0) -> float:
    """Largest absolute difference; NaN in both places is no difference, NaN in one is infinite."""
    difference = np.abs(a.astype(np.float64) - b)
    difference = np.where(np.isnan(a) & np.isnan(b), 0, difference)
    return float(np.where(np.isnan(difference), np.inf, difference).max(initial=0))
