"""Results, files and manifests of a kit that are damaged, swapped, of another kind or elsewhere: each is named."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from halfpixel.probe.kit.images import images_of_sizes, standard_images
from halfpixel.probe.kit.make import KitForm, make_kit

from .devices import LINEAR, exact, names, read, run


def _spoil(folder: Path, name: str, how: str) -> None:
    path = folder / "out" / f"{name}.npy"
    made = np.load(path)
    if how == "truncated":
        path.write_bytes(path.read_bytes()[:-7])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "size":
        np.save(path, made[:, :-1])
    elif how == "exchanged":
        np.save(path, made.transpose(0, 2, 1, 3))
    elif how == "dtype":
        np.save(path, made.astype(np.float64))
    elif how == "input":
        shutil.copy(folder / "in" / f"{name}.npy", path)
    elif how == "other size":
        shutil.copy(folder / "out" / f"{names(folder)[4]}.npy", path)
    elif how == "channels":
        np.save(path, made[..., :1])
    elif how == "lossy":
        path.rename(path.with_suffix(".jpg"))
    elif how == "pickle":
        np.save(path, np.array([{}], dtype=object))
    elif how == "folder":
        path.unlink()
        path.mkdir()
    elif how == "image":
        np.save(folder / "in" / f"{name}.npy", np.zeros_like(np.load(folder / "in" / f"{name}.npy")))
    elif how == "no image":
        (folder / "in" / f"{name}.npy").unlink()


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("truncated", "cannot be read"),
        ("empty", "cannot be read"),
        ("size", "is 40 x 12 where 40 x 13 was asked for"),
        ("exchanged", "width and height are exchanged"),
        ("dtype", "holds float64 where uint8 was asked for"),
        ("input", "it has the size of the input, which was not resized"),
        ("other size", "were files swapped?"),
        ("channels", "where 3 channels were asked for"),
        ("lossy", "does not keep pixels"),
        ("pickle", "cannot be read"),
        ("folder", "is no file"),
        ("image", "its sha256 differs"),
        ("no image", "is missing"),
    ],
)
def test_a_damaged_file_is_named_and_the_rest_is_used(how, words, folder, capsys):
    name = names(folder)[0]
    _spoil(folder, name, how)
    status, out, err = read(folder, capsys)
    left_out = [line for line in out.splitlines() if line.startswith("left out:")]
    assert (status, err, len(left_out)) == (0, "", 1)
    assert words in left_out[0]
    assert name in left_out[0]
    assert "files:       6 of 7" in out


@pytest.mark.parametrize("how", ["size", "lossy", "truncated"])
def test_nothing_readable_is_no_answer(how, folder, capsys):
    for name in names(folder):
        _spoil(folder, name, how)
    status, out, err = read(folder, capsys)
    assert (status, out) == (2, "")
    assert "nothing can be read: out/01" in err
    assert err.count("\n") == 1


def test_an_empty_kit_is_no_answer(tmp_path, capsys):
    make_kit(tmp_path / "kit", standard_images(False)[:3], KitForm(format="npy"), "0")
    status, _, err = read(tmp_path / "kit", capsys)
    assert status == 2
    assert "out/ has none of the 3 results" in err


def test_a_constant_image_alone_is_no_answer(folder, capsys):
    for name in names(folder):
        if "constant" not in name:
            (folder / "out" / f"{name}.npy").unlink()
    status, _, err = read(folder, capsys)
    assert status == 2
    assert "constant" in err


def test_swapped_files_of_one_size_are_told(folder, capsys):
    first, second = (folder / "out" / f"{name}.npy" for name in names(folder)[:2])
    a, b = first.read_bytes(), second.read_bytes()
    first.write_bytes(b)
    second.write_bytes(a)
    status, out, _ = read(folder, capsys)
    assert status == 0
    assert f"left out:    out/{first.name} is what {second.stem} should give: files were swapped" in out
    assert f"left out:    out/{second.name} is what {first.stem} should give: files were swapped" in out


def test_another_order_of_channels_is_told_and_read(folder, capsys):
    for name in names(folder):
        path = folder / "out" / f"{name}.npy"
        np.save(path, np.load(path)[..., [2, 0, 1]])
    status, out, _ = read(folder, capsys)
    assert status == 0
    assert "note:        channels came back in the order 2, 0, 1" in out


@pytest.mark.parametrize("file_format", ["raw", "bin+json", "npy"])
def test_another_layout_is_told_and_read(file_format, tmp_path, capsys):
    sizes = images_of_sizes((), [((20, 30), (13, 40)), ((24, 18), (10, 11))])
    make_kit(tmp_path / "kit", sizes, KitForm(format=file_format), "0")
    run(tmp_path / "kit", exact(LINEAR))
    for file in json.loads((tmp_path / "kit" / "manifest.json").read_text(encoding="utf-8"))["files"]:
        path = tmp_path / "kit" / file["output"]
        values = np.load(path) if file_format == "npy" else np.fromfile(path, np.uint8)
        planar = np.ascontiguousarray(values.reshape(*file["size"], 3).transpose(2, 0, 1))
        if file_format == "npy":
            np.save(path, planar[None])
        else:
            planar.tofile(path)
    status, out, _ = read(tmp_path / "kit", capsys)
    assert status == 0
    assert "linear half_pixel" in out
    assert "note:        the results are NCHW, where NHWC was asked for" in out


def test_a_raw_result_of_another_length_is_named(tmp_path, capsys):
    folder = tmp_path / "kit"
    make_kit(folder, images_of_sizes((), [((20, 30), (13, 40))]), KitForm(format="raw"), "0")
    run(folder, exact(LINEAR))
    first, second = (folder / "out" / f"{name}.raw" for name in names(folder)[:2])
    first.write_bytes(first.read_bytes()[:-1])
    second.write_bytes((folder / "in" / second.name).read_bytes())
    status, out, _ = read(folder, capsys)
    assert status == 0
    assert "has 1559 bytes where 1560 were asked for: truncated" in out
    assert "as many as the input has, which was not resized" in out


# A manifest that cannot be used


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kit": 2}, "is of version 2"),
        ({"kit": None}, "is of version None"),
        ({"dtype": "int4"}, "dtype is 'int4'"),
        ({"files": []}, "lists no files"),
        ({"files": [{}]}, "damaged"),
        ({"files": 7}, "damaged"),
        ({"layout": None}, "layout is"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_refused(change, words, folder, capsys):
    path = folder / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | change), encoding="utf-8")
    status, out, err = read(folder, capsys)
    assert (status, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("input", "../secret.npy", "leaves the folder"),
        ("input", "/etc/passwd", "leaves the folder"),
        ("output", "out/../../x.npy", "leaves the folder"),
        ("output", "C:\\x.npy", "leaves the folder"),
        ("output", "in/x.npy", "is not out/NAME.npy"),
        ("name", "../x", "is not in/NAME.npy"),
        ("size", [0, 5], "whole number"),
        ("size", [10**9, 5], "whole number"),
        ("size", [60000, 60000], "too large"),
        ("size", [5], "needs a shape"),
        ("shape", [5, 5], "needs a shape"),
        ("shape", ["5", 5, 3], "whole number"),
        ("kind", "else", "else"),
    ],
)
def test_an_entry_that_cannot_be_used_is_refused(key, value, words, folder, capsys):
    path = folder / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["files"][0][key] = value
    path.write_text(json.dumps(content), encoding="utf-8")
    status, out, err = read(folder, capsys)
    assert (status, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("where", ["in", "out", "folder"])
def test_a_link_out_of_the_folder_is_refused(where, folder, tmp_path, capsys):
    secret = tmp_path / "secret"
    if where == "folder":
        shutil.move(folder / "out", secret)
        os.symlink(secret, folder / "out")
    else:
        path = folder / where / f"{names(folder)[0]}.npy"
        shutil.move(path, secret)
        os.symlink(secret, path)
    status, out, err = read(folder, capsys)
    assert (status, out) == (2, "")
    assert "leaves the folder" in err


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "[" * 100_000, '{"kit": 1}'])
def test_a_damaged_manifest_is_refused(text, folder, capsys):
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    status, out, err = read(folder, capsys)
    assert (status, out) == (2, "")
    assert err.count("\n") == 1


def test_a_folder_without_a_kit_is_refused(tmp_path, capsys):
    assert read(tmp_path, capsys)[0] == 2
    assert read(tmp_path / "nowhere", capsys)[0] == 2


def test_a_device_name_must_be_a_word(folder, capsys):
    status, _, err = read(folder, capsys, "--device", "my phone")
    assert status == 2
    assert "--device must be a word" in err
