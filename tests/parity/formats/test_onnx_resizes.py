"""Finding resizes in ONNX models: every opset, every way to write one, and what is none."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from onnx import TensorProto, helper

from halfpixel.golden import Convention
from halfpixel.parity.formats.loader import load_model
from halfpixel.parity.formats.onnx.operators import with_actual_sizes
from tests import ROOT
from tests.parity import graphs as models

_NEAREST = Convention(kernel="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")


def _resizes(proto, tmp_path, shapes=None):
    return load_model(models.saved(proto, tmp_path), shapes).resizes


def _single_resize(proto, tmp_path, shapes=None):
    (node,) = _resizes(proto, tmp_path, shapes)
    return node


@pytest.mark.parametrize("opset", [7, 9, 10])
@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_before_opset_11_coordinates_are_asymmetric_and_nearest_rounds_down_when_enlarging(opset, mode, tmp_path):
    node = _single_resize(models.resize(opset, scales=[1, 1, 2, 3], mode=mode), tmp_path)
    expected = (
        _NEAREST if mode == "nearest" else Convention(kernel="linear", coordinate_transformation_mode="asymmetric")
    )
    assert [(axis.axis, axis.convention, axis.n_in, axis.n_out, axis.scale) for axis in node.axes] == [
        (2, expected, 8, 16, 2),
        (3, expected, 8, 24, 3),
    ]
    assert "before opset 11" in node.remark


def test_before_opset_11_nearest_rounds_up_when_shrinking(tmp_path):
    node = _single_resize(models.resize(10, scales=[1, 1, 0.5, 0.5], mode="nearest"), tmp_path)
    assert node.convention == _NEAREST.but(nearest_mode="ceil")


@pytest.mark.parametrize("opset", [11, 13, 18, 19])
@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, Convention(kernel="nearest")),
        (
            {"mode": "linear", "coordinate_transformation_mode": "align_corners"},
            Convention().but(coordinate_transformation_mode="align_corners"),
        ),
        ({"mode": "cubic", "cubic_coeff_a": -0.5}, Convention(kernel="cubic", cubic_coeff_a=Fraction(-1, 2))),
        (
            {"mode": "cubic", "exclude_outside": 1, "coordinate_transformation_mode": "pytorch_half_pixel"},
            Convention(kernel="cubic", coordinate_transformation_mode="pytorch_half_pixel", border="renormalise"),
        ),
        (
            {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
            _NEAREST,
        ),
    ],
    ids=["defaults", "align_corners", "cubic", "exclude_outside", "torch nearest"],
)
def test_resize_means_what_its_attributes_say_at_every_opset(opset, attributes, expected, tmp_path):
    node = _single_resize(models.resize(opset, sizes=[1, 2, 5, 20], **attributes), tmp_path)
    assert node.convention == expected
    assert [(axis.axis, axis.n_in, axis.n_out, axis.scale) for axis in node.axes] == [(2, 8, 5, None), (3, 8, 20, None)]
    assert (node.key, node.name, node.opset, node.rank) == ("main/0:Resize", "the_resize", opset, 4)


def test_a_scale_that_is_given_is_kept_exactly_and_cuts_the_size(tmp_path):
    node = _single_resize(models.resize(13, scales=[1, 1, 1.7, 1], mode="linear"), tmp_path)
    assert [(axis.axis, axis.n_in, axis.n_out, axis.scale) for axis in node.axes] == [
        (2, 8, 13, Fraction(float(np.float32(1.7))))
    ]


def test_axes_name_what_is_resized(tmp_path):
    node = _single_resize(models.resize(18, sizes=[4], axes=[-1], mode="linear"), tmp_path)
    assert [(axis.axis, axis.n_in, axis.n_out) for axis in node.axes] == [(3, 8, 4)]


@pytest.mark.parametrize(("policy", "sizes"), [("not_larger", (6, 12)), ("not_smaller", (8, 16))])
def test_one_scale_for_all_axes_where_the_aspect_ratio_is_kept(policy, sizes, tmp_path):
    proto = models.resize(
        18, sizes=[6, 16], axes=[2, 3], before=(1, 2, 8, 16), mode="linear", keep_aspect_ratio_policy=policy
    )
    axes = _single_resize(proto, tmp_path).axes
    expected = [(8, 6), (16, 12)] if policy == "not_larger" else []
    assert [(axis.n_in, axis.n_out) for axis in axes] == expected
    assert {axis.scale for axis in axes} == ({Fraction(3, 4)} if expected else set())


def test_a_region_is_read_where_the_mode_reads_it(tmp_path):
    proto = models.resize(
        13,
        sizes=[1, 2, 8, 8],
        roi=[0, 0, 0.25, 0, 1, 1, 0.75, 1],
        mode="linear",
        coordinate_transformation_mode="tf_crop_and_resize",
    )
    (axis,) = _single_resize(proto, tmp_path).axes
    assert axis.convention.roi == (Fraction(1, 4), Fraction(3, 4))
    assert (axis.axis, axis.convention.border) == (2, "extrapolate")


def test_the_process_that_infers_shapes_imports_little():
    program = (
        "import sys; from halfpixel.parity.formats.onnx.inference_process import _native; _native(); "
        "print('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_sizes_that_are_computed_from_a_shape_are_inferred(tmp_path):
    nodes = [
        helper.make_node("Shape", ["x"], ["shape"]),
        helper.make_node("Gather", ["shape", "two"], ["h"]),
        helper.make_node("Cast", ["h"], ["h_float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["h_float", "factor"], ["h_scaled"]),
        helper.make_node("Floor", ["h_scaled"], ["h_floor"]),
        helper.make_node("Cast", ["h_floor"], ["h_out"], to=TensorProto.INT64),
        helper.make_node("Unsqueeze", ["h_out", "zero"], ["h_list"]),
        helper.make_node("Slice", ["shape", "zero", "twos"], ["nc"]),
        helper.make_node("Concat", ["nc", "h_list", "h_list"], ["sizes"], axis=0),
        helper.make_node("Resize", ["x", "", "", "sizes"], ["y"], mode="linear"),
    ]
    constants = {"two": np.int64(2), "factor": np.float32(1.5), "zero": np.int64([0]), "twos": np.int64([2])}
    proto = models.model(nodes, constants, before=("n", 3, "h", "w"))
    assert [(axis.axis, axis.n_in, axis.n_out) for axis in _single_resize(proto, tmp_path).axes] == [
        (2, None, None),
        (3, None, None),
    ]
    assert _single_resize(proto, tmp_path).fed == {"sizes": "sizes"}
    known = _single_resize(proto, tmp_path, {"x": (1, 3, 10, 12)})
    assert [(axis.axis, axis.n_in, axis.n_out) for axis in known.axes] == [(2, 10, 15), (3, 12, 15)]
    assert not known.fed


def test_what_was_seen_when_the_model_ran_fills_in_what_the_file_left_open(tmp_path):
    nodes = [helper.make_node("Resize", ["x", "", "scales"], ["y"], mode="linear")]
    proto = models.model(nodes, before=(1, 2, "h", "w"))
    proto.graph.input.append(models.port("scales", [4]))
    node = _single_resize(proto, tmp_path)
    assert node.fed == {"scales": "scales"}
    as_run = with_actual_sizes(node, (1, 2, 5, 8), (1, 2, 7, 8), {"scales": np.float32([1, 1, 1.5, 1])})
    assert [(axis.axis, axis.n_in, axis.n_out, axis.scale) for axis in as_run.axes] == [(2, 5, 7, Fraction(3, 2))]


def test_subgraphs_and_functions_are_searched_and_keys_are_unique(tmp_path):
    branches = _resizes(models.in_a_branch(), tmp_path)
    # The order of a node's attributes is the file's own.
    assert sorted(node.key for node in branches) == [
        "main/0:If.else_branch/0:Loop.body/0:Resize",
        "main/0:If.then_branch/0:Resize",
    ]
    assert all([axis.scale for axis in node.axes] == [2, 2] for node in branches)
    (resize,) = _resizes(models.in_a_function(), tmp_path)
    assert resize.key == "function my.domain::Double/1:Resize"
    assert [axis.scale for axis in resize.axes] == [2, 2]


@pytest.mark.parametrize("name", ["Upsample", "bilinear_interpolate", "MyResize", "grid_sampler"])
def test_custom_operators_that_sound_like_a_resize_are_named_as_unknown(name, tmp_path):
    node = _single_resize(
        models.model([helper.make_node(name, ["x"], ["y"], domain="my.ops")], domains=["my.ops"]), tmp_path
    )
    assert (node.op, node.is_known) == (f"my.ops::{name}", False)
    assert "my.ops" in node.remark


def test_other_custom_operators_are_none(tmp_path):
    proto = models.model([helper.make_node("Attention", ["x"], ["y"], domain="my.ops")], domains=["my.ops"])
    assert _resizes(proto, tmp_path) == ()


def _grid(sizes, aligned):
    lines = [np.linspace(-1, 1, n) if aligned else (2 * np.arange(n) + 1) / n - 1 for n in sizes]
    return np.float32(np.stack(np.meshgrid(lines[1], lines[0]), axis=-1)[None])


@pytest.mark.parametrize("aligned", [0, 1])
def test_a_constant_grid_that_samples_regularly_is_a_resize(aligned, tmp_path):
    node = helper.make_node("GridSample", ["x", "grid"], ["y"], align_corners=aligned, padding_mode="border")
    resize = _single_resize(models.model([node], {"grid": _grid((12, 5), aligned)}, opset=16), tmp_path)
    mode = "align_corners" if aligned else "half_pixel"
    assert resize.convention == Convention(coordinate_transformation_mode=mode)
    assert [(axis.axis, axis.n_in, axis.n_out) for axis in resize.axes] == [(2, 8, 12), (3, 8, 5)]


def test_a_grid_of_an_affine_map_is_a_resize_and_one_that_turns_is_none(tmp_path):
    sample = helper.make_node("GridSample", ["x", "grid"], ["y"], align_corners=0)
    grid = helper.make_node("AffineGrid", ["theta", "size"], ["grid"], align_corners=0)
    size = np.int64([1, 2, 16, 16])
    same = models.model([grid, sample], {"theta": np.float32([[[1, 0, 0], [0, 1, 0]]]), "size": size}, opset=20)
    assert _single_resize(same, tmp_path).convention == Convention(border="constant")
    turned = models.model([grid, sample], {"theta": np.float32([[[0, 1, 0], [1, 0.2, 0]]]), "size": size}, opset=20)
    assert _single_resize(turned, tmp_path).axes == ()
    assert "warps" in _single_resize(turned, tmp_path).remark


def test_a_grid_that_the_model_computes_is_left_to_the_run(tmp_path):
    proto = models.model([helper.make_node("GridSample", ["x", "grid"], ["y"])], opset=16)
    proto.graph.input.append(models.port("grid", [1, 4, 4, 2]))
    assert _single_resize(proto, tmp_path).fed == {"grid": "grid"}


def test_windows_side_by_side_are_area_and_windows_of_one_pixel_are_nearest(tmp_path):
    average = helper.make_node("AveragePool", ["x"], ["y"], kernel_shape=[2, 4], strides=[2, 4])
    node = _single_resize(models.model([average]), tmp_path)
    assert node.convention == Convention(kernel="area")
    assert [(axis.n_in, axis.n_out, axis.scale) for axis in node.axes] == [
        (8, 4, Fraction(1, 2)),
        (8, 2, Fraction(1, 4)),
    ]
    one_pixel = helper.make_node("MaxPool", ["x"], ["y"], kernel_shape=[1, 1], strides=[2, 2])
    assert _single_resize(models.model([one_pixel]), tmp_path).convention == _NEAREST


@pytest.mark.parametrize(
    "attributes",
    [
        {"kernel_shape": [3, 3], "strides": [2, 2]},
        {"kernel_shape": [2, 2], "strides": [1, 1]},
        {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [1, 1, 1, 1]},
    ],
    ids=["overlapping", "no stride", "padded"],
)
def test_other_pooling_is_no_resize(attributes, tmp_path):
    assert _resizes(models.model([helper.make_node("AveragePool", ["x"], ["y"], **attributes)]), tmp_path) == ()
    maximum = helper.make_node("MaxPool", ["x"], ["y"], kernel_shape=[2, 2], strides=[2, 2])
    assert _resizes(models.model([maximum]), tmp_path) == ()


def _deconvolution(vector, stride, pad):
    weights = np.float32(np.broadcast_to(np.outer(vector, vector), (2, 1, len(vector), len(vector))))
    node = helper.make_node("ConvTranspose", ["x", "w"], ["y"], group=2, strides=[stride] * 2, pads=[pad] * 4)
    return models.model([node], {"w": weights})


def test_a_transposed_convolution_with_the_weights_of_an_interpolation_is_one(tmp_path):
    linear = _single_resize(_deconvolution([0.25, 0.75, 0.75, 0.25], 2, 1), tmp_path)
    assert linear.convention == Convention(border="constant")
    assert [(axis.n_in, axis.n_out, axis.scale) for axis in linear.axes] == [(8, 16, 2), (8, 16, 2)]
    assert _single_resize(_deconvolution([1, 1, 1], 3, 0), tmp_path).convention == _NEAREST


def test_a_transposed_convolution_that_was_learned_is_none(tmp_path):
    assert _resizes(_deconvolution([0.2, 0.9, 0.6, 0.3], 2, 1), tmp_path) == ()


def test_two_thousand_nodes_are_read_in_seconds(tmp_path):
    assert _single_resize(models.many(2000), tmp_path).key == "main/1999:Resize"
    assert [(axis.n_in, axis.n_out) for axis in _single_resize(models.many(2000), tmp_path).axes] == [(8, 16), (8, 16)]


@pytest.mark.parametrize("sizes", [[3], [3, 6, 9], [0, 6]], ids=["too few", "too many", "zero"])
def test_sizes_that_do_not_fit_a_kept_aspect_ratio_are_read_without_a_crash(tmp_path, sizes):
    fitted = {"axes": [-1, -2], "keep_aspect_ratio_policy": "not_larger", "mode": "linear"}
    path = models.saved(models.resize(18, sizes=sizes, before=(1, 2, 6, 6), **fitted), tmp_path)
    assert [node.op for node in load_model(path).resizes] == ["Resize"]
