"""What the audit says of a file: words, opset pitfalls, runtimes that do otherwise, and worst cases that are true."""

from __future__ import annotations

import tomllib
from fractions import Fraction

import numpy as np
import pytest
from onnx import helper

from golden import Convention, matrix
from golden.convention import COORDINATE_TRANSFORMATION_MODES, NEAREST_MODES
from parity.audit import MISREAD, audit
from parity.elsewhere import TABLE
from parity.meaning import in_tensorflow, in_torch, in_words
from parity.measured import LEDGER, _entries, measured
from parity.model import load
from parity.predict import at_sizes, worst_case
from parity.resizes import ResizedAxis
from suites.meta import _parity_graphs as models


def _remarks(proto, tmp_path, kind=None, against=()):
    found = audit(load(models.saved(proto, tmp_path)), against)
    return [one for one in found if kind is None or one.kind == kind]


@pytest.mark.parametrize("mode", COORDINATE_TRANSFORMATION_MODES)
@pytest.mark.parametrize("kernel", ["nearest", "linear", "cubic", "lanczos"])
def test_every_convention_has_words_of_its_own(mode, kernel):
    words = in_words(Convention(kernel=kernel, coordinate_transformation_mode=mode))
    others = {
        in_words(Convention(kernel=kernel, coordinate_transformation_mode=other))
        for other in COORDINATE_TRANSFORMATION_MODES
        if other != mode
    }
    assert words not in others
    roundings = {in_words(Convention(kernel="nearest", nearest_mode=one)) for one in NEAREST_MODES}
    assert len(roundings) == len(NEAREST_MODES)


def test_source_lines_are_those_of_the_frameworks():
    aligned = Convention(coordinate_transformation_mode="align_corners")
    assert in_torch(aligned) == 'F.interpolate(x, size, mode="bilinear", align_corners=True)'
    assert in_torch(Convention(border="renormalise")) == in_torch(Convention())
    assert in_tensorflow(Convention()) == 'tf.image.resize(x, size, method="bilinear")'
    assert in_torch(Convention(coordinate_transformation_mode="tf_half_pixel_for_nn")) == ""
    assert in_torch(None) == ""


def test_a_worst_case_is_the_norm_of_the_difference_of_the_exact_matrices():
    mine, other = (
        ResizedAxis(2, Convention(coordinate_transformation_mode=mode), 8, 16) for mode in ("half_pixel", "asymmetric")
    )
    # Every sample moves by a quarter of a pixel, of which two neighbours each have their share.
    difference = matrix(mine.convention, 8, 16).to_array() - matrix(other.convention, 8, 16).to_array()
    assert worst_case(mine, other) == (0.5, 63.75)
    assert np.abs(difference).sum(axis=1).max() == 0.5
    assert worst_case(mine, ResizedAxis(2, None, 8, 16)) is None
    assert worst_case(ResizedAxis(2, Convention(), 1, 10**9), other) is None


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
    assert at_sizes(axis) == (sizes, is_example)


def test_misreadings_are_told_with_what_they_cost(tmp_path):
    told = _remarks(models.resize(sizes=[1, 2, 16, 16], mode="linear"), tmp_path, "worst case")
    assert {one.message.removeprefix(MISREAD): (round(one.gain, 6), one.sizes) for one in told} == {
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
    told = _remarks(proto, tmp_path, "opset")
    assert [one for one in told if words in one.message and one.is_warning]


def test_a_sound_opset_has_no_pitfall(tmp_path):
    assert _remarks(models.resize(19, sizes=[1, 2, 16, 16], mode="linear"), tmp_path, "opset") == []


def test_runtimes_that_do_otherwise_are_named_with_the_worst_case(tmp_path):
    shrinking = models.resize(18, sizes=[1, 2, 3, 3], mode="linear", antialias=1)
    told = {one.runtime: one for one in _remarks(shrinking, tmp_path, "runtime")}
    exact = matrix(Convention(antialias=True), 8, 3).to_array()
    gain = np.abs(matrix(Convention(), 8, 3).to_array() - exact).sum(axis=1).max()
    assert told["openvino"].gain == pytest.approx(gain, abs=1e-12)
    assert told["opencv-dnn"].gain == pytest.approx(gain, abs=1e-12)
    assert (told["openvino"].is_warning, told["TensorRT"].is_warning) == (True, False)
    assert _remarks(shrinking, tmp_path, "runtime", against=["onnxruntime"]) == []


def test_a_difference_that_does_not_show_at_these_sizes_is_not_told(tmp_path):
    enlarging = models.resize(18, sizes=[1, 2, 16, 16], mode="linear", antialias=1)
    assert {one.runtime for one in _remarks(enlarging, tmp_path, "runtime")} == {"TensorRT"}


def test_every_row_of_the_table_has_a_source_and_applies_to_something(tmp_path):
    kinds = [
        {"mode": mode, "coordinate_transformation_mode": where, **flags}
        for mode in ("nearest", "linear", "cubic")
        for where in ("half_pixel", "half_pixel_symmetric", "tf_crop_and_resize")
        for flags in ({}, {"antialias": 1}, {"keep_aspect_ratio_policy": "not_larger"})
    ]
    roi = [0, 0, 0, 0.125, 0.125, 1, 1, 1, 0.75, 0.75]
    seen = set()
    for kind in kinds:
        proto = models.resize(19, sizes=[1, 2, 3, 3, 3], before=(1, 2, 8, 8, 8), roi=[*roi[:5], *roi[5:]], **kind)
        for one in _remarks(proto, tmp_path, "runtime"):
            seen.add((one.runtime, one.source))
    assert {(row.runtime, row.source) for row in TABLE} <= seen
    assert all(row.source.startswith("https://") for row in TABLE)


def test_what_the_ledger_has_measured_is_quoted(tmp_path):
    proto = models.resize(
        19, sizes=[1, 2, 7, 7], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"
    )
    (node,) = load(models.saved(proto, tmp_path)).resizes
    found = [one for one in measured(node) if one.framework == "onnxruntime"]
    assert [(one.verdict, one.gain) for one in found[:1]] == [("ties", 2.0)]
    (told,) = [one for one in _remarks(proto, tmp_path, "ledger") if one.runtime.startswith("onnxruntime")]
    assert (told.gain, told.source) == (2.0, found[0].link)


def test_of_the_ledger_what_is_parsed_in_part_is_what_is_parsed_whole():
    whole = {}
    for block in tomllib.loads(LEDGER.read_text(encoding="utf-8"))["divergence"]:
        for subject in block["gain"] if block["suite"] == "conformance" else ():
            label = subject.removeprefix(f"{block['framework']} ")
            whole.setdefault(label, []).append((block["framework"], block["verdict"], block["reason"]))
    assert len(whole) > 100
    for label, entries in whole.items():
        assert sorted((one.framework, one.verdict, one.reason) for one in _entries(label)) == sorted(entries)


def test_pixels_near_a_jump_are_counted_where_float32_can_miss_them(tmp_path):
    kind = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    told = _remarks(models.resize(19, sizes=[1, 2, 12, 8], **kind), tmp_path, "size")
    # 8 -> 12 in steps of 2/3: every third output falls on a whole pixel.
    assert [one.message.split(" lie")[0] for one in told] == ["axis 2: 4 of 12 pixels"]
    assert _remarks(models.resize(19, sizes=[1, 2, 16, 16], **kind), tmp_path, "size") == []


def test_a_scale_that_is_not_the_ratio_of_the_sizes_is_told(tmp_path):
    told = _remarks(models.resize(19, scales=[1, 1, 1.7, 1], mode="linear"), tmp_path, "worst case")
    (cut,) = [one for one in told if "is cut to 13" in one.message]
    scaled = matrix(Convention(), 8, 13, Fraction(float(np.float32(1.7)))).to_array()
    assert cut.gain == pytest.approx(
        np.abs(scaled - matrix(Convention(), 8, 13).to_array()).sum(axis=1).max(), abs=1e-9
    )


def test_what_is_not_known_is_said_and_is_a_warning(tmp_path):
    custom = models.model([helper.make_node("Upsample", ["x"], ["y"], domain="my.ops")], domains=["my.ops"])
    (told,) = _remarks(custom, tmp_path)
    assert (told.kind, told.is_warning) == ("unknown", True)


def test_windows_that_leave_pixels_out_are_told(tmp_path):
    node = helper.make_node("AveragePool", ["x"], ["y"], kernel_shape=[3, 2], strides=[3, 2])
    told = _remarks(models.model([node]), tmp_path, "size")
    assert [one.message for one in told] == ["axis 2: of 8 pixels, 2 at the end go into no window"]
