"""Copies of a flat ONNX model: with its resizes' tensors shown, with fixed shapes, with nodes cut out or replaced."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from parity.onnx_flat import Flat, Place
from parity.onnx_shapes import set_shape

if TYPE_CHECKING:
    import onnx


class TooLarge(ValueError):
    """A copy would not fit into one file."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """What stands in the place of a resize: nodes that make its output from its input, and their constants."""

    nodes: tuple[onnx.NodeProto, ...]
    constants: tuple[onnx.TensorProto, ...]


def empty_copy(flat: Flat) -> onnx.ModelProto:
    """The model, to be changed."""
    import onnx

    proto = onnx.ModelProto()
    proto.CopyFrom(flat.proto)
    return proto


def written(proto: onnx.ModelProto, path: Path) -> str:
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
    return tuple(one.name for one in proto.graph.output)


def inputs_of(proto: onnx.ModelProto) -> tuple[str, ...]:
    """Names of the inputs that have no initializer."""
    known = {tensor.name for tensor in proto.graph.initializer}
    return tuple(one.name for one in proto.graph.input if one.name not in known)


def around(flat: Flat, places: Sequence[Place]) -> tuple[str, ...]:
    """Names of the tensors that resizes take and make, scales and sizes that are computed included.

    Inputs of the model and constants, whose values are known, are left out.
    """
    known = set(flat.constants) | set(inputs_of(flat.proto)) | {one.name for one in flat.proto.graph.initializer}
    names: dict[str, None] = {}
    for place in places:
        nodes = [flat.proto.graph.node[index] for index in place.nodes]
        inner = {name for node in nodes for name in node.output} - {place.output}
        for name in (place.input, place.output, *(name for node in nodes for name in node.input)):
            if name and name not in known and name not in inner:
                names[name] = None
    return tuple(names)


def showing(flat: Flat, names: Sequence[str]) -> onnx.ModelProto:
    """The model with further tensors among its outputs."""
    import onnx

    proto = empty_copy(flat)
    known = {one.name: one for one in proto.graph.value_info}
    present = set(outputs_of(proto))
    for name in names:
        if name not in present:
            proto.graph.output.append(known.get(name, onnx.ValueInfoProto(name=name)))
    return proto


def fixed(proto: onnx.ModelProto, feeds: Mapping[str, np.ndarray]) -> onnx.ModelProto:
    """The same model with the shapes of its inputs as they are fed, and every other shape inferred from them."""
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


def replaced(flat: Flat, replacements: Mapping[Place, Replacement]) -> onnx.ModelProto:
    """The model with something else in the place of some resizes. What only they used of a chain goes with them."""
    import onnx

    proto = empty_copy(flat)
    new: dict[int, Replacement] = {place.nodes[-1]: one for place, one in replacements.items()}
    others = {index for place in replacements for index in place.nodes[:-1]}
    outputs = set(outputs_of(proto))
    nodes = []
    for index, node in enumerate(proto.graph.node):
        if index in new:
            nodes += new[index].nodes
            proto.graph.initializer.extend(new[index].constants)
        else:
            nodes.append(node)
    for index in sorted(others, reverse=True):
        name = flat.proto.graph.node[index].output[0]
        if name not in outputs and not any(name in node.input for node in nodes):
            nodes = [node for node in nodes if not (node.output and node.output[0] == name)]
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del proto.graph.node[:]
    proto.graph.node.extend(copies)
    return proto


@dataclass(frozen=True, slots=True)
class Cut:
    """A resize alone in a model: ``proto`` takes ``x0``, ``x1``, ... and makes ``y0``, ``y1``, ..., one a place.

    ``fed`` are arrays for its further inputs, by name.
    """

    proto: onnx.ModelProto
    places: tuple[Place, ...]
    fed: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names, one a place, and then those of what else it is fed."""
        return (*(f"x{k}" for k in range(len(self.places))), *self.fed)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names, one a place."""
        return tuple(f"y{k}" for k in range(len(self.places)))


def cut(
    flat: Flat,
    places: Sequence[Place],
    values: Mapping[str, np.ndarray],
    shapes: Mapping[Place, tuple[tuple[int, ...], tuple[int, ...]]],
    attributes: Mapping[str, object] | None = None,
    open_inputs: Collection[str] = (),
) -> Cut:
    """Resizes cut out of the model, all into one; whatever else they take is a constant, as it was in ``values``.

    ``shapes`` has what each took and made, which is declared; ``attributes`` are set over their own. What is among
    ``open_inputs`` stays an input, since a runtime may do otherwise with what it does not know beforehand. Raises
    ``KeyError`` for a tensor whose value is not known.
    """
    from onnx import NodeProto, TensorProto, helper, numpy_helper

    nodes, constants, inputs, outputs = [], [], [], []
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
                    value = flat.constant(name)
                    if value is None and name in open_inputs:
                        fed[names[name]] = values[name]
                    else:
                        constants.append(numpy_helper.from_array(values[name] if value is None else value, names[name]))
            copy = NodeProto.FromString(node.SerializeToString())
            copy.name = f"n{len(nodes)}"
            del copy.input[:], copy.output[:]
            copy.input.extend(names[name] for name in node.input)
            copy.output.extend(names[name] for name in node.output)
            if attributes and node is own[-1]:
                kept = [one for one in copy.attribute if one.name not in attributes]
                del copy.attribute[:]
                set_here = {name: value for name, value in attributes.items() if value is not None}
                copy.attribute.extend([*kept, *helper.make_node("Resize", [], [], **set_here).attribute])
            nodes.append(copy)
        x = values.get(place.input)
        kind = TensorProto.FLOAT if x is None else helper.np_dtype_to_tensor_dtype(x.dtype)
        before, after = shapes[place]
        inputs.append(helper.make_tensor_value_info(f"x{k}", kind, before))
        outputs.append(helper.make_tensor_value_info(f"y{k}", kind, after))
    more = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape) for n, x in fed.items()]
    graph = helper.make_graph(nodes, "cut", [*inputs, *more], outputs, constants)
    proto = helper.make_model(graph, ir_version=flat.proto.ir_version)
    del proto.opset_import[:]
    proto.opset_import.extend(flat.proto.opset_import)
    return Cut(proto, tuple(places), fed)


def alone(
    flat: Flat,
    place: Place,
    made: Replacement,
    x: np.ndarray,
    shapes: tuple[tuple[int, ...], tuple[int, ...]],
    values: Mapping[str, np.ndarray],
) -> tuple[onnx.ModelProto, tuple[str, ...]]:
    """A model of nothing but the nodes that stand for a resize, and the name of its one input.

    What else they read of the model is a constant, of the value in ``values``.
    """
    from onnx import helper, numpy_helper

    known = {one.name for one in made.constants} | {name for node in made.nodes for name in node.output} | {place.input}
    outside = {name for node in made.nodes for name in node.input if name and name not in known}
    constants = [numpy_helper.from_array(np.array(values[name]), name) for name in sorted(outside)]
    kind = helper.np_dtype_to_tensor_dtype(x.dtype)
    ports = [
        helper.make_tensor_value_info(n, kind, s) for n, s in zip((place.input, place.output), shapes, strict=True)
    ]
    graph = helper.make_graph(list(made.nodes), "alone", ports[:1], ports[1:], [*made.constants, *constants])
    proto = helper.make_model(graph, ir_version=flat.proto.ir_version)
    del proto.opset_import[:]
    proto.opset_import.extend(flat.proto.opset_import)
    return proto, (place.input,)
