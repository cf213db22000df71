"""Findings, translations, defaults and equivalence classes as CSV tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from halfpixel.reports.records.aggregate import of_type
from halfpixel.reports.records.record_types import DefaultCall, EquivalenceClass, Finding, Record
from halfpixel.reports.records.translation_records import Translation, TranslationCall
from halfpixel.reports.text import columns
from halfpixel.reports.text.columns import Cell, Column, MemberRow, Row, answer_rows
from halfpixel.reports.text.text_escaping import visible

LONGEST_CELL = 32_000
"""Spreadsheets cut cells at 32,767 characters."""


def tables(records: Iterable[Record]) -> dict[str, str]:
    """File name to table."""
    records = list(records)
    answers = answer_rows(of_type(records, Translation), of_type(records, TranslationCall))
    members = [
        MemberRow(number, member, group)
        for number, group in enumerate(of_type(records, EquivalenceClass), start=1)
        for member in group.members
    ]
    return {
        "findings.csv": _table(columns.FINDINGS, of_type(records, Finding)),
        "translations.csv": _table(columns.TRANSLATIONS, answers),
        "defaults.csv": _table(columns.DEFAULTS, of_type(records, DefaultCall)),
        "classes.csv": _table(columns.CLASSES, members),
    }


def spreadsheet_cell(value: Cell) -> Cell:
    """A cell that a spreadsheet shows and does not compute: text that would start a formula gets an apostrophe.

    https://owasp.org/www-community/attacks/CSV_Injection
    """
    if not isinstance(value, str):
        return value
    shown = str(visible(value[:LONGEST_CELL]))[:LONGEST_CELL].replace("\t", " ")
    return f"'{shown}" if shown.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")) else shown


def _table(table_columns: Sequence[Column[Row]], rows: Iterable[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns.names(table_columns))
    writer.writerows([spreadsheet_cell(column.value(row)) for column in table_columns] for row in rows)
    return text.getvalue()
