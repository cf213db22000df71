"""SciPy's other paths for a resize: another memory layout, an output given to it, and one in float64.

``scipy.ndimage`` runs on one thread: there is no path for more.
"""

from __future__ import annotations

import numpy as np

from halfpixel.adapters.native_call import Variant


def every_second(x: np.ndarray) -> np.ndarray:
    """The same pixels as every second row and column of a larger plane, from its second ones on."""
    larger = np.full((2 * x.shape[0] + 1, 2 * x.shape[1] + 1), 7, x.dtype)
    larger[1::2, 1::2] = x
    return larger[1::2, 1::2]


def list_variants() -> list[Variant]:
    """Every path. https://docs.scipy.org/doc/scipy/reference/generated/scipy.ndimage.zoom.html, ``output``."""
    return [
        Variant("transposed in memory", to_native="np.asfortranarray(x)"),
        Variant("every second pixel of a larger plane", to_native="every_second(x)", helpers=(every_second,)),
        Variant("output=float64", arguments="output=np.float64", to_numpy="y.astype(np.float32)"),
        Variant("output given", arguments="output=np.full((h, w), 7, x.dtype)"),
    ]
