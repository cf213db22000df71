"""The page: what it says, and in which order."""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import pytest

from halfpixel.reports.page.report_page import render_report, write_html
from halfpixel.reports.records import aggregate
from halfpixel.reports.records.record_types import Finding
from halfpixel.reports.text.text_escaping import number
from tests.reports.test_sample import (
    CORNERS,
    LINEAR,
    cubic_row,
    divergence,
    finding,
    header,
    linear_row,
    samples,
    worst,
)

VOID = {"meta", "br", "wbr", "input", "path", "rect"}


def unpacked(text: str, name: str) -> object:
    """A value that the page carries packed."""
    packed = re.search(rf'<script type="application/octet-stream" id="packed-{name}">([^<]*)</script>', text)[1]
    return json.loads(gzip.decompress(base64.b64decode(packed)))


class Page(HTMLParser):
    """Tags with their attributes, the text, and the text of each element that has an id."""

    def __init__(self, text: str) -> None:
        """Parse ``text``."""
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.by_id: dict[str, str] = {}
        self.open: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember the tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, dict(attrs).get("id")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag that closes itself, as SVG has."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Tags must close in order: a hostile one would break that."""
        assert self.open.pop()[0] == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        """Collect text."""
        if self.open and self.open[-1][0] in ("script", "style"):
            return
        if self.open and self.open[-1][0] == "dt":
            data += " "
        self.text += data
        for _, name in self.open:
            if name:
                self.by_id[name] = self.by_id.get(name, "") + data

    def attributes(self, name: str) -> list[str]:
        """Every value of one attribute."""
        return [values[name] or "" for _, values in self.tags if name in values]


def words(text: str) -> str:
    """Text with runs of white space as one space."""
    return " ".join(text.split())


@pytest.fixture(scope="module")
def page() -> Page:
    """The page of the sample."""
    return Page(render_report(samples()))


def test_sections_come_in_the_order_of_use(page: Page) -> None:
    """What agrees comes last, because it is long and says little."""
    titles = [
        "summary",
        "run",
        "matrix",
        "shared",
        "defaults",
        "classes",
        "stale",
        "divergences",
        "unmeasured",
        "agreeing",
    ]
    found = [values["id"] for _, values in page.tags if values.get("id") in titles]
    assert found == titles


def test_the_summary_counts(page: Page) -> None:
    """By verdict, and what was not measured apart."""
    text = words(page.by_id["summary"])
    assert (
        "14 questions about the resize calls of 3 frameworks (11 operations measured): 5 agree within rounding" in text
    )
    assert "1 of them bit for bit; 4 diverge, 1 differs only at rounding ties" in text
    assert "3 were not measured." in text
    assert "1 divergence is new. 1 ledger entry is stale. Not installed: keras, ncnn." in text


def test_a_framework_that_is_not_installed_is_never_agreement(page: Page) -> None:
    """It is named as not installed, and has no column whose empty cells could be misread."""
    assert "Not installed keras, ncnn" in words(page.by_id["run"])
    matrix = aggregate.agreement_matrix(aggregate.of_type(samples(), Finding), [])
    assert matrix.frameworks == ("opencv", "tensorflow", "torch")
    unmeasured = words(page.by_id["unmeasured"])
    assert re.search(r"keras: \S+ not installed 1 question left open", unmeasured)
    assert re.search(r"ncnn: \S+ not installed", unmeasured)
    assert "keras" not in page.by_id["agreeing"]


def test_divergences_come_worst_first(page: Page) -> None:
    """By verdict, then by gain; only those have cards."""
    found = aggregate.divergences(aggregate.of_type(samples(), Finding))
    assert [each.verdict for each in found] == ["diverges"] * 4 + ["ties", "approximates"]
    gains = [each.gain for each in found[:4]]
    assert gains == sorted(gains, reverse=True)
    cards = [values for tag, values in page.tags if tag == "details" and values.get("class") == "card"]
    assert [values["id"] for values in cards] == [aggregate.anchors(found)[id(each)] for each in found]
    assert sum("open" in values for values in cards) == 3


def test_a_card_says_how_much_where_and_why(page: Page) -> None:
    """With the numbers of the record."""
    found = aggregate.divergences(aggregate.of_type(samples(), Finding))
    card = words(page.by_id[aggregate.anchors(found)[id(found[0])]])
    for part in (
        "It samples with align_corners although half_pixel is documented.",
        "Worst error 255 of 255 grey levels",
        "Gain 2 for images in [−1, 1]",
        "Samples moved by up to 1.4 input pixels",
        "Measured convention linear align_corners",
        "612 of 1,024 pairs differ: 496 enlarging, 116 shrinking",
        "width 7 → 5, output 3 (interior)",
        "h, w = 1, 5",
    ):
        assert part in card


def test_many_divergences_are_grouped_by_cause() -> None:
    """The group with the worst member first, its first cards open."""
    records = [header()]
    for i in range(30):
        place = worst(linear_row(9, 4.0), linear_row(9, 4.0 + i / 100 + 0.01), 18, 8, Fraction(4))
        cause = next(each.attribution for each in samples()[9:10])
        factors = ("coordinates",) if i % 2 else ("kernel",)
        records.append(divergence("torch", f"x{i}()", LINEAR, place, replace(cause, factors=factors)))
    groups = aggregate.by_factor(aggregate.divergences(aggregate.of_type(records, Finding)))
    assert [(group.factors, len(group.findings)) for group in groups] == [("coordinates", 15), ("kernel", 15)]
    assert groups[0].gain == pytest.approx(0.6)
    tags = Page(unpacked(render_report(records), "html-divergences")).tags
    opened = [values["class"] for tag, values in tags if tag == "details" and "open" in values]
    assert opened == ["group", "card", "card", "card"]


def test_every_link_within_the_page_has_its_target(page: Page) -> None:
    """And no target is named twice."""
    names = page.attributes("id")
    assert len(names) == len(set(names))
    # What follows a question mark is asked of a view.
    targets = {link[1:].partition("?")[0] for link in page.attributes("href") if link.startswith("#")}
    assert targets
    assert targets <= set(names)


def test_tables_say_what_their_headers_head(page: Page) -> None:
    """For people who do not see the table."""
    scopes = [values.get("scope") for tag, values in page.tags if tag == "th"]
    assert scopes
    assert set(scopes) <= {"col", "row", "rowgroup"}
    drawings = [values for tag, values in page.tags if tag == "svg" and "aria-hidden" not in values]
    assert drawings
    assert all(values["role"] == "img" and "Expected weights" in values["aria-label"] for values in drawings)


@pytest.mark.parametrize("records", [[], [finding("keras", "x()", CORNERS, "not installed")]])
def test_an_empty_run_says_nothing_measured(records: list) -> None:
    """Nothing on the page may read as agreement."""
    page = Page(render_report([header(versions={"keras": None}), *records]))
    text = words(page.by_id["summary"])
    assert "Nothing measured. No operation of any framework was measured" in text
    assert "This page says nothing about agreement." in text
    assert "agree within rounding" not in page.text
    assert words(page.by_id["agreeing"]) == "What agrees Nothing."
    assert words(page.by_id["divergences"]) == "Divergences Nothing measured."
    assert re.search(r"keras: \S+ not installed", words(page.by_id["unmeasured"]))


def test_a_page_needs_a_run() -> None:
    """Without a header nobody knows what was measured."""
    with pytest.raises(ValueError, match="no run header"):
        render_report([finding("torch", "x()", LINEAR)])


def test_nine_hundred_divergences_stay_below_five_megabytes(tmp_path: Path) -> None:
    """The page travels by mail; lists of a thousand weights must not travel with it."""
    place = worst(cubic_row(200, 99.25, -0.75), cubic_row(200, 99.75, -0.5), 400, 199, Fraction(397, 4))
    cause = samples()[9].attribution
    records = [header(), *(divergence("torch", f"resize(mode={i})", LINEAR, place, cause) for i in range(900))]
    write_html(tmp_path / "index.html", records)
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert len(text) < 5e6
    assert len(unpacked(text, "html-divergences")) > 1e6
    assert unpacked(text, "html-divergences").count('<details class="card"') == 900


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0.0, "0"),
        (0.1234567, "0.123"),
        (-1.5, "−1.5"),
        (1.2e-7, "1.2e−7"),
        (3e-9, "3e−9"),
        (255.0, "255"),
        (12345.6, "12,346"),
        (float("nan"), "NaN"),
        (float("inf"), "∞"),
    ],
)
def test_numbers_are_written_for_people(value: float | None, text: str) -> None:
    """Three significant digits."""
    assert number(value) == text
