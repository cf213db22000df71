"""Golden matrices against every node test of Resize and Upsample that the installed onnx package ships.

onnx writes the outputs of the Resize tests with its reference implementation when its case module is imported, so they
are an oracle from elsewhere, not the operator's text. Where they contradict the text, a row below says how.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import pytest

from halfpixel.golden import coordinates
from tests.golden.onnx_node_tests import OPERATORS, Axis, NodeTest, exporters, node_tests, resized, tolerance

pytest.importorskip("onnx")


@dataclass(frozen=True, slots=True)
class AtOdds:
    """A shipped output that follows another rule than the text: the coordinates of each along the last axis.

    ``worst`` is the largest difference between golden's answer by the text and the shipped output.
    """

    name: str
    by_the_text: tuple[Fraction, ...]
    by_the_file: tuple[Fraction, ...]
    worst: float


# The text of align_corners divides by length_resized - 1, a whole number. The reference implementation divides by
# scale * length_original - 1 instead, which is not whole when scales are given, and the last output no longer meets
# the last input pixel. With s the float32 nearest to 0.6, it takes 1 * 3 / (4 s - 1) = 3 / 1.4 where the text has
# 1 * 3 / (2 - 1); with s nearest to 0.8, multiples of 3 / 2.2 where the text has multiples of 3 / (3 - 1).
# https://onnx.ai/onnx/operators/onnx__Resize.html#resize-19; reported as a fault, and called intended, in
# https://github.com/onnx/onnx/issues/2462
AT_ODDS = (
    AtOdds(
        "test_resize_downsample_scales_linear_align_corners",
        by_the_text=(Fraction(0), Fraction(3)),
        by_the_file=(Fraction(0), Fraction(2097152, 978671)),
        worst=0.857143,
    ),
    AtOdds(
        "test_resize_downsample_scales_cubic_align_corners",
        by_the_text=(Fraction(0), Fraction(3, 2), Fraction(3)),
        by_the_file=(Fraction(0), Fraction(4194304, 3075823), Fraction(8388608, 3075823)),
        worst=1.048084,
    ),
)

# The text defines scale as length_resized / length_original, whole numbers both. The shipped outputs use the scale
# that was given, even where that is another number, and half_pixel_symmetric presumes it. Golden does the same.
# By how much each shipped output would be missed otherwise:
SCALE_AS_GIVEN = {
    "test_resize_downsample_scales_cubic": 0.841381,
    "test_resize_downsample_scales_cubic_A_n0p5_exclude_outside": 0.891601,
    "test_resize_downsample_scales_cubic_antialias": 2.191686,
    "test_resize_downsample_scales_linear": 1.166667,
    "test_resize_downsample_scales_linear_antialias": 1.875,
    "test_resize_downsample_scales_linear_half_pixel_symmetric": 0.166667,
    "test_resize_upsample_scales_linear_half_pixel_symmetric": 0.125081,
}

TESTS = {test.name: test for test in node_tests()}
REPRODUCED = [test for name, test in TESTS.items() if name not in {row.name for row in AT_ODDS}]


def _worst(test: NodeTest, answer: np.ndarray) -> float:
    return float(np.abs(answer - test.expected).max())


def _misses(test: NodeTest, answer: np.ndarray) -> np.ndarray:
    """Where the answer is further from the shipped output than rounding allows: rows of indices."""
    assert answer.shape == test.expected.shape
    assert answer.size > 0
    return np.argwhere(np.abs(answer - test.expected) > tolerance(test))


def _as_the_reference_does(part: Axis) -> Axis:
    """``o (n_in - 1) / (scale n_in - 1)``, which is asymmetric sampling by another scale."""
    if part.scale is None or part.n_in == 1:
        return part
    scale = (part.scale * part.n_in - 1) / (part.n_in - 1)
    return replace(part, scale=scale, convention=part.convention.but(coordinate_transformation_mode="asymmetric"))


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_shipped_case_is_read(operator: str):
    """The tests read are as many as onnx has functions that write one, and there are some."""
    read = [name for name in TESTS if name.startswith(f"test_{operator.lower()}_")]
    assert len(read) == len(exporters(operator)) > 0


def test_no_two_tests_share_a_name():
    """A repeated name would hide a test from the tables."""
    assert len(TESTS) == len(node_tests()) == sum(len(exporters(operator)) for operator in OPERATORS)


@pytest.mark.parametrize("test", REPRODUCED, ids=lambda test: test.name)
def test_golden_reproduces(test: NodeTest):
    """Golden's matrices, applied along each axis, give the shipped output up to its rounding."""
    answer = resized(test)
    missed = _misses(test, answer)
    assert len(missed) == 0, f"{test.name}: off by up to {_worst(test, answer)} at {missed.tolist()}"


@pytest.mark.parametrize("row", AT_ODDS, ids=lambda row: row.name)
def test_shipped_output_is_at_odds_with_the_text(row: AtOdds):
    """The shipped output follows the other rule exactly, and misses the text's by exactly what the row says."""
    test = TESTS[row.name]
    by_the_file = tuple(_as_the_reference_does(part) for part in test.axes)
    for axes, stated in ((test.axes, row.by_the_text), (by_the_file, row.by_the_file)):
        last = axes[-1]
        found = coordinates(last.convention, last.n_in, last.n_out, last.scale)
        assert tuple(found[o] for o in range(last.n_out)) == stated
    assert len(_misses(test, resized(test, by_the_file))) == 0
    assert _worst(test, resized(test)) == pytest.approx(row.worst, abs=1e-6)


@pytest.mark.parametrize("test", REPRODUCED, ids=lambda test: test.name)
def test_scale_is_taken_as_given(test: NodeTest):
    """With the ratio of the lengths instead of the scale given, exactly the listed outputs are missed, by that much."""
    answer = resized(test, tuple(replace(part, scale=None) for part in test.axes))
    if test.name in SCALE_AS_GIVEN:
        assert _worst(test, answer) == pytest.approx(SCALE_AS_GIVEN[test.name], abs=1e-6)
    else:
        assert len(_misses(test, answer)) == 0


def test_every_row_names_a_shipped_test():
    """A row whose test is gone would never be tested."""
    assert {row.name for row in AT_ODDS} | set(SCALE_AS_GIVEN) <= set(TESTS)
