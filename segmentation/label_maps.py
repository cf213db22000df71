"""Logits from exact coverage, upsampled to label maps, and the difference of two label maps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar

import numpy as np

from halfpixel.golden.align_corners import HALF_PIXEL, exact_axis
from halfpixel.golden.convention import Convention
from halfpixel.golden.matrix import matrix
from halfpixel.segmentation.coverage import DISC_ERROR, Coverage, pixel_cells
from halfpixel.segmentation.scenes import Scene

NEAR = 1e-9
"""Classes closer than this are compared exactly: float64 errs by less than 1e-12 on sums of products up to one."""

DILATION = 0.02
"""Width of the band of boundary IoU, as a part of the image's diagonal: https://arxiv.org/abs/2103.16562, section 4."""

FARTHEST = 64
"""Pixels up to which the distance of boundaries is measured."""

Value = TypeVar("Value", float, Fraction)


@lru_cache(maxsize=512)
def logits(scene: Scene, trained: Convention, n: int, side: int) -> tuple[Coverage, ...]:
    """What a network should say at ``n`` pixels a side so that ``trained`` makes the scene of it at ``side`` pixels.

    For each class, how much of each pixel it covers; the pixels lie where the mode puts them in the output.
    """
    grid = pixel_cells(trained, n, side)
    return tuple(layer.coverage(grid, grid) for layer in scene.layers)


def stacked(coverages: Sequence[Coverage]) -> np.ndarray:
    """float64 ``(H, W, classes)``."""
    return np.stack([coverage.values for coverage in coverages], axis=-1)


@lru_cache(maxsize=64)
def _taps(mode: Convention, n_in: int, n_out: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each tap of the exact matrix, the pixel and the weight of every output."""
    exact = matrix(mode, n_in, n_out)
    weights = exact.weights / exact.totals[:, None]
    return [(exact.taps[:, t], weights[:, t]) for t in range(weights.shape[1])]


def exact_resize(image: np.ndarray, mode: Convention, size: tuple[int, int]) -> np.ndarray:
    """Both axes of ``(H, W, channels)`` resized to ``size`` by the exact matrices, in float64."""
    tall = np.zeros((size[0], *image.shape[1:]))
    for pixels, weights in _taps(mode, image.shape[0], size[0]):
        tall += weights[:, None, None] * image[pixels]
    result = np.zeros((*size, *image.shape[2:]))
    for pixels, weights in _taps(mode, image.shape[1], size[1]):
        result += weights[None, :, None] * tall[:, pixels]
    return result


def true_labels(scene: Scene, side: int) -> np.ndarray:
    """The class that covers most of each pixel, ``(side, side)``; the first of those that cover the same."""
    return _small_labels(scene, HALF_PIXEL, side, side)


@lru_cache(maxsize=256)
def _small_labels(scene: Scene, trained: Convention, n: int, side: int) -> np.ndarray:
    coverages = logits(scene, trained, n, side)
    return _decided(stacked(coverages), lambda row, column: [coverage.exact(row, column) for coverage in coverages])


@lru_cache(maxsize=16)
def labels(scene: Scene, trained: Convention, deployed: Convention, n: int, side: int) -> np.ndarray:
    """Logits of ``trained`` upsampled by ``deployed``, then the largest class of each pixel: ``(side, side)``.

    Classes that are nearly level are compared in fractions, and the first of equal ones is taken.
    """
    coverages = logits(scene, trained, n, side)
    rows = exact_axis(deployed, n, side).rows

    def exactly(row: int, column: int) -> list[Fraction]:
        return [
            sum((p * q * coverage.exact(i, j) for i, p in rows[row] for j, q in rows[column]), Fraction(0))
            for coverage in coverages
        ]

    return _decided(exact_resize(stacked(coverages), deployed, (side, side)), exactly)


@lru_cache(maxsize=8)
def nearest_labels(scene: Scene, trained: Convention, n: int, side: int) -> np.ndarray:
    """The largest class of each logit, each then enlarged by the nearest pixel: ``(side, side)``."""
    picks = matrix(Convention(kernel="nearest"), n, side).taps[:, 0]
    enlarged: np.ndarray = _small_labels(scene, trained, n, side)[np.ix_(picks, picks)]
    return enlarged


def margins(image: np.ndarray) -> np.ndarray:
    """By how much the largest class leads, ``(H, W)``."""
    top = np.partition(image, image.shape[-1] - 2, axis=-1)
    lead: np.ndarray = top[..., -1] - top[..., -2]
    return lead


def _decided(image: np.ndarray, exactly: Callable[[int, int], list[Fraction]]) -> np.ndarray:
    """The largest class of each pixel; ``exactly(row, column)`` are the values where float64 cannot decide."""
    result: np.ndarray = image.argmax(axis=-1)
    for row, column in np.argwhere(margins(image) < NEAR).tolist():
        try:
            values = exactly(row, column)
        except ValueError:
            if margins(image[row : row + 1, column : column + 1]).item() < DISC_ERROR:
                raise ArithmeticError(f"no telling which class is larger at {row}, {column}") from None
            continue
        result[row, column] = values.index(max(values))
    return result


@dataclass(frozen=True, slots=True)
class LabelDifference:
    """How far label map ``b`` is from ``a``: labels changed, their share, and how far boundaries moved.

    ``moved`` is the largest distance from a boundary pixel of either to the nearest of the other, along rows, columns
    and diagonals alike (Chebyshev), in pixels; ``None`` where one has no boundary, or beyond ``FARTHEST``.
    """

    changed: int
    share: float
    moved: int | None


def label_difference(a: np.ndarray, b: np.ndarray) -> LabelDifference:
    """Two label maps of one shape, compared."""
    changed = int((a != b).sum())
    return LabelDifference(changed, changed / a.size, boundary_distance(a, b) if changed else 0)


def boundary(labelled: np.ndarray) -> np.ndarray:
    """Pixels with a neighbour, right or below, left or above, of another label."""
    result = np.zeros(labelled.shape, dtype=bool)
    below, right = labelled[1:] != labelled[:-1], labelled[:, 1:] != labelled[:, :-1]
    result[1:] |= below
    result[:-1] |= below
    result[:, 1:] |= right
    result[:, :-1] |= right
    return result


def boundary_distance(a: np.ndarray, b: np.ndarray) -> int | None:
    """See :class:`LabelDifference`."""
    of_a, of_b = boundary(a), boundary(b)
    if not (of_a.any() and of_b.any()):
        return None
    there, back = _dilations_to_cover(of_a, of_b), _dilations_to_cover(of_b, of_a)
    return None if there is None or back is None else max(there, back)


def _dilations_to_cover(start: np.ndarray, goal: np.ndarray) -> int | None:
    """How many times ``start`` must grow by a pixel all around to hold ``goal``."""
    for distance in range(FARTHEST + 1):
        if not (goal & ~start).any():
            return distance
        padded = np.pad(start, 1)
        wide = padded[:, :-2] | padded[:, 1:-1] | padded[:, 2:]
        start = wide[:-2] | wide[1:-1] | wide[2:]
    return None


def iou(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Intersection over union of two masks; 1.0 for two empty ones."""
    union = (truth | predicted).sum()
    return float((truth & predicted).sum() / union) if union else 1.0


def band(mask: np.ndarray) -> np.ndarray:
    """The pixels of a mask in its boundary's band: those that eroding it takes, the image's edge counting as one."""
    width = max(1, round(DILATION * float(np.hypot(*mask.shape))))
    total = np.pad(np.pad(mask, width).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    size = 2 * width + 1
    count = total[size:, size:] - total[:-size, size:] - total[size:, :-size] + total[:-size, :-size]
    edge: np.ndarray = mask & (count < size * size)
    return edge


def boundary_iou(truth: np.ndarray, predicted: np.ndarray) -> float:
    """IoU of the boundaries' bands: https://arxiv.org/abs/2103.16562."""
    return iou(band(truth), band(predicted))


def crossing(values: Sequence[Value]) -> Value:
    """Where a row of values changes sign, linearly interpolated in its own arithmetic; ``ValueError`` if nowhere."""
    for o, (value, following) in enumerate(pairwise(values)):
        if value != following and (value <= 0 <= following or following <= 0 <= value):
            return o + value / (value - following)
    raise ValueError("the values do not change sign")
