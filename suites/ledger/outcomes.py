"""How a finding ends its test (pass, skip, xfail, fail) according to the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto

import pytest

from halfpixel.golden.vocabulary import AGREEMENT, BETWEEN_FRAMEWORKS, VARIANT_SUITES, LedgerState, Verdict
from halfpixel.probe.variants.observation import NOT_HERE
from halfpixel.reports.records.record_types import Finding, LedgerStatus
from halfpixel.suites.ledger.entries import Entry, Ledger


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
class LedgerOutcomes:
    """What is known before a run: the ledger, for a set of sizes and the versions of the frameworks."""

    ledger: Ledger
    sizes: str
    versions: Mapping[str, str | None]

    def settled(
        self, findings: tuple[Finding, ...], left_out: Iterable[str], follows: str
    ) -> tuple[list[Finding], Callable[[], None]]:
        """The findings with their states in the ledger, and a function that ends the test accordingly.

        Agreement passes, unless an entry says that there is none. A known divergence is an expected failure. A new or
        changed one fails with its message. A framework that is not installed is skipped, and recorded as that. A
        variant that the framework refuses is recorded with its message, and is neither; the test is skipped when all
        are. ``left_out`` are variants that this run does not measure, and which may have entries all the same.
        ``follows`` says of which known divergence a disagreement between operations is the consequence, where it is:
        it needs no entry then.
        """
        outcomes = [self._outcome(finding, follows) for finding in findings]
        failures = [outcome.message for outcome in outcomes if outcome.end is EndOfTest.FAIL]
        failures += self._unmatched_entries(findings, set(left_out))

        def end_test() -> None:
            if failures:
                pytest.fail("\n\n".join(failures), pytrace=False)
            known = [outcome.message for outcome in outcomes if outcome.end is EndOfTest.XFAIL]
            if known:
                pytest.xfail("; ".join(dict.fromkeys(known)))
            if all(outcome.end is EndOfTest.SKIP for outcome in outcomes):
                pytest.skip("; ".join(dict.fromkeys(outcome.message for outcome in outcomes)) or "nothing to ask")

        return [outcome.finding for outcome in outcomes], end_test

    def _entry(self, finding: Finding) -> Entry | None:
        version = "0" if finding.framework == BETWEEN_FRAMEWORKS else self.versions[finding.framework]
        return self.ledger.entry(finding.suite, finding.subject, self.sizes, version)

    def _outcome(self, finding: Finding, follows: str) -> Outcome:
        if finding.verdict == Verdict.NOT_INSTALLED:
            return Outcome(EndOfTest.SKIP, finding, f"{finding.framework} is not installed")
        entry = self._entry(finding)
        is_refused = finding.verdict == Verdict.UNSUPPORTED and finding.suite in VARIANT_SUITES
        if is_refused and (entry is None or finding.headline == NOT_HERE):
            message = finding.refused.message if finding.refused else finding.headline
            return Outcome(EndOfTest.SKIP, finding, f"{finding.subject}: refused: {message}")
        if entry is None:
            return _without_entry(finding, follows)
        if finding.verdict in AGREEMENT:
            reason = f"the ledger says {entry.verdict} with gain {entry.gain}, and it agrees now"
            stale = _with_state(finding, LedgerState.STALE, reason, entry)
            return Outcome(EndOfTest.FAIL, stale, f"{finding.subject}: {reason}; remove its entry from the ledger")
        change = entry.change(finding)
        if change:
            message = f"the ledger no longer holds: {change}\n{_message_with_reproduction(finding)}"
            return Outcome(EndOfTest.FAIL, _with_state(finding, LedgerState.STALE, change, entry), message)
        known = _with_state(finding, LedgerState.KNOWN, entry.reason, entry)
        return Outcome(EndOfTest.XFAIL, known, f"{entry.reason} ({entry.link})")

    def _unmatched_entries(self, findings: tuple[Finding, ...], left_out: set[str]) -> list[str]:
        """Entries about variants of these operations that were neither among the findings nor left out."""
        subjects = {finding.subject for finding in findings}
        subjects |= {f"{finding.operation} [{variant}]" for finding in findings for variant in left_out}
        operations = {(finding.suite, finding.operation, finding.framework) for finding in findings}
        return [
            f"ledger: {suite} entry matches nothing: {subject!r}"
            for suite, operation, framework in sorted(operations)
            if suite in VARIANT_SUITES
            for subject in sorted(self.ledger.variants(suite, operation, self.versions.get(framework)) - subjects)
        ]


def _without_entry(finding: Finding, follows: str) -> Outcome:
    if finding.verdict in AGREEMENT:
        return Outcome(EndOfTest.PASS, finding)
    if follows:
        return Outcome(EndOfTest.XFAIL, _with_state(finding, LedgerState.KNOWN, follows), follows)
    message = f"a divergence without a ledger entry\n{_message_with_reproduction(finding)}"
    return Outcome(EndOfTest.FAIL, _with_state(finding, LedgerState.NEW), message)


def _with_state(finding: Finding, state: LedgerState, reason: str = "", entry: Entry | None = None) -> Finding:
    link = entry.link if entry is not None and entry.link.startswith(("https://", "http://")) else ""
    return replace(finding, ledger=LedgerStatus(status=state, reason=reason, link=link))


def _message_with_reproduction(finding: Finding) -> str:
    """The message of a finding, its reproduction included."""
    program = "\n".join(f"    {line}" for line in finding.reproduction.rstrip().splitlines())
    if not program or program in finding.message:
        return finding.message
    return f"{finding.message}\nreproduce with:\n{program}"
