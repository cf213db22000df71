"""Is every known convention named, in at most 40 calls, and nothing named that is none?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from halfpixel.adapters import Operation, from_callable
from halfpixel.golden import Convention, matrix
from halfpixel.golden.catalogue import CATALOGUE, NamedConvention
from halfpixel.probe import Verdict
from halfpixel.probe.identify.naming import HEIGHT, MOST_CALLS, identify
from tests.fakes import RIGHT, WRONG, Fake
from tests.fakes.exact import exact_resize
from tests.probe.identify import MOST_CALLS_FOR_A_RULE

LINEAR = Convention(kernel="linear")
CUBIC = Convention(kernel="cubic")
ALIGNED = LINEAR.but(coordinate_transformation_mode="align_corners")


class Counted:
    """A resize that counts its calls and keeps the shapes it was asked for."""

    def __init__(self, resize) -> None:
        """Wrap ``resize(image, size)``."""
        self.resize = resize
        self.calls = 0

    def __call__(self, image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """One call, counted."""
        self.calls += 1
        return self.resize(image, size)


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_every_convention_of_the_catalogue_is_named(entry: NamedConvention):
    subject = Counted(exact_resize(entry.convention))
    found = identify(subject)
    assert found.convention is not None, str(found)
    assert entry.name in found.names
    assert found.exceptions == ()
    assert found.faults == ()
    assert found.discrepancy.verdict.is_agreement
    assert found.calls == subject.calls <= MOST_CALLS
    for pair in HEIGHT:
        expected = matrix(entry.convention, *pair).to_array()
        np.testing.assert_allclose(matrix(found.convention, *pair).to_array(), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("fake", RIGHT, ids=lambda fake: fake.name)
def test_every_right_resizer_is_named(fake: Fake):
    found = identify(fake.operation)
    assert fake.claim in (found.convention, *found.equivalents), str(found)
    assert found.calls <= MOST_CALLS
    assert found.discrepancy.verdict.is_agreement


# Wrong only at sizes that are not measured, or only where float32 misses a tie, which is said.
_DRIFTING = (
    "a float32 scale moves exact picks",
    "a float32 centre moves exact halves",
    "float32 steps add up to a drift",
)


@pytest.mark.parametrize("fake", WRONG, ids=lambda fake: fake.name)
def test_no_wrong_resizer_is_named_as_what_it_claims(fake: Fake):
    found = identify(fake.operation)
    assert found.calls <= MOST_CALLS_FOR_A_RULE
    if fake.name in _DRIFTING:
        assert fake.claim in (found.convention, *found.equivalents)
    else:
        assert fake.claim not in (found.convention, *found.equivalents)
    if found.convention is None:
        assert found.rule or found.faults or found.unsupported or not found.discrepancy.verdict.is_agreement


@pytest.mark.parametrize(
    ("convention", "plainest"),
    [
        (LINEAR.but(coordinate_transformation_mode="half_pixel_symmetric"), LINEAR),
        (LINEAR.but(border="reflect"), LINEAR),
        (ALIGNED.but(border="wrap"), ALIGNED),
        (
            Convention(kernel="nearest", nearest_mode="floor", coordinate_transformation_mode="tf_half_pixel_for_nn"),
            Convention(kernel="nearest", nearest_mode="round_prefer_ceil"),
        ),
        (Convention(kernel="area", border="renormalise"), Convention(kernel="area")),
    ],
    ids=str,
)
def test_of_equal_conventions_the_plainest_is_named(convention, plainest):
    found = identify(exact_resize(convention))
    assert found.convention == plainest
    assert convention in found.equivalents


@pytest.mark.parametrize("a", ["-3/10", "-7/10", "-9/8", "-123/200"])
@pytest.mark.parametrize("more", [{}, {"border": "mirror"}, {"antialias": True, "border": "renormalise"}], ids=str)
def test_any_cubic_coefficient_is_estimated(a, more):
    convention = CUBIC.but(cubic_coeff_a=a, **more)
    found = identify(exact_resize(convention))
    assert convention in (found.convention, *found.equivalents)
    assert any("cubic coefficient" in sentence for sentence in found.evidence)


@pytest.mark.parametrize("roi", [("1/4", "3/4"), ("0", "1/2"), ("1/5", "9/10")])
@pytest.mark.parametrize("kernel", ["linear", "nearest", "cubic"])
def test_the_region_of_a_crop_is_estimated(roi, kernel):
    convention = Convention(kernel=kernel, coordinate_transformation_mode="tf_crop_and_resize", roi=roi)
    subject = Counted(exact_resize(convention))
    found = identify(subject)
    assert convention in (found.convention, *found.equivalents), str(found)
    assert subject.calls == found.calls <= MOST_CALLS


def test_the_axes_may_differ_and_then_it_is_said():
    found = identify(exact_resize(ALIGNED, LINEAR))
    assert found.convention is None
    assert str(found.rule) in (
        "linear align_corners along the height; linear half_pixel along the width",
        "linear half_pixel along the width; linear align_corners along the height",
    )


def test_an_image_pyramid_is_named():
    convention = Convention(
        kernel="nearest",
        nearest_mode="floor",
        coordinate_transformation_mode="asymmetric",
        prefilter="binomial",
        border="mirror",
    )
    right = exact_resize(convention)

    def halve(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        assert all(n == 2 * m for n, m in zip(image.shape, size, strict=True))
        return right(image, size)

    halving = from_callable(halve, accepts=lambda n_in, n_out: n_in == 2 * n_out, same_scale_on_both_axes=True)
    found = identify(halving)
    assert convention in (found.convention, *found.equivalents), str(found)
    assert found.calls <= MOST_CALLS


@pytest.mark.parametrize("factors", [(2,), (1, 2, 3, 4)])
def test_an_enlarging_by_whole_factors_is_named(factors):
    right = exact_resize(LINEAR)

    def enlarge(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        assert all(m in [factor * n for factor in factors] for n, m in zip(image.shape, size, strict=True))
        return right(image, size)

    found = identify(from_callable(enlarge, accepts=lambda n_in, n_out: n_out in [f * n_in for f in factors]))
    assert found.convention == LINEAR, str(found)
    assert found.calls <= MOST_CALLS


def test_picks_beyond_a_tie_are_named_with_the_exceptions():
    right = Convention(kernel="nearest", nearest_mode="round_prefer_ceil")

    def one_tie_down(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        result = exact_resize(right)(image, size)
        if (image.shape[0], size[0]) == (20, 6):
            result[1] = exact_resize(right.but(nearest_mode="round_prefer_floor"))(image, size)[1]
        return result

    found = identify(one_tie_down)
    assert found.convention == right
    assert found.exceptions == (("height", 20, 6, 1),)
    assert found.discrepancy.verdict is Verdict.TIES
    assert "20 -> 6 at 1 (height)" in str(found)


def _nan_at_the_end(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    result = exact_resize(LINEAR)(image, size)
    result[-1] = np.nan
    return result


def _noise(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng().uniform(0, 1, size)


def _slightly_noisy(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return exact_resize(LINEAR)(image, size) + np.random.default_rng().uniform(0, 1e-8, size)


# What it does; the factor of the fault that must be said; a word of the explanation.
_NEVER_NAMED = [
    (lambda image, size: np.zeros(size), "normalisation", "does not depend on the image: it is 0"),
    (lambda image, size: np.full(size, 0.5), "offset", "does not depend on the image: it is 0.5"),
    (lambda image, size: image, "output size", "misshapen"),
    (lambda image, size: None, "output size", "returned shape ()"),
    (lambda image, size: exact_resize(LINEAR)(image, size[::-1]), "axis order", "read as (w, h)"),
    (lambda image, size: exact_resize(LINEAR)(image, size)[None], "output size", "returned shape (1, "),
    (lambda image, size: np.full(size, np.nan), "linearity", "not finite"),
    (_nan_at_the_end, "linearity", "not finite"),
    (_noise, "determinism", "gives another result"),
    (_slightly_noisy, "determinism", "gives another result"),
    (lambda image, size: exact_resize(LINEAR)(image, size) + 1, "offset", "an image of zeros gives 1"),
    (lambda image, size: np.abs(exact_resize(LINEAR)(image, size)), "linearity", "not what each axis gives alone"),
]


@pytest.mark.parametrize(
    ("resize", "factor", "words"), _NEVER_NAMED, ids=[f"{row[2]} {k}" for k, row in enumerate(_NEVER_NAMED)]
)
def test_what_is_no_resize_is_not_named_and_the_fault_is_said(resize, factor, words):
    subject = Counted(resize)
    found = identify(subject)
    assert found.convention is None
    assert factor in [fault.factor for fault in found.faults]
    assert words in str(found)
    assert found.discrepancy.verdict in (Verdict.ERROR, Verdict.DIVERGES)
    assert found.calls == subject.calls <= MOST_CALLS_FOR_A_RULE


def test_numbers_are_asked_for():
    found = identify(lambda image, size: np.full(size, "x"))
    assert "returned <U1 where real numbers were asked for" in found.unsupported


def test_sizes_that_tell_nothing_name_nothing():
    found = identify(exact_resize(LINEAR), sizes=((6, 6), (1, 4)))
    assert found.convention is None
    assert "where conventions are the same" in found.unsupported


def test_another_convention_at_some_sizes_is_said_with_the_sizes():
    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        is_wrong = image.shape[0] > 24
        return exact_resize(ALIGNED if is_wrong else LINEAR)(image, size)

    found = identify(resize)
    assert found.convention is None
    assert str(found.rule) in (
        "linear half_pixel, except from 25 pixels of height: linear align_corners",
        "linear align_corners, except below 25 pixels of height: linear half_pixel",
    )


def test_sizes_that_are_refused_are_said_beside_the_name():
    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        if max(size) > 24:
            raise RuntimeError("too large")
        return exact_resize(LINEAR)(image, size)

    found = identify(resize)
    assert found.convention == LINEAR
    assert found.discrepancy.refused == (("RuntimeError: too large", 2),)
    assert "RuntimeError: too large" in str(found)


def test_a_width_that_is_always_refused_leaves_it_unnamed():
    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        if image.shape[1] != size[1]:
            raise RuntimeError("the width stays")
        return exact_resize(LINEAR)(image, size)

    found = identify(resize)
    assert (found.convention, found.nearest) == (None, LINEAR)
    assert "nothing was measured along the width: RuntimeError: the width stays" in found.evidence


def test_batches_and_channels_of_an_operation_are_looked_at():
    right = from_callable(exact_resize(LINEAR))

    def first_repeated(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        return np.repeat(right.run(images, size)[:1], len(images), axis=0)

    found = identify(Operation("callable", "first repeated", first_repeated))
    assert (found.convention, found.nearest) == (None, LINEAR)
    assert [fault.factor for fault in found.faults] == ["batch"]
    assert "no convention, because of a fault" in str(found)


def test_integers_and_lists_are_numbers():
    nearest = Convention(kernel="nearest", nearest_mode="ceil")

    def resize(image: np.ndarray, size: tuple[int, int]) -> list:
        return exact_resize(nearest)(np.asarray(image), size).astype(np.float64).tolist()

    assert identify(resize).convention == nearest


@pytest.mark.parametrize("mode", ["round_prefer_floor", "round_prefer_ceil", "round_half_even", "floor", "ceil"])
def test_the_tie_rule_is_told_from_every_other(mode):
    found = identify(exact_resize(Convention(kernel="nearest", nearest_mode=mode)))
    assert found.convention.nearest_mode == mode
    assert f"nearest mode {mode}: no other explains what was measured" in found.evidence


def test_what_cannot_be_told_apart_is_said():
    found = identify(exact_resize(ALIGNED))
    others = "renormalise, reflect, mirror, wrap, wrap_overlap, constant, extrapolate"
    assert f"border replicate: cannot be told from {others}" in found.evidence


def test_the_answer_reads_as_text():
    text = str(identify(replace(RIGHT[0].operation, name="mine")))
    lines = text.splitlines()
    assert lines[0] == "callable mine: linear half_pixel"
    assert lines[1].startswith("known as:    onnx-linear, ")
    assert (
        "seen:        enlarging 9 -> 32: samples at x_in = 0.2812 x_out - 0.3594 (half_pixel: 9/32 x_out - 23/64)"
        in text
    )
    assert "no antialiasing" in text
    assert lines[-1].startswith("measured:    16 pairs of sizes in ")
