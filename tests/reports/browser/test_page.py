"""The page in a browser, but for its views: without scripts, folded chapters, hostile records, what its top asks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from halfpixel.reports.records.record_types import Attribution, LedgerStatus
from tests.reports.browser.page import violations
from tests.reports.page.test_safety import HOSTILE
from tests.reports.page.test_translations import records as translated
from tests.reports.test_sample import CUBIC, LINEAR, divergence, entry, header, linear_row, samples, worst

OPENER = "#find-table button.opener"


def test_without_scripts_the_defects_are_read(opened):
    page = opened(samples(), java_script_enabled=False).page
    for part in (
        "#summary table",
        "#defects details.card",
        "#defaults table",
        "#unexplained details",
        "#versions details",
    ):
        assert page.locator(part).first.is_visible()
    card = page.locator("#defect-tensorflow-v1-coordinates")
    card.locator("summary").first.click()
    assert card.get_by_text("Pass a size.").is_visible()
    assert page.get_by_text("The search needs scripts").is_visible()
    assert not page.get_by_label("Words").is_visible()
    assert not page.get_by_label("Colours").is_visible()


def test_what_is_heavy_unfolds_when_it_is_opened_or_pointed_into(opened):
    place = worst(linear_row(9, 4.0), linear_row(9, 4.25), 18, 8, 4)
    causes = [Attribution(factors=(f"cause {i}",), explanation="It samples elsewhere.") for i in range(60)]
    many = [divergence("torch", f"resize(number={i})", LINEAR, place, cause) for i, cause in enumerate(causes)]
    start = opened([header(), *many])
    page = start.page
    assert page.locator("#unexplained details.card").count() == 0
    page.get_by_text("60 kinds of differences").click()
    page.locator("#unexplained details.card").first.wait_for()
    assert page.locator("#unexplained details.card").count() == 60
    last = page.locator("#unexplained details.card").last.get_attribute("id")
    page = start.at(f"#{last}")
    page.locator(f"#{last} .body").wait_for()
    assert page.locator(f"#{last} .body").is_visible()


def test_a_link_to_a_defect_opens_and_focuses_its_card_and_stays_there(opened):
    """Also one that is folded, and while sections above it fill."""
    many = [entry("torch", f"d{i}") for i in range(9)]
    page = opened([*samples(), *many], "#defect-torch-d8", viewport={"width": 1280, "height": 800}).page
    page.locator("#defect-torch-d8 .body").wait_for()
    page.wait_for_timeout(500)
    top = page.locator("#defect-torch-d8").evaluate("card => card.getBoundingClientRect().top")
    assert 0 <= top < 100
    assert page.evaluate("document.activeElement.parentElement.id") == "defect-torch-d8"


def test_a_card_leads_to_its_findings_and_a_finding_to_its_card(opened):
    page = opened(samples(), "#defect-tensorflow-v1-coordinates").page
    card = page.locator("#defect-tensorflow-v1-coordinates")
    card.get_by_text("1 finding: conformance 1").click()
    card.get_by_role("link", name="All of them in the search").click()
    page.locator("#find .dt-info").filter(has_text="of 1 finding").wait_for()
    page.locator(OPENER).click()
    page.get_by_role("link", name="Its defect").click()
    page.wait_for_url(lambda url: url.endswith("#defect-tensorflow-v1-coordinates"))
    assert card.locator("summary").first.is_visible()


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_cards_are_accessible_and_fit(opened, width):
    page = opened(samples(), "#defect-tensorflow-v1-coordinates", viewport={"width": width, "height": 800}).page
    page.locator("#defect-tensorflow-v1-coordinates").get_by_text("1 finding: conformance 1").click()
    page.locator("#differences details > summary").click()
    page.locator("#versions details > summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []


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


def test_what_to_write_instead_takes_the_names_that_people_write(opened):
    page = opened(translated(), "#instead?words=pytorch c").page
    page.locator("#instead-count").filter(has_text="2 answers").wait_for()
    assert page.locator("#instead-rows th").all_inner_texts() == ["torch\nf(x, c) # calm"] * 2


def test_the_weights_are_there_to_copy_as_one_program(opened):
    """Those of the source's convention, and their product in the tensors of the target."""
    page = opened(translated(), "#instead?from=torch&words=f(x, c)").page
    page.get_by_text("exact weights: right at every size").click()
    program = "def weights(size_in, size_out, axis):\ndef translated(x, h, w):\n"
    page.locator("#instead-rows pre").filter(has_text="def weights").wait_for()
    assert page.locator("#instead-rows pre").filter(has_text="def weights").text_content() == program
