"""What changed between two runs, in Markdown for a pull request: counts first, worst first, details to open."""

from __future__ import annotations

import re

from reports.diff import GROUPS, Change, Difference
from reports.html import visible

OPENED = ("newly diverging",)
LISTED = 30
"""Rows of each kind: a comment holds 65,536 characters."""
LONGEST = 140
"""Characters of a name or an answer."""


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


def _row(change: Change) -> str:
    finding = change.finding
    return f"| {code(finding.subject)} | {code(finding.suite)} | {code(change.words)} |"


def markdown(found: Difference) -> str:
    """The whole comment, at most a few dozen rows of each kind."""
    lines = ["### What changed in resize", "", f"**{found.counts()}.**", ""]
    if not found:
        return "\n".join([*lines[:2], "Nothing: every answer is the same.", ""])
    lines += [f"- {code(name)}: {code(old)} → {code(new)}" for name, old, new in found.versions]
    lines += [f"- {code(note, 400)}" for note in found.notes]
    for name, changes in found.groups().items():
        is_open = " open" if name in OPENED else ""
        heading = f"<summary><b>{name}</b>: {len(changes):,} ({GROUPS[name]})</summary>"
        lines += ["", f"<details{is_open}>{heading}", "", "| call | suite | change |", "|---|---|---|"]
        lines += map(_row, changes[:LISTED])
        lines += _more(len(changes) - LISTED)
        lines += ["", "</details>"]
    if found.instead:
        lines += ["", f"<details><summary><b>what to write instead</b>: {len(found.instead):,}</summary>", ""]
        lines += [f"- {code(line, 2 * LONGEST)}" for line in found.instead[:LISTED]]
        lines += _more(len(found.instead) - LISTED)
        lines += ["", "</details>"]
    return "\n".join([*lines, ""])


def _more(count: int) -> list[str]:
    return ["", f"and {count:,} more: `python -m reports diff` lists them all"] if count > 0 else []
