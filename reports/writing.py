"""Writes records as JSON lines that the schema checks: whole, with a last line that counts them, or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any

from reports import schema
from reports.files import write_whole
from reports.record import Finding, Record, RecordError, Run
from reports.showcase_record import ShowcaseConvention, ShowcaseOperation
from reports.translations_record import Call, Translation

_MANY = (Finding, Call, Translation, ShowcaseConvention, ShowcaseOperation)
"""Types of which there are thousands: what they leave at its default is left out."""
_NEEDED = {
    kind: {each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING}
    for kind in _MANY
}
_DEFAULTS = {
    kind: {each.name: each.default if each.default_factory is MISSING else {} for each in fields(kind)}
    for kind in _MANY
}


def to_dict(record: Record) -> dict[str, Any]:
    """The record as plain values that JSON and a process boundary carry."""
    values = schema.plain(record) if is_dataclass(record) else {}
    if isinstance(record, _MANY):
        needed, defaults = _NEEDED[type(record)], _DEFAULTS[type(record)]
        values = {name: value for name, value in values.items() if name in needed or value != defaults[name]}
    return {"type": getattr(record, "type", None)} | values


def write(path: str | Path, records: Iterable[Record]) -> None:
    """Write the records, the run header first, as JSON lines; a last line counts them so that a cut file is noticed.

    The file appears whole or not at all. Raises ``RecordError`` for a record that the schema refuses, or when the first
    is not a :class:`Run`; ``OSError`` when the file cannot be written.
    """
    lines = []
    for number, record in enumerate(records, start=1):
        if number == 1 and not isinstance(record, Run):
            raise RecordError(f"{path}: the first record is no run header but {type(record).__name__}")
        entry = to_dict(record)
        fault = schema.fault(entry)
        if fault is not None:
            raise RecordError(f"{path}: record {number}, {getattr(record, 'question', entry['type'])}: {fault}")
        try:
            lines.append(json.dumps(entry, allow_nan=False))
        except TypeError as error:
            raise RecordError(f"{path}: record {number}: {error}") from None
    if not lines:
        raise RecordError(f"{path}: no records, not even a run header")
    lines.append(json.dumps({"type": "end", "records": len(lines)}))
    write_whole(Path(path), "\n".join(lines) + "\n")
