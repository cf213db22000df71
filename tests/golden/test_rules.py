"""Are the coordinates of rules exact, and their conditions and texts what they say?"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from halfpixel.golden import Convention, matrix
from halfpixel.golden.rules import (
    OUTPUT,
    AxisSizes,
    Comparison,
    Part,
    PiecewiseRule,
    ResizeRule,
    ScaleRule,
    sizes_of_axes,
)

HEIGHT, WIDTH = sizes_of_axes((8, 20), (5, 10))
LINEAR = Convention(kernel="linear")


@pytest.mark.parametrize("mode", ["half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric"])
def test_a_rule_that_adds_nothing_is_its_convention(mode):
    convention = Convention(kernel="cubic", coordinate_transformation_mode=mode, antialias=True)
    rule = ResizeRule(convention)
    np.testing.assert_array_equal(rule.matrix(HEIGHT).to_array(), matrix(convention, 8, 5).to_array())
    assert PiecewiseRule.of(rule).convention == convention
    assert PiecewiseRule.of(rule).formulas() == ()


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        (ScaleRule("smaller"), (Fraction(1, 2), Fraction(1, 2))),
        (ScaleRule("larger"), (Fraction(5, 8), Fraction(5, 8))),
        (ScaleRule("height"), (Fraction(5, 8), Fraction(5, 8))),
        (ScaleRule("other"), (Fraction(1, 2), Fraction(5, 8))),
        (ScaleRule("mean"), (Fraction(9, 16), Fraction(9, 16))),
        (ScaleRule(added_out=Fraction(1, 10)), (Fraction(51, 80), Fraction(101, 200))),
        (ScaleRule("given", constant=Fraction(2, 3)), (Fraction(2, 3), Fraction(2, 3))),
    ],
    ids=str,
)
def test_the_scale_is_an_exact_fraction_of_both_axes(scale, expected):
    assert (scale.at(HEIGHT), scale.at(WIDTH)) == expected
    slope, intercept = ResizeRule(LINEAR, scale).line(HEIGHT)
    assert slope == 1 / expected[0]
    assert intercept == slope / 2 - Fraction(1, 2)


def test_a_shift_counts_in_pixels_of_its_unit():
    slope, intercept = ResizeRule(LINEAR, shift=Fraction(-1, 2), unit=OUTPUT).line(HEIGHT)
    assert (slope, intercept) == (Fraction(8, 5), Fraction(-1, 2))
    rule = ResizeRule(LINEAR, shift=Fraction(1, 4))
    assert rule.line(HEIGHT)[1] == Fraction(8, 10) - Fraction(1, 4)
    assert rule.formula() == "x_in = (x_out + 1/2) / s - 1/4, s = n_out / n_in"


def test_a_scale_that_is_not_positive_has_no_matrix_but_from_corner_to_corner():
    single = AxisSizes("height", 5, 1, 4, 4)
    scale = ScaleRule(added_out=Fraction(-1), added_in=Fraction(-1))
    with pytest.raises(ValueError, match="has no scale for 5 -> 1"):
        ResizeRule(LINEAR, scale).matrix(single)
    corner = ResizeRule(LINEAR.but(coordinate_transformation_mode="asymmetric"), scale)
    np.testing.assert_array_equal(corner.matrix(single).to_array(), [[1, 0, 0, 0, 0]])


def test_parts_hold_under_their_conditions():
    below = Part(ResizeRule(LINEAR.but(antialias=True)), (Comparison("width_in", "<", Fraction(16)),))
    rule = PiecewiseRule((below, Part(ResizeRule(LINEAR))))
    assert str(rule) == "linear half_pixel, except below 16 pixels of width: linear half_pixel antialias"
    assert rule.at(AxisSizes("height", 40, 20, 15, 15)) == below.rule
    assert rule.at(AxisSizes("width", 16, 9, 15, 15)) == rule.main
    up = Part(ResizeRule(LINEAR), (Comparison("ratio", ">", Fraction(1)),))
    assert str(PiecewiseRule((up, Part(None)))) == "linear half_pixel when enlarging; no known rule elsewhere"


def test_a_prefilter_with_a_border_of_its_own_is_the_product_of_both():
    convention = Convention(kernel="bspline", prefilter="bspline", border="replicate", prefilter_border="mirror")
    plain = matrix(Convention(kernel="bspline", border="replicate"), 6, 9).to_array()
    mirrored = matrix(Convention(kernel="bspline", border="mirror"), 6, 6).to_array()
    expected = plain @ np.linalg.inv(mirrored)
    found = matrix(convention, 6, 9)
    np.testing.assert_allclose(found.to_array(), expected, rtol=0, atol=1e-12)
    exact = np.array([[float(value) for value in row] for row in found.rows()])
    np.testing.assert_allclose(exact, expected, rtol=0, atol=1e-12)
    assert Convention.from_dict(convention.as_dict()) == convention
    assert convention.but(border="mirror").prefilter_border is None
    with pytest.raises(ValueError, match="unknown prefilter_border"):
        convention.but(prefilter_border="nowhere")
