"""What can be read off measured matrices when no known convention gives them: one question, one function."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from golden import Coordinates, affine_map, coordinates, matrix, matrix_at, tie_distance
from probe.discrepancy import Attribution
from probe.estimate import sampling_line
from probe.evidence import Evidence, within
from probe.sizes import Pair
from probe.tolerance import coordinate_error


def near_ties(evidence: Evidence, where: str) -> Attribution | None:
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
    return Attribution(("precision",) if jumps is not evidence.claim else ("ties", "precision"), text)


def normalisation(evidence: Evidence, where: str) -> Attribution | None:
    """Rows proportional to the exact ones that do not sum to what they should."""
    sums = []
    for pair in evidence.sample():
        expected = matrix(evidence.claim, *pair).to_array()
        got = evidence.matrices[pair].astype(np.float64)
        total = got.sum(axis=1, keepdims=True)
        if not np.isfinite(total).all() or (np.abs(total) < 1e-3).any():
            return None
        if not within(got / total * expected.sum(axis=1, keepdims=True), expected, evidence.claim, pair):
            return None
        sums += [float(value) for value in total[:, 0]]
    low, high = min(sums), max(sums)
    if max(abs(low - 1), abs(high - 1)) < 1e-6:
        return None
    return Attribution(("normalisation",), f"rows sum to between {low:.6g} and {high:.6g}, and else are right{where}")


def quantised(evidence: Evidence, where: str) -> Attribution | None:
    """Weights, or the coordinates they are read at, that lie on a grid of 1 / 2^k, or are half-precision numbers."""
    values = np.concatenate([evidence.matrices[pair].ravel() for pair in evidence.confirm()]).astype(np.float64)
    expected = np.concatenate([matrix(evidence.claim, *pair).to_array().ravel() for pair in evidence.confirm()])
    if not np.isfinite(values).all():
        return None
    furthest = float(np.abs(values - expected).max())
    for name, bits in (("bfloat16", 8), ("float16", 11)):
        mantissa, _ = np.frexp(values)
        if np.array_equal(np.round(mantissa * 2.0**bits), mantissa * 2.0**bits) and furthest <= 4 * 2.0**-bits:
            return Attribution(("precision",), f"every weight is a {name} number, off by at most {furthest:.3g}{where}")
    for steps in [255, *(2**k for k in range(4, 17))]:
        if _on_multiples(values, steps) and not _on_multiples(expected, steps) and furthest <= 2.5 / steps:
            text = f"every weight is a multiple of 1/{steps}, off by at most {furthest:.3g}{where}"
            return Attribution(("precision", "rounding"), text)
    return _table(evidence, where)


def _on_multiples(values: np.ndarray, steps: int) -> bool:
    """Whether all are multiples of ``1 / steps``, up to float32 rounding."""
    scaled = values * steps
    return bool(np.abs(scaled - np.round(scaled)).max() < 1e-6 * steps + 1e-5)


def _table(evidence: Evidence, where: str) -> Attribution | None:
    """Weights read at coordinates on a grid of 1 / 2^k pixels, whichever way they were rounded to it."""
    for bits in range(3, 13):
        if all(_on_grid(evidence, pair, 2**bits) for pair in evidence.confirm()):
            text = f"coordinates are rounded to 1/{2**bits} of a pixel before the weights are taken{where}"
            return Attribution(("precision",), text)
    return None


def _on_grid(evidence: Evidence, pair: Pair, steps: int) -> bool:
    """Whether every row is the exact one at the grid point below its coordinate or at the one above."""
    exact = coordinates(evidence.claim, *pair)
    below = exact.numerators.astype(object) * steps // exact.denominator
    last = (pair[0] - 1) * steps
    off = None
    for points in (below, below + 1, np.clip(below, 0, last), np.clip(below + 1, 0, last)):
        where = Coordinates(points.astype(np.int64), steps)
        rows = matrix_at(evidence.claim, where, pair[0], Fraction(pair[1], pair[0])).to_array()
        error = np.abs(evidence.matrices[pair] - rows).sum(axis=1)
        off = error if off is None else np.minimum(off, error)
    return bool(off.max() <= evidence.tolerance(pair))


def mapped_coordinates(evidence: Evidence, where: str) -> Attribution | None:
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
        where_sampled = Coordinates(numerators, denominator)
        explained = matrix_at(evidence.claim, where_sampled, n_in, Fraction(n_out, n_in)).to_array()
        if np.abs(explained - evidence.matrices[pair]).sum(axis=1).max() > 1e-2:
            return None
        step, first = affine_map(evidence.claim, n_in, n_out)
        claimed = f"{float(step):.5g} x_out {float(first):+.5g}"
        lines.append(f"{n_in} -> {n_out}: x_in = {float(slope):.5g} x_out {float(intercept):+.5g}, not {claimed}")
        same_centre &= abs(slope - step) > 1e-4 and abs(intercept - (slope - 1) / 2) < 1e-3
    if not lines:
        return None
    factors = ("scale source", "coordinates") if same_centre else ("coordinates",)
    return Attribution(factors, f"samples lie on another line than claimed, {'; '.join(lines[:3])}{where}")


def by_place(evidence: Evidence, where: str) -> Attribution:
    """Without an explanation: say whether only the border, the width of the window, or the weights differ."""
    border_only = ends_only = True
    rows = 0
    widths: list[float] = []
    for pair in evidence.differing:
        got, expected = evidence.matrices[pair].astype(np.float64), matrix(evidence.claim, *pair).to_array()
        off = ~(np.abs(got - expected).sum(axis=1) <= 1e-5)
        rows += int(off.sum())
        inside = (np.abs(got[:, [0, -1]]) + np.abs(expected[:, [0, -1]])).sum(axis=1) == 0
        border_only &= not (off & inside).any()
        ends_only &= not off[1:-1].any()
        taps = [np.count_nonzero(np.abs(weights[off & inside]) > 1e-6, axis=1) for weights in (got, expected)]
        widths += list(taps[0] / np.maximum(taps[1], 1))
    if border_only or ends_only:
        which = "the first or last output differs" if ends_only else "rows that reach the first or last pixel differ"
        return Attribution(("border",), f"only {which}{where}")
    width = float(np.median(widths))
    if evidence.claim.antialias and not 0.8 < width < 1.25:
        text = f"the window is {width:.2g} times as wide as the stretched kernel's, in the median{where}"
        return Attribution(("antialias",), text)
    return Attribution(("kernel",), f"no convention tried gives these weights; {rows} rows differ{where}")
