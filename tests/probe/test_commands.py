"""Do the commands of ``halfpixel`` answer with the right exit status, and refuse the rest in one line?"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from halfpixel.adapters import operations
from halfpixel.probe.command import main
from tests import ROOT

_MODULE = """
import numpy as np


def nearest(image, size):
    rows = np.arange(size[0]) * image.shape[0] // size[0]
    columns = np.arange(size[1]) * image.shape[1] // size[1]
    return image[rows[:, None], columns]


def brighter(image, size):
    return 1.01 * nearest(image, size)


def darker(image, size):
    return (0.7 * nearest(image, size).astype(np.float64)).astype(image.dtype)


def dies(image, size):
    import os

    if 0 in image.shape or 1 in image.shape:
        os.abort()
    return nearest(image, size)


def refuses(image, size):
    raise RuntimeError("not today")


def levels_only(image, size):
    if image.dtype != np.uint8:
        raise TypeError("uint8 only")
    return nearest(image, size)


def small_only(image, size):
    if max(image.shape) > 200:
        raise RuntimeError("too large")
    return levels_only(image, size)


def by_scale(image, scale):
    picks = [(np.arange(int(n * scale)) / np.float64(scale)).astype(int) for n in image.shape]
    return image[picks[0][:, None], picks[1]]


def mistaken(image, size):
    return undefined(image, size)


def mistaken_when_enlarging(image, size):
    return undefined(image) if size > image.shape else nearest(image, size)


def lacks_a_module(image, size):
    import no_such_module


def unassigned(image, size):
    if size is None:
        result = image
    return result


def random(image, size):
    return nearest(image, size) + np.random.random(size).astype(np.float32)


def random_levels(image, size):
    return levels_only(image, size) ^ np.random.randint(0, 2, size).astype(np.uint8)


class Holder:
    inner = staticmethod(nearest)


number = 3
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module in the working directory, by a name of its own for each test."""
    name = f"resizers_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(_MODULE, encoding="utf-8")
    (tmp_path / "broken_when_imported.py").write_text("raise RuntimeError('half\\nwritten')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    return name


# Arguments with {m} for the module; exit status; what stdout contains.
_ANSWERS = [
    ("identify {m}:nearest", 0, "nearest: nearest asymmetric floor"),
    ("identify {m}:Holder.inner", 0, "known as:    onnx-9-upsample-nearest, torch-nearest"),
    ("identify {m}:brighter", 1, "nearest:     nearest asymmetric floor"),
    ("identify {m}:brighter", 1, "fault:       normalisation:"),
    ("check {m}:nearest --name torch-nearest", 0, "verdict:     exact"),
    ("check {m}:nearest torch-nearest", 0, "verdict:     exact"),
    ("check {m}:nearest torch-nearest --sizes 8:5,5:8", 0, "sizes:       all 4 measured agree"),
    ("check {m}:nearest torch-nearest --dtype uint8", 0, "with uint8 images"),
    ("check {m}:levels_only torch-nearest", 0, "all 199 images measured agree, both axes together"),
    ("check {m}:levels_only torch-bilinear --sizes 8:5", 1, "'nearest asymmetric floor' explains every result"),
    ("check {m}:small_only torch-nearest --sizes 8:5,5:8", 1, "refused:     1 sizes: RuntimeError: too large"),
    ("identify {m}:levels_only --sizes 8:5,5:8,3:6", 0, "nearest asymmetric floor"),
    ("check {m}:by_scale torch-nearest --scale 0.6,1.7", 0, "verdict:     agrees"),
    ("check {m}:by_scale onnx-nearest --scale 0.6", 1, "verdict:     diverges"),
    ("variants dtypes {m}:levels_only", 0, "held against: nearest asymmetric floor, as it is identified"),
    ("check {m}:nearest --kernel nearest --mode asymmetric --nearest-mode floor", 0, "verdict:     exact"),
    ("check {m}:nearest --kernel nearest", 1, "verdict:     diverges"),
    ("check {m}:brighter --name torch-nearest", 1, "rows sum to between 1.01 and 1.01"),
]


@pytest.mark.parametrize(("line", "status", "words"), _ANSWERS, ids=[f"{row[0]}: {row[2]}" for row in _ANSWERS])
def test_answers(line, status, words, mine, capsys):
    assert main(line.format(m=mine).split()) == status
    out, err = capsys.readouterr()
    assert words in out
    assert err == ""


# Arguments; what the one line on stderr contains.
_REFUSALS = [
    ("identify no_such_module:f", "cannot import 'no_such_module': ModuleNotFoundError"),
    ("identify broken_when_imported:f", "cannot import 'broken_when_imported': RuntimeError: half"),
    ("identify {m}:absent", "has no 'absent'"),
    ("identify {m}:number", "is not callable: it is a int"),
    ("identify {m}", "must be package.module:function"),
    ("identify {m}:refuses", "refused at every size: RuntimeError: not today"),
    ("identify", "give one subject: module:function"),
    ("identify {m}:nearest --operation x", "give one subject: module:function"),
    ("identify --operation nothing-like-it", "no operation matches 'nothing-like-it'"),
    ("check {m}:nearest", "say which convention"),
    ("check {m}:nearest torch-nearest --name torch-nearest", "the convention is given twice"),
    ("check {m}:nearest torch-nearest --sizes some", "--sizes must be quick, full, or pairs"),
    ("check {m}:nearest torch-nearest --sizes 8:0", "--sizes must be quick, full, or pairs"),
    ("check {m}:nearest torch-nearest --sizes 8:5 --scale 2", "give --sizes or --scale"),
    ("check {m}:nearest torch-nearest --scale 0", "--scale must be above 0"),
    ("check {m}:mistaken torch-nearest", "mistaken fails with NameError: name 'undefined' is not defined"),
    ("identify {m}:mistaken", "mistaken fails with NameError: name 'undefined' is not defined"),
    ("identify {m}:mistaken_when_enlarging", "fails with NameError: name 'undefined' is not defined"),
    ("identify {m}:lacks_a_module", "lacks_a_module fails with ModuleNotFoundError: No module named 'no_such_module'"),
    ("identify {m}:unassigned", "unassigned fails with UnboundLocalError"),
    ("variants dtypes {m}:mistaken", "mistaken fails with NameError"),
    ("variants edges {m}:levels_only", "edges are asked with float32 images, and it takes uint8 alone"),
    ("identify {m}:random", "the same call, made again, gives another result"),
    ("check {m}:random torch-nearest", "the same call gives different results"),
    ("identify {m}:random_levels", "the same call, made again, gives another result"),
    ("check {m}:random_levels torch-nearest", "the same call, made again, gives another result"),
    ("check {m}:nearest --name torch-nearst", "did you mean torch-nearest"),
    ("check {m}:nearest --name torch-nearest --kernel linear", "leave out --kernel"),
    ("check {m}:nearest --kernel linear --a x", "--a must be a number"),
    ("check {m}:refuses --kernel linear", "nothing could be measured: RuntimeError: not today"),
    ("operations nothing", "unknown framework 'nothing'"),
]


@pytest.mark.parametrize(("line", "words"), _REFUSALS, ids=[row[0] for row in _REFUSALS])
def test_refuses(line, words, mine, capsys):
    assert main(line.format(m=mine).split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1
    assert err.startswith("halfpixel: ")


@pytest.mark.parametrize("line", ["", "name {m}:nearest", "check x:y --kernel boxy"])
def test_refuses_arguments(line, mine, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(line.format(m=mine).split())
    assert exit_.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "status", "words"),
    [
        ("dtypes {m}:nearest", 0, ["uint8: agrees, ", "float64: agrees"]),
        ("dtypes {m}:darker", 1, ["uint8: approximates, truncates", "rounding: truncates", "bias: -0."]),
        pytest.param(
            "gradients --operation {torch}",
            0,
            ["backward: exact", "double backward: exact"],
            marks=pytest.mark.framework,
        ),
    ],
    ids=["copies", "truncates", "an operation"],
)
def test_says_what_variants_do(line, status, words, mine, capsys):
    arguments = [part.format(m=mine, torch="torch interpolate()") for part in line.split()]
    assert main(["variants", *arguments]) == status
    shown = capsys.readouterr().out
    for word in words:
        assert word in shown


def test_a_function_that_dies_is_an_answer(mine, capsys):
    assert main(["variants", "edges", f"{mine}:dies"]) == 1
    shown = capsys.readouterr().out
    assert "one pixel: error, crashes the process" in shown
    assert "got:         crashed (SIGABRT)" in shown
    assert "constant image: exact" in shown


@pytest.mark.parametrize("line", ["gradients {m}:nearest", "paths {m}:nearest", "dtypes {m}:refuses"])
def test_variants_of_which_nothing_is_measured_are_refused(line, mine, capsys):
    assert main(["variants", *line.format(m=mine).split()]) == 2
    assert "nothing could be measured" in capsys.readouterr().err


def test_lists_every_operation_with_its_claim(capsys):
    assert main(["operations"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(operations())
    assert main(["operations", "torch"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(operations("torch"))
    claims = dict(line.split("  ", 1) for line in lines)
    assert claims["torch interpolate(mode=bilinear, align_corners=False)"].strip() == "linear half_pixel"


@pytest.mark.parametrize(
    ("arguments", "status"), [(["identify", "{m}:nearest"], 0), (["identify", "{m}:refuses"], 2)], ids=["named", "not"]
)
def test_runs_as_a_module_without_a_traceback(arguments, status, mine, tmp_path):
    """The working directory is where the module is found; the project itself comes from PYTHONPATH."""
    command = [sys.executable, "-m", "halfpixel", *(part.format(m=mine) for part in arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment)
    assert ran.returncode == status, ran.stderr
    assert "Traceback" not in ran.stderr
