"""Plot a measured kernel as a few lines of text, or as an SVG file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from halfpixel.probe.identify.kernel_estimate import KernelEstimate

_COLUMNS, _ROWS = 61, 12
_WIDTH, _HEIGHT, _MARGIN = 640, 360, 44


class _Plot:
    """The points of a kernel, ``(distance, weight)``, and positions as fractions of the plot's width and height."""

    def __init__(self, kernel: KernelEstimate) -> None:
        self.reach = max(1.0, float(np.ceil(2 * kernel.radius + 1e-9) / 2))
        points: list[tuple[float, float]] = sorted(zip(kernel.distances.tolist(), kernel.weights.tolist(), strict=True))
        self.points = [point for point in points if abs(point[0]) <= self.reach]
        weights = [weight for _, weight in self.points]
        lowest = min([0.0, *weights])
        self.low = lowest if lowest < -10 * kernel.noise else 0.0
        self.high = max([0.05, *weights])
        direction = "enlarging" if kernel.pair[1] > kernel.pair[0] else "shrinking"
        sizes = f"{kernel.pair[0]} -> {kernel.pair[1]}"
        self.title = f"kernel, {direction} {sizes}: weight over x_in - coordinate, input pixels"

    def across(self, distance: float) -> float:
        return (distance + self.reach) / (2 * self.reach)

    def down(self, weight: float) -> float:
        return (self.high - weight) / (self.high - self.low)


def kernel_as_text(kernel: KernelEstimate) -> str:
    """A plot of ``weight`` over ``x_in - coordinate``: a column for each step, an ``o`` where weights were measured."""
    plot = _Plot(kernel)
    grid = [[" "] * _COLUMNS for _ in range(_ROWS)]

    def row_of(weight: float) -> int:
        return round(plot.down(weight) * (_ROWS - 1))

    def column_of(distance: float) -> int:
        return round(plot.across(distance) * (_COLUMNS - 1))

    zero, middle = row_of(0.0), column_of(0.0)
    for row in grid:
        row[middle] = "|"
    grid[zero] = ["-"] * _COLUMNS
    grid[zero][middle] = "+"
    for distance, weight in plot.points:
        grid[row_of(weight)][column_of(distance)] = "o"
    labels = {_ROWS - 1: f"{plot.low:7.3f}"} | {0: f"{plot.high:7.3f}", zero: f"{0:7.3f}"}
    lines = [f"{labels.get(number, ''):>8} {''.join(row).rstrip()}" for number, row in enumerate(grid)]
    ends = f"{-plot.reach:<.4g}".ljust(_COLUMNS // 2) + "0" + f"{plot.reach:>.4g}".rjust(_COLUMNS // 2)
    return "\n".join([plot.title, *lines, f"{'':>8} {ends}"])


def kernels_as_svg(kernels: Sequence[KernelEstimate]) -> str:
    """A panel for each kernel: the measured weights as dots, a line through them."""
    height = _HEIGHT * len(kernels)
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
    style = "<style>text{font:13px sans-serif}line{stroke:#888}polyline{fill:none;stroke:#06c}circle{fill:#c30}</style>"
    body = "\n".join(_panel(_Plot(kernel), _HEIGHT * number) for number, kernel in enumerate(kernels))
    return f'{head}\n{style}\n<rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'


def save_svg(kernels: Sequence[KernelEstimate], path: Path) -> None:
    """Write an SVG; ``ValueError`` in one line where it cannot be written to the path, or nothing can be drawn."""
    if path.suffix.lower() != ".svg":
        raise ValueError(f"cannot draw to {str(path)!r}: the name must end in .svg")
    if not kernels:
        raise ValueError("there is no kernel to draw: too few rows are free of borders")
    try:
        path.write_text(kernels_as_svg(kernels), encoding="utf-8")
    except OSError as error:
        raise ValueError(f"cannot write {str(path)!r}: {error.strerror}") from None


def _panel(plot: _Plot, top: int) -> str:
    def at(distance: float, weight: float) -> tuple[float, float]:
        x = _MARGIN + plot.across(distance) * (_WIDTH - 2 * _MARGIN)
        y = top + _MARGIN + plot.down(max(weight, plot.low)) * (_HEIGHT - 2 * _MARGIN)
        return round(x, 2), round(y, 2)

    def line(start: tuple[float, float], end: tuple[float, float]) -> str:
        return f'<line x1="{start[0]}" y1="{start[1]}" x2="{end[0]}" y2="{end[1]}"/>'

    points = [at(*point) for point in plot.points]
    parts = [
        f'<text x="{_MARGIN}" y="{top + 20}">{escape(plot.title)}</text>',
        line(at(-plot.reach, 0.0), at(plot.reach, 0.0)),
        line(at(0.0, plot.low), at(0.0, plot.high)),
        f'<polyline points="{" ".join(f"{x},{y}" for x, y in points)}"/>',
        *(f'<circle cx="{x}" cy="{y}" r="1.6"/>' for x, y in points),
    ]
    for tick in np.arange(-np.floor(plot.reach), np.floor(plot.reach) + 1, max(1.0, np.ceil(plot.reach / 8))):
        x, y = at(float(tick), plot.low)
        parts.append(f'<text x="{x}" y="{y + 18}" text-anchor="middle">{tick:g}</text>')
    for weight in dict.fromkeys((plot.low, 0.0, plot.high)):
        x, y = at(-plot.reach, weight)
        parts.append(f'<text x="{x - 4}" y="{y + 4}" text-anchor="end">{weight:.3g}</text>')
    return "\n".join(parts)
