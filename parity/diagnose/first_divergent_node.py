"""Find the first node other than a resize whose isolated result differs between runtimes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from halfpixel.golden.vocabulary import Verdict
from halfpixel.parity.diagnose.model_inputs import perturbed
from halfpixel.parity.diagnose.model_under_test import ModelUnderTest, OnnxModelUnderTest
from halfpixel.parity.diagnose.output_comparison import worst_difference
from halfpixel.parity.diagnose.results import DivergentNode, RunStatus
from halfpixel.parity.formats.onnx import edits
from halfpixel.parity.runtimes.registry import Runtime

if TYPE_CHECKING:
    import onnx

_GROUP_SIZE = 32
"""Nodes that are run together: the tensors of so many are kept at a time."""

_SKIPPED_OPERATORS = {"Constant", "ConstantOfShape", "Identity", "Shape", "Size", "Dropout", "NonZero", "Multinomial"}
_RANDOM_OPERATORS = ("Random", "Bernoulli")
"""Random results differ from run to run."""


class _NodeResult(NamedTuple):
    """The outputs of one node, alone, and its outputs for perturbed inputs."""

    outputs: list[np.ndarray]
    perturbed: list[np.ndarray]


Results = Mapping[Runtime, Mapping[int, _NodeResult]]
"""Results of nodes by their index in the flat graph."""


@dataclass(frozen=True, slots=True)
class _Search:
    """The model, the runtime whose tensors all nodes are fed, and the runtimes to compare."""

    subject: OnnxModelUnderTest
    base: Runtime
    runtimes: Sequence[Runtime]

    def node(self, index: int) -> onnx.NodeProto:
        return self.subject.flat.proto.graph.node[index]


def first_divergent_nodes(
    subject: ModelUnderTest,
    base: Runtime,
    runtimes: Sequence[Runtime],
    suspects: Sequence[Runtime],
    outputs: Sequence[str],
) -> tuple[DivergentNode, ...]:
    """For each suspect the first node, in topological order, whose own error is more than rounding explains.

    Only nodes on which ``outputs`` depend are run, and no resizes, which were compared already. Each is run alone on
    every one of ``runtimes``, fed the tensors of ``base``, so that nothing is inherited. A suspect without such a node
    gets a result with an empty key: it then differs only in what it makes of several nodes at once.
    """
    if not isinstance(subject, OnnxModelUnderTest):
        return tuple(_not_found(suspect, base, "only ONNX files are cut into single nodes") for suspect in suspects)
    search = _Search(subject, base, runtimes)
    found: dict[Runtime, DivergentNode] = {}
    refused: dict[Runtime, int] = dict.fromkeys(suspects, 0)
    count = 0
    candidates = list(_candidate_nodes(subject, outputs))
    for start in range(0, len(candidates), _GROUP_SIZE):
        group = candidates[start : start + _GROUP_SIZE]
        values = _activations(search, group)
        known = [index for index in group if _is_known(search, index, values)]
        count += len(known)
        results = _run_isolated(search, known, values) if known else {}
        for suspect in [runtime for runtime in suspects if runtime not in found]:
            for index in known:
                if index not in results.get(suspect, {}) or index not in results.get(base, {}):
                    refused[suspect] += 1
                    continue
                divergent = _compare_node(search, index, suspect, results, values)
                if divergent is not None:
                    found[suspect] = divergent
                    break
        if len(found) == len(suspects):
            break
    return tuple(
        found.get(suspect) or _none_found(suspect, base, count - refused[suspect], len(candidates))
        for suspect in suspects
    )


def _not_found(suspect: Runtime, base: Runtime, message: str) -> DivergentNode:
    return DivergentNode("", "", suspect.name, base.name, Verdict.UNSUPPORTED, message=message)


def _none_found(suspect: Runtime, base: Runtime, compared: int, candidates: int) -> DivergentNode:
    if not compared:
        text = "no node that is no resize could be run alone" if candidates else "there is none but resizes"
        return _not_found(suspect, base, text)
    text = f"alone, each of the {compared} nodes that could be asked does the same as on {base.name}"
    if compared < candidates:
        text += f"; {candidates - compared} could not be run alone"
    else:
        text += ": it is what the runtime makes of several at once"
    return _not_found(suspect, base, text)


def _candidate_nodes(subject: OnnxModelUnderTest, outputs: Sequence[str]) -> Iterator[int]:
    """Indices of the nodes on which these outputs depend, in order."""
    nodes = subject.flat.proto.graph.node
    resizes = {index for place in subject.locations for index in place.nodes}
    needed, candidates = set(outputs), []
    for index in reversed(range(len(nodes))):
        node = nodes[index]
        if not needed.intersection(node.output):
            continue
        needed.update(name for name in node.input if name)
        is_skipped = node.op_type in _SKIPPED_OPERATORS or node.op_type.startswith(_RANDOM_OPERATORS)
        has_graph = any(attribute.HasField("g") or attribute.graphs for attribute in node.attribute)
        is_constant = all(not name or subject.flat.constants.get(name) is not None for name in node.input)
        if index not in resizes and not (is_skipped or has_graph or is_constant):
            candidates.append(index)
    return reversed(candidates)


def _activations(search: _Search, group: Sequence[int]) -> Mapping[str, np.ndarray]:
    """Inputs and outputs of these nodes in the run of the whole model on the base runtime; empty where not shown."""
    subject = search.subject
    nodes = [search.node(index) for index in group]
    names = dict.fromkeys(name for node in nodes for name in (*node.input, *node.output) if name)
    unknown = [name for name in names if name not in subject.feeds and name not in subject.flat.constants]
    try:
        result = subject.run_with_outputs([search.base], unknown)[search.base]
    except edits.TooLarge:
        return {}
    return result.arrays() if result.status is RunStatus.RAN else {}


def _is_known(search: _Search, index: int, values: Mapping[str, np.ndarray]) -> bool:
    node = search.node(index)
    has_inputs = all(search.subject.value(name, values) is not None for name in node.input if name)
    return has_inputs and any(name in values for name in node.output)


def _run_isolated(search: _Search, group: Sequence[int], values: Mapping[str, np.ndarray]) -> Results:
    """The results of each node alone; a group that a runtime refuses is bisected."""
    session = search.subject.session
    results: dict[Runtime, dict[int, _NodeResult]] = {runtime: {} for runtime in search.runtimes}
    waiting: list[tuple[list[Runtime], list[int]]] = [(list(search.runtimes), list(group))]
    while waiting:
        runtimes, part = waiting.pop()
        proto, feeds = _extract(search, part, values)
        path = edits.write_model(proto, session.new_path(".onnx"))
        files = [session.save_feeds(arrays) for arrays in (feeds, perturbed(feeds))]
        names = edits.outputs_of(proto)
        again = []
        for runtime, result in session.run_model(runtimes, path, tuple(feeds), names, files).items():
            if result.status is RunStatus.RAN:
                plain, moved = result.arrays(0), result.arrays(1)
                for index in part:
                    own = [name for name in names if name.startswith(f"y{index}_")]
                    if all(name in plain and name in moved for name in own):
                        results[runtime][index] = _NodeResult([plain[n] for n in own], [moved[n] for n in own])
            elif len(part) > 1:
                again.append(runtime)
        if again:
            half = len(part) // 2
            waiting += [(again, part[:half]), (again, part[half:])]
    return results


def _extract(
    search: _Search, group: Sequence[int], values: Mapping[str, np.ndarray]
) -> tuple[onnx.ModelProto, dict[str, np.ndarray]]:
    """These nodes in one model, none connected to another, and the feeds of its inputs.

    Constants stay constants. So do lists of whole numbers after a node's first input, which are shapes and axes: some
    runtimes need those when they load the model.
    """
    from onnx import NodeProto, numpy_helper

    flat = search.subject.flat
    nodes, constants, feeds = [], [], {}
    outputs: dict[str, np.ndarray] = {}
    for index in group:
        own = search.node(index)
        copy = NodeProto.FromString(own.SerializeToString())
        copy.name = f"n{index}"
        del copy.input[:], copy.output[:]
        names: dict[str, str] = {"": ""}
        for k, name in enumerate(own.input):
            if name not in names:
                names[name] = f"x{index}_{k}"
                array = np.asarray(search.subject.value(name, values))
                is_list = k > 0 and array.dtype.kind in "iub" and array.ndim <= 1
                if flat.constants.get(name) is not None or is_list:
                    constants.append(numpy_helper.from_array(np.ascontiguousarray(array), names[name]))
                else:
                    feeds[names[name]] = array
            copy.input.append(names[name])
        for k, name in enumerate(own.output):
            if name in values:
                outputs[f"y{index}_{k}"] = values[name]
            copy.output.append(f"y{index}_{k}" if name in values else "")
        nodes.append(copy)
    inputs, results = ([edits.port_like(name, x) for name, x in arrays.items()] for arrays in (feeds, outputs))
    return edits.model_of_nodes(flat, nodes, inputs, results, constants), feeds


def bound(node: onnx.NodeProto, shapes: Sequence[tuple[int, ...]], output: np.ndarray, moved: np.ndarray) -> float:
    """How much of the difference of two outputs of one node rounding explains.

    ``moved`` is its output for the same inputs with each float moved to the next one, by one rounding: the change is
    the effect of a rounding of one term. Sums of ``terms`` round as often, independently, in an order that each runtime
    chooses, which adds as the root; 16 more are for functions that are approximated. Whole numbers: none.
    """
    if output.dtype.kind != "f":
        return 0.0
    with np.errstate(invalid="ignore"):
        change = np.nan_to_num(np.abs(np.asarray(moved, np.float64) - output), nan=0.0, posinf=0.0)
    finite = output[np.isfinite(output)]
    least = float(np.finfo(output.dtype).eps) * float(np.abs(finite).max(initial=0.0))
    return (16 + math.sqrt(_terms(node, shapes))) * max(float(change.max(initial=0.0)), least)


def _terms(node: onnx.NodeProto, shapes: Sequence[tuple[int, ...]]) -> int:
    """How many products or values one value of the output is the sum of, at most."""
    if node.op_type in ("Conv", "ConvTranspose") and len(shapes) > 1 and shapes[1]:
        channels = shapes[1][1 if node.op_type == "ConvTranspose" else 0]
        return max(1, math.prod(shapes[1]) // max(1, channels))
    if node.op_type in ("MatMul", "Gemm") and shapes and shapes[0]:
        return max(1, *shapes[0][-2:])
    return max((math.prod(shape) // max(1, shape[0]) for shape in shapes if shape), default=1)


def _compare_node(
    search: _Search, index: int, suspect: Runtime, results: Results, values: Mapping[str, np.ndarray]
) -> DivergentNode | None:
    """The node on ``suspect`` against the base runtime; ``None`` where the results are the same."""
    node, base = search.node(index), search.base
    inputs = [search.subject.value(name, values) for name in node.input if name]
    shapes = [x.shape for x in inputs if x is not None]
    expected, moved = results[base][index]
    where = "inlined" if search.subject.flat.is_changed else "main"
    key = f"{where}/{index}:{node.op_type}"
    divergent = DivergentNode(key, node.name, suspect.name, base.name, Verdict.ERROR, math.inf)
    own = allowed = 0.0
    for y, base_y, moved_y in zip(results[suspect][index].outputs, expected, moved, strict=True):
        if y.shape != base_y.shape:
            text = f"alone, it makes shape {y.shape}, where {base.name} makes {base_y.shape}"
            return replace(divergent, explanation=text)
        worst, limit = worst_difference(base_y, y)[0], bound(node, shapes, base_y, moved_y)
        if worst > limit and worst - limit >= own - allowed:
            own, allowed = worst, limit
    if own <= allowed:
        return None
    agreeing = [
        runtime.name
        for runtime in results
        if runtime not in (suspect, base) and _is_same(node, shapes, results[runtime].get(index), expected, moved)
    ]
    others = f", as {' and '.join(agreeing)} do" if agreeing else ""
    text = f"alone, on the same input, it does not make what {base.name} makes{others}"
    verdict = Verdict.ERROR if math.isinf(own) else Verdict.DIVERGES
    return replace(divergent, verdict=verdict, own=own, bound=allowed, explanation=text)


def _is_same(
    node: onnx.NodeProto,
    shapes: Sequence[tuple[int, ...]],
    result: _NodeResult | None,
    expected: Sequence[np.ndarray],
    moved: Sequence[np.ndarray],
) -> bool:
    if result is None:
        return False
    return all(
        y.shape == base_y.shape
        and np.allclose(y, base_y, rtol=0, atol=bound(node, shapes, base_y, moved_y), equal_nan=True)
        for y, base_y, moved_y in zip(result.outputs, expected, moved, strict=True)
    )
