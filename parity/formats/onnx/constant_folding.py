"""The value of an ONNX node whose inputs are known, by NumPy, and never larger than a limit."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from halfpixel.parity.formats.model import Attributes

MAX_ELEMENTS = 1 << 22
"""Of any result: a sampling grid for an image of 1448 x 1448. The largest here takes some 10 ms a node."""


class NotConstant(Exception):
    """The result is not known, or larger than :data:`MAX_ELEMENTS`."""


class _Inputs:
    """The inputs of a node by position; one that is left out raises ``NotConstant`` when it is read."""

    def __init__(self, arrays: Sequence[np.ndarray | None]) -> None:
        self._arrays = arrays

    def __len__(self) -> int:
        return len(self._arrays)

    def __getitem__(self, position: int) -> np.ndarray:
        array = self._arrays[position]
        if array is None:
            raise NotConstant(f"input {position} is left out")
        return array

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[position] for position in range(len(self)))

    def optional(self, position: int) -> np.ndarray | None:
        """The input, or ``None`` where it is left out."""
        return self._arrays[position] if position < len(self._arrays) else None


Rule = Callable[[_Inputs, Attributes, int], np.ndarray | list[np.ndarray]]
"""What an operator makes of its inputs and attributes at an opset."""
NumpyFunction = Callable[..., Any]


def fold(op: str, inputs: Sequence[np.ndarray | None], attributes: Attributes, opset: int) -> list[np.ndarray]:
    """The outputs of one node of ONNX's own domain on constants; raises ``NotConstant`` where they are not known.

    Only operators in the table are computed: no other code of a file is ever run. Source of each rule:
    https://onnx.ai/onnx/operators/.
    """
    rule = FOLDED.get(op)
    if rule is None:
        raise NotConstant(op)
    try:
        with np.errstate(all="ignore"):
            outputs = rule(_Inputs(inputs), attributes, opset)
    except NotConstant:
        raise
    except (ValueError, IndexError, TypeError, KeyError, ZeroDivisionError, OverflowError, MemoryError) as error:
        # The node contradicts itself: the runtimes will refuse it, too.
        raise NotConstant(f"{op}: {error}") from None
    results = [np.asarray(output) for output in (outputs if isinstance(outputs, list) else [outputs])]
    if any(result.size > MAX_ELEMENTS for result in results):
        raise NotConstant(op)
    return results


def _check_size(shape: Sequence[int]) -> tuple[int, ...]:
    """The shape, if an array of it may be made."""
    size = 1
    for length in shape:
        size *= int(length)
        if length < 0 or size > MAX_ELEMENTS:
            raise NotConstant("too large")
    return tuple(int(length) for length in shape)


def _axes(x: _Inputs, a: Attributes) -> tuple[int, ...] | None:
    """``axes``, an attribute in older opsets and an input in newer ones."""
    axes = x.optional(1)
    if axes is not None:
        return tuple(int(axis) for axis in axes.ravel())
    return None if a.get("axes") is None else tuple(a["axes"])


def _unsqueeze(x: _Inputs, a: Attributes, _: int) -> np.ndarray:
    axes, result = _axes(x, a), x[0]
    if axes is None:
        raise NotConstant("Unsqueeze")
    rank = result.ndim + len(axes)
    for axis in sorted(axis % rank for axis in axes):
        result = np.expand_dims(result, axis)
    return result


def _squeeze(x: _Inputs, a: Attributes, _: int) -> np.ndarray:
    return np.squeeze(x[0], _axes(x, a))


def _slice(x: _Inputs, a: Attributes, opset: int) -> np.ndarray:
    """Ends beyond the axis are cut back; for a step below 0, those before it as well."""
    if opset < 10:
        starts, ends, axes, steps = a["starts"], a["ends"], a.get("axes"), None
    else:
        starts, ends = x[1].tolist(), x[2].tolist()
        axes, steps = (None if part is None else part.tolist() for part in (x.optional(3), x.optional(4)))
    by_axis = [slice(None)] * x[0].ndim
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        step = 1 if steps is None else steps[number]
        stop = None if step < 0 and end <= -(2**31) + 1 else end
        by_axis[number if axes is None else axes[number]] = slice(start, stop, step)
    return x[0][tuple(by_axis)]


def _reshape(x: _Inputs, a: Attributes, opset: int) -> np.ndarray:
    lengths = [int(length) for length in (x[1] if opset >= 5 else a["shape"])]
    if not a.get("allowzero", 0):
        lengths = [x[0].shape[axis] if length == 0 else length for axis, length in enumerate(lengths)]
    return x[0].reshape(lengths)


def _flatten(x: _Inputs, a: Attributes, _: int) -> np.ndarray:
    return x[0].reshape(int(np.prod(x[0].shape[: a.get("axis", 1)])), -1)


def _cast(x: _Inputs, a: Attributes, _: int) -> np.ndarray:
    from onnx import helper

    dtype = np.dtype(helper.tensor_dtype_to_np_dtype(a["to"]))
    if dtype.kind not in "biuf":
        raise NotConstant("Cast")
    return x[0].astype(dtype)


def _range(x: _Inputs, a: Attributes, _: int) -> np.ndarray:
    start, limit, delta = (part.item() for part in x)
    _check_size([max(0, int(np.ceil((limit - start) / delta)))])
    return np.arange(start, limit, delta, dtype=x[0].dtype)


def _constant_of_shape(x: _Inputs, a: Attributes, _: int) -> np.ndarray:
    value = a.get("value")
    filled = np.float32(0) if value is None else np.asarray(value).ravel()[0]
    return np.full(_check_size(x[0].tolist()), filled)


def _expand(x: _Inputs, a: Attributes, _: int) -> np.ndarray:
    shape = np.broadcast_shapes(x[0].shape, tuple(x[1].tolist()))
    return np.broadcast_to(x[0], _check_size(shape))


def _tile(x: _Inputs, a: Attributes, _: int) -> np.ndarray:
    _check_size([length * int(times) for length, times in zip(x[0].shape, x[1], strict=True)])
    return np.tile(x[0], x[1].tolist())


def _divided(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Integers are divided towards zero."""
    if p.dtype.kind not in "iu":
        return np.asarray(p / q)
    if not q.all():
        raise NotConstant("Div")
    return np.asarray((np.sign(p) * np.sign(q) * (np.abs(p) // np.abs(q))).astype(p.dtype))


def _powered(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    return np.asarray(np.power(p, q).astype(p.dtype))


def _split(x: _Inputs, a: Attributes, opset: int) -> list[np.ndarray]:
    axis, lengths = a.get("axis", 0), x.optional(1)
    parts = lengths.tolist() if lengths is not None else a.get("split")
    if parts is None:
        return list(np.array_split(x[0], a["num_outputs"], axis))
    return list(np.split(x[0], np.cumsum(parts)[:-1].tolist(), axis))


def _matmul(x: _Inputs, a: Attributes, _: int) -> np.ndarray:
    stacked = np.broadcast_shapes(x[0].shape[:-2], x[1].shape[:-2])
    _check_size((*stacked, *x[0].shape[-2:-1], *x[1].shape[-1:]))
    return np.asarray(np.matmul(x[0], x[1]))


def _gather(x: _Inputs, a: Attributes, _: int) -> np.ndarray:
    axis = a.get("axis", 0) % x[0].ndim
    _check_size((*x[0].shape[:axis], *x[1].shape, *x[0].shape[axis + 1 :]))
    return np.take(x[0], x[1], axis=axis)


def _gathered_points(x: _Inputs, a: Attributes, _: int) -> np.ndarray:
    if a.get("batch_dims", 0):
        raise NotConstant("GatherND")
    _check_size((*x[1].shape[:-1], *x[0].shape[x[1].shape[-1] :]))
    return np.asarray(x[0][tuple(np.moveaxis(x[1], -1, 0))])


def _einsum(x: _Inputs, a: Attributes, _: int) -> np.ndarray:
    equation = str(a["equation"]).replace(" ", "")
    left, _arrow, right = equation.partition("->")
    terms = left.split(",")
    if "." in equation or len(terms) != len(x) or not equation.replace(",", "").replace("->", "").isalpha():
        raise NotConstant("Einsum")
    lengths = {
        letter: n for term, part in zip(terms, x, strict=True) for letter, n in zip(term, part.shape, strict=True)
    }
    _check_size([lengths[letter] for letter in right])
    return np.asarray(np.einsum(equation, *x, optimize=True))


def _broadcast(function: NumpyFunction) -> Rule:
    """Of all inputs at once, which are broadcast."""

    def rule(x: _Inputs, *_: object) -> np.ndarray:
        _check_size(np.broadcast_shapes(*(part.shape for part in x)))
        return np.asarray(function(*x))

    return rule


def _pairwise(function: NumpyFunction) -> Rule:
    """Of any number of inputs, from the first one on."""

    def rule(x: _Inputs, *_: object) -> np.ndarray:
        return np.asarray(functools.reduce(function, x))

    return rule


def _elementwise(function: NumpyFunction) -> Rule:
    return lambda x, a, _: np.asarray(function(x[0]))


def _reduce(function: NumpyFunction) -> Rule:
    return lambda x, a, _: np.asarray(function(x[0], axis=_axes(x, a), keepdims=bool(a.get("keepdims", 1))))


FOLDED: Mapping[str, Rule] = {
    "Identity": lambda x, a, _: x[0],
    "Cast": _cast,
    "Gather": _gather,
    "GatherND": _gathered_points,
    "Slice": _slice,
    "Concat": lambda x, a, _: np.concatenate(list(x), axis=a["axis"]),
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Transpose": lambda x, a, _: np.transpose(x[0], a.get("perm")),
    "Expand": _expand,
    "Tile": _tile,
    "ConstantOfShape": _constant_of_shape,
    "Range": _range,
    "Split": _split,
    "ReduceProd": _reduce(np.prod),
    "ReduceMin": _reduce(np.min),
    "ReduceMax": _reduce(np.max),
    "Add": _broadcast(np.add),
    "Sub": _broadcast(np.subtract),
    "Mul": _broadcast(np.multiply),
    "Div": _broadcast(_divided),
    "Mod": _broadcast(np.mod),
    "Pow": _broadcast(_powered),
    "Min": _pairwise(np.minimum),
    "Max": _pairwise(np.maximum),
    "MatMul": _matmul,
    "Einsum": _einsum,
    "Sum": _pairwise(np.add),
    "ReduceMean": _reduce(np.mean),
    "Floor": _elementwise(np.floor),
    "Ceil": _elementwise(np.ceil),
    "Round": _elementwise(np.round),
    "Sqrt": _elementwise(np.sqrt),
    "Reciprocal": _elementwise(np.reciprocal),
    "Neg": _elementwise(np.negative),
    "Abs": _elementwise(np.abs),
    "Equal": _broadcast(np.equal),
    "Greater": _broadcast(np.greater),
    "GreaterOrEqual": _broadcast(np.greater_equal),
    "Less": _broadcast(np.less),
    "LessOrEqual": _broadcast(np.less_equal),
    "Not": _elementwise(np.logical_not),
    "And": _broadcast(np.logical_and),
    "Or": _broadcast(np.logical_or),
    "Where": _broadcast(np.where),
}
"""By operator, how its value follows from those of its inputs."""
