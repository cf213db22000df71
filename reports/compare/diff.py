"""Compare two runs: new and gone questions, and changed verdicts, causes and gains; as objects, text and Markdown."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import zip_longest

from halfpixel.golden.vocabulary import AGREEMENT, BETWEEN_FRAMEWORKS, DISAGREEMENT, WRONG, Verdict
from halfpixel.reports.records.aggregate import framework_versions, of_type, severity, shortfalls, sortable
from halfpixel.reports.records.record_equality import gains_close
from halfpixel.reports.records.record_types import Finding, Record, Run
from halfpixel.reports.records.translation_records import Translation, TranslationCall
from halfpixel.reports.sections.translations import translation_changes
from halfpixel.reports.text.columns import Column, Kind, markdown_table
from halfpixel.reports.text.text_escaping import LONGEST_CODE, code_span, number

QuestionKey = tuple[str, str]


class ChangeKind(StrEnum):
    """What can happen to a question, the gravest first."""

    NEWLY_DIVERGING = "newly diverging"
    NEWLY_AGREEING = "newly agreeing"
    ANOTHER_VERDICT = "another verdict"
    ANOTHER_CAUSE = "another cause"
    ANOTHER_GAIN = "another gain"
    NEW = "new"
    GONE = "gone"


CHANGE_KINDS = {
    ChangeKind.NEWLY_DIVERGING: "agreed before, and does not any more",
    ChangeKind.NEWLY_AGREEING: "did not agree before, and does now",
    ChangeKind.ANOTHER_VERDICT: "another kind of agreement, of divergence or of refusal",
    ChangeKind.ANOTHER_CAUSE: "the same verdict, attributed to something else",
    ChangeKind.ANOTHER_GAIN: "the same verdict, with another worst case",
    ChangeKind.NEW: "not asked before",
    ChangeKind.GONE: "not asked any more",
}
"""What each kind means."""


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one question; ``before`` or ``after`` is ``None`` where it was not asked."""

    kind: ChangeKind
    before: Finding | None
    after: Finding | None

    @property
    def findings(self) -> list[Finding]:
        """The answers that are there, the older first."""
        return [finding for finding in (self.before, self.after) if finding]

    @property
    def finding(self) -> Finding:
        """The answer that is there; of two the later."""
        return self.findings[-1]

    @property
    def description(self) -> str:
        """What changed, in a few words."""
        if self.before is None or self.after is None:
            answer = _answer(self.finding)
            return f"was {answer}" if self.after is None else answer
        old, new = self.before, self.after
        if self.kind == ChangeKind.ANOTHER_GAIN:
            return f"{number(old.gain, 6)} -> {number(new.gain, 6)} ({new.verdict})"
        if self.kind == ChangeKind.ANOTHER_CAUSE:
            return f"{_cause(old)} -> {_cause(new)} ({_answer(new)})"
        return f"{old.verdict} -> {new.verdict}, gain {number(old.gain)} -> {number(new.gain)}"

    @property
    def sort_key(self) -> tuple[float, float, str, str]:
        """By what changes are listed: the worst first."""
        rank = max(severity(finding.verdict) for finding in self.findings)
        gain = max(sortable(finding.gain) for finding in self.findings)
        return (-rank, -gain, self.finding.suite, self.finding.question)


_CALL: Column[Change] = Column("subject", "Call", lambda change: change.finding.subject, Kind.CODE)
_SUITE: Column[Change] = Column("suite", "Suite", lambda change: change.finding.suite)
_CHANGE: Column[Change] = Column("change", "Change", lambda change: change.description)
PAGE_COLUMNS: tuple[Column[Change], ...] = (
    _CALL,
    _SUITE,
    Column("before", "Before", lambda change: change.before.verdict if change.before else None, Kind.VERDICT),
    Column("after", "After", lambda change: change.after.verdict if change.after else None, Kind.VERDICT),
    _CHANGE,
)
_MARKDOWN_COLUMNS = tuple(
    replace(column, title=column.title.lower(), kind=Kind.CODE) for column in (_CALL, _SUITE, _CHANGE)
)
VERSION_COLUMNS: tuple[Column[tuple[str, str, str]], ...] = (
    Column("framework", "Framework", lambda versions: versions[0]),
    Column("before", "Before", lambda versions: versions[1]),
    Column("after", "After", lambda versions: versions[2]),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything in which two runs differ; empty lists where they do not.

    ``versions`` are ``(framework, before, after)``, ``notes`` what was not compared and why, ``translations`` a line
    for each change in what to write instead.
    """

    versions: tuple[tuple[str, str, str], ...]
    notes: tuple[str, ...]
    changes: tuple[Change, ...]
    translations: tuple[str, ...]
    old: tuple[Run, ...] = ()
    new: tuple[Run, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return bool(self.versions or self.notes or self.changes or self.translations)

    def groups(self) -> dict[ChangeKind, list[Change]]:
        """The changes under what kind they are, the gravest kind and in it the worst first; no empty ones."""
        groups: dict[ChangeKind, list[Change]] = {kind: [] for kind in ChangeKind}
        for change in self.changes:
            groups[change.kind].append(change)
        return {
            kind: sorted(members, key=lambda change: change.sort_key) for kind, members in groups.items() if members
        }

    def counts(self) -> str:
        """How many changes of each kind, in words."""
        with_another = (ChangeKind.ANOTHER_VERDICT, ChangeKind.ANOTHER_CAUSE, ChangeKind.ANOTHER_GAIN)
        parts = [
            f"{len(members):,} {'with ' if kind in with_another else ''}{kind}"
            for kind, members in self.groups().items()
        ]
        parts += [f"{len(self.translations):,} changed in what to write instead"] if self.translations else []
        return ", ".join(parts) or "no answer changed"


def _answer(finding: Finding) -> str:
    gain = f" (gain {number(finding.gain)})" if finding.gain is not None else ""
    return f"{finding.verdict}{gain}"


def _cause(finding: Finding) -> str:
    return finding.headline or finding.causes


def _by_question(records: Iterable[Record]) -> dict[QuestionKey, list[Finding]]:
    findings: dict[QuestionKey, list[Finding]] = defaultdict(list)
    for finding in of_type(records, Finding):
        findings[finding.suite, finding.question].append(finding)
    return findings


def _change(old: Finding | None, new: Finding | None) -> Change | None:
    if old is None or new is None:
        return Change(ChangeKind.NEW if old is None else ChangeKind.GONE, old, new)
    if old.verdict != new.verdict:
        if old.verdict in AGREEMENT and new.verdict in WRONG:
            return Change(ChangeKind.NEWLY_DIVERGING, old, new)
        if old.verdict in WRONG and new.verdict in AGREEMENT:
            return Change(ChangeKind.NEWLY_AGREEING, old, new)
        return Change(ChangeKind.ANOTHER_VERDICT, old, new)
    if new.verdict in DISAGREEMENT and _cause(old) != _cause(new):
        return Change(ChangeKind.ANOTHER_CAUSE, old, new)
    # Within the rounding bound, how much it is says nothing.
    if new.verdict in AGREEMENT or gains_close(old.gain, new.gain):
        return None
    return Change(ChangeKind.ANOTHER_GAIN, old, new)


def _measured_versions(runs: Sequence[Run]) -> dict[str, str]:
    return {name: " and ".join(versions) for name, versions in framework_versions(runs).items() if versions}


def _one_sided_notes(name: str, findings: Iterable[Finding], other: dict[str, str]) -> list[str]:
    """Lines that count what cannot be compared: frameworks that only one side has, and suites asked of it there."""
    frameworks: Counter[str] = Counter()
    suites: dict[str, Counter[str]] = defaultdict(Counter)
    for finding in findings:
        if finding.framework in other or finding.framework == BETWEEN_FRAMEWORKS:
            suites[finding.suite][finding.framework] += 1
        else:
            frameworks[finding.framework] += 1
    parts = [f"{framework} ({count:,} questions)" for framework, count in sorted(frameworks.items())]
    lines = [f"frameworks only in the {name} run: {', '.join(parts)}"] if parts else []
    for suite, counted in sorted(suites.items()):
        parts = [f"{framework} ({count:,})" for framework, count in sorted(counted.items())]
        lines.append(f"asked only in the {name} run: {suite} of {', '.join(parts)}")
    return lines


def difference(old: Iterable[Record], new: Iterable[Record]) -> Difference:
    """Compare two runs, or merged files of several.

    Gains of divergences are compared at three digits, those within the rounding bound not at all. What one of them did
    not ask of a framework, or of a suite of it, is counted in the notes, not listed as new or gone; where their sizes
    differ, gains are not compared. A question that a merged file answers several times is compared answer by answer.
    """
    old, new = list(old), list(new)
    runs = tuple(of_type(old, Run)), tuple(of_type(new, Run))
    before, after = (_measured_versions(side) for side in runs)
    changed_versions = tuple(
        (name, before.get(name, Verdict.NOT_INSTALLED), after.get(name, Verdict.NOT_INSTALLED))
        for name in sorted(before | after)
        if before.get(name) != after.get(name)
    )
    lists = [sorted({run.pair_list_digest for run in side}) for side in runs]
    changes = _Changes(_by_question(old), _by_question(new), before.keys() != after.keys(), lists[0] != lists[1])
    notes = [
        f"the {name} run was cut short: {text}"
        for name, side in (("old", old), ("new", new))
        for text in shortfalls(side)
    ]
    if changes.are_resized:
        sides = " against ".join("; ".join(dict.fromkeys(map(_sizes, side))) for side in runs)
        notes.append(
            f"other sizes: {sides}; {changes.gains_left_out:,} gains that differ are not listed, and verdicts may "
            "differ for that alone"
        )
    notes += _one_sided_notes("old", changes.only_old, after) + _one_sided_notes("new", changes.only_new, before)
    both = before.keys() & after.keys()
    answers = [_answers_among(records, both) for records in (old, new)]
    if not all(any(isinstance(record, Translation) for record in side) for side in answers):
        absent = [name for name, side in (("old", old), ("new", new)) if not of_type(side, Translation)]
        notes += [f"what to write instead was not asked in the {absent[0]} run"] if len(absent) == 1 else []
        answers = [[], []]
    translations = tuple(translation_changes(*answers))
    return Difference(changed_versions, tuple(notes), tuple(changes.listed), translations, *runs)


class _Changes:
    """The changes that are listed, and those that are only counted: what one run did not ask, gains at other sizes."""

    def __init__(
        self,
        old: dict[QuestionKey, list[Finding]],
        new: dict[QuestionKey, list[Finding]],
        have_other_frameworks: bool,
        are_resized: bool,
    ) -> None:
        self.have_other_frameworks, self.are_resized = have_other_frameworks, are_resized
        self.listed: list[Change] = []
        self.only_old: list[Finding] = []
        self.only_new: list[Finding] = []
        self.gains_left_out = 0
        self._in_old, self._in_new = (
            {
                (finding.suite, finding.framework)
                for findings in side.values()
                for finding in findings
                if not finding.is_absence
            }
            for side in (old, new)
        )
        for key in sorted(old.keys() | new.keys()):
            for before, after in zip_longest(old.get(key, []), new.get(key, [])):
                change = _change(before, after)
                if change is not None and not change.finding.is_absence:
                    self._add(change)

    def _add(self, change: Change) -> None:
        finding = change.finding
        if change.kind == ChangeKind.NEW and not self._is_asked(finding, self._in_old):
            self.only_new.append(finding)
        elif change.kind == ChangeKind.GONE and not self._is_asked(finding, self._in_new):
            self.only_old.append(finding)
        elif change.kind == ChangeKind.ANOTHER_GAIN and self.are_resized:
            self.gains_left_out += 1
        else:
            self.listed.append(change)

    def _is_asked(self, finding: Finding, other: set[tuple[str, str]]) -> bool:
        """Whether the other run puts such questions at all."""
        if self.have_other_frameworks and finding.framework == BETWEEN_FRAMEWORKS:
            return False
        return (finding.suite, finding.framework) in other


def _answers_among(records: Iterable[Record], frameworks: Set[str]) -> list[Record]:
    """Calls, and the answers from and to ``frameworks``."""
    kept: list[Record] = []
    for record in records:
        if isinstance(record, TranslationCall):
            kept.append(record)
        elif isinstance(record, Translation) and record.framework in frameworks:
            kept.append(replace(record, answers={k: v for k, v in record.answers.items() if k in frameworks}))
    return kept


def _sizes(run: Run) -> str:
    sizes = run.options.get("sizes")
    return f"{run.size_pairs:,} pairs" + (f" ({sizes})" if isinstance(sizes, str) else "")


def diff_lines(runs: Difference, most: int | None = None) -> list[str]:
    """One line for each change, under headings; at most ``most`` of each kind."""
    lines = [f"version changed {name}: {old} -> {new}" for name, old, new in runs.versions]
    lines += [f"note            {note}" for note in runs.notes]
    listed = {
        str(kind): [
            f"{kind:<15} {change.finding.suite}: {change.finding.question}: {change.description}" for change in changes
        ]
        for kind, changes in runs.groups().items()
    }
    for kind, members in (listed | {"answer changed": list(runs.translations)}).items():
        lines += members[:most]
        if most is not None and len(members) > most:
            lines.append(f"{kind:<15} and {len(members) - most:,} more, listed with --all")
    return lines


def diff(old: Iterable[Record], new: Iterable[Record]) -> list[str]:
    """One line for each change; empty when nothing changed."""
    return diff_lines(difference(old, new))


LISTED_ROWS = 30
"""Rows of each kind: a comment holds 65,536 characters."""


def diff_markdown(runs: Difference) -> str:
    """The whole comment, at most a few dozen rows of each kind."""
    lines = ["### What changed in resize", "", f"**{runs.counts()}.**", ""]
    if not runs:
        return "\n".join([*lines[:2], "Nothing: every answer is the same.", ""])
    lines += [f"- {code_span(name)}: {code_span(old)} → {code_span(new)}" for name, old, new in runs.versions]
    lines += [f"- {code_span(note, 400)}" for note in runs.notes]
    for kind, changes in runs.groups().items():
        is_open = " open" if kind == ChangeKind.NEWLY_DIVERGING else ""
        heading = f"<summary><b>{kind}</b>: {len(changes):,} ({CHANGE_KINDS[kind]})</summary>"
        lines += ["", f"<details{is_open}>{heading}", "", *markdown_table(_MARKDOWN_COLUMNS, changes[:LISTED_ROWS])]
        lines += _markdown_more(len(changes) - LISTED_ROWS)
        lines += ["", "</details>"]
    if runs.translations:
        lines += ["", f"<details><summary><b>what to write instead</b>: {len(runs.translations):,}</summary>", ""]
        lines += [f"- {code_span(line, 2 * LONGEST_CODE)}" for line in runs.translations[:LISTED_ROWS]]
        lines += _markdown_more(len(runs.translations) - LISTED_ROWS)
        lines += ["", "</details>"]
    return "\n".join([*lines, ""])


def _markdown_more(count: int) -> list[str]:
    return ["", f"and {count:,} more: `halfpixel report diff` lists them all"] if count > 0 else []
