"""Runtimes that are known to compute another resize than ONNX's text defines, or to refuse it; each with its source.

Rows with a version were measured, as the matrix of a model of one node from 6 to 13 pixels and back. Rows of runtimes
that are not run here are from their documentation.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from halfpixel.defects.catalogue import CatalogueError, load
from halfpixel.defects.lock import locked_versions
from halfpixel.golden import Convention
from halfpixel.parity.formats.model import ResizedAxis, ResizeNode
from halfpixel.parity.formats.onnx.operators import resize_attribute

Condition = Callable[[ResizeNode, Convention], bool]
"""Whether a row applies to a node of that convention."""


@dataclass(frozen=True, slots=True)
class RuntimeLimitation:
    """One runtime and one kind of resize.

    ``change`` has the parameters of the convention that differ in the runtime; ``None`` where it refuses the resize.
    ``measured`` is the version that was measured, empty where only the source is known.
    """

    runtime: str
    applies: Condition
    change: Mapping[str, object] | None
    message: str
    source: str
    measured: str = ""


def _catalogued(
    framework: str, identifier: str, applies: Condition, change: Mapping[str, object] | None
) -> RuntimeLimitation:
    """A row whose words, address and version are those of an entry of the catalogue."""
    defect = load(framework).defect(identifier)
    if defect is None:
        raise CatalogueError(f"{framework} has no entry {identifier!r}")
    address = defect.upstream if defect.is_reported else defect.contract_source
    return RuntimeLimitation(framework, applies, change, defect.title, address, locked_versions(framework)[-1])


_OPENVINO = "https://github.com/openvinotoolkit/openvino/blob/2026.4.1/src/frontends/onnx/frontend/src/op/resize.cpp"
_TENSORRT = "https://github.com/onnx/onnx-tensorrt/blob/main/docs/operators.md"
_ONNXRUNTIME = "https://github.com/microsoft/onnxruntime/blob/v1.31.1/onnxruntime/core/providers/cpu/tensor/upsample.cc"


def _mode(*modes: str) -> Condition:
    return lambda node, convention: convention.coordinate_transformation_mode in modes


def _antialiased(node: ResizeNode, convention: Convention) -> bool:
    return convention.antialias


def _fits(node: ResizeNode, convention: Convention) -> bool:
    return bool(resize_attribute(node.attributes, "keep_aspect_ratio_policy") != "stretch")


def _linear_of_one_row(node: ResizeNode, convention: Convention) -> bool:
    """Whether the height of the image, the last axis but one, has one pixel; a size that is open does not count."""
    rows = [axis for axis in node.axes if node.rank is not None and axis.axis == node.rank - 2]
    return convention.kernel == "linear" and any(axis.n_in == 1 for axis in rows)


def _cubic_of_other_ranks(node: ResizeNode, convention: Convention) -> bool:
    return convention.kernel == "cubic" and node.rank not in (None, 2, 4)


@functools.cache
def runtime_limitations() -> tuple[RuntimeLimitation, ...]:
    """Every row; those of runtimes that are measured as frameworks, too, come from their catalogue of defects."""
    return (*_DOCUMENTED, *(_catalogued("opencv-dnn", *row) for row in _OF_OPENCV_DNN))


_OF_OPENCV_DNN: tuple[tuple[str, Condition, Mapping[str, object] | None], ...] = (
    ("resize-one-row-reads-outside", _linear_of_one_row, {}),
    ("resize-antialias-ignored", _antialiased, {"antialias": False}),
    ("resize-symmetric-is-asymmetric", _mode("half_pixel_symmetric"), {"coordinate_transformation_mode": "asymmetric"}),
    ("resize-crop-refused", _mode("tf_crop_and_resize"), None),
)
"""The id of the entry, when it applies, and what it changes."""

_DOCUMENTED: tuple[RuntimeLimitation, ...] = (
    RuntimeLimitation(
        "openvino",
        lambda node, convention: convention.antialias or convention.border == "renormalise",
        {"antialias": False, "border": "replicate"},
        "reads neither exclude_outside nor, for the modes it makes of ONNX's, antialias: both are ignored",
        _OPENVINO,
        "2026.4.1",
    ),
    RuntimeLimitation(
        "openvino",
        _mode("tf_crop_and_resize", "half_pixel_symmetric"),
        None,
        "refuses this coordinate_transformation_mode",
        _OPENVINO,
        "2026.4.1",
    ),
    RuntimeLimitation(
        "openvino", _fits, {}, "does not read keep_aspect_ratio_policy: the image is stretched", _OPENVINO
    ),
    RuntimeLimitation(
        "onnxruntime", _cubic_of_other_ranks, None, "refuses cubic but for two and four axes", _ONNXRUNTIME
    ),
    RuntimeLimitation("TensorRT", _antialiased, None, "refuses antialias", _TENSORRT),
    RuntimeLimitation(
        "TensorRT",
        _mode("tf_crop_and_resize", "half_pixel_symmetric"),
        None,
        "refuses this coordinate_transformation_mode",
        _TENSORRT,
    ),
    RuntimeLimitation("TensorRT", _fits, None, "refuses every keep_aspect_ratio_policy but stretch", _TENSORRT),
)


@dataclass(frozen=True, slots=True)
class PredictedDivergence:
    """A row of the table applied to an axis: its convention in the runtime, ``None`` where the runtime refuses it."""

    row: RuntimeLimitation
    axis: ResizedAxis
    actual: Convention | None


def predicted_divergences(node: ResizeNode) -> Iterator[PredictedDivergence]:
    """Every row that applies to an ONNX Resize, with the first axis that it applies to."""
    if node.op not in ("Resize", "Upsample"):
        return
    for row in runtime_limitations():
        for axis in node.axes:
            if axis.convention is not None and row.applies(node, axis.convention):
                actual = None if row.change is None else axis.convention.but(**row.change)
                yield PredictedDivergence(row, axis, actual)
                break
