"""ONNX's reference evaluator by scale: Resize-19 with ``scales``, and with sizes that keep the aspect ratio."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from adapters._onnx_models import INNER_ROI, RESIZE_DOCS, convention_of
from adapters.scaled import ScaledOperation, scaled, sharing_size_rules

if TYPE_CHECKING:
    import onnx.reference

_GIVEN_NOTE = (
    "The text has scale = length_resized / length_original; the operator's node test resize_downsample_scales_linear "
    "shows that the scale is the one given."
)
_POLICY_NOTE = "The text gives one scale for all axes, and scale = length_resized / length_original for coordinates."
_COORDINATES = ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric")
_KERNELS: tuple[dict[str, object], ...] = (
    *({"mode": "linear", "coordinate_transformation_mode": mode} for mode in _COORDINATES),
    {"mode": "linear", "coordinate_transformation_mode": "tf_crop_and_resize", "roi": INNER_ROI},
    {"mode": "linear", "coordinate_transformation_mode": "half_pixel", "antialias": 1},
    {"mode": "cubic", "coordinate_transformation_mode": "half_pixel"},
    {"mode": "nearest", "coordinate_transformation_mode": "half_pixel"},
    {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
)


@functools.cache
def scaled_evaluator(fed: str, roi: tuple, **attributes: object) -> onnx.reference.ReferenceEvaluator:
    """The evaluator of Resize-19 of the height and width of (N, C, H, W), by its scales or sizes, whichever is fed."""
    from onnx import TensorProto, helper
    from onnx.reference import ReferenceEvaluator

    start, end = roi
    region = helper.make_tensor("roi", TensorProto.FLOAT, [4], [start, start, end, end])
    inputs = ["x", "roi", "scales"] if fed == "scales" else ["x", "roi", "", "sizes"]
    kind = TensorProto.FLOAT if fed == "scales" else TensorProto.INT64
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * 4) for name in "xy")
    node = helper.make_node("Resize", inputs, ["y"], axes=[2, 3], **attributes)
    graph = helper.make_graph([node], "Resize", [x, helper.make_tensor_value_info(fed, kind, [2])], [y], [region])
    return ReferenceEvaluator(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9))


def reference_scale(x: np.ndarray, sy: float, sx: float, roi: tuple = (0, 1), **attributes: object) -> np.ndarray:
    """Resize of x, shape (N, C, H, W), by scales of the height and the width."""
    return scaled_evaluator("scales", roi, **attributes).run(None, {"x": x, "scales": np.float32([sy, sx])})[0]


def reference_fit(x: np.ndarray, h: int, w: int, **attributes: object) -> np.ndarray:
    """Resize of the height and width of x, shape (N, C, H, W), to fit (h, w)."""
    return scaled_evaluator("sizes", (0, 1), **attributes).run(None, {"x": x, "sizes": np.array([h, w])})[0]


def _scaled(call: str, name: str, attributes: dict[str, object], **about: object) -> ScaledOperation:
    from adapters import onnx_reference as by_size

    given = {key: value for key, value in attributes.items() if key != "keep_aspect_ratio_policy"}
    words = {key: ":".join(map(str, value)) if key == "roi" else value for key, value in attributes.items()}
    code = "".join(f", {key}={value!r}" for key, value in attributes.items())
    return scaled(
        by_size.FRAMEWORK,
        f"Resize-19({name}, {', '.join(f'{key}={value}' for key, value in words.items())})",
        call.format(code),
        "NCHW",
        claim=convention_of(given),
        source=RESIZE_DOCS.format(opset=19),
        **about,
    )


def scaled_operations() -> list[ScaledOperation]:
    """Resize-19 by scales, in every coordinate mode and kernel, and to sizes that keep the aspect ratio."""
    about = {"size_rule": "floor", "scale_dtype": "float32", "scale_source": "given", "note": _GIVEN_NOTE}
    about["helpers"] = (scaled_evaluator, reference_scale)
    found = [_scaled("reference_scale(x, sy, sx{})", "scales", kernel, **about) for kernel in _KERNELS]
    attributes = {"keep_aspect_ratio_policy": "not_larger", **_KERNELS[0]}
    about = {"policy": "not_larger", "note": _POLICY_NOTE, "helpers": (scaled_evaluator, reference_fit)}
    found.append(_scaled("reference_fit(x, h, w{})", "sizes", attributes, **about))
    return sharing_size_rules(found, lambda operation: bool(operation.policy))
