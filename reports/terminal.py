"""The last lines of a test run: what was measured, what is new, and where the page is."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from pathlib import Path

from reports import align_corners, views
from reports.defaults import default_groups
from reports.record import VERDICTS, Default, Finding, MaskShift, Record, Run
from reports.shown import number, visible

LISTED = 20


def _wrapped(text: str, width: int, first: str = "", rest: str = "    ") -> list[str]:
    # The escapes keep a name from steering the terminal; line breaks would break the layout.
    text = " ".join(str(visible(text)).split())
    return textwrap.wrap(text, max(width, 20), initial_indent=first, subsequent_indent=rest) or [first.rstrip()]


def _table(findings: list[Finding], absent: list[str], width: int) -> list[str]:
    frameworks = sorted({finding.framework for finding in findings} | set(absent))
    rows = {name: views.counts([each for each in findings if each.framework == name]) for name in frameworks}
    columns = [verdict for verdict in VERDICTS if any(row[verdict] for row in rows.values())]
    names = {name: str(visible(name)) for name in frameworks}
    margin = max(map(len, [*names.values(), "framework"]), default=0)
    header = f"{'framework':<{margin}}" + "".join(f"  {verdict:>5}" for verdict in columns)
    lines = [header] if columns else []
    for name, row in rows.items():
        if not any(row.values()):
            lines.append(f"{names[name]:<{margin}}  not installed")
            continue
        cells = "".join(f"  {row[verdict] or '.':>{max(5, len(verdict))}}" for verdict in columns)
        lines.append(f"{names[name]:<{margin}}{cells}")
    if max(map(len, lines), default=0) <= width:
        return lines
    lines = []
    for name, row in rows.items():
        parts = [f"{count} {verdict}" for verdict, count in row.items() if count]
        lines += _wrapped(f"{names[name]}: {', '.join(parts) or 'not installed'}", width)
    return lines


def _listed(title: str, findings: list[Finding], width: int) -> list[str]:
    if not findings:
        return []
    lines = ["", f"{title}: {len(findings)}"]
    for finding in findings[:LISTED]:
        why = finding.attribution.explanation if finding.attribution else ""
        if finding.ledger.status == "stale" or not why:
            why = finding.ledger.reason or why
        gain = f" (gain {number(finding.gain)})" if finding.gain is not None else ""
        lines += _wrapped(f"{finding.subject}: {finding.verdict}{gain}. {why}", width, "  ")
    if len(findings) > LISTED:
        lines.append(f"  and {len(findings) - LISTED} more, all in the report")
    return lines


def _defaults(defaults: list[Default], width: int) -> list[str]:
    groups = default_groups(defaults)
    known = [group for group in groups if group[0] is not None]
    # Two defaults that fit no convention need not be the same function.
    different = len(known) + sum(len(members) for identified, members in groups if identified is None)
    if different < 2:
        return []
    lines = ["", f"defaults that differ: {len(defaults)} calls given only a size do {different} different things"]
    for identified, members in groups:
        calls = ", ".join(each.operation for each in members)
        lines += _wrapped(f"{identified or 'no known convention'}: {calls}", width, "  ")
    return lines


def _corners(records: list[Record]) -> list[str]:
    told = align_corners.chapter(records)
    if told is None:
        return []
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in told.verdicts.items())
    masks = len(views.of_type(records, MaskShift))
    return [f"align_corners: {len(told.claims)} claims ({verdicts}), {masks} masks measured"]


def summary_lines(records: Iterable[Record], width: int, report: str | Path | None = None) -> list[str]:
    """What to print at the end of a run, in lines of at most ``width`` characters where words allow it.

    A table of verdicts for each framework, then new divergences, stale entries of the ledger, defaults that differ, and
    the path of ``report`` when it is given. Says so plainly when nothing was measured.
    """
    records = list(records)
    findings = views.of_type(records, Finding)
    versions = views.versions(views.of_type(records, Run))
    absent = [name for name, version in versions.items() if version is None]
    lines = []
    lines += _corners(records)
    if not views.measured(findings) and (findings or not lines):
        lines += _wrapped("nothing measured: this run says nothing about agreement", width)
    lines += _table(findings, absent, width)
    by_status = {
        status: [each for each in findings if each.ledger and each.ledger.status == status]
        for status in ("new", "stale")
    }
    lines += _listed("new divergences", by_status["new"], width)
    lines += _listed("stale ledger entries", by_status["stale"], width)
    lines += _defaults(views.of_type(records, Default), width)
    if report is not None:
        lines += ["", f"report: {report}"]
    return lines
