"""scikit-image's other paths for a resize: images of another memory layout. It has no threads to set."""

from __future__ import annotations

import numpy as np

from halfpixel.adapters.native_call import Variant


def every_second(x: np.ndarray) -> np.ndarray:
    """The same pixels as every second row and column of a larger image, from its second ones on."""
    larger = np.full((2 * x.shape[0] + 1, 2 * x.shape[1] + 1, *x.shape[2:]), 7, x.dtype)
    larger[1::2, 1::2] = x
    return larger[1::2, 1::2]


def list_variants() -> list[Variant]:
    """Every path. https://scikit-image.org/docs/stable/user_guide/numpy_images.html, on the order in memory."""
    return [
        Variant("transposed in memory", to_native="np.asfortranarray(x)"),
        Variant("every second pixel of a larger image", to_native="every_second(x)", helpers=(every_second,)),
    ]
