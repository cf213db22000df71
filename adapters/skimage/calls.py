"""scikit-image: ``transform.resize``, ``rescale``, ``warp``, local means and image pyramids."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from halfpixel.adapters.conventions import AREA, CENTRED_NEAREST, LINEAR
from halfpixel.adapters.framework import Framework
from halfpixel.adapters.native_call import Helper
from halfpixel.adapters.operation import Operation, OperationFactory, divides, doubles, native
from halfpixel.golden import Convention

FRAMEWORK = Framework("skimage", "skimage", ("scikit-image",), "from skimage import transform")

DOCS = "https://scikit-image.org/docs/stable/api/skimage.transform.html#skimage.transform."
RESIZE = DOCS + "resize"

# The parameter ``mode``, which follows numpy.pad, by golden's name for the border.
BORDERS = {
    "reflect": "mirror",
    "symmetric": "reflect",
    "edge": "replicate",
    "constant": "constant",
    "wrap": "wrap",
}

_TIE_NOTE = "The page gives no rule for ties."
_CENTRE_NOTE = "The page gives no coordinates; those are of pixel centres in skimage/transform/_warps.py (grid_mode)."
_CLIP_NOTE = "clip=True, the default, clips the result to the range of the image, which is not linear."
_ORDER_0_NOTE = "The page says that a Gaussian comes first when shrinking, except for integer images of order 0."
_NO_SPLINE_NOTE = "A Gaussian before a B-spline, or before picking pixels, is a chain that no one convention here says."
_RANGE_NOTE = "The page has images of integers converted as img_as_float does, to 0..1 or -1..1 (preserve_range=False)."
_PYRAMID_NOTE = "The sigma is a third of the factor, 2 * downscale / 6."


def spline(order: int, mode: str = "reflect") -> Convention:
    """What the page says of an order and a mode, without anti-aliasing."""
    convention = LINEAR
    if order != 1:
        convention = Convention(kernel="bspline", order=order, prefilter="bspline") if order else CENTRED_NEAREST
    return convention.but(border=BORDERS[mode])


def _resize(
    arguments: str, claim: Convention | None, *notes: str, is_default: bool = False, scales_integers: bool = False
) -> Operation:
    return native(
        FRAMEWORK,
        f"resize({arguments.replace(chr(34), '')})",
        f"transform.resize(x, (h, w){', ' if arguments else ''}{arguments})",
        "HWC",
        claim,
        RESIZE,
        " ".join((_CENTRE_NOTE, *notes)),
        is_default=is_default,
        scales_integers=scales_integers,
    )


def _resizes() -> Iterator[Operation]:
    unclipped, plain = "clip=False, preserve_range=True", "anti_aliasing=False"
    smoothed = spline(1).but(prefilter="gaussian")
    yield _resize("", smoothed, _RANGE_NOTE, is_default=True, scales_integers=True)
    yield _resize("preserve_range=True", smoothed)
    for order, mode in product(range(6), BORDERS):
        # Every border at the orders that differ in kind; the others go through the same code as order 3.
        if mode in ("reflect", "edge") or order in (1, 3):
            arguments = f'order={order}, mode="{mode}", {unclipped}, {plain}'
            yield _resize(arguments, spline(order, mode), *([_TIE_NOTE] if order == 0 else []))
    for order in (1, 3):
        yield _resize(f'order={order}, mode="reflect", preserve_range=True, {plain}', spline(order), _CLIP_NOTE)
    for mode, border in BORDERS.items():
        if mode != "reflect":
            arguments = f'order=1, mode="{mode}", {unclipped}, anti_aliasing=True'
            yield _resize(arguments, smoothed.but(border=border))
    arguments = 'order=1, mode="reflect", preserve_range=True, anti_aliasing=True, anti_aliasing_sigma=1'
    yield _resize(arguments, smoothed.but(sigma=1))
    for order, notes in ((0, (_TIE_NOTE, _ORDER_0_NOTE, _NO_SPLINE_NOTE)), (3, (_NO_SPLINE_NOTE,))):
        yield _resize(f'order={order}, mode="reflect", {unclipped}, anti_aliasing=True', None, *notes)


def centre_coordinates(n_in: int, n_out: int) -> np.ndarray:
    """Where each output samples, ``(n_out,)``, edges together; the float64 nearest to the exact value."""
    return ((2 * np.arange(n_out) + 1) * n_in - n_out) / (2 * n_out)


def grid(x: np.ndarray, h: int, w: int) -> np.ndarray:
    """The coordinates, ``(2, h, w)``, that resize ``x`` to ``(h, w)``."""
    return np.stack(
        np.meshgrid(centre_coordinates(x.shape[0], h), centre_coordinates(x.shape[1], w), indexing="ij", copy=False)
    )


def matrix(x: np.ndarray, h: int, w: int) -> np.ndarray:
    """The 3 x 3 matrix from output to input coordinates, ``(x, y, 1)``, that resizes ``x`` to ``(h, w)``."""
    sy, sx = x.shape[0] / h, x.shape[1] / w
    return np.array([[sx, 0, 0.5 * sx - 0.5], [0, sy, 0.5 * sy - 0.5], [0, 0, 1]])


_plane = OperationFactory(FRAMEWORK, "HW")


def _warps() -> Iterator[Operation]:
    for order, mode in ((0, "edge"), (1, "edge"), (1, "symmetric"), (1, "constant"), (3, "edge"), (3, "reflect")):
        settings = f'order={order}, mode="{mode}", clip=False, preserve_range=True'
        helpers: tuple[Helper, ...]
        # The page says bi-cubic of order 3, whichever way the map is given.
        for kind, call, helpers in (
            ("coordinates", f"transform.warp(x, grid(x, h, w), {settings})", (centre_coordinates, grid)),
            ("matrix", f"transform.warp(x, matrix(x, h, w), output_shape=(h, w), {settings})", (matrix,)),
        ):
            name = f"warp({kind}, {settings.replace(chr(34), '')})"
            note = _TIE_NOTE if order == 0 else ""
            yield _plane(name, call, spline(order, mode), DOCS + "warp", note, helpers)


def _halves(n_in: int, n_out: int) -> bool:
    return n_out == (n_in + 1) // 2


def _pyramids() -> list[Operation]:
    reduced = spline(1).but(prefilter="gaussian", sigma="2/3")
    expanded_note = f"{_PYRAMID_NOTE} It comes after the resize, which no convention here has. {_RANGE_NOTE}"
    return [
        _plane(
            "pyramid_reduce()",
            "transform.pyramid_reduce(x)",
            reduced,
            DOCS + "pyramid_reduce",
            f"{_PYRAMID_NOTE} {_RANGE_NOTE}",
            accepts=_halves,
            same_scale_on_both_axes=True,
            scales_integers=True,
        ),
        _plane(
            "pyramid_expand()",
            "transform.pyramid_expand(x)",
            None,
            DOCS + "pyramid_expand",
            expanded_note,
            accepts=doubles,
            same_scale_on_both_axes=True,
            scales_integers=True,
        ),
    ]


def _means() -> list[Operation]:
    downscaled = "transform.downscale_local_mean(x, (x.shape[0] // h, x.shape[1] // w))"
    return [
        _plane("downscale_local_mean()", downscaled, AREA, DOCS + "downscale_local_mean", accepts=divides),
        _plane(
            "resize_local_mean()",
            "transform.resize_local_mean(x, (h, w))",
            AREA,
            DOCS + "resize_local_mean",
            f"The page says that it equals OpenCV's INTER_AREA, and does not speak of enlarging. {_RANGE_NOTE}",
            is_default=True,
            scales_integers=True,
        ),
        _plane(
            "resize_local_mean(grid_mode=False)",
            "transform.resize_local_mean(x, (h, w), grid_mode=False)",
            None,
            DOCS + "resize_local_mean",
            "The page says that n pixels then have length n - 1; what an area is at both ends is left open. "
            f"{_RANGE_NOTE}",
            scales_integers=True,
        ),
    ]


def operations() -> list[Operation]:
    """Every resize call of scikit-image."""
    return [*_resizes(), *_warps(), *_pyramids(), *_means()]
