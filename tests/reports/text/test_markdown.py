"""The summary for the page of a CI job: counts, new and stale first, bounded, and nothing in it acts."""

from __future__ import annotations

import re

import pytest

from halfpixel.reports.command import main
from halfpixel.reports.records.json_lines import write
from halfpixel.reports.records.record_types import LedgerStatus
from halfpixel.reports.text.markdown_summary import LISTED, escape_markdown, markdown_summary
from tests.reports.test_sample import LINEAR, finding, header, samples


def test_it_counts_and_lists_new_and_stale_first():
    text = markdown_summary(samples(), "https://example.org/report")
    assert "**14 answers: 5 agree, 6 differ, 3 could not be measured or went wrong; 1 new, 1 stale.**" in text
    assert "[The whole report](<https://example.org/report>)" in text
    assert "| torch | 2.13.0 | 3 | 2 | 0 | 0 |" in text
    assert "| opencv | 5.0.0 | 1 | 2 | 1 | 0 |" in text
    assert "Not installed: keras." in text
    new, stale, known = (
        text.index(title)
        for title in (
            "#### New: not in the ledger of known divergences (1)",
            "#### Stale: in the ledger, and no longer as it says (1)",
            "#### The worst of each kind that is known",
        )
    )
    assert new < text.index("opencv resize(INTER\\_CUBIC) has the cubic coefficient -1/2, not -3/4") < stale
    ties = text.index("opencv resize(INTER\\_NEAREST) differs only where the coordinate is a rounding tie")
    assert stale < ties < known < text.index("differs in antialias")


def test_it_is_bounded_however_much_is_new():
    many = [finding(f"lib{i}", "f" * 10_000, LINEAR, "diverges", ledger=LedgerStatus(status="new")) for i in range(400)]
    text = markdown_summary([header(), *many])
    assert len(text) < 60_000
    assert f"- and {400 - LISTED} more, in the report" in text


def test_no_findings_is_said():
    assert "Nothing was measured." in markdown_summary([header()])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<img src=x>", "&lt;img src=x&gt;"),
        ("[a](https://b)", "\\[a\\](https:&#8203;//b)"),
        ("@someone #12", "@&#8203;someone #&#8203;12"),
        ("a|b`c`*d*_e_~f~", "a\\|b\\`c\\`\\*d\\*\\_e\\_\\~f\\~"),
        ("one\n# two", "one #&#8203; two"),
        ("a\u202eb", "a\\\\u202eb"),
        ("&lt;", "&amp;lt;"),
        ("www.example.org", "www.&#8203;example.org"),
    ],
)
def test_text_of_records_does_nothing(text, shown):
    assert escape_markdown(text) == shown


def test_hostile_names_break_no_row_and_no_list():
    name = "x |\n<script>alert(1)</script> @all\u202e" + "y" * 1_000_000
    text = markdown_summary([header(), finding(name, "f()", LINEAR, "diverges", ledger=LedgerStatus(status="new"))])
    assert len(text) < 5_000
    assert "<script" not in text
    assert re.search(r"(?<!\\)@all", text) is None
    row = next(line for line in text.splitlines() if line.startswith("| x"))
    assert len(re.findall(r"(?<!\\)\|", row)) == 7


@pytest.mark.parametrize("link", ["javascript:alert(1)", "", "https://a b"])
def test_only_addresses_of_pages_are_linked(link):
    assert "The whole report" not in markdown_summary(samples(), link)


def test_the_command_prints_or_writes(tmp_path, capsys):
    write(tmp_path / "a.jsonl", samples())
    assert main(["markdown", str(tmp_path / "a.jsonl")]) == 0
    printed = capsys.readouterr().out
    assert printed == markdown_summary(samples())
    assert main(["markdown", str(tmp_path / "a.jsonl"), "-o", str(tmp_path / "sub" / "a.md")]) == 0
    assert (tmp_path / "sub" / "a.md").read_text() == printed


@pytest.mark.parametrize("command", ["markdown", "badges", "csv", "reproduce"])
@pytest.mark.parametrize("content", [None, b"", b"{}\n", b'{"type": "run"', b"\x00\xff\n"])
def test_bad_input_is_one_line_and_leaves_nothing(command, content, tmp_path, capsys):
    bad, output = tmp_path / "bad.jsonl", tmp_path / "out"
    if content is not None:
        bad.write_bytes(content)
    assert main([command, str(bad), *(["-o", str(output)] if command != "reproduce" else [])]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("halfpixel report: ")
    assert captured.err.count("\n") == 1
    assert not output.exists()


@pytest.mark.parametrize("command", ["markdown", "badges", "csv"])
def test_a_place_that_cannot_be_written_is_one_line(command, tmp_path, capsys):
    write(tmp_path / "a.jsonl", samples())
    (tmp_path / "file").write_text("in the way")
    assert main([command, str(tmp_path / "a.jsonl"), "-o", str(tmp_path / "file" / "out")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert (tmp_path / "file").read_text() == "in the way"
