"""The records of translations: the call of each operation, its nearest in other frameworks, and texts they share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

CALL_PLACEHOLDER = "{call}"
"""Where the text of a snippet leaves room for a call's expression."""

WORDS_PREFIX = "w "
"""How the names of snippets begin that are a line of words, not a program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A text that many calls or answers share, under a name made from its content: see :data:`CALL` and the others."""

    type: ClassVar[str] = "snippet"
    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationCall:
    """One operation's call: its expression, and the snippet that makes a program of it; answers name it by ``key``.

    ``convention`` is what it does, as Python source; empty where none is known. ``weights`` is the snippet that
    computes its weights: those of the convention, or, after its own program, those that it is measured to have.
    ``kernel`` is that of the convention it claims.
    """

    type: ClassVar[str] = "call"
    operation: str
    key: str
    framework: str
    call: str
    setup: str
    layout: str
    convention: str = ""
    weights: str = ""
    kernel: str = ""
    is_default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """What to write instead of ``operation``, by framework.

    Each answer has the ``verdict`` of the call ``to`` against the operation at ``pairs`` sizes (where left out, at all
    ``pairs`` of the operation), and ``of`` how many where the call is not defined for all that it was swept over.
    Where it is not the same function: the ``gain`` and ``grey_levels`` of the worst error, and the ``pixels_moved``
    where rows have a centre, reached ``at`` ``[axis, n_in, n_out, output]`` (left out where only both axes at once
    show it), ``where`` in words, the ``factors`` that differ, calls that are the same at some ``parts``
    of the sizes, what is ``needed`` in words (snippets), and ``recipes`` that were run: the snippet ``text``, with
    ``values`` at ``{0}``, ``{1}`` ..., after the program of ``to``, and at how many sizes ``of`` those tried it was
    ``proved``. Calls are named by their keys. Where nothing was measured there is a ``reason``. ``documented``: the
    operation was not measured but taken at its word.
    """

    type: ClassVar[str] = "translation"
    operation: str
    framework: str
    answers: dict[str, Any] = field(default_factory=dict)
    pairs: int = 0
    documented: bool = False
    reason: str = ""
