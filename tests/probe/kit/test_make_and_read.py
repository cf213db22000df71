"""What a kit holds, in every form, and what reading makes of results that are right, missing, or damaged."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from halfpixel import cli
from halfpixel.golden import Convention
from halfpixel.probe.kit.images import images_of_sizes, standard_images
from halfpixel.probe.kit.make import KitForm, make_kit, values_of

from .devices import exact, levels, run

LINEAR = Convention(kernel="linear")
ALIGNED = Convention(kernel="linear", coordinate_transformation_mode="align_corners")


def _read(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str, str]:
    status = cli.main(["kit", "read", str(folder), *more])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """A small kit, two sizes, answered by a right device; tests change copies of it."""
    folder = tmp_path_factory.mktemp("answered") / "kit"
    make_kit(folder, images_of_sizes((), [((20, 30), (13, 40)), ((24, 18), (10, 11))]), KitForm(format="npy"), "0")
    run(folder, exact(LINEAR))
    return folder


@pytest.fixture
def folder(answered, tmp_path):
    return Path(shutil.copytree(answered, tmp_path / "kit"))


def _names(folder: Path) -> list[str]:
    return [line.split()[0] for line in (folder / "list.txt").read_text(encoding="utf-8").splitlines()]


# What is made


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_the_images_are_those_of_this_version(dtype):
    """A reader finds an image by its bytes: other bytes need another version of the manifest."""
    digest = hashlib.sha256()
    for image in standard_images(dtype == "float32"):
        values = values_of(image, dtype, 3)
        digest.update(repr((image.size_in, image.size_out, image.kind, values.shape)).encode() + values.tobytes())
    assert digest.hexdigest()[:16] == {"uint8": "b2068efc2976fa55", "float32": "5edeaf03576f048a"}[dtype]


def test_there_are_thirty_images_and_floats_stay_inside():
    for is_float in (False, True):
        images = standard_images(is_float)
        assert len(images) == 30
        assert len({(image.kind, image.size_in, image.size_out) for image in images}) == 30
    for image in standard_images(True):
        values = values_of(image, "float32", 3)
        assert values.dtype == np.float32
        if image.kind in ("height", "width", "both"):
            assert 0.25 <= values.min() <= values.max() <= 0.75
        if image.kind == "range":
            assert values.min() < -0.9
            assert values.max() > 1.9


def test_the_manifest_and_the_list_say_the_same(folder):
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    listed = [line.split() for line in (folder / "list.txt").read_text(encoding="utf-8").splitlines()]
    assert [[file["name"], str(file["size"][1]), str(file["size"][0])] for file in manifest["files"]] == listed
    for file in manifest["files"]:
        data = (folder / file["input"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == file["sha256"]
        assert np.load(folder / file["input"]).shape == (1, *file["shape"])
        assert file["name"].endswith(f"-to-{file['size'][1]}x{file['size'][0]}")
    make_kit(folder.parent / "raw", images_of_sizes((), [((20, 30), (13, 40))]), KitForm(format="raw"), "0")
    first = (folder.parent / "raw" / "list.txt").read_text(encoding="utf-8").splitlines()[0]
    assert first == "01-both-to-40x13 40 13 30 20"
    assert len((folder / "README.txt").read_text(encoding="utf-8").splitlines()) == 10


@pytest.mark.parametrize(
    ("dtype", "layout", "file_format"),
    [
        *(("uint8", layout, name) for layout in ("NHWC", "NCHW") for name in ("npy", "raw", "bin+json")),
        *(("float32", layout, name) for layout in ("NHWC", "NCHW") for name in ("npy", "raw", "bin+json")),
    ],
)
def test_every_form_is_read_as_it_is_written(dtype, layout, file_format, tmp_path, capsys):
    sizes = images_of_sizes((), [((20, 30), (13, 40)), ((24, 18), (10, 11))])
    make_kit(tmp_path / "kit", sizes, KitForm(dtype, layout, file_format), "0")
    run(tmp_path / "kit", exact(LINEAR))
    status, out, err = _read(tmp_path / "kit", capsys, "--device", "x")
    assert (status, err) == (0, "")
    assert "linear half_pixel" in out
    assert f"files:       7 of 7, {dtype} {layout}" in out
    assert "note:" not in out


def test_a_png_kit_is_png(tmp_path, capsys):
    image_module = pytest.importorskip("PIL.Image")
    assert cli.main(["kit", "make", str(tmp_path / "kit"), "--sizes", "20x30:13x40"]) == 0
    for name in _names(tmp_path / "kit"):
        values = np.asarray(image_module.open(tmp_path / "kit" / "in" / f"{name}.png"))
        assert values.shape == (20, 30, 3)
        made = levels(exact(ALIGNED)(values.astype(np.float64), (13, 40)))
        image_module.fromarray(made).save(tmp_path / "kit" / "out" / f"{name}.png")
    capsys.readouterr()
    status, out, _ = _read(tmp_path / "kit", capsys)
    assert status == 0
    assert "linear align_corners" in out


def test_a_kit_is_not_written_over_anything(folder, capsys):
    before = (folder / "manifest.json").read_bytes()
    assert cli.main(["kit", "make", str(folder)]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert (folder / "manifest.json").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--format", "png", "--dtype", "float32"], "png holds uint8 NHWC"),
        (["--format", "png", "--channels", "4"], "alpha"),
        (["--sizes", "8x5"], "height x width"),
        (["--sizes", "8:5x4"], "height x width"),
        (["--sizes", "0:5"], "sides are from 1"),
        (["--sizes", "8:99999"], "sides are from 1"),
        (["--sizes", ""], "height x width"),
        (["--model", "nowhere.onnx"], "nowhere.onnx"),
    ],
)
def test_bad_options_are_refused_in_one_line(arguments, words, tmp_path, capsys):
    assert cli.main(["kit", "make", str(tmp_path / "kit"), *arguments]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1
    assert not (tmp_path / "kit").exists()


# What is read


def test_missing_results_are_named_and_the_rest_is_used(folder, capsys):
    names = _names(folder)
    for name in names[1:]:
        (folder / "out" / f"{name}.npy").unlink()
    status, out, _ = _read(folder, capsys)
    assert status == 0
    assert "files:       1 of 7" in out
    assert f"missing:     out/{names[1]}.npy, " in out


def test_most_of_it_left_out_is_no_yes(folder, capsys):
    """As of a device that exchanges width and height, of which only squares can be read."""
    names = _names(folder)
    for name in names[1:]:
        made = np.load(folder / "out" / f"{name}.npy")
        np.save(folder / "out" / f"{name}.npy", np.swapaxes(made, 1, 2))
    for more in ((), ("--convention", "torch-bilinear")):
        status, out, _ = _read(folder, capsys, *more)
        assert status == 1
        assert out.startswith("too few:     6 of the 7 results that came back cannot be used; of the rest:")


def test_what_is_off_everywhere_by_little_is_near_a_convention(tmp_path, capsys):
    """As float32 that passed through float16."""
    make_kit(tmp_path / "kit", standard_images(True), KitForm("float32", format="npy", channels=1), "0")
    run(tmp_path / "kit", lambda image, size: exact(LINEAR)(image, size).astype(np.float16).astype(np.float32))
    status, out, _ = _read(tmp_path / "kit", capsys)
    assert status == 1
    assert "nearest:     linear half_pixel" in out
    assert "refused" not in out


def test_a_wrong_device_is_not_named(folder, capsys):
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for file in manifest["files"]:
        made = np.load(folder / file["output"])
        np.save(folder / file["output"], np.roll(made, 1, axis=2))
    status, out, _ = _read(folder, capsys)
    assert status == 1
    assert "no known convention" in out


def test_a_convention_is_checked(folder, capsys):
    assert _read(folder, capsys, "--convention", "torch-bilinear")[0] == 0
    status, out, _ = _read(folder, capsys, "--convention", "torch-bilinear-align-corners")
    assert status == 1
    assert "both axes at once 0 of 6" in out
    assert _read(folder, capsys, "--kernel", "linear", "--mode", "half_pixel")[0] == 0


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
        shutil.copy(folder / "out" / f"{_names(folder)[4]}.npy", path)
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
    name = _names(folder)[0]
    _spoil(folder, name, how)
    status, out, err = _read(folder, capsys)
    left_out = [line for line in out.splitlines() if line.startswith("left out:")]
    assert (status, err, len(left_out)) == (0, "", 1)
    assert words in left_out[0]
    assert name in left_out[0]
    assert "files:       6 of 7" in out


@pytest.mark.parametrize("how", ["size", "lossy", "truncated"])
def test_nothing_readable_is_no_answer(how, folder, capsys):
    for name in _names(folder):
        _spoil(folder, name, how)
    status, out, err = _read(folder, capsys)
    assert (status, out) == (2, "")
    assert "nothing can be read: out/01" in err
    assert err.count("\n") == 1


def test_an_empty_kit_is_no_answer(tmp_path, capsys):
    make_kit(tmp_path / "kit", standard_images(False)[:3], KitForm(format="npy"), "0")
    status, _, err = _read(tmp_path / "kit", capsys)
    assert status == 2
    assert "out/ has none of the 3 results" in err


def test_a_constant_image_alone_is_no_answer(folder, capsys):
    for name in _names(folder):
        if "constant" not in name:
            (folder / "out" / f"{name}.npy").unlink()
    status, _, err = _read(folder, capsys)
    assert status == 2
    assert "constant" in err


def test_swapped_files_of_one_size_are_told(folder, capsys):
    first, second = (folder / "out" / f"{name}.npy" for name in _names(folder)[:2])
    a, b = first.read_bytes(), second.read_bytes()
    first.write_bytes(b)
    second.write_bytes(a)
    status, out, _ = _read(folder, capsys)
    assert status == 0
    assert f"left out:    out/{first.name} is what {second.stem} should give: files were swapped" in out
    assert f"left out:    out/{second.name} is what {first.stem} should give: files were swapped" in out


def test_another_order_of_channels_is_told_and_read(folder, capsys):
    for name in _names(folder):
        path = folder / "out" / f"{name}.npy"
        np.save(path, np.load(path)[..., [2, 0, 1]])
    status, out, _ = _read(folder, capsys)
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
    status, out, _ = _read(tmp_path / "kit", capsys)
    assert status == 0
    assert "linear half_pixel" in out
    assert "note:        the results are NCHW, where NHWC was asked for" in out


def test_a_raw_result_of_another_length_is_named(tmp_path, capsys):
    folder = tmp_path / "kit"
    make_kit(folder, images_of_sizes((), [((20, 30), (13, 40))]), KitForm(format="raw"), "0")
    run(folder, exact(LINEAR))
    first, second = (folder / "out" / f"{name}.raw" for name in _names(folder)[:2])
    first.write_bytes(first.read_bytes()[:-1])
    second.write_bytes((folder / "in" / second.name).read_bytes())
    status, out, _ = _read(folder, capsys)
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
    status, out, err = _read(folder, capsys)
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
    status, out, err = _read(folder, capsys)
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
        path = folder / where / f"{_names(folder)[0]}.npy"
        shutil.move(path, secret)
        os.symlink(secret, path)
    status, out, err = _read(folder, capsys)
    assert (status, out) == (2, "")
    assert "leaves the folder" in err


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "[" * 100_000, '{"kit": 1}'])
def test_a_damaged_manifest_is_refused(text, folder, capsys):
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    status, out, err = _read(folder, capsys)
    assert (status, out) == (2, "")
    assert err.count("\n") == 1


def test_a_folder_without_a_kit_is_refused(tmp_path, capsys):
    assert _read(tmp_path, capsys)[0] == 2
    assert _read(tmp_path / "nowhere", capsys)[0] == 2


def test_a_device_name_must_be_a_word(folder, capsys):
    status, _, err = _read(folder, capsys, "--device", "my phone")
    assert status == 2
    assert "--device must be a word" in err
