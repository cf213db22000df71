"""Are functions of uint8, of three channels, and floats that round or clamp named, with how they round?"""

from __future__ import annotations

from math import lcm

import numpy as np
import pytest

from halfpixel.golden import Convention, matrix
from halfpixel.golden.catalogue import CATALOGUE, NamedConvention
from halfpixel.golden.rounding import fixed_point_sums, fixed_point_weights, rounded
from halfpixel.probe.identify.naming import MOST_CALLS, identify
from tests.fakes import RIGHT, Fake
from tests.fakes.exact import exact_resize

LINEAR = Convention(kernel="linear")
CUBIC = Convention(kernel="cubic", cubic_coeff_a="-0.5", antialias=True, border="renormalise")


def in_levels(resize, rule: str = "half_up", refuses_floats: bool = True):
    """The same function of uint8 planes, rounded by one of golden's rules and clamped."""

    def function(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        if image.ndim != 2 or (refuses_floats and image.dtype != np.uint8):
            raise TypeError("uint8 planes only")
        exact = np.asarray(resize(image.astype(np.float64), size), dtype=np.float64)
        whole = rounded(rule, np.rint(exact * 2**16).astype(np.int64), 2**16)
        return whole.clip(0, 255).astype(np.uint8)

    return function


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_every_convention_of_the_catalogue_is_named_when_rounded_to_uint8(entry: NamedConvention):
    found = identify(in_levels(exact_resize(entry.convention)))
    assert entry.name in found.names, str(found)
    assert found.calls <= MOST_CALLS
    assert found.form == "uint8 images"


@pytest.mark.parametrize("fake", RIGHT, ids=lambda fake: fake.name)
def test_every_right_resizer_is_named_when_rounded_to_uint8(fake: Fake):
    def plane(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        return fake.operation.run(image.astype(np.float32)[None, :, :, None], size)[0, :, :, 0]

    found = identify(in_levels(plane))
    assert fake.claim in (found.convention, *found.equivalents), str(found)
    assert found.calls <= MOST_CALLS


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("half_up", "rounds to the nearest, halves up (100.00% of results)"),
        ("half_even", "rounds to the nearest, halves to even (100.00% of results)"),
        ("half_down", "rounds to the nearest, halves down (100.00% of results)"),
        ("floor", "rounds down (100.00% of results)"),
        ("ceil", "rounds up (100.00% of results)"),
    ],
)
def test_the_rounding_rule_is_told(rule, words):
    found = identify(in_levels(exact_resize(LINEAR), rule))
    assert found.convention == LINEAR
    assert words in found.evidence


def test_clamping_and_passes_are_told():
    one_pass = exact_resize(CUBIC)
    vertical = in_levels(one_pass)

    def two_passes(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        return vertical(vertical(image, (image.shape[0], size[1])), size)

    found = identify(two_passes)
    assert found.convention == CUBIC
    assert "results beyond 0..255 are clamped" in found.evidence
    assert "both axes at once: columns come first, rounded and clamped before the others" in found.evidence
    once = identify(in_levels(one_pass))
    assert "both axes at once: nothing is rounded or clamped between the passes" in once.evidence


def test_conventions_that_differ_by_less_than_rounding_shows_are_said_to_be_the_same():
    found = identify(in_levels(exact_resize(LINEAR)), dtype="uint8")
    assert LINEAR.but(coordinate_transformation_mode="half_pixel_symmetric") in found.equivalents


def _three_channels(resize, dtype: type):
    def function(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != dtype:
            raise ValueError("three channels, please")
        return np.stack([resize(image[..., k], size) for k in range(3)], axis=-1)

    return function


@pytest.mark.parametrize(
    ("resize", "dtype", "form"),
    [
        (in_levels(exact_resize(CUBIC)), np.uint8, "uint8 images of three channels, grey"),
        (exact_resize(CUBIC), np.float32, "float32 images of three channels, grey"),
    ],
    ids=["uint8", "float32"],
)
def test_functions_of_three_channels_are_given_grey_ones(resize, dtype, form):
    found = identify(_three_channels(resize, dtype))
    assert found.convention == CUBIC
    assert found.form == form
    assert str(found).endswith(f"calls, with {form}")


def test_three_channels_that_come_back_different_are_refused():
    def tinted(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        return _three_channels(in_levels(exact_resize(LINEAR)), np.uint8)(image, size) // np.uint8([1, 2, 3])

    found = identify(tinted)
    assert found.convention is None
    assert "three equal channels come back different" in found.unsupported


@pytest.mark.parametrize(
    ("resize", "words"),
    [
        (lambda image, size: np.clip(exact_resize(CUBIC)(image, size), 0, 1), "results are not rounded"),
        (
            lambda image, size: np.rint(255 * exact_resize(CUBIC)(image, size)).clip(0, 255) / 255,
            "rounds to the nearest",
        ),
        (
            lambda image, size: np.rint(255 * exact_resize(CUBIC)(image, size)).clip(0, 255).astype(np.uint8),
            "rounds to the nearest",
        ),
        (lambda image, size: in_levels(exact_resize(CUBIC))(image.astype(np.uint8), size), "rounds to the nearest"),
    ],
    ids=["clamps floats", "rounds to 255ths", "floats to levels", "casts to uint8"],
)
def test_floats_that_clamp_or_round_are_named_by_levels(resize, words):
    found = identify(resize)
    assert CUBIC in (found.convention, *found.equivalents), str(found)
    assert any(words in sentence for sentence in found.evidence)
    assert found.calls <= MOST_CALLS


def test_the_dtype_can_be_forced():
    either = in_levels(exact_resize(LINEAR), refuses_floats=False)
    assert identify(either, dtype="uint8").form == "uint8 images"
    with pytest.raises(ValueError, match="unknown dtype 'int7'"):
        identify(either, dtype="int7")


def test_a_level_function_that_is_not_repeatable_is_not_named():
    random = np.random.default_rng(3)

    def noisy(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        return in_levels(exact_resize(LINEAR))(image, size) ^ random.integers(0, 2, size).astype(np.uint8)

    found = identify(noisy, dtype="uint8")
    assert found.convention is None
    assert [fault.factor for fault in found.faults] == ["determinism"]


@pytest.mark.parametrize("bits", [14, 22])
def test_weights_of_a_few_bits_are_told_where_no_rule_explains_every_tie(bits):
    """As Pillow computes: weights rounded, integers summed, half a unit added, shifted, clipped, after each pass."""
    convention = LINEAR.but(antialias=True, border="renormalise")

    def one_pass(image: np.ndarray, n_out: int) -> np.ndarray:
        weights = fixed_point_weights(*_exact_weights(convention, image.shape[0], n_out), bits)
        return fixed_point_sums(weights, image, bits, 0, 255).astype(np.uint8)

    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        if image.dtype != np.uint8:
            raise TypeError("uint8 only")
        return one_pass(one_pass(image.T, size[1]).T, size[0])

    found = identify(resize)
    assert convention in (found.convention, *found.equivalents), str(found)
    assert f"weights rounded to {bits} bits, sums to the nearest, halves up (100.00% of results)" in found.evidence


def test_no_tie_rule_is_told_by_majority():
    """Halves go up in one row of three, and down in the others."""
    exact = exact_resize(LINEAR)

    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        values = np.rint(exact(image.astype(np.float64), size) * 2**16).astype(np.int64)
        ups = np.arange(size[0])[:, None] % 3 == 0
        whole = np.where(ups, rounded("half_up", values, 2**16), rounded("half_down", values, 2**16))
        return whole.clip(0, 255).astype(np.uint8)

    found = identify(resize, dtype="uint8")
    assert found.convention == LINEAR
    assert any("but no rule explains all" in sentence for sentence in found.evidence), found.evidence


def _exact_weights(convention: Convention, n_in: int, n_out: int) -> tuple[np.ndarray, np.ndarray]:
    exact = matrix(convention, n_in, n_out)
    rows = list(exact.rows())
    below = np.array([[lcm(*(weight.denominator for weight in row))] for row in rows], dtype=object)
    return np.array([[int(w * b[0]) for w in row] for row, b in zip(rows, below, strict=True)], dtype=object), below
