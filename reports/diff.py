"""What changed between two runs: questions that are new or gone, verdicts, causes and gains that changed."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace

from reports.record import AGREEMENT, DISAGREEMENT, Finding, Record, Run
from reports.shown import number
from reports.translations import changes
from reports.translations_record import Call, Translation
from reports.views import of_type, severity, size, versions

Key = tuple[str, str]

GROUPS = {
    "newly diverging": "agreed before, and does not any more",
    "newly agreeing": "did not agree before, and does now",
    "another verdict": "another kind of agreement, of divergence or of refusal",
    "another cause": "the same verdict, attributed to something else",
    "another gain": "the same verdict, with another worst case",
    "new": "not asked before",
    "gone": "not asked any more",
}
"""What can happen to a question, the gravest first, and what that means."""

BETWEEN = "between frameworks"
"""Stands for the framework where a question is about several; see ``suites/questions.py``."""

_SAME = 1e-3
"""By what share two gains of one divergence may differ and be the same: the ledger states them to three digits."""

_DIVERGES = (*DISAGREEMENT, "error")


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one question; ``before`` or ``after`` is ``None`` where it was not asked."""

    group: str
    before: Finding | None
    after: Finding | None

    @property
    def finding(self) -> Finding:
        """The answer that is there; of two the later."""
        return self.after or self.before

    @property
    def words(self) -> str:
        """What changed, in a few words."""
        old, new = self.before, self.after
        if old is None:
            return _answer(new)
        if new is None:
            return f"was {_answer(old)}"
        if self.group == "another gain":
            return f"{number(old.gain, 6)} -> {number(new.gain, 6)} ({new.verdict})"
        if self.group == "another cause":
            return f"{_cause(old)} -> {_cause(new)} ({_answer(new)})"
        return f"{old.verdict} -> {new.verdict}, gain {number(old.gain)} -> {number(new.gain)}"

    @property
    def place(self) -> tuple[object, ...]:
        """By what changes are listed: the worst first."""
        rank = max(severity(each.verdict) for each in (self.before, self.after) if each)
        gain = max(size(each.gain) for each in (self.before, self.after) if each)
        return (-rank, -gain, self.finding.suite, self.finding.question)


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything in which two runs differ; empty lists where they do not.

    ``versions`` are ``(framework, before, after)``, ``notes`` what was not compared and why, ``instead`` a line
    for each change in what to write instead.
    """

    versions: tuple[tuple[str, str, str], ...]
    notes: tuple[str, ...]
    changes: tuple[Change, ...]
    instead: tuple[str, ...]
    old: tuple[Run, ...] = ()
    new: tuple[Run, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return bool(self.versions or self.notes or self.changes or self.instead)

    def groups(self) -> dict[str, list[Change]]:
        """The changes under what kind they are, the gravest kind and in it the worst first; no empty ones."""
        found: dict[str, list[Change]] = {name: [] for name in GROUPS}
        for change in self.changes:
            found[change.group].append(change)
        return {name: sorted(each, key=lambda one: one.place) for name, each in found.items() if each}

    def counts(self) -> str:
        """How many changes of each kind, in words."""
        told = [
            f"{len(each):,} {'with ' if name.startswith('another') else ''}{name}"
            for name, each in self.groups().items()
        ]
        told += [f"{len(self.instead):,} changed in what to write instead"] if self.instead else []
        return ", ".join(told) or "no answer changed"


def _answer(finding: Finding) -> str:
    gain = f" (gain {number(finding.gain)})" if finding.gain is not None else ""
    return f"{finding.verdict}{gain}"


def _cause(finding: Finding) -> str:
    factors = finding.attribution.factors if finding.attribution else ()
    return finding.headline or " + ".join(factors) or "not attributed"


def _by_question(records: Iterable[Record]) -> dict[Key, list[Finding]]:
    found: dict[Key, list[Finding]] = defaultdict(list)
    for finding in of_type(records, Finding):
        found[finding.suite, finding.question].append(finding)
    return found


def _same_gain(old: Finding, new: Finding) -> bool:
    # Within the rounding bound, how much it is says nothing.
    if old.gain is None or new.gain is None or new.verdict in AGREEMENT:
        return new.verdict in AGREEMENT or old.gain is new.gain
    return math.isclose(old.gain, new.gain, rel_tol=_SAME) or (math.isnan(old.gain) and math.isnan(new.gain))


def _compared(old: Finding | None, new: Finding | None) -> Change | None:
    if old is None or new is None:
        return Change("new" if old is None else "gone", old, new)
    if old.verdict != new.verdict:
        if old.verdict in AGREEMENT and new.verdict in _DIVERGES:
            return Change("newly diverging", old, new)
        if old.verdict in _DIVERGES and new.verdict in AGREEMENT:
            return Change("newly agreeing", old, new)
        return Change("another verdict", old, new)
    if new.verdict in DISAGREEMENT and _cause(old) != _cause(new):
        return Change("another cause", old, new)
    return None if _same_gain(old, new) else Change("another gain", old, new)


def _measured(runs: Sequence[Run]) -> dict[str, str]:
    return {name: version for name, version in versions(runs).items() if version is not None}


def _of_one_side(name: str, findings: Iterable[Finding], other: dict[str, str]) -> list[str]:
    """Lines that count what cannot be compared: frameworks that only one side has, and suites asked of it there."""
    frameworks: Counter[str] = Counter()
    suites: dict[str, Counter[str]] = defaultdict(Counter)
    for finding in findings:
        if finding.framework in other or finding.framework == BETWEEN:
            suites[finding.suite][finding.framework] += 1
        else:
            frameworks[finding.framework] += 1
    told = [f"{framework} ({count:,} questions)" for framework, count in sorted(frameworks.items())]
    lines = [f"frameworks only in the {name} run: {', '.join(told)}"] if told else []
    for suite, counted in sorted(suites.items()):
        told = [f"{framework} ({count:,})" for framework, count in sorted(counted.items())]
        lines.append(f"asked only in the {name} run: {suite} of {', '.join(told)}")
    return lines


def difference(old: Iterable[Record], new: Iterable[Record]) -> Difference:
    """Compare two runs, or merged files of several.

    Gains of divergences are compared at three digits, those within the rounding bound not at all. What one of them did
    not ask of a framework, or of a suite of it, is counted in the notes, not listed as new or gone; where their sizes
    differ, gains are not compared. A question that a merged file answers several times is compared answer by answer.
    """
    old, new = list(old), list(new)
    runs = tuple(of_type(old, Run)), tuple(of_type(new, Run))
    before, after = (_measured(each) for each in runs)
    changed_versions = tuple(
        (name, before.get(name, "not installed"), after.get(name, "not installed"))
        for name in sorted(before | after)
        if before.get(name) != after.get(name)
    )
    left, right = _by_question(old), _by_question(new)
    asked = [
        {(each.suite, each.framework) for those in side.values() for each in those if not _is_absence(each)}
        for side in (left, right)
    ]
    other_frameworks = before.keys() != after.keys()
    lists = [sorted({run.pair_list_digest for run in each}) for each in runs]
    resized = lists[0] != lists[1]
    found: list[Change] = []
    one_sided: tuple[list[Finding], list[Finding]] = ([], [])
    gains = 0
    for key in sorted(left.keys() | right.keys()):
        a, b = left.get(key, []), right.get(key, [])
        for i in range(max(len(a), len(b))):
            change = _compared(a[i] if i < len(a) else None, b[i] if i < len(b) else None)
            if change is None or _is_absence(change.finding):
                continue
            if change.group in ("new", "gone"):
                side = 0 if change.group == "gone" else 1
                here = change.finding
                if (here.suite, here.framework) not in asked[1 - side] or (
                    other_frameworks and here.framework == BETWEEN
                ):
                    one_sided[side].append(here)
                    continue
            if resized and change.group == "another gain":
                gains += 1
                continue
            found.append(change)
    notes = []
    if resized:
        sides = " against ".join("; ".join(dict.fromkeys(_sizes(run) for run in each)) for each in runs)
        notes.append(
            f"other sizes: {sides}; {gains:,} gains that differ are not listed, and verdicts may for that alone"
        )
    notes += _of_one_side("old", one_sided[0], after) + _of_one_side("new", one_sided[1], before)
    both = before.keys() & after.keys()
    answers = [_answered(each, both) for each in (old, new)]
    if not all(any(isinstance(each, Translation) for each in side) for side in answers):
        absent = [name for name, side in zip(("old", "new"), (old, new), strict=True) if not of_type(side, Translation)]
        notes += [f"what to write instead was not asked in the {absent[0]} run"] if len(absent) == 1 else []
        answers = [[], []]
    return Difference(changed_versions, tuple(notes), tuple(found), tuple(changes(*answers)), *runs)


def _answered(records: Iterable[Record], frameworks: Set[str]) -> list[Record]:
    """Calls, and the answers from and to ``frameworks``."""
    kept: list[Record] = []
    for record in records:
        if isinstance(record, Call):
            kept.append(record)
        elif isinstance(record, Translation) and record.framework in frameworks:
            kept.append(replace(record, answers={k: v for k, v in record.answers.items() if k in frameworks}))
    return kept


def _sizes(run: Run) -> str:
    sizes = run.options.get("sizes")
    return f"{run.size_pairs:,} pairs" + (f" ({sizes})" if isinstance(sizes, str) else "")


def _is_absence(finding: Finding) -> bool:
    """Whether it says of a whole framework that it is absent: the versions say so, too."""
    return finding.verdict == "not installed" and finding.operation == f"{finding.framework} (every call)"


def terminal(found: Difference, most: int | None = None) -> list[str]:
    """One line for each change, under headings; at most ``most`` of each kind."""
    lines = [f"version changed {name}: {old} -> {new}" for name, old, new in found.versions]
    lines += [f"note            {note}" for note in found.notes]
    for name, each in found.groups().items():
        shown = each if most is None else each[:most]
        lines += [f"{name:<15} {one.finding.suite}: {one.finding.question}: {one.words}" for one in shown]
        if len(each) > len(shown):
            lines.append(f"{name:<15} and {len(each) - len(shown):,} more, listed with --all")
    shown = found.instead if most is None else found.instead[:most]
    lines += shown
    if len(found.instead) > len(shown):
        lines.append(f"answer changed  and {len(found.instead) - len(shown):,} more, listed with --all")
    return lines


def diff(old: Iterable[Record], new: Iterable[Record]) -> list[str]:
    """One line for each change; empty when nothing changed."""
    return terminal(difference(old, new))
