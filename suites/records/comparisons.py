"""Make report records of comparisons between calls: pairs, claims, equivalence classes, defaults."""

from __future__ import annotations

import time
from functools import partial
from itertools import combinations

from halfpixel.adapters import Operation
from halfpixel.golden.vocabulary import AGREEMENT, BETWEEN_FRAMEWORKS, Suite, Verdict
from halfpixel.probe.compare import reproduction
from halfpixel.probe.compare.candidates import differences
from halfpixel.probe.compare.equivalence_classes import (
    EquivalenceClass,
    compare_classes,
    equivalence_classes,
    frameworks_of,
)
from halfpixel.probe.compare.measurement_store import Judgement
from halfpixel.probe.identify.naming import identify
from halfpixel.reports.records import record_types
from halfpixel.reports.records.record_types import Attribution, DefaultCall, Finding, PairComparison
from halfpixel.suites.records.findings import operation_finding


def pair_record(claim: str | None, a: Judgement, b: Judgement, explanation: str = "") -> PairComparison:
    """The record of one operation compared with another."""
    difference = compare_classes(a, b)
    is_measured, worst = difference.measured > 0, difference.worst
    program = ""
    if worst is not None and not difference.verdict.is_agreement:
        program = reproduction.comparison_program(a.operation, b.operation, worst)
    return PairComparison(
        a=a.operation.id,
        b=b.operation.id,
        verdict=difference.verdict.value,
        claim=claim,
        gain=difference.gain if is_measured else None,
        grey_levels=difference.grey_levels if is_measured else None,
        pixels_moved=difference.pixels_moved if is_measured else None,
        n_in=None if worst is None else worst.n_in,
        n_out=None if worst is None else worst.n_out,
        explanation=explanation,
        reproduction=program,
    )


def pair_records(claim: str, judgements: list[Judgement]) -> list[PairComparison]:
    """Every two frameworks' operations with the same claim: one record for each two groups of equal ones.

    A group is one framework's members of one equivalence class; its first operation stands for it, and the explanation
    names how many others it stands for.
    """
    groups = [
        [judged for judged in equivalence_class.members if judged.operation.framework == framework]
        for equivalence_class in equivalence_classes(judgements)
        for framework in frameworks_of(equivalence_class.members)
    ]
    return [
        pair_record(claim, a[0], b[0], f"standing for {len(a)} and {len(b)} operations that are the same function")
        for a, b in combinations(groups, 2)
        if a[0].operation.framework != b[0].operation.framework
    ]


def claim_finding(claim: str, judgements: list[Judgement], pairs: list[PairComparison]) -> Finding:
    """Whether all operations with one claim are one function: the worst pair's verdict stands for the claim."""
    finding = partial(
        Finding,
        suite=Suite.AGREEMENT,
        question=f"are the {len(judgements)} operations that claim '{claim}' the same function?",
        operation=claim,
        framework=BETWEEN_FRAMEWORKS,
        against=claim,
    )
    if not pairs:
        absent = sorted({judged.operation.framework for judged in judgements if _is_absent(judged)})
        if absent:
            message = f"nothing to compare: {', '.join(absent)} not installed"
            return finding(verdict=Verdict.NOT_INSTALLED, message=message)
        return finding(verdict=Verdict.ERROR, message="nothing measured")
    worst = max(pairs, key=lambda pair: (pair.verdict not in AGREEMENT, pair.gain or 0.0))
    differing = [pair for pair in pairs if pair.verdict not in AGREEMENT]
    outliers = (judged for judged in judgements if judged.discrepancy and not judged.discrepancy.verdict.is_agreement)
    factors = sorted({factor for judged in outliers for factor in _factors(judged)})
    text = f"{len(differing)} of {len(pairs)} pairs of groups differ, at most {worst.a} and {worst.b}"
    lines = [f"called:      {len(judgements)} operations that claim {claim}", f"verdict:     {worst.verdict}", text]
    lines += [f"  {pair.a} | {pair.b}: {pair.verdict}, gain {pair.gain}" for pair in differing]
    return finding(
        verdict=worst.verdict,
        gain=worst.gain,
        grey_levels=worst.grey_levels,
        pixels_moved=worst.pixels_moved,
        pairs_measured=len(pairs),
        pairs_differing=len(differing),
        attribution=Attribution(factors=tuple(factors), explanation=text) if differing else None,
        message="\n".join(lines) if differing else "",
        reproduction=worst.reproduction,
    )


def _is_absent(judged: Judgement) -> bool:
    return judged.discrepancy is not None and judged.discrepancy.verdict is Verdict.NOT_INSTALLED


def _factors(judged: Judgement) -> tuple[str, ...]:
    attribution = judged.discrepancy.attribution if judged.discrepancy is not None else None
    return attribution.factors if attribution is not None else ()


def follows_from_claims(judgements: list[Judgement], pairs: list[PairComparison]) -> str:
    """The known differences that explain the disagreement of operations with one claim; empty where none do.

    Two operations that keep their claim are the same function. So where each pair that differs has a side that does
    not keep it, the disagreement says nothing that conformance does not.
    """
    astray = {judged.operation.id for judged in judgements if not _keeps_its_claim(judged)}
    if not all({pair.a, pair.b} & astray for pair in pairs if pair.verdict not in AGREEMENT):
        return ""
    return f"{len(astray)} of the {len(judgements)} operations do not keep the claim, which conformance reports"


def follows_from_documentation(a: Judgement, b: Judgement) -> str:
    """Which known difference explains that two calls are different functions; empty where none does."""
    claims = (a.operation.claim, b.operation.claim)
    if None in claims:
        silent = next(judged.operation.id for judged in (a, b) if judged.operation.claim is None)
        return f"the documentation of {silent} states no convention"
    if claims[0] != claims[1]:
        return f"documented: '{claims[0]}' and '{claims[1]}'"
    astray = [judged.operation.id for judged in (a, b) if not _keeps_its_claim(judged)]
    return f"{' and '.join(astray)} not keeping what is documented, which conformance reports" if astray else ""


def _keeps_its_claim(judged: Judgement) -> bool:
    return judged.discrepancy is not None and judged.discrepancy.verdict.is_agreement


def class_record(equivalence_class: EquivalenceClass) -> record_types.EquivalenceClass:
    """The record of one equivalence class."""
    members, convention = equivalence_class.members, equivalence_class.convention
    return record_types.EquivalenceClass(
        members=tuple(judged.operation.id for judged in members),
        frameworks=frameworks_of(members),
        convention=None if convention is None else str(convention),
        pairs=len(equivalence_class.pairs),
        explanation="" if convention is not None else _near_misses(equivalence_class),
    )


def _near_misses(equivalence_class: EquivalenceClass) -> str:
    """What members of a class without a convention claim, and what keeps them from it."""
    claiming = [judged for judged in equivalence_class.members if judged.discrepancy is not None]
    claims = sorted({str(judged.operation.claim) for judged in claiming})
    if not claims:
        return ""
    factors = sorted({factor for judged in claiming for factor in _factors(judged)})
    words = f" but for {', '.join(factors)}" if factors else ", which it is not"
    worst = max(judged.discrepancy.gain for judged in claiming if judged.discrepancy is not None)
    return f"{' or '.join(claims)}{words} (gain {worst:.3g})"


def default_record(operation: Operation) -> tuple[DefaultCall, Finding]:
    """What a call with nothing but a size does, named by measurement, and how well that name holds."""
    started = time.perf_counter()
    named = identify(operation)
    described = named.convention or named.nearest
    default = DefaultCall(
        framework=operation.framework,
        operation=operation.id,
        call="" if operation.call is None else operation.call.expression,
        identified=None if named.convention is None else str(named.convention),
        nearest=None if named.nearest is None else str(named.nearest),
        claim=None if operation.claim is None else str(operation.claim),
        evidence="; ".join(named.evidence),
        convention=None if described is None else described.as_dict(),
    )
    question = f"what does {operation.id} do when given nothing but a size?"
    seconds = time.perf_counter() - started
    return default, operation_finding(Suite.DEFAULTS, question, operation, named.discrepancy, seconds)


def default_finding(pair: PairComparison, a: Judgement, b: Judgement) -> Finding:
    """Whether two frameworks do the same when nothing but a size is given."""
    name = f"{pair.a} | {pair.b}"
    mine, its = a.operation.claim, b.operation.claim
    factors = differences(mine, its) if mine is not None and its is not None else ()
    text = f"{pair.a} does '{mine}', {pair.b} does '{its}'"
    differs = pair.verdict not in AGREEMENT
    return Finding(
        suite=Suite.DEFAULTS,
        question=f"do {pair.a} and {pair.b} agree when given nothing but a size?",
        operation=name,
        framework=BETWEEN_FRAMEWORKS,
        against=pair.b,
        verdict=pair.verdict,
        gain=pair.gain,
        grey_levels=pair.grey_levels,
        pixels_moved=pair.pixels_moved,
        pairs_measured=1 if pair.gain is not None else 0,
        pairs_differing=int(differs),
        attribution=Attribution(factors=factors, explanation=text) if differs else None,
        message=f"called:      {name}\nverdict:     {pair.verdict}\nattribution: {text}" if differs else "",
        reproduction=pair.reproduction,
    )
