"""Do the rounding bounds hold for float32, and are they tight enough to catch what is not rounding?"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from halfpixel.golden import Convention, coordinates, matrix, matrix_at
from halfpixel.golden.coordinates import Coordinates
from halfpixel.golden.tolerance import coordinate_error, gain_tolerance
from halfpixel.probe.measure.sizes import exhaustive

LINEAR = Convention(kernel="linear")
CUBIC = Convention(kernel="cubic", cubic_coeff_a=Fraction(-3, 4))
SMOOTH = (LINEAR, CUBIC)
ONE, HALF = np.float32(1), np.float32(0.5)


def _float32_coordinates(n_in: int, n_out: int) -> np.ndarray:
    scale = np.float32(n_in) / np.float32(n_out)
    return (np.arange(n_out, dtype=np.float32) + HALF) * scale - HALF


def _float32_weights(convention: Convention, t: np.ndarray) -> list[np.ndarray]:
    if convention.kernel == "linear":
        return [ONE - t, t]
    a = np.float32(convention.cubic_coeff_a)

    def outer(x: np.ndarray) -> np.ndarray:
        return ((a * x - np.float32(5) * a) * x + np.float32(8) * a) * x - np.float32(4) * a

    def inner(x: np.ndarray) -> np.ndarray:
        return ((a + np.float32(2)) * x - (a + np.float32(3))) * x * x + ONE

    return [outer(t + ONE), inner(t), inner(ONE - t), outer(np.float32(2) - t)]


def _float32_matrix(convention: Convention, n_in: int, n_out: int) -> np.ndarray:
    x = _float32_coordinates(n_in, n_out)
    left = np.floor(x)
    weights = _float32_weights(convention, x - left)
    result = np.zeros((n_out, n_in), dtype=np.float32)
    for k, weight in enumerate(weights):
        taps = np.clip(left.astype(int) + k + 1 - len(weights) // 2, 0, n_in - 1)
        np.add.at(result, (np.arange(n_out), taps), weight)
    return result


def _row_gains(convention: Convention, got: np.ndarray, n_in: int, n_out: int) -> tuple[np.ndarray, float]:
    expected = matrix(convention, n_in, n_out).to_array()
    gain = float(np.abs(expected).sum(axis=1).max())
    return np.abs(got - expected).sum(axis=1), gain_tolerance(convention, n_in, n_out, round(gain, 3))


@pytest.mark.parametrize("convention", SMOOTH, ids=str)
def test_float32_arithmetic_stays_within_the_bound_at_every_pair_up_to_32(convention):
    largest = 0.0
    for pair in exhaustive(32):
        gains, tolerance = _row_gains(convention, _float32_matrix(convention, *pair), *pair)
        assert gains.max() <= tolerance, pair
        largest = max(largest, gains.max() / tolerance)
    assert largest > 1 / 50, "a bound that is never approached would catch nothing"


@pytest.mark.parametrize("convention", SMOOTH, ids=str)
def test_a_coordinate_off_by_ten_times_its_bound_is_not_within_the_bound(convention):
    """At every pair up to 32 that has an output whose taps are all inside."""
    tried = 0
    for n_in, n_out in exhaustive(32):
        where = coordinates(convention, n_in, n_out)
        places = where.to_array()
        reach = 1 if convention.kernel == "linear" else 2
        phase = places - np.floor(places)
        # At phases 0 and 1/2 a symmetric kernel is level, or both slopes cancel.
        inside = (places > reach - 1) & (places < n_in - reach) & (np.abs(phase - 0.5) > 0.1) & (phase % 1 != 0)
        if not inside.any():
            continue
        shift = Fraction(10 * coordinate_error(n_in))
        numerators = where.numerators.astype(object) * shift.denominator + shift.numerator * where.denominator
        moved = Coordinates(numerators, where.denominator * shift.denominator)
        got = matrix_at(convention, moved, n_in, Fraction(n_out, n_in)).to_array()
        gains, tolerance = _row_gains(convention, got, n_in, n_out)
        assert gains[inside].max() > tolerance, (n_in, n_out)
        tried += 1
    assert tried > 500


def test_the_coordinate_bound_is_four_roundings_of_the_largest_coordinate():
    assert coordinate_error(31) == 4 * 32 / 2**24


def test_float32_coordinates_stay_within_their_bound():
    worst = 0.0
    for n_in, n_out in exhaustive(64):
        error = np.abs(_float32_coordinates(n_in, n_out) - coordinates(LINEAR, n_in, n_out).to_array()).max()
        worst = max(worst, error / coordinate_error(n_in))
    assert 0.1 < worst <= 1


@pytest.mark.parametrize(
    ("convention", "most"),
    [
        (Convention(kernel="nearest"), 2.0**-23),
        (Convention(kernel="adaptive_average"), 2.0**-21),
        (LINEAR, 1.3e-4),
        (CUBIC, 1e-3),
        (Convention(kernel="lanczos", lobes=3, antialias=True), 1.2e-3),
    ],
    ids=str,
)
def test_bounds_at_128_pixels_stay_below_a_third_of_a_grey_level(convention, most):
    assert 0 < gain_tolerance(convention, 128, 128, 1.0) <= most
    assert 255 * gain_tolerance(convention, 128, 128, 1.0) < 1 / 3


def test_a_prefilter_widens_the_bound_by_its_norm():
    """The cubic B-spline responds with 1/3 at the highest frequency, so its inverse enlarges by 3."""
    plain = Convention(kernel="bspline", order=3)
    assert gain_tolerance(plain.but(prefilter="bspline"), 9, 9, 1.0) == pytest.approx(
        3 * gain_tolerance(plain, 9, 9, 1.0)
    )
