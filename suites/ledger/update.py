"""Write locks from the results of runs: what each release does differently, and which entry explains it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from halfpixel import adapters
from halfpixel.defects.catalogue import LEDGER, load
from halfpixel.defects.lock import ANY_SIZE_SET, Lock, LockedAnswer, load_lock, lock_of
from halfpixel.golden.vocabulary import AGREEMENT, BETWEEN_FRAMEWORKS, VARIANT_SUITES, Verdict
from halfpixel.probe.variants.observation import NOT_HERE
from halfpixel.reports.records.record_types import Finding, Record, RecordError, Run
from halfpixel.suites.ledger.outcomes import question_of

Key = tuple[str, str, str, str]
"""Suite, call, variant and size set."""


@dataclass(frozen=True, slots=True)
class Update:
    """A new lock, and a line for each answer that no entry or more than one explains; with any it is not written."""

    lock: Lock
    unexplained: tuple[str, ...]


def updates(runs: Iterable[Sequence[Record]], folder: Path = LEDGER, *, drop_unasked: bool = False) -> Iterator[Update]:
    """The new lock of each release that the runs measured.

    An answer that was asked replaces the one that is locked, which stays where it still holds, so that the last digit
    of a gain makes no difference. What was not asked stays locked: most runs leave out variants, such as runtimes that
    are not installed and paths that are compiled. With ``drop_unasked``, variants that the runs did not ask of a call
    that they did ask are dropped; raises ``RecordError`` where a run was cut short.
    """
    locked: dict[tuple[str, str], dict[Key, LockedAnswer]] = {}
    for records in runs:
        header = next(record for record in records if isinstance(record, Run))
        if drop_unasked and header.shortfall:
            raise RecordError(f"--drop-unasked: the run of {header.started} was cut short: {header.shortfall}")
        sizes = str(header.options["sizes"])
        findings = defaultdict(list)
        for record in records:
            if isinstance(record, Finding) and record.framework != BETWEEN_FRAMEWORKS:
                findings[record.framework].append(record)
        for framework, version in header.versions.items():
            if version is not None and findings[framework]:
                answers = locked.setdefault((framework, version), _locked_before(framework, version, folder))
                _take(answers, findings[framework], sizes)
                if drop_unasked:
                    _drop_unasked(answers, findings[framework])
    for (framework, version), answers in sorted(locked.items()):
        yield _explained(framework, version, answers, folder)


def _locked_before(framework: str, version: str, folder: Path) -> dict[Key, LockedAnswer]:
    lock = load_lock(framework, version, folder)
    return {
        (answer.suite, answer.call, answer.variant, sizes): replace(answer, gains={sizes: gain})
        for answer in (lock.answers if lock else ())
        for sizes, gain in answer.gains.items()
    }


def _take(answers: dict[Key, LockedAnswer], findings: Sequence[Finding], sizes: str) -> None:
    """Put what was found in the place of what is locked for the same questions."""
    costly = {operation.id for operation in adapters.operations() if operation.cost}
    for finding in findings:
        if finding.headline == NOT_HERE:
            continue
        call = question_of(finding).call
        question = (finding.suite, call, finding.variant)
        is_of_any_size = finding.suite in VARIANT_SUITES or finding.operation in costly
        # An answer that was locked for every size set stays one.
        kind = ANY_SIZE_SET if is_of_any_size or (*question, ANY_SIZE_SET) in answers else sizes
        before = answers.pop((*question, kind), None)
        if not _is_locked(finding):
            continue
        causes = finding.factors
        if before and not before.change(finding.verdict, causes, finding.gain, sizes, finding.tolerance or 0):
            answers[*question, kind] = before
        else:
            answers[*question, kind] = LockedAnswer(*question, finding.verdict, causes, {kind: finding.gain})


def _drop_unasked(answers: dict[Key, LockedAnswer], findings: Sequence[Finding]) -> None:
    """Drop the variants that were not asked of calls that were."""
    asked: dict[tuple[str, str], set[str]] = defaultdict(set)
    for finding in findings:
        asked[finding.suite, question_of(finding).call].add(finding.variant)
    for suite, call, variant, kind in list(answers):
        if (suite, call) in asked and variant not in asked[suite, call]:
            del answers[suite, call, variant, kind]


def _is_locked(finding: Finding) -> bool:
    """Whether a lock holds it: no agreement, and no refusal of a variant."""
    if finding.verdict in (*AGREEMENT, Verdict.NOT_INSTALLED):
        return False
    return finding.verdict != Verdict.UNSUPPORTED or finding.suite not in VARIANT_SUITES


def _explained(framework: str, version: str, answers: Mapping[Key, LockedAnswer], folder: Path) -> Update:
    """The lock with the entry of each answer; those of several size sets are one line where they say the same."""
    catalogue = load(framework, folder)
    joined: dict[tuple[str, str, str, str, tuple[str, ...]], LockedAnswer] = {}
    unexplained = []
    for answer in answers.values():
        key = (answer.suite, answer.call, answer.variant, answer.verdict, tuple(sorted(answer.causes)))
        same = joined.get(key)
        if same is not None:
            joined[key] = replace(same, gains={**same.gains, **answer.gains})
            continue
        explaining = [defect.id for defect in catalogue.explaining(answer)]
        joined[key] = replace(answer, defect=explaining[0] if len(explaining) == 1 else "")
        if len(explaining) != 1:
            what = f"explained by {' and '.join(explaining)}" if explaining else "no entry explains it"
            causes = f" ({answer.verdict}; {', '.join(answer.causes)})"
            unexplained.append(f"{framework}: {answer.suite} of {answer.subject!r}{causes}: {what}")
    return Update(lock_of(framework, version, joined.values()), tuple(unexplained))
