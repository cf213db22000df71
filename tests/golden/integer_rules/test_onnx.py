"""Integer rules of ONNX and ONNX Runtime: bit for bit against the runtime, and the definition in fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import floor

import numpy as np
import pytest

from bench.integer_rules import compare, installed_version
from halfpixel.golden import matrix
from halfpixel.golden.integer_rules import INTEGER_RULES
from halfpixel.golden.integer_rules.onnx import exact_integers

ONNX_RULES = [rule for rule in INTEGER_RULES.values() if rule.library == "onnx"]
RUNTIME_RULES = [rule for rule in INTEGER_RULES.values() if rule.library == "onnxruntime"]


def _resize(name: str, row: list[int], width: int) -> list[int]:
    return INTEGER_RULES[name].resize(np.array([row], dtype=np.uint8), (1, width))[0].tolist()


@pytest.mark.framework
@pytest.mark.parametrize("rule", RUNTIME_RULES, ids=lambda rule: rule.name)
def test_equals_onnxruntime(rule):
    if installed_version(rule) not in rule.versions:
        pytest.skip(f"the rule is of other releases than {installed_version(rule)}")
    compared = compare(rule, 150)
    assert (compared.images, compared.differing, compared.example) == (150, 0, None)


@pytest.mark.parametrize("rule", ONNX_RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize(("size_in", "size"), [((4, 6), (2, 3)), ((3, 5), (5, 3)), ((2, 3), (7, 4)), ((8, 1), (3, 2))])
def test_the_definition_is_exact(rule, size_in, size):
    """Each value from fractions, one by one: rounded half to even, or cut off, and clipped."""
    image = np.random.default_rng(0).integers(0, 2, size_in).astype(np.uint8) * 255
    down, along = ([*matrix(rule.convention, *lengths).rows()] for lengths in zip(size_in, size, strict=True))
    resized = rule.resize(image, size)
    for y, x in product(*map(range, size)):
        value = sum(
            (down[y][i] * along[x][j] * int(image[i, j]) for i, j in product(*map(range, size_in))), Fraction(0)
        )
        integer = round(value) if "-round-" in rule.name else floor(max(value, Fraction(0)))
        assert resized[y, x] == min(max(integer, 0), 255)


def test_large_sizes_take_integers_of_python():
    """Weights of 299 to 293 pixels multiply beyond int64; a constant image shows any that wraps around."""
    rule = INTEGER_RULES["onnx-cubic-round-uint8"]
    image = np.full((299, 3, 1), 255, np.uint8)
    assert np.unique(exact_integers(image, (293, 2), rule.convention, "half_even")).tolist() == [255]
    wide = np.full((61, 59, 1), 254, np.uint8)
    assert np.unique(exact_integers(wide, (53, 47), rule.convention, "truncate")).tolist() == [254]


def test_rounding_or_truncation():
    """Halving 0 1 1 2 gives 0.5 and 1.5."""
    assert _resize("onnx-linear-round-uint8", [0, 1, 1, 2], 2) == [0, 2]
    assert _resize("onnx-linear-truncate-uint8", [0, 1, 1, 2], 2) == [0, 1]
    assert _resize("onnxruntime-linear-uint8", [0, 1, 1, 2], 2) == [0, 1]


def test_nearest_ties_that_float32_misses():
    """Position 9 of 19 from 14 is 6.5; float32 has 6.5000005: 1.24 goes up, 1.27 takes it for the tie that it is."""
    row = list(range(14))
    assert _resize("onnx-nearest-uint8", row, 19)[9] == 6
    assert _resize("onnxruntime-nearest-uint8", row, 19)[9] == 6
    assert _resize("onnxruntime-1.24-nearest-uint8", row, 19)[9] == 7


def test_ten_bits_of_interleaved_images():
    """A tenth is 102 of 1024: 25.4 of 255 is 25, as with floats; nine tenths are 921, 229.3: 229 for 229.5."""
    column = np.array([[0], [255]], dtype=np.uint8)
    resize = INTEGER_RULES["onnxruntime-linear-nhwc-uint8"].resize
    assert resize(column, (5, 1)).ravel().tolist() == [0, 25, 127, 229, 255]
    assert INTEGER_RULES["onnxruntime-linear-uint8"].resize(column, (5, 1)).ravel().tolist() == [0, 25, 127, 229, 255]


def test_antialias_drops_or_keeps_taps_outside():
    """Shrinking 0 0 255 255 to 2: weights 1 3 3 1 of 8, the first outside. Dropped: 1/7 of 255; else 1/8."""
    row = [0, 0, 255, 255]
    assert _resize("onnxruntime-linear-antialias-exclude-uint8", row, 2) == [36, 219]
    assert _resize("onnxruntime-linear-antialias-uint8", row, 2) == [32, 223]
