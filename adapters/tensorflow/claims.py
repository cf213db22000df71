"""What TensorFlow's pages, and the comments in its kernels where the pages are silent, state about each resize."""

from __future__ import annotations

from fractions import Fraction

from halfpixel.adapters.conventions import (
    AREA,
    CENTRED_NEAREST,
    KEYS_CUBIC,
    LANCZOS_3,
    LINEAR,
    OPENCV_CUBIC,
    REPEATING_NEAREST,
)
from halfpixel.adapters.operation import DocumentedClaim
from halfpixel.golden import Convention

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

# (align_corners, half_pixel_centers); both at once is refused (image_resizer_state.h).
MODES = {(False, False): "asymmetric", (True, False): "align_corners", (False, True): "half_pixel"}
FILTERS = {
    "lanczos1": Convention(kernel="lanczos", lobes=1),
    "lanczos3": LANCZOS_3,
    "lanczos5": Convention(kernel="lanczos", lobes=5),
    "gaussian": Convention(kernel="gaussian"),
    "box": None,
    "triangle": LINEAR,
    "keyscubic": KEYS_CUBIC,
    "mitchellcubic": Convention(kernel="mitchell"),
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


def flagged_kernel(method: str, align_corners: bool = False, half_pixel_centers: bool = False) -> DocumentedClaim:
    """``bilinear``, ``bicubic`` or ``nearest`` with these two flags, whose pages say nothing on the second.

    Bicubic changes its coefficient and its border along with its coordinates. Nearest floors: with half-pixel centres,
    which it takes as ``(o + 0.5) * scale``, that is rounding half up. Under ``align_corners`` it rounds; the example on
    the page of ``tf.image.crop_and_resize``, documented to be equal there, shows 1.5 going to 2.
    """
    mode = MODES[align_corners, half_pixel_centers]
    if method == "nearest":
        rounding = "floor" if mode == "asymmetric" else "round_prefer_ceil"
        convention = CENTRED_NEAREST.but(coordinate_transformation_mode=mode, nearest_mode=rounding)
        return DocumentedClaim(convention, _NEAREST, "The API page leaves ties open; the kernel's source tells.")
    if method == "bilinear":
        note = "" if align_corners else "The API page leaves coordinates open; the kernel's source tells."
        return DocumentedClaim(LINEAR.but(coordinate_transformation_mode=mode), _SCALERS, note)
    convention = OPENCV_CUBIC.but(coordinate_transformation_mode=mode)
    if half_pixel_centers:
        convention = KEYS_CUBIC.but(border="renormalise")
    note = "The API page leaves coefficient and border open; the kernel's source tells."
    return DocumentedClaim(convention, _BICUBIC, note)


def area(align_corners: bool = False) -> DocumentedClaim:
    """``ResizeArea``; ``align_corners`` is described in words that contradict averaging."""
    if align_corners:
        note = "The page says that corner pixels keep their values, which no average of several does."
        return DocumentedClaim(None, _RESIZE_AREA, note)
    return DocumentedClaim(AREA, _RESIZE_AREA)


def filtered_resize(kernel_type: str, antialias: bool) -> DocumentedClaim:
    """``ScaleAndTranslate`` with scale = output / input and no translation.

    The unstretched triangle weighs the same with either border, and is claimed under its usual name.
    """
    convention = FILTERS[kernel_type]
    if convention is None:
        note = "A pixel on the edge of this box weighs one half, which no convention here says."
        return DocumentedClaim(None, _SAMPLING_KERNELS, note)
    if antialias or kernel_type != "triangle":
        convention = convention.but(antialias=antialias, border="renormalise")
    return DocumentedClaim(convention, _SPANS, "The API page has no text; the comments in the kernel's source tell.")


def image_resize(method: str, antialias: bool = False) -> DocumentedClaim:
    """``tf.image.resize``: its page gives kernels, stretching and border, and coordinates by an example."""
    if method == "nearest":
        return flagged_kernel("nearest", half_pixel_centers=True)
    if method == "area":
        return DocumentedClaim(AREA, _IMAGE_RESIZE)
    if method in ("bilinear", "bicubic") and not antialias:
        return DocumentedClaim(flagged_kernel(method, half_pixel_centers=True).claim, _IMAGE_RESIZE)
    note = "The page says radius 3; the kernel's source says a support of 3 pixels." if method == "gaussian" else ""
    return DocumentedClaim(filtered_resize(ANTIALIASED[method], antialias).claim, _IMAGE_RESIZE, note)


def crop_and_resize(method: str, roi: tuple[Fraction, Fraction]) -> DocumentedClaim:
    """``tf.image.crop_and_resize`` with the same ``roi`` on both axes and ``extrapolation_value=0``."""
    kernel = {"bilinear": LINEAR, "nearest": CENTRED_NEAREST}[method]
    convention = kernel.but(coordinate_transformation_mode="tf_crop_and_resize", border="extrapolate", roi=roi)
    note = "The page does not say that a crop one pixel long takes the middle of its box; the kernel's source does."
    return DocumentedClaim(convention, _CROP_AND_RESIZE, note)


def resizing_layer(method: str, antialias: bool = False) -> DocumentedClaim:
    """``tf.keras.layers.Resizing``, which hands its arguments to ``tf.image.resize``."""
    if method == "area":
        return DocumentedClaim(None, _RESIZING, "The page does not list area, which the layer accepts.")
    note = "The layer's page only names the method; it calls tf.image.resize."
    return image_resize(method, antialias)._replace(note=note)


def upsampling_layer(method: str) -> DocumentedClaim:
    """``tf.keras.layers.UpSampling2D``: ``nearest`` repeats, and the rest is ``tf.image.resize``."""
    if method == "nearest":
        return DocumentedClaim(REPEATING_NEAREST, _UP_SAMPLING)
    if method == "area":
        return DocumentedClaim(None, _UP_SAMPLING, "The page does not list area, which the layer accepts.")
    return resizing_layer(method)
