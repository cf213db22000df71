"""What a verdict must not say: sizes that nobody asked for, causes that were not looked at, errors of nothing."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from onnx import helper

from halfpixel import parity_command as command
from halfpixel.golden import Convention, matrix
from halfpixel.golden.vocabulary import Verdict
from halfpixel.parity import inspection
from halfpixel.parity.audit.remarks import audit_model
from halfpixel.parity.diagnose.classify_divergence import classify_truncation, with_candidate
from halfpixel.parity.diagnose.output_comparison import compare_output
from halfpixel.parity.diagnose.per_node_comparison import NodeObservation, isolated_finding
from halfpixel.parity.diagnose.pipeline import run_model
from halfpixel.parity.diagnose.reference_resize import ExactResize, NoDefinition, apply_exact, exact_resize
from halfpixel.parity.diagnose.results import (
    ModelRun,
    NodeFinding,
    OutputDifference,
    ParityExit,
    RunStatus,
    RuntimeResult,
)
from halfpixel.parity.formats.loader import load_model
from halfpixel.parity.formats.model import BadModel
from halfpixel.parity.output.terminal import run_lines, summary
from halfpixel.parity.output.verdict import ModelVerdict
from halfpixel.probe.compare.candidates import Candidate
from tests.parity.graphs import in_a_function, model, resize, saved

FITTED = {"axes": [-1, -2], "keep_aspect_ratio_policy": "not_larger", "mode": "linear"}


def _finding(**given: object) -> NodeFinding:
    common = {"key": "main/0:Resize", "runtime": "one", "against": "exact definition", "verdict": Verdict.DIVERGES}
    return NodeFinding(**(common | given))


def _verdict(path: str, *nodes: NodeFinding, **given: object) -> ModelVerdict:
    outcomes = tuple(RuntimeResult(name, RunStatus.RAN) for name in ("one", "two"))
    return ModelVerdict(load_model(path), (), ModelRun(outcomes, nodes=nodes, **given))


def _text(verdict: ModelVerdict) -> str:
    return " ".join(" ".join(run_lines(verdict)).split())


def test_a_size_that_was_not_asked_for_is_no_definition(tmp_path):
    node = load_model(saved(resize(18, sizes=[3, 6], before=(1, 2, 6, 6), **FITTED), tmp_path)).resizes[0]
    assert exact_resize(node, (1, 2, 6, 6), (1, 2, 3, 3)).sizes == ((6, 3), (6, 3))
    problem = exact_resize(node, (1, 2, 6, 6), (1, 2, 6, 6)).message
    assert "made 6 of 6 pixels along axis 3, where the file asks for 3" in problem


@pytest.mark.parametrize(("made", "is_defined"), [(6, True), (7, True), (9, False)])
def test_a_size_by_scale_may_be_rounded_either_way(tmp_path, made, is_defined):
    node = load_model(
        saved(resize(13, scales=[1, 1, 0.7, 0.7], before=(1, 2, 10, 10), mode="linear"), tmp_path)
    ).resizes[0]
    assert isinstance(exact_resize(node, (1, 2, 10, 10), (1, 2, made, made)), ExactResize) is is_defined


def test_other_sizes_are_not_predicted_to_be_off_by_nothing(tmp_path):
    found = load_model(saved(resize(18, sizes=[3, 6], before=(1, 2, 6, 6), **FITTED), tmp_path))
    told = [one for one in audit_model(found) if one.runtime == "openvino" and "stretched" in one.message]
    assert [(one.gain, one.grey_levels, one.sizes, one.is_warning) for one in told] == [(None, None, None, True)]


def test_a_resize_in_a_function_called_twice_is_one_of_one(tmp_path):
    key = "function my.domain::Double/1:Resize"
    verdict = _verdict(saved(in_a_function(), tmp_path), _finding(key=key), _finding(key=f"{key} (call 2)"))
    assert verdict.node(f"{key} (call 2)") is verdict.node(key) is not None
    assert summary(verdict).startswith("1 of 1 resize differs, on")


def test_another_shape_has_no_error_in_numbers(tmp_path):
    path = saved(resize(scales=[1, 1, 2, 2]), tmp_path)
    text = _text(_verdict(path, _finding(verdict=Verdict.ERROR, factors=("output size",), message="another shape")))
    assert "another shape cause: output size" in text
    assert "grey levels" not in text
    assert "own error" not in text


@pytest.mark.parametrize(
    ("nodes", "unseen", "expected"),
    [
        ([_finding(own=1.0)], (), "no differing resize could be made exact"),
        ([_finding(own=1.0, goes_away=0.5)], (), "with every differing resize made exact (something else differs)"),
        ([_finding(goes_away=0.5), _finding(runtime="two")], (), "with those resizes exact that could be made so"),
        ([], (("main/1:Scan.body/0:Resize", "cannot look inside Scan"),), "not by a resize that was observed"),
        ([], (), "though no resize is (something else differs)"),
    ],
)
def test_only_resizes_that_were_made_exact_are_cleared(tmp_path, nodes, unseen, expected):
    left = OutputDifference("y", "one", "two", Verdict.DIVERGES, 1.0, 2.0, 0.0)
    path = saved(resize(scales=[1, 1, 2, 2]), tmp_path)
    text = _text(_verdict(path, *nodes, outputs=(left,), unexplained=(left,), unseen=unseen))
    assert expected in text


def _halves() -> tuple[ExactResize, np.ndarray]:
    node = Convention(kernel="linear")
    definition = with_candidate(_plain(node, 4, 8), Candidate((), node))
    return definition, np.arange(-8, 8, dtype=np.int8).reshape(1, 1, 4, 4)[..., ::-1] * 5


def _plain(convention: Convention, n_in: int, n_out: int) -> ExactResize:
    from halfpixel.golden import matrix

    return ExactResize((3,), (matrix(convention, n_in, n_out),))


@pytest.mark.parametrize("rounding", [np.trunc, np.floor])
def test_a_dropped_fraction_is_named_below_zero_too(rounding):
    definition, x = _halves()
    y = rounding(apply_exact(definition, x)).astype(np.int8)
    finding = classify_truncation(definition, _finding(own=1.0), [(x, y)])
    assert (finding.factors, finding.verdict) == (("rounding",), Verdict.APPROXIMATES)
    assert classify_truncation(definition, _finding(own=1.0), [(x, y + 2)]) is None


def test_a_candidate_puts_the_same_value_outside():
    convention = Convention(kernel="linear")
    definition = replace(_plain(convention, 4, 8), outside=9.0)
    assert with_candidate(definition, Candidate((), convention)).outside == 9.0


@pytest.mark.parametrize("operator", ["Reshape", "Shape", "Gather", "Transpose"])
def test_a_node_without_the_inputs_it_needs_is_refused(tmp_path, operator):
    nodes = [helper.make_node(operator, [], ["a"]), helper.make_node("Resize", ["x", "", "scales"], ["y"])]
    path = saved(model(nodes, {"scales": np.float32([1, 1, 2, 2])}), tmp_path)
    with pytest.raises(BadModel, match=r"main/0:.* has 0 inputs, and needs [12]$"):
        load_model(path)


def test_coordinates_beyond_64_bits_are_told_of_in_words(tmp_path):
    scales = [1, 1, 1e-25, 2]
    path = saved(resize(11, scales=scales, sizes=None, mode="cubic", before=(1, 2, 8, 8)), tmp_path)
    found = load_model(path)
    assert audit_model(found)
    assert "beyond 64 bits" in exact_resize(found.resizes[0], (1, 2, 8, 8), (1, 2, 1, 16)).message


def test_an_interrupted_run_is_one_line(monkeypatch, capsys):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(inspection, "load_model", interrupted)
    assert command.main(["m.onnx"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


@pytest.mark.parametrize("value", [[1, 1, 2, 2], "text"])
def test_a_constant_that_is_no_tensor_is_not_known(tmp_path, value):
    nodes = [helper.make_node("Constant", [], ["scales"]), helper.make_node("Resize", ["x", "", "scales"], ["y"])]
    nodes[0].attribute.append(helper.make_attribute("value", value))
    assert load_model(saved(model(nodes), tmp_path)).resizes[0].fed == {"scales": "scales"}


@pytest.mark.parametrize("runtime", ["onnx-reference", "opencv-dnn"])
def test_outputs_that_are_not_finite_are_no_parity(tmp_path, runtime):
    path = saved(resize(scales=[1, 1, 2, 2], mode="linear"), tmp_path)
    found = run_model(load_model(path), ["onnxruntime", runtime], {"x": np.full((1, 2, 8, 8), np.nan, np.float32)})
    assert [str(one.verdict) for one in found.outputs] == ["unsupported"]
    assert found.exit is ParityExit.CANNOT_TELL
    told = _text(ModelVerdict(load_model(path), (), found))
    assert "CANNOT TELL: no output has anything to compare" in told
    assert "nothing of it is finite" in told


def test_an_empty_output_is_no_parity():
    empty = np.zeros((1, 0, 4), np.float32)
    one = compare_output("y", "two", "one", empty, empty)
    assert (one.compared, one.message) == (False, "nothing to compare: it is empty")
    assert compare_output("y", "two", "one", empty, np.zeros((1, 1, 4), np.float32)).verdict is Verdict.ERROR
    labels = np.zeros((1, 0), np.int64)
    assert not compare_output("y", "two", "one", labels, labels).compared


def test_a_resize_of_what_is_not_finite_is_not_said_to_agree():
    place = SimpleNamespace(key="main/0:Resize")
    shapes = ((1, 2), (1, 4))
    nothing = np.full((1, 4), np.nan, np.float32)
    seen = NodeObservation(shapes, NoDefinition("no convention is known"), None, 0.0)
    one = isolated_finding("two", place, seen, [np.zeros((1, 2))], [nothing], [], [], [nothing], None)
    assert one.verdict is Verdict.UNSUPPORTED
    half = np.array([[1, 2, np.nan, 4]], np.float32)
    assert isolated_finding("two", place, seen, [half], [half], [], [], [half], None).verdict is Verdict.EXACT
    assert isolated_finding("two", place, seen, [half], [half], [], [], [half + 1], None).verdict is Verdict.DIVERGES
    assert isolated_finding("two", place, seen, [half], [half], [], [], [nothing], None).own == np.inf
    known = NodeObservation(
        shapes, ExactResize((1,), (matrix(Convention(kernel="linear"), 2, 4),), 0.0), float("nan"), 1e-6
    )
    given = np.full((1, 2), np.nan, np.float32)
    one = isolated_finding("two", place, known, [given], [nothing], [float("nan")], [1e-6], [], None)
    assert one.verdict is Verdict.UNSUPPORTED
