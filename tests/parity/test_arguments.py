"""Arguments, arrays and images that fit no model: one clear line, exit status 2, nothing run, nothing written."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import onnx
import pytest

from halfpixel.parity.formats.loader import load_model
from halfpixel.parity_command import main
from tests.parity import graphs as models
from tests.parity.refusals import refused

__all__ = ["refused"]


def _good() -> onnx.ModelProto:
    return models.resize(sizes=[1, 2, 16, 16], mode="linear")


def _written(tmp_path: Path, content: bytes, name: str) -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--shape", "z=1,2,8,8"], "no input 'z'"),
        (["--shape", "x=1,2,8"], "has 4 axes"),
        (["--shape", "x=1,2,8,9"], "axis 3"),
        (["--shape", "x=1,two"], "not a shape"),
        (["--shape", "x=1,2,0,8"], "cannot have shape"),
        (["--against", "nothing"], "unknown runtime"),
        (["--against", "litert"], "does not read"),
        (["--input", "absent.npy"], "absent.npy"),
        (["--input", "z=absent.npy"], "no input"),
        (["--reference", "absent.onnx"], "No such file"),
        (["--fix", "no/such/folder/out.onnx"], "no folder"),
    ],
)
def test_arguments_that_do_not_fit(arguments, told, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([models.saved(_good(), tmp_path), *arguments]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert told in said.err
    assert sorted(one.name for one in tmp_path.iterdir()) == ["model.onnx"]


def test_the_model_is_not_written_over(refused, tmp_path):
    path = models.saved(_good(), tmp_path)
    assert "the model itself" in refused(path, "--fix", path)
    assert load_model(path).resizes


def _npy(shape: str, data: bytes = b"") -> bytes:
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


@pytest.mark.parametrize(
    "content", [b"", b"\x93NUMPY", _npy("(1000000000000,)"), _npy("(2, 3)", b"1234"), _npy("(-1,)")]
)
def test_arrays_that_are_none(content, refused, tmp_path):
    path = _written(tmp_path, content, "x.npy")
    assert "x.npy" in refused(models.saved(_good(), tmp_path), "--input", str(path))


def test_images_that_are_none(refused, tmp_path):
    pytest.importorskip("PIL", reason="Pillow is not installed")
    model = models.saved(models.resize(scales=[1, 1, 2, 2], before=(1, 3, "h", "w"), mode="linear"), tmp_path)
    path = _written(tmp_path, b"\x89PNG\r\n\x1a\nnot an image", "x.png")
    assert "not an image" in refused(model, "--input", str(path))


def test_archives_of_arrays_that_are_none(refused, tmp_path):
    model = models.saved(_good(), tmp_path)
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("x.npy", b"\x93NUMPYgarbage")
    assert "x.npz" in refused(model, "--input", str(tmp_path / "x.npz"))
