"""The page in a browser, but for its views: without scripts, folded chapters, hostile records, what its top asks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from halfpixel.reports.records.record_types import Attribution, LedgerStatus
from tests.reports.page.test_safety import HOSTILE
from tests.reports.page.test_showcase import records_of
from tests.reports.page.test_translations import records as translated
from tests.reports.test_sample import CUBIC, LINEAR, divergence, header, linear_row, samples, worst

OPENER = "#find-table button.opener"


def test_without_scripts_the_summary_is_read(opened):
    page = opened(samples(), java_script_enabled=False).page
    for part in ("#summary", "#matrix table", "#defaults table", "#classes ul", "#divergences details"):
        assert page.locator(part).first.is_visible()
    assert page.get_by_text("The search needs scripts").is_visible()
    assert not page.get_by_label("Words").is_visible()
    assert not page.get_by_label("Colours").is_visible()


def test_a_heavy_chapter_unfolds_when_it_is_opened_or_pointed_into(opened):
    place = worst(linear_row(9, 4.0), linear_row(9, 4.25), 18, 8, 4)
    cause = Attribution(factors=("coordinates",), explanation="It samples elsewhere.")
    many = [divergence("torch", f"resize(number={i})", LINEAR, place, cause) for i in range(60)]
    start = opened([header(), *many])
    page = start.page
    assert page.locator("#divergences details.card").count() == 0
    page.get_by_text("60 divergences, each in full").click()
    page.locator("#divergences details.card").first.wait_for()
    assert page.locator("#divergences details.card").count() == 60
    last = page.locator("#divergences details.card").last.get_attribute("id")
    page = start.at(f"#{last}")
    page.locator(f"#{last} .body").wait_for()
    assert page.locator(f"#{last} .body").is_visible()


BIDIRECTIONAL = "a\u202eb\u2066c"


@pytest.mark.parametrize(
    "text", [HOSTILE[0], HOSTILE[4], BIDIRECTIONAL, "x" * 1_000_000], ids=["script", "image", "bidi", "long"]
)
def test_hostile_text_is_shown_and_does_nothing(opened, text):
    name = f"torch {text}"
    place = worst(linear_row(7, 4.4), linear_row(7, 3.0), 5, 3, 4)
    cause = Attribution(factors=(text,), explanation=text, convention=text)
    hostile = divergence("torch", text, CUBIC, place, cause, variant=text, note=text, message=text, reproduction=text)
    hostile = replace(
        hostile, figures={text: text}, ledger=LedgerStatus(status="new", reason=text, link=f"javascript:{text}")
    )
    page = opened([header(), hostile], "#find").page
    page.on("dialog", lambda dialog: pytest.fail("something ran"))
    button = page.locator(OPENER)
    button.click()
    page.locator(".found pre").first.wait_for()
    shown = button.inner_text()
    assert shown.startswith(name.replace("\u202e", "\\u202e").replace("\u2066", "\\u2066")[:200])
    assert len(shown) < 1_000
    assert page.locator("#find img, #find script, #find [onload]").count() == 0
    assert all(
        link.startswith(("#", "https://"))
        for link in page.locator("a").evaluate_all("all => all.map((a) => a.getAttribute('href'))")
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_to_write_instead_is_asked_in_the_address(opened):
    page = opened(translated(), "#instead?from=torch&words=f(x").page
    page.locator("#instead-count").filter(has_text="3 answers").wait_for()
    page.get_by_label("Verdict").last.select_option("same")
    page.wait_for_url(lambda url: url.endswith("#instead?words=f%28x&from=torch&verdict=same"))
    page.locator("#instead-count").filter(has_text="1 answer").wait_for()
    page.go_back()
    page.locator("#instead-count").filter(has_text="3 answers").wait_for()
    assert page.locator("#instead-words").input_value() == "f(x"


def test_the_weights_are_there_to_copy_as_one_program(opened):
    """Those of the source's convention, and their product in the tensors of the target."""
    page = opened(translated(), "#instead?from=torch&words=f(x, c)").page
    page.get_by_text("exact weights: right at every size").click()
    program = "def weights(size_in, size_out, axis):\ndef translated(x, h, w):\n"
    page.locator("#instead-rows pre").filter(has_text="def weights").wait_for()
    assert page.locator("#instead-rows pre").filter(has_text="def weights").text_content() == program


def test_the_top_of_the_page_asks_whether_two_operations_agree(opened):
    page = opened([*samples(), *records_of("linear", "corners")[1:]]).page
    first, second = (page.locator(f"#ask [name={name}]") for name in "ab")
    first.focus()
    page.locator("#ask-operations option").first.wait_for(state="attached")
    offered = page.locator("#ask-operations option").evaluate_all("all => all.map((each) => each.value)")
    assert "opencv resize(INTER_LINEAR)" in offered
    first.fill("x linear")
    second.fill("x corners")
    page.get_by_role("button", name="Compare", exact=True).click()
    page.wait_for_url(lambda url: url.endswith("#compare?a=x+linear&b=x+corners"))
    page.locator("#compare").wait_for()
