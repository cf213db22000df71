"""Render the templates of all pages: escaped, strict, self-contained, with the words and signs of the vocabulary."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from halfpixel.golden.vocabulary import (
    AGREEMENT,
    ALSO_CALLED,
    DISAGREEMENT,
    GREY_LEVELS,
    IMPORTED_AS,
    KERNEL_PARAMETERS,
    NOISE,
    NOT_MEASURED,
    SPELLINGS,
    LedgerState,
    Verdict,
)
from halfpixel.reports.text import columns
from halfpixel.reports.text.text_escaping import breakable, is_link, number, single_line, visible

TEMPLATES = Path(__file__).parent / "templates"
LONGEST_LINE = 200


@cache
def environment() -> Environment:
    """The environment of all templates; what one page needs beyond it is given when that page is rendered."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=visible,
    )
    made.filters |= {
        "number": number,
        "breakable": breakable,
        "six": svg_number,
        "pixels": lambda fraction: number(float(Fraction(fraction))),
        "query": lambda text: quote(str(visible(text)), safe=""),
        "slug": lambda text: re.sub(r"[^A-Za-z0-9_-]", "-", text)[:LONGEST_LINE],
        "short": lambda text: single_line(text, LONGEST_LINE),
    }
    made.tests["link"] = is_link
    made.globals |= {
        "VERDICTS": {verdict: verdict for verdict in Verdict},
        "AGREEMENT": AGREEMENT,
        "DISAGREEMENT": DISAGREEMENT,
        "NOT_MEASURED": NOT_MEASURED,
        "Verdict": Verdict,
        "LedgerState": LedgerState,
        "columns": columns,
    }
    return made


def svg_number(value: float) -> str:
    """At most six significant digits, as short as SVG can read."""
    return f"{value:.6g}"


def template_text(name: str) -> str:
    """A style sheet or script as it is."""
    return (TEMPLATES / name).read_text(encoding="utf-8").strip()


def content_digest(text: str) -> str:
    """What a content security policy calls a script or a style sheet."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def render_page(template: str, *, scripts: str = "", more_scripts: Iterable[str] = (), **values: object) -> str:
    """A page that extends ``base.html.j2``: self-contained, under a policy that lets it load nothing.

    It runs only ``scripts``, and scripts of the digests ``more_scripts`` that these add. Libraries write styles as they
    draw, which can load nothing either, but for images that they carry themselves.
    """
    style = template_text("style.css") + "\n" + _verdict_styles()
    if scripts:
        allowed = " ".join(f"'{digest}'" for digest in (content_digest(scripts), *more_scripts))
        sources = f"script-src {allowed}; style-src 'unsafe-inline'; img-src data:"
    else:
        sources = f"style-src '{content_digest(style)}'"
    return (
        environment()
        .get_template(template)
        .render(
            style=Markup(style),
            script=Markup(scripts),
            policy=f"default-src 'none'; {sources}; base-uri 'none'; form-action 'none'",
            **values,
        )
    )


def _verdict_styles() -> str:
    """A rule for each verdict: its colours stand in ``style.css`` as variables named after it."""
    names = [verdict.replace(" ", "-") for verdict in Verdict]
    badges = (f".v-{name} {{ background: var(--{name}-bg); color: var(--{name}); }}" for name in names)
    return "\n".join(badges)


def vocabulary_script() -> str:
    """The verdicts, in the order of :class:`Verdict`, and the words for calls, as a constant of the page's scripts."""
    groups = {"agree": AGREEMENT, "disagrees": DISAGREEMENT, "unmeasured": NOT_MEASURED}
    verdicts = [
        {
            "name": verdict,
            "sign": verdict.sign,
            "severity": verdict.severity,
            "group": next(name for name, members in groups.items() if verdict in members),
        }
        for verdict in Verdict
    ]
    names = {
        "spellings": SPELLINGS,
        "frameworks": ALSO_CALLED | IMPORTED_AS,
        "kernelParameters": sorted(KERNEL_PARAMETERS),
        "noise": sorted(NOISE),
    }
    values = {"verdicts": verdicts, "greyLevels": GREY_LEVELS, "names": names}
    return f"halfpixel.vocabulary = {json.dumps(values)};"
