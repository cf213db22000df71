"""What changed between two runs: questions that are new or gone, verdicts and gains that changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from reports.html import number
from reports.record import Finding, Record, Run
from reports.translations import changes
from reports.views import of_type, versions

Key = tuple[str, str]


def _by_question(records: Iterable[Record]) -> dict[Key, list[Finding]]:
    found: dict[Key, list[Finding]] = defaultdict(list)
    for finding in of_type(records, Finding):
        found[finding.suite, finding.question].append(finding)
    return found


def _gain(finding: Finding) -> str:
    return number(finding.gain, 6)


def _compared(key: Key, old: Finding | None, new: Finding | None) -> str | None:
    suite, question = key
    name = f"{suite}: {question}"
    if old is None:
        return f"new             {name}: {new.verdict}"
    if new is None:
        return f"gone            {name}: was {old.verdict}"
    if old.verdict != new.verdict:
        return f"verdict changed {name}: {old.verdict} -> {new.verdict}, gain {_gain(old)} -> {_gain(new)}"
    if _gain(old) != _gain(new):
        return f"gain changed    {name}: {_gain(old)} -> {_gain(new)} ({new.verdict})"
    return None


def diff(old: Iterable[Record], new: Iterable[Record]) -> list[str]:
    """One line for each change, versions first, then by suite and question; empty when nothing changed.

    Gains are compared at six significant digits. A question that a merged file answers several times is compared
    answer by answer, in order. What to write instead comes last.
    """
    old, new = list(old), list(new)
    before, after = (versions(of_type(records, Run)) for records in (old, new))
    lines = [
        f"version changed {name}: {before.get(name) or 'not installed'} -> {after.get(name) or 'not installed'}"
        for name in sorted(before | after)
        if before.get(name) != after.get(name)
    ]
    left, right = _by_question(old), _by_question(new)
    for key in sorted(left | right):
        a, b = left.get(key, []), right.get(key, [])
        for i in range(max(len(a), len(b))):
            line = _compared(key, a[i] if i < len(a) else None, b[i] if i < len(b) else None)
            if line is not None:
                lines.append(line)
    return lines + changes(old, new)
