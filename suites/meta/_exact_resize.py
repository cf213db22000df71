"""Resizers built from the exact matrices, and sweeps of them: what a perfect implementation would measure."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from adapters import Operation
from golden import Convention, matrix
from probe.measure import AXES, Sweep
from probe.sizes import Pair

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
