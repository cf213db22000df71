"""Conventions as English phrases, and as calls of torch and TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping

from halfpixel.golden import Convention
from halfpixel.golden.catalogue import named_convention

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


def convention_text(convention: Convention) -> str:
    """One line: the kernel, the coordinates, and whatever else is not the usual."""
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


# By name in the catalogue: arguments of F.interpolate, and calls of TensorFlow.
_TORCH_ARGUMENTS: Mapping[str, str] = {
    "torch-nearest": 'mode="nearest"',
    "torch-nearest-exact": 'mode="nearest-exact"',
    "torch-bilinear": 'mode="bilinear", align_corners=False',
    "torch-bilinear-align-corners": 'mode="bilinear", align_corners=True',
    "torch-bicubic": 'mode="bicubic", align_corners=False',
    "torch-bicubic-align-corners": 'mode="bicubic", align_corners=True',
    "torch-bilinear-antialias": 'mode="bilinear", align_corners=False, antialias=True',
    "torch-bicubic-antialias": 'mode="bicubic", align_corners=False, antialias=True',
    "torch-area": 'mode="area"',
}
_TENSORFLOW_CALLS: Mapping[str, str] = {
    "tf2-bilinear": 'tf.image.resize(x, size, method="bilinear")',
    "tf2-bicubic": 'tf.image.resize(x, size, method="bicubic")',
    "tf2-bilinear-antialias": 'tf.image.resize(x, size, method="bilinear", antialias=True)',
    "tf1-bilinear-align-corners": "tf.compat.v1.image.resize_bilinear(x, size, align_corners=True)",
    "tf1-bilinear": "tf.compat.v1.image.resize_bilinear(x, size)",
}
_TORCH = {named_convention(name).convention: arguments for name, arguments in _TORCH_ARGUMENTS.items()}
_TENSORFLOW = {named_convention(name).convention: call for name, call in _TENSORFLOW_CALLS.items()}
_TENSORFLOW[Convention(kernel="nearest", nearest_mode="round_prefer_ceil")] = (
    'tf.image.resize(x, size, method="nearest")'
)


def torch_call(convention: Convention | None) -> str:
    """The call of torch that means it (see the claims in adapters/torch/calls.py); empty where there is none."""
    if convention is None:
        return ""
    if convention.kernel == "linear" and not convention.antialias and convention.border == "renormalise":
        convention = convention.but(border="replicate")  # the one tap outside goes to the same pixel either way
    usual = convention.but(coordinate_transformation_mode="half_pixel")
    is_torch_half_pixel = convention.coordinate_transformation_mode == "pytorch_half_pixel"
    arguments = _TORCH.get(usual if is_torch_half_pixel else convention, "")
    return f"F.interpolate(x, size, {arguments})" if arguments else ""


def tensorflow_call(convention: Convention | None) -> str:
    """The call of TensorFlow that means it (see adapters/tensorflow/claims.py); empty where there is none."""
    return _TENSORFLOW.get(convention, "") if convention is not None else ""
