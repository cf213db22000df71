"""scikit-image: ``transform.resize``, ``rescale``, ``warp``, local means and image pyramids."""

from __future__ import annotations

import numpy as np

from adapters._skimage_ranked import ranked_operations
from adapters._skimage_scaled import scaled_operations
from adapters._skimage_variants import variants
from adapters.framework import Framework
from adapters.operation import Operation, native
from golden import Convention

__all__ = ["FRAMEWORK", "operations", "ranked_operations", "scaled_operations", "variants"]

FRAMEWORK = Framework("skimage", "skimage", ("scikit-image",), "from skimage import transform")

_DOCS = "https://scikit-image.org/docs/stable/api/skimage.transform.html#skimage.transform."
_RESIZE = _DOCS + "resize"

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
_PYRAMID_NOTE = "The sigma is a third of the factor, 2 * downscale / 6."


def spline(order: int, mode: str = "reflect") -> Convention:
    """What the page says of an order and a mode, without anti-aliasing."""
    common = {"border": BORDERS[mode]}
    if order == 0:
        return Convention(kernel="nearest", nearest_mode="round_prefer_ceil", **common)
    if order == 1:
        return Convention(kernel="linear", **common)
    return Convention(kernel="bspline", order=order, prefilter="bspline", **common)


def _skimage(name: str, expression: str, claim: Convention | None, source: str = _RESIZE, **about) -> Operation:
    return native(FRAMEWORK, name, expression, "HWC", claim=claim, source=source, **about)


def _resize(order: int, mode: str, more: str, claim: Convention, note: str = "") -> Operation:
    arguments = f'order={order}, mode="{mode}"{more}'
    title = f"resize({arguments.replace(chr(34), '')})"
    notes = (_CENTRE_NOTE, _TIE_NOTE if order == 0 else "", note)
    return _skimage(title, f"transform.resize(x, (h, w), {arguments})", claim, note=" ".join(filter(None, notes)))


def _resizes() -> list[Operation]:
    linear = Convention(kernel="linear", border="mirror")
    smoothed = linear.but(prefilter="gaussian")
    default = _skimage("resize()", "transform.resize(x, (h, w))", smoothed, note=_CENTRE_NOTE, is_default=True)
    in_range = _skimage(
        "resize(preserve_range=True)",
        "transform.resize(x, (h, w), preserve_range=True)",
        smoothed,
        note=_CENTRE_NOTE,
    )
    plain = [
        _resize(order, mode, ", clip=False, preserve_range=True, anti_aliasing=False", spline(order, mode))
        for order in range(6)
        for mode in BORDERS
        # Every border at the orders that differ in kind; the others go through the same code as order 3.
        if mode in ("reflect", "edge") or order in (1, 3)
    ]
    clipped = [
        _resize(order, "reflect", ", preserve_range=True, anti_aliasing=False", spline(order), _CLIP_NOTE)
        for order in (1, 3)
    ]
    filtered = [
        _resize(
            1,
            mode,
            ", clip=False, preserve_range=True, anti_aliasing=True",
            linear.but(prefilter="gaussian", border=BORDERS[mode]),
        )
        for mode in BORDERS
        if mode != "reflect"
    ]
    fixed = _resize(
        1,
        "reflect",
        ", preserve_range=True, anti_aliasing=True, anti_aliasing_sigma=1",
        linear.but(prefilter="gaussian", sigma=1),
    )
    splined = [
        _resize(order, "reflect", ", clip=False, preserve_range=True, anti_aliasing=True", None, note)
        for order, note in ((0, f"{_ORDER_0_NOTE} {_NO_SPLINE_NOTE}"), (3, _NO_SPLINE_NOTE))
    ]
    return [default, in_range, *plain, *clipped, *filtered, fixed, *splined]


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


def _warps() -> list[Operation]:
    source = _DOCS + "warp"
    found = []
    for order, mode in ((0, "edge"), (1, "edge"), (1, "symmetric"), (1, "constant"), (3, "edge"), (3, "reflect")):
        settings = f'order={order}, mode="{mode}", clip=False, preserve_range=True'
        shown = settings.replace('"', "")
        note = _TIE_NOTE if order == 0 else ""
        # The page says bi-cubic of order 3, whichever way the map is given.
        for kind, call, helpers in (
            ("coordinates", f"transform.warp(x, grid(x, h, w), {settings})", (centre_coordinates, grid)),
            ("matrix", f"transform.warp(x, matrix(x, h, w), output_shape=(h, w), {settings})", (matrix,)),
        ):
            claim = spline(order, mode)
            about = {"claim": claim, "source": source, "note": note, "helpers": helpers}
            found.append(native(FRAMEWORK, f"warp({kind}, {shown})", call, "HW", **about))
    return found


def _divides(n_in: int, n_out: int) -> bool:
    return n_in % n_out == 0


def _halves(n_in: int, n_out: int) -> bool:
    return n_out == (n_in + 1) // 2


def _doubles(n_in: int, n_out: int) -> bool:
    return n_out == 2 * n_in


def _pyramids() -> list[Operation]:
    reduced = Convention(kernel="linear", border="mirror", prefilter="gaussian", sigma="2/3")
    return [
        native(
            FRAMEWORK,
            "pyramid_reduce()",
            "transform.pyramid_reduce(x)",
            "HW",
            claim=reduced,
            source=_DOCS + "pyramid_reduce",
            note=_PYRAMID_NOTE,
            accepts=_halves,
            uniform=True,
        ),
        native(
            FRAMEWORK,
            "pyramid_expand()",
            "transform.pyramid_expand(x)",
            "HW",
            claim=None,
            source=_DOCS + "pyramid_expand",
            note=f"{_PYRAMID_NOTE} It comes after the resize, which no convention here has.",
            accepts=_doubles,
            uniform=True,
        ),
    ]


def _means() -> list[Operation]:
    note = "The page says that it equals OpenCV's INTER_AREA, and does not speak of enlarging."
    return [
        native(
            FRAMEWORK,
            "downscale_local_mean()",
            "transform.downscale_local_mean(x, (x.shape[0] // h, x.shape[1] // w))",
            "HW",
            claim=Convention(kernel="area"),
            source=_DOCS + "downscale_local_mean",
            accepts=_divides,
        ),
        native(
            FRAMEWORK,
            "resize_local_mean()",
            "transform.resize_local_mean(x, (h, w))",
            "HW",
            claim=Convention(kernel="area"),
            source=_DOCS + "resize_local_mean",
            note=note,
            is_default=True,
        ),
        native(
            FRAMEWORK,
            "resize_local_mean(grid_mode=False)",
            "transform.resize_local_mean(x, (h, w), grid_mode=False)",
            "HW",
            claim=None,
            source=_DOCS + "resize_local_mean",
            note="The page says that n pixels then have length n - 1; what an area is at both ends is left open.",
        ),
    ]


def operations() -> list[Operation]:
    """Every resize call of scikit-image."""
    return [*_resizes(), *_warps(), *_pyramids(), *_means()]
