"""What to write instead, on the page and between runs: nothing in a record acts, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from halfpixel.reports.compare.diff import diff
from halfpixel.reports.compare.merge import merge_records
from halfpixel.reports.page.report_page import render_report
from halfpixel.reports.records.json_lines import read, write
from halfpixel.reports.records.record_types import Record
from halfpixel.reports.records.translation_records import Snippet, Translation, TranslationCall
from halfpixel.reports.sections import translations
from tests import ROOT
from tests.reports.page.test_html import Page, unpacked, words
from tests.reports.page.test_safety import HOSTILE
from tests.reports.test_sample import header, samples

SAME = {"to": "k2", "verdict": "exact"}
APART = {
    "to": "k2",
    "verdict": "diverges",
    "gain": 0.5,
    "grey_levels": 63.8,
    "at": ["height", 8, 5, 2],
    "where": "when shrinking",
    "factors": ["antialias"],
    "parts": {"when enlarging": "k2"},
    "needed": ["w 1"],
    "recipes": [{"kind": "blur first", "to": "k2", "text": "blur first 1", "values": ["3"], "proved": 9, "of": 12}],
}


def records(text: str = "calm") -> list[Record]:
    """Two calls of one framework and one of another, with ``text`` wherever there is text."""
    return [
        header(),
        Snippet(name="s1", text=f"# {text}\ndef resize(x, h, w):\n    return {{call}}\n"),
        Snippet(name="blur first 1", text=f"k = {{0}}  # {text}\n"),
        Snippet(name="w 1", text=f"blur first {text}"),
        Snippet(name="weights 1", text="def weights(size_in, size_out, axis):\n"),
        Snippet(name=f"product opencv{text} HW", text="def translated(x, h, w):\n"),
        *(
            TranslationCall(
                operation=f"{framework} f({name})",
                key=key,
                framework=framework,
                call=f"f(x, {name})  # {text}",
                setup="s1",
                layout="HW",
                convention="Convention()",
                weights="weights 1",
                kernel="linear",
                is_default=name == "a",
            )
            for key, framework, name in (("k1", "torch", "a"), ("k2", f"opencv{text}", "b"), ("k3", "torch", "c"))
        ),
        Translation(operation="torch f(a)", framework="torch", pairs=96, answers={f"opencv{text}": SAME}),
        Translation(
            operation="torch f(c)",
            framework="torch",
            pairs=96,
            answers={f"opencv{text}": APART, "scipy": {"verdict": "unsupported", "reason": text}},
        ),
    ]


def test_records_are_read_back(tmp_path):
    write(tmp_path / "a.jsonl", records())
    assert read(tmp_path / "a.jsonl") == records()


def test_the_page_shows_the_most_asked_without_scripts():
    page = Page(render_report(records()))
    text = words(page.by_id["instead"])
    assert "1 of 3 answers are the same function" in text
    assert "1 of 2" in text
    assert "f(x, b) # calm" in text
    assert Page(render_report(samples())).by_id.get("instead") is None


def test_the_data_of_the_script_says_what_the_records_say():
    data = unpacked(render_report(records()), "instead")
    assert [call["call"] for call in data["calls"]] == ["f(x, a)  # calm", "f(x, b)  # calm", "f(x, c)  # calm"]
    assert [(row["operation"], row["pairs"], row["answers"]) for row in data["translations"]] == [
        ("torch f(a)", 96, {"opencvcalm": SAME}),
        ("torch f(c)", 96, {"opencvcalm": APART, "scipy": {"verdict": "unsupported", "reason": "calm"}}),
    ]
    assert data["snippets"]["w 1"] == "blur first calm"
    assert data["snippets"][data["calls"][0]["weights"]].startswith("def weights(size_in, size_out")


@pytest.mark.parametrize("text", [*HOSTILE, "</script><script>alert(1)</script>", "<!--<script>", "]]>\u2028"])
def test_hostile_text_stays_text(text):
    """In the static part, and in the data, which is packed."""
    calm, hostile = render_report(records()), render_report(records(text))
    assert [tag for tag, _ in Page(hostile).tags if tag != "wbr"] == [tag for tag, _ in Page(calm).tags if tag != "wbr"]
    data = unpacked(hostile, "instead")
    assert data["calls"][0]["call"] == f"f(x, a)  # {text}"
    assert f"opencv{text}" in data["translations"][0]["answers"]


def test_the_script_writes_text_and_no_markup():
    text = (ROOT / "reports" / "page" / "templates" / "translations.js").read_text(encoding="utf-8")
    assert "textContent" in text
    for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval", "Function(", 'setAttribute("on'):
        assert word not in text


def test_runs_are_merged_and_compared():
    """Two frameworks' runs are joined; the same texts are kept once; another answer is a conflict and a change."""
    one = records()
    one[0] = replace(one[0], versions={"torch": "1", "opencvcalm": "1", "scipy": "1"})
    other = [replace(each, answers={"scipy": SAME}) if each is one[-2] else each for each in one]
    both = merge_records([one, [replace(one[0], started="later"), *other[1:]]])
    joined = next(each for each in both.records if isinstance(each, Translation) and each.operation == "torch f(a)")
    assert joined.answers == {"opencvcalm": SAME, "scipy": SAME}
    assert not both.conflicts
    assert len([each for each in both.records if isinstance(each, Snippet)]) == 5
    changed = [replace(each, answers={"opencvcalm": APART}) if each is one[-2] else each for each in one]
    conflicts = merge_records([one, changed]).conflicts
    assert len(conflicts) == 1
    assert conflicts[0].startswith("translation / torch f(a)")
    assert diff(one, one) == []
    assert diff(one, changed) == [
        "answer changed  translation: torch f(a) in opencvcalm: "
        "exact with opencvcalm f(b) -> diverges, gain 0.5 with opencvcalm f(b)"
    ]


def test_what_many_tests_keep_is_written_once():
    one = records()
    assert translations.deduplicated([*one, *one[1:6]]) == one
