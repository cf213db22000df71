"""Edited copies of a flattened ONNX model: more outputs, fixed shapes, nodes extracted or replaced."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from halfpixel.parity.formats.onnx.flattened import FlatModel, NodeLocation
from halfpixel.parity.formats.onnx.shape_inference import set_shape

if TYPE_CHECKING:
    import onnx


class TooLarge(ValueError):
    """A copy would not fit into one file."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """Nodes that make the output of a resize from its input, and their constants."""

    nodes: tuple[onnx.NodeProto, ...]
    constants: tuple[onnx.TensorProto, ...]


class GraphBuilder:
    """Nodes and constants with names of their own, which begin with ``prefix``; equal constants are made once."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._names: dict[object, str] = {}

    def node(self, operator: str, *inputs: str | int | float, **attributes: object) -> str:
        """Append a node; an int among its inputs is an int64 scalar, a float a float32 scalar. Returns its output."""
        from onnx import helper

        names = [self.scalar(value) if isinstance(value, int | float) else value for value in inputs]
        output = f"{self.prefix}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, names, [output], name=output, **attributes))
        return output

    def constant(self, value: np.ndarray) -> str:
        """The name of a constant tensor."""
        from onnx import numpy_helper

        key = (value.dtype.str, value.shape, value.tobytes())
        if key not in self._names:
            self._names[key] = f"{self.prefix}_constant_{len(self.constants)}"
            self.constants.append(numpy_helper.from_array(value, self._names[key]))
        return self._names[key]

    def scalar(self, value: int | float) -> str:
        """The name of a scalar: int64 for an int, float32 for a float."""
        return self.constant(np.array(value, np.int64 if isinstance(value, int) else np.float32))

    def replacement(self, last: str, output: str) -> Replacement:
        """All nodes, of which the last one makes ``output``; without any, ``output`` is ``last`` itself."""
        if not self.nodes:
            self.node("Identity", last)
        self.nodes[-1].output[0] = output
        return Replacement(tuple(self.nodes), tuple(self.constants))


def copy_of(flat: FlatModel) -> onnx.ModelProto:
    """The model, to be changed."""
    import onnx

    proto = onnx.ModelProto()
    proto.CopyFrom(flat.proto)
    return proto


def write_model(proto: onnx.ModelProto, path: Path) -> str:
    """Write a copy, beside the weights that it shares with others; returns the path."""
    from google.protobuf.message import EncodeError

    # To ask for its size would cost as much as to serialise it; protobuf refuses what is larger than 2 GB.
    try:
        content = proto.SerializeToString()
    except EncodeError:
        raise TooLarge("a copy of the model would be larger than 2 GB") from None
    path.write_bytes(content)
    return str(path)


def outputs_of(proto: onnx.ModelProto) -> tuple[str, ...]:
    """Names of a model's outputs, in order."""
    return tuple(port.name for port in proto.graph.output)


def inputs_of(proto: onnx.ModelProto) -> tuple[str, ...]:
    """Names of the inputs that have no initializer."""
    constants = {tensor.name for tensor in proto.graph.initializer}
    return tuple(port.name for port in proto.graph.input if port.name not in constants)


def tensors_around(flat: FlatModel, places: Sequence[NodeLocation]) -> tuple[str, ...]:
    """Names of the inputs and outputs of resizes, computed scales and sizes included.

    Inputs of the model and constants, whose values are known, are left out.
    """
    known = {*flat.constants, *(port.name for port in flat.proto.graph.input)}
    names: dict[str, None] = {}
    for place in places:
        nodes = [flat.proto.graph.node[index] for index in place.nodes]
        inner = {name for node in nodes for name in node.output} - {place.output}
        for name in (place.input, place.output, *(name for node in nodes for name in node.input)):
            if name and name not in known and name not in inner:
                names[name] = None
    return tuple(names)


def with_outputs(flat: FlatModel, names: Sequence[str]) -> onnx.ModelProto:
    """The model with further tensors among its outputs."""
    proto = copy_of(flat)
    add_outputs(proto, names)
    return proto


def add_outputs(proto: onnx.ModelProto, names: Sequence[str]) -> None:
    """Put further tensors among the outputs of a copy."""
    import onnx

    known = {port.name: port for port in proto.graph.value_info}
    present = set(outputs_of(proto))
    for name in names:
        if name not in present:
            proto.graph.output.append(known.get(name, onnx.ValueInfoProto(name=name)))


def with_fixed_shapes(proto: onnx.ModelProto, feeds: Mapping[str, np.ndarray]) -> onnx.ModelProto:
    """The same model with its inputs of the shapes of ``feeds``, and every other shape inferred from them."""
    import onnx

    copy = onnx.ModelProto()
    copy.CopyFrom(proto)
    for port in copy.graph.input:
        if port.name in feeds:
            set_shape(port, feeds[port.name].shape)
    for port in (*copy.graph.output, *copy.graph.value_info):
        if port.type.HasField("tensor_type"):
            port.type.tensor_type.ClearField("shape")
    del copy.graph.value_info[:]
    return onnx.shape_inference.infer_shapes(copy, data_prop=True)


def set_attributes(node: onnx.NodeProto, settings: Mapping[str, object]) -> None:
    """Set attributes of a node; those that are ``None`` in ``settings`` are removed."""
    from onnx import helper

    others = [attribute for attribute in node.attribute if attribute.name not in settings]
    values = {name: value for name, value in settings.items() if value is not None}
    del node.attribute[:]
    node.attribute.extend([*others, *helper.make_node(node.op_type, [], [], **values).attribute])


def with_replacements(flat: FlatModel, replacements: Mapping[NodeLocation, Replacement]) -> onnx.ModelProto:
    """The model with resizes replaced; the other nodes of a chain go, too, where nothing else reads their results."""
    import onnx

    proto = copy_of(flat)
    by_index = {place.nodes[-1]: replacement for place, replacement in replacements.items()}
    rest_of_chains = {index for place in replacements for index in place.nodes[:-1]}
    outputs = set(outputs_of(proto))
    nodes: list[onnx.NodeProto] = []
    for index, node in enumerate(proto.graph.node):
        if index in by_index:
            nodes += by_index[index].nodes
            proto.graph.initializer.extend(by_index[index].constants)
        else:
            nodes.append(node)
    for index in sorted(rest_of_chains, reverse=True):
        name = flat.proto.graph.node[index].output[0]
        if name not in outputs and not any(name in node.input for node in nodes):
            nodes = [node for node in nodes if not (node.output and node.output[0] == name)]
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del proto.graph.node[:]
    proto.graph.node.extend(copies)
    return proto


def port_like(name: str, array: np.ndarray, shape: Sequence[int] | None = None) -> onnx.ValueInfoProto:
    """The declaration of a tensor with the dtype of ``array``, and its shape if no other is named."""
    from onnx import helper

    kind = helper.np_dtype_to_tensor_dtype(array.dtype)
    return helper.make_tensor_value_info(name, kind, array.shape if shape is None else shape)


def model_of_nodes(
    flat: FlatModel,
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[onnx.ValueInfoProto],
    constants: Sequence[onnx.TensorProto],
) -> onnx.ModelProto:
    """A model of these nodes alone, of the same versions as the whole one."""
    from onnx import helper

    graph = helper.make_graph(list(nodes), "extracted", list(inputs), list(outputs), list(constants))
    return helper.make_model(graph, ir_version=flat.proto.ir_version, opset_imports=flat.proto.opset_import)


@dataclass(frozen=True, slots=True)
class ExtractedNodes:
    """Resizes alone in a model: ``proto`` makes ``y0``, ``y1``, ... from ``x0``, ``x1``, ..., one for each place.

    ``fed`` are arrays for its further inputs, by name.
    """

    proto: onnx.ModelProto
    places: tuple[NodeLocation, ...]
    fed: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names, one for each place, and then those of ``fed``."""
        return (*(f"x{k}" for k in range(len(self.places))), *self.fed)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names, one for each place."""
        return tuple(f"y{k}" for k in range(len(self.places)))


def extract_nodes(
    flat: FlatModel,
    places: Sequence[NodeLocation],
    values: Mapping[str, np.ndarray],
    shapes: Mapping[NodeLocation, tuple[tuple[int, ...], tuple[int, ...]]],
    attributes: Mapping[str, object] | None = None,
    open_inputs: Collection[str] = (),
) -> ExtractedNodes:
    """Resizes cut out of the model, all into one model; their other inputs are constants, as they were in ``values``.

    ``shapes`` has the declared input and output shape of each; ``attributes`` are set over their own. Inputs named in
    ``open_inputs`` stay inputs, since a runtime may compute otherwise with what it does not know beforehand. Raises
    ``KeyError`` for a tensor whose value is not known.
    """
    from onnx import NodeProto, numpy_helper

    nodes: list[onnx.NodeProto] = []
    constants, inputs, outputs = [], [], []
    fed: dict[str, np.ndarray] = {}
    for k, place in enumerate(places):
        own = [flat.proto.graph.node[index] for index in place.nodes]
        made = {name for node in own for name in node.output if name}
        names = {name: f"t{k}_{n}" for n, name in enumerate(sorted(made))}
        names |= {place.input: f"x{k}", place.output: f"y{k}", "": ""}
        for node in own:
            for name in node.input:
                if name not in names:
                    names[name] = f"c{k}_{len(names)}"
                    constant = flat.constant(name)
                    if constant is None and name in open_inputs:
                        fed[names[name]] = values[name]
                    else:
                        value = values[name] if constant is None else constant
                        constants.append(numpy_helper.from_array(value, names[name]))
            copy = NodeProto.FromString(node.SerializeToString())
            copy.name = f"n{len(nodes)}"
            del copy.input[:], copy.output[:]
            copy.input.extend(names[name] for name in node.input)
            copy.output.extend(names[name] for name in node.output)
            if attributes and node is own[-1]:
                set_attributes(copy, attributes)
            nodes.append(copy)
        x = values.get(place.input, np.zeros((), np.float32))
        before, after = shapes[place]
        inputs.append(port_like(f"x{k}", x, before))
        outputs.append(port_like(f"y{k}", x, after))
    inputs += [port_like(name, array) for name, array in fed.items()]
    return ExtractedNodes(model_of_nodes(flat, nodes, inputs, outputs, constants), tuple(places), fed)


def replacement_alone(
    flat: FlatModel,
    place: NodeLocation,
    replacement: Replacement,
    x: np.ndarray,
    shapes: tuple[tuple[int, ...], tuple[int, ...]],
    values: Mapping[str, np.ndarray],
) -> onnx.ModelProto:
    """A model of nothing but the nodes that replace a resize, of the one input ``place.input``.

    The other tensors of the model that they read are constants, of their value in ``values``.
    """
    from onnx import numpy_helper

    known = {tensor.name for tensor in replacement.constants} | {place.input}
    known |= {name for node in replacement.nodes for name in node.output}
    outside = {name for node in replacement.nodes for name in node.input if name and name not in known}
    constants = [numpy_helper.from_array(np.array(values[name]), name) for name in sorted(outside)]
    inputs, outputs = [port_like(place.input, x, shapes[0])], [port_like(place.output, x, shapes[1])]
    return model_of_nodes(flat, replacement.nodes, inputs, outputs, [*replacement.constants, *constants])
