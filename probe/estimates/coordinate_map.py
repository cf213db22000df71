"""Names the rule by which outputs are placed: which scale, which anchor, and by how much it is shifted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from probe.sizes import Pair


@dataclass(frozen=True, slots=True)
class Line:
    """``x_in = slope * x_out + intercept`` at one pair of sizes, input pixels, and how well it is known."""

    pair: Pair
    slope: float
    intercept: float
    error: float


@dataclass(frozen=True, slots=True)
class MapRule:
    """A rule for all pairs.

    mode
        A ``coordinate_transformation_mode``, or ``""``.
    scale
        The slope's rule, such as ``n_in / n_out``.
    anchor
        The intercept's rule for that scale, such as ``(slope - 1) / 2``.
    shift, unit
        What is added to the intercept, in ``input`` or ``output`` pixels.
    error
        By how many input pixels the rule misses a measured coordinate at most.
    fits
        Whether that is within what was measured.
    """

    mode: str
    scale: str
    anchor: str
    shift: float
    unit: str
    error: float
    fits: bool

    def __str__(self) -> str:
        named = self.mode or f"x_in = s x_out + {self.anchor} with s = {self.scale}"
        return f"{named}, shifted by {self.shift:+.4g} {self.unit} pixels" if self.shift else named


def _each(n_in: int, n_out: int, top: int, bottom: int) -> float:
    return (n_in + top) / max(n_out + bottom, 1)


_SCALES: dict[str, Callable[[int, int], float]] = {
    "n_in / n_out": lambda n_in, n_out: n_in / n_out,
    "(n_in - 1) / (n_out - 1)": lambda n_in, n_out: _each(n_in, n_out, -1, -1),
    "(n_in - 1) / n_out": lambda n_in, n_out: _each(n_in, n_out, -1, 0),
    "n_in / (n_out - 1)": lambda n_in, n_out: _each(n_in, n_out, 0, -1),
    "(n_in + 1) / (n_out + 1)": lambda n_in, n_out: _each(n_in, n_out, 1, 1),
    "(n_in - 1) / (n_out + 1)": lambda n_in, n_out: _each(n_in, n_out, -1, 1),
}
_ANCHORS: dict[str, Callable[[float, int, int], float]] = {
    "(s - 1) / 2": lambda s, n_in, n_out: (s - 1) / 2,
    "0": lambda s, n_in, n_out: 0.0,
    "s / 2": lambda s, n_in, n_out: s / 2,
    "(n_in - 1 - s (n_out - 1)) / 2": lambda s, n_in, n_out: (n_in - 1 - s * (n_out - 1)) / 2,
}
_MODES = {
    ("n_in / n_out", "(s - 1) / 2"): "half_pixel",
    ("(n_in - 1) / (n_out - 1)", "0"): "align_corners",
    ("n_in / n_out", "0"): "asymmetric",
    ("n_in / n_out", "s / 2"): "tf_half_pixel_for_nn",
}


def map_rule(lines: Iterable[Line]) -> MapRule | None:
    """The rule that fits best, without a shift where that fits too; ``None`` without lines."""
    lines = list(lines)
    if not lines:
        return None
    found = []
    for scale, slope_of in _SCALES.items():
        for anchor, place_of in _ANCHORS.items():
            mode = _MODES.get((scale, anchor), "")
            slopes = np.array([slope_of(*line.pair) for line in lines])
            places = np.array([place_of(s, *line.pair) for s, line in zip(slopes, lines, strict=True)])
            left = np.array([line.intercept for line in lines]) - places
            drift = np.array([abs(line.slope - s) * line.pair[1] for line, s in zip(lines, slopes, strict=True)])
            for unit, size in (("", None), ("input", np.ones(len(lines))), ("output", slopes)):
                shift = 0.0 if size is None else float((left * size).sum() / (size * size).sum())
                off = np.abs(left - shift * (1 if size is None else size)) + drift
                allowed = np.array([line.error for line in lines])
                fits = bool((off <= allowed).all())
                found.append(MapRule(mode, scale, anchor, shift, unit, float(off.max()), fits))
    fitting = [rule for rule in found if rule.fits]
    if not fitting:
        return min(found, key=lambda rule: (round(rule.error, 4), bool(rule.unit), not rule.mode))
    return min(fitting, key=lambda rule: (bool(rule.unit), not rule.mode))
