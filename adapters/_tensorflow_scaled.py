"""TensorFlow by scale: Keras's ``UpSampling2D`` by whole factors, and ``raw_ops.ScaleAndTranslate``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.operation import Operation
from adapters.scaled import ScaledOperation, scaled, sharing_size_rules

if TYPE_CHECKING:
    import tensorflow as tf

_SIZES = "upsampling_layer(h // x.shape[1], w // x.shape[2], "
_SCALES = "size=(h, w), scale=(h / x.shape[1], w / x.shape[2])"


def scaled_size(x: tf.Tensor, sy: float, sx: float) -> tuple[int, int]:
    """The ``(h, w)`` that the scales leave of ``x``, rounded down: no output lies beyond the input."""
    return int(sy * x.shape[1]), int(sx * x.shape[2])


def _upsampling(operation: Operation) -> ScaledOperation:
    return scaled(
        operation.call.framework,
        operation.name.replace("UpSampling2D(", "UpSampling2D(size, "),
        operation.call.expression.replace(_SIZES, "upsampling_layer(sy, sx, "),
        "NHWC",
        helpers=operation.call.helpers,
        claim=operation.claim,
        by_size=operation,
        size_rule="floor",
        scale_dtype="integer",
        source=operation.source,
        note=operation.note,
    )


def _scale_and_translate(operation: Operation) -> ScaledOperation:
    return scaled(
        operation.call.framework,
        operation.name.replace("ScaleAndTranslate(", "ScaleAndTranslate(scale, "),
        operation.call.expression.replace(_SCALES, "size=scaled_size(x, sy, sx), scale=(sy, sx)"),
        "NHWC",
        helpers=(scaled_size,),
        claim=operation.claim,
        by_size=operation,
        scale_dtype="float32",
        scale_source="given",
        decides_size=False,
        source=operation.source,
        note=operation.note,
    )


def scaled_operations() -> list[ScaledOperation]:
    """Every resize call of TensorFlow that takes a scale."""
    from adapters import tensorflow as by_size

    made = {"keras.layers.UpSampling2D": _upsampling, "raw_ops.ScaleAndTranslate": _scale_and_translate}
    found = [
        made[function](operation)
        for operation in by_size.operations()
        if (function := operation.name.partition("(")[0]) in made
    ]
    # The cheapest first: it is the one that tries every factor.
    found.sort(key=lambda operation: "interpolation=bilinear" not in operation.name)
    return sharing_size_rules(found, lambda operation: operation.name.partition("(")[0])
