"""Merging and comparing runs, and the commands that people type."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from reports.__main__ import main
from reports.diff import diff
from reports.merge import merge, merge_records
from reports.record import Finding, RecordError, Run, read, write
from suites.meta.test_reports_sample import CUBIC, LINEAR, finding, header, samples

ROOT = Path(__file__).parents[2]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A file with the sample records."""
    path = tmp_path / "a.jsonl"
    write(path, samples())
    return path


def test_merging_a_run_with_itself_changes_nothing(written: Path) -> None:
    """Every record meets its double."""
    merged = merge([written, written])
    assert list(merged.records) == samples()
    assert (merged.duplicates, merged.filled, merged.conflicts) == (len(samples()), 0, ())


def test_time_taken_is_no_conflict() -> None:
    """The same answer, more slowly, is the same answer."""
    quick, slow = (finding("torch", "x()", LINEAR, seconds=seconds) for seconds in (0.1, 9.0))
    merged = merge_records([[header(), quick], [header(), slow]])
    assert (merged.duplicates, merged.conflicts) == (2, ())
    assert merged.records == (header(), quick)


def test_conflicts_are_named_and_both_are_kept() -> None:
    """Nothing is overwritten."""
    good, bad = finding("torch", "x()", LINEAR), finding("torch", "x()", LINEAR, "diverges", gain=0.25)
    merged = merge_records([[header(), good], [header(), bad]])
    assert merged.records == (header(), good, bad)
    assert merged.conflicts == (
        "finding / conformance / does torch x() resize as documented?: "
        "agrees (gain 1.2e-07) against diverges (gain 0.25)",
    )


@pytest.mark.parametrize("reverse", [False, True])
def test_what_one_environment_lacks_another_fills(reverse: bool) -> None:
    """Being not installed contradicts nothing, in either order; the headers of both runs stay."""
    here = [header(started="2026-01-01T00:00"), finding("keras", "x()", LINEAR, "not installed")]
    there = [
        header(started="2026-01-02T00:00", versions={"keras": "3.15.1", "torch": None}),
        finding("keras", "x()", LINEAR),
    ]
    merged = merge_records([there, here] if reverse else [here, there])
    assert [record.verdict for record in merged.records if isinstance(record, Finding)] == ["agrees"]
    assert sum(isinstance(record, Run) for record in merged.records) == 2
    assert (merged.filled, merged.duplicates, merged.conflicts) == (1, 0, ())


def test_different_versions_of_a_framework_are_named() -> None:
    """The same question to another version is another question."""
    other = header(started="2026-01-02T00:00", versions={"torch": "2.14.0"}, pair_list_digest="ffff")
    merged = merge_records([[header()], [other]])
    assert merged.conflicts == (
        "versions of torch: 2.13.0 against 2.14.0",
        "lists of size pairs: 9f2c41d0 against ffff",
    )


def test_nothing_to_merge_is_an_error() -> None:
    """An empty join is no result."""
    with pytest.raises(RecordError, match="nothing to merge"):
        merge([])


def test_a_run_does_not_differ_from_itself() -> None:
    """Nor does the order of its records matter."""
    assert diff(samples(), samples()[::-1]) == []


def test_every_kind_of_change_is_a_line() -> None:
    """New, gone, verdict and gain, with versions before them."""
    old = [header(), *(finding("torch", f"{name}()", LINEAR, gain=0.5) for name in "abcd")]
    new = [
        header(versions={"torch": "2.14.0", "opencv": "5.0.0", "tensorflow": "2.21.0", "keras": None}),
        replace(old[1], verdict="diverges", gain=0.75),
        replace(old[2], gain=0.625),
        replace(old[3], gain=0.5 + 1e-12, seconds=3.0),
        finding("torch", "e()", CUBIC),
    ]
    asked = "conformance: does torch {}() resize as documented?"
    assert diff(old, new) == [
        "version changed torch: 2.13.0 -> 2.14.0",
        f"verdict changed {asked.format('a')}: agrees -> diverges, gain 0.5 -> 0.75",
        f"gain changed    {asked.format('b')}: 0.5 -> 0.625 (agrees)",
        f"gone            {asked.format('d')}: was agrees",
        f"new             {asked.format('e')}: agrees",
    ]


def test_render_writes_a_page_beside_the_records(written: Path, capsys: pytest.CaptureFixture) -> None:
    """Or where it is told to."""
    assert main(["render", str(written)]) == 0
    assert capsys.readouterr().out == f"{written.with_suffix('.html')}\n"
    assert written.with_suffix(".html").read_text().startswith("<!DOCTYPE html>")
    assert main(["render", str(written), "-o", str(written.parent / "sub" / "page.html")]) == 0
    assert (written.parent / "sub" / "page.html").read_text() == written.with_suffix(".html").read_text()


def test_merge_and_diff_tell_by_their_exit_code(written: Path, capsys: pytest.CaptureFixture) -> None:
    """0 for the same, 1 for not."""
    other, joined = written.with_name("b.jsonl"), written.with_name("c.jsonl")
    changed = [replace(r, verdict="diverges") if r == samples()[1] else r for r in samples()]
    write(other, changed)
    assert main(["merge", str(written), str(written), "-o", str(joined)]) == 0
    assert read(joined) == samples()
    assert main(["diff", str(written), str(joined)]) == 0
    capsys.readouterr()
    assert main(["merge", str(written), str(other), "-o", str(joined)]) == 1
    assert "conflict, both kept: finding / conformance / does torch interpolate" in capsys.readouterr().err
    assert len(read(joined)) == len(samples()) + 1
    assert main(["diff", str(written), str(other)]) == 1
    assert "agrees -> diverges" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["render", "merge", "diff"])
@pytest.mark.parametrize("content", [None, b"", b"{}\n", b'{"type": "run"', b"\x00\xff\n"])
def test_bad_input_is_one_line_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture, command: str, content: bytes | None
) -> None:
    """No traceback, no half-written output, exit code 2."""
    bad, output = tmp_path / "bad.jsonl", tmp_path / "out"
    if content is not None:
        bad.write_bytes(content)
    arguments = [str(bad), str(bad)] if command == "diff" else [str(bad), "-o", str(output)]
    assert main([command, *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("reports: ")
    assert captured.err.count("\n") == 1
    assert "bad.jsonl" in captured.err
    assert os.listdir(tmp_path) == ([] if content is None else ["bad.jsonl"])


@pytest.mark.parametrize("command", ["render", "merge"])
@pytest.mark.parametrize("place", ["file/out", "folder"])
def test_a_place_that_cannot_be_written_is_one_line(
    written: Path, capsys: pytest.CaptureFixture, command: str, place: str
) -> None:
    """Whether its parent is no folder or it is a folder itself."""
    (written.parent / "file").touch()
    (written.parent / "folder").mkdir()
    before = sorted(written.parent.rglob("*"))
    assert main([command, str(written), "-o", str(written.parent / place)]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("reports: ")
    assert captured.err.count("\n") == 1
    assert sorted(written.parent.rglob("*")) == before


def test_the_module_runs(written: Path) -> None:
    """As people type it."""
    run = [sys.executable, "-m", "reports"]
    done = subprocess.run([*run, "render", str(written)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    done = subprocess.run([*run, "render", "absent.jsonl"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "reports: [Errno 2] No such file or directory: 'absent.jsonl'\n"
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_only_the_vocabulary_is_imported() -> None:
    """Neither frameworks nor the rooms below that measure."""
    code = (
        "import sys, reports.__main__, reports.terminal\n"
        "print([name for name in ('adapters', 'probe', 'torch', 'tensorflow', 'cv2') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
