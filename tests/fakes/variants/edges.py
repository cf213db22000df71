"""Resizers for the edges: each wrong in one way that ordinary images of ordinary sizes do not show, and right ones.

All are functions of a module, so that they can be called in another process.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from halfpixel.adapters.operation import AllBut, any_size, enlarges, is_multiple, is_one_pixel
from tests.fakes import claims
from tests.fakes.image import Fake, batch_fake

Lines = Callable[[np.ndarray, int], np.ndarray]


@dataclass(frozen=True)
class EdgeFake:
    """A fake, and the question of ``probe.variants.edges.observe`` that must catch it; empty for a right one."""

    fake: Fake
    variant: str


def _taps(n_in: int, n_out: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The two pixels of each output and the share of the second, by linear interpolation between pixel centres."""
    numerators = (2 * np.arange(n_out) + 1) * n_in - n_out
    left, beyond = np.divmod(numerators, 2 * n_out)
    return np.clip(left, 0, n_in - 1), np.clip(left + 1, 0, n_in - 1), beyond / (2 * n_out)


def _weighted(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted rows; a weight of zero makes zero of anything."""
    weights = weights[:, None]
    return np.where(weights == 0, 0, weights * np.where(weights == 0, 0, x))


def _linear_lines(x: np.ndarray, n_out: int) -> np.ndarray:
    left, right, t = _taps(len(x), n_out)
    return _weighted(x[left], 1 - t) + _weighted(x[right], t)


def _nearest_lines(x: np.ndarray, n_out: int) -> np.ndarray:
    return x[np.arange(n_out) * len(x) // n_out]


def _both_axes(images: np.ndarray, size: tuple[int, int], lines: Lines, dtype: type = np.float64) -> np.ndarray:
    """``lines`` along the height, then along the width, of ``(N, H, W, C)``; raises ``ValueError`` without pixels."""
    if 0 in (*images.shape[1:3], *size):
        raise ValueError("an image needs a pixel")
    n, height, width, channels = images.shape
    rows = np.moveaxis(images.astype(dtype), 1, 0).reshape(height, -1)
    rows = lines(rows, size[0]).reshape(size[0], n, width, channels)
    columns = np.moveaxis(rows, 2, 0).reshape(width, -1)
    columns = lines(columns, size[1]).reshape(size[1], size[0], n, channels)
    return columns.transpose(2, 1, 0, 3).astype(np.float32)


def linear(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Right: a weight of zero is never multiplied."""
    return _both_axes(images, size, _linear_lines)


def nearest(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Right: pixels are picked."""
    return _both_axes(images, size, _nearest_lines)


def leaks(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The pixel after the two that count is multiplied by zero and added."""

    def lines(x: np.ndarray, n_out: int) -> np.ndarray:
        _, right, _ = _taps(len(x), n_out)
        return _linear_lines(x, n_out) + 0 * x[np.minimum(right + 1, len(x) - 1)]

    return _both_axes(images, size, lines)


def swallows(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """NaN counts as zero."""
    return linear(np.where(np.isnan(images), np.float32(0), images), size)


def saturates(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Infinity becomes the largest number."""
    return linear(np.nan_to_num(images, nan=np.nan), size)


def hangs(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """An image of one pixel is never finished."""
    while images.shape[1:3] == (1, 1):
        pass
    return linear(images, size)


def aborts(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Without an image, the process aborts, and says so in the way of native code."""
    if len(images) == 0:
        os.write(2, b"fake.cpp:1: assertion failed: n > 0\n")
        os.abort()
    return linear(images, size)


def misreads_reversed(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Strides are taken without their sign."""
    return linear(images[tuple(slice(None, None, -1 if stride < 0 else 1) for stride in images.strides)], size)


def misreads_rows(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Memory is read in order of address, whatever the strides say."""
    in_order = sorted(range(images.ndim), key=lambda axis: -abs(images.strides[axis]))
    return linear(np.ascontiguousarray(images.transpose(in_order)).reshape(images.shape), size)


def misreads_bytes(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The byte order is taken for the machine's own."""
    return linear(images.view(images.dtype.newbyteorder("=")), size)


def drifts(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Weights sum to 1.0001."""
    return linear(images, size) * np.float32(1.0001)


def shortens(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Values beyond 100 keep three digits."""
    resized = linear(images, size)
    return np.where(np.abs(resized) > 100, resized.astype(np.float32).view(np.int32) & -(1 << 14), 0).astype(
        np.int32
    ).view(np.float32) + np.where(np.abs(resized) > 100, np.float32(0), resized)


def damages(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The first pixel of the input is overwritten."""
    resized = linear(images, size)
    if images.size:
        images[(0,) * images.ndim] = 0
    return resized


def leans(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Results are rounded to 1/1024: down on the left, up on the right."""
    resized = linear(images, size).astype(np.float64) * 1024
    left = (np.arange(size[1]) < size[1] / 2)[:, None]
    return (np.where(left, np.floor(resized), np.ceil(resized)) / 1024).astype(np.float32)


def overflows_indices(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Indices are 16 bits long."""

    def lines(x: np.ndarray, n_out: int) -> np.ndarray:
        return x[(np.arange(n_out) * len(x) // n_out).astype(np.int16)]

    return _both_axes(images, size, lines)


def invents(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """An image without pixels is resized to ones."""
    if 0 in images.shape[1:3]:
        return np.ones((len(images), *size, images.shape[3]), np.float32)
    return linear(images, size)


def flushes(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Subnormal numbers are zero."""
    resized = linear(images, size)
    return np.where(np.abs(resized) < np.finfo(np.float32).tiny, np.float32(0), resized)


def subtracts_first(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The difference of two pixels is taken before it is weighted, in float32."""

    def lines(x: np.ndarray, n_out: int) -> np.ndarray:
        left, right, t = _taps(len(x), n_out)
        with np.errstate(over="ignore", invalid="ignore"):
            return x[left] + t.astype(np.float32)[:, None] * (x[right] - x[left])

    return _both_axes(images, size, lines, np.float32)


def repeats_the_first(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """In an image one pixel wide, every output is the first."""
    resized = linear(images, size)
    return np.broadcast_to(resized[:, :1, :1], resized.shape).copy() if images.shape[2] == 1 else resized


def reads_the_row_before(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A single row is mixed with what lies before it in memory: the row of the image before it."""
    if images.shape[1] == 1 and size[0] > 1:
        images = images + np.float32(2**-20) * (np.roll(images, 1, axis=0) - images)
    return linear(images, size)


def divides_by_n_less_one(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Coordinates are divided by ``n - 1``."""
    resized = linear(images, size)
    return resized * np.float32(np.nan) if images.shape[2] == 1 and size[1] > 1 else resized


def refuses_fractions(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Scales must be whole numbers."""
    if any(n_out % n_in for n_in, n_out in zip(images.shape[1:3], size, strict=True)):
        raise NotImplementedError("scales must be whole numbers")
    return linear(images, size)


_ROWS = [
    ("a NaN spreads one pixel too far", leaks, "NaN", "non-finite values"),
    ("an infinity spreads one pixel too far", leaks, "infinity", "non-finite values"),
    ("NaN counts as zero", swallows, "NaN", "non-finite values"),
    ("infinity counts as the largest number", saturates, "infinity", "non-finite values"),
    ("a single pixel is never finished", hangs, "one pixel", "time limit"),
    ("an empty batch aborts the process", aborts, "empty batch", "crash"),
    ("strides lose their sign", misreads_reversed, "negative strides", "memory layout"),
    ("memory is read in order of address", misreads_rows, "memory layout", "memory layout"),
    ("the byte order is not heeded", misreads_bytes, "big-endian", "memory layout"),
    ("weights sum to 1.0001", drifts, "constant image", "normalisation"),
    ("large constants keep three digits", shortens, "constant image", "normalisation", "rounding"),
    ("a pixel of the input is overwritten", damages, "memory layout", "state", "memory layout"),
    ("rounded down on the left, up on the right", leans, "flip", "rounding"),
    ("indices are 16 bits long", overflows_indices, "enormous", "coordinates"),
    ("pixels are made from none", invents, "zero size", "undefined behaviour"),
    ("subnormal numbers are zero", flushes, "denormals", "precision"),
    ("differences overflow", subtracts_first, "large values", "non-finite values"),
    ("images one pixel wide repeat their first output", repeats_the_first, "one pixel", "separability"),
    ("a single row is mixed with memory before it", reads_the_row_before, "one row", "undefined behaviour"),
    ("coordinates are divided by n - 1", divides_by_n_less_one, "one column", "non-finite values"),
    ("scales must be whole numbers", refuses_fractions, "fractional scale", "refusal"),
]
_NEAREST = (overflows_indices,)


def _is_fraction(n_in: int, n_out: int) -> bool:
    return not is_multiple(n_in, n_out)


_LEFT_OUT = {
    reads_the_row_before: AllBut(is_one_pixel, ("reads-the-row-before",)),
    divides_by_n_less_one: AllBut(is_one_pixel, ("divides-by-zero",)),
    refuses_fractions: AllBut(_is_fraction, ("refuses-fractions",), enlarges),
}


def _leaving_out(fake: Fake, run: Callable) -> Fake:
    """The fake with the sizes at which it fails left out, as an adapter does."""
    return replace(fake, operation=replace(fake.operation, accepts=_LEFT_OUT.get(run, any_size)))


WRONG: tuple[EdgeFake, ...] = tuple(
    EdgeFake(
        _leaving_out(
            batch_fake(name, claims.NEAREST_ASYMMETRIC_FLOOR if run in _NEAREST else claims.LINEAR, run, *factors), run
        ),
        variant,
    )
    for name, run, variant, *factors in _ROWS
)
RIGHT: tuple[EdgeFake, ...] = (
    EdgeFake(batch_fake("linear, weights of zero never multiplied", claims.LINEAR, linear), ""),
    EdgeFake(batch_fake("nearest, pixels picked", claims.NEAREST_ASYMMETRIC_FLOOR, nearest), ""),
)
