"""What the audit says of a file: words, opset pitfalls, runtimes that do otherwise, and worst cases that are true."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from onnx import helper

from halfpixel.golden import Convention, matrix
from halfpixel.golden.convention import COORDINATE_TRANSFORMATION_MODES, NEAREST_MODES
from halfpixel.parity.audit.convention_text import convention_text, tensorflow_call, torch_call
from halfpixel.parity.audit.ledger_lookup import ledger_entries
from halfpixel.parity.audit.remarks import audit_model, example_sizes, worst_case_error
from halfpixel.parity.audit.runtime_limitations import runtime_limitations
from halfpixel.parity.formats.loader import load_model
from halfpixel.parity.formats.model import KEEPS_SIZE, ResizedAxis
from tests.parity import graphs as models


def _remarks(proto, tmp_path, kind=None, against=()):
    remarks = audit_model(load_model(models.saved(proto, tmp_path)), against)
    return [remark for remark in remarks if kind is None or remark.kind == kind]


@pytest.mark.parametrize("mode", COORDINATE_TRANSFORMATION_MODES)
@pytest.mark.parametrize("kernel", ["nearest", "linear", "cubic", "lanczos"])
def test_every_convention_has_words_of_its_own(mode, kernel):
    words = convention_text(Convention(kernel=kernel, coordinate_transformation_mode=mode))
    others = {
        convention_text(Convention(kernel=kernel, coordinate_transformation_mode=other))
        for other in COORDINATE_TRANSFORMATION_MODES
        if other != mode
    }
    assert words not in others
    roundings = {convention_text(Convention(kernel="nearest", nearest_mode=name)) for name in NEAREST_MODES}
    assert len(roundings) == len(NEAREST_MODES)


def test_source_lines_are_those_of_the_frameworks():
    aligned = Convention(coordinate_transformation_mode="align_corners")
    assert torch_call(aligned) == 'F.interpolate(x, size, mode="bilinear", align_corners=True)'
    assert torch_call(Convention(border="renormalise")) == torch_call(Convention())
    assert tensorflow_call(Convention()) == 'tf.image.resize(x, size, method="bilinear")'
    assert torch_call(Convention(coordinate_transformation_mode="tf_half_pixel_for_nn")) == ""
    assert torch_call(None) == ""


def test_a_worst_case_is_the_norm_of_the_difference_of_the_exact_matrices():
    axis, other = (
        ResizedAxis(2, Convention(coordinate_transformation_mode=mode), 8, 16) for mode in ("half_pixel", "asymmetric")
    )
    # Every sample moves by a quarter of a pixel, of which two neighbours each have their share.
    difference = matrix(axis.convention, 8, 16).to_array() - matrix(other.convention, 8, 16).to_array()
    assert worst_case_error(axis, other) == (0.5, 63.75)
    assert np.abs(difference).sum(axis=1).max() == 0.5
    assert worst_case_error(axis, ResizedAxis(2, None, 8, 16)) is None
    assert worst_case_error(ResizedAxis(2, Convention(), 1, 10**9), other) is None


@pytest.mark.parametrize(
    ("axis", "sizes", "is_example"),
    [
        (ResizedAxis(2, Convention(), 8, 16), (8, 16), False),
        (ResizedAxis(2, Convention(), None, None, Fraction(2)), (16, 32), True),
        (ResizedAxis(2, Convention(), None, 20, Fraction(1, 2)), (40, 20), True),
        (ResizedAxis(2, Convention(), 8192, 16384), (512, 1024), True),
    ],
)
def test_sizes_that_a_prediction_is_for(axis, sizes, is_example):
    assert example_sizes(axis) == (sizes, is_example)


def test_misreadings_are_told_with_what_they_cost(tmp_path):
    remarks = _remarks(models.resize(sizes=[1, 2, 16, 16], mode="linear"), tmp_path, "worst case")
    assert {remark.setting: (round(remark.gain, 6), remark.sizes) for remark in remarks} == {
        "coordinate_transformation_mode=align_corners": (0.433333, (8, 16)),
        "coordinate_transformation_mode=asymmetric": (0.5, (8, 16)),
    }


@pytest.mark.parametrize(
    ("proto", "words"),
    [
        (models.resize(9, scales=[1, 1, 2, 2], mode="linear"), "opset 9 has no coordinates"),
        (models.resize(10, scales=[1, 1, 2, 2], mode="linear"), "opset 10 has no coordinates"),
        (models.resize(17, sizes=[1, 2, 4, 4], mode="linear", antialias=1), "antialias came with opset 18"),
        (
            models.resize(18, sizes=[1, 2, 4, 4], coordinate_transformation_mode="half_pixel_symmetric"),
            "half_pixel_symmetric came with opset 19",
        ),
        (
            models.resize(13, sizes=[1, 2, 4, 4], coordinate_transformation_mode="tf_half_pixel_for_nn"),
            "tf_half_pixel_for_nn was removed in opset 13",
        ),
        (
            models.model([helper.make_node("Upsample", ["x", "s"], ["y"])], {"s": np.float32([1, 1, 2, 2])}, 13),
            "Upsample was removed in opset 10",
        ),
    ],
    ids=["Upsample-9", "Resize-10", "antialias", "half_pixel_symmetric", "tf_half_pixel_for_nn", "Upsample-13"],
)
def test_opset_pitfalls(proto, words, tmp_path):
    remarks = _remarks(proto, tmp_path, "opset")
    assert [remark for remark in remarks if words in remark.message and remark.is_warning]


def test_a_sound_opset_has_no_pitfall(tmp_path):
    assert _remarks(models.resize(19, sizes=[1, 2, 16, 16], mode="linear"), tmp_path, "opset") == []


def test_runtimes_that_do_otherwise_are_named_with_the_worst_case(tmp_path):
    shrinking = models.resize(18, sizes=[1, 2, 3, 3], mode="linear", antialias=1)
    remarks = {remark.runtime: remark for remark in _remarks(shrinking, tmp_path, "runtime")}
    exact = matrix(Convention(antialias=True), 8, 3).to_array()
    gain = np.abs(matrix(Convention(), 8, 3).to_array() - exact).sum(axis=1).max()
    assert remarks["openvino"].gain == pytest.approx(gain, abs=1e-12)
    assert remarks["opencv-dnn"].gain == pytest.approx(gain, abs=1e-12)
    assert (remarks["openvino"].is_warning, remarks["TensorRT"].is_warning) == (True, False)
    assert _remarks(shrinking, tmp_path, "runtime", against=["onnxruntime"]) == []


def test_a_difference_that_does_not_show_at_these_sizes_is_not_told(tmp_path):
    enlarging = models.resize(18, sizes=[1, 2, 16, 16], mode="linear", antialias=1)
    assert {remark.runtime for remark in _remarks(enlarging, tmp_path, "runtime")} == {"TensorRT"}


def test_every_row_of_the_table_has_a_source_and_applies_to_something(tmp_path):
    kinds = [
        {"mode": mode, "coordinate_transformation_mode": where, **flags}
        for mode in ("nearest", "linear", "cubic")
        for where in ("half_pixel", "half_pixel_symmetric", "tf_crop_and_resize")
        for flags in ({}, {"antialias": 1}, {"keep_aspect_ratio_policy": "not_larger"})
    ]
    roi = [0, 0, 0, 0.125, 0.125, 1, 1, 1, 0.75, 0.75]
    protos = [
        models.resize(19, sizes=[1, 2, 3, 3, 3], before=(1, 2, 8, 8, 8), roi=[*roi[:5], *roi[5:]], **kind)
        for kind in kinds
    ]
    protos.append(models.resize(19, sizes=[1, 2, 8, 8], before=(1, 2, 1, 8), mode="linear"))
    rows = {
        (
            remark.runtime,
            remark.message.partition(" (measured on ")[0],
            remark.source,
        )
        for proto in protos
        for remark in _remarks(proto, tmp_path, "runtime")
    }
    assert {(row.runtime, row.message, row.source) for row in runtime_limitations()} <= rows
    assert all(row.source.startswith("https://") for row in runtime_limitations())


def test_what_the_ledger_has_measured_is_quoted(tmp_path):
    proto = models.resize(
        19, sizes=[1, 2, 7, 7], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"
    )
    (node,) = load_model(models.saved(proto, tmp_path)).resizes
    entries = [entry for entry in ledger_entries(node) if entry.framework == "onnxruntime"]
    assert [(entry.verdict, entry.gain) for entry in entries[:1]] == [("ties", 2.0)]
    (remark,) = [remark for remark in _remarks(proto, tmp_path, "ledger") if remark.runtime.startswith("onnxruntime")]
    assert (remark.gain, remark.source) == (2.0, entries[0].link)


def test_pixels_near_a_jump_are_counted_where_float32_can_miss_them(tmp_path):
    kind = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    remarks = _remarks(models.resize(19, sizes=[1, 2, 12, 8], **kind), tmp_path, "size")
    # 8 -> 12 in steps of 2/3: every third output falls on a whole pixel.
    assert [remark.message.split(" lie")[0] for remark in remarks] == ["axis 2: 4 of 12 pixels"]
    assert _remarks(models.resize(19, sizes=[1, 2, 16, 16], **kind), tmp_path, "size") == []


def test_a_scale_that_is_not_the_ratio_of_the_sizes_is_told(tmp_path):
    remarks = _remarks(models.resize(19, scales=[1, 1, 1.7, 1], mode="linear"), tmp_path, "worst case")
    (cut,) = [remark for remark in remarks if "is cut to 13" in remark.message]
    scaled = matrix(Convention(), 8, 13, Fraction(float(np.float32(1.7)))).to_array()
    assert cut.gain == pytest.approx(
        np.abs(scaled - matrix(Convention(), 8, 13).to_array()).sum(axis=1).max(), abs=1e-9
    )


def test_what_is_not_known_is_said_and_is_a_warning(tmp_path):
    custom = models.model([helper.make_node("Upsample", ["x"], ["y"], domain="my.ops")], domains=["my.ops"])
    (remark,) = _remarks(custom, tmp_path)
    assert (remark.kind, remark.is_warning) == ("unknown", True)


def test_a_resize_that_keeps_every_size_is_no_warning(tmp_path):
    (remark,) = _remarks(models.resize(19, sizes=[1, 2, 8, 8]), tmp_path, "unknown")
    assert (remark.message, remark.is_warning) == (KEEPS_SIZE, False)


def test_windows_that_leave_pixels_out_are_told(tmp_path):
    node = helper.make_node("AveragePool", ["x"], ["y"], kernel_shape=[3, 2], strides=[3, 2])
    remarks = _remarks(models.model([node]), tmp_path, "size")
    assert [remark.message for remark in remarks] == ["axis 2: the last 2 of 8 pixels go into no window"]
