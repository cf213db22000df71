"""Is the rule of both axes named where no convention says it all, and nothing estimated where there is none?"""

from __future__ import annotations

import math

import numpy as np
import pytest

from halfpixel.golden import Convention
from halfpixel.golden.vocabulary import Verdict
from halfpixel.probe.identify.naming import MOST_CALLS, identify
from tests.fakes.exact import exact_resize
from tests.fakes.rules import LINEAR, MEANS_OF_BLOCKS, RULES, RuleFake, fitted_by, scaled


@pytest.mark.parametrize("fake", RULES, ids=lambda fake: fake.name)
def test_the_rule_is_named_with_its_formula(fake: RuleFake):
    found = identify(fake.resize)
    assert found.is_named, str(found)
    assert str(found.rule or found.convention) == fake.headline
    assert (found.rule.formulas() if found.rule else ()) == fake.formulas
    assert found.discrepancy.verdict is Verdict.AGREES
    text = str(found)
    assert text.splitlines()[0].endswith(f": {fake.headline}")
    assert "estimate:" not in text
    assert "no known convention" not in text


@pytest.mark.parametrize("convention", [LINEAR, Convention(kernel="cubic", border="mirror")], ids=str)
def test_a_convention_is_held_against_both_axes_at_once(convention):
    found = identify(exact_resize(convention))
    assert found.convention == convention
    assert found.rule is None
    assert found.calls <= MOST_CALLS
    assert any(sentence.startswith("both axes at once: ") for sentence in found.evidence)


def test_sizes_without_a_known_rule_are_said_with_the_worst_error():
    found = identify(MEANS_OF_BLOCKS)
    assert not found.is_named
    assert found.convention is None
    lines = str(found).splitlines()
    headline = "linear half_pixel, except where both axes have a scale of at most 1/2: no known rule"
    assert lines[0].endswith(headline)
    assert "of 255 grey levels off at" in lines[1]
    assert found.discrepancy.verdict is Verdict.DIVERGES
    assert found.discrepancy.grey_levels > 50
    assert found.parameters is None or "estimate:" not in str(found)


def test_what_differs_only_at_large_sizes_is_not_named():
    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        is_large = max(image.shape) > 256
        return exact_resize(LINEAR.but(antialias=is_large))(image, size)

    found = identify(resize)
    assert found.convention is None
    assert "300x260 -> 299x512" in str(found)


@pytest.mark.parametrize(
    ("subject", "size"),
    [
        (fitted_by(0.5, round), "round(n_in / 2), halves to even pixels, whatever size is asked for"),
        (fitted_by(3.0, round), "3 n_in pixels, whatever size is asked for"),
        (fitted_by(0.75, math.floor), "floor(3 n_in / 4) pixels, whatever size is asked for"),
    ],
    ids=["half", "three times", "three quarters"],
)
def test_a_function_that_ignores_the_size_asks_for_a_scale(subject, size):
    found = identify(subject)
    assert found.is_named, str(found)
    assert found.asks_for_scale == size
    lines = str(found).splitlines()
    assert lines[0].endswith(": asks for a scale: linear half_pixel, with the scale given")
    assert lines[1] == f"size:        it returns {size}"


def test_a_function_of_a_scale_is_identified_with_scales():
    def zoom(image: np.ndarray, scale: float) -> np.ndarray:
        rows, columns = (scaled(n, math.ceil(n * scale), scale) for n in image.shape)
        return rows @ image.astype(np.float64) @ columns.T

    found = identify(zoom, scales=("1/2", 1.4))
    assert found.is_named, str(found)
    assert "ceil(n_in * scale)" in found.asks_for_scale
    with pytest.raises(ValueError, match="positive numbers"):
        identify(zoom, scales=("-1/2",))


def test_a_function_of_a_scale_that_fails_says_why():
    def broken(image: np.ndarray, scale: float) -> np.ndarray:
        raise RuntimeError("out of order")

    assert "RuntimeError: out of order" in identify(broken, scales=(2,)).unsupported


_PLAIN = exact_resize(LINEAR)


def _one_random_weight(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return _PLAIN(image, size) + np.float32(0.1) * image.mean()


def _diagonal(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return _PLAIN((image + np.roll(image, (1, 1), (0, 1))) / 2, size)


@pytest.mark.parametrize(
    ("subject", "factor"),
    [
        (_diagonal, "separability"),
        (_one_random_weight, "separability"),
        (lambda image, size: np.abs(_PLAIN(image, size)), "linearity"),
        (lambda image, size: _PLAIN(image, size) + 1, "offset"),
        (lambda image, size: _PLAIN(image, size) + np.random.default_rng().uniform(0, 1e-8, size), "determinism"),
    ],
    ids=["diagonal", "mean added", "absolute", "brighter by one", "noise"],
)
def test_nothing_is_estimated_after_a_fault(subject, factor):
    found = identify(subject)
    assert not found.is_named
    assert factor in [fault.factor for fault in found.faults]
    assert found.nearest is None
    assert found.parameters is None
    text = str(found)
    assert "nearest:" not in text
    assert "kernel" not in text
    assert "nan" not in text
    assert "of 255 grey levels" in text


@pytest.mark.parametrize("name", ["a quarter of an input pixel", "corners by sizes less a half"])
def test_a_rule_is_named_when_results_are_rounded_to_uint8(name):
    fake = next(fake for fake in RULES if fake.name == name)

    def rounded(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        if image.dtype != np.uint8:
            raise TypeError("uint8 planes only")
        return np.floor(fake.resize(image, size).astype(np.float64) + 0.5).clip(0, 255).astype(np.uint8)

    found = identify(rounded)
    assert str(found.rule) == fake.headline, str(found)
    assert found.calls <= MOST_CALLS
    assert found.form == "uint8 images"


def test_a_plainer_convention_that_an_image_of_both_axes_contradicts_gives_way_to_the_next():
    """Aligned corners put the last output on the last pixel: where rounding puts it beyond, this border gives zero."""
    aligned = Convention(kernel="linear", coordinate_transformation_mode="align_corners")
    resize = exact_resize(aligned)

    def zero_beyond(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        resized = resize(image, size).copy()
        if image.shape == (224, 320):
            resized[-1] = 0
        return resized

    assert identify(resize).convention == aligned
    found = identify(zero_beyond)
    assert found.convention == aligned.but(border="extrapolate"), str(found)
    assert aligned not in found.equivalents
    assert found.calls <= MOST_CALLS
