"""The answers of a run, written as it goes: a run that dies loses nothing, and another can go on from it."""

from __future__ import annotations

import fcntl
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from halfpixel.reports.records import schema
from halfpixel.reports.records.record_types import RecordError, Run

NAME = "results.jsonl.partial"
"""The file, beside ``results.jsonl``, until every question of the run is answered."""

_SAME = ("versions", "python", "platform", "cpu", "options", "size_pairs", "pair_list_digest")
"""Fields of the header that change answers, and must be those of the run that is resumed."""

Entry = dict[str, Any]
"""``test``, the id of a question that came to its end; ``passed``; and ``records``, as they cross processes."""


class Journal:
    """The file of one run that is under way; only one at a time writes in a folder.

    Raises ``BlockingIOError`` where another run does, ``OSError`` where it cannot be written.
    """

    def __init__(self, folder: Path, header: Run, earlier: list[Entry]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / NAME
        self._file: TextIO = open(self.path, "a", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115 - until `end`
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise
        self._file.truncate(0)
        self._write({"run": schema.json_value(asdict(header))})
        for entry in earlier:
            self._write(entry)

    def answered(self, test: str, passed: bool, records: list[dict[str, Any]]) -> None:
        """Keep what one question gave; raises ``OSError``."""
        self._write({"test": test, "passed": passed, "records": records})

    def _write(self, entry: Entry) -> None:
        self._file.write(json.dumps(entry) + "\n")
        self._file.flush()

    def end(self, whole: bool) -> None:
        """Close the file, and remove it where the run is whole and its report is written."""
        if whole:
            self.path.unlink(missing_ok=True)
        self._file.close()


def answered_before(folder: Path, header: Run) -> list[Entry]:
    """The answers of the run that ended early in ``folder`` that need not be asked again: those that passed.

    Raises ``RecordError`` where there is none, or where it was made with other versions, options or sizes.
    """
    path = folder / NAME
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        raise RecordError(f"nothing to resume in {folder}: no run ended early there") from None
    # The last part is empty, or a line that was cut in the middle.
    entries = []
    for number, line in enumerate(lines[:-1], start=1):
        try:
            entries.append(json.loads(line))
        except ValueError as error:
            raise RecordError(f"{path}:{number}: bad JSON: {error}") from None
    first = entries[0].get("run") if entries and isinstance(entries[0], dict) else None
    if not isinstance(first, dict):
        raise RecordError(f"{path}: no run header in its first line")
    now = schema.json_value(asdict(header))
    for name in _SAME:
        if first.get(name) != now[name]:
            raise RecordError(f"cannot resume {path}: {name} was {first.get(name)} and is {now[name]}")
    return [entry for entry in entries[1:] if entry.get("passed") and _is_sound(entry)]


def _is_sound(entry: Entry) -> bool:
    records = entry.get("records")
    return (
        isinstance(entry.get("test"), str)
        and isinstance(records, list)
        and not any(map(schema.validation_error, records))
    )
