"""One framework over its versions: what every question was answered in each, and which answers changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from packaging.version import Version

from reports.reading import read
from reports.record import AGREEMENT, NOT_MEASURED, Finding, Record, RecordError, Run
from reports.views import of_type

RELATIVE = 2e-3
"""Gains this close, relative, are one gain: the last digits depend on the processor, not on the version."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one version answers: the verdict, the gain with its rounding bound, and what a difference is put down to.

    ``differing`` of the ``measured`` pairs of sizes, or cases, differ.
    """

    verdict: str
    gain: float | None
    factors: tuple[str, ...]
    tolerance: float
    differing: int
    measured: int

    @property
    def word(self) -> str:
        """The verdict, with both that are agreement as one."""
        return "agrees" if self.verdict in AGREEMENT else self.verdict

    def is_like(self, other: Answer) -> bool:
        """Whether both say the same: the verdict, and where they disagree with what is meant, how much, how
        often and why.

        Any agreement is like any other, for what is left of it is rounding; what could not be measured has no gain.
        """
        if self.verdict in AGREEMENT and other.verdict in AGREEMENT:
            return True
        if self.verdict != other.verdict:
            return False
        if self.verdict in NOT_MEASURED:
            return True
        if set(self.factors) != set(other.factors) or (self.gain is None) != (other.gain is None):
            return False
        if (self.differing, self.measured) != (other.differing, other.measured):
            return False
        if self.gain is None or self.gain == other.gain or (self.gain != self.gain and other.gain != other.gain):
            return True
        largest = max(abs(self.gain), abs(other.gain))
        return abs(self.gain - other.gain) <= RELATIVE * largest + self.tolerance + other.tolerance


@dataclass(frozen=True, slots=True)
class Line:
    """One question over the versions: an answer for each, ``None`` where that run did not ask it."""

    suite: str
    subject: str
    answers: tuple[Answer | None, ...]

    @property
    def steps(self) -> tuple[tuple[int, int], ...]:
        """Where the answer changed: the positions of two versions, with none between them that answered."""
        asked = [i for i, answer in enumerate(self.answers) if answer is not None]
        return tuple((i, j) for i, j in pairwise(asked) if self._differ(i, j))

    def _differ(self, i: int, j: int) -> bool:
        return not self.answers[i].is_like(self.answers[j])


@dataclass(frozen=True, slots=True)
class Group:
    """Questions of one suite whose answers changed together: at the same versions, from and to the same verdicts."""

    suite: str
    verdicts: tuple[str | None, ...]
    steps: tuple[tuple[int, int], ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """What changed at one version, seen from the one before: ``changed`` is by suite and by both verdicts."""

    before: str
    after: str
    changed: dict[tuple[str, str, str], list[tuple[str, Answer, Answer]]]

    @property
    def count(self) -> int:
        """How many answers changed."""
        return sum(map(len, self.changed.values()))


@dataclass(frozen=True, slots=True)
class Timeline:
    """All questions that any version of one framework was asked; ``versions`` are the oldest first.

    ``sizes`` names the pairs of sizes that they were asked at, and ``pair_list`` is the digest of those.
    """

    framework: str
    versions: tuple[str, ...]
    lines: tuple[Line, ...] = field(repr=False)
    sizes: str = ""
    pair_list: str = ""

    @property
    def changed(self) -> list[Line]:
        """The questions whose answer is not the same in all versions."""
        return [line for line in self.lines if line.steps]

    @property
    def partly(self) -> int:
        """How many questions were not asked of every version."""
        return sum(None in line.answers for line in self.lines)

    def groups(self, with_unchanged: bool = False) -> list[Group]:
        """What changed together, the largest groups first within a suite; with all else after it on request."""
        found: dict[tuple, list[Line]] = {}
        for line in self.lines if with_unchanged else self.changed:
            verdicts = tuple(answer and answer.word for answer in line.answers)
            found.setdefault((line.suite, verdicts, line.steps), []).append(line)
        order = list(dict.fromkeys(line.suite for line in self.lines))
        groups = [Group(*key, tuple(lines)) for key, lines in found.items()]
        return sorted(groups, key=lambda each: (order.index(each.suite), not each.steps, -len(each.lines)))

    def steps(self) -> list[Step]:
        """What changed at each version that changed anything, the oldest first."""
        found: dict[tuple[int, int], dict[tuple[str, str, str], list[tuple[str, Answer, Answer]]]] = {}
        for line in self.changed:
            for i, j in line.steps:
                before, after = line.answers[i], line.answers[j]
                key = (line.suite, before.word, after.word)
                found.setdefault((j, i), {}).setdefault(key, []).append((line.subject, before, after))
        return [Step(self.versions[i], self.versions[j], changed) for (j, i), changed in sorted(found.items())]


def files(paths: Iterable[Path]) -> list[Path]:
    """The files of records that ``paths`` name: a folder stands for every ``.jsonl`` file within it.

    Raises ``RecordError`` for a folder without any.
    """
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.rglob("*.jsonl")) if path.is_dir() else [path]
        if not inside:
            raise RecordError(f"{path}: there is no .jsonl file in this folder")
        found += inside
    return list(dict.fromkeys(found))


def timeline(runs: Sequence[tuple[str, Sequence[Record]]], framework: str | None = None) -> Timeline:
    """The timeline of ``framework`` from runs, each with the name of its file.

    Without ``framework`` the runs must be about one only. Raises ``RecordError`` when they are about several or none,
    when fewer than two versions were measured, when a version cannot be put in order, when a file joins runs of several
    versions, when runs asked about different sizes, and when two runs of one version contradict each other.
    """
    framework = framework or _only_framework(runs)
    by_version: dict[str, dict[tuple[str, str], Answer]] = {}
    digests: dict[str, str] = {}
    sizes: dict[str, str] = {}
    for name, records in ((name, part) for name, whole in runs for part in _parts(whole)):
        findings = [one for one in of_type(records, Finding) if one.framework == framework]
        if not findings:
            continue
        version = _version(name, of_type(records, Run), framework)
        for run in of_type(records, Run):
            digests.setdefault(run.pair_list_digest, name)
            sizes[run.pair_list_digest] = str(run.options.get("sizes") or run.size_pairs)
        answers = by_version.setdefault(version, {})
        for finding in findings:
            key, answer = (finding.suite, finding.subject), _answer(finding)
            if not answers.setdefault(key, answer).is_like(answer):
                raise RecordError(f"{name}: contradicts another run of {framework} {version}: {': '.join(key)}")
    if len(digests) > 1:
        raise RecordError(f"runs at different sizes cannot be compared: {' against '.join(digests.values())}")
    if len(by_version) < 2:
        found = f"only of {next(iter(by_version))}" if by_version else "of none"
        raise RecordError(f"a timeline needs two versions of {framework}; there are measurements {found}")
    versions = tuple(sorted(by_version, key=Version))
    keys = dict.fromkeys(key for version in reversed(versions) for key in by_version[version])
    lines = [Line(*key, tuple(by_version[version].get(key) for version in versions)) for key in keys]
    suites = list(dict.fromkeys(line.suite for line in lines))
    ordered = tuple(sorted(lines, key=lambda line: suites.index(line.suite)))
    return Timeline(framework, versions, ordered, *next((each[1], each[0]) for each in sizes.items()))


def from_files(paths: Iterable[Path], framework: str | None = None) -> Timeline:
    """The timeline of files and folders of records; raises as :func:`timeline` and :func:`reports.reading.read` do."""
    return timeline([(str(path), read(path)) for path in files(paths)], framework)


def _answer(finding: Finding) -> Answer:
    factors = finding.attribution.factors if finding.attribution else ()
    return Answer(
        finding.verdict,
        finding.gain,
        factors,
        finding.tolerance or 0.0,
        finding.pairs_differing,
        finding.pairs_measured,
    )


def _parts(records: Iterable[Record]) -> list[list[Record]]:
    """The records of each run in a joined file; headers that follow each other belong to what follows them."""
    parts: list[list[Record]] = []
    for one in records:
        if not parts or (isinstance(one, Run) and not isinstance(parts[-1][-1], Run)):
            parts.append([])
        parts[-1].append(one)
    return parts


def _only_framework(runs: Iterable[tuple[str, Sequence[Record]]]) -> str:
    named = {name for _, records in runs for run in of_type(records, Run) for name in run.versions}
    asked = {finding.framework for _, records in runs for finding in of_type(records, Finding)}
    found = sorted(named & asked)
    if not found:
        raise RecordError("no framework was measured in these runs")
    if len(found) > 1:
        raise RecordError(f"these runs are about {', '.join(found)}: choose one with --framework")
    return found[0]


def _version(name: str, runs: Iterable[Run], framework: str) -> str:
    known = sorted({run.versions[framework] for run in runs if run.versions.get(framework) is not None})
    if len(known) != 1:
        those = " and ".join(known) or "no version"
        raise RecordError(f"{name}: {those} of {framework} under one header: give the file of each run")
    try:
        Version(known[0])
    except ValueError:  # What is no version, and what is too long to be read as a number.
        raise RecordError(f"{name}: {framework} {known[0]!r} is no version that can be put in order") from None
    return known[0]
