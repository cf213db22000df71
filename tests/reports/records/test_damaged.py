"""Damaged files of records: cut short, corrupt, of another schema or none at all; refused by line, or partly kept."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halfpixel.reports.command import main
from halfpixel.reports.compare.merge import merge
from halfpixel.reports.records.json_lines import read, to_dict, write
from halfpixel.reports.records.record_types import Finding, RecordError, Run
from halfpixel.reports.records.run_sources import read_sound_records
from tests.reports.compare.test_merge import as_json, at
from tests.reports.test_sample import LINEAR, finding, header, samples


def _lines() -> list[bytes]:
    """A file of a header, three findings and the end, as lines."""
    found = [header(started=at(2030)), *(finding("torch", f"{name}()", LINEAR) for name in "abc")]
    return [json.dumps(to_dict(record)).encode() for record in found] + [b'{"type": "end", "records": 4}']


def _of(*lines: bytes) -> bytes:
    return b"".join(line + b"\n" for line in lines)


HEAD, A, B, C, END = _lines()
OTHER = HEAD.replace(at(2030).encode(), at(2031).encode())
DAMAGED = {
    "cut in a line": (_of(HEAD, A, B) + C[:40], ["bad.jsonl:4: cut short in the middle of this line"], 2),
    "cut between lines": (_of(HEAD, A, B), ["bad.jsonl:3: cut short: there is no end line after this one"], 2),
    "empty": (b"", ["bad.jsonl:1: empty file"], None),
    "a bad line": (_of(HEAD, A, b"{nonsense", C, END), ["bad.jsonl:3: bad JSON"], 2),
    "no UTF-8": (_of(HEAD, A, b'{"type": "\xff"}', C, END), ["bad.jsonl:3: bad JSON"], 2),
    "an empty line": (_of(HEAD, A, b"", C, END), ["bad.jsonl:3: bad JSON"], 2),
    "a line of another schema": (
        _of(HEAD, A, B.replace(b'"agrees"', b'"fine"'), C, END),
        ["bad.jsonl:3: $.verdict"],
        2,
    ),
    "a number that is none": (_of(HEAD, A, B.replace(b"1.2e-07", b"NaN"), C, END), ["bad.jsonl:3: bad JSON"], 2),
    "another schema": (
        _of(HEAD.replace(b'"schema": 1', b'"schema": 2'), A, B, C, END),
        ["bad.jsonl:1: $.schema"],
        None,
    ),
    "no header": (_of(A, B, C, END), ["bad.jsonl:1: the first line is no run header"], None),
    "not JSONL": (b"\x89PNG\r\n\x1a\n\x00\x00", ["bad.jsonl:1: "], None),
    "a JSON document": (b'[\n  {"type": "run"}\n]\n', ["bad.jsonl:1: "], None),
    "lines lost": (_of(HEAD, A, C, END), ["bad.jsonl:4: the end line counts 4 records and is line 4 of 4"], 2),
    "two files in one": (
        _of(HEAD, A, B, C, END, OTHER, A, B, C, END),
        ["bad.jsonl:5: the end line counts 4 records"],
        3,
    ),
    "another run of another schema": (
        _of(HEAD, A, OTHER.replace(b'"schema": 1', b'"schema": 2'), B, C, END[:-2] + b"5}"),
        ["bad.jsonl:3: $.schema"],
        1,
    ),
    "another run whose header is broken": (
        _of(HEAD, A, OTHER[:60], B, C, END[:-2] + b"5}"),
        ["bad.jsonl:3: bad JSON"],
        1,
    ),
    "a deep nest": (_of(HEAD, A, b"[" * 100_000, C, END), ["bad.jsonl:3: bad JSON"], 2),
}
"""A file, how its first fault is told, and how many of its findings are sound; ``None`` where nothing of it is."""


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_refused_by_line_and_nothing_is_written(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    content, faults, _ = DAMAGED[name]
    (tmp_path / "bad.jsonl").write_bytes(content)
    write(tmp_path / "good.jsonl", samples())
    output = tmp_path / "out.jsonl"
    assert main(["merge", str(tmp_path / "good.jsonl"), str(tmp_path / "bad.jsonl"), "-o", str(output)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"halfpixel report: {tmp_path}/{faults[0]}")
    assert captured.err.count("\n") == 1
    assert not output.exists()


@pytest.mark.parametrize("name", DAMAGED)
def test_what_is_sound_of_a_damaged_file_is_kept_when_asked_for(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """And what is not is said, with exit code 1."""
    content, faults, sound = DAMAGED[name]
    (tmp_path / "bad.jsonl").write_bytes(content)
    write(tmp_path / "good.jsonl", [header(), finding("opencv", "z()", LINEAR)])
    files, output = [str(tmp_path / name) for name in ("good.jsonl", "bad.jsonl")], tmp_path / "out.jsonl"
    assert main(["merge", *files, "-o", str(output), "--keep-sound"]) == 1
    captured = capsys.readouterr()
    assert f"left out: {tmp_path}/{faults[0]}" in captured.err
    merged = read(output)
    assert sum(isinstance(record, Finding) for record in merged) == 1 + (sound or 0)
    assert sum(isinstance(record, Run) for record in merged) == (
        1 if sound is None else 3 if "two files" in name else 2
    ) - (name == "two files in one" and 0)


def test_records_of_a_run_whose_header_is_gone_are_not_given_to_the_run_before(tmp_path: Path) -> None:
    """Where a line that cannot be read at all stands between two runs, their order tells."""
    path = tmp_path / "bad.jsonl"
    later = _of(HEAD, A, b"\xff\xfe", json.dumps(to_dict(samples()[-1])).encode(), B, END[:-2] + b"5}")
    path.write_bytes(later)
    kinds = [record.type for record in merge([path], keep_sound=True).records]
    assert kinds[:2] == ["run", "finding"]
    assert all(kind >= "finding" for kind in kinds[2:])


def test_every_bad_file_has_its_line(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.jsonl").touch()
    write(tmp_path / "good.jsonl", samples())
    files = [str(tmp_path / name) for name in ("absent.jsonl", "empty.jsonl", "folder", "good.jsonl")]
    assert main(["merge", *files, "-o", str(tmp_path / "out.jsonl")]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"halfpixel report: {files[0]}: No such file or directory",
        f"halfpixel report: {files[1]}:1: empty file",
        f"halfpixel report: {files[2]}: Is a directory",
    ]
    assert sorted(os.listdir(tmp_path)) == ["empty.jsonl", "folder", "good.jsonl"]
    assert main(["merge", *files, "-o", str(tmp_path / "out.jsonl"), "--keep-sound"]) == 1
    assert as_json(read(tmp_path / "out.jsonl")) == as_json(samples())
    assert main(["merge", *files[:3], "-o", str(tmp_path / "none.jsonl"), "--keep-sound"]) == 2
    assert not (tmp_path / "none.jsonl").exists()


def test_a_file_cut_anywhere_is_refused_and_its_sound_lines_kept(tmp_path: Path) -> None:
    """At every byte: what is kept are the first lines as they were, and something is said of the rest."""
    path = tmp_path / "cut.jsonl"
    whole = _of(HEAD, A, B, C, END)
    path.write_bytes(whole)
    records = read(path)
    starts = [i + 1 for i, byte in enumerate(whole) if byte == ord("\n")]
    for length in range(len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(RecordError):
            merge([path])
        kept, faults = read_sound_records(path)
        # A line that lacks nothing but its line break is whole.
        complete = sum(start - 1 <= length for start in starts)
        assert kept == records[:complete]
        assert len(faults) == 1


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 4), st.binary(max_size=30), st.booleans())
def test_garbage_anywhere_costs_no_other_line(place: int, garbage: bytes, instead: bool) -> None:
    """Put between lines, or in place of one."""
    garbage = garbage.replace(b"\n", b"")
    given_lines = [HEAD, A, B, C, END]
    given_lines[place : place + instead] = [b"\x00" + garbage]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bad.jsonl"
        path.write_bytes(_of(*given_lines))
        kept, faults = read_sound_records(path)
        path.write_bytes(_of(HEAD, A, B, C, END))
        records = read(path)
    expected = [record for i, record in enumerate(records) if not (instead and i == place)]
    assert kept == (expected if place else [] if instead else expected)
    assert any(f":{place + 1}: bad JSON" in fault for fault in faults)
