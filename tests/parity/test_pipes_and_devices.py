"""Pipes and devices: neither waited for as an input, nor replaced by what is written."""

from __future__ import annotations

import os
import stat
import zipfile

import pytest

from halfpixel.parity.formats.model import BadModel, Port
from halfpixel.parity.input_files import read_inputs
from halfpixel.parity_command import main
from tests.parity.graphs import resize, saved

PORT = (Port("x", "float32", (1, 2, 8, 8)),)


@pytest.fixture
def pipe(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


@pytest.mark.parametrize("suffix", ["", ".npz", ".png"])
def test_a_pipe_is_no_input(tmp_path, suffix):
    path = tmp_path / f"pipe{suffix}"
    os.mkfifo(path)
    with pytest.raises(BadModel, match=r"not an ordinary file$"):
        read_inputs([f"x={path}"], PORT)


@pytest.mark.parametrize("option", ["--html", "--fix"])
def test_a_pipe_is_not_replaced(tmp_path, pipe, capsys, option):
    assert main([saved(resize(scales=[1, 1, 2, 2]), tmp_path), option, str(pipe), "--audit"]) == 2
    assert capsys.readouterr().err == f"{pipe}: neither a new nor an ordinary file: name another\n"
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("option", ["--html", "--fix"])
@pytest.mark.parametrize("read", ["--reference", "--input"])
def test_what_is_read_is_not_written_over(tmp_path, capsys, option, read):
    other = tmp_path / "other.npy"
    other.write_bytes(b"kept")
    model = saved(resize(scales=[1, 1, 2, 2]), tmp_path)
    given = f"x={other}" if read == "--input" else str(other)
    assert main([model, read, given, option, str(other), "--audit"]) == 2
    assert "name another file" in capsys.readouterr().err
    assert other.read_bytes() == b"kept"


def test_the_page_is_not_written_over_the_corrected_model(tmp_path, capsys):
    out = str(tmp_path / "out")
    assert main([saved(resize(scales=[1, 1, 2, 2]), tmp_path), "--fix", out, "--html", out, "--audit"]) == 2
    assert "name another file" in capsys.readouterr().err


def test_a_damaged_or_locked_archive_is_refused(tmp_path):
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", bytes(4096))
    whole = path.read_bytes()
    locked = bytearray(whole)
    locked[6] |= 1
    locked[whole.index(b"PK\x01\x02") + 8] |= 1
    damaged = bytearray(whole)
    damaged[36:46] = b"\xff" * 10
    for content in (locked, damaged):
        path.write_bytes(content)
        with pytest.raises(BadModel, match="not an archive of arrays"):
            read_inputs([str(path)], PORT)
