"""Files whose nodes are not sorted, and functions with open attributes, are read as the runtimes run them."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from halfpixel.parity.audit.remarks import audit_model
from halfpixel.parity.diagnose.pipeline import run_model
from halfpixel.parity.diagnose.results import ParityExit
from halfpixel.parity.formats.loader import load_model
from halfpixel.parity.formats.model import BadModel
from halfpixel.parity.formats.onnx import normal_form
from tests.parity.graphs import model, saved

_OPSET = [helper.make_opsetid("", 19), helper.make_opsetid("my", 1)]


def _enlarging(name: str = "Up", default: str | None = None) -> onnx.FunctionProto:
    """A function that resizes twofold, by the mode that its caller has in the attribute ``how``."""
    constant = helper.make_node("Constant", [], ["k"], value=numpy_helper.from_array(np.float32([1, 1, 2, 2]), "k"))
    node = helper.make_node("Resize", ["a", "", "k"], ["b"], coordinate_transformation_mode="asymmetric")
    node.attribute.append(onnx.AttributeProto(name="mode", ref_attr_name="how", type=onnx.AttributeProto.STRING))
    if default is None:
        return helper.make_function("my", name, ["a"], ["b"], [constant, node], _OPSET, ["how"])
    given = [helper.make_attribute("how", default)]
    return helper.make_function("my", name, ["a"], ["b"], [constant, node], _OPSET, attribute_protos=given)


def _call(source: str, target: str, operator: str = "Up", **attributes: str) -> onnx.NodeProto:
    return helper.make_node(operator, [source], [target], domain="my", **attributes)


def _modes(found) -> dict[str, str]:
    return {node.key: node.convention.kernel for node in found.resizes}


def _functions(*nodes: onnx.NodeProto, functions) -> onnx.ModelProto:
    return model(nodes, functions=functions, domains=["my"])


def test_a_function_is_read_with_the_attributes_of_each_call(tmp_path):
    calls = [_call("x", "t", how="linear"), _call("t", "u", how="cubic"), _call("u", "y", how="linear")]
    found = load_model(saved(_functions(*calls, functions=[_enlarging()]), tmp_path))
    assert _modes(found) == {
        "function my::Up[how=linear]/1:Resize": "linear",
        "function my::Up[how=cubic]/1:Resize": "cubic",
    }
    run = run_model(found, ["onnxruntime", "onnx-reference"])
    assert run.exit is ParityExit.PARITY
    assert {finding.key for finding in run.nodes} == {*_modes(found), "function my::Up[how=linear]/1:Resize (call 2)"}


def test_a_function_that_is_called_in_one_way_keeps_its_name(tmp_path):
    found = load_model(saved(_functions(_call("x", "y", how="linear"), functions=[_enlarging()]), tmp_path))
    assert _modes(found) == {"function my::Up/1:Resize": "linear"}


@pytest.mark.parametrize(("given", "kernel"), [({}, "linear"), ({"how": "cubic"}, "cubic")])
def test_a_default_counts_where_the_call_gives_nothing(tmp_path, given, kernel):
    functions = [_enlarging(default="linear")]
    found = load_model(saved(_functions(_call("x", "y", **given), functions=functions), tmp_path))
    assert _modes(found) == {"function my::Up/1:Resize": kernel}


def test_an_attribute_that_nobody_gives_is_not_set(tmp_path):
    found = load_model(saved(_functions(_call("x", "y"), functions=[_enlarging()]), tmp_path))
    assert _modes(found) == {"function my::Up/1:Resize": "nearest"}


def test_functions_hand_their_attributes_on(tmp_path):
    """The caller stands before the function that it calls, and names its own attribute in the call."""
    inner = _call("p", "q")
    inner.attribute.append(onnx.AttributeProto(name="how", ref_attr_name="way", type=onnx.AttributeProto.STRING))
    outer = helper.make_function("my", "Outer", ["p"], ["q"], [inner], _OPSET, ["way"])
    calls = [_call("x", "t", "Outer", way="linear"), _call("t", "y", "Outer", way="cubic")]
    found = load_model(saved(_functions(*calls, functions=[outer, _enlarging()]), tmp_path))
    assert sorted(_modes(found).values()) == ["cubic", "linear"]
    run = run_model(found, ["onnxruntime", "opencv-dnn"])
    assert run.unseen == ()
    assert not run.differing


def test_too_many_sets_of_attributes_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(normal_form, "_MAX_FUNCTIONS", 1)
    calls = [_call("x", "t", how="linear"), _call("t", "y", how="cubic")]
    with pytest.raises(BadModel, match="more than 1 sets of attributes"):
        load_model(saved(_functions(*calls, functions=[_enlarging()]), tmp_path))


_SCALES = {"s": np.float32([1, 1, 2, 2])}


def _unsorted() -> onnx.ModelProto:
    nodes = [helper.make_node("Resize", ["t", "", "s"], ["y"], mode="linear"), helper.make_node("Relu", ["x"], ["t"])]
    return model(nodes, _SCALES)


def test_nodes_that_are_not_in_order_are_read_and_told(tmp_path):
    found = load_model(saved(_unsorted(), tmp_path))
    assert _modes(found) == {"main/1:Resize": "linear"}
    (remark,) = [remark for remark in audit_model(found) if remark.kind == "invalid"]
    assert "its nodes are not in the order" in remark.message
    run = run_model(found, ["onnxruntime", "opencv-dnn"])
    assert run.exit is ParityExit.PARITY
    assert [finding.key for finding in run.nodes if finding.compared] == ["main/1:Resize"] * 2
    refused = run_model(found, ["onnxruntime", "onnx-reference"])
    assert [result.runtime for result in refused.refusals] == ["onnx-reference"]


def test_a_branch_that_is_not_in_order_is_sorted_too(tmp_path):
    from tests.parity.graphs import port

    nodes = list(_unsorted().graph.node)
    for node in nodes:
        node.output[:] = ["b" if name == "y" else name for name in node.output]
    branch = helper.make_graph(nodes, "branch", [], [port("b", None)])
    pick = helper.make_node("If", ["which"], ["y"], then_branch=branch, else_branch=branch)
    found = load_model(saved(model([pick], {**_SCALES, "which": np.bool_(True)}), tmp_path))
    assert set(_modes(found)) == {"main/0:If.then_branch/1:Resize", "main/0:If.else_branch/1:Resize"}


def test_a_file_in_order_is_without_fault(tmp_path):
    proto = _unsorted()
    nodes = [onnx.NodeProto.FromString(node.SerializeToString()) for node in reversed(proto.graph.node)]
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)
    assert load_model(saved(proto, tmp_path)).faults == ()
