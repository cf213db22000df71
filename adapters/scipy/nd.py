"""SciPy's ``zoom``, ``affine_transform`` and ``map_coordinates`` of one, three and four axes."""

from __future__ import annotations

from itertools import product

import numpy as np

from halfpixel.adapters.conventions import CENTRED_NEAREST, LINEAR
from halfpixel.adapters.native_call import Helper
from halfpixel.adapters.nd import NdOperation, native_nd
from halfpixel.adapters.scipy.calls import BORDERS, DOCS, FRAMEWORK, TIE_NOTE
from halfpixel.golden import Convention

_KERNELS = {0: CENTRED_NEAREST, 1: LINEAR, 3: Convention(kernel="bspline", order=3, prefilter="bspline")}
_MODES = ("reflect", "mirror", "nearest", "grid-wrap")


def edge_diagonal(x: np.ndarray, size: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The diagonal of the matrix, and the offset, that put the edges of input and output together; ``(rank,)`` each."""
    slope = np.array(x.shape) / np.array(size)
    return slope, 0.5 * slope - 0.5


def edge_coordinates(x: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """The coordinates, ``(rank, *size)``, edges together; the float64 nearest to the exact values."""
    along = [((2 * np.arange(m) + 1) * n - m) / (2 * m) for n, m in zip(x.shape, size, strict=True)]
    return np.stack(np.meshgrid(*along, indexing="ij"))


_HALF_PIXEL_MAP = ", half_pixel map"
# Function, what follows its order and mode in the operation's name, the call, and its helpers.
_CALLS: tuple[tuple[str, str, str, tuple[Helper, ...]], ...] = (
    ("zoom", ", grid_mode=True", "ndi.zoom(x, np.divide(size, x.shape), grid_mode=True, {})", ()),
    (
        "affine_transform",
        _HALF_PIXEL_MAP,
        "ndi.affine_transform(x, *edge_diagonal(x, size), output_shape=size, {})",
        (edge_diagonal,),
    ),
    ("map_coordinates", _HALF_PIXEL_MAP, "ndi.map_coordinates(x, edge_coordinates(x, size), {})", (edge_coordinates,)),
)


def operations_nd() -> list[NdOperation]:
    """Each call at orders 0, 1 and 3, of one, three and four axes.

    Borders are per axis, whatever the rank: all of them on three axes, one on the others.
    """
    calls = []
    for rank, (order, kernel) in product((1, 3, 4), _KERNELS.items()):
        axes = "1 axis" if rank == 1 else f"{rank} axes"
        for mode, (function, further, call, helpers) in product(_MODES if rank == 3 else ("mirror",), _CALLS):
            name = f"{function}(order={order}, mode={mode}{further})"
            calls.append(
                native_nd(
                    FRAMEWORK,
                    f"{name} of {axes}",
                    rank,
                    call.format(f'order={order}, mode="{mode}"'),
                    "S",
                    kernel.but(border=BORDERS[mode]),
                    f"{DOCS}{function}.html",
                    TIE_NOTE if order == 0 else "",
                    helpers=helpers,
                    equivalent_2d=name,
                )
            )
    return calls
