"""Estimate all parameters of an unnamed resize from its matrices: coordinate map, kernel, border, single pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from halfpixel.golden.borders import fold_index
from halfpixel.probe.identify.kernel_estimate import Fit, KernelEstimate, estimate_kernel, fit_family, fit_tolerance
from halfpixel.probe.measure.sizes import Pair

_CLAMPED = "clamped coordinate"
_BORDER_RULES = ("replicate", "renormalise", "reflect", "mirror", "wrap", "constant", "extrapolate", _CLAMPED)
_BORDER_TEXTS = {"constant": "zeros outside", "extrapolate": "zero where the coordinate lies outside"}


@dataclass(frozen=True, slots=True)
class BorderEstimate:
    """The rules that fit the rows of one end best, and the largest error of a weight under the first.

    ``rows`` is the number of rows that the border touches; ``fits`` whether the rules explain them.
    """

    end: str
    rules: tuple[str, ...]
    error: float
    rows: int
    fits: bool

    def __str__(self) -> str:
        nearest, *others = (_BORDER_TEXTS.get(rule, rule) for rule in self.rules)
        same = f" (not told from {', '.join(others)})" if others else ""
        return f"{nearest}{same}" if self.fits else f"none known (nearest {nearest})"


def border_estimates(kernel: KernelEstimate, matrix: np.ndarray) -> list[BorderEstimate]:
    """Of the start and of the end; an end that touches no row is left out."""
    if kernel.is_pick:
        return []
    n_out, n_in = matrix.shape
    positions = kernel.slope * np.arange(n_out) + kernel.intercept
    reach = kernel.radius + 1e-6
    start, end = positions - reach < 0, positions + reach > n_in - 1
    touched = {"start": np.flatnonzero(start & ~end), "end": np.flatnonzero(end & ~start)}
    return [
        _border_estimate(kernel, name, matrix[rows], positions[rows]) for name, rows in touched.items() if len(rows)
    ]


def _border_estimate(kernel: KernelEstimate, end: str, measured: np.ndarray, positions: np.ndarray) -> BorderEstimate:
    n_in = measured.shape[1]
    errors = {rule: float(np.abs(_predicted(kernel, rule, n_in, positions) - measured).max()) for rule in _BORDER_RULES}
    least = min(errors.values())
    # An interpolated curve is as good as its points are dense: where no family fits, a hundredth is no difference.
    within = max(fit_tolerance(kernel.noise), 3e-5) if kernel.fits else 0.02
    rules = tuple(rule for rule in _BORDER_RULES if errors[rule] <= least + within)
    return BorderEstimate(end, rules, least, len(measured), least <= max(within, 3e-4 if kernel.fits else 0.02))


def _predicted(kernel: KernelEstimate, rule: str, n_in: int, positions: np.ndarray) -> np.ndarray:
    """Rows of weights ``(len(positions), n_in)`` under one border rule."""
    fit = kernel.fitting
    outside = (positions < -1e-9) | (positions > n_in - 1 + 1e-9)
    if rule == _CLAMPED:
        positions = np.clip(positions, 0, n_in - 1)
    reach = int(np.ceil(kernel.radius)) + 1
    taps = np.floor(positions).astype(int)[:, None] + np.arange(-reach, reach + 1)
    offsets = taps - positions[:, None]
    if fit is None:
        weights, gain = kernel.curve(offsets), kernel.sums[0]
        is_normalised = kernel.sums[1] - kernel.sums[0] < 1e-3
    else:
        weights, gain = fit.kernel(offsets, kernel.radius + (kernel.noise > 1e-5)), fit.gain
        is_normalised = fit.is_normalised
    columns, inside = fold_index("replicate" if rule == _CLAMPED else rule, taps, n_in)
    folded = np.where(inside, weights, 0.0)
    if is_normalised or rule == "renormalise":
        total = (folded if rule == "renormalise" else weights).sum(axis=1, keepdims=True)
        folded = (gain if is_normalised else 1.0) * folded / np.where(np.abs(total) < 1e-9, np.inf, total)
    elif fit is not None:
        folded = gain * folded
    if rule == "extrapolate":
        folded = np.where(outside[:, None], 0.0, folded)
    rows = np.zeros((len(positions), n_in))
    np.add.at(rows, (np.arange(len(positions))[:, None], columns), folded)
    return rows


@dataclass(frozen=True, slots=True)
class Line:
    """``x_in = slope * x_out + intercept`` at one pair of sizes, input pixels, off by up to ``error``."""

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
        The largest error of a coordinate under the rule, input pixels.
    fits
        Whether that is within the error of the measurement.
    """

    mode: str
    scale: str
    anchor: str
    shift: float
    unit: str
    error: float
    fits: bool

    def __str__(self) -> str:
        rule = self.mode or f"x_in = s x_out + {self.anchor} with s = {self.scale}"
        return f"{rule}, shifted by {self.shift:+.4g} {self.unit} pixels" if self.shift else rule


def _ratio(added_in: int, added_out: int) -> Callable[[int, int], float]:
    return lambda n_in, n_out: (n_in + added_in) / max(n_out + added_out, 1)


_SCALES: dict[str, Callable[[int, int], float]] = {
    "n_in / n_out": _ratio(0, 0),
    "(n_in - 1) / (n_out - 1)": _ratio(-1, -1),
    "(n_in - 1) / n_out": _ratio(-1, 0),
    "n_in / (n_out - 1)": _ratio(0, -1),
    "(n_in + 1) / (n_out + 1)": _ratio(1, 1),
    "(n_in - 1) / (n_out + 1)": _ratio(-1, 1),
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


def map_rule(lines: Sequence[Line]) -> MapRule | None:
    """The rule that fits best, without a shift where that fits too; ``None`` without lines."""
    if not lines:
        return None
    tolerances = np.array([line.error for line in lines])
    rules = []
    for scale, slope_of in _SCALES.items():
        slopes = np.array([slope_of(*line.pair) for line in lines])
        drift = np.array([abs(line.slope - s) * line.pair[1] for line, s in zip(lines, slopes, strict=True)])
        for anchor, intercept_of in _ANCHORS.items():
            intercepts = np.array([intercept_of(s, *line.pair) for s, line in zip(slopes, lines, strict=True)])
            residual = np.array([line.intercept for line in lines]) - intercepts
            for unit, size in (("", np.zeros(len(lines))), ("input", np.ones(len(lines))), ("output", slopes)):
                shift = float((residual * size).sum() / (size * size).sum()) if unit else 0.0
                off = np.abs(residual - shift * size) + drift
                mode, fits = _MODES.get((scale, anchor), ""), bool((off <= tolerances).all())
                rules.append(MapRule(mode, scale, anchor, shift, unit, float(off.max()), fits))
    fitting = [rule for rule in rules if rule.fits]
    if not fitting:
        return min(rules, key=lambda rule: (round(rule.error, 4), bool(rule.unit), not rule.mode))
    return min(fitting, key=lambda rule: (bool(rule.unit), not rule.mode))


@dataclass(frozen=True, slots=True)
class Estimate:
    """One parameter: its name, its value, and the evidence for it."""

    name: str
    value: str
    evidence: str

    def __str__(self) -> str:
        return f"{self.name}: {self.value} [{self.evidence}]"


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """The estimates as numbers; :attr:`estimates` are the same in words.

    ``enlarging`` and ``shrinking`` are the kernels of the largest pair that grows and that shrinks (``None`` where no
    row is free of borders); ``rule`` the coordinates' over all pairs; ``widening`` the kernel's width when shrinking
    over its width when enlarging, ``None`` where it cannot be told; ``borders`` of the start and of the end; ``noise``
    by how much weights may be off.
    """

    enlarging: KernelEstimate | None
    shrinking: KernelEstimate | None
    lines: tuple[Line, ...]
    rule: MapRule | None
    widening: float | None
    borders: tuple[BorderEstimate, ...]
    special_sizes: tuple[Estimate, ...]
    noise: float

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        """Each parameter with its evidence."""
        return tuple(_parameter_estimates(self))


def parameters(matrices: Mapping[Pair, np.ndarray], noise: float = 1e-6) -> Parameters:
    """Estimate everything; ``matrices`` are ``(n_out, n_in)`` by pair, each weight off by up to ``noise``."""
    usable = {pair: matrix for pair, matrix in matrices.items() if np.isfinite(matrix).all()}
    largest = sorted(usable, key=lambda pair: -pair[0] * pair[1])
    enlarging = _first_estimate(usable, [pair for pair in largest if pair[1] > pair[0]], noise)
    shrinking = _first_estimate(usable, [pair for pair in largest if pair[1] < pair[0]], noise)
    lines = tuple(_lines(usable, enlarging, shrinking, noise))
    borders: list[BorderEstimate] = []
    for kernel in (enlarging, shrinking):
        if kernel is not None and not borders:
            borders = border_estimates(kernel, usable[kernel.pair])
    return Parameters(
        enlarging,
        shrinking,
        lines,
        map_rule(lines),
        _widening(enlarging, shrinking),
        tuple(borders),
        tuple(_special_sizes(usable, noise)),
        noise,
    )


def _first_estimate(matrices: Mapping[Pair, np.ndarray], pairs: list[Pair], noise: float) -> KernelEstimate | None:
    return next(filter(None, (estimate_kernel(pair, matrices[pair], noise) for pair in pairs)), None)


def _lines(
    matrices: Mapping[Pair, np.ndarray],
    enlarging: KernelEstimate | None,
    shrinking: KernelEstimate | None,
    noise: float,
) -> Iterator[Line]:
    """The coordinates' line of every pair that shows one: by the kernel that fits, or else by centroids."""
    for pair, matrix in matrices.items():
        kernel = enlarging if pair[1] >= pair[0] else shrinking
        if kernel is None or min(pair) < 2 or pair[0] == pair[1]:
            continue
        if kernel.pair == pair:
            yield Line(pair, kernel.slope, kernel.intercept, _line_error(kernel, noise))
        elif kernel.fitting is not None and (line := _line_by_fit(pair, matrix, kernel.pair, kernel.fitting, noise)):
            yield line


def _line_by_fit(pair: Pair, matrix: np.ndarray, fitted_pair: Pair, fit: Fit, noise: float) -> Line | None:
    """The line at ``pair`` with the family, the parameters and the stretch that fit at ``fitted_pair``."""
    if fit.family.has_width:
        return None
    stretch = fit.stretch
    if pair[1] < pair[0] and fit.stretch > 1 + 1e-6:
        stretch = fit.stretch * (pair[0] / pair[1]) / (fitted_pair[0] / fitted_pair[1])
    threshold = max(1e-5, 4 * noise)
    rows = np.flatnonzero(np.abs(matrix[:, [0, -1]]).max(axis=1) <= threshold)
    rows = rows[np.abs(matrix[rows]).max(axis=1) > 0.05] if len(rows) else rows
    if len(rows) < 2 or not np.isfinite(fit.family.support(*fit.parameters) * stretch):
        return None
    free = np.where(np.abs(matrix[rows]) > threshold, matrix[rows], 0.0)
    sums = free.sum(axis=1)
    if np.abs(sums).min() < 1e-6:
        return None
    slope, intercept = np.polyfit(rows, free @ np.arange(pair[0]) / sums, 1)
    start = (float(slope), float(intercept))
    refined = fit_family(fit.family, rows, matrix[rows], free != 0, start, fit.parameters, stretch, noise)
    if refined is None or refined.error > max(fit_tolerance(noise), 1e-4):
        return None
    return Line(pair, refined.slope, refined.intercept, max(40 * noise, 1e-3) * max(1.0, stretch))


def _line_error(kernel: KernelEstimate, noise: float) -> float:
    """Input pixels by which coordinates may be off: half a pixel for picks, a hundredth or so for centroids."""
    if kernel.fits:
        return max(40 * noise, 1e-3) * max(1.0, kernel.stretch)
    return 0.5 if kernel.is_pick or kernel.is_mean else 0.03


def _widening(enlarging: KernelEstimate | None, shrinking: KernelEstimate | None) -> float | None:
    if enlarging is None or shrinking is None:
        return None
    narrow, wide = enlarging.fitting, shrinking.fitting
    if narrow is not None and wide is not None and narrow.family is wide.family:
        if narrow.family.has_width:
            return wide.parameters[0] / narrow.parameters[0]
        return wide.stretch / narrow.stretch
    return shrinking.breadth / enlarging.breadth if enlarging.breadth > 0 else None


def _special_sizes(matrices: Mapping[Pair, np.ndarray], noise: float) -> Iterator[Estimate]:
    """A single output, a single input pixel, and the size that stays."""
    for (n_in, n_out), matrix in matrices.items():
        if n_out == 1 and n_in > 1:
            total = float(matrix.sum())
            position = float(matrix[0] @ np.arange(n_in)) / total if abs(total) > 1e-6 else float("nan")
            known = {0.0: "the first pixel", (n_in - 1) / 2: "the centre", float(n_in - 1): "the last pixel"}
            name = next((f", {name}" for x, name in known.items() if abs(x - position) < 1e-3 + 20 * noise), "")
            weights = f"{np.count_nonzero(np.abs(matrix) > 4 * noise)} of {n_in} pixels have weight"
            yield Estimate("one output pixel", f"samples about x_in = {position:.4g}{name}", f"{n_in} -> 1: {weights}")
        if n_in == 1 and n_out > 1:
            is_repeated = np.abs(matrix - 1).max() < max(1e-5, 4 * noise)
            scaled = f"is multiplied by {float(matrix.min()):.4g} to {float(matrix.max()):.4g}"
            yield Estimate("one input pixel", "is repeated" if is_repeated else scaled, f"1 -> {n_out}")
        if n_in == n_out and n_in > 2:
            off = float(np.abs(matrix - np.eye(n_in)).max())
            value = "leaves the image as it is" if off < max(1e-5, 4 * noise) else f"moves weights by up to {off:.4g}"
            yield Estimate("the same size", value, f"{n_in} -> {n_out}")


def _parameter_estimates(estimated: Parameters) -> Iterator[Estimate]:
    by_direction = [
        (direction, kernel)
        for direction, kernel in (("enlarging", estimated.enlarging), ("shrinking", estimated.shrinking))
        if kernel is not None
    ]
    for direction, kernel in by_direction:
        yield _line_estimate(direction, kernel, estimated.noise)
    if estimated.rule is not None:
        name = "coordinates" if estimated.rule.fits else "coordinates, no rule fits; nearest"
        error = f"off by at most {estimated.rule.error:.2g} pixels"
        yield Estimate(name, str(estimated.rule), f"{len(estimated.lines)} pairs of sizes, {error}")
    for direction, kernel in by_direction:
        yield from _kernel_estimates(direction, kernel)
    if estimated.widening is not None and estimated.enlarging is not None and estimated.shrinking is not None:
        yield _antialias_estimate(estimated.widening, estimated.enlarging, estimated.shrinking)
    yield from _border_sentences(estimated.borders)
    yield from estimated.special_sizes


def _antialias_estimate(widening: float, enlarging: KernelEstimate, shrinking: KernelEstimate) -> Estimate:
    n_in, n_out = shrinking.pair
    fraction = widening / (n_in / n_out)
    within = 0.01 if shrinking.fits and enlarging.fits else 0.05
    if abs(widening - 1) < within:
        value = "no, the kernel is as wide when shrinking as when enlarging"
    elif abs(fraction - 1) < within:
        value = "yes, the kernel is stretched by n_in / n_out when shrinking"
    else:
        value = f"about {fraction:.3g} of n_in / n_out: the kernel is {widening:.4g} times as wide when shrinking"
    return Estimate("antialias", value, f"width at {n_in} -> {n_out} over that when enlarging: {widening:.4g}")


def _border_sentences(borders: tuple[BorderEstimate, ...]) -> Iterator[Estimate]:
    """One estimate where both ends follow the same rule, else one for each end."""
    if len(borders) == 2 and str(borders[0]) == str(borders[1]):
        rows, error = sum(border.rows for border in borders), max(border.error for border in borders)
        yield Estimate("border", str(borders[0]), f"{rows} rows touch it, off by at most {error:.2g}")
        return
    for border in borders:
        evidence = f"{border.rows} rows touch it, off by at most {border.error:.2g}"
        yield Estimate(f"border at the {border.end}", str(border), evidence)


def _line_estimate(direction: str, kernel: KernelEstimate, noise: float) -> Estimate:
    about = "about " if _line_error(kernel, noise) > 0.02 else ""
    sign = "-" if kernel.intercept < 0 else "+"
    value = f"{about}x_in = {kernel.slope:.5f} x_out {sign} {abs(kernel.intercept):.4f}"
    how = "by the kernel that fits" if kernel.fits else "by centroids"
    evidence = f"{kernel.pair[0]} -> {kernel.pair[1]}, {kernel.rows} rows, {how}"
    return Estimate(f"coordinates, {direction}", value, evidence)


def _kernel_estimates(direction: str, kernel: KernelEstimate) -> Iterator[Estimate]:
    name, evidence = f"kernel, {direction}", f"{len(kernel.distances)} weights of {kernel.rows} rows"
    if kernel.is_pick:
        yield Estimate(name, "nearest: one pixel is taken", evidence)
        return
    if kernel.is_mean:
        yield Estimate(name, f"box: the plain mean of the pixels within {kernel.radius:.4g} pixels", evidence)
        return
    support, fit = np.inf, kernel.fitting
    if fit is not None:
        support = fit.family.support(*fit.parameters) * fit.stretch
        stretched = "" if abs(kernel.stretch - 1) < 1e-3 else f", stretched by {kernel.stretch:.4f}"
        yield Estimate(name, f"{fit}{stretched}", f"{evidence}, off by at most {fit.error:.2g}")
    else:
        best = f"; the best fit, {kernel.fit}, is off by {kernel.fit.error:.2g}" if kernel.fit else ""
        value = f"none of the known families; nearest {kernel.nearest}"
        yield Estimate(name, value, f"{evidence}, which is off by {kernel.distance:.2g}{best}")
    low, high = kernel.sums
    sums = f"weights sum to between {low:.4f} and {high:.4f}"
    if max(abs(low - 1), abs(high - 1)) < max(1e-4, 8 * kernel.noise):
        sums = "weights sum to one"
    elif high - low < 1e-4:
        sums = f"weights sum to {low:.5g}"
    radius = f"radius {support:.4g} pixels" if np.isfinite(support) else f"radius at least {kernel.radius:.3f} pixels"
    shape = "falls with distance" if kernel.is_monotone else "goes up and down"
    lobes = f"negative lobes down to {kernel.lowest:.4f}" if kernel.lowest < -10 * kernel.noise else "no negative lobes"
    evidence = f"weights up to {kernel.radius:.3f} pixels away; {sums}"
    yield Estimate(f"shape, {direction}", f"{radius}, {shape}, {lobes}", evidence)
