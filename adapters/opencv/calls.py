"""OpenCV: ``cv2.resize``, ``warpAffine`` and ``remap`` used as a resize, and the image pyramid."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from halfpixel.adapters.conventions import (
    AREA,
    CENTRED_NEAREST,
    GRID_NEAREST,
    LINEAR,
    OPENCV_CUBIC,
    REPEATING_NEAREST,
)
from halfpixel.adapters.framework import Framework
from halfpixel.adapters.native_call import Helper
from halfpixel.adapters.operation import AllBut, Operation, OperationFactory, any_size, doubles, is_one_pixel
from halfpixel.golden import Convention

FRAMEWORK = Framework(
    "opencv",
    "cv2",
    (
        "opencv-python-headless",
        "opencv-python",
        "opencv-contrib-python-headless",
        "opencv-contrib-python",
    ),
    "import cv2",
)

_DOCS = "https://docs.opencv.org/4.x/"
TRANSFORM = _DOCS + "da/d54/group__imgproc__transform.html"
_FILTER = _DOCS + "d4/d86/group__imgproc__filter.html"

_LANCZOS = Convention(kernel="lanczos", lobes=4)

_NO_FORMULA = "The page gives no coordinates; modules/imgproc/src/resize.cpp has those of pixel centres."
_CUBIC_NOTE = "The page gives neither coordinates nor coefficient; resize.cpp has pixel centres and A = -0.75."
_NEAREST_NOTE = "The page gives no coordinates; resize.cpp takes floor(x / scale), and scale is output over input."
_NEAREST_EXACT_NOTE = "The page names the libraries that it equals (PIL, scikit-image, Matlab), not the rule at a tie."
_AREA_NOTE = "The page says 'pixel area relation', and when enlarging only that it is similar to INTER_NEAREST."
_LANCZOS_NOTE = (
    "The page gives the neighbourhood (8 pixels), not the coordinates, the window or how weights are normalised."
)
_TIE_NOTE = "The page says that coordinates are rounded to the nearest integer, not where a tie goes."
_WARP_CUBIC_NOTE = "The page gives no coefficient; -0.75 is that of INTER_CUBIC in resize.cpp."

# One row for each interpolation flag of cv2.resize: flag, claim, note.
FLAGS = (
    ("INTER_NEAREST", REPEATING_NEAREST, _NEAREST_NOTE),
    ("INTER_LINEAR", LINEAR, _NO_FORMULA),
    ("INTER_CUBIC", OPENCV_CUBIC, _CUBIC_NOTE),
    ("INTER_AREA", AREA, _AREA_NOTE),
    ("INTER_LANCZOS4", _LANCZOS, _LANCZOS_NOTE),
    ("INTER_LINEAR_EXACT", LINEAR, _NO_FORMULA),
    ("INTER_NEAREST_EXACT", CENTRED_NEAREST, _NEAREST_EXACT_NOTE),
)

# https://docs.opencv.org/4.x/d2/de8/group__core__array.html, enum BorderTypes.
_BORDERS = {
    "BORDER_REPLICATE": "replicate",
    "BORDER_REFLECT": "reflect",
    "BORDER_REFLECT_101": "mirror",
    "BORDER_WRAP": "wrap",
    "BORDER_CONSTANT": "constant",
}

# Interpolation flag of the warps, claim, note, and the borders that can matter: nearest never leaves the image, and
# the two taps of linear are the same with REFLECT and REPLICATE.
_WARPS = (
    ("INTER_NEAREST", GRID_NEAREST, _TIE_NOTE, ("BORDER_REPLICATE",)),
    ("INTER_LINEAR", LINEAR, "", tuple(border for border in _BORDERS if border != "BORDER_REFLECT")),
    ("INTER_CUBIC", OPENCV_CUBIC, _WARP_CUBIC_NOTE, tuple(_BORDERS)),
    ("INTER_LANCZOS4", _LANCZOS, _LANCZOS_NOTE, tuple(_BORDERS)),
)


# 5.0.0 does not return from reflecting a single pixel about itself: https://github.com/opencv/opencv/pull/29867.
_BUT_ONE_PIXEL = AllBut(is_one_pixel, ("cubic-warp-one-pixel-hangs",))


def pixel_centres(n_in: int, n_out: int) -> tuple[float, float]:
    """``(slope, intercept)`` from output to input indices that puts the edges of both images together."""
    return n_in / n_out, 0.5 * n_in / n_out - 0.5


def corner_centres(n_in: int, n_out: int) -> tuple[float, float]:
    """``(slope, intercept)`` from output to input indices that puts the centres of corner pixels together."""
    return (n_in - 1) / (n_out - 1) if n_out > 1 else 0.0, 0.0


def inverse_matrix(x: np.ndarray, h: int, w: int, axis_map) -> np.ndarray:  # type: ignore[no-untyped-def]  # printed
    """The 2 x 3 matrix for ``WARP_INVERSE_MAP`` that resizes ``x`` to ``(h, w)``."""
    (sy, ty), (sx, tx) = axis_map(x.shape[0], h), axis_map(x.shape[1], w)
    return np.array([[sx, 0, tx], [0, sy, ty]])


def coordinate_maps(x: np.ndarray, h: int, w: int, axis_map) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[no-untyped-def]  # printed
    """The two float32 maps, each ``(h, w)``, that resize ``x`` to ``(h, w)``."""
    (sy, ty), (sx, tx) = axis_map(x.shape[0], h), axis_map(x.shape[1], w)
    rows, columns = np.mgrid[:h, :w]
    return (columns * sx + tx).astype(np.float32), (rows * sy + ty).astype(np.float32)


_opencv = OperationFactory(FRAMEWORK, "HWC")


def _resize() -> list[Operation]:
    default = _opencv("resize()", "cv2.resize(x, (w, h))", LINEAR, TRANSFORM, _NO_FORMULA, is_default=True)
    return [default] + [
        _opencv(f"resize({flag})", f"cv2.resize(x, (w, h), interpolation=cv2.{flag})", claim, TRANSFORM, note)
        for flag, claim, note in FLAGS
    ]


def _warps() -> Iterator[Operation]:
    for (flag, convention, note, borders), axis_map in product(_WARPS, (pixel_centres, corner_centres)):
        aligned = axis_map is corner_centres
        mode = "align_corners" if aligned else "half_pixel"
        for border in ("BORDER_REPLICATE",) if aligned else borders:
            claim = convention.but(coordinate_transformation_mode=mode, border=_BORDERS[border])
            hangs = (flag, border) == ("INTER_CUBIC", "BORDER_REFLECT_101")
            accepts = _BUT_ONE_PIXEL if hangs else any_size
            title, place = f"({flag}, {border}, {mode} map)", f"x, h, w, {axis_map.__name__}"
            flags = f"flags=cv2.{flag} | cv2.WARP_INVERSE_MAP, borderMode=cv2.{border}"
            warp = f"cv2.warpAffine(x, inverse_matrix({place}), (w, h), {flags})"
            helper: Helper = inverse_matrix
            yield _opencv(f"warpAffine{title}", warp, claim, TRANSFORM, note, (axis_map, helper), accepts=accepts)
            remap = f"cv2.remap(x, *coordinate_maps({place}), cv2.{flag}, borderMode=cv2.{border})"
            helper = coordinate_maps
            yield _opencv(f"remap{title}", remap, claim, TRANSFORM, note, (axis_map, helper), accepts=accepts)


def _halves_even(n_in: int, n_out: int) -> bool:
    return n_in % 2 == 0 and n_out == n_in // 2


def _halves_odd(n_in: int, n_out: int) -> bool:
    return n_in % 2 == 1 and n_out == (n_in + 1) // 2


def _pyramids() -> Iterator[Operation]:
    # pyrDown takes every second pixel from the first, whatever the size, but no one mode has a step of 2 for both
    # parities: n_in / n_out is 2 when n_in is even, (n_in - 1) / (n_out - 1) when it is odd.
    down = Convention(kernel="nearest", nearest_mode="floor", border="mirror", prefilter="binomial")
    for parity, mode, accepts in (("even", "asymmetric", _halves_even), ("odd", "align_corners", _halves_odd)):
        yield _opencv(
            f"pyrDown({parity} sizes)",
            "cv2.pyrDown(x)",
            down.but(coordinate_transformation_mode=mode),
            _FILTER,
            "The page says that even rows are dropped; it means those of odd index counted from 0.",
            accepts=accepts,
            same_scale_on_both_axes=True,
        )
    yield _opencv(
        "pyrUp()",
        "cv2.pyrUp(x)",
        None,
        _FILTER,
        "Inside, the quadratic B-spline (order 2, asymmetric, no prefilter); the page has the border beyond "
        "the image with zeros put in, which at the far edge is none of the borders of an image.",
        accepts=doubles,
        same_scale_on_both_axes=True,
    )


def operations() -> list[Operation]:
    """Every resize call of OpenCV."""
    return [*_resize(), *_warps(), *_pyramids()]
