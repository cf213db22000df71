"""OpenCV's integer rules: bit for bit against OpenCV, and in numbers that can be followed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from bench.integer_rules import compare, installed_version
from halfpixel.golden.integer_rules import INTEGER_RULES
from halfpixel.golden.integer_rules.opencv_weights import kernel_taps

OPENCV_RULES = [rule for rule in INTEGER_RULES.values() if rule.library == "opencv"]


def _row(*values: int, dtype: str = "uint8") -> np.ndarray:
    return np.array([values], dtype=dtype)


def _resize(name: str, image: np.ndarray, size: tuple[int, int]) -> list:
    return INTEGER_RULES[name].resize(image, size).tolist()


@pytest.mark.framework
@pytest.mark.parametrize("rule", OPENCV_RULES, ids=lambda rule: rule.name)
def test_equals_opencv(rule):
    if installed_version(rule) not in rule.versions:
        pytest.skip(f"the rule is of other releases than {installed_version(rule)}")
    compared = compare(rule, 150)
    assert (compared.images, compared.differing, compared.example) == (150, 0, None)


def test_linear_truncates_each_product_down_the_columns():
    """0.9 * 15 + 0.1 * 1 = 13.6: (1843 * 15 >> 9) + (205 * 1 >> 9) = 53 + 0 quarters, and (53 + 2) >> 2 = 13."""
    column = np.array([[15], [1]], dtype=np.uint8)
    assert _resize("opencv-linear-uint8", column, (5, 1)) == [[15], [13], [8], [2], [1]]
    assert _resize("opencv-linear-uint8", column.T, (1, 5)) == [[15, 14, 8, 2, 1]]
    assert _resize("opencv-linear-exact-uint8", column, (5, 1)) == [[15], [14], [8], [2], [1]]


def test_linear_mixes_the_edge_row_with_itself():
    """Above the first row both taps read it, each product truncated: 255 stays, as the weights add up to one."""
    assert _resize("opencv-linear-uint8", np.array([[255], [1]], dtype=np.uint8), (4, 1)) == [[255], [192], [65], [1]]


def test_halving_is_a_mean_of_four_that_rounds_halves_up():
    block = np.array([[0, 1], [1, 0]], dtype=np.uint8)
    for name in ("linear", "linear-exact", "area"):
        assert _resize(f"opencv-{name}-uint8", block, (1, 1)) == [[1]]
    two_channels = np.dstack([block, block])
    assert _resize("opencv-area-uint8", two_channels, (1, 1)) == [[[0, 0]]]  # ties to even


def test_area_of_a_block_rounds_ties_to_even():
    """Means 0.5 and 1.5 of two columns each go to 0 and 2."""
    assert _resize("opencv-area-uint8", _row(0, 1, 1, 2), (1, 2)) == [[0, 2]]


def test_area_that_grows_mixes_only_cells_across_an_edge():
    assert _resize("opencv-area-uint8", _row(0, 100), (1, 3)) == [[0, 50, 100]]
    with pytest.raises(ValueError, match="expected both axes to shrink or both to grow"):
        _resize("opencv-area-uint8", np.zeros((4, 2), np.uint8), (2, 4))


def test_cubic_differs_between_vector_and_scalar_values():
    """Nine columns alike, halfway between 0 and 1: eight go to the even number, the ninth goes up."""
    rows = np.array([[0], [1]], dtype=np.uint8).repeat(9, axis=1)
    assert _resize("opencv-cubic-uint8", rows, (1, 9)) == [[0] * 8 + [1]]


def test_cubic_of_ipp():
    """k(0.75) + k(1.75) = 0.26171875 - 0.03515625, of 255: 57.8. Images below 4 pixels are left to OpenCV."""
    ramp = np.array([[0, 0, 255, 255]] * 4, dtype=np.uint8)
    assert _resize("opencv-cubic-ipp-uint8", ramp, (4, 8))[0] == [0, 0, 0, 58, 197, 255, 255, 255]
    small = ramp[:3]
    assert _resize("opencv-cubic-ipp-uint8", small, (3, 8)) == _resize("opencv-cubic-uint8", small, (3, 8))


def test_nearest_exact_ties():
    """Pixel 3 of 7 lies on the edge between two: 5.0 adds steps of 2/7 up and stays below, 4.x rounds the step up."""
    row = _row(10, 20)
    assert _resize("opencv-nearest-exact-uint8", row, (1, 7)) == [[10, 10, 10, 10, 20, 20, 20]]
    assert _resize("opencv-4-nearest-exact-uint8", row, (1, 7)) == [[10, 10, 10, 20, 20, 20, 20]]
    assert _resize("opencv-nearest-uint8", row, (1, 7)) == [[10, 10, 10, 10, 20, 20, 20]]


def test_lanczos_fits_into_int32():
    """The worst image of all, black where the product of two weights is negative, does not overflow."""
    weights = kernel_taps("lanczos4", 8, 1).weights[0]
    image = (np.outer(weights, weights) > 0).astype(np.uint8) * 255
    assert _resize("opencv-lanczos4-uint8", image, (1, 1)) == [[255]]
    assert _resize("opencv-lanczos4-uint8", 255 - image, (1, 1)) == [[0]]


def test_sixteen_bits():
    assert _resize("opencv-linear-uint16", _row(0, 65535, dtype="uint16"), (1, 4)) == [[0, 16384, 49151, 65535]]
    assert _resize("opencv-linear-int16", _row(-32768, 32767, dtype="int16"), (1, 4)) == [
        [-32768, -16384, 16383, 32767]
    ]
    assert _resize("opencv-linear-exact-int16", _row(-3, 0, dtype="int16"), (1, 4)) == [[-3, -2, -1, 0]]
