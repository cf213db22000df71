"""The record of one exported model that was asked about: what was found of it, as text and numbers to be shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCheck:
    """The verdict on a model of one's own.

    ``verdict`` is ``parity``, ``divergence`` or ``cannot tell``, and ``summary`` the sentence to it. Each of
    ``resizes`` has its ``key`` and ``name`` in the file, its ``convention`` in words, its ``sizes``, and by runtime
    (``results``) its own error and the bound of that, what it inherited, its verdict and cause, and which part of the
    final difference goes away with it exact; ``advice`` has the line to change, ``remarks`` what the audit says. The
    other lists are lines to be shown. All names come from the model's file, and nothing in them is to be trusted.
    """

    type: ClassVar[str] = "model"
    path: str
    kind: str
    verdict: str
    summary: str
    against: str = ""
    runtimes: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    resizes: tuple[dict[str, Any], ...] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        """Lists become tuples."""
        for name in ("runtimes", "feeds", "outputs", "others", "unseen", "fix", "remarks", "resizes"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
