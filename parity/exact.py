"""What a resize should have made of its input, exactly, and how far rounding may take it from there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from golden import Convention, ExactMatrix, matrix
from parity.resizes import ResizedAxis, ResizeNode
from probe.tolerance import UNIT_ROUNDOFF, gain_tolerance

_CHUNK = 1 << 18
"""Elements that are taken to float64 at a time: few enough to stay in the cache of a processor."""

_ROUNDOFF = {"float16": 2.0**-11, "bfloat16": 2.0**-8}


@dataclass(frozen=True, slots=True)
class Definition:
    """The exact definition of a resize at the sizes it has: a matrix for each axis, and a value for what is outside.

    ``outside`` is added where a row has no weight (ONNX's ``extrapolation_value``).
    """

    axes: tuple[int, ...]
    matrices: tuple[ExactMatrix, ...]
    outside: float = 0.0

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """``(n_in, n_out)`` of each axis."""
        return tuple((one.n_in, one.n_out) for one in self.matrices)


def defined(node: ResizeNode, shape_in: Sequence[int], shape_out: Sequence[int]) -> Definition | str:
    """The definition of a node between two shapes, or why there is none, in words."""
    if not node.is_known:
        return node.remark or "its convention is not known"
    if len(shape_in) != len(shape_out):
        return f"it took rank {len(shape_in)} to rank {len(shape_out)}"
    by_axis = {one.axis % len(shape_in): one for one in node.axes}
    others = [k for k in range(len(shape_in)) if k not in by_axis and shape_in[k] != shape_out[k]]
    if others:
        return f"it resized axis {others[0]}, of which nothing is known"
    if 0 in (*shape_in, *shape_out):
        return "it was given or made an empty tensor"
    for axis, one in by_axis.items():
        if not _may_be(one, shape_in[axis], shape_out[axis]):
            made = f"the base run made {shape_out[axis]} of {shape_in[axis]} pixels along axis {axis}"
            return f"{made}, where the file asks for {one.n_out}"
    chosen = sorted(by_axis)
    try:
        matrices = tuple(_matrix(by_axis[k], shape_in[k], shape_out[k]) for k in chosen)
    except OverflowError:
        return "its scale or region takes coordinates beyond 64 bits"
    return Definition(tuple(chosen), matrices, float(node.attributes.get("extrapolation_value", 0.0) or 0.0))


def _may_be(axis: ResizedAxis, n_in: int, n_out: int) -> bool:
    """Whether the file may mean this output size; a scale may round to either of two neighbours."""
    if axis.n_in != n_in or axis.n_out is None:
        return True
    return abs(axis.n_out - n_out) <= (0 if axis.scale is None else 1)


def _matrix(axis: ResizedAxis, n_in: int, n_out: int) -> ExactMatrix:
    return _cached(axis.convention, n_in, n_out, axis.scale)


@lru_cache(maxsize=256)
def _cached(convention: Convention, n_in: int, n_out: int, scale: object) -> ExactMatrix:
    return matrix(convention, n_in, n_out, scale)


def applied(definition: Definition, x: np.ndarray) -> np.ndarray:
    """The exact result, float64."""
    y = np.asarray(x, dtype=np.float64)
    empty = np.zeros((1,) * y.ndim, dtype=bool)
    for axis, one in zip(definition.axes, definition.matrices, strict=True):
        y = _along(one, y, axis)
        if definition.outside:
            shape = [1] * y.ndim
            shape[axis] = one.n_out
            empty = empty | (np.abs(one.to_array()).sum(axis=1) == 0).reshape(shape)
    return np.where(empty, definition.outside, y) if definition.outside else y


def _along(one: ExactMatrix, y: np.ndarray, axis: int) -> np.ndarray:
    if one.convention.prefilter != "none" or one.taps.shape[1] > one.n_in // 2:
        return np.moveaxis(np.tensordot(one.to_array(), y, axes=(1, axis)), 0, axis)
    weights = (one.weights / one.totals[:, None]).astype(np.float64)
    shape = [1] * y.ndim
    shape[axis] = one.n_out
    total = 0.0
    for taps, column in zip(one.taps.T, weights.T, strict=True):
        total = total + np.take(y, taps.astype(np.intp), axis=axis) * column.reshape(shape)
    return total


def _pieces(definition: Definition, x: np.ndarray, largest: int, most: int | None = None) -> Iterator[tuple]:
    """Slices along the axes that are not resized: each of few elements where possible, or ``most`` of them."""
    free = [k for k in range(x.ndim) if k not in definition.axes and x.shape[k] > 1]
    if not free:
        yield (slice(None),) * x.ndim
        return
    axis = max(free, key=lambda k: x.shape[k])
    step = max(1, int(x.shape[axis] * _CHUNK / max(largest, 1)))
    starts = range(0, x.shape[axis], step)
    if most is not None and x.shape[axis] > most:
        step, starts = 1, [int(k) for k in np.linspace(0, x.shape[axis] - 1, most)]
    for start in starts:
        yield (*(slice(None),) * axis, slice(start, start + step), *(slice(None),) * (x.ndim - axis - 1))


def worst_errors(
    definition: Definition, x: np.ndarray, results: Sequence[np.ndarray], most: int | None = None
) -> list[float]:
    """For each of ``results``, the largest difference from what ``x`` should have become; infinite where not finite.

    Where ``x`` is not finite nothing is expected, and all are ``nan``. With ``most``, only so many slices along the
    longest axis that is not resized are looked at.
    """
    worst = [0.0] * len(results)
    for where in _pieces(definition, x, max(x.size, *(y.size for y in results), 1), most):
        values = np.asarray(x[where], dtype=np.float64)
        if not np.isfinite(values).all():
            return [float("nan")] * len(results)
        expected = applied(definition, values)
        for k, y in enumerate(results):
            with np.errstate(invalid="ignore"):
                error = np.abs(expected - y[where])
            largest = float(error.max(initial=0.0))
            worst[k] = max(worst[k], np.inf if np.isnan(largest) else largest)
    return worst


def worst_error(definition: Definition, x: np.ndarray, y: np.ndarray) -> float:
    """As :func:`worst_errors`, of one result."""
    return worst_errors(definition, x, [y])[0]


def bound(definition: Definition, x: np.ndarray, dtype: str | None = None) -> float:
    """How far rounding may take a correct implementation from the exact result of ``x``.

    Along each axis ``sum |W|`` of a row is off by at most :func:`probe.tolerance.gain_tolerance` ``t`` of its gain
    ``g``; one axis after the other, the product of the ``g + t`` less that of the ``g``, times the largest value.
    Precisions below float32 have unit roundoffs ``r`` times as large, and so ``t``; integers are off by one half more,
    as rounded results are.
    """
    dtype = dtype or str(x.dtype)
    coarser = _ROUNDOFF.get(dtype, UNIT_ROUNDOFF) / UNIT_ROUNDOFF
    with_error = without = 1.0
    for one in definition.matrices:
        gain, tolerance = _gain(one)
        with_error *= gain + coarser * tolerance
        without *= gain
    largest = max(abs(float(x.max())), abs(float(x.min()))) if x.size else 0.0
    whole = 0.5 if np.dtype(dtype if dtype != "bfloat16" else "float32").kind in "iub" else 0.0
    # The result is rounded once more, to the precision it is kept in.
    return float((with_error - without + coarser * UNIT_ROUNDOFF * with_error) * largest + whole)


def _gain(one: ExactMatrix) -> tuple[float, float]:
    gain = float(np.abs(one.to_array()).sum(axis=1).max())
    return gain, gain_tolerance(one.convention, one.n_in, one.n_out, gain)
