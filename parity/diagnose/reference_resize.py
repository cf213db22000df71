"""The exact result of a resize, and the error that rounding explains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np

from halfpixel.golden import Convention, ExactMatrix, matrix
from halfpixel.golden.tolerance import UNIT_ROUNDOFF, gain_tolerance
from halfpixel.parity.formats.model import ResizedAxis, ResizeNode

_CHUNK = 1 << 18
"""Elements that are converted to float64 at a time: few enough to stay in the cache of a processor."""

_ROUNDOFF = {"float16": 2.0**-11, "bfloat16": 2.0**-8}


@dataclass(frozen=True, slots=True)
class ExactResize:
    """The exact definition of a resize at the sizes it has: a matrix for each axis, and a value outside the image.

    ``outside`` is the result where a row has no weight (ONNX's ``extrapolation_value``).
    """

    axes: tuple[int, ...]
    matrices: tuple[ExactMatrix, ...]
    outside: float = 0.0

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """``(n_in, n_out)`` of each axis."""
        return tuple((exact.n_in, exact.n_out) for exact in self.matrices)


@dataclass(frozen=True, slots=True)
class NoDefinition:
    """Why there is no exact definition, in words; ``has_other_sizes`` where model and original have other sizes."""

    message: str
    has_other_sizes: bool = False


def exact_resize(node: ResizeNode, shape_in: Sequence[int], shape_out: Sequence[int]) -> ExactResize | NoDefinition:
    """The definition of a node between two shapes."""
    problem = _problem(node, shape_in, shape_out)
    if problem:
        return NoDefinition(problem)
    by_axis = {axis.axis % len(shape_in): axis for axis in node.axes}
    axes = tuple(sorted(by_axis))
    try:
        matrices = tuple(_matrix(by_axis[k], shape_in[k], shape_out[k]) for k in axes)
    except OverflowError:
        return NoDefinition("its scale or region takes coordinates beyond 64 bits")
    outside = node.attributes.get("extrapolation_value")
    return ExactResize(axes, matrices, float(outside) if isinstance(outside, int | float) else 0.0)


def _problem(node: ResizeNode, shape_in: Sequence[int], shape_out: Sequence[int]) -> str:
    """Why the file does not define the result at these shapes; empty where it does."""
    if not node.is_known:
        return node.remark or "its convention is not known"
    if len(shape_in) != len(shape_out):
        return f"it took rank {len(shape_in)} to rank {len(shape_out)}"
    by_axis = {axis.axis % len(shape_in): axis for axis in node.axes}
    others = [k for k in range(len(shape_in)) if k not in by_axis and shape_in[k] != shape_out[k]]
    if others:
        return f"it resized axis {others[0]}, of which nothing is known"
    if 0 in (*shape_in, *shape_out):
        return "its input or its output is empty"
    for k, axis in by_axis.items():
        if not _is_possible_size(axis, shape_in[k], shape_out[k]):
            actual = f"the base run made {shape_out[k]} of {shape_in[k]} pixels along axis {k}"
            return f"{actual}, where the file asks for {axis.n_out}"
    return ""


def _is_possible_size(axis: ResizedAxis, n_in: int, n_out: int) -> bool:
    """Whether the file may mean this output size; a scale may round to either of two neighbours."""
    if axis.n_in != n_in or axis.n_out is None:
        return True
    return abs(axis.n_out - n_out) <= (0 if axis.scale is None else 1)


def _matrix(axis: ResizedAxis, n_in: int, n_out: int) -> ExactMatrix:
    if axis.convention is None:
        raise ValueError("an axis without a convention has no matrix")
    return _cached(axis.convention, n_in, n_out, axis.scale)


@lru_cache(maxsize=256)
def _cached(convention: Convention, n_in: int, n_out: int, scale: Fraction | None) -> ExactMatrix:
    return matrix(convention, n_in, n_out, scale)


def apply_exact(definition: ExactResize, x: np.ndarray) -> np.ndarray:
    """The exact result, float64."""
    y = np.asarray(x, dtype=np.float64)
    empty = np.zeros((1,) * y.ndim, dtype=bool)
    for axis, exact in zip(definition.axes, definition.matrices, strict=True):
        y = _apply_along(exact, y, axis)
        if definition.outside:
            shape = [1] * y.ndim
            shape[axis] = exact.n_out
            empty = empty | (np.abs(exact.to_array()).sum(axis=1) == 0).reshape(shape)
    return np.where(empty, definition.outside, y) if definition.outside else y


def _apply_along(exact: ExactMatrix, y: np.ndarray, axis: int) -> np.ndarray:
    if exact.convention.prefilter != "none" or exact.taps.shape[1] > exact.n_in // 2:
        return np.moveaxis(np.tensordot(exact.to_array(), y, axes=(1, axis)), 0, axis)
    weights = (exact.weights / exact.totals[:, None]).astype(np.float64)
    shape = [1] * y.ndim
    shape[axis] = exact.n_out
    total = np.float64(0)
    for taps, column in zip(exact.taps.T, weights.T, strict=True):
        total = total + np.take(y, taps.astype(np.intp), axis=axis) * column.reshape(shape)
    return np.asarray(total)


def _slices(
    definition: ExactResize, x: np.ndarray, largest: int, most: int | None = None
) -> Iterator[tuple[slice, ...]]:
    """Slices along the longest axis that is not resized: each of few elements where possible, or ``most`` of them."""
    free = [k for k in range(x.ndim) if k not in definition.axes and x.shape[k] > 1]
    if not free:
        yield (slice(None),) * x.ndim
        return
    axis = max(free, key=lambda k: x.shape[k])
    step = max(1, int(x.shape[axis] * _CHUNK / max(largest, 1)))
    starts: Sequence[int] = range(0, x.shape[axis], step)
    if most is not None and x.shape[axis] > most:
        step, starts = 1, [int(k) for k in np.linspace(0, x.shape[axis] - 1, most)]
    for start in starts:
        yield (*(slice(None),) * axis, slice(start, start + step), *(slice(None),) * (x.ndim - axis - 1))


def worst_errors(
    definition: ExactResize, x: np.ndarray, results: Sequence[np.ndarray], most: int | None = None
) -> list[float]:
    """For each of ``results``, the largest difference from the exact result of ``x``; infinite where not finite.

    Where ``x`` is not finite there is no exact result, and all are ``nan``. With ``most``, only so many slices along
    the longest axis that is not resized are compared.
    """
    worst = [0.0] * len(results)
    for where in _slices(definition, x, max(x.size, *(y.size for y in results), 1), most):
        values = np.asarray(x[where], dtype=np.float64)
        if not np.isfinite(values).all():
            return [float("nan")] * len(results)
        expected = apply_exact(definition, values)
        for k, y in enumerate(results):
            with np.errstate(invalid="ignore"):
                error = np.abs(expected - y[where])
            largest = float(error.max(initial=0.0))
            worst[k] = max(worst[k], np.inf if np.isnan(largest) else largest)
    return worst


def worst_error(definition: ExactResize, x: np.ndarray, y: np.ndarray) -> float:
    """As :func:`worst_errors`, of one result."""
    return worst_errors(definition, x, [y])[0]


def rounding_bound(definition: ExactResize, x: np.ndarray, dtype: str | None = None) -> float:
    """How far rounding may take a correct implementation from the exact result of ``x``.

    Along each axis ``sum |W|`` of a row is off by at most ``t`` of its gain ``g``
    (:func:`halfpixel.golden.tolerance.gain_tolerance`); one axis after the other, the product of the ``g + t``
    less that of the ``g``, times the largest value. Precisions below float32 have unit roundoffs ``r`` times as large,
    and so ``t``; integers are off by one half more, as rounded results are.
    """
    dtype = dtype or str(x.dtype)
    coarser = _ROUNDOFF.get(dtype, UNIT_ROUNDOFF) / UNIT_ROUNDOFF
    with_error = without = 1.0
    for exact in definition.matrices:
        gain = float(np.abs(exact.to_array()).sum(axis=1).max())
        tolerance = gain_tolerance(exact.convention, exact.n_in, exact.n_out, gain)
        with_error *= gain + coarser * tolerance
        without *= gain
    largest = max(abs(float(x.max())), abs(float(x.min()))) if x.size else 0.0
    whole = 0.5 if np.dtype(dtype if dtype != "bfloat16" else "float32").kind in "iub" else 0.0
    # The result is rounded once more, to the precision it is kept in.
    return float((with_error - without + coarser * UNIT_ROUNDOFF * with_error) * largest + whole)
