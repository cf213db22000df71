"""Estimates what stands for pixels outside the image, at either end, from the rows that a border touches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from golden.borders import fold
from probe.estimates.kernel import KernelEstimate, fit_tolerance

_RULES = ("replicate", "renormalise", "reflect", "mirror", "wrap", "constant", "extrapolate", "clamped coordinate")
_WORDS = {"constant": "zeros outside", "extrapolate": "zero where the coordinate lies outside"}


@dataclass(frozen=True, slots=True)
class BorderEstimate:
    """The rules that fit the rows of one end as well as any, and by how much the first misses a weight.

    ``rows`` is how many rows the border touches; ``fits`` whether the rule explains them.
    """

    end: str
    rules: tuple[str, ...]
    error: float
    rows: int
    fits: bool

    def __str__(self) -> str:
        named = [_WORDS.get(rule, rule) for rule in self.rules]
        others = f" (not told from {', '.join(named[1:])})" if named[1:] else ""
        return f"{named[0]}{others}" if self.fits else f"none known (nearest {named[0]})"


def border_estimates(kernel: KernelEstimate, got: np.ndarray) -> list[BorderEstimate]:
    """Of the start and of the end; an end that touches no row is left out."""
    n_out, n_in = got.shape
    places = kernel.slope * np.arange(n_out) + kernel.intercept
    reach = kernel.radius + 1e-6
    if kernel.is_pick:
        return []
    found = []
    for end, rows in (("start", places - reach < 0), ("end", places + reach > n_in - 1)):
        both = (places - reach < 0) & (places + reach > n_in - 1)
        rows = np.flatnonzero(rows & ~both)
        if len(rows):
            found.append(_estimate(kernel, end, got, rows, places))
    return found


def _estimate(kernel: KernelEstimate, end: str, got: np.ndarray, rows: np.ndarray, places: np.ndarray):
    errors = {
        rule: float(np.abs(_predicted(kernel, rule, got.shape[1], places[rows]) - got[rows]).max()) for rule in _RULES
    }
    least = min(errors.values())
    # An interpolated curve is as good as its points are dense: where no family fits, a hundredth is no difference.
    within = max(fit_tolerance(kernel.noise), 3e-5) if kernel.fits else 0.02
    rules = sorted((rule for rule in _RULES if errors[rule] <= least + within), key=lambda rule: _RULES.index(rule))
    return BorderEstimate(end, tuple(rules), least, len(rows), least <= max(within, 3e-4 if kernel.fits else 0.02))


def _predicted(kernel: KernelEstimate, rule: str, n_in: int, places: np.ndarray) -> np.ndarray:
    """Rows of weights ``(len(places), n_in)`` under one border rule."""
    outside = (places < -1e-9) | (places > n_in - 1 + 1e-9)
    if rule == "clamped coordinate":
        places = np.clip(places, 0, n_in - 1)
    reach = int(np.ceil(kernel.radius)) + 1
    taps = np.floor(places).astype(int)[:, None] + np.arange(-reach, reach + 1)
    offsets = taps - places[:, None]
    weights = (
        kernel.fit.kernel(offsets, kernel.radius + (kernel.noise > 1e-5)) if kernel.fits else kernel.curve(offsets)
    )
    normalised = kernel.fit.is_normalised if kernel.fits else kernel.sums[1] - kernel.sums[0] < 1e-3
    gain = kernel.fit.gain if kernel.fits else kernel.sums[0]
    border = "replicate" if rule == "clamped coordinate" else rule
    columns, kept = fold(border, taps, n_in)
    folded = np.where(kept, weights, 0.0)
    if normalised:
        total = (folded if rule == "renormalise" else weights).sum(axis=1, keepdims=True)
        folded = gain * folded / np.where(np.abs(total) < 1e-9, np.inf, total)
    elif rule == "renormalise":
        total = folded.sum(axis=1, keepdims=True)
        folded = folded / np.where(np.abs(total) < 1e-9, np.inf, total)
    elif kernel.fits:
        folded = gain * folded
    if rule == "extrapolate":
        folded = np.where(outside[:, None], 0.0, folded)
    rows = np.zeros((len(places), n_in))
    np.add.at(rows, (np.arange(len(places))[:, None], columns), folded)
    return rows
