"""SciPy: ``ndimage.zoom``, and ``affine_transform`` and ``map_coordinates`` used as a resize."""

from __future__ import annotations

from itertools import product

import numpy as np

from adapters._scipy_ranked import ranked_operations
from adapters._scipy_scaled import scaled_operations
from adapters._scipy_variants import variants
from adapters.framework import Framework
from adapters.operation import Operation, native
from golden import Convention

__all__ = ["FRAMEWORK", "operations", "ranked_operations", "scaled_operations", "variants"]

FRAMEWORK = Framework("scipy", "scipy", ("scipy",), "import scipy.ndimage as ndi")

_DOCS = "https://docs.scipy.org/doc/scipy-1.17.0/reference/generated/scipy.ndimage."
_ZOOM = _DOCS + "zoom.html"
_AFFINE_TRANSFORM = _DOCS + "affine_transform.html"
_MAP_COORDINATES = _DOCS + "map_coordinates.html"

_ORDERS = range(6)

# The parameter ``mode`` of every page above. 'grid-mirror' is left out: the page calls it a synonym of 'reflect'.
_BORDERS = {
    "reflect": "reflect",
    "constant": "extrapolate",
    "grid-constant": "constant",
    "nearest": "replicate",
    "mirror": "mirror",
    "grid-wrap": "wrap",
    "wrap": "wrap_overlap",
}

_TIE_NOTE = "The page gives no rule for ties; order 0 is floor(x + 1/2) in scipy/ndimage/src/ni_interpolation.c."
_WRAP_NOTE = "The page says that it is not well defined which sample counts where the first and the last overlap."
_WRAPPED_SPLINE_NOTE = f"{_WRAP_NOTE} No B-spline can pass through both."
_WARNING_NOTE = "SciPy warns that this mode goes ill with grid_mode=True."


def centre_map(n_in: int, n_out: int) -> tuple[float, float]:
    """``(slope, intercept)`` from output to input indices that puts the edges of both images together."""
    return n_in / n_out, 0.5 * n_in / n_out - 0.5


def corner_map(n_in: int, n_out: int) -> tuple[float, float]:
    """``(slope, intercept)`` from output to input indices that puts the centres of corner pixels together."""
    return (n_in - 1) / (n_out - 1) if n_in > 1 and n_out > 1 else 1.0, 0.0


def centre_coordinates(n_in: int, n_out: int) -> np.ndarray:
    """Where each output samples, ``(n_out,)``, edges together; the float64 nearest to the exact value."""
    return ((2 * np.arange(n_out) + 1) * n_in - n_out) / (2 * n_out)


def corner_coordinates(n_in: int, n_out: int) -> np.ndarray:
    """Where each output samples, ``(n_out,)``, corner centres together; the float64 nearest to the exact value."""
    return np.arange(n_out) * (n_in - 1) / max(n_out - 1, 1)


def diagonal(x: np.ndarray, h: int, w: int, axis_map) -> np.ndarray:
    """The diagonal of the matrix, and the offset, that resize ``x`` to ``(h, w)``; ``(2, 2)``."""
    return np.array([axis_map(x.shape[0], h), axis_map(x.shape[1], w)]).T


def grid(x: np.ndarray, h: int, w: int, axis_coordinates) -> np.ndarray:
    """The coordinates, ``(2, h, w)``, that resize ``x`` to ``(h, w)``."""
    return np.stack(
        np.meshgrid(axis_coordinates(x.shape[0], h), axis_coordinates(x.shape[1], w), indexing="ij", copy=False)
    )


def _claim(order: int, mode: str, aligned: bool, prefilter: bool = True) -> Convention | None:
    """What the page says of an order and a mode; ``None`` where it says nothing that can be computed."""
    if mode == "wrap" and order > 1:
        return None
    common = {
        "border": _BORDERS[mode],
        "coordinate_transformation_mode": "align_corners" if aligned else "half_pixel",
    }
    if order == 0:
        return Convention(kernel="nearest", nearest_mode="round_prefer_ceil", **common)
    if order == 1:
        return Convention(kernel="linear", **common)
    return Convention(kernel="bspline", order=order, prefilter="bspline" if prefilter else "none", **common)


def _operation(
    name: str, call: str, order: int, mode: str, aligned: bool, source: str, prefilter: bool = True, **about
) -> Operation:
    note = _TIE_NOTE if order == 0 else ""
    if mode == "wrap":
        note = f"{note} {_WRAP_NOTE if order < 2 else _WRAPPED_SPLINE_NOTE}".strip()
    claim = _claim(order, mode, aligned, prefilter)
    return native(FRAMEWORK, name, call, "HW", **({"claim": claim, "source": source, "note": note} | about))


def _zoom(order: int, mode: str, grid_mode: bool, prefilter: bool = True) -> Operation:
    unfiltered = "" if prefilter else ", prefilter=False"
    arguments = f'order={order}, mode="{mode}", grid_mode={grid_mode}{unfiltered}'
    about = {"note": _WARNING_NOTE} if grid_mode and mode == "constant" and order > 0 else {}
    return _operation(
        f"zoom({arguments.replace(chr(34), '')})",
        f"ndi.zoom(x, (h / x.shape[0], w / x.shape[1]), {arguments})",
        order,
        mode,
        not grid_mode,
        _ZOOM,
        prefilter,
        **about,
    )


def _zooms() -> list[Operation]:
    default = _operation(
        "zoom()", "ndi.zoom(x, (h / x.shape[0], w / x.shape[1]))", 3, "constant", True, _ZOOM, is_default=True
    )
    unfiltered = [
        _zoom(order, mode, grid_mode, prefilter=False)
        for order, mode, grid_mode in product((2, 3), ("mirror", "reflect"), (False, True))
    ]
    return [
        default,
        *(_zoom(order, mode, grid_mode) for grid_mode, order, mode in product((False, True), _ORDERS, _BORDERS)),
        *unfiltered,
    ]


def _transforms() -> list[Operation]:
    maps = (
        ("half_pixel", centre_map, centre_coordinates, product(_ORDERS, _BORDERS)),
        ("align_corners", corner_map, corner_coordinates, product((0, 1, 3), ("mirror",))),
    )
    affine = "ndi.affine_transform(x, *diagonal(x, h, w, {0}), output_shape=(h, w), {1})"
    mapped = "ndi.map_coordinates(x, grid(x, h, w, {0}), {1})"
    found = []
    for where, axis_map, axis_coordinates, settings in maps:
        for order, mode in settings:
            title = f"(order={order}, mode={mode}, {where} map)"
            for name, call, source, helpers in (
                ("affine_transform", affine, _AFFINE_TRANSFORM, (axis_map, diagonal)),
                ("map_coordinates", mapped, _MAP_COORDINATES, (axis_coordinates, grid)),
            ):
                text = call.format(helpers[0].__name__, f'order={order}, mode="{mode}"')
                aligned = where == "align_corners"
                found.append(_operation(name + title, text, order, mode, aligned, source, helpers=helpers))
    return found


def operations() -> list[Operation]:
    """Every resize call of SciPy."""
    return [*_zooms(), *_transforms()]
