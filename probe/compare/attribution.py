"""Name the cause for which a measurement differs from the claimed convention, with the evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain

from halfpixel.golden import Convention, matrix
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.probe.compare import matrix_features
from halfpixel.probe.compare.candidates import Candidate, differences, every_convention, neighbours, two_away
from halfpixel.probe.compare.discrepancy import Attribution, Discrepancy
from halfpixel.probe.compare.matrix_features import (
    AxisEvidence,
    cubic_coefficient,
    evenly_spaced,
    matrices_agree,
    simple_fractions,
)
from halfpixel.probe.compare.operator_properties import Structure
from halfpixel.probe.measure.axis_matrix import Sweep
from halfpixel.probe.measure.sizes import Pair, describe_pairs

_STRUCTURAL_FIRST = (Cause.DETERMINISM, Cause.STATE)
_MEANINGLESS_MATRIX = (Cause.LINEARITY, Cause.OFFSET, Cause.BATCH)
_STRUCTURAL_LAST = (Cause.AXIS_ORDER, Cause.SEPARABILITY, Cause.CHANNEL, Cause.ROUNDING, Cause.NORMALISATION)
_MOSTLY = 0.8
"""The fraction of differing pairs that a change must explain when it leaves degenerate sizes unexplained."""
_RARE = 0.05
"""A difference at a smaller fraction of pairs, by no rule, is another convention only if that fits all pairs."""


def attribute(
    result: Discrepancy, sweeps: list[Sweep], claim: Convention, structure: Structure | None
) -> Attribution | None:
    """The causes of a difference from ``claim``; ``None`` when the verdict is agreement or nothing was measured.

    In this order: faults of the operator that make a matrix meaningless; shapes; one change of the convention that
    explains every differing pair; features of the matrices (jumps, sums of rows, quantised weights); two changes; a
    cause each for shrinking, enlarging and equal sizes; any convention, however far, that leaves at most some sizes
    unexplained; another sampling line; the affected region.
    """
    faults = {fault.factor: fault for fault in structure.faults} if structure else {}

    def first_fault(causes: tuple[Cause, ...]) -> Attribution | None:
        fault = next((faults[cause] for cause in causes if cause in faults), None)
        return None if fault is None else Attribution((fault.factor,), fault.explanation)

    if attribution := first_fault(_STRUCTURAL_FIRST):
        return attribution
    misshapen = [(pair, mismatch) for axis in sweeps for pair, mismatch in axis.misshapen.items()]
    if misshapen:
        pair, mismatch = misshapen[0]
        cause = Cause.AXIS_ORDER if sorted(mismatch.got) == sorted(mismatch.expected) else Cause.OUTPUT_SIZE
        return Attribution((cause,), f"at {pair[0]} -> {pair[1]} it {mismatch}; {len(misshapen)} pairs are misshapen")
    if attribution := first_fault(_MEANINGLESS_MATRIX):
        return attribution
    structural = first_fault(_STRUCTURAL_LAST)
    if structural is not None and not result.differing:
        return structural
    if result.verdict.is_agreement or not result.differing:
        return None
    attribution = _attribute_axis(_evidence(sweeps, claim, result), result.verdict)
    if structural is not None and not attribution.convention:
        factors = tuple(dict.fromkeys((*structural.factors, *attribution.factors)))
        return Attribution(factors, f"{structural.explanation}; {attribution.explanation}")
    return attribution


def _evidence(sweeps: list[Sweep], claim: Convention, result: Discrepancy) -> AxisEvidence:
    """The axis that differs at more pairs; the height where both differ at as many."""
    axes = []
    for axis in sweeps:
        differing = tuple(
            pair
            for pair in result.differing
            if pair in axis.matrices
            and not matrices_agree(axis.matrices[pair], matrix(claim, *pair).to_array(), claim, pair)
        )
        axes.append(AxisEvidence(claim, axis.matrices, differing))
    return max(axes, key=lambda evidence: len(evidence.differing))


def _attribute_axis(evidence: AxisEvidence, verdict: Verdict) -> Attribution:
    where, _ = describe_pairs(evidence.differing, tuple(evidence.matrices))
    coefficients = _coefficients(evidence)
    near, further = neighbours(evidence.claim, coefficients), list(two_away(evidence.claim, coefficients))
    return (
        _one_cause(evidence, verdict, near)
        or _named(evidence, _explaining(evidence, further, _is_rare(evidence, verdict)), where)
        or _by_direction(evidence, verdict, near)
        or _named(evidence, _mostly_explaining(evidence, chain(near, further, _anywhere(evidence.claim))), where)
        or matrix_features.mapped_coordinates(evidence, where)
        or matrix_features.affected_region(evidence, where)
    )


def _anywhere(claim: Convention) -> Iterator[Candidate]:
    """Every convention, however far from the claim."""
    return (Candidate(differences(claim, convention), convention) for convention in every_convention())


def _one_cause(evidence: AxisEvidence, verdict: Verdict, near: list[Candidate]) -> Attribution | None:
    """One change, or one symptom, that explains every differing pair; or none."""
    where, _ = describe_pairs(evidence.differing, tuple(evidence.matrices))
    attribution = _named(evidence, _explaining(evidence, near, _is_rare(evidence, verdict)), where)
    for symptom in (matrix_features.near_ties, matrix_features.normalisation, matrix_features.quantised):
        attribution = attribution or symptom(evidence, where)
    return attribution


def _is_rare(evidence: AxisEvidence, verdict: Verdict) -> bool:
    """Whether so few pairs differ, by no rule, that a convention which fits just those means little."""
    _, is_rule = describe_pairs(evidence.differing, tuple(evidence.matrices))
    if verdict is Verdict.TIES and len(evidence.differing) < len(evidence.matrices) / 2:
        return True
    return not is_rule and len(evidence.differing) < _RARE * len(evidence.matrices)


def _named(evidence: AxisEvidence, candidate: Candidate | None, where: str) -> Attribution | None:
    if candidate is None:
        return None
    text = f"what was measured is '{candidate}', where '{evidence.claim}' is claimed{where}"
    return Attribution(candidate.factors, text, candidate.convention)


def _explaining(evidence: AxisEvidence, candidates: Iterable[Candidate], everywhere: bool) -> Candidate | None:
    """The first candidate that explains every differing pair; with ``everywhere``, the agreeing ones too."""
    stages = [evidence.sample(), evidence.confirm()]
    if everywhere:
        stages.append(evenly_spaced(evidence.agreeing, 40))
    for candidate in candidates:
        if candidate.has_meaning and all(evidence.explained(pairs, candidate.matrix) for pairs in stages):
            return candidate
    return None


def _mostly_explaining(evidence: AxisEvidence, candidates: Iterable[Candidate]) -> Candidate | None:
    """The first candidate that explains most differing pairs, those of a single pixel left out of the sample."""
    sample = [pair for pair in evidence.sample() if min(pair) > 1]
    confirm = evidence.confirm()
    if not sample:
        return None
    for candidate in candidates:
        if not candidate.has_meaning or not evidence.explained(sample[:1], candidate.matrix):
            continue
        if all(_fraction_explained(evidence, pairs, candidate) >= _MOSTLY for pairs in (sample, confirm)):
            return candidate
    return None


def _fraction_explained(evidence: AxisEvidence, pairs: list[Pair], candidate: Candidate) -> float:
    return sum(evidence.explained([pair], candidate.matrix) for pair in pairs) / len(pairs)


def _by_direction(evidence: AxisEvidence, verdict: Verdict, near: list[Candidate]) -> Attribution | None:
    """A cause each for equal sizes, enlarging and shrinking, when they differ for different reasons."""
    parts = []
    for sign in (0, 1, -1):
        chosen = [pair for pair in evidence.matrices if _sign(pair) == sign]
        differing = tuple(pair for pair in evidence.differing if _sign(pair) == sign)
        if not differing:
            continue
        part = AxisEvidence(evidence.claim, {pair: evidence.matrices[pair] for pair in chosen}, differing)
        attribution = _one_cause(part, verdict, near)
        if attribution is None:
            return None
        parts.append(attribution)
    if len(parts) < 2:
        return None
    factors = tuple(dict.fromkeys(factor for part in parts for factor in part.factors))
    return Attribution(factors, "; ".join(part.explanation for part in parts))


def _sign(pair: Pair) -> int:
    return (pair[1] > pair[0]) - (pair[1] < pair[0])


def _coefficients(evidence: AxisEvidence) -> tuple[Fraction, ...]:
    if evidence.claim.kernel != "cubic":
        return ()
    fitted = cubic_coefficient(evidence.claim, {pair: evidence.matrices[pair] for pair in evidence.sample()})
    return () if fitted is None else tuple(simple_fractions(fitted))
