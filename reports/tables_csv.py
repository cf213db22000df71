"""``python -m reports csv``: findings, translations, defaults and classes as tables for a spreadsheet."""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from reports.files import write_whole
from reports.reading import read
from reports.record import Call, Default, EquivalenceClass, Finding, Record, Translation
from reports.sentences import sentence
from reports.shown import visible

LONGEST_CELL = 32_000
"""Spreadsheets cut cells at 32,767 characters."""

FINDINGS = (
    *("suite", "framework", "operation", "variant", "against", "verdict", "headline", "factors", "sentence"),
    *("gain", "unit", "grey_levels", "pixels_moved", "tolerance", "smallest_tolerance"),
    *("pairs_measured", "pairs_differing", "differing_up", "differing_down", "differing_same"),
    *("worst_axis", "worst_n_in", "worst_n_out", "worst_output", "worst_coordinate"),
    *("refused", "ledger", "reason", "link", "source", "question"),
)
TRANSLATIONS = (
    "operation",
    "framework",
    "in",
    "verdict",
    "to",
    "pairs",
    "of",
    "gain",
    "grey_levels",
    "factors",
    "reason",
)
DEFAULTS = ("framework", "operation", "call", "identified", "nearest", "claim", "evidence")
CLASSES = ("class", "operation", "frameworks", "members", "convention", "pairs", "explanation")

Cell = str | int | float | None


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add the command."""
    parser = commands.add_parser("csv", help="the tables for a spreadsheet")
    parser.add_argument("records", type=Path, metavar="A.jsonl")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the tables and print where they are; exit code 0."""
    for name, text in tables(read(options.records)).items():
        write_whole(options.output / name, text)
        print(options.output / name)
    return 0


def tables(records: Iterable[Record]) -> dict[str, str]:
    """File name to table."""
    records = list(records)
    return {
        "findings.csv": _table(FINDINGS, _findings(records)),
        "translations.csv": _table(TRANSLATIONS, _translations(records)),
        "defaults.csv": _table(DEFAULTS, _defaults(records)),
        "classes.csv": _table(CLASSES, _classes(records)),
    }


def cell(value: Cell) -> Cell:
    """A cell that a spreadsheet shows and does not compute: text that would start a formula gets an apostrophe.

    https://owasp.org/www-community/attacks/CSV_Injection
    """
    if not isinstance(value, str):
        return value
    shown = str(visible(value[:LONGEST_CELL]))[:LONGEST_CELL].replace("\t", " ")
    return f"'{shown}" if shown.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")) else shown


def _table(columns: tuple[str, ...], rows: Iterable[tuple[Cell, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(tuple(map(cell, row)) for row in rows)
    return text.getvalue()


def _findings(records: list[Record]) -> Iterator[tuple[Cell, ...]]:
    for each in records:
        if not isinstance(each, Finding):
            continue
        worst, ledger = each.worst, each.ledger
        factors = " + ".join(each.attribution.factors) if each.attribution else ""
        yield (
            *(each.suite, each.framework, each.operation, each.variant, each.against, each.verdict, each.headline),
            *(factors, sentence(each), each.gain, each.unit, each.grey_levels, each.pixels_moved),
            *(each.tolerance, each.smallest_tolerance, each.pairs_measured, each.pairs_differing),
            *(each.differing_up, each.differing_down, each.differing_same),
            *(
                (worst.axis, worst.n_in, worst.n_out, worst.output_index, worst.coordinate)
                if worst
                else (None, None, None, None, None)
            ),
            each.refused.message if each.refused else "",
            *((ledger.status, ledger.reason, ledger.link) if ledger else ("", "", "")),
            *(each.source, each.question),
        )


def _translations(records: list[Record]) -> Iterator[tuple[Cell, ...]]:
    calls = {each.key: each.operation for each in records if isinstance(each, Call)}
    for each in records:
        if not isinstance(each, Translation):
            continue
        if not each.answers:
            yield (each.operation, each.framework, *[None] * 8, each.reason)
        for name, answer in each.answers.items():
            to = answer.get("to", "")
            yield (
                *(each.operation, each.framework, name, answer["verdict"], calls.get(to, to)),
                *(answer.get("pairs", each.pairs), answer.get("of"), answer.get("gain"), answer.get("grey_levels")),
                *(" + ".join(answer.get("factors", [])), answer.get("reason", "")),
            )


def _defaults(records: list[Record]) -> Iterator[tuple[Cell, ...]]:
    for each in records:
        if isinstance(each, Default):
            yield tuple(getattr(each, name) for name in DEFAULTS)


def _classes(records: list[Record]) -> Iterator[tuple[Cell, ...]]:
    classes = (each for each in records if isinstance(each, EquivalenceClass))
    for number, each in enumerate(classes, start=1):
        for member in each.members:
            size = (len(each.frameworks), len(each.members))
            yield (number, member, *size, each.convention, each.pairs, each.explanation)
