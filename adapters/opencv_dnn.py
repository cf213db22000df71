"""OpenCV DNN: ONNX's Resize and Upsample by both of its engines, and ``blobFromImage`` used as a resize."""

from __future__ import annotations

import functools
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from adapters._onnx_models import INNER_ROI, RESIZE_DOCS, UPSAMPLE_DOCS, convention_of
from adapters._opencv_dnn_scaled import scaled_operations
from adapters.framework import Framework
from adapters.operation import Operation, any_size, native
from golden import Convention

if TYPE_CHECKING:
    import cv2
    import onnx

__all__ = ["FRAMEWORK", "operations", "scaled_operations"]

FRAMEWORK = Framework(
    "opencv-dnn",
    "cv2",
    (
        "opencv-python-headless",
        "opencv-python",
        "opencv-contrib-python-headless",
        "opencv-contrib-python",
    ),
    "import functools\n\nimport cv2\nimport onnx",
    requires=("onnx",),
)

_BLOB_DOCS = "https://docs.opencv.org/5.x/d6/d0f/group__dnn.html"
_BLOB_SOURCE = "https://github.com/opencv/opencv/blob/5.0.0/modules/dnn/src/dnn_utils.cpp"
_BLOB_NOTE = "The page says that the image is resized, not how; dnn_utils.cpp calls cv::resize with INTER_LINEAR."
_ASYMMETRIC = Convention(kernel="linear", coordinate_transformation_mode="asymmetric")
_NO_COORDINATES = (
    "ONNX's text states no coordinates for this opset; a maintainer of ONNX Runtime calls them asymmetric in "
    "microsoft/onnxruntime#4419."
)
_NO_ROUNDING = "ONNX's text states neither coordinates nor rounding for this opset."
_ONE_PIXEL_NOTE = (
    "An axis of one pixel is left out: resizeBilinear of resize2_layer.cpp then takes pixel -1, which is not there, so "
    "that what lies in memory decides what comes out (up to 1e27 was seen)."
)

_COORDINATES = ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric")
_NEAREST_MODES = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")


def dnn_model(
    operator: str, opset: int, dtype: np.dtype, before: tuple, after: tuple, roi: tuple = (0, 1), **attributes: object
) -> onnx.ModelProto:
    """One node from ``before`` to ``after``, shapes (N, C, H, W), both declared: OpenCV refuses a model without."""
    from onnx import TensorProto, helper

    if opset >= 11:
        inputs, region = ["x", "roi", "scales" if opset < 13 else "", "sizes"], [0, 0, *roi[:1] * 2, 1, 1, *roi[1:] * 2]
        constants = [
            helper.make_tensor("roi", TensorProto.FLOAT, [8], region),
            helper.make_tensor("sizes", TensorProto.INT64, [4], after),
        ]
        if opset < 13:  # scales became optional in opset 13; until then an empty tensor says "none"
            constants.append(helper.make_tensor("scales", TensorProto.FLOAT, [0], []))
    else:
        old, new = np.float32(before), np.float32(after)
        # The float32 next above where the nearest would give a smaller size.
        scales = np.where(new / old * old < new, np.nextafter(new / old, np.float32(np.inf)), new / old)
        inputs, constants = ["x", "scales"], [helper.make_tensor("scales", TensorProto.FLOAT, [4], scales)]
    kind = helper.np_dtype_to_tensor_dtype(dtype)
    x, y = (helper.make_tensor_value_info(*each) for each in (("x", kind, before), ("y", kind, after)))
    graph = helper.make_graph([helper.make_node(operator, inputs, ["y"], **attributes)], operator, [x], [y], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


@functools.lru_cache(maxsize=64)
def dnn_net(engine: str, *which: object, **attributes: object) -> cv2.dnn.Net:
    """The net of one such node. From a file: OpenCV 5.0.0 does not look at ``engine`` when the model is a buffer."""
    import tempfile

    import cv2

    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        file.write(dnn_model(*which, **attributes).SerializeToString())
        file.flush()
        return cv2.dnn.readNetFromONNX(file.name, engine=getattr(cv2.dnn, engine))


def dnn_resize(
    x: np.ndarray,
    h: int,
    w: int,
    engine: str = "ENGINE_AUTO",
    operator: str = "Resize",
    opset: int = 19,
    **attributes: object,
) -> np.ndarray:
    """ONNX's Resize (or Upsample) of x, shape (N, C, H, W), to (N, C, h, w)."""
    net = dnn_net(engine, operator, opset, x.dtype, x.shape, (*x.shape[:2], h, w), **attributes)
    net.setInput(x)
    return net.forward()


def channels_last(blob: np.ndarray) -> np.ndarray:
    """The one image of a blob, (1, C, h, w), as OpenCV has images: (h, w, C), or (h, w) of one channel."""
    return blob[0, 0] if blob.shape[1] == 1 else blob[0].transpose(1, 2, 0)


def _two_pixels(n_in: int, n_out: int) -> bool:
    return n_in > 1


def _enlarges(n_in: int, n_out: int) -> bool:
    return n_out >= n_in


def _enlarges_two_pixels(n_in: int, n_out: int) -> bool:
    return n_out >= n_in > 1


def _node(engine: str, operator: str = "Resize", opset: int = 19, **attributes: object) -> Operation:
    given = {"engine": engine, "operator": operator, "opset": opset}
    defaults = {"engine": "ENGINE_AUTO", "operator": "Resize", "opset": 19}
    arguments = {name: value for name, value in given.items() if value != defaults[name]} | attributes
    code = "".join(f", {name}={value!r}" for name, value in arguments.items())
    words = {name: ":".join(map(str, value)) if name == "roi" else value for name, value in attributes.items()}
    label = ", ".join(
        [*([] if engine == "ENGINE_AUTO" else [engine]), *(f"{name}={value}" for name, value in words.items())]
    )
    mode, note = attributes.get("mode", "nearest"), ""
    if opset >= 11:
        claim = convention_of(attributes)
    else:
        claim = _ASYMMETRIC if mode == "linear" else None
        note = _NO_COORDINATES if mode == "linear" else _NO_ROUNDING
    reads_outside = mode == "linear" and engine != "ENGINE_CLASSIC"
    note = f"{note} {_ONE_PIXEL_NOTE}".strip() if reads_outside else note
    accepts = {
        ("Resize", False): any_size,
        ("Resize", True): _two_pixels,
        ("Upsample", False): _enlarges,
        ("Upsample", True): _enlarges_two_pixels,
    }[operator, reads_outside]
    return native(
        FRAMEWORK,
        f"{operator}-{opset}({label})",
        f"dnn_resize(x, h, w{code})",
        "NCHW",
        helpers=(dnn_model, dnn_net, dnn_resize),
        claim=claim,
        source=(UPSAMPLE_DOCS if operator == "Upsample" else RESIZE_DOCS).format(opset=opset),
        note=note,
        accepts=accepts,
    )


def _nearest(engine: str, mode: str, nearest_mode: str, opset: int = 19) -> Operation:
    attributes = {"mode": "nearest", "coordinate_transformation_mode": mode, "nearest_mode": nearest_mode}
    return _node(engine, opset=opset, **attributes)


def _automatic() -> list[Operation]:
    """What ENGINE_AUTO, the default, takes: the new engine wherever that can read the model."""
    found = [_node("ENGINE_AUTO")]
    found += [_nearest("ENGINE_AUTO", "half_pixel", nearest_mode) for nearest_mode in _NEAREST_MODES]
    found += [_nearest("ENGINE_AUTO", mode, "round_prefer_floor") for mode in _COORDINATES[1:]]
    found.append(_nearest("ENGINE_AUTO", "asymmetric", "floor"))
    found.append(_nearest("ENGINE_AUTO", "tf_half_pixel_for_nn", "floor", opset=11))
    for mode in ("linear", "cubic"):
        found += [_node("ENGINE_AUTO", mode=mode, coordinate_transformation_mode=where) for where in _COORDINATES]
    half_pixel = {"coordinate_transformation_mode": "half_pixel"}
    found += [
        _node("ENGINE_AUTO", mode="linear", **half_pixel, antialias=1),
        _node("ENGINE_AUTO", mode="cubic", **half_pixel, cubic_coeff_a=-0.5),
        _node("ENGINE_AUTO", mode="cubic", **half_pixel, exclude_outside=1),
        _node("ENGINE_AUTO", mode="cubic", **half_pixel, antialias=1, exclude_outside=1),
        _node("ENGINE_AUTO", mode="linear", coordinate_transformation_mode="tf_crop_and_resize", roi=INNER_ROI),
    ]
    older = (("Resize", 10), ("Upsample", 9))
    return found + [_node("ENGINE_AUTO", *which, mode=mode) for which, mode in product(older, ("nearest", "linear"))]


def _classic() -> list[Operation]:
    """What the classic engine takes, and cubic, which it refuses."""
    found = [_nearest("ENGINE_CLASSIC", "half_pixel", nearest_mode) for nearest_mode in ("round_prefer_floor", "floor")]
    found += [_nearest("ENGINE_CLASSIC", mode, "round_prefer_floor") for mode in ("align_corners", "asymmetric")]
    found.append(_nearest("ENGINE_CLASSIC", "tf_half_pixel_for_nn", "floor", opset=11))
    found += [_node("ENGINE_CLASSIC", mode="linear", coordinate_transformation_mode=mode) for mode in _COORDINATES]
    found.append(_node("ENGINE_CLASSIC", mode="linear", coordinate_transformation_mode="half_pixel", antialias=1))
    found.append(_node("ENGINE_CLASSIC", mode="cubic", coordinate_transformation_mode="half_pixel"))
    return [*found, _node("ENGINE_CLASSIC", "Upsample", 9, mode="nearest")]


def operations() -> list[Operation]:
    """Resize and Upsample by the engine that is the default, by each of the two, and ``blobFromImage``."""
    new = _node("ENGINE_NEW", mode="linear", coordinate_transformation_mode="half_pixel")
    blob = native(
        FRAMEWORK,
        "blobFromImage()",
        "channels_last(cv2.dnn.blobFromImage(x, size=(w, h)))",
        "HWC",
        helpers=(channels_last,),
        claim=Convention(kernel="linear"),
        source=_BLOB_SOURCE,
        note=_BLOB_NOTE,
        is_default=True,
    )
    return [*_automatic(), new, *_classic(), blob]
