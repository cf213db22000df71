"""Models of which an input is the scale, the size or the region of a resize: they are fed what resizes."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from halfpixel.parity.diagnose.model_inputs import SIZE_INPUT_SCALE, prepare_feeds
from halfpixel.parity.diagnose.pipeline import run_model
from halfpixel.parity.diagnose.results import ParityExit
from halfpixel.parity.formats.loader import load_model
from halfpixel.parity_command import main

BEFORE, AFTER = (1, 3, 20, 30), [1, 3, 32, 48]
ONES = [1.0, 1.0, np.float32(SIZE_INPUT_SCALE), np.float32(SIZE_INPUT_SCALE)]


def _saved(folder, nodes, size_input, constants=(), opset=18):
    """A model of ``x`` and one further input, of ``(name, dtype, length)``."""
    name, kind, length = size_input
    ports = [helper.make_tensor_value_info("x", TensorProto.FLOAT, BEFORE)]
    ports.append(helper.make_tensor_value_info(name, kind, [length]))
    made = [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]
    graph = helper.make_graph(nodes, "g", ports, made, list(constants))
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
    onnx.save(proto, folder / "m.onnx")
    return load_model(folder / "m.onnx")


def _list(name, values):
    return helper.make_tensor(name, TensorProto.INT64, [len(values)], values)


def _resize(role, name, **attributes):
    place = ("roi", "scales", "sizes").index(role)
    inputs = ["x", "", "", ""]
    inputs[place + 1] = name
    return helper.make_node("Resize", inputs[: max(3, place + 2)], ["y"], mode="linear", **attributes)


SHAPE = helper.make_node("Shape", ["x"], ["first"], start=0, end=2)
CASES = {
    "sizes": ([_resize("sizes", "s")], ("s", TensorProto.INT64, 4), (), AFTER),
    "scales": ([_resize("scales", "s")], ("s", TensorProto.FLOAT, 4), (), ONES),
    "scales of some axes": ([_resize("scales", "s", axes=[2, 3])], ("s", TensorProto.FLOAT, 2), (), ONES[2:]),
    "sizes of one axis": ([_resize("sizes", "s", axes=[3])], ("s", TensorProto.INT64, 1), (), AFTER[3:]),
    "the end of a list": (
        [SHAPE, helper.make_node("Concat", ["first", "s"], ["all"], axis=0), _resize("sizes", "all")],
        ("s", TensorProto.INT64, 2),
        (),
        AFTER[2:],
    ),
    "another type": (
        [
            helper.make_node("Cast", ["s"], ["whole"], to=TensorProto.INT64),
            SHAPE,
            helper.make_node("Concat", ["first", "whole"], ["all"], axis=0),
            _resize("sizes", "all"),
        ],
        ("s", TensorProto.INT32, 2),
        (),
        AFTER[2:],
    ),
    "gathered": (
        [
            helper.make_node("Gather", ["s", "order"], ["turned"]),
            SHAPE,
            helper.make_node("Concat", ["first", "turned"], ["all"], axis=0),
            _resize("sizes", "all"),
        ],
        ("s", TensorProto.INT64, 3),
        [_list("order", [2, 0])],
        [AFTER[3], 1, AFTER[2]],
    ),
    "sliced": (
        [
            helper.make_node("Slice", ["s", "from", "to"], ["part"]),
            SHAPE,
            helper.make_node("Concat", ["first", "part"], ["all"], axis=0),
            _resize("sizes", "all"),
        ],
        ("s", TensorProto.INT64, 4),
        [_list("from", [2]), _list("to", [4])],
        [1, 1, *AFTER[2:]],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_decides_a_size_is_fed_what_resizes(name, tmp_path):
    nodes, size_input, constants, expected = CASES[name]
    model = _saved(tmp_path, nodes, size_input, constants)
    arrays, texts = prepare_feeds(model, {}, {})
    np.testing.assert_array_equal(arrays["s"], np.array(expected, arrays["s"].dtype))
    assert "resizes by 1.618" in texts[1]
    run = run_model(model, ["onnxruntime", "onnx-reference"])
    assert [result.message for result in run.outcomes] == ["", ""]
    assert run.exit is ParityExit.PARITY
    assert {finding.sizes for finding in run.nodes} == {
        ((30, 48),) if name == "sizes of one axis" else ((20, 32), (30, 48))
    }


def test_what_decides_nothing_of_a_list_is_left_as_it_is(tmp_path):
    nodes = [helper.make_node("Concat", ["head", "s"], ["all"], axis=0), _resize("sizes", "all")]
    model = _saved(tmp_path, nodes, ("s", TensorProto.INT64, 0), [_list("head", [1, 3, 9, 9])])
    _, texts = prepare_feeds(model, {}, {})
    assert "resizes by" not in texts[1]


def test_scales_that_were_given_are_not_nudged(tmp_path):
    model = _saved(tmp_path, [_resize("scales", "s")], ("s", TensorProto.FLOAT, 4))
    run = run_model(model, ["onnxruntime", "onnx-reference"], {"s": np.array([1, 1, 2, 1.5], np.float32)})
    assert run.exit is ParityExit.PARITY
    assert {finding.sizes for finding in run.nodes} == {((20, 40), (30, 45))}


def test_other_inputs_are_seeded_as_ever(tmp_path):
    nodes = [helper.make_node("Gather", ["x", "s"], ["z"], axis=1), helper.make_node("Relu", ["z"], ["y"])]
    model = _saved(tmp_path, nodes, ("s", TensorProto.INT64, 2))
    _, texts = prepare_feeds(model, {}, {})
    assert "0 or 1" in texts[1]


@pytest.mark.parametrize("shape", ["1,3,20,30", "20,30"])
def test_an_input_without_a_rank_has_the_shape_that_is_given(shape, tmp_path, capsys):
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Resize", ["x", "", "s"], ["y"])], "g", ports[:1], ports[1:])
    scales = np.full(shape.count(",") + 1, 2, np.float32)
    graph.initializer.append(onnx.numpy_helper.from_array(scales, "s"))
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(proto, tmp_path / "m.onnx")
    arguments = [str(tmp_path / "m.onnx"), "--against", "onnxruntime,onnx-reference"]
    assert main(arguments) == 2
    assert capsys.readouterr().err == "input 'x' has no shape: give one with --shape\n"
    assert main([*arguments, "--shape", f"x={shape}"]) == 0
    assert "1 of 1 resize and 1 of 1 output compared" in capsys.readouterr().out
