"""Resizers that are right along either axis, at small sizes, and wrong for both axes at once, or only at some sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from halfpixel.golden import Convention

from . import claims
from .axis import linear_with_step
from .image import Fake, Resize, fake, separable
from .right import CUBIC_ANTIALIAS, LINEAR, LINEAR_ANTIALIAS

_linear = separable(LINEAR)
_antialias = separable(LINEAR_ANTIALIAS)
_cubic_antialias = separable(CUBIC_ANTIALIAS)
Size = tuple[int, int]
Condition = Callable[[Size, Size], bool]


@dataclass(frozen=True)
class JointFake:
    """A fake, and words that must be said of where it is wrong: any one of ``where``."""

    fake: Fake
    where: tuple[str, ...]


def _mip_map(image: np.ndarray, size: Size) -> np.ndarray:
    while image.shape[0] >= 2 * size[0] and image.shape[1] >= 2 * size[1]:
        height, width = (n // 2 for n in image.shape)
        image = image[: 2 * height, : 2 * width].reshape(height, 2, width, 2).mean(axis=(1, 3))
    return _linear(image, size)


def _one_scale(image: np.ndarray, size: Size) -> np.ndarray:
    pairs = ((image.shape[0], size[0]), (image.shape[1], size[1]))
    if size[0] == image.shape[0] or size[1] == image.shape[1]:
        return _linear(image, size)
    step = min(pairs, key=lambda pair: pair[0] / pair[1])
    rows, columns = (linear_with_step(*pair, *step) for pair in pairs)
    return (rows @ image @ columns.T).astype(np.float32)


def _moves_the_kept_axis(image: np.ndarray, size: Size) -> np.ndarray:
    for axis in (0, 1):
        if size[axis] == image.shape[axis] and size[1 - axis] > image.shape[1 - axis]:
            before = np.maximum(np.arange(size[axis]) - 1, 0)
            image = (image + np.take(image, before, axis)) / 2
    return _linear(image, size)


def _blurred(image: np.ndarray) -> np.ndarray:
    blurred = 0.9 * image
    blurred[:, 1:] += 0.1 * image[:, :-1]
    blurred[:, :1] += 0.1 * image[:, :1]
    return blurred.astype(np.float32)


def _blurred_when(condition: Condition, right: Resize = _linear) -> Resize:
    def resize(image: np.ndarray, size: Size) -> np.ndarray:
        resized = right(image, size)
        return _blurred(resized) if condition(image.shape, size) else resized

    return resize


def _last_tile(image: np.ndarray, size: Size) -> np.ndarray:
    resized, whole = _linear(image, size), size[1] - size[1] % 64
    if whole:
        resized[:, whole:] = _blurred(resized[:, whole:])
    return resized


def _row_of_a_tall_output(image: np.ndarray, size: Size) -> np.ndarray:
    resized = _linear(image, size)
    if size[0] > 64:
        resized[37] = _blurred(resized[37:38])[0]
    return resized


def _corner(image: np.ndarray, size: Size) -> np.ndarray:
    resized = _linear(image, size)
    if _both_change(image.shape, size) and min(size) > 1:
        resized[-1, -1] = resized[-2, -2]
    return resized


def _misshapen_above_300(image: np.ndarray, size: Size) -> np.ndarray:
    return _linear(image, size)[:300, :300]


def _both_change(shape: Size, size: Size) -> bool:
    return shape[0] != size[0] and shape[1] != size[1]


def _both_shrink_by_more_than_four(shape: Size, size: Size) -> bool:
    return shape[0] > 4 * size[0] and shape[1] > 4 * size[1]


# What is wrong; what is claimed; the resize; the causes that would be fair; where, any of these words.
_ROWS: list[tuple[str, Convention, Resize, tuple[str, ...], tuple[str, ...]]] = [
    (
        "means of 2 x 2 blocks while both axes shrink to half or less",
        claims.LINEAR,
        _mip_map,
        ("separability",),
        ("both axes shrink to half or less",),
    ),
    (
        "the larger scale is used for both axes when both change",
        claims.LINEAR,
        _one_scale,
        ("separability", "scale source"),
        ("different ratios",),
    ),
    (
        "the axis that keeps its size is moved by half a pixel when the other grows",
        claims.LINEAR,
        _moves_the_kept_axis,
        ("separability",),
        ("keeps its size",),
    ),
    (
        "blurred above 256 pixels",
        claims.LINEAR_ANTIALIAS,
        _blurred_when(lambda shape, size: max(*shape, *size) > 256, _antialias),
        ("separability", "kernel", "border", "coordinates", "antialias"),
        ("257 pixels or more",),
    ),
    (
        "blurred when a wide image becomes a wide one and both axes change",
        claims.LINEAR,
        _blurred_when(lambda shape, size: shape[1] > shape[0] and size[1] > size[0] and _both_change(shape, size)),
        ("separability",),
        ("wider than high",),
    ),
    (
        "blurred when both axes shrink by more than four",
        claims.CUBIC_ANTIALIAS,
        _blurred_when(_both_shrink_by_more_than_four, _cubic_antialias),
        ("separability",),
        ("both axes shrink to less than a quarter", "both axes shrink to a quarter or less"),
    ),
    (
        "the last tile of 64 columns is blurred",
        claims.LINEAR,
        _last_tile,
        ("separability", "kernel", "border", "coordinates"),
        ("of 1365 columns, beyond the last whole tile of 64",),
    ),
    (
        "row 37 of an output of more than 64 rows is blurred",
        claims.LINEAR,
        _row_of_a_tall_output,
        ("separability", "kernel"),
        ("in row 37",),
    ),
    (
        "blurred when all four sizes are odd and both axes change",
        claims.LINEAR,
        _blurred_when(lambda shape, size: all(n % 2 for n in (*shape, *size)) and _both_change(shape, size)),
        ("separability",),
        ("odd",),
    ),
    (
        "the last output of the last row repeats the one before when both axes change",
        claims.LINEAR,
        _corner,
        ("separability",),
        ("in the last row and the last column",),
    ),
    (
        "an output of more than 64 rows passes through float16",
        claims.LINEAR_ANTIALIAS,
        lambda image, size: _antialias(image, size).astype(np.float16 if size[0] > 64 else np.float32),
        ("precision", "rounding"),
        ("the height of the output is",),
    ),
    (
        "an output of more than 300 pixels is cut off",
        claims.LINEAR,
        _misshapen_above_300,
        ("output size",),
        ("either axis of the output is 3",),
    ),
]

WRONG_JOINTLY: tuple[JointFake, ...] = tuple(
    JointFake(fake(name, claim, resize, *causes), where) for name, claim, resize, causes, where in _ROWS
)
