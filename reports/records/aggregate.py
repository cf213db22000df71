"""Count, sort and cross-tabulate records, for pages and text alike."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from halfpixel.golden import Convention
from halfpixel.golden.vocabulary import (
    AGREEMENT,
    DISAGREEMENT,
    GREY_LEVELS,
    NOT_MEASURED,
    VARIANT_SUITES,
    LedgerState,
    Suite,
    Verdict,
)
from halfpixel.reports.records.record_types import EquivalenceClass, Finding, PairComparison, Record, Run

RecordType = TypeVar("RecordType", bound=Record)


def of_type(records: Iterable[Record], kind: type[RecordType]) -> list[RecordType]:
    """The records of one type, in their order."""
    return [record for record in records if isinstance(record, kind)]


def shortfalls(records: Iterable[Record]) -> list[str]:
    """A sentence for each run that did not ask everything: how much it lacks, and why; empty where all are whole."""
    return [run.shortfall for run in of_type(records, Run) if run.shortfall]


def severity(verdict: str) -> int:
    """The rank of a verdict: 0 is harmless, higher is worse."""
    return Verdict(verdict).severity


def counts(findings: Iterable[Finding | PairComparison]) -> dict[str, int]:
    """How many findings have each verdict, in the order of :class:`Verdict`, zeros included."""
    counted = Counter(finding.verdict for finding in findings)
    return {verdict: counted[verdict] for verdict in Verdict}


def framework_order(name: str) -> tuple[bool, str]:
    """A key that sorts frameworks wherever their order is free: torch, which most people ask about, then by name."""
    return name.partition("@")[0] != "torch", name


def by_framework(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """The findings under their frameworks, in the order of :func:`framework_order`."""
    groups: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[finding.framework].append(finding)
    return dict(sorted(groups.items(), key=lambda group: framework_order(group[0])))


def in_ledger_state(findings: Iterable[Finding], state: LedgerState) -> list[Finding]:
    """The findings that the ledger calls so."""
    return [finding for finding in findings if finding.ledger_state == state]


def measured(findings: Iterable[Finding]) -> list[Finding]:
    """The findings in which something was measured; an empty list means that nothing may be called agreement."""
    return [finding for finding in findings if finding.verdict not in NOT_MEASURED]


def framework_of(operation: str) -> str:
    """The framework that an operation id begins with."""
    return operation.split(" ", 1)[0]


def convention_text(claim: dict[str, Any]) -> str:
    """A claim in words; parameters that this version does not know are listed as they are."""
    try:
        return str(Convention.from_dict(claim))
    except (TypeError, ValueError, ZeroDivisionError):
        return " ".join(f"{name}={value}" for name, value in claim.items())


def frameworks_without_variants(run: Run) -> list[str]:
    """Frameworks of a run that its suites of variants did not ask."""
    frameworks = run.options.get("frameworks")
    with_variants = run.options.get("chapters_of", frameworks)
    if not isinstance(frameworks, list) or not isinstance(with_variants, list):
        return []
    return [str(name) for name in frameworks if name not in with_variants]


def framework_versions(runs: Iterable[Run]) -> dict[str, tuple[str, ...]]:
    """Every framework that the runs name, with its versions; empty only if it is installed in none of them."""
    versions: dict[str, dict[str, None]] = defaultdict(dict)
    for run in runs:
        for framework, version in run.versions.items():
            versions[framework].update({version: None} if version is not None else {})
    return {
        framework: tuple(known)
        for framework, known in sorted(versions.items(), key=lambda item: framework_order(item[0]))
    }


def worst_grey_levels(finding: Finding) -> float:
    """The worst error in grey levels to sort by; 0 where an error has none, and infinity for what is no number."""
    if finding.grey_levels is not None:
        return math.inf if math.isnan(finding.grey_levels) else finding.grey_levels
    if finding.gain is None or not finding.is_of_images:
        return 0.0
    return math.inf if not math.isfinite(finding.gain) else GREY_LEVELS / 2 * finding.gain


def sortable(number: float | None) -> float:
    """A number to sort by: the larger the worse, NaN worst of all, ``None`` last."""
    if number is None:
        return -1.0
    return math.inf if math.isnan(number) else number


def anchors(findings: Iterable[Finding]) -> dict[int, str]:
    """A link target for each finding, keyed by its ``id()``; the same question keeps its target from run to run."""
    used: Counter[str] = Counter()
    targets = {}
    for finding in findings:
        question = f"{finding.suite}\n{finding.question}".encode(errors="backslashreplace")
        digest = hashlib.sha256(question).hexdigest()[:10]
        used[digest] += 1
        targets[id(finding)] = f"f-{digest}" + (f"-{used[digest]}" if used[digest] > 1 else "")
    return targets


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """The worst verdict among ``total`` findings, ``count`` of which have it, and the worst finding."""

    verdict: str
    count: int
    total: int
    worst: Finding


@dataclass(frozen=True, slots=True)
class AgreementMatrix:
    """Claimed conventions against frameworks: ``groups`` are ``(kernel, [(rest of the convention, cells)])``."""

    frameworks: tuple[str, ...]
    groups: tuple[tuple[str, tuple[tuple[str, tuple[MatrixCell | None, ...]], ...]], ...]


def _worst_cell(findings: Sequence[Finding]) -> MatrixCell | None:
    if not findings:
        return None
    worst = max(findings, key=lambda finding: (severity(finding.verdict), sortable(finding.gain)))
    count = sum(finding.verdict == worst.verdict for finding in findings)
    return MatrixCell(worst.verdict, count, len(findings), worst)


def per_operation(findings: Iterable[Finding]) -> list[Finding]:
    """The measured findings that are about one operation of one framework."""
    suites = (Suite.CONFORMANCE, Suite.STRUCTURE, *VARIANT_SUITES)
    return [finding for finding in measured(findings) if finding.suite in suites]


def agreement_matrix(findings: Iterable[Finding], absent: Sequence[str], shared: bool | None = None) -> AgreementMatrix:
    """The worst verdict of each framework's operations that claim each convention; ``None`` where it has none.

    ``shared`` keeps only the conventions that several frameworks claim, or only those that one does; all by default.
    ``absent`` frameworks have no column: an empty one would read as 'documents no such call'.
    """
    cells: dict[tuple[str, str], dict[str, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    frameworks = set()
    for finding in findings:
        is_conformance = finding.suite == Suite.CONFORMANCE and finding.verdict != Verdict.NOT_INSTALLED
        if is_conformance and finding.claim:
            kernel, _, rest = convention_text(finding.claim).partition(" ")
            cells[kernel, rest][finding.framework].append(finding)
            frameworks.add(finding.framework)
    columns = tuple(sorted((name for name in frameworks if name not in absent), key=framework_order))
    groups: dict[str, list[tuple[str, tuple[MatrixCell | None, ...]]]] = defaultdict(list)
    for (kernel, rest), row in sorted(cells.items()):
        if shared is not None and shared != (len(row) > 1):
            continue
        groups[kernel].append((rest, tuple(_worst_cell(row.get(name, [])) for name in columns)))
    return AgreementMatrix(columns, tuple((kernel, tuple(rows)) for kernel, rows in groups.items()))


@dataclass(frozen=True, slots=True)
class SharedConventions:
    """Of the conventions that two frameworks both document: how many agree, were compared, and could not be."""

    agree: int
    compared: int
    not_compared: int


def shared_conventions(
    pairs: Iterable[PairComparison],
) -> tuple[tuple[str, ...], dict[tuple[str, str], SharedConventions]]:
    """The frameworks, and what each two of them share, under both orders.

    A convention agrees only when every pair of operations that claims it does, and counts as compared only when every
    such pair was measured.
    """
    verdicts: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for pair in pairs:
        a, b = framework_of(pair.a), framework_of(pair.b)
        if pair.claim is not None and a != b:
            for key in ((a, b), (b, a)):
                verdicts[key][pair.claim].add(pair.verdict)
    table = {}
    for key, claims in verdicts.items():
        compared = [outcomes for outcomes in claims.values() if not outcomes & set(NOT_MEASURED)]
        agree = sum(outcomes <= set(AGREEMENT) for outcomes in compared)
        table[key] = SharedConventions(agree, len(compared), len(claims) - len(compared))
    return tuple(sorted({a for a, _ in table}, key=framework_order)), table


def disagreeing_pairs(pairs: Iterable[PairComparison]) -> list[PairComparison]:
    """Pairs that document the same convention and do not agree, worst first."""
    differing = [pair for pair in pairs if pair.claim is not None and pair.verdict in DISAGREEMENT]
    return sorted(differing, key=lambda pair: (-severity(pair.verdict), -sortable(pair.gain), pair.a, pair.b))


def split_classes(records: Iterable[EquivalenceClass]) -> tuple[list[EquivalenceClass], list[EquivalenceClass]]:
    """Equivalence classes across frameworks, and those within one; the widest first."""
    ordered = sorted(records, key=lambda record: (-len(record.frameworks), -len(record.members), record.members))
    shared = [record for record in ordered if len(record.frameworks) > 1]
    return shared, [record for record in ordered if len(record.frameworks) < 2]
