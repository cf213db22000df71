"""One self-contained page from the records of a run: opens offline, reads without scripts, prints."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

from reports import align_corners, explorer, translations, vendor, views
from reports.chapters import cause_of, chapters
from reports.defaults import table as default_table
from reports.files import write_whole
from reports.packed import scripts
from reports.page_views import PAGE_VIEWS, PageView
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
    ModelCheck,
    PairComparison,
    Record,
    Run,
)
from reports.sentences import sentence
from reports.shown import is_link
from reports.since import over_versions
from reports.templating import TEMPLATES, environment

# Above this many divergences the cards are sorted under what causes them.
GROUPED_ABOVE = 12
OPEN_CARDS = 3
PAIRS_LISTED = 300
# Parts of the page that are longer than this, in characters of markup, are packed.
HEAVY = 100_000
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


@cache
def _environment() -> Environment:
    made = environment()
    made.filters |= {"six": six, "pixels": align_corners.pixels}
    made.tests["link"] = is_link
    made.globals |= {
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
        "HEAVY": HEAVY,
        "pack_scripts": scripts,
        "sentence": sentence,
        "framework_of": views.framework_of,
        "without_variants": views.without_variants,
        "convention_text": views.convention_text,
    }
    return made


def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8").strip()


def _policy(script: str, libraries: Iterable[vendor.Library]) -> str:
    """A content security policy that lets this page load nothing, and run only the scripts it was written with.

    The libraries write styles as they draw, which can load nothing either, but for images that they carry themselves.
    """
    digest = "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    allowed = " ".join(f"'{each}'" for each in (digest, *(library.digest for library in libraries)))
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _packed_library(library: vendor.Library) -> Markup:
    return scripts({library.name: {"script": library.script, "style": library.style}})


def render(records: Iterable[Record], page_views: Sequence[PageView] = PAGE_VIEWS) -> str:
    """The page as text. ``records`` as :func:`reports.reading.read` gives them; raises ``ValueError`` without a run."""
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
    asked = {view: values for view in page_views if (values := view.values(records)) is not None}
    libraries = [vendor.library(name) for name in sorted({name for view in asked for name in view.libraries})]
    script = "\n".join(
        map(
            _asset,
            (
                "page.js",
                "colours.js",
                *(name for view in asked for name in view.scripts),
                "ask.js",
                "report.js",
                "translations.js",
            ),
        )
    )
    instead = translations.chapter(records)
    packed = {name: value for values in asked.values() for name, value in values.items()}
    if instead is not None:
        packed["instead"] = instead.data
    targets = views.anchors(findings)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            style=Markup(_asset("style.css")),
            script=Markup(script),
            policy=_policy(script, libraries),
            page_views=list(asked),
            libraries=libraries,
            examples=explorer.examples(findings),
            packed=scripts(packed) + Markup("").join(map(_packed_library, libraries)),
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
            models=views.of_type(records, ModelCheck),
            corners=align_corners.chapter(records),
            translations=instead,
            over=over_versions(records),
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


def write_model_html(path: str | Path, run: Run, model: ModelCheck) -> None:
    """Write a page of nothing but one model's chapter; raises ``OSError`` when it cannot be written."""
    page = _environment().get_template("model_page.html.j2")
    write_whole(Path(path), page.render(style=Markup(_asset("style.css")), runs=[run], models=[model]))
