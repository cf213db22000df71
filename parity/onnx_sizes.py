"""What an ONNX model is fed where an input of its own says how a resize is to be done: scales, sizes, or a region."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from parity.model import Model
from parity.onnx_facts import Facts, Shape
from parity.onnx_graphs import OWN_DOMAINS, attributes_of, scopes
from parity.onnx_shapes import SMALL, infer
from parity.resizes import ResizeNode
from parity.shapes import SPATIAL

if TYPE_CHECKING:
    import onnx

SCALE = 1.618
"""Near the golden ratio. No size below 500 times this is whole: rounded down, it is the same however it is computed."""
_REGION = (0.125, 0.875)
_DTYPES = ("float16", "float32", "float64", "int32", "int64")
_SAME = ("Cast", "Identity", "Squeeze", "Unsqueeze", "Reshape", "Flatten")

WORDS = f"resizes by {SCALE}"


def deciding(model: Model, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Arrays for the inputs that become scales, sizes or regions of resizes; ``shapes`` has those of every input.

    Sizes are :data:`SCALE` times those of what is resized, along all axes but the first two, or those that the node
    names. Inputs are followed through operators that only move numbers; of others nothing is chosen here.
    """
    nodes = [one for one in model.resizes if one.graph == "main" and {"scales", "sizes", "roi"} & one.fed.keys()]
    if model.proto is None or not nodes:
        return {}
    inferred = infer(model.proto, model.folder, shapes)
    facts = Facts(next(scopes(model.proto)), model.folder, inferred.shapes, inferred.dtypes)
    lists = {
        port.name: port.dtype for port in model.inputs if port.dtype in _DTYPES and prod(shapes[port.name]) <= SMALL
    }
    found: dict[str, np.ndarray] = {}
    for node in nodes:
        for role, name in node.fed.items():
            for source, values in _followed(facts, name, dict(enumerate(_wanted(role, node, facts))), lists):
                array = found.setdefault(source, np.ones(shapes[source], lists[source]))
                for place, value in values.items():
                    if place < array.size:
                        array.flat[place] = value
    return found


def _wanted(role: str, node: ResizeNode, facts: Facts) -> list[float]:
    shape: Shape = facts.shape(node.input) or ()
    rank = node.rank or len(shape)
    if not rank:
        return []
    axes = [int(axis) % rank for axis in node.attributes.get("axes") or range(rank)]
    is_resized = [bool(node.attributes.get("axes")) or axis >= 2 or rank <= 2 for axis in axes]
    if role == "scales":
        return [SCALE if yes else 1.0 for yes in is_resized]
    if role == "sizes":
        lengths = [shape[axis] if axis < len(shape) else "?" for axis in axes]
        known = [
            one if isinstance(one, int) else SPATIAL[k % 2] if is_resized[k] else 1 for k, one in enumerate(lengths)
        ]
        return [int(one * SCALE) if yes else one for one, yes in zip(known, is_resized, strict=True)]
    if role == "roi":
        return [_REGION[end] if yes else float(end) for end in (0, 1) for yes in is_resized]
    return []


def _followed(
    facts: Facts, name: str, wanted: Mapping[int, float], lists: Collection[str]
) -> Iterator[tuple[str, Mapping[int, float]]]:
    """The inputs among ``lists``, with the elements of them that become the wanted elements of a tensor."""
    waiting = [(name, wanted)]
    while waiting:
        name, wanted = waiting.pop()
        index = facts.scope.producers.get(name)
        if not wanted:
            continue
        if name in lists:
            yield name, wanted
        elif index is not None and facts.scope.nodes[index].domain in OWN_DOMAINS:
            waiting += _sources(facts, facts.scope.nodes[index], wanted)


def _sources(facts: Facts, node: onnx.NodeProto, wanted: Mapping[int, float]) -> list[tuple[str, dict[int, float]]]:
    """What a node takes, with the elements of it that become the wanted elements of a list that it makes."""
    if node.op_type in _SAME:
        return [(node.input[0], dict(wanted))]
    if node.op_type == "Concat":
        found, start = [], 0
        for source in node.input:
            shape = facts.shape(source) or ("?",)
            if len(shape) != 1 or not isinstance(shape[0], int):
                break
            found.append((source, {at - start: value for at, value in wanted.items() if 0 <= at - start < shape[0]}))
            start += shape[0]
        return found
    if node.op_type == "Gather" and not attributes_of(node).get("axis"):
        places = facts.constant(node.input[1])
        if places is not None:
            by_place = dict(enumerate(places.reshape(-1).tolist()))
            return [(node.input[0], {by_place[at]: value for at, value in wanted.items() if by_place.get(at, -1) >= 0})]
    if node.op_type == "Slice" and len(node.input) >= 3:
        start, step = (facts.constant(node.input[k]) if len(node.input) > k else np.ones(1) for k in (1, 4))
        if start is not None and step is not None and start.size == step.size == 1:
            places = {at: int(start.item() + at * step.item()) for at in wanted}
            return [(node.input[0], {places[at]: value for at, value in wanted.items() if places[at] >= 0})]
    return []
