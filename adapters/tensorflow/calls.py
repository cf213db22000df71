"""TensorFlow: ``tf.image``, the kernels below it (``tf.raw_ops``), ``tf.compat.v1.image``, and Keras's layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import product
from typing import Unpack

from halfpixel.adapters.framework import Framework
from halfpixel.adapters.native_call import Helper
from halfpixel.adapters.operation import (
    CallFields,
    DocumentedClaim,
    Operation,
    argument_label,
    argument_source,
    is_multiple,
    native,
)
from halfpixel.adapters.tensorflow import claims

FRAMEWORK = Framework(
    "tensorflow",
    "tensorflow",
    ("tensorflow-cpu", "tensorflow"),
    "import tensorflow as tf",
    to_native="tf.constant(x)",
    to_numpy="y.numpy()",
    to_bfloat16="tf.cast(x, tf.bfloat16)",
)

_FLAGGED = {
    "raw_ops.ResizeBilinear": "bilinear",
    "raw_ops.ResizeBicubic": "bicubic",
    "raw_ops.ResizeNearestNeighbor": "nearest",
    "raw_ops.QuantizedResizeBilinear": "bilinear",
    "compat.v1.image.resize_bilinear": "bilinear",
    "compat.v1.image.resize_bicubic": "bicubic",
    "compat.v1.image.resize_nearest_neighbor": "nearest",
}
_CROPS = {"image.crop_and_resize": "box_indices", "raw_ops.CropAndResize": "box_ind"}
# The whole image, a part of it, and a box that starts outside; lopsided, so that swapped ends show.
_WHOLE = (Fraction(0), Fraction(1))
_BOXES = (_WHOLE, (Fraction(1, 8), Fraction(3, 4)), (Fraction(-1, 4), Fraction(1)))


def resizing_layer(height: int, width: int, **parameters) -> object:  # type: ignore[no-untyped-def]  # printed
    """Keras's layer that resizes to ``(height, width)`` pixels."""
    import tensorflow as tf

    return tf.keras.layers.Resizing(height, width, **parameters)


def upsampling_layer(rows: int, columns: int, **parameters) -> object:  # type: ignore[no-untyped-def]  # printed
    """Keras's layer that multiplies the height by ``rows`` and the width by ``columns``."""
    import tensorflow as tf

    return tf.keras.layers.UpSampling2D(size=(rows, columns), **parameters)


# A layer takes longer to construct than to call. The bound keeps a sweep over sizes from holding every layer.
_RESIZING = lru_cache(maxsize=1024)(resizing_layer)
_UPSAMPLING = lru_cache(maxsize=1024)(upsampling_layer)


def _tf(
    function: str,
    call: str,
    claim: DocumentedClaim,
    parameters: Mapping[str, object],
    helpers: Sequence[Helper] = (),
    **fields: Unpack[CallFields],
) -> Operation:
    """``call`` has ``{}`` where the parameters go, after other arguments; they also name the operation."""
    return native(
        FRAMEWORK,
        f"{function}({argument_label(parameters)})",
        call.format(argument_source(parameters)),
        "NHWC",
        *claim,
        helpers=helpers,
        **fields,
    )


def _image_resize() -> Iterator[Operation]:
    function, call = "image.resize", "tf.image.resize(x, (h, w){})"
    yield _tf(function, call, claims.image_resize("bilinear"), {}, is_default=True)
    for method, antialias in product(claims.ANTIALIASED, (False, True)):
        yield _tf(function, call, claims.image_resize(method, antialias), {"method": method, "antialias": antialias})
    # The page says that `antialias` has no effect on these two.
    for method in ("nearest", "area"):
        yield _tf(function, call, claims.image_resize(method), {"method": method})


def _flagged_kernels() -> Iterator[Operation]:
    for function, method in _FLAGGED.items():
        call = f"tf.{function}(images=x, size=(h, w){{}})"
        if function == "raw_ops.QuantizedResizeBilinear":
            # It takes float images too, and returns the range of quantised ones beside the image.
            call = f"tf.{function}(images=x, size=(h, w), min=0.0, max=1.0{{}})[0]"
        for align_corners, half_pixel_centers in claims.MODES:
            parameters = {"align_corners": align_corners, "half_pixel_centers": half_pixel_centers}
            yield _tf(function, call, claims.flagged_kernel(method, **parameters), parameters)
    for function in ("raw_ops.ResizeArea", "compat.v1.image.resize_area"):
        for align_corners in (False, True):
            call = f"tf.{function}(images=x, size=(h, w){{}})"
            yield _tf(function, call, claims.area(align_corners), {"align_corners": align_corners})


def _v1_resize() -> Iterator[Operation]:
    function, call = "compat.v1.image.resize", "tf.compat.v1.image.resize(x, (h, w){})"
    yield _tf(function, call, claims.flagged_kernel("bilinear"), {}, is_default=True)
    for method, align_corners in product(("bilinear", "bicubic", "nearest", "area"), (False, True)):
        claim = claims.area(align_corners) if method == "area" else claims.flagged_kernel(method, align_corners)
        yield _tf(function, call, claim, {"method": method, "align_corners": align_corners})


def _scale_and_translate() -> Iterator[Operation]:
    call = (
        "tf.raw_ops.ScaleAndTranslate(images=x, size=(h, w), scale=(h / x.shape[1], w / x.shape[2]), "
        "translation=(0.0, 0.0){})"
    )
    for kernel_type, antialias in product(claims.FILTERS, (False, True)):
        parameters: dict[str, object] = {"kernel_type": kernel_type, "antialias": antialias}
        yield _tf("raw_ops.ScaleAndTranslate", call, claims.filtered_resize(kernel_type, antialias), parameters)


def _crop_and_resize() -> Iterator[Operation]:
    for (function, index), method, roi in product(_CROPS.items(), ("bilinear", "nearest"), _BOXES):
        start, end = map(float, roi)
        box = [start, start, end, end]
        boxes = f"boxes=[{box}] * x.shape[0], {index}=range(x.shape[0])"
        arguments = argument_source({"method": method, "extrapolation_value": 0.0})
        yield native(
            FRAMEWORK,
            f"{function}(box={box}, method={method})",
            f"tf.{function}(image=x, {boxes}, crop_size=(h, w){arguments})",
            "NHWC",
            *claims.crop_and_resize(method, roi),
            # A box other than the whole image moves an axis that keeps its length, too.
            same_scale_on_both_axes=roi != _WHOLE,
        )


def _keras_layers() -> Iterator[Operation]:
    function, call, helpers = "keras.layers.Resizing", "resizing_layer(h, w{})(x)", (_RESIZING,)
    yield _tf(function, call, claims.resizing_layer("bilinear"), {}, helpers, is_default=True)
    for method, antialias in product(("bilinear", "bicubic", "lanczos3", "lanczos5"), (False, True)):
        parameters: dict[str, object] = {"interpolation": method, "antialias": antialias}
        yield _tf(function, call, claims.resizing_layer(method, antialias), parameters, helpers)
    for method in ("nearest", "area"):
        yield _tf(function, call, claims.resizing_layer(method), {"interpolation": method}, helpers)
    function, call = "keras.layers.UpSampling2D", "upsampling_layer(h // x.shape[1], w // x.shape[2]{})(x)"
    for method in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area"):
        claim = claims.upsampling_layer(method)
        yield _tf(function, call, claim, {"interpolation": method}, (_UPSAMPLING,), accepts=is_multiple)


def operations() -> list[Operation]:
    """Every resize call of TensorFlow, with every combination of parameters that changes the numbers."""
    return [
        *_image_resize(),
        *_flagged_kernels(),
        *_v1_resize(),
        *_scale_and_translate(),
        *_crop_and_resize(),
        *_keras_layers(),
    ]
