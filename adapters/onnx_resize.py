"""ONNX's Resize, for every adapter that runs it: attributes by opset, the convention they mean, one-node models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from halfpixel.golden import Convention

if TYPE_CHECKING:
    import onnx

Attributes: TypeAlias = Mapping[str, Any]
"""Attributes of an operator, and its ``roi``: strings, numbers and tuples of numbers."""

RESIZE_DOCS = "https://onnx.ai/onnx/operators/onnx__Resize.html#resize-{opset}"
UPSAMPLE_DOCS = "https://onnx.ai/onnx/operators/onnx__Upsample.html#upsample-{opset}"

# The regions of tf_crop_and_resize, the same for H and W, exact in float32: one within the image, one that leaves it.
INNER_ROI = (0.125, 0.75)
OUTER_ROI = (0.25, 1.25)

NO_ROUNDING_NOTE = "ONNX's text states neither coordinates nor rounding for this opset."
GIVEN_SCALE_NOTE = (
    "The text has scale = length_resized / length_original; the operator's node test resize_downsample_scales_linear "
    "shows that the scale is the one given."
)
POLICY_NOTE = "The text gives one scale for all axes, and scale = length_resized / length_original for coordinates."

MODES = ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize")
_MODES_BY_OPSET = {
    11: (*MODES, "tf_half_pixel_for_nn"),
    13: MODES,
    18: MODES,
    19: (*MODES, "half_pixel_symmetric"),
}
NEAREST_MODES = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
_CUBIC_COEFFICIENTS = (-0.75, -0.5)
_ANTIALIAS_SINCE = 18


def resize_attributes(opset: int) -> Iterator[Attributes]:
    """The attributes of every Resize that the text of ``opset`` (11, 13, 18, 19) allows, without those that do nothing.

    ``exclude_outside`` does nothing to nearest, nor to linear that is not stretched: at most one of its two taps lies
    outside, and replicating it or renormalising the other gives the same. Where ``tf_crop_and_resize`` reads it,
    ``roi`` (an input of the operator) is listed with the attributes, as ``(start, end)``.
    """
    antialias = [{"antialias": 1}] if opset >= _ANTIALIAS_SINCE else []
    both = [{"antialias": 1, "exclude_outside": 1}] if opset >= _ANTIALIAS_SINCE else []
    for mode in _MODES_BY_OPSET[opset]:
        coordinates: dict[str, Any] = {"coordinate_transformation_mode": mode}
        if mode == "tf_crop_and_resize":
            coordinates["roi"] = INNER_ROI
        for nearest_mode in NEAREST_MODES:
            yield {"mode": "nearest", **coordinates, "nearest_mode": nearest_mode}
        for flags in ({}, *antialias, *both):
            yield {"mode": "linear", **coordinates, **flags}
        for a, flags in product(_CUBIC_COEFFICIENTS, ({}, {"exclude_outside": 1}, *antialias, *both)):
            yield {"mode": "cubic", **coordinates, "cubic_coeff_a": a, **flags}
    if opset == max(_MODES_BY_OPSET):
        for mode in ("linear", "cubic"):
            yield {"mode": mode, "coordinate_transformation_mode": "tf_crop_and_resize", "roi": OUTER_ROI}


def convention_of(attributes: Attributes) -> Convention:
    """What Resize with these attributes (and ``roi``) means along one axis, left-out ones at the text's defaults.

    Source: the operator's text, https://onnx.ai/onnx/operators/onnx__Resize.html; the defaults are the same in every
    opset. ``extrapolation_value`` is taken as 0. Raises ``ValueError`` for values that the text does not have.
    """
    mode = attributes.get("mode", "nearest")
    coordinates = attributes.get("coordinate_transformation_mode", "half_pixel")
    if attributes.get("exclude_outside", 0):
        border = "renormalise"
    else:
        border = "extrapolate" if coordinates == "tf_crop_and_resize" else "replicate"
    return Convention(
        kernel=mode,
        coordinate_transformation_mode=coordinates,
        nearest_mode=attributes.get("nearest_mode", "round_prefer_floor") if mode == "nearest" else None,
        cubic_coeff_a=attributes.get("cubic_coeff_a", -0.75) if mode == "cubic" else None,
        antialias=bool(attributes.get("antialias", 0)),
        border=border,
        roi=attributes.get("roi"),
    )


def onnx_model(
    operator: str, opset: int, dtype: np.dtype, roi: tuple[float, float] = (0, 1), **attributes: object
) -> onnx.ModelProto:
    """One node on x of any (N, C, H, W), with its sizes as an input; before opset 11, which has none, its scales."""
    from onnx import TensorProto, helper

    inputs, fed, constants = ["x", "scales"], helper.make_tensor_value_info("scales", TensorProto.FLOAT, [4]), []
    if opset >= 11:
        inputs = ["x", "roi", "" if opset >= 13 else "no_scales", "sizes"]
        fed = helper.make_tensor_value_info("sizes", TensorProto.INT64, [4])
        start, end = roi
        region = [0, 0, start, start, 1, 1, end, end]
        constants.append(helper.make_tensor("roi", TensorProto.FLOAT, [8], region))
    if opset in (11, 12):  # scales became optional in opset 13; until then an empty tensor says "none"
        constants.append(helper.make_tensor("no_scales", TensorProto.FLOAT, [0], []))
    node = helper.make_node(operator, inputs, ["y"], **attributes)
    kind = helper.np_dtype_to_tensor_dtype(dtype)
    x, y = (helper.make_tensor_value_info(name, kind, [f"{name}{d}" for d in "nchw"]) for name in "xy")
    graph = helper.make_graph([node], operator, [x, fed], [y], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
