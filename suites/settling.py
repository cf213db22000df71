"""How findings end the test that asked for them, by the ledger of known divergences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import pytest

from probe.observation import NOT_HERE
from reports import record
from suites.ledger import Ledger
from suites.questions import BETWEEN


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before a run: the ledger, for a set of sizes and the versions of what is asked about."""

    ledger: Ledger
    sizes: str
    versions: Mapping[str, str | None]

    def settled(
        self, findings: tuple[record.Finding, ...], left_out: Iterable[str], follows: str
    ) -> tuple[list[record.Finding], Callable[[], None]]:
        """The findings with the ledger's word, and what ends the test as it says.

        Agreement passes, unless the ledger says that there is none any more. A known divergence is an expected failure.
        A new or changed one fails with its message. A framework that is not installed is skipped, and recorded as that.
        A variant that the framework refuses is recorded with its message, and is neither; the test is skipped when all
        are. ``left_out`` are variants that this run does not ask, and of which the ledger may therefore speak.
        ``follows`` says of what is known already a disagreement between operations is the consequence, where it is: it
        needs no entry then.
        """
        outcomes = [_outcome(self, finding, follows) for finding in findings]
        failures = [text for end, _, text in outcomes if end == "fail"]
        failures += _orphans(self, findings, set(left_out))

        def ended() -> None:
            if failures:
                pytest.fail("\n\n".join(failures), pytrace=False)
            known = [text for end, _, text in outcomes if end == "xfail"]
            if known:
                pytest.xfail("; ".join(dict.fromkeys(known)))
            if all(end == "skip" for end, _, _ in outcomes):
                pytest.skip("; ".join(dict.fromkeys(text for _, _, text in outcomes)) or "nothing to ask")

        return [finding for _, finding, _ in outcomes], ended


def _outcome(known: Known, finding: record.Finding, follows: str) -> tuple[str, record.Finding, str]:
    """How a finding ends its test (pass, skip, xfail, fail), the finding with the ledger's word, and what to say."""
    version = "0" if finding.framework == BETWEEN else known.versions[finding.framework]
    entry = known.ledger.entry(finding.suite, finding.subject, known.sizes, version)
    if finding.verdict == "not installed":
        return "skip", finding, f"{finding.framework} is not installed"
    is_here = finding.headline != NOT_HERE
    if finding.verdict == "unsupported" and finding.suite in record.CHAPTERS and (entry is None or not is_here):
        return "skip", finding, f"{finding.subject}: refused: {finding.refused.message}"
    if finding.verdict in record.AGREEMENT:
        if entry is None:
            return "pass", finding, ""
        reason = f"the ledger says {entry.verdict} with gain {entry.gain}, and it agrees now"
        stale = record.Ledger(status="stale", reason=reason, link=_link(entry.link))
        return "fail", replace(finding, ledger=stale), f"{finding.subject}: {reason}; remove its entry from the ledger"
    if follows and entry is None:
        return "xfail", replace(finding, ledger=record.Ledger(status="known", reason=follows)), follows
    changed = entry.explains(finding) if entry is not None else None
    if changed == "":
        word = record.Ledger(status="known", reason=entry.reason, link=_link(entry.link))
        return "xfail", replace(finding, ledger=word), f"{entry.reason} ({entry.link})"
    if changed:
        stale = record.Ledger(status="stale", reason=changed, link=_link(entry.link))
        return "fail", replace(finding, ledger=stale), f"the ledger no longer holds: {changed}\n{_told(finding)}"
    new = replace(finding, ledger=record.Ledger(status="new"))
    return "fail", new, f"a divergence that the ledger does not know\n{_told(finding)}"


def _told(finding: record.Finding) -> str:
    """The message of a finding, its reproduction included."""
    if not finding.reproduction or "reproduce with:" in finding.message:
        return finding.message
    lines = [f"    {line}" for line in finding.reproduction.rstrip().splitlines()]
    return "\n".join([finding.message, "reproduce with:", *lines])


def _orphans(known: Known, findings: tuple[record.Finding, ...], left_out: set[str]) -> list[str]:
    """What the ledger says of variants of these operations that were neither among the findings nor left out."""
    asked = {finding.subject for finding in findings}
    asked |= {f"{finding.operation} [{variant}]" for finding in findings for variant in left_out}
    about = {(finding.suite, finding.operation, finding.framework) for finding in findings}
    return [
        f"ledger: {suite} entry matches nothing: {subject!r}"
        for suite, operation, framework in sorted(about)
        if suite in record.CHAPTERS
        for subject in sorted(known.ledger.variants(suite, operation, known.versions.get(framework)) - asked)
    ]


def _link(text: str) -> str:
    return text if text.startswith(("https://", "http://")) else ""
