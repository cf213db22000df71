"""Tests the probe of scales: fakes, the exact rules it goes by, and that reproductions show what was measured."""

from __future__ import annotations

import re
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from halfpixel import adapters
from halfpixel.adapters.by_scale import any_scale
from halfpixel.golden import fitted_scale, fitted_size, output_size
from halfpixel.probe.variants.scales.observe import scales
from halfpixel.probe.variants.scales.scale_pairs import scale_pairs
from tests.fakes.variants.scales import RIGHT, WRONG, ScaledFake


def _named(fakes: tuple[ScaledFake, ...]) -> list:
    return [pytest.param(fake, id=fake.name) for fake in fakes]


def test_there_are_enough_fakes_and_each_has_a_name_of_its_own():
    assert len(WRONG) >= 20
    assert len(RIGHT) >= 40
    names = [fake.name for fake in (*WRONG, *RIGHT)]
    assert len(set(names)) == len(names)
    assert [fake.name for fake in WRONG if not fake.factors or not fake.variants] == []


@pytest.mark.parametrize("fake", _named(WRONG))
def test_a_wrong_resizer_is_caught_and_its_fault_is_named(fake: ScaledFake):
    wrong = [one for one in scales(fake.operation) if not one.verdict.is_agreement]
    assert wrong, "nothing found"
    assert any(set(one.attribution.factors) & fake.factors for one in wrong), [str(one.attribution) for one in wrong]
    assert {one.variant for one in wrong} <= fake.variants, [one.message(fake.name) for one in wrong]


@pytest.mark.parametrize("fake", _named(RIGHT))
def test_a_right_resizer_is_not_accused(fake: ScaledFake):
    found = scales(fake.operation)
    assert [one.message(fake.name) for one in found if not one.verdict.is_agreement] == []
    assert found
    assert all(one.measured > 0 for one in found)


# Sizes that upstream threads give: operation, pixels, scale, pixels that come out.
_KNOWN = (
    # https://github.com/pytorch/pytorch/issues/62396
    ("torch interpolate(scale_factor, recompute_scale_factor=None)", 32, 0.1234, 3),
    ("torch interpolate(scale_factor, recompute_scale_factor=None)", 32, 0.9999, 31),
    ("torch interpolate(scale_factor, recompute_scale_factor=None)", 32, 1.8, 57),
    ("opencv resize(fx, fy)", 32, 0.1234, 4),
    ("opencv resize(fx, fy)", 32, 1.8, 58),
    ("scipy zoom(factor)", 32, 0.9999, 32),
    ("scipy zoom(factor)", 32, 1.8, 58),
    # https://github.com/pytorch/pytorch/issues/96236, where ONNX Runtime, in float32, gives the 120 that is meant
    ("torch interpolate(scale_factor, recompute_scale_factor=None)", 88, 120 / 88, 119),
    ("onnxruntime Resize-19(scales, mode=linear, axes=2:3)", 88, float(np.float32(120 / 88)), 120),
    # https://github.com/scipy/scipy/issues/14388
    ("scipy zoom(factor)", 224, 0.707, 158),
    ("scipy zoom(factor)", 158, 1 / 0.707, 223),
    ("scipy zoom(factor)", 5, 0.5, 2),
    ("opencv resize(fx, fy)", 5, 0.5, 2),
    ("opencv resize(fx, fy)", 7, 0.5, 4),
)


def _operation(name: str) -> adapters.ByScaleOperation:
    (operation,) = [one for one in adapters.operations_by_scale() if one.id == name]
    return operation


@pytest.mark.parametrize(("name", "n_in", "scale", "n_out"), _KNOWN)
def test_sizes_are_those_of_upstream_threads(name, n_in, scale, n_out):
    resized = _operation(name).run(np.zeros((1, n_in, 4, 1), np.float32), (scale, 1.0))
    assert resized.shape == (1, n_out, 4, 1)


# What upstream threads print of a line that is resized by a scale that is not the ratio of the sizes.
_LINES = (
    # https://github.com/pytorch/pytorch/issues/70559
    (
        "torch interpolate(scale_factor, mode=linear, align_corners=False, recompute_scale_factor=False)",
        [1, 2, 3],
        1.3,
        [1, 2, 3],
    ),
    (
        "torch interpolate(scale_factor, mode=linear, align_corners=False, recompute_scale_factor=False)",
        [1, 2, 3, 4],
        1.3,
        [1, 1.6538, 2.4231, 3.1923, 3.9615],
    ),
    # https://github.com/pytorch/pytorch/issues/27176
    (
        "torch interpolate(scale_factor, mode=bilinear, align_corners=False, recompute_scale_factor=True)",
        [0, 1],
        2.3,
        [0, 0.25, 0.75, 1],
    ),
    (
        "torch interpolate(scale_factor, mode=bilinear, align_corners=False, recompute_scale_factor=False)",
        [0, 1],
        2.3,
        [0, 0.1522, 0.5870, 1],
    ),
)


@pytest.mark.parametrize(("name", "line", "scale", "expected"), _LINES)
def test_lines_are_those_of_upstream_threads(name, line, scale, expected):
    image = np.repeat(np.array(line, np.float32)[None, None, :, None], 4, axis=1)
    resized = _operation(name).run(image, (1.0, scale))
    np.testing.assert_allclose(resized[0, 0, :, 0], expected, atol=1e-4)


@pytest.mark.parametrize(
    ("sizes_in", "asked", "policy", "expected"),
    [
        ((2, 4), (7, 8), "stretch", (7, 8)),
        # As in the operator's own node tests, resize_upsample_sizes_nearest_not_larger and _not_smaller.
        ((2, 2), (7, 8), "not_larger", (7, 7)),
        ((2, 2), (7, 8), "not_smaller", (8, 8)),
        ((2, 4), (7, 8), "not_larger", (4, 8)),
        ((2, 4), (7, 8), "not_smaller", (7, 14)),
        # 15.5 exactly: halves go up
        ((7, 14), (57, 31), "not_larger", (16, 31)),
    ],
)
def test_boxes_are_fitted_as_onnx_says(sizes_in, asked, policy, expected):
    assert fitted_size(sizes_in, asked, policy) == expected


def test_a_ratio_in_float32_is_not_the_ratio():
    assert fitted_scale((7, 14), (57, 31), "not_larger") == Fraction(31, 14)
    assert fitted_size((7, 14), (57, 31), "not_larger", arithmetic="float32") == (15, 31)


def test_a_product_depends_on_its_arithmetic():
    scale = 120 / 88
    assert [output_size(88, scale, arithmetic=name) for name in ("exact", "float64", "float32", "float32 scale")] == [
        119,
        119,
        120,
        120,
    ]
    assert output_size(10, 2.0, extent=Fraction(5, 8)) == 12


@pytest.mark.parametrize("scale_dtype", ["float64", "float32", "integer"])
def test_as_many_different_pairs_are_tried_as_are_said_to_be(scale_dtype):
    asked = scale_pairs(scale_dtype, any_scale, 10_000, Fraction(1))
    assert len(set(zip(asked.n_in, asked.scales, strict=True))) == 10_000
    assert max(asked.n_in) > 1_000
    if scale_dtype == "float64":
        # A scale one ulp below makes floor lose a pixel that an exact ratio has.
        exact, narrow = (asked.predicted("floor", name) for name in ("exact", "float32"))
        assert np.count_nonzero(exact != narrow) > 1_000
        assert sum(target > 0 for target in asked.targets) > 3_000
    if scale_dtype == "float32":
        assert all(float(np.float32(scale)) == scale for scale in asked.scales)


def test_the_figures_of_a_floor_in_float64_say_which_targets_are_lost():
    (sizes, *_) = scales(_operation("torch interpolate(scale_factor, recompute_scale_factor=None)"))
    assert sizes.variant == "output size"
    assert sizes.figures["rule"] == "floor"
    assert sizes.figures["arithmetic"] == "float64"
    assert sizes.figures["pairs"] == 10_000
    assert sizes.figures["float64 ratios that miss their target"] > 0
    n_in, target, _, got = map(int, re.findall(r"\d+", sizes.figures["first float64 miss"]))
    assert int(n_in * (target / n_in)) == got == target - 1


# One finding of every kind that is known.
_FOUND = (
    ("opencv resize(fx, fy)", "size that stays"),
    ("opencv resize(fx, fy, INTER_NEAREST_EXACT)", "scale source"),
    ("opencv resize(dsize, fx, fy)", "scale source"),
    (
        "torch interpolate(scale_factor, mode=bilinear, align_corners=False, recompute_scale_factor=None)",
        "size that stays",
    ),
    ("onnxruntime Resize-19(scales, mode=linear, axes=2:3)", "size that stays"),
    (
        "onnxruntime Resize-13(scales, mode=linear, coordinate_transformation_mode=tf_crop_and_resize, roi=0.125:0.75)",
        "roi",
    ),
    (
        "onnxruntime Resize-13(scales, mode=linear, coordinate_transformation_mode=tf_crop_and_resize, roi=0.125:0.75)",
        "scale of one",
    ),
    (
        "onnxruntime Resize-18(sizes, keep_aspect_ratio_policy=not_larger, mode=nearest, "
        "coordinate_transformation_mode=half_pixel)",
        "keep_aspect_ratio_policy",
    ),
)


@pytest.mark.parametrize(("name", "variant"), _FOUND)
def test_a_reproduction_shows_what_was_measured(name, variant, tmp_path):
    (found,) = [one for one in scales(_operation(name)) if one.variant == variant]
    assert not found.verdict.is_agreement
    assert not re.search(r"\b(golden|adapters|probe)\b", found.reproduction)
    program = tmp_path / "reproduction.py"
    program.write_text(found.reproduction)
    done = subprocess.run([sys.executable, str(program)], cwd=tmp_path, capture_output=True, text=True, check=True)
    if "the shape is" in done.stdout:
        got, wanted = re.findall(r"\(.*?\)", done.stdout)
        assert got != wanted
        return
    shown = re.search(r"is (\S+) and should be (\S+)", done.stdout)
    measured = re.search(r"# measured: (\S+)", found.reproduction)
    assert float(shown[1]) == pytest.approx(float(measured[1]), abs=1e-5)
    assert float(shown[1]) != pytest.approx(float(shown[2]), abs=1e-3)
