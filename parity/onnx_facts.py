"""What an ONNX file says of its tensors without being run: shapes, dtypes, and values that are constant."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from parity.onnx_fold import FOLDED, MAX_ELEMENTS, NotFolded, fold
from parity.onnx_graphs import OWN_DOMAINS, Scope, attributes_of

if TYPE_CHECKING:
    import onnx

Shape = tuple[int | str, ...]
MAX_CHAIN = 400
"""Nodes from a constant to what is asked for; Python's recursion ends at some 1000 calls, of which each takes two."""


class Facts:
    """Of one scope, with those of the scope around it.

    ``shapes`` are those of shape inference, by tensor; ``folder`` is where external data lies, which must have been
    checked to stay there.
    """

    def __init__(
        self,
        scope: Scope,
        folder: Path,
        shapes: Mapping[str, Shape],
        dtypes: Mapping[str, str],
        outer: Facts | None = None,
    ) -> None:
        self.scope, self.outer, self.shapes, self.dtypes = scope, outer, shapes, dtypes
        self._folder = folder
        self._tensors = {one.name: one for one in scope.initializers}
        # An initializer that is also an input is only its default.
        self._overridable = set(scope.inputs) & self._tensors.keys()
        self._values: dict[str, np.ndarray | None] = {}

    def shape(self, name: str) -> Shape | None:
        """An int for each size that is known, a str for each other; ``None`` where not even the rank is."""
        if name in self._tensors and name not in self._overridable:
            return tuple(self._tensors[name].dims)
        found = self.shapes.get(name)
        if found is None and name not in self.scope.producers and self.outer is not None:
            return self.outer.shape(name)
        return found

    def dtype(self, name: str) -> str:
        """NumPy's name, or an empty string."""
        found = self.dtypes.get(name, "")
        return self.outer.dtype(name) if not found and self.outer is not None else found

    def rank(self, name: str) -> int | None:
        """Of a tensor."""
        shape = self.shape(name)
        return None if shape is None else len(shape)

    def constant(self, name: str, depth: int = 0) -> np.ndarray | None:
        """The value of a tensor that is the same for every input of the model; ``None`` where it is not, or large."""
        if not name or depth > MAX_CHAIN:
            return None
        if name not in self._values:
            self._values[name] = None  # stands while it is looked for
            found = self._find(name, depth)
            # An attribute that is called "value" may be of any type in a damaged file.
            self._values[name] = found if isinstance(found, np.ndarray | np.generic) else None
        return self._values[name]

    def _find(self, name: str, depth: int) -> np.ndarray | None:
        if name in self._tensors:
            return None if name in self._overridable else self._array(self._tensors[name])
        index = self.scope.producers.get(name)
        if index is None:
            is_own = name in self.scope.inputs
            return None if is_own or self.outer is None else self.outer.constant(name, depth + 1)
        node = self.scope.nodes[index]
        if node.domain not in OWN_DOMAINS:
            return None
        if node.op_type == "Constant":
            return self._of_constant(node)
        if node.op_type in ("Shape", "Size"):
            return self._of_shape(node)
        if node.op_type not in FOLDED:
            return None
        inputs = [self.constant(one, depth + 1) if one else None for one in node.input]
        if any(value is None for value, one in zip(inputs, node.input, strict=True) if one):
            return None
        attributes = self.attributes(node)
        try:
            outputs = fold(node.op_type, inputs, attributes, self.scope.opset() or 0)
        except NotFolded:
            return None
        place = list(node.output).index(name)
        return outputs[place] if place < len(outputs) else None

    def attributes(self, node: onnx.NodeProto) -> dict[str, object]:
        """Plain values and tensors, by name."""
        found = attributes_of(node)
        for one in node.attribute:
            if one.type == one.TENSOR:
                found[one.name] = self._array(one.t)
        return found

    def _of_constant(self, node: onnx.NodeProto) -> np.ndarray | None:
        values = self.attributes(node)
        for name, dtype in (("value_int", np.int64), ("value_ints", np.int64), ("value_float", np.float32)):
            if name in values:
                return np.array(values[name], dtype)
        if "value_floats" in values:
            return np.array(values["value_floats"], np.float32)
        return values.get("value")

    def _of_shape(self, node: onnx.NodeProto) -> np.ndarray | None:
        shape = self.shape(node.input[0])
        if shape is None:
            return None
        attributes = attributes_of(node)
        part = shape[attributes.get("start", 0) : attributes.get("end")] if node.op_type == "Shape" else shape
        if not all(isinstance(length, int) for length in part):
            return None
        return np.array(part if node.op_type == "Shape" else int(np.prod(part)), np.int64)

    def _array(self, tensor: onnx.TensorProto) -> np.ndarray | None:
        from onnx import numpy_helper

        if int(np.prod([int(length) for length in tensor.dims], dtype=object)) > MAX_ELEMENTS:
            return None
        try:
            found = numpy_helper.to_array(tensor, base_dir=str(self._folder))
        except (ValueError, TypeError, OSError, KeyError, AttributeError):
            return None  # text, or data that is not there
        return found if found.dtype.kind in "biuf" else None
