"""Positions and weights of ``cv2.resize``, in the arithmetic of its C++: float64 scales, float32 fractions.

Source: ``hal::resize``, ``interpolateCubic``, ``interpolateLanczos4``, ``computeResizeAreaTab`` of
https://github.com/opencv/opencv/blob/5.0.0/modules/imgproc/src/resize.cpp
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from halfpixel.golden.integer_rules.tap_tables import TapTable

_ONE = np.float32(1)
_BITS = 11


def fixed_point(taps: TapTable) -> TapTable:
    """The taps with int32 weights in units of 2^-11, ties to even."""
    return TapTable(taps.indices, np.rint(taps.weights * np.float32(1 << _BITS)).astype(np.int32))


def scale(n_in: int, n_out: int) -> float:
    """Input pixels an output pixel: the inverse of a quotient, and rounded twice."""
    return 1.0 / (n_out / n_in)


def whole_factor(n_in: int, n_out: int) -> int:
    """The whole number of input pixels that an output pixel covers, 0 if it is not whole."""
    factor = round(scale(n_in, n_out))
    return factor if abs(scale(n_in, n_out) - factor) < np.finfo(float).eps else 0


def _centres(n_in: int, n_out: int) -> tuple[np.ndarray, np.ndarray]:
    """Whole part and fraction (float32) of the position of each output pixel."""
    positions = ((np.arange(n_out) + 0.5) * scale(n_in, n_out) - 0.5).astype(np.float32)
    whole = np.floor(positions)
    return whole.astype(int), positions - whole


def _area_positions(n_in: int, n_out: int) -> tuple[np.ndarray, np.ndarray]:
    """The positions of ``INTER_AREA`` where an axis grows: a pixel is mixed only where its cell crosses an edge."""
    o = np.arange(n_out)
    whole = np.floor(o * scale(n_in, n_out)).astype(int)
    fractions = ((o + 1) - (whole + 1) * (n_out / n_in)).astype(np.float32)
    return whole, np.where(fractions <= 0, np.float32(0), fractions - np.floor(fractions))


def _linear(x: np.ndarray) -> np.ndarray:
    return np.stack([_ONE - x, x], axis=1)


def _cubic(x: np.ndarray) -> np.ndarray:
    """Keys' cubic with a = -0.75; the last weight is what the others leave of 1."""

    def near(distance: np.ndarray) -> np.ndarray:
        weight: np.ndarray = (1.25 * distance - 2.25) * distance * distance + _ONE
        return weight

    first = ((-0.75 * (x + _ONE) + 3.75) * (x + _ONE) - 6.0) * (x + _ONE) + 3.0
    second, third = near(x), near(_ONE - x)
    return np.stack([first, second, third, _ONE - first - second - third], axis=1)


_sin, _cos = np.frompyfunc(math.sin, 1, 1), np.frompyfunc(math.cos, 1, 1)
_HALF_ROOT = 0.70710678118654752440084436210485
_EIGHTHS = (
    *((1, 0), (-_HALF_ROOT, -_HALF_ROOT), (0, 1), (_HALF_ROOT, -_HALF_ROOT)),
    *((-1, 0), (_HALF_ROOT, _HALF_ROOT), (0, -1), (-_HALF_ROOT, _HALF_ROOT)),
)
"""Sine and cosine of the eight taps' distances from the first, in steps of pi / 4."""


def _lanczos4(x: np.ndarray) -> np.ndarray:
    start = x + np.float32(3)
    angle = -start.astype(float) * math.pi * 0.25
    sine, cosine = np.asarray(_sin(angle), float), np.asarray(_cos(angle), float)
    weights = np.zeros((len(x), 8), np.float32)
    total = np.zeros_like(x)
    for tap, (of_sine, of_cosine) in enumerate(_EIGHTHS):
        distance = start - np.float32(tap)
        on_pixel = np.abs(distance) < np.float32(1e-6)
        y = np.where(on_pixel, 1.0, -distance.astype(float) * math.pi * 0.25)
        weights[:, tap] = np.where(on_pixel, 1e30, (of_sine * sine + of_cosine * cosine) / (y * y))
        total = total + weights[:, tap]
    return weights * (_ONE / total)[:, None]


_KERNELS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"linear": _linear, "cubic": _cubic, "lanczos4": _lanczos4}


@lru_cache(maxsize=4096)
def kernel_taps(
    kernel: str, n_in: int, n_out: int, stops_at_edges: bool = False, growing_area: bool = False
) -> TapTable:
    """Taps of a kernel with float32 weights; indices outside read the edge.

    ``stops_at_edges``: positions outside are moved to the edge pixel first, as OpenCV does along rows for ``linear``,
    and not down columns. ``growing_area``: the positions of ``INTER_AREA`` where an axis grows.
    """
    whole, fractions = (_area_positions if growing_area else _centres)(n_in, n_out)
    if stops_at_edges:
        fractions = np.where((whole < 0) | (whole >= n_in - 1), np.float32(0), fractions)
        whole = np.clip(whole, 0, n_in - 1)
    weights = _KERNELS[kernel](fractions)
    reach = weights.shape[1]
    return TapTable(np.clip(whole[:, None] - reach // 2 + 1 + np.arange(reach), 0, n_in - 1), weights)


@lru_cache(maxsize=4096)
def area_taps(n_in: int, n_out: int) -> TapTable:
    """Taps of ``INTER_AREA`` where no axis grows: the share of each input pixel, float32, none below 1e-3.

    Rows with fewer taps than others end in weights of 0.
    """
    step = scale(n_in, n_out)
    shares: list[list[tuple[int, float]]] = []
    for o in range(n_out):
        start = o * step
        end = start + step
        width = min(step, n_in - start)
        last = min(math.floor(end), n_in - 1)
        first = min(math.ceil(start), last)
        row = [(first - 1, (first - start) / width)] if first - start > 1e-3 else []
        row += [(i, 1.0 / width) for i in range(first, last)]
        if end - last > 1e-3:
            row.append((last, min(end - last, 1.0, width) / width))
        shares.append(row)
    reach = max(map(len, shares))
    padded = np.array([row + [(0, 0.0)] * (reach - len(row)) for row in shares])
    return TapTable(padded[..., 0].astype(int), padded[..., 1].astype(np.float32))


@lru_cache(maxsize=4096)
def exact_linear_taps(n_in: int, n_out: int, bits: int) -> TapTable:
    """Taps of ``INTER_LINEAR_EXACT``: whole numbers in units of ``2 ** -bits``, ties to even, that sum to one."""
    positions = scale(n_in, n_out) * (np.arange(n_out) + 0.5) - 0.5
    whole = np.floor(positions).astype(int)
    inside = (whole >= 0) & (whole < n_in - 1)
    second = np.where(inside, np.rint((positions - whole) * 2.0**bits), 0).astype(np.int64)
    whole = np.clip(whole, 0, n_in - 1)
    return TapTable(
        np.stack([whole, np.minimum(whole + 1, n_in - 1)], axis=1), np.stack([(1 << bits) - second, second], axis=1)
    )


def nearest_indices(n_in: int, n_out: int) -> np.ndarray:
    """``INTER_NEAREST``: ``floor(o * scale)``."""
    indices: np.ndarray = np.minimum(np.floor(np.arange(n_out) * scale(n_in, n_out)).astype(int), n_in - 1)
    return indices


def nearest_exact_indices(n_in: int, n_out: int) -> np.ndarray:
    """``INTER_NEAREST_EXACT`` since 5.0: a running sum in float64, as Pillow's."""
    steps = np.full(n_out, n_in / n_out)
    steps[0] *= 0.5
    indices: np.ndarray = np.minimum(np.add.accumulate(steps).astype(int), n_in - 1)
    return indices


def nearest_exact_indices_4(n_in: int, n_out: int) -> np.ndarray:
    """``INTER_NEAREST_EXACT`` of 4.x: fixed point of 16 bits; an odd ``n_in`` starts 2^-16 of a pixel earlier."""
    step = ((n_in << 16) + n_out // 2) // n_out
    indices: np.ndarray = np.minimum((step * np.arange(n_out) + step // 2 - n_in % 2) >> 16, n_in - 1)
    return indices
