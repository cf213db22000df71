"""Counts, orders and cross-tables of records, for the page and the terminal alike."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from golden import Convention
from reports.record import (
    AGREEMENT,
    CHAPTERS,
    DISAGREEMENT,
    NOT_MEASURED,
    VERDICTS,
    EquivalenceClass,
    Finding,
    PairComparison,
    Record,
    Run,
)

# From harmless to grave. What was not measured outranks small differences, so that no cell reads better than its worst
# part, yet does not hide a divergence that was measured beside it.
SEVERITY = ("exact", "agrees", "approximates", "ties", "unsupported", "not installed", "diverges", "error")
_WORST_FIRST = {verdict: -rank for rank, verdict in enumerate(("approximates", "ties", "diverges"))}


def of_type(records: Iterable[Record], kind: type) -> list[Any]:
    """The records of one type, in their order."""
    return [record for record in records if isinstance(record, kind)]


def severity(verdict: str) -> int:
    """The rank of a verdict: 0 is harmless, higher is worse."""
    return SEVERITY.index(verdict)


def counts(findings: Iterable[Finding | PairComparison]) -> dict[str, int]:
    """How many findings have each verdict, in the order of ``VERDICTS``, zeros included."""
    found = Counter(finding.verdict for finding in findings)
    return {verdict: found[verdict] for verdict in VERDICTS}


@dataclass(frozen=True, slots=True)
class Share:
    """A verdict's part of a bar that is 1000 wide."""

    verdict: str
    x: float
    width: float


def shares(count: dict[str, int]) -> list[Share]:
    """The parts of a bar in proportion to the counts; none of them too narrow to see."""
    present = {verdict: max(each, 0.006 * sum(count.values())) for verdict, each in count.items() if each}
    total, x, parts = sum(present.values()), 0.0, []
    for verdict, each in present.items():
        parts.append(Share(verdict, x, 1000 * each / total - 2))
        x += 1000 * each / total
    return parts


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


def without_variants(run: Run) -> list[str]:
    """Frameworks of a run that its suites of variants did not ask."""
    frameworks = run.options.get("frameworks")
    asked = run.options.get("chapters_of", frameworks)
    if not isinstance(frameworks, list) or not isinstance(asked, list):
        return []
    return [str(name) for name in frameworks if name not in asked]


def versions(runs: Iterable[Run]) -> dict[str, str | None]:
    """Every framework that the runs name, with its version; ``None`` only if it is installed in none of them."""
    found: dict[str, list[str]] = defaultdict(list)
    for run in runs:
        for framework, version in run.versions.items():
            if version is not None and version not in found[framework]:
                found[framework].append(version)
            found[framework] = found[framework]
    return {framework: " and ".join(known) or None for framework, known in sorted(found.items())}


def size(number: float | None) -> float:
    """A number to sort by: the larger the worse, NaN worst of all, ``None`` last."""
    if number is None:
        return -1.0
    return math.inf if math.isnan(number) else number


def divergences(findings: Iterable[Finding]) -> list[Finding]:
    """What was measured and does not agree, worst first: by verdict, then by gain."""
    found = [finding for finding in findings if finding.verdict in DISAGREEMENT]
    return sorted(found, key=lambda each: (_WORST_FIRST[each.verdict], -size(each.gain), each.operation))


def anchors(findings: Iterable[Finding]) -> dict[int, str]:
    """A link target for each finding, keyed by its ``id()``; the same question keeps its target from run to run."""
    seen: Counter[str] = Counter()
    targets = {}
    for finding in findings:
        digest = hashlib.sha256(f"{finding.suite}\n{finding.question}".encode(errors="backslashreplace")).hexdigest()[
            :10
        ]
        seen[digest] += 1
        targets[id(finding)] = f"f-{digest}" + (f"-{seen[digest]}" if seen[digest] > 1 else "")
    return targets


@dataclass(frozen=True, slots=True)
class Group:
    """Divergences that have the same cause."""

    factors: str
    findings: tuple[Finding, ...]
    verdicts: dict[str, int]
    gain: float | None


def by_factor(found: Sequence[Finding]) -> list[Group]:
    """Divergences under what they are attributed to, the group with the worst member first."""
    groups: dict[str, list[Finding]] = defaultdict(list)
    for finding in found:
        factors = finding.attribution.factors if finding.attribution else ()
        groups[" + ".join(factors) or "not attributed"].append(finding)
    # A group takes the place of its worst member, because `found` comes worst first.
    return [
        Group(
            factors,
            tuple(members),
            {verdict: count for verdict, count in counts(members).items() if count},
            max((member.gain for member in members), key=size),
        )
        for factors, members in groups.items()
    ]


@dataclass(frozen=True, slots=True)
class Cell:
    """The worst verdict among ``total`` findings, ``count`` of which have it, and the worst finding."""

    verdict: str
    count: int
    total: int
    worst: Finding


@dataclass(frozen=True, slots=True)
class Matrix:
    """Claimed conventions against frameworks: ``groups`` are ``(kernel, [(rest of the convention, cells)])``."""

    frameworks: tuple[str, ...]
    groups: tuple[tuple[str, tuple[tuple[str, tuple[Cell | None, ...]], ...]], ...]


def _worst_cell(found: Sequence[Finding]) -> Cell | None:
    if not found:
        return None
    worst = max(found, key=lambda each: (severity(each.verdict), size(each.gain)))
    return Cell(worst.verdict, sum(each.verdict == worst.verdict for each in found), len(found), worst)


def per_operation(findings: Iterable[Finding]) -> list[Finding]:
    """The measured findings that are about one operation of one framework."""
    return [finding for finding in measured(findings) if finding.suite in ("conformance", "structure", *CHAPTERS)]


def agreement_matrix(
    findings: Iterable[Finding], installed: dict[str, str | None], shared: bool | None = None
) -> Matrix:
    """The worst verdict of each framework's operations that claim each convention; ``None`` where it has none.

    ``shared`` keeps only the conventions that several frameworks claim, or only those that one does; all by default.
    Frameworks that are not installed have no column: an empty one would read as 'documents no such call'.
    """
    cells: dict[tuple[str, str], dict[str, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    frameworks = set()
    for finding in findings:
        if finding.suite == "conformance" and finding.claim and finding.verdict != "not installed":
            kernel, _, rest = convention_text(finding.claim).partition(" ")
            cells[kernel, rest][finding.framework].append(finding)
            frameworks.add(finding.framework)
    columns = tuple(sorted(name for name in frameworks if installed.get(name, "") is not None))
    groups: dict[str, list[tuple[str, tuple[Cell | None, ...]]]] = defaultdict(list)
    for (kernel, rest), row in sorted(cells.items()):
        if shared is not None and shared != (len(row) > 1):
            continue
        groups[kernel].append((rest, tuple(_worst_cell(row.get(name, [])) for name in columns)))
    return Matrix(columns, tuple((kernel, tuple(rows)) for kernel, rows in groups.items()))


@dataclass(frozen=True, slots=True)
class Shared:
    """Of the conventions that two frameworks both document: how many agree, were compared, and could not be."""

    agree: int
    compared: int
    not_compared: int


def shared_conventions(pairs: Iterable[PairComparison]) -> tuple[tuple[str, ...], dict[tuple[str, str], Shared]]:
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
        compared = [found for found in claims.values() if not found & set(NOT_MEASURED)]
        agree = sum(found <= set(AGREEMENT) for found in compared)
        table[key] = Shared(agree, len(compared), len(claims) - len(compared))
    return tuple(sorted({a for a, _ in table})), table


def disagreeing_pairs(pairs: Iterable[PairComparison]) -> list[PairComparison]:
    """Pairs that document the same convention and do not agree, worst first."""
    found = [pair for pair in pairs if pair.claim is not None and pair.verdict in DISAGREEMENT]
    return sorted(found, key=lambda each: (_WORST_FIRST[each.verdict], -size(each.gain), each.a, each.b))


def classes(records: Iterable[EquivalenceClass]) -> tuple[list[EquivalenceClass], list[EquivalenceClass]]:
    """Equivalence classes across frameworks, and those within one; the widest first."""
    ordered = sorted(records, key=lambda each: (-len(each.frameworks), -len(each.members), each.members))
    return [each for each in ordered if len(each.frameworks) > 1], [
        each for each in ordered if len(each.frameworks) < 2
    ]
