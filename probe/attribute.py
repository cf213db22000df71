"""Names the one thing in which a measurement differs from its claim, with the evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain

from golden import Convention, matrix
from probe import symptoms
from probe.candidates import Candidate, differences, every_convention, neighbours, two_away
from probe.conditions import describe_pairs
from probe.discrepancy import Attribution, Discrepancy, Verdict
from probe.estimate import cubic_coefficient, simple_fractions
from probe.evidence import Evidence, spread, within
from probe.measure import Sweep
from probe.sizes import Pair
from probe.structure import Structure

_STRUCTURAL_FIRST = ("determinism", "state")
_MEANINGLESS_MATRIX = ("linearity", "offset", "batch")
_STRUCTURAL_LAST = ("axis order", "separability", "channel", "rounding", "normalisation")
_MOSTLY = 0.8
"""The share of differing pairs that a change must explain when it leaves degenerate sizes unexplained."""
_RARE = 0.05
"""A difference at fewer pairs than this share, by no rule, is another convention only if that fits all pairs."""


def attribute(
    found: Discrepancy, sweeps: list[Sweep], claim: Convention, structure: Structure | None
) -> Attribution | None:
    """Which thing differs from ``claim``; ``None`` when the verdict is agreement or nothing was measured.

    In this order: faults of structure that make a matrix meaningless; shapes; one change of the convention that
    explains every differing pair; what can be read off the matrices (jumps, sums of rows, quantised weights); two
    changes; a cause each for shrinking, enlarging and equal sizes; any convention, however far, that leaves at most
    some sizes unexplained; another sampling line; the place.
    """
    faults = {fault.factor: fault for fault in structure.faults} if structure else {}
    for factor in _STRUCTURAL_FIRST:
        if factor in faults:
            return Attribution((factor,), faults[factor].explanation)
    misshapen = [(pair, wrong) for one in sweeps for pair, wrong in one.misshapen.items()]
    if misshapen:
        pair, wrong = misshapen[0]
        factor = "axis order" if sorted(wrong.got) == sorted(wrong.expected) else "output size"
        return Attribution((factor,), f"at {pair[0]} -> {pair[1]} it {wrong}; {len(misshapen)} pairs are misshapen")
    for factor in _MEANINGLESS_MATRIX:
        if factor in faults:
            return Attribution((factor,), faults[factor].explanation)
    structural = next((faults[name] for name in _STRUCTURAL_LAST if name in faults), None)
    if structural is not None and not found.differing:
        return Attribution((structural.factor,), structural.explanation)
    if found.verdict.is_agreement or not found.differing:
        return None
    attribution = _attribute_axis(_evidence(sweeps, claim, found), found.verdict)
    if structural is not None and not attribution.convention:
        factors = tuple(dict.fromkeys((structural.factor, *attribution.factors)))
        return Attribution(factors, f"{structural.explanation}; {attribution.explanation}")
    return attribution


def _evidence(sweeps: list[Sweep], claim: Convention, found: Discrepancy) -> Evidence:
    """The axis that differs at more pairs; the height where both do alike."""
    axes = []
    for one in sweeps:
        candidates = [pair for pair in found.differing if pair in one.matrices]
        differing = tuple(
            pair for pair in candidates if not within(one.matrices[pair], matrix(claim, *pair).to_array(), claim, pair)
        )
        axes.append(Evidence(claim, one.matrices, differing))
    return max(axes, key=lambda evidence: len(evidence.differing))


def _attribute_axis(evidence: Evidence, verdict: Verdict) -> Attribution:
    where, _ = describe_pairs(evidence.differing, tuple(evidence.matrices))
    coefficients = _coefficients(evidence)
    one, two = neighbours(evidence.claim, coefficients), list(two_away(evidence.claim, coefficients))
    return (
        _one_cause(evidence, verdict, one)
        or _named(evidence, _explaining(evidence, two, _is_rare(evidence, verdict)), where)
        or _by_direction(evidence, verdict, one)
        or _named(evidence, _mostly_explaining(evidence, chain(one, two, _anywhere(evidence.claim))), where)
        or symptoms.mapped_coordinates(evidence, where)
        or symptoms.by_place(evidence, where)
    )


def _anywhere(claim: Convention) -> Iterator[Candidate]:
    """Every convention there is, however far from the claim."""
    return (Candidate(differences(claim, convention), convention) for convention in every_convention())


def _one_cause(evidence: Evidence, verdict: Verdict, one: list[Candidate]) -> Attribution | None:
    """One change, or one symptom, that explains every differing pair; or none."""
    where, _ = describe_pairs(evidence.differing, tuple(evidence.matrices))
    found = _named(evidence, _explaining(evidence, one, _is_rare(evidence, verdict)), where)
    for look in (symptoms.near_ties, symptoms.normalisation, symptoms.quantised):
        found = found or look(evidence, where)
    return found


def _is_rare(evidence: Evidence, verdict: Verdict) -> bool:
    """Whether so few pairs differ, by no rule, that a convention which fits just those would say little."""
    _, is_rule = describe_pairs(evidence.differing, tuple(evidence.matrices))
    if verdict is Verdict.TIES and len(evidence.differing) < len(evidence.matrices) / 2:
        return True
    return not is_rule and len(evidence.differing) < _RARE * len(evidence.matrices)


def _named(evidence: Evidence, candidate: Candidate | None, where: str) -> Attribution | None:
    if candidate is None:
        return None
    text = f"what was measured is '{candidate}', where '{evidence.claim}' is claimed{where}"
    return Attribution(candidate.factors, text, candidate.convention)


def _explaining(evidence: Evidence, candidates: Iterable[Candidate], everywhere: bool) -> Candidate | None:
    """The first candidate that gives every differing pair; with ``everywhere``, the agreeing ones too."""
    stages = [evidence.sample(), evidence.confirm()]
    if everywhere:
        stages.append(spread(evidence.agreeing, 40))
    for candidate in candidates:
        if candidate.has_meaning and all(evidence.explained(pairs, candidate.matrix) for pairs in stages):
            return candidate
    return None


def _mostly_explaining(evidence: Evidence, candidates: Iterable[Candidate]) -> Candidate | None:
    """The first candidate that gives most differing pairs, those of a single pixel left aside at first."""
    sample = [pair for pair in evidence.sample() if min(pair) > 1]
    confirm = evidence.confirm()
    if not sample:
        return None
    for candidate in candidates:
        if not candidate.has_meaning or not evidence.explained(sample[:1], candidate.matrix):
            continue
        if all(_share(evidence, pairs, candidate) >= _MOSTLY for pairs in (sample, confirm)):
            return candidate
    return None


def _share(evidence: Evidence, pairs: list[Pair], candidate: Candidate) -> float:
    """The share of ``pairs`` that a candidate explains."""
    return sum(evidence.explained([pair], candidate.matrix) for pair in pairs) / len(pairs)


def _by_direction(evidence: Evidence, verdict: Verdict, one: list[Candidate]) -> Attribution | None:
    """A cause each for equal sizes, enlarging and shrinking, when they differ for different reasons."""
    parts = []
    for sign in (0, 1, -1):
        chosen = [pair for pair in evidence.matrices if _sign(pair) == sign]
        differing = tuple(pair for pair in evidence.differing if _sign(pair) == sign)
        if not differing:
            continue
        part = Evidence(evidence.claim, {pair: evidence.matrices[pair] for pair in chosen}, differing)
        found = _one_cause(part, verdict, one)
        if found is None:
            return None
        parts.append(found)
    if len(parts) < 2:
        return None
    factors = tuple(dict.fromkeys(factor for part in parts for factor in part.factors))
    return Attribution(factors, "; ".join(part.explanation for part in parts))


def _sign(pair: Pair) -> int:
    return (pair[1] > pair[0]) - (pair[1] < pair[0])


def _coefficients(evidence: Evidence) -> tuple[Fraction, ...]:
    if evidence.claim.kernel != "cubic":
        return ()
    fitted = cubic_coefficient(evidence.claim, {pair: evidence.matrices[pair] for pair in evidence.sample()})
    return () if fitted is None else tuple(simple_fractions(fitted))
