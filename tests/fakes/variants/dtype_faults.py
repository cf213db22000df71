"""What dtypes fakes do to the values of an image: ways to round that are right, and faults, of which each has one.

All compute in float64 from weights that are not golden's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from tests.fakes.axis import AxisRule, Nearest, round_prefer_ceil
from tests.fakes.image import Resize
from tests.fakes.right import CUBIC, LINEAR

Cast = Callable[[np.ndarray, np.dtype], np.ndarray]


def values(rule: AxisRule, image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The resized image in float64, in steps of 2**-32, so that ties of short fractions are ties."""
    rows, columns = (axis_weights(rule, n_in, n_out) for n_in, n_out in zip(image.shape, size, strict=True))
    return np.rint((rows @ image.astype(np.float64) @ columns.T) * 2.0**32) / 2.0**32


@lru_cache(maxsize=1024)
def axis_weights(rule: AxisRule, n_in: int, n_out: int) -> np.ndarray:
    """The weights of one axis, made once."""
    return rule(n_in, n_out)


def saturated(whole: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Whole float64 values as integers of the dtype, the nearest end for those beyond it."""
    about = np.iinfo(dtype)
    return np.clip(whole, about.min, about.max).astype(dtype)


def wrapped(whole: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Whole float64 values as integers of the dtype, modulo its length."""
    return whole.astype(np.int64).astype(dtype)


def half_up(v: np.ndarray) -> np.ndarray:
    """``floor(v + 1/2)``."""
    return np.floor(v + 0.5)


def integers(rule: AxisRule, cast: Cast) -> Resize:
    """Integer images through ``cast(values, dtype)``; others in float64, rounded once to their dtype."""

    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        if image.dtype.kind in "iu":
            return cast(values(rule, image, size), image.dtype)
        rows, columns = (axis_weights(rule, n_in, n_out) for n_in, n_out in zip(image.shape, size, strict=True))
        return (rows @ image.astype(np.float64) @ columns.T).astype(image.dtype)

    return resize


def only(dtypes: tuple[str, ...], fault: Resize, otherwise: Resize) -> Resize:
    """The fault for images of some dtypes, by name, and another resize for the rest."""

    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        return (fault if image.dtype.name in dtypes else otherwise)(image, size)

    return resize


def rounded(rounding: Callable[[np.ndarray], np.ndarray], overflow=saturated) -> Cast:
    """A cast that rounds, and then brings into the range."""
    return lambda v, dtype: overflow(rounding(v), dtype)


def nearest_then_one_more(v: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """To the nearest, and one added."""
    return saturated(np.rint(v) + 1, dtype)


def as_unsigned(v: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Saturated as the unsigned dtype of the same width would be."""
    return wrapped(np.clip(half_up(v), 0, 2 ** (8 * dtype.itemsize) - 1), dtype)


def as_a_byte(v: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Saturated to 0..255, whatever the dtype."""
    return np.clip(np.rint(v), 0, 255).astype(dtype)


def dithered(v: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """A fixed pattern added before rounding down."""
    pattern = np.array([[0.2, 0.7], [0.9, 0.4]])
    tiled = np.tile(pattern, (v.shape[0] // 2 + 1, v.shape[1] // 2 + 1))[: v.shape[0], : v.shape[1]]
    return saturated(np.floor(v + tiled), dtype)


def in_float32(v: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """To the nearest, of values rounded to float32."""
    return saturated(np.rint(v.astype(np.float32).astype(np.float64)), dtype)


def passes(rule: AxisRule, between: Cast) -> Resize:
    """Integer images in two passes, width first, with something done between them."""

    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        columns = between(values(rule, image, (image.shape[0], size[1])), image.dtype)
        return saturated(half_up(values(rule, columns, size)), image.dtype)

    return only(INTEGER_DTYPES, resize, integers(rule, rounded(half_up)))


def clipped(v: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Clamped to the range of the dtype, not rounded."""
    about = np.iinfo(dtype)
    return np.clip(v, about.min, about.max)


def short_weights(bits: int) -> Resize:
    """Linear, with weights of so many fractional bits for bytes."""

    @lru_cache(maxsize=256)
    def short(n_in: int, n_out: int) -> np.ndarray:
        return np.floor(LINEAR(n_in, n_out) * 2**bits + 0.5) / 2**bits

    return only(BYTES, integers(short, rounded(half_up)), RIGHT_LINEAR)


def sixteenth_of_a_pixel(o: np.ndarray, n_in: int, n_out: int) -> tuple[np.ndarray, int]:
    """Half-pixel coordinates rounded to sixteenths."""
    return np.floor(((2 * o + 1) * n_in - n_out) / (2 * n_out) * 16 + 0.5).astype(np.int64), 16


def half_coordinates(o: np.ndarray, n_in: int, n_out: int) -> tuple[np.ndarray, int]:
    """Half-pixel coordinates computed in float16."""
    half = np.float16(0.5)
    x = (o.astype(np.float16) + half) * np.float16(n_in / n_out) - half
    return np.rint(x.astype(np.float64) * 2**20).astype(np.int64), 2**20


def in_storage(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Every weight, product and sum rounded to the dtype of the image."""
    dtype = image.dtype
    for n_out in size:
        weights = axis_weights(CUBIC, image.shape[0], n_out).astype(dtype)
        resized = np.zeros((n_out, image.shape[1]), dtype)
        for i in range(image.shape[0]):
            resized = (resized + (weights[:, i : i + 1] * image[i]).astype(dtype)).astype(dtype)
        image = resized.T
    return image


def rounded_between(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Rounded to the dtype of the image after either pass."""
    for n_out in size:
        image = (axis_weights(CUBIC, image.shape[0], n_out) @ image.astype(np.float64)).astype(image.dtype).T
    return image


def float64_in_float32(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """float64 images computed in float32."""
    return RIGHT_LINEAR(image.astype(np.float32), size).astype(np.float64)


def with_float32_weights(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """float64 images weighted with float32 weights."""
    rows, columns = (
        axis_weights(LINEAR, n_in, n_out).astype(np.float32) for n_in, n_out in zip(image.shape, size, strict=True)
    )
    return rows.astype(np.float64) @ image @ columns.astype(np.float64).T


def of_whole_pixels(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Pixels truncated to integers first."""
    return RIGHT_LINEAR(np.trunc(image), size)


def scaled_to_one(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Integers scaled to 0..1, in float32."""
    return (values(LINEAR, image, size) / np.iinfo(image.dtype).max).astype(np.float32)


def of_high_bytes(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The high byte alone."""
    return (half_up(values(LINEAR, image >> 8, size)).astype(np.int64) << 8).astype(image.dtype)


def returning_float32(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Computed exactly, returned in float32."""
    return RIGHT_CUBIC(image.astype(np.float64), size).astype(np.float32)


BYTES = ("uint8", "int8")
INTEGER_DTYPES = ("uint8", "int8", "int16", "uint16", "int32")
RIGHT_LINEAR = integers(LINEAR, rounded(np.rint))
RIGHT_CUBIC = integers(CUBIC, rounded(np.rint))
COARSE = integers(replace(CUBIC, place=sixteenth_of_a_pixel), rounded(half_up))
HALF_PLACED = integers(replace(LINEAR, place=half_coordinates), rounded(np.rint))
PICKED = integers(Nearest(pick=round_prefer_ceil), rounded(np.rint))


def half_away(v: np.ndarray) -> np.ndarray:
    """To the nearest, halves away from zero."""
    return np.sign(v) * np.floor(np.abs(v) + 0.5)
