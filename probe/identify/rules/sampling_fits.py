"""Which kernels explain an observed matrix with coordinates on some line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache

import numpy as np

from halfpixel.golden import Convention, Coordinates, matrix_at
from halfpixel.golden.convention import BORDERS
from halfpixel.golden.rules import AxisSizes, ResizeRule
from halfpixel.golden.tolerance import coordinate_error, gain_tolerance, row_gain
from halfpixel.probe.compare.matrix_features import simple_fractions
from halfpixel.probe.identify.kernel_estimate import fit_family
from halfpixel.probe.identify.kernel_families import KEYS_CUBIC
from halfpixel.probe.identify.rules.axis_observations import Observation

_LOOSE = 4e-4
"""By how much a row's sum may be off under a fitted line: coordinates are found to a few hundred-thousandths."""
_STEPS = 8
_JUMPING = ("nearest", "box")
"""Kernels without slopes: least squares find no coordinates, and laws are tried from a list instead."""

Line = tuple[float, float]
"""``(slope, intercept)`` of ``x_in = slope * x_out + intercept``, input pixels."""


def error_of(rule: ResizeRule, seen: Observation, noise: float | None = None) -> float:
    """The worst ``sum |W - exact|`` of a row beyond rounding, 0 for none; picks on a tie count on either side."""
    try:
        expected = rule.matrix(seen.sizes).to_array()
    except ValueError:
        return 2.0
    allowed = tolerance_of(rule, seen, expected) if noise is None else noise
    off = np.abs(seen.matrix - expected).sum(axis=1)
    rows = np.flatnonzero(~(off <= allowed))
    if not len(rows):
        return 0.0
    if rule.convention.kernel in _JUMPING and 2 * len(rows) <= len(off):
        shift = Fraction(2 * coordinate_error(seen.sizes.n_in))
        beside = [
            np.abs(seen.matrix[rows] - rule.matrix(seen.sizes, moved).to_array()[rows]).sum(axis=1)
            for moved in (-shift, shift)
        ]
        if (np.minimum(*beside) <= allowed).all():
            return 0.0
    return float(off.max())


def tolerance_of(rule: ResizeRule, seen: Observation, expected: np.ndarray) -> float:
    """The error that float32 explains at these sizes, and that of the observation itself."""
    return gain_tolerance(rule.convention, *seen.sizes.pair, round(row_gain(expected), 3)) + seen.noise


@cache
def kernels() -> tuple[Convention, ...]:
    """Every kernel with slopes, its stretch and its prefilter: half-pixel conventions, the plainest first."""
    plain = [
        Convention(kernel="linear"),
        *(Convention(kernel="cubic", cubic_coeff_a=a) for a in ("-1/2", "-3/4", "-1", "-3/5", "0")),
        *(Convention(kernel="lanczos", lobes=lobes) for lobes in (3, 2, 4, 5)),
        *(Convention(kernel=name) for name in ("mitchell", "hamming", "gaussian")),
    ]
    stretched = [convention.but(antialias=True) for convention in plain]
    splines = [
        Convention(kernel="bspline", order=order, prefilter=prefilter, border="mirror")
        for prefilter in ("bspline", "none")
        for order in (3, 2, 4, 5)
    ]
    return (*plain, *stretched, Convention(kernel="area"), *splines)


def fitted_matrix(convention: Convention, line: Line, sizes: AxisSizes) -> np.ndarray:
    """The matrix for coordinates on a line of floats, float64 ``(n_out, n_in)``; kernels stretch by the line's step."""
    where = Coordinates(line[0] * np.arange(sizes.n_out) + line[1], 1)
    step = min(max(abs(line[0]), 1e-3), 1e3)
    return matrix_at(convention, where, sizes.n_in, Fraction(1 / step).limit_denominator(1 << 24)).to_array()


@lru_cache(maxsize=256)
def _interior(seen: Observation) -> np.ndarray:
    """The rows without weight on the first and the last pixel."""
    ends = np.abs(seen.matrix[:, [0, -1]]).max(axis=1)
    return np.flatnonzero((ends <= seen.weight_noise) & (seen.matrix.sum(axis=1) > 0.5))


def _starts(seen: Observation, rows: np.ndarray) -> list[Line]:
    """Lines to begin least squares from: of the centroids, and where usual conventions sample."""
    lines: list[Line] = []
    if len(rows) >= 2:
        slope, intercept = np.polyfit(rows, seen.matrix[rows] @ np.arange(seen.sizes.n_in), 1)
        return [(float(slope), float(intercept))]
    for step in dict.fromkeys((1 / float(seen.sizes.ratio), 1 / float(seen.sizes.other.ratio))):
        lines += [(step, step / 2 - 0.5), (step, 0.0), (step, -0.5)]
    if seen.sizes.n_out > 1:
        lines.append(((seen.sizes.n_in - 1) / (seen.sizes.n_out - 1), 0.0))
    return lines


def fit_line(convention: Convention, seen: Observation, starts: Sequence[Line], rows: np.ndarray) -> tuple[Line, float]:
    """The line whose matrix is nearest at ``rows``, by least squares, and the worst ``sum |W - fit|`` of those rows."""
    measured = seen.matrix[rows]

    def residual(line: Line) -> np.ndarray:
        return np.asarray(fitted_matrix(convention, line, seen.sizes)[rows] - measured)

    line = min(starts, key=lambda start: float(np.abs(residual(start)).sum()))
    here = residual(line)
    for _ in range(_STEPS):
        worst = float(np.abs(here).sum(axis=1).max(initial=0))
        if worst < 1e-7:
            break
        delta = 1e-5
        slopes = [
            ((residual((line[0] + delta, line[1])) - here) / delta).ravel(),
            ((residual((line[0], line[1] + delta)) - here) / delta).ravel(),
        ]
        step = np.linalg.lstsq(np.stack(slopes, axis=1), -here.ravel(), rcond=1e-9)[0]
        for share in (1.0, 0.5, 0.1):
            nearer = (line[0] + share * float(step[0]), line[1] + share * float(step[1]))
            there = residual(nearer)
            if (there**2).sum() < (here**2).sum():
                break
        else:
            break
        is_settled = (there**2).sum() > 0.999 * (here**2).sum()
        line, here = nearer, there
        if is_settled:
            break
    return line, float(np.abs(here).sum(axis=1).max(initial=0))


@lru_cache(maxsize=512)
def kernels_of(seen: Observation) -> tuple[Convention, ...]:
    """The kernels and borders that explain an observation with coordinates on some line."""
    loose = _LOOSE + seen.noise
    rows = _interior(seen)
    if len(rows) < 4:
        rows = np.arange(seen.sizes.n_out)
    starts = _starts(seen, _interior(seen))
    found: list[Convention] = []
    for is_listed in (True, False):
        for convention in () if found else kernels() if is_listed else _estimated_cubics(seen, _interior(seen)):
            line, error = fit_line(convention, seen, starts, rows)
            if error <= loose or len(rows) == seen.sizes.n_out:
                found += _with_borders(convention, line, seen, loose)
    return tuple(found)


def _estimated_cubics(seen: Observation, rows: np.ndarray) -> list[Convention]:
    """Cubics with the coefficient that fits the rows which no border touches, as simple fractions."""
    starts = _starts(seen, rows)
    if len(rows) < 4 or len(starts) > 1:
        return []
    weights = seen.matrix[rows]
    found = []
    for antialias in (False, True):
        stretch = max(1.0, starts[0][0]) if antialias else 1.0
        fit = fit_family(
            KEYS_CUBIC,
            rows,
            weights,
            np.abs(weights) > 1e-5,
            starts[0],
            (-0.6,),
            stretch,
            1e-6,
            stretch_is_free=antialias,
        )
        if fit is not None and fit.error < 1e-3 and abs(fit.parameters[0]) < 4:
            near = [Convention(kernel="cubic", cubic_coeff_a=a) for a in simple_fractions(fit.parameters[0])]
            found += [one.but(antialias=antialias) for one in near]
    return [convention for convention in dict.fromkeys(found) if convention not in kernels()]


def _with_borders(convention: Convention, line: Line, seen: Observation, loose: float) -> Iterator[Convention]:
    every = np.arange(seen.sizes.n_out)
    for bordered in borders_of(convention):
        error = _error_at(bordered, line, seen)
        if loose < error < 0.5:
            error = fit_line(bordered, seen, [line], every)[1]
        if error <= loose:
            yield bordered


def _error_at(convention: Convention, line: Line, seen: Observation) -> float:
    return float(np.abs(fitted_matrix(convention, line, seen.sizes) - seen.matrix).sum(axis=1).max())


@cache
def borders_of(convention: Convention) -> tuple[Convention, ...]:
    """The convention with every border, and every border of a B-spline's prefilter."""
    found = []
    for border in BORDERS:
        for prefilter_border in (None, "mirror", "reflect", "wrap") if convention.prefilter == "bspline" else (None,):
            try:
                changed = convention.but(border=border, prefilter_border=prefilter_border)
                fitted_matrix(changed, (1.25, 0.125), AxisSizes("height", 5, 4, 1, 1))
            except ValueError:
                continue
            found.append(changed)
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class SampledLine:
    """The line at some sizes, as fitted."""

    sizes: AxisSizes
    slope: float
    intercept: float


@lru_cache(maxsize=1 << 14)
def fitted_line(convention: Convention, seen: Observation) -> SampledLine | None:
    """The line with which ``convention`` explains an observation; ``None`` where none does."""
    line, error = fit_line(convention, seen, _starts(seen, _interior(seen)), np.arange(seen.sizes.n_out))
    return SampledLine(seen.sizes, *line) if error <= _LOOSE + seen.noise else None
