"""TensorFlow's integer rules: bit for bit against TensorFlow, and in numbers that can be followed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bench.integer_rules import compare, installed_version
from halfpixel.golden.integer_rules import INTEGER_RULES
from halfpixel.golden.integer_rules.tensorflow import sine_float32

TENSORFLOW_RULES = [rule for rule in INTEGER_RULES.values() if rule.library == "tensorflow"]


def _resize(name: str, row: list[int], width: int) -> list[int]:
    return INTEGER_RULES[name].resize(np.array([row], dtype=np.uint8), (1, width))[0].tolist()


@pytest.mark.framework
@pytest.mark.parametrize("rule", TENSORFLOW_RULES, ids=lambda rule: rule.name)
def test_equals_tensorflow(rule):
    if installed_version(rule) not in rule.versions:
        pytest.skip(f"the rule is of other releases than {installed_version(rule)}")
    compared = compare(rule, 150)
    assert (compared.images, compared.differing, compared.example) == (150, 0, None)


def test_a_cast_truncates():
    """0.75, 0.25 and 0.75 of the way from 3 to 0: 2.25 and 0.75."""
    assert _resize("tensorflow-bilinear-truncate-uint8", [3, 0], 4) == [3, 2, 0, 0]
    assert _resize("tensorflow-bilinear-round-uint8", [3, 0], 4) == [3, 2, 1, 0]


def test_rounding_sends_ties_to_even():
    assert _resize("tensorflow-area-round-uint8", [0, 1, 1, 2], 2) == [0, 2]
    assert _resize("tensorflow-area-truncate-uint8", [0, 1, 1, 2], 2) == [0, 1]


def test_what_overshoots_is_clipped():
    """Weights of a quarter pixel: -9/128, 111/128, 29/128, -3/128; the one outside is dropped at the edge."""
    assert _resize("tensorflow-bicubic-round-uint8", [0, 0, 255, 255], 8) == [0, 0, 0, 52, 203, 255, 255, 255]


def test_a_third_in_float32_is_short_of_a_whole_number():
    """Shrinking 3 to 1 weighs 1/3 thrice: 3 * float32(1/3) * 255 is 255 after rounding, 254.99998 where it is not."""
    rounded, truncated = (
        INTEGER_RULES[f"tensorflow-lanczos3-{way}-uint8"].resize(np.full((7, 7), 200, np.uint8), (7, 7))
        for way in ("round", "truncate")
    )
    assert np.unique(rounded).tolist() == [200]
    assert set(np.unique(truncated).tolist()) <= {199, 200}


def test_kernels_that_blur_do_so_at_the_same_size():
    """mitchellcubic weighs 1/18, 8/9, 1/18 on a pixel: 255 becomes 226.67."""
    assert _resize("tensorflow-mitchellcubic-round-uint8", [0, 0, 255, 0, 0], 5) == [0, 14, 227, 14, 0]


def test_the_sine_of_glibc():
    """The values of ``sinf``; for the second, ``sin`` rounded to float32 is another."""
    x = np.array([0.5, 1.0, 2.0, 3.1415927, 9.0], dtype=np.float32)
    np.testing.assert_allclose(sine_float32(x), np.sin(x.astype(float)), rtol=6e-8, atol=1e-14)
    many = np.linspace(0, 16, 100_001).astype(np.float32)
    nearest = np.array([math.sin(value) for value in many.astype(float)]).astype(np.float32)
    assert 100 < (sine_float32(many) != nearest).sum() < 3000
