"""How faults are put into a right resizer: each function gives the faulty result, or ``None`` where it cannot apply."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from math import ceil

import numpy as np

from halfpixel.golden.convention import Convention
from halfpixel.golden.coordinates import coordinates
from halfpixel.golden.integer_rules import INTEGER_RULES
from halfpixel.golden.kernels import kernel
from halfpixel.golden.matrix import matrix_at
from halfpixel.golden.vector_sets.problem import (
    Problem,
    VectorAxis,
    answer,
    has_alpha,
    resize,
    right_answer,
    settled,
    to_uint8,
)

Injection = Callable[[Problem], np.ndarray | None]
"""The faulty result for a problem, in the dtype's own numbers; ``None`` where the fault does not apply."""
AxisChange = Callable[[VectorAxis], VectorAxis | np.ndarray | None]
"""The axis with a fault, or its faulty matrix ``(n_out, n_in)``; ``None`` where the fault does not apply to it."""


def along_axes(change: AxisChange) -> Injection:
    """A fault of each axis by itself."""

    def inject(problem: Problem) -> np.ndarray | None:
        changed = [change(axis) for axis in problem.axes]
        if all(part is None for part in changed):
            return None
        parts = [axis if part is None else part for axis, part in zip(problem.axes, changed, strict=True)]
        return answer(problem, [_matrix(part) for part in parts])

    return inject


def of_all_axes(change: Callable[[tuple[VectorAxis, ...]], Sequence[VectorAxis] | None]) -> Injection:
    """A fault that takes something of one axis for another."""

    def inject(problem: Problem) -> np.ndarray | None:
        changed = change(problem.axes)
        if changed is None or len(problem.axes) < 2:
            return None
        return answer(problem, [axis.weights() for axis in changed])

    return inject


def of_the_image(misread: Callable[[np.ndarray], np.ndarray | None]) -> Injection:
    """A fault of how the image ``(H, W, C)`` lies in memory."""

    def inject(problem: Problem) -> np.ndarray | None:
        image = misread(problem.image) if problem.image.ndim == 3 and len(problem.axes) == 2 else None
        return None if image is None else _resized(problem.of(image))

    return inject


def of_values(change: Callable[[np.ndarray], np.ndarray], dtypes: Sequence[str]) -> Injection:
    """A fault in what becomes of the exact values at the end."""

    def inject(problem: Problem) -> np.ndarray | None:
        return change(resize(problem)) if problem.dtype in dtypes and _has_grey_levels(problem) else None

    return inject


def between_passes(change: Callable[[np.ndarray], np.ndarray], dtypes: Sequence[str]) -> Injection:
    """A fault between the passes along two axes."""

    def inject(problem: Problem) -> np.ndarray | None:
        if problem.dtype not in dtypes or problem.rule is not None or len(problem.axes) < 2:
            return None
        if not _has_grey_levels(problem):
            return None
        values = resize(problem, between=change)
        return values if problem.dtype == "float32" else to_uint8(values)

    return inject


def in_float16(problem: Problem) -> np.ndarray | None:
    """Weights, and the values after each pass, are the nearest float16."""
    if problem.dtype != "float32" or all(axis.convention.kernel == "nearest" for axis in problem.axes):
        return None

    def half(values: np.ndarray) -> np.ndarray:
        return values.astype(np.float16).astype(np.float64)

    return half(resize(problem, [half(axis.weights()) for axis in problem.axes], half))


def passes_swapped(problem: Problem) -> np.ndarray | None:
    """The rule of a library with the axes in the other order: the image transposed, there and back."""
    if problem.rule is None:
        return None
    height, width = problem.size
    return problem.rule.resize(problem.image.swapaxes(0, 1), (width, height)).swapaxes(0, 1)


def rounded_once(problem: Problem) -> np.ndarray | None:
    """The exact value of the convention, rounded once, for the steps of a library."""
    return _by_convention(problem) if problem.axes[0].convention.kernel != "nearest" else None


def exact_index(problem: Problem) -> np.ndarray | None:
    """The pixel that the exact coordinate picks, for the arithmetic of a library."""
    return _by_convention(problem) if problem.axes[0].convention.kernel == "nearest" else None


def alpha_ignored(problem: Problem) -> np.ndarray | None:
    """A library's rule for images with alpha, without weighing colours by it: that for other images."""
    if problem.rule is None or not has_alpha(problem.rule):
        return None
    plain = INTEGER_RULES.get(problem.rule.name.replace("-rgba-", "-"))
    return None if plain is None else plain.resize(problem.image, (problem.size[0], problem.size[1]))


def size_swapped(problem: Problem) -> np.ndarray | None:
    """The size read as (width, height)."""
    if len(problem.axes) != 2 or problem.image.ndim != 3:
        return None
    rows, columns = problem.axes
    axes = (replace(rows, n_out=columns.n_out), replace(columns, n_out=rows.n_out))
    try:
        return _resized(replace(problem, axes=axes))
    except ValueError:  # a rule that does not take these factors; the size alone shows the fault
        return np.zeros((columns.n_out, rows.n_out, problem.image.shape[2]), problem.image.dtype)


def but(when: Callable[[Convention], bool], **changes: object) -> AxisChange:
    """The axis with some of its convention changed, where ``when`` says that it applies."""

    def change(axis: VectorAxis) -> VectorAxis | None:
        return replace(axis, convention=axis.convention.but(**changes)) if when(axis.convention) else None

    return change


def half_pixel_not_added(axis: VectorAxis) -> np.ndarray | None:
    """``o / scale - 1/2``: half an output pixel before the place of ``half_pixel``."""
    convention, scale = axis.convention, _scale(axis)
    if convention.coordinate_transformation_mode != "half_pixel" or convention.kernel == "adaptive_average":
        return None
    where = coordinates(convention, axis.n_in, axis.n_out, axis.scale).moved(-1 / (2 * scale))
    return matrix_at(convention, where, axis.n_in, scale).to_array()


def scale_fudged(axis: VectorAxis) -> VectorAxis:
    """A scale that was raised by 0.1 / n_in to survive flooring, and is then used for the coordinates."""
    return replace(axis, scale=Fraction(10 * axis.n_out + 1, 10 * axis.n_in))


def scale_recomputed(axis: VectorAxis) -> VectorAxis | None:
    """The ratio of the sizes where the caller gave a scale."""
    return None if axis.scale is None else replace(axis, scale=None)


def scale_shared(axes: tuple[VectorAxis, ...]) -> list[VectorAxis]:
    """The scale of the first axis for all."""
    first = _scale(axes[0])
    return [replace(axis, scale=first) for axis in axes]


def scales_swapped(axes: tuple[VectorAxis, ...]) -> list[VectorAxis]:
    """The scales in the opposite order of the axes."""
    return [replace(axis, scale=_scale(other)) for axis, other in zip(axes, reversed(axes), strict=True)]


def whole_step(axis: VectorAxis) -> VectorAxis | None:
    """``n_in // n_out`` for the step between outputs, as a division of integers gives it."""
    step = axis.n_in // axis.n_out
    return replace(axis, scale=Fraction(1, step)) if step else None


_HALF, _NOTHING = np.float32(0.5), np.float32(0)
_ADDED = {"half_pixel": (_HALF, _HALF), "asymmetric": (_NOTHING, _NOTHING), "tf_half_pixel_for_nn": (_HALF, _NOTHING)}
"""By mode: what is added to the output's index, and what is subtracted from its coordinate."""
_FLOAT_ROUNDING: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "floor": lambda x: np.floor(x),
    "ceil": lambda x: np.ceil(x),
    "round_prefer_ceil": lambda x: np.floor(x + _HALF),
    "round_prefer_floor": lambda x: np.ceil(x - _HALF),
    "round_half_even": lambda x: np.rint(x),
}


def picks_in_float32(step: Callable[[VectorAxis], np.float32], multiplies: bool) -> AxisChange:
    """Nearest whose coordinate is worked out in float32: ``o * step`` or ``o / step``, and the half pixels."""

    def change(axis: VectorAxis) -> np.ndarray | None:
        mode, nearest_mode = axis.convention.coordinate_transformation_mode, axis.convention.nearest_mode
        if nearest_mode is None or mode not in _ADDED:
            return None
        before, after = _ADDED[mode]
        outputs = np.arange(axis.n_out, dtype=np.float32) + before
        where = (outputs * step(axis) if multiplies else outputs / step(axis)) - after
        picks = np.clip(_FLOAT_ROUNDING[nearest_mode](where), 0, axis.n_in - 1).astype(int)
        weights: np.ndarray = np.eye(axis.n_in)[picks]
        return weights

    return change


def step_in_float32(axis: VectorAxis) -> np.float32:
    """Input over output, rounded."""
    return np.float32(1 / _scale(axis))


def scale_in_float32(axis: VectorAxis) -> np.float32:
    """Output over input, rounded."""
    return np.float32(_scale(axis))


def extrapolated(axis: VectorAxis) -> np.ndarray | None:
    """Linear that clamps the index of the left pixel, and not the coordinate: the last slope goes on outside."""
    if axis.convention.kernel != "linear" or axis.convention.antialias or axis.n_in < 2:
        return None
    where = coordinates(axis.convention, axis.n_in, axis.n_out, axis.scale).to_array()
    left = np.clip(np.floor(where), 0, axis.n_in - 2).astype(int)
    result = np.zeros((axis.n_out, axis.n_in))
    rows = np.arange(axis.n_out)
    result[rows, left + 1] = where - left
    result[rows, left] = 1 - (where - left)
    return result


def window_not_stretched(axis: VectorAxis) -> np.ndarray | None:
    """The kernel is stretched, but as few pixels are read as when enlarging: twice its support, rounded up."""
    return _stretched(axis, narrow=True)


def not_normalised(axis: VectorAxis) -> np.ndarray | None:
    """Stretched weights that are multiplied by the scale, not divided by their sum."""
    return _stretched(axis, normalises=False)


def weights_of_bits(bits: int) -> AxisChange:
    """Weights rounded to so many fractional bits."""

    def change(axis: VectorAxis) -> np.ndarray | None:
        if axis.convention.kernel == "nearest":
            return None
        return np.asarray(np.floor(settled(axis.weights() * 2**bits) + 0.5) / 2**bits)

    return change


def rows_padded(image: np.ndarray) -> np.ndarray | None:
    """Rows of a whole number of pixels read as if each began at a multiple of four values."""
    height, width, channels = image.shape
    row = width * channels
    stride = ceil(row / 4) * 4
    if stride == row or height == 1:
        return None
    memory = np.zeros(stride * height, dtype=image.dtype)
    memory[: image.size] = image.ravel()
    return memory.reshape(height, stride)[:, :row].reshape(image.shape)


def read_as_planar(image: np.ndarray) -> np.ndarray | None:
    """Interleaved values (H, W, C) read as planes (C, H, W)."""
    height, width, channels = image.shape
    return None if channels == 1 else image.ravel().reshape(channels, height, width).transpose(1, 2, 0)


def read_by_columns(image: np.ndarray) -> np.ndarray | None:
    """Rows read as columns."""
    height, width, channels = image.shape
    return None if 1 in (height, width) else image.ravel().reshape(width, height, channels).transpose(1, 0, 2)


def red_and_blue_swapped(image: np.ndarray) -> np.ndarray | None:
    """The first and the third channel change places."""
    return image[..., [2, 1, 0, *range(3, image.shape[2])]] if image.shape[2] >= 3 else None


def first_channel_for_all(image: np.ndarray) -> np.ndarray | None:
    """One channel is resized and copied."""
    return None if image.shape[2] == 1 else np.repeat(image[..., :1], image.shape[2], axis=2)


def truncated(values: np.ndarray) -> np.ndarray:
    """The fraction cut off, then clipped."""
    return np.asarray(np.clip(np.trunc(settled(values)), 0, 255))


def wrapped(values: np.ndarray) -> np.ndarray:
    """To the nearest, and modulo 256 where it does not fit."""
    return np.asarray(np.floor(settled(values) + 0.5) % 256)


def clipped(values: np.ndarray) -> np.ndarray:
    """Not below 0 and not above 255."""
    return np.asarray(np.clip(values, 0, 255))


def _has_grey_levels(problem: Problem) -> bool:
    """Whether the image lies within 0 and 255, to which faults clip."""
    return bool(problem.image.min() >= 0 and problem.image.max() <= 255)


def _by_convention(problem: Problem) -> np.ndarray | None:
    return None if problem.rule is None else right_answer(replace(problem, rule=None))


def _resized(problem: Problem) -> np.ndarray:
    if problem.rule is not None:
        return problem.rule.resize(problem.image, (problem.size[0], problem.size[1]))
    return answer(problem)


def _matrix(part: VectorAxis | np.ndarray) -> np.ndarray:
    return part.weights() if isinstance(part, VectorAxis) else part


def _scale(axis: VectorAxis) -> Fraction:
    return Fraction(axis.n_out, axis.n_in) if axis.scale is None else axis.scale


def _stretched(axis: VectorAxis, narrow: bool = False, normalises: bool = True) -> np.ndarray | None:
    """An antialiased axis whose window is ``narrow``, or whose weights are not divided by their sum.

    Weights outside are dropped, or go to the first and the last pixel, as the border says.
    """
    convention, stretch = axis.convention, _scale(axis)
    is_known = convention.kernel in ("linear", "cubic", "lanczos", "box")
    if not (convention.antialias and stretch < 1 and is_known and convention.border in ("renormalise", "replicate")):
        return None
    shape = kernel(convention)
    where = coordinates(convention, axis.n_in, axis.n_out, axis.scale)
    reach = ceil(shape.support / stretch) + 1
    pixels = np.arange(-reach, axis.n_in + reach)
    beyond = pixels[None, :] * where.denominator - where.numerators[:, None]
    # Integer weights are the kernel times a number, and these kernels are 1 at 0.
    distances = np.append(beyond.ravel() * stretch.numerator, 0)
    exact = shape.weigh(distances, where.denominator * stretch.denominator).astype(np.float64)
    weights = (exact[:-1] / exact[-1]).reshape(beyond.shape)
    if narrow:
        taps = ceil(shape.support)
        place = pixels[None, :] - (where.numerators // where.denominator)[:, None]
        weights = np.where((place > -taps) & (place <= taps), weights, 0)
    if convention.border == "renormalise":
        weights = np.where((pixels < 0) | (pixels >= axis.n_in), 0, weights)
    result = np.zeros((axis.n_out, axis.n_in))
    for position, pixel in enumerate(np.clip(pixels, 0, axis.n_in - 1)):
        result[:, pixel] += weights[:, position]
    return result / result.sum(axis=1, keepdims=True) if normalises else result * float(stretch)
