"""Summarise a run in Markdown for the page of a CI job: new and stale first, then the worst."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from halfpixel.golden.vocabulary import AGREEMENT, DISAGREEMENT, PLAIN_IMAGE_SUITES, WRONG, LedgerState, Verdict
from halfpixel.reports.records import aggregate
from halfpixel.reports.records.aggregate import worst_grey_levels
from halfpixel.reports.records.record_types import Finding, Record, Run
from halfpixel.reports.text.columns import Column, Kind, markdown_table
from halfpixel.reports.text.sentences import sentence
from halfpixel.reports.text.text_escaping import escape_markdown, is_link

LISTED = 20
"""Findings of each kind: with 300 characters for each, all of it stays far below what a comment holds (65,536)."""
ROWS = 60
"""Frameworks in the table, at most."""
LONGEST_CELL = 60


class FrameworkRow(NamedTuple):
    """One framework: its versions, and how many findings have each verdict."""

    name: str
    version: str
    counts: dict[str, int]


FRAMEWORKS: tuple[Column[FrameworkRow], ...] = (
    Column("framework", "framework", lambda row: row.name[:LONGEST_CELL]),
    Column("version", "version", lambda row: row.version[:LONGEST_CELL]),
    Column("agree", "agree", lambda row: aggregate.count_of(row.counts, AGREEMENT), Kind.COUNT),
    Column("differ", "differ", lambda row: aggregate.count_of(row.counts, DISAGREEMENT), Kind.COUNT),
    Column("refused", "refused", lambda row: row.counts[Verdict.UNSUPPORTED], Kind.COUNT),
    Column("failed", "went wrong", lambda row: row.counts[Verdict.ERROR], Kind.COUNT),
)


def markdown_summary(records: Iterable[Record], link: str = "") -> str:
    """The summary: counts, frameworks, what is new, what is stale, and the worst of what is known."""
    records = list(records)
    findings = aggregate.of_type(records, Finding)
    new, stale = (aggregate.in_ledger_state(findings, state) for state in (LedgerState.NEW, LedgerState.STALE))
    listed = {id(finding) for finding in (*new, *stale)}
    known = [finding for finding in findings if finding.verdict in WRONG and id(finding) not in listed]
    lines = ["### halfpixel: what each resize does", "", f"**{_counts_line(findings, len(new), len(stale))}.**", ""]
    if is_link(link):
        # Angle brackets hold any address but one with angle brackets, which no address has.
        lines += [f"[The whole report](<{re.sub('[<>]', '', link)}>)", ""]
    lines += _framework_table(findings, aggregate.of_type(records, Run))
    lines += _list("New: not in the ledger of known divergences", new)
    lines += _list("Stale: in the ledger, and no longer as it says", stale)
    lines += _list("The worst of each kind that is known", _worst_by_cause(known))
    return "\n".join(lines) + "\n"


def _counts_line(findings: list[Finding], new: int, stale: int) -> str:
    counts = aggregate.counts(findings)
    agree, differ = (aggregate.count_of(counts, verdicts) for verdicts in (AGREEMENT, DISAGREEMENT))
    rest = len(findings) - agree - differ
    return (
        f"{len(findings):,} answers: {agree:,} agree, {differ:,} differ, {rest:,} could not be measured or went wrong; "
        f"{new:,} new, {stale:,} stale"
    )


def _framework_table(findings: list[Finding], runs: list[Run]) -> list[str]:
    if not findings:
        return ["Nothing was measured.", ""]
    versions = aggregate.framework_versions(runs)
    rows, absent = [], []
    for name, members in aggregate.by_framework(findings).items():
        if all(finding.verdict == Verdict.NOT_INSTALLED for finding in members):
            absent.append(escape_markdown(name[:LONGEST_CELL]))
        else:
            rows.append(FrameworkRow(name, ", ".join(versions.get(name, ())), aggregate.counts(members)))
    lines = [*markdown_table(FRAMEWORKS, rows[:ROWS]), ""]
    if len(rows) > ROWS:
        lines += [f"and {len(rows) - ROWS:,} more frameworks", ""]
    if absent:
        lines += [f"Not installed: {', '.join(absent[:ROWS])}.", ""]
    return lines


def _worst_by_cause(findings: list[Finding]) -> list[Finding]:
    """The worst for each framework and cause of what calls do to plain images, where an error has a size."""
    worst: dict[tuple[str, tuple[str, ...]], Finding] = {}
    for finding in findings:
        if finding.suite in PLAIN_IMAGE_SUITES and finding.attribution:
            kind = (finding.framework, finding.factors)
            if kind not in worst or worst_grey_levels(finding) > worst_grey_levels(worst[kind]):
                worst[kind] = finding
    return list(worst.values())


def _list(title: str, findings: list[Finding]) -> list[str]:
    if not findings:
        return []
    worst_first = sorted(findings, key=worst_grey_levels, reverse=True)
    lines = [f"#### {title} ({len(findings):,})", ""]
    # An entity at the start: the text begins no list, heading or table of its own.
    lines += [f"- &#8203;{escape_markdown(sentence(finding))}" for finding in worst_first[:LISTED]]
    more = len(findings) - LISTED
    return [*lines, *([f"- and {more:,} more, in the report"] if more > 0 else []), ""]
