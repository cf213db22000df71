"""What Keras's pages, and its own tests and sources where the pages are silent, state about each resize."""

from __future__ import annotations

from fractions import Fraction

from adapters._stated import Stated
from golden import Convention

_API = "https://keras.io/api/"
_RESIZE = _API + "ops/image/#resize-function"
_RESIZING = _API + "layers/preprocessing_layers/image_preprocessing/resizing/"
_UP_SAMPLING = _API + "layers/reshaping_layers/up_sampling2d/"

_SOURCE = "https://github.com/keras-team/keras/blob/v3.15.1/keras/src/"
_TESTS = _SOURCE + "ops/image_test.py"

BACKENDS = {
    "tensorflow": "tensorflow",
    "torch": "torch",
    "jax": "jax",
    "numpy": "numpy",
    "openvino": "openvino",
}
"""The module that each backend imports: https://keras.io/getting_started/#configuring-your-backend."""

_HELD_NOTE = (
    "The page leaves coordinates, coefficient, border and ties open; Keras's own test of the operation holds this "
    "backend to tf.image.resize."
)
_EXEMPT_NOTE = (
    "The page leaves coordinates, coefficient and border open; Keras's own test does not hold this backend to "
    "tf.image.resize here, and the backend's source tells what it calls."
)

_HELD = {
    "nearest": {"kernel": "nearest", "nearest_mode": "round_prefer_ceil"},
    "bilinear": {"kernel": "linear"},
    "bicubic": {"kernel": "cubic", "cubic_coeff_a": Fraction(-1, 2), "border": "renormalise"},
    "lanczos3": {"kernel": "lanczos", "lobes": 3, "border": "renormalise"},
    "lanczos5": {"kernel": "lanczos", "lobes": 5, "border": "renormalise"},
}
_EXEMPT = {
    # F.interpolate(mode="bicubic", align_corners=False).
    ("bicubic", "torch"): Convention(kernel="cubic", cubic_coeff_a=Fraction(-3, 4)),
    # Interpolate with mode cubic, half_pixel and cube_coeff -0.5.
    ("bicubic", "openvino"): Convention(kernel="cubic", cubic_coeff_a=Fraction(-1, 2)),
}


def resize(interpolation: str, antialias: bool, backend: str) -> Stated:
    """``keras.ops.image.resize`` on a backend.

    The page: antialias filters when downsampling. The test compares every backend with ``tf.image.resize`` at every
    interpolation and both values of antialias, except torch's bicubic without, and OpenVINO's bicubic.
    """
    exempt = _EXEMPT.get((interpolation, backend))
    if exempt is not None and not (backend == "torch" and antialias):
        if antialias:
            exempt = exempt.but(antialias=True, border="renormalise")
        return Stated(exempt, f"{_SOURCE}backend/{backend}/image.py", _EXEMPT_NOTE)
    convention = Convention(**_HELD[interpolation])
    if antialias and interpolation != "nearest":
        convention = convention.but(antialias=True, border="renormalise")
    return Stated(convention, _TESTS, _HELD_NOTE)


def resizing_layer(interpolation: str, antialias: bool, backend: str) -> Stated:
    """``keras.layers.Resizing``, which hands its arguments to the backend's resize."""
    stated = resize(interpolation, antialias, backend)
    note = f"The layer's page ({_RESIZING}) only names the method; it calls the backend's resize. {stated.note}"
    return Stated(stated.claim, stated.source, note)


def upsampling_layer(interpolation: str, backend: str) -> Stated:
    """``keras.layers.UpSampling2D``: ``nearest`` repeats, and the rest is ``keras.ops.image.resize``."""
    if interpolation == "nearest":
        repeated = Convention(kernel="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
        return Stated(repeated, _UP_SAMPLING)
    stated = resize(interpolation, False, backend)
    note = f"The layer's page only names the method; it calls keras.ops.image.resize. {stated.note}"
    return Stated(stated.claim, stated.source, note)
