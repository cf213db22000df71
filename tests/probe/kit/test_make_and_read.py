"""What a kit holds, in every form, and what reading makes of results that are right, wrong or missing."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from halfpixel import cli
from halfpixel.golden import Convention
from halfpixel.probe.kit.images import images_of_sizes, standard_images
from halfpixel.probe.kit.make import KitForm, make_kit, values_of

from .devices import LINEAR, exact, levels, names, read, run

ALIGNED = Convention(kernel="linear", coordinate_transformation_mode="align_corners")

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
    status, out, err = read(tmp_path / "kit", capsys, "--device", "x")
    assert (status, err) == (0, "")
    assert "linear half_pixel" in out
    assert f"files:       7 of 7, {dtype} {layout}" in out
    assert "note:" not in out


def test_a_png_kit_is_png(tmp_path, capsys):
    image_module = pytest.importorskip("PIL.Image")
    assert cli.main(["kit", "make", str(tmp_path / "kit"), "--sizes", "20x30:13x40"]) == 0
    for name in names(tmp_path / "kit"):
        values = np.asarray(image_module.open(tmp_path / "kit" / "in" / f"{name}.png"))
        assert values.shape == (20, 30, 3)
        made = levels(exact(ALIGNED)(values.astype(np.float64), (13, 40)))
        image_module.fromarray(made).save(tmp_path / "kit" / "out" / f"{name}.png")
    capsys.readouterr()
    status, out, _ = read(tmp_path / "kit", capsys)
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
    listed = names(folder)
    for name in listed[1:]:
        (folder / "out" / f"{name}.npy").unlink()
    status, out, _ = read(folder, capsys)
    assert status == 0
    assert "files:       1 of 7" in out
    assert f"missing:     out/{listed[1]}.npy, " in out


def test_most_of_it_left_out_is_no_yes(folder, capsys):
    """As of a device that exchanges width and height, of which only squares can be read."""
    listed = names(folder)
    for name in listed[1:]:
        made = np.load(folder / "out" / f"{name}.npy")
        np.save(folder / "out" / f"{name}.npy", np.swapaxes(made, 1, 2))
    for more in ((), ("--convention", "torch-bilinear")):
        status, out, _ = read(folder, capsys, *more)
        assert status == 1
        assert out.startswith("too few:     6 of the 7 results that came back cannot be used; of the rest:")


def test_what_is_off_everywhere_by_little_is_near_a_convention(tmp_path, capsys):
    """As float32 that passed through float16."""
    make_kit(tmp_path / "kit", standard_images(True), KitForm("float32", format="npy", channels=1), "0")
    run(tmp_path / "kit", lambda image, size: exact(LINEAR)(image, size).astype(np.float16).astype(np.float32))
    status, out, _ = read(tmp_path / "kit", capsys)
    assert status == 1
    assert "nearest:     linear half_pixel" in out
    assert "refused" not in out


def test_a_wrong_device_is_not_named(folder, capsys):
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for file in manifest["files"]:
        made = np.load(folder / file["output"])
        np.save(folder / file["output"], np.roll(made, 1, axis=2))
    status, out, _ = read(folder, capsys)
    assert status == 1
    assert "no known convention" in out


def test_a_convention_is_checked(folder, capsys):
    assert read(folder, capsys, "--convention", "torch-bilinear")[0] == 0
    status, out, _ = read(folder, capsys, "--convention", "torch-bilinear-align-corners")
    assert status == 1
    assert "both axes at once 0 of 6" in out
    assert read(folder, capsys, "--kernel", "linear", "--mode", "half_pixel")[0] == 0
