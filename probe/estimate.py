"""Reads parameters off measured matrices: the sampling line, a region of interest, a cubic coefficient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache

import numpy as np

from golden import Convention, matrix
from probe.sizes import Pair

_STEP = Fraction(1, 1024)
_SIMPLE = 16
"""Largest denominator of a region's ends where coordinates are seen less than exactly: picks, centroids of cubics."""


def sampling_line(got: np.ndarray, is_linear: bool = False) -> tuple[float, float] | None:
    """``(slope, intercept)`` of ``x_in = slope * x_out + intercept``, input pixels, from centroids of rows.

    ``got`` is one measured matrix, ``(n_out, n_in)``. Only rows count that no border touches: those without weight on
    the first and last pixel, or, for a kernel known to be linear, those whose centroid lies between the two. ``None``
    where fewer than two such rows are left.
    """
    weights = got.astype(np.float64)
    centroids = weights @ np.arange(weights.shape[1])
    free = (np.abs(weights[:, [0, -1]]).max(axis=1) < 1e-6) & np.isfinite(centroids)
    if is_linear:
        free = (centroids > 1e-6) & (centroids < weights.shape[1] - 1 - 1e-6)
    outputs = np.flatnonzero(free)
    if len(outputs) < 2:
        return None
    slope, intercept = np.polyfit(outputs, centroids[outputs], 1)
    return float(slope), float(intercept)


def cubic_coefficient(convention: Convention, matrices: Mapping[Pair, np.ndarray]) -> float | None:
    """The ``cubic_coeff_a`` with which ``convention``, whose kernel is cubic, fits ``matrices`` best.

    Least squares. Weights are affine in the coefficient, except where they are divided by a sum that depends on it
    (antialias, renormalise): hence four Newton steps instead of one. ``None`` where no weight depends on it.
    """
    estimate, refined = Fraction(-1, 2), -0.5
    for _ in range(4):
        numerator = denominator = 0.0
        for pair, got in matrices.items():
            low, at, high = (
                matrix(convention.but(cubic_coeff_a=estimate + shift), *pair).to_array() for shift in (-_STEP, 0, _STEP)
            )
            slope = (high - low) / float(2 * _STEP)
            numerator += float((slope * (got - at)).sum())
            denominator += float((slope * slope).sum())
        if denominator < 1e-12 or not np.isfinite(numerator):
            return None
        step = numerator / denominator
        if abs(step) > 4:
            return None
        if abs(step) < 1e-9:
            break
        # Few bits keep the integers of the exact matrix small; rounding here only delays the last step.
        refined = float(estimate) + step
        estimate = Fraction(round(refined * 2**20), 2**20)
    return refined


def simple_fractions(value: float) -> list[Fraction]:
    """Fractions near ``value``, the simplest first: denominators up to 10, 100 and 1000."""
    return list(dict.fromkeys(Fraction(value).limit_denominator(largest) for largest in (10, 100, 1000)))


def regions(matrices: Mapping[Pair, np.ndarray]) -> list[tuple[Fraction, Fraction]]:
    """Regions of interest ``(start, end)`` of ``tf_crop_and_resize`` that the sampled places fit; often none or one.

    From the sampling lines where rows are blends, and from the picks where every row takes one pixel.
    """
    usable = {pair: got for pair, got in matrices.items() if min(pair) > 1}
    if not usable:
        return []
    if all(_is_pick(got) for got in usable.values()):
        return list(_picked_regions(usable))
    # Centroids of most cubics are a few thousandths off their coordinates: then only short fractions are found.
    found = [
        {_region(pair, line, largest) for line in _lines(got) for largest in (64, _SIMPLE)}
        for pair, got in usable.items()
    ]
    seen = Counter(region for regions_of_pair in found for region in regions_of_pair)
    return [region for region, count in seen.most_common(2) if count >= min(3, len(usable))]


def _lines(got: np.ndarray) -> Iterator[tuple[float, float]]:
    for is_linear in (False, True):
        line = sampling_line(got, is_linear)
        if line is not None:
            yield line


def _region(pair: Pair, line: tuple[float, float], largest: int) -> tuple[Fraction, Fraction]:
    n_in, n_out = pair
    slope, intercept = line
    start = intercept / (n_in - 1)
    ends = (start, start + slope * (n_out - 1) / (n_in - 1))
    return tuple(Fraction(value).limit_denominator(largest) for value in ends)


def _is_pick(got: np.ndarray) -> bool:
    return bool(((got == 0) | (got == 1)).all() and (got.sum(axis=1) <= 1).all())


def _picked_regions(matrices: Mapping[Pair, np.ndarray]) -> Iterator[tuple[Fraction, Fraction]]:
    starts, ends = _simple_regions()
    fits = np.ones(len(starts), dtype=bool)
    for (n_in, n_out), got in matrices.items():
        seen = got.sum(axis=1) > 0
        spread = np.arange(n_out) / (n_out - 1)
        places = (starts[:, None] + (ends - starts)[:, None] * spread) * (n_in - 1)
        fits &= (np.abs(places - got.argmax(axis=1))[:, seen] <= 0.5 + 1e-6).all(axis=1)
    chosen = [(Fraction(starts[k]), Fraction(ends[k])) for k in np.flatnonzero(fits)]
    simple = [tuple(end.limit_denominator(_SIMPLE) for end in region) for region in chosen]
    yield from sorted(simple, key=lambda region: (region[0].denominator * region[1].denominator, region))[:3]


@cache
def _simple_regions() -> tuple[np.ndarray, np.ndarray]:
    values = sorted({Fraction(p, q) for q in range(1, _SIMPLE + 1) for p in range(q + 1)})
    pairs = [(float(a), float(b)) for a in values for b in values if a < b]
    return tuple(np.array(pairs).T)
