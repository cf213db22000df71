"""Run the printed text of a translation, and compare its results with the stated difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from halfpixel.adapters import NotInstalled, Operation
from halfpixel.adapters.layout import WrongShape
from halfpixel.golden import Convention, matrix
from halfpixel.golden.tolerance import UNIT_ROUNDOFF, operator_tolerance, row_gain
from halfpixel.probe.compare.reference import accepts, near_ties
from halfpixel.probe.measure.axis_matrix import AXES, Refused, call, exception_text
from halfpixel.probe.measure.joint_shapes import shape_text
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.translate.call_programs import run_program
from halfpixel.probe.translate.function_comparison import MeasuredFunction, is_by_claim
from halfpixel.probe.translate.translator import Translation

_FALLBACK_SHAPES: tuple[tuple[Pair, Pair], ...] = (
    ((8, 5), (5, 8)),
    ((9, 9), (4, 3)),
    ((3, 4), (7, 9)),
    ((26, 40), (14, 18)),
    ((4, 6), (8, 12)),
    ((8, 6), (4, 3)),
    ((60, 37), (91, 23)),
    ((10, 14), (5, 7)),
    ((11, 7), (6, 4)),
)
"""(height, width) before and after: mixed, both smaller, both larger, exact ratios, halves of even and of odd sizes,
and sizes of nothing else here."""

_WIDTH = 4
"""Pixels across the line of the worst image."""

_RANDOM_IMAGES = 2
"""How many shapes a random image is resized at, beside the worst line."""

_NONLINEARITY = 1e-3
"""How far a linear call may be from its matrices on an image: far above rounding, far below what clipping does."""

_ROUNDED_FIGURE = 0.02
"""The share by which the worst image may miss the stated error: figures are recorded to three digits."""


_LINEAR: dict[tuple[Operation, frozenset[Pair]], bool] = {}


def is_linear(operation: Operation, function: MeasuredFunction) -> bool:
    """Whether its matrices predict its result for a random image; where it clips to the image's range they do not."""
    key = operation, function.defined
    if key not in _LINEAR:
        _LINEAR[key] = is_by_claim(operation) or _matches_its_matrices(operation, function)
    return _LINEAR[key]


def _matches_its_matrices(operation: Operation, function: MeasuredFunction) -> bool:
    n_in, n_out = pair = max(function.defined, key=lambda defined: (min(defined), defined))
    image = _random_image((n_in, n_in))
    try:
        got = call(operation, image[None, :, :, None], (n_out, n_out))[0, :, :, 0]
    except Refused:
        return False
    rows, columns = (function.values((pair,), axis).reshape(n_out, n_in) for axis in range(len(AXES)))
    return bool(np.abs(got - rows @ image @ columns.T).max() <= _NONLINEARITY * function.norms[pair] ** 2)


def are_linear(translation: Translation, source: MeasuredFunction, target: MeasuredFunction) -> bool:
    """Whether both the call and its translation are linear."""
    return is_linear(translation.operation, source) and is_linear(translation.target, target)


def check_text(
    translation: Translation, source: MeasuredFunction, target: MeasuredFunction, text: str
) -> Iterator[str]:
    """Run ``text`` at a few shapes and on the worst image; where it differs from what is stated, in words."""
    yield from _check_random_images(translation, source, target, text)
    yield from _check_worst_image(translation, source, target, text)


def _check_random_images(
    translation: Translation, source: MeasuredFunction, target: MeasuredFunction, text: str
) -> Iterator[str]:
    to, stated = translation.target, translation.difference
    if not are_linear(translation, source, target):
        return
    for size_in, size_out in _shapes(translation, source, target):
        image = _random_image(size_in)
        got, expected = _printed(to, text, image, size_out), _resized(translation.operation, source, image, size_out)
        if got is None or expected is None:
            continue
        bound = _bound(stated.gain, source, target, (size_in[0], size_out[0]), (size_in[1], size_out[1]))
        error = float(np.abs(got - expected).max())
        if not error <= bound:
            yield f"{to.id} at {size_in} -> {size_out}: off by {error:.3g}, and {bound:.3g} is stated"


def _check_worst_image(
    translation: Translation, source: MeasuredFunction, target: MeasuredFunction, text: str
) -> Iterator[str]:
    to, stated = translation.target, translation.difference
    if stated.worst is None or stated.image is None:
        return
    axis, n_in, n_out, output = stated.worst
    keeps_ratio = translation.operation.same_scale_on_both_axes or to.same_scale_on_both_axes
    width_in, width_out = (n_in, n_out) if keeps_ratio else (_WIDTH, _WIDTH)
    line, gain = stated.image, stated.gain
    if not are_linear(translation, source, target):
        line, gain = _brightest(source, target, stated.worst)
    image = np.repeat(line.astype(np.float32)[:, None], width_in, axis=1)
    size = (n_out, width_out)
    if axis == AXES[1]:
        image, size = np.ascontiguousarray(image.T), size[::-1]
    got, expected = _printed(to, text, image, size), _resized(translation.operation, source, image, size)
    if got is None or expected is None:
        yield f"{to.id}: the size of the stated error, {n_in} -> {n_out}, was refused"
        return
    difference = np.abs(got - expected)
    error = float((difference[output] if axis == AXES[0] else difference[:, output])[width_out // 2])
    is_same_width = width_in == width_out
    is_as_stated = abs(error - gain) <= _ROUNDED_FIGURE * gain if is_same_width else error <= 4 * gain
    if not is_as_stated:
        yield f"{to.id} at {n_in} -> {n_out}: off by {error:.3g} on the worst image, and {gain:.3g} is stated"


def _brightest(
    source: MeasuredFunction, target: MeasuredFunction, worst: tuple[str, int, int, int]
) -> tuple[np.ndarray, float]:
    """The line with one bright pixel whose weights differ most in the worst row, and by how much."""
    axis, n_in, n_out, output = worst
    rows = [
        function.values(((n_in, n_out),), AXES.index(axis)).reshape(n_out, n_in)[output]
        for function in (source, target)
    ]
    difference = np.abs(rows[1] - rows[0])
    return np.eye(n_in)[int(difference.argmax())], float(difference.max())


def _shapes(
    translation: Translation, source: MeasuredFunction, target: MeasuredFunction
) -> Iterator[tuple[Pair, Pair]]:
    """Where a random image shows much: the worst sizes beside others, the two axes unlike."""
    to, stated = translation.target, translation.difference
    common = sorted(source.defined & target.defined, key=lambda pair: (abs(pair[0] - pair[1]), pair))
    large = [pair for pair in common if min(pair) > 2] or common
    worst = (stated.worst[1], stated.worst[2]) if stated.worst else large[-1]
    left = 1 if translation.operation.cost or to.cost else _RANDOM_IMAGES
    for rows, columns in [(worst, large[len(large) // 2]), (large[len(large) // 3], worst), (worst, worst)]:
        size_in, size_out = (rows[0], columns[0]), (rows[1], columns[1])
        if left and accepts(translation.operation, size_in, size_out) and accepts(to, size_in, size_out):
            left -= 1
            yield size_in, size_out


@lru_cache(maxsize=4096)
def _random_image(size: Pair) -> np.ndarray:
    return np.random.default_rng(size[0] * 1009 + size[1]).uniform(-1, 1, size).astype(np.float32)


def _printed(to: Operation, text: str, image: np.ndarray, size: Pair) -> np.ndarray | None:
    """The result of the printed text for an image; ``None`` where it refuses."""
    try:
        result: np.ndarray = run_program(to, text, "resize", image[None, :, :, None], size)[0, :, :, 0]
    except WrongShape:
        raise
    except Exception:
        return None
    return result.astype(np.float64)


def _resized(operation: Operation, function: MeasuredFunction, image: np.ndarray, size: Pair) -> np.ndarray | None:
    """The result of the operation for an image, or the documented one where it is taken by its claim; ``None`` where
    it refuses."""
    if is_by_claim(operation):
        height, width = image.shape
        rows = function.values(((height, size[0]),), 0).reshape(size[0], height)
        columns = function.values(((width, size[1]),), 0).reshape(size[1], width)
        documented: np.ndarray = rows @ image @ columns.T
        return documented
    try:
        return call(operation, image[None, :, :, None], size)[0, :, :, 0].astype(np.float64)
    except Refused:
        return None


def _bound(gain: float, source: MeasuredFunction, target: MeasuredFunction, rows: Pair, columns: Pair) -> float:
    """By how much two images may differ that are resized along both axes, values in [-1, 1].

    Each axis adds at most the stated error, times how much the other axis can enlarge a value; and each sums as many
    products as it has pixels, each of which is rounded.
    """
    (height, width), (target_height, target_width) = (
        (function.norms[rows], function.norms[columns]) for function in (source, target)
    )
    largest = max(height * width, target_height * target_width, 1.0)
    rounding = UNIT_ROUNDOFF * 4 * (rows[0] + columns[0] + 8) * largest
    return gain * (max(width, target_width) + max(height, target_height)) + rounding


@dataclass(frozen=True, slots=True)
class FallbackCheck:
    """A program that stands for an operation, run with both axes resized at once.

    ``shapes`` at which it was compared; ``error``, the largest difference for images in [-1, 1]; ``fault``, where it is
    more than rounding, in words, empty where it never is.
    """

    shapes: int
    error: float
    fault: str = ""


def check_fallback(text: str, to: Operation, operation: Operation, convention: Convention | None) -> FallbackCheck:
    """Run ``translated`` of a text in the target's framework, and the operation, on random images.

    The bound is that of a float32 resize by the convention. Without one, weights are the operation's own, and what is
    left are the roundings of as many products as each axis has pixels, of values that both axes may have enlarged.
    """
    shapes, error = 0, 0.0
    for size_in, size_out in _FALLBACK_SHAPES:
        if not accepts(operation, size_in, size_out):
            continue
        image = _random_image(size_in)
        try:
            expected = operation.run(image[None, :, :, None].copy(), size_out)[0, :, :, 0].astype(np.float64)
        except (NotInstalled, WrongShape):
            raise
        except Exception:  # a framework refuses this shape, in its own way
            continue
        try:
            got = run_program(to, text, "translated", image[None, :, :, None], size_out)[0, :, :, 0]
        except Exception as failure:  # any that the framework has
            return FallbackCheck(shapes, error, f"{exception_text(failure)} at {shape_text((size_in, size_out))}")
        apart = np.abs(got.astype(np.float64) - expected)
        bound = UNIT_ROUNDOFF * 4 * (sum(size_in) + 8) * max(1.0, float(np.abs(expected).max()))
        if convention is not None:
            pairs = zip(size_in, size_out, strict=True)
            gains = [row_gain(matrix(convention, *pair).to_array()) for pair in pairs]
            bound = bound * gains[0] * gains[1] + operator_tolerance(convention, size_in, size_out, gains)
            apart = np.where(near_ties(convention, size_in, size_out), 0, apart)
        shapes, error = shapes + 1, max(error, float(apart.max()))
        if not apart.max() <= bound:
            return FallbackCheck(shapes, error, f"off by {apart.max():.2g} at {shape_text((size_in, size_out))}")
    return FallbackCheck(shapes, error)
