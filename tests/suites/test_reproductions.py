"""A reproduction runs as printed, without this project, and shows the value that was measured."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from halfpixel import adapters, probe
from halfpixel.golden import Convention
from halfpixel.probe.compare.discrepancy import Fault, OutputRow
from halfpixel.probe.compare.reproduction import comparison_program, property_program, reproduction_program
from halfpixel.reports.records.json_lines import read
from halfpixel.reports.reproduction.program_runner import run
from halfpixel.reports.reproduction.reproductions import reproduction_fault, reproductions, sample_strata
from tests import ROOT

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
    assert "halfpixel" not in found.reproduction
    shown = re.search(r"is (\S+) and should be (\S+)", _printed(found.reproduction, tmp_path))
    measured = re.search(r"# measured: (\S+)", found.reproduction)
    assert float(shown[1]) == pytest.approx(float(measured[1]), abs=1e-5)
    assert abs(float(shown[1]) - float(shown[2])) == pytest.approx(found.example.gain, abs=1e-5)


def test_a_reproduction_of_two_frameworks_shows_both(tmp_path):
    torch, opencv = _operation("torch interpolate(mode=bilinear, align_corners=True)"), _operation("opencv resize()")
    found = probe.compare(torch, opencv, [(4, 7), (5, 3)])
    shown = re.search(r"is (\S+) and (\S+)", _printed(comparison_program(torch, opencv, found.worst), tmp_path))
    assert abs(float(shown[1]) - float(shown[2])) == pytest.approx(found.worst.gain, abs=1e-5)


def test_a_reproduction_shows_that_axes_are_not_resized_apart(tmp_path):
    operation = _operation("opencv resize(INTER_AREA)")
    (fault,) = probe.structure(operation).faults
    assert fault.factor == "separability"
    printed = _printed(property_program(operation, fault), tmp_path)
    assert float(re.search(r"off by (\S+)", printed)[1]) > 0.01


@pytest.mark.parametrize("factor", ["determinism", "state", "linearity", "offset", "axis order", "batch"])
def test_every_property_has_a_program_that_runs_and_accuses_no_right_call(factor, tmp_path):
    fault = Fault(factor, 1.0, "made up", (5, 5), (8, 8))
    printed = _printed(property_program(_operation("torch interpolate(mode=area)"), fault), tmp_path)
    assert float(re.search(r"off by (\S+)", printed)[1]) < 1e-6


def positive_difference(x: np.ndarray, h: int, w: int) -> np.ndarray:
    """Not linear: a negative difference of the first two rows is zero."""
    import numpy as np

    return np.maximum(x[:1] - x[1:2], 0).repeat(h, axis=0)


def test_a_call_that_is_not_linear_is_shown_a_single_pixel_as_it_was_measured(tmp_path):
    framework = adapters.Framework("made-up", "numpy", ("numpy",), "import numpy as np")
    operation = adapters.native(
        framework, "f()", "positive_difference(x, h, w)", "HW", helpers=(positive_difference,), claim=None
    )
    weights = {"expected": np.array([0.5, 0.5, 0]), "got": np.array([1.0, 0, 0])}
    row = OutputRow(axis="height", n_in=3, n_out=1, output_index=0, region="border", coordinate="1/2", **weights)
    assert list(row.image) == [1, -1, 0]
    printed = _printed(reproduction_program(operation, row), tmp_path)
    assert printed == "output [0, 2] is 1.0 and should be 0.5\n"


def test_reproductions_of_each_suite_framework_and_cause_in_the_ledger_run_as_copied(tmp_path):
    """``halfpixel report reproduce`` runs all of a record; here those of an operation of each kind are.

    What exporters make of calls is not among them: one call costs what all do.
    """
    plugin = "tests.suites.one_of_each"
    command = [sys.executable, "-m", "pytest", "suites", "-p", plugin, "-p", "no:xdist", "-q"]
    command += ["--ignore=suites/parity"]
    options = ["--sizes", "quick", "--without", "keras", "--report", str(tmp_path), "-p", "no:cacheprovider"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ran = subprocess.run([*command, *options], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (tmp_path / "results.jsonl").exists(), ran.stdout + ran.stderr
    found = sample_strata(reproductions(read(tmp_path / "results.jsonl")), 1)
    assert {"conformance", "structure", "dtypes", "edges", "scales", "ranks", "gradients"} <= {
        one.suite for one in found
    }
    wrong = {
        found[number].name: reproduction_fault(found[number], how)
        for number, how in run([one.program for one in found])
    }
    assert len(wrong) == len({one.name for one in found})
    assert not {name: what for name, what in wrong.items() if what}
