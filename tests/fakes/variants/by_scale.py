"""From the weights of one axis at a scale to a resize by scales, and the entry that states what it claims to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from math import floor

import numpy as np

from halfpixel.adapters.by_scale import ByScaleOperation, by_scale_from_callable
from tests.fakes import claims
from tests.fakes.axis import Interpolation, Nearest, round_prefer_floor
from tests.fakes.kernels import cubic

Size = Callable[[int, float], int]
Scales = tuple[float, float]


@dataclass(frozen=True)
class ScaledFake:
    """A resizer by scale whose faults are known beforehand: its name says what they are.

    ``factors`` are the attributions that would be fair, at least one of which must be found; empty for a right one.
    ``variants`` are the observations that may disagree.
    """

    name: str
    operation: ByScaleOperation
    factors: frozenset[str]
    variants: frozenset[str]


def float64_floor(n_in: int, scale: float) -> int:
    """The product in double, rounded down."""
    return int(n_in * scale)


def placed(rule: Interpolation | Nearest, offset: float) -> Callable[[int, int, float], np.ndarray]:
    """An axis rule at a scale of its own: ``x = (o + offset) / scale - offset``, in double."""

    @lru_cache(maxsize=4096)
    def weights(n_in: int, n_out: int, scale: float) -> np.ndarray:
        def place(o: np.ndarray, n_in: int, n_out: int) -> tuple[np.ndarray, int]:
            return (o + offset) / float(scale) - offset, 1

        return replace(rule, place=place)(n_in, n_out)

    return weights


LINEAR = placed(Interpolation(), 0.5)
CUBIC = placed(Interpolation(cubic(-0.75)), 0.5)
ASYMMETRIC = placed(Interpolation(), 0.0)
NEAREST = placed(Nearest(pick=round_prefer_floor), 0.5)


def by_scale(
    weights: Callable[[int, int, float], np.ndarray] = LINEAR,
    size: Size = float64_floor,
    used: Callable[[int, int, float], float] = lambda n_in, n_out, scale: scale,
    arrange: Callable[[Scales], Scales] = lambda scales: scales,
    number: type = float,
) -> Callable[[np.ndarray, Scales], np.ndarray]:
    """A resize of ``(H, W)`` by two scales: ``size`` makes the sizes, and ``used`` the scale of the coordinates.

    ``arrange`` is what is done to the scales that coordinates use, and ``number`` the type that they are rounded to.
    """

    def resize(image: np.ndarray, scales: Scales) -> np.ndarray:
        sizes = [size(n_in, scale) for n_in, scale in zip(image.shape, scales, strict=True)]
        if max(image.shape + tuple(sizes)) > 64:
            return np.broadcast_to(np.float32(0), sizes)  # Only the size is looked at.
        along = [
            weights(n_in, n_out, used(n_in, n_out, float(number(scale))))
            for n_in, n_out, scale in zip(image.shape, sizes, arrange(scales), strict=True)
        ]
        return (along[0] @ image @ along[1].T).astype(np.float32)

    return resize


def recomputed(n_in: int, n_out: int, scale: float) -> float:
    """The ratio of the sizes."""
    return n_out / n_in


def float32_floor(n_in: int, scale: float) -> int:
    """The product in float32, rounded down."""
    return int(np.float32(n_in) * np.float32(scale))


def half_up(n_in: int, scale: float) -> int:
    """The product in double, rounded to the nearest, halves up."""
    return floor(n_in * scale + 0.5)


def half_even(n_in: int, scale: float) -> int:
    """The product in double, rounded to the nearest, halves to the even."""
    return round(n_in * scale)


def scaled_fake(name: str, resize: Callable, *factors: str, variants: str = "", **about) -> ScaledFake:
    """A fake from ``resize(image (H, W), what is given) -> (h, w)``; ``variants`` are separated by semicolons."""
    fields = {"claim": claims.LINEAR, "size_rule": "floor", "scale_source": "given"} | about
    operation = by_scale_from_callable(resize, name, **fields)
    return ScaledFake(name, operation, frozenset(factors), frozenset(filter(None, variants.split("; "))))


def copied_where_it_stays(n_in: int, n_out: int, scale: float) -> float:
    """The given scale, and 1 where the size stays."""
    return 1.0 if n_in == n_out else scale


def shifted_at_one(weights: Callable) -> Callable:
    """The same weights, moved by half a pixel where the scale is 1."""

    def shifted(n_in: int, n_out: int, scale: float) -> np.ndarray:
        if scale != 1:
            return weights(n_in, n_out, scale)
        moved = (np.eye(n_in) + np.eye(n_in, k=1)) / 2
        moved[-1, -1] = 1
        return moved

    return shifted


def fitted(rounding: Callable[[Fraction], int], pick: Callable = min, number: type = Fraction) -> Callable:
    """A resize to fit a box by one scale, which ``pick`` takes from the ratios of both axes."""

    def resize(image: np.ndarray, asked: tuple[int, int]) -> np.ndarray:
        ratios = [number(target) / number(n) for n, target in zip(image.shape, asked, strict=True)]
        scale = pick(ratio if isinstance(ratio, Fraction) else Fraction(float(ratio)) for ratio in ratios)
        sizes = [rounding(n * scale) for n in image.shape]
        if max(image.shape + tuple(sizes)) > 64:
            return np.broadcast_to(np.float32(0), sizes)
        along = [LINEAR(n, m, scale) for n, m in zip(image.shape, sizes, strict=True)]
        return (along[0] @ image @ along[1].T).astype(np.float32)

    return resize


def round_half_up_exactly(length: Fraction) -> int:
    """The nearest integer, halves up."""
    return floor(length + Fraction(1, 2))
