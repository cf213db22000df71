"""ONNX Runtime by scale: Resize with ``scales``, ``axes`` and ``roi``, and with sizes that keep the aspect ratio."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from adapters._onnx_models import INNER_ROI, RESIZE_DOCS, UPSAMPLE_DOCS, convention_of
from adapters.framework import Framework
from adapters.scaled import ScaledOperation, any_scale, scaled, sharing_size_rules
from golden import Convention

if TYPE_CHECKING:
    import onnxruntime

_MODES = ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize")
_GIVEN_NOTE = (
    "The text has scale = length_resized / length_original; the operator's node test resize_downsample_scales_linear "
    "shows that the scale is the one given."
)
_POLICY_NOTE = "The text gives one scale for all axes, and scale = length_resized / length_original for coordinates."
_UNSTATED_NOTE = "ONNX's text states no coordinates for this opset."


@functools.cache
def scaled_session(
    operator: str, opset: int, fed: str, roi: tuple, **attributes: object
) -> onnxruntime.InferenceSession:
    """A session of one node on x of any (N, C, H, W), with its scales or sizes, whichever is ``fed``, as an input."""
    import onnxruntime
    from onnx import TensorProto, helper

    length = len(attributes["axes"]) if "axes" in attributes else 4
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


def onnx_scale(x: np.ndarray, sy: float, sx: float, operator: str, opset: int, roi=(0, 1), **attributes) -> np.ndarray:
    """Resize (or Upsample) of x, shape (N, C, H, W), by scales of the height and the width."""
    by_axis = {0: 1, 1: 1, 2: sy, 3: sx}
    scales = np.array([by_axis[axis] for axis in attributes.get("axes", (0, 1, 2, 3))], dtype=np.float32)
    return scaled_session(operator, opset, "scales", roi, **attributes).run(None, {"x": x, "scales": scales})[0]


def onnx_fit(x: np.ndarray, h: int, w: int, opset: int, **attributes: object) -> np.ndarray:
    """Resize of the height and width of x, shape (N, C, H, W), to fit (h, w)."""
    sizes = np.array([h, w], dtype=np.int64)
    session = scaled_session("Resize", opset, "sizes", (0, 1), axes=(2, 3), **attributes)
    return session.run(None, {"x": x, "sizes": sizes})[0]


def _framework() -> Framework:
    from adapters import onnxruntime as by_size

    return by_size.FRAMEWORK


def _code(attributes: dict[str, object]) -> str:
    return "".join(f", {name}={value!r}" for name, value in attributes.items())


def _label(attributes: dict[str, object]) -> str:
    words = {
        name: ":".join(map(str, value)) if isinstance(value, tuple) else value for name, value in attributes.items()
    }
    return ", ".join(f"{name}={value}" for name, value in words.items())


def _scaled(opset: int, **attributes: object) -> ScaledOperation:
    return scaled(
        _framework(),
        f"Resize-{opset}(scales, {_label(attributes)})",
        f'onnx_scale(x, sy, sx, operator="Resize", opset={opset}{_code(attributes)})',
        "NCHW",
        helpers=(scaled_session, onnx_scale),
        claim=convention_of(attributes),
        size_rule="floor",
        scale_dtype="float32",
        scale_source="given",
        source=RESIZE_DOCS.format(opset=opset),
        note=_GIVEN_NOTE,
    )


def enlarges(n_in: int, scale: float) -> bool:
    """Upsample's scales are at least 1."""
    return scale >= 1


def _before_11(operator: str, opset: int, mode: str) -> ScaledOperation:
    docs = UPSAMPLE_DOCS if operator == "Upsample" else RESIZE_DOCS
    linear = Convention(kernel="linear", coordinate_transformation_mode="asymmetric")
    return scaled(
        _framework(),
        f"{operator}-{opset}(scales, mode={mode})",
        f'onnx_scale(x, sy, sx, operator="{operator}", opset={opset}, mode="{mode}")',
        "NCHW",
        helpers=(scaled_session, onnx_scale),
        claim=linear if mode == "linear" else None,
        size_rule="floor",
        scale_dtype="float32",
        accepts=enlarges if operator == "Upsample" else any_scale,
        source=docs.format(opset=opset),
        note=_UNSTATED_NOTE,
    )


def _fitted(opset: int, policy: str, **attributes: object) -> ScaledOperation:
    return scaled(
        _framework(),
        f"Resize-{opset}(sizes, keep_aspect_ratio_policy={policy}, {_label(attributes)})",
        f'onnx_fit(x, h, w, opset={opset}, keep_aspect_ratio_policy="{policy}"{_code(attributes)})',
        "NCHW",
        helpers=(scaled_session, onnx_fit),
        claim=convention_of(attributes),
        policy=policy,
        source=RESIZE_DOCS.format(opset=opset),
        note=_POLICY_NOTE,
    )


def _kernels(mode: str) -> list[dict[str, object]]:
    """The calls of opset 19 with this coordinate mode: every kernel, plain and stretched."""
    where: dict[str, object] = {"coordinate_transformation_mode": mode}
    if mode == "tf_crop_and_resize":
        where["roi"] = INNER_ROI
    return [
        {"mode": "nearest", **where},
        {"mode": "nearest", **where, "nearest_mode": "floor"},
        {"mode": "linear", **where},
        {"mode": "linear", **where, "antialias": 1},
        {"mode": "cubic", **where},
        {"mode": "cubic", **where, "antialias": 1, "exclude_outside": 1},
    ]


def scaled_operations() -> list[ScaledOperation]:
    """Resize by scales at the opsets that changed it, Upsample-9, and Resize to sizes that keep the aspect ratio."""
    found = [_scaled(19, **kernel) for mode in (*_MODES, "half_pixel_symmetric") for kernel in _kernels(mode)]
    found += [_scaled(19, mode="linear", axes=axes) for axes in ((2, 3), (3, 2))]
    for opset in (18, 13, 11):
        found += [_scaled(opset, mode="linear", coordinate_transformation_mode=mode) for mode in _MODES[:4]]
        found.append(_scaled(opset, **_kernels("tf_crop_and_resize")[2]))
        found.append(_scaled(opset, **_kernels("asymmetric")[1]))
        found.append(_scaled(opset, mode="cubic", coordinate_transformation_mode="half_pixel"))
    for operator, opset in (("Resize", 10), ("Upsample", 9)):
        found += [_before_11(operator, opset, mode) for mode in ("nearest", "linear")]
    for opset in (19, 18):
        for policy in ("stretch", "not_larger", "not_smaller"):
            found += [
                _fitted(opset, policy, mode=mode, coordinate_transformation_mode="half_pixel")
                for mode in ("linear", "nearest")
            ]

    def function(operation: ScaledOperation) -> tuple:
        region = operation.claim is not None and operation.claim.roi is not None
        return operation.name.partition("(")[0], operation.policy, region

    return sharing_size_rules(found, function)
