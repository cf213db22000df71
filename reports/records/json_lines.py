"""Read and write records as JSON lines; every line is validated, and a file is written whole or not at all."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args

from halfpixel.reports.records import schema
from halfpixel.reports.records.atomic_write import write_atomically
from halfpixel.reports.records.record_types import (
    Attribution,
    Finding,
    KnownDefect,
    LedgerStatus,
    Record,
    RecordError,
    Refusal,
    Run,
    WorstCase,
)
from halfpixel.reports.records.schema import WEIGHT_FIELDS
from halfpixel.reports.records.showcase_records import ShowcaseConvention, ShowcaseOperation
from halfpixel.reports.records.translation_records import Translation, TranslationCall

_SPARSE_TYPES = (Finding, KnownDefect, TranslationCall, Translation, ShowcaseConvention, ShowcaseOperation)
"""Types of which there are thousands: what they leave at its default is left out."""
_REQUIRED_FIELDS = {
    kind: {field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING}
    for kind in _SPARSE_TYPES
}
_FIELD_DEFAULTS: dict[type, dict[str, Any]] = {
    kind: {field.name: field.default if field.default_factory is MISSING else {} for field in fields(kind)}
    for kind in _SPARSE_TYPES
}


def _fields_of(record: object) -> dict[str, Any]:
    # Whatever else a plugin keeps is no record, which validation then says.
    return dict(schema.json_value(record)) if is_dataclass(record) else {}


def to_dict(record: Record) -> dict[str, Any]:
    """The record as plain values that JSON and a process boundary carry."""
    values: dict[str, Any] = _fields_of(record)
    if isinstance(record, _SPARSE_TYPES):
        needed, defaults = _REQUIRED_FIELDS[type(record)], _FIELD_DEFAULTS[type(record)]
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
        fault = schema.validation_error(entry)
        if fault is not None:
            raise RecordError(f"{path}: record {number}, {getattr(record, 'question', entry['type'])}: {fault}")
        try:
            lines.append(json.dumps(entry, allow_nan=False))
        except TypeError as error:
            raise RecordError(f"{path}: record {number}: {error}") from None
    if not lines:
        raise RecordError(f"{path}: no records, not even a run header")
    lines.append(json.dumps({"type": "end", "records": len(lines)}))
    write_atomically(Path(path), "\n".join(lines) + "\n")


_RECORD_TYPES: dict[str, type[Record]] = {kind.type: kind for kind in get_args(Record)}
_NESTED_TYPES = {"worst": WorstCase, "attribution": Attribution, "refused": Refusal, "ledger": LedgerStatus}
_NUMBER_FIELDS = ("gain", "grey_levels", "pixels_moved", "tolerance", "smallest_tolerance")


def _to_float(value: float | str | None) -> float | None:
    return None if value is None else float(value)


def from_dict(entry: dict[str, Any]) -> Record:
    """The inverse of :func:`halfpixel.reports.records.json_lines.to_dict` for an entry without fault."""
    values = {name: value for name, value in entry.items() if name != "type"}
    for name, part in _NESTED_TYPES.items():
        if values.get(name) is not None:
            values[name] = part(**{key: _restored(key, value) for key, value in values[name].items()})
    record_type: Callable[..., Record] = _RECORD_TYPES[entry["type"]]
    return record_type(**{key: _restored(key, value) for key, value in values.items()})


def _restored(name: str, value: Any) -> Any:
    if name in WEIGHT_FIELDS:
        return tuple(map(_to_float, value))
    return _to_float(value) if name in _NUMBER_FIELDS else value


def read(path: str | Path) -> list[Record]:
    """The records of a file, each after the header of its run (a merged file has several runs, one after the other).

    Raises ``RecordError`` naming the file, the line and the fault: bad JSON, a schema violation, a file cut short, a
    missing header, an empty file. ``OSError`` when the file cannot be read.
    """
    records: list[Record] = []
    for number, record_or_fault in read_lines(path):
        if isinstance(record_or_fault, str):
            raise RecordError(f"{path}:{number}: {record_or_fault}")
        records.append(record_or_fault)
    return records


class HeaderFault(str):
    """What is wrong with a line that is, or was, a run header: whose the records after it are, nobody can tell."""

    __slots__ = ()


def read_lines(path: str | Path) -> Iterator[tuple[int, Record | str]]:
    """Each line of a file by its number: its record, or what is wrong with it; nothing for a right end line."""
    lines = Path(path).read_bytes().split(b"\n")
    complete = lines[-1] == b""
    if complete:
        lines.pop()
    if not lines:
        yield 1, "empty file"
        return
    counted, ended = 0, False
    for number, line in enumerate(lines, start=1):
        is_header = line.startswith(b'{"type": "run"')
        try:
            # As bytes, json would guess at the encoding, and take a line with zeros in it for UTF-16.
            entry = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"), **_STRICT_JSON)
        except (ValueError, RecursionError) as error:
            counted, ended = counted + 1, False
            if number == len(lines) and not complete:
                yield number, "cut short in the middle of this line"
                return
            yield number, (HeaderFault if is_header else str)(f"bad JSON: {error}")
            continue
        wrong = schema.validation_error(entry)
        if wrong is None and number == 1 and entry["type"] != "run":
            yield number, f"the first line is no run header but of type {entry['type']!r}"
        if wrong is None and entry["type"] == "end":
            if entry["records"] != counted or number != len(lines):
                yield number, f"the end line counts {entry['records']} records and is line {number} of {len(lines)}"
            counted, ended = 0, True
            continue
        counted, ended = counted + 1, False
        if wrong is not None:
            is_header |= isinstance(entry, dict) and entry.get("type") == "run"
            yield number, (HeaderFault if is_header else str)(wrong)
            continue
        try:
            yield number, from_dict(entry)
        except OverflowError as error:
            yield number, str(error)
    if not ended:
        yield len(lines), "cut short: there is no end line after this one"


def _reject_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite_number(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError(f"{digits[:40]} is larger than any number")
    return value


def _reject_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        # The last one would stand, and the others be lost without a word.
        raise ValueError("a name is given twice in one object")
    return values


_STRICT_JSON: dict[str, Any] = {
    "parse_constant": _reject_constant,
    "parse_float": _finite_number,
    "object_pairs_hook": _reject_duplicate_keys,
}
