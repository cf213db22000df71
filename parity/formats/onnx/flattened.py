"""A flattened copy of an ONNX model in which every resize that can be examined is in the main graph."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from halfpixel.parity.formats.model import Model, ResizeNode
from halfpixel.parity.formats.onnx.graphs import Scope, all_nodes, attributes_of, is_own, scopes
from halfpixel.parity.formats.onnx.static_values import CONSTANT_DTYPES

if TYPE_CHECKING:
    import onnx

_TAG = "halfpixel.resize"
_LARGE_MODEL = 8 << 20
"""Bytes beyond which weights lie in a file that all the copies share: a copy then costs next to nothing."""
_LARGE_TENSOR = 4096
_WEIGHTS = "weights.bin"


class WhyHidden(StrEnum):
    """Why a resize is not in the main graph of the flat model."""

    LOOP = "cannot look inside Loop"
    SCAN = "cannot look inside Scan"
    BRANCH = "in a branch of an If, which may not have run"
    NEVER_RUN = "nothing runs it: the condition of its If is a constant, or its function is not called"
    ELSEWHERE = "it is not part of the main graph"


@dataclass(frozen=True, slots=True, eq=False)
class NodeLocation:
    """Where a resize lies in the flat graph: its nodes, by index, and its input and output tensors.

    ``call`` counts the calls of the function that the resize is in, from 0.
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
class FlatModel:
    """The flat model; ``unseen`` are the keys of resizes that are not in its main graph, with the reason.

    ``is_changed`` says whether anything had to be inlined; ``constants`` are the constant tensors by name.
    """

    proto: onnx.ModelProto
    places: tuple[NodeLocation, ...]
    unseen: tuple[tuple[str, WhyHidden], ...]
    is_changed: bool
    constants: dict[str, onnx.TensorProto] = field(repr=False)
    folder: Path

    def constant(self, name: str) -> np.ndarray | None:
        """The value of a constant tensor, or ``None`` when it is not one."""
        from onnx import numpy_helper

        tensor = self.constants.get(name)
        return None if tensor is None else numpy_helper.to_array(tensor, base_dir=str(self.folder))


def flatten(model: Model, folder: Path) -> FlatModel:
    """The flat copy of an ONNX model, whose copies are to be written to ``folder``.

    Functions are inlined, and so is the branch of an If whose condition is a constant. The resizes in a Loop, a Scan or
    another If are not found.
    """
    proto = copy_of_model(model, folder)
    by_path = {scope.path: scope for scope in scopes(proto)}
    ports = [_tag_nodes(by_path[resize.graph], k, resize) for k, resize in enumerate(model.resizes)]
    is_changed = bool(proto.functions)
    why_hidden = {resize.key: _why_not_visible(by_path[resize.graph]) for resize in model.resizes}
    if proto.functions:
        from onnx import inliner

        proto = inliner.inline_local_functions(proto)
    while _inline_branch(proto.graph):
        is_changed = True
    # What is still in a subgraph may run; what is nowhere any more was in a branch that was not taken.
    left = {entry.value.partition(":")[0] for node in all_nodes(proto.graph) for entry in _tags(node)}
    why_hidden |= {
        resize.key: WhyHidden.NEVER_RUN for k, resize in enumerate(model.resizes) if ports[k] and str(k) not in left
    }
    places = tuple(_locations(proto, model.resizes, ports))
    visible = {place.resize.key for place in places}
    unseen = tuple((key, why) for key, why in why_hidden.items() if key not in visible)
    for node in all_nodes(proto.graph):
        others = [entry for entry in node.metadata_props if entry.key != _TAG]
        if len(others) != len(node.metadata_props):
            del node.metadata_props[:]
            node.metadata_props.extend(others)
    return FlatModel(proto, places, unseen, is_changed, constant_tensors(proto.graph), folder)


def _why_not_visible(scope: Scope) -> WhyHidden:
    """Why the resizes of a graph are not found in the flat one, if they are not."""
    holders = {enclosing.holder for enclosing in scope.enclosing}
    reasons = {"If": WhyHidden.BRANCH, "Loop": WhyHidden.LOOP, "Scan": WhyHidden.SCAN}
    return next((reason for operator, reason in reasons.items() if operator in holders), WhyHidden.ELSEWHERE)


def _tags(node: onnx.NodeProto) -> list[onnx.StringStringEntryProto]:
    return [entry for entry in node.metadata_props if entry.key == _TAG]


def copy_of_model(model: Model, folder: Path) -> onnx.ModelProto:
    """A copy of an ONNX model; weights lie in ``folder`` where they are many, or lay outside the file anyway."""
    import onnx

    source = model.require_proto()
    outside = {
        entry.value
        for tensor in source.graph.initializer
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
        proto.CopyFrom(source)
        return proto
    for name, value in source.ListFields():
        if name.name != "graph":
            _set_field(proto, name, value)
    for name, value in source.graph.ListFields():
        if name.name != "initializer":
            _set_field(proto.graph, name, value)
    with open(folder / _WEIGHTS, "wb") as file:
        for tensor in source.graph.initializer:
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


def _set_field(message: Any, descriptor: Any, value: Any) -> None:
    """Set a field of a protobuf message, by protobuf's description of it."""
    if descriptor.is_repeated:
        getattr(message, descriptor.name).extend(value)
    elif descriptor.message_type is not None:
        getattr(message, descriptor.name).CopyFrom(value)
    else:
        setattr(message, descriptor.name, value)


_Ports = tuple[tuple[int, int], tuple[int, int]]
"""Which input and output, as ``(node of the resize, position)``, are those of the resize."""


def _tag_nodes(scope: Scope, k: int, resize: ResizeNode) -> _Ports | None:
    """Mark the nodes of resize ``k``; ``None`` where its input or output is none of theirs."""
    nodes = [scope.nodes[index] for index in resize.indices]
    for position, node in enumerate(nodes):
        node.metadata_props.add(key=_TAG, value=f"{k}:{position}")
    takes = [(p, i) for p, node in enumerate(nodes) for i, name in enumerate(node.input) if name == resize.input]
    makes = [(p, i) for p, node in enumerate(nodes) for i, name in enumerate(node.output) if name == resize.output]
    return (takes[0], makes[-1]) if takes and makes else None


def _locations(
    proto: onnx.ModelProto, resizes: Sequence[ResizeNode], ports: Sequence[_Ports | None]
) -> Iterator[NodeLocation]:
    """Where the marked nodes have come to lie in the main graph, resize by resize and call by call."""
    by_resize: dict[int, list[list[int]]] = {}
    for index, node in enumerate(proto.graph.node):
        for entry in node.metadata_props:
            if entry.key == _TAG:
                k, position = map(int, entry.value.split(":"))
                calls = by_resize.setdefault(k, [])
                if position == 0 or not calls:
                    calls.append([])
                calls[-1].append(index)
    for k, calls in sorted(by_resize.items()):
        places = ports[k]
        for call, indices in enumerate(calls):
            if places is None or len(indices) != len(resizes[k].indices):
                continue
            (p, i), (q, j) = places
            taken, made = proto.graph.node[indices[p]].input[i], proto.graph.node[indices[q]].output[j]
            yield NodeLocation(resizes[k], tuple(indices), taken, made, call)


def constant_tensors(graph: onnx.GraphProto) -> dict[str, onnx.TensorProto]:
    """The constant tensors of a graph by name: initializers, results of Constant, and what Identity makes of them."""
    constants = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if is_own(node, "Constant") and node.attribute:
            tensor = _constant_tensor(node)
            if tensor is not None:
                constants[node.output[0]] = tensor
    for node in graph.node:
        if is_own(node, "Identity") and node.input[0] in constants:
            constants[node.output[0]] = constants[node.input[0]]
    return constants


def _constant_tensor(node: onnx.NodeProto) -> onnx.TensorProto | None:
    from onnx import numpy_helper

    attribute = node.attribute[0]
    if attribute.name == "value":
        return attribute.t
    value = attributes_of(node).get(attribute.name)
    if attribute.name not in CONSTANT_DTYPES or value is None:
        return None
    return numpy_helper.from_array(np.array(value, CONSTANT_DTYPES[attribute.name]))


def _inline_branch(graph: onnx.GraphProto) -> bool:
    """Put the branch of one If with a constant condition in its place; whether there was one."""
    from onnx import NodeProto, helper, numpy_helper

    constants = constant_tensors(graph)
    for index, node in enumerate(graph.node):
        if not is_own(node, "If") or node.input[0] not in constants:
            continue
        condition = bool(numpy_helper.to_array(constants[node.input[0]]).reshape(-1)[0])
        name = "then_branch" if condition else "else_branch"
        branch = next(attribute.g for attribute in node.attribute if attribute.name == name)
        pairs = zip(branch.output, node.output, strict=True)
        links = [helper.make_node("Identity", [inner.name], [outer]) for inner, outer in pairs]
        graph.initializer.extend(branch.initializer)
        nodes = [*graph.node[:index], *branch.node, *links, *graph.node[index + 1 :]]
        copies = [NodeProto.FromString(node.SerializeToString()) for node in nodes]
        del graph.node[:]
        graph.node.extend(copies)
        return True
    return False
