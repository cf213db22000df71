"""Everything that measured matrices tell of a resize without its name: the map, the kernel, borders, single pixels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from probe.estimates.border import BorderEstimate, border_estimates
from probe.estimates.coordinate_map import Line, MapRule, map_rule
from probe.estimates.kernel import KernelEstimate, estimate_kernel, fit_tolerance, fitted
from probe.sizes import Pair


@dataclass(frozen=True, slots=True)
class Estimate:
    """One parameter: its name, what it was found to be, and what was seen that says so."""

    name: str
    value: str
    evidence: str

    def __str__(self) -> str:
        return f"{self.name}: {self.value} [{self.evidence}]"


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """What was estimated, as numbers; :attr:`estimates` are the same in words.

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
    single: tuple[Estimate, ...]
    noise: float

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        """Each parameter with its evidence."""
        return tuple(_in_words(self))

    @property
    def kernel(self) -> KernelEstimate | None:
        """The kernel when enlarging, or when shrinking where nothing grows."""
        return self.enlarging or self.shrinking


def parameters(matrices: Mapping[Pair, np.ndarray], noise: float = 1e-6) -> Parameters:
    """Estimate everything; ``matrices`` are ``(n_out, n_in)`` by pair, each weight off by up to ``noise``."""
    usable = {pair: got for pair, got in matrices.items() if np.isfinite(got).all()}
    largest = sorted(usable, key=lambda pair: -pair[0] * pair[1])
    enlarging = _first(usable, [pair for pair in largest if pair[1] > pair[0]], noise)
    shrinking = _first(usable, [pair for pair in largest if pair[1] < pair[0]], noise)
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
        tuple(_single(usable, noise)),
        noise,
    )


def _first(matrices: Mapping[Pair, np.ndarray], pairs: list[Pair], noise: float) -> KernelEstimate | None:
    return next(filter(None, (estimate_kernel(pair, matrices[pair], noise) for pair in pairs)), None)


def _lines(
    matrices: Mapping[Pair, np.ndarray],
    enlarging: KernelEstimate | None,
    shrinking: KernelEstimate | None,
    noise: float,
) -> Iterator[Line]:
    """The coordinates' line of every pair that shows one: by the kernel that fits, or else by centroids."""
    for pair, got in matrices.items():
        kernel = enlarging if pair[1] >= pair[0] else shrinking
        if kernel is None or min(pair) < 2 or pair[0] == pair[1]:
            continue
        one = kernel if kernel.pair == pair else None
        if one is not None:
            yield Line(pair, one.slope, one.intercept, _line_error(one, noise))
            continue
        line = _line_by_fit(pair, got, kernel, noise)
        if line is not None:
            yield line


def _line_by_fit(pair: Pair, got: np.ndarray, kernel: KernelEstimate, noise: float) -> Line | None:
    if not kernel.fits:
        return None
    shrinks = pair[1] < pair[0] and kernel.fit.stretch > 1 + 1e-6
    stretch = (
        kernel.fit.stretch * (pair[0] / pair[1]) / (kernel.pair[0] / kernel.pair[1]) if shrinks else kernel.fit.stretch
    )
    if kernel.fit.family.has_width:
        return None
    reach = kernel.fit.family.support(*kernel.fit.parameters) * stretch
    places = kernel.slope / (kernel.pair[0] / kernel.pair[1]) * (pair[0] / pair[1]) * np.arange(pair[1])
    rows = np.flatnonzero(np.abs(got[:, [0, -1]]).max(axis=1) <= max(1e-5, 4 * noise))
    rows = rows[np.abs(got[rows]).max(axis=1) > 0.05] if len(rows) else rows
    if len(rows) < 2 or not np.isfinite(reach) or len(places) < 2:
        return None
    free = np.where(np.abs(got[rows]) > max(1e-5, 4 * noise), got[rows], 0.0)
    sums = free.sum(axis=1)
    if np.abs(sums).min() < 1e-6:
        return None
    slope, intercept = np.polyfit(rows, free @ np.arange(pair[0]) / sums, 1)
    seen = free != 0
    fit = fitted(
        kernel.fit.family, rows, got[rows], seen, (slope, intercept), kernel.fit.parameters, stretch, False, noise
    )
    if fit is None or fit.error > max(fit_tolerance(noise), 1e-4):
        return None
    return Line(pair, fit.slope, fit.intercept, max(40 * noise, 1e-3) * max(1.0, stretch))


def _line_error(kernel: KernelEstimate, noise: float) -> float:
    """Input pixels by which coordinates may be off: a hundredth where they are centroids, a pick's half otherwise."""
    if kernel.fits:
        return max(40 * noise, 1e-3) * max(1.0, kernel.stretch)
    return 0.5 if kernel.is_pick or kernel.is_mean else 0.03


def _widening(enlarging: KernelEstimate | None, shrinking: KernelEstimate | None) -> float | None:
    if enlarging is None or shrinking is None:
        return None
    if enlarging.fits and shrinking.fits and enlarging.fit.family is shrinking.fit.family:
        if enlarging.fit.family.has_width:
            return shrinking.fit.parameters[0] / enlarging.fit.parameters[0]
        return shrinking.fit.stretch / enlarging.fit.stretch
    return shrinking.breadth / enlarging.breadth if enlarging.breadth > 0 else None


def _single(matrices: Mapping[Pair, np.ndarray], noise: float) -> Iterator[Estimate]:
    for (n_in, n_out), got in matrices.items():
        if n_out == 1 and n_in > 1:
            total = float(got.sum())
            place = float(got[0] @ np.arange(n_in)) / total if abs(total) > 1e-6 else float("nan")
            known = {0.0: "the first pixel", (n_in - 1) / 2: "the centre", float(n_in - 1): "the last pixel"}
            where = next((words for x, words in known.items() if abs(x - place) < 1e-3 + 20 * noise), "")
            value = f"samples about x_in = {place:.4g}" + (f", {where}" if where else "")
            yield Estimate(
                "one output pixel",
                value,
                f"{n_in} -> 1: {np.count_nonzero(np.abs(got) > 4 * noise)} of {n_in} pixels have weight",
            )
        if n_in == 1 and n_out > 1:
            same = np.abs(got - 1).max() < max(1e-5, 4 * noise)
            low, high = float(got.min()), float(got.max())
            value = "is repeated" if same else f"is multiplied by {low:.4g} to {high:.4g}"
            yield Estimate("one input pixel", value, f"1 -> {n_out}")
        if n_in == n_out and n_in > 2:
            off = float(np.abs(got - np.eye(n_in)).max())
            value = "leaves the image as it is" if off < max(1e-5, 4 * noise) else f"moves weights by up to {off:.4g}"
            yield Estimate("the same size", value, f"{n_in} -> {n_out}")


def _in_words(found: Parameters) -> Iterator[Estimate]:
    yield from _map_in_words(found)
    for when, kernel in (("enlarging", found.enlarging), ("shrinking", found.shrinking)):
        if kernel is not None:
            yield from _kernel_in_words(when, kernel)
    if found.widening is not None and found.shrinking is not None:
        ratio = found.shrinking.pair[0] / found.shrinking.pair[1]
        share = found.widening / ratio
        within = 0.01 if found.shrinking.fits and found.enlarging and found.enlarging.fits else 0.05
        if abs(found.widening - 1) < within:
            value = "no, the kernel is as wide when shrinking as when enlarging"
        elif abs(share - 1) < within:
            value = "yes, the kernel is stretched by n_in / n_out when shrinking"
        else:
            value = (
                f"about {share:.3g} of n_in / n_out: the kernel is {found.widening:.4g} times as wide when shrinking"
            )
        pair = f"{found.shrinking.pair[0]} -> {found.shrinking.pair[1]}"
        yield Estimate("antialias", value, f"width at {pair} over that when enlarging: {found.widening:.4g}")
    values = {str(one) for one in found.borders}
    if len(found.borders) == 2 and len(values) == 1:
        rows = sum(one.rows for one in found.borders)
        error = max(one.error for one in found.borders)
        yield Estimate("border", values.pop(), f"{rows} rows touch it, off by at most {error:.2g}")
    else:
        for one in found.borders:
            yield Estimate(
                f"border at the {one.end}", str(one), f"{one.rows} rows touch it, off by at most {one.error:.2g}"
            )
    yield from found.single


def _map_in_words(found: Parameters) -> Iterator[Estimate]:
    for when, kernel in (("enlarging", found.enlarging), ("shrinking", found.shrinking)):
        if kernel is None:
            continue
        about = "about " if _line_error(kernel, found.noise) > 0.02 else ""
        sign = "-" if kernel.intercept < 0 else "+"
        value = f"{about}x_in = {kernel.slope:.5f} x_out {sign} {abs(kernel.intercept):.4f}"
        how = "by the kernel that fits" if kernel.fits else "by centroids"
        yield Estimate(
            f"coordinates, {when}", value, f"{kernel.pair[0]} -> {kernel.pair[1]}, {kernel.rows} rows, {how}"
        )
    if found.rule is not None and found.lines:
        pairs = f"{len(found.lines)} pairs of sizes"
        error = f"off by at most {found.rule.error:.2g} pixels"
        name = "coordinates" if found.rule.fits else "coordinates, no rule fits; nearest"
        yield Estimate(name, str(found.rule), f"{pairs}, {error}")


def _kernel_in_words(when: str, kernel: KernelEstimate) -> Iterator[Estimate]:
    seen = f"{len(kernel.distances)} weights of {kernel.rows} rows"
    if kernel.is_pick:
        yield Estimate(f"kernel, {when}", "nearest: one pixel is taken", seen)
        return
    if kernel.is_mean:
        value = f"box: the plain mean of the pixels within {kernel.radius:.4g} pixels"
        yield Estimate(f"kernel, {when}", value, seen)
        return
    if kernel.fits:
        stretched = "" if abs(kernel.stretch - 1) < 1e-3 else f", stretched by {kernel.stretch:.4f}"
        yield Estimate(f"kernel, {when}", f"{kernel.fit}{stretched}", f"{seen}, off by at most {kernel.fit.error:.2g}")
    else:
        value = f"none of the known families; nearest {kernel.nearest}"
        fit = f"; the best fit, {kernel.fit}, is off by {kernel.fit.error:.2g}" if kernel.fit else ""
        yield Estimate(f"kernel, {when}", value, f"{seen}, which is off by {kernel.distance:.2g}{fit}")
    shape = "falls with distance" if kernel.is_monotone else "goes up and down"
    lobes = f"negative lobes down to {kernel.lowest:.4f}" if kernel.lowest < -10 * kernel.noise else "no negative lobes"
    low, high = kernel.sums
    unity = "weights sum to one" if max(abs(low - 1), abs(high - 1)) < max(1e-4, 8 * kernel.noise) else (
        f"weights sum to {low:.5g}" if high - low < 1e-4 else f"weights sum to between {low:.4f} and {high:.4f}"
    )  # fmt: skip
    support = kernel.fit.family.support(*kernel.fit.parameters) * kernel.fit.stretch if kernel.fits else np.inf
    radius = f"radius {support:.4g} pixels" if np.isfinite(support) else f"radius at least {kernel.radius:.3f} pixels"
    seen = f"weights up to {kernel.radius:.3f} pixels away; {unity}"
    yield Estimate(f"shape, {when}", f"{radius}, {shape}, {lobes}", seen)
