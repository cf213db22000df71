"""The export matrix: wrong exporters are caught and named, right ones are not accused, and its findings reproduce."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from parity import export_cells, export_matrix, export_questions, exporters
from parity.export_cells import observations
from parity.export_matrix import ExportMatrix
from parity.export_questions import impulses, scales_of, shapes_of
from parity.exporters import DYNAMIC, FIXED
from parity.exporters.source import Order, found, read
from probe.discrepancy import FACTORS
from suites.meta.fakes import exporters as fakes

pytestmark = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
ON = "onnxruntime"


@pytest.fixture
def few(monkeypatch):
    """One runtime, and no calls but those that the fakes know."""
    known = {name: found("torch")[name] for name in (fakes.LINEAR, fakes.ANTIALIASED, fakes.EXACT, fakes.BY_SCALE)}
    monkeypatch.setattr(export_questions, "found", lambda source: known)
    monkeypatch.setitem(export_questions._READS, "onnx", (ON,))
    return known


def _cell(fake, few, folder):
    with ExportMatrix(folder) as made:
        observed, left_out = observations(few[fake.call], made, [fake.exporter])
    assert left_out == []
    (one,) = observed
    return one


@pytest.mark.parametrize("fake", [pytest.param(one, id=one.name) for one in fakes.WRONG])
def test_a_wrong_exporter_is_caught_and_its_fault_is_named(fake, few, tmp_path):
    one = _cell(fake, few, tmp_path)
    assert str(one.verdict) in (fake.verdict, "ties")
    assert one.variant.endswith(f"-> {ON}")
    assert set(one.attribution.factors) <= fake.factors, one.message(fake.call)
    assert set(one.attribution.factors) <= set(FACTORS)
    assert len(one.headline.split()) <= 6


@pytest.mark.parametrize("fake", [pytest.param(one, id=one.name) for one in fakes.RIGHT])
def test_a_right_exporter_is_not_accused(fake, few, tmp_path):
    one = _cell(fake, few, tmp_path)
    assert one.verdict.is_agreement, one.message(fake.call)


@pytest.mark.parametrize("fake", [pytest.param(one, id=one.name) for one in fakes.ENDED])
def test_a_refusal_and_a_crash_are_answers(fake, few, tmp_path):
    one = _cell(fake, few, tmp_path)
    assert str(one.verdict) == fake.verdict
    assert "->" not in one.variant
    if fake.factors:
        assert set(one.attribution.factors) == fake.factors
        assert "SIGSEGV" in one.attribution.explanation
    else:
        assert one.refused == "ValueError: not with me"


def test_what_is_not_installed_is_left_out_and_said_once(monkeypatch, few, tmp_path):
    absent = exporters.Exporter("x", "torch", ("no_such_module",), ("nothing",), "a:b", "onnx", ".onnx", ((FIXED, 18),))
    with ExportMatrix(tmp_path) as made:
        observed, left_out = observations(few[fakes.LINEAR], made, [absent])
    assert observed == []
    assert left_out == [f"x, fixed, opset 18 -> {ON}", "x, fixed, opset 18"]
    monkeypatch.setattr(exporters, "EXPORTERS", (absent,))
    (one,) = export_cells.absences("torch")
    assert (one.variant, one.refused) == ("x of torch", "not installed (pip install nothing)")


def test_another_process_reads_what_one_has_made(few, tmp_path):
    fake = fakes.RIGHT[0]
    first = _cell(fake, few, tmp_path)
    (path,) = (tmp_path / "exports").glob("*.pickle")
    changed = path.stat().st_mtime_ns
    assert _cell(fake, few, tmp_path) == first
    assert path.stat().st_mtime_ns == changed


def test_an_order_survives_its_file(tmp_path):
    order = Order("torch", ("a", "b"), DYNAMIC, 18, (5, 7), (8, 4), 35, (None, (1.6, 0.6)), "x.onnx")
    order.write(tmp_path / "order.json")
    assert read(str(tmp_path / "order.json")) == order
    assert order.outputs == ["y000", "y001"]


def test_what_is_asked():
    known = found("torch")
    assert shapes_of(known[fakes.LINEAR], dynamic=False) == (((5, 7), (8, 4)),)
    assert len(shapes_of(known[fakes.LINEAR], dynamic=True)) == 3
    assert scales_of(known[fakes.BY_SCALE]) == (1.6, 0.6)
    assert scales_of(known[fakes.LINEAR]) is None
    whole = [one for one in found("tensorflow").values() if getattr(one, "scale_dtype", "") == "integer"]
    assert {scales_of(one) for one in whole} == {(2, 2)}
    doubled = [one for one in found("tensorflow").values() if "UpSampling2D(interpolation" in one.name]
    assert {shapes_of(one, dynamic=False) for one in doubled} == {(((3, 4), (6, 8)),)}
    images = impulses((2, 3), 8)
    assert images.shape == (8, 2, 3, 1)
    np.testing.assert_array_equal(images.sum(axis=0)[..., 0], np.ones((2, 3)))
    assert not images[6:].any()


def test_halves_are_asked_until_the_refused_stand_alone():
    asked = []

    def attempt(those):
        asked.append(tuple(those))
        return SimpleNamespace(status=export_matrix.Status.REFUSED if "bad" in those else export_matrix.Status.RAN)

    parts = list(export_matrix._divided(["a", "bad", "b", "c"], attempt, lambda answer: answer.status))
    assert [list(those) for those, _ in parts] == [["a"], ["bad"], ["b", "c"]]
    assert asked == [("a", "bad", "b", "c"), ("a", "bad"), ("a",), ("bad",), ("b", "c")]


def test_a_message_is_the_same_in_every_run():
    said = export_matrix._said("\nFail: /scratch/parity-a1/model_205.onnx at 0x7ffe, line 33 of /usr/lib/x/y.py\nmore")
    assert said == "Fail: ....onnx at ..., line ... of y.py"


@pytest.mark.parametrize("fake", [one for one in fakes.RIGHT if one.call == fakes.LINEAR], ids=[FIXED, DYNAMIC])
def test_a_program_runs_as_it_is(fake, tmp_path):
    call = found("torch")[fakes.LINEAR]
    exporter = next(one for one in exporters.of("torch") if "TorchScript" in one.name)
    case, _ = export_cells._expected(call, (5, 7), (8, 4))
    signs = np.arange(35) % 3 - 1
    ((shapes, _),) = fake.exporter.cells
    text = export_cells.program(call, exporter, shapes, 18, ON, case, signs, (0, 1, 2, 0))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", text], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    shape, values = done.stdout.splitlines()[-2:]
    assert shape == "shape (1, 1, 8, 4) and should be (1, 1, 8, 4)"
    got, expected = map(float, re.findall(r"is (\S+) and should be (\S+)", values)[0])
    assert got == pytest.approx(expected, abs=1e-5)
