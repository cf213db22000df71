"""A copy of an ONNX model in which every resize that can be looked at is a node of the main graph."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from parity.model import Model
from parity.onnx_graphs import scope_of
from parity.resizes import ResizeNode

if TYPE_CHECKING:
    import onnx

_TAG = "halfpixel.resize"
_LARGE_MODEL = 8 << 20
"""Bytes beyond which weights lie in a file that all the copies share: a copy then costs next to nothing."""
_LARGE_TENSOR = 4096
_WEIGHTS = "weights.bin"


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a resize lies in the flat graph: its nodes, by index, and the tensors that it takes and makes.

    ``call`` counts the places of one resize in a function that is called more than once.
    """

    resize: ResizeNode
    nodes: tuple[int, ...]
    input: str
    output: str
    call: int = 0

    @property
    def key(self) -> str:
        """The resize's own key, with the call where there are several."""
        return self.resize.key if not self.call else f"{self.resize.key} (call {self.call + 1})"


@dataclass(frozen=True, slots=True)
class Flat:
    """The flat model; ``unseen`` are the resizes that are not in its main graph, with why.

    ``is_changed`` says whether anything had to be inlined; ``constants`` are tensors by name, where they are known.
    """

    proto: onnx.ModelProto
    places: tuple[Place, ...]
    unseen: tuple[tuple[str, str], ...]
    is_changed: bool
    constants: dict[str, onnx.TensorProto] = field(repr=False)
    folder: Path

    def constant(self, name: str) -> np.ndarray | None:
        """The value of a constant tensor, or ``None`` when it is not one."""
        from onnx import numpy_helper

        tensor = self.constants.get(name)
        return None if tensor is None else numpy_helper.to_array(tensor, base_dir=str(self.folder))


def flat(model: Model, folder: Path) -> Flat:
    """The flat copy of an ONNX model, whose copies are to be written to ``folder``.

    Functions are inlined, and so is the branch of an If whose condition is a constant. What lies in a Loop, a Scan or
    another If is not looked into.
    """
    proto = _copied(model, folder)
    ports = [_tag(proto, k, one) for k, one in enumerate(model.resizes)]
    is_changed = bool(proto.functions)
    if proto.functions:
        from onnx import inliner

        proto = inliner.inline_local_functions(proto)
    while _inline_branch(proto.graph):
        is_changed = True
    places = tuple(_places(proto, model.resizes, ports))
    seen = {place.resize.key for place in places}
    unseen = tuple((one.key, _why(one)) for one in model.resizes if one.key not in seen)
    for node in _every_node(proto.graph):
        kept = [entry for entry in node.metadata_props if entry.key != _TAG]
        if len(kept) != len(node.metadata_props):
            del node.metadata_props[:]
            node.metadata_props.extend(kept)
    return Flat(proto, places, unseen, is_changed, _constants(proto.graph), folder)


def _why(one: ResizeNode) -> str:
    for kind in ("Loop", "Scan", "If"):
        if f":{kind}." in one.graph:
            return f"cannot look inside {kind}"
    return "it is not part of the main graph"


def _copied(model: Model, folder: Path) -> onnx.ModelProto:
    """A copy whose large weights lie in ``folder`` where they are many, or lay outside the file anyway."""
    import onnx

    outside = {
        entry.value
        for tensor in model.proto.graph.initializer
        if tensor.data_location == onnx.TensorProto.EXTERNAL
        for entry in tensor.external_data
        if entry.key == "location"
    }
    for location in outside:
        target = folder / location
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(model.folder / location, target)
    proto = onnx.ModelProto()
    if model.path.stat().st_size < _LARGE_MODEL:
        proto.CopyFrom(model.proto)
        return proto
    for name, value in model.proto.ListFields():
        if name.name != "graph":
            _set(proto, name, value)
    for name, value in model.proto.graph.ListFields():
        if name.name != "initializer":
            _set(proto.graph, name, value)
    with open(folder / _WEIGHTS, "wb") as file:
        for tensor in model.proto.graph.initializer:
            if not tensor.HasField("raw_data") or len(tensor.raw_data) < _LARGE_TENSOR:
                proto.graph.initializer.add().CopyFrom(tensor)
                continue
            file.write(b"\0" * (-file.tell() % 4096))
            light = proto.graph.initializer.add(name=tensor.name, data_type=tensor.data_type, dims=tensor.dims)
            light.data_location = onnx.TensorProto.EXTERNAL
            place = {"location": _WEIGHTS, "offset": file.tell(), "length": len(tensor.raw_data)}
            for key, value in place.items():
                light.external_data.add(key=key, value=str(value))
            file.write(tensor.raw_data)
    return proto


def _set(message: object, descriptor: object, value: object) -> None:
    if descriptor.is_repeated:
        getattr(message, descriptor.name).extend(value)
    elif descriptor.message_type is not None:
        getattr(message, descriptor.name).CopyFrom(value)
    else:
        setattr(message, descriptor.name, value)


def _tag(proto: onnx.ModelProto, k: int, one: ResizeNode) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Mark the nodes of a resize; which input and output, ``(node of it, position)``, are those of the resize."""
    scope = scope_of(proto, one.graph)
    nodes = [scope.nodes[index] for index in one.indices]
    for place, node in enumerate(nodes):
        node.metadata_props.add(key=_TAG, value=f"{k}:{place}")
    takes = [(p, i) for p, node in enumerate(nodes) for i, name in enumerate(node.input) if name == one.input]
    makes = [(p, i) for p, node in enumerate(nodes) for i, name in enumerate(node.output) if name == one.output]
    return (takes[0], makes[-1]) if takes and makes else None


def _places(proto: onnx.ModelProto, resizes: tuple[ResizeNode, ...], ports: list) -> Iterator[Place]:
    found: dict[int, list[list[int]]] = {}
    for index, node in enumerate(proto.graph.node):
        for entry in node.metadata_props:
            if entry.key == _TAG:
                k, position = map(int, entry.value.split(":"))
                calls = found.setdefault(k, [])
                if position == 0 or not calls:
                    calls.append([])
                calls[-1].append(index)
    for k, calls in sorted(found.items()):
        for call, nodes in enumerate(calls):
            if ports[k] is None or len(nodes) != len(resizes[k].indices):
                continue
            (p, i), (q, j) = ports[k]
            taken, made = proto.graph.node[nodes[p]].input[i], proto.graph.node[nodes[q]].output[j]
            yield Place(resizes[k], tuple(nodes), taken, made, call)


def _every_node(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in ([attribute.g] if attribute.HasField("g") else []) + list(attribute.graphs):
                yield from _every_node(inner)


def _constants(graph: onnx.GraphProto) -> dict[str, onnx.TensorProto]:
    found = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.domain in ("", "ai.onnx") and node.attribute:
            tensor = _tensor_of(node)
            if tensor is not None:
                found[node.output[0]] = tensor
    same = [(n.output[0], n.input[0]) for n in graph.node if n.op_type == "Identity" and n.domain in ("", "ai.onnx")]
    for made, taken in same:
        if taken in found:
            found[made] = found[taken]
    return found


def _tensor_of(node: onnx.NodeProto) -> onnx.TensorProto | None:
    from onnx import numpy_helper

    one = node.attribute[0]
    if one.name == "value":
        return one.t
    values = {"value_float": (one.f, np.float32), "value_int": (one.i, np.int64)}
    values |= {"value_floats": (list(one.floats), np.float32), "value_ints": (list(one.ints), np.int64)}
    if one.name not in values:
        return None
    value, dtype = values[one.name]
    return numpy_helper.from_array(np.array(value, dtype))


def _inline_branch(graph: onnx.GraphProto) -> bool:
    """Put the branch of one If with a constant condition in its place; whether there was one."""
    from onnx import helper, numpy_helper

    constants = _constants(graph)
    for index, node in enumerate(graph.node):
        if node.op_type != "If" or node.domain not in ("", "ai.onnx") or node.input[0] not in constants:
            continue
        taken = bool(numpy_helper.to_array(constants[node.input[0]]).reshape(-1)[0])
        name = "then_branch" if taken else "else_branch"
        branch = next(one.g for one in node.attribute if one.name == name)
        nodes = list(branch.node)
        pairs = zip(branch.output, node.output, strict=True)
        nodes += [helper.make_node("Identity", [inner.name], [outer]) for inner, outer in pairs]
        graph.initializer.extend(branch.initializer)
        rest = [*graph.node[:index], *nodes, *graph.node[index + 1 :]]
        copies = [type(node).FromString(each.SerializeToString()) for each in rest]
        del graph.node[:]
        graph.node.extend(copies)
        return True
    return False
