"""Draws a measured kernel: in a few lines of text, or as an SVG file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from probe.estimates.kernel import KernelEstimate

_COLUMNS, _ROWS = 61, 12
_WIDTH, _HEIGHT, _MARGIN = 640, 360, 44


def as_text(kernel: KernelEstimate) -> str:
    """A plot of ``weight`` over ``x_in - coordinate``: a column for each step, an ``o`` where weights were measured."""
    low, high = _range(kernel)
    reach = _reach(kernel)
    grid = [[" "] * _COLUMNS for _ in range(_ROWS)]

    def row_of(weight: float) -> int:
        return round((high - weight) / (high - low) * (_ROWS - 1))

    def column_of(distance: float) -> int:
        return round((distance + reach) / (2 * reach) * (_COLUMNS - 1))

    zero, middle = row_of(0.0), column_of(0.0)
    for row in grid:
        row[middle] = "|"
    grid[zero] = ["-"] * _COLUMNS
    grid[zero][middle] = "+"
    for distance, weight in _points(kernel):
        grid[row_of(weight)][column_of(distance)] = "o"
    labels = {0: f"{high:7.3f}", zero: f"{0:7.3f}"} | ({_ROWS - 1: f"{low:7.3f}"} if zero != _ROWS - 1 else {})
    lines = [f"{labels.get(number, ''):>8} {''.join(row).rstrip()}" for number, row in enumerate(grid)]
    ends = f"{-reach:<.4g}".ljust(_COLUMNS // 2) + "0" + f"{reach:>.4g}".rjust(_COLUMNS // 2)
    return "\n".join([_title(kernel), *lines, f"{'':>8} {ends}"])


def as_svg(kernels: list[KernelEstimate]) -> str:
    """A panel for each kernel: the measured weights as dots, a line through them."""
    height = _HEIGHT * len(kernels)
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
    style = "<style>text{font:13px sans-serif}line{stroke:#888}polyline{fill:none;stroke:#06c}circle{fill:#c30}</style>"
    body = "\n".join(_panel(kernel, _HEIGHT * number) for number, kernel in enumerate(kernels))
    return f'{head}\n{style}\n<rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'


def save(kernels: list[KernelEstimate], path: Path) -> None:
    """Write an SVG; ``ValueError`` in one line where the path is no place for one, or nothing can be drawn."""
    if path.suffix.lower() != ".svg":
        raise ValueError(f"cannot draw to {str(path)!r}: the name must end in .svg")
    if not kernels:
        raise ValueError("there is no kernel to draw: too few rows are free of borders")
    try:
        path.write_text(as_svg(kernels), encoding="utf-8")
    except OSError as error:
        raise ValueError(f"cannot write {str(path)!r}: {error.strerror}") from None


def _title(kernel: KernelEstimate) -> str:
    when = "enlarging" if kernel.pair[1] > kernel.pair[0] else "shrinking"
    return f"kernel, {when} {kernel.pair[0]} -> {kernel.pair[1]}: weight over x_in - coordinate, input pixels"


def _reach(kernel: KernelEstimate) -> float:
    return max(1.0, float(np.ceil(2 * kernel.radius + 1e-9) / 2))


def _points(kernel: KernelEstimate) -> Iterator[tuple[float, float]]:
    reach = _reach(kernel)
    for distance, weight in sorted(zip(kernel.distances.tolist(), kernel.weights.tolist(), strict=True)):
        if abs(distance) <= reach:
            yield distance, weight


def _range(kernel: KernelEstimate) -> tuple[float, float]:
    weights = [weight for _, weight in _points(kernel)]
    high = max([0.05, *weights])
    lowest = min([0.0, *weights])
    return (lowest if lowest < -10 * kernel.noise else 0.0), high


def _panel(kernel: KernelEstimate, top: int) -> str:
    low, high = _range(kernel)
    reach = _reach(kernel)

    def at(distance: float, weight: float) -> tuple[float, float]:
        x = _MARGIN + (distance + reach) / (2 * reach) * (_WIDTH - 2 * _MARGIN)
        y = top + _MARGIN + (high - max(weight, low)) / (high - low) * (_HEIGHT - 2 * _MARGIN)
        return round(x, 2), round(y, 2)

    points = [at(*point) for point in _points(kernel)]
    left, right = at(-reach, 0.0), at(reach, 0.0)
    parts = [
        f'<text x="{_MARGIN}" y="{top + 20}">{escape(_title(kernel))}</text>',
        f'<line x1="{left[0]}" y1="{left[1]}" x2="{right[0]}" y2="{right[1]}"/>',
        _line(at(0.0, low), at(0.0, high)),
        f'<polyline points="{" ".join(f"{x},{y}" for x, y in points)}"/>',
        *(f'<circle cx="{x}" cy="{y}" r="1.6"/>' for x, y in points),
    ]
    for tick in np.arange(-np.floor(reach), np.floor(reach) + 1, max(1.0, np.ceil(reach / 8))):
        x, y = at(float(tick), low)
        parts.append(f'<text x="{x}" y="{y + 18}" text-anchor="middle">{tick:g}</text>')
    for weight in dict.fromkeys((low, 0.0, high)):
        x, y = at(-reach, weight)
        parts.append(f'<text x="{x - 4}" y="{y + 4}" text-anchor="end">{weight:.3g}</text>')
    return "\n".join(parts)


def _line(start: tuple[float, float], end: tuple[float, float]) -> str:
    return f'<line x1="{start[0]}" y1="{start[1]}" x2="{end[0]}" y2="{end[1]}"/>'
