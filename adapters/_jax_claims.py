"""What JAX's pages, and the comments in its source where the pages are silent, state about each resize."""

from __future__ import annotations

from fractions import Fraction

from adapters._stated import Stated
from golden import Convention

_API = "https://docs.jax.dev/en/latest/_autosummary/"
_RESIZE = _API + "jax.image.resize.html"
_SCALE_AND_TRANSLATE = _API + "jax.image.scale_and_translate.html"
_MAP_COORDINATES = _API + "jax.scipy.ndimage.map_coordinates.html"

_SOURCE = "https://github.com/jax-ml/jax/blob/jax-v0.10.2/jax/_src/"
_SCALE = _SOURCE + "image/scale.py"
_NDIMAGE = _SOURCE + "scipy/ndimage.py"

_KEYS = Fraction(-1, 2)
_OPENCV = Fraction(-3, 4)

FILTERS = {
    "linear": {"kernel": "linear"},
    "cubic": {"kernel": "cubic", "cubic_coeff_a": _KEYS},
    "cubic-pytorch": {"kernel": "cubic", "cubic_coeff_a": _OPENCV},
    "lanczos3": {"kernel": "lanczos", "lobes": 3},
    "lanczos5": {"kernel": "lanczos", "lobes": 5},
}
BORDERS = {
    "nearest": "replicate",
    "constant": "constant",
    "wrap": "wrap",
    "mirror": "mirror",
    "reflect": "reflect",
}
"""``mode`` of map_coordinates; its constant and wrap are SciPy's grid-constant and grid-wrap, says the page."""


def filtered(method: str, antialias: bool, mode: str = "half_pixel") -> Convention:
    """A kernel at the resize's own scale.

    The page: ``cubic-pytorch`` is PyTorch's bicubic, edge padding included, and ``cubic`` when antialiased. Comments in
    the source: the kernel is stretched when downsampling only, and weights are normalised for what lies outside.
    The unstretched triangle weighs the same with either border, and is claimed under its usual name.
    """
    common = {"coordinate_transformation_mode": mode, "antialias": antialias}
    if method == "cubic-pytorch" and antialias:
        method = "cubic"
    if method == "cubic-pytorch" or (method == "linear" and not antialias):
        return Convention(**FILTERS[method], **common)
    return Convention(**FILTERS[method], **common, border="renormalise")


def resize(method: str, antialias: bool = True) -> Stated:
    """``jax.image.resize``."""
    if method == "nearest":
        convention = Convention(kernel="nearest", nearest_mode="round_prefer_ceil")
        return Stated(convention, _SCALE, "The page leaves coordinates and ties open; the source floors half-pixels.")
    if method == "area":
        return Stated(Convention(kernel="area"), _RESIZE)
    note = "The page leaves coordinates and border open; the source's comments tell."
    return Stated(filtered(method, antialias), _SCALE, note)


def with_corners_aligned(method: str) -> Stated:
    """``jax.image.scale_and_translate`` by the page's recipe for PyTorch's ``align_corners=True``, not antialiased."""
    return Stated(filtered(method, False, "align_corners"), _SCALE_AND_TRANSLATE)


def map_coordinates(order: int, mode: str) -> Stated:
    """``jax.scipy.ndimage.map_coordinates`` at the centres of the output's pixels, edges together."""
    if order == 0:
        convention = Convention(kernel="nearest", nearest_mode="round_prefer_ceil", border=BORDERS[mode])
        return Stated(convention, _NDIMAGE, "The page gives no rule for ties; the source rounds them away from zero.")
    return Stated(Convention(kernel="linear", border=BORDERS[mode]), _MAP_COORDINATES)
