"""A reproduction runs as printed, without this project, and shows the value that was measured."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import adapters
import probe
from golden import Convention
from probe.reproduce import between, structure_script
from probe.structure import Fault

# Each called against a convention that is certainly not its own, so that there is a difference to reproduce.
CASES = [
    ("torch interpolate()", Convention(kernel="linear")),
    ("tensorflow image.resize()", Convention(kernel="linear", coordinate_transformation_mode="asymmetric")),
    ("opencv remap(INTER_LINEAR, BORDER_REPLICATE, half_pixel map)", Convention(kernel="cubic")),
    ("onnxruntime Resize-19()", Convention(kernel="linear")),
    ("scipy zoom()", Convention(kernel="linear")),
    ("opencv pyrUp()", Convention(kernel="linear")),
]


def _printed(source: str, folder: Path) -> str:
    program = folder / "reproduction.py"
    program.write_text(source)
    return subprocess.run([sys.executable, str(program)], cwd=folder, capture_output=True, text=True, check=True).stdout


def _operation(name: str) -> adapters.Operation:
    (found,) = [one for one in adapters.operations() if one.id == name]
    return found


@pytest.mark.parametrize(("name", "convention"), CASES, ids=[name for name, _ in CASES])
def test_a_reproduction_shows_what_was_measured(name, convention, tmp_path):
    operation = _operation(name)
    pairs = tuple(pair for pair in probe.SIZE_SETS["quick"].pairs if operation.accepts(*pair))[:60]
    found = probe.compare(operation, convention, pairs)
    assert not found.verdict.is_agreement
    assert "golden" not in found.reproduction
    assert "adapters" not in found.reproduction
    shown = re.search(r"is (\S+) and should be (\S+)", _printed(found.reproduction, tmp_path))
    measured = re.search(r"# measured: (\S+)", found.reproduction)
    assert float(shown[1]) == pytest.approx(float(measured[1]), abs=1e-5)
    assert abs(float(shown[1]) - float(shown[2])) == pytest.approx(found.example.gain, abs=1e-5)


def test_a_reproduction_of_two_frameworks_shows_both(tmp_path):
    torch, opencv = _operation("torch interpolate(mode=bilinear, align_corners=True)"), _operation("opencv resize()")
    found = probe.compare(torch, opencv, [(4, 7), (5, 3)])
    shown = re.search(r"is (\S+) and (\S+)", _printed(between(torch, opencv, found.worst), tmp_path))
    assert abs(float(shown[1]) - float(shown[2])) == pytest.approx(found.worst.gain, abs=1e-5)


def test_a_reproduction_shows_that_axes_are_not_resized_apart(tmp_path):
    operation = _operation("opencv resize(INTER_AREA)")
    (fault,) = probe.structure(operation).faults
    assert fault.factor == "separability"
    printed = _printed(structure_script(operation, fault), tmp_path)
    assert float(re.search(r"off by (\S+)", printed)[1]) > 0.01


@pytest.mark.parametrize("factor", ["determinism", "state", "linearity", "offset", "axis order", "batch"])
def test_every_property_has_a_program_that_runs_and_accuses_no_right_call(factor, tmp_path):
    fault = Fault(factor, 1.0, "made up", (5, 5), (8, 8))
    printed = _printed(structure_script(_operation("torch interpolate(mode=area)"), fault), tmp_path)
    assert float(re.search(r"off by (\S+)", printed)[1]) < 1e-6
