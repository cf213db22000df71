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
    """Defects first; what everything is made from comes last."""
    found = [values["id"] for tag, values in page.tags if tag in ("header", "section")]
    titles = ["summary", "defects", "differences", "unexplained", "defaults", "versions", "matrix", "find", "run"]
    assert found == titles


def test_the_summary_has_a_line_for_each_project(page: Page) -> None:
    """What is new and what changed stands before it."""
    text = words(page.by_id["summary"])
    news = text.index("1 new, 1 changed new opencv resize(INTER_CUBIC) has the cubic coefficient -1/2, not -3/4")
    assert "opencv resize(INTER_NEAREST) differs only where the coordinate is a rounding tie" in text
    assert "(the ledger has gain 0.5)" in text
    assert news < text.index("4 known defects of 2 projects, from 14 answers about 11 calls. 3 are reported upstream.")
    assert "Not installed: keras, ncnn." in text
    rows = [(tag, values) for tag, values in page.tags if tag == "td" and values.get("data-kind")]
    assert len(rows) == 6 * 3
    assert "1 here, 1 not here, 1 not asked, 1 not explained" in text
    assert text.index("PyTorch") < text.index("TensorFlow") < text.index("OpenCV")


def test_a_framework_that_is_not_installed_is_never_agreement(page: Page) -> None:
    """It is named as not installed, and has no column whose empty cells could be misread."""
    assert "Not installed keras, ncnn" in words(page.by_id["run"])
    matrix = aggregate.agreement_matrix(aggregate.of_type(samples(), Finding), [])
    assert matrix.frameworks == ("torch", "opencv", "tensorflow")
    assert "keras" not in page.by_id["defects"]


def test_what_no_entry_explains_is_listed_worst_first(page: Page) -> None:
    """The worst of each framework, suite and cause in full, and those like it by name."""
    text = words(page.by_id["unexplained"])
    assert "3 answers, by framework and cause" in text
    found = aggregate.of_type(samples(), Finding)
    anchors = aggregate.anchors(found)
    shown = [each for each in found if anchors[id(each)] in page.by_id and each.ledger_state != "known"]
    assert [each.operation for each in shown] == ["tensorflow raw_ops.ResizeArea()", "opencv resize(INTER_CUBIC)"]
    assert "opencv resize(INTER_NEAREST) ½ ties the ledger has gain 0.5" in text


def test_a_finding_says_how_much_where_and_why(page: Page) -> None:
    """With the numbers of the record, in the card of its defect."""
    card = words(page.by_id["defect-tensorflow-v1-coordinates"])
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


def test_findings_of_one_cause_are_one_card() -> None:
    """The worst in full, the others by name."""
    records = [header()]
    for i in range(30):
        place = worst(linear_row(9, 4.0), linear_row(9, 4.0 + i / 100 + 0.01), 18, 8, Fraction(4))
        cause = next(each.attribution for each in samples()[9:10])
        factors = ("coordinates",) if i % 2 else ("kernel",)
        records.append(divergence("torch", f"x{i}()", LINEAR, place, replace(cause, factors=factors)))
    page = Page(render_report(records))
    cards = [values for tag, values in page.tags if tag == "details" and values.get("class") == "card"]
    assert len(cards) == 2
    assert "torch x29()" in page.by_id[cards[0]["id"]]
    assert words(page.by_id["unexplained"]).count("14 findings like it") == 2


def test_news_of_one_cause_are_one_line() -> None:
    """Thirty new findings of one call's variants do not push the projects out of sight."""
    one = next(each for each in samples() if isinstance(each, Finding) and each.ledger_state == "new")
    many = [replace(one, operation=f"{one.operation} {i}", question=f"{i:02}?") for i in range(30)]
    text = words(Page(render_report([header(), *many])).by_id["summary"])
    assert "30 new new opencv resize(INTER_CUBIC) 0 has the cubic coefficient" in text
    assert text.count("and 29 like it") == 1
    assert "resize(INTER_CUBIC) 1" not in text


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
    assert words(page.by_id["defects"]) == "Defects Nothing measured."
    assert words(page.by_id["unexplained"]) == "Not explained by any entry Nothing measured."
    assert "Not installed keras" in words(page.by_id["run"])


def test_a_page_needs_a_run() -> None:
    """Without a header nobody knows what was measured."""
    with pytest.raises(ValueError, match="no run header"):
        render_report([finding("torch", "x()", LINEAR)])


def test_nine_hundred_kinds_of_differences_stay_below_five_megabytes(tmp_path: Path) -> None:
    """The page travels by mail; lists of a thousand weights must not travel with it."""
    place = worst(cubic_row(200, 99.25, -0.75), cubic_row(200, 99.75, -0.5), 400, 199, Fraction(397, 4))
    causes = [replace(samples()[9].attribution, factors=(f"cause {i}",)) for i in range(900)]
    many = [divergence("torch", f"resize(mode={i})", LINEAR, place, cause) for i, cause in enumerate(causes)]
    write_html(tmp_path / "index.html", [header(), *many])
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert len(text) < 5e6
    assert len(unpacked(text, "html-unexplained")) > 1e6
    assert unpacked(text, "html-unexplained").count('<details class="card"') == 900


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
