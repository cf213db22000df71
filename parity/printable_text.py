"""Escape, shorten and check text that comes from a model file, so that it can be printed safely."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.protobuf.message import Message

WIDTH = 100
"""Characters of a line on the screen."""


def printable(text: object, limit: int = 80) -> str:
    """One printable line of at most ``limit`` characters; what is cut away is counted.

    Control characters, line breaks, and characters that change the direction of writing are escaped, since a terminal
    would obey them; surrogates and what is not assigned as well. Markup is left: who writes HTML escapes it there.
    """
    whole = str(text)
    # Escaping makes text longer, never shorter: characters beyond the limit are not needed.
    start = whole[: limit + 1]
    if not start.isprintable():
        start = "".join(map(_escaped, start))
    if len(start) <= limit and len(whole) <= limit:
        return start
    count = f"… ({len(whole)} characters)"
    return start[: max(1, limit - len(count))] + count


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def join_names(names: Iterable[object], most: int = 6) -> str:
    """``a, b, c and 7 more``."""
    listed = list(names)
    text = ", ".join(printable(name, 40) for name in listed[:most])
    return text if len(listed) <= most else f"{text} and {len(listed) - most} more"


def cause_text(factors: Iterable[str], explanation: str) -> str:
    """``coordinates and kernel: it samples from the corner``, or what there is of it."""
    return ": ".join(filter(None, (" and ".join(factors), printable(explanation, 300))))


def count_text(number: int, name: str) -> str:
    """``1 node``, ``2 nodes``."""
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


def wrap_lines(text: str, indent: str) -> list[str]:
    """Lines of at most :data:`WIDTH` characters, all but the first indented further; words are not broken."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def has_valid_text(message: Message) -> bool:
    """Whether all text fields of a protobuf message, and of the messages in it, are valid UTF-8."""
    waiting = [message]
    while waiting:
        for field, value in waiting.pop().ListFields():
            values = value if field.is_repeated else (value,)
            if field.type == field.TYPE_STRING and any(isinstance(text, bytes) for text in values):
                return False
            if field.type == field.TYPE_MESSAGE:
                waiting.extend(values)
    return True
