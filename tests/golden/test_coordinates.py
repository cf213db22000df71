"""Do coordinates, ties, borders, spline values and output sizes follow their published rules?"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from halfpixel.golden import Convention, affine_map, coordinates, output_size, tie_distance
from halfpixel.golden.borders import fold_index
from halfpixel.golden.coordinates import Coordinates
from halfpixel.golden.kernels import bspline, cubic
from halfpixel.golden.prefilter import bspline_at


def _where(mode: str, n_in: int, n_out: int, scale: object = None, **more: object) -> str:
    where = coordinates(Convention(coordinate_transformation_mode=mode, **more), n_in, n_out, scale)
    return " ".join(str(where[o]) for o in range(n_out))


@pytest.mark.parametrize(
    ("mode", "n_in", "n_out", "scale", "expected"),
    [
        ("half_pixel", 3, 5, None, "-1/5 2/5 1 8/5 11/5"),
        ("half_pixel", 4, 3, Fraction(4, 5), "1/8 11/8 21/8"),
        ("half_pixel", 10, 1, None, "9/2"),
        ("half_pixel_symmetric", 4, 3, Fraction(4, 5), "1/4 3/2 11/4"),
        ("pytorch_half_pixel", 3, 5, None, "-1/5 2/5 1 8/5 11/5"),
        ("pytorch_half_pixel", 10, 1, None, "0"),
        ("align_corners", 3, 5, None, "0 1/2 1 3/2 2"),
        ("align_corners", 3, 5, Fraction(9, 5), "0 1/2 1 3/2 2"),
        ("align_corners", 10, 1, None, "0"),
        ("asymmetric", 3, 5, None, "0 3/5 6/5 9/5 12/5"),
        ("tf_half_pixel_for_nn", 3, 5, None, "3/10 9/10 3/2 21/10 27/10"),
        ("tf_crop_and_resize", 3, 5, None, "0 1/2 1 3/2 2"),
        ("tf_crop_and_resize", 10, 1, None, "9/2"),
    ],
)
def test_samples_at(mode: str, n_in: int, n_out: int, scale: Fraction | None, expected: str) -> None:
    """The formulae of https://onnx.ai/onnx/operators/onnx__Resize.html, worked out by hand."""
    assert _where(mode, n_in, n_out, scale) == expected


def test_a_box_is_measured_between_the_centres_of_the_corner_pixels() -> None:
    """tf_crop_and_resize: 1/4 to 1/2 of 0 to 4 is 1 to 2."""
    assert _where("tf_crop_and_resize", 5, 4, roi=("1/4", "1/2")) == "1 4/3 5/3 2"


def test_the_map_is_affine() -> None:
    """Slope and intercept give every coordinate."""
    slope, intercept = affine_map(Convention(), 7, 4)
    assert (slope, intercept) == (Fraction(7, 4), Fraction(3, 8))


@pytest.mark.parametrize(("n_in", "n_out", "keeps"), [(81, 321, 81), (80, 320, 2), (104, 416, 2)])
def test_align_corners_keeps_every_pixel_only_for_some_sizes(n_in: int, n_out: int, keeps: int) -> None:
    """n + 1 to k n + 1 keeps all: https://github.com/open-mmlab/mmsegmentation/issues/887.

    Otherwise output ``o`` is a pixel where ``o (n_in - 1) / (n_out - 1)`` is whole: ``gcd(n_in - 1, n_out - 1) + 1``
    times, which is 1 + gcd(79, 319) = 2 for 80 to 320 and 1 + gcd(103, 415) = 2 for 104 to 416.
    """
    where = coordinates(Convention(coordinate_transformation_mode="align_corners"), n_in, n_out)
    assert sum(where[o].denominator == 1 for o in range(n_out)) == keeps


def test_float_coordinates_are_correctly_rounded() -> None:
    """One division of exact integers, and nothing more."""
    where = coordinates(Convention(), 7, 11)
    assert where.to_array().tolist() == [float(where[o]) for o in range(11)]


def test_coordinates_beyond_int64_are_exact() -> None:
    """A scale of 53 bits over a long axis."""
    where = coordinates(Convention(), 10**9, 5, Fraction(0.1))
    assert where[4] == Fraction(9, 2) / Fraction(0.1) - Fraction(1, 2)
    assert isinstance(where, Coordinates)
    assert where.numerators.dtype == object


_TAPS = tuple(range(-5, 9))
_FOLDED = (
    ("replicate", 4, [0, 0, 0, 0, 0, 0, 1, 2, 3, 3, 3, 3, 3, 3]),
    ("reflect", 4, [3, 3, 2, 1, 0, 0, 1, 2, 3, 3, 2, 1, 0, 0]),
    ("mirror", 4, [1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2]),
    ("wrap", 4, [3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0]),
    ("extrapolate", 4, [0, 0, 0, 0, 0, 0, 1, 2, 3, 3, 3, 3, 3, 3]),
    ("reflect", 1, [0] * 14),
    ("mirror", 1, [0] * 14),
    ("mirror", 2, [1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0]),
)


@pytest.mark.parametrize(("border", "n_in", "expected"), _FOLDED)
def test_taps_outside_fold_to(border: str, n_in: int, expected: list[int]) -> None:
    """Taps -5 to 8, against the pictures on SciPy's page of boundary modes."""
    indices, kept = fold_index(border, np.array(_TAPS), n_in)
    assert indices.tolist() == expected
    assert kept.all()


@pytest.mark.parametrize("border", ["renormalise", "constant"])
def test_taps_outside_are_dropped(border: str) -> None:
    """Only those inside keep their weight."""
    indices, kept = fold_index(border, np.array(_TAPS), 4)
    assert indices[kept].tolist() == [0, 1, 2, 3]
    assert [tap for tap, keep in zip(_TAPS, kept, strict=True) if keep] == [0, 1, 2, 3]


def test_folding_refuses_an_unknown_border() -> None:
    """Rather than guess."""
    with pytest.raises(ValueError, match="unknown border 'clamp'"):
        fold_index("clamp", np.array([0]), 4)


# get_spline_knot_values in https://github.com/scipy/scipy/blob/main/scipy/ndimage/tests/test_splines.py: values to the
# right of the centre, not yet divided by their sum over all integers.
_KNOTS = {2: (6, 1), 3: (4, 1), 4: (230, 76, 1), 5: (66, 26, 1)}


@pytest.mark.parametrize("order", _KNOTS)
def test_splines_at_the_integers(order: int) -> None:
    """Against SciPy's table."""
    knots = _KNOTS[order]
    total = knots[0] + 2 * sum(knots[1:])
    assert [bspline_at(order, k) for k in range(4)] == [Fraction(knot, total) for knot in (*knots, 0, 0)[:4]]
    assert bspline_at(order, -1) == bspline_at(order, 1)
    assert bspline(order).support == Fraction(order + 1, 2)


def test_cubic_weights_half_way() -> None:
    """OpenCV's and Pillow's weights at 1/2: -3/32 and 19/32, -1/16 and 9/16."""
    at = np.array([-3, -1, 1, 3])
    for a, expected in (("-3/4", [-3, 19, 19, -3]), ("-1/2", [-2, 18, 18, -2])):
        weights = cubic(Fraction(a)).weigh(at, 2)
        assert [Fraction(int(w), int(weights.sum())) for w in weights] == [Fraction(value, 32) for value in expected]


@pytest.mark.parametrize(
    ("convention", "n_in", "n_out", "expected"),
    [
        (Convention(kernel="nearest"), 6, 3, [0, 0, 0]),
        (Convention(kernel="nearest"), 5, 3, [1 / 6, 0.5, 1 / 6]),
        (Convention(kernel="nearest", nearest_mode="floor"), 5, 3, [1 / 3, 0, 1 / 3]),
        (Convention(kernel="nearest"), 20, 6, [1 / 3, 0, 1 / 3, 1 / 3, 0, 1 / 3]),
        (Convention(kernel="box", antialias=True), 4, 2, [0.5, 0.5]),
        (Convention(kernel="box", antialias=True), 9, 2, [0, 0]),
        (Convention(kernel="adaptive_average"), 6, 3, [0, 0, 0]),
        (Convention(kernel="linear"), 6, 3, [np.inf] * 3),
        (Convention(kernel="linear", border="extrapolate"), 4, 4, [0, 1, 1, 0]),
    ],
    ids=str,
)
def test_distance_to_the_next_jump(convention: Convention, n_in: int, n_out: int, expected: list[float]) -> None:
    """0 at a tie, and infinity where nothing jumps."""
    np.testing.assert_allclose(tie_distance(convention, n_in, n_out), expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize(
    ("n_in", "scale", "rule", "arithmetic", "expected"),
    [
        # https://github.com/pytorch/pytorch/issues/96236, https://github.com/onnx/onnx/issues/4919
        (88, 120 / 88, "floor", "float64", 119),
        (88, 120 / 88, "floor", "float32", 120),
        (88, Fraction(120, 88), "floor", "exact", 120),
        (88, 120 / 88, "floor", "exact", 119),
        # https://github.com/pytorch/pytorch/issues/62396: torch floors, OpenCV, scikit-image and SciPy round
        (32, 0.1234, "floor", "float64", 3),
        (32, 0.9999, "floor", "float64", 31),
        (32, 1.8, "floor", "float64", 57),
        (32, 0.1234, "round_half_even", "float64", 4),
        (32, 0.9999, "round_half_even", "float64", 32),
        (32, 1.8, "round_half_even", "float64", 58),
        # https://github.com/scipy/scipy/issues/14388: Python's round sends halves to even
        (5, 0.5, "round_half_even", "float64", 2),
        (5, 0.5, "round_half_up", "float64", 3),
        (5, 0.5, "ceil", "float64", 3),
        # https://github.com/scipy/scipy/issues/10395: there and back loses a pixel
        (224, 0.707, "round_half_even", "float64", 158),
        (158, 1 / 0.707, "round_half_even", "float64", 223),
    ],
)
def test_the_output_has(n_in: int, scale: object, rule: str, arithmetic: str, expected: int) -> None:
    """Pixels, by a rule and in a precision, as threads report them."""
    assert output_size(n_in, scale, rule, arithmetic) == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3, 2, "truncate"), "unknown rule 'truncate'; allowed: floor"),
        ((3, 2, "floor", "float16"), "unknown arithmetic 'float16'; allowed: exact"),
        ((-1, 2), "n_in must not be negative, not -1"),
        ((3, 0), "scale must be positive and finite, not 0"),
        ((3, float("nan")), "scale must be positive and finite, not nan"),
        ((3, float("inf")), "scale must be positive and finite, not inf"),
    ],
)
def test_output_size_refuses(arguments: tuple, message: str) -> None:
    """What means nothing."""
    with pytest.raises(ValueError, match=message):
        output_size(*arguments)
