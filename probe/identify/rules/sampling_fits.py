"""Which kernels explain an observed matrix with coordinates on some line, and the laws that such lines follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache

import numpy as np

from halfpixel.golden import Convention, Coordinates, matrix_at
from halfpixel.golden.convention import BORDERS, COORDINATE_TRANSFORMATION_MODES, NEAREST_MODES
from halfpixel.golden.rules import INPUT, MEANS, OUTPUT, SCALE_OWNERS, AxisSizes, ResizeRule, ScaleRule
from halfpixel.probe.compare.matrix_features import simple_fractions
from halfpixel.probe.compare.tolerance import coordinate_error, gain_tolerance, row_gain
from halfpixel.probe.identify.kernel_estimate import fit_family
from halfpixel.probe.identify.kernel_families import KEYS_CUBIC
from halfpixel.probe.identify.rules.axis_observations import Observation

_LOOSE = 4e-4
"""By how much a row's sum may be off under a fitted line: coordinates are found to a few hundred-thousandths."""
_DRIFT = 0.02
"""Input pixels by which a line may be off the law that it follows: constants are verified exactly afterwards."""
_STEPS = 8
_ANCHORS = ("half_pixel", "asymmetric", "half_pixel_symmetric", "tf_half_pixel_for_nn")
_JUMPING = ("nearest", "box")
"""Kernels without slopes: least squares find no coordinates, and laws are tried from a list instead."""
_CONSTANTS = tuple(
    Fraction(sign * numerator, denominator)
    for denominator in (1, 2, 4, 10, 100)
    for numerator in (1, 3)
    for sign in (1, -1)
    if numerator < denominator or numerator == 1
)
"""Constants beside sizes that are tried for kernels without slopes."""

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
    """What float32 explains at these sizes, and what the observation itself may be off."""
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


@dataclass(frozen=True, slots=True)
class Law:
    """How lines follow from sizes: the anchor of a ``coordinate_transformation_mode``, a scale and a shift."""

    mode: str
    scale: ScaleRule
    shift: Fraction = Fraction(0)
    unit: str = INPUT

    def rules(self, convention: Convention) -> Iterator[ResizeRule]:
        """The rules of this law with the kernel and the border of ``convention``."""
        if self.scale == ScaleRule("own", Fraction(-1), Fraction(-1)) and self.mode == "asymmetric":
            aligned = convention.but(coordinate_transformation_mode="align_corners")
            yield ResizeRule(aligned, ScaleRule(), self.shift, self.unit)
            return
        changed = convention.but(coordinate_transformation_mode=self.mode)
        for by_ratio in (False, True) if convention.antialias and not self.scale.is_ratio else (False,):
            yield ResizeRule(changed, self.scale, self.shift, self.unit, by_ratio)


class Lines:
    """Lines of several sizes as arrays, and the laws that some of them nearly follow."""

    def __init__(self, lines: Sequence[SampledLine]) -> None:
        self.lines = tuple(lines)
        self.slopes = np.array([line.slope for line in lines])
        self.intercepts = np.array([line.intercept for line in lines])
        self.n_in, self.n_out, self.other_in, self.other_out = (
            np.array([getattr(line.sizes, name) for line in lines], dtype=np.float64)
            for name in ("n_in", "n_out", "other_in", "other_out")
        )
        self._owners = {
            of: [SCALE_OWNERS[of](line.sizes) for line in lines]
            for of in SCALE_OWNERS
            if of == "own" or any(line.sizes.other_in != line.sizes.other_out for line in lines)
        }
        self._owned = {
            of: (np.array([s.n_in for s in sizes], dtype=float), np.array([s.n_out for s in sizes], dtype=float))
            for of, sizes in self._owners.items()
        }

    def steps(self, scale: ScaleRule) -> np.ndarray:
        """``1 / scale`` for each line; NaN where the rule gives no scale."""
        if scale.of == "given":
            known = [scale.at(line.sizes) for line in self.lines]
            return np.array([np.nan if value is None else float(1 / value) for value in known])
        if scale.of in MEANS:
            return np.array(
                [float(1 / MEANS[scale.of](line.sizes.ratio, line.sizes.other.ratio)) for line in self.lines]
            )
        n_in, n_out = self._owned[scale.of]
        above, below = n_in + float(scale.added_in), n_out + float(scale.added_out)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where((above > 0) & (below > 0), above / below, np.nan))

    def anchored(self, mode: str, steps: np.ndarray) -> np.ndarray:
        """The intercepts of an anchor without a shift."""
        if mode == "asymmetric":
            return np.zeros(len(steps))
        if mode == "half_pixel_symmetric":
            return np.asarray((self.n_in - 1) / 2 - steps * (self.n_out - 1) / 2)
        return np.asarray(steps / 2 - (0.5 if mode == "half_pixel" else 0.0))

    def following(self, law: Law) -> np.ndarray:
        """Bool for each line: whether it follows the law to a hundredth of a pixel or so."""
        steps = self.steps(law.scale)
        shift = float(law.shift) * (steps if law.unit == OUTPUT else 1.0)
        off = np.abs(self.intercepts - self.anchored(law.mode, steps) - shift)
        return np.asarray((np.abs(steps - self.slopes) * self.n_out < _DRIFT) & (off < _DRIFT))

    def laws(self, chosen: np.ndarray) -> Iterator[Law]:
        """The laws that the ``chosen`` lines follow together, the plainest first."""
        for scale in self._scales(chosen):
            steps = self.steps(scale)
            if not (np.abs(steps - self.slopes)[chosen] * self.n_out[chosen] < _DRIFT).all():
                continue
            shifted = []
            for mode in _ANCHORS:
                residual = (self.intercepts - self.anchored(mode, steps))[chosen]
                if np.abs(residual).max() < _DRIFT:
                    yield Law(mode, scale)
                for unit, size in ((OUTPUT, steps[chosen]), (INPUT, np.ones(len(chosen)))):
                    shift = float((residual * size).sum() / (size * size).sum())
                    if 1e-4 < abs(shift) <= 4 and np.abs(residual - shift * size).max() < _DRIFT:
                        shifted += [Law(mode, scale, value, unit) for (value,) in _snapped([shift]) if value]
            yield from shifted

    def _scales(self, chosen: np.ndarray) -> Iterator[ScaleRule]:
        slopes = self.slopes[chosen]
        for of, (every_in, every_out) in self._owned.items():
            n_in, n_out = every_in[chosen], every_out[chosen]
            yield ScaleRule(of)
            # slope (n_out + b) = n_in + a, linear in both constants.
            beyond = slopes * n_out - n_in
            if np.abs(beyond).max() < 1e-3:
                continue
            columns = {"out": -slopes, "in": np.ones(len(chosen)), "same": 1 - slopes}
            for name, column in columns.items():
                square = float((column * column).sum())
                if square > 1e-6 and np.abs(beyond - (value := float(column @ beyond) / square) * column).max() < 0.05:
                    for (constant,) in _snapped([value]):
                        if constant:
                            added_in = constant if name != "out" else Fraction(0)
                            yield ScaleRule(of, constant if name != "in" else Fraction(0), added_in)
            if len(chosen) > 2:
                terms = np.stack([np.ones(len(chosen)), -slopes], axis=1)
                a, b = (float(value) for value in np.linalg.lstsq(terms, beyond, rcond=1e-6)[0])
                if np.abs(terms @ (a, b) - beyond).max() < 0.05:
                    yield from (ScaleRule(of, *constants) for constants in _snapped([b, a]) if any(constants))
        yield from (ScaleRule(of) for of in MEANS if len(self._owned) > 1)
        if all(line.sizes.given is not None for line in self.lines):
            yield ScaleRule("given")
        if np.ptp(slopes) < 1e-4 and len({self.lines[k].sizes.ratio for k in chosen}) > 1:
            yield from (
                ScaleRule("given", constant=value) for (value,) in _snapped([float(1 / slopes.mean())]) if value
            )


def _snapped(values: list[float]) -> list[tuple[Fraction, ...]]:
    """``values`` as simple fractions, of growing denominators."""
    tried = (tuple(Fraction(value).limit_denominator(largest) for value in values) for largest in (4, 10, 20, 100))
    near = [some for some in tried if all(abs(float(f) - v) < 0.02 for f, v in zip(some, values, strict=True))]
    return list(dict.fromkeys(near))


@cache
def plain_rules(convention: Convention) -> tuple[ResizeRule, ...]:
    """The convention with every ``coordinate_transformation_mode`` that has no region of its own."""
    modes = [mode for mode in COORDINATE_TRANSFORMATION_MODES if mode != "tf_crop_and_resize"]
    return tuple(ResizeRule(convention.but(coordinate_transformation_mode=mode)) for mode in modes)


@cache
def given_rules() -> tuple[ResizeRule, ...]:
    """Every kernel and border, with the usual anchors and the scale that the caller asked for.

    At one scale alone few phases of a kernel show, and lines cannot be fitted.
    """
    shapes = [bordered for convention in kernels() for bordered in borders_of(convention)]
    modes = ("half_pixel", "asymmetric", "half_pixel_symmetric", "align_corners")
    return tuple(
        ResizeRule(shape.but(coordinate_transformation_mode=mode), ScaleRule("given"))
        for mode in modes
        for shape in shapes
    )


@cache
def jumping_rules() -> tuple[ResizeRule, ...]:
    """Rules for kernels without slopes: every scale and anchor with a short list of constants."""
    shapes = [Convention(kernel="nearest", nearest_mode=mode) for mode in NEAREST_MODES]
    shapes += [
        Convention(kernel="box", antialias=True, border=border) for border in ("renormalise", "replicate", "reflect")
    ]
    shapes.append(Convention(kernel="box", border="renormalise"))
    scales = [ScaleRule(of) for of in (*SCALE_OWNERS, *MEANS)][1:]
    scales += [ScaleRule(added_out=c) for c in _CONSTANTS] + [ScaleRule(added_in=c) for c in _CONSTANTS]
    scales += [ScaleRule(added_out=c, added_in=c) for c in _CONSTANTS if c != -1]
    shifts = [(c, unit) for unit in (OUTPUT, INPUT) for c in _CONSTANTS if abs(c) < 1 and c.denominator < 100]
    plain = [rule for shape in shapes for rule in plain_rules(shape)]
    plain.append(ResizeRule(Convention(kernel="adaptive_average")))
    modes = ("half_pixel", "asymmetric", "tf_half_pixel_for_nn")
    anchored = [shape.but(coordinate_transformation_mode=mode) for shape in shapes for mode in modes]
    scaled = [ResizeRule(shape, scale) for scale in scales for shape in anchored]
    shifted = [
        ResizeRule(shape, ScaleRule(), shift, unit)
        for shift, unit in shifts
        for shape in anchored
        if shape.coordinate_transformation_mode == "half_pixel"
    ]
    return tuple(dict.fromkeys([*plain, *scaled, *shifted]))
