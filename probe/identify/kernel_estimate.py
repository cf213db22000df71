"""Estimate the kernel that a measured matrix samples, by nonlinear least squares: coordinates, width, shape, family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from halfpixel.probe.identify.kernel_families import FAMILIES, GAUSSIAN, Family, family_text, nearest_kernel
from halfpixel.probe.measure.sizes import Pair


def least_squares(
    model: Callable[[np.ndarray], np.ndarray], wanted: np.ndarray, start: np.ndarray, steps: int = 40
) -> np.ndarray:
    """The values that bring ``model(values)`` nearest to ``wanted``: Levenberg's damped Gauss-Newton from ``start``.

    Derivatives are differences. Values that are not finite count as far off.
    """
    values, damping = start.astype(np.float64), 1e-3

    def residual(at: np.ndarray) -> np.ndarray:
        return np.asarray(np.nan_to_num((wanted - model(at)).ravel(), nan=1e3))

    with np.errstate(all="ignore"):
        left = residual(values)
        for _ in range(steps):
            moves = 1e-6 * np.maximum(np.abs(values), 0.1)
            slopes = np.stack(
                [(left - residual(values + move)) / size for move, size in zip(np.diag(moves), moves, strict=True)]
            )
            square, toward = slopes @ slopes.T, slopes @ left
            for _ in range(8):
                step = np.linalg.lstsq(square + damping * np.diag(np.diag(square) + 1e-12), toward, rcond=None)[0]
                after = residual(values + step)
                if after @ after < left @ left:
                    damping = max(damping / 10, 1e-12)
                    break
                damping *= 10
            else:
                break
            is_done = left @ left - after @ after < 1e-14 * (1 + left @ left) and np.abs(step).max() < 1e-9
            values, left = values + step, after
            if is_done:
                break
    return values


_FEWEST_ROWS = 3
_THRESHOLDS = (1e-5, 1e-4, 1e-3, 1e-2)
_NOISY = 1e-5


def fit_tolerance(noise: float) -> float:
    """By how much a family may miss a weight and still fit: ten times the noise of one, of some hundreds of them."""
    return max(10 * noise, 2e-5)


@dataclass(frozen=True, slots=True)
class Fit:
    """A family of kernels with the parameters that fit best.

    ``slope`` and ``intercept`` are of ``x_in = slope * x_out + intercept``, input pixels; ``stretch`` is how many input
    pixels a unit of the kernel spans; ``error`` is the largest error of any weight, ``rms`` the root of their mean
    square. ``gain`` is what rows sum to where weights are divided by their sum (``is_normalised``), and what the kernel
    is multiplied by where not.
    """

    family: Family
    parameters: tuple[float, ...]
    slope: float
    intercept: float
    stretch: float
    is_normalised: bool
    gain: float
    error: float
    rms: float

    def kernel(self, distance: np.ndarray, radius: float) -> np.ndarray:
        """Weights at ``distance`` input pixels, not normalised; zero beyond ``radius`` where it has no own end."""
        values = self.family(distance / self.stretch, *self.parameters)
        return np.where(np.abs(distance) <= radius, values, 0.0) if self.family is GAUSSIAN else values

    def __str__(self) -> str:
        return family_text(self.family, self.parameters)


@dataclass(frozen=True, slots=True, eq=False)
class KernelEstimate:
    """The kernel of one measured matrix.

    distances, weights
        Every weight of the rows that no border touches, with its distance ``x_in - coordinate``, input pixels.
    slope, intercept
        The line of coordinates: of the fit, where one family fits; else of the rows' centroids.
    fit
        The family that fits best; ``fits`` says whether it does within the noise, and ``fitting`` is then the fit.
    radius
        The largest distance with a weight, input pixels.
    sums
        Least and largest sum of those rows.
    nearest, distance
        The known kernel that is nearest at the measured distances, with the largest difference of a weight.
    """

    pair: Pair
    distances: np.ndarray = field(repr=False)
    weights: np.ndarray = field(repr=False)
    rows: int
    slope: float
    intercept: float
    radius: float
    sums: tuple[float, float]
    is_pick: bool
    is_mean: bool
    fit: Fit | None
    fits: bool
    nearest: str
    distance: float
    noise: float

    @property
    def fitting(self) -> Fit | None:
        """The fit within the noise; ``None`` where no family fits."""
        return self.fit if self.fits else None

    @property
    def stretch(self) -> float:
        """Input pixels for a unit of the kernel, where a family fits that has no width of its own; else 1."""
        fit = self.fitting
        return fit.stretch if fit is not None and not fit.family.has_width else 1.0

    @property
    def breadth(self) -> float:
        """The mean distance of the weights' magnitudes, input pixels: grows as the kernel is stretched."""
        heights = np.abs(self.weights)
        return float((heights * np.abs(self.distances)).sum() / heights.sum())

    @property
    def lowest(self) -> float:
        """The lowest weight, for a stretch of one pixel: below zero where there are negative lobes."""
        return float((self.weights * self.stretch).min(initial=0.0))

    @property
    def is_monotone(self) -> bool:
        """Whether weights only fall with distance, as far as they were measured."""
        order = np.argsort(np.abs(self.distances), kind="stable")
        falling = np.maximum.accumulate(self.weights[order][::-1])[::-1]
        return bool((falling - self.weights[order] <= 4 * self.noise + 1e-6).all())

    def curve(self, distance: np.ndarray) -> np.ndarray:
        """The measured kernel at any distance, by interpolation between what was measured on either side."""
        away = np.abs(self.distances)
        order = np.argsort(away, kind="stable")
        return np.asarray(np.interp(np.abs(distance), away[order], self.weights[order], right=0.0))


def estimate_kernel(pair: Pair, matrix: np.ndarray, noise: float = 1e-6) -> KernelEstimate | None:
    """The kernel of ``matrix``, ``(n_out, n_in)``; ``None`` where too few rows are free of borders.

    ``noise`` is by how much a weight may be off.
    """
    weights = matrix.astype(np.float64)
    rows, threshold = _free_rows(weights, noise)
    if len(rows) < _FEWEST_ROWS:
        return None
    free = np.where(np.abs(weights[rows]) > threshold, weights[rows], 0.0)
    slope, intercept = _line(rows, free)
    sums = weights[rows].sum(axis=1)
    counts = np.count_nonzero(free, axis=1)
    tolerance = max(4 * noise, 2e-6)
    is_pick = bool((counts == 1).all() and (np.abs(free.max(axis=1) - 1) < 10 * tolerance).all())
    heights = np.where(free == 0, np.nan, free)
    is_mean = bool(not is_pick and (np.nanmax(heights, axis=1) - np.nanmin(heights, axis=1) < tolerance).all())
    fit = None
    if not (is_pick or is_mean):
        # Noise hides the ends of a kernel: then it is not cut there.
        has_weight = free != 0 if noise < _NOISY else np.ones_like(free, dtype=bool)
        fit = _best_fit(pair, rows, weights[rows], has_weight, (slope, intercept), noise)
    fits = fit is not None and fit.error <= fit_tolerance(noise)
    if fit is not None:
        slope, intercept = (fit.slope, fit.intercept) if fits else _line_of_even_kernel(rows, free, (slope, intercept))
    offsets = np.arange(weights.shape[1]) - (slope * rows + intercept)[:, None]
    reach = np.abs(offsets[free != 0]).max(initial=0.0)
    near = np.abs(offsets) <= reach + 1.0
    nearest, distance = nearest_kernel(offsets[near], weights[rows][near], pair)
    return KernelEstimate(
        pair, offsets[near], weights[rows][near], len(rows), slope, intercept, float(reach),
        (float(sums.min()), float(sums.max())), is_pick, is_mean, fit, fits, nearest, distance, noise,
    )  # fmt: skip


def _free_rows(weights: np.ndarray, noise: float) -> tuple[np.ndarray, float]:
    """The rows without weight on the first and the last pixel, and the threshold below which a weight is none."""
    rows, used = np.zeros(0, dtype=int), _THRESHOLDS[0]
    # Where noise hides the ends of a kernel, a row may touch the border unnoticed.
    edges = [0, -1] if noise < _NOISY else [0, 1, -2, -1]
    for threshold in (least for least in _THRESHOLDS if least >= 4 * noise or least == _THRESHOLDS[-1]):
        has_any = np.abs(weights).max(axis=1) > 0.05 * np.abs(weights).max()
        rows = np.flatnonzero((np.abs(weights[:, edges]).max(axis=1) <= threshold) & has_any)
        used = threshold
        if len(rows) >= _FEWEST_ROWS:
            break
    return rows, used


def _line(rows: np.ndarray, free: np.ndarray) -> tuple[float, float]:
    centroids = free @ np.arange(free.shape[1]) / free.sum(axis=1)
    slope, intercept = np.polyfit(rows, centroids, 1)
    return float(slope), float(intercept)


def _line_of_even_kernel(rows: np.ndarray, free: np.ndarray, line: tuple[float, float]) -> tuple[float, float]:
    """The line about which all rows are one even kernel, whatever it is: a broken line of some dozens of pieces.

    Centroids waver with the phase where a kernel does not reproduce lines. Falls back on them where no even kernel
    explains the rows better than a fiftieth.
    """
    pixels = np.arange(free.shape[1])
    positions = line[0] * rows + line[1]
    reach = float(np.abs(pixels - positions[:, None])[free != 0].max(initial=0)) + 0.5
    pieces = int(np.clip(np.count_nonzero(free) // 6, 8, 48))
    mean = free.sum(axis=1).mean()

    def model(values: np.ndarray) -> np.ndarray:
        away = np.minimum(np.abs(pixels - (values[0] * rows + values[1])[:, None]), reach).ravel() / reach * pieces
        basis = np.maximum(1 - np.abs(away[:, None] - np.arange(pieces + 1)), 0)
        heights = np.linalg.lstsq(basis, free.ravel(), rcond=1e-9)[0]
        return np.asarray(basis @ heights).reshape(free.shape)

    best = least_squares(model, free, np.array(line), steps=25)
    off = np.sqrt(((model(best) - free) ** 2).mean())
    return (float(best[0]), float(best[1])) if off < 0.02 * abs(mean) else line


def _best_fit(
    pair: Pair, rows: np.ndarray, free: np.ndarray, has_weight: np.ndarray, line: tuple[float, float], noise: float
) -> Fit:
    """The simplest family that fits within noise, and among noisy ones about as well as any; else the nearest."""
    shrink = max(1.0, pair[0] / pair[1])
    best: list[Fit] = []
    for is_free in (False, True):
        for family in FAMILIES:
            if is_free and family.has_width:
                continue
            width = shrink if family.has_width else 1.0
            attempts = (
                fit_family(family, rows, free, has_weight, line, start, stretch, noise, stretch_is_free=is_free)
                for start in (tuple(value * width for value in start) for start in family.starts)
                for stretch in ((1.0,) if family.has_width else dict.fromkeys((1.0, shrink)))
            )
            fits = [fit for fit in attempts if fit is not None]
            if fits:
                best.append(min(fits, key=lambda fit: fit.error))
                if best[-1].error <= fit_tolerance(noise) and noise < _NOISY:
                    return best[-1]
        fitting = [fit for fit in best if fit.error <= fit_tolerance(noise)]
        if fitting:
            least = min(fit.rms for fit in fitting)
            return next(fit for fit in fitting if fit.rms <= 1.15 * least)
    return min(best, key=lambda fit: fit.rms)


def fit_family(
    family: Family,
    rows: np.ndarray,
    free: np.ndarray,
    has_weight: np.ndarray,
    line: tuple[float, float],
    start: tuple[float, ...],
    stretch: float,
    noise: float,
    stretch_is_free: bool = False,
) -> Fit | None:
    """Least squares of a family on the weights ``free`` of ``rows``; ``None`` where it has no weights to compare.

    ``has_weight`` is the mask of weights that are not zero. The slope, the intercept and the family's parameters are
    free; the stretch is free with ``stretch_is_free``, and kept without.
    """
    pixels = np.arange(free.shape[1])
    sums = free.sum(axis=1)
    is_normalised = bool(np.ptp(sums) <= 1e-3 * abs(sums.mean()) + 1e-5 + 5 * noise * free.shape[1] ** 0.5)
    mask = has_weight if family is GAUSSIAN else np.ones_like(has_weight)
    gain = float(sums.mean())

    def model(values: np.ndarray) -> np.ndarray:
        offsets = pixels - (values[0] * rows + values[1])[:, None]
        width = values[2] if stretch_is_free else stretch
        weights = np.where(mask, family(offsets / width, *values[2 + stretch_is_free : count]), 0.0)
        if is_normalised:
            total = weights.sum(axis=1, keepdims=True)
            return gain * weights / np.where(np.abs(total) < 1e-9, np.inf, total)
        return np.asarray(values[-1] * weights)

    first = [*line, *([stretch] if stretch_is_free else []), *start]
    count = len(first)
    if not is_normalised:
        first.append(gain / stretch if not family.has_width else gain)
    best = least_squares(model, free, np.array(first))
    difference = np.where(mask, model(best) - free, 0.0)
    if not np.isfinite(difference).all():
        return None
    width = float(best[2]) if stretch_is_free else stretch
    return Fit(
        family,
        tuple(abs(float(value)) if family is GAUSSIAN else float(value) for value in best[2 + stretch_is_free : count]),
        float(best[0]),
        float(best[1]),
        width,
        is_normalised,
        gain if is_normalised else float(best[-1]),
        float(np.abs(difference).max()),
        float(np.sqrt((difference**2).mean())),
    )
