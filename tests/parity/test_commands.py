"""``halfpixel parity`` and ``pytest suites/parity --model``: exit codes, the screen, JSON, JUnit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from halfpixel.golden import Convention
from halfpixel.golden.vocabulary import Verdict
from halfpixel.parity import inspection
from halfpixel.parity.audit.remarks import audit_model
from halfpixel.parity.diagnose.results import (
    LabelChange,
    ModelRun,
    NodeFinding,
    OutputDifference,
    ParityExit,
    RunStatus,
    RuntimeResult,
)
from halfpixel.parity.formats.loader import load_model
from halfpixel.parity.output.terminal import advice_lines, finding_lines, group_findings, output_line, verdict_lines
from halfpixel.parity.output.verdict import ModelVerdict
from halfpixel.parity.printable_text import WIDTH
from halfpixel.parity.runtimes import registry
from halfpixel.parity_command import main
from tests import ROOT
from tests.parity import graphs as models

_AGAINST = ["--against", "onnxruntime,opencv-dnn"]


@pytest.fixture
def agreeing(tmp_path):
    """A model that every runtime takes alike."""
    return models.saved(models.resize(sizes=[1, 2, 16, 16], mode="linear"), tmp_path, "agreeing.onnx")


@pytest.fixture
def differing(tmp_path):
    """A model whose Resize OpenCV takes without its antialias."""
    pytest.importorskip("cv2", reason="OpenCV is not installed")
    proto = models.resize(18, sizes=[1, 3, 5, 5], before=(1, 3, 16, 16), mode="linear", antialias=1, exclude_outside=1)
    proto.graph.output[0].CopyFrom(models.port("y", (1, 3, 5, 5)))
    return models.saved(proto, tmp_path, "differing.onnx")


def test_parity_is_exit_0(agreeing, capsys):
    assert main([agreeing, "--against", "onnxruntime,onnx-reference"]) == 0
    told = capsys.readouterr().out
    assert "PARITY: 1 of 1 resize and 1 of 1 output compared on onnxruntime, onnx-reference, and all agree" in told


def test_a_divergence_is_exit_1_with_place_cause_and_cure_on_one_screen(differing, capsys):
    assert main([differing, *_AGAINST]) == 1
    told = capsys.readouterr().out
    assert "DIVERGENCE: 1 of 1 resize differs" in told
    assert "1. main/0:Resize 'the_resize' on opencv-dnn: diverges (16 -> 5, 16 -> 5)" in told
    assert "cause: antialias" in told
    assert "100 % of the final difference goes away" in told.replace("\n     ", " ")
    assert "--fix OUT.onnx" in told
    assert len(told.splitlines()) < 40
    assert max(map(len, told.splitlines())) <= max(WIDTH, len(differing) + 60)


def test_a_corrected_model_is_written_and_is_parity(differing, capsys, tmp_path):
    out = tmp_path / "fixed.onnx"
    assert main([differing, *_AGAINST, "--fix", str(out)]) == 1
    assert "run again: PARITY" in capsys.readouterr().out
    assert main([str(out), *_AGAINST]) == ParityExit.PARITY
    x = np.random.default_rng(0).random((1, 3, 16, 16), np.float32)
    assert np.abs(_ran(differing, x) - _ran(str(out), x)).max() < 1e-5


def _ran(path, x):
    import onnxruntime

    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]


def test_nothing_to_correct_writes_nothing(agreeing, capsys, tmp_path):
    assert main([agreeing, "--against", "onnxruntime,onnx-reference", "--fix", str(tmp_path / "out.onnx")]) == 0
    assert "nothing was written: no resize differs" in capsys.readouterr().out
    assert not (tmp_path / "out.onnx").exists()


def test_json_has_everything_and_no_number_that_json_lacks(differing, capsys):
    assert main([differing, *_AGAINST, "--json"]) == 1
    told = json.loads(capsys.readouterr().out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert (told["schema"], told["exit"], told["verdict"]) == (1, 1, "divergence")
    (node,) = told["model"]["resizes"]
    assert node["axes"][0]["convention"]["antialias"] is True
    worst = next(one for one in told["run"]["nodes"] if one["verdict"] == "diverges")
    predicted = next(one for one in told["audit"] if one["runtime"] == "opencv-dnn" and one["kind"] == "runtime")
    assert worst["gain"] == pytest.approx(predicted["gain"], abs=1e-3)
    assert worst["factors"] == ["antialias"]


def test_what_did_not_run_is_exit_2_and_no_parity(agreeing, capsys, monkeypatch):
    absent = registry.Runtime("absent", ("no_such_module",), ("no-such-package",), "no:load", ("onnx",))
    monkeypatch.setattr(registry, "RUNTIMES", (*registry.RUNTIMES, absent))
    assert main([agreeing, "--against", "absent"]) == 2
    assert "CANNOT TELL: no runtime ran the model" in capsys.readouterr().out
    assert main([agreeing, "--against", "onnxruntime,absent"]) == 2
    assert "a runtime that was asked for did not run (absent: not installed" in capsys.readouterr().out


def test_an_audit_runs_nothing_and_says_what_to_look_at(differing, agreeing, capsys, monkeypatch):
    monkeypatch.setattr(inspection, "run_in_session", lambda *_, **__: pytest.fail("the model was run"))
    assert main([differing, "--audit"]) == 1
    assert "! runtime: opencv-dnn: ONNX Resize with antialias=1 is computed without" in capsys.readouterr().out
    assert main([differing, "--audit", "--against", "onnxruntime"]) == 0
    assert main([agreeing, "--audit"]) == 0
    assert "AUDIT (nothing was run): 1 resize, 0 with warnings" in capsys.readouterr().out


def test_the_command_in_a_shell(agreeing, tmp_path):
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(Path(agreeing).read_bytes()[:40])
    for arguments, status in (([agreeing, "--audit"], 0), ([str(cut)], 2), ([], 2)):
        command = [sys.executable, "-m", "halfpixel", "parity", *arguments]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert (ended.returncode, "Traceback" in ended.stderr) == (status, False)


def test_a_reader_that_has_enough_is_no_error(agreeing):
    command = f"{sys.executable} -m halfpixel parity {agreeing} --audit --json | head -1; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "{\n", "")


def _pytest(tmp_path, *arguments):
    command = [sys.executable, "-m", "pytest", "suites/parity/test_model.py", "-q", "-p", "no:cacheprovider"]
    command += ["--report", str(tmp_path / "report"), "--junitxml", str(tmp_path / "junit.xml"), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_pytest_asks_one_question_a_resize_and_writes_junit(differing, tmp_path):
    ended = _pytest(tmp_path, "--model", differing, *_AGAINST)
    assert ended.returncode == 1
    cases = {
        case.get("name"): case.find("failure") for case in ElementTree.parse(tmp_path / "junit.xml").iter("testcase")
    }
    assert len(cases) == 3, ended.stdout
    failure = cases.pop("test_a_resize_does_what_the_file_says_on_every_runtime[main/0:Resize]")
    assert "cause: antialias" in failure.text
    assert {name: case is not None for name, case in cases.items()} == {
        "test_something_could_be_compared": False,
        "test_an_output_is_the_same_on_every_runtime[output 0]": True,
    }


def test_pytest_passes_where_all_agree_and_refuses_a_bad_file(agreeing, tmp_path):
    assert _pytest(tmp_path, "--model", agreeing, "--against", "onnxruntime,onnx-reference").returncode == 0
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"no model")
    ended = _pytest(tmp_path, "--model", str(bad))
    assert ended.returncode not in (0, 1)
    assert "not a model" in ended.stdout + ended.stderr


def test_without_a_model_there_is_nothing_to_ask(tmp_path):
    command = [sys.executable, "-m", "pytest", "suites/parity", "--collect-only", "-q", "-p", "no:cacheprovider"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert "test_model.py" not in ended.stdout


def _finding(runtime, **more):
    about = {"key": "main/0:Resize", "against": "the definition", "verdict": Verdict.DIVERGES, "sizes": ((8, 16),)}
    return NodeFinding(
        runtime=runtime, **about | {"gain": 0.5, "grey_levels": 63.75, "factors": ("coordinates",)} | more
    )


@pytest.fixture
def verdict(agreeing):
    """A verdict put together by hand."""
    model = load_model(agreeing)
    findings = (_finding("a"), _finding("b"), _finding("c", gain=2.0, goes_away=-0.5))
    run = ModelRun(
        (RuntimeResult("a", RunStatus.RAN, "1.0"), RuntimeResult("b", RunStatus.CRASHED, message="signal\x1b[2J 11")),
        nodes=findings,
    )
    return ModelVerdict(model, tuple(audit_model(model)), run)


def test_findings_that_are_alike_on_several_runtimes_are_told_once(verdict):
    groups = group_findings(verdict.run.nodes)
    assert [[one.runtime for one in group] for group in groups] == [["a", "b"], ["c"]]
    told = finding_lines(verdict, groups[0])
    assert told[0] == "1. main/0:Resize 'the_resize' on a and b: diverges (8 -> 16)"
    assert any("another error cancelled it" in line for line in finding_lines(verdict, groups[1]))


def test_what_a_runtime_said_cannot_reach_the_terminal(verdict):
    told = verdict_lines(verdict)
    assert any("b: crashed: signal\\x1b[2J 11" in line for line in told)
    assert all(line.isprintable() for line in told)


def test_outputs_are_told_in_labels_and_grey_levels():
    labels = LabelChange(12, 400, (1, 2, 5, 9))
    one = OutputDifference("y", "a", "b", Verdict.DIVERGES, 0.5, 2.0, 1e-6, (0, 1), labels, 63.75)
    assert output_line(one) == (
        "y on a: diverges, off by 0.5 (rounding explains 1e-06), 25 % of its range, at (0, 1); "
        "12 of 400 pixels (3 %) change label within rows "
        "1 to 4, columns 2 to 8; worst grey level 63.8 of 255"
    )


def test_advice_names_the_line_and_both_calls(verdict):
    aligned = Convention(coordinate_transformation_mode="align_corners")
    here = list(advice_lines(None, _finding("a", convention=aligned, measured=Convention())))
    assert 'the call was F.interpolate(x, size, mode="bilinear", align_corners=True)' in here[0]
    in_file = list(advice_lines(None, _finding("", convention=aligned, measured=Convention())))
    assert len(in_file) == 1
    assert in_file[0] == (
        'torch: the original has F.interpolate(x, size, mode="bilinear", align_corners=True); the file has '
        'F.interpolate(x, size, mode="bilinear", align_corners=False)'
    )


def test_a_model_of_two_kinds_of_resize_tells_the_worst_first(tmp_path, capsys):
    nodes = [
        helper.make_node("Resize", ["x", "", "s"], ["a"], mode="linear"),
        helper.make_node("Resize", ["a", "", "h"], ["y"], mode="linear", antialias=1),
    ]
    constants = {"s": np.float32([1, 1, 2, 2]), "h": np.float32([1, 1, 0.25, 0.25])}
    assert main([models.saved(models.model(nodes, constants, 18), tmp_path), "--audit"]) == 1
    told = capsys.readouterr().out
    assert told.index("main/1:Resize") < told.index("main/0:Resize")


def test_what_resizes_only_at_sizes_that_are_fed_is_found(tmp_path, capsys):
    """Rows are repeated as exporters of Keras write it: to a shape that is computed, of a batch that is open."""
    before, after = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 2, None, 10]) for name in "xy")
    nodes = [
        helper.make_node("Unsqueeze", ["x", "three"], ["apart"]),
        helper.make_node("Tile", ["apart", "twice"], ["doubled"]),
        helper.make_node("Shape", ["x"], ["first"], start=0, end=2),
        helper.make_node("Concat", ["first", "rest"], ["shape"], axis=0),
        helper.make_node("Reshape", ["doubled", "shape"], ["y"]),
    ]
    lists = {"three": [3], "twice": [1, 1, 1, 2, 1], "rest": [-1, 10]}
    lists = [helper.make_tensor(name, TensorProto.INT64, [len(each)], each) for name, each in lists.items()]
    graph = helper.make_graph(nodes, "g", [before], [after], lists)
    path = str(tmp_path / "m.onnx")
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
    np.save(tmp_path / "x.npy", np.random.default_rng(0).random((3, 2, 6, 10), np.float32))
    for more, sizes in (([], "64 -> 128"), (["--input", str(tmp_path / "x.npy")], "6 -> 12")):
        assert main([path, "--against", "onnxruntime,onnx-reference", *more]) == 0
        assert "1 of 1 resize and 1 of 1 output compared" in capsys.readouterr().out
        main([path, "--audit", *(["--shape", "x=3,2,6,10"] if more else [])])
        assert f"axes 2: {sizes}" in capsys.readouterr().out
