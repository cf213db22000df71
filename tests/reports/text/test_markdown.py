"""The summary for the page of a CI job: counts, new and stale first, bounded, and nothing in it acts."""

from __future__ import annotations

import re

import pytest

from halfpixel.reports.command import main
from halfpixel.reports.records.json_lines import write
from halfpixel.reports.records.record_types import LedgerStatus
from halfpixel.reports.text.markdown_summary import LISTED, escape_markdown, markdown_summary
from tests.reports.test_sample import LINEAR, finding, header, samples


def test_news_come_first_then_projects_then_the_worst_titles():
    text = markdown_summary(samples(), "https://example.org/report")
    assert "**1 new, 1 changed; 4 known defects of 2 projects; 3 answers that no entry explains.**" in text
    assert "[The whole report](<https://example.org/report>)" in text
    assert "| PyTorch | 2.13.0 | 1 | 0 | 1 | 0 | 0 | 0 | 1 here, 1 not here, 1 not asked, 1 not explained |" in text
    assert "| TensorFlow | 2.21.0 | 0 | 0 | 1 | 0 | 0 | 1 | 2 here, 1 not explained |" in text
    assert "Not installed: keras, ncnn." in text
    order = [
        "#### New: no entry explains it, or it is not locked (1)",
        "opencv resize(INTER\\_CUBIC) has the cubic coefficient -1/2, not -3/4",
        "#### Changed since it was locked (1)",
        "opencv resize(INTER\\_NEAREST) differs only where the coordinate is a rounding tie",
        "| project | version | memory | crash | silent values | shape | refusal | precision | this version |",
        "#### PyTorch: the worst",
        "- &#8203;The title of reads-outside (memory)",
        "- &#8203;The title of no-antialias (silent values)",
        "#### TensorFlow: the worst",
        "#### Not explained by any entry (2)",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert "empty-crash" not in text


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
    assert len(re.findall(r"(?<!\\)\|", row)) == 10


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
