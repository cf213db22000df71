"""Both axes at once: every kind of fault that only they show is found and located, and no right resizer is accused."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest

from halfpixel import probe
from halfpixel.adapters import from_callable
from halfpixel.adapters.framework import Framework
from halfpixel.adapters.native_call import PREPARED
from halfpixel.adapters.operation import native
from halfpixel.golden import Convention, matrix
from halfpixel.golden.vocabulary import Verdict
from halfpixel.probe.compare.both_axes.expected_operator import ConventionOperator
from halfpixel.probe.compare.both_axes.whole_operator import check_whole_operator
from halfpixel.probe.measure.joint_shapes import JOINT, REAL, random_shapes
from halfpixel.testing import assert_resizes
from tests.fakes import RIGHT, Fake
from tests.fakes.exact import exact_resize
from tests.fakes.wrong_joint import WRONG_JOINTLY, JointFake

LINEAR = Convention()
CUBIC = Convention(kernel="cubic", cubic_coeff_a="-1/2", antialias=True, border="renormalise")
Size = tuple[int, int]
_right = exact_resize(LINEAR)


@pytest.mark.parametrize("joint", WRONG_JOINTLY, ids=lambda joint: joint.fake.name)
def test_what_only_both_axes_show_is_found_and_located(joint: JointFake):
    found = probe.check(joint.fake.operation, joint.fake.claim)
    assert found.verdict in (Verdict.DIVERGES, Verdict.APPROXIMATES, Verdict.ERROR)
    assert set(found.attribution.factors) & joint.fake.factors
    assert any(words in found.attribution.explanation for words in joint.where), found.attribution.explanation
    assert found.certificate == ""


@pytest.mark.parametrize("joint", WRONG_JOINTLY[2:4], ids=lambda joint: joint.fake.name)
def test_sizes_of_ones_own_restrict_the_axes_alone(joint: JointFake):
    with pytest.raises(AssertionError, match="does not follow"):
        assert_resizes(joint.fake.operation, joint.fake.claim, sizes=((3, 3),))


@pytest.mark.parametrize("fake", RIGHT[::8], ids=lambda fake: fake.name)
def test_a_right_resizer_is_verified_at_every_shape(fake: Fake):
    whole = check_whole_operator(fake.operation, fake.claim, random=30, seconds=600)
    assert whole.is_verified, whole.faults
    assert (len(whole.impulse_shapes), whole.images) == (len(JOINT), len(JOINT) + 30 + len(REAL))
    assert not whole.ties
    assert f"{whole.images} random images" in whole.certificate


def test_an_error_has_one_number_in_two_units():
    found = probe.check(WRONG_JOINTLY[0].fake.operation, LINEAR)
    worst = re.search(r"worst error: (\S+) of 255 grey levels; gain (\S+) for images in \[-1, 1\]", str(found))
    assert worst is not None, str(found)
    assert (float(worst[1]), float(worst[2])) == pytest.approx((found.grey_levels, found.gain), rel=1e-3)
    assert found.gain / 2 * 255 <= found.grey_levels <= found.gain * 255


def test_the_worst_error_of_a_small_shape_is_that_of_its_weights():
    """One pixel in place of bilinear weights at one output of 12 x 18 -> 4 x 6, known from both matrices."""

    def resize(image: np.ndarray, size: Size) -> np.ndarray:
        resized = _right(image, size).copy()
        if image.shape == (12, 18) and size == (4, 6):
            resized[1, 2] = image[0, 0]
        return resized

    whole = check_whole_operator(from_callable(resize), LINEAR)
    (difference,) = whole.differing
    rows, columns = (matrix(LINEAR, *pair).to_array() for pair in ((12, 4), (18, 6)))
    row = np.outer(rows[1], columns[2])
    row[0, 0] -= 1
    assert difference.shape == ((12, 18), (4, 6))
    assert difference.output == (1, 2)
    assert difference.gain == pytest.approx(np.abs(row).sum(), abs=1e-6)
    assert whole.faults[0].explanation.startswith("both axes at once, it is off at 12x18 -> 4x6")


def test_another_call_may_be_expected():
    same = check_whole_operator(from_callable(exact_resize(CUBIC), claim=CUBIC), from_callable(exact_resize(CUBIC)))
    assert same.is_verified
    other = check_whole_operator(from_callable(_right, claim=LINEAR), from_callable(exact_resize(CUBIC)))
    assert not other.is_verified
    assert other.faults[0].grey_levels > 1


def test_two_calls_may_differ_by_both_of_their_roundings_and_no_more():
    def off_by(amount: float):
        return from_callable(lambda image, size: _right(image, size) * np.float32(1 + amount), claim=LINEAR)

    assert check_whole_operator(off_by(1e-7), off_by(0)).is_verified
    assert not check_whole_operator(off_by(1e-3), off_by(0)).is_verified


def test_either_side_of_a_tie_passes_and_is_told():
    """Float32 steps put some picks on the other side, as they do in many a framework; another pixel is a fault."""
    claim = Convention(kernel="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")

    def picks(add: int):
        def resize(image: np.ndarray, size: Size) -> np.ndarray:
            rows, columns = (
                np.minimum((np.arange(m) * (np.float32(n) / np.float32(m))).astype(int) + (m > 150) * add, n - 1)
                for n, m in zip(image.shape, size, strict=True)
            )
            return image[rows[:, None], columns]

        return from_callable(resize)

    whole = check_whole_operator(picks(0), claim)
    assert whole.is_verified
    assert whole.ties
    assert "near a tie" in whole.certificate
    assert not check_whole_operator(picks(1), claim).is_verified


def test_a_refusal_at_large_sizes_alone_is_no_agreement():
    def resize(image: np.ndarray, size: Size) -> np.ndarray:
        if max(image.shape) > 500:
            raise MemoryError("too large")
        return _right(image, size)

    found = probe.check(resize, LINEAR)
    assert found.verdict is Verdict.UNSUPPORTED
    assert found.certificate == ""
    assert re.search(r"when either axis of the input is \d+ pixels or more: MemoryError: too large", str(found))


def test_what_is_not_asked_is_told():
    slow = check_whole_operator(from_callable(_right, cost=PREPARED), LINEAR)
    assert (len(slow.impulse_shapes), slow.images) == (2, 8)
    assert "every new shape of this call is slow" in slow.certificate
    hurried = check_whole_operator(from_callable(_right), LINEAR, seconds=0)
    assert hurried.images < 5
    assert "the images would have taken more than 0 s" in hurried.certificate
    doubling = check_whole_operator(from_callable(_right, accepts=lambda n_in, n_out: n_out == 2 * n_in), LINEAR)
    assert doubling.is_verified
    assert "Not asked" in doubling.certificate
    assert set(doubling.impulse_shapes) == {((3, 4), (6, 8))}


def test_nothing_asked_is_no_certificate():
    nowhere = check_whole_operator(from_callable(_right, accepts=lambda n_in, n_out: False), LINEAR)
    assert not nowhere.is_verified
    assert nowhere.certificate == ""


_NUMPY = Framework("numpy", "numpy", ("numpy",), "import numpy as np")
_FLOOR = "x[np.arange(h) * x.shape[0] // h][:, (np.arange(w) * x.shape[1] // w + (h * w > 20000)) % x.shape[1]]"


def test_the_reproduction_runs_and_prints_what_was_measured():
    claim = Convention(kernel="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    found = probe.check(native(_NUMPY, "gather", _FLOOR, "HW"), claim)
    assert found.verdict is Verdict.DIVERGES
    ran = subprocess.run([sys.executable, "-c", found.reproduction], capture_output=True, text=True, check=True)
    printed = re.fullmatch(r"output \[\d+, \d+\] is (\S+) and should be (\S+)\n", ran.stdout)
    assert printed is not None, ran.stdout
    assert abs(float(printed[1]) - float(printed[2])) > 0.5


def test_an_exact_operator_gathers_what_its_matrix_multiplies():
    """Long axes are gathered by tap, short ones multiplied: both are the matrix."""
    image = np.random.default_rng(0).uniform(-1, 1, (1000, 3))
    for convention in (LINEAR, CUBIC, Convention(kernel="area"), Convention(kernel="nearest")):
        height, _ = ConventionOperator(convention).axes((1000, 3), (300, 3))
        assert height.dense is None
        np.testing.assert_allclose(
            height.along_rows(image), matrix(convention, 1000, 300).to_array() @ image, atol=1e-13
        )


def test_every_shape_says_what_it_is_for():
    assert all(len(text) > 10 for text in (*JOINT.values(), *REAL.values()))
    assert len(set(random_shapes())) == 200
    assert max(max(*size_in, *size_out) for size_in, size_out in random_shapes()) <= 128
