"""An SVG badge for each framework: its version, and how many defects are known or what is new."""

from __future__ import annotations

import re
from collections.abc import Iterable

from halfpixel.golden.vocabulary import NOT_MEASURED
from halfpixel.reports.page.templating import environment
from halfpixel.reports.records import aggregate
from halfpixel.reports.records.record_types import Finding, Record, RecordError, Run
from halfpixel.reports.sections.defects import Project, defects_section
from halfpixel.reports.text.text_escaping import single_line

LONGEST_NAME = 40
CHARACTER = 7
"""Pixels of a character at the badge's size; the text is set to the width that this gives, whatever the font."""

GOOD, SOME, BAD, NONE = "#1a7f37", "#8a5a00", "#b42318", "#57606a"
"""No defect is known; some are; something is new or changed; nothing measured. White on each has 4.5 : 1."""


def badges(records: Iterable[Record]) -> dict[str, str]:
    """File name to SVG, for each framework that the run asked something.

    Raises ``RecordError`` for a run that was cut short: a badge has no room to say so.
    """
    records = list(records)
    for shortfall in aggregate.shortfalls(records):
        raise RecordError(f"no badges of a run that was cut short: {shortfall}")
    asked = aggregate.by_framework(aggregate.of_type(records, Finding))
    projects = {project.framework: project for project in defects_section(records).projects}
    versions = aggregate.framework_versions(aggregate.of_type(records, Run))
    drawn: dict[str, str] = {}
    for name, findings in asked.items():
        if name in versions or name in projects:
            measured = versions.get(name, ())
            label = f"{name} {measured[0]}" if len(measured) == 1 else name
            is_measured = any(finding.verdict not in NOT_MEASURED for finding in findings)
            drawn[_file(name, drawn)] = _badge(
                single_line(label, LONGEST_NAME), projects.get(name) if is_measured else None
            )
    return drawn


def _file(name: str, taken: dict[str, str]) -> str:
    safe = re.sub(r"[^A-Za-z0-9_-]", "_", name)[:80] or "_"
    number, file = 1, f"{safe}.svg"
    while file.lower() in {other.lower() for other in taken}:
        number += 1
        file = f"{safe}-{number}.svg"
    return file


def _badge(label: str, project: Project | None) -> str:
    words, colour = _words(project)
    left, right = (CHARACTER * len(text) + 12 for text in (label, words))
    template = environment().get_template("badge.svg.j2")
    return template.render(label=label, words=words, colour=colour, left=left, right=right, inset=6)


def _words(project: Project | None) -> tuple[str, str]:
    """The text of the badge, and its colour."""
    if project is None:
        return "not measured", NONE
    news = [f"{count} {what}" for count, what in ((project.new, "new"), (project.changed, "changed")) if count]
    if news:
        return ", ".join(news), BAD
    known = len(project.present)
    if known:
        return f"{known} known defect{'' if known == 1 else 's'}", SOME
    if project.unexplained:
        return f"{project.unexplained} not explained", SOME
    return "no known defects", GOOD
