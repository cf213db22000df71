"""Compare the releases of one framework: the answer to every question in each, and which release changed it."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from packaging.version import Version

from halfpixel.golden.vocabulary import AGREEMENT, NOT_MEASURED, Verdict
from halfpixel.reports.records.aggregate import framework_versions, of_type, shortfalls
from halfpixel.reports.records.json_lines import read
from halfpixel.reports.records.record_types import Finding, Record, RecordError, Run
from halfpixel.reports.text.columns import Column, Kind, markdown_table
from halfpixel.reports.text.text_escaping import code_span, escape_markdown, number, single_line

GAIN_TOLERANCE = 2e-3
"""Gains this close, relative, are one gain: the last digits depend on the processor, not on the version."""


@dataclass(frozen=True, slots=True)
class VersionAnswer:
    """What one version answers: the verdict, the gain with its rounding bound, and the causes of a difference.

    ``differing`` of the ``measured`` pairs of sizes, or cases, differ.
    """

    verdict: str
    gain: float | None
    factors: tuple[str, ...]
    tolerance: float
    differing: int
    measured: int

    @property
    def verdict_group(self) -> str:
        """The verdict, with both that are agreement as one."""
        return Verdict.AGREES if self.verdict in AGREEMENT else self.verdict

    def is_equivalent(self, other: VersionAnswer) -> bool:
        """Whether both say the same: the verdict, and of a divergence how much, how often and why.

        Any agreement is like any other, for what is left of it is rounding; what could not be measured has no gain.
        """
        if self.verdict in AGREEMENT and other.verdict in AGREEMENT:
            return True
        if self.verdict != other.verdict:
            return False
        if self.verdict in NOT_MEASURED:
            return True
        if set(self.factors) != set(other.factors):
            return False
        if (self.differing, self.measured) != (other.differing, other.measured):
            return False
        if self.gain is None or other.gain is None:
            return self.gain is other.gain
        if self.gain == other.gain or (math.isnan(self.gain) and math.isnan(other.gain)):
            return True
        largest = max(abs(self.gain), abs(other.gain))
        return abs(self.gain - other.gain) <= GAIN_TOLERANCE * largest + self.tolerance + other.tolerance


@dataclass(frozen=True, slots=True)
class QuestionHistory:
    """One question over the versions: an answer for each, ``None`` where that run did not ask it."""

    suite: str
    subject: str
    answers: tuple[VersionAnswer | None, ...]

    @property
    def steps(self) -> tuple[tuple[int, int], ...]:
        """Where the answer changed: the positions of two versions, with none between them that answered."""
        answered = [(i, answer) for i, answer in enumerate(self.answers) if answer is not None]
        return tuple((i, j) for (i, before), (j, after) in pairwise(answered) if not before.is_equivalent(after))


class QuestionChange(NamedTuple):
    """One answer that a version changed; ``subject`` is without the framework's name."""

    subject: str
    before: VersionAnswer
    after: VersionAnswer


class SuiteChange(NamedTuple):
    """The answers of one suite that a version changed from one verdict to another; ``worst`` is one of them."""

    suite: str
    old: str
    new: str
    questions: int
    worst: QuestionChange


@dataclass(frozen=True, slots=True)
class HistoryGroup:
    """Questions of one suite whose answers changed together: at the same versions, from and to the same verdicts."""

    suite: str
    verdicts: tuple[str | None, ...]
    steps: tuple[tuple[int, int], ...]
    lines: tuple[QuestionHistory, ...]


@dataclass(frozen=True, slots=True)
class VersionStep:
    """What changed at one version, seen from the one before: ``changed`` is by suite and by both verdicts."""

    before: str
    after: str
    changed: dict[tuple[str, str, str], list[QuestionChange]]

    @property
    def count(self) -> int:
        """How many answers changed."""
        return sum(map(len, self.changed.values()))

    def by_suite(self) -> list[SuiteChange]:
        """What changed, a row for each suite and pair of verdicts, each with its largest gain."""

        def largest_gain(change: QuestionChange) -> float:
            return max(change.before.gain or 0, change.after.gain or 0)

        return [
            SuiteChange(*key, len(changes), max(changes, key=largest_gain)) for key, changes in self.changed.items()
        ]


@dataclass(frozen=True, slots=True)
class Timeline:
    """All questions that any version of one framework was asked; ``versions`` are the oldest first.

    ``sizes`` names the pairs of sizes that they were asked at, and ``pair_list`` is the digest of those.
    """

    framework: str
    versions: tuple[str, ...]
    lines: tuple[QuestionHistory, ...] = field(repr=False)
    sizes: str = ""
    pair_list: str = ""

    @property
    def changed(self) -> list[QuestionHistory]:
        """The questions whose answer is not the same in all versions."""
        return [line for line in self.lines if line.steps]

    @property
    def partly_measured(self) -> int:
        """How many questions were not asked of every version."""
        return sum(None in line.answers for line in self.lines)

    def groups(self, with_unchanged: bool = False) -> list[HistoryGroup]:
        """What changed together, the largest groups first within a suite; with all else after it on request."""
        together: dict[tuple[str, tuple[str | None, ...], tuple[tuple[int, int], ...]], list[QuestionHistory]] = {}
        for line in self.lines if with_unchanged else self.changed:
            verdicts = tuple(answer.verdict_group if answer else None for answer in line.answers)
            together.setdefault((line.suite, verdicts, line.steps), []).append(line)
        order = list(dict.fromkeys(line.suite for line in self.lines))
        groups = [HistoryGroup(*key, tuple(lines)) for key, lines in together.items()]
        return sorted(groups, key=lambda group: (order.index(group.suite), not group.steps, -len(group.lines)))

    def steps(self) -> list[VersionStep]:
        """What changed at each version that changed anything, the oldest first."""
        steps: dict[tuple[int, int], dict[tuple[str, str, str], list[QuestionChange]]] = {}
        for line in self.changed:
            for i, j in line.steps:
                before, after = line.answers[i], line.answers[j]
                if before is not None and after is not None:
                    key = (line.suite, before.verdict_group, after.verdict_group)
                    change = QuestionChange(line.subject, before, after)
                    steps.setdefault((j, i), {}).setdefault(key, []).append(change)
        return [VersionStep(self.versions[i], self.versions[j], changed) for (j, i), changed in sorted(steps.items())]


def record_files(paths: Iterable[Path]) -> list[Path]:
    """The files of records that ``paths`` name: a folder stands for every ``.jsonl`` file within it.

    Raises ``RecordError`` for a folder without any.
    """
    files: list[Path] = []
    for path in paths:
        inside = sorted(path.rglob("*.jsonl")) if path.is_dir() else [path]
        if not inside:
            raise RecordError(f"{path}: there is no .jsonl file in this folder")
        files += inside
    return list(dict.fromkeys(files))


def build_timeline(runs: Sequence[tuple[str, Sequence[Record]]], framework: str | None = None) -> Timeline:
    """The timeline of ``framework`` from runs, each with the name of its file.

    Without ``framework`` the runs must be about one only. Raises ``RecordError`` when they are about several or none,
    when fewer than two versions were measured, when a run was cut short, when a version cannot be put in order, when a
    file joins runs of several versions, when runs asked about different sizes, and when two runs of one version
    contradict each other.
    """
    framework = framework or _only_framework(runs)
    by_version: dict[str, dict[tuple[str, str], VersionAnswer]] = {}
    digests: dict[str, str] = {}
    sizes: dict[str, str] = {}
    for name, records in ((name, part) for name, whole in runs for part in _split_runs(whole)):
        findings = [finding for finding in of_type(records, Finding) if finding.framework == framework]
        if not findings:
            continue
        for shortfall in shortfalls(records):
            raise RecordError(
                f"{name}: the run was cut short, so that what it lacks would read as unchanged: {shortfall}"
            )
        version = _version(name, of_type(records, Run), framework)
        for run in of_type(records, Run):
            digests.setdefault(run.pair_list_digest, name)
            sizes[run.pair_list_digest] = str(run.options.get("sizes") or run.size_pairs)
        answers = by_version.setdefault(version, {})
        for finding in findings:
            key, answer = (finding.suite, finding.subject), _version_answer(finding)
            if not answers.setdefault(key, answer).is_equivalent(answer):
                raise RecordError(f"{name}: contradicts another run of {framework} {version}: {': '.join(key)}")
    if len(digests) > 1:
        raise RecordError(f"runs at different sizes cannot be compared: {' against '.join(digests.values())}")
    if len(by_version) < 2:
        measured = f"only of {next(iter(by_version))}" if by_version else "of none"
        raise RecordError(f"a timeline needs two versions of {framework}; there are measurements {measured}")
    versions = tuple(sorted(by_version, key=Version))
    keys = dict.fromkeys(key for version in reversed(versions) for key in by_version[version])
    lines = [QuestionHistory(*key, tuple(by_version[version].get(key) for version in versions)) for key in keys]
    suites = list(dict.fromkeys(line.suite for line in lines))
    ordered = tuple(sorted(lines, key=lambda line: suites.index(line.suite)))
    digest, size_set = next(iter(sizes.items()))
    return Timeline(framework, versions, ordered, size_set, digest)


def read_timeline(paths: Iterable[Path], framework: str | None = None) -> Timeline:
    """The timeline of files and folders of records; raises as :func:`build_timeline` and :func:`read` do."""
    return build_timeline([(str(path), read(path)) for path in record_files(paths)], framework)


def _version_answer(finding: Finding) -> VersionAnswer:
    return VersionAnswer(
        finding.verdict,
        finding.gain,
        finding.factors,
        finding.tolerance or 0.0,
        finding.pairs_differing,
        finding.pairs_measured,
    )


def _split_runs(records: Iterable[Record]) -> list[list[Record]]:
    """The records of each run in a joined file; headers that follow each other belong to what follows them."""
    parts: list[list[Record]] = []
    for record in records:
        if not parts or (isinstance(record, Run) and not isinstance(parts[-1][-1], Run)):
            parts.append([])
        parts[-1].append(record)
    return parts


def _only_framework(runs: Iterable[tuple[str, Sequence[Record]]]) -> str:
    named = {name for _, records in runs for run in of_type(records, Run) for name in run.versions}
    with_findings = {finding.framework for _, records in runs for finding in of_type(records, Finding)}
    frameworks = sorted(named & with_findings)
    if not frameworks:
        raise RecordError("no framework was measured in these runs")
    if len(frameworks) > 1:
        raise RecordError(f"these runs are about {', '.join(frameworks)}: choose one with --framework")
    return frameworks[0]


def _version(name: str, runs: Iterable[Run], framework: str) -> str:
    known = sorted(framework_versions(runs).get(framework, ()))
    if len(known) != 1:
        listed = " and ".join(known) or "no version"
        raise RecordError(f"{name}: {listed} of {framework} under one header: give the file of each run")
    try:
        Version(known[0])
    except ValueError:  # What is no version, and what is too long to be read as a number.
        raise RecordError(f"{name}: {framework} {known[0]!r} is no version that can be put in order") from None
    return known[0]


LISTED_QUESTIONS = 6
"""As many questions of each kind are named; the page has all of them."""
LONGEST_SHORT = 200


def timeline_headline(timeline: Timeline) -> str:
    """What the timeline is about, and how much of it changed, in one sentence."""
    total, changed = len(timeline.lines), len(timeline.changed)
    framework, first, last = (
        single_line(text, LONGEST_SHORT) for text in (timeline.framework, timeline.versions[0], timeline.versions[-1])
    )
    text = (
        f"{framework}, {len(timeline.versions)} versions from {first} to {last}: {changed} of {total} answers changed, "
        f"{total - changed} did not"
    )
    partly = timeline.partly_measured
    return text + (f"; {partly} questions were not asked of every version" if partly else "")


def gain_change(before: VersionAnswer, after: VersionAnswer) -> str:
    """The worst case before and after, in the unit of the question; empty where neither was measured."""
    if before.gain is None and after.gain is None:
        return ""
    text = f"{number(before.gain)} → {number(after.gain)}"
    if before.differing == after.differing or not (before.measured and after.measured):
        return text
    return f"{text}, in {before.differing} of {before.measured} → {after.differing} of {after.measured}"


def cause_change(before: VersionAnswer, after: VersionAnswer) -> str:
    """The causes of the difference that is there now, or was there; empty where none was named."""
    if before.factors == after.factors or not (before.factors and after.factors):
        return ", ".join(after.factors or before.factors)
    return f"{', '.join(before.factors)} → {', '.join(after.factors)}"


def without_framework(framework: str, subject: str) -> str:
    """A subject without the name of the framework that it begins with, short enough for a line."""
    return single_line(subject.removeprefix(f"{framework} "), LONGEST_SHORT)


QUESTION_COLUMNS: tuple[Column[QuestionChange], ...] = (
    Column("subject", "Question", lambda row: row.subject, Kind.CODE),
    Column("gains", "Worst case", lambda row: gain_change(row.before, row.after)),
    Column("cause", "Cause", lambda row: cause_change(row.before, row.after)),
)
SUITE_COLUMNS: tuple[Column[SuiteChange], ...] = (
    Column("suite", "suite", lambda row: row.suite),
    Column("old", "from", lambda row: row.old),
    Column("new", "to", lambda row: row.new),
    Column("questions", "questions", lambda row: row.questions, Kind.COUNT),
    Column("gains", "worst case", lambda row: gain_change(row.worst.before, row.worst.after)),
    Column("cause", "cause", lambda row: cause_change(row.worst.before, row.worst.after)),
    Column("subject", "such as", lambda row: row.worst.subject, Kind.CODE),
)


def with_short_subject(timeline: Timeline, change: QuestionChange) -> QuestionChange:
    """The same change, its subject without the framework's name."""
    return change._replace(subject=without_framework(timeline.framework, change.subject))


def timeline_lines(timeline: Timeline, width: int, everything: bool = False) -> list[str]:
    """For each version what it changed, the oldest first; with ``everything``, then what no version changed."""
    lines = textwrap.wrap(timeline_headline(timeline), max(width, 20))
    for step in timeline.steps():
        after, before = (single_line(version, LONGEST_SHORT) for version in (step.after, step.before))
        lines += ["", f"{after} (after {before}): {step.count} changed"]
        for (suite, old, new), changes in step.changed.items():
            lines.append(f"  {suite}, {old} → {new}: {len(changes)}")
            for change in changes[:LISTED_QUESTIONS]:
                subject = without_framework(timeline.framework, change.subject)
                gains = gain_change(change.before, change.after)
                parts = (gains and f"worst case {gains}", cause_change(change.before, change.after))
                details = "; ".join(filter(None, parts))
                lines += textwrap.wrap(
                    f"{subject}: {details}" if details else subject,
                    max(width, 40),
                    initial_indent="    ",
                    subsequent_indent="      ",
                    break_on_hyphens=False,
                )
            if len(changes) > LISTED_QUESTIONS:
                lines.append(f"    and {len(changes) - LISTED_QUESTIONS} more")
    if everything:
        lines += ["", "the same in every version:"]
        for group in timeline.groups(with_unchanged=True):
            if not group.steps:
                verdicts = ", ".join(dict.fromkeys(filter(None, group.verdicts)))
                lines.append(f"  {group.suite}, {verdicts}: {len(group.lines)}")
                lines += [f"    {without_framework(timeline.framework, line.subject)}" for line in group.lines]
    return lines


def timeline_markdown(timeline: Timeline) -> str:
    """The changes of each version as a table of Markdown."""

    def version_span(version: str) -> str:
        return code_span(single_line(version, LONGEST_SHORT))

    lines = [f"# {version_span(timeline.framework)} over its versions", ""]
    lines += [f"{escape_markdown(timeline_headline(timeline))}.", ""]
    lines += ["Measured: " + ", ".join(map(version_span, timeline.versions)) + ".", ""]
    for step in timeline.steps():
        rows = [row._replace(worst=with_short_subject(timeline, row.worst)) for row in step.by_suite()]
        lines += [f"## {version_span(step.after)}, after {version_span(step.before)}: {step.count} changed", ""]
        lines += [*markdown_table(SUITE_COLUMNS, rows, LONGEST_SHORT), ""]
    return "\n".join(lines)
