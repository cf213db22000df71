"""The columns of every table of records, each described once for the page, the search, CSV and Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar

from halfpixel.golden.vocabulary import GREY_LEVELS, IMAGE_UNIT, NOT_ATTRIBUTED
from halfpixel.reports.records.record_types import DefaultCall, EquivalenceClass, Finding, WorstCase
from halfpixel.reports.records.translation_records import Translation, TranslationCall
from halfpixel.reports.text.sentences import sentence
from halfpixel.reports.text.text_escaping import code_span, escape_markdown, is_link, number, single_line

Row = TypeVar("Row")
Cell = str | int | float | None


class Kind(Enum):
    """What a cell holds: decides how it is escaped, aligned and written."""

    TEXT = "text"
    CODE = "code"
    NUMBER = "number"
    COUNT = "count"
    VERDICT = "verdict"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column: ``name`` in CSV and in the page's values, ``title`` for people.

    ``note`` is a second, smaller line of the cell on the page.
    """

    name: str
    title: str
    value: Callable[[Row], Cell]
    kind: Kind = Kind.TEXT
    note: Callable[[Row], str] | None = None

    def text(self, row: Row) -> str:
        """The value as text; empty where there is none."""
        value = self.value(row)
        return "" if value is None else str(value)

    @property
    def is_numeric(self) -> bool:
        """Whether cells are aligned to the right."""
        return self.kind in (Kind.NUMBER, Kind.COUNT)


def attribute(name: str, title: str = "", kind: Kind = Kind.TEXT) -> Column[Any]:
    """The column of one attribute of the rows; without a title it is named as the attribute is."""
    return Column(name, title or name.replace("_", " ").capitalize(), attrgetter(name), kind)


def names(columns: Iterable[Column[Any]]) -> tuple[str, ...]:
    """The names of columns, in their order."""
    return tuple(column.name for column in columns)


def markdown_table(columns: Sequence[Column[Row]], rows: Iterable[Row], longest: int = 140) -> list[str]:
    """The lines of a table of Markdown in which nothing of a cell acts; code is cut at ``longest`` characters."""

    def cell(column: Column[Row], row: Row) -> str:
        if column.kind == Kind.CODE:
            return code_span(column.text(row), longest)
        return f"{column.value(row):,}" if column.kind == Kind.COUNT else escape_markdown(column.text(row))

    return [
        f"| {' | '.join(column.title for column in columns)} |",
        f"|{'|'.join('--:' if column.is_numeric else '---' for column in columns)}|",
        *(f"| {' | '.join(cell(column, row) for column in columns)} |" for row in rows),
    ]


def worst_error(finding: Finding) -> str:
    """The worst error with its unit, in grey levels where they were measured; empty where none was."""
    grey = finding.grey_levels
    if grey is not None:
        if grey > GREY_LEVELS * 1.001:
            return f"overshoots: up to {number(grey)} grey levels (range {GREY_LEVELS})"
        return f"{number(grey)} of {GREY_LEVELS} grey levels"
    return "" if finding.gain is None else f"{number(finding.gain)} {single_line(finding.unit, 40) or IMAGE_UNIT}"


def _gain(finding: Finding) -> str:
    """The gain, where the worst error is in grey levels."""
    if finding.gain is None or finding.grey_levels is None:
        return ""
    return f"{number(finding.gain)} {single_line(finding.unit, 40) or IMAGE_UNIT}".replace("-", "−")


def _of_worst(name: str) -> Callable[[Finding], Cell]:
    return lambda finding: getattr(finding.worst, name) if finding.worst else None


def _refusal(finding: Finding) -> str:
    return finding.refused.message if finding.refused else ""


def _reason(finding: Finding) -> str:
    return finding.ledger.reason if finding.ledger else ""


def _ledger_link(finding: Finding) -> str:
    return finding.ledger.link if finding.ledger else ""


FINDINGS: tuple[Column[Finding], ...] = (
    *map(attribute, ("suite", "framework", "operation", "variant", "against", "verdict", "headline")),
    Column("factors", "Causes", lambda finding: " + ".join(finding.factors)),
    Column("sentence", "Sentence", sentence),
    *map(attribute, ("gain", "unit", "grey_levels", "pixels_moved", "tolerance", "smallest_tolerance")),
    *map(attribute, ("pairs_measured", "pairs_differing", "differing_up", "differing_down", "differing_same")),
    Column("worst_axis", "Worst axis", _of_worst("axis")),
    Column("worst_n_in", "Worst n_in", _of_worst("n_in")),
    Column("worst_n_out", "Worst n_out", _of_worst("n_out")),
    Column("worst_output", "Worst output", _of_worst("output_index")),
    Column("worst_coordinate", "Worst coordinate", _of_worst("coordinate")),
    Column("refused", "Refused", _refusal),
    Column("ledger", "Ledger", lambda finding: finding.ledger_state),
    Column("defect", "Defect", lambda finding: finding.ledger.defect if finding.ledger else ""),
    Column("reason", "Reason", _reason),
    Column("link", "Upstream", _ledger_link),
    *map(attribute, ("source", "question")),
)
"""``findings.csv``: names and order are a contract."""


class AnswerRow(NamedTuple):
    """One answer of a translation, or the reason why there is none (then ``framework`` is empty)."""

    translation: Translation
    framework: str | None
    answer: dict[str, Any]
    call: str | None


def answer_rows(translations: Iterable[Translation], calls: Iterable[TranslationCall]) -> list[AnswerRow]:
    """The rows of :data:`TRANSLATIONS`; calls are named by their operations where these are known."""
    operations = {call.key: call.operation for call in calls}
    rows = []
    for translation in translations:
        if not translation.answers:
            rows.append(AnswerRow(translation, None, {"reason": translation.reason}, None))
        for framework, answer in translation.answers.items():
            key = answer.get("to", "")
            pairs = {"pairs": translation.pairs, "factors": [], "reason": ""}
            rows.append(AnswerRow(translation, framework, pairs | answer, operations.get(key, key)))
    return rows


def _of_answer(name: str) -> Column[AnswerRow]:
    return Column(name, name.replace("_", " ").capitalize(), lambda row: row.answer.get(name))


def _answer_factors(row: AnswerRow) -> str | None:
    factors = row.answer.get("factors")
    return None if factors is None else " + ".join(factors)


TRANSLATIONS: tuple[Column[AnswerRow], ...] = (
    Column("operation", "Instead of", lambda row: row.translation.operation),
    Column("framework", "Framework", lambda row: row.translation.framework),
    Column("in", "In", lambda row: row.framework),
    _of_answer("verdict"),
    Column("to", "Write", lambda row: row.call),
    *map(_of_answer, ("pairs", "of", "gain", "grey_levels")),
    Column("factors", "Causes", _answer_factors),
    _of_answer("reason"),
)
"""``translations.csv``: names and order are a contract."""

DEFAULTS: tuple[Column[DefaultCall], ...] = tuple(
    map(attribute, ("framework", "operation", "call", "identified", "nearest", "claim", "evidence"))
)
"""``defaults.csv``: names and order are a contract."""


class MemberRow(NamedTuple):
    """One member of an equivalence class; classes are numbered from 1."""

    number: int
    member: str
    group: EquivalenceClass


CLASSES: tuple[Column[MemberRow], ...] = (
    Column("class", "Class", lambda row: row.number),
    Column("operation", "Operation", lambda row: row.member),
    Column("frameworks", "Frameworks", lambda row: len(row.group.frameworks)),
    Column("members", "Members", lambda row: len(row.group.members)),
    Column("convention", "Convention", lambda row: row.group.convention),
    Column("pairs", "Pairs", lambda row: row.group.pairs),
    Column("explanation", "Explanation", lambda row: row.group.explanation),
)
"""``classes.csv``: names and order are a contract."""


def place(worst: WorstCase) -> str:
    """Where the worst case is: axis, sizes, output pixel."""
    return f"{worst.axis} {worst.n_in} → {worst.n_out}, output {worst.output_index} ({worst.region})"


def _worst_place(finding: Finding) -> str:
    worst = finding.worst
    return f"{place(worst)}, input coordinate {worst.coordinate}" if worst else ""


def _compared(finding: Finding) -> str:
    if not finding.pairs_measured:
        return ""
    kind = "case" if finding.variant else "pair"
    plural = "" if finding.pairs_measured == 1 else "s"
    text = f"{finding.pairs_differing:,} of {finding.pairs_measured:,} {kind}{plural} differ"
    up, down, same = finding.differing_up, finding.differing_down, finding.differing_same
    return f"{text}: {up} enlarging, {down} shrinking, {same} of equal size" if up + down + same else text


def _tolerance(finding: Finding) -> str:
    if finding.tolerance is None and finding.smallest_tolerance is None:
        return ""
    return f"tolerance {number(finding.tolerance)}; measured {number(finding.smallest_tolerance)}"


def _refused_pairs(finding: Finding) -> str:
    refused = finding.refused
    if not refused or not refused.pairs:
        return ""
    return f"{refused.pairs:,} pair{'' if refused.pairs == 1 else 's'}: {refused.message}"


def _moved(finding: Finding) -> str:
    if finding.pixels_moved is None:
        return ""
    moved = number(finding.pixels_moved)
    return f"{moved} input pixel{'' if moved == '1' else 's'}"


def _measured_convention(finding: Finding) -> str:
    return (finding.attribution.convention if finding.attribution else None) or ""


SUMMARY: tuple[Column[Finding], ...] = (
    Column("worst_error", "Worst error", worst_error),
    Column("gain", "Gain", _gain),
    Column("moved", "Samples moved by up to", _moved),
    Column("causes", "Differs in", lambda finding: ", ".join(finding.factors) or NOT_ATTRIBUTED),
)
"""What the search shows in the row of a finding, and a card among its facts."""

DETAILS: tuple[Column[Finding], ...] = (
    attribute("question"),
    attribute("against", "Expected", Kind.CODE),
    attribute("cause_explanation", "Because"),
    Column("measured", "Measured convention", _measured_convention, Kind.CODE),
    Column("compared", "Compared", _compared),
    Column("worst", "Worst at", _worst_place),
    Column("tolerance", "Tolerance", _tolerance),
    Column("refused", "Refused", _refused_pairs),
    attribute("note"),
    Column("reason", "Ledger", _reason),
    Column("link", "Upstream", lambda finding: _web_link(_ledger_link(finding)), Kind.LINK),
    Column("source", "Documentation", lambda finding: _web_link(finding.source), Kind.LINK),
)
"""The facts that a card has, and that a row of the search opens into."""


def _web_link(url: str) -> str:
    return url if is_link(url) else ""
