"""The request to check one model, and a session whose runtimes start before the code that needs them is imported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from halfpixel.parity.runtimes.registry import runtime_named
from halfpixel.parity.runtimes.session import Session


@dataclass(frozen=True, slots=True)
class ParityRequest:
    """What to check of which model.

    against
        Names of runtimes; all that read the file, without.
    inputs
        Files for inputs (see :func:`halfpixel.parity.input_files.read_inputs`).
    shapes
        By input; sizes that nobody gives are chosen (:mod:`halfpixel.parity.diagnose.model_inputs`).
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
        """The files that are read, which must not be written over."""
        inputs = (text if Path(text).exists() else text.partition("=")[2] for text in self.inputs)
        return (self.model, self.reference, *inputs)


@contextmanager
def warm_session(against: Sequence[str]) -> Iterator[Session]:
    """A session in which the runtimes of these names are imported, each in its process, meanwhile.

    The code that compares their results takes as long to import: import it only then. Raises ``ValueError`` for an
    unknown name.
    """
    with Session() as session:
        session.warm([runtime_named(name) for name in against])
        yield session
