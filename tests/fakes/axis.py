"""The weights of one axis, built from interchangeable parts so that a fault can replace exactly one of them.

An axis rule is any ``rule(n_in, n_out)`` that returns a float64 matrix of shape ``(n_out, n_in)``. A place is any
``place(o, n_in, n_out)`` that returns the coordinates of outputs ``o`` as ``(numerators, denominator)``: integers, so
that ties are met exactly, unless rounding them is the point.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .kernels import LINEAR, Kernel

AxisRule = Callable[[int, int], np.ndarray]
Place = Callable[[np.ndarray, int, int], tuple[np.ndarray, int]]
Pick = Callable[[np.ndarray, int], np.ndarray]


_KEPT_WEIGHTS = 1 << 16


def kept(rule: AxisRule) -> AxisRule:
    """The rule with the last matrices it made: the small ones, since those of large images would fill the memory."""
    small = lru_cache(maxsize=256)(rule)
    return lambda n_in, n_out: (small if n_in * n_out <= _KEPT_WEIGHTS else rule)(n_in, n_out)


def half_pixel(o: np.ndarray, n_in: int, n_out: int) -> tuple[np.ndarray, int]:
    """Pixel centres at half-integers: ``(o + 1/2) n_in / n_out - 1/2``."""
    return (2 * o + 1) * n_in - n_out, 2 * n_out


def asymmetric(o: np.ndarray, n_in: int, n_out: int) -> tuple[np.ndarray, int]:
    """Top-left corners aligned: ``o n_in / n_out``."""
    return o * n_in, n_out


def align_corners(o: np.ndarray, n_in: int, n_out: int) -> tuple[np.ndarray, int]:
    """First on first and last on last; a single output takes the first."""
    return o * (n_in - 1), max(n_out - 1, 1)


def pytorch_half_pixel(o: np.ndarray, n_in: int, n_out: int) -> tuple[np.ndarray, int]:
    """As :func:`half_pixel`, but a single output takes coordinate 0."""
    return half_pixel(o, n_in, n_out) if n_out > 1 else (0 * o, 1)


def middle_half(o: np.ndarray, n_in: int, n_out: int) -> tuple[np.ndarray, int]:
    """ONNX ``tf_crop_and_resize`` with a region from 1/4 to 3/4; a single output takes the region's centre."""
    if n_out == 1:
        return 0 * o + n_in - 1, 2
    return (n_in - 1) * (n_out - 1) + 2 * o * (n_in - 1), 4 * (n_out - 1)


def floor(numerator: np.ndarray, denominator: int) -> np.ndarray:
    """The largest integer not above."""
    return numerator // denominator


def ceil(numerator: np.ndarray, denominator: int) -> np.ndarray:
    """The smallest integer not below."""
    return -(-numerator // denominator)


def round_prefer_floor(numerator: np.ndarray, denominator: int) -> np.ndarray:
    """Nearest integer, halves down."""
    return ceil(2 * numerator - denominator, 2 * denominator)


def round_prefer_ceil(numerator: np.ndarray, denominator: int) -> np.ndarray:
    """Nearest integer, halves up."""
    return floor(2 * numerator + denominator, 2 * denominator)


def round_half_even(numerator: np.ndarray, denominator: int) -> np.ndarray:
    """Nearest integer, halves to the even one."""
    down = round_prefer_floor(numerator, denominator)
    return np.where(down % 2 == 0, down, round_prefer_ceil(numerator, denominator))


def inside(index: np.ndarray, n: int, border: str) -> np.ndarray:
    """The input pixel that stands for each index; -1 where none does. Borders are named as in ``Convention``."""
    if border == "replicate":
        return np.clip(index, 0, n - 1)
    if border == "wrap":
        return index % n
    if border == "reflect":
        index = index % (2 * n)
        return np.minimum(index, 2 * n - 1 - index)
    if border == "mirror":
        period = max(2 * n - 2, 1)
        index = index % period
        return np.minimum(index, (period - index) % period) if n > 1 else 0 * index
    if border in ("renormalise", "constant"):
        return np.where((index >= 0) & (index < n), index, -1)
    raise ValueError(f"no border {border!r}")


@dataclass(frozen=True)
class Interpolation:
    """A convolution kernel sampled around each coordinate; ``stretch(n_in, n_out)`` is a ratio ``(p, q)``."""

    kernel: Kernel = LINEAR
    place: Place = half_pixel
    border: str = "replicate"
    stretch: Callable[[int, int], tuple[int, int]] = lambda n_in, n_out: (1, 1)
    normalised: bool = True

    def __call__(self, n_in: int, n_out: int) -> np.ndarray:
        """Float64, shape ``(n_out, n_in)``."""
        numerators, denominator = self.place(np.arange(n_out), n_in, n_out)
        p, q = self.stretch(n_in, n_out)
        reach = self.kernel.radius * p / q + 1
        first = int(np.floor(numerators.min() / denominator - reach))
        last = int(np.ceil(numerators.max() / denominator + reach))
        taps = np.arange(first, last + 1)
        # One division of integers, so that a tap exactly on the edge of a discontinuous kernel is seen there.
        distances = (taps * denominator - numerators[:, None]) * q / (denominator * p)
        weights = self.kernel.weight(distances)
        if self.normalised:
            weights = weights / weights.sum(axis=1, keepdims=True)
        pixels, columns = inside(taps, n_in, self.border), np.zeros((n_in, n_out))
        np.add.at(columns, pixels[pixels >= 0], weights.T[pixels >= 0])
        matrix = columns.T
        return matrix / matrix.sum(axis=1, keepdims=True) if self.border == "renormalise" else matrix


@lru_cache(maxsize=64)
def linear_with_step(n_in: int, n_out: int, p: int, q: int) -> np.ndarray:
    """Linear, half-pixel weights of a step of ``p / q`` input pixels, whatever the sizes are."""

    def place(o: np.ndarray, n_in: int, n_out: int) -> tuple[np.ndarray, int]:
        # A whole pixel outside, all taps are the border pixel; going no further keeps the table of taps small.
        return np.clip((2 * o + 1) * p - q, -2 * q, 2 * q * n_in), 2 * q

    return Interpolation(place=place)(n_in, n_out)


@dataclass(frozen=True)
class Nearest:
    """One input pixel per output."""

    place: Place = half_pixel
    pick: Pick = round_prefer_floor

    def __call__(self, n_in: int, n_out: int) -> np.ndarray:
        """Float64 zeros and ones, shape ``(n_out, n_in)``."""
        picks = self.pick(*self.place(np.arange(n_out), n_in, n_out)).astype(np.int64)
        return (np.clip(picks, 0, n_in - 1)[:, None] == np.arange(n_in)).astype(np.float64)


def when_shrinking(n_in: int, n_out: int) -> tuple[int, int]:
    """The stretch of an antialiasing kernel."""
    return (n_in, n_out) if n_in > n_out else (1, 1)


def area(n_in: int, n_out: int) -> np.ndarray:
    """Weights by the share of the output pixel's box that each input pixel covers, both in units of 1/n_out."""
    o, i = np.arange(n_out)[:, None], np.arange(n_in)
    covered = np.minimum((o + 1) * n_in, (i + 1) * n_out) - np.maximum(o * n_in, i * n_out)
    return np.maximum(covered, 0) / n_in


def touched(n_in: int, n_out: int) -> tuple[np.ndarray, np.ndarray]:
    """First and one-past-last input pixel that the box of each output touches."""
    o = np.arange(n_out)
    return floor(o * n_in, n_out), ceil((o + 1) * n_in, n_out)


def adaptive_average(n_in: int, n_out: int) -> np.ndarray:
    """Equal weights for every input pixel that the output pixel's box touches."""
    start, stop = touched(n_in, n_out)
    i = np.arange(n_in)
    return ((i >= start[:, None]) & (i < stop[:, None])) / (stop - start)[:, None]


def altered(rule: AxisRule, change: Callable[[np.ndarray], np.ndarray]) -> AxisRule:
    """The rule with something done to its finished matrix."""
    return lambda n_in, n_out: change(rule(n_in, n_out).copy())


def only_if(condition: Callable[[int, int], bool], rule: AxisRule, otherwise: AxisRule) -> AxisRule:
    """One rule for some sizes and another for the rest."""
    return lambda n_in, n_out: (rule if condition(n_in, n_out) else otherwise)(n_in, n_out)
