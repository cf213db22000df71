"""An SVG badge for each framework: how many of its calls do what is documented."""

from __future__ import annotations

import re
from collections.abc import Iterable

from halfpixel.golden.vocabulary import AGREEMENT, DISAGREEMENT, LedgerState, Suite, Verdict
from halfpixel.reports.page.templating import environment
from halfpixel.reports.records import aggregate
from halfpixel.reports.records.record_types import Finding, Record, Run
from halfpixel.reports.text.text_escaping import single_line

LONGEST_NAME = 40
CHARACTER = 7
"""Pixels of a character at the badge's size; the text is set to the width that this gives, whatever the font."""

GOOD, SOME, BAD, NONE = "#1a7f37", "#8a5a00", "#b42318", "#57606a"
"""All agree; some diverge, as the ledger knows; some are new or fail; nothing measured. White on each has 4.5 : 1."""


def badges(records: Iterable[Record]) -> dict[str, str]:
    """File name to SVG, for each framework whose calls were compared with their documentation (``conformance``)."""
    records = list(records)
    documented = [finding for finding in aggregate.of_type(records, Finding) if finding.suite == Suite.CONFORMANCE]
    versions = aggregate.framework_versions(aggregate.of_type(records, Run))
    drawn: dict[str, str] = {}
    for name, findings in aggregate.by_framework(documented).items():
        measured = versions.get(name, ())
        label = f"{name} {measured[0]}" if len(measured) == 1 else name
        drawn[_file(name, drawn)] = _badge(single_line(label, LONGEST_NAME), findings)
    return drawn


def _file(name: str, taken: dict[str, str]) -> str:
    safe = re.sub(r"[^A-Za-z0-9_-]", "_", name)[:80] or "_"
    number, file = 1, f"{safe}.svg"
    while file.lower() in {other.lower() for other in taken}:
        number += 1
        file = f"{safe}-{number}.svg"
    return file


def _badge(label: str, findings: list[Finding]) -> str:
    counts = aggregate.counts(findings)
    agree, differ, failed = (
        aggregate.count_of(counts, verdicts) for verdicts in (AGREEMENT, DISAGREEMENT, (Verdict.ERROR,))
    )
    parts = [f"{count} {verb}" for count, verb in ((agree, "agree"), (differ, "diverge"), (failed, "fail")) if count]
    is_bad = failed or aggregate.in_ledger_state(findings, LedgerState.NEW)
    colour = NONE if not parts else BAD if is_bad else SOME if differ else GOOD
    words = ", ".join(parts) or "not measured"
    left, right = (CHARACTER * len(text) + 12 for text in (label, words))
    template = environment().get_template("badge.svg.j2")
    return template.render(label=label, words=words, colour=colour, left=left, right=right, inset=6)
