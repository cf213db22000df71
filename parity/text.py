"""Text that came with a model, made fit to be shown: no control characters, nothing invisible, and not too long."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

WIDTH = 100
"""Characters of a line on the screen."""


def shown(text: object, limit: int = 80) -> str:
    """One printable line of at most ``limit`` characters; what is cut away is counted.

    Control characters, line breaks, and characters that change the direction of writing are escaped, since a terminal
    would obey them; surrogates and what is not assigned as well. Markup is left: who writes HTML escapes it there.
    """
    whole = str(text)
    # Escaping makes text longer, never shorter: more than the limit is not looked at.
    kept = whole[: limit + 1]
    if not kept.isprintable():
        kept = "".join(each if each.isprintable() else _escaped(each) for each in kept)
    if len(kept) <= limit and len(whole) <= limit:
        return kept
    told = f"… ({len(whole)} characters)"
    return kept[: max(1, limit - len(told))] + told


def listed(names: Iterable[object], most: int = 6) -> str:
    """``a, b, c and 7 more``."""
    every = list(names)
    text = ", ".join(shown(each, 40) for each in every[:most])
    return text if len(every) <= most else f"{text} and {len(every) - most} more"


def cause(factors: Iterable[str], explanation: str) -> str:
    """``coordinates and kernel: it samples from the corner``, or what there is of it."""
    return ": ".join(filter(None, (" and ".join(factors), shown(explanation, 300))))


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def counted(number: int, name: str) -> str:
    """``1 node``, ``2 nodes``."""
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


def wrapped(text: str, indent: str) -> list[str]:
    """Lines of at most :data:`WIDTH` characters, all but the first indented further; words are not broken."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
