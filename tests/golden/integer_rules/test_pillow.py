"""Pillow's integer rules: bit for bit against Pillow, and in numbers that can be followed by hand."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import floor

import numpy as np
import pytest

from bench.integer_rules import compare, images, installed_version
from halfpixel.golden import matrix
from halfpixel.golden.integer_rules import INTEGER_RULES
from halfpixel.golden.integer_rules.pillow import goes_down_first

PILLOW_RULES = [rule for rule in INTEGER_RULES.values() if rule.library == "pillow"]
OLDER_RULES = [rule for rule in PILLOW_RULES if rule.name.startswith("pillow-11-")]


def _grey(*rows: list[int], dtype: str = "uint8") -> np.ndarray:
    return np.array(rows, dtype=dtype)


def _resize(name: str, image: np.ndarray, size: tuple[int, int]) -> list:
    return INTEGER_RULES[name].resize(image, size).tolist()


@pytest.mark.framework
@pytest.mark.parametrize("rule", PILLOW_RULES, ids=lambda rule: rule.name)
def test_equals_pillow(rule):
    if installed_version(rule) not in rule.versions:
        pytest.skip(f"the rule is of other releases than {installed_version(rule)}")
    compared = compare(rule, 150)
    assert (compared.images, compared.differing, compared.example) == (150, 0, None)


@pytest.mark.framework
@pytest.mark.parametrize("rule", OLDER_RULES, ids=lambda rule: rule.name)
def test_older_rules_are_one_axis_after_the_other(rule):
    """Any release resizes one axis alike: the width alone, then the height alone, is the order of the older ones."""
    image_module = pytest.importorskip("PIL.Image")
    kernel = image_module.Resampling[rule.name.split("-")[2].upper()]
    some = images(rule)
    for _ in range(100):
        image, (h, w) = next(some)
        if image.shape[2:] == (2,):
            continue
        picture = image_module.fromarray(np.ascontiguousarray(image))
        if picture.mode == "RGBA" and picture.size != (w, h):
            picture = picture.convert("RGBa")
        resized = picture.resize((w, picture.height), kernel).resize((w, h), kernel)
        resized = resized.convert("RGBA") if resized.mode == "RGBa" else resized
        np.testing.assert_array_equal(rule.resize(image, (h, w)), np.asarray(resized))


@pytest.mark.framework
@pytest.mark.parametrize(("size_in", "size"), [((3000, 2), (7, 5)), ((900, 40), (300, 20)), ((2, 3000), (5, 7))])
def test_the_order_of_the_passes_at_extreme_shapes(size_in, size):
    image_module = pytest.importorskip("PIL.Image")
    rule = INTEGER_RULES["pillow-bicubic-uint8"]
    if installed_version(rule) not in rule.versions:
        pytest.skip(f"the rule is of other releases than {installed_version(rule)}")
    image = np.random.default_rng(0).integers(0, 2, size_in).astype(np.uint8) * 255
    expected = np.asarray(image_module.fromarray(image).resize(size[::-1], image_module.Resampling.BICUBIC))
    np.testing.assert_array_equal(rule.resize(image, size), expected)


@pytest.mark.parametrize(
    ("size_in", "size", "expected"),
    [
        ((9, 9), (5, 13), True),  # loses 4 rows, gains columns
        ((9, 9), (5, 9), True),
        ((9, 9), (5, 7), False),  # 4 rows are twice 2 columns, not more
        ((9, 9), (4, 7), True),
        ((9, 9), (9, 13), False),
        ((9, 9), (10, 13), False),
    ],
)
def test_which_axis_comes_first(size_in, size, expected):
    assert goes_down_first(size_in, size) is expected


def test_bilinear_row():
    """Output 1 of 4 from 2 lies at 0.25 between the pixels, a quarter of the way; 25 and 75 of 100 are exact."""
    assert _resize("pillow-bilinear-uint8", _grey([0, 100]), (1, 4)) == [[0, 25, 75, 100]]


def test_each_pass_rounds_halves_up():
    """A quarter of one, rounded once, is 0; the row pass gives 0.5, which is 1, and the column pass 0.5 again."""
    assert _resize("pillow-box-uint8", _grey([0, 1], [0, 0]), (1, 1)) == [[1]]


def test_the_order_of_the_passes_decides():
    """Pillow 13 takes the columns first (0.25, 0.25: both 0), 11 the rows first (0.5, 0.5, 0, 0: then 1, 1, 0, 0)."""
    image = _grey([0, 1], [1, 0], [0, 0], [0, 0])
    assert _resize("pillow-box-uint8", image, (1, 1)) == [[0]]
    assert _resize("pillow-11-box-uint8", image, (1, 1)) == [[1]]


def test_bicubic_clips_what_overshoots():
    """The edge is 0.25 pixels away, then 0.75: k(0.75) + k(1.75) = 13/64 of 255 is 51.8; beyond it, less than 0."""
    assert _resize("pillow-bicubic-uint8", _grey([0, 0, 255, 255]), (1, 8)) == [[0, 0, 0, 52, 203, 255, 255, 255]]


def test_alpha_is_multiplied_in():
    """Half transparent red, half opaque blue: the red of a transparent pixel does not count."""
    image = np.array([[[255, 0, 0, 0], [0, 0, 255, 255]]], dtype=np.uint8)
    assert _resize("pillow-box-rgba-uint8", image, (1, 1)) == [[[0, 0, 255, 128]]]
    assert _resize("pillow-box-uint8", image, (1, 1)) == [[[128, 0, 128, 128]]]


def test_uint16_rounds_halves_up_and_clips():
    assert _resize("pillow-box-uint16", _grey([1000, 1001], dtype="uint16"), (1, 1)) == [[1001]]
    row = _grey([0, 0, 65535, 65535], dtype="uint16")
    assert _resize("pillow-bicubic-uint16", row, (1, 8))[0][-2:] == [65535, 65535]


def test_nearest_of_uint8_adds_steps_up():
    """3.5 steps of 2/7 are 1, a tie that goes to pixel 1; added up in double precision they stay just below."""
    positions = np.add.accumulate([1 / 7, *[2 / 7] * 3])
    assert positions[3] < 1
    assert _resize("pillow-nearest-uint8", _grey([0, 1]), (1, 7)) == [[0, 0, 0, 0, 1, 1, 1]]
    assert _resize("pillow-nearest-uint16", _grey([0, 1], dtype="uint16"), (1, 7)) == [[0, 0, 0, 1, 1, 1, 1]]


@pytest.mark.parametrize("kernel", ["box", "bilinear", "bicubic"])
def test_weights_are_the_exact_ones_in_22_bits(kernel):
    """An impulse of 255 gives the weight itself: rounded from the rational one, with no floating point between."""
    rule = INTEGER_RULES[f"pillow-{kernel}-uint8"]
    for n_in, n_out in product((3, 5, 8, 16), (2, 7, 12)):
        for position in range(n_in):
            image = np.zeros((1, n_in), np.uint8)
            image[0, position] = 255
            exact = [row[position] for row in matrix(rule.convention, n_in, n_out).rows()]
            scaled = [floor(abs(weight) * 2**22 + Fraction(1, 2)) * (1 if weight >= 0 else -1) for weight in exact]
            expected = [min(max((255 * weight + 2**21) >> 22, 0), 255) for weight in scaled]
            assert rule.resize(image, (1, n_out))[0].tolist() == expected
