"""Reads records from JSON lines, each checked against the schema; what is not sound is told by its line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reports import schema
from reports.record import Attribution, Ledger, Record, RecordError, Refused, Worst
from reports.schema import WEIGHTS

_TYPES: dict[str, type] = {each.type: each for each in Record.__args__}
_PARTS = {"worst": Worst, "attribution": Attribution, "refused": Refused, "ledger": Ledger}
_NUMBERS = ("gain", "grey_levels", "pixels_moved", "tolerance", "smallest_tolerance")


def _number(value: float | str | None) -> float | None:
    return None if value is None else float(value)


def from_dict(entry: dict[str, Any]) -> Record:
    """The inverse of :func:`reports.writing.to_dict` for an entry without fault."""
    values = {name: value for name, value in entry.items() if name != "type"}
    for name, part in _PARTS.items():
        if values.get(name) is not None:
            values[name] = part(**{key: _restored(key, value) for key, value in values[name].items()})
    return _TYPES[entry["type"]](**{key: _restored(key, value) for key, value in values.items()})


def _restored(name: str, value: Any) -> Any:
    if name in WEIGHTS:
        return tuple(map(_number, value))
    return _number(value) if name in _NUMBERS else value


def read(path: str | Path) -> list[Record]:
    """The records of a file, each after the header of its run (a merged file has several runs, one after the other).

    Raises ``RecordError`` naming the file, the line and the fault: bad JSON, a schema violation, a file cut short, a
    missing header, an empty file. ``OSError`` when the file cannot be read.
    """
    records: list[Record] = []
    for number, found in lines(path):
        if isinstance(found, str):
            raise RecordError(f"{path}:{number}: {found}")
        records.append(found)
    return records


class HeaderFault(str):
    """What is wrong with a line that is, or was, a run header: whose the records after it are, nobody can tell."""

    __slots__ = ()


def lines(path: str | Path) -> Iterator[tuple[int, Record | str]]:
    """Each line of a file by its number: its record, or what is wrong with it; nothing for a right end line."""
    found = Path(path).read_bytes().split(b"\n")
    complete = found[-1] == b""
    if complete:
        found.pop()
    if not found:
        yield 1, "empty file"
        return
    counted, ended = 0, False
    for number, line in enumerate(found, start=1):
        is_header = line.startswith(b'{"type": "run"')
        try:
            # As bytes, json would guess at the encoding, and take a line with zeros in it for UTF-16.
            entry = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"), **_STRICT)
        except (ValueError, RecursionError) as error:
            counted, ended = counted + 1, False
            if number == len(found) and not complete:
                yield number, "cut short in the middle of this line"
                return
            yield number, (HeaderFault if is_header else str)(f"bad JSON: {error}")
            continue
        wrong = schema.fault(entry)
        if wrong is None and number == 1 and entry["type"] != "run":
            yield number, f"the first line is no run header but of type {entry['type']!r}"
        if wrong is None and entry["type"] == "end":
            if entry["records"] != counted or number != len(found):
                yield number, f"the end line counts {entry['records']} records and is line {number} of {len(found)}"
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
        yield len(found), "cut short: there is no end line after this one"


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError(f"{digits[:40]} is larger than any number")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        # The last one would stand, and the others be lost without a word.
        raise ValueError("a name is given twice in one object")
    return found


_STRICT: dict[str, Any] = {"parse_constant": _no_constant, "parse_float": _finite, "object_pairs_hook": _once}
