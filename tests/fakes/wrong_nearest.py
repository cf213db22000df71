"""Resizers that take the wrong pixel: ties, rounding, and coordinates that float32 moves across a boundary."""

from __future__ import annotations

import numpy as np

from . import claims
from .axis import Nearest, asymmetric, ceil, floor, half_pixel, round_half_even, round_prefer_ceil, round_prefer_floor
from .image import Fake, fake, separable


def _accumulated(o: np.ndarray, n_in: int, n_out: int) -> tuple[np.ndarray, int]:
    """``(o + 1/2) n_in / n_out`` by adding the step over and over, as Pillow does (there in double).

    https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Geometry.c
    """
    step = np.float32(n_in) / np.float32(n_out)
    steps = np.full(len(o), step, dtype=np.float32)
    steps[0] = step * np.float32(0.5)
    return np.cumsum(steps, dtype=np.float32), 1


def _float32_scale(o: np.ndarray, n_in: int, n_out: int) -> tuple[np.ndarray, int]:
    return o.astype(np.float32) * (np.float32(n_in) / np.float32(n_out)), 1


def _float32_centre(o: np.ndarray, n_in: int, n_out: int) -> tuple[np.ndarray, int]:
    return (o.astype(np.float32) + np.float32(0.5)) * (np.float32(n_in) / np.float32(n_out)), 1


_ROUNDING = ("ties", "rounding")
_FLOAT32 = ("ties", "precision")

# What is wrong; what is claimed; the rule of both axes; the attributions that would be fair.
_ROWS = [
    ("halves go down, not up", claims.NEAREST_PREFER_CEIL, Nearest(pick=round_prefer_floor), "ties"),
    ("halves go up, not down", claims.NEAREST_PREFER_FLOOR, Nearest(pick=round_prefer_ceil), "ties"),
    ("halves go to the even pixel, not up", claims.NEAREST_PREFER_CEIL, Nearest(pick=round_half_even), "ties"),
    (
        "halves go up, not to the even pixel",
        claims.nearest("half_pixel", "round_half_even"),
        Nearest(pick=round_prefer_ceil),
        "ties",
    ),
    ("rounded down, not to the nearest", claims.NEAREST_PREFER_FLOOR, Nearest(pick=floor), *_ROUNDING),
    ("rounded up, not down", claims.NEAREST_ASYMMETRIC_FLOOR, Nearest(asymmetric, ceil), *_ROUNDING),
    ("rounded to the nearest, not down", claims.NEAREST_ASYMMETRIC_FLOOR, Nearest(asymmetric), *_ROUNDING),
    ("nearest has no half pixel", claims.NEAREST_PREFER_CEIL, Nearest(asymmetric, round_prefer_ceil), "coordinates"),
    ("nearest has a half pixel unasked", claims.NEAREST_ASYMMETRIC_FLOOR, Nearest(half_pixel, floor), "coordinates"),
    ("a float32 scale moves exact picks", claims.NEAREST_ASYMMETRIC_FLOOR, Nearest(_float32_scale, floor), *_FLOAT32),
    ("a float32 centre moves exact halves", claims.NEAREST_PREFER_CEIL, Nearest(_float32_centre, floor), *_FLOAT32),
    ("float32 steps add up to a drift", claims.NEAREST_PREFER_CEIL, Nearest(_accumulated, floor), *_FLOAT32),
]

WRONG: tuple[Fake, ...] = tuple(fake(name, claim, separable(rule), *factors) for name, claim, rule, *factors in _ROWS)
