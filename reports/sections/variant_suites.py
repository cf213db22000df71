"""The sections on suites of variants: tables, groups by cause, refusals, the matrix of exporters and runtimes."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from halfpixel.golden.vocabulary import (
    AGREEMENT,
    ROUTE_SEPARATOR,
    VARIANT_SUITES,
    WORST_FIRST,
    WRONG,
    Suite,
    Verdict,
)
from halfpixel.reports.records.aggregate import by_framework, severity, sortable
from halfpixel.reports.records.record_types import Finding


@dataclass(frozen=True, slots=True)
class ExporterCell:
    """What a runtime made of one kind of file: how many calls by verdict, the worst first, and the worst finding.

    ``worst`` is ``None`` where all agree.
    """

    counts: Mapping[str, int]
    worst: Finding | None


@dataclass(frozen=True, slots=True)
class ExporterRow:
    """One exporter. ``refused`` calls became no file, ``failed`` ones took the exporter down."""

    name: str
    refused: int
    failed: int
    cells: tuple[ExporterCell | None, ...]


@dataclass(frozen=True, slots=True)
class ExporterMatrix:
    """The calls of one framework."""

    framework: str
    runtimes: tuple[str, ...]
    rows: tuple[ExporterRow, ...]


def exporter_matrices(findings: Iterable[Finding]) -> tuple[ExporterMatrix, ...]:
    """A table for each framework; variants are ``exporter -> runtime``, or ``exporter`` where no file was made."""
    # What is not installed is listed elsewhere.
    installed = (finding for finding in findings if finding.verdict != Verdict.NOT_INSTALLED)
    return tuple(_exporter_matrix(name, members) for name, members in by_framework(installed).items())


def _exporter_matrix(framework: str, findings: list[Finding]) -> ExporterMatrix:
    exporters: dict[str, dict[str, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    for finding in findings:
        exporter, _, runtime = finding.variant.partition(ROUTE_SEPARATOR)
        exporters[exporter][runtime].append(finding)
    runtimes = tuple(sorted({runtime for cells in exporters.values() for runtime in cells if runtime}))
    rows = tuple(_exporter_row(exporter, cells, runtimes) for exporter, cells in exporters.items())
    return ExporterMatrix(framework, runtimes, rows)


def _exporter_row(exporter: str, findings: Mapping[str, list[Finding]], runtimes: tuple[str, ...]) -> ExporterRow:
    without_file = Counter(finding.verdict for finding in findings.get("", ()))
    cells = tuple(_exporter_cell(findings[runtime]) if runtime in findings else None for runtime in runtimes)
    return ExporterRow(exporter, without_file[Verdict.UNSUPPORTED], without_file[Verdict.ERROR], cells)


def _exporter_cell(findings: list[Finding]) -> ExporterCell:
    counted = Counter(finding.verdict for finding in findings)
    worst = max(findings, key=lambda finding: (severity(finding.verdict), sortable(finding.gain), finding.question))
    counts = {str(verdict): counted[verdict] for verdict in WORST_FIRST if counted[verdict]}
    return ExporterCell(counts, None if worst.verdict in AGREEMENT else worst)


TITLES: dict[str, tuple[str, str]] = {
    Suite.DTYPES: (
        "Dtypes",
        "What becomes of integers and short floats: which rule rounds them, what happens beyond the largest and the "
        "smallest value, and in which precision the arithmetic is done.",
    ),
    Suite.SCALES: (
        "Scale factors",
        "What output size follows from a scale factor, and whether coordinates then use that scale or the ratio of the "
        "two sizes.",
    ),
    Suite.RANKS: (
        "Ranks, batches and channels",
        "Resizes of one, three and more axes, and whether the number of images or channels changes what each gets.",
    ),
    Suite.GRADIENTS: (
        "Gradients",
        "The gradient of a linear resize is its transposed matrix: is that what is returned?",
    ),
    Suite.EDGES: (
        "Edges",
        "Sizes of 0 and 1, enormous sizes, arrays that do not lie in memory as usual, NaN and infinity, constant and "
        "mirrored images. What can crash or hang ran in a process of its own.",
    ),
    Suite.PATHS: (
        "Execution paths",
        "The same call compiled, threaded, exported or in another layout: does each framework agree with itself?",
    ),
    Suite.PARITY: (
        "Export",
        "Does an exported resize do what the original does, for every exporter, with fixed and dynamic shapes, and on "
        "every runtime? Silent divergences come first, refusals last.",
    ),
}


@dataclass(frozen=True, slots=True)
class VariantRow:
    """Operations to which every variant gave the same answer; ``cells`` are the first one's, by variant."""

    operations: tuple[str, ...]
    cells: tuple[Finding | None, ...]


@dataclass(frozen=True, slots=True)
class VariantTable:
    """One framework: its variants, and its operations by what they gave, worst first."""

    framework: str
    variants: tuple[str, ...]
    rows: tuple[VariantRow, ...]


@dataclass(frozen=True, slots=True)
class CauseGroup:
    """Findings of one framework that have a verdict and an attribution in common; the worst is shown in full."""

    framework: str
    verdict: str
    factors: str
    worst: Finding
    others: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class RefusalGroup:
    """One message of one framework, and everything it was said to."""

    framework: str
    message: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class VariantSection:
    """What one suite found."""

    suite: str
    title: str
    question: str
    findings: tuple[Finding, ...]
    tables: tuple[VariantTable, ...]
    causes: tuple[CauseGroup, ...]
    refusals: tuple[RefusalGroup, ...]
    exporters: tuple[ExporterMatrix, ...]


def variant_sections(findings: Iterable[Finding]) -> list[VariantSection]:
    """A section for each suite of ``VARIANT_SUITES`` that has findings, in that order."""
    by_suite: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_suite[finding.suite].append(finding)
    return [_section(suite, by_suite[suite]) for suite in VARIANT_SUITES if by_suite[suite]]


def _section(suite: str, findings: Sequence[Finding]) -> VariantSection:
    tables = tuple(
        _table(name, members)
        for name, members in by_framework(findings).items()
        if any(finding.verdict != Verdict.NOT_INSTALLED for finding in members)
    )
    has_exporters = any(ROUTE_SEPARATOR in finding.variant for finding in findings)
    return VariantSection(
        suite=suite,
        title=TITLES[suite][0],
        question=TITLES[suite][1],
        findings=tuple(findings),
        tables=tables,
        causes=_causes(findings),
        refusals=_refusals(findings),
        exporters=exporter_matrices(findings) if has_exporters else (),
    )


def _natural_sort_key(text: str) -> list[tuple[bool, int, str]]:
    """A key that puts ``int8`` before ``int16``."""
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", text)]


def _table(framework: str, findings: Sequence[Finding]) -> VariantTable:
    variants = tuple(sorted({finding.variant for finding in findings}, key=_natural_sort_key))
    by_operation: dict[str, dict[str, Finding]] = defaultdict(dict)
    for finding in findings:
        by_operation[finding.operation][finding.variant] = finding
    alike: dict[tuple[tuple[str, str] | None, ...], list[str]] = defaultdict(list)
    for operation, cells in by_operation.items():
        answers = (cells.get(variant) for variant in variants)
        key = tuple((finding.verdict, finding.headline) if finding else None for finding in answers)
        alike[key].append(operation)
    rows = [
        VariantRow(tuple(operations), tuple(by_operation[operations[0]].get(variant) for variant in variants))
        for operations in alike.values()
    ]
    rows.sort(key=lambda row: (-max(severity(cell.verdict) for cell in row.cells if cell), -len(row.operations)))
    return VariantTable(framework, variants, tuple(rows))


def cause_key(finding: Finding) -> tuple[str, str, str]:
    """What puts findings of a section together: framework, verdict, and what it is attributed to."""
    return finding.framework, finding.verdict, finding.causes


def _causes(findings: Sequence[Finding]) -> tuple[CauseGroup, ...]:
    groups: dict[tuple[str, str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.verdict in WRONG:
            groups[cause_key(finding)].append(finding)
    causes = []
    for key, members in groups.items():
        members.sort(key=lambda finding: (-sortable(finding.gain), not finding.reproduction, finding.question))
        causes.append(CauseGroup(*key, members[0], tuple(members[1:])))
    causes.sort(key=lambda group: (-severity(group.verdict), -sortable(group.worst.gain), group.framework))
    return tuple(causes)


def _refusals(findings: Sequence[Finding]) -> tuple[RefusalGroup, ...]:
    groups: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.verdict == Verdict.UNSUPPORTED and finding.refused is not None:
            groups[finding.framework, finding.refused.message].append(finding)
    ordered = sorted(groups.items(), key=lambda item: (item[0][0], -len(item[1]), item[0][1]))
    return tuple(RefusalGroup(*key, tuple(members)) for key, members in ordered)
