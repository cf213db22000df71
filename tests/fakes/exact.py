"""Resizers built from the exact matrices, sweeps of them, and an operation of a framework that nobody has."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.adapters.framework import Framework
from halfpixel.adapters.operation import native
from halfpixel.golden import Convention, matrix
from halfpixel.probe.measure.axis_matrix import AXES, Sweep
from halfpixel.probe.measure.sizes import Pair

_NOBODY_HAS = Framework("absent", "no_such_module_anywhere", ("absent",), "import no_such_module_anywhere")
ABSENT = native(_NOBODY_HAS, "resize", "x", "HW")
Resize = Callable[[np.ndarray, tuple[int, int]], np.ndarray]


def exact_resize(height: Convention, width: Convention | None = None) -> Resize:
    """``f(image (H, W), size (h, w)) -> (h, w)``, float32; ``width`` is the other axis's convention if it differs."""

    @lru_cache(maxsize=512)
    def weights(convention: Convention, n_in: int, n_out: int) -> np.ndarray:
        return matrix(convention, n_in, n_out).to_array().astype(np.float32)

    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        rows = weights(height, image.shape[0], size[0]) @ image
        return rows @ weights(width or height, image.shape[1], size[1]).T

    return resize


def exact_sweeps(convention: Convention, pairs: tuple[Pair, ...]) -> list[Sweep]:
    """What sweeping both axes of a perfect float32 implementation gives."""
    operation = Operation("golden", str(convention), run=None)
    matrices = {pair: matrix(convention, *pair).to_array().astype(np.float32) for pair in pairs}
    return [Sweep(operation, axis, matrices) for axis in AXES]
