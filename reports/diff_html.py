"""What changed between two runs, as one self-contained page in the style of the report: no scripts, nothing loaded."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from reports.diff import GROUPS, Difference
from reports.html import VERDICT_SIGN
from reports.templating import TEMPLATES, environment

OPEN_BELOW = 12
LISTED = 2000
"""Rows of each kind: beyond, a browser is slow and nobody reads."""


@cache
def _environment() -> Environment:
    made = environment()
    made.globals |= {"SIGN": VERDICT_SIGN, "GROUPS": GROUPS, "LISTED": LISTED, "OPEN_BELOW": OPEN_BELOW}
    return made


def render(found: Difference) -> str:
    """The page as text."""
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8").strip()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        _environment()
        .get_template("diff.html.j2")
        .render(
            found=found,
            groups=found.groups(),
            style=Markup(style),
            policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        )
    )
