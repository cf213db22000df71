"""Small ONNX graphs for the tests of reading: one resize of each kind, where it is hard to find, and files that lie."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Shape = Sequence[int | str]


def port(name: str, shape: Shape | None, dtype: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
    """An input or output."""
    return helper.make_tensor_value_info(name, dtype, None if shape is None else list(shape))


def model(
    nodes: Sequence[onnx.NodeProto],
    constants: dict[str, np.ndarray] | None = None,
    opset: int = 19,
    before: Shape = (1, 2, 8, 8),
    outputs: Sequence[str] = ("y",),
    functions: Sequence[onnx.FunctionProto] = (),
    domains: Sequence[str] = (),
) -> onnx.ModelProto:
    """A model of float32 ``x``, with outputs of open shape."""
    initializers = [numpy_helper.from_array(np.asarray(value), name) for name, value in (constants or {}).items()]
    ports = [port(name, None) for name in outputs]
    graph = helper.make_graph(list(nodes), "main", [port("x", before)], ports, initializers)
    imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    return helper.make_model(graph, opset_imports=imports, ir_version=9, functions=list(functions))


def resize(
    opset: int = 19,
    scales: Sequence[float] | None = None,
    sizes: Sequence[int] | None = None,
    before: Shape = (1, 2, 8, 8),
    roi: Sequence[float] | None = None,
    **attributes: object,
) -> onnx.ModelProto:
    """A model of one Resize, or before opset 10 of one Upsample."""
    if opset < 9:
        node = helper.make_node("Upsample", ["x"], ["y"], scales=[float(one) for one in scales], **attributes)
        return model([node], opset=opset, before=before)
    if opset < 11:
        node = helper.make_node("Upsample" if opset == 9 else "Resize", ["x", "scales"], ["y"], **attributes)
        return model([node], {"scales": np.float32(scales)}, opset, before)
    constants = {"roi": np.float32(roi if roi is not None else [])}
    names = ["x", "roi", "", ""]
    if scales is not None:
        constants["scales"], names[2] = np.float32(scales), "scales"
    if sizes is not None:
        constants["sizes"], names[3] = np.int64(sizes), "sizes"
        if opset < 13:
            constants["scales"], names[2] = np.float32([]), "scales"
    node = helper.make_node("Resize", names if names[3] else names[:3], ["y"], name="the_resize", **attributes)
    return model([node], constants, opset, before)


def saved(proto: onnx.ModelProto, folder: Path, name: str = "model.onnx") -> str:
    """The path of the model, written."""
    path = folder / name
    path.write_bytes(proto.SerializeToString())
    return str(path)


def in_a_branch() -> onnx.ModelProto:
    """A Resize in both branches of an If, one of them within a Loop."""
    half = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    then_node = helper.make_node("Resize", ["x", "", "scales"], ["then_y"], **half)
    then_graph = helper.make_graph([then_node], "then", [], [port("then_y", None)])
    body_node = helper.make_node("Resize", ["x", "", "scales"], ["body_y"], mode="nearest")
    body = helper.make_graph(
        [body_node, helper.make_node("Identity", ["go"], ["still"])],
        "body",
        [port("i", [], TensorProto.INT64), port("go", [], TensorProto.BOOL)],
        [port("still", [], TensorProto.BOOL), port("body_y", None)],
    )
    loop = helper.make_node("Loop", ["once", ""], ["stack"], body=body)
    first = helper.make_node("Squeeze", ["stack", "zero"], ["else_y"])
    else_graph = helper.make_graph([loop, first], "else", [], [port("else_y", None)])
    pick = helper.make_node("If", ["which"], ["y"], then_branch=then_graph, else_branch=else_graph)
    constants = {
        "scales": np.float32([1, 1, 2, 2]),
        "once": np.int64(1),
        "zero": np.int64([0]),
        "which": np.bool_(True),
    }
    return model([pick], constants)


def in_a_function() -> onnx.ModelProto:
    """A Resize in the body of a local function that is called twice."""
    scales = numpy_helper.from_array(np.float32([1, 1, 2, 2]), "scales")
    constant = helper.make_node("Constant", [], ["scales"], value=scales)
    inner = helper.make_node("Resize", ["a", "", "scales"], ["b"], mode="linear")
    opset = [helper.make_opsetid("", 19)]
    function = helper.make_function("my.domain", "Double", ["a"], ["b"], [constant, inner], opset)
    calls = [
        helper.make_node("Double", ["x"], ["once"], domain="my.domain"),
        helper.make_node("Double", ["once"], ["y"], domain="my.domain"),
    ]
    return model(calls, functions=[function], domains=["my.domain"])


def many(count: int) -> onnx.ModelProto:
    """``count`` nodes, the last of them a Resize."""
    nodes = [helper.make_node("Relu", ["x"], ["r0"])]
    nodes += [helper.make_node("Relu", [f"r{k}"], [f"r{k + 1}"]) for k in range(count - 2)]
    nodes.append(helper.make_node("Resize", [f"r{count - 2}", "", "scales"], ["y"], mode="linear"))
    return model(nodes, {"scales": np.float32([1, 1, 2, 2])})
