"""The parts of integer rules: checked images, taps of each output pixel, and passes along one axis."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Literal

import numpy as np

from halfpixel.golden.integer_rules.rule import Resize, Size

Axis = Literal[0, 1]
"""0 goes down the rows, 1 along them."""


@dataclass(frozen=True, slots=True)
class Taps:
    """The input pixels that each output pixel reads: ``first[o]``, ``first[o] + 1``, ... with ``weights[o]``.

    ``weights`` has the shape ``(n_out, taps)`` and ends in zeros where fewer pixels are read. ``bits`` is 0 for weights
    of floating point; otherwise they are whole numbers in units of ``2 ** -bits``.
    """

    first: np.ndarray
    weights: np.ndarray
    n_in: int
    bits: int = 0

    def indices(self) -> np.ndarray:
        """The input pixel of each tap, shape of ``weights``; those past the end, whose weights are 0, read the last."""
        return np.minimum(self.first[:, None] + np.arange(self.weights.shape[1]), self.n_in - 1)

    def matrix(self) -> np.ndarray:
        """The weights as a float64 matrix ``(n_out, n_in)``."""
        dense = np.zeros((len(self.first), self.n_in))
        np.add.at(dense, (np.arange(len(self.first))[:, None], self.indices()), self.weights)
        return dense


def image_rule(dtype: str, channels: tuple[int, ...] = (), copies_same_size: bool = True) -> Callable[[Resize], Resize]:
    """Make a function of ``(H, W, C)`` and a size a :data:`Resize`: checks its arguments, accepts ``(H, W)``, too.

    An image that keeps its size is returned as a copy, unless ``copies_same_size`` is false: TensorFlow resizes it, and
    some of its kernels blur. ``channels``, where given, are the numbers of channels that the rule is defined for.
    Raises ``ValueError`` for anything else.
    """

    def decorate(resize: Resize) -> Resize:
        @wraps(resize)
        def checked(image: np.ndarray, size: Size) -> np.ndarray:
            if image.ndim not in (2, 3) or image.dtype != dtype or 0 in image.shape:
                raise ValueError(f"expected a {dtype} image (H, W) or (H, W, C), got {image.dtype} {image.shape}")
            depth = image.shape[2] if image.ndim == 3 else 1
            if channels and depth not in channels:
                raise ValueError(f"expected {' or '.join(map(str, channels))} channels, got the shape {image.shape}")
            if min(size) < 1:
                raise ValueError(f"expected a height and a width of 1 or more, got {size}")
            if copies_same_size and image.shape[:2] == tuple(size):
                return image.copy()
            resized = resize(image if image.ndim == 3 else image[..., None], size)
            return resized if image.ndim == 3 else resized[..., 0]

        return checked

    return decorate


def round_away(values: np.ndarray) -> np.ndarray:
    """Truncate ``value + 0.5`` (``value - 0.5`` if negative): to the nearest whole number, halves away from zero."""
    rounded: np.ndarray = np.trunc(values + np.copysign(0.5, values))
    return rounded


def fixed_point_pass(image: np.ndarray, taps: Taps, axis: Axis) -> np.ndarray:
    """One axis of a uint8 image: sums of ``weight * pixel`` and a half, shifted right by ``bits``, clipped to 0..255.

    The sums are whole numbers below ``2 ** 53``: float64 holds them exactly, in any order of summation.
    """
    sums = np.tensordot(taps.matrix(), image.astype(np.float64), (1, axis))
    shifted = np.floor((sums + 2.0 ** (taps.bits - 1)) * 2.0**-taps.bits)
    return np.moveaxis(np.clip(shifted, 0, 255).astype(np.uint8), 0, axis)


def pick(image: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The pixels of those rows and columns: nearest neighbour."""
    picked: np.ndarray = image[rows[:, None], columns]
    return picked


def sequential_sum(values: np.ndarray) -> np.ndarray:
    """The sum along the last axis, first to last, each partial sum rounded as a loop in C rounds it."""
    totals: np.ndarray = np.add.accumulate(values, axis=-1)[..., -1]
    return totals


def triangle(x: np.ndarray) -> np.ndarray:
    """``1 - |x|``, 0 beyond 1."""
    x = np.abs(x)
    return np.where(x < 1, 1 - x, 0.0)


_sine = np.vectorize(math.sin, otypes=[np.float64])


def sinc(x: np.ndarray) -> np.ndarray:
    """``sin(pi x) / (pi x)`` with the sine of the C library, which numpy's may not equal in the last bit."""
    angles = np.where(x == 0, 1.0, x * math.pi)
    sines: np.ndarray = _sine(angles)
    return np.where(x == 0, 1.0, sines / angles)


def lanczos(x: np.ndarray) -> np.ndarray:
    """``sinc(x) sinc(x / 3)`` where ``-3 <= x < 3``."""
    return np.where((x >= -3) & (x < 3), sinc(x) * sinc(x / 3), 0.0)


def stretched_taps(kernel: Callable[[np.ndarray], np.ndarray], support: float, n_in: int, n_out: int) -> Taps:
    """Weights that antialias, as Pillow computes them, and torch after it: in double precision, in that order.

    Source: ``precompute_coeffs`` of Pillow's ``Resample.c``, ``_compute_indices_min_size_weights_aa`` of torch's
    ``UpSampleKernel.cpp``.
    """
    scale = n_in / n_out
    stretch = max(scale, 1.0)
    reach = support * stretch
    centres = (np.arange(n_out) + 0.5) * scale
    first = np.maximum(np.trunc(centres - reach + 0.5), 0).astype(int)
    past = np.minimum(np.trunc(centres + reach + 0.5), n_in).astype(int)
    steps = np.arange(math.ceil(reach) * 2 + 1)
    distances = (first[:, None] + steps - centres[:, None] + 0.5) * (1.0 / stretch)
    weights = np.where(steps < (past - first)[:, None], kernel(distances), 0.0)
    totals = sequential_sum(weights)[:, None]
    return Taps(first, np.divide(weights, totals, out=weights, where=totals != 0), n_in)
