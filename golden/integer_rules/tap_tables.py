"""Sums of ``weight * pixel`` along an axis, in the dtype and the order of a library's loop."""

from __future__ import annotations

from functools import reduce
from typing import NamedTuple

import numpy as np


class TapTable(NamedTuple):
    """Which pixels each output pixel reads, and with which weight: two arrays ``(n_out, taps)``.

    Unlike :class:`~halfpixel.golden.integer_rules.passes.Taps`, several taps may read the same pixel at an edge, each
    with a rounding of its own. Unused taps have the weight 0.
    """

    indices: np.ndarray
    weights: np.ndarray


def products(image: np.ndarray, taps: TapTable, axis: int) -> list[np.ndarray]:
    """``pixel * weight`` of each tap, first to last, of an image ``(H, W, C)`` with that axis resized."""
    shape = (-1, 1, 1) if axis == 0 else (1, -1, 1)
    return [
        np.take(image, taps.indices[:, tap], axis) * taps.weights[:, tap].reshape(shape)
        for tap in range(taps.indices.shape[1])
    ]


def running_sum(terms: list[np.ndarray]) -> np.ndarray:
    """``((t0 + t1) + t2) + ...``, each sum rounded to the dtype of the terms."""
    return reduce(np.add, terms)


def weighted_sum(image: np.ndarray, taps: TapTable, axis: int) -> np.ndarray:
    """The axis resized: :func:`running_sum` of :func:`products`."""
    return running_sum(products(image, taps, axis))


def rounded(values: np.ndarray, dtype: str) -> np.ndarray:
    """To the nearest whole number, ties to even, clipped to the range of ``dtype``."""
    limits = np.iinfo(dtype)
    clipped: np.ndarray = np.clip(np.rint(values), limits.min, limits.max)
    return clipped.astype(dtype)
