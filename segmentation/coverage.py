"""Shapes whose coverage of any grid of pixels is known: polygons and checkerboards exactly, discs in closed form.

Coordinates: x to the right and y down; the image spans 0 to 1 on both. Shapes go on beyond it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

import numpy as np

from halfpixel.golden.align_corners import HALF_PIXEL
from halfpixel.golden.convention import Convention

Point = tuple[Fraction, Fraction]
ExactNumber = int | str | Fraction
"""A whole number, a fraction, or the text of one such as ``"1/3"``."""

DISC_ERROR = 1e-11
"""How far the coverage of a disc may be off: four areas of at most 4 radii squared, each good to a few roundings,
over cells of at least 1/300 of the radius squared."""


@dataclass(frozen=True, slots=True)
class PixelGrid:
    """``count`` cells along one axis, each ``pitch`` wide, the first beginning at ``origin``."""

    origin: Fraction
    pitch: Fraction
    count: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of each cell is covered, 0 to 1: float64 ``(rows, columns)``.

    ``partly`` holds the exact value of cells that are neither full nor empty, by ``(row, column)``; ``None`` where
    there is no exact value to be had.
    """

    values: np.ndarray
    partly: dict[tuple[int, int], Fraction] | None

    def exact(self, row: int, column: int) -> Fraction:
        """The exact value of a cell; ``ValueError`` when there is none."""
        if self.partly is None:
            raise ValueError("this coverage is transcendental")
        return self.partly.get((row, column), Fraction(int(self.values[row, column])))


def points(*pairs: tuple[ExactNumber, ExactNumber]) -> tuple[Point, ...]:
    """Points from pairs of exact numbers."""
    return tuple((Fraction(x), Fraction(y)) for x, y in pairs)


BOX = points((-1, -1), (2, -1), (2, 2), (-1, 2))
"""What unbounded shapes are cut to: the image and as much again around it."""


@dataclass(frozen=True, slots=True)
class Polygon:
    """The inside of a simple polygon."""

    vertices: tuple[Point, ...]

    def coverage(self, columns: PixelGrid, rows: PixelGrid) -> Coverage:
        """The area of each cell inside, by the trapezia that its edges leave to their right."""
        corners = [((x - columns.origin) / columns.pitch, (y - rows.origin) / rows.pitch) for x, y in self.vertices]
        area: dict[int, dict[int, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
        for start, end in pairwise((*corners, corners[0])):
            for row, column, inside, beyond in _right_of(start, end, columns.count, rows.count):
                area[row][column] += inside
                area[row][column + 1] += beyond - inside
        turn = 1 if _doubled_area(corners) > 0 else -1
        return _summed(area, -turn, rows.count, columns.count)

    def clipped(self, a: Fraction, b: Fraction, c: Fraction) -> Polygon:
        """The part where ``a x + b y <= c``; the polygon must be convex. Empty when nothing is left."""
        kept: list[Point] = []
        for (x0, y0), (x1, y1) in pairwise((*self.vertices, *self.vertices[:1])):
            first, last = a * x0 + b * y0 - c, a * x1 + b * y1 - c
            if first <= 0:
                kept.append((x0, y0))
            if first * last < 0:
                t = first / (first - last)
                kept.append((x0 + t * (x1 - x0), y0 + t * (y1 - y0)))
        return Polygon(tuple(kept))

    def meet(self, other: Polygon) -> Polygon:
        """The intersection of two convex polygons."""
        result, turn = self, 1 if _doubled_area(other.vertices) > 0 else -1
        for (x0, y0), (x1, y1) in pairwise((*other.vertices, other.vertices[0])):
            a, b = turn * (y1 - y0), -turn * (x1 - x0)
            result = result.clipped(a, b, a * x0 + b * y0)
        return result


@dataclass(frozen=True, slots=True)
class Disc:
    """The disc about ``(x, y)`` of ``radius``."""

    x: Fraction
    y: Fraction
    radius: Fraction

    def coverage(self, columns: PixelGrid, rows: PixelGrid) -> Coverage:
        """In closed form, from the area of the disc left of and above each corner of the grid."""
        across = [float((columns.origin + k * columns.pitch - self.x) / self.radius) for k in range(columns.count + 1)]
        down = [float((rows.origin + k * rows.pitch - self.y) / self.radius) for k in range(rows.count + 1)]
        corner = _disc_quadrant(np.array(across)[None, :], np.array(down)[:, None])
        inside = corner[1:, 1:] - corner[1:, :-1] - corner[:-1, 1:] + corner[:-1, :-1]
        cell = float(columns.pitch * rows.pitch / self.radius**2)
        return Coverage(np.clip(inside / cell, 0.0, 1.0), None)


@dataclass(frozen=True, slots=True)
class Checkerboard:
    """Squares of ``side``, the first at ``(x, y)`` inside, its neighbours outside, and so on without end."""

    side: Fraction
    x: Fraction = Fraction(0)
    y: Fraction = Fraction(0)

    def coverage(self, columns: PixelGrid, rows: PixelGrid) -> Coverage:
        """Exactly: where both stripes are even, or both odd."""
        across, down = _even_stripes(columns, self.x, self.side), _even_stripes(rows, self.y, self.side)
        kinds: dict[Fraction, int] = {}
        indices = [np.array([kinds.setdefault(share, len(kinds)) for share in shares]) for shares in (down, across)]
        table = [[p * q + (1 - p) * (1 - q) for p in kinds] for q in kinds]
        values = np.array(table, dtype=np.float64)[np.ix_(*indices)]
        mixed = np.argwhere((values > 0) & (values < 1)).tolist()
        partly = {(row, column): table[indices[0][row]][indices[1][column]] for row, column in mixed}
        return Coverage(values, partly)


Shape = Polygon | Disc | Checkerboard


def half_plane(a: ExactNumber, b: ExactNumber, c: ExactNumber) -> Polygon:
    """Where ``a x + b y <= c``, cut to :data:`BOX`."""
    return Polygon(BOX).clipped(Fraction(a), Fraction(b), Fraction(c))


def strip(a: int, b: int, c: Fraction, width: Fraction) -> Polygon:
    """Where ``c <= a x + b y <= c + width``: a line of thickness ``width / sqrt(a^2 + b^2)``."""
    return half_plane(a, b, c + width).clipped(Fraction(-a), Fraction(-b), -c)


@dataclass(frozen=True, slots=True)
class Layer:
    """A class of a scene: ``shapes`` add to it and ``holes``, which lie inside them, take from it."""

    name: str
    shapes: tuple[Shape, ...]
    holes: tuple[Shape, ...] = field(default=())

    def coverage(self, columns: PixelGrid, rows: PixelGrid) -> Coverage:
        """The sum of its parts."""
        parts = [(1, shape.coverage(columns, rows)) for shape in self.shapes]
        parts += [(-1, hole.coverage(columns, rows)) for hole in self.holes]
        if len(parts) == 1:
            return parts[0][1]
        values = np.zeros((rows.count, columns.count))
        for sign, part in parts:
            values += sign * part.values
        if any(part.partly is None for _, part in parts):
            return Coverage(values, None)
        cells = {cell for _, part in parts for cell in part.partly or ()}
        exact = {cell: sum((sign * part.exact(*cell) for sign, part in parts), Fraction(0)) for cell in cells}
        for cell, value in exact.items():
            values[cell] = value
        partly = {cell: value for cell, value in exact.items() if value.denominator > 1}
        return Coverage(values, partly)


def painted(backgrounds: dict[str, tuple[Polygon, ...]], objects: dict[str, tuple[Polygon, ...]]) -> tuple[Layer, ...]:
    """The layers of convex ``backgrounds``, which share no area, under convex ``objects``, which share none either."""
    covering = [polygon for parts in objects.values() for polygon in parts]
    layers = []
    for name, grounds in backgrounds.items():
        cuts = [ground.meet(polygon) for ground in grounds for polygon in covering]
        layers.append(Layer(name, grounds, tuple(cut for cut in cuts if len(cut.vertices) > 2)))
    return (*layers, *(Layer(name, parts) for name, parts in objects.items()))


def _doubled_area(corners: tuple[Point, ...] | list[Point]) -> Fraction:
    return sum((x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise((*corners, corners[0]))), Fraction(0))


def _right_of(start: Point, end: Point, columns: int, rows: int) -> Iterator[tuple[int, int, Fraction, Fraction]]:
    """``(row, column, area of that cell right of the edge, area of each cell further right)``, signed by direction."""
    (x0, y0), (x1, y1), sign = (start, end, 1) if start[1] < end[1] else (end, start, -1)
    if y0 == y1:
        return
    slope = (x1 - x0) / (y1 - y0)
    for row in range(max(0, floor(y0)), min(rows, ceil(y1))):
        top, bottom = max(y0, Fraction(row)), min(y1, Fraction(row + 1))
        xs = sorted((x0 + slope * (top - y0), x0 + slope * (bottom - y0)))
        cuts = [xs[0], *map(Fraction, range(floor(xs[0]) + 1, ceil(xs[1]))), xs[1]]
        height, width = bottom - top, xs[1] - xs[0]
        for left, right in pairwise(cuts):
            part = height * (right - left) / width if width else height
            column = floor(left)
            if column < 0:
                yield row, 0, sign * part, sign * part
            elif column < columns:
                yield row, column, sign * part * (column + 1 - (left + right) / 2), sign * part


def _summed(area: dict[int, dict[int, Fraction]], sign: int, rows: int, columns: int) -> Coverage:
    """Changes from column to column, added up along each row."""
    values = np.zeros((rows, columns))
    partly: dict[tuple[int, int], Fraction] = {}
    for row, changes in area.items():
        total, places = Fraction(0), sorted(changes)
        for column, following in pairwise((*places, columns)):
            total += sign * changes[column]
            values[row, column:following] = total
            if total.denominator > 1:
                partly |= {(row, k): total for k in range(column, min(following, columns))}
    return Coverage(values, partly)


def _even_stripes(grid: PixelGrid, start: Fraction, side: Fraction) -> list[Fraction]:
    """The share of each cell that lies in the stripes ``start + 2 k side`` to ``start + (2 k + 1) side``."""

    def until(x: Fraction) -> Fraction:
        periods, rest = divmod((x - start) / side, 2)
        return periods + min(rest, Fraction(1))

    edges = [until(grid.origin + k * grid.pitch) * side for k in range(grid.count + 1)]
    return [(b - a) / grid.pitch for a, b in pairwise(edges)]


def _disc_quadrant(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Area of the unit disc left of ``x`` and above ``y``.

    Its chord at ``t`` spans ``-s`` to ``s``, ``s = sqrt(1 - t^2)``; what is above ``y`` is all of it where
    ``|t| >= sqrt(1 - y^2)`` and ``y > 0``, nothing there when ``y < 0``, and ``s + y`` in between.
    """
    x, y = np.broadcast_arrays(np.clip(x, -1.0, 1.0), np.clip(y, -1.0, 1.0))
    a = np.sqrt(1 - y * y)

    def integral(t: np.ndarray) -> np.ndarray:
        area: np.ndarray = (t * np.sqrt(1 - t * t) + np.arcsin(t)) / 2
        return area

    middle = np.clip(x, -a, a)
    between = integral(middle) - integral(-a) + y * (middle + a)
    left = 2 * (integral(np.minimum(x, -a)) + np.pi / 4)
    right = 2 * (integral(np.maximum(x, a)) - integral(a))
    area: np.ndarray = between + np.where(y > 0, left + right, 0.0)
    return area


def pixel_cells(mode: Convention, n_in: int, n_out: int) -> PixelGrid:
    """Where the pixels of an axis lie in the image that a resize of the mode makes of it, which spans 0 to 1.

    ``False`` divides the image evenly. ``True`` puts the outermost centres on those of the output's outermost pixels,
    so its cells hang over the edges, by half a step less half an output pixel. Needs two pixels or more.
    """
    if mode == HALF_PIXEL:
        return PixelGrid(Fraction(0), Fraction(1, n_in), n_in)
    pitch = Fraction(n_out - 1, (n_in - 1) * n_out)
    return PixelGrid(Fraction(1, 2 * n_out) - pitch / 2, pitch, n_in)
