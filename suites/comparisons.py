"""Records of comparisons between operations: pairs, claims, classes, defaults."""

from __future__ import annotations

import time
from itertools import combinations

from adapters import Operation
from probe import Discrepancy, Verdict, reproduce
from probe.candidates import differences
from probe.classes import EquivalenceClass, between, equivalence_classes, frameworks_of
from probe.identify import identify
from probe.store import Judgement
from reports import record
from suites.findings import finding
from suites.questions import BETWEEN


def pair_record(claim: str | None, a: Judgement, b: Judgement, explanation: str = "") -> record.PairComparison:
    """The record of one operation held against another."""
    found = between(a, b)
    is_measured = found.measured > 0
    return record.PairComparison(
        a=a.operation.id,
        b=b.operation.id,
        verdict=str(found.verdict),
        claim=claim,
        gain=found.gain if is_measured else None,
        grey_levels=found.grey_levels if is_measured else None,
        pixels_moved=found.pixels_moved if is_measured else None,
        n_in=None if found.worst is None else found.worst.n_in,
        n_out=None if found.worst is None else found.worst.n_out,
        explanation=explanation,
        reproduction=_reproduction(found, a.operation, b.operation),
    )


def _reproduction(found: Discrepancy, a: Operation, b: Operation) -> str:
    return "" if found.verdict.is_agreement or found.worst is None else reproduce.between(a, b, found.worst)


def pair_records(claim: str, judgements: list[Judgement]) -> list[record.PairComparison]:
    """Every two frameworks' operations with the same claim: one record for each two groups of equal ones.

    A group is one framework's members of one equivalence class; its first operation stands for it, and the explanation
    names how many others it stands for.
    """
    groups: list[list[Judgement]] = []
    for one in equivalence_classes(judgements):
        for framework in frameworks_of(one.members):
            groups.append([judged for judged in one.members if judged.operation.framework == framework])
    found = []
    for mine, its in combinations(groups, 2):
        if mine[0].operation.framework != its[0].operation.framework:
            text = f"standing for {len(mine)} and {len(its)} operations that are the same function"
            found.append(pair_record(claim, mine[0], its[0], text))
    return found


def claim_finding(claim: str, judgements: list[Judgement], pairs: list[record.PairComparison]) -> record.Finding:
    """Whether all operations with one claim are one function: the worst pair's verdict stands for the claim."""
    absent = [
        judged.operation.framework
        for judged in judgements
        if judged.discrepancy is not None and judged.discrepancy.verdict is Verdict.NOT_INSTALLED
    ]
    question = f"are the {len(judgements)} operations that claim '{claim}' the same function?"
    common = {"suite": "agreement", "question": question, "operation": claim, "framework": BETWEEN, "against": claim}
    if not pairs:
        verdict = "not installed" if absent else "error"
        reason = f"nothing to compare: {', '.join(sorted(set(absent)))} not installed" if absent else "nothing measured"
        return record.Finding(verdict=verdict, message=reason, **common)
    worst = max(pairs, key=lambda pair: (pair.verdict not in record.AGREEMENT, pair.gain or 0.0))
    apart = [pair for pair in pairs if pair.verdict not in record.AGREEMENT]
    outliers = [judged for judged in judgements if judged.discrepancy and not judged.discrepancy.verdict.is_agreement]
    factors = sorted({factor for judged in outliers for factor in _factors(judged)})
    text = f"{len(apart)} of {len(pairs)} pairs of groups differ, at most {worst.a} and {worst.b}"
    attribution = record.Attribution(factors=tuple(factors), explanation=text) if apart else None
    lines = [f"called:      {len(judgements)} operations that claim {claim}", f"verdict:     {worst.verdict}", text]
    lines += [f"  {pair.a} | {pair.b}: {pair.verdict}, gain {pair.gain}" for pair in apart]
    return record.Finding(
        verdict=worst.verdict,
        gain=worst.gain,
        grey_levels=worst.grey_levels,
        pixels_moved=worst.pixels_moved,
        pairs_measured=len(pairs),
        pairs_differing=len(apart),
        attribution=attribution,
        message="\n".join(lines) if apart else "",
        reproduction=worst.reproduction,
        **common,
    )


def _factors(judged: Judgement) -> tuple[str, ...]:
    return judged.discrepancy.attribution.factors if judged.discrepancy.attribution else ()


def follows_from_claims(judgements: list[Judgement], pairs: list[record.PairComparison]) -> str:
    """Of what the disagreement of operations with one claim is the consequence; empty where it is news.

    Two operations that keep their claim are the same function. So where each pair apart has a side that does not keep
    it, the disagreement says nothing that conformance does not.
    """
    astray = {judged.operation.id for judged in judgements if not _keeps_its_claim(judged)}
    apart = [pair for pair in pairs if pair.verdict not in record.AGREEMENT]
    if not all({pair.a, pair.b} & astray for pair in apart):
        return ""
    return f"{len(astray)} of the {len(judgements)} operations do not keep the claim, which conformance reports"


def follows_from_documentation(a: Judgement, b: Judgement) -> str:
    """Of what two calls being different functions is the consequence; empty where it is news."""
    claims = (a.operation.claim, b.operation.claim)
    if None in claims:
        silent = next(one.operation.id for one in (a, b) if one.operation.claim is None)
        return f"the documentation of {silent} states no convention"
    if claims[0] != claims[1]:
        return f"documented: '{claims[0]}' and '{claims[1]}'"
    astray = [one.operation.id for one in (a, b) if not _keeps_its_claim(one)]
    return f"{' and '.join(astray)} not keeping what is documented, which conformance reports" if astray else ""


def _keeps_its_claim(judged: Judgement) -> bool:
    return judged.discrepancy is not None and judged.discrepancy.verdict.is_agreement


def class_record(one: EquivalenceClass) -> record.EquivalenceClass:
    """The record of one equivalence class."""
    return record.EquivalenceClass(
        members=tuple(judged.operation.id for judged in one.members),
        frameworks=frameworks_of(one.members),
        convention=None if one.convention is None else str(one.convention),
        pairs=len(one.pairs),
        explanation="" if one.convention is not None else _nearly(one),
    )


def _nearly(one: EquivalenceClass) -> str:
    """What members of a class without a convention claim, and what keeps them from it."""
    apart = [judged for judged in one.members if judged.discrepancy is not None]
    claimed = sorted({str(judged.operation.claim) for judged in apart})
    if not claimed:
        return ""
    factors = sorted({factor for judged in apart for factor in _factors(judged)})
    words = f" but for {', '.join(factors)}" if factors else ", which it is not"
    worst = max(judged.discrepancy.gain for judged in apart)
    return f"{' or '.join(claimed)}{words} (gain {worst:.3g})"


def default_record(operation: Operation) -> tuple[record.Default, record.Finding]:
    """What a call with nothing but a size does, named by measurement, and how well that name holds."""
    started = time.perf_counter()
    named = identify(operation)
    nearest = None if named.nearest is None else str(named.nearest)
    described = named.convention or named.nearest
    default = record.Default(
        framework=operation.framework,
        operation=operation.id,
        call="" if operation.call is None else operation.call.expression,
        identified=None if named.convention is None else str(named.convention),
        nearest=nearest,
        claim=None if operation.claim is None else str(operation.claim),
        evidence="; ".join(named.evidence),
        convention=None if described is None else described.as_dict(),
    )
    question = f"what does {operation.id} do when given nothing but a size?"
    return default, finding("defaults", question, operation, named.discrepancy, time.perf_counter() - started)


def default_finding(pair: record.PairComparison, a: Judgement, b: Judgement) -> record.Finding:
    """Whether two frameworks do the same when nothing but a size is given."""
    name = f"{pair.a} | {pair.b}"
    claims = (a.operation.claim, b.operation.claim)
    factors = differences(*claims) if None not in claims else ()
    text = f"{pair.a} does '{claims[0]}', {pair.b} does '{claims[1]}'"
    differs = pair.verdict not in record.AGREEMENT
    return record.Finding(
        suite="defaults",
        question=f"do {pair.a} and {pair.b} agree when given nothing but a size?",
        operation=name,
        framework=BETWEEN,
        against=pair.b,
        verdict=pair.verdict,
        gain=pair.gain,
        grey_levels=pair.grey_levels,
        pixels_moved=pair.pixels_moved,
        pairs_measured=1 if pair.gain is not None else 0,
        pairs_differing=int(differs),
        attribution=record.Attribution(factors=factors, explanation=text) if differs else None,
        message=f"called:      {name}\nverdict:     {pair.verdict}\nattribution: {text}" if differs else "",
        reproduction=pair.reproduction,
    )
