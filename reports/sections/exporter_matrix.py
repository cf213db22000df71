"""The matrix of exporters and runtimes: each call through each exporter, and its file on each runtime."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from halfpixel.golden.vocabulary import (
    AGREEMENT,
    ROUTE_SEPARATOR,
    WORST_FIRST,
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
    """A table for each framework; variants are ``exporter -> runtime``, or ``exporter`` where no file was made.

    Empty for a run that exported nothing.
    """
    exported = [finding for finding in findings if finding.suite == Suite.PARITY]
    if not any(ROUTE_SEPARATOR in finding.variant for finding in exported):
        return ()
    # What is not installed is listed elsewhere.
    installed = (finding for finding in exported if finding.verdict != Verdict.NOT_INSTALLED)
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
