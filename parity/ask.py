"""One question about one model, as the command and the test ask it, and where its answer begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from parity.runtimes import named
from parity.session import Session

if TYPE_CHECKING:
    from parity.verdict import ModelVerdict


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask of which model.

    against
        Names of runtimes; all that read the file, without.
    inputs
        Files for inputs (see :func:`parity.arrays.read_inputs`).
    shapes
        By input; sizes that nobody gives are chosen (:mod:`parity.feeds`).
    reference, fix
        Paths of the original, and of the model to write; ``None`` without.
    audit_only
        Read the file, and run nothing.
    """

    model: str
    against: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    reference: str | None = None
    fix: str | None = None
    audit_only: bool = False

    @property
    def files(self) -> tuple[str | None, ...]:
        """What it reads, which nothing may be written over."""
        given = (text if Path(text).exists() else text.partition("=")[2] for text in self.inputs)
        return (self.model, self.reference, *given)


def answered(question: Question) -> ModelVerdict:
    """The verdict. Raises ``BadModel`` or ``ValueError``, with one line, for what cannot be asked."""
    runtimes = [named(name) for name in question.against]
    with Session() as session:
        if not question.audit_only:
            session.warm(runtimes)
        # What finds the answer takes as long to import as the runtimes do, which come up meanwhile.
        from parity.answer import answer

        return answer(question, session)
