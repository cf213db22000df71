"""TensorFlow: ``tf.image``, the kernels below it (``tf.raw_ops``), ``tf.compat.v1.image``, and Keras's layers."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

from adapters import _tensorflow_claims as claims
from adapters._tensorflow_gradient import gradients
from adapters._tensorflow_ranked import ranked_operations
from adapters._tensorflow_scaled import scaled_operations
from adapters._tensorflow_variants import variants
from adapters.framework import Framework
from adapters.operation import Operation, native

__all__ = ["FRAMEWORK", "gradients", "operations", "ranked_operations", "scaled_operations", "variants"]

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


def resizing_layer(height: int, width: int, **parameters) -> object:
    """Keras's layer that resizes to ``(height, width)`` pixels."""
    import tensorflow as tf

    return tf.keras.layers.Resizing(height, width, **parameters)


def upsampling_layer(rows: int, columns: int, **parameters) -> object:
    """Keras's layer that multiplies the height by ``rows`` and the width by ``columns``."""
    import tensorflow as tf

    return tf.keras.layers.UpSampling2D(size=(rows, columns), **parameters)


# A layer takes longer to construct than to call. The bound keeps a sweep over sizes from holding every layer.
_RESIZING = lru_cache(maxsize=1024)(resizing_layer)
_UPSAMPLING = lru_cache(maxsize=1024)(upsampling_layer)


def is_multiple(n_in: int, n_out: int) -> bool:
    """Whether ``n_out`` is a whole number of times ``n_in``, as an upsampling layer needs."""
    return n_out % n_in == 0


def _code(**parameters: object) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in parameters.items())


def _tf(function: str, call: str, stated: claims.Stated, parameters: dict[str, object], **about) -> Operation:
    """``call`` has ``{}`` where the parameters go; they also name the operation."""
    shown = ", ".join(f"{name}={value}" for name, value in parameters.items())
    return native(
        FRAMEWORK, f"{function}({shown})", call.format(_code(**parameters)), "NHWC", **stated.about(), **about
    )


def _image_resize() -> Iterator[Operation]:
    bare = claims.image_resize("bilinear")
    yield _tf("image.resize", "tf.image.resize(x, (h, w))", bare, {}, is_default=True)
    rows = [{"method": method, "antialias": antialias} for method in claims.ANTIALIASED for antialias in (False, True)]
    # The page says that `antialias` has no effect on these two.
    rows += [{"method": "nearest"}, {"method": "area"}]
    for parameters in rows:
        yield _tf("image.resize", "tf.image.resize(x, (h, w), {})", claims.image_resize(**parameters), parameters)


def _flagged_kernels() -> Iterator[Operation]:
    for function, method in _FLAGGED.items():
        call = f"tf.{function}(images=x, size=(h, w), {{}})"
        if function == "raw_ops.QuantizedResizeBilinear":
            # It takes float images too, and returns the range of quantised ones beside the image.
            call = f"tf.{function}(images=x, size=(h, w), min=0.0, max=1.0, {{}})[0]"
        for align_corners, half_pixel_centers in claims.MODES:
            parameters = {"align_corners": align_corners, "half_pixel_centers": half_pixel_centers}
            yield _tf(function, call, claims.flagged(method, **parameters), parameters)
    for function in ("raw_ops.ResizeArea", "compat.v1.image.resize_area"):
        for align_corners in (False, True):
            call = f"tf.{function}(images=x, size=(h, w), {{}})"
            yield _tf(function, call, claims.area(align_corners), {"align_corners": align_corners})


def _v1_resize() -> Iterator[Operation]:
    function = "compat.v1.image.resize"
    yield _tf(function, f"tf.{function}(x, (h, w))", claims.flagged("bilinear"), {}, is_default=True)
    for method in ("bilinear", "bicubic", "nearest", "area"):
        for align_corners in (False, True):
            stated = claims.area(align_corners) if method == "area" else claims.flagged(method, align_corners)
            parameters = {"method": method, "align_corners": align_corners}
            yield _tf(function, f"tf.{function}(x, (h, w), {{}})", stated, parameters)


def _scale_and_translate() -> Iterator[Operation]:
    call = (
        "tf.raw_ops.ScaleAndTranslate(images=x, size=(h, w), scale=(h / x.shape[1], w / x.shape[2]), "
        "translation=(0.0, 0.0), {})"
    )
    for kernel_type in claims.FILTERS:
        for antialias in (False, True):
            parameters = {"kernel_type": kernel_type, "antialias": antialias}
            yield _tf("raw_ops.ScaleAndTranslate", call, claims.filtered(**parameters), parameters)


def _crop_and_resize() -> Iterator[Operation]:
    for function, index in _CROPS.items():
        for method in ("bilinear", "nearest"):
            for roi in _BOXES:
                start, end = map(float, roi)
                box = [start, start, end, end]
                call = (
                    f"tf.{function}(image=x, boxes=[{box}] * x.shape[0], {index}=range(x.shape[0]), crop_size=(h, w), "
                )
                call += _code(method=method, extrapolation_value=0.0) + ")"
                yield native(
                    FRAMEWORK,
                    f"{function}(box={box}, method={method})",
                    call,
                    "NHWC",
                    **claims.crop_and_resize(method, roi).about(),
                    # A box other than the whole image moves an axis that keeps its length, too.
                    uniform=roi != _WHOLE,
                )


def _keras_layers() -> Iterator[Operation]:
    layer, about = "keras.layers.Resizing", {"helpers": (_RESIZING,)}
    yield _tf(layer, "resizing_layer(h, w)(x)", claims.resizing_layer("bilinear"), {}, is_default=True, **about)
    for method in ("bilinear", "bicubic", "lanczos3", "lanczos5"):
        for antialias in (False, True):
            parameters = {"interpolation": method, "antialias": antialias}
            stated = claims.resizing_layer(method, antialias)
            yield _tf(layer, "resizing_layer(h, w, {})(x)", stated, parameters, **about)
    for method in ("nearest", "area"):
        stated = claims.resizing_layer(method)
        yield _tf(layer, "resizing_layer(h, w, {})(x)", stated, {"interpolation": method}, **about)
    layer, call = "keras.layers.UpSampling2D", "upsampling_layer(h // x.shape[1], w // x.shape[2], {})(x)"
    for method in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area"):
        stated = claims.upsampling_layer(method)
        parameters = {"interpolation": method}
        yield _tf(layer, call, stated, parameters, helpers=(_UPSAMPLING,), accepts=is_multiple)


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
