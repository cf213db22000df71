"""Text out of records as one line for a terminal: nothing steers it, breaks it or fills it."""

from __future__ import annotations

from reports.shown import visible

LONGEST = 1000


def one_line(text: str) -> str:
    """The text without line breaks and control characters, the middle left out where it is very long."""
    if len(text) > 4 * LONGEST:
        text = f"{text[: 2 * LONGEST]}{text[-2 * LONGEST :]}"
    shown = " ".join(str(visible(text)).splitlines())
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST // 2]} ... {shown[-LONGEST // 2 :]}"
