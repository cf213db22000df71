"""Which frameworks a run asks about, and that its ledger speaks of them: what the command line says, checked."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

import adapters
from probe.classes import claims
from reports import record
from suites.ledger import Ledger, LedgerError
from suites.questions import default_pairs


def versions(named: str | None, left_out: str | None) -> dict[str, str | None]:
    """What is asked about, and its version: the frameworks named, or all but those left out; ``None`` where absent."""
    known = adapters.frameworks()
    chosen, dropped = names("--frameworks", named, known), names("--without", left_out, known)
    for name in chosen:
        if known[name].version is None:
            package = known[name].distributions[0]
            raise pytest.UsageError(f"framework {name!r} is not installed; install it with: pip install {package}")
    asked = [name for name in chosen or known if name not in dropped]
    if not asked:
        raise pytest.UsageError("--without leaves no framework to ask")
    return {name: known[name].version for name in asked}


def names(option: str, text: str | None, known: Iterable[str]) -> tuple[str, ...]:
    """The names of a comma-separated option, each one of ``known``; ``pytest.UsageError`` otherwise."""
    if text is None:
        return ()
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise pytest.UsageError(f"{option} names none; allowed: {', '.join(known)}")
    for name in names:
        if name not in known:
            raise pytest.UsageError(f"unknown framework {name!r}; allowed: {', '.join(known)}")
    return names


def refuse_orphans(ledger: Ledger) -> None:
    """Every entry must name a question that exists."""
    operations = adapters.operations()
    known = {operation.id for operation in operations}
    subjects = {
        "conformance": known,
        "structure": known,
        "agreement": set(claims(operations)),
        "defaults": {f"{a.id} | {b.id}" for a, b in default_pairs(operations)},
    }
    others = (adapters.integer_operations, adapters.scaled_operations, adapters.ranked_operations)
    asked = known | {call.id for listed in others for call in listed()}
    for suite in record.SUITES:
        named = {subject: subject for subject in ledger.subjects(suite)}
        if suite in record.CHAPTERS:
            named = {subject: subject.rpartition(" [")[0] for subject in named}
        orphans = sorted(subject for subject, name in named.items() if name not in subjects.get(suite, asked))
        if orphans:
            raise LedgerError(f"ledger: {suite} entry matches nothing: {orphans[0]!r}")
