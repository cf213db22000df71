"""The export matrix: wrong exporters are caught and named, right ones are not accused, and its findings reproduce."""

from __future__ import annotations

import dataclasses
import importlib.util
import re
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from halfpixel.golden.vocabulary import Cause
from halfpixel.parity.exports import export_cases, matrix, registry
from halfpixel.parity.exports import observations as export_cells
from halfpixel.parity.exports.export_cases import (
    ExportJob,
    export_images,
    mixed_image_case,
    read_job,
    resize_calls,
    scales_of_case,
    shapes_of_case,
)
from halfpixel.parity.exports.matrix import ExportMatrix
from halfpixel.parity.exports.observations import observations
from halfpixel.parity.exports.registry import DYNAMIC, FIXED
from halfpixel.parity.runtimes.worker import summarise_exception
from tests.fakes import exporters as fakes

pytestmark = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
ON = "onnxruntime"


@pytest.fixture
def few(monkeypatch):
    """One runtime, and no calls but those that the fakes know."""
    known = {
        name: resize_calls("torch")[name] for name in (fakes.LINEAR, fakes.ANTIALIASED, fakes.EXACT, fakes.BY_SCALE)
    }
    monkeypatch.setattr(export_cases, "resize_calls", lambda source: known)
    monkeypatch.setitem(export_cases._RUNTIMES_BY_KIND, "onnx", (ON,))
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
    assert set(one.attribution.factors) <= set(Cause)
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
    absent = registry.Exporter("x", "torch", ("no_such_module",), "a:b", "onnx", ((FIXED, 18),))
    with ExportMatrix(tmp_path) as made:
        observed, left_out = observations(few[fakes.LINEAR], made, [absent])
    assert observed == []
    assert left_out == [f"x, fixed, opset 18 -> {ON}", "x, fixed, opset 18"]
    monkeypatch.setattr(registry, "EXPORTERS", (absent,))
    (one,) = export_cells.not_installed_observations("torch")
    assert (one.variant, one.refused) == ("x of torch", "not installed (pip install no_such_module)")


def test_what_is_right_at_one_shape_and_refused_at_the_next_is_refused(few, tmp_path):
    (wrong,) = (one for one in fakes.WRONG if one.name.startswith("wrong_once"))
    right = dataclasses.replace(wrong.exporter, load=wrong.exporter.load.replace("wrong", "right"))
    one = _cell(dataclasses.replace(wrong, exporter=right), few, tmp_path)
    assert (str(one.verdict), one.variant) == ("unsupported", f"wrong_once, dynamic, opset 17 -> {ON}")
    assert "broadcast" in one.refused


def test_each_call_gets_a_file_of_its_own_where_asked(few, tmp_path, monkeypatch):
    asked, export = [], ExportMatrix._export
    monkeypatch.setattr(
        ExportMatrix, "_export", lambda self, *about: asked.append(about[1].ids) or export(self, *about)
    )
    fake = fakes.RIGHT[0]
    single = dataclasses.replace(fake, exporter=dataclasses.replace(fake.exporter, is_single=True))
    assert _cell(single, few, tmp_path).verdict.is_agreement
    assert sorted(asked) == sorted((name,) for name in few)


def test_inputs_are_told_from_what_a_converter_calls_them(monkeypatch):
    names = ("serving_default_like:0", "serving_default_x:0")
    monkeypatch.setattr(
        matrix, "load_model", lambda path: SimpleNamespace(inputs=[SimpleNamespace(name=one) for one in names])
    )
    (exporter,) = (one for one in registry.exporters_of("keras") if one.kind == "tflite")
    assert list(matrix._inputs(exporter, "m.tflite").items()) == [(names[0], "like"), (names[1], "x")]


def test_only_calls_that_an_exporter_s_process_can_make_are_found():
    assert resize_calls("keras")
    assert all(name.endswith("on tensorflow") for name in resize_calls("keras"))


def test_a_call_that_fixes_what_was_to_stay_open_is_told_from_others(monkeypatch):
    from halfpixel.parity.exports import torch_dynamo, torch_exporters

    made = {"open": lambda x, h, w: x.new_zeros(h, w), "fixing": lambda x, h, w: x.new_zeros(int(h), w)}
    monkeypatch.setattr(torch_exporters, "bound_calls", lambda job: [made[name] for name in job.ids])
    monkeypatch.setattr(torch_dynamo, "_TRACED", {})
    torch_dynamo._trace(ExportJob("torch", tuple(made), DYNAMIC, 18, (5, 7), (8, 4), 35, (None, None), "x.onnx"))
    assert torch_dynamo._TRACED["open", DYNAMIC] == ""
    assert "like" in torch_dynamo._TRACED["fixing", DYNAMIC]


def test_another_process_reads_what_one_has_made(few, tmp_path):
    fake = fakes.RIGHT[0]
    first = _cell(fake, few, tmp_path)
    (path,) = (tmp_path / "exports").glob("*.pickle")
    changed = path.stat().st_mtime_ns
    assert _cell(fake, few, tmp_path) == first
    assert path.stat().st_mtime_ns == changed


def test_an_order_survives_its_file(tmp_path):
    order = ExportJob("torch", ("a", "b"), DYNAMIC, 18, (5, 7), (8, 4), 35, (None, (1.6, 0.6)), "x.onnx")
    order.write(tmp_path / "order.json")
    assert read_job(str(tmp_path / "order.json")) == order
    assert order.outputs == ["y000", "y001"]


def test_what_is_asked():
    known = resize_calls("torch")
    assert shapes_of_case(known[fakes.LINEAR], dynamic=False) == (((5, 7), (8, 4)),)
    assert len(shapes_of_case(known[fakes.LINEAR], dynamic=True)) == 3
    assert scales_of_case(known[fakes.BY_SCALE]) == (1.6, 0.6)
    assert scales_of_case(known[fakes.LINEAR]) is None
    whole = [one for one in resize_calls("tensorflow").values() if getattr(one, "scale_dtype", "") == "integer"]
    assert {scales_of_case(one) for one in whole} == {(2, 2)}
    doubled = [one for one in resize_calls("tensorflow").values() if "UpSampling2D(interpolation" in one.name]
    assert {shapes_of_case(one, dynamic=False) for one in doubled} == {(((3, 4), (6, 8)),)}
    given = export_images((2, 3), 9)
    assert given.shape == (9, 2, 3, 1)
    np.testing.assert_array_equal(given[:6].sum(axis=0)[..., 0], np.ones((2, 3)))
    np.testing.assert_array_equal(given[6], mixed_image_case((2, 3), (4, 4)).images()[0])
    assert given[6].min() < 0 < given[6].max()
    assert not given[7:].any()


def test_halves_are_asked_until_the_refused_stand_alone():
    asked = []

    def attempt(those):
        asked.append(tuple(those))
        return SimpleNamespace(status=matrix.RunStatus.REFUSED if "bad" in those else matrix.RunStatus.RAN)

    parts = list(matrix._bisect(["a", "bad", "b", "c"], attempt, lambda answer: answer.status))
    assert [list(those) for those, _ in parts] == [["a"], ["bad"], ["b", "c"]]
    assert asked == [("a", "bad", "b", "c"), ("a", "bad"), ("a",), ("bad",), ("b", "c")]


def test_a_message_is_the_same_in_every_run():
    said = matrix._stable_message(
        "\nFail: /scratch/parity-a1/model_205.onnx at 0x7ffe, line 33 of /usr/lib/x/y.py\nmore"
    )
    assert said == "Fail: ....onnx at ..., line ... of y.py"
    graph = 'model. In Node, ("a_12", A, "", -1) : ("x": tensor(float),) -> ("y",) , Error No Op for A'
    assert matrix._stable_message(graph) == "model. ...No Op for A"
    assert matrix._stable_message('No layer "onnx_node!a_2/A" of type A') == 'No layer "..." of type A'
    long = [matrix._stable_message(f"Fail: /scratch/x/model_{number}.onnx" + "a" * 700 + "end") for number in (7, 123)]
    assert long[0] == long[1]
    assert long[0].startswith("Fail: ....onnxaaa")
    assert long[0].endswith("aaaend")


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("no such operator", "ValueError: no such operator"),
        ("", "ValueError"),
        ("first\n\n second \nthird", "ValueError: first second"),
        ('in user code:\n\n  File "f.py", line 3, in f\n    y = f(x)\n\n  TypeError: none', "TypeError: none"),
        (
            "Exception from src/core.cpp:84:\nCheck 'false' failed at src/report.cpp:151:\nNot converted.\nSummary:\n"
            "-- No rule for operations: Area\nSee",
            "ValueError: -- No rule for operations: Area See",
        ),
        ("Check 'n < 3' failed at src/a.cpp:9:\nToo many", "ValueError: Too many"),
        ('No.<unknown>:0: error: loc(fused["A:", "b_12"]): error: no A', "ValueError: No.error: error: no A"),
        ("\x1b[1mLoud\x1b[0m", "ValueError: Loud"),
    ],
)
def test_the_line_that_says_most_is_told(message, told):
    assert summarise_exception(ValueError(message)) == told


def test_a_long_line_loses_its_middle():
    told = summarise_exception(ValueError("a" * 2000 + "no such operator"))
    assert len(told) in (999, 1000)
    assert told.startswith("ValueError: aaa")
    assert told.endswith("aano such operator")


def assert_shows_agreement(text, folder, shape=(1, 1, 8, 4)):
    """Runs a program of a right exporter as it is."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", text], cwd=folder, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    # Native code prints lines of its own, wherever its buffer is emptied.
    assert f"shape {shape} and should be {shape}" in done.stdout.splitlines()
    got, expected = map(float, re.search(r"is (\S+) and should be (\S+)$", done.stdout, re.MULTILINE).groups())
    assert got == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("fake", [one for one in fakes.RIGHT if one.call == fakes.LINEAR], ids=[FIXED, DYNAMIC])
def test_a_program_runs_as_it_is(fake, tmp_path):
    call = resize_calls("torch")[fakes.LINEAR]
    exporter = next(one for one in registry.exporters_of("torch") if "TorchScript" in one.name)
    case, _ = export_cells._expected(call, (5, 7), (8, 4))
    signs = np.arange(35) % 3 - 1
    ((shapes, _),) = fake.exporter.cells
    text = export_cells.reproduction_program(call, exporter, shapes, 18, ON, case, signs, (1, 2))
    assert_shows_agreement(text, tmp_path)


def test_of_what_is_not_linear_the_program_is_of_the_shape_that_shows_it_worst(few, tmp_path):
    (fake,) = (one for one in fakes.WRONG if one.name == "cut_off, dynamic")
    fake = dataclasses.replace(fake, exporter=dataclasses.replace(fake.exporter, program="pass"))
    found_at, shown = [], _cell(fake, few, tmp_path)
    for shape in shapes_of_case(few[fake.call], dynamic=True):
        case, right = export_cells._expected(few[fake.call], *shape)
        apart = np.maximum(right, 0) - right
        found_at.append((float(apart.max()), f"{case.size_in} -> {case.size_out}", case.n))
    gain, where, pixels = max(found_at)
    assert shown.gain == pytest.approx(gain, abs=1e-6)
    assert shown.where.endswith(where)
    given = re.findall(r"np\.array\((\[\[.*?\]\]), np\.float32\)", shown.reproduction)
    assert {len(re.findall(r"-?\d[\d.e-]*", each)) for each in given} == {pixels}
