"""Runtimes that are known to take a resize otherwise than ONNX's text has it, or not at all; each row with its source.

Rows that say what a runtime computes were measured, with the version named, as the matrix of a model of one node from 6
to 13 pixels and back. Rows of runtimes that are not run here are from their documentation, and say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from golden import Convention
from parity.resizes import ResizedAxis, ResizeNode


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """One runtime and one kind of resize.

    ``change`` is what of the convention is otherwise there; ``None`` where the runtime refuses. ``measured`` is the
    version that was measured, empty where the source alone says so.
    """

    runtime: str
    applies: Callable[[ResizeNode, Convention], bool]
    change: Mapping[str, object] | None
    message: str
    source: str
    measured: str = ""


_OPENVINO = "https://github.com/openvinotoolkit/openvino/blob/2026.4.1/src/frontends/onnx/frontend/src/op/resize.cpp"
_OPENCV = "https://github.com/opencv/opencv/blob/5.0.0/modules/dnn/src/layers/resize2_layer.cpp"
_TENSORRT = "https://github.com/onnx/onnx-tensorrt/blob/main/docs/operators.md"
_ONNXRUNTIME = "https://github.com/microsoft/onnxruntime/blob/v1.31.1/onnxruntime/core/providers/cpu/tensor/upsample.cc"


def _mode(*modes: str) -> Callable[[ResizeNode, Convention], bool]:
    return lambda node, convention: convention.coordinate_transformation_mode in modes


def _antialiased(node: ResizeNode, convention: Convention) -> bool:
    return convention.antialias


def _excludes(node: ResizeNode, convention: Convention) -> bool:
    return convention.border == "renormalise"


def _fits(node: ResizeNode, convention: Convention) -> bool:
    return node.attributes.get("keep_aspect_ratio_policy", "stretch") != "stretch"


def _extrapolates(node: ResizeNode, convention: Convention) -> bool:
    return convention.border == "extrapolate"


def _other_ranks(node: ResizeNode, convention: Convention) -> bool:
    return convention.kernel == "cubic" and node.rank not in (None, 2, 4)


TABLE: tuple[Elsewhere, ...] = (
    Elsewhere(
        "openvino",
        lambda node, convention: convention.antialias or convention.border == "renormalise",
        {"antialias": False, "border": "replicate"},
        "reads neither exclude_outside nor, for the modes it makes of ONNX's, antialias: both are ignored",
        _OPENVINO,
        "2026.4.1",
    ),
    Elsewhere(
        "openvino",
        _mode("tf_crop_and_resize", "half_pixel_symmetric"),
        None,
        "refuses this coordinate_transformation_mode",
        _OPENVINO,
        "2026.4.1",
    ),
    Elsewhere("openvino", _fits, {}, "does not read keep_aspect_ratio_policy: the image is stretched", _OPENVINO),
    Elsewhere("opencv-dnn", _antialiased, {"antialias": False}, "ignores antialias", _OPENCV, "5.0.0"),
    Elsewhere(
        "opencv-dnn",
        _mode("half_pixel_symmetric"),
        {"coordinate_transformation_mode": "asymmetric"},
        "takes half_pixel_symmetric for asymmetric",
        _OPENCV,
        "5.0.0",
    ),
    Elsewhere("opencv-dnn", _mode("tf_crop_and_resize"), None, "refuses tf_crop_and_resize", _OPENCV, "5.0.0"),
    Elsewhere("onnxruntime", _other_ranks, None, "refuses cubic but for two and four axes", _ONNXRUNTIME),
    Elsewhere("TensorRT", _antialiased, None, "refuses antialias", _TENSORRT),
    Elsewhere(
        "TensorRT",
        _mode("tf_crop_and_resize", "half_pixel_symmetric"),
        None,
        "refuses this coordinate_transformation_mode",
        _TENSORRT,
    ),
    Elsewhere("TensorRT", _fits, None, "refuses every keep_aspect_ratio_policy but stretch", _TENSORRT),
)


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What a row of the table comes to for one axis; ``becomes`` is ``None`` where the runtime refuses."""

    row: Elsewhere
    axis: ResizedAxis
    becomes: Convention | None = field(default=None)


def otherwise(node: ResizeNode) -> Iterator[Otherwise]:
    """Every row that applies to an ONNX Resize, with the first axis it applies to."""
    if node.op not in ("Resize", "Upsample"):
        return
    for row in TABLE:
        for axis in node.axes:
            if axis.convention is None or not row.applies(node, axis.convention):
                continue
            becomes = None if row.change is None else axis.convention.but(**row.change)
            yield Otherwise(row, axis, becomes)
            break
