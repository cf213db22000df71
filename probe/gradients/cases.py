"""Measures what a framework hands back through a resize, by shape: the whole matrix, and sums over many pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from adapters import NotInstalled, Operation
from adapters.gradient import Way, differentiate
from adapters.layout import WrongShape
from probe.dtypes.calls import BFLOAT16, takes_bfloat16
from probe.measure import Refused, call, in_its_words
from probe.pictures import picture
from probe.reference import Reference, reference
from probe.sizes import Pair
from probe.tolerance import UNIT_ROUNDOFF, coordinate_error

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
class Case:
    """What one shape gave: the matrix expected and got, or sums of it, and what rounding explains of the difference.

    ``kind`` is ``matrix`` where ``got`` is the whole matrix, ``(h * w, H * W)``; ``sums`` where it is what a dense
    gradient at the output gave, one row for each image and channel; ``again`` where it is a repetition. ``added`` is
    what adding up in the way's short dtype, number by number, can be off by at most; 0 where the dtype is not short.
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


def ask(operation: Operation, way: Way, images: np.ndarray, size: Pair, cotangents: np.ndarray) -> np.ndarray:
    """The gradient, float64; raises :class:`Refused` with the framework's words where it has none."""
    try:
        found = differentiate(operation, way, images.copy(), size, cotangents.copy())
    except (NotInstalled, WrongShape):
        raise
    except Exception as error:
        # As for calls themselves: frameworks refuse with any exception type.
        raise Refused(in_its_words(error)) from error
    if found is None:
        raise Refused(NO_GRADIENT)
    return found.astype(np.float64)


def _forward(operation: Operation, way: Way, size_in: Pair, size_out: Pair) -> tuple[np.ndarray, float, float]:
    """The matrix to be transposed, by how much its rows may differ, and the unit roundoff of what is computed in.

    In float64, the matrix is what the call does in it: how true that is, is another question. Both it and the gradient
    then round each of its weights, and the coordinates they come from, as often as the tolerance of float32 says, in
    the coarser of the dtypes that the two come in. What is stored in fewer bits is computed in float32, and rounded to
    them at most twice: after one axis, and after the other.
    """
    if way.dtype != "float64":
        known = reference(operation, size_in, size_out)
        stored = 2 * STORED.get(way.dtype, 0.0) * known.gain
        tolerance = known.tolerance + _doubled(known) + stored
        weights = known.weights if way.dtype == "float32" else _stored_forward(operation, way, known, tolerance)
        return weights, tolerance, UNIT_ROUNDOFF
    found = call(operation, _impulses(size_in, way.dtype), size_out)
    pixels = size_in[0] * size_in[1]
    roundoff = _ROUNDOFF.get(found.dtype, UNIT_ROUNDOFF)
    measured = found[..., 0].reshape(pixels, -1).T.astype(np.float64)
    single = reference(operation, size_in, size_out)
    return measured, 2 * (single.tolerance + _doubled(single)) * roundoff / UNIT_ROUNDOFF, roundoff


def _impulses(size_in: Pair, dtype: np.dtype | str) -> np.ndarray:
    pixels = size_in[0] * size_in[1]
    return np.eye(pixels, dtype=dtype).reshape(pixels, *size_in, 1)


def _stored_forward(operation: Operation, way: Way, known: Reference, tolerance: float) -> np.ndarray:
    """What the call does in the way's short dtype, where that is more than a rounding away from what float32 does.

    That it does otherwise is for the suite of dtypes to say; its gradient is that of what it does.
    """
    takes = takes_bfloat16(operation) if way.dtype == BFLOAT16 else (operation, np.dtype(way.dtype))
    if isinstance(takes, str):
        return known.weights
    short, dtype = takes
    try:
        found = call(short, _impulses(known.size_in, dtype), known.size_out)
    except Refused:
        return known.weights
    own = found[..., 0].reshape(len(found), -1).T.astype(np.float64)
    return own if np.abs(own - known.weights).sum(axis=1).max() > tolerance else known.weights


def _doubled(known: Reference) -> float:
    """What the gradient may differ in addition from weights that were measured, not derived: nothing where they are.

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


def given_dtype(way: Way) -> str:
    """Of the arrays that a way is handed."""
    return "float64" if way.dtype == "float64" else "float32"


def cases(operation: Operation, way: Way, size_in: Pair, size_out: Pair) -> Iterator[Case]:
    """Everything that is asked at one shape; raises ``Refused``, ``WrongShape``, ``NotInstalled``."""
    expected, tolerance, roundoff = _forward(operation, way, size_in, size_out)
    if way.of_sum:
        yield _sums_of_ones(operation, way, expected, tolerance, size_in, size_out)
        return
    got = matrix_of(operation, way, size_in, size_out, seed=1)
    error = float(np.nan_to_num(np.abs(got - expected), nan=np.inf).sum(axis=1).max())
    # At the border a pixel stands for up to the 16 taps of a bicubic window, weights that are added up for it.
    added = 16 * STORED.get(way.dtype, 0.0) * float(np.abs(expected).sum(axis=1).max())
    yield Case("matrix", size_in, size_out, expected, got, error, tolerance, added)
    yield from _dense(operation, way, got, roundoff, size_in, size_out)


def matrix_of(operation: Operation, way: Way, size_in: Pair, size_out: Pair, seed: int | None) -> np.ndarray:
    """The matrix whose transpose the gradient is, ``(h * w, H * W)``, at random images, or at zeros without a seed."""
    given, other = (size_out, size_in) if way.order == 1 else (size_in, size_out)
    pixels = given[0] * given[1]
    impulses = np.eye(pixels, dtype=given_dtype(way)).reshape(pixels, *given, 1)
    shape = (pixels, *size_in, 1)
    images = np.zeros(shape, given_dtype(way)) if seed is None else picture(seed, shape, given_dtype(way))
    found = ask(operation, way, images, size_out, impulses).reshape(pixels, other[0] * other[1])
    return found if way.order == 1 else found.T


def _dense(
    operation: Operation, way: Way, matrix: np.ndarray, roundoff: float, size_in: Pair, size_out: Pair
) -> Iterator[Case]:
    """Several images and channels at once, against the sums of what the impulses gave.

    A sum of ``n`` products, in any order and over both axes in turn, errs by at most ``n + 4`` roundings of the sum of
    their magnitudes: one for each addition, one for the product with ``g``, and three for the product of the weights
    and what it is stored in between.
    """
    channels = channels_of(size_in, size_out)
    given = size_out if way.order == 1 else size_in
    images = picture(2, (BATCH, *size_in, channels), given_dtype(way))
    cotangents = picture(4, (BATCH, *given, channels), given_dtype(way))
    transposed = matrix if way.order == 1 else matrix.T
    g = cotangents.transpose(0, 3, 1, 2).reshape(BATCH * channels, -1).astype(np.float64)
    expected = g @ transposed
    terms = int((transposed != 0).sum(axis=0).max(initial=0)) + 4
    # What the impulses gave was rounded as well.
    allowed = (terms * roundoff + 3 * STORED.get(way.dtype, 0.0)) * (np.abs(g) @ np.abs(transposed))
    allowed = allowed + terms * _SMALLEST.get(way.dtype, 0.0)
    first, second = (ask(operation, way, images, size_out, cotangents) for _ in range(2))
    got = first.transpose(0, 3, 1, 2).reshape(expected.shape)
    difference = np.nan_to_num(np.abs(got - expected), nan=np.inf)
    place = np.unravel_index(np.argmax(difference - allowed), difference.shape)
    added = terms * STORED.get(way.dtype, 0.0) * float((np.abs(g) @ np.abs(transposed)).max())
    yield Case("sums", size_in, size_out, expected, got, float(difference[place]), float(allowed[place]), added)
    again = second.transpose(0, 3, 1, 2).reshape(expected.shape)
    repeated = float(np.nan_to_num(np.abs(again - got), nan=np.inf).max())
    yield Case("again", size_in, size_out, got, again, repeated, 0.0)


def _sums_of_ones(
    operation: Operation, way: Way, matrix: np.ndarray, tolerance: float, size_in: Pair, size_out: Pair
) -> Case:
    """The gradient of the sum: of each input pixel, the sum of its weights in all outputs.

    Each of the outputs that an input pixel enters may be off by the tolerance of its row, and adding them up errs as in
    :func:`_dense`.
    """
    channels = channels_of(size_in, size_out)
    images = picture(2, (BATCH, *size_in, channels), given_dtype(way))
    ones = np.ones((BATCH, *size_out, channels), given_dtype(way))
    expected = np.broadcast_to(matrix.sum(axis=0), (BATCH * channels, matrix.shape[1]))
    entered = (matrix != 0).sum(axis=0)
    roundoff = (entered + 4) * UNIT_ROUNDOFF + 2 * STORED.get(way.dtype, 0.0)
    allowed = (entered + 1) * tolerance + roundoff * np.abs(matrix).sum(axis=0)
    got = ask(operation, way, images, size_out, ones).transpose(0, 3, 1, 2).reshape(expected.shape)
    difference = np.nan_to_num(np.abs(got - expected), nan=np.inf)
    place = np.unravel_index(np.argmax(difference - allowed), difference.shape)
    added = float((entered * np.abs(matrix).sum(axis=0)).max()) * STORED.get(way.dtype, 0.0)
    return Case("sums", size_in, size_out, expected, got, float(difference[place]), float(allowed[place[1]]), added)
