"""Tests the suite of dtypes: fakes, exact rounding, the images that are looked for, and the programs it prints."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor, trunc

import numpy as np
import pytest

from halfpixel import adapters
from halfpixel.adapters import from_callable
from halfpixel.golden import Convention, rounded, to_integers
from halfpixel.golden.rounding import NEAREST_RULES, ROUNDING_RULES, within_range
from halfpixel.probe.variants.dtypes.floats import rounded_to
from halfpixel.probe.variants.dtypes.observe import dtypes
from halfpixel.probe.variants.dtypes.plane_weights import exact_weights, weights_of
from halfpixel.probe.variants.dtypes.worst_case_inputs import integer_cases, integer_grid
from tests.fakes import RIGHT as RIGHT_IN_FLOAT32
from tests.fakes.right import LINEAR as RIGHT_LINEAR
from tests.fakes.variants.dtype_faults import values as exact_values
from tests.fakes.variants.dtypes import RIGHT, WRONG, DtypeFake

CUBIC = Convention(kernel="cubic")
LINEAR = Convention(kernel="linear")
AGREEMENT = ("exact", "agrees")


def _half_away(value: Fraction) -> int:
    return floor(value + Fraction(1, 2)) if value >= 0 else ceil(value - Fraction(1, 2))


# Python's round() of a Fraction is half-even: https://docs.python.org/3/library/fractions.html.
EXACTLY = {
    "half_even": round,
    "half_up": lambda value: floor(value + Fraction(1, 2)),
    "half_down": lambda value: ceil(value - Fraction(1, 2)),
    "half_away": _half_away,
    "truncate": trunc,
    "floor": floor,
    "ceil": ceil,
}


@pytest.mark.parametrize("rule", ROUNDING_RULES)
@pytest.mark.parametrize("kind", [np.int64, object])
def test_a_rule_rounds_every_fraction_exactly(rule, kind):
    numerators = np.arange(-60, 61).astype(kind)
    for denominator in (1, 2, 3, 4, 7, 10, 16):
        expected = [EXACTLY[rule](Fraction(int(n), denominator)) for n in numerators]
        assert rounded(rule, numerators, denominator).tolist() == expected


def test_rules_differ_where_they_should():
    halves = np.array([-3, -1, 1, 3])
    assert rounded("half_even", halves, 2).tolist() == [-2, 0, 0, 2]
    assert rounded("half_up", halves, 2).tolist() == [-1, 0, 1, 2]
    assert rounded("half_away", halves, 2).tolist() == [-2, -1, 1, 2]
    assert rounded("half_down", halves, 2).tolist() == [-2, -1, 0, 1]


def test_denominators_near_the_end_of_int64_do_not_overflow():
    denominator = 2**61
    numerators = np.array([2**61 + 2**60, 2**61 + 2**60 - 1, -(2**60)])
    assert rounded("half_even", numerators, denominator).tolist() == [2, 1, 0]
    assert rounded("half_up", numerators, denominator).tolist() == [2, 1, 0]


def test_beyond_the_range_is_saturated_or_wrapped():
    values = np.array([-129, -128, 127, 128, 300])
    assert within_range(values, -128, 127, "saturate").tolist() == [-128, -128, 127, 127, 127]
    assert within_range(values, -128, 127, "wrap").tolist() == values.astype(np.int8).tolist()
    assert to_integers(np.array([511, -1]), 2, 0, 255).tolist() == [255, 0]


@pytest.mark.parametrize("call", [lambda: rounded("up", np.array([1]), 2), lambda: within_range(1, 0, 1, "clip")])
def test_unknown_names_are_refused(call):
    with pytest.raises(ValueError, match="allowed"):
        call()


@pytest.mark.parametrize("claim", [LINEAR, CUBIC, CUBIC.but(border="renormalise")], ids=str)
def test_exact_values_are_those_of_fractions(claim):
    weights = exact_weights(claim, (5, 4), (3, 6))
    found = integer_cases(weights, integer_grid("uint8"))
    rows, columns = (list(golden_rows) for golden_rows in _fractions(claim, (5, 3), (4, 6)))
    image = found.images[3].tolist()
    for output in (0, 7, 17):
        y, x = divmod(output, 6)
        value = sum(rows[y][i] * columns[x][j] * image[i][j] for i in range(5) for j in range(4))
        assert Fraction(int(found.numerators[3, output]), int(found.denominators[output])) == value


def _fractions(claim, *pairs):
    from halfpixel.golden import matrix

    return [matrix(claim, *pair).rows() for pair in pairs]


@pytest.mark.parametrize("name", ["uint8", "int8", "int16", "uint16", "int32"])
def test_images_are_found_that_overshoot_and_that_tie(name):
    about = integer_grid(name)
    found = integer_cases(exact_weights(CUBIC, (5, 7), (8, 4)), about)
    values = (found.numerators / found.denominators).astype(np.float64)
    span = about.highest - about.lowest
    # Catmull-Rom-like kernels overshoot by more than a tenth of the range in two dimensions.
    assert values.max() > about.highest + 0.1 * span
    assert values.min() < about.lowest - 0.1 * span
    beyond = (2 * (found.numerators % found.denominators) - found.denominators) / found.denominators
    inside = (values > about.lowest) & (values < about.highest)
    assert (inside & (np.abs(beyond.astype(np.float64)) < 1e-5)).sum() >= 4


@pytest.mark.parametrize("name", ["uint8", "int32"])
def test_images_are_found_that_tie_exactly_and_that_just_do_not(name):
    found = integer_cases(exact_weights(LINEAR, (5, 7), (8, 4)), integer_grid(name))
    beyond = 2 * (found.numerators % found.denominators) - found.denominators
    assert (beyond == 0).sum() >= 10
    assert ((beyond > 0) & (beyond <= 2)).any()
    assert ((beyond < 0) & (beyond >= -2)).any()


def test_an_image_overshoots_in_the_first_pass_only():
    found = integer_cases(exact_weights(CUBIC, (5, 7), (8, 4)), integer_grid("uint8"))
    along_w = found.weights.axes[1].array
    passed = found.images.astype(np.float64) @ along_w.T
    final = (found.numerators / found.denominators).reshape(-1, 8, 4)
    clamped = np.einsum("oi,kij->koj", found.weights.axes[0].array, np.clip(passed, 0, 255))
    assert np.abs(np.clip(clamped, 0, 255) - np.clip(final, 0, 255)).max() > 10


def test_the_same_images_are_found_again():
    weights = exact_weights(CUBIC, (5, 7), (8, 4))
    assert np.array_equal(
        integer_cases(weights, integer_grid("int8")).images,
        integer_cases.__wrapped__(weights, integer_grid("int8")).images,
    )


def test_bfloat16_is_rounded_as_its_definition_says():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    values = np.concatenate([np.random.default_rng(0).uniform(-2, 2, 4000), [0.0, 1.00390625, 1.01171875, 2.0**-130]])
    expected = values.astype(np.float32).astype(ml_dtypes.bfloat16).astype(np.float64)
    assert np.array_equal(rounded_to(values.astype(np.float32).astype(np.float64), "bfloat16"), expected)


def _named(fakes: tuple[DtypeFake, ...]) -> list:
    return [pytest.param(fake, id=fake.name) for fake in fakes]


def test_there_are_enough_fakes():
    assert len(WRONG) >= 20
    assert len(RIGHT) >= 8
    assert all(fake.factors and fake.variants for fake in WRONG)


@pytest.mark.parametrize("fake", _named(WRONG))
def test_a_wrong_dtype_is_caught_and_its_fault_is_named_and_no_other_dtype_is_accused(fake):
    for found in dtypes(fake.operation):
        if found.variant in fake.variants:
            assert str(found.verdict) not in AGREEMENT, f"{found.variant}: nothing found: {found.headline}"
            named = set(found.attribution.factors) & fake.factors
            assert named, f"{found.variant}: {found.headline}: attributed to {found.attribution}"
        else:
            assert str(found.verdict) in AGREEMENT, f"{found.variant}: {found.message(fake.name)}"


@pytest.mark.parametrize("fake", _named(RIGHT))
def test_a_right_dtype_is_not_accused(fake):
    for found in dtypes(fake.operation):
        assert str(found.verdict) in AGREEMENT, found.message(fake.name)
        assert found.measured > 0


@pytest.mark.parametrize("fake", RIGHT_IN_FLOAT32, ids=[fake.name for fake in RIGHT_IN_FLOAT32])
def test_a_resizer_that_is_right_in_float32_is_not_accused(fake):
    """One computes in float32 whatever it is given, and says so; that is named, and nothing else of it."""
    for found in dtypes(fake.operation):
        if fake.name == "linear, computed in float32 throughout" and found.variant == "float64":
            assert (str(found.verdict), found.headline) == ("approximates", "weights in float32")
        else:
            assert str(found.verdict) in AGREEMENT, found.message(fake.name)


HEADLINES = {
    ("half-even, saturates", "uint8"): "half-even, saturates",
    ("half-up, saturates", "int8"): "half-up, saturates",
    ("half-away, saturates", "int16"): "half-away, saturates",
    ("half-down, saturates", "uint8"): "half-down, saturates",
    ("copies", "uint16"): "copies",
    ("truncates", "int16"): "truncates",
    ("rounds down", "uint8"): "truncates or floors, saturates",
    ("rounds up", "uint8"): "rounds up",
    ("adds one", "uint8"): "+1 level",
    ("wraps around", "uint8"): "wraps around",
    ("saturates as if unsigned", "int8"): "negative becomes 0",
    ("rounds between passes", "uint8"): "rounds between passes",
    ("rounds and clamps between passes", "uint8"): "rounds and clamps between passes",
    ("clamps between passes", "uint8"): "clamps between passes",
    ("has 8-bit weights for bytes", "uint8"): "8-bit weights",
    ("has coordinates in sixteenths of a pixel for bytes", "uint8"): "coordinates in 1/16 pixel",
    ("computes int32 in float32", "int32"): "computed in float32",
    ("returns float32, whatever it is given", "uint8"): "returns float32",
    ("accumulates in the dtype of the image", "float16"): "weights or sums in float16",
    ("rounds short floats between passes", "bfloat16"): "rounds to bfloat16 between passes",
    ("computes coordinates in float16", "float16"): "coordinates in float16",
    ("computes float64 in float32", "float64"): "computed in float32",
    ("weighs float64 with float32 weights", "float64"): "weights in float32",
    ("truncates float64 pixels to integers", "float64"): "fractions of pixels are ignored",
}


@pytest.mark.parametrize(("name", "variant"), HEADLINES, ids=[f"{name} {variant}" for name, variant in HEADLINES])
def test_what_was_found_is_said_in_a_few_words(name, variant):
    (fake,) = [fake for fake in (*WRONG, *RIGHT) if fake.name == name]
    (found,) = [found for found in dtypes(fake.operation) if found.variant == variant]
    assert found.headline == HEADLINES[name, variant]
    assert len(found.headline.split()) <= 6


def test_figures_of_truncation_are_those_of_truncation():
    (fake,) = [fake for fake in WRONG if fake.name == "truncates"]
    (found,) = [found for found in dtypes(fake.operation) if found.variant == "uint8"]
    assert found.figures["explained"] == 1
    assert -0.5 < found.figures["bias"] < -0.3
    assert 0.2 < found.figures["not correctly rounded"] < 0.6
    assert 0.9 < found.gain < 1
    assert found.figures["returned dtype"] == "uint8"


def test_what_the_framework_refuses_is_kept():
    def refusing(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        if image.dtype != np.float32:
            raise TypeError(f"no {image.dtype} here")
        return np.zeros(size, np.float32)

    found = dtypes(refusing)
    assert {str(one.verdict) for one in found} == {"unsupported"}
    assert found[0].refused == "TypeError: no uint8 here"


def test_a_dtype_alone_may_have_another_size():
    def larger(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        return np.zeros((size[0] + (image.dtype == np.uint8), size[1]), image.dtype)

    (found,) = [one for one in dtypes(larger) if one.variant == "uint8"]
    assert found.attribution.factors == ("output size",)


# Operations of which some dtype is known to differ, with that dtype.
REPRODUCED = [
    ("torch interpolate(mode=bicubic, align_corners=False)", "uint8"),
    ("torch interpolate(mode=bicubic, align_corners=False)", "bfloat16"),
    ("opencv warpAffine(INTER_CUBIC, BORDER_REPLICATE, half_pixel map)", "float64"),
    ("opencv resize(INTER_LINEAR_EXACT)", "uint8"),
    ("onnxruntime Resize-19(mode=linear, coordinate_transformation_mode=half_pixel, antialias=1)", "int8"),
    ("tensorflow keras.layers.Resizing()", "int32"),
]


@pytest.mark.parametrize(("name", "variant"), REPRODUCED, ids=[f"{name} {variant}" for name, variant in REPRODUCED])
def test_a_reproduction_shows_what_was_measured(name, variant, tmp_path):
    (chosen,) = [one for one in adapters.operations() if one.id == name]
    (found,) = [one for one in dtypes(chosen) if one.variant == variant]
    assert not found.verdict.is_agreement
    assert "golden" not in found.reproduction
    assert "halfpixel" not in found.reproduction
    program = tmp_path / "reproduction.py"
    program.write_text(found.reproduction)
    done = subprocess.run([sys.executable, str(program)], cwd=tmp_path, capture_output=True, text=True, check=True)
    shown = done.stdout.split(" is ")[1].split(" and should be ")
    assert float(shown[0]) == pytest.approx(float(found.got), rel=1e-12)
    assert float(shown[1].split()[0]) != float(shown[0])


def test_weights_are_the_claim_where_float32_is_refused():
    def bytes_only(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        if image.dtype != np.uint8:
            raise TypeError("bytes only")
        return np.zeros(size, np.uint8)

    operation = adapters.from_callable(bytes_only, claim=LINEAR)
    assert weights_of(operation, (4, 4), (8, 8)) is exact_weights(LINEAR, (4, 4), (8, 8))


def test_every_nearest_rule_is_a_rule():
    assert set(NEAREST_RULES) < set(ROUNDING_RULES)


def test_integers_that_are_documented_to_be_scaled_are_expected_so():
    """Divided by the highest value, the lowest of a signed dtype being as far from zero; undivided they differ."""

    def scaled(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        highest = np.iinfo(image.dtype).max if image.dtype.kind in "iu" else 1
        return exact_values(RIGHT_LINEAR, image.clip(-highest if image.min() < 0 else 0), size) / highest

    def unscaled(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        return exact_values(RIGHT_LINEAR, image, size)

    def verdicts(resize: Callable, scales_integers: bool) -> set[str]:
        found = dtypes(from_callable(resize, claim=LINEAR, scales_integers=scales_integers))
        return {one.verdict for one in found if "int" in one.variant}

    assert verdicts(scaled, True) <= set(AGREEMENT)
    assert verdicts(scaled, False) == {"diverges"}
    assert verdicts(unscaled, True) == {"diverges"}
