"""What the export matrix asks: which calls, at which shapes and scales, and which runtimes of what is exported."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from adapters import Operation
from adapters.scaled import ScaledOperation
from parity.exporters import DYNAMIC, FIXED, Exporter
from parity.exporters.source import Asked, found
from parity.runtimes import OWN_FILES, Runtime, named
from probe.paths.cases import RANDOM, Case
from probe.reference import accepts
from probe.sizes import Pair

SHAPES: tuple[tuple[Pair, Pair], ...] = (((5, 7), (8, 4)), ((3, 4), (6, 8)), ((4, 6), (2, 3)))
"""(height, width) of input and output: up and down by no whole factor, doubled, halved."""

SCALES: tuple[tuple[float, float], ...] = ((1.6, 0.6), (2, 2))
"""What calls by scale are given: float32 rounds both of the first, and the sizes that come of it are not their product;
the second for calls that take whole factors alone."""

IMAGES = max(height * width for (height, width), _ in SHAPES) + 1
_READS = {
    "onnx": ("onnxruntime", "opencv-dnn", "onnx-reference", "openvino"),
    "tflite": ("litert", "litert-reference", "openvino", "opencv-dnn"),
    "openvino": ("openvino",),
    "saved_model": ("tensorflow", "openvino"),
}
"""Runtimes by the kind of file; those that convert it first, for seconds each time, are not asked."""
_DEAR = {"onnx-reference": (FIXED, 18)}
"""Runtimes that take seconds for what others do in milliseconds, and the one kind of cell that they are asked in."""


def shapes_of(asked: Asked, dynamic: bool) -> tuple[tuple[Pair, Pair], ...]:
    """The shapes at which a call is exported and run; of fixed ones the first that it is defined for."""
    if isinstance(asked, Operation):
        defined = tuple(shape for shape in SHAPES if accepts(asked, *shape))
    else:
        defined = SHAPES if scales_of(asked) is not None else ()
    return defined if dynamic else defined[:1]


def scales_of(asked: Asked) -> tuple[float, float] | None:
    """What a call by scale is given; ``None`` for one by size, or one that takes none of :data:`SCALES`."""
    if not isinstance(asked, ScaledOperation):
        return None
    for scales in SCALES:
        lengths = [side for shape, _ in SHAPES for side in zip(shape, scales, strict=True)]
        if asked.scale_dtype == "integer" and not all(isinstance(one, int) for one in scales):
            continue
        if not asked.policy and all(asked.accepts(*each) for each in lengths):
            return scales
    return None


def runtimes_of(exporter: Exporter, shapes: str, opset: int) -> tuple[Runtime, ...]:
    """Every runtime that reads what is exported so, installed or not."""
    own = OWN_FILES.get(exporter.kind)
    reads = [named(name) for name in exporter.reads or _READS[exporter.kind]] if own is None else [own]
    return tuple(
        one
        for one in reads
        if not (shapes == DYNAMIC and one.needs_shapes) and _DEAR.get(one.name, (shapes, opset)) == (shapes, opset)
    )


def asked_of(exporter: Exporter) -> list[Asked]:
    """The calls that an exporter is asked for."""
    chosen, promised = [], set()
    for asked in found(exporter.source).values():
        if exporter.is_dear and isinstance(asked, ScaledOperation):
            promise = (asked.claim, asked.scale_source, asked.size_rule)
            if promise in promised:
                continue
            promised.add(promise)
        chosen.append(asked)
    return chosen


def mixed(size_in: Pair, size_out: Pair) -> Case:
    """One image of values in [-1, 1]: whether the whole is linear is seen where pixels of both signs meet."""
    return Case(RANDOM, size_in, size_out, 1, 1)


def images(size_in: Pair, count: int) -> np.ndarray:
    """float32 ``(count, H, W, 1)``: an impulse for each pixel, :func:`mixed`, and zeros for the rest."""
    height, width = size_in
    made = np.eye(count, height * width, dtype=np.float32).reshape(count, height, width, 1)
    made[height * width] = mixed(size_in, size_in).images()[0]
    return made


def prune(path: str, outputs: Sequence[str], to: str) -> None:
    """Write the model with these outputs alone, and only what leads to them."""
    import onnx

    model = onnx.load(path)
    graph, needed, nodes = model.graph, set(outputs), []
    for node in reversed(graph.node):
        if needed.isdisjoint(node.output):
            continue
        nodes.append(node)
        needed.update(node.input)
        # What a subgraph reads from outside is not among the inputs of its node.
        for attribute in node.attribute:
            if attribute.HasField("g"):
                needed.update(name for inner in attribute.g.node for name in inner.input)
    kept = [one for one in graph.output if one.name in outputs]
    constants = [one for one in graph.initializer if one.name in needed]
    for repeated, those in ((graph.node, nodes[::-1]), (graph.output, kept), (graph.initializer, constants)):
        copies = [type(one).FromString(one.SerializeToString()) for one in those]
        del repeated[:]
        repeated.extend(copies)
    del graph.value_info[:]
    onnx.save(model, to)
