"""Each language's reader passes its right resizers, and names the fault of wrong ones. ``tox run -e languages``.

A compiler that is missing fails the tests, for this environment is asked on purpose.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from halfpixel.probe.vector_check.vector_set import SETS, read_set
from tests import ROOT

HERE = ROOT / "tests" / "languages"
LINEAR, BICUBIC = "half_pixel-linear-float32", "pillow-bicubic-uint8"
LONGEST = 70
"""Lines of a resizer or a checker."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A resizer with its checker.

    resizer
        The file that faults are put into.
    set_name
        What it is held against.
    build
        The commands that build and run the files of a folder, given the path of the set without its suffix.
    """

    resizer: str
    set_name: str
    build: Callable[[str], list[list[str]]]

    @property
    def compiler(self) -> str:
        """The program that has to be there."""
        return self.build("")[0][0]


def _c(resizer: str, value: str) -> Callable[[str], list[list[str]]]:
    compile_it = ["gcc", "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", f"-DVALUE={value}", "check.c", resizer]
    return lambda name: [[*compile_it, "-lm", "-o", "check"], ["./check", name]]


def _rust(name: str) -> list[list[str]]:
    return [["rustc", "-O", "-Dwarnings", "--edition", "2021", "main.rs", "-o", "check"], ["./check", name]]


READERS = {
    "c linear": Reader("c/linear.c", LINEAR, _c("linear.c", "float")),
    "c Pillow's bicubic": Reader("c/pillow_bicubic.c", BICUBIC, _c("pillow_bicubic.c", "uint8_t")),
    "Rust linear": Reader("rust/linear.rs", LINEAR, _rust),
    "Rust Pillow's bicubic": Reader("rust/pillow_bicubic.rs", BICUBIC, _rust),
    "JavaScript linear": Reader("javascript/linear.mjs", LINEAR, lambda name: [["node", "main.mjs", f"{name}.json"]]),
    "Go linear": Reader(
        "go/linear.go",
        LINEAR,
        lambda name: [["go", "build", "-o", "check", "check.go", "linear.go"], ["./check", name]],
    ),
}

C, RUST = "(o + 0.5) * n_in / n_out - 0.5", "(o as f64 + 0.5) * n_in as f64 / n_out as f64 - 0.5"
JAVASCRIPT, GO = "((o + 0.5) * nIn) / nOut - 0.5", "(float64(o)+0.5)*float64(nIn)/float64(nOut) - 0.5"
ALIGNED = "n_out == 1 ? 0 : (double)o * (n_in - 1) / (n_out - 1)"
FAULTS = [
    ("c linear", C, "(double)o * n_in / n_out", "half-pixel-dropped"),
    ("c linear", C, ALIGNED, "align-corners"),
    ("c linear", "* channels + c] = ", "* channels + channels - 1 - c] = ", "red-and-blue-swapped"),
    ("c linear", "top * w + right", "top * w + left", "no fault that has a flag"),
    ("c Pillow's bicubic", "scale < 1 ? 1 : scale", "1", "antialias-ignored"),
    ("c Pillow's bicubic", "a = -0.5", "a = -0.75", "cubic-a-three-quarters"),
    ("Rust linear", RUST, "o as f64 * n_in as f64 / n_out as f64", "half-pixel-dropped"),
    ("Rust Pillow's bicubic", "x.abs(), -0.5", "x.abs(), -0.75", "cubic-a-three-quarters"),
    ("Rust Pillow's bicubic", "scale.max(1.0)", "scale.max(1.0).min(1.0)", "antialias-ignored"),
    ("JavaScript linear", JAVASCRIPT, "(o * nIn) / nOut", "half-pixel-dropped"),
    ("Go linear", GO, "float64(o)*float64(nIn)/float64(nOut)", "half-pixel-dropped"),
]
"""Reader, what is replaced in its resizer, by what, and the flag that says so."""


def _printed(reader: Reader, folder: Path) -> tuple[int, str]:
    """Exit status and output of the reader in a folder, against its set."""
    if shutil.which(reader.compiler) is None:
        pytest.fail(f"{reader.compiler} is missing: install it, or leave this environment out")
    *builds, run = reader.build(str(SETS / reader.set_name))
    for command in builds:
        subprocess.run(command, cwd=folder, check=True)
    ran = subprocess.run(run, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    return ran.returncode, ran.stdout


def _copied(reader: Reader, folder: Path) -> Path:
    return Path(shutil.copytree((HERE / reader.resizer).parent, folder / "copy"))


@pytest.mark.parametrize("name", READERS)
def test_a_right_resizer_passes(name: str, tmp_path: Path) -> None:
    """Every vector of its set, and no fewer."""
    reader = READERS[name]
    status, printed = _printed(reader, _copied(reader, tmp_path))
    assert printed == f"0 of {len(read_set(reader.set_name).vectors)} vectors fail\n"
    assert status == 0


@pytest.mark.parametrize(("name", "right", "wrong", "flag"), FAULTS, ids=lambda value: str(value).replace("/", "%"))
def test_a_fault_is_named(name: str, right: str, wrong: str, flag: str, tmp_path: Path) -> None:
    """The one that was put in; every failing vector is listed with its flags."""
    reader = READERS[name]
    folder = _copied(reader, tmp_path)
    source = folder / Path(reader.resizer).name
    text = source.read_text(encoding="utf-8")
    assert text.count(right) == 1
    source.write_text(text.replace(right, wrong), encoding="utf-8")
    status, printed = _printed(reader, folder)
    assert status == 1
    assert re.findall(r"^looks like ([^:\n]*)", printed, re.MULTILINE) == [flag]
    vectors = {vector.id: vector.flags for vector in read_set(reader.set_name).vectors}
    failing = dict(re.findall(r"^FAIL (\S+) (\S+)$", printed, re.MULTILINE))
    assert failing
    assert {vector: frozenset(flags.split(",")) for vector, flags in failing.items()} == {
        vector: vectors[vector] for vector in failing
    }
    assert f"{len(failing)} of {len(vectors)} vectors fail" in printed


@pytest.mark.parametrize(
    "file",
    sorted(path for path in HERE.glob("*/*") if path.suffix in (".c", ".rs", ".mjs", ".go")),
    ids=lambda p: p.name,
)
def test_a_reader_is_short(file: Path) -> None:
    """Comments and empty lines are not counted."""
    lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    assert len([line for line in lines if line and not line.startswith(("//", "/*", "*"))]) <= LONGEST
