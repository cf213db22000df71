"""OpenCV DNN by scale: ONNX's Resize with ``scales``, by both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adapters._onnx_models import RESIZE_DOCS, convention_of
from adapters.scaled import ScaledOperation, scaled, sharing_size_rules

if TYPE_CHECKING:
    import cv2

_GIVEN_NOTE = (
    "The text has scale = length_resized / length_original; the operator's node test resize_downsample_scales_linear "
    "shows that the scale is the one given."
)
_KERNELS: tuple[dict[str, object], ...] = (
    *({"mode": "linear", "coordinate_transformation_mode": mode} for mode in ("half_pixel", "asymmetric")),
    {"mode": "linear", "coordinate_transformation_mode": "align_corners"},
    {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
    {"mode": "cubic", "coordinate_transformation_mode": "half_pixel"},
)


def dnn_scaling_net(engine: str, shape: tuple, scales: np.ndarray, **attributes: object) -> cv2.dnn.Net:
    """The net of one Resize-13 of ``shape``, (N, C, H, W), by scales; OpenCV wants the size of the result declared."""
    import tempfile

    import cv2
    from onnx import TensorProto, helper

    size = [int(length) for length in np.floor(np.float32(shape) * scales)]
    constants = [
        helper.make_tensor("roi", TensorProto.FLOAT, [0], []),
        helper.make_tensor("scales", TensorProto.FLOAT, [4], scales),
    ]
    node = helper.make_node("Resize", ["x", "roi", "scales"], ["y"], **attributes)
    x, y = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes) for name, sizes in (("x", shape), ("y", size))
    )
    graph = helper.make_graph([node], "Resize", [x], [y], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=9)
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        file.write(model.SerializeToString())
        file.flush()
        return cv2.dnn.readNetFromONNX(file.name, engine=getattr(cv2.dnn, engine))


def dnn_scale(x: np.ndarray, sy: float, sx: float, engine: str = "ENGINE_AUTO", **attributes: object) -> np.ndarray:
    """Resize of x, shape (N, C, H, W), by scales of the height and the width."""
    net = dnn_scaling_net(engine, x.shape, np.float32([1, 1, sy, sx]), **attributes)
    net.setInput(x)
    return net.forward()


def _scaled(engine: str, attributes: dict[str, object]) -> ScaledOperation:
    from adapters import opencv_dnn as by_size

    given = attributes if engine == "ENGINE_AUTO" else {"engine": engine, **attributes}
    code = "".join(f", {name}={value!r}" for name, value in given.items())
    words = [*([] if engine == "ENGINE_AUTO" else [engine]), *(f"{name}={value}" for name, value in attributes.items())]
    return scaled(
        by_size.FRAMEWORK,
        f"Resize-13(scales, {', '.join(words)})",
        f"dnn_scale(x, sy, sx{code})",
        "NCHW",
        helpers=(dnn_scaling_net, dnn_scale),
        claim=convention_of(attributes),
        size_rule="floor",
        scale_dtype="float32",
        scale_source="given",
        source=RESIZE_DOCS.format(opset=13),
        note=_GIVEN_NOTE,
    )


def scaled_operations() -> list[ScaledOperation]:
    """Resize-13 by scales; by the classic engine, which takes no half pixels then, what it takes."""
    found = [_scaled("ENGINE_AUTO", kernel) for kernel in _KERNELS]
    found += [_scaled("ENGINE_CLASSIC", kernel) for kernel in _KERNELS[1:4]]
    return sharing_size_rules(found, lambda operation: "ENGINE_CLASSIC" in operation.name)
