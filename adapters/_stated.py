"""What a framework's documentation states about a call, for the tables of claims of several adapters."""

from __future__ import annotations

from dataclasses import dataclass

from golden import Convention


@dataclass(frozen=True, slots=True)
class Stated:
    """A claim, the page or file that states it (or should), and one sentence on what is left open."""

    claim: Convention | None
    source: str
    note: str = ""

    def about(self) -> dict[str, object]:
        """The fields of an :class:`adapters.operation.Operation` of the same names."""
        return {"claim": self.claim, "source": self.source, "note": self.note}
