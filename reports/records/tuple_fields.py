"""The base of records with tuples: lists and arrays are taken, too, and kept as tuples."""

from __future__ import annotations

from typing import ClassVar


class WithTuples:
    """A record whose fields of tuples take lists and arrays, too, and keep them as tuples."""

    __slots__ = ()
    _tuple_fields: ClassVar[tuple[tuple[str, bool], ...]]

    def __init_subclass__(cls) -> None:
        """Find the fields that are tuples, and those that are tuples of tuples."""
        annotations = {name: str(text) for name, text in cls.__annotations__.items()}
        cls._tuple_fields = tuple(
            (name, text.startswith("tuple[tuple")) for name, text in annotations.items() if text.startswith("tuple[")
        )

    def __post_init__(self) -> None:
        """Convert."""
        for name, is_nested in self._tuple_fields:
            value = getattr(self, name)
            if is_nested:
                rows = tuple(tuple(row) if isinstance(row, list | tuple) else row for row in value)
                object.__setattr__(self, name, rows)
            elif not isinstance(value, tuple):
                object.__setattr__(self, name, tuple(value.tolist() if hasattr(value, "tolist") else value))
