"""Text out of records in Markdown: shown, and nothing of it acts."""

from __future__ import annotations

import re

from reports.shown import shortened, visible

LONGEST = 140
"""Characters of a name or an answer in a code span."""


def code(text: str, longest: int = LONGEST) -> str:
    """Text out of records as a code span that nothing in it can end: no markup, no mention, no link, no new cell."""
    shown = " ".join(str(visible(text)).split())
    if len(shown) > longest:
        shown = f"{shown[: longest - 24]} ... {shown[-19:]}"
    # A backslash before the sign would escape the escape, and let the sign end the cell.
    shown = re.sub(r"\\+\|", lambda found: found[0][:-1] + " |", shown).replace("|", r"\|")
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    space = " " if not shown or shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{space}{shown or '(nothing)'}{space}{fence}"


def plain(text: str) -> str:
    """Text as Markdown that shows it and does nothing: no markup, no table cell, no link, no mention."""
    shown = " ".join(shortened(str(visible(text)), 1000).split())
    shown = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    shown = re.sub(r"([\\`*_\[\]|~$!])", r"\\\1", shown)
    # A space of no width: what follows names nobody and no issue, and an address stays text.
    return re.sub(r"[@#]|(?<=https):|(?<=http):|(?<=www)\.", r"\g<0>&#8203;", shown, flags=re.IGNORECASE)
