"""The commands that people type."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from halfpixel.reports.command import main
from halfpixel.reports.records.json_lines import write
from tests import ROOT
from tests.reports.test_sample import samples


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A file with the sample records."""
    path = tmp_path / "a.jsonl"
    write(path, samples())
    return path


def test_render_writes_a_page_beside_the_records(written: Path, capsys: pytest.CaptureFixture) -> None:
    """Or where it is told to."""
    assert main(["render", str(written)]) == 0
    assert capsys.readouterr().out == f"{written.with_suffix('.html')}\n"
    assert written.with_suffix(".html").read_text().startswith("<!DOCTYPE html>")
    assert main(["render", str(written), "-o", str(written.parent / "sub" / "page.html")]) == 0
    assert (written.parent / "sub" / "page.html").read_text() == written.with_suffix(".html").read_text()


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
    assert captured.err.startswith("halfpixel report: ")
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
    assert captured.err.startswith("halfpixel report: ")
    assert captured.err.count("\n") == 1
    assert sorted(written.parent.rglob("*")) == before


def test_the_module_runs(written: Path) -> None:
    """As people type it."""
    run = [sys.executable, "-m", "halfpixel", "report"]
    done = subprocess.run([*run, "render", str(written)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    done = subprocess.run([*run, "render", "absent.jsonl"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "halfpixel report: [Errno 2] No such file or directory: 'absent.jsonl'\n"
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_only_the_vocabulary_is_imported() -> None:
    """Neither frameworks nor the rooms below that measure."""
    code = (
        "import sys, halfpixel.reports.command, halfpixel.reports.text.terminal\n"
        "heavy = ('halfpixel.adapters', 'halfpixel.probe', 'torch', 'tensorflow', 'cv2')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
