"""What ``align_corners`` of a bilinear resize becomes on each deployment target, and whether it is the same map."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeploymentTarget:
    """One target and one setting.

    ``outcome``: ``exact``, ``lossy`` (another map, and no error), ``refused``, or ``exact if`` with the condition in
    ``note``.
    """

    target: str
    align_corners: bool
    becomes: str
    outcome: str
    note: str
    source: str


_ONNX = "https://onnx.ai/onnx/operators/onnx__Resize.html"
_OPENVINO = "https://docs.openvino.ai/2024/documentation/openvino-ir-format/operation-sets/operation-specs/image/interpolate-11.html"
_LITERT = (
    "https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/lite/kernels/internal/reference/resize_bilinear.h"
)
_NCNN = "https://github.com/Tencent/ncnn/blob/master/docs/developer-guide/operators.md#interp"
_TENSORRT = "https://docs.nvidia.com/deeplearning/tensorrt/latest/_static/operators/Resize.html"
_OPSET_10 = "https://github.com/microsoft/onnxruntime/issues/4419"
_SYMBOLIC_9 = (
    "https://github.com/pytorch/pytorch/blob/v2.13.0/torch/onnx/_internal/torchscript_exporter/symbolic_opset9.py"
)
_ONE_PIXEL = "https://github.com/pytorch/pytorch/issues/183523"

DEPLOYMENT_TABLE = (
    DeploymentTarget(
        "ONNX, opset 11 and later",
        True,
        "Resize, coordinate_transformation_mode=align_corners",
        "exact",
        "",
        _ONNX,
    ),
    DeploymentTarget(
        "ONNX, opset 11 and later",
        False,
        "Resize, coordinate_transformation_mode=half_pixel or pytorch_half_pixel",
        "exact if",
        "it is half_pixel, or no output has one pixel: pytorch_half_pixel then takes input 0, and torch the centre",
        _ONE_PIXEL,
    ),
    DeploymentTarget(
        "ONNX, before opset 11",
        True,
        "nothing: torch's exporter refuses it",
        "refused",
        "Upsample and Resize had no coordinate_transformation_mode before opset 11",
        _SYMBOLIC_9,
    ),
    DeploymentTarget(
        "ONNX, before opset 11",
        False,
        "Upsample or Resize, whose coordinates are asymmetric",
        "lossy",
        "every sample moves by up to half an input pixel",
        _OPSET_10,
    ),
    DeploymentTarget(
        "OpenVINO", True, "Interpolate, coordinate_transformation_mode=align_corners", "exact", "", _OPENVINO
    ),
    DeploymentTarget(
        "OpenVINO", False, "Interpolate, coordinate_transformation_mode=half_pixel", "exact", "", _OPENVINO
    ),
    DeploymentTarget("LiteRT", True, "RESIZE_BILINEAR, align_corners=true", "exact", "", _LITERT),
    DeploymentTarget(
        "LiteRT",
        False,
        "RESIZE_BILINEAR, half_pixel_centers=true",
        "exact if",
        "the converter sets half_pixel_centers: with both flags false, the coordinates are asymmetric",
        "https://github.com/tensorflow/tensorflow/issues/33691",
    ),
    DeploymentTarget(
        "ncnn",
        True,
        "Interp, align_corner=1",
        "exact if",
        "the library knows parameter 6, align_corner; one that does not reads past it and computes half_pixel",
        _NCNN,
    ),
    DeploymentTarget("ncnn", False, "Interp, align_corner=0", "exact", "", _NCNN),
    DeploymentTarget(
        "TensorRT",
        True,
        "Resize, ALIGN_CORNERS",
        "exact if",
        "the ONNX importer takes it: early ones refused everything but asymmetric",
        "https://github.com/onnx/onnx-tensorrt/pull/418",
    ),
    DeploymentTarget("TensorRT", False, "Resize, HALF_PIXEL", "exact", "", _TENSORRT),
)


def deployment_targets(align_corners: bool) -> tuple[DeploymentTarget, ...]:
    """What becomes of the setting, target by target."""
    return tuple(row for row in DEPLOYMENT_TABLE if row.align_corners is align_corners)
