"""Features read off measured matrices: sampling line, cubic coefficient, region of interest, row sums, weight grids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np

from halfpixel.golden import Convention, Coordinates, affine_map, coordinates, matrix, matrix_at, tie_distance
from halfpixel.golden.tolerance import coordinate_error, matrix_tolerance
from halfpixel.golden.vocabulary import Cause
from halfpixel.probe.compare.discrepancy import Attribution
from halfpixel.probe.measure.sizes import Pair

_SAMPLE = 8
_CONFIRM = 160


@dataclass(frozen=True, slots=True)
class AxisEvidence:
    """The measured matrices of one axis, by pair, and the pairs at which they differ from ``claim``."""

    claim: Convention
    matrices: dict[Pair, np.ndarray]
    differing: tuple[Pair, ...]

    @property
    def agreeing(self) -> list[Pair]:
        """The pairs at which the claim holds."""
        differing = set(self.differing)
        return [pair for pair in self.matrices if pair not in differing]

    def sample(self) -> list[Pair]:
        """A few pairs spread over all that differ, the small ones first."""
        ordered = sorted(self.differing, key=lambda pair: (min(pair) == 1, pair[0] * pair[1]))
        return evenly_spaced(ordered, _SAMPLE)

    def confirm(self) -> list[Pair]:
        """Enough pairs to believe an explanation, spread over all that differ."""
        return evenly_spaced(list(self.differing), _CONFIRM)

    def explained(self, pairs: Iterable[Pair], explain: Callable[[int, int], np.ndarray]) -> bool:
        """Whether ``explain`` gives the measured matrices, within rounding, at all ``pairs``."""
        return all(matrices_agree(self.matrices[pair], explain(*pair), self.claim, pair) for pair in pairs)

    def tolerance(self, pair: Pair) -> float:
        """The rounding bound at this pair."""
        return matrix_tolerance(self.claim, pair, matrix(self.claim, *pair).to_array())


def matrices_agree(measured: np.ndarray, expected: np.ndarray, convention: Convention, pair: Pair) -> bool:
    """Whether two matrices of one pair agree within the rounding bound of ``convention``."""
    return bool(np.abs(measured - expected).sum(axis=1).max() <= matrix_tolerance(convention, pair, expected))


def evenly_spaced(pairs: list[Pair], count: int) -> list[Pair]:
    """About ``count`` of ``pairs``, evenly spaced."""
    return pairs[:: max(1, len(pairs) // count)][: 2 * count]


_STEP = Fraction(1, 1024)
_SIMPLE = 16
"""Largest denominator of a region's ends where coordinates are known inexactly: picks, centroids of cubics."""


def sampling_line(measured: np.ndarray, is_linear: bool = False) -> tuple[float, float] | None:
    """``(slope, intercept)`` of ``x_in = slope * x_out + intercept``, input pixels, from centroids of rows.

    ``measured`` is one matrix, ``(n_out, n_in)``. Only rows count that no border touches: those without weight on the
    first and last pixel, or, for a kernel known to be linear, those whose centroid lies between the two. ``None`` where
    fewer than two such rows are left.
    """
    weights = measured.astype(np.float64)
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
        for pair, measured in matrices.items():
            low, at, high = (
                matrix(convention.but(cubic_coeff_a=estimate + shift), *pair).to_array() for shift in (-_STEP, 0, _STEP)
            )
            slope = (high - low) / float(2 * _STEP)
            numerator += float((slope * (measured - at)).sum())
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
    """Regions of interest ``(start, end)`` of ``tf_crop_and_resize`` that fit the sampled positions; often none or one.

    From the sampling lines where rows are blends, and from the picks where every row takes one pixel.
    """
    usable = {pair: measured for pair, measured in matrices.items() if min(pair) > 1}
    if not usable:
        return []
    if all(_is_pick(measured) for measured in usable.values()):
        return list(_picked_regions(usable))
    # Centroids of most cubics are a few thousandths off their coordinates: then only short fractions are found.
    regions_by_pair = [
        {_region(pair, line, largest) for line in _lines(measured) for largest in (64, _SIMPLE)}
        for pair, measured in usable.items()
    ]
    counts = Counter(region for regions_of_pair in regions_by_pair for region in regions_of_pair)
    return [region for region, count in counts.most_common(2) if count >= min(3, len(usable))]


def _lines(measured: np.ndarray) -> Iterator[tuple[float, float]]:
    for is_linear in (False, True):
        line = sampling_line(measured, is_linear)
        if line is not None:
            yield line


def _region(pair: Pair, line: tuple[float, float], largest: int) -> tuple[Fraction, Fraction]:
    n_in, n_out = pair
    slope, intercept = line
    start = intercept / (n_in - 1)
    end = start + slope * (n_out - 1) / (n_in - 1)
    return Fraction(start).limit_denominator(largest), Fraction(end).limit_denominator(largest)


def _is_pick(measured: np.ndarray) -> bool:
    return bool(((measured == 0) | (measured == 1)).all() and (measured.sum(axis=1) <= 1).all())


def _picked_regions(matrices: Mapping[Pair, np.ndarray]) -> Iterator[tuple[Fraction, Fraction]]:
    starts, ends = _simple_regions()
    fits = np.ones(len(starts), dtype=bool)
    for (n_in, n_out), measured in matrices.items():
        has_pick = measured.sum(axis=1) > 0
        spread = np.arange(n_out) / (n_out - 1)
        positions = (starts[:, None] + (ends - starts)[:, None] * spread) * (n_in - 1)
        fits &= (np.abs(positions - measured.argmax(axis=1))[:, has_pick] <= 0.5 + 1e-6).all(axis=1)
    simple = [
        (Fraction(starts[k]).limit_denominator(_SIMPLE), Fraction(ends[k]).limit_denominator(_SIMPLE))
        for k in np.flatnonzero(fits)
    ]
    yield from sorted(simple, key=lambda region: (region[0].denominator * region[1].denominator, region))[:3]


@cache
def _simple_regions() -> tuple[np.ndarray, np.ndarray]:
    values = sorted({Fraction(p, q) for q in range(1, _SIMPLE + 1) for p in range(q + 1)})
    starts, ends = np.array([(float(a), float(b)) for a in values for b in values if a < b]).T
    return starts, ends


def near_ties(evidence: AxisEvidence, where: str) -> Attribution | None:
    """Rows that differ only where the coordinate is within float rounding of a jump."""
    total = exact = 0
    # Area is continuous, but an implementation that rounds the ends of its box to whole pixels first jumps there.
    jumps = evidence.claim.but(kernel="adaptive_average") if evidence.claim.kernel == "area" else evidence.claim
    for pair in evidence.differing:
        distance = tie_distance(jumps, *pair)
        error = np.abs(evidence.matrices[pair] - matrix(evidence.claim, *pair).to_array()).sum(axis=1)
        off = error > evidence.tolerance(pair)
        if (off & (distance > coordinate_error(pair[0]))).any():
            return None
        total += int(off.sum())
        exact += int((off & (distance == 0)).sum())
    text = (
        f"{total} outputs fall on the other side of a jump, {exact} of them where the exact coordinate lies on it and "
        f"the rest within float rounding of it; no one rule gives them all{where}"
    )
    return Attribution((Cause.PRECISION,) if jumps is not evidence.claim else (Cause.TIES, Cause.PRECISION), text)


def normalisation(evidence: AxisEvidence, where: str) -> Attribution | None:
    """Rows proportional to the exact ones that do not sum to what they should."""
    sums = []
    for pair in evidence.sample():
        expected = matrix(evidence.claim, *pair).to_array()
        measured = evidence.matrices[pair].astype(np.float64)
        total = measured.sum(axis=1, keepdims=True)
        if not np.isfinite(total).all() or (np.abs(total) < 1e-3).any():
            return None
        if not matrices_agree(measured / total * expected.sum(axis=1, keepdims=True), expected, evidence.claim, pair):
            return None
        sums += [float(value) for value in total[:, 0]]
    low, high = min(sums), max(sums)
    if max(abs(low - 1), abs(high - 1)) < 1e-6:
        return None
    return Attribution(
        (Cause.NORMALISATION,), f"rows sum to between {low:.6g} and {high:.6g}, and else are right{where}"
    )


def quantised(evidence: AxisEvidence, where: str) -> Attribution | None:
    """Weights, or the coordinates they are read at, that lie on a grid of 1 / 2^k, or are half-precision numbers."""
    values = np.concatenate([evidence.matrices[pair].ravel() for pair in evidence.confirm()]).astype(np.float64)
    expected = np.concatenate([matrix(evidence.claim, *pair).to_array().ravel() for pair in evidence.confirm()])
    if not np.isfinite(values).all():
        return None
    furthest = float(np.abs(values - expected).max())
    for name, bits in (("bfloat16", 8), ("float16", 11)):
        mantissa, _ = np.frexp(values)
        if np.array_equal(np.round(mantissa * 2.0**bits), mantissa * 2.0**bits) and furthest <= 4 * 2.0**-bits:
            return Attribution(
                (Cause.PRECISION,), f"every weight is a {name} number, off by at most {furthest:.3g}{where}"
            )
    for steps in [255, *(2**k for k in range(4, 17))]:
        if _on_multiples(values, steps) and not _on_multiples(expected, steps) and furthest <= 2.5 / steps:
            text = f"every weight is a multiple of 1/{steps}, off by at most {furthest:.3g}{where}"
            return Attribution((Cause.PRECISION, Cause.ROUNDING), text)
    return _table(evidence, where)


def _on_multiples(values: np.ndarray, steps: int) -> bool:
    """Whether all are multiples of ``1 / steps``, up to float32 rounding."""
    scaled = values * steps
    return bool(np.abs(scaled - np.round(scaled)).max() < 1e-6 * steps + 1e-5)


def _table(evidence: AxisEvidence, where: str) -> Attribution | None:
    """Weights read at coordinates on a grid of 1 / 2^k pixels, whichever way they were rounded to it."""
    for bits in range(3, 13):
        if all(_on_grid(evidence, pair, 2**bits) for pair in evidence.confirm()):
            text = f"coordinates are rounded to 1/{2**bits} of a pixel before the weights are taken{where}"
            return Attribution((Cause.PRECISION,), text)
    return None


def _on_grid(evidence: AxisEvidence, pair: Pair, steps: int) -> bool:
    """Whether every row is the exact one at the grid point below its coordinate or at the one above."""
    exact = coordinates(evidence.claim, *pair)
    below = exact.numerators.astype(object) * steps // exact.denominator
    last = (pair[0] - 1) * steps
    error = np.full(pair[1], np.inf)
    for points in (below, below + 1, np.clip(below, 0, last), np.clip(below + 1, 0, last)):
        grid = Coordinates(points.astype(np.int64), steps)
        rows = matrix_at(evidence.claim, grid, pair[0], Fraction(pair[1], pair[0])).to_array()
        error = np.minimum(error, np.abs(evidence.matrices[pair] - rows).sum(axis=1))
    return bool(error.max() <= evidence.tolerance(pair))


def mapped_coordinates(evidence: AxisEvidence, where: str) -> Attribution | None:
    """The claimed kernel at other coordinates: centroids lie on another line, and that line gives the measured rows."""
    if evidence.claim.kernel not in ("linear", "cubic", "mitchell"):
        return None
    is_linear = evidence.claim.kernel == "linear" and not evidence.claim.antialias
    lines: list[str] = []
    same_centre = True
    for pair in evidence.sample():
        fitted = sampling_line(evidence.matrices[pair], is_linear)
        if fitted is None:
            continue
        slope, intercept = (Fraction(value).limit_denominator(10**6) for value in fitted)
        n_in, n_out = pair
        denominator = slope.denominator * intercept.denominator
        numerators = np.arange(n_out, dtype=object) * int(slope * denominator) + int(intercept * denominator)
        sampled = Coordinates(numerators, denominator)
        explained = matrix_at(evidence.claim, sampled, n_in, Fraction(n_out, n_in)).to_array()
        if np.abs(explained - evidence.matrices[pair]).sum(axis=1).max() > 1e-2:
            return None
        step, first = affine_map(evidence.claim, n_in, n_out)
        claimed = f"{float(step):.5g} x_out {float(first):+.5g}"
        lines.append(f"{n_in} -> {n_out}: x_in = {float(slope):.5g} x_out {float(intercept):+.5g}, not {claimed}")
        same_centre &= abs(slope - step) > 1e-4 and abs(intercept - (slope - 1) / 2) < 1e-3
    if not lines:
        return None
    factors = (Cause.SCALE_SOURCE, Cause.COORDINATES) if same_centre else (Cause.COORDINATES,)
    return Attribution(factors, f"samples lie on another line than claimed, {'; '.join(lines[:3])}{where}")


def affected_region(evidence: AxisEvidence, where: str) -> Attribution:
    """Without an explanation: whether only the border, the width of the window, or the weights differ."""
    border_only = ends_only = True
    rows = 0
    widths: list[float] = []
    for pair in evidence.differing:
        measured, expected = evidence.matrices[pair].astype(np.float64), matrix(evidence.claim, *pair).to_array()
        off = ~(np.abs(measured - expected).sum(axis=1) <= 1e-5)
        rows += int(off.sum())
        inside = (np.abs(measured[:, [0, -1]]) + np.abs(expected[:, [0, -1]])).sum(axis=1) == 0
        border_only &= not (off & inside).any()
        ends_only &= not off[1:-1].any()
        taps = [np.count_nonzero(np.abs(weights[off & inside]) > 1e-6, axis=1) for weights in (measured, expected)]
        widths += list(taps[0] / np.maximum(taps[1], 1))
    if border_only or ends_only:
        which = "the first or last output differs" if ends_only else "rows that reach the first or last pixel differ"
        return Attribution((Cause.BORDER,), f"only {which}{where}")
    width = float(np.median(widths))
    if evidence.claim.antialias and not 0.8 < width < 1.25:
        text = f"the window is {width:.2g} times as wide as the stretched kernel's, in the median{where}"
        return Attribution((Cause.ANTIALIAS,), text)
    return Attribution((Cause.KERNEL,), f"no convention tried gives these weights; {rows} rows differ{where}")
