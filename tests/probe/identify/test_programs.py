"""Are programs identified by their files, and refused in one line where they fail?"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from halfpixel.probe.command import main
from halfpixel.probe.identify.external_program import DTYPES_OF, holds
from halfpixel.probe.identify.naming import MOST_CALLS
from halfpixel.probe.image_pairs.image_files import UnreadableImage, read_image, read_pixels, write_image

_PROGRAM = """
import sys

import numpy as np

mode, source, result, w, h = sys.argv[1:]
w, h = int(w), int(h)
with open(__file__ + ".count", "a") as counted:
    counted.write("x")
image = np.load(source)
rows = (2 * np.arange(h) + 1) * image.shape[0] // (2 * h)
columns = (2 * np.arange(w) + 1) * image.shape[1] // (2 * w)
resized = image[rows[:, None], columns]
if mode == "fails":
    sys.exit("cannot do that\\nat all")
if mode == "hangs":
    import time

    time.sleep(60)
if mode == "wrong":
    resized = resized.T
if mode == "broken":
    open(result, "w").write("no array")
elif mode != "silent":
    np.save(result, resized)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A program that picks pixels, of arrays in files."""
    path = tmp_path / "a program.py"
    path.write_text(_PROGRAM, encoding="utf-8")
    return path


def _command(script: Path, mode: str = "right", rest: str = "{in} {out} {w} {h}") -> list[str]:
    return ["identify", "--format", "npy", "--command", f"{sys.executable} '{script}' {mode} {rest}"]


def test_a_program_is_named_within_the_calls(script, capsys, tmp_path):
    drawn = tmp_path / "kernel.svg"
    assert main([*_command(script), "--dtype", "uint8", "--draw", str(drawn)]) == 0
    out, err = capsys.readouterr()
    assert "nearest half_pixel round_prefer_ceil\n" in out
    assert "known as:    onnx-nearest-ceil-ties" in out
    assert "rounding: nothing to round, pixels are copied" in out
    assert err == ""
    runs = len(script.with_suffix(".py.count").read_text())
    assert f"in {runs} calls, with uint8 images" in out
    assert runs <= MOST_CALLS
    assert drawn.read_text(encoding="utf-8").startswith("<svg ")


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("fails", "it ended with status 1: cannot do that"),
        ("silent", "it wrote no image to {out}"),
        ("wrong", "it wrote an image of 5 x 6 where 6 x 5 was asked for"),
        ("broken", "cannot read what was written: ValueError"),
    ],
)
def test_a_program_that_fails_is_refused_in_one_line(mode, words, script, capsys):
    assert main(_command(script, mode)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1
    assert script.with_suffix(".py.count").read_text() == "x"


def test_a_program_that_hangs_is_stopped(script, capsys):
    assert main([*_command(script, "hangs"), "--time-limit", "1"]) == 2
    assert "it ran past the time limit of 1 seconds" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--command", "no-such-program {in} {out} {w} {h}"], "no program 'no-such-program' is found"),
        (["--command", "cp {in} {out}"], "the command lacks {w}, {h}"),
        (["--command", "cp '{in} {out} {w} {h}"], "No closing quotation"),
        (["--command", ""], "the command is empty"),
        (["--command", "cp {in} {out} {w} {h}", "--format", "png", "--dtype", "float32"], "png holds uint8"),
        (["--command", "cp {in} {out} {w} {h}", "--time-limit", "0"], "must be above 0 seconds"),
        (["--command", "cp {in} {out} {w} {h}", "--time-limit", "x"], "--time-limit must be a number"),
        (["--command", "cp {in} {out} {w} {h}", "a:b"], "give one subject: module:function"),
        (["--command", "cp {in} {out} {w} {h}", "--draw", "kernel.gif"], "must end in .svg"),
        (["--command", "cp {in} {out} {w} {h}", "--draw", "/no/folder/kernel.svg"], "there is no folder '/no/folder'"),
        (["numpy:zeros", "--format", "png"], "--format can be given only with a program"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_bad_commands_are_refused_in_one_line(arguments, words, capsys):
    assert main(["identify", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("suffix", "dtype", "channels"),
    [
        (suffix, dtype, channels)
        for suffix, dtypes in DTYPES_OF.items()
        for dtype in dtypes
        for channels in (1, 2, 3, 4)
        if holds(suffix, dtype, channels)
    ],
)
def test_an_image_survives_a_file(suffix, dtype, channels, tmp_path):
    if suffix not in ("npy", "pfm"):
        pytest.importorskip("PIL")
    shape = (5, 7) if channels == 1 else (5, 7, channels)
    image = np.random.default_rng(0).integers(0, 256, shape).astype(dtype)
    image = image / np.float32(3) if dtype == "float32" else image
    path = tmp_path / f"image.{suffix}"
    write_image(path, image)
    got = read_image(path) if channels == 1 else read_pixels(path, channels)
    assert got.dtype == image.dtype
    np.testing.assert_array_equal(got, image)


def test_alpha_that_was_added_is_dropped_and_other_channels_are_refused(tmp_path):
    """Alpha alone is dropped, and only where it is opaque."""
    image = np.random.default_rng(0).integers(0, 255, (5, 7, 4)).astype(np.uint8)
    np.save(tmp_path / "image.npy", image)
    assert read_pixels(tmp_path / "image.npy", 4).shape == (5, 7, 4)
    for channels in (1, 2, 3):
        with pytest.raises(UnreadableImage, match=f"an image of {channels} channels comes back as 5 x 7 x 4"):
            read_pixels(tmp_path / "image.npy", channels)
    image[..., 3] = 255
    np.save(tmp_path / "image.npy", image)
    np.testing.assert_array_equal(read_pixels(tmp_path / "image.npy", 3), image[..., :3])
