"""Measure the gradient that a framework returns through a resize: the whole matrix, and sums over many pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from halfpixel.adapters import NotInstalled, Operation
from halfpixel.adapters.gradients import GradientMode, differentiate
from halfpixel.adapters.layout import WrongShape
from halfpixel.golden.tolerance import UNIT_ROUNDOFF, coordinate_error, row_gain
from halfpixel.probe.compare.reference import Reference, picture, reference
from halfpixel.probe.measure.axis_matrix import Refused, call, exception_text
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.variants.dtypes.calls import BFLOAT16, takes_bfloat16

NO_GRADIENT = "it gives None in place of a gradient"

BATCH = 3
"""Images at once."""
_CHANNELS = (19, 4, 3)
"""Channels at once, in turn: more than a vector register of sixteen floats holds, and not a multiple of it; and as many
as pictures have."""

STORED = {"bfloat16": 2.0**-8, "float16": 2.0**-11}
"""Unit roundoff of the dtypes that are for storage: a framework computes in float32, and rounds what it keeps."""

_SMALLEST = {"bfloat16": 2.0**-133, "float16": 2.0**-24}
"""Smallest positive number of the same: what is stored may be off by that much, however small it is."""

_ROUNDOFF = {np.dtype(np.float32): UNIT_ROUNDOFF, np.dtype(np.float64): 2.0**-53}


@dataclass(frozen=True, slots=True)
class GradientCase:
    """The matrix of one shape, or sums of it, expected and measured, and the rounding bound of the difference.

    ``kind`` is ``matrix`` where ``got`` is the whole matrix, ``(h * w, H * W)``; ``sums`` where it is what a dense
    gradient at the output gave, one row for each image and channel; ``again`` where it is a repetition. ``added`` is
    what adding up in the mode's short dtype, number by number, can be off by at most; 0 where the dtype is not short.
    """

    kind: str
    size_in: Pair
    size_out: Pair
    expected: np.ndarray
    got: np.ndarray
    error: float
    bound: float
    added: float = 0.0

    @property
    def differs(self) -> bool:
        """Whether rounding leaves some of the difference unexplained."""
        return not self.error <= self.bound


def measured_gradient(
    operation: Operation, mode: GradientMode, images: np.ndarray, size: Pair, cotangents: np.ndarray
) -> np.ndarray:
    """The gradient, float64; raises :class:`Refused` with the framework's message where it has none."""
    try:
        gradient = differentiate(operation, mode, images.copy(), size, cotangents.copy())
    except (NotInstalled, WrongShape):
        raise
    except Exception as error:
        # As for calls themselves: frameworks refuse with any exception type.
        raise Refused(exception_text(error)) from error
    if gradient is None:
        raise Refused(NO_GRADIENT)
    return gradient.astype(np.float64)


def _forward(
    operation: Operation, mode: GradientMode, size_in: Pair, size_out: Pair
) -> tuple[np.ndarray, float, float]:
    """The matrix to be transposed, by how much its rows may differ, and the unit roundoff of what is computed in.

    In float64, the matrix is what the call does in it: how true that is, is another question. Both it and the gradient
    then round each of its weights, and the coordinates they come from, as often as the tolerance of float32 says, in
    the coarser of the dtypes that the two come in. What is stored in fewer bits is computed in float32, and rounded to
    them at most twice: after one axis, and after the other.
    """
    if mode.dtype != "float64":
        known = reference(operation, size_in, size_out)
        stored = 2 * STORED.get(mode.dtype, 0.0) * known.gain
        tolerance = known.tolerance + _doubled(known) + stored
        weights = known.weights if mode.dtype == "float32" else _stored_forward(operation, mode, known, tolerance)
        return weights, tolerance, UNIT_ROUNDOFF
    responses = call(operation, _impulses(size_in, mode.dtype), size_out)
    roundoff = _ROUNDOFF.get(responses.dtype, UNIT_ROUNDOFF)
    measured = responses[..., 0].reshape(len(responses), -1).T.astype(np.float64)
    single = reference(operation, size_in, size_out)
    return measured, 2 * (single.tolerance + _doubled(single)) * roundoff / UNIT_ROUNDOFF, roundoff


def _impulses(size_in: Pair, dtype: np.dtype | str) -> np.ndarray:
    pixels = size_in[0] * size_in[1]
    return np.eye(pixels, dtype=dtype).reshape(pixels, *size_in, 1)


def _stored_forward(operation: Operation, mode: GradientMode, known: Reference, tolerance: float) -> np.ndarray:
    """The matrix of the call in the mode's short dtype, where that is more than a rounding away from that in float32.

    The suite of dtypes reports such a difference; the gradient is compared with the matrix that the call has.
    """
    takes = takes_bfloat16(operation) if mode.dtype == BFLOAT16 else (operation, np.dtype(mode.dtype))
    if isinstance(takes, str):
        return known.weights
    short, dtype = takes
    try:
        responses = call(short, _impulses(known.size_in, dtype), known.size_out)
    except Refused:
        return known.weights
    own = responses[..., 0].reshape(len(responses), -1).T.astype(np.float64)
    return own if row_gain(own - known.weights) > tolerance else known.weights


def _doubled(known: Reference) -> float:
    """The further error of a gradient beside weights that were measured, not derived; 0 where they were derived.

    Weights of a call without a claim, or against it, were rounded by the call, and are rounded again by its gradient,
    from coordinates that may be off (see ``coordinate_error``). No kernel is steeper than 2 a pixel (the cubic of
    a = -1 has 1.75), a weight has eight roundings, and along each of the two axes no more than ten taps count (those of
    lanczos5): a kernel that is stretched over more is as much flatter.
    """
    if known.exact is not None:
        return 0.0
    error = 2 * coordinate_error(max(known.size_in)) + 8 * UNIT_ROUNDOFF
    return 2 * 10 * error * (1 + known.gain)


def channels_of(size_in: Pair, size_out: Pair) -> int:
    """How many channels are differentiated at once at a shape."""
    return _CHANNELS[sum((*size_in, *size_out)) % len(_CHANNELS)]


def input_dtype(mode: GradientMode) -> str:
    """The dtype of the arrays that a mode is given."""
    return "float64" if mode.dtype == "float64" else "float32"


def gradient_cases(operation: Operation, mode: GradientMode, size_in: Pair, size_out: Pair) -> Iterator[GradientCase]:
    """All cases of one shape; raises ``Refused``, ``WrongShape``, ``NotInstalled``."""
    expected, tolerance, roundoff = _forward(operation, mode, size_in, size_out)
    if mode.of_sum:
        yield _sums_of_ones(operation, mode, expected, tolerance, size_in, size_out)
        return
    got = matrix_of(operation, mode, size_in, size_out, seed=1)
    error = row_gain(np.nan_to_num(np.abs(got - expected), nan=np.inf))
    # At the border a pixel stands for up to the 16 taps of a bicubic window, weights that are added up for it.
    added = 16 * STORED.get(mode.dtype, 0.0) * row_gain(expected)
    yield GradientCase("matrix", size_in, size_out, expected, got, error, tolerance, added)
    yield from _dense(operation, mode, got, roundoff, size_in, size_out)


def matrix_of(operation: Operation, mode: GradientMode, size_in: Pair, size_out: Pair, seed: int | None) -> np.ndarray:
    """The matrix whose transpose the gradient is, ``(h * w, H * W)``, at random images, or at zeros without a seed."""
    from_size, to_size = (size_out, size_in) if mode.order == 1 else (size_in, size_out)
    pixels = from_size[0] * from_size[1]
    impulses = np.eye(pixels, dtype=input_dtype(mode)).reshape(pixels, *from_size, 1)
    shape = (pixels, *size_in, 1)
    images = np.zeros(shape, input_dtype(mode)) if seed is None else picture(seed, shape, input_dtype(mode))
    rows = measured_gradient(operation, mode, images, size_out, impulses).reshape(pixels, to_size[0] * to_size[1])
    return rows if mode.order == 1 else rows.T


def _dense(
    operation: Operation, mode: GradientMode, matrix: np.ndarray, roundoff: float, size_in: Pair, size_out: Pair
) -> Iterator[GradientCase]:
    """Several images and channels at once, compared with the sums of the gradients of the impulses.

    A sum of ``n`` products, in any order and over both axes in turn, errs by at most ``n + 4`` roundings of the sum of
    their magnitudes: one for each addition, one for the product with ``g``, and three for the product of the weights
    and what it is stored in between.
    """
    channels = channels_of(size_in, size_out)
    size = size_out if mode.order == 1 else size_in
    images = picture(2, (BATCH, *size_in, channels), input_dtype(mode))
    cotangents = picture(4, (BATCH, *size, channels), input_dtype(mode))
    transposed = matrix if mode.order == 1 else matrix.T
    g = cotangents.transpose(0, 3, 1, 2).reshape(BATCH * channels, -1).astype(np.float64)
    expected = g @ transposed
    terms = int((transposed != 0).sum(axis=0).max(initial=0)) + 4
    # The gradients of the impulses were rounded as well.
    allowed = (terms * roundoff + 3 * STORED.get(mode.dtype, 0.0)) * (np.abs(g) @ np.abs(transposed))
    allowed = allowed + terms * _SMALLEST.get(mode.dtype, 0.0)
    first, second = (measured_gradient(operation, mode, images, size_out, cotangents) for _ in range(2))
    got = first.transpose(0, 3, 1, 2).reshape(expected.shape)
    added = terms * STORED.get(mode.dtype, 0.0) * float((np.abs(g) @ np.abs(transposed)).max())
    yield _sums_case(size_in, size_out, expected, got, allowed, added)
    again = second.transpose(0, 3, 1, 2).reshape(expected.shape)
    repeated = float(np.nan_to_num(np.abs(again - got), nan=np.inf).max())
    yield GradientCase("again", size_in, size_out, got, again, repeated, 0.0)


def _sums_of_ones(
    operation: Operation, mode: GradientMode, matrix: np.ndarray, tolerance: float, size_in: Pair, size_out: Pair
) -> GradientCase:
    """The gradient of the sum: of each input pixel, the sum of its weights in all outputs.

    Each of the outputs that an input pixel enters may be off by the tolerance of its row, and adding them up errs as in
    :func:`_dense`.
    """
    channels = channels_of(size_in, size_out)
    images = picture(2, (BATCH, *size_in, channels), input_dtype(mode))
    ones = np.ones((BATCH, *size_out, channels), input_dtype(mode))
    expected = np.broadcast_to(matrix.sum(axis=0), (BATCH * channels, matrix.shape[1]))
    entered = (matrix != 0).sum(axis=0)
    roundoff = (entered + 4) * UNIT_ROUNDOFF + 2 * STORED.get(mode.dtype, 0.0)
    allowed = (entered + 1) * tolerance + roundoff * np.abs(matrix).sum(axis=0)
    got = measured_gradient(operation, mode, images, size_out, ones).transpose(0, 3, 1, 2).reshape(expected.shape)
    added = float((entered * np.abs(matrix).sum(axis=0)).max()) * STORED.get(mode.dtype, 0.0)
    return _sums_case(size_in, size_out, expected, got, allowed, added)


def _sums_case(
    size_in: Pair, size_out: Pair, expected: np.ndarray, got: np.ndarray, allowed: np.ndarray, added: float
) -> GradientCase:
    """The case of sums, with the error and the bound of the place that is furthest beyond its bound, ``allowed``."""
    errors = np.nan_to_num(np.abs(got - expected), nan=np.inf)
    bounds = np.broadcast_to(allowed, errors.shape)
    place = np.unravel_index(np.argmax(errors - bounds), errors.shape)
    return GradientCase("sums", size_in, size_out, expected, got, float(errors[place]), float(bounds[place]), added)
