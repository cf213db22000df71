"""Summarise a run in Markdown for the page of a CI job: new and changed first, then the defects of each project."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from halfpixel.golden.vocabulary import DefectKind
from halfpixel.reports.records import aggregate
from halfpixel.reports.records.record_types import Finding, Record, Run
from halfpixel.reports.sections.defects import DEFECT_KINDS, DefectsSection, Project, defects_section, worst_first
from halfpixel.reports.text.columns import Column, Kind, markdown_table
from halfpixel.reports.text.sentences import sentence
from halfpixel.reports.text.text_escaping import escape_markdown, is_link

LISTED = 20
"""Findings of each kind: with 300 characters for each, all of it stays far below what a comment holds (65,536)."""
ROWS = 60
"""Projects in the table, at most."""
TITLES = 3
"""Defects named of each project."""
LONGEST_CELL = 60
LONGEST_TITLE = 200


def _count(kind: DefectKind) -> Column[Project]:
    return Column(kind, kind, lambda project: project.counts[kind], Kind.COUNT)


PROJECTS: tuple[Column[Project], ...] = (
    Column("project", "project", lambda project: project.name[:LONGEST_CELL]),
    Column("version", "version", lambda project: project.version[:LONGEST_CELL]),
    *map(_count, DEFECT_KINDS),
    Column("state", "this version", lambda project: project.state),
)


def markdown_summary(records: Iterable[Record], link: str = "") -> str:
    """The summary: what is new, what changed, the defects of each project by kind, and the worst of them."""
    records = list(records)
    defects = defects_section(records)
    lines = ["### halfpixel: what is wrong with each resize", ""]
    for shortfall in aggregate.shortfalls(records):
        lines += [f"**This run was cut short: {escape_markdown(shortfall)}.**", ""]
    lines += [f"**{_counts_line(defects)}.**", ""]
    if is_link(link):
        # Angle brackets hold any address but one with angle brackets, which no address has.
        lines += [f"[The whole report](<{re.sub('[<>]', '', link)}>)", ""]
    lines += _list("New: no entry explains it, or it is not locked", defects.new)
    lines += _list("Changed since it was locked", defects.changed)
    lines += _projects_table(defects, records)
    lines += _worst_titles(defects)
    new = {id(finding) for finding in defects.new}
    lines += _list("Not explained by any entry", [each for each in defects.unexplained if id(each) not in new])
    return "\n".join(lines) + "\n"


def _counts_line(defects: DefectsSection) -> str:
    projects = sum(bool(project.present) for project in defects.projects)
    return (
        f"{len(defects.new):,} new, {len(defects.changed):,} changed; {len(defects.known):,} known defects of "
        f"{projects:,} projects; {len(defects.unexplained):,} answers that no entry explains"
    )


def _projects_table(defects: DefectsSection, records: list[Record]) -> list[str]:
    versions = aggregate.framework_versions(aggregate.of_type(records, Run))
    absent = [escape_markdown(name[:LONGEST_CELL]) for name, installed in versions.items() if not installed]
    if not aggregate.measured(aggregate.of_type(records, Finding)):
        return ["Nothing was measured.", ""]
    lines = [*markdown_table(PROJECTS, defects.projects[:ROWS]), ""]
    if len(defects.projects) > ROWS:
        lines += [f"and {len(defects.projects) - ROWS:,} more projects", ""]
    if absent:
        lines += [f"Not installed: {', '.join(absent[:ROWS])}.", ""]
    return lines


def _worst_titles(defects: DefectsSection) -> list[str]:
    lines = []
    for project in [project for project in defects.projects if project.present][:LISTED]:
        lines += [f"#### {escape_markdown(project.name[:LONGEST_CELL])}: the worst", ""]
        for card in project.present[:TITLES]:
            lines.append(f"- &#8203;{escape_markdown(card.defect.title[:LONGEST_TITLE])} ({card.kind})")
        lines.append("")
    return lines


def _list(title: str, findings: Sequence[Finding]) -> list[str]:
    if not findings:
        return []
    lines = [f"#### {title} ({len(findings):,})", ""]
    # An entity at the start: the text begins no list, heading or table of its own.
    lines += [
        f"- &#8203;{escape_markdown(sentence(finding))}" for finding in sorted(findings, key=worst_first)[:LISTED]
    ]
    more = len(findings) - LISTED
    return [*lines, *([f"- and {more:,} more, in the report"] if more > 0 else []), ""]
