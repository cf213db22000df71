"""How a finding ends its test (pass, skip, xfail, fail) according to the lock and the catalogue of its framework."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path

import pytest

from halfpixel.defects.catalogue import LEDGER, Catalogue, Defect, load
from halfpixel.defects.lock import Lock, LockedAnswer, load_lock
from halfpixel.golden.vocabulary import (
    AGREEMENT,
    BETWEEN_FRAMEWORKS,
    NOT_MEASURED,
    VARIANT_SUITES,
    LedgerState,
    Verdict,
)
from halfpixel.probe.variants.observation import NOT_HERE
from halfpixel.reports.records.record_types import Finding, LedgerStatus


class EndOfTest(Enum):
    """How a test ends."""

    PASS = auto()
    SKIP = auto()
    XFAIL = auto()
    FAIL = auto()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one finding ends its test, the finding with its state in the ledger, and the message."""

    end: EndOfTest
    finding: Finding
    message: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A finding as the patterns of the catalogue read it: the call without the name of its framework."""

    suite: str
    call: str
    variant: str
    verdict: str
    causes: tuple[str, ...]


def question_of(finding: Finding) -> Question:
    """What the catalogue reads of a finding."""
    call = finding.operation.removeprefix(f"{finding.framework} ")
    return Question(finding.suite, call, finding.variant, finding.verdict, finding.factors)


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is known before a run: the catalogue of each framework, and the lock of its installed version if it has one.

    At a version with a lock every change is news and fails. At any other, a difference that an entry of the catalogue
    explains is known, and one that none explains fails only where ``strict``.
    """

    sizes: str
    versions: Mapping[str, str | None]
    strict: bool
    catalogues: Mapping[str, Catalogue]
    locks: Mapping[str, Lock]

    def settled(
        self, findings: tuple[Finding, ...], left_out: Iterable[str], follows: str
    ) -> tuple[list[Finding], Callable[[], None]]:
        """The findings with their states in the ledger, and a function that ends the test accordingly.

        Agreement passes, unless the lock says that there is none. A known difference is an expected failure. A new or
        changed one fails with its message. A framework that is not installed is skipped, and recorded as that. A
        variant that the framework refuses is recorded with its message, and is neither; the test is skipped when all
        are. ``left_out`` are variants that this run does not measure, and which may be locked all the same.
        ``follows`` says of which known difference a disagreement between operations is the consequence, where it is:
        it needs no entry then.
        """
        outcomes = [self._outcome(finding, follows) for finding in findings]
        failures = [outcome.message for outcome in outcomes if outcome.end is EndOfTest.FAIL]
        failures += self._locked_but_not_asked(findings, set(left_out))

        def end_test() -> None:
            if failures:
                pytest.fail("\n\n".join(failures), pytrace=False)
            known = [outcome.message for outcome in outcomes if outcome.end is EndOfTest.XFAIL]
            if known:
                pytest.xfail("; ".join(dict.fromkeys(known)))
            if all(outcome.end is EndOfTest.SKIP for outcome in outcomes):
                pytest.skip("; ".join(dict.fromkeys(outcome.message for outcome in outcomes)) or "nothing to ask")

        return [outcome.finding for outcome in outcomes], end_test

    def _outcome(self, finding: Finding, follows: str) -> Outcome:
        if finding.verdict == Verdict.NOT_INSTALLED:
            return Outcome(EndOfTest.SKIP, finding, f"{finding.framework} is not installed")
        question, lock = question_of(finding), self.locks.get(finding.framework)
        locked = lock.answer(question.suite, question.call, question.variant, self.sizes) if lock else None
        is_refused = finding.verdict == Verdict.UNSUPPORTED and finding.suite in VARIANT_SUITES
        if is_refused and (locked is None or finding.headline == NOT_HERE):
            message = finding.refused.message if finding.refused else finding.headline
            return Outcome(EndOfTest.SKIP, finding, f"{finding.subject}: refused: {message}")
        if locked is not None:
            return self._compared(finding, locked)
        if finding.verdict in AGREEMENT:
            return Outcome(EndOfTest.PASS, finding)
        if follows:
            return Outcome(EndOfTest.XFAIL, _with_state(finding, LedgerState.KNOWN, follows), follows)
        return self._without_lock(finding, question)

    def _without_lock(self, finding: Finding, question: Question) -> Outcome:
        catalogue = self.catalogues.get(finding.framework)
        explaining = catalogue.explaining(question) if catalogue else []
        if self._is_locked(finding.framework):
            reason = "a difference that is not in the lock" if explaining else "a difference that no entry explains"
            advice = f"; entry {explaining[0].id} would explain it: halfpixel ledger update" if explaining else ""
            message = f"{reason}{advice}\n{_message_with_reproduction(finding)}"
            return Outcome(EndOfTest.FAIL, _with_state(finding, LedgerState.NEW, reason), message)
        if explaining:
            known = _with_state(finding, LedgerState.KNOWN, explaining[0].title, explaining[0])
            return Outcome(EndOfTest.XFAIL, known, f"{explaining[0].title} ({explaining[0].upstream})")
        version = self.versions.get(finding.framework, "of these versions")
        if finding.refused and finding.verdict in NOT_MEASURED and not self.strict:
            message = f"{finding.framework} {version} refuses it: {finding.refused.message}"
            return Outcome(EndOfTest.SKIP, finding, message)
        new = _with_state(finding, LedgerState.NEW, "a difference that no entry explains")
        if self.strict:
            message = f"a difference that no entry explains\n{_message_with_reproduction(finding)}"
            return Outcome(EndOfTest.FAIL, new, message)
        return Outcome(EndOfTest.XFAIL, new, f"{finding.framework} {version} is not locked; no entry explains it")

    def _is_locked(self, framework: str) -> bool:
        """Whether the installed version has a lock; of what is between frameworks, whether all have one."""
        if framework == BETWEEN_FRAMEWORKS:
            return len(self.locks) == len(self.catalogues)
        return framework in self.locks

    def _compared(self, finding: Finding, locked: LockedAnswer) -> Outcome:
        """How a finding stands to what is locked for its question."""
        catalogue = self.catalogues[finding.framework]
        defect = catalogue.defect(locked.defect)
        if finding.verdict in AGREEMENT:
            reason = f"the lock says {locked.verdict}, and it agrees now"
            stale = _with_state(finding, LedgerState.STALE, reason, defect)
            return Outcome(EndOfTest.FAIL, stale, f"{finding.subject}: {reason}; run: halfpixel ledger update")
        change = locked.change(finding.verdict, finding.factors, finding.gain, self.sizes, finding.tolerance or 0)
        if change:
            message = f"the lock no longer holds: {change}\n{_message_with_reproduction(finding)}"
            return Outcome(EndOfTest.FAIL, _with_state(finding, LedgerState.STALE, change, defect), message)
        title = defect.title if defect else locked.defect
        known = _with_state(finding, LedgerState.KNOWN, title, defect)
        return Outcome(EndOfTest.XFAIL, known, f"{title} ({defect.upstream})" if defect and defect.upstream else title)

    def _locked_but_not_asked(self, findings: tuple[Finding, ...], left_out: set[str]) -> list[str]:
        """Locked answers about variants of these calls that were neither among the findings nor left out."""
        asked: dict[tuple[str, str, str], set[str]] = {}
        for finding in findings:
            if finding.suite in VARIANT_SUITES:
                key = (finding.framework, finding.suite, question_of(finding).call)
                asked.setdefault(key, set(left_out)).add(finding.variant)
        return [
            f"the lock of {framework} has an answer that was not asked: {suite} of {f'{call} [{variant}]'!r}"
            for (framework, suite, call), variants in sorted(asked.items())
            if framework in self.locks
            for variant in sorted(self.locks[framework].variants(suite, call) - variants)
        ]


def read_ledger(sizes: str, versions: Mapping[str, str | None], strict: bool = False, folder: Path = LEDGER) -> Ledger:
    """The catalogues and locks of the installed versions; :class:`CatalogueError` for a file that cannot be used."""
    installed = {name: version for name, version in versions.items() if version}
    catalogues = {name: load(name, folder) for name in installed}
    locks = {name: lock for name, version in installed.items() if (lock := load_lock(name, version, folder))}
    return Ledger(sizes, versions, strict, catalogues, locks)


def _with_state(finding: Finding, state: LedgerState, reason: str = "", defect: Defect | None = None) -> Finding:
    """The finding with what the ledger says of it."""
    status = LedgerStatus(
        status=state, reason=reason, link=defect.upstream if defect else "", defect=defect.id if defect else ""
    )
    return replace(finding, ledger=status)


def _message_with_reproduction(finding: Finding) -> str:
    """The message of a finding, its reproduction included."""
    program = "\n".join(f"    {line}" for line in finding.reproduction.rstrip().splitlines())
    if not program or program in finding.message:
        return finding.message
    return f"{finding.message}\nreproduce with:\n{program}"
