"""The parts of a parity run: inputs, exact results, outputs held against each other, graphs made flat."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from halfpixel.golden import Convention, matrix
from halfpixel.golden.vocabulary import Verdict
from halfpixel.parity.diagnose import classify_divergence, model_inputs, output_comparison, reference_resize
from halfpixel.parity.diagnose.pipeline import run_model
from halfpixel.parity.diagnose.reference_resize import ExactResize
from halfpixel.parity.diagnose.results import LabelChange, NodeFinding, ParityExit
from halfpixel.parity.formats.loader import load_model
from halfpixel.parity.formats.model import BadModel, Model, Port
from halfpixel.parity.formats.onnx.flattened import WhyHidden, flatten
from halfpixel.parity.output.terminal import summary
from halfpixel.parity.output.verdict import ModelVerdict
from tests.parity.small_models import convolutional, saved

SCALES = {"scales": np.array([1, 1, 2, 2], np.float32)}


def test_inputs_nobody_gave_are_the_same_in_every_run():
    ports = [Port("x", "float32", ("n", 3, "h", "w")), Port("mask", "bool", (1, 4)), Port("ids", "int64", ("n", 5))]
    model = Model(Path("m.onnx"), "onnx", tuple(ports), (), ())
    first, words = model_inputs.prepare_feeds(model, {}, {})
    second, _ = model_inputs.prepare_feeds(model, {}, {})
    assert {name: x.shape for name, x in first.items()} == {"x": (1, 3, 64, 96), "mask": (1, 4), "ids": (1, 5)}
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert words[0] == "x: float32 (1, 3, 64, 96), standard normal, seed 0"
    assert set(np.unique(first["ids"])) <= {0, 1}


def test_symbols_have_one_size_wherever_they_stand():
    ports = [Port("x", "float32", ("n", 3, "h", "w")), Port("depth", "float32", ("n", "h", "w"))]
    arrays, _ = model_inputs.prepare_feeds(
        Model(Path("m.onnx"), "onnx", tuple(ports), (), ()), {"x": np.zeros((2, 3, 5, 7), np.float32)}, {}
    )
    assert arrays["depth"].shape == (2, 5, 7)


@pytest.mark.parametrize(
    ("port", "words"),
    [
        (Port("x", "string", (1,)), "is string"),
        (Port("x", "float32", None), "has no shape"),
        (Port("x", "float32", (1, 1 << 20, 1 << 20)), "more than 2 GB"),
    ],
    ids=["dtype", "rank", "size"],
)
def test_inputs_that_cannot_be_made_are_one_line(port, words):
    with pytest.raises(BadModel, match=words):
        model_inputs.prepare_feeds(Model(Path("m.onnx"), "onnx", (port,), (), ()), {}, {})


def test_a_nudge_is_one_float():
    x = np.array([1.0, -2.0, 0.0], np.float32)
    moved = model_inputs.perturbed({"x": x})["x"]
    assert (moved != x).all()
    assert (np.abs(moved - x) <= np.spacing(np.abs(x)) + 1e-44).all()


def _definition(*axes: int, kernel: str = "linear", n_out: int = 9) -> ExactResize:
    return ExactResize(axes, tuple(matrix(Convention(kernel=kernel), 6, n_out) for _ in axes))


def test_the_exact_result_is_that_of_the_matrices():
    x = np.random.default_rng(0).uniform(-1, 1, (2, 3, 6, 6))
    found = reference_resize.apply_exact(_definition(2, 3, kernel="cubic"), x)
    weights = matrix(Convention(kernel="cubic"), 6, 9).to_array()
    np.testing.assert_allclose(found, weights @ x @ weights.T, atol=1e-14)


def test_errors_are_found_wherever_they_are(monkeypatch):
    monkeypatch.setattr(reference_resize, "_CHUNK", 64)
    definition = _definition(1, 2)
    x = np.random.default_rng(1).uniform(-1, 1, (5, 6, 6, 4)).astype(np.float32)
    y = reference_resize.apply_exact(definition, x)
    assert reference_resize.worst_error(definition, x, y) == 0
    for place in ((0, 0, 0, 0), (4, 8, 8, 3), (2, 3, 4, 1)):
        wrong = y.copy()
        wrong[place] += 0.25
        assert reference_resize.worst_error(definition, x, wrong) == pytest.approx(0.25)
    wrong[0, 0, 0, 0] = np.nan
    assert reference_resize.worst_error(definition, x, wrong) == math.inf
    x[0, 0, 0, 0] = np.nan
    assert math.isnan(reference_resize.worst_error(definition, x, y))


def test_the_bound_of_coarser_dtypes_is_wider_and_holds():
    definition = _definition(2, 3)
    x = np.random.default_rng(2).uniform(-1, 1, (1, 2, 6, 6))
    for dtype in (np.float32, np.float16):
        given = x.astype(dtype)
        made = reference_resize.apply_exact(definition, given).astype(dtype)
        error, bound = (
            reference_resize.worst_error(definition, given, made),
            reference_resize.rounding_bound(definition, given),
        )
        assert 0 < error <= bound
    assert reference_resize.rounding_bound(definition, x.astype(np.float16)) > 1000 * reference_resize.rounding_bound(
        definition, x.astype(np.float32)
    )
    levels = (255 * (x + 1) / 2).astype(np.uint8)
    made = np.round(reference_resize.apply_exact(definition, levels)).astype(np.uint8)
    assert (
        reference_resize.worst_error(definition, levels, made)
        <= reference_resize.rounding_bound(definition, levels)
        < 0.51
    )
    assert reference_resize.worst_error(definition, levels, made + 1) > reference_resize.rounding_bound(
        definition, levels
    )


def test_fractions_that_are_dropped_are_called_that():
    definition = _definition(2, 3)
    x = np.random.default_rng(3).integers(0, 256, (1, 2, 6, 6)).astype(np.uint8)
    made = reference_resize.apply_exact(definition, x)
    blank = NodeFinding("key", "runtime", "exact", Verdict.DIVERGES, own=1.0)
    found = classify_divergence.classify_truncation(definition, blank, [(x, np.floor(made).astype(np.uint8))])
    assert (found.factors, found.verdict) == (("rounding",), Verdict.APPROXIMATES)
    shifted = np.roll(made, 1, axis=-1)
    assert classify_divergence.classify_truncation(definition, blank, [(x, np.floor(shifted).astype(np.uint8))]) is None


def test_conventions_are_tried_on_what_was_seen():
    """For resizes that cannot be given other sizes."""
    claimed, done = _definition(1, 2), _definition(1, 2, kernel="cubic")
    x = np.random.default_rng(4).uniform(-1, 1, (1, 6, 6, 3)).astype(np.float32)
    blank = NodeFinding("key", "runtime", "exact", Verdict.DIVERGES)
    found = classify_divergence.classify_by_candidates(
        claimed, blank, [(x, reference_resize.apply_exact(done, x).astype(np.float32))]
    )
    assert found.factors == ("kernel",)
    assert found.measured == Convention(kernel="cubic")
    assert found.gain == pytest.approx(
        float(np.abs(done.matrices[0].to_array() - claimed.matrices[0].to_array()).sum(axis=1).max())
    )


def test_labels_that_change_are_counted_and_placed():
    scores = np.zeros((1, 3, 4, 5), np.float32)
    scores[:, 1] = 1
    other = scores.copy()
    other[0, 2, 1, 2] = other[0, 2, 3, 4] = 2
    found = output_comparison.compare_output("y", "b", "a", scores, other)
    assert found.verdict is Verdict.DIVERGES
    assert found.labels == LabelChange(2, 20, (1, 2, 4, 5), ((0, 1, 2, 1, 2), (0, 3, 4, 1, 2)))
    assert found.labels.share == 0.1
    # Channels last, as TensorFlow has them, against channels first.
    assert output_comparison.compare_output("y", "b", "a", scores, np.moveaxis(other, 1, -1)).labels.changed == 2
    labels = scores.argmax(1)
    assert output_comparison.compare_output("y", "b", "a", labels, other.argmax(1)).labels.changed == 2


def test_images_are_held_in_grey_levels():
    image = np.random.default_rng(0).integers(0, 256, (1, 6, 7, 3)).astype(np.uint8)
    other = image.copy()
    other[0, 0, 0, 0] ^= 4
    assert output_comparison.compare_output("y", "b", "a", image, other).grey_levels == 4
    unit = (image / 255).astype(np.float32)
    assert output_comparison.compare_output("y", "b", "a", unit, unit + np.float32(0.5)).grey_levels == pytest.approx(
        127.5, rel=1e-3
    )


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (0, Verdict.EXACT),
        (1e-6, Verdict.AGREES),
        (3e-5, Verdict.APPROXIMATES),
        (1e-3, Verdict.DIVERGES),
        (np.nan, Verdict.ERROR),
    ],
    ids=str,
)
def test_verdicts_on_outputs(change, verdict):
    y = np.linspace(0, 1, 12, dtype=np.float32)
    other = y.copy()
    other[5] += np.float32(change)
    assert output_comparison.compare_output("y", "b", "a", y, other, floor=1e-5).verdict is verdict


def test_outputs_that_are_missing_or_of_another_shape_are_errors():
    y = np.zeros((2, 3))
    assert output_comparison.compare_output("y", "b", "a", y, None).message == "it was not returned"
    found = output_comparison.compare_output("y", "b", "a", y, np.zeros((3, 2)))
    assert (found.verdict, found.worst) == (Verdict.ERROR, math.inf)
    assert "shape (3, 2), where (2, 3) is expected" in found.message


def _branches(tmp_path, condition: list[str]):
    """A Resize in each branch of an If, with a constant condition or one that is computed."""
    resize = {"then_branch": "linear", "else_branch": "nearest"}
    graphs = {}
    for branch, mode in resize.items():
        node = helper.make_node("Resize", ["x", "", "scales"], [f"in_{branch}"], mode=mode)
        made = helper.make_tensor_value_info(f"in_{branch}", TensorProto.FLOAT, [1, 2, 8, 12])
        graphs[branch] = helper.make_graph([node], branch, [], [made])
    nodes = {
        "constant": [helper.make_node("Constant", [], ["c"], value=helper.make_tensor("t", TensorProto.BOOL, [], [1]))],
        "computed": [
            helper.make_node("ReduceMax", ["x"], ["m"], keepdims=0),
            helper.make_node("Greater", ["m", "zero"], ["c"]),
        ],
    }[condition]
    nodes += [helper.make_node("If", ["c"], ["y"], **graphs)]
    path = saved(tmp_path / "if.onnx", nodes, {"x": [1, 2, 4, 6]}, {"y": [1, 2, 8, 12]}, {"zero": np.float32(0)}, 17)
    model = onnx.load(path)
    model.graph.initializer.append(onnx.numpy_helper.from_array(SCALES["scales"], "scales"))
    onnx.save(model, path)
    return path


def test_the_branch_of_a_constant_condition_is_looked_into(tmp_path):
    found = run_model(load_model(_branches(tmp_path, "constant")), ["onnxruntime", "onnx-reference"])
    assert found.exit is ParityExit.PARITY
    assert [one.key for one in found.nodes] == ["main/1:If.then_branch/0:Resize"] * 2
    assert found.unseen == (("main/1:If.else_branch/0:Resize", WhyHidden.NEVER_RUN),)


def test_both_branches_of_a_computed_condition_are_run(tmp_path):
    found = run_model(load_model(_branches(tmp_path, "computed")), ["onnxruntime", "onnx-reference"])
    assert found.exit is ParityExit.PARITY
    keys = ["main/2:If.else_branch/0:Resize", "main/2:If.then_branch/0:Resize"]
    assert sorted(one.key for one in found.nodes) == sorted(keys * 2)
    assert found.unseen == ()
    assert {one.verdict for one in found.outputs} <= {Verdict.EXACT, Verdict.AGREES}


def test_a_function_is_looked_into_at_every_call(tmp_path):
    body = [
        helper.make_node("Constant", [], ["scales"], value=onnx.numpy_helper.from_array(SCALES["scales"])),
        helper.make_node("Resize", ["a", "", "scales"], ["b"], mode="cubic"),
    ]
    function = helper.make_function("my.domain", "Enlarge", ["a"], ["b"], body, [helper.make_opsetid("", 17)])
    nodes = [
        helper.make_node("Enlarge", ["x"], ["middle"], domain="my.domain"),
        helper.make_node("Enlarge", ["middle"], ["y"], domain="my.domain"),
    ]
    ports = {"x": [1, 1, 4, 5]}, {"y": [1, 1, 16, 20]}
    path = saved(tmp_path / "f.onnx", nodes, *ports, {}, 17, (function,), ("my.domain",))
    found = run_model(load_model(path), ["onnxruntime", "onnx-reference"])
    assert found.exit is ParityExit.PARITY
    key = "function my.domain::Enlarge/1:Resize"
    assert {one.key for one in found.nodes} == {key, f"{key} (call 2)"}
    assert {one.sizes for one in found.nodes} == {((4, 8), (5, 10)), ((8, 16), (10, 20))}


def test_weights_outside_the_file_come_along(tmp_path):
    path = convolutional(tmp_path / "inside.onnx", {"mode": "cubic"})
    outside = tmp_path / "outside.onnx"
    settings = {"save_as_external_data": True, "location": "weights.data", "size_threshold": 100}
    onnx.save(onnx.load(path), outside, **settings)
    plain, apart = (run_model(load_model(one), ["onnxruntime", "onnx-reference"]) for one in (path, outside))
    assert apart.nodes == plain.nodes
    assert apart.exit is ParityExit.PARITY


def test_large_models_share_their_weights(tmp_path, monkeypatch):
    from halfpixel.parity.formats.onnx import flattened

    monkeypatch.setattr(flattened, "_LARGE_MODEL", 100)
    monkeypatch.setattr(flattened, "_LARGE_TENSOR", 16)
    model = load_model(convolutional(tmp_path / "m.onnx", {"mode": "linear"}))
    found = flatten(model, tmp_path / ".")
    assert (tmp_path / "weights.bin").exists()
    assert found.proto.ByteSize() < model.proto.ByteSize()
    np.testing.assert_array_equal(found.constant("scales"), np.array([1, 1, 2.5, 2.5], np.float32))
    assert run_model(model, ["onnxruntime", "onnx-reference"]).exit is ParityExit.PARITY


def test_a_saved_model_and_its_resizes(tmp_path):
    tf = pytest.importorskip("tensorflow")

    class Module(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([1, 8, 10, 3], tf.float32)])
        def enlarge(self, x):
            y = tf.image.resize(tf.nn.relu(x), (12, 25), method="bilinear")
            return {"y": tf.image.resize(y, (30, 20), method="nearest")}

    module = Module()
    tf.saved_model.save(module, str(tmp_path / "saved"), signatures={"serving_default": module.enlarge})
    found = run_model(load_model(tmp_path / "saved"), ["tensorflow"])
    assert [one.ran for one in found.outcomes] == [True]
    # Each resize is as documented, and that is all that one runtime can tell.
    assert found.exit is ParityExit.CANNOT_TELL
    told = summary(ModelVerdict(load_model(tmp_path / "saved"), (), found))
    assert told == (
        "2 of 2 resizes: as documented on tensorflow, and no more than that is known; "
        "tensorflow alone ran: nothing to compare it with (install another runtime, or give --reference)"
    )
    held = run_model(load_model(tmp_path / "saved"), ["tensorflow"], original=load_model(tmp_path / "saved"))
    assert held.exit is ParityExit.PARITY
    assert {one.sizes for one in found.nodes} == {((8, 12), (10, 25)), ((12, 30), (25, 20))}
    assert all(one.in_place <= one.bound for one in found.nodes)
