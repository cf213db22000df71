"""One self-contained page from the records of a run: opens offline, reads without scripts, prints."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import align_corners, translations, views
from reports.chapters import cause_of, chapters
from reports.defaults import table as default_table
from reports.files import write_whole
from reports.picture import LEFT, RIGHT, WIDTH, picture, six
from reports.record import (
    AGREEMENT,
    CHAPTERS,
    DISAGREEMENT,
    NOT_MEASURED,
    VERDICTS,
    Default,
    EquivalenceClass,
    Finding,
    PairComparison,
    Record,
    Run,
)

TEMPLATES = Path(__file__).parent / "templates"
# Above this many divergences the cards are sorted under what causes them.
GROUPED_ABOVE = 12
OPEN_CARDS = 3
PAIRS_LISTED = 300
# The messages repeat what the cards say, so they are cut where many of them would make the page too heavy to send.
MESSAGE_SHOWN = 4000
MESSAGES_SHOWN = 800_000

VERDICT_MEANING = {
    "exact": "bit for bit",
    "agrees": "within the rounding bound",
    "approximates": "outside the bound, under one grey level",
    "ties": "differs only at rounding ties",
    "diverges": "differs",
    "unsupported": "the framework refuses",
    "error": "crashed or misbehaved",
    "not installed": "not there to be measured",
}
VERDICT_SIGN = {
    "exact": "=",
    "agrees": "≈",
    "approximates": "~",
    "ties": "½",
    "diverges": "≠",
    "unsupported": "–",
    "error": "!",
    "not installed": "○",
}

# Control characters have no glyph, and those that reorder text could make a name read as another.
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(value: object) -> object:
    """Text with its control, reordering and undecodable characters written as escapes; other values unchanged."""
    if not isinstance(value, str) or not _INVISIBLE.search(value):
        return value
    shown = _INVISIBLE.sub(lambda match: f"\\u{ord(match[0]):04x}", value)
    return Markup(shown) if isinstance(value, Markup) else shown


def number(value: float | None, digits: int = 3) -> str:
    """A number for people: ``digits`` significant digits, a real minus sign, a dash for ``None``."""
    if value is None:
        return "–"
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    if value and not 1e-4 <= abs(value) < 1e6:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}".replace("-", "−")
    return f"{value:.{digits}g}".replace("-", "−") if abs(value) < 10**digits else f"{value:,.0f}".replace("-", "−")


def is_link(url: str) -> bool:
    """Whether a page may link there: only ``https://`` and ``http://``, never a scheme that runs something."""
    return re.match(r"https?://[^\s]+\Z", url, re.IGNORECASE) is not None


def breakable(text: str) -> Markup:
    """Text that may break after ``_``, ``=``, ``/``, ``.``, ``,`` and ``(``, so that long names fit a phone."""
    return Markup("").join(
        part if not sign else Markup("{}<wbr>").format(part + sign)
        for part, sign in re.findall(r"([^_=/.,(]*)([_=/.,(]|\Z)", str(visible(text)))
        if part or sign
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=visible,
    )
    environment.filters |= {"number": number, "breakable": breakable, "six": six, "pixels": align_corners.pixels}
    environment.tests["link"] = is_link
    environment.globals |= {
        "MEANING": VERDICT_MEANING,
        "SIGN": VERDICT_SIGN,
        "VERDICTS": VERDICTS,
        "AGREEMENT": AGREEMENT,
        "NOT_MEASURED": NOT_MEASURED,
        "DISAGREEMENT": DISAGREEMENT,
        "WIDTH": WIDTH,
        "LEFT": LEFT,
        "RIGHT": RIGHT,
        "picture": picture,
        "framework_of": views.framework_of,
        "convention_text": views.convention_text,
    }
    return environment


def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8").strip()


def _policy(style: str, script: str) -> str:
    """A content security policy that lets this page load nothing, and run only the script it was written with."""
    style_digest, script_digest = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)
    )
    return (
        f"default-src 'none'; style-src 'sha256-{style_digest}'; script-src 'sha256-{script_digest}'; "
        "base-uri 'none'; form-action 'none'"
    )


def render(records: Iterable[Record]) -> str:
    """The page as text. ``records`` as :func:`reports.record.read` gives them; raises ``ValueError`` without a run."""
    records = list(records)
    runs = views.of_type(records, Run)
    if not runs:
        raise ValueError("no run header among the records")
    findings = views.of_type(records, Finding)
    pairs = views.of_type(records, PairComparison)
    defaults = views.of_type(records, Default)
    installed = views.versions(runs)
    told = chapters(findings)
    # Chapters show their own; these are the questions about whole matrices.
    plain = [finding for finding in findings if finding.suite not in CHAPTERS]
    divergences = views.divergences(plain)
    groups = views.by_factor(divergences)
    wide, narrow = views.classes(views.of_type(records, EquivalenceClass))
    disagreeing = views.disagreeing_pairs(pairs)
    style = _asset("style.css")
    script = "\n".join(_asset(name) for name in ("report.js", "translations.js"))
    targets = views.anchors(findings)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            style=Markup(style),
            script=Markup(script),
            policy=_policy(style, script),
            runs=runs,
            installed={name: version for name, version in installed.items() if version is not None},
            absent=[name for name, version in installed.items() if version is None],
            findings=findings,
            measured=views.measured(findings),
            compared=views.measured(plain),
            counts=views.counts(findings),
            shares=views.shares(views.counts(findings)),
            operations=sorted({finding.operation for finding in views.per_operation(findings)}),
            frameworks=sorted({finding.framework for finding in views.per_operation(findings)}),
            matrix=views.agreement_matrix(findings, installed, shared=True),
            alone=views.agreement_matrix(findings, installed, shared=False),
            shared=views.shared_conventions(pairs),
            disagreeing=disagreeing[:PAIRS_LISTED],
            disagreeing_total=len(disagreeing),
            defaults=default_table(defaults, findings),
            wide=wide,
            narrow=narrow,
            divergences=divergences,
            groups=groups,
            grouped=len(divergences) > GROUPED_ABOVE,
            open_cards=OPEN_CARDS,
            message_shown=min(MESSAGE_SHOWN, MESSAGES_SHOWN // max(len(divergences), 1)),
            chapters=told,
            corners=align_corners.chapter(records),
            translations=translations.chapter(records),
            tally=views.counts,
            cause_of=cause_of,
            targets_of=lambda chapter: {cause_of(cause.worst): targets[id(cause.worst)] for cause in chapter.causes},
            new=[each for each in findings if each.ledger and each.ledger.status == "new"],
            stale=[each for each in findings if each.ledger and each.ledger.status == "stale"],
            refused=[each for each in plain if each.refused and each.verdict not in NOT_MEASURED],
            unmeasured={v: [each for each in plain if each.verdict == v] for v in NOT_MEASURED},
            agreeing=[each for each in plain if each.verdict in AGREEMENT],
            anchor=lambda finding: targets[id(finding)],
        )
    )


def write_html(path: str | Path, records: Iterable[Record]) -> None:
    """Write the page, whole or not at all; raises ``OSError`` when it cannot be written."""
    write_whole(Path(path), render(records))
