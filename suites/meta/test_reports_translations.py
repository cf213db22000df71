"""What to write instead, on the page and between runs: nothing in a record acts, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reports import translations
from reports.diff import diff
from reports.html import render
from reports.merge import merge_records
from reports.reading import read
from reports.record import Record
from reports.translations_record import Call, Snippet, Translation
from reports.writing import write
from suites.meta.test_reports_html import Page, unpacked, words
from suites.meta.test_reports_safety import HOSTILE
from suites.meta.test_reports_sample import header, samples

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
        Snippet(name="weights HW", text="convention = {convention}\n"),
        *(
            Call(
                operation=f"{framework} f({name})",
                key=key,
                framework=framework,
                call=f"f(x, {name})  # {text}",
                setup="s1",
                layout="HW",
                convention="Convention()",
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
    page = Page(render(records()))
    text = words(page.by_id["instead"])
    assert "1 of 3 answers are the same function" in text
    assert "1 of 2" in text
    assert "f(x, b) # calm" in text
    assert Page(render(samples())).by_id.get("instead") is None


def test_the_data_of_the_script_says_what_the_records_say():
    data = unpacked(render(records()), "instead")
    assert [call[1] for call in data["calls"]] == ["f(x, a)  # calm", "f(x, b)  # calm", "f(x, c)  # calm"]
    same, apart, refused = (
        data["answers"][place] for place in (data["rows"][0][3], data["rows"][1][3], data["rows"][1][5])
    )
    assert same == [0, 2, 96]
    assert apart[:7] == [4, 2, 96, 0, 63.8, 8, 5]
    assert data["words"][apart[7] - 1] == "when shrinking"
    assert data["words"][apart[8][0] - 1] == "blur first calm"
    kind, base, text, proved, of, values = apart[10][0]
    assert (data["words"][kind - 1], base, data["names"][text], proved, of) == ("blur first", 2, "blur first 1", 9, 12)
    assert [data["words"][value - 1] for value in values] == ["3"]
    assert data["verdicts"][refused[0]] == "unsupported"


@pytest.mark.parametrize("text", [*HOSTILE, "</script><script>alert(1)</script>", "<!--<script>", "]]>\u2028"])
def test_hostile_text_stays_text(text):
    """In the static part, and in the data, which is packed."""
    calm, hostile = render(records()), render(records(text))
    assert [tag for tag, _ in Page(hostile).tags if tag != "wbr"] == [tag for tag, _ in Page(calm).tags if tag != "wbr"]
    data = unpacked(hostile, "instead")
    assert data["calls"][0][1] == f"f(x, a)  # {text}"
    assert f"opencv{text}" in data["frameworks"]


def test_the_script_writes_text_and_no_markup():
    text = (Path(translations.__file__).parent / "templates" / "translations.js").read_text(encoding="utf-8")
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
    assert len([each for each in both.records if isinstance(each, Snippet)]) == 4
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
    assert translations.distinct([*one, *one[1:6]]) == one
