"""The explorer in a browser: what is asked of it is found, can be sent to others, and can be read by all."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from halfpixel.golden import Convention
from halfpixel.reports.records.record_types import Attribution, Finding, Record
from tests.reports.browser.page import (
    violations,
)
from tests.reports.test_sample import divergence, entry, finding, known, linear_row, samples, worst

ROWS = "#find-table tbody tr:has(button.opener)"
INFO = "#find .dt-info"
ROWS_OF_A_PAGE = 12
AREA = Convention(kernel="area")
SINCE = "since 5.0; not in 4.14"


def _uint8(framework: str, verdict: str = "diverges", **changes: object) -> Finding:
    operation = f"{framework} resize8()"
    values = {
        "suite": "dtypes",
        "question": f"what does {operation} do to images of dtype uint8?",
        "operation": operation,
        "framework": framework,
        "against": "exact values, rounded",
        "verdict": verdict,
        "variant": "uint8",
        "headline": "truncates",
        "unit": "levels of the dtype",
        "gain": 1.0,
        "pairs_measured": 29,
        "attribution": Attribution(factors=("rounding",), explanation="It truncates where it should round."),
        "ledger": known("truncates"),
        "figures": {"worst at": "output [0, 0]", "bias": -0.5},
    }
    return Finding(**values | changes)


@pytest.fixture
def records() -> list[Record]:
    """The sample, a chapter's finding, enough that agree for a second page, and one that alone does not."""
    place = worst(linear_row(9, 4.0), linear_row(9, 4.125), 18, 8, 4)
    alone = divergence("scipy", "zoom()", AREA, place, Attribution(factors=("kernel",), explanation="Another kernel."))
    many = [finding("torch", f"resize(number={i})", AREA) for i in range(40)]
    truncates = entry("opencv", "truncates", "precision", since=SINCE)
    return [*samples(), _uint8("opencv"), alone, *many, truncates]


@pytest.fixture
def find(opened, records):
    """``find(fragment)`` opens the explorer there and waits for its rows."""

    def start(fragment: str = "#find", **options: object):
        page = opened(records, fragment, **options)
        page.page.wait_for_selector("#find-table tbody tr")
        return page

    return start


def _settled(page, total: str) -> list[str]:
    """The operations shown once so many are found."""
    page.locator(INFO).filter(has_text=f"of {total} finding").wait_for()
    return page.locator(f"{ROWS} button.opener").all_inner_texts()


def test_it_opens_without_a_fault_and_each_defect_comes_once_before_any_comes_again(find):
    page = find().page
    shown = _settled(page, "56")
    assert shown[:4] == [
        "opencv resize(INTER_NEAREST)",
        "opencv resize(INTER_CUBIC)",
        "tensorflow compat.v1.image.resize(bilinear)",
        "torch interpolate(mode=bilinear, antialias=True)",
    ]
    assert "gain" not in page.locator(INFO).inner_text()
    assert len(shown) == ROWS_OF_A_PAGE


def test_a_title_and_an_address_are_searched(find):
    page = find("#find?q=example/issues/1 long known").page
    assert len(_settled(page, "6")) == 6
    page.get_by_label("Words").fill("opencv/truncates")
    assert _settled(page, "1") == ["opencv resize8() [uint8]"]


def test_words_are_searched_as_they_are_typed(find):
    page = find().page
    page.get_by_label("Words").fill("rounding uint8")
    assert _settled(page, "1") == ["opencv resize8() [uint8]"]
    assert page.url.endswith("#find?q=rounding+uint8")
    page.get_by_label("Words").fill("nothing is called so")
    page.wait_for_selector("text=Nothing answers to this")


FILTERS = {
    ("framework", "opencv"): 5,
    ("suite", "dtypes"): 1,
    ("kernel", "cubic"): 3,
    ("mode", "align_corners"): 1,
    ("when", "up"): 7,
    ("when", "only-down"): 0,
    ("variant", "uint8"): 1,
    ("verdict", "ties"): 1,
    ("verdict", "disagrees"): 8,
    ("verdict", "unmeasured"): 3,
    ("factor", "antialias"): 1,
    ("since", SINCE): 1,
    ("defect", "opencv/truncates"): 1,
    ("defect", "torch/no-antialias"): 1,
}


def test_each_filter_keeps_what_it_says_and_all_together(find):
    page = find().page
    page.get_by_text("More filters").click()
    for (name, value), total in FILTERS.items():
        page.locator(f"#find [name={name}]").select_option(value)
        end = f"#find?{urlencode({name: value})}"
        page.wait_for_url(lambda url, end=end: url.endswith(end))
        if total:
            assert len(_settled(page, str(total))) == min(total, ROWS_OF_A_PAGE)
        else:
            page.wait_for_selector("text=Nothing answers to this")
        page.get_by_role("link", name="Start over").click()
        _settled(page, "56")
    for name, value in {"framework": "opencv", "verdict": "disagrees", "when": "up"}.items():
        page.locator(f"#find [name={name}]").select_option(value)
    assert _settled(page, "2") == ["opencv resize(INTER_NEAREST)", "opencv resize(INTER_CUBIC)"]


def test_only_one_framework_differs(find):
    """Of the conventions that opencv does not keep, tensorflow does not keep one; nobody else documents the other."""
    page = find("#find?only=scipy").page
    assert _settled(page, "1") == ["scipy zoom()"]
    page.locator("#find [name=only]").select_option("opencv")
    page.wait_for_selector("text=Nothing answers to this")


def test_it_passes_here_and_diverges_there(find):
    page = find("#find?agrees=torch&differs=opencv").page
    assert _settled(page, "1") == ["opencv resize(INTER_CUBIC)"]
    page.locator(f"{ROWS} button.opener").click()
    assert "opencv: 1 of 1 differs; tensorflow: 1 of 1 differs; torch: agrees" in page.locator(".found").inner_text()


def test_a_row_opens_into_why_and_how_to_see_it(find):
    page = find("#find?q=INTER_CUBIC").page
    _settled(page, "1")
    page.get_by_role("button", name="opencv resize(INTER_CUBIC)").press("Enter")
    found = page.locator(".found")
    found.wait_for()
    text = found.inner_text()
    for part in (
        "does opencv resize(INTER_CUBIC) resize as documented?",
        "It uses a = -1/2 where -3/4 is documented.",
        "612 of 1,024 pairs differ: 496 enlarging, 116 shrinking, 0 of equal size",
        "width 8 → 12, output 5 (interior), input coordinate 10/3",
        "import opencv",
    ):
        assert part in text
    assert found.get_by_role("link", name="https://example.org/opencv/resize.html").count() == 1
    page.get_by_role("button", name="opencv resize(INTER_CUBIC)").press("Enter")
    found.wait_for(state="detached")
    assert page.url.endswith("#find?q=INTER_CUBIC")


def test_a_link_to_a_row_opens_it_on_its_page(find):
    page = find("#find?verdict=agree&row=conformance/torch resize(number=39)").page
    page.locator(".found").wait_for()
    assert page.locator(INFO).inner_text().startswith("37 to ")
    opener = page.locator("button.opener[aria-expanded=true]")
    assert opener.inner_text() == "torch resize(number=39)"
    page.wait_for_timeout(500)
    assert opener.evaluate("button => button === document.activeElement")
    assert 0 <= opener.evaluate("button => button.getBoundingClientRect().top") < 720
    assert page.locator("#find [name=verdict]").input_value() == "agree"


def test_back_and_forward_walk_through_what_was_asked(find):
    page = find("#find").page
    _settled(page, "56")
    page.locator("#find [name=framework]").select_option("opencv")
    _settled(page, "5")
    page.locator("#find [name=verdict]").select_option("ties")
    _settled(page, "1")
    page.go_back()
    assert len(_settled(page, "5")) == 5
    assert page.locator("#find [name=verdict]").input_value() == ""
    page.go_back()
    _settled(page, "56")
    page.go_forward()
    assert len(_settled(page, "5")) == 5


def test_another_order_and_page_are_in_the_address(find):
    page = find("#find?framework=torch").page
    _settled(page, "45")
    page.get_by_role("button", name="Operation").press("Enter")
    page.wait_for_url(lambda url: "by=operation+asc" in url)
    shown = page.locator(f"{ROWS} button.opener").all_inner_texts()
    assert shown == sorted(shown)
    page.get_by_role("link", name="Next page").click()
    page.wait_for_url(lambda url: "page=2" in url)
    later = page.locator(f"{ROWS} button.opener").all_inner_texts()
    page.reload()
    page.wait_for_selector("text=13 to 24 of 45")
    assert page.locator(f"{ROWS} button.opener").all_inner_texts() == later
    assert shown[-1] < later[0]


def test_the_reproduction_is_copied(find, browser):
    page = find(
        "#find?row=conformance/opencv resize(INTER_CUBIC)", permissions=["clipboard-read", "clipboard-write"]
    ).page
    page.locator(".found").get_by_role("button", name="Copy").click()
    page.locator(".found").get_by_role("button", name="Copied").wait_for()
    program = next(
        each.reproduction for each in samples() if getattr(each, "operation", "") == "opencv resize(INTER_CUBIC)"
    )
    assert page.evaluate("navigator.clipboard.readText()") == program


def test_dark_and_light_as_the_system_or_as_chosen(find):
    page = find(color_scheme="dark").page
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    dark = page.evaluate(paper)
    page.get_by_label("Colours").select_option("light")
    light = page.evaluate(paper)
    assert (dark, light) == ("rgb(23, 24, 26)", "rgb(253, 252, 249)")
    page.get_by_label("Colours").select_option("")
    assert page.evaluate(paper) == dark
    page.emulate_media(color_scheme="light")
    assert page.evaluate(paper) == light


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_roles_and_names(find, scheme):
    """With a row open and every filter in sight."""
    page = find("#find?when=up&row=conformance/opencv resize(INTER_CUBIC)", color_scheme=scheme).page
    page.locator(".found").wait_for()
    assert violations(page) == []


def test_print_keeps_what_is_open(find):
    page = find("#find?row=conformance/opencv resize(INTER_CUBIC)").page
    page.locator(".found pre").first.wait_for()
    page.emulate_media(media="print")
    assert page.locator(".found pre").first.is_visible()
    assert page.locator("#summary table").first.is_visible()
    assert not page.locator("#find form").is_visible()
    assert not page.get_by_role("button", name="Copy").first.is_visible()
