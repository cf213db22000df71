"""A framework's timeline as one self-contained page, in the style of the report: no scripts, nothing loaded."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from reports.html import VERDICT_SIGN
from reports.templating import TEMPLATES, environment
from reports.timeline import Group, Timeline
from reports.timeline_text import gains, headline, named, short, why


@cache
def _environment() -> Environment:
    made = environment()
    made.filters["short"] = short
    made.globals |= {"SIGN": VERDICT_SIGN, "gains": gains, "why": why, "worst": worst, "named": named}
    return made


def worst(group: Group, position: int) -> float | None:
    """The largest gain of a group at one version; ``None`` where it has none, or nothing disagrees."""
    found = [line.answers[position] for line in group.lines]
    known = [answer.gain for answer in found if answer and answer.gain is not None and answer.word != "agrees"]
    return max(known, default=None)


def render(told: Timeline, with_unchanged: bool = False) -> str:
    """The page as text; ``with_unchanged`` lists the answers that no version changed, too."""
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8").strip()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    groups = told.groups(with_unchanged)
    return (
        _environment()
        .get_template("timeline.html.j2")
        .render(
            told=told,
            style=Markup(style),
            policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
            headline=headline(told),
            steps=told.steps(),
            suites=list(dict.fromkeys(group.suite for group in groups)),
            groups=groups,
        )
    )
