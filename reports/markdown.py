"""``python -m reports markdown``: a run in Markdown for a CI job's page, new and stale first, then the worst."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Iterable
from pathlib import Path

from reports import views
from reports.files import write_whole
from reports.markdown_text import plain
from reports.reading import read
from reports.record import AGREEMENT, DISAGREEMENT, Finding, Record, Run
from reports.sentences import sentence
from reports.shown import is_link

LISTED = 20
"""Findings of each kind: with 300 characters for each, all of it stays far below what a comment holds (65,536)."""
ROWS = 60
"""Frameworks in the table, at most."""
LONGEST_CELL = 60


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add the command."""
    parser = commands.add_parser("markdown", help="a summary for the page of a CI job")
    parser.add_argument("records", type=Path, metavar="A.jsonl")
    parser.add_argument("-o", "--output", type=Path, metavar="out.md", help="default: standard output")
    parser.add_argument("--link", default="", metavar="URL", help="where the page of the run is")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write or print the summary; exit code 0."""
    text = markdown(read(options.records), options.link)
    if options.output:
        write_whole(options.output, text)
        print(options.output)
    else:
        print(text, end="")
    return 0


def markdown(records: Iterable[Record], link: str = "") -> str:
    """The summary: counts, frameworks, what is new, what is stale, and the worst of what is known."""
    records = list(records)
    findings = [each for each in records if isinstance(each, Finding)]
    runs = [each for each in records if isinstance(each, Run)]
    of = {
        status: [each for each in findings if each.ledger is not None and each.ledger.status == status]
        for status in ("new", "stale")
    }
    listed = {id(each) for status in of for each in of[status]}
    known = [each for each in findings if each.verdict in (*DISAGREEMENT, "error") and id(each) not in listed]
    lines = ["### halfpixel: what each resize does", "", f"**{_counted(findings, of)}.**", ""]
    if is_link(link):
        # Angle brackets hold any address but one with angle brackets, which no address has.
        lines += [f"[The whole report](<{re.sub('[<>]', '', link)}>)", ""]
    lines += _table(findings, runs)
    lines += _list("New: not in the ledger of known divergences", of["new"])
    lines += _list("Stale: in the ledger, and no longer as it says", of["stale"])
    lines += _list("The worst of each kind that is known", _one_of_each(known))
    return "\n".join(lines) + "\n"


def _counted(findings: list[Finding], of: dict[str, list[Finding]]) -> str:
    agree = sum(each.verdict in AGREEMENT for each in findings)
    differ = sum(each.verdict in DISAGREEMENT for each in findings)
    rest = len(findings) - agree - differ
    return (
        f"{len(findings):,} answers: {agree:,} agree, {differ:,} differ, {rest:,} could not be measured or went wrong; "
        f"{len(of['new']):,} new, {len(of['stale']):,} stale"
    )


def _table(findings: list[Finding], runs: list[Run]) -> list[str]:
    versions: dict[str, list[str]] = {}
    for run_ in runs:
        for name, version in run_.versions.items():
            if version and version not in versions.setdefault(name, []):
                versions[name].append(version)
    names = sorted({each.framework for each in findings})
    if not names:
        return ["Nothing was measured.", ""]
    lines = ["| framework | version | agree | differ | refused | went wrong |", "|---|---|--:|--:|--:|--:|"]
    by_name: dict[str, list[Finding]] = {}
    for each in findings:
        by_name.setdefault(each.framework, []).append(each)
    measured = [name for name in names if any(each.verdict != "not installed" for each in by_name[name])]
    absent = [name for name in names if name not in measured]
    for name in measured[:ROWS]:
        counts = views.counts(by_name[name])
        cells = [plain(name[:LONGEST_CELL]), plain(", ".join(versions.get(name, []))[:LONGEST_CELL])]
        cells += [f"{sum(counts[verdict] for verdict in kind):,}" for kind in (AGREEMENT, DISAGREEMENT)]
        cells += [f"{counts['unsupported']:,}", f"{counts['error']:,}"]
        lines.append(f"| {' | '.join(cells)} |")
    more = len(measured) - ROWS
    lines += ["", *([f"and {more:,} more frameworks", ""] if more > 0 else [])]
    if absent:
        lines += [f"Not installed: {', '.join(plain(name[:LONGEST_CELL]) for name in absent[:ROWS])}.", ""]
    return lines


def badness(finding: Finding) -> float:
    """How bad: the worst error in grey levels, and what is no number worst of all."""
    if finding.grey_levels is not None:
        return math.inf if math.isnan(finding.grey_levels) else finding.grey_levels
    of_images = not finding.unit or finding.unit.startswith("for images")
    if finding.gain is None or not of_images:
        return 0.0
    return math.inf if not math.isfinite(finding.gain) else 127.5 * finding.gain


def _one_of_each(findings: list[Finding]) -> list[Finding]:
    """The worst for each framework and cause of what calls do to plain images, where an error has a size."""
    worst: dict[tuple, Finding] = {}
    for each in findings:
        if each.suite in ("conformance", "structure", "agreement") and each.attribution:
            kind = (each.framework, each.attribution.factors)
            if kind not in worst or badness(each) > badness(worst[kind]):
                worst[kind] = each
    return list(worst.values())


def _list(title: str, findings: list[Finding]) -> list[str]:
    if not findings:
        return []
    lines = [f"#### {title} ({len(findings):,})", ""]
    # An entity at the start: the text begins no list, heading or table of its own.
    lines += [f"- &#8203;{plain(sentence(each))}" for each in sorted(findings, key=badness, reverse=True)[:LISTED]]
    more = len(findings) - LISTED
    return [*lines, *([f"- and {more:,} more, in the report"] if more > 0 else []), ""]
