"""Filters at the input's own resolution, as matrices: B-spline interpolation, gaussian, binomial."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

import numpy as np

from halfpixel.golden.borders import fold_index
from halfpixel.golden.convention import Convention
from halfpixel.golden.kernels import bspline

BOUND = 1e-12
"""Error of any entry after a prefilter: the systems are diagonally dominant (condition below 50), solved in float64."""

PADDING = 48
"""Pixels added on each side where the extended signal is what counts; the slowest pole, 0.4306 of order 5, to the 48th
power is 3e-18, far below float64."""


def needs_extended_signal(convention: Convention) -> bool:
    """Whether taps count on the extended signal: a B-spline through replicated or constant pixels has coefficients
    outside the image that no folding of indices gives. With a ``prefilter_border`` there are only those inside."""
    is_continued = convention.border in ("replicate", "constant") and convention.prefilter_border is None
    return convention.prefilter == "bspline" and is_continued


def uses_mirrored_coefficients(convention: Convention) -> bool:
    """Whether B-spline coefficients are mirrored although the border says otherwise: ``extrapolate`` looks at no pixel
    outside, and leaves open how coefficients go on there; SciPy's ``constant`` mirrors them."""
    is_open = convention.border == "extrapolate" and convention.prefilter_border is None
    return convention.prefilter == "bspline" and is_open


def is_rational(convention: Convention) -> bool:
    """Whether the prefilter has rational entries (infinite extensions have not: the poles are irrational)."""
    return convention.prefilter in ("none", "binomial") or (
        convention.prefilter == "bspline" and not needs_extended_signal(convention)
    )


def extended_matrix(convention: Convention, n_in: int, n_out: int) -> tuple[int, np.ndarray]:
    """How many columns the taps address, and the float64 ``(columns, n_in)`` matrix that makes them from the input."""
    if convention.prefilter == "gaussian":
        return n_in, _gaussian(convention, n_in, n_out)
    if not needs_extended_signal(convention):
        return n_in, _dense(convention, n_in)
    return n_in + 2 * PADDING, _through_extension(_order(convention), convention.border, n_in)


def _dense(convention: Convention, n_in: int) -> np.ndarray:
    if convention.prefilter == "binomial":
        return _banded(_BINOMIAL, convention.border, n_in).astype(np.float64) / 16
    return _inverse_collocation(_order(convention), _spline_border(convention), n_in)


@lru_cache(maxsize=1024)
def _inverse_collocation(order: int, border: str, n_in: int) -> np.ndarray:
    return np.linalg.inv(_collocation(order, border, n_in))


@lru_cache(maxsize=1024)
def _through_extension(order: int, border: str, n_in: int) -> np.ndarray:
    length = n_in + 2 * PADDING
    taps, kept = fold_index(border, np.arange(-PADDING, n_in + PADDING), n_in)
    signal = np.zeros((length, n_in))
    signal[np.arange(length)[kept], taps[kept]] = 1
    return np.linalg.solve(_collocation(order, "mirror", length), signal)


def exact_matrix(convention: Convention, n_in: int) -> list[list[Fraction]] | None:
    """The prefilter's ``(n_in, n_in)`` matrix in fractions; ``None`` where there is no prefilter."""
    if convention.prefilter == "none":
        return None
    if convention.prefilter == "binomial":
        integers = _banded(_BINOMIAL, convention.border, n_in)
        return [[Fraction(int(value), 16) for value in row] for row in integers]
    samples = [bspline_at(_order(convention), k) for k in range(-2, 3)]
    return _inverse(_banded(samples, _spline_border(convention), n_in))


_BINOMIAL = (1, 4, 6, 4, 1)


def _order(convention: Convention) -> int:
    if convention.order is None:
        raise ValueError(f"{convention}: a B-spline prefilter needs kernel 'bspline'")
    return convention.order


def _spline_border(convention: Convention) -> str:
    if convention.prefilter_border is not None:
        return convention.prefilter_border
    if convention.border == "wrap_overlap":
        raise ValueError("no B-spline interpolates with border 'wrap_overlap': its first and last sample coincide")
    return "mirror" if uses_mirrored_coefficients(convention) else convention.border


def bspline_at(order: int, k: int) -> Fraction:
    """The B-spline of degree ``order`` at the integer ``k``."""
    shape = bspline(order)
    for piece, left, right in zip(shape.pieces, shape.breaks, shape.breaks[1:], strict=False):
        if left <= abs(k) < right:
            return sum((c * abs(k) ** power for power, c in enumerate(piece)), Fraction(0))
    return Fraction(0)


def _banded(samples: Sequence[int | float | Fraction], border: str, n_in: int, dtype: type = object) -> np.ndarray:
    """The matrix of a symmetric 5-tap filter with a border rule."""
    taps, kept = fold_index(border, np.arange(n_in)[:, None] + np.arange(-2, 3), n_in)
    rows = np.broadcast_to(np.arange(n_in)[:, None], taps.shape)
    result: np.ndarray = np.zeros((n_in, n_in), dtype=dtype)
    np.add.at(result, (rows[kept], taps[kept]), np.broadcast_to(np.array(samples, dtype=dtype), taps.shape)[kept])
    if border == "renormalise":
        result = result * Fraction(sum(samples)) / result.sum(axis=1, keepdims=True)
    return result


def _collocation(order: int, border: str, n_in: int) -> np.ndarray:
    samples = [float(bspline_at(order, k)) for k in range(-2, 3)]
    return _banded(samples, border, n_in, np.float64)


def _inverse(square: np.ndarray) -> list[list[Fraction]]:
    """Gauss-Jordan elimination in fractions; the systems here are diagonally dominant, so no pivot vanishes."""
    n = len(square)
    rows = [[*map(Fraction, row), *(Fraction(i == j) for j in range(n))] for i, row in enumerate(square)]
    for k in range(n):
        pivot = rows[k][k]
        rows[k] = [value / pivot for value in rows[k]]
        for i in range(n):
            factor = rows[i][k]
            if i != k and factor:
                rows[i] = [value - factor * other for value, other in zip(rows[i], rows[k], strict=True)]
    return [row[n:] for row in rows]


@lru_cache(maxsize=512)
def _gaussian(convention: Convention, n_in: int, n_out: int) -> np.ndarray:
    """Truncated at four sigma and normalised.

    Source: https://docs.scipy.org/doc/scipy/reference/generated/scipy.ndimage.gaussian_filter.html; ``auto`` is
    https://scikit-image.org/docs/stable/api/skimage.transform.html#skimage.transform.resize, ``anti_aliasing_sigma``.
    """
    sigma = max(0.0, (n_in / n_out - 1) / 2)
    if convention.sigma is not None and convention.sigma != "auto":
        sigma = float(convention.sigma)
    radius = int(4 * sigma + 0.5)
    if radius == 0:
        return np.eye(n_in)
    offsets = np.arange(-radius, radius + 1)
    weights = np.exp(-(offsets**2) / (2 * sigma * sigma))
    taps, kept = fold_index(convention.border, np.arange(n_in)[:, None] + offsets, n_in)
    values = np.where(kept, weights / weights.sum(), 0)
    result = np.zeros((n_in, n_in))
    np.add.at(result, (np.broadcast_to(np.arange(n_in)[:, None], taps.shape), taps), values)
    return result / result.sum(axis=1, keepdims=True) if convention.border == "renormalise" else result
