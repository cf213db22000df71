"""``python -m reports badges``: a badge (SVG) for each framework, with how many of its calls do as documented."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports.files import write_whole
from reports.reading import read
from reports.record import AGREEMENT, DISAGREEMENT, Finding, Record, RecordError, Run
from reports.shown import visible
from reports.templating import TEMPLATES

LONGEST_NAME = 40
CHARACTER = 7
"""Pixels of a character at the badge's size; the text is set to the width that this gives, whatever the font."""

GOOD, SOME, BAD, NONE = "#1a7f37", "#8a5a00", "#b42318", "#57606a"
"""All agree; some diverge, as the ledger knows; some are new or fail; nothing measured. White on each has 4.5 : 1."""


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add the command."""
    parser = commands.add_parser("badges", help="an SVG badge for each framework")
    parser.add_argument("records", type=Path, metavar="A.jsonl")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the badges and print where they are; exit code 0."""
    drawn = badges(read(options.records))
    if not drawn:
        raise RecordError(f"{options.records}: no call was held against its documentation")
    for name, svg in drawn.items():
        write_whole(options.output / name, svg)
        print(options.output / name)
    return 0


def badges(records: Iterable[Record]) -> dict[str, str]:
    """File name to SVG, for each framework whose calls were held against their documentation (``conformance``)."""
    records = list(records)
    by_name: dict[str, list[Finding]] = {}
    for each in records:
        if isinstance(each, Finding) and each.suite == "conformance":
            by_name.setdefault(each.framework, []).append(each)
    drawn: dict[str, str] = {}
    for name in sorted(by_name):
        file = _file(name, drawn)
        drawn[file] = _badge(_label(name, records), by_name[name])
    return drawn


def _file(name: str, taken: dict[str, str]) -> str:
    safe = re.sub(r"[^A-Za-z0-9_-]", "_", name)[:80] or "_"
    number, file = 1, f"{safe}.svg"
    while file.lower() in {each.lower() for each in taken}:
        number += 1
        file = f"{safe}-{number}.svg"
    return file


def _label(name: str, records: list[Record]) -> str:
    versions = {run.versions.get(name) for run in records if isinstance(run, Run)} - {None}
    label = f"{name} {versions.pop()}" if len(versions) == 1 else name
    label = " ".join(str(visible(label[: 4 * LONGEST_NAME])).split())
    return label if len(label) <= LONGEST_NAME else f"{label[: LONGEST_NAME - 1]}…"


def _badge(label: str, findings: list[Finding]) -> str:
    agree = sum(each.verdict in AGREEMENT for each in findings)
    differ = sum(each.verdict in DISAGREEMENT for each in findings)
    wrong = sum(each.verdict == "error" for each in findings)
    if not agree + differ + wrong:
        words, colour = "not measured", NONE
    else:
        parts = (
            [f"{agree} agree"] * bool(agree) + [f"{differ} diverge"] * bool(differ) + [f"{wrong} fail"] * bool(wrong)
        )
        words = ", ".join(parts)
        new = any(each.ledger is not None and each.ledger.status == "new" for each in findings)
        colour = BAD if new or wrong else SOME if differ else GOOD
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    left, right = (CHARACTER * len(text) + 12 for text in (label, words))
    return environment.get_template("badge.svg.j2").render(
        label=label, words=words, colour=colour, left=left, right=right, inset=6
    )
