"""Where in the source program a node came from, read from the stack traces that torch writes into what it exports."""

from __future__ import annotations

import re

_FRAME = re.compile(r'File "([^"\n]{1,1000})", line (\d{1,9})')
_LONGEST = 100_000
"""Characters of a trace that are looked at: Python's own end at a thousand frames of some hundred."""


def innermost(trace: str) -> str:
    """``file:line`` of the innermost frame outside installed packages, else of the innermost; empty without one."""
    frames = _FRAME.findall(trace[-_LONGEST:])
    own = [frame for frame in frames if "site-packages" not in frame[0]]
    return ":".join((own or frames)[-1]) if frames else ""
