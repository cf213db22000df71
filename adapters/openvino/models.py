"""OpenVINO's Interpolate: the calls that its pages allow and that differ in numbers, their meaning, their models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from halfpixel.adapters.conventions import stretched
from halfpixel.adapters.framework import Framework
from halfpixel.golden import Convention

if TYPE_CHECKING:
    import openvino

FRAMEWORK = Framework("openvino", "openvino", ("openvino",), "from functools import cache\n\nimport openvino")

DOCS = (
    "https://docs.openvino.ai/2026/documentation/openvino-ir-format/operation-sets/operation-specs/image/"
    "interpolate-{opset}.html"
)
CONVERSION = (
    "https://github.com/openvinotoolkit/openvino/blob/2026.4.1/src/common/transformations/src/transformations/"
    "op_conversions/convert_interpolate1_to_interpolate4.cpp"
)

Attributes: TypeAlias = Mapping[str, Any]
"""Attributes of an Interpolate: strings, numbers and booleans."""

MODES = ("half_pixel", "pytorch_half_pixel", "asymmetric", "tf_half_pixel_for_nn", "align_corners")
NEAREST_MODES = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
PILLOW = {"bilinear_pillow": "linear", "bicubic_pillow": "cubic"}
_KERNELS = {"nearest": "nearest", "linear": "linear", "linear_onnx": "linear", "cubic": "cubic", **PILLOW}


def interpolations(opset: int) -> Iterator[Attributes]:
    """The attributes of Interpolate-4 or -11, but for ``nearest_mode="simple"``, which is no convention.

    Interpolate-11 is given every rounding and kernel with every mode of coordinates. Into an Interpolate-4 it is then
    turned, where that has its kernel: that one is given each kernel once.
    """
    for mode in MODES if opset == 11 else MODES[:1]:
        coordinates = {"coordinate_transformation_mode": mode}
        for nearest_mode in NEAREST_MODES if opset == 11 else NEAREST_MODES[:1]:
            yield {"mode": "nearest", **coordinates, "nearest_mode": nearest_mode}
        yield {"mode": "linear_onnx", **coordinates}
        yield {"mode": "linear", **coordinates}
        yield {"mode": "linear", **coordinates, "antialias": True}
        yield {"mode": "cubic", **coordinates}
    yield {"mode": "cubic", "coordinate_transformation_mode": "half_pixel", "cube_coeff": -0.5}
    if opset == 11:
        for mode in ("linear_onnx", "cubic"):
            yield {"mode": mode, "coordinate_transformation_mode": "half_pixel", "antialias": True}
        yield {"mode": "bilinear_pillow"}
        yield {"mode": "bicubic_pillow"}
        yield {"mode": "bicubic_pillow", "cube_coeff": -0.5}


def convention_of(attributes: Attributes) -> Convention:
    """What Interpolate with these attributes means along one axis, left-out ones at their defaults.

    Coordinates, roundings and the coefficient are stated by both pages; kernels, borders and what ``antialias`` does by
    the program on the page of Interpolate-4: it stretches ``linear`` alone, whose taps outside it drops. An unstretched
    triangle weighs the same with either border, and is claimed under its usual name. Pillow's modes are those of
    Pillow, where taps outside are dropped; their coordinates are fixed, and their coefficient is not.
    """
    mode = str(attributes["mode"])
    kernel = _KERNELS[mode]
    convention = Convention(
        kernel=kernel,
        coordinate_transformation_mode=str(attributes.get("coordinate_transformation_mode", "half_pixel")),
        nearest_mode=attributes.get("nearest_mode", "round_prefer_floor") if kernel == "nearest" else None,
        cubic_coeff_a=attributes.get("cube_coeff", -0.75) if kernel == "cubic" else None,
    )
    return stretched(convention) if mode in PILLOW or (mode == "linear" and attributes.get("antialias")) else convention


def element_type(dtype: np.dtype) -> openvino.Type:
    """OpenVINO's name of a NumPy dtype; bfloat16 is that of ml_dtypes."""
    import openvino

    return openvino.Type.bf16 if dtype.name == "bfloat16" else openvino.Type(dtype)


def interpolate_model(
    opset: int, dtype: np.dtype, fed: str = "sizes", rank: int = 4, axes: tuple = (2, 3), **attributes: object  # type: ignore[type-arg]  # printed
) -> openvino.Model:  # fmt: skip
    """One Interpolate of x of any shape of this rank, with its sizes or scales, whichever is ``fed``, as an input."""
    import openvino
    from openvino import opset1, opset10, opset11

    x = opset11.parameter([-1] * rank, element_type(dtype), name="x")
    given = opset11.parameter([len(axes)], np.int64 if fed == "sizes" else np.float32, name="given")
    if opset == 11:
        y = opset11.interpolate(x, given, shape_calculation_mode=fed, axes=np.array(axes), **attributes)
    elif opset == 4:  # opset10 is the one whose Python function makes an Interpolate-4
        unread = np.ones(len(axes), np.float32 if fed == "sizes" else np.int64)
        both = (given, unread) if fed == "sizes" else (unread, given)
        y = opset10.interpolate(x, *both, shape_calculation_mode=fed, axes=np.array(axes), **attributes)
    else:
        y = opset1.interpolate(x, given, {"axes": list(axes), **attributes})
    return openvino.Model([y], [x, given], "resize")


@cache
def ov_core() -> openvino.Core:
    """OpenVINO's runtime, started once."""
    import openvino

    return openvino.Core()


def ov_settings() -> dict[str, object]:
    """How models are compiled: in float32, which is not the default on processors that have bfloat16."""
    return {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}


@cache
def ov_request(opset: int, dtype: np.dtype, **attributes: object) -> openvino.InferRequest:
    """A model of one node, compiled for every size: that takes 20 to 40 ms, a new size 0.1 to 0.4 ms."""
    model = interpolate_model(opset, dtype, **attributes)  # type: ignore[arg-type]  # printed
    return ov_core().compile_model(model, "CPU", ov_settings()).create_infer_request()


def ov_infer(request: openvino.InferRequest, x: np.ndarray, given: np.ndarray) -> np.ndarray:
    """The request's answer; OpenVINO takes and gives the bits of bfloat16 as if they were those of float16."""
    if x.dtype.name == "bfloat16":
        return request.infer({"x": x.view(np.float16), "given": given})[0].view(x.dtype)  # type: ignore[no-any-return]  # printed
    return request.infer({"x": x, "given": given})[0]  # type: ignore[no-any-return]  # printed


def ov_resize(x: np.ndarray, h: int, w: int, opset: int, **attributes: object) -> np.ndarray:
    """OpenVINO's Interpolate of x, shape (N, C, H, W), to (N, C, h, w), on the CPU."""
    return ov_infer(ov_request(opset, x.dtype, **attributes), x, np.array([h, w]))


def ov_scale(x: np.ndarray, sy: float, sx: float, opset: int, **attributes: object) -> np.ndarray:
    """The same by scales of the height and the width.

    An image of one pixel goes first: where another scale gives a size that the last one gave, the last one is used.
    """
    request = ov_request(opset, x.dtype, fed="scales", **attributes)
    ov_infer(request, np.zeros((1, 1, 1, 1), x.dtype), np.ones(2, np.float32))
    return ov_infer(request, x, np.array([sy, sx], np.float32))


def ov_resize_axes(x: np.ndarray, size: tuple[int, ...], first: int, opset: int, **attributes: object) -> np.ndarray:
    """The same of the axes of x from ``first`` on, as many as ``size`` has."""
    axes = tuple(range(first, first + len(size)))
    return ov_infer(ov_request(opset, x.dtype, rank=x.ndim, axes=axes, **attributes), x, np.array(size))


HELPERS = (element_type, interpolate_model, ov_core, ov_settings, ov_request, ov_infer)
