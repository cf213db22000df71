"""Small ONNX models with resizes in them, for the tests of parity."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def convolutional(
    path: Path,
    attributes: Mapping[str, object],
    scale: float = 2.5,
    sizes: tuple[int, int] | None = None,
    dynamic: bool = False,
    opset: int = 19,
) -> Path:
    """Conv, Relu, Resize, Conv on ``(1, 3, 32, 48)``: from (16, 24) by ``scale``, or to ``sizes``; seven classes."""
    random = np.random.default_rng(3)
    constants = {
        "before": random.standard_normal((4, 3, 3, 3)).astype(np.float32) * 0.3,
        "after": random.standard_normal((7, 4, 3, 3)).astype(np.float32) * 0.3,
        "scales": np.array([1, 1, scale, scale], np.float32),
        "none": np.zeros(0, np.float32),
        "sizes": np.array([1, 4, *(sizes or (0, 0))], np.int64),
    }
    empty = "none" if opset < 13 else ""
    inputs = ["low", empty, empty, "sizes"] if sizes else ["low", empty, "scales"]
    nodes = [
        helper.make_node("Conv", ["x", "before"], ["wide"], pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("Relu", ["wide"], ["low"]),
        helper.make_node("Resize", inputs, ["high"], name="up", **attributes),
        helper.make_node("Conv", ["high", "after"], ["scores"], pads=[1, 1, 1, 1]),
    ]
    size = sizes or tuple(int(n * scale) for n in (16, 24))
    shapes = (["n", 3, "h", "w"], ["n", 7, "H", "W"]) if dynamic else ([1, 3, 32, 48], [1, 7, *size])
    return saved(path, nodes, {"x": shapes[0]}, {"scores": shapes[1]}, constants, opset)


def saved(
    path: Path,
    nodes: list[onnx.NodeProto],
    inputs: Mapping[str, list],
    outputs: Mapping[str, list],
    constants: Mapping[str, np.ndarray],
    opset: int = 19,
    functions: tuple[onnx.FunctionProto, ...] = (),
    domains: tuple[str, ...] = (),
) -> Path:
    """A file of these nodes; of the constants, those that they read."""
    ports = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in each.items()]
        for each in (inputs, outputs)
    ]
    read = {name for node in nodes for name in node.input}
    tensors = [numpy_helper.from_array(value, name) for name, value in constants.items() if name in read]
    graph = helper.make_graph(nodes, "test", *ports, tensors)
    imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    model = helper.make_model(graph, opset_imports=imports, ir_version=9, functions=list(functions))
    onnx.save(model, path)
    return path


def with_attributes(source: Path, target: Path, which: int, attributes: Mapping[str, object]) -> Path:
    """A copy in which Resize number ``which`` has these attributes and no others."""
    model = onnx.load(source)
    node = [one for one in model.graph.node if one.op_type == "Resize"][which]
    del node.attribute[:]
    node.attribute.extend(helper.make_node("Resize", [], [], **attributes).attribute)
    onnx.save(model, target)
    return target
