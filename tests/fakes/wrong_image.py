"""Resizers whose weights are right on either axis and wrong together: axes, shapes, separability, arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from . import claims
from .axis import asymmetric, floor, half_pixel, linear_with_step, touched
from .image import Change, Fake, Resize, fake, separable
from .right import CATMULL_ROM, CUBIC, LINEAR, LINEAR_ANTIALIAS

_linear = separable(LINEAR)
_catmull_rom = separable(CATMULL_ROM)
_asymmetric = separable(replace(LINEAR, place=asymmetric))
Sizes = Callable[[tuple[int, int], tuple[int, int]], bool]


def _transposed_if_square(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    resized = _linear(image, size)
    return resized.T if image.shape[0] == image.shape[1] and size[0] == size[1] else resized


def _either(condition: Sizes, wrong: Resize, right: Resize) -> Resize:
    return lambda image, size: (wrong if condition(image.shape, size) else right)(image, size)


def _with_scales(choose: Callable[[tuple, tuple], tuple]) -> Resize:
    """Linear, with a step ``(p, q)`` for either axis that ``choose`` finds from the ``(n_in, n_out)`` of both."""

    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        pairs = list(zip(image.shape, size, strict=True))
        along_h, along_w = (linear_with_step(*pair, *step) for pair, step in zip(pairs, choose(*pairs), strict=True))
        return (along_h @ image @ along_w.T).astype(np.float32)

    return resize


def _smaller_step(h: tuple[int, int], w: tuple[int, int]) -> tuple[int, int]:
    return h if h[0] * w[1] <= w[0] * h[1] else w


@lru_cache(maxsize=256)
def _two_taps(n_in: int, n_out: int) -> tuple[np.ndarray, np.ndarray]:
    x, common = half_pixel(np.arange(n_out), n_in, n_out)
    left = floor(x, common)
    return left[:, None] + np.arange(2), x[:, None] / common


def _cone(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    (rows, y), (columns, x) = (_two_taps(n_in, n_out) for n_in, n_out in zip(image.shape, size, strict=True))
    distance = np.hypot((rows - y)[:, None, :, None], (columns - x)[None, :, None, :])
    weights = np.maximum(0, 1 - distance)
    rows, columns = np.clip(rows, 0, image.shape[0] - 1), np.clip(columns, 0, image.shape[1] - 1)
    taps = image[rows[:, None, :, None], columns[None, :, None, :]]
    return ((weights * taps).sum(axis=(2, 3)) / weights.sum(axis=(2, 3))).astype(np.float32)


def _median(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    for n_out in size:
        start, stop = touched(len(image), n_out)
        count = stop - start
        taps = np.arange(count.max())
        values = np.append(image, np.full((1, image.shape[1]), np.inf, dtype=image.dtype), axis=0)
        index = np.where(taps < count[:, None], start[:, None] + taps, -1)
        ranked = np.sort(values[index], axis=1)
        o = np.arange(n_out)
        image = ((ranked[o, (count - 1) // 2] + ranked[o, count // 2]) / 2).T
    return image


def _bfloat16(values: np.ndarray) -> np.ndarray:
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)
    return rounded.view(np.float32)


def _float16(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float16)


def _mean_returned_short(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    mean = image.mean(dtype=np.float64)
    return (_linear(image - mean, size) + 0.99 * mean).astype(np.float32)


def _stretched_by_its_mean(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return _linear(image, size) * np.float32(1 + 0.01 * np.abs(image).mean())


def _last_row_nan(resized: np.ndarray) -> np.ndarray:
    resized[-1:] = np.nan
    return resized


def _patterned(resized: np.ndarray) -> np.ndarray:
    rows, columns = np.indices(resized.shape)
    return resized + 1e-3 * ((5 * rows + 3 * columns) % 8 - 3.5)


def _last_column_repeated(n_in: int, n_out: int) -> np.ndarray:
    matrix = CUBIC(n_in, n_out)
    matrix[-1] = matrix[-2:][0]
    return matrix


def _clipped(image: np.ndarray) -> np.ndarray:
    return np.clip(image, 0, 1)


def _on_255_steps(image: np.ndarray) -> np.ndarray:
    return np.round(image * 255) / 255


def _narrow(cast: Change) -> Resize:
    return separable(LINEAR, between=cast, after=cast)


_NON_LINEAR = ("linearity",)
_ROUNDED = ("precision", "rounding")

# What is wrong; what is claimed; the resize; the attributions that would be fair.
_ROWS = [
    ("square results are transposed", claims.LINEAR, _transposed_if_square, "axis order"),
    (
        "the size is read as (w, h)",
        claims.LINEAR,
        lambda image, size: _linear(image, size[::-1]),
        "axis order",
        "output size",
    ),
    (
        "the result is transposed",
        claims.CATMULL_ROM,
        lambda image, size: _catmull_rom(image, size).T,
        "axis order",
        "output size",
    ),
    (
        "the result has a row too many",
        claims.LINEAR,
        lambda image, size: _linear(image, (size[0] + 1, size[1])),
        "output size",
    ),
    (
        "the scale of the columns is used for the rows",
        claims.LINEAR,
        _with_scales(lambda h, w: (w, w)),
        "axis order",
        "scale source",
    ),
    (
        "the smaller step is used for both axes",
        claims.LINEAR,
        _with_scales(lambda h, w: (_smaller_step(h, w),) * 2),
        "axis order",
        "scale source",
    ),
    (
        "the last column repeats the one before, and rows are right",
        claims.CUBIC,
        separable(CUBIC, _last_column_repeated),
        "axis order",
        "border",
        "coordinates",
    ),
    (
        "images that are not square lose the half pixel",
        claims.LINEAR,
        _either(lambda shape, size: shape[0] != shape[1], _asymmetric, _linear),
        "coordinates",
        "separability",
    ),
    (
        "the half pixel is lost when both axes change",
        claims.LINEAR,
        _either(lambda shape, size: shape[0] != size[0] and shape[1] != size[1], _asymmetric, _linear),
        "coordinates",
        "separability",
    ),
    ("the kernel is a cone, not a product of two triangles", claims.LINEAR, _cone, "separability", "kernel"),
    (
        "the mean is taken off and 99 hundredths of it returned",
        claims.LINEAR,
        _mean_returned_short,
        "normalisation",
        "separability",
    ),
    ("contrast grows with the mean brightness", claims.LINEAR, _stretched_by_its_mean, *_NON_LINEAR),
    ("the median is taken, not the mean", claims.ADAPTIVE_AVERAGE, _median, *_NON_LINEAR),
    (
        "a thousandth of the square is added",
        claims.LINEAR,
        separable(LINEAR, after=lambda y: y + 1e-3 * y**2),
        *_NON_LINEAR,
    ),
    ("clipped to [0, 1] at the end", claims.CUBIC, separable(CUBIC, after=_clipped), *_NON_LINEAR),
    ("clipped to [0, 1] between the passes", claims.CUBIC, separable(CUBIC, between=_clipped), *_NON_LINEAR),
    ("rounded to 255 steps at the end", claims.LINEAR, separable(LINEAR, after=_on_255_steps), *_ROUNDED),
    (
        "rounded to 255 steps between the passes",
        claims.LINEAR_ANTIALIAS,
        separable(LINEAR_ANTIALIAS, between=_on_255_steps),
        *_ROUNDED,
    ),
    ("computed in bfloat16", claims.LINEAR, _narrow(_bfloat16), *_ROUNDED),
    ("computed in float16", claims.LINEAR, _narrow(_float16), *_ROUNDED),
    ("a hundredth is added", claims.LINEAR, separable(LINEAR, after=lambda y: y + 0.01), "offset"),
    ("a fixed pattern is added as dither", claims.LINEAR, separable(LINEAR, after=_patterned), "offset"),
    ("the last row is not a number", claims.LINEAR, separable(LINEAR, after=_last_row_nan), "offset", "linearity"),
]

WRONG: tuple[Fake, ...] = tuple(fake(name, claim, resize, *factors) for name, claim, resize, *factors in _ROWS)
