"""Names the one thing in which a measurement differs from its claim, with the evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from golden import Convention, affine_map, coordinates, matrix, matrix_at, tie_distance
from golden.coordinates import Coordinates
from probe.candidates import Candidate, neighbours, two_away
from probe.discrepancy import Attribution, Discrepancy
from probe.measure import Sweep
from probe.sizes import Pair
from probe.structure import Structure
from probe.tolerance import coordinate_error, gain_tolerance

_STRUCTURAL_FIRST = ("determinism", "state")
_STRUCTURAL_LAST = ("axis order", "separability", "channel", "rounding")
_SAMPLE = 8
"""Pairs on which a candidate is tried before it is tried on all that differ."""
_CONFIRM = 160
_POLYNOMIAL = ("linear", "cubic", "mitchell", "area")


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What attribution looks at: one axis's measured matrices, the claim, and which pairs differ from it."""

    claim: Convention
    matrices: dict[Pair, np.ndarray]
    differing: tuple[Pair, ...]

    def sample(self) -> list[Pair]:
        """A few pairs spread over all that differ, the small ones first."""
        ordered = sorted(self.differing, key=lambda pair: pair[0] * pair[1])
        step = max(1, len(ordered) // _SAMPLE)
        return ordered[::step][:_SAMPLE]

    def confirm(self) -> list[Pair]:
        """Enough pairs to believe a candidate, spread over all that differ."""
        step = max(1, len(self.differing) // _CONFIRM)
        return list(self.differing)[::step]

    def explained(self, pairs: Iterable[Pair], explain: Callable[[int, int], np.ndarray]) -> bool:
        """Whether ``explain`` gives what was measured, within rounding, on every one of ``pairs``."""
        return all(_within(self.matrices[pair], explain(*pair), self.claim, pair) for pair in pairs)


def attribute(
    found: Discrepancy, sweeps: list[Sweep], claim: Convention, structure: Structure | None
) -> Attribution | None:
    """Which thing differs from ``claim``; ``None`` when the verdict is agreement or nothing was measured.

    In this order: faults of structure that make a matrix meaningless; shapes; one change of the convention that explains
    every differing pair; what can be read off the matrices (cubic coefficient, an affine coordinate map, quantised
    weights, sums of rows, only the border); two changes.
    """
    faults = {fault.factor: fault for fault in structure.faults} if structure else {}
    for factor in _STRUCTURAL_FIRST:
        if factor in faults:
            return Attribution((factor,), faults[factor].explanation)
    misshapen = [(pair, wrong) for one in sweeps for pair, wrong in one.misshapen.items()]
    if misshapen:
        pair, wrong = misshapen[0]
        is_swapped = sorted(wrong.got) == sorted(wrong.expected)
        factor = "axis order" if is_swapped else "output size"
        return Attribution((factor,), f"at {pair[0]} -> {pair[1]} it {wrong}; {len(misshapen)} pairs are misshapen")
    for factor in ("linearity", "offset", "batch"):
        if factor in faults:
            return Attribution((factor,), faults[factor].explanation)
    structural = next((faults[name] for name in _STRUCTURAL_LAST if name in faults), None)
    if structural is not None and not found.differing:
        return Attribution((structural.factor,), structural.explanation)
    if found.verdict.is_agreement or not found.differing:
        return None
    attribution = max(
        (_attribute_axis(evidence) for evidence in _evidence(sweeps, claim, found)),
        key=lambda one: bool(one.factors),
    )
    if structural is not None and not attribution.convention:
        return Attribution(
            (structural.factor, *attribution.factors), f"{structural.explanation}; {attribution.explanation}"
        )
    return attribution


def _evidence(sweeps: list[Sweep], claim: Convention, found: Discrepancy) -> list[_Evidence]:
    result = []
    for one in sweeps:
        candidates = [pair for pair in found.differing if pair in one.matrices]
        differing = tuple(
            pair for pair in candidates if not _within(one.matrices[pair], matrix(claim, *pair).to_array(), claim, pair)
        )
        if differing:
            result.append(_Evidence(claim, one.matrices, differing))
    return result


def _attribute_axis(evidence: _Evidence) -> Attribution:
    where = describe_pairs(evidence.differing, tuple(evidence.matrices))
    coefficient = _cubic_coefficient(evidence)
    coefficients = () if coefficient is None else (coefficient,)
    candidate = _first_explaining(evidence, neighbours(evidence.claim, coefficients))
    if candidate is not None:
        text = f"what was measured is '{candidate}', where '{evidence.claim}' is claimed{where}"
        return Attribution(candidate.factors, text, candidate.convention)
    for look in (_ties, _normalisation, _quantised, _mapped_coordinates):
        attribution = look(evidence, where)
        if attribution is not None:
            return attribution
    candidate = _first_explaining(evidence, two_away(evidence.claim, coefficients))
    if candidate is not None:
        text = f"what was measured is '{candidate}', where '{evidence.claim}' is claimed{where}"
        return Attribution(candidate.factors, text, candidate.convention)
    return _by_place(evidence, where)


def _within(got: np.ndarray, expected: np.ndarray, convention: Convention, pair: Pair) -> bool:
    gain = float(np.abs(expected).sum(axis=1).max())
    return bool(np.abs(got - expected).sum(axis=1).max() <= gain_tolerance(convention, *pair, round(gain, 3)))


def _first_explaining(evidence: _Evidence, candidates: Iterable[Candidate]) -> Candidate | None:
    sample, confirm = evidence.sample(), evidence.confirm()
    for candidate in candidates:
        try:
            if evidence.explained(sample, candidate.matrix) and evidence.explained(confirm, candidate.matrix):
                return candidate
        except ValueError:  # a combination that has no meaning, such as a spline prefilter with 'wrap_overlap'
            continue
    return None


def _cubic_coefficient(evidence: _Evidence) -> Fraction | None:
    """The coefficient that fits a cubic best: weights are affine in it, so least squares finds it."""
    if evidence.claim.kernel != "cubic":
        return None
    numerator = denominator = 0.0
    for pair in evidence.sample():
        at_zero = matrix(evidence.claim.but(cubic_coeff_a=0), *pair).to_array()
        slope = matrix(evidence.claim.but(cubic_coeff_a=-1), *pair).to_array() - at_zero
        numerator += float((slope * (evidence.matrices[pair] - at_zero)).sum())
        denominator += float((slope * slope).sum())
    if denominator == 0:
        return None
    return Fraction(-numerator / denominator).limit_denominator(1000)


def _ties(evidence: _Evidence, where: str) -> Attribution | None:
    """Picks of whole pixels that are off only within float rounding of a jump."""
    for pair in evidence.differing:
        near = tie_distance(evidence.claim, *pair) <= coordinate_error(pair[0])
        off = np.abs(evidence.matrices[pair] - matrix(evidence.claim, *pair).to_array()).sum(axis=1) > 1e-4
        if (off & ~near).any():
            return None
    exact = sum(
        int((tie_distance(evidence.claim, *pair)[_off(evidence, pair)] == 0).sum()) for pair in evidence.differing
    )
    total = sum(int(_off(evidence, pair).sum()) for pair in evidence.differing)
    text = (
        f"{total} picks are off by one, {exact} of them where the exact coordinate is a tie, the rest within float "
        f"rounding of one; no single tie rule gives them all{where}"
    )
    return Attribution(("ties", "precision"), text)


def _off(evidence: _Evidence, pair: Pair) -> np.ndarray:
    return np.abs(evidence.matrices[pair] - matrix(evidence.claim, *pair).to_array()).sum(axis=1) > 1e-4


def _normalisation(evidence: _Evidence, where: str) -> Attribution | None:
    """Rows proportional to the exact ones that do not sum to what they should."""
    sums = []
    for pair in evidence.sample():
        expected = matrix(evidence.claim, *pair).to_array()
        got = evidence.matrices[pair].astype(np.float64)
        total = got.sum(axis=1, keepdims=True)
        if not np.isfinite(total).all() or (np.abs(total) < 1e-3).any():
            return None
        if not _within(got / total * expected.sum(axis=1, keepdims=True), expected, evidence.claim, pair):
            return None
        sums += [float(value) for value in total[:, 0]]
    low, high = min(sums), max(sums)
    if max(abs(low - 1), abs(high - 1)) < 1e-6:
        return None
    return Attribution(("normalisation",), f"rows sum to between {low:.6g} and {high:.6g}, and else are right{where}")


def _quantised(evidence: _Evidence, where: str) -> Attribution | None:
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
    for steps in [255, *(2**k for k in range(3, 17))]:
        scaled = values * steps
        if np.abs(scaled - np.round(scaled)).max() < 1e-6 * steps + 1e-5 and furthest <= 2.5 / steps:
            text = f"every weight is a multiple of 1/{steps}, off by at most {furthest:.3g}{where}"
            return Attribution(("precision", "rounding"), text)
    return _table(evidence, where)


def _table(evidence: _Evidence, where: str) -> Attribution | None:
    """Weights read at coordinates rounded to a grid of 1 / 2^k pixels."""
    for bits in range(3, 13):
        for rule, words in (("round_half_up", "rounded"), ("floor", "cut")):
            for adjust in (False, True):

                def explain(
                    n_in: int, n_out: int, bits: int = bits, rule: str = rule, adjust: bool = adjust
                ) -> np.ndarray:
                    return _at_grid(evidence.claim, n_in, n_out, 2**bits, rule, adjust)

                if evidence.explained(evidence.sample(), explain) and evidence.explained(evidence.confirm(), explain):
                    text = f"coordinates are {words} to 1/{2**bits} of a pixel before the weights are taken{where}"
                    return Attribution(("precision",), text)
    return None


def _at_grid(claim: Convention, n_in: int, n_out: int, steps: int, rule: str, clamp: bool) -> np.ndarray:
    exact = coordinates(claim, n_in, n_out)
    scaled = [Fraction(int(numerator), exact.denominator) * steps for numerator in exact.numerators]
    if clamp:
        scaled = [min(max(value, Fraction(0)), Fraction((n_in - 1) * steps)) for value in scaled]
    rounded = [int((value + Fraction(1, 2)) // 1) if rule == "round_half_up" else int(value // 1) for value in scaled]
    where = Coordinates(np.array(rounded, dtype=np.int64), steps)
    return matrix_at(claim, where, n_in, Fraction(n_out, n_in)).to_array()


def _mapped_coordinates(evidence: _Evidence, where: str) -> Attribution | None:
    """The claimed kernel at other coordinates: centroids lie on another line, and that line gives the measured rows."""
    if evidence.claim.kernel not in ("linear", "cubic", "mitchell"):
        return None
    lines: list[str] = []
    same_centre = True
    for pair in evidence.sample():
        fitted = _fitted_line(evidence, pair)
        if fitted is None:
            continue
        slope, intercept = fitted
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


def _fitted_line(evidence: _Evidence, pair: Pair) -> tuple[Fraction, Fraction] | None:
    """Slope and intercept of the centroids of rows that no border touches; ``None`` where fewer than two are left."""
    got = evidence.matrices[pair].astype(np.float64)
    centroids = got @ np.arange(pair[0])
    free = (np.abs(got[:, [0, -1]]).max(axis=1) < 1e-6) & np.isfinite(centroids)
    if evidence.claim.kernel == "linear" and not evidence.claim.antialias:
        free = (centroids > 1e-6) & (centroids < pair[0] - 1 - 1e-6)
    outputs = np.flatnonzero(free)
    if len(outputs) < 2:
        return None
    slope, intercept = np.polyfit(outputs, centroids[outputs], 1)
    return Fraction(slope).limit_denominator(10**6), Fraction(intercept).limit_denominator(10**6)


def _by_place(evidence: _Evidence, where: str) -> Attribution:
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


def describe_pairs(differing: tuple[Pair, ...], measured: tuple[Pair, ...]) -> str:
    """Which pairs differ, as a condition in words when a simple one fits exactly; empty when all do."""
    chosen, everything = set(differing), set(measured)
    if chosen == everything:
        return ""
    rules: list[tuple[str, Callable[[Pair], bool]]] = [
        ("when shrinking", lambda pair: pair[1] < pair[0]),
        ("when enlarging", lambda pair: pair[1] > pair[0]),
        ("when the size changes", lambda pair: pair[1] != pair[0]),
        ("when the size stays", lambda pair: pair[1] == pair[0]),
        ("when n_out is twice n_in", lambda pair: pair[1] == 2 * pair[0]),
        ("when n_out is 1", lambda pair: pair[1] == 1),
        ("when n_in is 1", lambda pair: pair[0] == 1),
        ("when n_out is above 1", lambda pair: pair[1] > 1),
    ]
    for k in range(2, 33):
        rules.append((f"from n_in = {k} on", lambda pair, k=k: pair[0] >= k))
        rules.append((f"from n_out = {k} on", lambda pair, k=k: pair[1] >= k))
        rules.append((f"when n_out is a multiple of {k}", lambda pair, k=k: pair[1] % k == 0))
    for words, rule in rules:
        if {pair for pair in everything if rule(pair)} == chosen:
            return f", {words}"
    # An explanation may agree with the claim by chance at a few sizes: then the rule covers more than what differs.
    for words, rule in rules:
        covered = {pair for pair in everything if rule(pair)}
        if chosen < covered and len(covered) < 0.6 * len(everything) and len(chosen) > 0.8 * len(covered):
            return f", {words} (at {len(chosen)} of {len(covered)} such pairs)"
    return f", at {len(chosen)} of {len(everything)} pairs"
