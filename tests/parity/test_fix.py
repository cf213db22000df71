"""A corrected model is right on every runtime that ran, at any size where sizes are open, and is written only then."""

from __future__ import annotations

from itertools import product

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from halfpixel.golden import Convention, matrix
from halfpixel.parity.diagnose import counterfactual, reference_resize
from halfpixel.parity.diagnose.pipeline import run_model
from halfpixel.parity.diagnose.reference_resize import ExactResize
from halfpixel.parity.diagnose.results import ParityExit
from halfpixel.parity.fix import primitive_ops
from halfpixel.parity.fix.corrected_model import CannotFix, fix_model
from halfpixel.parity.formats.loader import load_model
from halfpixel.parity.runtimes import registry
from tests.fakes import runtimes as fakes
from tests.parity.small_models import convolutional


@pytest.fixture
def known(monkeypatch):
    """Make fake runtimes known by name."""

    def add(*runtimes: registry.Runtime) -> None:
        monkeypatch.setattr(registry, "RUNTIMES", (*registry.RUNTIMES, *runtimes))

    return add


def _attributes(path) -> dict[str, object]:
    (node,) = [node for node in onnx.load(path).graph.node if node.op_type == "Resize"]
    values = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in values.items()}


def test_attributes_of_another_file_are_set_as_the_original_has_them(tmp_path):
    original = load_model(convolutional(tmp_path / "original.onnx", {"mode": "cubic", "cubic_coeff_a": -0.5}))
    changed = load_model(
        convolutional(tmp_path / "m.onnx", {"mode": "linear", "coordinate_transformation_mode": "asymmetric"})
    )
    run = run_model(changed, ["onnxruntime", "onnx-reference"], original=original)
    assert run.exit is ParityExit.DIVERGENCE
    fixed = fix_model(changed, run, tmp_path / "fixed.onnx", original=original)
    assert fixed.run.exit is ParityExit.PARITY
    assert fixed.left == ()
    assert [change.key for change in fixed.changes] == ["main/2:Resize"]
    assert "mode=cubic" in fixed.changes[0].words
    assert _attributes(fixed.path) == {
        "mode": "cubic",
        "coordinate_transformation_mode": "half_pixel",
        "cubic_coeff_a": -0.5,
    }


def test_a_runtime_that_has_no_such_attribute_is_given_other_operators(known, tmp_path):
    known(fakes.fake(fakes.kernel))
    model = load_model(convolutional(tmp_path / "m.onnx", {"mode": "cubic"}))
    run = run_model(model, ["onnxruntime", "kernel"])
    fixed = fix_model(model, run, tmp_path / "fixed.onnx")
    assert fixed.run.exit is ParityExit.PARITY
    assert fixed.changes[0].attributes is None
    assert {node.op_type for node in onnx.load(fixed.path).graph.node} == {"Conv", "Relu", "MatMul"}
    x = np.random.default_rng(5).standard_normal((1, 3, 32, 48)).astype(np.float32)
    before, after = (
        onnxruntime.InferenceSession(str(path)).run(None, {"x": x})[0] for path in (model.path, fixed.path)
    )
    np.testing.assert_allclose(after, before, atol=1e-4)


def test_a_model_of_open_sizes_stays_one(known, tmp_path):
    known(fakes.fake(fakes.coordinates))
    attributes = {"mode": "linear", "coordinate_transformation_mode": "align_corners"}
    model = load_model(convolutional(tmp_path / "m.onnx", attributes, dynamic=True))
    run = run_model(model, ["onnxruntime", "coordinates"])
    fixed = fix_model(model, run, tmp_path / "fixed.onnx")
    assert "any size" in fixed.changes[0].words
    assert "Resize" not in {node.op_type for node in onnx.load(fixed.path).graph.node}
    sessions = [onnxruntime.InferenceSession(str(path)) for path in (model.path, fixed.path)]
    for height, width in ((32, 48), (18, 62), (6, 4)):
        x = np.random.default_rng(height).standard_normal((2, 3, height, width)).astype(np.float32)
        before, after = (session.run(None, {"x": x})[0] for session in sessions)
        np.testing.assert_allclose(after, before, atol=1e-4)


def test_nothing_is_written_when_nothing_can_be_done(known, tmp_path):
    known(fakes.fake(fakes.aliases))
    # Antialiasing at sizes that are open has as many taps as the sizes say.
    model = load_model(convolutional(tmp_path / "m.onnx", {"mode": "linear", "antialias": 1}, scale=0.5, dynamic=True))
    run = run_model(model, ["onnxruntime", "aliases"])
    assert run.exit is ParityExit.DIVERGENCE
    with pytest.raises(CannotFix, match="antialias"):
        fix_model(model, run, tmp_path / "fixed.onnx")
    assert not (tmp_path / "fixed.onnx").exists()


def test_a_model_that_agrees_is_not_corrected(tmp_path):
    model = load_model(convolutional(tmp_path / "m.onnx", {"mode": "linear"}))
    with pytest.raises(CannotFix, match="nothing to correct"):
        fix_model(model, run_model(model, ["onnxruntime"]), tmp_path / "fixed.onnx")


def _session(nodes, constants, inputs, outputs) -> onnxruntime.InferenceSession:
    ports = [[helper.make_tensor_value_info(*output) for output in each] for each in (inputs, outputs)]
    graph = helper.make_graph(list(nodes), "test", *ports, list(constants))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=9)
    return onnxruntime.InferenceSession(model.SerializeToString())


_OPEN = [
    Convention(kernel=kernel, coordinate_transformation_mode=mode, **more)
    for mode in ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric")
    for kernel, more in (
        ("linear", {}),
        ("cubic", {"cubic_coeff_a": -0.75}),
        ("cubic", {"cubic_coeff_a": -0.5, "border": "renormalise"}),
        *(("nearest", {"nearest_mode": mode}) for mode in ("floor", "ceil", "round_prefer_floor", "round_prefer_ceil")),
    )
]


@pytest.mark.parametrize("convention", _OPEN, ids=str)
def test_portable_operators_of_any_size_are_the_exact_definition(convention):
    """At every pair of sizes up to 9 and some larger ones where floats miss ties."""
    axes = [primitive_ops.OpenAxis(axis, convention, "sizes", axis) for axis in (2, 3)]
    made = primitive_ops.any_size_resize_nodes(axes, "x", "y", 4, "p")
    inputs = [("x", TensorProto.FLOAT, [1, 1, "h", "w"]), ("sizes", TensorProto.INT64, [4])]
    session = _session(made.nodes, made.constants, inputs, [("y", TensorProto.FLOAT, [1, 1, "H", "W"])])
    pairs = [*product(range(1, 10), range(1, 10)), (196, 132), (64, 61), (26, 64), (52, 44)]
    for n_in, n_out in pairs:
        x = np.eye(n_in, dtype=np.float32)[None, None]
        got = session.run(None, {"x": x, "sizes": np.array([1, 1, n_out, n_out])})[0][0, 0]
        exact_matrix = matrix(convention, n_in, n_out).to_array()
        expected = exact_matrix @ exact_matrix.T
        tolerance = 0 if convention.kernel == "nearest" else 2e-5
        np.testing.assert_allclose(got, expected, atol=tolerance, err_msg=f"{n_in} to {n_out}")


def test_portable_operators_use_a_scale_that_was_given():
    from fractions import Fraction

    scale = Fraction(8, 5)
    for mode in ("half_pixel", "asymmetric"):
        convention = Convention(kernel="linear", coordinate_transformation_mode=mode)
        axis = primitive_ops.OpenAxis(3, convention, scale=scale)
        made = primitive_ops.any_size_resize_nodes([axis], "x", "y", 4, "p")
        ports = [("x", TensorProto.FLOAT, [1, 1, "h", "w"])], [("y", TensorProto.FLOAT, [1, 1, "h", "W"])]
        session = _session(made.nodes, made.constants, *ports)
        got = session.run(None, {"x": np.eye(7, dtype=np.float32)[None, None]})[0][0, 0].T
        assert got.shape == (11, 7)
        np.testing.assert_allclose(got, matrix(convention, 7, 11, scale).to_array(), atol=1e-6)


@pytest.mark.parametrize("axes", [(2, 3), (1, 2), (0,), (3,), (1, 2, 3)], ids=str)
@pytest.mark.parametrize("kernel", ["nearest", "linear"])
def test_portable_operators_of_fixed_sizes_are_the_exact_definition(axes, kernel):
    definition = ExactResize(axes, tuple(matrix(Convention(kernel=kernel), 5, 8 + k) for k in range(len(axes))))
    shape = [5 if axis in axes else 3 for axis in range(4)]
    made = counterfactual.exact_resize_nodes(definition, "x", "y", np.dtype(np.float32), 4, "p")
    ports = [("x", TensorProto.FLOAT, shape)], [("y", TensorProto.FLOAT, None)]
    session = _session(made.nodes, made.constants, *ports)
    x = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
    got = session.run(None, {"x": x})[0]
    assert got.shape == reference_resize.apply_exact(definition, x).shape
    error = reference_resize.worst_error(definition, x, got)
    assert error == 0 if kernel == "nearest" else error <= reference_resize.rounding_bound(definition, x)
    assert {node.op_type for node in made.nodes} <= {"Gather"} if kernel == "nearest" else {"MatMul", "Transpose"}
