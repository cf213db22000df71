"""torch's integer rules: bit for bit against torch and torchvision, and in numbers that can be followed by hand."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import floor

import numpy as np
import pytest

from bench.integer_rules import compare, installed_version, library_call
from halfpixel.golden import matrix
from halfpixel.golden.integer_rules import INTEGER_RULES

TORCH_RULES = [rule for rule in INTEGER_RULES.values() if rule.library in ("torch", "torchvision")]


def _row(name: str, row: list[int], n_out: int) -> list[int]:
    return INTEGER_RULES[name].resize(np.array([row], np.uint8), (1, n_out))[0].tolist()


@pytest.mark.framework
@pytest.mark.parametrize("rule", TORCH_RULES, ids=lambda rule: rule.name)
def test_equals_torch(rule):
    if installed_version(rule) not in rule.versions:
        pytest.skip(f"the rule is of other releases than {installed_version(rule)}")
    compared = compare(rule, 150)
    assert (compared.images, compared.differing, compared.example) == (150, 0, None)


@pytest.mark.framework
@pytest.mark.parametrize("name", ["torch-bilinear-uint8", "torch-bicubic-antialias-uint8", "torch-nearest-exact-uint8"])
def test_both_memory_formats_give_the_same(name):
    rule = INTEGER_RULES[name]
    if installed_version(rule) not in rule.versions:
        pytest.skip(f"the rule is of other releases than {installed_version(rule)}")
    image = np.random.default_rng(0).integers(0, 256, (37, 41, 3)).astype(np.uint8)
    planar = np.ascontiguousarray(image.transpose(2, 0, 1)).transpose(1, 2, 0)
    for size in ((13, 60), (90, 91)):
        expected = rule.resize(image, size)
        np.testing.assert_array_equal(library_call(rule)(image, size), expected)
        np.testing.assert_array_equal(library_call(rule)(planar, size), expected)


def test_bilinear_row():
    """Output 1 of 4 from 2 lies a quarter of the way from pixel 0 to 1: 25 of 100."""
    assert _row("torch-bilinear-uint8", [0, 100], 4) == [0, 25, 75, 100]
    assert _row("torch-bilinear-align-corners-uint8", [0, 90], 4) == [0, 30, 60, 90]


def test_bilinear_without_antialias_reads_two_pixels():
    """Output 0 of 1 from 4 lies between pixels 1 and 2; antialias weighs all four, 5, 7, 7 and 5."""
    assert _row("torch-bilinear-uint8", [255, 0, 0, 0], 1) == [0]
    assert _row("torch-bilinear-antialias-uint8", [255, 0, 0, 0], 1) == [53]


def test_each_pass_rounds_halves_up():
    """A quarter of one, rounded once, is 0; the row pass gives 0.5, which is 1, and the column pass 0.5 again."""
    image = np.array([[0, 1], [0, 0]], np.uint8)
    assert INTEGER_RULES["torch-bilinear-uint8"].resize(image, (1, 1)).tolist() == [[1]]


def test_the_cubic_coefficient_depends_on_antialias():
    """0.75 pixels from an edge of 255: k(0.75) + k(1.75) is 29/128 for a = -3/4 (57.8), 13/64 for a = -1/2 (51.8)."""
    edge = [0, 0, 255, 255]
    assert _row("torch-bicubic-uint8", edge, 8)[3] == 58
    assert _row("torch-bicubic-antialias-uint8", edge, 8)[3] == 52


def test_bicubic_loses_a_bit_at_a_slight_reduction():
    """200 to 199: a partial sum at the last pixel, 0.999986, leaves 14 bits, though no weight exceeds 0.99988.

    Output 80 reads 254 with the weight 0.714558, 181.498: 11707 of 2^14 gives 181, and 23415 of 2^15 would give 182.
    """
    image = np.zeros((1, 200), np.uint8)
    image[0, 80] = 254
    assert INTEGER_RULES["torch-bicubic-uint8"].resize(image, (1, 199))[0, 80] == 181


@pytest.mark.framework
@pytest.mark.parametrize(("n_in", "n_out"), [(193, 192), (200, 199), (224, 223), (273, 272)])
def test_slight_reductions_equal_torch(n_in, n_out):
    rule = INTEGER_RULES["torch-bicubic-uint8"]
    if installed_version(rule) not in rule.versions:
        pytest.skip(f"the rule is of other releases than {installed_version(rule)}")
    image = np.random.default_rng(0).integers(0, 256, (n_in, 100)).astype(np.uint8)
    np.testing.assert_array_equal(library_call(rule)(image, (n_out, 100)), rule.resize(image, (n_out, 100)))


def test_nearest_rounds_its_product_to_float32():
    """41 * 2 / 82 is 1: 2 / 82 in float32 lies below 1 / 41, and its product with 41 below 1."""
    assert np.float32(41) * (np.float32(2) / np.float32(82)) < 1
    assert _row("torch-nearest-uint8", [0, 9], 82).index(9) == 42


def test_nearest_exact_has_two_formulas():
    """20.5 * 2 / 41 is 1: rounded down by the formula of small outputs, and not by that of large ones."""
    rule = INTEGER_RULES["torch-nearest-exact-uint8"]
    image = np.array([[0, 9]], np.uint8)
    assert rule.resize(image, (87, 41))[0].tolist().index(9) == 21
    assert rule.resize(image, (88, 41))[0].tolist().index(9) == 20


def _bits(largest: Fraction) -> int:
    """The largest weight in that many bits stays below 2^15, halves rounded up."""
    return next(bits for bits in range(23) if bits == 22 or floor(largest * 2 ** (bits + 1) + Fraction(1, 2)) >= 2**15)


@pytest.mark.parametrize(
    "kind", ["bilinear", "bilinear-align-corners", "bilinear-antialias", "bicubic", "bicubic-antialias"]
)
def test_weights_are_the_exact_ones_as_int16(kind):
    """An impulse of 255 gives the weight itself: rounded from the rational one, with no floating point between."""
    rule = INTEGER_RULES[f"torch-{kind}-uint8"]
    for n_in, n_out in product((3, 5, 8, 16), (2, 7, 12)):
        rows = list(matrix(rule.convention, n_in, n_out).rows())
        bits = _bits(max(map(max, rows)))
        for position in range(n_in):
            image = np.zeros((1, n_in), np.uint8)
            image[0, position] = 255
            weights = [row[position] for row in rows]
            scaled = [floor(abs(weight) * 2**bits + Fraction(1, 2)) * (1 if weight >= 0 else -1) for weight in weights]
            expected = [min(max((255 * weight + 2 ** (bits - 1)) >> bits, 0), 255) for weight in scaled]
            assert rule.resize(image, (1, n_out))[0].tolist() == expected
