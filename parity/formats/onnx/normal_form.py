"""An equivalent of an ONNX model that is easier to read: nodes in order, and functions without open attributes."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from halfpixel.parity.formats.model import BadModel, Fault
from halfpixel.parity.formats.onnx.graphs import all_nodes, subgraphs

if TYPE_CHECKING:
    import onnx

_MAX_FUNCTIONS = 1000
"""Functions that are made; those of exporters are called with a handful of attributes."""


def inputs_read(node: onnx.NodeProto) -> Iterator[str]:
    """Names that a node reads of its own scope: its inputs, and those that the graphs it holds take from outside."""
    yield from node.input
    for _, graph in subgraphs(node):
        made = {tensor.name for tensor in (*graph.input, *graph.initializer)}
        made |= {name for inner in graph.node for name in inner.output}
        for inner in graph.node:
            yield from (name for name in inputs_read(inner) if name not in made)


def sort_nodes(proto: onnx.ModelProto) -> list[Fault]:
    """Put the nodes of every graph and function in an order in which they can be run; the fault, where they were not.

    A graph that has no such order stays as it is.
    """
    unsorted = []
    bodies = [("main", proto.graph), *((f"function {body.name}", body) for body in proto.functions)]
    for path, body in bodies:
        inner = [graph for node in all_nodes(body) for _, graph in subgraphs(node)]
        # A list first: the graphs that a node holds are other objects once the node is moved.
        changed = [_sort_body(graph) for graph in reversed(inner)]
        if _sort_body(body) or any(changed):
            unsorted.append(path)
    if not unsorted:
        return []
    text = "its nodes are not in the order in which they are run, as the specification wants them"
    advice = "the nodes sorted, as their keys here count them"
    return [Fault(unsorted[0], text, advice, "onnxruntime and openvino run such a file, onnx-reference refuses it")]


def _sort_body(body: onnx.GraphProto | onnx.FunctionProto) -> bool:
    """Sort one list of nodes, each as early as it stands; whether that changed anything."""
    from onnx import NodeProto

    producers = {name: index for index, node in enumerate(body.node) for name in node.output if name}
    needs = [{producers[name] for name in inputs_read(node) if name in producers} for node in body.node]
    if all(max(sources, default=-1) < index for index, sources in enumerate(needs)):
        return False
    readers: dict[int, list[int]] = {}
    for index, sources in enumerate(needs):
        for source in sources:
            readers.setdefault(source, []).append(index)
    missing = [len(sources) for sources in needs]
    ready = [index for index, count in enumerate(missing) if not count]
    order = []
    while ready:
        index = heapq.heappop(ready)
        order.append(index)
        for reader in readers.get(index, []):
            missing[reader] -= 1
            if not missing[reader]:
                heapq.heappush(ready, reader)
    if len(order) != len(needs):
        return False
    nodes = [NodeProto.FromString(body.node[index].SerializeToString()) for index in order]
    del body.node[:]
    body.node.extend(nodes)
    return True


_FunctionKey = tuple[str, str, str]
"""Domain, name and overload."""


def bind_attributes(proto: onnx.ModelProto, path: Path) -> None:
    """Give every function the attributes that it is called with; one that is called with several becomes several.

    The body of a function may name an attribute of its caller (``ref_attr_name``), which decides what the node does.
    No function may call itself. Raises ``BadModel`` for too many. Source: https://onnx.ai/onnx/repo-docs/IR.html.
    """
    bodies = {(body.domain, body.name, body.overload): body for body in proto.functions}
    if not any(body.attribute or body.attribute_proto for body in bodies.values()):
        return
    bound: dict[_FunctionKey, dict[bytes, onnx.FunctionProto]] = {}
    calls: dict[int, list[onnx.NodeProto]] = {}
    waiting, count = deque(all_nodes(proto.graph)), 0
    while waiting:
        call = waiting.popleft()
        key = (call.domain, call.op_type, call.overload)
        if key not in bodies:
            continue
        given = {attribute.name: attribute for attribute in (*bodies[key].attribute_proto, *call.attribute)}
        binding = b"".join(given[name].SerializeToString(deterministic=True) for name in sorted(given))
        if binding not in bound.setdefault(key, {}):
            count += 1
            if count > _MAX_FUNCTIONS:
                raise BadModel(f"{path}: functions are called with more than {_MAX_FUNCTIONS} sets of attributes")
            bound[key][binding] = _with_attributes(bodies[key], given)
            waiting.extend(all_nodes(bound[key][binding]))
        calls.setdefault(id(bound[key][binding]), []).append(call)
    unused = [body for key, body in bodies.items() if key not in bound]
    made = [(key, body) for key, by_binding in bound.items() for body in by_binding.values()]
    taken = set(bodies)
    for number, (key, body) in enumerate(made):
        if len(bound[key]) > 1:
            name = f"{body.name}[{body.doc_string}]"
            body.name = name if (key[0], name, key[2]) not in taken else f"{name}#{number}"
            taken.add((key[0], body.name, key[2]))
        body.doc_string = ""
        for call in calls[id(body)]:
            call.op_type = body.name
            del call.attribute[:]
    copies = [*(body for _, body in made), *map(_copied, unused)]
    del proto.functions[:]
    proto.functions.extend(copies)


def _copied(body: onnx.FunctionProto) -> onnx.FunctionProto:
    from onnx import FunctionProto

    return FunctionProto.FromString(body.SerializeToString())


def _with_attributes(body: onnx.FunctionProto, given: Mapping[str, onnx.AttributeProto]) -> onnx.FunctionProto:
    """A copy whose nodes have these attributes where they name them, and none where they are not given.

    Its description says in words what was given.
    """
    copy = _copied(body)
    for node in all_nodes(copy):
        kept = []
        for attribute in node.attribute:
            value = given.get(attribute.ref_attr_name) if attribute.ref_attr_name else attribute
            if value is not None:
                own = type(attribute).FromString(value.SerializeToString())
                own.name = attribute.name
                kept.append(own)
        del node.attribute[:]
        node.attribute.extend(kept)
    del copy.attribute[:], copy.attribute_proto[:]
    copy.doc_string = ", ".join(f"{name}={_value_text(given[name])}" for name in sorted(given))[:40]
    return copy


def _value_text(attribute: onnx.AttributeProto) -> str:
    from onnx import helper

    value = helper.get_attribute_value(attribute)
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
