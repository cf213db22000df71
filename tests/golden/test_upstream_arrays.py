"""Does the exact definition reproduce the numbers that frameworks, tests and threads have published?"""

from __future__ import annotations

from fractions import Fraction
from functools import reduce

import numpy as np
import pytest

from halfpixel.golden import Convention, Coordinates, matrix, matrix_at
from tests.golden.upstream_arrays import UPSTREAM, Upstream

_FLOAT32 = float(np.finfo(np.float32).eps)


def _resized(row: Upstream) -> np.ndarray:
    image = np.array(row.given, dtype=np.float64)
    size = row.size or np.shape(row.expected)
    scales = row.scale if isinstance(row.scale, tuple) else (row.scale,) * image.ndim
    settings = zip(image.shape, size, scales, strict=True)
    arrays = [matrix(row.convention, *setting).to_array() for setting in settings]
    resized = reduce(lambda part, array: np.moveaxis(part @ array.T, -1, 0), reversed(arrays), image)
    return resized if row.only is None else resized[(0,) * (image.ndim - 1)][list(row.only)]


@pytest.mark.parametrize("row", UPSTREAM, ids=lambda row: row.rule)
def test_reproduces(row: Upstream) -> None:
    """Within half a unit of the last decimal that was printed, and a few roundings of float32."""
    expected = np.array(row.expected, dtype=np.float64)
    tolerance = row.tolerance
    if tolerance is None:
        tolerance = 8 * _FLOAT32 * np.abs(row.given).max()
        tolerance += 0 if row.printed is None else 0.5 * 10.0**-row.printed
    assert row.source.startswith("https://")
    np.testing.assert_allclose(_resized(row), expected, rtol=0, atol=tolerance, err_msg=row.source)


def test_rules_are_named_once() -> None:
    """Each row is one test with its own id, and there are many."""
    rules = [row.rule for row in UPSTREAM]
    assert len(set(rules)) == len(rules) >= 60


def _at(convention: Convention, n_in: int, *coordinates: str) -> np.ndarray:
    exact = [Fraction(value) for value in coordinates]
    denominator = np.lcm.reduce([value.denominator for value in exact])
    numerators = np.array([int(value * int(denominator)) for value in exact])
    return matrix_at(convention, Coordinates(numerators, int(denominator)), n_in, Fraction(1)).to_array()


_SHIFTED = ("1/2", "3/2", "5/2", "7/2", "9/2", "11/2", "13/2")


@pytest.mark.parametrize(
    ("border", "expected"),
    [
        ("replicate", [1.5, 2.5, 3.5, 4, 4, 4, 4]),
        ("wrap_overlap", [1.5, 2.5, 3.5, 1.5, 2.5, 3.5, 1.5]),
        ("wrap", [1.5, 2.5, 3.5, 2.5, 1.5, 2.5, 3.5]),
        ("mirror", [1.5, 2.5, 3.5, 3.5, 2.5, 1.5, 1.5]),
        ("reflect", [1.5, 2.5, 3.5, 4, 3.5, 2.5, 1.5]),
        ("extrapolate", [1.5, 2.5, 3.5, -1, -1, -1, -1]),
        ("constant", [1.5, 2.5, 3.5, 1.5, -1, -1, -1]),
    ],
)
def test_scipy_extends_the_image_as(border: str, expected: list[float]) -> None:
    """Half a pixel to the right, and far outside, with ``cval=-1``: TestBoundaries.test_boundaries of
    https://github.com/scipy/scipy/blob/main/scipy/ndimage/tests/test_interpolation.py.

    Zero is what stands outside here; minus one is the same problem on an image one higher, one lower afterwards.
    """
    image = np.array([1.0, 2, 3, 4])
    resized = _at(Convention(kernel="linear", border=border), 4, *_SHIFTED) @ (image + 1) - 1
    np.testing.assert_array_equal(resized, expected)


def test_scipy_shifts_by_half_a_pixel_with_a_cubic_spline() -> None:
    """The example of geometric_transform at https://docs.scipy.org/doc/scipy/tutorial/ndimage.html: mode constant."""
    spline = Convention(kernel="bspline", order=3, prefilter="bspline", border="extrapolate")
    image = np.arange(12.0).reshape(4, 3)
    down, across = _at(spline, 4, "-1/2", "1/2", "3/2", "5/2"), _at(spline, 3, "-1/2", "1/2", "3/2")
    expected = [[0, 0, 0], [0, 1.3625, 2.7375], [0, 4.8125, 6.1875], [0, 8.2625, 9.6375]]
    np.testing.assert_allclose(down @ image @ across.T, expected, rtol=0, atol=0.5e-4)


@pytest.mark.parametrize(
    ("nearest_mode", "expected"), [("round_half_even", [4, 4, 6, 6, 8]), ("round_prefer_ceil", [4, 5, 6, 7, 8])]
)
def test_order_0_at_halves(nearest_mode: str, expected: list[int]) -> None:
    """JAX rounds half to even, SciPy up: https://github.com/jax-ml/jax/issues/3165."""
    picks = _at(Convention(kernel="nearest", nearest_mode=nearest_mode), 10, "7/2", "9/2", "11/2", "13/2", "15/2")
    np.testing.assert_array_equal(picks @ np.arange(10), expected)
