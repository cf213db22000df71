"""What exporters write of the example that they traced: a fixed size under an open input, a grid for another flag."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import helper

from halfpixel.parity.audit.remarks import audit_model
from halfpixel.parity.formats.loader import load_model
from tests.parity.graphs import model, saved

_SIZES = {"n": np.int64([1, 2, 32, 48])}


def _resized(source: str) -> helper.NodeProto:
    return helper.make_node("Resize", [source, "", "", "n"], ["y"], mode="linear")


def _fixed_remarks(tmp_path, nodes, before):
    found = load_model(saved(model(nodes, _SIZES, before=before), tmp_path))
    return [remark for remark in audit_model(found) if "fixed size" in remark.message]


def test_a_fixed_size_within_a_network_of_open_input_is_a_warning(tmp_path):
    pool = helper.make_node("MaxPool", ["x"], ["p"], kernel_shape=[2, 2], strides=[2, 2])
    (remark,) = _fixed_remarks(tmp_path, [pool, _resized("p")], ("n", 2, "h", "w"))
    assert remark.is_warning
    assert "axis 2 to 32, axis 3 to 48" in remark.message


def test_an_image_brought_to_the_size_of_the_network_is_told_and_no_warning(tmp_path):
    nodes = [helper.make_node("Cast", ["x"], ["p"], to=1), _resized("p")]
    (remark,) = _fixed_remarks(tmp_path, nodes, ("n", 2, "h", "w"))
    assert not remark.is_warning


@pytest.mark.parametrize("before", [("n", 2, 8, 8), (1, 2, 16, 24)])
def test_a_fixed_size_under_a_fixed_input_is_not_told(tmp_path, before):
    pool = helper.make_node("MaxPool", ["x"], ["p"], kernel_shape=[2, 2], strides=[2, 2])
    assert _fixed_remarks(tmp_path, [pool, _resized("p")], before) == []


def test_a_size_that_follows_the_input_is_not_told(tmp_path):
    pool = helper.make_node("MaxPool", ["x"], ["p"], kernel_shape=[2, 2], strides=[2, 2])
    shape = helper.make_node("Shape", ["x"], ["n"])
    found = load_model(saved(model([pool, shape, _resized("p")], before=("n", 2, "h", "w")), tmp_path))
    assert not [remark for remark in audit_model(found) if "fixed size" in remark.message]


def _grid(aligned: bool, n_out: int) -> np.ndarray:
    k = np.arange(n_out)
    line = 2 * k / (n_out - 1) - 1 if aligned else (2 * k + 1) / n_out - 1
    return np.stack(np.meshgrid(line, line, indexing="xy"), axis=-1)[None].astype(np.float32)


@pytest.mark.parametrize("n_out", [8, 13])
@pytest.mark.parametrize("made_for", [False, True])
@pytest.mark.parametrize("has", [False, True])
def test_a_grid_that_was_made_for_the_other_flag_is_a_warning(tmp_path, made_for, has, n_out):
    node = helper.make_node("GridSample", ["x", "g"], ["y"], mode="linear", align_corners=int(has))
    found = load_model(saved(model([node], {"g": _grid(made_for, n_out)}, 20), tmp_path))
    warnings = [remark.message for remark in audit_model(found) if remark.is_warning]
    if made_for == has:
        assert warnings == []
        return
    (message,) = warnings
    assert f"made for align_corners={int(made_for)}" in message
    assert f"the node has align_corners={int(has)}: it samples up to 0." in message
