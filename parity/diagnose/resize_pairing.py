"""Pair the resizes of a model with those of its original: by what they read, what they make, and what reads that.

Neither the order in the file nor the size is evidence: exporters and optimisers reorder, and the sizes of a network
recur.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from halfpixel.parity.diagnose.model_under_test import ModelUnderTest, OnnxModelUnderTest
from halfpixel.parity.diagnose.output_comparison import match_layout
from halfpixel.parity.formats.model import FlowNode
from halfpixel.parity.formats.onnx.flattened import NodeLocation
from halfpixel.parity.formats.onnx.graphs import OWN_DOMAINS

if TYPE_CHECKING:
    import onnx

_SAME = 1 / 8
"""The RMS difference, as a part of the standard deviation, up to which two tensors are one tensor in two models.

That is a signal-to-noise ratio of 18 dB, which the activations of networks of eight bits keep. Two unrelated tensors
are at 1 or more: the sum of two variances under one.
"""
_RATIO, _FLOORS = 4.0, {"float32": 1e-4, "float64": 1e-4, "float16": 2.0**-9}
"""A difference that is no more than this multiple of another, or than the roundings of a type in a deep network, is
not told from it. A resize passes on the error of its input with a gain below 4 (two axes of a cubic: 1.9)."""
_FLOOR_OF_8_BITS = 1 / 32
_SAMPLES = 4096
_PASSED_THROUGH = ("identity", "cast", "transpose", "quantizelinear", "dequantizelinear")
"""Operators that converters and optimisers put behind a tensor, or take away."""


class Evidence(StrEnum):
    """Why two resizes are one in two models, the strongest first."""

    VALUES = "the same input and output"
    INPUT = "the same input, and no other resize of it"
    DATA_FLOW = "the same input, and the same nodes read the result"
    NAME = "the same input and name"
    LIKENESS = "a similar input of the same shape"

    @property
    def is_proof(self) -> bool:
        """Whether a file may be changed by it."""
        return self not in (Evidence.NAME, Evidence.LIKENESS)


@dataclass(frozen=True, slots=True)
class ResizePair:
    """A resize of the model with its counterpart in the original."""

    place: NodeLocation
    original: NodeLocation
    evidence: Evidence


@dataclass(frozen=True, slots=True, eq=False)
class PlacedResize:
    """A resize with its input and output in one run, the model outputs that depend on it, and what reads it directly.

    ``outputs`` has a bit for each, ``readers`` the operators with the position of the input; both are empty where the
    nodes of a file are not read.
    """

    place: NodeLocation
    x: np.ndarray
    y: np.ndarray
    outputs: int
    readers: frozenset[tuple[str, int]]


def placed_resizes(
    subject: ModelUnderTest,
    places: Iterable[NodeLocation],
    activations: Mapping[str, np.ndarray],
    outputs: Sequence[str],
) -> list[PlacedResize]:
    """The resizes of which input and output are known in a run.

    ``outputs`` are the names of the model's outputs, in the order that they have in both models.
    """
    nodes: Iterable[FlowNode] = subject.model.flow
    if isinstance(subject, OnnxModelUnderTest):
        nodes = map(_flow_node, subject.flat.proto.graph.node)
    flow = _DataFlow(nodes, outputs)
    placed = []
    for place in places:
        x, y = subject.value(place.input, activations), subject.value(place.output, activations)
        if x is not None and y is not None:
            placed.append(PlacedResize(place, x, y, flow.outputs(place.output), flow.readers(place.output)))
    return placed


def _flow_node(node: onnx.NodeProto) -> FlowNode:
    name = node.op_type if node.domain in OWN_DOMAINS else f"{node.domain}::{node.op_type}"
    return FlowNode(name.lower(), tuple(node.input), tuple(node.output))


class _DataFlow:
    """Which nodes and model outputs a tensor of the main graph gets to; none where the nodes are not known."""

    def __init__(self, nodes: Iterable[FlowNode], outputs: Sequence[str]) -> None:
        listed = list(nodes)
        self._reached = {name: 1 << k for k, name in enumerate(outputs)} if listed else {}
        self._readers: dict[str, list[tuple[FlowNode, int]]] = {}
        for node in reversed(listed):
            reached = 0
            for name in node.outputs:
                reached |= self._reached.get(name, 0)
            for position, name in enumerate(node.inputs):
                self._reached[name] = self._reached.get(name, 0) | reached
                self._readers.setdefault(name, []).append((node, position))

    def outputs(self, name: str) -> int:
        """The model outputs that depend on a tensor, one bit each."""
        return self._reached.get(name, 0)

    def readers(self, name: str) -> frozenset[tuple[str, int]]:
        """The operators that read a tensor, with the position of the input."""
        found, waiting, seen = set(), [name], {name}
        while waiting:
            for node, position in self._readers.get(waiting.pop(), []):
                if node.operator in _PASSED_THROUGH:
                    waiting += [output for output in node.outputs if output not in seen]
                    seen.update(node.outputs)
                else:
                    found.add((node.operator, position))
        return frozenset(found)


def pair_by_values(
    own: Sequence[PlacedResize], original: Sequence[PlacedResize]
) -> tuple[list[ResizePair], dict[NodeLocation, str]]:
    """The pairs that read the same tensor, and of those that cannot be told apart, the reason, by place of the model.

    Several resizes of one tensor are told apart by what they make, then by what reads it, then by their names. Resizes
    that make the same from the same, and are as many in both models, are interchangeable.
    """
    pairs: list[ResizePair] = []
    ambiguous: dict[NodeLocation, str] = {}
    for ours, theirs in _readers_of_one_tensor(own, original):
        pairs += _pair_readers(ours, theirs)
        if ours and theirs:
            names = ", ".join(other.place.key for other in theirs[:4])
            reason = f"its input is that of several resizes, and nothing tells which of them it is: {names}"
            ambiguous |= {one.place: reason for one in ours}
    return pairs, ambiguous


def _readers_of_one_tensor(
    own: Sequence[PlacedResize], original: Sequence[PlacedResize]
) -> list[tuple[list[PlacedResize], list[PlacedResize]]]:
    """Resizes of both models by the tensor that they read, where both models have some."""
    distances = {(a, b): distance for a in own for b in original if (distance := _distance(b.x, a.x)) <= _SAME}
    nearest: dict[PlacedResize, float] = {}
    for pair, distance in distances.items():
        for resize in pair:
            nearest[resize] = min(nearest.get(resize, distance), distance)
    groups: list[tuple[list[PlacedResize], list[PlacedResize]]] = []
    for (a, b), distance in distances.items():
        if not all(_is_as_near(distance, nearest[resize], _floor(a, b)) for resize in (a, b)):
            continue
        joined = [group for group in groups if a in group[0] or b in group[1]]
        for group in joined:
            groups.remove(group)
        sides = [dict.fromkeys(resize for group in joined for resize in group[side]) for side in (0, 1)]
        groups.append((list(sides[0] | {a: None}), list(sides[1] | {b: None})))
    return groups


def _pair_readers(ours: list[PlacedResize], theirs: list[PlacedResize]) -> list[ResizePair]:
    """Pairs among the resizes of one tensor, the surest first; those are taken out of the two lists."""
    pairs = []
    while ours and theirs:
        scores = {(a, b): _score(a, b) for a, b in product(ours, theirs)}
        best = max(scores.values())
        chosen = [pair for pair, score in scores.items() if score == best]
        left, right = ({pair[side].place for pair in chosen} for side in (0, 1))
        is_alike = best.makes_same and len(left) == len(right) and len(chosen) == len(left) * len(right)
        if is_alike:
            chosen = chosen[:: len(right) + 1]
        elif len(chosen) != len(left) or len(chosen) != len(right):
            break
        evidence = best.evidence(is_only=len(ours) == len(theirs) == 1)
        for a, b in chosen:
            pairs.append(ResizePair(a.place, b.place, evidence))
            ours.remove(a)
            theirs.remove(b)
    return pairs


class _Score(NamedTuple):
    """How much two resizes of one tensor have in common, in the order in which it counts."""

    makes_same: bool
    has_same_shape: bool
    flow: int
    has_same_name: bool

    def evidence(self, is_only: bool) -> Evidence:
        if self.makes_same:
            return Evidence.VALUES
        if is_only or (self.has_same_shape and not self.flow and not self.has_same_name):
            return Evidence.INPUT
        return Evidence.DATA_FLOW if self.flow else Evidence.NAME


def _score(a: PlacedResize, b: PlacedResize) -> _Score:
    y = match_layout(a.y, b.y)
    makes_same = y is not None and _is_as_near(_distance(b.y, a.y), _distance(b.x, a.x), _floor(a, b))
    return _Score(makes_same, y is not None, _common_flow(a, b), _have_same_name(a, b))


def _common_flow(a: PlacedResize, b: PlacedResize) -> int:
    """How many of two agree, the outputs that depend on them and what reads them; 0 where a graph is not read."""
    if not (a.outputs and b.outputs):
        return 0
    return int(a.outputs == b.outputs) + int(a.readers == b.readers)


def _have_same_name(a: PlacedResize, b: PlacedResize) -> bool:
    first, second = a.place.resize, b.place.resize
    return a.place.call == b.place.call and (
        bool(first.name and first.name == second.name) or first.output == second.output
    )


def pair_by_likeness(own: Sequence[PlacedResize], original: Sequence[PlacedResize]) -> list[ResizePair]:
    """Pairs of resizes that read different values, as where an earlier node differs: of the same shapes and name, the
    same readers, or else the most similar input, clearly so.
    """
    pairs: list[ResizePair] = []
    ours, theirs = list(own), list(original)
    scores = {
        (a, b): (_have_same_name(a, b), _common_flow(a, b), -_distance(b.x, a.x))
        for a, b in product(ours, theirs)
        if match_layout(a.x, b.x) is not None and match_layout(a.y, b.y) is not None
    }
    while scores:
        pair = max(scores, key=lambda key: scores[key])
        best = scores.pop(pair)
        rivals = [score for key, score in scores.items() if key[0] is pair[0] or key[1] is pair[1]]
        if all(score[:2] < best[:2] or 2 * best[2] > score[2] for score in rivals):
            pairs.append(ResizePair(pair[0].place, pair[1].place, Evidence.LIKENESS))
        # Where it is not clear, none of those that it may be is paired.
        scores = {key: score for key, score in scores.items() if key[0] is not pair[0] and key[1] is not pair[1]}
    return pairs


def _is_as_near(distance: float, other: float, floor: float) -> bool:
    return distance <= max(_RATIO * other, floor)


def _floor(a: PlacedResize, b: PlacedResize) -> float:
    return max(_FLOORS.get(str(resize.y.dtype), _FLOOR_OF_8_BITS) for resize in (a, b))


def _distance(expected: np.ndarray, got: np.ndarray) -> float:
    """RMS difference over the standard deviation of ``expected``, at up to 4096 places; infinite for other shapes.

    Integers are compared with floats but for the scale and zero point of a quantisation.
    """
    fitted = match_layout(expected, got)
    if fitted is None or not expected.size:
        return float("inf")
    places: tuple[np.ndarray, ...] = ()
    if expected.ndim:
        chosen = np.random.default_rng(0).integers(0, expected.size, min(expected.size, _SAMPLES))
        places = np.unravel_index(chosen, expected.shape)
    with np.errstate(all="ignore"):
        a, b = (np.nan_to_num(np.asarray(part[places], np.float64)) for part in (expected, fitted))
        if (expected.dtype.kind in "iu") != (fitted.dtype.kind in "iu") and b.std():
            b = (b - b.mean()) / b.std() * a.std() + a.mean()
        difference, spread = float(np.sqrt(np.mean((a - b) ** 2))), float(a.std())
    return difference / spread if spread else (0.0 if difference == 0 else float("inf"))
