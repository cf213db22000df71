"""How far a correct float32 implementation may be from the exact matrix; every bound with its argument."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from golden import Convention, kernel, matrix
from golden.prefilter import bspline_at

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
    if convention.prefilter != "bspline":
        return 1.0
    b0, b1, b2 = (float(bspline_at(convention.order, k)) for k in range(3))
    return 1 / (b0 - 2 * b1 + 2 * b2)


def grey_levels(difference: np.ndarray) -> np.ndarray:
    """Worst difference per row, in grey levels, over all images with values 0 to 255.

    The worst image is 255 where the row's difference has one sign and 0 elsewhere.
    """
    positive = np.where(difference > 0, difference, 0).sum(axis=-1)
    negative = -np.where(difference < 0, difference, 0).sum(axis=-1)
    return 255 * np.maximum(positive, negative)
