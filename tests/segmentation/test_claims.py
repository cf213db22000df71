"""The claims' check is itself checked: wrong conditions, wrong samplings and wrong verdicts are found out."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from halfpixel.golden.align_corners import (
    ALIGN_CORNERS,
    HALF_PIXEL,
    NeitherMode,
    NotObservable,
    exact_axis,
    keeps_grid,
    largest_shift_in_input,
    largest_shift_in_output,
    magnification,
    mixed_number,
    shift_in_input,
    shift_in_output,
)
from halfpixel.golden.matrix import matrix
from halfpixel.golden.vocabulary import ClaimVerdict
from halfpixel.reports.sections.align_corners import CLAIM_ORDER
from halfpixel.segmentation.claims.catalogue import CLAIMS
from halfpixel.segmentation.claims.claim import (
    all_pairs,
    axis_from_matrix,
    check_claim,
    input_to_output,
    output_to_input,
)
from halfpixel.segmentation.claims.on_frameworks import sampler
from tests.fakes.image import fake, separable
from tests.fakes.right import LINEAR, LINEAR_ANTIALIAS

SMALL = all_pairs(12)
BY_NAME = {claim.name: claim for claim in CLAIMS}
NAMES = [claim.name for claim in CLAIMS]
CONDITIONAL = [claim.name for claim in CLAIMS if claim.verdict == "true only when"]


def _with(claim, expected):
    return type(claim)(**{name: getattr(claim, name) for name in claim.__slots__} | {"expected": expected})


@pytest.mark.parametrize("name", NAMES)
def test_the_opposite_condition_is_refused_everywhere(name):
    claim = BY_NAME[name]
    opposite = check_claim(_with(claim, lambda n, m: not claim.expected(n, m)), pairs=SMALL)
    assert opposite.decided > 0
    assert len(opposite.wrong) == opposite.decided


@pytest.mark.parametrize("name", CONDITIONAL)
@pytest.mark.parametrize("condition", ["always", "never", "one more input pixel", "one more output pixel"])
def test_a_condition_that_is_a_little_off_is_refused(name, condition):
    claim = BY_NAME[name]
    changed = {
        "always": lambda n, m: True,
        "never": lambda n, m: False,
        "one more input pixel": lambda n, m: claim.expected(n + 1, m),
        "one more output pixel": lambda n, m: claim.expected(n, m + 1),
    }[condition]
    # A feature map with one pixel more or less belongs to no stride.
    if name.startswith("crops") and condition == "one more input pixel":
        changed = {"crops of k s + 1 suit True": lambda n, m: m % 2 == 0}.get(name, lambda n, m: m % 2 == 1)
    elif name.startswith("crops") and condition == "one more output pixel":
        changed = {"crops of k s + 1 suit True": lambda n, m: m % 8 == 1}.get(name, lambda n, m: m % 16 == 0)
    assert check_claim(claim, pairs=SMALL).wrong == ()
    assert check_claim(_with(claim, changed), pairs=all_pairs(20)).wrong != ()


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("every input pixel survives True", lambda n, m: m % n == 0),
        ("every input pixel survives True", lambda n, m: n == 1 or (m - 1) % (n - 1) == 0),
        ("every input pixel survives True", lambda n, m: n == 1 or m % (n - 1) == 0),
        ("True can be undone", lambda n, m: True),
        ("False can be undone", lambda n, m: m % n == 0),
        ("False equals Pillow", lambda n, m: m >= n),
        ("False never meets a pixel's centre", lambda n, m: m % 2 == 0),
        ("the modes give different pictures", lambda n, m: n != m),
        ("the modes are half a pixel apart", lambda n, m: m >= 2 * n),
        ("False is smoother", lambda n, m: m > n),
        ("the choice is negligible", lambda n, m: m <= 2 * n),
        ("crops of k s + 1 suit True", lambda n, m: m % 2 == 1),
    ],
)
def test_conditions_that_one_might_believe_are_refused(name, wrong):
    assert check_claim(_with(BY_NAME[name], wrong)).wrong != ()


def test_the_rule_of_the_warning_fails_only_where_it_lets_one_output_pass():
    wrong = check_claim(
        _with(BY_NAME["every input pixel survives True"], lambda n, m: n == 1 or (m - 1) % (n - 1) == 0)
    ).wrong
    assert wrong == tuple((n, 1) for n in range(2, 65))


@pytest.mark.parametrize("name", [claim.name for claim in CLAIMS if len(claim.modes) == 1 and claim.verdict != "false"])
def test_a_claim_about_one_mode_is_false_of_another_sampling(name):
    """Each is checked on the other mode, the old TensorFlow's and another kernel: one at least must fail it."""
    others = {ALIGN_CORNERS: HALF_PIXEL, HALF_PIXEL: ALIGN_CORNERS}
    asymmetric = ALIGN_CORNERS.but(coordinate_transformation_mode="asymmetric")

    def exchanged(mode, n_in, n_out):
        return exact_axis(others.get(mode, mode), n_in, n_out)

    def old(mode, n_in, n_out):
        return exact_axis(asymmetric if mode in others else mode, n_in, n_out)

    def cubic(mode, n_in, n_out):
        return exact_axis(mode.but(kernel="cubic"), n_in, n_out)

    claim = BY_NAME[name]
    assert any(check_claim(claim, sampler, SMALL).wrong for sampler in (exchanged, old, cubic))


def test_every_claim_is_told_once_with_its_sources():
    assert len(set(NAMES)) == len(NAMES)
    for claim in CLAIMS:
        assert claim.verdict in ClaimVerdict
        assert claim.sources
        assert all(url.startswith(("https://", "http://")) for url in claim.sources)
        assert bool(claim.condition) == (claim.verdict == "true only when")
        assert "->" in claim.arithmetic or "=" in claim.arithmetic
        assert set(claim.modes) <= {ALIGN_CORNERS, HALF_PIXEL}


def test_the_page_lists_the_claims_in_learning_order():
    assert tuple(NAMES) == CLAIM_ORDER


def test_nothing_decided_is_no_verdict():
    claim = BY_NAME["input (0,1) lands on output (0,2)"]
    with pytest.raises(ValueError, match="decides"):
        assert check_claim(claim, pairs=[(4, 4)]).verdict


def test_both_directions_of_the_worked_example():
    assert output_to_input(ALIGN_CORNERS, 3, 5) == "output o samples input o * 2/4: 0, 1/2, 1, 1 1/2, 2"
    assert output_to_input(HALF_PIXEL, 3, 5).endswith(": -1/5, 2/5, 1, 1 3/5, 2 1/5")
    assert input_to_output(ALIGN_CORNERS, 3, 5) == "input i lands at output i * 4/2: 0, 2, 4"
    assert input_to_output(HALF_PIXEL, 3, 5) == "input i lands at output (i + 1/2) * 5/3 - 1/2: 1/3, 2, 3 2/3"


def test_the_closed_forms():
    assert largest_shift_in_output(64, 512) == Fraction(7, 2)
    assert largest_shift_in_input(64, 512) == Fraction(7, 16)
    assert [shift_in_output(3, 5, i) for i in range(3)] == [Fraction(-1, 3), 0, Fraction(1, 3)]
    assert [shift_in_input(3, 5, o) for o in range(5)] == [Fraction(k, 10) for k in (2, 1, 0, -1, -2)]
    assert magnification(64, 512) == Fraction(64 * 511, 512 * 63)
    assert [keeps_grid(*pair) for pair in ((80, 320), (81, 321), (104, 416), (105, 417), (1, 7), (4, 1))] == [
        False,
        True,
        False,
        True,
        True,
        False,
    ]
    assert [mixed_number(Fraction(k, 3)) for k in (-4, -1, 0, 3, 11)] == ["-1 1/3", "-1/3", "0", "1", "3 2/3"]


@pytest.mark.parametrize("pair", [(3, 5), (5, 3), (2, 4), (7, 16), (6, 1), (1, 6)])
@pytest.mark.parametrize("mode", [ALIGN_CORNERS, HALF_PIXEL])
def test_a_measured_axis_is_the_exact_one(mode, pair):
    weights = matrix(mode, *pair).to_array().astype(np.float32).tolist()
    measured, exact = axis_from_matrix(mode, *pair, weights, 1e-5), exact_axis(mode, *pair)
    assert measured.rows == exact.rows
    assert measured.line in (exact.line, None)


def test_what_is_no_mode_is_not_taken_for_one():
    weights = matrix(HALF_PIXEL, 3, 5).to_array()
    with pytest.raises(NeitherMode, match="not the weights"):
        axis_from_matrix(HALF_PIXEL, 3, 5, (weights + 0.01).tolist(), 1e-5)
    bent = np.zeros((5, 6))
    for o, place in enumerate((0.2, 1.2, 2.4, 3.4, 4.4)):
        bent[o, int(place)], bent[o, int(place) + 1] = 1 - place % 1, place % 1
    with pytest.raises(NeitherMode, match="evenly"):
        axis_from_matrix(HALF_PIXEL, 6, 5, bent.tolist(), 1e-5)
    with pytest.raises(NotObservable, match="apart"):
        axis_from_matrix(HALF_PIXEL, 3, 5, weights.tolist(), 0.1)


def test_what_does_not_apply_its_convention_cannot_stand_for_it():
    linear = fake("applies linear", HALF_PIXEL, separable(LINEAR)).operation
    stretched = HALF_PIXEL.but(antialias=True, border="renormalise")
    unfiltered = fake("drops antialias", stretched, separable(LINEAR)).operation
    with pytest.raises(NotObservable, match="no operation documents"):
        sampler(linear, [linear, unfiltered])(stretched, 4, 2)
    right = fake("stretches", stretched, separable(LINEAR_ANTIALIAS)).operation
    axis = sampler(linear, [linear, unfiltered, right])(stretched, 4, 2)
    assert axis.rows == exact_axis(stretched, 4, 2).rows != exact_axis(HALF_PIXEL, 4, 2).rows
