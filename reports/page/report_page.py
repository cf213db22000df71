"""The report of a run as one self-contained HTML page: opens offline, reads without scripts, prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from markupsafe import Markup

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
from halfpixel.reports.sections.defects import DEFECT_KINDS, by_release, defects_section
from halfpixel.reports.sections.exporter_matrix import exporter_matrices
from halfpixel.reports.text.sentences import sentence

ALIGN_CORNERS_PAGE = "align-corners.html"
"""The page on ``align_corners``, beside that of the run."""
CARDS_SHOWN = 3
"""Cards of each project that are in sight; the others unfold."""
NEWS_LISTED = 4
OPEN_CARDS, GROUPS_OPEN = 1, 8
"""What no entry explains: so many cards are open, and so many are in sight, where there are no more."""
LIKE_IT_LISTED = 50
PAIRS_LISTED = 300
# Parts of the page that are longer than this, in characters of markup, are packed.
PACKED_ABOVE = 100_000
# The messages repeat what the cards say, so they are cut where many of them would make the page too heavy to send.
MESSAGE_SHOWN = 4000
MESSAGES_SHOWN = 400_000


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
    versions = aggregate.framework_versions(runs)
    absent = [name for name, installed in versions.items() if not installed]
    defects = defects_section(records)
    groups = _by_cause(defects.unexplained)
    shared_classes, single_classes = aggregate.split_classes(aggregate.of_type(records, EquivalenceClass))
    disagreeing = aggregate.disagreeing_pairs(pairs)
    views = {view: values for view in page_views if (values := view.values(records)) is not None}
    libraries = [payload.library(name) for name in sorted({name for view in views for name in view.libraries})]
    translation_section = translations.translation_section(records)
    packed = {name: value for values in views.values() for name, value in values.items()}
    if translation_section is not None:
        packed["instead"] = translation_section.data
    targets = aggregate.anchors(findings)
    return render_page(
        "report.html.j2",
        scripts=_scripts(views),
        more_scripts=[library.digest for library in libraries],
        page_views=list(views),
        view_of={"compare": None, "find": None} | {view.name: view for view in views},
        libraries=libraries,
        examples=explorer.examples(findings),
        row_name=explorer.row_name,
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
        shortfalls=aggregate.shortfalls(records),
        findings=findings,
        measured=aggregate.measured(findings),
        counts=aggregate.counts(findings),
        operations={finding.operation for finding in aggregate.per_operation(findings)},
        defects=defects,
        DEFECT_KINDS=DEFECT_KINDS,
        by_release=by_release,
        cards_shown=CARDS_SHOWN,
        news=_by_cause((*defects.new, *defects.changed))[:NEWS_LISTED],
        unexplained_groups=groups,
        like_it_listed=LIKE_IT_LISTED,
        open_cards=OPEN_CARDS,
        groups_open=GROUPS_OPEN,
        message_shown=min(MESSAGE_SHOWN, MESSAGES_SHOWN // max(len(groups) + len(defects.known), 1)),
        exporters=exporter_matrices(findings),
        shared_matrix=aggregate.agreement_matrix(findings, absent, shared=True),
        single_framework_matrix=aggregate.agreement_matrix(findings, absent, shared=False),
        shared_conventions=aggregate.shared_conventions(pairs),
        disagreeing=disagreeing[:PAIRS_LISTED],
        disagreeing_total=len(disagreeing),
        defaults=defaults_table(aggregate.of_type(records, DefaultCall), findings),
        shared_classes=shared_classes,
        single_classes=single_classes,
        models=aggregate.of_type(records, ModelCheck),
        has_align_corners=align_corners.align_corners_section(records) is not None,
        translations=translation_section,
        anchor=lambda finding: targets[id(finding)],
    )


def _by_cause(findings: Iterable[Finding]) -> list[tuple[Finding, list[Finding]]]:
    """The worst finding of each framework, suite and cause with those like it, from findings that come worst first."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.framework, finding.suite, finding.causes), []).append(finding)
    return [(members[0], members[1:]) for members in groups.values()]


def render_align_corners(records: Iterable[Record], report: str) -> str | None:
    """The page on ``align_corners``, with a link to ``report``; ``None`` for a run that did not ask about it."""
    section = align_corners.align_corners_section(records)
    if section is None:
        return None
    return render_page("align_corners_page.html.j2", align_corners=section, report=report)


def _scripts(views: Iterable[PageView]) -> str:
    """The page's own scripts; the vocabulary comes after what the others hang on to, and before these."""
    named = [name for view in views for name in view.scripts]
    rest = ("colours.js", "names.js", *named, "report.js", "translations.js")
    return "\n".join((template_text("page.js"), vocabulary_script(), *map(template_text, rest)))


def write_html(path: str | Path, records: Iterable[Record]) -> None:
    """Write the page, and :data:`ALIGN_CORNERS_PAGE` beside it where the run asked about ``align_corners``.

    Each whole or not at all; raises ``OSError`` when one cannot be written.
    """
    path, records = Path(path), list(records)
    write_atomically(path, render_report(records))
    if text := render_align_corners(records, path.name):
        write_atomically(path.with_name(ALIGN_CORNERS_PAGE), text)


def write_model_html(path: str | Path, run: Run, model: ModelCheck) -> None:
    """Write a page of nothing but one model's section; raises ``OSError`` when it cannot be written."""
    write_atomically(Path(path), render_page("model_page.html.j2", runs=[run], models=[model]))
