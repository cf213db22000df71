"""What the explorer works on: every finding, worst first, packed the same way each time, and nothing that acts."""

from __future__ import annotations

import math
from dataclasses import replace
from importlib.metadata import PackageNotFoundError

import pytest

from halfpixel.golden.vocabulary import Verdict
from halfpixel.reports.page import payload
from halfpixel.reports.page.explorer import examples, explorer_values
from halfpixel.reports.page.payload import pack, pack_scripts
from halfpixel.reports.page.report_page import render_report
from halfpixel.reports.page.templating import template_text
from halfpixel.reports.records.aggregate import of_type
from halfpixel.reports.records.record_types import Finding, LedgerStatus
from tests.reports.page.test_html import unpacked
from tests.reports.test_sample import CUBIC, LINEAR, entry, finding, header, known, samples


def _column(table: dict, name: str) -> list:
    if name in table["plain"]:
        return table["plain"][name]
    return [table["texts"][place] for place in table["text"][name]]


def test_a_packed_value_comes_back_and_is_the_same_text_each_time():
    value = {"text": ["</script>", "\u2028\ud800", "ü"], "number": [1, -0.5, None]}
    text = str(pack_scripts({"x": value}))
    assert unpacked(text, "x") == value
    assert pack(value) == pack(value)
    with pytest.raises(ValueError, match="not JSON compliant"):
        pack(math.nan)


def test_the_page_carries_every_finding_the_ordinary_ones_of_each_defect_first():
    """News, then one finding of each defect by its kind and reach, then what no entry explains, then the rest."""
    page = render_report(samples())
    table = unpacked(page, "findings")
    found = of_type(samples(), Finding)
    assert sorted(_column(table, "operation")) == sorted(each.operation for each in found)
    assert _column(table, "operation")[:7] == [
        "opencv resize(INTER_NEAREST)",
        "opencv resize(INTER_CUBIC)",
        "tensorflow compat.v1.image.resize(bilinear)",
        "torch interpolate(mode=bilinear, antialias=True)",
        "tensorflow image.resize(method=bicubic)",
        "torch grid_sample(padding_mode=border)",
        "tensorflow raw_ops.ResizeArea()",
    ]
    assert _column(table, "defect")[:5] == [
        "opencv/nearest-ties",
        "",
        "tensorflow/v1-coordinates",
        "torch/no-antialias",
        "tensorflow/bicubic-table",
    ]
    groups = [Verdict(verdict) for verdict in _column(table, "verdict")[7:]]
    assert [verdict.is_measured for verdict in groups] == sorted(verdict.is_measured for verdict in groups)
    assert render_report(samples()) == page


def test_one_bug_does_not_fill_the_first_rows():
    """The second finding of a defect comes after the first of every other; calls with fewer parameters come first."""
    many = [finding("torch", f"f(a={i}, b=1)", CUBIC, "diverges", gain=1.0 + i, ledger=known("one")) for i in range(9)]
    plain = finding("torch", "f()", CUBIC, "diverges", gain=0.5, ledger=known("one"))
    other = finding("torch", "g(a=1, b=2, c=3)", CUBIC, "diverges", gain=0.1, ledger=known("two"))
    records = [header(), *many, plain, other, entry("torch", "one"), entry("torch", "two", "precision")]
    table = explorer_values(records)["findings"]
    operations = _column(table, "operation")
    assert operations[:3] == ["torch f()", "torch g(a=1, b=2, c=3)", "torch f(a=8, b=1)"]


def test_reasons_threads_and_addresses_are_searched():
    (one,) = [finding("torch", "f()", CUBIC, "diverges", ledger=known("one"))]
    table = explorer_values([header(), one, entry("torch", "one")])["findings"]
    assert _column(table, "reason") == ["long known"]
    assert _column(table, "link") == ["https://github.com/example/example/issues/1"]
    assert _column(table, "source") == [one.source]
    script = template_text("explorer_questions.js")
    assert '"defect", "reason", "link", "source"]' in script


def test_kernel_and_mode_are_those_documented_also_where_another_suite_asks():
    asked = Finding(
        suite="edges",
        question="?",
        operation="torch f()",
        framework="torch",
        against="finite",
        verdict="exact",
        variant="NaN",
    )
    more = replace(asked, operation="torch f() of 3 axes")
    other = replace(asked, operation="torch g()", against="linear align_corners, or a refusal")
    table = explorer_values([header(), finding("torch", "f()", CUBIC), asked, more, other])["findings"]
    kernels = dict(zip(_column(table, "operation"), _column(table, "kernel"), strict=True))
    assert kernels == {"torch f()": "cubic", "torch f() of 3 axes": "cubic", "torch g()": "linear"}
    assert set(_column(table, "mode")) == {"half_pixel", "align_corners"}


def test_numbers_that_json_has_not_are_words():
    table = explorer_values(
        [header(), finding("torch", "f()", LINEAR, "diverges", gain=math.inf, grey_levels=math.nan)]
    )["findings"]
    assert (table["plain"]["gain"], table["plain"]["grey_levels"]) == (["∞"], ["NaN"])


def test_only_web_links_are_kept_and_the_program_stands_once():
    bad = finding(
        "torch",
        "f()",
        LINEAR,
        "diverges",
        source="javascript:alert(1)",
        ledger=LedgerStatus(status="known", link="https://example.org/1"),
        message="called: f\nreproduce with:\n    print(1)",
        reproduction="print(1)\n",
    )
    details = explorer_values([header(), bad])["details"]
    assert _column(details, "source") == [""]
    assert _column(details, "link") == ["https://example.org/1"]
    assert _column(details, "message") == ["called: f"]
    assert _column(details, "reproduction") == ["print(1)\n"]


def test_the_examples_have_answers():
    found = of_type(samples(), Finding)
    assert examples(found) == [
        ("All that diverges", "find?verdict=diverges"),
        ("Where opencv agrees and tensorflow differs", "find?agrees=opencv&differs=tensorflow"),
    ]
    alone = [finding("torch", "f()", CUBIC, "diverges"), finding("opencv", "f()", CUBIC)]
    assert ("Where only torch differs", "find?only=torch") in examples(alone)
    assert examples([finding("torch", "f()", CUBIC)]) == []


def test_a_run_without_findings_has_no_explorer():
    assert explorer_values([header()]) is None
    assert 'id="find"' not in render_report([header()])


def test_libraries_are_whole_and_allowed_by_the_policy():
    library = payload.library("datatables")
    assert "globalThis.DataTable=" in library.script
    assert "export{" not in library.script
    assert "SpryMedia" in library.notice
    page = render_report(samples())
    assert unpacked(page, "datatables") == {"script": library.script, "style": library.style}
    assert f"&#39;{library.digest}&#39;" in page
    assert library.notice in page
    assert "Bokeh" in payload.library("bokeh").script


def test_a_library_that_is_not_installed_is_named():
    with pytest.raises(PackageNotFoundError, match="no_such_package"):
        payload._package_file("no_such_package", "x.js")
