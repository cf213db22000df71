"""Chains of plain operators: found where they resize, whatever their form, and left alone where they do not."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import helper

from halfpixel.golden import Convention, matrix
from halfpixel.parity.formats.loader import load_model
from tests.parity import graphs as models

_NEAREST = Convention(kernel="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")


def _resizes(proto, tmp_path):
    return load_model(models.saved(proto, tmp_path)).resizes


def _single_resize(proto, tmp_path):
    (node,) = _resizes(proto, tmp_path)
    return node


def _chain(name):
    if name == "gathered":
        index = np.int64(np.arange(5) * 8 // 5)
        nodes = [
            helper.make_node("Gather", ["x", "i"], ["a"], axis=2),
            helper.make_node("Gather", ["a", "i"], ["y"], axis=3),
        ]
        return nodes, {"i": index}
    if name == "sliced":
        constants = {"s": np.int64([0, 0]), "e": np.int64([99, 99]), "a": np.int64([2, 3]), "t": np.int64([2, 2])}
        return [helper.make_node("Slice", ["x", "s", "e", "a", "t"], ["y"])], constants
    if name == "repeated":
        constants = {"axes": np.int64([3, 5]), "wide": np.int64([1, 2, 8, 2, 8, 2]), "out": np.int64([1, 2, 16, 16])}
        nodes = [
            helper.make_node("Unsqueeze", ["x", "axes"], ["a"]),
            helper.make_node("Expand", ["a", "wide"], ["b"]),
            helper.make_node("Reshape", ["b", "out"], ["y"]),
        ]
        return nodes, constants
    exact = matrix(Convention(coordinate_transformation_mode="align_corners"), 8, 12).to_array()
    nodes = [helper.make_node("MatMul", ["left", "x"], ["a"]), helper.make_node("MatMul", ["a", "right"], ["y"])]
    return nodes, {"left": np.float32(exact), "right": np.float32(exact.T)}


@pytest.mark.parametrize(
    ("name", "expected", "n_out"),
    [
        ("gathered", _NEAREST, 5),
        ("sliced", _NEAREST, 4),
        ("repeated", _NEAREST, 16),
        ("multiplied", Convention(coordinate_transformation_mode="align_corners"), 12),
    ],
)
def test_chains_of_plain_operators_are_found_by_what_they_do(name, expected, n_out, tmp_path):
    nodes, constants = _chain(name)
    around = [helper.make_node("Relu", ["y"], ["z"])]
    node = _single_resize(models.model([*nodes, *around], constants, outputs=["z"]), tmp_path)
    assert [(axis.axis, axis.convention, axis.n_in, axis.n_out) for axis in node.axes] == [
        (2, expected, 8, n_out),
        (3, expected, 8, n_out),
    ]
    assert (node.input, node.output, node.indices) == ("x", "y", tuple(range(len(nodes))))


def test_linear_interpolation_written_out_is_one_chain_and_not_its_parts(tmp_path):
    exact = matrix(Convention(), 8, 12).to_array()
    low = np.array([np.flatnonzero(row)[0] for row in exact])
    high = np.minimum(low + 1, 7)
    upper = np.float32([exact[o, high[o]] if high[o] != low[o] else 0 for o in range(12)])
    nodes = [
        helper.make_node("Gather", ["x", "low"], ["a"], axis=3),
        helper.make_node("Gather", ["x", "high"], ["b"], axis=3),
        helper.make_node("Mul", ["a", "lower"], ["c"]),
        helper.make_node("Mul", ["b", "upper"], ["d"]),
        helper.make_node("Add", ["c", "d"], ["y"]),
    ]
    constants = {"low": low, "high": high, "lower": 1 - upper, "upper": upper}
    node = _single_resize(models.model(nodes, constants), tmp_path)
    assert node.convention == Convention()
    assert node.indices == (0, 1, 2, 3, 4)


def _none(name):
    if name == "crop":
        constants = {"s": np.int64([1, 1]), "e": np.int64([7, 7]), "a": np.int64([2, 3])}
        return [helper.make_node("Slice", ["x", "s", "e", "a"], ["y"])], constants
    if name == "flip":
        constants = {"s": np.int64([-1]), "e": np.int64([-(2**31) + 1]), "a": np.int64([3]), "t": np.int64([-1])}
        return [helper.make_node("Slice", ["x", "s", "e", "a", "t"], ["y"])], constants
    if name == "space to depth":
        nodes = []
        for k, (i, j) in enumerate([(0, 0), (1, 0), (0, 1), (1, 1)]):
            nodes.append(helper.make_node("Slice", ["x", f"s{i}{j}", "e", "a", "t"], [f"p{k}"]))
        nodes.append(helper.make_node("Concat", [f"p{k}" for k in range(4)], ["y"], axis=1))
        starts = {f"s{i}{j}": np.int64([i, j]) for i in (0, 1) for j in (0, 1)}
        return nodes, starts | {"e": np.int64([99, 99]), "a": np.int64([2, 3]), "t": np.int64([2, 2])}
    if name == "patch merging":
        nodes = []
        for i in (0, 1):
            nodes.append(helper.make_node("Slice", ["x", f"s{i}", "e", "h", "t"], [f"r{i}"]))
            for j in (0, 1):
                nodes.append(helper.make_node("Slice", [f"r{i}", f"s{j}", "e", "w", "t"], [f"p{i}{j}"]))
        nodes.append(helper.make_node("Concat", ["p00", "p10", "p01", "p11"], ["y"], axis=1))
        constants = {"s0": [0], "s1": [1], "e": [99], "t": [2], "h": [2], "w": [3]}
        return nodes, {key: np.int64(value) for key, value in constants.items()}
    if name == "channels":
        return [helper.make_node("Gather", ["x", "i"], ["y"], axis=1)], {"i": np.int64([0, 0, 1, 1])}
    if name == "learned matrix":
        weights = np.float32(np.random.default_rng(0).normal(size=(8, 12)))
        return [helper.make_node("MatMul", ["x", "w"], ["y"])], {"w": weights}
    return [helper.make_node("Reshape", ["x", "s"], ["y"])], {"s": np.int64([1, 2, 4, 16])}


@pytest.mark.parametrize(
    "name", ["crop", "flip", "space to depth", "patch merging", "channels", "learned matrix", "reshape"]
)
def test_what_moves_pixels_without_resizing_is_not_accused(name, tmp_path):
    nodes, constants = _none(name)
    assert _resizes(models.model(nodes, constants), tmp_path) == ()
