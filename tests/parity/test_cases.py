"""The cases in which a model is run: several shapes of open inputs, and every branch of an If that holds a resize."""

from __future__ import annotations

import itertools

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from halfpixel.golden.vocabulary import Verdict
from halfpixel.parity.diagnose import cases
from halfpixel.parity.diagnose.model_inputs import prepare_feeds
from halfpixel.parity.diagnose.pipeline import run_model
from halfpixel.parity.diagnose.results import ModelRun, NodeFinding, OutputDifference, ParityExit, RunStatus
from halfpixel.parity.diagnose.results import RuntimeResult as Result
from halfpixel.parity.formats.loader import load_model
from halfpixel.parity.formats.onnx.flattened import WhyHidden
from halfpixel.parity.output.terminal import case_lines, run_lines
from halfpixel.parity.output.verdict import ModelVerdict
from tests.parity.small_models import convolutional, saved

RUNTIMES = ["onnxruntime", "onnx-reference"]


def _to_size_of_input(path, **attributes):
    """Halved by a MaxPool and enlarged to the size of the input: by two where that is even."""
    nodes = [
        helper.make_node("MaxPool", ["x"], ["half"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Shape", ["x"], ["size"]),
        helper.make_node("Resize", ["half", "", "", "size"], ["y"], mode="nearest", **attributes),
    ]
    return load_model(saved(path, nodes, {"x": ["n", 3, "h", "w"]}, {"y": ["n", 3, "H", "W"]}, {}))


@pytest.fixture
def twins(tmp_path):
    """Two models that are the same where every size is even."""
    floor = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return _to_size_of_input(tmp_path / "a.onnx", **floor), _to_size_of_input(tmp_path / "b.onnx")


def test_conventions_that_are_the_same_for_even_sizes_are_told_apart(twins):
    original, model = twins
    run = run_model(model, ["onnxruntime"], original=original)
    assert run.exit is ParityExit.DIVERGENCE
    (finding,) = run.differing
    assert (finding.case, finding.sizes) == ("x (1, 3, 75, 93)", ((37, 75), (46, 93)))
    assert {output.case for output in run.outputs if output.is_wrong} == {"x (1, 3, 75, 93)", "x (1, 3, 97, 41)"}
    assert run.shapes_that_differ == {"x": (1, 3, 75, 93)}


def test_the_same_model_agrees_at_every_shape(twins):
    run = run_model(twins[0], ["onnxruntime"], original=twins[0])
    assert run.exit is ParityExit.PARITY
    assert [(case.name, case.resizes, case.outputs) for case in run.cases[:3]] == [
        (f"x (1, 3, {h}, {w})", 1, 1) for h, w in cases.FURTHER_SIZES[:3]
    ]


def test_a_shape_that_the_caller_gives_is_the_only_one(twins):
    original, model = twins
    run = run_model(model, ["onnxruntime"], shapes={"x": (1, 3, 64, 96)}, original=original)
    assert (run.exit, run.cases) == (ParityExit.PARITY, ())
    feeds, _ = prepare_feeds(model, {}, {"x": (1, 3, 75, 93)})
    run = run_model(model, ["onnxruntime"], feeds, original=original)
    assert (run.exit, run.cases) == (ParityExit.DIVERGENCE, ())


def test_a_shape_that_runtimes_refuse_is_named(tmp_path):
    """Features of two strides are added, which only sizes allow that are multiples of four."""
    nodes = [
        helper.make_node("MaxPool", ["x"], ["half"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("MaxPool", ["half"], ["quarter"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Resize", ["quarter", "", "scales"], ["up"], mode="linear"),
        helper.make_node("Add", ["half", "up"], ["y"]),
    ]
    ports = {"x": ["n", 3, "h", "w"]}, {"y": ["n", 3, "H", "W"]}
    model = load_model(saved(tmp_path / "m.onnx", nodes, *ports, {"scales": np.float32([1, 1, 2, 2])}))
    run = run_model(model, RUNTIMES)
    assert run.exit is ParityExit.PARITY
    assert [case.name for case in run.cases if not case.message] == ["x (1, 3, 32, 160)", "x (1, 3, 97, 41)"]
    text = " ".join(case_lines(run))
    assert text.startswith(
        "also compared: x (1, 3, 32, 160); x (1, 3, 97, 41) not compared: x (1, 3, 75, 93): onnxruntime: refused"
    )
    assert "x (1, 3, 1, 1): not an image that the model takes" in text


def test_an_original_of_one_size_is_compared_at_that_size(tmp_path):
    fixed = convolutional(tmp_path / "fixed.onnx", {"mode": "linear"})
    model = load_model(convolutional(tmp_path / "open.onnx", {"mode": "linear"}, dynamic=True))
    run = run_model(model, ["onnxruntime"], shapes={"x": (1, 3, 32, 48)}, original=load_model(fixed))
    assert (run.exit, run.cases) == (ParityExit.PARITY, ())


def _with_if(path, else_mode: str, then_mode: str = "linear", depth: int = 1):
    """A Resize in each branch of an If whose condition is computed; in ``depth`` Ifs, one in the other."""

    def branch(name: str, mode: str) -> onnx.GraphProto:
        node = helper.make_node("Resize", ["x", "", "scales"], [f"{name}_y"], mode=mode)
        return helper.make_graph(
            [node], name, [], [helper.make_tensor_value_info(f"{name}_y", TensorProto.FLOAT, None)]
        )

    graphs = {"then_branch": branch("then", then_mode), "else_branch": branch("else", else_mode)}
    for level in range(depth - 1):
        inner = helper.make_node("If", ["is_small"], [f"inner_{level}"], **graphs)
        port = helper.make_tensor_value_info(f"inner_{level}", TensorProto.FLOAT, None)
        graphs = {"then_branch": branch("outer", "linear"), "else_branch": helper.make_graph([inner], "g", [], [port])}
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], keepdims=0),
        helper.make_node("Less", ["mean", "hundred"], ["is_small"]),
        helper.make_node("If", ["is_small"], ["y"], **graphs),
    ]
    saved(path, nodes, {"x": [1, 3, 8, 8]}, {"y": [1, 3, 16, 16]}, {"hundred": np.float32(100)})
    proto = onnx.load(path)
    proto.graph.initializer.append(numpy_helper.from_array(np.float32([1, 1, 2, 2]), "scales"))
    onnx.save(proto, path)
    return load_model(path)


def test_a_resize_in_a_branch_may_round_as_one_that_is_seen(tmp_path):
    """OpenCV's linear resize is off by more than the other operators, within what its coordinates explain."""
    pytest.importorskip("cv2", reason="OpenCV is not installed")
    model = _with_if(tmp_path / "m.onnx", "linear")
    run = run_model(model, ["onnxruntime", "opencv-dnn"], original=model)
    assert run.exit is ParityExit.PARITY, [output for output in run.outputs if output.is_wrong]


@pytest.mark.parametrize("depth", [1, 2])
def test_a_branch_that_does_not_run_is_compared(depth, tmp_path):
    original = _with_if(tmp_path / "a.onnx", "linear", depth=depth)
    model = _with_if(tmp_path / "b.onnx", "nearest", depth=depth)
    run = run_model(model, ["onnxruntime"], original=original)
    assert run.exit is ParityExit.DIVERGENCE
    (finding,) = run.differing
    assert finding.case == "main/2:If.else_branch" + "/0:If.else_branch" * (depth - 1)
    assert finding.key == f"{finding.case}/0:Resize"
    assert run_model(original, ["onnxruntime"], original=original).exit is ParityExit.PARITY


def _with_weights(path, factor: float):
    """A resize, and one of two factors by the mean of the image: the second is not used for the images here."""
    graphs = {}
    for name, constant in (("then", "one"), ("else", "other")):
        node, port = helper.make_node("Mul", ["up", constant], [name]), helper.make_tensor_value_info(name, 1, None)
        graphs[f"{name}_branch"] = helper.make_graph([node], name, [], [port])
    nodes = [
        helper.make_node("Resize", ["x", "", "scales"], ["up"], mode="linear"),
        helper.make_node("ReduceMean", ["x"], ["mean"], keepdims=0),
        helper.make_node("Less", ["mean", "hundred"], ["is_small"]),
        helper.make_node("If", ["is_small"], ["y"], **graphs),
    ]
    constants = {"scales": np.float32([1, 1, 2, 2]), "hundred": np.float32(100)}
    saved(path, nodes, {"x": [1, 3, 8, 8]}, {"y": [1, 3, 16, 16]}, constants)
    proto = onnx.load(path)
    for name, value in (("one", 1), ("other", factor)):
        proto.graph.initializer.append(numpy_helper.from_array(np.float32(value), name))
    onnx.save(proto, path)
    return load_model(path)


def test_a_branch_without_resizes_is_compared_too(tmp_path):
    original, model = _with_weights(tmp_path / "a.onnx", 2), _with_weights(tmp_path / "b.onnx", 2.5)
    run = run_model(model, ["onnxruntime"], original=original)
    assert run.exit is ParityExit.DIVERGENCE
    assert [output.case for output in run.outputs if output.is_wrong] == ["main/3:If.else_branch"]
    assert run_model(original, ["onnxruntime"], original=original).exit is ParityExit.PARITY


def test_a_branch_that_the_original_does_not_have_is_not_cleared(tmp_path):
    scales = {"scales": np.float32([1, 1, 2, 2])}
    node = helper.make_node("Resize", ["x", "", "scales"], ["y"], mode="linear")
    original = load_model(saved(tmp_path / "a.onnx", [node], {"x": [1, 3, 8, 8]}, {"y": [1, 3, 16, 16]}, scales))
    model = _with_if(tmp_path / "b.onnx", "nearest")
    run = run_model(model, RUNTIMES, original=original)
    assert run.exit is ParityExit.CANNOT_TELL
    assert set(run.maybe_not_run) == {"main/2:If.then_branch/0:Resize", "main/2:If.else_branch/0:Resize"}
    text = " ".join(" ".join(run_lines(ModelVerdict(model, (), run))).split())
    assert "CANNOT TELL: 2 resizes may not have run, in a branch of an If: main/2:If" in text
    assert "the reference has no main/2:If.else_branch to compare it with" in text


def _scores(path, offset: float):
    """Scores by a sigmoid of a linear resize of the image less ``offset``."""
    nodes = [
        helper.make_node("Resize", ["x", "", "scales"], ["u"], mode="linear"),
        helper.make_node("Sub", ["u", "offset"], ["v"]),
        helper.make_node("Sigmoid", ["v"], ["y"]),
    ]
    constants = {"scales": np.float32([1, 1, 2, 2]), "offset": np.float32(offset)}
    return load_model(saved(path, nodes, {"x": [1, 3, 32, 48]}, {"y": [1, 3, 64, 96]}, constants))


def test_an_output_that_hardly_moves_on_noise_is_given_pictures(tmp_path):
    run = run_model(_scores(tmp_path / "m.onnx", 20), RUNTIMES)
    assert run.exit is ParityExit.PARITY
    assert [case.name for case in run.cases] == [f"x: a picture of text from {r}" for r in ("-2 to 2", "0 to 255")]
    assert [(output.case, output.compared) for output in run.outputs if "255" in output.case] == [
        ("x: a picture of text from 0 to 255", True)
    ]
    assert any("its outputs say nothing" in case.message for case in run.cases)
    assert run_model(_scores(tmp_path / "n.onnx", 0), RUNTIMES).cases == ()


def test_an_output_that_never_moves_is_no_parity(tmp_path):
    model = _scores(tmp_path / "m.onnx", 1e4)
    run = run_model(model, RUNTIMES)
    assert run.exit is ParityExit.CANNOT_TELL
    text = " ".join(" ".join(run_lines(ModelVerdict(model, (), run))).split())
    assert "CANNOT TELL: no output has anything to compare on onnxruntime, onnx-reference: feed it other" in text
    assert "% of" not in text


def test_an_input_that_the_caller_gives_is_kept(tmp_path):
    feeds = {"x": np.zeros((1, 3, 32, 48), np.float32)}
    assert run_model(_scores(tmp_path / "m.onnx", 20), RUNTIMES, feeds).cases == ()


def _run(*nodes: NodeFinding, unseen=(), **given: object) -> ModelRun:
    outputs = (OutputDifference("y", "two", "one", Verdict.AGREES, 1e-7, 1.0, 1e-6),)
    outcomes = tuple(Result(name, RunStatus.RAN) for name in ("one", "two"))
    return ModelRun(outcomes, base="one", outputs=outputs, nodes=nodes, unseen=unseen, **given)


def _finding(verdict: Verdict, own: float = 0.0, key: str = "main/0:Resize") -> NodeFinding:
    return NodeFinding(key, "two", "exact definition", verdict, own=own, gain=own)


def test_no_resize_compared_is_no_parity():
    assert _run(_finding(Verdict.AGREES)).exit is ParityExit.PARITY
    assert _run().exit is ParityExit.PARITY, "a file without resizes, of which all outputs agree"
    assert _run(_finding(Verdict.UNSUPPORTED)).exit is ParityExit.CANNOT_TELL
    assert _run(unseen=(("main/0:Resize", "no runtime could show it"),)).exit is ParityExit.CANNOT_TELL
    for reason, expected in ((WhyHidden.LOOP, 0), (WhyHidden.NEVER_RUN, 0), (WhyHidden.BRANCH, 2)):
        assert _run(_finding(Verdict.AGREES), unseen=(("main/1:If/0:Resize", reason),)).exit == expected


def test_the_worst_of_all_cases_is_kept_and_what_one_shows_is_seen():
    other = "main/1:If.else_branch/0:Resize"
    first = _run(_finding(Verdict.AGREES), unseen=((other, WhyHidden.BRANCH),))
    second = _run(_finding(Verdict.UNSUPPORTED), _finding(Verdict.AGREES, key=other))
    third = _run(_finding(Verdict.DIVERGES, 1.0), unseen=((other, WhyHidden.BRANCH),))
    run = cases.merged_runs(first, [("b", second), ("c", third)], [])
    assert [(node.key, node.verdict, node.case) for node in run.nodes] == [
        ("main/0:Resize", Verdict.DIVERGES, "c"),
        (other, Verdict.AGREES, "b"),
    ]
    assert run.unseen == ()
    assert {output.case for output in run.outputs} == {"", "b", "c"}


def test_cases_that_there_is_no_time_for_are_named():
    clock = itertools.count(0, 15)
    left = iter([cases.Case(name, None, None) for name in "abc"])
    run = cases.run_cases(_run(_finding(Verdict.AGREES)), left, lambda _: _run(), lambda: next(clock))
    assert [case.message for case in run.cases][1:] == ["not run: the check had taken 45 s by then"] * 1 + [
        "not run: the check had taken 75 s by then"
    ]
