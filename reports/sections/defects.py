"""The defects of a run: one card each with its findings as evidence, by project, and what no entry explains."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from halfpixel.golden.vocabulary import (
    BETWEEN_FRAMEWORKS,
    GREY_LEVELS,
    WRONG,
    DefectKind,
    LedgerState,
    Reach,
    Verdict,
)
from halfpixel.reports.records.aggregate import (
    by_framework,
    framework_order,
    in_ledger_state,
    of_type,
    severity,
    sortable,
    worst_grey_levels,
)
from halfpixel.reports.records.record_types import Finding, KnownDefect, Record, Run
from halfpixel.reports.text.text_escaping import number

DEFECT_KINDS = tuple(kind for kind in DefectKind if kind.is_defect)
"""The kinds of what is wrong, worst first."""
_KINDS, _REACHES = list(DefectKind), list(Reach)


class Presence(StrEnum):
    """Whether a known defect is in the version that was measured."""

    HERE = "here"
    NOT_HERE = "not here"
    NOT_ASKED = "not asked"


def anchor_of(framework: str, identifier: str) -> str:
    """The link target of an entry: ``defect-<framework>-<id>``."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", f"defect-{framework}-{identifier}")[:200]


@dataclass(frozen=True, slots=True)
class DefectCard:
    """An entry of a catalogue with the findings that it explains, worst first."""

    defect: KnownDefect
    findings: tuple[Finding, ...]

    @property
    def kind(self) -> DefectKind:
        """The kind of the entry."""
        return DefectKind(self.defect.kind)

    @property
    def rank(self) -> tuple[int, int]:
        """Worst kind first, then the most ordinary call."""
        return _KINDS.index(self.kind), _REACHES.index(Reach(self.defect.reach))

    @property
    def anchor(self) -> str:
        """The link target of the card."""
        return anchor_of(self.defect.framework, self.defect.id)

    @property
    def key(self) -> str:
        """Its name in the search."""
        return f"{self.defect.framework}/{self.defect.id}"

    @property
    def presence(self) -> Presence:
        """Whether the version that was measured has it."""
        if self.findings:
            return Presence.HERE
        return Presence.NOT_HERE if self.defect.asked or self.defect.fixed else Presence.NOT_ASKED

    @property
    def presence_text(self) -> str:
        """A few words where it was not found; empty where it was."""
        version = self.defect.version or "this version"
        return {
            Presence.HERE: "",
            Presence.NOT_HERE: f"not in {version}",
            Presence.NOT_ASKED: "not asked in this run",
        }[self.presence]

    @property
    def versions(self) -> str:
        """Since when, until when, and whether the measured version has it."""
        here = f"in {self.defect.version}" if self.findings and self.defect.version else self.presence_text
        fixed = f"fixed in {self.defect.fixed_in}" if self.defect.fixed_in else ""
        return "; ".join(filter(None, (self.defect.since, fixed, here)))

    @property
    def worst_error(self) -> str:
        """The worst error over all its findings, in grey levels; empty where none has one."""
        levels = [sortable(finding.grey_levels) for finding in self.findings if finding.grey_levels is not None]
        if not levels or max(levels) <= 0:
            return ""
        worst = max(levels)
        if not math.isfinite(worst):
            return "not a finite number"
        return (
            f"{number(worst)} of {GREY_LEVELS} grey levels"
            if worst <= GREY_LEVELS * 1.001
            else (f"up to {number(worst)} grey levels (range {GREY_LEVELS})")
        )

    @property
    def suites(self) -> list[tuple[str, int]]:
        """How many findings of each suite show it, the most first."""
        return Counter(finding.suite for finding in self.findings).most_common()


@dataclass(frozen=True, slots=True)
class Project:
    """One framework that was measured: its defects, what is none, and what the run says of its version.

    ``of_others`` are defects that are met through it, and the fault of another project. ``is_locked`` is ``None`` where
    the records do not say; ``unexplained`` counts what no entry explains.
    """

    framework: str
    name: str
    version: str
    tracker: str
    is_locked: bool | None
    defects: tuple[DefectCard, ...]
    of_others: tuple[DefectCard, ...]
    differences: tuple[DefectCard, ...]
    new: int
    changed: int
    unexplained: int

    @property
    def counts(self) -> dict[DefectKind, int]:
        """How many known defects of each kind, without those that were asked and are not in this version."""
        kinds = Counter(card.kind for card in self.present)
        return {kind: kinds[kind] for kind in DEFECT_KINDS}

    @property
    def entries(self) -> tuple[DefectCard, ...]:
        """Every entry."""
        return (*self.defects, *self.of_others, *self.differences)

    @property
    def present(self) -> list[DefectCard]:
        """Its own known defects but for those that were asked and not found."""
        return [card for card in self.defects if card.presence is not Presence.NOT_HERE]

    @property
    def rank(self) -> tuple[object, ...]:
        """The project with the worst defect first."""
        return *min((card.rank for card in self.present), default=(len(_KINDS), 0)), framework_order(self.framework)

    @property
    def kinds_text(self) -> str:
        """``2 memory, 1 crash``; empty without defects."""
        return ", ".join(f"{count} {kind}" for kind, count in self.counts.items() if count)

    @property
    def state(self) -> str:
        """The state of the version in this run, in one line."""
        presences = Counter(card.presence for card in self.entries)
        counts = {"new": self.new, "changed": self.changed, "not explained": self.unexplained - self.new}
        if not self.is_locked:
            counts = {presence: presences[presence] for presence in Presence} | {"not explained": self.unexplained}
        parts = [f"{count} {what}" for what, count in counts.items() if count > 0]
        if self.is_locked:
            return f"locked: {', '.join(parts) or 'as expected'}"
        return f"{'' if self.is_locked is None else 'not locked: '}{', '.join(parts) or 'nothing differs'}"


@dataclass(frozen=True, slots=True)
class DefectsSection:
    """All projects, that with the worst defect first; what is new or changed; all that no entry explains."""

    projects: tuple[Project, ...]
    new: tuple[Finding, ...]
    changed: tuple[Finding, ...]
    unexplained: tuple[Finding, ...]

    @property
    def known(self) -> list[DefectCard]:
        """The defects of all projects."""
        return [card for project in self.projects for card in project.present]

    @property
    def cards(self) -> dict[str, DefectCard]:
        """All entries by the name that the search has for them."""
        return {card.key: card for project in self.projects for card in project.entries}


def entry_key(finding: Finding) -> str:
    """The name of the entry that explains a finding, as :attr:`DefectCard.key`; empty where none does."""
    defect = finding.ledger.defect if finding.ledger else ""
    return f"{finding.framework}/{defect}" if defect else ""


def defects_section(records: Iterable[Record]) -> DefectsSection:
    """The defects as page, terminal, summary and badges show them."""
    records = list(records)
    findings, runs = of_type(records, Finding), of_type(records, Run)
    entries: dict[tuple[str, str], KnownDefect] = {}
    for entry in of_type(records, KnownDefect):
        same = entries.get((entry.framework, entry.id))
        entries[entry.framework, entry.id] = replace(entry, asked=entry.asked or (same is not None and same.asked))
    evidence: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if key := entry_key(finding):
            evidence[key].append(finding)
    cards: dict[str, list[DefectCard]] = defaultdict(list)
    for entry in entries.values():
        shown = sorted(evidence[f"{entry.framework}/{entry.id}"], key=worst_first)
        cards[entry.framework].append(DefectCard(entry, tuple(shown)))
    known = {card.key for listed in cards.values() for card in listed}
    unexplained = [finding for finding in findings if _is_unexplained(finding, known)]
    locked = [name for run in runs for name in run.options.get("locked", ())]
    stated = any("locked" in run.options for run in runs)
    versions = {name: version for run in runs for name, version in run.versions.items() if version}
    measured = by_framework(finding for finding in findings if finding.verdict != Verdict.NOT_INSTALLED)
    names = {framework: listed[0].defect.project for framework, listed in cards.items() if listed}
    shared = {name for name, count in Counter(names.values()).items() if count > 1}
    projects = []
    for framework in sorted({*measured, *cards} - {BETWEEN_FRAMEWORKS}):
        listed, members = cards[framework], measured.get(framework, [])
        wrong = sorted((card for card in listed if card.kind.is_defect), key=lambda card: card.rank)
        first, name = listed[0].defect if listed else None, names.get(framework, framework)
        projects.append(
            Project(
                framework=framework,
                name=f"{name} ({framework})" if name in shared and name.lower() != framework else name,
                version=versions.get(framework, first.version if first else ""),
                tracker=first.tracker if first else "",
                is_locked=framework in locked if stated else None,
                defects=tuple(card for card in wrong if not card.defect.fault_in),
                of_others=tuple(card for card in wrong if card.defect.fault_in),
                differences=tuple(card for card in listed if not card.kind.is_defect),
                new=len(in_ledger_state(members, LedgerState.NEW)),
                changed=len(in_ledger_state(members, LedgerState.STALE)),
                unexplained=sum(_is_unexplained(finding, known) for finding in members),
            )
        )
    new, changed = (in_ledger_state(findings, state) for state in (LedgerState.NEW, LedgerState.STALE))
    return DefectsSection(
        tuple(sorted(projects, key=lambda project: project.rank)),
        *(tuple(sorted(listed, key=worst_first)) for listed in (new, changed, unexplained)),
    )


def worst_first(finding: Finding) -> tuple[object, ...]:
    """A key that sorts findings: the largest error in grey levels, then the worst verdict, then the largest gain."""
    return (
        -worst_grey_levels(finding),
        -severity(finding.verdict),
        -sortable(finding.gain),
        not finding.reproduction,
        finding.question,
    )


def _is_unexplained(finding: Finding, known: set[str]) -> bool:
    """Whether it is wrong or new and no entry among the records explains it.

    A known difference between frameworks follows from what is said of each of them.
    """
    if finding.framework == BETWEEN_FRAMEWORKS and finding.ledger_state == LedgerState.KNOWN:
        return False
    is_wrong = finding.verdict in WRONG or finding.ledger_state == LedgerState.NEW
    return is_wrong and entry_key(finding) not in known


@dataclass(frozen=True, slots=True)
class SinceRow:
    """The defects of one project that are there since the same release."""

    since: str
    cards: tuple[DefectCard, ...]


def by_release(cards: Sequence[DefectCard]) -> list[SinceRow]:
    """The defects of a project by the release since which they are there and that which mended them, newest first."""
    rows: dict[str, list[DefectCard]] = defaultdict(list)
    for card in cards:
        fixed = f"; fixed in {card.defect.fixed_in}" if card.defect.fixed_in else ""
        rows[f"{card.defect.since or 'not dated'}{fixed}"].append(card)

    def newest_first(item: tuple[str, list[DefectCard]]) -> list[int]:
        return [-int(part) for part in re.findall(r"\d{1,9}", item[0].partition(";")[0])] or [1]

    return [SinceRow(since, tuple(members)) for since, members in sorted(rows.items(), key=newest_first)]
