"""What upsampling makes of a segmentation: logits from exact coverage, labels, and how far two label maps are apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

import numpy as np

from golden.align_corners import FALSE, cells, exact_axis
from golden.convention import Convention
from golden.matrix import matrix
from golden.scenes import Scene
from golden.shapes import DISC_ERROR, Coverage
from probe.tolerance import gain_tolerance

NEAR = 1e-9
"""Classes closer than this are compared exactly: float64 errs by less than 1e-12 on sums of products up to one."""

DILATION = 0.02
"""Width of the band of boundary IoU, as a part of the image's diagonal: https://arxiv.org/abs/2103.16562, section 4."""

FARTHEST = 64


@lru_cache(maxsize=512)
def logits(scene: Scene, trained: Convention, n: int, side: int) -> tuple[Coverage, ...]:
    """What a network should say at ``n`` pixels a side so that ``trained`` makes the scene of it at ``side`` pixels.

    For each class, how much of each pixel it covers; the pixels lie where the mode puts them in the output.
    """
    grid = cells(trained, n, side)
    return tuple(layer.coverage(grid, grid) for layer in scene.layers)


def stacked(coverages: Sequence[Coverage]) -> np.ndarray:
    """float64 ``(H, W, classes)``."""
    return np.stack([each.values for each in coverages], axis=-1)


@lru_cache(maxsize=64)
def _taps(mode: Convention, n: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """The pixels and weights of each output, ``(side, taps)`` both."""
    exact = matrix(mode, n, side)
    return exact.taps, exact.weights / exact.totals[:, None]


def upsampled(image: np.ndarray, mode: Convention, side: int) -> np.ndarray:
    """Both axes of ``(n, n, classes)`` resized to ``side`` by the exact matrix, in float64."""
    taps, weights = _taps(mode, image.shape[0], side)
    tall = sum(weights[:, t, None, None] * image[taps[:, t]] for t in range(taps.shape[1]))
    return sum(weights[None, :, t, None] * tall[:, taps[:, t]] for t in range(taps.shape[1]))


def true_labels(scene: Scene, side: int) -> np.ndarray:
    """The class that covers most of each pixel, ``(side, side)``; the first of those that cover the same."""
    return _small_labels(scene, FALSE, side, side)


@lru_cache(maxsize=256)
def _small_labels(scene: Scene, trained: Convention, n: int, side: int) -> np.ndarray:
    coverages = logits(scene, trained, n, side)
    return _decided(stacked(coverages), lambda row, column: [each.exact(row, column) for each in coverages])


@lru_cache(maxsize=16)
def labels(scene: Scene, trained: Convention, deployed: Convention, n: int, side: int) -> np.ndarray:
    """Logits of ``trained`` upsampled by ``deployed``, then the largest class of each pixel: ``(side, side)``.

    Classes that are nearly level are compared in fractions, and the first of equal ones is taken.
    """
    coverages = logits(scene, trained, n, side)
    rows = exact_axis(deployed, n, side).rows

    def exactly(row: int, column: int) -> list[Fraction]:
        return [
            sum((p * q * each.exact(i, j) for i, p in rows[row] for j, q in rows[column]), Fraction(0))
            for each in coverages
        ]

    return _decided(upsampled(stacked(coverages), deployed, side), exactly)


@lru_cache(maxsize=8)
def nearest_labels(scene: Scene, trained: Convention, n: int, side: int) -> np.ndarray:
    """The largest class of each logit, each then enlarged by the nearest pixel: ``(side, side)``."""
    picks = matrix(Convention(kernel="nearest"), n, side).taps[:, 0]
    return _small_labels(scene, trained, n, side)[np.ix_(picks, picks)]


def margins(image: np.ndarray) -> np.ndarray:
    """By how much the largest class leads, ``(H, W)``."""
    top = np.partition(image, image.shape[-1] - 2, axis=-1)
    return top[..., -1] - top[..., -2]


def _decided(image: np.ndarray, exactly) -> np.ndarray:
    result = image.argmax(axis=-1)
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
class Difference:
    """How far label map ``b`` is from ``a``: labels changed, their share, and how far boundaries moved.

    ``moved`` is the largest distance from a boundary pixel of either to the nearest of the other, along rows, columns
    and diagonals alike (Chebyshev), in pixels; ``None`` where one has no boundary, or beyond ``FARTHEST``.
    """

    changed: int
    share: float
    moved: int | None


def difference(a: np.ndarray, b: np.ndarray) -> Difference:
    """Two label maps of one shape, compared."""
    changed = int((a != b).sum())
    return Difference(changed, changed / a.size, boundary_distance(a, b) if changed else 0)


def boundary(labelled: np.ndarray) -> np.ndarray:
    """Pixels with a neighbour, right or below, left or above, of another label."""
    result = np.zeros(labelled.shape, dtype=bool)
    for axis in (0, 1):
        first, second = (np.take(labelled, range(k, labelled.shape[axis] - 1 + k), axis) for k in (0, 1))
        differs = first != second
        edges = [slice(None)] * 2
        for k in (0, 1):
            edges[axis] = slice(k, labelled.shape[axis] - 1 + k)
            result[tuple(edges)] |= differs
    return result


def boundary_distance(a: np.ndarray, b: np.ndarray) -> int | None:
    """See :class:`Difference`."""
    edges = boundary(a), boundary(b)
    if not (edges[0].any() and edges[1].any()):
        return None
    distances = [_reach(*edges), _reach(*reversed(edges))]
    return None if None in distances else max(distances)


def _reach(start: np.ndarray, goal: np.ndarray) -> int | None:
    """How many times ``start`` must grow by a pixel all around to hold ``goal``."""
    for distance in range(FARTHEST + 1):
        if not (goal & ~start).any():
            return distance
        padded = np.pad(start, 1)
        wide = padded[:, :-2] | padded[:, 1:-1] | padded[:, 2:]
        start = wide[:-2] | wide[1:-1] | wide[2:]
    return None


def iou(truth: np.ndarray, found: np.ndarray) -> float:
    """Intersection over union of two masks; 1.0 for two empty ones."""
    union = (truth | found).sum()
    return float((truth & found).sum() / union) if union else 1.0


def band(mask: np.ndarray) -> np.ndarray:
    """The pixels of a mask in its boundary's band: those that eroding it takes, the image's edge counting as one."""
    width = max(1, round(DILATION * float(np.hypot(*mask.shape))))
    total = np.pad(np.pad(mask, width).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    size = 2 * width + 1
    held = total[size:, size:] - total[:-size, size:] - total[size:, :-size] + total[:-size, :-size]
    return mask & (held < size * size)


def boundary_iou(truth: np.ndarray, found: np.ndarray) -> float:
    """IoU of the boundaries' bands: https://arxiv.org/abs/2103.16562."""
    return iou(band(truth), band(found))


def crossing(values: Sequence) -> object:
    """Where a row of values changes sign, linearly interpolated in its own arithmetic; ``ValueError`` if nowhere."""
    for o, (here, beyond) in enumerate(pairwise(values)):
        if here != beyond and (here <= 0 <= beyond or beyond <= 0 <= here):
            return o + here / (here - beyond)
    raise ValueError("the values do not change sign")


def rounding(mode: Convention, n_in: int, n_out: int) -> float:
    """What float32 may change of a value in [-1, 1] along one axis: see ``probe.tolerance``."""
    return gain_tolerance(mode, n_in, n_out, 1.0)
