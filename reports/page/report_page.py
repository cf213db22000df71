"""The report of a run as one self-contained HTML page: opens offline, reads without scripts, prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from markupsafe import Markup

from halfpixel.golden.vocabulary import AGREEMENT, NOT_MEASURED, VARIANT_SUITES, LedgerState
from halfpixel.reports.compare.regressions import RELEASE_COLUMNS, release_histories
from halfpixel.reports.page import explorer, payload
from halfpixel.reports.page.page_views import PAGE_VIEWS, PageView
from halfpixel.reports.page.payload import pack_scripts
from halfpixel.reports.page.templating import render_page, template_text, vocabulary_script
from halfpixel.reports.page.weights_picture import LEFT, RIGHT, WIDTH, weights_picture
from halfpixel.reports.records import aggregate
from halfpixel.reports.records.atomic_write import write_atomically
from halfpixel.reports.records.record_types import (
    DefaultCall,
    EquivalenceClass,
    Finding,
    ModelCheck,
    PairComparison,
    Record,
    Run,
)
from halfpixel.reports.sections import align_corners, translations
from halfpixel.reports.sections.defaults import defaults_table
from halfpixel.reports.sections.variant_suites import cause_key, variant_sections
from halfpixel.reports.text.sentences import sentence

# Above this many divergences the cards are sorted under what causes them.
GROUPED_ABOVE = 12
OPEN_CARDS = 3
PAIRS_LISTED = 300
# Parts of the page that are longer than this, in characters of markup, are packed.
PACKED_ABOVE = 100_000
# The messages repeat what the cards say, so they are cut where many of them would make the page too heavy to send.
MESSAGE_SHOWN = 4000
MESSAGES_SHOWN = 800_000


@cache
def _packed_library(library: payload.Library) -> Markup:
    return pack_scripts({library.name: {"script": library.script, "style": library.style}})


def render_report(records: Iterable[Record], page_views: Sequence[PageView] = PAGE_VIEWS) -> str:
    """The page of a run's records as text; raises ``ValueError`` without a run header."""
    records = list(records)
    runs = aggregate.of_type(records, Run)
    if not runs:
        raise ValueError("no run header among the records")
    findings = aggregate.of_type(records, Finding)
    pairs = aggregate.of_type(records, PairComparison)
    defaults = aggregate.of_type(records, DefaultCall)
    versions = aggregate.framework_versions(runs)
    absent = [name for name, installed in versions.items() if not installed]
    # Suites of variants have sections of their own; these are the questions about whole matrices.
    plain = [finding for finding in findings if finding.suite not in VARIANT_SUITES]
    divergences = aggregate.divergences(plain)
    groups = aggregate.by_factor(divergences)
    shared_classes, single_classes = aggregate.split_classes(aggregate.of_type(records, EquivalenceClass))
    disagreeing = aggregate.disagreeing_pairs(pairs)
    views = {view: values for view in page_views if (values := view.values(records)) is not None}
    libraries = [payload.library(name) for name in sorted({name for view in views for name in view.libraries})]
    translation_section = translations.translation_section(records)
    packed = {name: value for values in views.values() for name, value in values.items()}
    if translation_section is not None:
        packed["instead"] = translation_section.data
    targets = aggregate.anchors(findings)
    counts = aggregate.counts(findings)
    per_operation = aggregate.per_operation(findings)
    return render_page(
        "report.html.j2",
        scripts=_scripts(views),
        more_scripts=[library.digest for library in libraries],
        page_views=list(views),
        libraries=libraries,
        examples=explorer.examples(findings),
        packed=pack_scripts(packed) + Markup("").join(map(_packed_library, libraries)),
        packed_above=PACKED_ABOVE,
        pack_scripts=pack_scripts,
        picture=weights_picture,
        picture_edges=(WIDTH, LEFT, RIGHT),
        sentence=sentence,
        without_variants=aggregate.frameworks_without_variants,
        runs=runs,
        installed={name: " and ".join(installed) for name, installed in versions.items() if installed},
        absent=absent,
        findings=findings,
        measured=aggregate.measured(findings),
        compared=aggregate.measured(plain),
        counts=counts,
        agree_total=aggregate.count_of(counts, AGREEMENT),
        unmeasured_total=aggregate.count_of(counts, NOT_MEASURED),
        shares=aggregate.bar_shares(counts),
        operations=sorted({finding.operation for finding in per_operation}),
        frameworks=sorted({finding.framework for finding in per_operation}),
        shared_matrix=aggregate.agreement_matrix(findings, absent, shared=True),
        single_framework_matrix=aggregate.agreement_matrix(findings, absent, shared=False),
        shared_conventions=aggregate.shared_conventions(pairs),
        disagreeing=disagreeing[:PAIRS_LISTED],
        disagreeing_total=len(disagreeing),
        defaults=defaults_table(defaults, findings),
        shared_classes=shared_classes,
        single_classes=single_classes,
        divergences=divergences,
        groups=groups,
        grouped=len(divergences) > GROUPED_ABOVE,
        open_cards=OPEN_CARDS,
        message_shown=min(MESSAGE_SHOWN, MESSAGES_SHOWN // max(len(divergences), 1)),
        variant_sections=variant_sections(findings),
        models=aggregate.of_type(records, ModelCheck),
        align_corners=align_corners.align_corners_section(records),
        translations=translation_section,
        releases=release_histories(records),
        release_columns=RELEASE_COLUMNS,
        counts_of=aggregate.counts,
        cause_of=cause_key,
        targets_of=lambda section: {cause_key(cause.worst): targets[id(cause.worst)] for cause in section.causes},
        new=aggregate.in_ledger_state(findings, LedgerState.NEW),
        stale=aggregate.in_ledger_state(findings, LedgerState.STALE),
        refused=[finding for finding in plain if finding.refused and finding.verdict not in NOT_MEASURED],
        unmeasured={verdict: [finding for finding in plain if finding.verdict == verdict] for verdict in NOT_MEASURED},
        agreeing=[finding for finding in plain if finding.verdict in AGREEMENT],
        anchor=lambda finding: targets[id(finding)],
    )


def _scripts(views: Iterable[PageView]) -> str:
    """The page's own scripts; the vocabulary comes after what the others hang on to, and before these."""
    named = [name for view in views for name in view.scripts]
    rest = ("colours.js", *named, "ask.js", "report.js", "translations.js")
    return "\n".join((template_text("page.js"), vocabulary_script(), *map(template_text, rest)))


def write_html(path: str | Path, records: Iterable[Record]) -> None:
    """Write the page, whole or not at all; raises ``OSError`` when it cannot be written."""
    write_atomically(Path(path), render_report(records))


def write_model_html(path: str | Path, run: Run, model: ModelCheck) -> None:
    """Write a page of nothing but one model's section; raises ``OSError`` when it cannot be written."""
    write_atomically(Path(path), render_page("model_page.html.j2", runs=[run], models=[model]))
