"""OpenCV DNN: ONNX's Resize and Upsample by both engines, by size, by scale and from memory; ``blobFromImage``."""

from __future__ import annotations

import functools
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from halfpixel.adapters.by_scale import ByScaleOperation, mark_shared_size_rules, native_by_scale
from halfpixel.adapters.conventions import ASYMMETRIC_LINEAR, LINEAR
from halfpixel.adapters.framework import Framework
from halfpixel.adapters.native_call import NativeCall, Variant
from halfpixel.adapters.onnx_resize import (
    GIVEN_SCALE_NOTE,
    INNER_ROI,
    NEAREST_MODES,
    NO_ROUNDING_NOTE,
    RESIZE_DOCS,
    UPSAMPLE_DOCS,
    Attributes,
    convention_of,
)
from halfpixel.adapters.opencv.calls import FRAMEWORK as OPENCV
from halfpixel.adapters.operation import (
    AllBut,
    Operation,
    any_size,
    argument_label,
    argument_source,
    enlarges,
    is_one_pixel,
    native,
)
from halfpixel.golden import Convention

if TYPE_CHECKING:
    import cv2
    import onnx

FRAMEWORK = Framework(
    "opencv-dnn", "cv2", OPENCV.distributions, "import functools\n\nimport cv2\nimport onnx", requires=("onnx",)
)

_BLOB_SOURCE = "https://github.com/opencv/opencv/blob/5.0.0/modules/dnn/src/dnn_utils.cpp"
_BLOB_NOTE = "The page says that the image is resized, not how; dnn_utils.cpp calls cv::resize with INTER_LINEAR."
_NO_COORDINATES = (
    "ONNX's text states no coordinates for this opset; a maintainer of ONNX Runtime calls them asymmetric in "
    "microsoft/onnxruntime#4419."
)
_ONE_PIXEL_NOTE = (
    "An axis of one pixel is asked by suite edges alone: resizeBilinear of resize2_layer.cpp then takes pixel -1, "
    "which is not there, so that what lies in memory decides what comes out."
)

_DEFAULT_ENGINE = "ENGINE_AUTO"
_COORDINATES = ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric")


def dnn_model(
    operator: str, opset: int, dtype: np.dtype, before: tuple, after: tuple, roi: tuple = (0, 1), **attributes: object  # type: ignore[type-arg]  # printed
) -> onnx.ModelProto:  # fmt: skip
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
        old, new = np.float32(before), np.float32(after)  # type: ignore[arg-type]  # printed
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
        file.write(dnn_model(*which, **attributes).SerializeToString())  # type: ignore[arg-type]  # printed
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
    return net.forward()  # type: ignore[no-any-return]  # printed


def channels_last(blob: np.ndarray) -> np.ndarray:
    """The one image of a blob, (1, C, h, w), as OpenCV has images: (h, w, C), or (h, w) of one channel."""
    return blob[0, 0] if blob.shape[1] == 1 else blob[0].transpose(1, 2, 0)  # type: ignore[no-any-return]  # printed


_DEFINED = {"Resize": any_size, "Upsample": enlarges}
"""The sizes that each operator is defined for."""
_ONE_PIXEL_DEFECT = "resize-one-row-reads-outside"


def _engine(engine: str) -> Attributes:
    return {} if engine == _DEFAULT_ENGINE else {"engine": engine}


def _label(engine: str, attributes: Attributes) -> str:
    return ", ".join(filter(None, (*_engine(engine).values(), argument_label(attributes))))


def _node(engine: str, attributes: Attributes, operator: str = "Resize", opset: int = 19) -> Operation:
    arguments = {**_engine(engine), "operator": operator, "opset": opset}
    defaults = {"operator": "Resize", "opset": 19}
    arguments = {name: value for name, value in arguments.items() if value != defaults.get(name)}
    mode, note = attributes.get("mode", "nearest"), ""
    claim: Convention | None = convention_of(attributes)
    if opset < 11:
        claim = ASYMMETRIC_LINEAR if mode == "linear" else None
        note = _NO_COORDINATES if mode == "linear" else NO_ROUNDING_NOTE
    defined = _DEFINED[operator]
    # The classic engine, which also reads Upsample, has no such fault, and tf_crop_and_resize is refused at every size.
    is_new = engine != "ENGINE_CLASSIC" and operator == "Resize"
    is_refused = attributes.get("coordinate_transformation_mode") == "tf_crop_and_resize"
    reads_outside = mode == "linear" and is_new and not is_refused
    return native(
        FRAMEWORK,
        f"{operator}-{opset}({_label(engine, attributes)})",
        f"dnn_resize(x, h, w{argument_source({**arguments, **attributes})})",
        "NCHW",
        helpers=(dnn_model, dnn_net, dnn_resize),
        claim=claim,
        source=(UPSAMPLE_DOCS if operator == "Upsample" else RESIZE_DOCS).format(opset=opset),
        note=f"{note} {_ONE_PIXEL_NOTE}".strip() if reads_outside else note,
        accepts=AllBut(is_one_pixel, (_ONE_PIXEL_DEFECT,), defined) if reads_outside else defined,
    )


def _nearest(engine: str, coordinates: str, nearest_mode: str, opset: int = 19) -> Operation:
    attributes = {"mode": "nearest", "coordinate_transformation_mode": coordinates, "nearest_mode": nearest_mode}
    return _node(engine, attributes, opset=opset)


def _half_pixel(mode: str, **further: object) -> Attributes:
    return {"mode": mode, "coordinate_transformation_mode": "half_pixel", **further}


def _automatic() -> list[Operation]:
    """What ENGINE_AUTO, the default, takes: the new engine wherever that can read the model."""
    engine = _DEFAULT_ENGINE
    calls = [_node(engine, {})]
    calls += [_nearest(engine, "half_pixel", nearest_mode) for nearest_mode in NEAREST_MODES]
    calls += [_nearest(engine, coordinates, "round_prefer_floor") for coordinates in _COORDINATES[1:]]
    calls.append(_nearest(engine, "asymmetric", "floor"))
    calls.append(_nearest(engine, "tf_half_pixel_for_nn", "floor", opset=11))
    for mode, coordinates in product(("linear", "cubic"), _COORDINATES):
        calls.append(_node(engine, {"mode": mode, "coordinate_transformation_mode": coordinates}))
    calls += [
        _node(engine, _half_pixel("linear", antialias=1)),
        _node(engine, _half_pixel("cubic", cubic_coeff_a=-0.5)),
        _node(engine, _half_pixel("cubic", exclude_outside=1)),
        _node(engine, _half_pixel("cubic", antialias=1, exclude_outside=1)),
        _node(engine, {"mode": "linear", "coordinate_transformation_mode": "tf_crop_and_resize", "roi": INNER_ROI}),
    ]
    older = product((("Resize", 10), ("Upsample", 9)), ("nearest", "linear"))
    return [*calls, *(_node(engine, {"mode": mode}, operator, opset) for (operator, opset), mode in older)]


def _classic() -> list[Operation]:
    """What the classic engine takes, and cubic, which it refuses."""
    engine = "ENGINE_CLASSIC"
    calls = [_nearest(engine, "half_pixel", nearest_mode) for nearest_mode in ("round_prefer_floor", "floor")]
    calls += [_nearest(engine, coordinates, "round_prefer_floor") for coordinates in ("align_corners", "asymmetric")]
    calls.append(_nearest(engine, "tf_half_pixel_for_nn", "floor", opset=11))
    for coordinates in _COORDINATES:
        calls.append(_node(engine, {"mode": "linear", "coordinate_transformation_mode": coordinates}))
    # The coordinates are the default ones, which the engine wants named.
    calls.append(_node(engine, {"mode": "linear"}))
    calls.append(_node(engine, _half_pixel("linear", antialias=1)))
    calls.append(_node(engine, _half_pixel("cubic")))
    return [*calls, _node(engine, {"mode": "nearest"}, "Upsample", 9)]


def operations() -> list[Operation]:
    """Resize and Upsample by the engine that is the default, by each of the two, and ``blobFromImage``."""
    blob = native(
        FRAMEWORK,
        "blobFromImage()",
        "channels_last(cv2.dnn.blobFromImage(x, size=(w, h)))",
        "HWC",
        helpers=(channels_last,),
        claim=LINEAR,
        source=_BLOB_SOURCE,
        note=_BLOB_NOTE,
        is_default=True,
    )
    return [*_automatic(), _node("ENGINE_NEW", _half_pixel("linear")), *_classic(), blob]


_KERNELS: tuple[Attributes, ...] = (
    {"mode": "linear", "coordinate_transformation_mode": "half_pixel"},
    {"mode": "linear", "coordinate_transformation_mode": "asymmetric"},
    {"mode": "linear", "coordinate_transformation_mode": "align_corners"},
    {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
    {"mode": "cubic", "coordinate_transformation_mode": "half_pixel"},
)


def dnn_scaling_net(engine: str, shape: tuple, scales: np.ndarray, **attributes: object) -> cv2.dnn.Net:  # type: ignore[type-arg]  # printed
    """The net of one Resize-13 of ``shape``, (N, C, H, W), by scales; OpenCV wants the size of the result declared."""
    import tempfile

    import cv2
    from onnx import TensorProto, helper

    size = [int(length) for length in np.floor(np.float32(shape) * scales)]  # type: ignore[arg-type]  # printed
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
    net = dnn_scaling_net(engine, x.shape, np.float32([1, 1, sy, sx]), **attributes)  # type: ignore[arg-type]  # printed
    net.setInput(x)
    return net.forward()  # type: ignore[no-any-return]  # printed


def _scaled(engine: str, attributes: Attributes) -> ByScaleOperation:
    return native_by_scale(
        FRAMEWORK,
        f"Resize-13(scales, {_label(engine, attributes)})",
        f"dnn_scale(x, sy, sx{argument_source({**_engine(engine), **attributes})})",
        "NCHW",
        helpers=(dnn_scaling_net, dnn_scale),
        claim=convention_of(attributes),
        size_rule="floor",
        scale_dtype="float32",
        scale_source="given",
        source=RESIZE_DOCS.format(opset=13),
        note=GIVEN_SCALE_NOTE,
    )


def operations_by_scale() -> list[ByScaleOperation]:
    """Resize-13 by scales; by the classic engine, which takes no half pixels then, what it takes."""
    calls = [_scaled(_DEFAULT_ENGINE, kernel) for kernel in _KERNELS]
    calls += [_scaled("ENGINE_CLASSIC", kernel) for kernel in _KERNELS[1:4]]
    return mark_shared_size_rules(calls, lambda operation: "ENGINE_CLASSIC" in operation.name)


def is_nearest_in_classic_engine(call: NativeCall) -> bool:
    """Whether the call asks for the engine that is not the default, and for nearest.

    By linear the default engine may read outside the image, so that no two runs give the same.
    """
    return "engine='ENGINE_CLASSIC'" in call.expression and "mode='nearest'" in call.expression


def list_variants() -> list[Variant]:
    """The same net from a model in memory, by the engine that is not the default: the other one shows."""

    @functools.lru_cache(maxsize=64)
    def dnn_net(engine: str, *which: object, **attributes: object) -> cv2.dnn.Net:
        """The net of one such node, from a buffer."""
        import cv2

        model = np.frombuffer(dnn_model(*which, **attributes).SerializeToString(), np.uint8)  # type: ignore[arg-type]  # printed
        return cv2.dnn.readNetFromONNX(model, engine=getattr(cv2.dnn, engine))

    return [Variant("model in memory", helpers=(dnn_net,), applies=is_nearest_in_classic_engine)]
