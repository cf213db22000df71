"""Do exact matrices have the properties that every resize of their kind must have?"""

from __future__ import annotations

from fractions import Fraction
from itertools import islice, product
from math import floor

import numpy as np
import pytest

from halfpixel.golden import Convention, Coordinates, coordinates, matrix, matrix_at
from halfpixel.golden.convention import BORDERS, COORDINATE_TRANSFORMATION_MODES, KERNELS, NEAREST_MODES

SIZES = tuple(product(range(1, 13), repeat=2))
STRETCHABLE = ("linear", "cubic", "lanczos", "box", "hamming", "mitchell", "gaussian")
PICKERS = ("nearest", "area", "box")
"""Kernels so narrow that every tap of an output can lie outside, and nothing is left to renormalise."""
SPLINES = tuple(
    Convention(kernel="bspline", order=order, prefilter="bspline", border=border)
    for order, border in product((2, 3, 4, 5), ("mirror", "reflect", "wrap", "replicate"))
)


def _conventions(kernel: str) -> list[Convention]:
    """Every mode with every border whose rows sum to one, stretched and not."""
    borders = [border for border in BORDERS if border not in ("constant", "extrapolate")]
    stretches = (False, True) if kernel in STRETCHABLE else (False,)
    return [
        Convention(kernel=kernel, coordinate_transformation_mode=mode, border=border, antialias=antialias)
        for mode, border, antialias in product(COORDINATE_TRANSFORMATION_MODES, borders, stretches)
        if not (border == "renormalise" and kernel in PICKERS)
    ]


@pytest.mark.parametrize("kernel", KERNELS)
def test_rows_sum_to_one(kernel: str) -> None:
    """A constant image stays constant, whatever the sizes."""
    for convention in _conventions(kernel):
        for n_in, n_out in SIZES[::3]:
            exact = matrix(convention, n_in, n_out)
            sums = exact.to_array().sum(axis=1)
            assert abs(sums - 1).max() <= exact.bound * n_in, f"{convention}, {n_in} to {n_out}: {sums}"


@pytest.mark.parametrize("convention", SPLINES, ids=str)
def test_rows_of_interpolating_splines_sum_to_one(convention: Convention) -> None:
    """The prefilter keeps constants too."""
    for n_in, n_out in SIZES:
        exact = matrix(convention, n_in, n_out)
        assert abs(exact.to_array().sum(axis=1) - 1).max() <= exact.bound * n_in


def test_rows_sum_to_exactly_one() -> None:
    """In fractions there is no rounding to allow for."""
    rational = [kernel for kernel in KERNELS if kernel not in ("lanczos", "hamming", "gaussian")]
    for kernel, mode, (n_in, n_out) in product(rational, COORDINATE_TRANSFORMATION_MODES, ((3, 5), (5, 3), (1, 4))):
        rows = list(matrix(Convention(kernel=kernel, coordinate_transformation_mode=mode), n_in, n_out).rows())
        assert [sum(row) for row in rows] == [1] * n_out


@pytest.mark.parametrize("kernel", ["nearest", "linear", "cubic", "lanczos"])
def test_extrapolate_empties_just_the_outputs_outside(kernel: str) -> None:
    """The sum of a row is 0 where the coordinate lies outside ``[0, n_in - 1]``, and 1 elsewhere."""
    for mode, (n_in, n_out) in product(("half_pixel", "align_corners", "tf_half_pixel_for_nn"), SIZES):
        convention = Convention(kernel=kernel, coordinate_transformation_mode=mode, border="extrapolate")
        where = coordinates(convention, n_in, n_out)
        inside = [0 <= where[o] <= n_in - 1 for o in range(n_out)]
        np.testing.assert_allclose(matrix(convention, n_in, n_out).to_array().sum(axis=1), inside, atol=1e-13)


def test_constant_loses_just_what_falls_outside() -> None:
    """4 to 8: the first output samples at -1/4, and a quarter of its weight meets zeros."""
    rows = list(matrix(Convention(kernel="linear", border="constant"), 4, 8).rows())
    assert [sum(row) for row in rows] == [Fraction(3, 4), *[1] * 6, Fraction(3, 4)]


_SYMMETRIC_BORDERS = ("replicate", "renormalise", "reflect", "mirror", "wrap", "constant", "extrapolate")
_MIRRORED = {"floor": "ceil", "ceil": "floor", "round_prefer_floor": "round_prefer_ceil"}


@pytest.mark.parametrize("mode", ["half_pixel", "half_pixel_symmetric", "align_corners"])
def test_a_flipped_image_gives_a_flipped_result(mode: str) -> None:
    """Modes that treat both ends alike commute with flipping; align_corners does from two outputs on."""
    for kernel, border in product((*STRETCHABLE, "area", "adaptive_average", "bspline"), _SYMMETRIC_BORDERS):
        if kernel == "box":
            continue  # one-sided at its edge
        convention = Convention(kernel=kernel, coordinate_transformation_mode=mode, border=border)
        for n_in, n_out in SIZES[::5]:
            if mode == "align_corners" and n_out == 1:
                continue
            array = matrix(convention, n_in, n_out).to_array()
            np.testing.assert_allclose(array[::-1, ::-1], array, rtol=0, atol=1e-12, err_msg=f"{convention}")


@pytest.mark.parametrize("nearest_mode", _MIRRORED)
def test_flipping_swaps_the_way_of_ties(nearest_mode: str) -> None:
    """floor becomes ceil, and ties that went down go up."""
    for n_in, n_out in SIZES:
        one = matrix(Convention(kernel="nearest", nearest_mode=nearest_mode), n_in, n_out).to_array()
        other = matrix(Convention(kernel="nearest", nearest_mode=_MIRRORED[nearest_mode]), n_in, n_out).to_array()
        np.testing.assert_array_equal(one[::-1, ::-1], other)


def test_half_pixel_symmetric_is_symmetric_for_any_scale() -> None:
    """Also where ``scale * n_in`` is not whole and half_pixel is not."""
    linear = Convention(kernel="linear", coordinate_transformation_mode="half_pixel_symmetric")
    for n_in, scale in product(range(2, 13), (Fraction(13, 10), Fraction(3, 5), Fraction(7, 3))):
        array = matrix(linear, n_in, floor(n_in * scale), scale).to_array()
        np.testing.assert_allclose(array[::-1, ::-1], array, rtol=0, atol=1e-14)


_INTERPOLATING = (
    Convention(kernel="linear"),
    *(Convention(kernel="cubic", cubic_coeff_a=a) for a in ("-3/4", "-1/2", "0")),
    *(Convention(kernel="lanczos", lobes=lobes) for lobes in (2, 3, 4, 5)),
    Convention(kernel="area"),
    Convention(kernel="adaptive_average"),
    Convention(kernel="hamming"),
    *(Convention(kernel="nearest", nearest_mode=rule) for rule in NEAREST_MODES),
    *SPLINES,
)


@pytest.mark.parametrize("convention", _INTERPOLATING, ids=str)
def test_the_same_size_is_the_identity(convention: Convention) -> None:
    """With every mode that samples at the pixels then."""
    for mode, n in product(("half_pixel", "align_corners", "asymmetric"), (1, 2, 3, 4, 7, 12)):
        array = matrix(convention.but(coordinate_transformation_mode=mode), n, n).to_array()
        np.testing.assert_allclose(array, np.eye(n), rtol=0, atol=1e-12)


@pytest.mark.parametrize("kernel", ["mitchell", "gaussian", "bspline"])
def test_the_same_size_blurs(kernel: str) -> None:
    """Kernels that do not interpolate change even an image that keeps its size."""
    assert abs(matrix(Convention(kernel=kernel), 5, 5).to_array() - np.eye(5)).max() > 0.1


@pytest.mark.parametrize(
    ("convention", "degree"),
    [
        (Convention(kernel="linear"), 1),
        (Convention(kernel="cubic", cubic_coeff_a="-1/2"), 2),
        (Convention(kernel="mitchell"), 1),
        (Convention(kernel="bspline", order=2), 1),
        (Convention(kernel="bspline", order=3), 1),
    ],
    ids=str,
)
def test_reproduces_polynomials_inside(convention: Convention, degree: int) -> None:
    """Where every tap lies inside, an image of ``i ** degree`` gives ``x ** degree``, exactly.

    Keys' cubic does so up to degree 2 with ``a = -1/2``, and only with that (Keys 1981, section III).
    """
    for power, (n_in, n_out) in product(range(degree + 1), ((9, 14), (12, 7), (11, 25))):
        exact = matrix(convention, n_in, n_out)
        for o, row in enumerate(exact.rows()):
            if 2 <= exact.coordinates[o] < n_in - 3:
                assert sum(w * i**power for i, w in enumerate(row)) == exact.coordinates[o] ** power


def test_the_sharper_cubic_bends_a_ramp() -> None:
    """Off by ``(2 a + 1) t (1 - t) (2 t - 1)`` at ``t`` past a pixel; https://github.com/opencv/opencv/issues/17720."""
    exact = matrix(Convention(kernel="cubic", cubic_coeff_a="-3/4"), 9, 36)
    row = next(islice(exact.rows(), 17, None))
    assert exact.coordinates[17] == Fraction(31, 8)
    assert sum(w * i for i, w in enumerate(row)) - Fraction(31, 8) == Fraction(-1, 2) * Fraction(7, 8) * Fraction(
        1, 8
    ) * Fraction(6, 8)


@pytest.mark.parametrize("order", [2, 3, 4, 5])
def test_interpolating_splines_reproduce_a_ramp_far_from_the_border(order: int) -> None:
    """The border's influence falls by the largest pole, at most 0.431 a pixel: under 1e-7 after 20 of them."""
    exact = matrix(Convention(kernel="bspline", order=order, prefilter="bspline", border="mirror"), 64, 100)
    sampled = exact.to_array() @ np.arange(64.0)
    where = exact.coordinates.to_array()
    inside = (where > 20) & (where < 43)
    np.testing.assert_allclose(sampled[inside], where[inside], rtol=0, atol=64 * 0.431**20)


@pytest.mark.parametrize("kernel", ["linear", "cubic", "area", "box", "mitchell", "bspline", "adaptive_average"])
def test_float_arrays_are_within_their_bound(kernel: str) -> None:
    """``to_array`` promises a bound for every entry; the fractions are the truth."""
    for mode, (n_in, n_out) in product(COORDINATE_TRANSFORMATION_MODES, ((3, 8), (8, 3), (7, 7), (1, 3), (12, 5))):
        exact = matrix(Convention(kernel=kernel, coordinate_transformation_mode=mode), n_in, n_out)
        array = exact.to_array()
        for o, row in enumerate(exact.rows()):
            assert all(abs(Fraction(array[o, i]) - value) <= exact.bound for i, value in enumerate(row))


_EQUAL = (
    ("tf_half_pixel_for_nn with floor is half_pixel with ties up",
     {"kernel": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "tf_half_pixel_for_nn"},
     {"kernel": "nearest", "nearest_mode": "round_prefer_ceil"}, lambda n_in, n_out: True),
    ("pytorch_half_pixel is half_pixel from two outputs on",
     {"kernel": "cubic", "coordinate_transformation_mode": "pytorch_half_pixel"},
     {"kernel": "cubic"}, lambda n_in, n_out: n_out > 1),
    ("half_pixel_symmetric is half_pixel without a given scale",
     {"kernel": "linear", "coordinate_transformation_mode": "half_pixel_symmetric"},
     {"kernel": "linear"}, lambda n_in, n_out: True),
    ("a crop of everything is align_corners from two outputs on",
     {"kernel": "linear", "coordinate_transformation_mode": "tf_crop_and_resize"},
     {"kernel": "linear", "coordinate_transformation_mode": "align_corners"}, lambda n_in, n_out: n_out > 1),
    ("antialias does nothing when enlarging",
     {"kernel": "cubic", "antialias": True}, {"kernel": "cubic"}, lambda n_in, n_out: n_out >= n_in),
    ("pooling is coverage for whole factors",
     {"kernel": "adaptive_average"}, {"kernel": "area"}, lambda n_in, n_out: n_in % n_out == 0 or n_out % n_in == 0),
    ("a stretched box is coverage for odd whole factors",
     {"kernel": "box", "antialias": True}, {"kernel": "area"}, lambda n_in, n_out: n_in % (2 * n_out) == n_out),
    ("replicate and renormalise are the same for two taps",
     {"kernel": "linear", "border": "renormalise"}, {"kernel": "linear"}, lambda n_in, n_out: True),
    ("replicate and reflect are the same for two taps",
     {"kernel": "linear", "border": "reflect"}, {"kernel": "linear"}, lambda n_in, n_out: True),
)  # fmt: skip


@pytest.mark.parametrize(("one", "other", "when"), [row[1:] for row in _EQUAL], ids=[row[0] for row in _EQUAL])
def test_two_names_for_the_same(one: dict, other: dict, when: object) -> None:
    """Two conventions that must give the same fractions wherever the condition holds."""
    for n_in, n_out in SIZES:
        if when(n_in, n_out):
            rows = [list(matrix(Convention(**values), n_in, n_out).rows()) for values in (one, other)]
            assert rows[0] == rows[1], (n_in, n_out)


def _keys(t: Fraction, a: Fraction) -> Fraction:
    u = abs(t)
    if u < 1:
        return (a + 2) * u**3 - (a + 3) * u**2 + 1
    return a * u**3 - 5 * a * u**2 + 8 * a * u - 4 * a if u < 2 else Fraction(0)


@pytest.mark.parametrize(
    ("n_in", "n_out", "scale"),
    [(1000, 2001, None), (2001, 1000, None), (64, 38, Fraction(0.6)), (97, 61, Fraction(1234567, 1963577))],
)
def test_sizes_that_overflow_int64_equal_fractions(n_in: int, n_out: int, scale: Fraction | None) -> None:
    """A few rows, worked out again in fractions from the formula, without any common denominator."""
    convention = Convention(kernel="cubic", cubic_coeff_a="-1/2", antialias=True, border="renormalise")
    exact = matrix(convention, n_in, n_out, scale)
    given = scale or Fraction(n_out, n_in)
    stretch = min(Fraction(1), given)
    for o, row in enumerate(islice(exact.rows(), 0, n_out, n_out // 4)):
        x = (o * (n_out // 4) + Fraction(1, 2)) / given - Fraction(1, 2)
        weights = [_keys((x - i) * stretch, Fraction(-1, 2)) if abs(x - i) < 9 else 0 for i in range(n_in)]
        total = sum(weights)
        assert list(row) == [weight / total for weight in weights]


def test_python_integers_and_int64_agree() -> None:
    """The same coordinates as Python integers take the slow path, and give the same fractions."""
    for kernel, (n_in, n_out) in product(("cubic", "linear", "area", "nearest", "bspline"), ((7, 5), (5, 11))):
        convention = Convention(kernel=kernel)
        where = coordinates(convention, n_in, n_out)
        assert where.numerators.dtype == np.int64
        slow = Coordinates(where.numerators.astype(object), where.denominator)
        results = [list(matrix_at(convention, one, n_in, Fraction(n_out, n_in)).rows()) for one in (where, slow)]
        assert results[0] == results[1]


def test_a_float_scale_is_taken_at_its_binary_value() -> None:
    """1.3 is not 13/10."""
    linear = Convention(kernel="linear")
    assert list(matrix(linear, 3, 3, 1.3).rows()) == list(matrix(linear, 3, 3, Fraction(1.3)).rows())
    assert list(matrix(linear, 3, 3, 1.3).rows()) != list(matrix(linear, 3, 3, Fraction(13, 10)).rows())


@pytest.mark.parametrize(("sizes", "scale"), [((0, 3), None), ((3, 0), None), ((3, 3), 0), ((3, 3), -1)])
def test_refuses_sizes_and_scales_that_mean_nothing(sizes: tuple[int, int], scale: int | None) -> None:
    """One clear error, and no array."""
    with pytest.raises(ValueError, match=r"must be (at least 1|positive), not"):
        matrix(Convention(), *sizes, scale)


def test_transcendental_kernels_have_no_fractions() -> None:
    """They say so, and what they have instead."""
    with pytest.raises(ValueError, match=r"no rational weights; use to_array\(\), good to"):
        next(matrix(Convention(kernel="lanczos"), 4, 5).rows())
