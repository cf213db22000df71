"""SciPy's ``zoom``, ``affine_transform`` and ``map_coordinates`` of one, three and four axes."""

from __future__ import annotations

from itertools import product

import numpy as np

from adapters.framework import Framework
from adapters.ranked import RankedOperation, ranked
from golden import Convention

_FRAMEWORK = Framework("scipy", "scipy", ("scipy",), "import scipy.ndimage as ndi")
_DOCS = "https://docs.scipy.org/doc/scipy-1.17.0/reference/generated/scipy.ndimage."
_TIE_NOTE = "The page gives no rule for ties; order 0 is floor(x + 1/2) in scipy/ndimage/src/ni_interpolation.c."

_KERNELS = {
    0: Convention(kernel="nearest", nearest_mode="round_prefer_ceil"),
    1: Convention(kernel="linear"),
    3: Convention(kernel="bspline", order=3, prefilter="bspline"),
}
_BORDERS = {"reflect": "reflect", "mirror": "mirror", "nearest": "replicate", "grid-wrap": "wrap"}


def edge_diagonal(x: np.ndarray, size: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The diagonal of the matrix, and the offset, that put the edges of input and output together; ``(rank,)`` each."""
    slope = np.array(x.shape) / np.array(size)
    return slope, 0.5 * slope - 0.5


def edge_coordinates(x: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """The coordinates, ``(rank, *size)``, edges together; the float64 nearest to the exact values."""
    along = [((2 * np.arange(m) + 1) * n - m) / (2 * m) for n, m in zip(x.shape, size, strict=True)]
    return np.stack(np.meshgrid(*along, indexing="ij"))


def ranked_operations() -> list[RankedOperation]:
    """Each call at orders 0, 1 and 3, of one, three and four axes."""
    found = []
    for rank, order in product((1, 3, 4), _KERNELS):
        axes = "1 axis" if rank == 1 else f"{rank} axes"
        note = _TIE_NOTE if order == 0 else ""
        for mode, border in _BORDERS.items():
            claim = _KERNELS[order].but(border=border)
            settings = f'order={order}, mode="{mode}"'
            shown = settings.replace('"', "")
            calls = [
                ("zoom", f"{shown}, grid_mode=True", "ndi.zoom(x, np.divide(size, x.shape), grid_mode=True, {})", ()),
                (
                    "affine_transform",
                    f"{shown}, half_pixel map",
                    "ndi.affine_transform(x, *edge_diagonal(x, size), output_shape=size, {})",
                    (edge_diagonal,),
                ),
                (
                    "map_coordinates",
                    f"{shown}, half_pixel map",
                    "ndi.map_coordinates(x, edge_coordinates(x, size), {})",
                    (edge_coordinates,),
                ),
            ]
            # Borders are per axis, whatever the rank: all of them on three axes, one on the others.
            for function, label, call, helpers in calls if rank == 3 or mode == "mirror" else ():
                about = {"claim": claim, "source": f"{_DOCS}{function}.html", "note": note, "helpers": helpers}
                about["like"] = f"{function}({label})"
                name = f"{function}({label}) of {axes}"
                found.append(ranked(_FRAMEWORK, name, rank, call.format(settings), "S", **about))
    return found
