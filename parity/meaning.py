"""Conventions in words, and as the lines of source frameworks that have them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from golden import Convention

_KERNELS = {
    "nearest": "takes the nearest pixel",
    "linear": "interpolates linearly",
    "area": "averages what the output pixel covers, by area",
    "adaptive_average": "averages every pixel that the output pixel touches",
}
_COORDINATES = {
    "half_pixel": "the edges of the images coincide (align_corners=False)",
    "align_corners": "the centres of the corner pixels coincide (align_corners=True)",
    "asymmetric": "the first pixels coincide, without half a pixel of shift (x / scale)",
    "pytorch_half_pixel": "the edges of the images coincide, and an output of one pixel takes pixel 0",
    "half_pixel_symmetric": "the centres of the images coincide",
    "tf_half_pixel_for_nn": "(x + 1/2) / scale, without taking the half pixel back",
    "tf_crop_and_resize": "a region of the input is spread over the output",
}
_ROUNDINGS = {
    "round_prefer_floor": "halves rounded down",
    "round_prefer_ceil": "halves rounded up",
    "round_half_even": "halves rounded to even",
    "floor": "always rounded down",
    "ceil": "always rounded up",
}
_BORDERS = {
    "renormalise": "weights outside the image dropped and the rest rescaled",
    "constant": "zero outside the image",
    "extrapolate": "a constant where the coordinate leaves the image",
    "reflect": "the image mirrored at its edges",
    "mirror": "the image mirrored at its outermost pixels",
}


def in_words(convention: Convention) -> str:
    """One line: the kernel, where it samples, and what else is not as usual."""
    a = convention.cubic_coeff_a
    kernel = _KERNELS.get(convention.kernel, f"interpolates by {convention.kernel}")
    if a is not None:
        kernel = f"interpolates cubically (coefficient {float(a):g})"
    parts = [kernel, _COORDINATES[convention.coordinate_transformation_mode]]
    if convention.nearest_mode is not None:
        parts.append(_ROUNDINGS[convention.nearest_mode])
    if convention.antialias:
        parts.append("antialiased when it shrinks")
    if convention.border in _BORDERS:
        parts.append(_BORDERS[convention.border])
    return "; ".join(parts)


_TORCH: Mapping[Convention, str] = {
    Convention(kernel="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"): 'mode="nearest"',
    Convention(kernel="nearest", nearest_mode="round_prefer_ceil"): 'mode="nearest-exact"',
    Convention(kernel="linear"): 'mode="bilinear", align_corners=False',
    Convention(kernel="linear", coordinate_transformation_mode="align_corners"): 'mode="bilinear", align_corners=True',
    Convention(kernel="cubic", cubic_coeff_a=Fraction(-3, 4)): 'mode="bicubic", align_corners=False',
    Convention(
        kernel="cubic", cubic_coeff_a=Fraction(-3, 4), coordinate_transformation_mode="align_corners"
    ): 'mode="bicubic", align_corners=True',
    Convention(
        kernel="linear", antialias=True, border="renormalise"
    ): 'mode="bilinear", align_corners=False, antialias=True',
    Convention(
        kernel="cubic", cubic_coeff_a=Fraction(-1, 2), antialias=True, border="renormalise"
    ): 'mode="bicubic", align_corners=False, antialias=True',
    Convention(kernel="adaptive_average"): 'mode="area"',
}
_TENSORFLOW: Mapping[Convention, str] = {
    Convention(kernel="linear"): 'tf.image.resize(x, size, method="bilinear")',
    Convention(kernel="nearest", nearest_mode="round_prefer_ceil"): 'tf.image.resize(x, size, method="nearest")',
    Convention(
        kernel="cubic", cubic_coeff_a=Fraction(-1, 2), border="renormalise"
    ): 'tf.image.resize(x, size, method="bicubic")',
    Convention(
        kernel="linear", antialias=True, border="renormalise"
    ): 'tf.image.resize(x, size, method="bilinear", antialias=True)',
    Convention(
        kernel="linear", coordinate_transformation_mode="align_corners"
    ): "tf.compat.v1.image.resize_bilinear(x, size, align_corners=True)",
    Convention(
        kernel="linear", coordinate_transformation_mode="asymmetric"
    ): "tf.compat.v1.image.resize_bilinear(x, size)",
}


def in_torch(convention: Convention | None) -> str:
    """The call of torch that means it (see the claims in adapters/torch.py); empty where there is none."""
    if convention is None:
        return ""
    if convention.kernel == "linear" and not convention.antialias and convention.border == "renormalise":
        convention = convention.but(border="replicate")  # the one tap outside weighs on the same pixel either way
    usual = convention.but(coordinate_transformation_mode="half_pixel")
    is_torch_half_pixel = convention.coordinate_transformation_mode == "pytorch_half_pixel"
    arguments = _TORCH.get(usual if is_torch_half_pixel else convention, "")
    return f"F.interpolate(x, size, {arguments})" if arguments else ""


def in_tensorflow(convention: Convention | None) -> str:
    """The call of TensorFlow that means it (see adapters/_tensorflow_claims.py); empty where there is none."""
    return _TENSORFLOW.get(convention, "") if convention is not None else ""
