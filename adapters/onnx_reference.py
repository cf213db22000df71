"""ONNX's reference evaluator: Resize-19 by sizes and by scales, and Upsample-9."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from halfpixel.adapters.by_scale import ByScaleOperation, mark_shared_size_rules, native_by_scale
from halfpixel.adapters.framework import Framework
from halfpixel.adapters.onnx_resize import (
    GIVEN_SCALE_NOTE,
    INNER_ROI,
    NO_ROUNDING_NOTE,
    POLICY_NOTE,
    RESIZE_DOCS,
    UPSAMPLE_DOCS,
    Attributes,
    convention_of,
    onnx_model,
    resize_attributes,
)
from halfpixel.adapters.operation import (
    AllBut,
    Operation,
    argument_label,
    argument_source,
    enlarges,
    is_multiple,
    native,
)

if TYPE_CHECKING:
    import onnx.reference

FRAMEWORK = Framework(
    "onnx-reference",
    "onnx",
    ("onnx",),
    "import functools\n\nimport onnx\nimport onnx.reference",
)


@functools.cache
def reference_evaluator(
    operator: str, opset: int, dtype: np.dtype, **attributes: object
) -> onnx.reference.ReferenceEvaluator:
    """The evaluator of one node, for every size."""
    from onnx.reference import ReferenceEvaluator

    return ReferenceEvaluator(onnx_model(operator, opset, dtype, **attributes))  # type: ignore[arg-type]  # printed


def reference_resize(x: np.ndarray, h: int, w: int, **attributes: object) -> np.ndarray:
    """ONNX's Resize-19 of x, shape (N, C, H, W), to (N, C, h, w)."""
    sizes = np.array([*x.shape[:2], h, w], dtype=np.int64)
    return reference_evaluator("Resize", 19, x.dtype, **attributes).run(None, {"x": x, "sizes": sizes})[0]  # type: ignore[no-any-return]  # printed


def reference_upsample(x: np.ndarray, h: int, w: int, mode: str) -> np.ndarray:
    """ONNX's Upsample-9, whose sizes are given as scales."""
    scales = np.float32([*x.shape[:2], h, w]) / np.float32(x.shape)  # type: ignore[arg-type]  # printed
    return reference_evaluator("Upsample", 9, x.dtype, mode=mode).run(None, {"x": x, "scales": scales})[0]  # type: ignore[no-any-return]  # printed


def _attributes() -> Iterator[Attributes]:
    """Every value of every attribute, without every product: each is applied by code of its own, axis by axis."""
    plain = {"coordinate_transformation_mode": "half_pixel"}
    torch_nearest = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    for attributes in resize_attributes(19):
        flags = {name for name in ("antialias", "exclude_outside") if name in attributes}
        is_half_pixel = attributes.items() >= plain.items()
        is_default = attributes.get("nearest_mode", "round_prefer_floor") == "round_prefer_floor"
        if attributes.get("cubic_coeff_a", -0.75) != -0.75:
            # What Pillow and torch's antialias have; and the plain one.
            chosen = is_half_pixel and len(flags) != 1
        else:
            is_torch_nearest = attributes.items() >= torch_nearest.items()
            chosen = is_half_pixel or is_torch_nearest or (is_default and not flags)
        if chosen:
            yield attributes


def _resize(attributes: Attributes, is_default: bool = False) -> Operation:
    return native(
        FRAMEWORK,
        f"Resize-19({argument_label(attributes)})",
        f"reference_resize(x, h, w{argument_source(attributes)})",
        "NCHW",
        helpers=(onnx_model, reference_evaluator, reference_resize),
        claim=convention_of(attributes),
        source=RESIZE_DOCS.format(opset=19),
        is_default=is_default,
    )


def _is_fraction(n_in: int, n_out: int) -> bool:
    return not is_multiple(n_in, n_out)


def operations() -> list[Operation]:
    """Resize-19, the default one first, and Upsample-9."""
    upsample = native(
        FRAMEWORK,
        "Upsample-9(mode=nearest)",
        'reference_upsample(x, h, w, mode="nearest")',
        "NCHW",
        helpers=(onnx_model, reference_evaluator, reference_upsample),
        source=UPSAMPLE_DOCS.format(opset=9),
        note=NO_ROUNDING_NOTE,
        accepts=AllBut(_is_fraction, ("upsample-fraction-refused",), enlarges),
    )
    return [_resize({}, is_default=True), *(_resize(attributes) for attributes in _attributes()), upsample]


_COORDINATES = ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric")
_KERNELS: tuple[Attributes, ...] = (
    *({"mode": "linear", "coordinate_transformation_mode": mode} for mode in _COORDINATES),
    {"mode": "linear", "coordinate_transformation_mode": "tf_crop_and_resize", "roi": INNER_ROI},
    {"mode": "linear", "coordinate_transformation_mode": "half_pixel", "antialias": 1},
    {"mode": "cubic", "coordinate_transformation_mode": "half_pixel"},
    {"mode": "nearest", "coordinate_transformation_mode": "half_pixel"},
    {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
)


@functools.cache
def scaled_evaluator(fed: str, roi: tuple, **attributes: object) -> onnx.reference.ReferenceEvaluator:  # type: ignore[type-arg]  # printed
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


def reference_scale(x: np.ndarray, sy: float, sx: float, roi: tuple = (0, 1), **attributes: object) -> np.ndarray:  # type: ignore[type-arg]  # printed
    """Resize of x, shape (N, C, H, W), by scales of the height and the width."""
    return scaled_evaluator("scales", roi, **attributes).run(None, {"x": x, "scales": np.float32([sy, sx])})[0]  # type: ignore[arg-type, no-any-return]  # printed


def reference_fit(x: np.ndarray, h: int, w: int, **attributes: object) -> np.ndarray:
    """Resize of the height and width of x, shape (N, C, H, W), to fit (h, w)."""
    return scaled_evaluator("sizes", (0, 1), **attributes).run(None, {"x": x, "sizes": np.array([h, w])})[0]  # type: ignore[no-any-return]  # printed


def _scaled(attributes: Attributes) -> ByScaleOperation:
    return native_by_scale(
        FRAMEWORK,
        f"Resize-19(scales, {argument_label(attributes)})",
        f"reference_scale(x, sy, sx{argument_source(attributes)})",
        "NCHW",
        helpers=(scaled_evaluator, reference_scale),
        claim=convention_of(attributes),
        size_rule="floor",
        scale_dtype="float32",
        scale_source="given",
        source=RESIZE_DOCS.format(opset=19),
        note=GIVEN_SCALE_NOTE,
    )


def operations_by_scale() -> list[ByScaleOperation]:
    """Resize-19 by scales, in every coordinate mode and kernel, and to sizes that keep the aspect ratio."""
    attributes = {"keep_aspect_ratio_policy": "not_larger", **_KERNELS[0]}
    fitted = native_by_scale(
        FRAMEWORK,
        f"Resize-19(sizes, {argument_label(attributes)})",
        f"reference_fit(x, h, w{argument_source(attributes)})",
        "NCHW",
        helpers=(scaled_evaluator, reference_fit),
        claim=convention_of(_KERNELS[0]),
        keep_aspect_ratio_policy="not_larger",
        source=RESIZE_DOCS.format(opset=19),
        note=POLICY_NOTE,
    )
    calls = [*(_scaled(attributes) for attributes in _KERNELS), fitted]
    return mark_shared_size_rules(calls, lambda operation: operation.keep_aspect_ratio_policy)
