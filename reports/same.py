"""When two records are about the same thing, and when they say the same of it: exactly, or but for rounding."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from reports.record import AGREEMENT, Claim, Default, EquivalenceClass, Finding, MaskShift, PairComparison, Record
from reports.showcase_record import ShowcaseConvention, ShowcaseMatrix, ShowcaseOperation
from reports.translations_record import Call, Snippet, Translation
from reports.writing import to_dict


def key(record: Record) -> tuple[Hashable, ...]:
    """What a record is about: two records with one key ought to say the same."""
    match record:
        case Finding():
            return ("finding", record.suite, record.question)
        case PairComparison():
            return ("pair", record.a, record.b, record.claim)
        case EquivalenceClass():
            return ("equivalence class", *record.members)
        case Default():
            return ("default", record.framework, record.operation)
        case Claim():
            return ("claim", record.name)
        case MaskShift():
            return ("mask", record.scene, record.n_in, record.n_out, record.trained, record.deployed)
        case Snippet():
            return ("snippet", record.name)
        case Call():
            return ("call", record.operation)
        case Translation():
            return ("translation", record.operation)
        case ShowcaseMatrix():
            return ("showcase matrix", record.name)
        case ShowcaseConvention():
            return ("showcase convention", record.name, record.n_in, record.n_out)
        case ShowcaseOperation():
            return ("showcase", record.operation)
        case _:
            return (record.type, json.dumps(to_dict(record), sort_keys=True))


SAID_BY = re.compile(r" ?\(measured by the run of [^()]*(\([^()]*\))?[^()]*\)\Z")


def said(record: Finding) -> str:
    """The note of a finding without what a merge added to it."""
    return SAID_BY.sub("", record.note) if record.note else ""


def content(record: Record) -> Record:
    """The record without what two runs need not have alike: the time it took, and which run a merge says it is of."""
    return replace(record, seconds=0.0, note=said(record)) if isinstance(record, Finding) else record


_SAME = 1e-3
"""By what share two gains of one divergence may differ: the ledger states them to three digits, and no more repeats."""

_DIGITS = 0.011
"""The same for gains of answers, which are recorded to three digits."""

_MEASURED = (
    *("gain", "grey_levels", "pixels_moved", "tolerance", "smallest_tolerance", "figures", "worst", "attribution"),
    *("message", "reproduction", "explanation", "n_in", "n_out", "ledger"),
)
"""What rounding alone changes from one processor to the next: how much, where it is worst, and how that is told; and
what the ledger of the day said of it."""


def alike(one: Record, other: Record, matrices: Mapping[str, ShowcaseMatrix] | None = None) -> bool:
    """Whether both are the same answer but for rounding: verdict, counts, causes and, where they differ, the gain.

    Operations of the showcase are held against each other by their ``matrices``, which are known by name.
    """
    if isinstance(one, ShowcaseOperation) and isinstance(other, ShowcaseOperation):
        return _same_matrices(one, other, matrices or {})
    if type(one) is not type(other) or not isinstance(one, Finding | PairComparison) or one.verdict != other.verdict:
        return False
    if one.verdict not in AGREEMENT and not _close(one.gain, other.gain):
        return False
    if isinstance(one, Finding) and _factors(one) != _factors(other):
        return False
    taken = {name: getattr(one, name) for name in _MEASURED if hasattr(one, name)}
    return content(one) == content(replace(other, **taken))


def _same_matrices(one: ShowcaseOperation, other: ShowcaseOperation, matrices: Mapping[str, ShowcaseMatrix]) -> bool:
    if replace(one, matrices={}, bounds={}) != replace(other, matrices={}, bounds={}):
        return False
    mine, its = _leaves(one.matrices), _leaves(other.matrices)
    return mine.keys() == its.keys() and all(
        mine[place] == its[place]
        or (mine[place] in matrices and its[place] in matrices and _near(matrices[mine[place]], matrices[its[place]]))
        for place in mine
    )


def _leaves(value: Any, place: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    if not isinstance(value, Mapping):
        return {place: value if isinstance(value, str) else repr(value)}
    return {where: leaf for name, part in value.items() for where, leaf in _leaves(part, (*place, name)).items()}


def _near(one: ShowcaseMatrix, other: ShowcaseMatrix) -> bool:
    """Within float32 rounding: each weight is a sum of at most ``n_in`` products, each rounded, in either run."""
    if (one.n_in, one.n_out) != (other.n_in, other.n_out):
        return False
    a, b = _dense(one), _dense(other)
    if a is None or b is None:
        return False
    bound = 2 * one.n_in * np.finfo(np.float32).eps * np.maximum(np.abs(a).sum(axis=1), 1.0)
    return bool((np.abs(a - b).sum(axis=1) <= bound).all())


def _dense(matrix: ShowcaseMatrix) -> np.ndarray | None:
    """The matrix written out, shape ``(n_out, n_in)``; ``None`` where not all of it is finite numbers that fit."""
    if len(matrix.rows) != matrix.n_out:
        return None
    full = np.zeros((matrix.n_out, matrix.n_in))
    for row, (first, *weights) in zip(full, matrix.rows, strict=True):
        numbers = all(isinstance(weight, int | float) for weight in weights)
        if not numbers or not isinstance(first, int) or not 0 <= first <= matrix.n_in - len(weights):
            return None
        row[first : first + len(weights)] = weights
    return full


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=_SAME) or (math.isnan(one) and math.isnan(other))


def _factors(finding: Finding) -> tuple[str, ...] | None:
    return finding.attribution.factors if finding.attribution else None


def is_absent(record: Record) -> bool:
    """Whether it was not measured for want of a framework."""
    return isinstance(record, Finding | PairComparison) and record.verdict == "not installed"


def asks_whether_installed(record: Record, installed: set[str]) -> bool:
    """Whether it says of a framework as a whole that it is absent, and another run measured it."""
    return (
        is_absent(record)
        and isinstance(record, Finding)
        and (record.operation == f"{record.framework} (every call)" and record.framework in installed)
    )


def joined(one: Record, other: Record) -> Record | None:
    """What two runs with different frameworks found of one subject, if they agree on all but the frameworks."""
    by_framework = {Claim: "measured", MaskShift: "frameworks", Translation: "answers"}.get(type(one))
    if by_framework is None:
        return None
    mine, its = getattr(one, by_framework), getattr(other, by_framework)
    if not all(_same_answer(mine[name], its[name]) for name in mine.keys() & its.keys()):
        return None
    both = dict(sorted((its | mine).items()))
    together = replace(one, **{by_framework: both})
    return together if together == replace(other, **{by_framework: both}) else None


def _same_answer(one: object, other: object) -> bool:
    """Whether both are equal, or the same call with the same verdict whose error is worst elsewhere by rounding."""
    if one == other or not (isinstance(one, dict) and isinstance(other, dict)):
        return one == other
    rest = (one.keys() | other.keys()) - {"at", "gain", "grey_levels"}
    gains = one.get("gain", 0.0), other.get("gain", 0.0)
    return (
        all(one.get(name) == other.get(name) for name in rest)
        and all(isinstance(gain, int | float) for gain in gains)
        and math.isclose(*gains, rel_tol=_DIGITS)
    )
