"""``halfpixel.testing``: right resizers pass, each kind of fault fails, and the message says what to do about it."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from halfpixel import Convention
from halfpixel.golden.catalogue import named_convention
from halfpixel.probe.compare.value_tolerance import value_tolerance
from halfpixel.testing import (
    DifferentFunctionsError,
    assert_close_to_exact,
    assert_resizes,
    exact_resize,
    integer_resize,
    rounding_tolerance,
    tolerance,
)

LINEAR = Convention()
ALIGNED = Convention(coordinate_transformation_mode="align_corners")
CUBIC = Convention(mode="cubic", cubic_coeff_a="-1/2", antialias=True, exclude_outside=True)


def _image(*shape: int, dtype: str = "float32") -> np.ndarray:
    values = np.random.default_rng(7).random(shape)
    return (values * 255).astype(dtype) if dtype == "uint8" else values.astype(dtype)


def _resizer(convention: Convention):
    return lambda image, size: exact_resize(image, size, convention).astype(np.float32)


@pytest.mark.parametrize("convention", [LINEAR, ALIGNED, CUBIC], ids=str)
def test_a_right_resizer_passes(convention):
    assert_resizes(_resizer(convention), convention)
    image = _image(7, 13, 3)
    assert_close_to_exact(_resizer(convention)(image, (11, 5)), image, (11, 5), convention)


def test_names_of_the_catalogue_are_conventions():
    assert_resizes(_resizer(LINEAR), "torch-bilinear")
    with pytest.raises(ValueError, match="unknown name 'torch-bilinaer'"):
        assert_resizes(_resizer(LINEAR), "torch-bilinaer")


def test_another_convention_fails_with_its_name():
    with pytest.raises(AssertionError, match="what was measured is 'linear align_corners'"):
        assert_resizes(_resizer(ALIGNED), LINEAR)


def test_a_fault_of_two_grey_levels_at_one_output_fails():
    image = _image(9, 9)
    actual = exact_resize(image, (4, 17), LINEAR)
    actual[2, 11] += 2 / 255
    with pytest.raises(AssertionError) as failed:
        assert_close_to_exact(actual, image, (4, 17), LINEAR)
    message = str(failed.value)
    assert "output (2, 11); 1 of 68 values differ" in message
    assert "the smallest that would pass is 0.00784" in message
    assert_close_to_exact(actual, image, (4, 17), LINEAR, tolerance=0.0079)


def test_a_function_that_refuses_everything_or_returns_another_size_fails():
    def refuses(image, size):
        raise RuntimeError("not today")

    with pytest.raises(AssertionError, match="nothing was measured"):
        assert_resizes(refuses, LINEAR)
    with pytest.raises(AssertionError, match="output size"):
        assert_resizes(lambda image, size: np.zeros((2, 2), np.float32), LINEAR)
    with pytest.raises(AssertionError, match=r"expected an array of shape \(4, 4\), got \(4, 5\)"):
        assert_close_to_exact(np.zeros((4, 5)), _image(3, 3), (4, 4), LINEAR)


def test_nan_is_no_agreement():
    with pytest.raises(AssertionError, match=r"got: +nan"):
        assert_close_to_exact(np.full((5, 5), np.nan, np.float32), _image(3, 3), (5, 5), LINEAR)


def test_integers_may_round_by_half_a_level_and_no_more():
    image = _image(12, 8, 3, dtype="uint8")
    exact = exact_resize(image, (5, 19), CUBIC)
    assert_close_to_exact(np.clip(np.rint(exact), 0, 255).astype(np.uint8), image, (5, 19), CUBIC)
    truncated = np.clip(exact, 0, 255).astype(np.uint8)
    with pytest.raises(AssertionError, match=r"0\.99\d* of 255 grey levels"):
        assert_close_to_exact(truncated, image, (5, 19), CUBIC)


def test_the_tolerance_of_half_precision_is_its_own_rounding():
    image = _image(6, 6)
    half = exact_resize(image, (9, 9), LINEAR).astype(np.float16)
    assert_close_to_exact(half, image, (9, 9), LINEAR)
    assert rounding_tolerance(image, (9, 9), LINEAR, np.float16) < 2**-10
    assert rounding_tolerance(image, (9, 9), LINEAR, np.float32) < 2**-15


def test_a_tolerance_is_a_number_with_its_argument():
    allowed = tolerance("torch-bicubic", (24, 24), (7, 9))
    bound = value_tolerance(named_convention("torch-bicubic").convention, (24, 24), (7, 9))
    assert float(allowed) == allowed.value == bound.total
    assert [reason.partition(",")[0] for reason in allowed.because] == ["weights", "sums"]
    np.testing.assert_allclose([1 + 0.9 * float(allowed)], [1.0], rtol=0, atol=allowed)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose([1 + 1.1 * float(allowed)], [1.0], rtol=0, atol=allowed)
    with pytest.raises(AttributeError):
        allowed.value = 1.0
    assert tolerance("torch-bicubic", (24, 24), (7, 9), np.uint8) > 0.5
    assert any("rounded to float16 once" in reason for reason in tolerance(CUBIC, (9, 9), (5, 5), "float16").because)


def test_a_tolerance_between_two_calls_is_twice_as_large_or_there_is_none():
    one, both = (tolerance(LINEAR, (9, 8), (20, 7), against=other) for other in (None, "torch-bilinear"))
    assert both == 2 * one
    assert "the sum of both calls" in both.because[-1]
    with pytest.raises(DifferentFunctionsError, match="none is right") as different:
        tolerance(LINEAR, (9, 8), (20, 7), against=ALIGNED)
    assert different.value.levels > 1


def test_a_tolerance_says_what_it_hides():
    """1e-3 at 224 -> 64 hides a coefficient of -0.7497, and a hundred times less does not."""
    allowed = tolerance("torch-bicubic", (224, 224), (64, 64))
    assert _coefficients(allowed.would_hide(1e-3))[1] > -0.7497
    assert _coefficients(allowed.would_hide(1e-5))[1] < -0.7497
    assert _coefficients(allowed.hides) == _coefficients(allowed.would_hide(float(allowed)))
    assert any("torch-bilinear-antialias" in line for line in tolerance(LINEAR, (4, 4), (5, 5)).hides)


def _coefficients(lines: tuple[str, ...]) -> list[float]:
    (line,) = [line for line in lines if line.startswith("a cubic coefficient")]
    return [float(number) for number in re.findall(r"-\d\.\d+", line)]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("torch-bicubik", (9, 9), (5, 5)), "unknown name"),
        ((LINEAR, (9, 9), (5, 5), "int32"), "unknown dtype 'int32'"),
        ((LINEAR, (9, 0), (5, 5)), "sides from 1"),
    ],
)
def test_a_tolerance_of_nothing_is_refused(arguments, reason):
    with pytest.raises(ValueError, match=reason):
        tolerance(*arguments)


@pytest.mark.parametrize("shape", [(), (3,), (1, 3, 3, 1)])
def test_images_of_another_rank_are_refused(shape):
    with pytest.raises(ValueError, match="image must have the shape"):
        exact_resize(np.zeros(shape), (2, 2), LINEAR)


def test_it_needs_numpy_alone():
    program = """
    import sys
    import numpy
    before = {name.partition(".")[0] for name in sys.modules}
    import halfpixel.testing
    print(sorted({name.partition(".")[0] for name in sys.modules} - before - {*sys.stdlib_module_names, "__mp_main__"}))
    """
    ran = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True)
    assert ran.stdout == "['halfpixel']\n"


def test_the_integers_of_a_library_are_made_without_it():
    image = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    assert integer_resize(image, (2, 2), "pillow-bilinear-uint8").tolist() == [[44, 76], [144, 176]]
    with pytest.raises(ValueError, match="no integer rule 'pilow-bilinear-uint8'; near it: pillow-bilinear-uint8"):
        integer_resize(image, (2, 2), "pilow-bilinear-uint8")
