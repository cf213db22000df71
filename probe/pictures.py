"""Random images that every dtype can hold exactly, and that a reproduction can make again."""

from __future__ import annotations

import numpy as np


def picture(seed: int, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """A random array of multiples of 1/64 between -1 and 1, none of them 0."""
    steps = np.random.default_rng(seed).integers(1, 65, shape)
    signs = np.random.default_rng(seed + 1).choice((-1, 1), shape)
    return (steps * signs / 64).astype(dtype)
