"""ONNX Runtime by scale: Resize with ``scales``, ``axes`` and ``roi``, and with sizes that keep the aspect ratio."""

from __future__ import annotations

import functools
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from halfpixel.adapters.by_scale import ByScaleOperation, any_scale, mark_shared_size_rules, native_by_scale
from halfpixel.adapters.conventions import ASYMMETRIC_LINEAR
from halfpixel.adapters.onnx_resize import (
    GIVEN_SCALE_NOTE,
    INNER_ROI,
    MODES,
    POLICY_NOTE,
    RESIZE_DOCS,
    UPSAMPLE_DOCS,
    Attributes,
    convention_of,
)
from halfpixel.adapters.onnxruntime.calls import FRAMEWORK
from halfpixel.adapters.operation import argument_label, argument_source

if TYPE_CHECKING:
    import onnxruntime

_UNSTATED_NOTE = "ONNX's text states no coordinates for this opset."


@functools.cache
def scaled_session(
    operator: str, opset: int, fed: str, roi: tuple, **attributes: object  # type: ignore[type-arg]  # printed
) -> onnxruntime.InferenceSession:  # fmt: skip
    """A session of one node on x of any (N, C, H, W), with its scales or sizes, whichever is ``fed``, as an input."""
    import onnxruntime
    from onnx import TensorProto, helper

    length = len(attributes["axes"]) if "axes" in attributes else 4  # type: ignore[arg-type]  # printed
    inputs, constants = ["x", "scales"], []
    if opset >= 11:
        start, end = roi
        region = [0] * (length - 2) + [start, start] + [1] * (length - 2) + [end, end]
        constants.append(helper.make_tensor("roi", TensorProto.FLOAT, [len(region)], region))
        inputs = ["x", "roi", "scales"] if fed == "scales" else ["x", "roi", "", "sizes"]
    kind = TensorProto.FLOAT if fed == "scales" else TensorProto.INT64
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [f"{name}{d}" for d in "nchw"]) for name in "xy")
    node = helper.make_node(operator, inputs, ["y"], **attributes)
    graph = helper.make_graph([node], operator, [x, helper.make_tensor_value_info(fed, kind, [length])], [y], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def onnx_scale(x: np.ndarray, sy: float, sx: float, operator: str, opset: int, roi=(0, 1), **attributes) -> np.ndarray:  # type: ignore[no-untyped-def]  # printed
    """Resize (or Upsample) of x, shape (N, C, H, W), by scales of the height and the width."""
    by_axis = {0: 1, 1: 1, 2: sy, 3: sx}
    scales = np.array([by_axis[axis] for axis in attributes.get("axes", (0, 1, 2, 3))], dtype=np.float32)
    return scaled_session(operator, opset, "scales", roi, **attributes).run(None, {"x": x, "scales": scales})[0]  # type: ignore[no-any-return]  # printed


def onnx_fit(x: np.ndarray, h: int, w: int, opset: int, **attributes: object) -> np.ndarray:
    """Resize of the height and width of x, shape (N, C, H, W), to fit (h, w)."""
    sizes = np.array([h, w], dtype=np.int64)
    session = scaled_session("Resize", opset, "sizes", (0, 1), axes=(2, 3), **attributes)
    return session.run(None, {"x": x, "sizes": sizes})[0]  # type: ignore[no-any-return]  # printed


def _scaled(opset: int, attributes: Attributes) -> ByScaleOperation:
    return native_by_scale(
        FRAMEWORK,
        f"Resize-{opset}(scales, {argument_label(attributes)})",
        f'onnx_scale(x, sy, sx, operator="Resize", opset={opset}{argument_source(attributes)})',
        "NCHW",
        helpers=(scaled_session, onnx_scale),
        claim=convention_of(attributes),
        size_rule="floor",
        scale_dtype="float32",
        scale_source="given",
        source=RESIZE_DOCS.format(opset=opset),
        note=GIVEN_SCALE_NOTE,
    )


def enlarges(n_in: int, scale: float) -> bool:
    """Upsample's scales are at least 1."""
    return scale >= 1


def _before_11(operator: str, opset: int, mode: str) -> ByScaleOperation:
    is_upsample = operator == "Upsample"
    return native_by_scale(
        FRAMEWORK,
        f"{operator}-{opset}(scales, mode={mode})",
        f'onnx_scale(x, sy, sx, operator="{operator}", opset={opset}, mode="{mode}")',
        "NCHW",
        helpers=(scaled_session, onnx_scale),
        claim=ASYMMETRIC_LINEAR if mode == "linear" else None,
        size_rule="floor",
        scale_dtype="float32",
        accepts=enlarges if is_upsample else any_scale,
        source=(UPSAMPLE_DOCS if is_upsample else RESIZE_DOCS).format(opset=opset),
        note=_UNSTATED_NOTE,
    )


def _fitted(opset: int, policy: str, attributes: Attributes) -> ByScaleOperation:
    return native_by_scale(
        FRAMEWORK,
        f"Resize-{opset}(sizes, keep_aspect_ratio_policy={policy}, {argument_label(attributes)})",
        f'onnx_fit(x, h, w, opset={opset}, keep_aspect_ratio_policy="{policy}"{argument_source(attributes)})',
        "NCHW",
        helpers=(scaled_session, onnx_fit),
        claim=convention_of(attributes),
        keep_aspect_ratio_policy=policy,
        source=RESIZE_DOCS.format(opset=opset),
        note=POLICY_NOTE,
    )


def _kernels(mode: str) -> list[Attributes]:
    """The calls of opset 19 with this coordinate mode: every kernel, plain and stretched."""
    coordinates: dict[str, Any] = {"coordinate_transformation_mode": mode}
    if mode == "tf_crop_and_resize":
        coordinates["roi"] = INNER_ROI
    return [
        {"mode": "nearest", **coordinates},
        {"mode": "nearest", **coordinates, "nearest_mode": "floor"},
        {"mode": "linear", **coordinates},
        {"mode": "linear", **coordinates, "antialias": 1},
        {"mode": "cubic", **coordinates},
        {"mode": "cubic", **coordinates, "antialias": 1, "exclude_outside": 1},
    ]


def _size_rule(operation: ByScaleOperation) -> tuple[str, str, bool]:
    has_region = operation.claim is not None and operation.claim.roi is not None
    return operation.name.partition("(")[0], operation.keep_aspect_ratio_policy, has_region


def operations_by_scale() -> list[ByScaleOperation]:
    """Resize by scales at the opsets that changed it, Upsample-9, and Resize to sizes that keep the aspect ratio."""
    calls = [_scaled(19, kernel) for mode in (*MODES, "half_pixel_symmetric") for kernel in _kernels(mode)]
    calls += [_scaled(19, {"mode": "linear", "axes": axes}) for axes in ((2, 3), (3, 2))]
    for opset in (18, 13, 11):
        calls += [_scaled(opset, {"mode": "linear", "coordinate_transformation_mode": mode}) for mode in MODES[:4]]
        calls.append(_scaled(opset, _kernels("tf_crop_and_resize")[2]))
        calls.append(_scaled(opset, _kernels("asymmetric")[1]))
        calls.append(_scaled(opset, {"mode": "cubic", "coordinate_transformation_mode": "half_pixel"}))
    for operator, opset in (("Resize", 10), ("Upsample", 9)):
        calls += [_before_11(operator, opset, mode) for mode in ("nearest", "linear")]
    for opset, policy, mode in product((19, 18), ("stretch", "not_larger", "not_smaller"), ("linear", "nearest")):
        calls.append(_fitted(opset, policy, {"mode": mode, "coordinate_transformation_mode": "half_pixel"}))
    return mark_shared_size_rules(calls, _size_rule)
