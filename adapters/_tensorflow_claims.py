"""What TensorFlow's pages, and the comments in its kernels where the pages are silent, state about each resize."""

from __future__ import annotations

from fractions import Fraction

from adapters._stated import Stated
from golden import Convention

_API = "https://www.tensorflow.org/api_docs/python/tf/"
_IMAGE_RESIZE = _API + "image/resize"
_CROP_AND_RESIZE = _API + "image/crop_and_resize"
_RESIZE_AREA = _API + "raw_ops/ResizeArea"
_UP_SAMPLING = _API + "keras/layers/UpSampling2D"
_RESIZING = _API + "keras/layers/Resizing"

_CORE = "https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/core/"
_SCALERS = _CORE + "util/image_resizer_state.h"
_NEAREST = _CORE + "kernels/image/resize_nearest_neighbor_op.cc"
_BICUBIC = _CORE + "kernels/image/resize_bicubic_op.cc"
_SPANS = _CORE + "kernels/image/scale_and_translate_op.cc"
_SAMPLING_KERNELS = _CORE + "kernels/image/sampling_kernels.h"

_KEYS = Fraction(-1, 2)

# (align_corners, half_pixel_centers); both at once is refused (image_resizer_state.h).
MODES = {(False, False): "asymmetric", (True, False): "align_corners", (False, True): "half_pixel"}
FILTERS = {
    "lanczos1": {"kernel": "lanczos", "lobes": 1},
    "lanczos3": {"kernel": "lanczos", "lobes": 3},
    "lanczos5": {"kernel": "lanczos", "lobes": 5},
    "gaussian": {"kernel": "gaussian"},
    "box": None,
    "triangle": {"kernel": "linear"},
    "keyscubic": {"kernel": "cubic", "cubic_coeff_a": _KEYS},
    "mitchellcubic": {"kernel": "mitchell"},
}
# Methods of tf.image.resize for which `antialias` matters, and the kernels that they become.
ANTIALIASED = {
    "bilinear": "triangle",
    "bicubic": "keyscubic",
    "lanczos3": "lanczos3",
    "lanczos5": "lanczos5",
    "gaussian": "gaussian",
    "mitchellcubic": "mitchellcubic",
}


def flagged(method: str, align_corners: bool = False, half_pixel_centers: bool = False) -> Stated:
    """``bilinear``, ``bicubic`` or ``nearest`` with these two flags, whose pages say nothing on the second.

    Bicubic changes its coefficient and its border along with its coordinates. Nearest floors: with half-pixel centres,
    which it takes as ``(o + 0.5) * scale``, that is rounding half up. Under ``align_corners`` it rounds; the example on
    the page of ``tf.image.crop_and_resize``, documented to be equal there, shows 1.5 going to 2.
    """
    mode = MODES[align_corners, half_pixel_centers]
    if method == "nearest":
        rounding = "floor" if mode == "asymmetric" else "round_prefer_ceil"
        convention = Convention(kernel="nearest", coordinate_transformation_mode=mode, nearest_mode=rounding)
        return Stated(convention, _NEAREST, "The API page leaves ties open; the kernel's source tells.")
    if method == "bilinear":
        note = "" if align_corners else "The API page leaves coordinates open; the kernel's source tells."
        return Stated(Convention(kernel="linear", coordinate_transformation_mode=mode), _SCALERS, note)
    if half_pixel_centers:
        convention = Convention(kernel="cubic", cubic_coeff_a=_KEYS, border="renormalise")
    else:
        convention = Convention(kernel="cubic", coordinate_transformation_mode=mode, cubic_coeff_a=Fraction(-3, 4))
    return Stated(convention, _BICUBIC, "The API page leaves coefficient and border open; the kernel's source tells.")


def area(align_corners: bool = False) -> Stated:
    """``ResizeArea``; ``align_corners`` is described in words that contradict averaging."""
    if align_corners:
        return Stated(
            None, _RESIZE_AREA, "The page says that corner pixels keep their values, which no average of several does."
        )
    return Stated(Convention(kernel="area"), _RESIZE_AREA)


def filtered(kernel_type: str, antialias: bool) -> Stated:
    """``ScaleAndTranslate`` with scale = output / input and no translation.

    The unstretched triangle weighs the same with either border, and is claimed under its usual name.
    """
    if kernel_type == "box":
        return Stated(
            None, _SAMPLING_KERNELS, "A pixel on the edge of this box weighs one half, which no convention here says."
        )
    if kernel_type == "triangle" and not antialias:
        convention = Convention(kernel="linear")
    else:
        convention = Convention(**FILTERS[kernel_type], antialias=antialias, border="renormalise")
    return Stated(convention, _SPANS, "The API page has no text; the comments in the kernel's source tell.")


def image_resize(method: str, antialias: bool = False) -> Stated:
    """``tf.image.resize``: its page gives kernels, stretching and border, and coordinates by an example."""
    if method == "nearest":
        return flagged("nearest", half_pixel_centers=True)
    if method == "area":
        return Stated(Convention(kernel="area"), _IMAGE_RESIZE)
    if method in ("bilinear", "bicubic") and not antialias:
        return Stated(flagged(method, half_pixel_centers=True).claim, _IMAGE_RESIZE)
    note = "The page says radius 3; the kernel's source says a support of 3 pixels." if method == "gaussian" else ""
    return Stated(filtered(ANTIALIASED[method], antialias).claim, _IMAGE_RESIZE, note)


def crop_and_resize(method: str, roi: tuple[Fraction, Fraction]) -> Stated:
    """``tf.image.crop_and_resize`` with the same ``roi`` on both axes and ``extrapolation_value=0``."""
    rules = {"bilinear": {"kernel": "linear"}, "nearest": {"kernel": "nearest", "nearest_mode": "round_prefer_ceil"}}
    convention = Convention(
        **rules[method], coordinate_transformation_mode="tf_crop_and_resize", border="extrapolate", roi=roi
    )
    note = "The page does not say that a crop one pixel long takes the middle of its box; the kernel's source does."
    return Stated(convention, _CROP_AND_RESIZE, note)


def resizing_layer(method: str, antialias: bool = False) -> Stated:
    """``tf.keras.layers.Resizing``, which hands its arguments to ``tf.image.resize``."""
    if method == "area":
        return Stated(None, _RESIZING, "The page does not list area, which the layer accepts.")
    stated = image_resize(method, antialias)
    return Stated(stated.claim, stated.source, "The layer's page only names the method; it calls tf.image.resize.")


def upsampling_layer(method: str) -> Stated:
    """``tf.keras.layers.UpSampling2D``: ``nearest`` repeats, and the rest is ``tf.image.resize``."""
    if method == "nearest":
        repeated = Convention(kernel="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
        return Stated(repeated, _UP_SAMPLING)
    if method == "area":
        return Stated(None, _UP_SAMPLING, "The page does not list area, which the layer accepts.")
    return resizing_layer(method)
