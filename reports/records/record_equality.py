"""Whether two records answer the same question, and whether their answers are equal, exactly or up to rounding."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from halfpixel.golden.vocabulary import AGREEMENT, Verdict
from halfpixel.reports.records.json_lines import to_dict
from halfpixel.reports.records.record_types import (
    DefaultCall,
    EquivalenceClass,
    Finding,
    KnownDefect,
    MaskShift,
    PairComparison,
    Record,
    TextbookClaim,
)
from halfpixel.reports.records.showcase_records import ShowcaseConvention, ShowcaseMatrix, ShowcaseOperation
from halfpixel.reports.records.translation_records import Snippet, Translation, TranslationCall


def record_key(record: Record) -> tuple[Hashable, ...]:
    """What a record is about: two records with one key ought to say the same."""
    match record:
        case Finding():
            return ("finding", record.suite, record.question)
        case KnownDefect():
            return ("defect", record.framework, record.id)
        case PairComparison():
            return ("pair", record.a, record.b, record.claim)
        case EquivalenceClass():
            return ("equivalence class", *record.members)
        case DefaultCall():
            return ("default", record.framework, record.operation)
        case TextbookClaim():
            return ("claim", record.name)
        case MaskShift():
            return ("mask", record.scene, record.n_in, record.n_out, record.trained, record.deployed)
        case Snippet():
            return ("snippet", record.name)
        case TranslationCall():
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


ORIGIN_NOTE = re.compile(r" ?\(measured by the run of [^()]*(\([^()]*\))?[^()]*\)\Z")


def note_without_origin(record: Finding) -> str:
    """The note of a finding without what a merge added to it."""
    return ORIGIN_NOTE.sub("", record.note) if record.note else ""


def comparable_content(record: Record) -> Record:
    """The record without what two runs need not have alike: the time it took, and which run a merge says it is of."""
    return replace(record, seconds=0.0, note=note_without_origin(record)) if isinstance(record, Finding) else record


_GAIN_TOLERANCE = 1e-3
"""By what share two gains of one divergence may differ: the ledger states them to three digits, and no more repeats."""

_ANSWER_GAIN_TOLERANCE = 0.011
"""The same for gains of answers, which are recorded to three digits."""

_ROUNDING_DEPENDENT_FIELDS = (
    *("gain", "grey_levels", "pixels_moved", "tolerance", "smallest_tolerance", "figures", "worst", "attribution"),
    *("message", "reproduction", "explanation", "n_in", "n_out", "ledger"),
)
"""What rounding alone changes from one processor to the next: how much, where it is worst, and the texts about it; and
what the ledger of the day said of it."""


def equal_up_to_rounding(one: Record, other: Record, matrices: Mapping[str, ShowcaseMatrix] | None = None) -> bool:
    """Whether both are the same answer but for rounding: verdict, counts, causes and, where they differ, the gain.

    Operations of the showcase are compared by their ``matrices``, which are known by name.
    """
    if isinstance(one, ShowcaseOperation) and isinstance(other, ShowcaseOperation):
        return _same_matrices(one, other, matrices or {})
    if not (isinstance(one, Finding) and isinstance(other, Finding) and one.factors == other.factors) and not (
        isinstance(one, PairComparison) and isinstance(other, PairComparison)
    ):
        return False
    if one.verdict != other.verdict or not (one.verdict in AGREEMENT or gains_close(one.gain, other.gain)):
        return False
    taken = {name: getattr(one, name) for name in _ROUNDING_DEPENDENT_FIELDS if hasattr(one, name)}
    return comparable_content(one) == comparable_content(replace(other, **taken))


def _same_matrices(one: ShowcaseOperation, other: ShowcaseOperation, matrices: Mapping[str, ShowcaseMatrix]) -> bool:
    if replace(one, matrices={}, bounds={}) != replace(other, matrices={}, bounds={}):
        return False
    mine, its = _leaves(one.matrices), _leaves(other.matrices)
    return mine.keys() == its.keys() and all(
        mine[place] == its[place]
        or (
            mine[place] in matrices
            and its[place] in matrices
            and _matrices_close(matrices[mine[place]], matrices[its[place]])
        )
        for place in mine
    )


def _leaves(value: Any, place: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    if not isinstance(value, Mapping):
        return {place: value if isinstance(value, str) else repr(value)}
    return {where: leaf for name, part in value.items() for where, leaf in _leaves(part, (*place, name)).items()}


def _matrices_close(one: ShowcaseMatrix, other: ShowcaseMatrix) -> bool:
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
    if not matrix.is_well_formed or any(isinstance(weight, str) for row in matrix.rows for weight in row):
        return None
    full = np.zeros((matrix.n_out, matrix.n_in))
    for row, (first, *weights) in zip(full, matrix.rows, strict=True):
        row[first : first + len(weights)] = weights
    return full


def gains_close(one: float | None, other: float | None) -> bool:
    """Whether two gains of one divergence are the same to the digits that are recorded."""
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=_GAIN_TOLERANCE) or (math.isnan(one) and math.isnan(other))


def is_not_installed(record: Record) -> bool:
    """Whether it was not measured for want of a framework."""
    return isinstance(record, Finding | PairComparison) and record.verdict == Verdict.NOT_INSTALLED


def is_superseded_absence(record: Record, installed: set[str]) -> bool:
    """Whether it says of a framework as a whole that it is absent, and another run measured it."""
    return isinstance(record, Finding) and record.is_absence and record.framework in installed


def joined_by_framework(one: Record, other: Record) -> Record | None:
    """What two runs with different frameworks found of one subject, if they agree on all but the frameworks.

    An entry of the catalogue was asked if either run asked it.
    """
    if isinstance(one, KnownDefect) and isinstance(other, KnownDefect):
        asked = one.asked or other.asked
        both_asked = replace(one, asked=asked)
        return both_asked if both_asked == replace(other, asked=asked) else None
    for kind, field in ((TextbookClaim, "measured"), (MaskShift, "frameworks"), (Translation, "answers")):
        if isinstance(one, kind) and isinstance(other, kind):
            mine, its = getattr(one, field), getattr(other, field)
            both: dict[str, Any] = {field: dict(sorted((its | mine).items()))}
            together = replace(one, **both)
            agree = all(_same_answer(mine[name], its[name]) for name in mine.keys() & its.keys())
            return together if agree and together == replace(other, **both) else None
    return None


def _same_answer(one: object, other: object) -> bool:
    """Whether both are equal, or the same call with the same verdict whose error is worst elsewhere by rounding."""
    if one == other or not (isinstance(one, dict) and isinstance(other, dict)):
        return one == other
    rest = (one.keys() | other.keys()) - {"at", "gain", "grey_levels"}
    gains = one.get("gain", 0.0), other.get("gain", 0.0)
    return (
        all(one.get(name) == other.get(name) for name in rest)
        and all(isinstance(gain, int | float) for gain in gains)
        and math.isclose(*gains, rel_tol=_ANSWER_GAIN_TOLERANCE)
    )
