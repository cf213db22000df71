"""The picture of one output pixel: where it samples, the weights expected and measured, the worst image."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from halfpixel.reports.page.templating import svg_number
from halfpixel.reports.records.record_types import WorstCase
from halfpixel.reports.text.text_escaping import number

WIDTH = 420.0
LEFT = 74.0
RIGHT = 412.0
TOP = 22.0
BARS = 58.0
GAP = 14.0
PIXEL = 15.0
MAX_COLUMNS = 48
# Columns at least this wide have room for their weight in figures.
LABEL_WIDTH = 34.0
# And columns this wide for the sign of their pixel.
SIGN_WIDTH = 12.0
SIGNS = {"plus": "+", "minus": "−", "zero": "0"}
# A weight below this part of the largest one is not worth a column.
VISIBLE = 1e-3
# Bars closer than this part of the largest weight look the same; then their difference gets a row of its own.
SHOW_DIFFERENCE_BELOW = 0.06

Signs = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class BarRow:
    """One row of bars: ``path`` draws them, ``values`` are ``(x, y, text)`` labels."""

    name: str
    kind: str
    baseline: float
    path: str
    values: tuple[tuple[float, float, str], ...]


@dataclass(frozen=True, slots=True)
class WeightsPicture:
    """Everything the template draws, in units of the view box."""

    height: float
    description: str
    rows: tuple[BarRow, ...]
    sample: float | None
    centroid: tuple[float, float, float] | None
    label: str
    label_x: float
    pixels: dict[str, str]
    pixels_y: float
    edges: tuple[float, ...]
    bottom: float
    signs: tuple[Signs, ...]
    ticks: tuple[tuple[float, int], ...]
    first: int
    last: int
    n_in: int


def _window(worst: WorstCase, expected: list[float], got: list[float], at: Fraction) -> tuple[int, int]:
    largest = max(map(abs, expected + got), default=0.0)
    shown = [i for i in range(worst.n_in) if max(abs(expected[i]), abs(got[i])) > VISIBLE * largest]
    if -2 <= at <= worst.n_in + 1:
        shown += [math.floor(at), math.ceil(at)]
    first, last = (min(shown) - 1, max(shown) + 1) if shown else (0, worst.n_in - 1)
    first, last = max(first, -2), min(last, worst.n_in + 1)
    if last - first >= MAX_COLUMNS:
        middle = max(range(worst.n_in), key=lambda i: abs(expected[i] - got[i]))
        first = min(max(middle - MAX_COLUMNS // 2, first), last - MAX_COLUMNS + 1)
        last = first + MAX_COLUMNS - 1
    return first, last


def _centroid(weights: list[float]) -> float | None:
    total = math.fsum(weights)
    return math.fsum(i * w for i, w in enumerate(weights)) / total if abs(total) > 1e-6 else None


@dataclass(frozen=True, slots=True)
class _Columns:
    """The input pixels in the window: ``pitch`` units wide each, ``inside`` those that the image has."""

    first: int
    last: int
    pitch: float
    inside: tuple[int, ...]

    def x(self, position: float) -> float:
        """Where an input coordinate lies."""
        return LEFT + (position - self.first + 0.5) * self.pitch


def _columns(worst: WorstCase, expected: list[float], got: list[float], at: Fraction) -> _Columns:
    first, last = _window(worst, expected, got, at)
    pitch = min(44.0, (RIGHT - LEFT) / (last - first + 1))
    return _Columns(first, last, pitch, tuple(range(max(first, 0), min(last, worst.n_in - 1) + 1)))


def _bars(
    name: str, kind: str, weights: list[float], top: float, span: tuple[float, float], columns: _Columns
) -> BarRow:
    """Bars of ``weights`` below ``top``, where ``span`` is the lowest and highest weight that must fit."""
    low, high = span
    unit = (BARS - 10) / ((high - low) or 1.0)
    baseline = top + 10 + high * unit
    bar = max(1.5, 0.62 * columns.pitch)
    path, values = "", []
    for i in columns.inside:
        x, height = columns.x(i), weights[i] * unit
        if abs(height) > 0.05:
            path += f"M{x - bar / 2:.1f} {baseline:.1f}h{bar:.1f}v{-height:.4g}h{-bar:.1f}z"
        if columns.pitch >= LABEL_WIDTH and abs(weights[i]) > VISIBLE * max(high, -low):
            values.append((round(x, 1), round(baseline - height + (-3 if height > 0 else 9), 1), number(weights[i])))
    return BarRow(name, kind, round(baseline, 1), path, tuple(values))


def _pixels(image: tuple[float, ...], top: float, columns: _Columns) -> tuple[dict[str, str], tuple[Signs, ...]]:
    """The squares of an image as one path for each kind of value, and the signs that stand in them."""
    gap = min(1.0, columns.pitch / 8)
    width = columns.pitch - 2 * gap
    members: dict[str, list[int]] = {kind: [] for kind in SIGNS}
    for i in columns.inside:
        members["plus" if image[i] > 0 else "minus" if image[i] < 0 else "zero"].append(i)
    paths = {
        kind: "".join(f"M{columns.x(i - 0.5) + gap:.1f} {top:.1f}h{width:.1f}v{PIXEL:g}h{-width:.1f}z" for i in pixels)
        for kind, pixels in members.items()
    }
    signs = tuple(
        (kind, SIGNS[kind] * len(pixels), " ".join(svg_number(columns.x(i)) for i in pixels))
        for kind, pixels in members.items()
        if pixels and columns.pitch >= SIGN_WIDTH
    )
    return paths, signs


def weights_picture(worst: WorstCase) -> WeightsPicture:
    """The picture of one row of the matrix; weights that are no finite numbers are only named in its description."""
    expected, got = ([w if math.isfinite(w) else 0.0 for w in row] for row in (worst.expected, worst.got))
    difference = [b - a for a, b in zip(expected, got, strict=True)]
    at = Fraction(worst.coordinate)
    columns = _columns(worst, expected, got, at)
    first, last = columns.first, columns.last

    low, high = min(0.0, *expected, *got), max(0.0, *expected, *got)
    alike = 0 < max(map(abs, difference)) < SHOW_DIFFERENCE_BELOW * max(high, -low)
    if low < 0 and columns.pitch >= LABEL_WIDTH:
        low -= 0.18 * (high - low)  # room under the baseline for the labels of negative weights
    bars = [("expected", "expected", expected, (low, high)), ("got", "got", got, (low, high))]
    if alike:
        span = min(0.0, *difference) * 1.4, max(0.0, *difference) * 1.2
        bars.append(("got − exp.", "difference", difference, span))
    tops = [TOP + i * (BARS + GAP) for i in range(len(bars) + 1)]
    rows = [_bars(*bar[:3], top, bar[3], columns) for bar, top in zip(bars, tops, strict=False)]
    pixels, signs = _pixels(worst.image, tops[-1], columns)

    middle = _centroid(got)
    centroid = None
    if middle is not None and first - 0.5 <= middle <= last + 0.5:
        centroid = (round(columns.x(middle), 1), round(tops[1], 1), rows[1].baseline)
    marked = first - Fraction(1, 2) <= at <= last + Fraction(1, 2)
    sample = round(columns.x(float(at)), 1) if marked else None
    label = f"{at} = {float(at):.4g}" if at.denominator > 1 else str(at)
    every = max(1, math.ceil(22 / columns.pitch))
    return WeightsPicture(
        height=tops[-1] + PIXEL + 18,
        description=_description(worst, label),
        rows=tuple(rows),
        sample=sample,
        centroid=centroid,
        label=label.replace("-", "−"),
        label_x=min(max(LEFT if sample is None else sample, LEFT + 34), RIGHT - 34),
        pixels=pixels,
        pixels_y=round(tops[-1], 1),
        edges=tuple(
            round(columns.x(edge), 1) for edge in (-0.5, worst.n_in - 0.5) if first - 0.5 <= edge <= last + 0.5
        ),
        bottom=round(tops[-1] + PIXEL, 1),
        signs=signs,
        ticks=tuple((round(columns.x(i), 1), i) for i in columns.inside if i % every == 0),
        first=columns.inside[0] if columns.inside else 0,
        last=columns.inside[-1] if columns.inside else 0,
        n_in=worst.n_in,
    )


def _description(worst: WorstCase, label: str) -> str:
    def listed(weights: tuple[float, ...]) -> str:
        found = [f"{number(w)} at {i}" for i, w in enumerate(weights) if w]
        return ", ".join(found[:8]) + (f" and {len(found) - 8} more" if len(found) > 8 else "") or "nothing"

    return (
        f"Output {worst.output_index} samples input position {label}. "
        f"Expected weights: {listed(worst.expected)}. Got: {listed(worst.got)}."
    )
