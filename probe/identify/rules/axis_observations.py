"""Observe both axes of a resizer at once: the matrix that each applies while the other is resized, too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from halfpixel.adapters import NotInstalled
from halfpixel.adapters.layout import WrongShape
from halfpixel.golden.rules import AxisSizes, Size, sizes_of_axes
from halfpixel.golden.tolerance import UNIT_ROUNDOFF
from halfpixel.probe.measure.axis_matrix import Refused

Shape = tuple[Size, Size]
"""Input and output (height, width)."""

ResizePlane = Callable[[np.ndarray, Size], np.ndarray]
"""``(H, W)`` to ``(h, w)``; raises ``Refused`` or ``WrongShape``."""

SHAPES: dict[Shape, str] = {
    ((24, 7), (40, 7)): "the height alone enlarges: many rows that no border touches",
    ((7, 24), (7, 40)): "the width alone enlarges",
    ((40, 6), (29, 6)): "the height alone shrinks",
    ((6, 40), (6, 29)): "the width alone shrinks",
    ((9, 8), (20, 13)): "both enlarge, at other ratios",
    ((8, 9), (13, 20)): "the same, the axes exchanged",
    ((16, 16), (5, 5)): "both shrink by 3.2",
    ((20, 24), (11, 9)): "both shrink, at other ratios",
    ((24, 20), (9, 11)): "the same, the axes exchanged",
    ((12, 9), (7, 16)): "the height shrinks and the width enlarges",
    ((9, 12), (16, 7)): "the height enlarges and the width shrinks",
    ((8, 8), (3, 3)): "a small image, both axes by 2.7",
    ((10, 10), (15, 15)): "both enlarge by 1.5",
    ((6, 6), (3, 3)): "both to one half",
    ((12, 6), (3, 4)): "a quarter and two thirds",
    ((14, 18), (7, 5)): "one half, and less",
    ((7, 7), (14, 14)): "doubling",
    ((11, 6), (11, 15)): "the width alone, a short height",
    ((30, 34), (23, 21)): "larger, both shrink by less than two",
    ((26, 18), (31, 29)): "larger, both enlarge",
    ((36, 20), (8, 8)): "a tall image, both shrink",
    ((20, 36), (8, 8)): "a wide image, both shrink",
    ((18, 5), (7, 12)): "a tall image, mixed",
    ((12, 12), (12, 12)): "no axis changes",
    ((5, 7), (1, 4)): "one output row",
    ((1, 6), (4, 3)): "one input row",
    ((6, 1), (3, 4)): "one input column",
}
"""Joint shapes that are observed, the most telling first, and what each is for."""


@dataclass(frozen=True, eq=False, slots=True)
class Observation:
    """The matrix, float64 ``(n_out, n_in)``, that one axis applies at ``sizes``; a row's sum is off by up to ``noise``.

    ``is_telling`` says that conventions differ here: both sizes are above one pixel and the image changes.
    """

    sizes: AxisSizes
    matrix: np.ndarray
    noise: float

    @property
    def weight_noise(self) -> float:
        """By how much a weight may be off."""
        return float(max(1e-5, self.noise / self.matrix.shape[1]))

    @property
    def is_telling(self) -> bool:
        """Whether conventions differ at these sizes."""
        n_out, n_in = self.matrix.shape
        return n_in > 2 and n_out > 1 and not (n_in == n_out and np.abs(self.matrix - np.eye(n_in)).max() < self.noise)


@dataclass(frozen=True, slots=True)
class NotAProduct:
    """A shape at which the operator is not one matrix an axis; ``error`` in grey levels of 255."""

    shape: Shape
    grey_levels: float

    def __str__(self) -> str:
        (height, width), (h, w) = self.shape
        off = f"off by {self.grey_levels:.4g} of 255 grey levels"
        return f"at {height}x{width} -> {h}x{w} it is not one matrix an axis ({off})"


def observe(resize: ResizePlane, shape: Shape, given: Fraction | None = None) -> list[Observation] | NotAProduct | None:
    """The height's and the width's observation at ``shape``, from ``H + W + 1`` calls.

    Each impulse of an axis lies across the other as a line of fixed random weights. Where the operator is a product,
    all results of the height's impulses are multiples of one line, and so are those of the width's; a random image
    then confirms the product. ``None`` where the call is refused or gives no finite numbers.
    """
    (height, width), size = shape
    random = np.random.default_rng(height * 1000 + width)
    down, across = (random.uniform(0.5, 1.5, n).astype(np.float32) for n in (height, width))
    try:
        rows = np.stack([resize(_line_of(i, height)[:, None] * across[None, :], size) for i in range(height)])
        columns = np.stack([resize(down[:, None] * _line_of(j, width)[None, :], size).T for j in range(width)])
        image = random.uniform(-1, 1, (height, width)).astype(np.float32)
        result = resize(image, size).astype(np.float64)
    except (Refused, WrongShape, NotInstalled):
        return None
    if not (np.isfinite(rows).all() and np.isfinite(columns).all() and np.isfinite(result).all()):
        return None
    # Each column of a factor times the other factor's image of the line of weights.
    row_factor, left = _first_factor(rows.astype(np.float64))
    column_factor, right = _first_factor(columns.astype(np.float64))
    scale = _product_scale(row_factor, column_factor, image.astype(np.float64), result)
    row_factor, column_factor = _shared_scale(row_factor, column_factor, scale)
    gains = [float(np.abs(factor).sum(axis=1).max(initial=0)) for factor in (row_factor, column_factor)]
    rounding = 8 * UNIT_ROUNDOFF * max(1.0, gains[0] * gains[1]) * (height + width)
    off = float(np.abs(result - row_factor @ image.astype(np.float64) @ column_factor.T).max())
    off = max(off, left, right)
    if off > 8 * rounding:
        return NotAProduct(shape, 127.5 * off)
    by_axis = zip(sizes_of_axes(*shape, given), (row_factor, column_factor), strict=True)
    return [Observation(sizes, factor, rounding) for sizes, factor in by_axis]


def _line_of(index: int, length: int) -> np.ndarray:
    return np.asarray(np.arange(length) == index, dtype=np.float32)


def _first_factor(results: np.ndarray) -> tuple[np.ndarray, float]:
    """Of ``(n_in, n_out, m)`` results that are ``F[o, i] r[k]``: ``F``, scaled so that ``r`` has the mean one, and the
    largest deviation from such a product."""
    n_in, n_out, m = results.shape
    flat = results.reshape(n_in * n_out, m)
    left, singular, right = np.linalg.svd(flat, full_matrices=False)
    factor, line = left[:, 0] * singular[0], right[0]
    off = float(np.abs(flat - np.outer(factor, line)).max(initial=0))
    mean = float(line.mean())
    share = mean if abs(mean) > 0.1 * float(np.abs(line).max()) else float(line[np.abs(line).argmax()])
    return (factor * share).reshape(n_in, n_out).T, off


def _product_scale(rows: np.ndarray, columns: np.ndarray, image: np.ndarray, result: np.ndarray) -> float:
    expected = rows @ image @ columns.T
    square = float((expected * expected).sum())
    return float((expected * result).sum()) / square if square > 0 else 0.0


def _shared_scale(rows: np.ndarray, columns: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Both factors with ``scale`` shared out, so that rows sum to one where they can."""
    sums = [factor.sum(axis=1) for factor in (rows, columns)]
    steady = [float(np.ptp(s)) < 1e-4 * float(np.abs(s).max(initial=0)) for s in sums]
    usual = [_commonest(s) for s in sums]
    if 0 in usual:
        return rows * scale, columns
    if steady[0] or not steady[1]:
        return rows / usual[0], columns * scale * usual[0]
    return rows * scale * usual[1], columns / usual[1]


def _commonest(sums: np.ndarray) -> float:
    """The sum that most rows share: those that no border touches; 0 where every row sums to zero."""
    largest = float(np.abs(sums).max(initial=0))
    some = sums[np.abs(sums) > 0.1 * largest] if largest else sums[:0]
    if not len(some):
        return 0.0
    alike = (np.abs(some[:, None] - some) < 1e-4 * largest).sum(axis=1)
    return float(some[alike.argmax()])
