"""Calls that take images of one integer dtype only, with one fault each, and others that are right.

Each is handed ``(N, H, W, C)`` with all its channels, and computes plane by plane in float64 from weights that are not
golden's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from halfpixel.adapters import Operation, from_callable
from halfpixel.golden import Convention
from tests.fakes import claims
from tests.fakes.image import Resize
from tests.fakes.right import CUBIC, LINEAR
from tests.fakes.variants.dtype_faults import (
    RIGHT_CUBIC,
    RIGHT_LINEAR,
    clipped,
    half_up,
    integers,
    passes,
    rounded,
    short_weights,
    wrapped,
)

Image = Callable[[np.ndarray, tuple[int, int]], np.ndarray]


@dataclass(frozen=True)
class Channelwise:
    """``resize`` for every channel of every image, after ``before`` and followed by ``after`` on a whole image."""

    resize: Resize
    dtype: str
    channels: int
    before: Callable[[np.ndarray], np.ndarray] | None = None
    after: Callable[[np.ndarray], np.ndarray] | None = None

    def __call__(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Refuses images of another dtype or number of channels than its own."""
        if images.dtype != self.dtype or images.shape[3] != self.channels:
            raise TypeError(f"not {self.channels} channels of {self.dtype}: {images.shape[3]} of {images.dtype}")
        return np.stack([self._resized(image, size) for image in images])

    def _resized(self, image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        image = image if self.before is None else self.before(image)
        image = np.stack([self.resize(image[..., c], size) for c in range(image.shape[2])], axis=-1)
        return image if self.after is None else self.after(image)


def premultiplied(image: np.ndarray) -> np.ndarray:
    """Every channel but the last times the last, in 255ths, to the nearest."""
    colours = np.floor(image[..., :-1].astype(np.float64) * image[..., -1:] / 255 + 0.5)
    return np.concatenate([colours.astype(image.dtype), image[..., -1:]], axis=-1)


def divided(image: np.ndarray) -> np.ndarray:
    """The inverse; nothing is done where the last channel is 0."""
    colours, alpha = image[..., :-1].astype(np.float64), image[..., -1:].astype(np.float64)
    whole = np.clip(np.floor(colours * 255 / np.maximum(alpha, 1)), 0, 255).astype(image.dtype)
    return np.concatenate([np.where(alpha > 0, whole, image[..., :-1]), image[..., -1:]], axis=-1)


def opaque(image: np.ndarray) -> np.ndarray:
    """The last channel thrown away."""
    return np.concatenate([image[..., :-1], np.full_like(image[..., -1:], 255)], axis=-1)


def reversed_channels(image: np.ndarray) -> np.ndarray:
    """Blue for red."""
    return image[..., ::-1]


def bled(image: np.ndarray) -> np.ndarray:
    """A quarter of the next channel in every channel."""
    return ((3 * image.astype(np.int64) + np.roll(image, -1, axis=-1)) // 4).astype(image.dtype)


def grey(image: np.ndarray) -> np.ndarray:
    """The first channel for all."""
    return np.repeat(image[..., :1], image.shape[2], axis=2)


def as_unsigned_bits(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The bits of signed integers read as unsigned ones; returned wider."""
    return RIGHT_LINEAR(image.view(f"u{image.dtype.itemsize}").astype(np.int32), size)


def wider(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Returned as int32, so that overshoots are there to see."""
    return RIGHT_CUBIC(image.astype(np.int32), size)


def to_unit_range(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Brought to -1 to 1 first, the lowest value with the one above it, and returned in float64."""
    about = np.iinfo(image.dtype)
    return RIGHT_LINEAR(np.maximum(image.astype(np.float64) / about.max, -1.0), size)


@dataclass(frozen=True)
class IntegerFake:
    """A call whose faults are known beforehand; ``factors`` and ``variants`` (those it is wrong for) empty if right."""

    name: str
    operation: Operation
    factors: frozenset[str] = frozenset()
    variants: frozenset[str] = frozenset()
    headline: str = ""


def _fake(
    name: str,
    claim: Convention | None,
    run: Channelwise,
    factors: tuple[str, ...] = (),
    variants: tuple[str, ...] = (),
    headline: str = "",
) -> IntegerFake:
    operation = replace(
        from_callable(run, name, claim=claim), run=run, dtype=run.dtype, channels=run.channels, source="https://none"
    )
    return IntegerFake(name, operation, frozenset(factors), frozenset(variants), headline)


_TWO_PASSES = passes(CUBIC, lambda v, dtype: clipped(half_up(v), dtype))

WRONG: tuple[IntegerFake, ...] = tuple(
    _fake(*row)
    for row in [
        (
            "truncates three channels of bytes",
            claims.LINEAR,
            Channelwise(integers(LINEAR, rounded(np.trunc)), "uint8", 3),
            ("rounding",),
            ("uint8",),
            "truncates or floors",
        ),
        (
            "wraps around in the one plane of int8",
            claims.CUBIC,
            Channelwise(integers(CUBIC, rounded(np.rint, wrapped)), "int8", 1),
            ("saturation",),
            ("int8",),
            "wraps around",
        ),
        (
            "is linear where it claims cubic",
            claims.CUBIC,
            Channelwise(RIGHT_LINEAR, "uint16", 1),
            ("dtype",),
            ("uint16",),
            "other weights than claimed",
        ),
        (
            "has 8-bit weights for three channels",
            claims.LINEAR,
            Channelwise(short_weights(8), "uint8", 3),
            ("precision",),
            ("uint8",),
            "8-bit weights",
        ),
        (
            "gives blue for red",
            claims.LINEAR,
            Channelwise(RIGHT_LINEAR, "uint8", 3, after=reversed_channels),
            ("channel",),
            ("uint8",),
            "channels in another order",
        ),
        (
            "lets channels bleed",
            claims.LINEAR,
            Channelwise(RIGHT_LINEAR, "uint8", 3, before=bled),
            ("channel",),
            ("uint8",),
            "channels are mixed",
        ),
        (
            "gives the first channel for all",
            claims.CUBIC,
            Channelwise(RIGHT_CUBIC, "uint8", 3, after=grey),
            ("channel",),
            ("uint8",),
            "channels in another order",
        ),
        (
            "weighs colours with alpha",
            claims.CUBIC,
            Channelwise(RIGHT_CUBIC, "uint8", 4, before=premultiplied, after=divided),
            ("channel", "linearity"),
            ("uint8",),
            "colours weighted by alpha",
        ),
        (
            "weighs colours with alpha, and rounds and clamps between passes",
            claims.CUBIC,
            Channelwise(_TWO_PASSES, "uint8", 4, before=premultiplied, after=divided),
            ("linearity", "clamping"),
            ("uint8", "uint8, opaque"),
        ),
        (
            "weighs grey with alpha",
            claims.LINEAR,
            Channelwise(RIGHT_LINEAR, "uint8", 2, before=premultiplied, after=divided),
            ("channel", "linearity"),
            ("uint8",),
            "colours weighted by alpha",
        ),
        (
            "multiplies with alpha and does not divide",
            claims.LINEAR,
            Channelwise(RIGHT_LINEAR, "uint8", 4, before=premultiplied),
            ("channel", "linearity"),
            ("uint8",),
            "colours multiplied with alpha",
        ),
        (
            "throws alpha away",
            claims.LINEAR,
            Channelwise(RIGHT_LINEAR, "uint8", 4, after=opaque),
            ("channel",),
            ("uint8",),
            "channel 3 alone",
        ),
        (
            "reads int8 as unsigned",
            claims.LINEAR,
            Channelwise(as_unsigned_bits, "int8", 1),
            ("dtype",),
            ("int8",),
            "negative values read as unsigned",
        ),
        (
            "brings int8 to the range from -1 to 1",
            claims.LINEAR,
            Channelwise(to_unit_range, "int8", 1),
            ("dtype",),
            ("int8",),
            "returns float64, divided by 127",
        ),
        (
            "brings bytes to the range from 0 to 1",
            claims.LINEAR,
            Channelwise(to_unit_range, "uint8", 3),
            ("dtype",),
            ("uint8",),
            "returns float64, divided by 255",
        ),
        (
            "flips the last bit of the last channel",
            claims.LINEAR,
            Channelwise(RIGHT_LINEAR, "uint8", 4, after=lambda image: image ^ np.array([0, 0, 0, 1], np.uint8)),
            ("channel", "rounding", "dtype"),
            ("uint8", "uint8, opaque"),
        ),
    ]
)

RIGHT: tuple[IntegerFake, ...] = tuple(
    _fake(*row)
    for row in [
        ("three channels of bytes", claims.CUBIC, Channelwise(RIGHT_CUBIC, "uint8", 3)),
        ("four channels of bytes, alpha like any other", claims.CUBIC, Channelwise(RIGHT_CUBIC, "uint8", 4)),
        ("one plane of int8", claims.LINEAR, Channelwise(integers(LINEAR, rounded(half_up)), "int8", 1)),
        ("one plane of int32", claims.LINEAR, Channelwise(RIGHT_LINEAR, "int32", 1)),
        ("int16, returned as int32 with its overshoots", claims.CUBIC, Channelwise(wider, "int16", 1)),
        ("bytes, returned as int32 with their overshoots", claims.CUBIC, Channelwise(wider, "uint8", 3)),
        ("two channels of uint16", claims.LINEAR, Channelwise(RIGHT_LINEAR, "uint16", 2)),
    ]
)
