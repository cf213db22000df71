"""What changed between two runs: in the terminal, in Markdown for a pull request, and as a page."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from halfpixel.reports.command import main
from halfpixel.reports.compare.diff import CHANGE_KINDS, code_span, diff, diff_markdown, difference
from halfpixel.reports.compare.merge import merge_records
from halfpixel.reports.page.comparison_pages import render_diff
from halfpixel.reports.records.json_lines import read, write
from halfpixel.reports.records.record_types import Attribution, Finding, Record
from halfpixel.reports.records.translation_records import Translation, TranslationCall
from tests.reports.test_sample import CUBIC, LINEAR, finding, header, samples

ASKED = "conformance: does torch {}() resize as documented?"


def _runs() -> tuple[list[Record], list[Record]]:
    """One change of every kind, and some that are none."""
    cause = Attribution(factors=("kernel",), explanation="")
    old = [
        header(),
        finding("torch", "a()", LINEAR, gain=1e-7),
        finding("torch", "b()", LINEAR, "diverges", gain=0.5),
        finding("torch", "c()", LINEAR, gain=0.5),
        finding("torch", "d()", LINEAR),
        finding("torch", "f()", LINEAR, "diverges", gain=0.5),
        finding("torch", "g()", LINEAR, "ties", gain=2.0),
        finding("torch", "h()", LINEAR, "diverges", gain=1.0),
        finding("torch", "i()", LINEAR, "diverges", gain=1.0, attribution=cause),
    ]
    new = [
        header(versions={"torch": "2.14.0", "opencv": "5.0.0", "tensorflow": "2.21.0", "keras": None}),
        finding("torch", "a()", LINEAR, "diverges", gain=0.75),
        finding("torch", "b()", LINEAR, "diverges", gain=0.625),
        finding("torch", "c()", LINEAR, gain=0.6, seconds=3.0),
        finding("torch", "e()", CUBIC),
        finding("torch", "f()", LINEAR, "diverges", gain=0.5 + 1e-9),
        finding("torch", "g()", LINEAR, "diverges", gain=2.0),
        finding("torch", "h()", LINEAR, "exact", gain=0.0),
        finding("torch", "i()", LINEAR, "diverges", gain=1.0, attribution=replace(cause, factors=("border",))),
    ]
    return old, new


def test_a_run_does_not_differ_from_itself() -> None:
    """Nor does the order of its records matter, nor the shards that it was merged from."""
    assert diff(samples(), samples()[::-1]) == []
    shards = [[header(options=samples()[0].options | {"shard": f"{i}/2"}), *samples()[1 + i - 1 :: 2]] for i in (1, 2)]
    assert diff(samples(), merge_records(shards).records) == []


def test_every_kind_of_change_is_a_line() -> None:
    """Versions before them, then the gravest; what rounding changes is none."""
    assert diff(*_runs()) == [
        "version changed torch: 2.13.0 -> 2.14.0",
        f"newly diverging {ASKED.format('a')}: agrees -> diverges, gain 1e−7 -> 0.75",
        f"newly agreeing  {ASKED.format('h')}: diverges -> exact, gain 1 -> 0",
        f"another verdict {ASKED.format('g')}: ties -> diverges, gain 2 -> 2",
        f"another cause   {ASKED.format('i')}: kernel -> border (diverges (gain 1))",
        f"another gain    {ASKED.format('b')}: 0.5 -> 0.625 (diverges)",
        f"new             {ASKED.format('e')}: agrees (gain 1.2e−7)",
        f"gone            {ASKED.format('d')}: was agrees (gain 1.2e−7)",
    ]
    assert set(difference(*_runs()).groups()) == set(CHANGE_KINDS)


def test_the_worst_comes_first() -> None:
    old = [header(), *(finding("torch", f"{name}()", LINEAR) for name in "abc")]
    gains = {"a": 0.1, "b": float("nan"), "c": 2.0}
    new = [header(), *(finding("torch", f"{name}()", LINEAR, "diverges", gain=gain) for name, gain in gains.items())]
    found = [change.finding.operation for change in difference(old, new).groups()["newly diverging"]]
    assert found == ["torch b()", "torch c()", "torch a()"]


def test_another_framework_is_counted_and_not_listed() -> None:
    more = [finding("keras", f"{i}()", LINEAR) for i in range(1000)]
    absent = replace(more[0], verdict="not installed", question="is keras installed?", operation="keras (every call)")
    old = [header(), finding("torch", "a()", LINEAR), absent]
    new = [header(versions=header().versions | {"keras": "3.0"}), finding("torch", "a()", LINEAR), *more]
    assert diff(old, new) == [
        "version changed keras: not installed -> 3.0",
        "note            frameworks only in the new run: keras (1,000 questions)",
    ]


def test_a_suite_that_one_run_did_not_ask_is_counted_and_not_listed() -> None:
    asked = [replace(finding("torch", f"{i}()", LINEAR), suite="dtypes") for i in range(300)]
    old = [header(), finding("torch", "a()", LINEAR), *asked]
    assert diff(old, old[:2]) == ["note            asked only in the old run: dtypes of torch (300)"]
    assert diff(old, [*old[:2], *asked[1:]]) == [
        "gone            dtypes: does torch 0() resize as documented?: was agrees (gain 1.2e−7)"
    ]


def test_other_sizes_are_said_and_their_gains_not_listed() -> None:
    old = [header(), *(finding("torch", f"{i}()", LINEAR, "diverges", gain=0.5) for i in range(100))]
    full = header(pair_list_digest="ffff", size_pairs=1040, options={"sizes": "full"})
    new = [full, *(replace(each, gain=0.75) for each in old[1:])]
    (line,) = diff(old, new)
    assert line == (
        "note            other sizes: 1,024 pairs (quick) against 1,040 pairs (full); "
        "100 gains that differ are not listed, and verdicts may differ for that alone"
    )
    assert [change.kind for change in difference(old, [full, finding("torch", "0()", LINEAR)]).changes] == [
        "newly agreeing",
        *["gone"] * 99,
    ]


def test_what_to_write_instead_is_compared_where_both_runs_know_the_framework() -> None:
    call = TranslationCall(operation="torch a()", key="k", framework="torch", call="a()", setup="", layout="HW")
    answers = {"torch": {"to": "k", "verdict": "exact"}, "opencv": {"to": "k", "verdict": "diverges", "gain": 0.5}}
    one = Translation(operation="torch a()", framework="torch", answers=answers, pairs=3)
    other = replace(one, answers=answers | {"opencv": {"to": "k", "verdict": "agrees"}, "jax": answers["torch"]})
    new = header(versions=header().versions | {"jax": "0.10"})
    found = difference([header(), call, one], [new, call, other])
    assert found.translations == (
        "answer changed  translation: torch a() in opencv: diverges, gain 0.5 with torch a() -> agrees with torch a()",
    )
    assert difference([header(), call, one], [header()]).notes == (
        "what to write instead was not asked in the new run",
    )


def test_exit_codes_and_files(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """0 nothing changed, 1 something did, 2 it could not be told."""
    old, new = _runs()
    write(tmp_path / "old.jsonl", old)
    write(tmp_path / "new.jsonl", new)
    command = ["diff", str(tmp_path / "old.jsonl")]
    assert main([*command, str(tmp_path / "old.jsonl")]) == 0
    assert capsys.readouterr().out == ""
    assert main([*command, str(tmp_path / "new.jsonl"), "--html", str(tmp_path / "sub" / "page.html")]) == 1
    assert capsys.readouterr().out.splitlines() == diff(old, new)
    assert (tmp_path / "sub" / "page.html").read_text() == render_diff(difference(old, read(tmp_path / "new.jsonl")))
    assert main([*command, str(tmp_path / "new.jsonl"), "--markdown"]) == 1
    assert capsys.readouterr().out == diff_markdown(difference(old, new))
    assert main([*command, str(tmp_path / "absent.jsonl")]) == 2
    assert "absent.jsonl" in capsys.readouterr().err


def test_lists_are_cut_unless_all_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    found = [finding("torch", f"{name}()", LINEAR) for name in range(60)]
    write(tmp_path / "old.jsonl", [header(), *found])
    write(tmp_path / "new.jsonl", [header(), *(replace(each, verdict="diverges", gain=1.0) for each in found)])
    command = ["diff", str(tmp_path / "old.jsonl"), str(tmp_path / "new.jsonl")]
    assert main(command) == 1
    lines = capsys.readouterr().out.splitlines()
    assert (len(lines), lines[-1]) == (51, "newly diverging and 10 more, listed with --all")
    assert main([*command, "--all"]) == 1
    assert len(capsys.readouterr().out.splitlines()) == 60


def test_markdown_is_short_and_says_the_counts_first() -> None:
    text = diff_markdown(difference(*_runs()))
    lines = text.splitlines()
    assert lines[2] == (
        "**1 newly diverging, 1 newly agreeing, 1 with another verdict, 1 with another cause, "
        "1 with another gain, 1 new, 1 gone.**"
    )
    assert "- `torch`: `2.13.0` → `2.14.0`" in lines
    assert "| `torch a()` | `conformance` | `agrees -> diverges, gain 1e−7 -> 0.75` |" in lines
    assert text.count("<details open>") == 1
    assert text.count("<details") == text.count("</details>") == len(CHANGE_KINDS)
    found = [finding("torch", f"{'long' * 100}{i}()", LINEAR) for i in range(5000)]
    worse = [replace(each, verdict="diverges", gain=1.0) for each in found]
    many = diff_markdown(difference([header(), *found], [header(), *worse]))
    assert len(many) < 65_536
    assert "and 4,970 more" in many
    assert diff_markdown(difference(samples(), samples())).splitlines()[-1] == "Nothing: every answer is the same."


HOSTILE = (
    "<script>alert(1)</script>",
    "</details><img src=x onerror=alert(1)>",
    "a | b | c",
    "back\\| slash \\\\| pipe",
    "`code` ``` fence ````",
    "`",
    "@octocat and @team/all, #1, GH-1, https://evil.example www.evil.example a@b.example",
    "line\nbreak\r\n\r\n| new | row | here |\n# heading",
    "[link](javascript:alert(1)) ![image](http://evil.example/x.png) **bold** _it_ ~~x~~ $x$",
    "\u202ereversed\u202c \u2066 \x00 \x1b[31m",
    "&lt;b&gt; &amp; &#64;",
    "x" * 1_000_000,
    "",
    " ",
)


class _Seen(HTMLParser):
    """The elements of a document, and the text outside of code."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.cells: list[int] = []
        self.outside = ""
        self.inside: list[str] = []
        self._depth = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        """Count cells by row."""
        self.tags.add(tag)
        self._depth += tag == "code"
        if tag == "tr":
            self.cells.append(0)
        if tag in ("td", "th"):
            self.cells[-1] += 1

    def handle_endtag(self, tag: str) -> None:
        """Code ends."""
        self._depth -= tag == "code"

    def handle_data(self, data: str) -> None:
        """What is shown."""
        if self._depth:
            self.inside.append(data)
        else:
            self.outside += data


def _hostile(name: str) -> tuple[list[Record], list[Record]]:
    old, new = [header()], [header(versions={"torch": name or "0", f"x{name}": "1"})]
    shown = Finding(
        suite="conformance",
        question=name,
        operation=name,
        framework=name,
        against=name,
        verdict="agrees",
        headline=name,
        gain=0.5,
    )
    old.append(shown)
    new.append(replace(shown, verdict="diverges", attribution=Attribution(factors=(name,), explanation=name)))
    return old, new


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_cannot_leave_their_cell(name: str) -> None:
    """No element but our own, three cells in each row, and nothing of a name outside code, where it would act."""
    text = diff_markdown(difference(*_hostile(name)))
    seen = _Seen(MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(text))
    allowed = {"h3", "p", "strong", "ul", "li", "code", "details", "summary", "b"}
    assert seen.tags <= allowed | {"table", "thead", "tbody", "tr", "th", "td"}
    assert set(seen.cells) == {3}
    assert not re.search(r"@|#|https?:|www|script|octocat|evil", seen.outside)
    assert len(text) < 5000
    assert "\u202e" not in text


@given(st.text(alphabet="`|\\ a@<\n", max_size=12))
def test_a_code_span_ends_where_it_should(name: str) -> None:
    """In a table, as GitHub splits it: at every pipe without a backslash before it."""
    row = f"| {code_span(name)} | {code_span('b')} | {code_span('c')} |"
    assert len(re.split(r"(?<!\\)\|", row)) == 5
    assert not re.search(r"\\\\\|", row)
    seen = _Seen(
        MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(f"| a | b | c |\n|---|---|---|\n{row}")
    )
    assert seen.cells == [3, 3]
    assert seen.tags == {"table", "thead", "tbody", "tr", "th", "td", "code"}
    shown = re.sub(r"[\s\\]", "", "".join(seen.inside))
    assert shown == re.sub(r"[\s\\]", "", name or "(nothing)" if name.strip() else "(nothing)") + "bc"


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_text_on_the_page(name: str) -> None:
    page = render_diff(difference(*_hostile(name)))
    seen = _Seen(page)
    assert not seen.tags & {"script", "img", "iframe", "object", "embed", "form", "base"}
    assert not re.search(r"<[^>]+\son\w+\s*=", page)
    assert "\u202e" not in page
    assert len(page) < 400_000


def test_the_page_has_what_the_terminal_says_and_loads_nothing() -> None:
    found = difference(*_runs())
    page = render_diff(found)
    for name, changes in found.groups().items():
        assert f'<section id="{name.replace(" ", "-")}"' in page
        for change in changes:
            assert change.finding.operation.partition("(")[0] in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert not re.search(r"<(script|link|img)\b|\bsrc=|url\(", page)
    assert page.startswith("<!DOCTYPE html>")
    assert "Nothing changed: every answer is the same." in render_diff(difference(samples(), samples()))
