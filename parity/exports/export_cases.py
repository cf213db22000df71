"""The cases of the export matrix: calls, shapes, scales and runtimes; and the job file that an exporter reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import wraps
from pathlib import Path

import numpy as np

from halfpixel import adapters
from halfpixel.adapters import Operation
from halfpixel.adapters.by_scale import ByScaleOperation
from halfpixel.adapters.native_call import Tensor
from halfpixel.parity.exports import registry
from halfpixel.parity.exports.registry import DYNAMIC, FIXED, Exporter
from halfpixel.parity.runtimes.registry import OWN_FORMAT_RUNTIMES, Runtime, runtime_named
from halfpixel.probe.compare.reference import accepts
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.variants.paths.comparison import RANDOM, PathCase

ExportCase = Operation | ByScaleOperation
"""A resize call to export, by size or by scale."""

Shape = tuple[Pair, Pair]
"""(height, width) of input and output."""

ExportEntry = Callable[[str, tuple[str, ...], tuple[str, ...]], None]
"""A function that a worker process calls with the path of a job's file; the names of inputs and outputs are empty."""


@dataclass(frozen=True, slots=True)
class ExportJob:
    """A model to be exported, kept in a file of JSON.

    source, ids
        The framework, and its calls, each of which becomes one output. The first output is called ``y000``, so that
        names sort as ids do.
    shapes, opset
        See :data:`halfpixel.parity.exports.registry.Cells`.
    size_in, size_out, images
        (height, width) of input and output, and the number of images; with dynamic shapes, those to trace with.
    scales
        The scales of calls by scale, in the order of ``ids``; ``None`` for calls by size.
    path
        Where the model goes.
    """

    source: str
    ids: tuple[str, ...]
    shapes: str
    opset: int
    size_in: tuple[int, int]
    size_out: tuple[int, int]
    images: int
    scales: tuple[tuple[float, float] | None, ...]
    path: str

    @property
    def is_dynamic(self) -> bool:
        """Whether shapes are left open, and the output is as large as the input ``like``."""
        return self.shapes == DYNAMIC

    @property
    def outputs(self) -> list[str]:
        """The names of the outputs."""
        return [f"y{number:03d}" for number in range(len(self.ids))]

    def with_calls(self, places: Sequence[int]) -> ExportJob:
        """The same with these of its calls alone."""
        return replace(self, ids=tuple(self.ids[k] for k in places), scales=tuple(self.scales[k] for k in places))

    def write(self, path: Path) -> None:
        """Keep it in a file."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


def read_job(path: str) -> ExportJob:
    """The job in a file."""
    raw = json.loads(Path(path).read_text(encoding="utf-8"))
    pairs = {name: tuple(raw[name]) for name in ("ids", "size_in", "size_out")}
    scales = tuple(None if pair is None else tuple(pair) for pair in raw["scales"])
    return ExportJob(**raw | pairs | {"scales": scales})


def export_entry(export: Callable[[ExportJob], None]) -> ExportEntry:
    """An exporter as a worker process calls it, from a function that writes the model of a job."""

    @wraps(export)
    def entry(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> None:
        export(read_job(path))

    return entry


def write_refusals(job: ExportJob, refused: dict[str, str]) -> None:
    """Write, beside the model, the calls that are not among its outputs, each with the reason."""
    if refused:
        Path(f"{job.path}.refused").write_text(json.dumps(refused), encoding="utf-8")


def read_refusals(job: ExportJob) -> dict[str, str]:
    """The reasons that :func:`write_refusals` wrote, by call."""
    path = Path(f"{job.path}.refused")
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def resize_calls(source: str) -> dict[str, ExportCase]:
    """Every resize call of a framework, by size and by scale, by id; none that its exporters' processes cannot make."""
    cases: tuple[ExportCase, ...] = (*adapters.operations(source), *adapters.operations_by_scale(source))
    return {case.id: case for case in cases if _is_within_reach(case)}


def _is_within_reach(case: ExportCase) -> bool:
    """Whether some exporter runs where the call does: a setting that a framework reads once is another process's."""
    if case.call is None:
        return False
    needed, exporters = set(case.call.framework.environment), registry.exporters_of(case.framework)
    return not needed or any(needed <= set(exporter.environment.items()) for exporter in exporters)


def bound_calls(job: ExportJob) -> list[Callable[..., Tensor]]:
    """``f(x, h, w)`` on the framework's tensors for each call of a job; calls by scale ignore ``h`` and ``w``."""
    known = resize_calls(job.source)
    return [_bound_call(known[name], scales) for name, scales in zip(job.ids, job.scales, strict=True)]


def _bound_call(case: ExportCase, scales: tuple[float, float] | None) -> Callable[..., Tensor]:
    call = case.call
    if call is None:
        raise ValueError(f"{case.id} has no native call")
    resize = call.on_tensors
    return resize if scales is None else lambda x, h, w: resize(x, *scales)


SHAPES: tuple[Shape, ...] = (((5, 7), (8, 4)), ((3, 4), (6, 8)), ((4, 6), (2, 3)))
"""(height, width) of input and output: up and down by no whole factor, doubled, halved."""

SCALES: tuple[tuple[float, float], ...] = ((1.6, 0.6), (2, 2))
"""The scales of calls by scale: float32 rounds both of the first, and the output sizes are then not their product; the
second is for calls that take whole factors alone."""

IMAGES = max(height * width for (height, width), _ in SHAPES) + 1
_RUNTIMES_BY_KIND = {
    "onnx": ("onnxruntime", "opencv-dnn", "onnx-reference", "openvino"),
    "tflite": ("litert", "litert-reference", "openvino", "opencv-dnn"),
    "openvino": ("openvino",),
    "saved_model": ("tensorflow", "openvino"),
}
"""Runtimes by the kind of file; those that convert it first, for seconds each time, are left out."""
_SLOW_RUNTIMES = {"onnx-reference": (FIXED, 18)}
"""Runtimes that take seconds where others take milliseconds, and the one kind of cell that is run on them."""


def shapes_of_case(case: ExportCase, dynamic: bool) -> tuple[Shape, ...]:
    """The shapes at which a call is exported and run; of fixed ones the first that it is defined for."""
    if isinstance(case, Operation):
        defined = tuple(shape for shape in SHAPES if accepts(case, *shape))
    else:
        defined = SHAPES if scales_of_case(case) is not None else ()
    return defined if dynamic else defined[:1]


def scales_of_case(case: ExportCase) -> tuple[float, float] | None:
    """The scales of a call by scale; ``None`` for one by size, or one that takes none of :data:`SCALES`."""
    if not isinstance(case, ByScaleOperation):
        return None
    for scales in SCALES:
        lengths = [side for shape, _ in SHAPES for side in zip(shape, scales, strict=True)]
        if case.scale_dtype == "integer" and not all(isinstance(scale, int) for scale in scales):
            continue
        if not case.keep_aspect_ratio_policy and all(case.accepts(*side) for side in lengths):
            return scales
    return None


def runtimes_of_export(exporter: Exporter, shapes: str, opset: int) -> tuple[Runtime, ...]:
    """Every runtime that reads such an export, installed or not."""
    own = OWN_FORMAT_RUNTIMES.get(exporter.kind)
    if own is not None:
        readers = [own]
    else:
        readers = [runtime_named(name) for name in exporter.reads or _RUNTIMES_BY_KIND[exporter.kind]]
    return tuple(
        runtime
        for runtime in readers
        if not (shapes == DYNAMIC and runtime.needs_shapes)
        and _SLOW_RUNTIMES.get(runtime.name, (shapes, opset)) == (shapes, opset)
    )


def cases_of(exporter: Exporter) -> list[ExportCase]:
    """The calls to export with an exporter."""
    chosen, promises = [], set()
    for case in resize_calls(exporter.source).values():
        if exporter.is_slow and isinstance(case, ByScaleOperation):
            promise = (case.claim, case.scale_source, case.size_rule)
            if promise in promises:
                continue
            promises.add(promise)
        chosen.append(case)
    return chosen


def mixed_image_case(size_in: Pair, size_out: Pair) -> PathCase:
    """One image of values in [-1, 1]: a call that is not linear shows where pixels of both signs meet."""
    return PathCase(RANDOM, size_in, size_out, 1, 1)


def export_images(size_in: Pair, count: int) -> np.ndarray:
    """float32 ``(count, H, W, 1)``: an impulse for each pixel, :func:`mixed_image_case`, and zeros for the rest."""
    height, width = size_in
    images = np.eye(count, height * width, dtype=np.float32).reshape(count, height, width, 1)
    images[height * width] = mixed_image_case(size_in, size_in).images()[0]
    return images


def keep_outputs(path: str, outputs: Sequence[str], to: str) -> None:
    """Write the model with these outputs alone, and only what leads to them."""
    import onnx

    model = onnx.load(path)
    graph, needed, nodes = model.graph, set(outputs), []
    for node in reversed(graph.node):
        if needed.isdisjoint(node.output):
            continue
        nodes.append(node)
        needed.update(node.input)
        # The tensors that a subgraph reads from outside are not among the inputs of its node.
        for attribute in node.attribute:
            if attribute.HasField("g"):
                needed.update(name for inner in attribute.g.node for name in inner.input)
    ports = [port for port in graph.output if port.name in outputs]
    constants = [tensor for tensor in graph.initializer if tensor.name in needed]
    for field, remaining in ((graph.node, nodes[::-1]), (graph.output, ports), (graph.initializer, constants)):
        copies = [type(message).FromString(message.SerializeToString()) for message in remaining]
        del field[:]
        field.extend(copies)
    del graph.value_info[:]
    onnx.save(model, to)
