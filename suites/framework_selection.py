"""Select the frameworks of a run and its pairs of default calls from the command line; check the ledger's subjects."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

import pytest

from halfpixel import adapters
from halfpixel.adapters import Operation
from halfpixel.golden.vocabulary import VARIANT_SUITES, Suite
from halfpixel.probe.compare.equivalence_classes import operations_by_claim
from halfpixel.suites.ledger.entries import Ledger, LedgerError


def default_pairs(operations: Iterable[Operation]) -> list[tuple[Operation, Operation]]:
    """Every two calls of different frameworks that give nothing but a size."""
    defaults = sorted((operation for operation in operations if operation.is_default), key=lambda call: call.framework)
    return [(a, b) for a, b in combinations(defaults, 2) if a.framework != b.framework]


def selected_versions(named: str | None, left_out: str | None) -> dict[str, str | None]:
    """The chosen frameworks and their versions: those named, or all but those left out; ``None`` where absent."""
    known = adapters.frameworks()
    chosen, dropped = parse_names("--frameworks", named, known), parse_names("--without", left_out, known)
    for name in chosen:
        if known[name].version is None:
            package = known[name].distributions[0]
            raise pytest.UsageError(f"framework {name!r} is not installed; install it with: pip install {package}")
    selected = [name for name in chosen or known if name not in dropped]
    if not selected:
        raise pytest.UsageError("--without leaves no framework to ask")
    return {name: known[name].version for name in selected}


def parse_names(option: str, text: str | None, known: Iterable[str]) -> tuple[str, ...]:
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


def check_ledger_subjects(ledger: Ledger) -> None:
    """Every entry must name a question that exists."""
    operations = adapters.operations()
    calls = {operation.id for operation in operations}
    variants_of = calls | {call.id for call in adapters.integer_operations()}
    variants_of |= {call.id for call in adapters.operations_by_scale()} | {call.id for call in adapters.operations_nd()}
    subjects: dict[str, set[str]] = {
        Suite.CONFORMANCE: calls,
        Suite.STRUCTURE: calls,
        Suite.AGREEMENT: set(operations_by_claim(operations)),
        Suite.DEFAULTS: {f"{a.id} | {b.id}" for a, b in default_pairs(operations)},
    }
    for suite in Suite:
        names = {subject: subject for subject in ledger.subjects(suite)}
        if suite in VARIANT_SUITES:
            names = {subject: subject.rpartition(" [")[0] for subject in names}
        orphans = sorted(subject for subject, name in names.items() if name not in subjects.get(suite, variants_of))
        if orphans:
            raise LedgerError(f"ledger: {suite} entry matches nothing: {orphans[0]!r}")
