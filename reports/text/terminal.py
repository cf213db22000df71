"""The summary printed at the end of a test run: verdicts by framework, what is new, where the page is."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from pathlib import Path

from halfpixel.golden.vocabulary import NOT_MEASURED, ClaimVerdict, LedgerState, Verdict
from halfpixel.reports.records import aggregate
from halfpixel.reports.records.record_types import DefaultCall, Finding, MaskShift, Record, Run, TextbookClaim
from halfpixel.reports.sections.defaults import default_groups
from halfpixel.reports.sections.defects import Presence, Project, defects_section
from halfpixel.reports.text.columns import worst_error
from halfpixel.reports.text.text_escaping import visible

LISTED = 20


def _wrapped(text: str, width: int, first: str = "", rest: str = "    ") -> list[str]:
    # The escapes keep a name from steering the terminal; line breaks would break the layout.
    text = " ".join(str(visible(text)).split())
    return textwrap.wrap(text, max(width, 20), initial_indent=first, subsequent_indent=rest) or [first.rstrip()]


def _table(findings: list[Finding], absent: list[str], width: int) -> list[str]:
    groups = aggregate.by_framework(findings)
    rows = {name: aggregate.counts(groups.get(name, [])) for name in sorted({*groups, *absent})}
    columns = [verdict for verdict in Verdict if any(row[verdict] for row in rows.values())]
    names = {name: str(visible(name)) for name in rows}
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
        why, reason = finding.cause_explanation, finding.ledger.reason if finding.ledger else ""
        if finding.ledger_state == LedgerState.STALE or not why:
            why = reason or why
        error = worst_error(finding)
        lines += _wrapped(f"{finding.subject}: {finding.verdict}{f' ({error})' if error else ''}. {why}", width, "  ")
    if len(findings) > LISTED:
        lines.append(f"  and {len(findings) - LISTED} more, all in the report")
    return lines


def _defaults(defaults: list[DefaultCall], width: int) -> list[str]:
    groups = default_groups(defaults)
    known = [group for group in groups if group[0] is not None]
    # Two defaults that fit no convention need not be the same function.
    different = len(known) + sum(len(members) for identified, members in groups if identified is None)
    if different < 2:
        return []
    lines = ["", f"defaults that differ: {len(defaults)} calls given only a size do {different} different things"]
    for identified, members in groups:
        calls = ", ".join(default.operation for default in members)
        lines += _wrapped(f"{identified or 'no known convention'}: {calls}", width, "  ")
    return lines


def _align_corners_line(records: list[Record]) -> list[str]:
    claims, masks = aggregate.of_type(records, TextbookClaim), aggregate.of_type(records, MaskShift)
    if not claims and not masks:
        return []
    verdicts = [f"{sum(claim.verdict == verdict for claim in claims)} {verdict}" for verdict in ClaimVerdict]
    return [f"align_corners: {len(claims)} claims ({', '.join(verdicts)}), {len(masks)} masks measured"]


def _without_lock(project: Project, findings: list[Finding], width: int) -> list[str]:
    """The known defects that a release without a lock has and has not, and the differences that no entry explains."""
    new = aggregate.in_ledger_state(findings, LedgerState.NEW)
    refused = sum(finding.verdict in NOT_MEASURED and not finding.ledger for finding in findings)
    here, gone, unasked = (
        [card for card in project.entries if card.presence is presence]
        for presence in (Presence.HERE, Presence.NOT_HERE, Presence.NOT_ASKED)
    )
    parts = [f"{len(here)} of {len(project.entries)} known defects and differences are here"]
    parts += [f"{len(gone)} are not (fixed or not there yet)"] if gone else []
    parts += [f"{len(unasked)} were not asked"] if unasked else []
    parts += [f"{refused} calls, or variants of calls, are refused"] if refused else []
    parts += [f"{len(new)} differences that no entry explains"]
    release = f"{project.framework} {project.version}"
    lines = ["", *_wrapped(f"{release}: not locked; {', '.join(parts)}", width)]
    for card in (*here, *gone):
        lines += _wrapped(f"{card.presence}: {card.defect.id}: {card.defect.title}", width, "  ")
    return lines + _listed(f"{release}: differences that no entry explains", new, width)


def summary_lines(records: Iterable[Record], width: int, report: str | Path | None = None) -> list[str]:
    """What to print at the end of a run, in lines of at most ``width`` characters where words allow it.

    What a run that was cut short lacks, a table of verdicts for each framework, for releases without a lock what the
    catalogue says of them, then new differences, those that changed since locked, defaults that differ, and the path of
    ``report`` when it is given. Says so plainly when nothing was measured.
    """
    records = list(records)
    findings = aggregate.of_type(records, Finding)
    versions = aggregate.framework_versions(aggregate.of_type(records, Run))
    absent = [name for name, installed in versions.items() if not installed]
    lines = [line for text in aggregate.shortfalls(records) for line in _wrapped(f"CUT SHORT: {text}", width)]
    lines += _align_corners_line(records)
    if not aggregate.measured(findings) and (findings or not lines):
        lines += _wrapped("nothing measured: this run says nothing about agreement", width)
    lines += _table(findings, absent, width)
    unlocked = [project for project in defects_section(records).projects if project.is_locked is False]
    for project in unlocked:
        lines += _without_lock(project, [each for each in findings if each.framework == project.framework], width)
    apart = {project.framework for project in unlocked}
    locked = [finding for finding in findings if finding.framework not in apart]
    lines += _listed("new differences", aggregate.in_ledger_state(locked, LedgerState.NEW), width)
    lines += _listed("changed since locked", aggregate.in_ledger_state(locked, LedgerState.STALE), width)
    lines += _defaults(aggregate.of_type(records, DefaultCall), width)
    if report is not None:
        lines += ["", f"report: {report}"]
    return lines
