"""Exporters to test the export matrix with: a right one, and wrong ones with exactly one fault each.

Each writes one Resize for the one call that it knows, and refuses every other call.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from halfpixel.parity.exports.export_cases import ExportEntry, ExportJob, export_entry, write_refusals
from halfpixel.parity.exports.registry import DYNAMIC, FIXED, Exporter

LINEAR = "torch interpolate(mode=bilinear, align_corners=False)"
ANTIALIASED = "torch interpolate(mode=bilinear, align_corners=False, antialias=True)"
EXACT = "torch interpolate(mode=nearest-exact)"
BY_SCALE = "torch interpolate(scale_factor, mode=bilinear, align_corners=False, recompute_scale_factor=False)"


@dataclass(frozen=True, slots=True)
class FakeExporter:
    """An exporter, the call that it knows, the verdict that is due, and the factors that are a fair name of it."""

    name: str
    call: str
    exporter: Exporter
    verdict: str
    factors: frozenset[str] = frozenset()


def import_framework() -> None:
    """Import what it writes with."""
    import onnx  # noqa: F401


def _write(
    job: ExportJob,
    call: str,
    attributes: Mapping[str, object],
    sizes: str = "given",
    transposed: bool = False,
    once: bool = False,
    cut: bool = False,
) -> None:
    """``sizes``: those of the job, ``folded`` ones where shapes are open, or the job's ``scales``.

    ``once``: it runs at the job's shape alone.
    """
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper, save

    if call not in job.ids:
        raise NotImplementedError("no such call")
    write_refusals(job, {name: "no such call" for name in job.ids if name != call})
    dynamic = job.shapes == DYNAMIC
    batch, (height, width), (h, w) = job.images, job.size_in, job.size_out
    x = [batch, 1, "H", "W"] if dynamic else [batch, 1, height, width]
    like = [1, 1, "h", "w"] if dynamic else [1, 1, h, w]
    constants, nodes, inputs = [], [], ["x", "", "", "sizes"]
    scales = job.scales[job.ids.index(call)]
    if scales is not None and sizes == "scales":
        constants.append(numpy_helper.from_array(np.array([1, 1, *scales], np.float32), "scales"))
        inputs = ["x", "", "scales"]
    elif dynamic and sizes != "folded":
        constants.append(numpy_helper.from_array(np.array([batch, 1], np.int64), "lead"))
        nodes.append(helper.make_node("Shape", ["like"], ["tail"], start=2))
        nodes.append(helper.make_node("Concat", ["lead", "tail"], ["sizes"], axis=0))
    else:
        if scales is not None:
            h, w = (int(n * s) for n, s in zip((height, width), scales, strict=True))
        constants.append(numpy_helper.from_array(np.array([batch, 1, h, w], np.int64), "sizes"))
    made = "made" if transposed or once or cut else "y000"
    nodes.append(helper.make_node("Resize", inputs, [made], **attributes))
    if transposed:
        nodes.append(helper.make_node("Transpose", ["made"], ["y000"], perm=[0, 1, 3, 2]))
    if cut:
        nodes.append(helper.make_node("Relu", ["made"], ["y000"]))
    if once:
        constants.append(numpy_helper.from_array(np.zeros((1, 1, h, w), np.float32), "nothing"))
        nodes.append(helper.make_node("Add", ["made", "nothing"], ["y000"]))
    ports = [helper.make_tensor_value_info(*each) for each in (("x", 1, x), ("like", 1, like))]
    output = helper.make_tensor_value_info("y000", TensorProto.FLOAT, [None] * 4)
    graph = helper.make_graph(nodes, "fake", ports, [output], constants)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), job.path)


_HALF = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}


@export_entry
def right(job: ExportJob) -> None:
    """As the call does it."""
    _write(job, LINEAR, _HALF)


@export_entry
def right_scale(job: ExportJob) -> None:
    """By the scale, as the call does it."""
    _write(job, BY_SCALE, _HALF, sizes="scales")


@export_entry
def corners(job: ExportJob) -> None:
    """With aligned corners."""
    _write(job, LINEAR, _HALF | {"coordinate_transformation_mode": "align_corners"})


@export_entry
def cubic(job: ExportJob) -> None:
    """By another kernel."""
    _write(job, LINEAR, _HALF | {"mode": "cubic"})


@export_entry
def aliased(job: ExportJob) -> None:
    """Without the filter."""
    _write(job, ANTIALIASED, _HALF)


@export_entry
def floored(job: ExportJob) -> None:
    """Rounded down."""
    _write(job, EXACT, _HALF | {"mode": "nearest", "nearest_mode": "floor"})


@export_entry
def folded(job: ExportJob) -> None:
    """With the size that it was traced with."""
    _write(job, LINEAR, _HALF, sizes="folded")


@export_entry
def transposed(job: ExportJob) -> None:
    """With its axes exchanged."""
    _write(job, LINEAR, _HALF, transposed=True)


@export_entry
def cut_off(job: ExportJob) -> None:
    """Without what is below 0, which no impulse has."""
    _write(job, LINEAR, _HALF, cut=True)


@export_entry
def wrong_once(job: ExportJob) -> None:
    """With aligned corners at one shape, and not at all at others."""
    _write(job, LINEAR, _HALF | {"coordinate_transformation_mode": "align_corners"}, once=True)


@export_entry
def right_once(job: ExportJob) -> None:
    """As the call does it at one shape, and not at all at others."""
    _write(job, LINEAR, _HALF, once=True)


@export_entry
def by_ratio(job: ExportJob) -> None:
    """By the ratio of the sizes, where the call goes by the scale."""
    _write(job, BY_SCALE, _HALF)


@export_entry
def refuses(job: ExportJob) -> None:
    """Never."""
    raise ValueError("not with me")


@export_entry
def crashes(job: ExportJob) -> None:
    """Takes its process down."""
    if len(job.ids) == 1 or LINEAR in job.ids:
        os.kill(os.getpid(), signal.SIGSEGV)
    raise ValueError("not with me")


def _fake(
    load: ExportEntry, call: str, verdict: str, factors: Collection[str] = (), shapes: str = FIXED
) -> FakeExporter:
    name = load.__name__
    where = f"{__name__}:{name}"
    made = Exporter(name, "torch", ("torch", "onnx"), where, "onnx", ((shapes, 17),))
    return FakeExporter(f"{name}, {shapes}", call, made, verdict, frozenset(factors))


WRONG = (
    _fake(corners, LINEAR, "diverges", {"coordinates"}),
    _fake(cubic, LINEAR, "diverges", {"kernel"}),
    _fake(aliased, ANTIALIASED, "diverges", {"antialias"}),
    _fake(floored, EXACT, "diverges", {"rounding", "ties"}),
    _fake(folded, LINEAR, "diverges", {"output size"}, DYNAMIC),
    _fake(transposed, LINEAR, "diverges", {"axis order"}),
    _fake(cut_off, LINEAR, "diverges", {"linearity"}),
    _fake(cut_off, LINEAR, "diverges", {"linearity"}, DYNAMIC),
    _fake(wrong_once, LINEAR, "diverges", {"coordinates"}, DYNAMIC),
    _fake(by_ratio, BY_SCALE, "diverges", {"scale source"}),
)
RIGHT = (
    _fake(right, LINEAR, "agrees"),
    _fake(right, LINEAR, "agrees", shapes=DYNAMIC),
    _fake(right_scale, BY_SCALE, "agrees"),
)
ENDED = (_fake(refuses, LINEAR, "unsupported"), _fake(crashes, LINEAR, "error", {"crash"}))
