"""Resizers of one and three axes to test the tester with, and of images whose counts of channels matter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from halfpixel.adapters import NdOperation, Operation
from halfpixel.golden import Convention
from tests.fakes import claims
from tests.fakes.axis import (
    AxisRule,
    Interpolation,
    Nearest,
    align_corners,
    asymmetric,
    floor,
    half_pixel,
    round_prefer_ceil,
)
from tests.fakes.image import batched
from tests.fakes.right import CUBIC, CUBIC_ANTIALIAS, LINEAR

RunRanked = Callable[[np.ndarray, tuple[int, ...]], np.ndarray]


@dataclass(frozen=True)
class RankFake:
    """A resizer whose fault is known; ``factors`` as in :class:`tests.fakes.image.Fake`."""

    name: str
    operation: NdOperation | Operation
    factors: frozenset[str]


def separable(*rules: AxisRule) -> RunRanked:
    """One rule an axis, in float64, rounded at the end."""

    def run(volumes: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
        for axis, (rule, n_out) in enumerate(zip(rules, size, strict=True), start=1):
            volumes = np.moveaxis(np.tensordot(rule(volumes.shape[axis], n_out), volumes, axes=(1, axis)), 0, axis)
        return volumes.astype(np.float32)

    return run


_TRILINEAR = separable(LINEAR, LINEAR, LINEAR)
_NEAREST = Nearest(half_pixel, round_prefer_ceil)
_COARSE = Interpolation(place=lambda o, n_in, n_out: (((2 * o + 1) * n_in - n_out) * 16 // n_out, 32))
_bilinear = batched(LINEAR)


def _swapped(volumes: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Depth and height of the input change places."""
    return _TRILINEAR(volumes.transpose(0, 2, 1, 3, 4), size)


def _swapped_where_equal(volumes: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    equal = volumes.shape[1] == volumes.shape[3] and size[0] == size[2]
    return _TRILINEAR(volumes.transpose(0, 3, 2, 1, 4) if equal else volumes, size)


def _mixed_diagonal(volumes: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Right along each axis alone; where all three change, a thousandth of another kernel's result is mixed in."""
    resized = _TRILINEAR(volumes, size)
    if all(n_in != n_out for n_in, n_out in zip(volumes.shape[1:-1], size, strict=True)):
        resized = resized * np.float32(0.99)
    return resized


def _changed(change: Callable[[np.ndarray], np.ndarray], run: RunRanked = _TRILINEAR) -> RunRanked:
    return lambda volumes, size: change(run(volumes, size).copy())


def _fifth_channel_dimmed(images: np.ndarray) -> np.ndarray:
    images[..., 4:5] *= np.float32(0.99)
    return images


def _first_four_only(images: np.ndarray) -> np.ndarray:
    images[..., 4:] = 0
    return images


def _second_image_first(images: np.ndarray) -> np.ndarray:
    if len(images) > 4 and images.shape[-1] < 6:
        images[1:3] = images[2:0:-1].copy()
    return images


def _bleeding(images: np.ndarray) -> np.ndarray:
    if len(images) == 64:
        images[32:] += np.float32(1e-3) * images[:32]
    return images


def _wide(images: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """From five channels on, coordinates on a grid of 1/32 pixel."""
    return batched(_COARSE)(images, size) if images.shape[-1] > 4 else _bilinear(images, size)


def _packed(images: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Two channels are taken for one row of pixels twice as long, and resized by nearest."""
    return batched(_NEAREST)(images, size) if images.shape[-1] == 2 else _bilinear(images, size)


def _wrapping_channels(images: np.ndarray) -> np.ndarray:
    """A counter of eight bits: channel 256 is channel 0 again."""
    return images[..., np.arange(images.shape[-1]) % 256]


def _ranked(name: str, rank: int, run: RunRanked, claim: Convention | None, *factors: str) -> RankFake:
    return RankFake(name, NdOperation("callable", f"ranked: {name}", rank, run, claim), frozenset(factors))


def _plane(name: str, run: RunRanked, claim: Convention | None, *factors: str) -> RankFake:
    return RankFake(name, Operation("callable", f"counted: {name}", run, claim=claim), frozenset(factors))


_ASYMMETRIC = replace(LINEAR, place=asymmetric)
_L = claims.LINEAR

WRONG: tuple[RankFake, ...] = (
    _ranked("depth by another coordinate mode", 3, separable(_ASYMMETRIC, LINEAR, LINEAR), _L, "coordinates"),
    _ranked("the first axis by nearest", 3, separable(_NEAREST, LINEAR, LINEAR), _L, "kernel"),
    _ranked(
        "the last axis left out of antialiasing",
        3,
        separable(CUBIC_ANTIALIAS, CUBIC_ANTIALIAS, Interpolation(CUBIC_ANTIALIAS.kernel, border="renormalise")),
        claims.CUBIC_ANTIALIAS,
        "antialias",
    ),
    _ranked("one axis by align_corners", 1, separable(replace(LINEAR, place=align_corners)), _L, "coordinates"),
    _ranked("four axes, the third by another kernel", 4, separable(LINEAR, LINEAR, CUBIC, LINEAR), _L, "kernel"),
    _ranked("depth and height swapped", 3, _swapped, _L, "axis order"),
    _ranked("depth and width swapped where they are alike", 3, _swapped_where_equal, _L, "axis order"),
    _ranked("dimmed where all axes change", 3, _mixed_diagonal, _L, "separability", "normalisation"),
    _ranked("dimmed", 3, _changed(lambda y: y * np.float32(0.99)), _L, "normalisation"),
    _ranked(
        "another size",
        1,
        lambda x, size: _TRILINEAR(x[:, :, None, None], (size[0] + 1, 1, 1))[:, :, 0, 0],
        _L,
        "output size",
    ),
    _ranked("volumes: the fifth channel dimmed", 3, _changed(_fifth_channel_dimmed), _L, "channel"),
    _ranked("volumes: images change places", 3, _changed(_second_image_first), _L, "batch"),
    _ranked("no claim, and dimmed where all axes change", 3, _mixed_diagonal, None, "separability"),
    _plane("the fifth channel dimmed", _changed(_fifth_channel_dimmed, _bilinear), _L, "channel"),
    _plane("only the first four channels", _changed(_first_four_only, _bilinear), _L, "channel"),
    _plane("images change places", _changed(_second_image_first, _bilinear), _L, "batch"),
    _plane("images of a large batch bleed", _changed(_bleeding, _bilinear), _L, "batch"),
    _plane("coordinates on a grid from five channels on", _wide, _L, "channel"),
    _plane("two channels by nearest", _packed, _L, "channel"),
    _plane("channel 256 is channel 0", _changed(_wrapping_channels, _bilinear), None, "channel"),
    _plane("another shape from 512 channels on", lambda x, size: _bilinear(x[..., :511], size), _L, "channel"),
)

RIGHT: tuple[RankFake, ...] = (
    _ranked("linear of one axis", 1, separable(LINEAR), _L),
    _ranked("linear of three axes", 3, _TRILINEAR, _L),
    _ranked("linear of four axes", 4, separable(LINEAR, LINEAR, LINEAR, LINEAR), _L),
    _ranked("cubic of three axes", 3, separable(CUBIC, CUBIC, CUBIC), claims.CUBIC),
    _ranked("cubic of two axes, antialiased", 2, separable(CUBIC_ANTIALIAS, CUBIC_ANTIALIAS), claims.CUBIC_ANTIALIAS),
    _ranked("nearest of three axes", 3, separable(_NEAREST, _NEAREST, _NEAREST), claims.NEAREST_PREFER_CEIL),
    _ranked(
        "nearest of one axis, asymmetric", 1, separable(Nearest(asymmetric, floor)), claims.NEAREST_ASYMMETRIC_FLOOR
    ),
    _ranked("three axes without a claim, each another", 3, separable(LINEAR, CUBIC, _NEAREST), None),
    _plane("linear", _bilinear, _L),
    _plane("cubic, antialiased", batched(CUBIC_ANTIALIAS), claims.CUBIC_ANTIALIAS),
    _plane("linear, against its claim", _bilinear, claims.CUBIC),
    _plane("linear, without a claim", _bilinear, None),
)
