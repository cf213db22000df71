"""Interpolation kernels written out plainly, as functions of the distance to a tap in (stretched) input pixels.

Nothing here comes from ``golden``: these are a second opinion.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Kernel:
    """``weight(t)`` for an array of distances ``t`` (tap minus coordinate); zero beyond ``radius``."""

    weight: Callable[[np.ndarray], np.ndarray]
    radius: float


def _smoothstep(t: np.ndarray) -> np.ndarray:
    return np.where(np.abs(t) < 1, 0.5 + 0.5 * np.cos(np.pi * t), 0.0)


def _quadratic_bspline(t: np.ndarray) -> np.ndarray:
    t = np.abs(t)
    return np.where(t <= 0.5, 0.75 - t**2, np.where(t < 1.5, 0.5 * (1.5 - t) ** 2, 0.0))


def _mitchell(t: np.ndarray) -> np.ndarray:
    t = np.abs(t)
    inner = (7 * t**3 - 12 * t**2 + 16 / 3) / 6
    outer = (-7 / 3 * t**3 + 12 * t**2 - 20 * t + 32 / 3) / 6
    return np.where(t <= 1, inner, np.where(t < 2, outer, 0.0))


def _hamming(t: np.ndarray) -> np.ndarray:
    return np.where(np.abs(t) < 1, np.sinc(t) * (0.54 + 0.46 * np.cos(np.pi * t)), 0.0)


def cubic(a: float) -> Kernel:
    """Keys' cubic convolution; ``a`` is the slope at distance 1. https://doi.org/10.1109/TASSP.1981.1163711."""

    def weight(t: np.ndarray) -> np.ndarray:
        t = np.abs(t)
        inner = (a + 2) * t**3 - (a + 3) * t**2 + 1
        outer = a * (t**3 - 5 * t**2 + 8 * t - 4)
        return np.where(t <= 1, inner, np.where(t < 2, outer, 0.0))

    return Kernel(weight, 2)


def lanczos(lobes: int) -> Kernel:
    """Sinc windowed by its own central lobe, ``lobes`` wide on either side."""
    return Kernel(lambda t: np.where(np.abs(t) < lobes, np.sinc(t) * np.sinc(t / lobes), 0.0), lobes)


LINEAR = Kernel(lambda t: np.maximum(0.0, 1 - np.abs(t)), 1)
SMOOTHSTEP = Kernel(_smoothstep, 1)
QUADRATIC_BSPLINE = Kernel(_quadratic_bspline, 1.5)
MITCHELL = Kernel(_mitchell, 2)
# Half open, as in Pillow: a tap exactly half a (stretched) pixel to the right counts, one to the left does not.
# https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Resample.c
BOX = Kernel(lambda t: ((t > -0.5) & (t <= 0.5)).astype(np.float64), 0.5)
HAMMING = Kernel(_hamming, 1)
