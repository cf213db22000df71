"""``halfpixel tolerance``: the bound holds for correct calls, what it hides is hidden, and bad input is one line."""

from __future__ import annotations

import numpy as np
import pytest

from halfpixel.golden import Convention, matrix
from halfpixel.golden.catalogue import CATALOGUE, named_convention
from halfpixel.probe import tolerance_command
from halfpixel.probe.compare.value_tolerance import hidden_by, value_tolerance
from halfpixel.testing import exact_resize

SHAPES = [((9, 14), (5, 31)), ((64, 40), (17, 23)), ((5, 6), (11, 9))]
NAMES = ["torch-bicubic", "torch-bilinear-align-corners", "pillow-lanczos", "tf2-area", "scipy-zoom-grid-mirror"]


def _image(size: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(size).uniform(-1, 1, size).astype(np.float32)


def _resized_in_float32(convention: Convention, image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    rows, columns = (
        matrix(convention, *pair).to_array().astype(np.float32) for pair in zip(image.shape, size, strict=True)
    )
    return rows @ image @ columns.T


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("size_in", "size_out"), SHAPES)
def test_float32_arithmetic_stays_within_the_bound(name, size_in, size_out):
    """In float32, and in float16 after one more rounding."""
    convention, image = named_convention(name).convention, _image(size_in)
    exact = exact_resize(image, size_out, convention)
    got = _resized_in_float32(convention, image, size_out)
    assert np.abs(got - exact).max() <= value_tolerance(convention, size_in, size_out).total
    short = got.astype(np.float16).astype(np.float64)
    assert np.abs(short - exact).max() <= value_tolerance(convention, size_in, size_out, "float16").total
    assert np.abs(short - exact).max() > value_tolerance(convention, size_in, size_out).sums


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("size_in", "size_out"), SHAPES)
def test_uint8_that_is_rounded_once_stays_within_the_bound_and_twice_within_more(name, size_in, size_out):
    """Levels; exact values beyond 0 and 255 are clipped before they are compared."""
    convention = named_convention(name).convention
    image = np.random.default_rng(size_in).integers(0, 256, size_in)
    exact = np.clip(exact_resize(image, size_out, convention), 0, 255)
    bound = value_tolerance(convention, size_in, size_out, "uint8")
    assert np.abs(np.rint(exact) - exact).max() <= bound.total
    rows, columns = (matrix(convention, *pair).to_array() for pair in zip(size_in, size_out, strict=True))
    twice = np.clip(np.rint(rows @ np.clip(np.rint(image @ columns.T), 0, 255)), 0, 255)
    overshoot = max(0.0, -(image @ columns.T).min(), (image @ columns.T).max() - 255)
    # Values that the first pass clips are off by no more than the overshoot, times the gain of the second.
    allowed = bound.total + bound.between_passes + overshoot * np.abs(rows).sum(axis=1).max()
    assert np.abs(twice - exact).max() <= allowed


def test_what_is_hidden_passes_and_a_little_more_does_not():
    """A coefficient just inside moves no image by more than the tolerance; one well outside moves one by more."""
    convention, tolerance = named_convention("torch-bicubic").convention, 1e-3
    hidden = hidden_by(convention, (224, 224), (64, 64), tolerance)
    low, high = hidden.coefficient
    assert low < -0.75 < high
    for factor, is_hidden in ((0.9, True), (3, False)):
        other = convention.but(cubic_coeff_a=str(round(-0.75 + factor * (high + 0.75), 9)))
        worst = max(_worst_along(convention, other, 224, 64), 1e-12)
        assert (worst <= tolerance) is is_hidden


def _worst_along(a: Convention, b: Convention, n_in: int, n_out: int) -> float:
    """The worst error along one axis while the other stays as it is: no more than that of both."""
    return float(np.abs(matrix(a, n_in, n_out).to_array() - matrix(b, n_in, n_out).to_array()).sum(axis=1).max())


def test_conventions_that_are_the_same_at_a_size_are_hidden_there_and_not_elsewhere():
    """Antialiasing does nothing where no axis shrinks."""
    linear = named_convention("torch-bilinear").convention
    assert "torch-bilinear-antialias" in hidden_by(linear, (16, 16), (20, 20), 1e-4).names
    assert "torch-bilinear-antialias" not in hidden_by(linear, (16, 16), (10, 20), 1e-4).names
    assert all(hidden_by(entry.convention, (7, 8), (5, 9), 0.0).brightness == 0 for entry in CATALOGUE[:5])


def test_the_command_says_the_bound_why_and_what_it_hides(capsys):
    """By the names of two calls."""
    arguments = ["torch-bicubic", "jax-cubic-pytorch", "--size", "224x224:64x64", "--tolerance", "0.1"]
    assert tolerance_command.main(arguments) == 0
    printed = capsys.readouterr().out
    for words in ("the sum of both calls", "because:     weights", "yours:       0.1", "a cubic coefficient from"):
        assert words in printed


def test_no_tolerance_is_right_for_two_functions(capsys):
    """Exit status 1, in grey levels."""
    assert tolerance_command.main(["torch-bilinear", "pillow-bilinear", "--size", "16x16:10x10"]) == 1
    assert "none is right: they are different functions" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["torch-bicubic", "--size", "224:64"], "--size must be HxW:hxw"),
        (["torch-bicubic", "--size", "0x5:6x7"], "sides from 1"),
        (["no such call anywhere", "--size", "9x9:6x7"], "no operation matches"),
        (["torch-bicubic", "--size", "9x9:6x7", "--tolerance", "little"], "--tolerance must be a number"),
        (["torch-bicubic", "--size", "9x9:6x7", "--tolerance", "-1"], "must not be negative"),
    ],
)
def test_bad_input_is_one_line(arguments, reason, capsys):
    """Exit status 2, nothing on stdout."""
    assert tolerance_command.main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert reason in printed.err
