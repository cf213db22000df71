"""A reproduction runs as printed, without this project, and shows the value that was measured."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

import adapters
import probe
from golden import Convention

# Each called against a convention that is certainly not its own, so that there is a difference to reproduce.
CASES = [
    ("torch interpolate()", Convention(kernel="linear")),
    ("tensorflow image.resize()", Convention(kernel="linear", coordinate_transformation_mode="asymmetric")),
    ("opencv remap(INTER_LINEAR, BORDER_REPLICATE, half_pixel map)", Convention(kernel="cubic")),
    ("onnxruntime Resize-19()", Convention(kernel="linear")),
    ("scipy zoom()", Convention(kernel="linear")),
    ("opencv pyrUp()", Convention(kernel="linear")),
]


@pytest.mark.parametrize(("name", "convention"), CASES, ids=[name for name, _ in CASES])
def test_a_reproduction_shows_what_was_measured(name, convention, tmp_path):
    (operation,) = [one for one in adapters.operations() if one.id == name]
    pairs = tuple(pair for pair in probe.SIZE_SETS["quick"].pairs if operation.accepts(*pair))[:60]
    found = probe.compare(operation, convention, pairs)
    assert not found.verdict.is_agreement
    assert "golden" not in found.reproduction
    assert "adapters" not in found.reproduction
    program = tmp_path / "reproduction.py"
    program.write_text(found.reproduction)
    done = subprocess.run([sys.executable, str(program)], cwd=tmp_path, capture_output=True, text=True, check=True)
    shown = re.search(r"is (\S+) and should be (\S+)", done.stdout)
    measured = re.search(r"# measured: (\S+)", found.reproduction)
    assert float(shown[1]) == pytest.approx(float(measured[1]), abs=1e-5)
    assert abs(float(shown[1]) - float(shown[2])) == pytest.approx(found.example.gain, abs=1e-5)
