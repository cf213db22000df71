"""One chapter for each suite that asks the same question of several variants: tables, groups of findings, refusals."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reports.record import CHAPTERS, DISAGREEMENT, Finding
from reports.routes import ARROW, Routes, routes
from reports.views import severity, size

TITLES = {
    "dtypes": (
        "Dtypes",
        "What becomes of integers and short floats: which rule rounds them, what happens beyond the largest and the "
        "smallest value, and in which precision the arithmetic is done.",
    ),
    "scales": (
        "Scale factors",
        "What output size follows from a scale factor, and whether coordinates then use that scale or the ratio of the "
        "two sizes.",
    ),
    "ranks": (
        "Ranks, batches and channels",
        "Resizes of one, three and more axes, and whether the number of images or channels changes what each gets.",
    ),
    "gradients": ("Gradients", "The gradient of a linear resize is its transposed matrix: is that what is returned?"),
    "edges": (
        "Edges",
        "Sizes of 0 and 1, enormous sizes, arrays that do not lie in memory as usual, NaN and infinity, constant and "
        "mirrored images. What can crash or hang ran in a process of its own.",
    ),
    "paths": (
        "Execution paths",
        "The same call compiled, threaded, exported or laid out otherwise: does each framework agree with itself?",
    ),
    "parity": (
        "Export",
        "Does a resize do what it did once it is exported, through every exporter, with fixed and open shapes, and on "
        "every runtime? What diverges does so without a word, and comes first; what is refused comes last.",
    ),
}


@dataclass(frozen=True, slots=True)
class Row:
    """Operations to which every variant gave the same answer; ``cells`` are the first one's, by variant."""

    operations: tuple[str, ...]
    cells: tuple[Finding | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One framework: its variants, and its operations by what they gave, worst first."""

    framework: str
    variants: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Cause:
    """Findings of one framework that have a verdict and an attribution in common; the worst is shown in full."""

    framework: str
    verdict: str
    factors: str
    worst: Finding
    others: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One message of one framework, and everything it was said to."""

    framework: str
    message: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """What one suite found."""

    suite: str
    title: str
    question: str
    findings: tuple[Finding, ...]
    tables: tuple[Table, ...]
    causes: tuple[Cause, ...]
    refusals: tuple[Refusal, ...]
    routes: tuple[Routes, ...]


def chapters(findings: Iterable[Finding]) -> list[Chapter]:
    """A chapter for each suite of ``CHAPTERS`` that found anything, in that order."""
    by_suite: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_suite[finding.suite].append(finding)
    return [_chapter(suite, by_suite[suite]) for suite in CHAPTERS if by_suite[suite]]


def _chapter(suite: str, findings: Sequence[Finding]) -> Chapter:
    frameworks = sorted({finding.framework for finding in findings if finding.verdict != "not installed"})
    tables = tuple(_table(name, [each for each in findings if each.framework == name]) for name in frameworks)
    ways = routes(findings) if any(ARROW in finding.variant for finding in findings) else ()
    return Chapter(suite, *TITLES[suite], tuple(findings), tables, _causes(findings), _refusals(findings), ways)


def _natural(text: str) -> list[tuple[bool, int, str]]:
    """A key that puts ``int8`` before ``int16``."""
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", text)]


def _table(framework: str, findings: Sequence[Finding]) -> Table:
    variants = tuple(sorted({finding.variant for finding in findings}, key=_natural))
    by_operation: dict[str, dict[str, Finding]] = defaultdict(dict)
    for finding in findings:
        by_operation[finding.operation][finding.variant] = finding
    alike: dict[tuple, list[str]] = defaultdict(list)
    for operation, cells in by_operation.items():
        answers = (cells.get(variant) for variant in variants)
        alike[tuple(each and (each.verdict, each.headline) for each in answers)].append(operation)
    rows = [
        Row(tuple(operations), tuple(by_operation[operations[0]].get(variant) for variant in variants))
        for operations in alike.values()
    ]
    rows.sort(key=lambda row: (-max(severity(cell.verdict) for cell in row.cells if cell), -len(row.operations)))
    return Table(framework, variants, tuple(rows))


def cause_of(finding: Finding) -> tuple[str, str, str]:
    """What puts findings of a chapter together: framework, verdict, and what it is attributed to."""
    factors = " + ".join(finding.attribution.factors) if finding.attribution else ""
    return finding.framework, finding.verdict, factors or "not attributed"


def _causes(findings: Sequence[Finding]) -> tuple[Cause, ...]:
    groups: dict[tuple[str, str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.verdict in (*DISAGREEMENT, "error"):
            groups[cause_of(finding)].append(finding)
    causes = []
    for key, members in groups.items():
        worst, *others = sorted(members, key=lambda each: (-size(each.gain), not each.reproduction, each.question))
        causes.append(Cause(*key, worst, tuple(others)))
    return tuple(sorted(causes, key=lambda each: (-severity(each.verdict), -size(each.worst.gain), each.framework)))


def _refusals(findings: Sequence[Finding]) -> tuple[Refusal, ...]:
    said: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.verdict == "unsupported" and finding.refused is not None:
            said[finding.framework, finding.refused.message].append(finding)
    ordered = sorted(said.items(), key=lambda item: (item[0][0], -len(item[1]), item[0][1]))
    return tuple(Refusal(*key, tuple(those)) for key, those in ordered)
