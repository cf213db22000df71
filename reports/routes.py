"""What exporters make of calls: for each framework a row for each way a file is made, a column for each runtime."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reports.record import AGREEMENT, VERDICTS, Finding
from reports.views import severity, size

ARROW = " -> "
"""Between the way a file is made and the runtime, in the variants of these findings."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a runtime made of one kind of file: how many calls by verdict, the worst first, and the worst finding.

    ``worst`` is ``None`` where all agree.
    """

    counts: Mapping[str, int]
    worst: Finding | None


@dataclass(frozen=True, slots=True)
class Row:
    """One way of making a file. ``refused`` calls became none, ``failed`` ones took the exporter down."""

    name: str
    refused: int
    failed: int
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Routes:
    """The calls of one framework."""

    framework: str
    runtimes: tuple[str, ...]
    rows: tuple[Row, ...]


def routes(findings: Iterable[Finding]) -> tuple[Routes, ...]:
    """A table for each framework; variants are ``way -> runtime``, or ``way`` where no file was made."""
    by_framework: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        # What is not installed is no way of any call, and is said elsewhere.
        if finding.verdict != "not installed":
            by_framework[finding.framework].append(finding)
    return tuple(_of(name, by_framework[name]) for name in sorted(by_framework))


def _of(framework: str, findings: list[Finding]) -> Routes:
    ways: dict[str, dict[str, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    for finding in findings:
        way, _, runtime = finding.variant.partition(ARROW)
        ways[way][runtime].append(finding)
    runtimes = tuple(sorted({runtime for cells in ways.values() for runtime in cells if runtime}))
    return Routes(framework, runtimes, tuple(_row(way, ways[way], runtimes) for way in ways))


def _row(way: str, cells: Mapping[str, list[Finding]], runtimes: tuple[str, ...]) -> Row:
    ended = Counter(finding.verdict for finding in cells.get("", ()))
    found = tuple(_cell(cells[runtime]) if runtime in cells else None for runtime in runtimes)
    return Row(way, ended["unsupported"], ended["error"], found)


def _cell(findings: list[Finding]) -> Cell:
    counted = Counter(finding.verdict for finding in findings)
    worst = max(findings, key=lambda each: (severity(each.verdict), size(each.gain), each.question))
    ordered = sorted(VERDICTS, key=lambda name: -severity(name))
    counts = {name: counted[name] for name in ordered if counted[name]}
    return Cell(counts, None if worst.verdict in AGREEMENT else worst)
