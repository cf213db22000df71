"""Constants computed from constants: the arithmetic by which exporters write sizes, scales and grids into a graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

MAX_ELEMENTS = 1 << 22
"""Of any result: a sampling grid for an image of 1448 x 1448. The largest here takes some 10 ms a node."""

Inputs = Sequence[np.ndarray | None]
Attributes = Mapping[str, object]


class NotFolded(Exception):
    """The result is not known, or larger than :data:`MAX_ELEMENTS`."""


def fold(op: str, inputs: Inputs, attributes: Attributes, opset: int) -> list[np.ndarray]:
    """The outputs of one node of ONNX's own domain on constants; raises ``NotFolded`` where that is not known.

    Only operators in the table are computed: nothing else of a file is ever run. Source of each rule:
    https://onnx.ai/onnx/operators/.
    """
    rule = _RULES.get(op)
    if rule is None:
        raise NotFolded(op)
    try:
        with np.errstate(all="ignore"):
            found = rule(inputs, attributes, opset)
    except NotFolded:
        raise
    except (ValueError, IndexError, TypeError, KeyError, ZeroDivisionError, OverflowError, MemoryError) as error:
        # The file says what cannot be: the runtimes will say so, too.
        raise NotFolded(f"{op}: {error}") from None
    results = [np.asarray(one) for one in (found if isinstance(found, list) else [found])]
    if any(one.size > MAX_ELEMENTS for one in results):
        raise NotFolded(op)
    return results


def _limited(shape: Sequence[int]) -> tuple[int, ...]:
    """The shape, if an array of it may be made."""
    size = 1
    for length in shape:
        size *= int(length)
        if length < 0 or size > MAX_ELEMENTS:
            raise NotFolded("too large")
    return tuple(int(length) for length in shape)


def _axes(inputs: Inputs, attributes: Attributes, position: int = 1) -> tuple[int, ...] | None:
    """``axes``, an attribute in older opsets and an input in newer ones."""
    if len(inputs) > position and inputs[position] is not None:
        return tuple(int(axis) for axis in inputs[position].ravel())
    given = attributes.get("axes")
    return None if given is None else tuple(given)


def _unsqueeze(x: Inputs, a: Attributes, _: int) -> np.ndarray:
    axes = _axes(x, a)
    rank = x[0].ndim + len(axes)
    for axis in sorted(axis % rank for axis in axes):
        x = [np.expand_dims(x[0], axis)]
    return x[0]


def _squeeze(x: Inputs, a: Attributes, _: int) -> np.ndarray:
    return np.squeeze(x[0], _axes(x, a))


def _slice(x: Inputs, a: Attributes, opset: int) -> np.ndarray:
    if opset < 10:
        starts, ends, axes, steps = a["starts"], a["ends"], a.get("axes"), None
    else:
        starts, ends, axes, steps = (None if part is None else part.tolist() for part in (*x[1:], None, None)[:4])
    return x[0][slices(x[0].ndim, starts, ends, axes, steps)]


def slices(
    rank: int, starts: Sequence[int], ends: Sequence[int], axes: Sequence[int] | None, steps: Sequence[int] | None
) -> tuple[slice, ...]:
    """NumPy's slices for ONNX's, whose ends beyond the axis are cut back; for a step below 0, before it as well."""
    found = [slice(None)] * rank
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        axis = axes[number] if axes is not None else number
        step = steps[number] if steps is not None else 1
        stop = None if step < 0 and end <= -(2**31) + 1 else end
        found[axis] = slice(start, stop, step)
    return tuple(found)


def _reshape(x: Inputs, a: Attributes, opset: int) -> np.ndarray:
    wanted = [int(length) for length in (x[1] if opset >= 5 else a["shape"])]
    if not a.get("allowzero", 0):
        wanted = [x[0].shape[axis] if length == 0 else length for axis, length in enumerate(wanted)]
    return x[0].reshape(wanted)


def _cast(x: Inputs, a: Attributes, _: int) -> np.ndarray:
    from onnx import helper

    dtype = np.dtype(helper.tensor_dtype_to_np_dtype(a["to"]))
    if dtype.kind not in "biuf":
        raise NotFolded("Cast")
    return x[0].astype(dtype)


def _range(x: Inputs, a: Attributes, _: int) -> np.ndarray:
    start, limit, delta = (part.item() for part in x)
    _limited([max(0, int(np.ceil((limit - start) / delta)))])
    return np.arange(start, limit, delta, dtype=x[0].dtype)


def _constant_of_shape(x: Inputs, a: Attributes, _: int) -> np.ndarray:
    value = a.get("value")
    filled = np.float32(0) if value is None else np.asarray(value).ravel()[0]
    return np.full(_limited(x[0].tolist()), filled)


def _expand(x: Inputs, a: Attributes, _: int) -> np.ndarray:
    shape = np.broadcast_shapes(x[0].shape, tuple(x[1].tolist()))
    return np.broadcast_to(x[0], _limited(shape))


def _tile(x: Inputs, a: Attributes, _: int) -> np.ndarray:
    _limited([length * int(times) for length, times in zip(x[0].shape, x[1], strict=True)])
    return np.tile(x[0], x[1].tolist())


def _reduce(function: Callable) -> Callable:
    def rule(x: Inputs, a: Attributes, _: int) -> np.ndarray:
        return function(x[0], axis=_axes(x, a), keepdims=bool(a.get("keepdims", 1)))

    return rule


def _divided(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Integers are divided towards zero."""
    if p.dtype.kind not in "iu":
        return p / q
    if not q.all():
        raise NotFolded("Div")
    return (np.sign(p) * np.sign(q) * (np.abs(p) // np.abs(q))).astype(p.dtype)


def _split(x: Inputs, a: Attributes, opset: int) -> list[np.ndarray]:
    axis = a.get("axis", 0)
    given = x[1].tolist() if len(x) > 1 and x[1] is not None else a.get("split")
    if given is None:
        return np.array_split(x[0], a["num_outputs"], axis)
    return np.split(x[0], np.cumsum(given)[:-1].tolist(), axis)


def _broadcast(function: Callable) -> Callable:
    def rule(x: Inputs, *_: object) -> np.ndarray:
        _limited(np.broadcast_shapes(*(part.shape for part in x)))
        return function(*x)

    return rule


def _many(function: Callable) -> Callable:
    def rule(x: Inputs, *_: object) -> np.ndarray:
        result = x[0]
        for part in x[1:]:
            result = function(result, part)
        return result

    return rule


def _elementwise(function: Callable) -> Callable:
    def rule(x: Inputs, *_: object) -> np.ndarray:
        return function(x[0])

    return rule


def _product(x: Inputs, *_: object) -> np.ndarray:
    stacked = np.broadcast_shapes(x[0].shape[:-2], x[1].shape[:-2])
    _limited((*stacked, *x[0].shape[-2:-1], *x[1].shape[-1:]))
    return np.matmul(x[0], x[1])


def _powered(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    return np.power(p, q).astype(p.dtype)


def _gather(x: Inputs, a: Attributes, _: int) -> np.ndarray:
    axis = a.get("axis", 0) % x[0].ndim
    _limited((*x[0].shape[:axis], *x[1].shape, *x[0].shape[axis + 1 :]))
    return np.take(x[0], x[1], axis=axis)


def _gathered_points(x: Inputs, a: Attributes, _: int) -> np.ndarray:
    if a.get("batch_dims", 0):
        raise NotFolded("GatherND")
    _limited((*x[1].shape[:-1], *x[0].shape[x[1].shape[-1] :]))
    return x[0][tuple(np.moveaxis(x[1], -1, 0))]


def _einsum(x: Inputs, a: Attributes, _: int) -> np.ndarray:
    equation = str(a["equation"]).replace(" ", "")
    left, _arrow, right = equation.partition("->")
    terms = left.split(",")
    if "." in equation or len(terms) != len(x) or not equation.replace(",", "").replace("->", "").isalpha():
        raise NotFolded("Einsum")
    lengths = {
        letter: n for term, part in zip(terms, x, strict=True) for letter, n in zip(term, part.shape, strict=True)
    }
    _limited([lengths[letter] for letter in right])
    return np.einsum(equation, *x, optimize=True)


_RULES: dict[str, Callable] = {
    "Identity": lambda x, a, _: x[0],
    "Cast": _cast,
    "Gather": _gather,
    "GatherND": _gathered_points,
    "Slice": _slice,
    "Concat": lambda x, a, _: np.concatenate(list(x), axis=a["axis"]),
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Reshape": _reshape,
    "Flatten": lambda x, a, _: x[0].reshape(int(np.prod(x[0].shape[: a.get("axis", 1)])), -1),
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
    "Min": _many(np.minimum),
    "Max": _many(np.maximum),
    "MatMul": _product,
    "Einsum": _einsum,
    "Sum": _many(np.add),
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
FOLDED = frozenset(_RULES)
