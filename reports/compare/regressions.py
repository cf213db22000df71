"""Since which release each divergence is found, from the releases measured, kept in ``first_seen.toml``."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from packaging.version import Version

from halfpixel.golden.vocabulary import DISAGREEMENT, VARIANT_SUITES, Verdict
from halfpixel.reports.compare.timeline import QuestionHistory, Timeline, gain_change
from halfpixel.reports.records.aggregate import framework_versions, of_type
from halfpixel.reports.records.atomic_write import write_atomically
from halfpixel.reports.records.record_types import Finding, Record, RecordError, Run
from halfpixel.reports.records.version_namespacing import unversioned
from halfpixel.reports.text.columns import Column, Kind, attribute

FIRST_SEEN_PATH = Path(__file__).with_name("first_seen.toml")
_HEADER = """\
# The releases that were measured, what each of them changed, and since which of them each divergence of
# the newest is found as it is there.
# Made by `halfpixel report timeline RUNS --since reports/compare/first_seen.toml`; RUNS are those of
# `tox run -e versions`.
"""


@dataclass(frozen=True, slots=True)
class FirstSeen:
    """Since which measured release one call differs with ``verdict`` and for ``factors``.

    ``before`` is the measured release before ``since``, and ``then`` its verdict; empty where none was asked.
    """

    since: str
    verdict: str
    factors: tuple[str, ...] = ()
    before: str = ""
    then: str = ""

    @property
    def description(self) -> str:
        """Such as ``since 11.0.0; not in 10.4.0``."""
        if not self.before:
            return f"since {self.since} or earlier"
        if self.then in DISAGREEMENT:
            return f"since {self.since}; differs in another way in {self.before}"
        return f"since {self.since}; {'refused' if self.then == Verdict.UNSUPPORTED else 'not'} in {self.before}"


@dataclass(frozen=True, slots=True)
class ReleaseChange:
    """How many answers of a suite one release changed, against the one measured before it; ``subject`` is one."""

    release: str
    before: str
    suite: str
    old: str
    new: str
    questions: int
    subject: str
    gains: str


RELEASE_COLUMNS: tuple[Column[ReleaseChange], ...] = (
    attribute("release", "Release"),
    attribute("before", "Before it"),
    Column("verdicts", "Verdict", lambda change: f"{change.suite}: {change.old} → {change.new}"),
    attribute("questions", "Calls", Kind.COUNT),
    attribute("subject", "Such as", Kind.CODE),
    attribute("gains", "Its worst case"),
)


@dataclass(frozen=True, slots=True)
class MeasuredReleases:
    """The timeline of one framework; ``releases`` are the oldest first, ``first_seen`` is by suite and subject."""

    releases: tuple[str, ...]
    sizes: str
    pair_list: str
    changed: tuple[ReleaseChange, ...]
    first_seen: dict[tuple[str, str], FirstSeen]

    def description(self, suite: str, subject: str, first: FirstSeen, version: str, lists: set[str]) -> str:
        """What may be said of ``version``, at sizes of ``lists``; empty where the timeline says nothing of it."""
        try:
            here, since, last = (Version(Version(text).public) for text in (version, first.since, self.releases[-1]))
        except ValueError:
            return ""
        if here < since:
            return ""
        text = first.description
        # What a release does not show at a few sizes it may show at others; suites of variants have their own cases.
        if first.before and suite not in VARIANT_SUITES and lists != {self.pair_list}:
            text += f" (asked at {self.sizes} sizes)"
        return text if here <= last else f"{text}; last measured release {self.releases[-1]}"


def find_first_seen(timeline: Timeline, line: QuestionHistory) -> FirstSeen | None:
    """Since which version the newest answer is given; ``None`` where that answer is no disagreement."""
    newest = line.answers[-1]
    if newest is None or newest.verdict not in DISAGREEMENT:
        return None
    since, factors = len(timeline.versions) - 1, tuple(sorted(newest.factors))
    for i in range(since - 1, -1, -1):
        answer = line.answers[i]
        if answer is not None and not answer.is_equivalent(newest):
            return FirstSeen(timeline.versions[since], newest.verdict, factors, timeline.versions[i], answer.verdict)
        if answer is not None:
            since = i
    return FirstSeen(timeline.versions[since], newest.verdict, factors)


def update_first_seen(path: Path, timeline: Timeline) -> None:
    """Write what the timeline says into the file, in place of what it says of that framework.

    Raises ``RecordError`` when what is there is not such a file, ``OSError`` when it cannot be written.
    """
    first_seen = {
        (line.suite, line.subject): first for line in timeline.lines if (first := find_first_seen(timeline, line))
    }
    changed = tuple(
        ReleaseChange(
            step.after,
            step.before,
            row.suite,
            row.old,
            row.new,
            row.questions,
            row.worst.subject,
            gain_change(row.worst.before, row.worst.after),
        )
        for step in timeline.steps()
        for row in step.by_suite()
    )
    known = {} if not path.exists() else dict(read_first_seen(path))
    known[timeline.framework] = MeasuredReleases(
        timeline.versions, timeline.sizes, timeline.pair_list, changed, first_seen
    )
    parts = [_HEADER]
    for framework, measured in sorted(known.items()):
        parts.append(
            _toml_table(
                "timeline",
                framework=framework,
                releases=measured.releases,
                sizes=measured.sizes,
                pair_list=measured.pair_list,
            )
        )
        for change in measured.changed:
            values = {name: getattr(change, name) for name in ReleaseChange.__slots__}
            parts.append(_toml_table("changed", framework=framework, **values))
        blocks: dict[tuple[str, FirstSeen], list[str]] = {}
        for (suite, subject), first in measured.first_seen.items():
            blocks.setdefault((suite, first), []).append(subject)
        for (suite, first), subjects in sorted(blocks.items(), key=lambda item: repr(item[0])):
            values = {name: getattr(first, name) for name in FirstSeen.__slots__ if getattr(first, name)}
            parts.append(_toml_table("found", framework=framework, suite=suite, **values, subjects=sorted(subjects)))
    write_atomically(path, "\n".join(parts))


def _toml_table(kind: str, **values: str | int | Sequence[str]) -> str:
    lines = [f"[[{kind}]]"]
    for name, value in values.items():
        if isinstance(value, str):
            text = _toml_string(value)
        elif isinstance(value, int):
            text = str(value)
        elif name == "subjects":
            text = "[\n" + "".join(f"    {_toml_string(subject)},\n" for subject in value) + "]"
        else:
            text = f"[{', '.join(map(_toml_string, value))}]"
        lines.append(f"{name} = {text}")
    return "\n".join(lines) + "\n"


def _toml_string(text: str) -> str:
    # A string of JSON is a basic string of TOML, but for surrogates and the delete character.
    return json.dumps(text.encode(errors="backslashreplace").decode(), ensure_ascii=False).replace("\x7f", "\\u007f")


@cache
def _parse_first_seen(path: Path, _changed: int) -> dict[str, MeasuredReleases]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        first_seen: dict[str, dict[tuple[str, str], FirstSeen]] = {}
        for table in tables.get("found", []):
            first = FirstSeen(
                since=table["since"],
                verdict=table["verdict"],
                factors=tuple(table.get("factors", ())),
                before=table.get("before", ""),
                then=table.get("then", ""),
            )
            known = first_seen.setdefault(table["framework"], {})
            known.update({(table["suite"], subject): first for subject in table["subjects"]})
        changed: dict[str, list[ReleaseChange]] = {}
        for table in tables.get("changed", []):
            change = ReleaseChange(**{name: table[name] for name in ReleaseChange.__slots__})
            changed.setdefault(table["framework"], []).append(change)
        return {
            table["framework"]: MeasuredReleases(
                tuple(table["releases"]),
                table["sizes"],
                table["pair_list"],
                tuple(changed.get(table["framework"], ())),
                first_seen.get(table["framework"], {}),
            )
            for table in _tables(tables["timeline"])
        }
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, AttributeError, KeyError, TypeError) as error:
        raise RecordError(f"{path}: not a file of first versions: {error}") from None


def _tables(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise TypeError("timeline is no list of tables")
    return value


def read_first_seen(path: Path = FIRST_SEEN_PATH) -> dict[str, MeasuredReleases]:
    """What the file says, by framework.

    Raises ``RecordError`` when it is not such a file, ``OSError`` when it cannot be read.
    """
    return _parse_first_seen(path, path.stat().st_mtime_ns)


def first_seen_lookup(runs: Sequence[Run], path: Path = FIRST_SEEN_PATH) -> Callable[[Finding], str]:
    """Since which release a finding of these runs is found, such as ``since 11.0.0; not in 10.4.0``.

    Empty where the releases measured do not say: what is found differs from what the newest of them does, or the run's
    release is older than the one since which it is found. A release that is newer than those measured is marked, and
    so is it where a release was asked at fewer sizes than the run.
    """
    known, versions = read_first_seen(path), framework_versions(runs)
    lists = {run.pair_list_digest for run in runs}

    def description(finding: Finding) -> str:
        releases, installed = known.get(unversioned(finding.framework)), versions.get(finding.framework, ())
        if releases is None or len(installed) != 1 or finding.verdict not in DISAGREEMENT:
            return ""
        subject = finding.subject.replace(f"{finding.framework} ", f"{unversioned(finding.framework)} ", 1)
        first = releases.first_seen.get((finding.suite, subject))
        if first is None or (first.verdict, first.factors) != (finding.verdict, tuple(sorted(finding.factors))):
            return ""
        return releases.description(finding.suite, subject, first, installed[0], lists)

    return description


@dataclass(frozen=True, slots=True)
class ReleaseHistory:
    """One framework over its releases: those measured, what each changed, and since when this run's divergences exist.

    ``version`` is this run's; ``by_release`` are ``(since when, how many, fragment of the search for them)``,
    ``undated`` counts those that no measured release dates.
    """

    framework: str
    version: str
    releases: tuple[str, ...]
    sizes: str
    changed: tuple[ReleaseChange, ...]
    by_release: tuple[tuple[str, int, str], ...]
    undated: int


def release_histories(records: Iterable[Record], path: Path = FIRST_SEEN_PATH) -> list[ReleaseHistory]:
    """For each framework of the run of which releases were measured."""
    records = list(records)
    runs, findings = of_type(records, Run), of_type(records, Finding)
    known, lookup = read_first_seen(path), first_seen_lookup(runs, path)
    histories = []
    for name, versions in framework_versions(runs).items():
        releases = known.get(unversioned(name))
        mine = [finding for finding in findings if finding.framework == name]
        if releases is None or not versions or not mine:
            continue
        counted = Counter(lookup(finding) for finding in mine if finding.verdict in DISAGREEMENT)
        undated = counted.pop("", 0)
        by_release = tuple(
            (text, count, f"find?{urlencode({'framework': name, 'since': text})}")
            for text, count in sorted(counted.items(), key=lambda item: -item[1])
        )
        histories.append(
            ReleaseHistory(
                name,
                ", ".join(sorted(versions)),
                releases.releases,
                releases.sizes,
                releases.changed[::-1],
                by_release,
                undated,
            )
        )
    return histories
