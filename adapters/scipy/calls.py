"""SciPy: ``ndimage.zoom``, and ``affine_transform`` and ``map_coordinates`` used as a resize."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from halfpixel.adapters.conventions import CENTRED_NEAREST, LINEAR, with_corners
from halfpixel.adapters.framework import Framework
from halfpixel.adapters.operation import Operation, native
from halfpixel.golden import Convention

FRAMEWORK = Framework("scipy", "scipy", ("scipy",), "import scipy.ndimage as ndi")

DOCS = "https://docs.scipy.org/doc/scipy-1.17.0/reference/generated/scipy.ndimage."
_ZOOM = DOCS + "zoom.html"
_AFFINE_TRANSFORM = DOCS + "affine_transform.html"
_MAP_COORDINATES = DOCS + "map_coordinates.html"

_ORDERS = range(6)
RATIOS = "(h / x.shape[0], w / x.shape[1])"
"""The zoom factors in calls by size."""

# The parameter ``mode`` of every page above. 'grid-mirror' is left out: the page calls it a synonym of 'reflect'.
BORDERS = {
    "reflect": "reflect",
    "constant": "extrapolate",
    "grid-constant": "constant",
    "nearest": "replicate",
    "mirror": "mirror",
    "grid-wrap": "wrap",
    "wrap": "wrap_overlap",
}

TIE_NOTE = "The page gives no rule for ties; order 0 is floor(x + 1/2) in scipy/ndimage/src/ni_interpolation.c."
WRAP_NOTE = "The page says that it is not well defined which sample counts where the first and the last overlap."
_WRAPPED_SPLINE_NOTE = f"{WRAP_NOTE} No B-spline can pass through both."
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


def diagonal(x: np.ndarray, h: int, w: int, axis_map) -> np.ndarray:  # type: ignore[no-untyped-def]  # printed
    """The diagonal of the matrix, and the offset, that resize ``x`` to ``(h, w)``; ``(2, 2)``."""
    return np.array([axis_map(x.shape[0], h), axis_map(x.shape[1], w)]).T


def grid(x: np.ndarray, h: int, w: int, axis_coordinates) -> np.ndarray:  # type: ignore[no-untyped-def]  # printed
    """The coordinates, ``(2, h, w)``, that resize ``x`` to ``(h, w)``."""
    return np.stack(
        np.meshgrid(axis_coordinates(x.shape[0], h), axis_coordinates(x.shape[1], w), indexing="ij", copy=False)
    )


def _claim(order: int, mode: str, aligned: bool, prefilter: bool = True) -> Convention | None:
    """What the page says of an order and a mode; ``None`` where it says nothing that can be computed."""
    if mode == "wrap" and order > 1:
        return None
    if order == 0:
        claim = CENTRED_NEAREST
    elif order == 1:
        claim = LINEAR
    else:
        claim = Convention(kernel="bspline", order=order, prefilter="bspline" if prefilter else "none")
    return with_corners(claim, aligned).but(border=BORDERS[mode])


def _note(order: int, mode: str) -> str:
    """What the page leaves open for an order and a mode."""
    wrapped = (WRAP_NOTE if order < 2 else _WRAPPED_SPLINE_NOTE) if mode == "wrap" else ""
    return " ".join(filter(None, (TIE_NOTE if order == 0 else "", wrapped)))


def _zoom(order: int, mode: str, grid_mode: bool, prefilter: bool = True) -> Operation:
    unfiltered = "" if prefilter else ", prefilter=False"
    arguments = f'order={order}, mode="{mode}", grid_mode={grid_mode}{unfiltered}'
    warns = grid_mode and mode == "constant" and order > 0
    return native(
        FRAMEWORK,
        f"zoom({arguments.replace(chr(34), '')})",
        f"ndi.zoom(x, {RATIOS}, {arguments})",
        "HW",
        claim=_claim(order, mode, not grid_mode, prefilter),
        source=_ZOOM,
        note=_WARNING_NOTE if warns else _note(order, mode),
    )


def _zooms() -> Iterator[Operation]:
    call = f"ndi.zoom(x, {RATIOS})"
    yield native(FRAMEWORK, "zoom()", call, "HW", claim=_claim(3, "constant", True), source=_ZOOM, is_default=True)
    for grid_mode, order, mode in product((False, True), _ORDERS, BORDERS):
        yield _zoom(order, mode, grid_mode)
    for order, mode, grid_mode in product((2, 3), ("mirror", "reflect"), (False, True)):
        yield _zoom(order, mode, grid_mode, prefilter=False)


def _transforms() -> Iterator[Operation]:
    every_mode, few_modes = product(_ORDERS, BORDERS), product((0, 1, 3), ("mirror",))
    affine = "ndi.affine_transform(x, *diagonal(x, h, w, {0}), output_shape=(h, w), {1})"
    mapped = "ndi.map_coordinates(x, grid(x, h, w, {0}), {1})"
    for coordinates, axis_map, axis_coordinates, settings in (
        ("half_pixel", centre_map, centre_coordinates, every_mode),
        ("align_corners", corner_map, corner_coordinates, few_modes),
    ):
        for order, mode in settings:
            for name, call, source, helpers in (
                ("affine_transform", affine, _AFFINE_TRANSFORM, (axis_map, diagonal)),
                ("map_coordinates", mapped, _MAP_COORDINATES, (axis_coordinates, grid)),
            ):
                yield native(
                    FRAMEWORK,
                    f"{name}(order={order}, mode={mode}, {coordinates} map)",
                    call.format(helpers[0].__name__, f'order={order}, mode="{mode}"'),
                    "HW",
                    helpers=helpers,
                    claim=_claim(order, mode, coordinates == "align_corners"),
                    source=source,
                    note=_note(order, mode),
                )


def operations() -> list[Operation]:
    """Every resize call of SciPy."""
    return [*_zooms(), *_transforms()]
