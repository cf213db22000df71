"""What a resize would be off by if it were taken for another: exact worst cases, from the file alone."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from golden import Convention, matrix
from parity.pt2_read import OPERATORS
from parity.resizes import ResizedAxis, ResizeNode
from probe.tolerance import grey_levels

# What is most often taken for something else: by exporters, by hand, or by a runtime that lacks it.
_MISREADINGS = (
    ("coordinate_transformation_mode", "half_pixel"),
    ("coordinate_transformation_mode", "align_corners"),
    ("coordinate_transformation_mode", "asymmetric"),
    ("cubic_coeff_a", Fraction(-1, 2)),
    ("cubic_coeff_a", Fraction(-3, 4)),
    ("antialias", False),
    ("border", "replicate"),
    ("border", "renormalise"),
    ("nearest_mode", "floor"),
    ("nearest_mode", "round_prefer_floor"),
)


# Operators whose attributes say what they mean; windows and indices cannot be misread.
SAY_IT = frozenset(
    ("Resize", "Upsample", "GridSample", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "ResizeBilinear")
) | {"ResizeNearestNeighbor", "ResizeBicubic", *(f"aten::{name}" for name in OPERATORS)}


def distinct(node: ResizeNode) -> list[ResizedAxis]:
    """One axis of each convention and sizes."""
    found: dict[tuple, ResizedAxis] = {}
    for axis in node.axes:
        found.setdefault((axis.convention, axis.n_in, axis.n_out, axis.scale), axis)
    return [axis for axis in found.values() if axis.convention is not None]


def misreadings(node: ResizeNode) -> Iterator[tuple[str, tuple[float, float], tuple[int, int], bool]]:
    """Each usual misreading that shows: in words, the worst case, at which sizes, and whether those are an example."""
    if len(node.indices) > 1 or node.op not in SAY_IT:
        return
    for axis in distinct(node):
        sizes, example = at_sizes(axis)
        for name, value in _MISREADINGS:
            current = getattr(axis.convention, name)
            if current is None or current == value or axis.convention.roi is not None:
                continue
            if (
                name == "border"
                and axis.convention.kernel not in ("cubic", "lanczos")
                and not axis.convention.antialias
            ):
                continue
            other = axis.convention.but(**{name: value})
            worst = worst_case(
                ResizedAxis(0, axis.convention, *sizes, axis.scale), ResizedAxis(0, other, *sizes, axis.scale)
            )
            if worst is not None and worst[0] > 0:
                yield f"{name}={value}", worst, sizes, example


_EXAMPLE = 16
LONGEST = 1 << 12
"""Pixels of an axis for which exact arithmetic is done: beyond some thousands it leaves 64 bits, and takes a minute."""
_LARGEST = 1 << 20
"""Entries of a matrix that is made for a prediction: 1024 x 1024, 8 MB and some 20 ms."""


def at_sizes(axis: ResizedAxis) -> tuple[tuple[int, int], bool]:
    """The sizes of the axis, and whether they are but an example, since the file does not fix them.

    An axis too long for a matrix is told at a shorter one with the same ratio, as near as may be.
    """
    ratio = axis.scale or Fraction(2)
    n_in, n_out, example = axis.n_in, axis.n_out, axis.n_in is None or axis.n_out is None
    if n_in is None:
        n_in = _EXAMPLE if n_out is None else max(1, round(n_out / ratio))
    if n_out is None:
        n_out = max(1, int(n_in * ratio))
    while n_in * n_out > _LARGEST or max(n_in, n_out) > LONGEST:
        n_in, n_out, example = max(1, n_in // 2), max(1, n_out // 2), True
    return (n_in, n_out), example


def worst_case(mine: ResizedAxis, other: ResizedAxis) -> tuple[float, float] | None:
    """Worst error along one axis when it is taken for ``other``: images in [-1, 1], and grey levels of 255.

    ``None`` where sizes or conventions are not known, or the sizes too large.
    """
    if None in (mine.convention, other.convention, mine.n_in, mine.n_out):
        return None
    too_large = mine.n_in * mine.n_out > _LARGEST or max(mine.n_in, mine.n_out) > LONGEST
    if too_large or min(mine.n_in, mine.n_out) < 1:
        return None
    try:
        rows = _array(mine.convention, mine.n_in, mine.n_out, mine.scale)
        difference = _array(other.convention, mine.n_in, mine.n_out, other.scale) - rows
    except OverflowError:  # coordinates beyond 64 bits, of an absurd scale or region
        return None
    return float(np.abs(difference).sum(axis=1).max()), float(grey_levels(difference).max())


def _array(convention: Convention, n_in: int, n_out: int, scale: Fraction | None) -> np.ndarray:
    return matrix(convention, n_in, n_out, scale).to_array()
