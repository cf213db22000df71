"""The table of exporters and runtimes: what counts where, and that what made no file is not taken for agreement."""

from __future__ import annotations

from halfpixel.reports.page.report_page import render_report
from halfpixel.reports.records.record_types import Attribution, Finding, Refusal
from halfpixel.reports.sections.exporter_matrix import exporter_matrices
from tests.reports.page.test_html import Page
from tests.reports.test_sample import header

EXPORT = {"suite": "parity"}
ROUNDING = Attribution(factors=("rounding",), explanation="values are cut off, not rounded")


def answer(operation: str, variant: str, verdict: str = "exact", **changes) -> Finding:
    """One answer about a variant."""
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
    """One that diverges."""
    values = {"gain": gain, "headline": "cut off", "attribution": cause, "message": f"{operation} {variant} {gain}"}
    return answer(operation, variant, "diverges", **values | changes)


def refused(operation: str, variant: str, verdict: str = "unsupported") -> Finding:
    """A call that became no file."""
    message = Refusal(pairs=0, message="no")
    return answer(operation, variant, verdict, gain=None, pairs_measured=0, refused=message, **EXPORT)


FINDINGS = [
    answer("torch a()", "made, fixed -> one", **EXPORT),
    answer("torch b()", "made, fixed -> one", "agrees", **EXPORT),
    wrong("torch c()", "made, fixed -> one", 0.25, **EXPORT),
    wrong("torch d()", "made, fixed -> one", 1.5, **EXPORT),
    answer("torch a()", "made, fixed -> two", **EXPORT),
    refused("torch e()", "made, fixed"),
    refused("torch f()", "made, fixed", "error"),
    refused("torch a()", "made, dynamic"),
    refused("torch (every call)", "-> three", "not installed"),
    answer("tensorflow a()", "other -> one", **EXPORT),
]


def test_calls_are_counted_by_way_and_runtime():
    of_torch, of_tensorflow = exporter_matrices(FINDINGS)
    assert (of_torch.framework, of_torch.runtimes) == ("torch", ("one", "two"))
    fixed, dynamic = of_torch.rows
    one, two = fixed.cells
    assert dict(one.counts) == {"diverges": 2, "agrees": 1, "exact": 1}
    assert list(one.counts) == ["diverges", "agrees", "exact"]
    assert one.worst.gain == 1.5
    assert (dict(two.counts), two.worst) == ({"exact": 1}, None)
    assert (fixed.refused, fixed.failed) == (1, 1)
    assert (dynamic.refused, dynamic.failed, dynamic.cells) == (1, 0, (None, None))
    assert of_tensorflow.runtimes == ("one",)


def test_the_page_has_the_table_and_the_worst_gain():
    text = " ".join(Page(render_report([header(), *FINDINGS])).text.split())
    assert "torch: its calls" in text
    assert "worst: 1.5 " in text


def test_a_run_of_other_variants_has_no_such_table():
    assert "its calls" not in render_report([header(), answer("torch a()", "int8")])
