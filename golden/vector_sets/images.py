"""The images of the sets, and PNG files of them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

import numpy as np

Shape = tuple[int, int, int]


def noise(shape: Shape) -> np.ndarray:
    """Values 0 to 255 that no low polynomial fits; half of them lie at the ends, so that kernels overshoot.

    A multiplicative hash of the position, the same in every language and release.
    """
    positions = np.arange(np.prod(shape), dtype=np.uint64) + np.uint64(1 + 1000 * shape[1] + 100_000 * shape[0])
    mixed = (positions * np.uint64(2654435761)) % np.uint64(2**32)
    mixed = ((mixed ^ (mixed >> np.uint64(15))) * np.uint64(2246822519)) % np.uint64(2**32)
    values = ((mixed ^ (mixed >> np.uint64(13))) >> np.uint64(7)) % np.uint64(512)
    return np.asarray(np.clip(values.astype(np.int64) - 128, 0, 255), dtype=np.uint8).reshape(shape)


def ramp(shape: Shape) -> np.ndarray:
    """Rising along rows and columns, each channel by another step: positions can be read off."""
    rows, columns, channels = np.indices(shape)
    values = (7 + 4 * channels) * columns + (29 - 6 * channels) * rows + 11 * channels
    return np.asarray(values % 256, dtype=np.uint8)


def impulse(shape: Shape) -> np.ndarray:
    """One bright pixel, the middle one: the result is the weights that it has."""
    image = np.zeros(shape, dtype=np.uint8)
    image[shape[0] // 2, shape[1] // 2] = 255
    return image


def checkerboard(shape: Shape) -> np.ndarray:
    """0 and 255 in turn, in pairs of rows: the strongest overshoot."""
    rows, columns, channels = np.indices(shape)
    return np.asarray(255 * ((rows // 2 + columns + channels) % 2), dtype=np.uint8)


IMAGES: dict[str, Callable[[Shape], np.ndarray]] = {
    "noise": noise,
    "ramp": ramp,
    "impulse": impulse,
    "checkerboard": checkerboard,
}
PNG_COLOUR_TYPES = {1: 0, 3: 2, 4: 6}
"""Channels, and what a PNG calls them: https://www.w3.org/TR/png-3/#3colourType."""


def png(image: np.ndarray) -> bytes:
    """A PNG of ``(H, W, C)`` in uint8, C one of :data:`PNG_COLOUR_TYPES`.

    It is not compressed, so that its bytes are the same everywhere.
    """
    height, width, channels = image.shape
    header = struct.pack(">IIBBBBB", width, height, 8, PNG_COLOUR_TYPES[channels], 0, 0, 0)
    rows = np.zeros((height, 1 + width * channels), dtype=np.uint8)
    rows[:, 1:] = image.reshape(height, -1)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 0)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
