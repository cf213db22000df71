"""Shapes, dtypes and constant values of the tensors of an ONNX graph."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from halfpixel.parity.formats.model import Shape
from halfpixel.parity.formats.onnx.constant_folding import FOLDED, MAX_ELEMENTS, NotConstant, fold
from halfpixel.parity.formats.onnx.graphs import OWN_DOMAINS, Scope, attributes_of

if TYPE_CHECKING:
    import onnx

CONSTANT_DTYPES = {
    "value_int": np.int64,
    "value_ints": np.int64,
    "value_float": np.float32,
    "value_floats": np.float32,
}
"""Of the attributes in which a Constant may hold plain numbers."""

MAX_CHAIN = 400
"""Nodes from a constant to the tensor whose value is needed; Python's recursion ends at some 1000 calls, of which each
takes two."""


class StaticValues:
    """Shapes, dtypes and constant values of the tensors of one scope, with those of the scope around it.

    ``shapes`` are those of shape inference, by tensor; ``folder`` is where external data lies, which must have been
    checked to stay there.
    """

    def __init__(
        self,
        scope: Scope,
        folder: Path,
        shapes: Mapping[str, Shape],
        dtypes: Mapping[str, str],
        outer: StaticValues | None = None,
    ) -> None:
        self.scope, self.outer, self.shapes, self.dtypes = scope, outer, shapes, dtypes
        self._folder = folder
        self._tensors = {tensor.name: tensor for tensor in scope.initializers}
        # An initializer that is also an input is only its default.
        self._overridable = set(scope.inputs) & self._tensors.keys()
        self._values: dict[str, np.ndarray | None] = {}

    def shape(self, name: str) -> Shape | None:
        """An int for each size that is known, a str for each other; ``None`` where not even the rank is."""
        if name in self._tensors and name not in self._overridable:
            return tuple(self._tensors[name].dims)
        shape = self.shapes.get(name)
        if shape is None and name not in self.scope.producers and self.outer is not None:
            return self.outer.shape(name)
        return shape

    def dtype(self, name: str) -> str:
        """NumPy's name, or an empty string."""
        dtype = self.dtypes.get(name, "")
        return self.outer.dtype(name) if not dtype and self.outer is not None else dtype

    def rank(self, name: str) -> int | None:
        """Of a tensor."""
        shape = self.shape(name)
        return None if shape is None else len(shape)

    def constant(self, name: str, depth: int = 0) -> np.ndarray | None:
        """The value of a tensor that is the same for every input of the model; ``None`` where it is not, or large."""
        if not name or depth > MAX_CHAIN:
            return None
        if name not in self._values:
            self._values[name] = None  # until it is computed, so that a cycle ends
            self._values[name] = self._compute(name, depth)
        return self._values[name]

    def _compute(self, name: str, depth: int) -> np.ndarray | None:
        if name in self._tensors:
            return None if name in self._overridable else self._array(self._tensors[name])
        index = self.scope.producers.get(name)
        if index is None:
            is_input = name in self.scope.inputs
            return None if is_input or self.outer is None else self.outer.constant(name, depth + 1)
        node = self.scope.nodes[index]
        if node.domain not in OWN_DOMAINS:
            return None
        if node.op_type == "Constant":
            return self._of_constant(node)
        if node.op_type in ("Shape", "Size"):
            return self._of_shape(node)
        if node.op_type not in FOLDED:
            return None
        inputs = [self.constant(source, depth + 1) for source in node.input]
        if any(value is None for value, source in zip(inputs, node.input, strict=True) if source):
            return None
        try:
            outputs = fold(node.op_type, inputs, self.attributes(node), self.scope.opset() or 0)
        except NotConstant:
            return None
        position = list(node.output).index(name)
        return outputs[position] if position < len(outputs) else None

    def attributes(self, node: onnx.NodeProto) -> dict[str, Any]:
        """Plain values and tensors, by name."""
        tensors = {part.name: self._array(part.t) for part in node.attribute if part.type == part.TENSOR}
        return {**attributes_of(node), **tensors}

    def _of_constant(self, node: onnx.NodeProto) -> np.ndarray | None:
        values = self.attributes(node)
        for name, dtype in CONSTANT_DTYPES.items():
            if name in values:
                return np.array(values[name], dtype)
        value = values.get("value")
        # In a damaged file, the attribute "value" may be of any type.
        return value if isinstance(value, np.ndarray) else None

    def _of_shape(self, node: onnx.NodeProto) -> np.ndarray | None:
        shape = self.shape(node.input[0])
        if shape is None:
            return None
        attributes = attributes_of(node)
        part = shape[attributes.get("start", 0) : attributes.get("end")] if node.op_type == "Shape" else shape
        lengths = [length for length in part if isinstance(length, int)]
        if len(lengths) != len(part):
            return None
        return np.array(lengths if node.op_type == "Shape" else int(np.prod(lengths)), np.int64)

    def _array(self, tensor: onnx.TensorProto) -> np.ndarray | None:
        from onnx import numpy_helper

        if prod(tensor.dims) > MAX_ELEMENTS:
            return None
        try:
            array: np.ndarray = numpy_helper.to_array(tensor, base_dir=str(self._folder))
        except (ValueError, TypeError, OSError, KeyError, AttributeError):
            return None  # text, or data that is not there
        return array if array.dtype.kind in "biuf" else None
