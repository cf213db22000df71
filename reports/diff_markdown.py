"""What changed between two runs, in Markdown for a pull request: counts first, worst first, details to open."""

from __future__ import annotations

from reports.diff import GROUPS, Change, Difference
from reports.markdown_text import LONGEST, code

OPENED = ("newly diverging",)
LISTED = 30
"""Rows of each kind: a comment holds 65,536 characters."""


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
