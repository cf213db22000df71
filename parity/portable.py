"""The exact definition of a resize at fixed sizes, in operators that every runtime has and that no convention moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parity.exact import Definition
from parity.onnx_edit import Replacement

if TYPE_CHECKING:
    import onnx


def in_portable_operators(
    definition: Definition, taken: str, made: str, dtype: np.dtype, rank: int, prefix: str
) -> Replacement:
    """Nodes that make the tensor ``made`` from ``taken`` by the matrices of ``definition``.

    Axes where each output is one input pixel are a Gather, which does no arithmetic; others a MatMul with the weights,
    rounded to float32. Names of nodes and tensors within begin with ``prefix``. Raises ``ValueError`` for values to be
    put outside (``extrapolation_value``) and for integers that would have to be rounded.
    """
    if definition.outside:
        raise ValueError("an extrapolation value other than 0 has no form in a product with a matrix")
    builder = _Builder(prefix, taken)
    picks = [_picks(one.to_array()) for one in definition.matrices]
    is_cast = dtype != np.float32 and any(pick is None for pick in picks)
    if is_cast and dtype.kind != "f":
        raise ValueError("integers that must be rounded are not rewritten")
    if is_cast:
        builder.add("Cast", to=1)
    for axis, one, pick in zip(definition.axes, definition.matrices, picks, strict=True):
        if pick is not None:
            builder.add("Gather", builder.constant(pick), axis=axis)
        else:
            _multiply(builder, axis, one.to_array().astype(np.float32), rank)
    if is_cast:
        from onnx import helper

        builder.add("Cast", to=helper.np_dtype_to_tensor_dtype(dtype))
    return builder.done(made)


def _picks(matrix: np.ndarray) -> np.ndarray | None:
    """Which input pixel each output is, int64; ``None`` where one is none, or more than one."""
    picks = np.abs(matrix).argmax(axis=1)
    is_pick = np.array_equal(matrix, np.eye(matrix.shape[1])[picks])
    return picks.astype(np.int64) if is_pick else None


def _multiply(builder: _Builder, axis: int, weights: np.ndarray, rank: int) -> None:
    if axis == rank - 1:
        builder.add("MatMul", builder.constant(np.ascontiguousarray(weights.T)))
    elif axis == rank - 2:
        builder.add("MatMul", builder.constant(weights), constant_first=True)
    else:
        order = [k for k in range(rank) if k != axis] + [axis]
        builder.add("Transpose", perm=order)
        builder.add("MatMul", builder.constant(np.ascontiguousarray(weights.T)))
        builder.add("Transpose", perm=[int(k) for k in np.argsort(order)])


class _Builder:
    """A chain of nodes, each on the result of the one before."""

    def __init__(self, prefix: str, taken: str) -> None:
        self.prefix, self.last = prefix, taken
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: np.ndarray) -> str:
        from onnx import numpy_helper

        name = f"{self.prefix}_constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def add(self, operator: str, *more: str, constant_first: bool = False, **attributes: object) -> None:
        from onnx import helper

        made = f"{self.prefix}_{len(self.nodes)}"
        inputs = [*more, self.last] if constant_first else [self.last, *more]
        self.nodes.append(helper.make_node(operator, inputs, [made], name=made, **attributes))
        self.last = made

    def done(self, made: str) -> Replacement:
        from onnx import helper

        if not self.nodes:
            self.nodes.append(helper.make_node("Identity", [self.last], [made], name=f"{self.prefix}_0"))
        self.nodes[-1].output[0] = made
        return Replacement(tuple(self.nodes), tuple(self.constants))
