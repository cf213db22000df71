"""Chapters: which answers stand together, what links where, what is refused, and what counts as what."""

from __future__ import annotations

from dataclasses import replace

from halfpixel.reports.page.report_page import render_report
from halfpixel.reports.records.json_lines import from_dict, to_dict
from halfpixel.reports.records.record_types import Attribution, Finding, LedgerStatus, Refusal
from halfpixel.reports.sections.variant_suites import variant_sections
from tests.reports.page.test_html import Page
from tests.reports.test_sample import header

ROUNDING = Attribution(factors=("rounding",), explanation="values are cut off, not rounded")
SATURATION = Attribution(factors=("saturation",), explanation="256 becomes 0")


def answer(operation: str, variant: str, verdict: str = "exact", **changes) -> Finding:
    """One cell of the dtypes chapter."""
    values = {
        "suite": "dtypes",
        "question": f"what does {operation} do to {variant}?",
        "operation": operation,
        "framework": operation.split()[0],
        "variant": variant,
        "headline": "half even",
        "unit": "levels of the dtype",
        "against": "the exact value, rounded to nearest",
        "verdict": verdict,
        "gain": 0.5,
        "pairs_measured": 12,
    }
    return Finding(**values | changes)


def wrong(operation: str, variant: str, gain: float, cause: Attribution = ROUNDING, **changes) -> Finding:
    """A cell that diverges."""
    values = {"gain": gain, "headline": "cut off", "attribution": cause, "message": f"{operation} {variant} {gain}"}
    return answer(operation, variant, "diverges", **values | changes)


FINDINGS = (
    answer("torch a()", "int8"),
    answer("torch a()", "int16"),
    answer("torch b()", "int8"),
    answer("torch b()", "int16"),
    wrong("torch c()", "int8", 0.75, figures={"bias": -0.5, "rule": "truncation"}),
    wrong("torch c()", "int16", 1.5, reproduction="import torch\nprint(1)\n"),
    wrong("torch d()", "int8", 250.0, SATURATION),
    answer(
        "torch d()",
        "int16",
        "unsupported",
        gain=None,
        headline="refused",
        pairs_measured=0,
        refused=Refusal(pairs=0, message="RuntimeError: no int16 here"),
    ),
    answer("opencv e()", "int8"),
)


def test_operations_with_the_same_answers_share_a_row_and_the_worst_come_first():
    (chapter,) = variant_sections(FINDINGS)
    opencv, torch = chapter.tables
    assert torch.variants == ("int8", "int16")
    assert [row.operations for row in torch.rows] == [("torch c()",), ("torch d()",), ("torch a()", "torch b()")]
    assert [row.operations for row in opencv.rows] == [("opencv e()",)]


def test_an_answer_that_is_missing_leaves_an_empty_cell():
    (chapter,) = variant_sections([*FINDINGS, answer("torch f()", "int8")])
    torch = chapter.tables[1]
    (row,) = [row for row in torch.rows if row.operations == ("torch f()",)]
    assert [cell and cell.variant for cell in row.cells] == ["int8", None]


def test_causes_show_the_worst_of_each_kind_and_name_the_others():
    (chapter,) = variant_sections(FINDINGS)
    assert [(cause.factors, cause.worst.gain, len(cause.others)) for cause in chapter.causes] == [
        ("saturation", 250.0, 0),
        ("rounding", 1.5, 1),
    ]


def test_refusals_keep_the_message_and_are_no_agreement():
    (chapter,) = variant_sections(FINDINGS)
    (refusal,) = chapter.refusals
    assert refusal.message == "RuntimeError: no int16 here"
    assert [finding.subject for finding in refusal.findings] == ["torch d() [int16]"]


def test_the_page_has_the_chapter_and_every_cell_that_diverges_links_to_its_kind():
    page = Page(render_report([header(), *FINDINGS]))
    shown = page.by_id["dtypes"]
    assert "torch c() [int16]" in shown.replace("\u200b", "")
    assert "RuntimeError: no int16 here" in shown
    assert "1 finding like it" in shown
    assert "levels of the dtype" in shown
    targets = {value.removeprefix("#") for tag, names in page.tags if tag == "a" for value in [names.get("href", "")]}
    identifiers = {names["id"] for _, names in page.tags if names.get("id")}
    assert {target for target in targets if target.startswith("f-")} <= identifiers


def test_figures_of_the_finding_in_full_are_shown():
    found = wrong("torch c()", "int8", 0.75, figures={"bias": -0.5, "rule": "truncation"})
    shown = Page(render_report([header(), found])).by_id["dtypes"]
    assert "Bias" in shown
    assert "truncation" in shown


def test_chapters_do_not_repeat_themselves_in_the_other_sections():
    page = Page(render_report([header(), *FINDINGS]))
    assert "torch" not in page.by_id["divergences"]
    assert "no int16 here" not in page.by_id["unmeasured"]


def test_a_new_divergence_of_a_variant_is_counted_as_new():
    found = replace(FINDINGS[4], ledger=LedgerStatus(status="new"))
    assert "1 divergence is new" in Page(render_report([header(), found])).text


def test_markup_in_names_does_not_reach_the_page():
    found = wrong("torch <script>alert(1)</script>", "<b>int8</b>", 1.0, headline="<i>x</i>", figures={"<u>": "<s>"})
    text = render_report([header(), found])
    assert "<script>alert" not in text
    assert not {"b>int8", "<i>x", "<u>", "<s>"} & set(text.split())
    assert "<i>x</i>" not in text


def test_a_variant_survives_the_records():
    assert [from_dict(to_dict(found)) for found in FINDINGS] == list(FINDINGS)
