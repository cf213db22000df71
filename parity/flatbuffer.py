"""Tables of a FlatBuffers file, every offset checked before it is followed.

The format: https://flatbuffers.dev/internals/. Libraries for it trust the file; these do not come from friends.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

MAX_VECTOR = 1_000_000
"""Entries of a vector of numbers or tables: a graph of a million tensors takes more than ten seconds to list."""


class Broken(Exception):
    """An offset that leads out of the file, or a vector longer than it."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table; fields are read by number, as in the schema's order."""

    data: memoryview
    at: int

    def _place(self, number: int) -> int | None:
        """Where a field lies; ``None`` where it has its default."""
        start = self.at - _number(self.data, self.at, "<i")
        length = _number(self.data, start, "<H")
        entry = 4 + 2 * number
        if entry + 2 > length:
            return None
        offset = _number(self.data, start + entry, "<H")
        return self.at + offset if offset else None

    def number(self, number: int, form: str, default: int = 0) -> int:
        """A scalar, by its :mod:`struct` format."""
        place = self._place(number)
        return default if place is None else _number(self.data, place, form)

    def table(self, number: int) -> Table | None:
        """A table inside; ``None`` where there is none."""
        place = self._place(number)
        return None if place is None else Table(self.data, place + _number(self.data, place, "<I"))

    def _vector(self, number: int, width: int) -> tuple[int, int]:
        place = self._place(number)
        if place is None:
            return 0, 0
        start = place + _number(self.data, place, "<I")
        count = _number(self.data, start, "<I")
        if start + 4 + count * width > len(self.data):
            raise Broken("a vector is longer than the file")
        return start + 4, count

    def numbers(self, number: int, form: str) -> tuple[int, ...]:
        """A vector of scalars."""
        start, count = self._vector(number, struct.calcsize(form))
        if count > MAX_VECTOR:
            raise Broken(f"a vector of {count} numbers")
        return struct.unpack_from(f"<{count}{form[-1]}", self.data, start) if count else ()

    def raw(self, number: int) -> memoryview:
        """A vector of bytes, not copied."""
        start, count = self._vector(number, 1)
        return self.data[start : start + count]

    def text(self, number: int) -> str:
        """A string; empty where there is none."""
        return bytes(self.raw(number)).decode(errors="replace")

    def tables(self, number: int) -> tuple[Table, ...]:
        """A vector of tables."""
        start, count = self._vector(number, 4)
        if count > MAX_VECTOR:
            raise Broken(f"a vector of {count} tables")
        places = range(start, start + 4 * count, 4)
        return tuple(Table(self.data, place + _number(self.data, place, "<I")) for place in places)


def root(data: memoryview) -> Table:
    """The outermost table."""
    return Table(data, _number(data, 0, "<I"))


def _number(data: memoryview, place: int, form: str) -> int:
    if place < 0 or place + struct.calcsize(form) > len(data):
        raise Broken("an offset leads out of the file")
    return struct.unpack_from(form, data, place)[0]
