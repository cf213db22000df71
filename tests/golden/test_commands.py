"""Do the commands of ``halfpixel golden`` print what they promise, and refuse the rest in one line?"""

from __future__ import annotations

import subprocess
import sys

import pytest

from halfpixel.golden import matrix
from halfpixel.golden.catalogue import CATALOGUE, named_convention
from halfpixel.golden.command import main
from halfpixel.golden.integer_rules import INTEGER_RULES

_CORNERS = """\
linear align_corners: 3 -> 5
o  x_in  x[0]  x[1]  x[2]
0     0     1     0     0
1   1/2   1/2   1/2     0
2     1     0     1     0
3   3/2     0   1/2   1/2
4     2     0     0     1
"""
_KEYS = """\
cubic half_pixel cubic_coeff_a=-1/2 antialias border=renormalise: 5 -> 3
o  x_in    x[0]    x[1]   x[2]    x[3]    x[4]
0   1/3   38/65   29/65      0   -2/65       0
1     2  -8/215  53/215  25/43  53/215  -8/215
2  11/3       0   -2/65      0   29/65   38/65
"""
_SCALED = """\
linear half_pixel: 2 -> 4, scale 23/10
o    x_in   x[0]   x[1]
0  -13/46      1      0
1    7/46  39/46   7/46
2   27/46  19/46  27/46
3   47/46      0      1
"""
_GAUSSIAN = """\
gaussian half_pixel border=renormalise: 2 -> 2
(weights that are no fractions: decimals, each within 8.4e-15 of the exact weight)
o  x_in            x[0]            x[1]
0     0  0.880797077978  0.119202922022
1     1  0.119202922022  0.880797077978
"""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("--kernel linear --mode align_corners 3 5", _CORNERS),
        ("--kernel cubic --a -0.5 --antialias --border renormalise 5 3", _KEYS),
        ("--name pillow-bicubic 5 3", _KEYS),
        ("--scale 2.3 2 4", _SCALED),
        ("--name tf2-gaussian 2 2", _GAUSSIAN),
    ],
)
def test_shows(arguments: str, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The matrix in aligned columns, with where each output samples."""
    assert main(["show", *arguments.split()]) == 0
    out, err = capsys.readouterr()
    assert out == expected
    assert err == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            "show --kernel bicubic 3 5",
            "argument --kernel: invalid choice: 'bicubic' (choose from 'nearest', 'linear', ",
        ),
        ("show --mode corners 3 5", "argument --mode: invalid choice: 'corners' (choose from 'half_pixel', "),
        (
            "show --nearest-mode up 3 5",
            "argument --nearest-mode: invalid choice: 'up' (choose from 'round_prefer_floor'",
        ),
        ("show three 5", "n_in must be a whole number of pixels, at least 1, not 'three'"),
        ("show 3 0", "n_out must be a whole number of pixels, at least 1, not '0'"),
        ("show 3 -5", "n_out must be a whole number of pixels, at least 1, not '-5'"),
        ("show 3 2.5", "n_out must be a whole number of pixels, at least 1, not '2.5'"),
        ("show 3", "the following arguments are required: n_out"),
        ("show --lobes 3 3 5", "--lobes: lobes applies only when kernel is 'lanczos', not 'linear'"),
        ("show --a 1 3 5", "--a: cubic_coeff_a applies only when kernel is 'cubic', not 'linear'"),
        ("show --kernel cubic --a x 3 5", "--a must be a number such as 5/3 or -0.5, not 'x'"),
        ("show --kernel cubic --a 1/0 3 5", "--a must be a number such as 5/3 or -0.5, not '1/0'"),
        ("show --kernel bspline --order 7 3 5", "--order: order must be 2, 3, 4 or 5, not 7"),
        ("show --kernel bspline --order x 3 5", "argument --order: invalid int value: 'x'"),
        ("show --kernel nearest --antialias 3 5", "--antialias: antialias does not apply to kernel 'nearest'"),
        ("show --prefilter bspline 3 5", "--prefilter: prefilter 'bspline' applies only when kernel is 'bspline'"),
        ("show --kernel bspline --prefilter bspline --border wrap_overlap 3 5", "no B-spline interpolates with border"),
        ("show --scale 0 3 5", "--scale must be between 1/10000 and 10000, not 0"),
        ("show --scale nan 3 5", "--scale must be a number such as 5/3 or -0.5, not 'nan'"),
        ("show --roi 0 1 3 5", "--roi: roi applies only when coordinate_transformation_mode is 'tf_crop_and_resize'"),
        ("show --name pilow-bicubic 3 5", "unknown name 'pilow-bicubic'; did you mean pillow-bicubic"),
        ("show --name zzz 3 5", "unknown name 'zzz'; list them with: halfpixel golden list"),
        ("show --name pillow-box --kernel linear --lobes 3 3 5", "--name says it all; leave out --kernel, --lobes"),
        ("show 1000 1000", "1000 x 1000 is too large to print: at most 10000 entries"),
        ("print 3 5", "invalid choice: 'print' (choose from 'show', 'rules', 'list', 'verify', 'write', 'zip')"),
        ("", "the following arguments are required: show|list|rules|verify|write|zip"),
    ],
)
def test_refuses(arguments: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and one line on stderr that names the thing and what is allowed."""
    try:
        code = main(arguments.split())
    except SystemExit as stop:
        code = stop.code
    out, err = capsys.readouterr()
    assert code == 2
    assert out == ""
    assert message in err
    assert err.startswith("halfpixel golden")
    assert err.count("\n") == 1


def test_lists_the_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each entry: name, what it means, where it is stated."""
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [entry.name for entry in CATALOGUE]
    assert all(line.endswith(entry.source) for line, entry in zip(lines, CATALOGUE, strict=True))


def test_lists_the_integer_rules_and_says_one_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(INTEGER_RULES)
    assert main(["rules", "pillow-bicubic-uint8"]) == 0
    said = capsys.readouterr().out
    assert "multiplied by 2^22" in " ".join(said.split())
    assert "source:     https://github.com/python-pillow/Pillow/" in said
    assert main(["rules", "pilow-bicubic-uint8"]) == 2
    assert "no integer rule 'pilow-bicubic-uint8'; near it: pillow-bicubic-uint8" in capsys.readouterr().err


def test_stops_quietly_when_its_reader_does() -> None:
    """``halfpixel golden list | head -1`` prints a line and no traceback."""
    command = f"{sys.executable} -m halfpixel golden list | head -1"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert result.stdout.startswith("onnx-nearest ")
    assert result.stderr == ""


def test_the_catalogue_is_large_and_its_names_are_unique() -> None:
    """At least forty named conventions."""
    assert len({entry.name for entry in CATALOGUE}) == len(CATALOGUE) >= 40


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_every_entry_can_be_used(entry: object) -> None:
    """It is found by name, has a source and a comment, and gives matrices that keep a constant image."""
    assert named_convention(entry.name) is entry
    assert entry.source.startswith("https://")
    assert entry.comment.endswith(".")
    loses = entry.convention.border in ("constant", "extrapolate")
    for n_in, n_out in ((5, 7), (8, 4), (7, 3), (1, 4), (4, 1)):
        sums = matrix(entry.convention, n_in, n_out).to_array().sum(axis=1)
        assert (sums <= 1 + 1e-12).all() if loses else abs(sums - 1).max() < 1e-12


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("torch-bicubic-antialias", "pillow-bicubic"),
        ("torch-bilinear", "opencv-linear"),
        ("torch-bilinear", "tf2-bilinear"),
        ("torch-nearest", "opencv-nearest"),
        ("jax-cubic", "tf2-bicubic-antialias"),
        ("tf2-nearest", "onnx-11-tf-nearest"),
    ],
)
def test_some_names_mean_the_same(one: str, other: str) -> None:
    """By their documentation."""
    assert named_convention(one).convention == named_convention(other).convention


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("torch-bicubic", "pillow-bicubic"),
        ("tf1-bilinear", "tf2-bilinear"),
        ("jax-linear", "torch-bilinear"),
        ("torch-area", "opencv-area"),
        ("onnx-nearest", "torch-nearest-exact"),
        ("scipy-zoom", "scipy-zoom-grid-cubic"),
    ],
)
def test_some_names_mislead(one: str, other: str) -> None:
    """Names that sound alike and are not."""
    assert named_convention(one).convention != named_convention(other).convention
