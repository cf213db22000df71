"""TensorFlow by scale: Keras's ``UpSampling2D`` by whole factors, and ``raw_ops.ScaleAndTranslate``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from halfpixel.adapters.by_scale import ByScaleOperation, mark_shared_size_rules, native_by_scale
from halfpixel.adapters.operation import Operation
from halfpixel.adapters.tensorflow.calls import FRAMEWORK, operations

if TYPE_CHECKING:
    import tensorflow as tf

_SIZES = "upsampling_layer(h // x.shape[1], w // x.shape[2], "
_SCALES = "size=(h, w), scale=(h / x.shape[1], w / x.shape[2])"


def scaled_size(x: tf.Tensor, sy: float, sx: float) -> tuple[int, int]:
    """The ``(h, w)`` that the scales leave of ``x``, rounded down: no output lies beyond the input."""
    return int(sy * x.shape[1]), int(sx * x.shape[2])


def _upsampling(operation: Operation) -> ByScaleOperation:
    return native_by_scale(
        FRAMEWORK,
        operation.name.replace("UpSampling2D(", "UpSampling2D(size, "),
        operation.native_call.expression.replace(_SIZES, "upsampling_layer(sy, sx, "),
        "NHWC",
        *operation.documented(),
        helpers=operation.native_call.helpers,
        size_variant=operation,
        size_rule="floor",
        scale_dtype="integer",
    )


def _scale_and_translate(operation: Operation) -> ByScaleOperation:
    return native_by_scale(
        FRAMEWORK,
        operation.name.replace("ScaleAndTranslate(", "ScaleAndTranslate(scale, "),
        operation.native_call.expression.replace(_SCALES, "size=scaled_size(x, sy, sx), scale=(sy, sx)"),
        "NHWC",
        *operation.documented(),
        helpers=(scaled_size,),
        size_variant=operation,
        scale_dtype="float32",
        scale_source="given",
        decides_size=False,
    )


def operations_by_scale() -> list[ByScaleOperation]:
    """Every resize call of TensorFlow that takes a scale."""
    by_scale = {"keras.layers.UpSampling2D": _upsampling, "raw_ops.ScaleAndTranslate": _scale_and_translate}
    calls = []
    for operation in operations():
        function = operation.name.partition("(")[0]
        if function in by_scale:
            calls.append(by_scale[function](operation))
    # The cheapest first: it is the one that tries every factor.
    calls.sort(key=lambda operation: "interpolation=bilinear" not in operation.name)
    return mark_shared_size_rules(calls, lambda operation: operation.name.partition("(")[0])
