"""Commands given what they should not be: their own input to write, odd headers and numbers, a reader that left."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from halfpixel.reports.command import EXIT_BROKEN_PIPE, main
from halfpixel.reports.records.json_lines import to_dict, write
from tests import ROOT
from tests.reports.test_sample import LINEAR, finding, header, samples


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A sound file."""
    write(tmp_path / "good.jsonl", samples())
    return tmp_path / "good.jsonl"


@pytest.mark.parametrize(
    "command",
    [
        ["render", "{}", "-o", "{}"],
        ["markdown", "{}", "-o", "{}"],
        ["merge", "{}", "-o", "{}"],
        ["diff", "{}", "{}", "--html", "{}"],
        ["timeline", "{}", "-o", "{}"],
    ],
    ids=" ".join,
)
def test_no_command_writes_over_what_it_reads(good: Path, capsys: pytest.CaptureFixture, command: list[str]) -> None:
    before = good.read_bytes()
    assert main([each.format(good) for each in command]) == 2
    err = capsys.readouterr().err
    assert err == f"halfpixel report: {good}: would be overwritten, and is one of those to read\n"
    assert good.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('"seconds": 1e999, ', "1e999 is larger than any number"),
        ('"seconds": -1e999, ', "-1e999 is larger than any number"),
        ('"verdict": "exact", ', "a name is given twice"),
    ],
)
def test_what_json_readers_swallow_is_refused_by_line(
    tmp_path: Path, capsys: pytest.CaptureFixture, text: str, fault: str
) -> None:
    lines = [json.dumps(to_dict(each)) for each in (header(), finding("torch", "a()", LINEAR))]
    lines[1] = lines[1].replace('"verdict"', f'{text}"verdict"', 1)
    path = tmp_path / "bad.jsonl"
    path.write_text("\n".join([*lines, '{"type": "end", "records": 2}', ""]))
    assert main(["render", str(path)]) == 2
    assert capsys.readouterr().err == f"halfpixel report: {path}:2: bad JSON: {fault}" + (
        " in one object\n" if "twice" in fault else "\n"
    )
    assert not path.with_suffix(".html").exists()


@pytest.mark.parametrize("frameworks", [3, None, [], {"a": 1}, [None]])
def test_a_shard_with_odd_options_is_merged(tmp_path: Path, frameworks: object) -> None:
    options = {"shard": "1/2", "frameworks": frameworks, "sizes": {"a": 1}, "tests": -1}
    write(tmp_path / "a.jsonl", [header(options=options), finding("torch", "a()", LINEAR)])
    assert main(["merge", str(tmp_path / "a.jsonl"), "-o", str(tmp_path / "out.jsonl")]) == 1


def test_a_version_too_long_for_a_number_is_one_short_line(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    for name, version in (("a", "9" * 5000), ("b", "5.0")):
        found = finding("opencv", "a()", LINEAR, verdict="diverges")
        write(tmp_path / f"{name}.jsonl", [header(versions={"opencv": version}), found])
        assert main(["render", str(tmp_path / f"{name}.jsonl")]) == 0
    capsys.readouterr()
    assert main(["timeline", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert "is no version that can be put in order" in err
    assert len(err) < 1200


def test_what_cannot_be_written_is_named_as_it_was_given(good: Path, capsys: pytest.CaptureFixture) -> None:
    folder = good.parent / "folder"
    folder.mkdir()
    assert main(["render", str(good), "-o", str(folder)]) == 2
    assert capsys.readouterr().err == f"halfpixel report: [Errno 21] Is a directory: '{folder}'\n"
    assert sorted(each.name for each in good.parent.iterdir()) == ["folder", "good.jsonl"]


@pytest.mark.parametrize("command", ["markdown {}", "diff {} {} --markdown", "render {}"])
def test_a_reader_that_has_seen_enough_is_no_fault(good: Path, command: str) -> None:
    arguments = command.format(good, good).split()
    program = f"import sys; from halfpixel.reports.command import main; sys.exit(main({arguments!r}))"
    started = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    started.stdout.close()
    assert started.stderr.read() == ""
    assert started.wait() == EXIT_BROKEN_PIPE
