"""Every finding reads as one sentence that says what was measured, and no more."""

from __future__ import annotations

import re

import pytest

from halfpixel.golden import Convention
from halfpixel.golden.convention import COORDINATE_TRANSFORMATION_MODES
from halfpixel.golden.vocabulary import VARIANT_SUITES, Cause, Suite, Verdict
from halfpixel.reports.records.record_types import Attribution, Finding, Refusal, WorstCase
from halfpixel.reports.text.phrases import FACTOR_PHRASES, SAMPLING_PHRASES, factor_phrase
from halfpixel.reports.text.sentences import LONGEST, sentence

NEAREST = Convention(kernel="nearest", nearest_mode="round_prefer_floor")
CORNER = Convention(kernel="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")


def one(**changes: object) -> Finding:
    """A nearest call that floors from the corner where pixel centres are documented."""
    values = {
        "suite": "conformance",
        "question": "?",
        "operation": "lib resize(NEAREST)",
        "framework": "lib",
        "against": str(NEAREST),
        "verdict": "diverges",
        "gain": 2.0,
        "grey_levels": 255.0,
        "pixels_moved": 0.5,
        "pairs_measured": 2080,
        "pairs_differing": 838,
        "differing_up": 456,
        "differing_down": 382,
        "worst": WorstCase(
            axis="height",
            n_in=3,
            n_out=5,
            output_index=3,
            region="interior",
            coordinate="8/5",
            expected=(0, 0, 1),
            got=(0, 1, 0),
            image=(0, 1, -1),
        ),
        "attribution": Attribution(factors=("coordinates",), explanation="made up", convention=str(CORNER)),
    }
    return Finding(**values | changes)


def caused(*factors: str, explanation: str = "made up", convention: str | None = None) -> Attribution:
    return Attribution(factors=factors, explanation=explanation, convention=convention)


def test_a_divergence_says_what_it_does_where_and_how_bad():
    assert sentence(one()) == (
        "lib resize(NEAREST) samples from the corner (output index times scale), not at half-pixel centres, when "
        "enlarging or shrinking (838 pairs of sizes): from 3 to 5 pixels, output 3 takes pixel 1 instead of pixel 2; "
        "worst case: the whole range; samples move by up to half an input pixel."
    )


def test_a_mixture_names_the_weight_that_is_furthest_off():
    row = WorstCase(
        axis="width",
        n_in=2,
        n_out=1,
        output_index=0,
        region="border",
        coordinate="1/2",
        expected=(0.5, 0.5),
        got=(0.75, 0.5),
        image=(1, 0),
    )
    said = sentence(one(worst=row, grey_levels=0.25, pixels_moved=None, differing_up=0, attribution=caused("kernel")))
    assert said == (
        "lib resize(NEAREST) gives pixels other weights, when shrinking (838 pairs of sizes): from 2 to 1 pixel, "
        "output 0 gives pixel 0 the weight 0.75 instead of 0.5; worst case: 0.25 of 255 grey levels, less than one."
    )


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        ("nearest half_pixel ceil", "rounds coordinates by ceil, not by round_prefer_floor"),
        (None, "rounds differently"),
    ],
)
def test_rounding_names_the_rule_only_where_it_was_identified(measured, said):
    assert f"resize(NEAREST) {said}," in sentence(one(attribution=caused("rounding", convention=measured)))


@pytest.mark.parametrize(
    ("factor", "against", "measured", "said"),
    [
        ("kernel", "linear half_pixel", "cubic half_pixel", "weights pixels by the cubic kernel, not the linear one"),
        ("kernel", "linear half_pixel", "linear half_pixel", "gives pixels other weights"),
        (
            "cubic coefficient",
            "cubic half_pixel cubic_coeff_a=-3/4",
            "cubic half_pixel cubic_coeff_a=-1/2",
            "has the cubic coefficient -1/2, not -3/4",
        ),
        ("antialias", "linear half_pixel antialias", "linear half_pixel", "does not widen its kernel (no antialias)"),
        ("antialias", "linear half_pixel", "linear half_pixel antialias", "widens its kernel (antialias)"),
        ("antialias", "linear half_pixel", None, "differs in antialias"),
        ("border", "linear half_pixel", "linear half_pixel border=mirror", "has the border mirror, not replicate"),
        (
            "coordinates",
            "linear tf_crop_and_resize roi=1/8:3/4",
            "linear tf_crop_and_resize roi=0:1",
            "samples the region 0:1, not 1/8:3/4",
        ),
        ("coordinates", "the same image resized alone", None, "samples at other coordinates"),
    ],
)
def test_a_factor_says_both_values_where_both_conventions_are_known(factor, against, measured, said):
    assert factor_phrase(factor, one(against=against, attribution=caused(factor, convention=measured))) == said


def test_precision_says_the_step_of_coordinates_where_it_was_measured():
    told = caused("precision", explanation="coordinates are rounded to 1/32 of a pixel before the weights are taken")
    assert factor_phrase("precision", one(attribution=told)) == "rounds coordinates to 1/32 of a pixel"
    assert factor_phrase("precision", one(attribution=caused("precision"))) == "computes with less precision"


def test_every_factor_and_every_coordinate_mode_has_words():
    assert set(FACTOR_PHRASES) == set(Cause)
    assert set(SAMPLING_PHRASES) == set(COORDINATE_TRANSFORMATION_MODES)


@pytest.mark.parametrize("factor", Cause)
@pytest.mark.parametrize("suite", Suite)
def test_every_factor_reads_in_every_suite(factor, suite):
    finding = one(suite=suite, variant="a case" if suite in VARIANT_SUITES else "", attribution=caused(factor))
    said = sentence(finding)
    assert said.endswith(".")
    assert len(said) <= LONGEST
    assert "  " not in said
    assert not re.search(r"[:;,] ?[.:;,]", said)
    if suite in ("agreement", "defaults"):
        assert factor in said
    else:
        assert factor_phrase(factor, finding) in said


def test_several_factors_are_joined_and_none_is_said_to_be_none():
    assert "returns another size and differs at the border" in sentence(
        one(attribution=caused("output size", "border"))
    )
    assert "differs, and no one cause was found: " in sentence(one(attribution=None))


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("suite", Suite)
def test_the_least_that_a_record_may_hold_reads_too(suite, verdict):
    said = sentence(Finding(suite=suite, question="?", operation="a | b", framework="a", against="c", verdict=verdict))
    assert 10 < len(said) <= LONGEST
    assert said.endswith(".")
    assert not re.search(r"[:;,] ?\.|None|nan|\(\)", said)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"verdict": "exact"},
            "lib resize(NEAREST) does what its documentation says, bit for bit, in all 2,080 measurements.",
        ),
        (
            {"verdict": "agrees", "pairs_measured": 0},
            "lib resize(NEAREST) does what its documentation says, up to rounding.",
        ),
        ({"verdict": "not installed"}, "lib is not installed here, so nothing was measured."),
        (
            {"verdict": "unsupported", "refused": Refusal(pairs=3, message="no such\n  mode")},
            "lib resize(NEAREST) is refused by the framework, saying: no such mode.",
        ),
        (
            {"verdict": "error", "attribution": None, "worst": None, "gain": None, "grey_levels": None}
            | {"pixels_moved": None, "message": "boom"},
            "lib resize(NEAREST) fails, saying: boom.",
        ),
    ],
)
def test_what_is_no_divergence_has_a_plain_sentence(changes, said):
    assert sentence(one(**changes)) == said


def test_ties_are_said_to_be_ties():
    said = sentence(one(verdict="ties", attribution=caused("ties", "precision")))
    assert said.startswith(
        "lib resize(NEAREST) differs only where the coordinate is a rounding tie, or within float rounding of one, when"
    )


def test_a_chapter_says_the_case_and_the_figures():
    figures = {"worst at": "output [5, 2] of (5, 7) -> (8, 4)", "expected": "5.114377", "got": "25"}
    found = one(
        suite="dtypes",
        variant="uint8",
        headline="clamps between passes",
        unit="levels of the dtype",
        figures=figures,
        worst=None,
        gain=19.885,
        grey_levels=None,
        pixels_moved=None,
        differing_up=0,
        differing_down=0,
        attribution=caused("clamping"),
    )
    assert sentence(found) == (
        "lib resize(NEAREST), for uint8 images, clamps between its passes (clamps between passes): output [5, 2] of "
        "(5, 7) -> (8, 4): 25 instead of 5.114; worst case: 19.9 levels of the dtype; 838 of 2,080 cases differ."
    )


def test_numbers_are_written_with_the_digits_that_differ():
    figures = {"worst at": "output [3, 1]", "expected": "1.0354512345678", "got": "1.0354512345999"}
    said = sentence(
        one(suite="dtypes", variant="float64", figures=figures, worst=None, attribution=caused("precision"))
    )
    assert "output [3, 1]: 1.0354512346 instead of 1.03545123457" in said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"grey_levels": 306.8}, "worst case: more than the whole range (307 grey levels of 255)"),
        ({"grey_levels": 6.24}, "worst case: 6.24 of 255 grey levels;"),
        ({"grey_levels": None, "gain": float("nan")}, "worst case: not a finite number"),
        ({"grey_levels": None, "gain": 1.0, "unit": "output pixels"}, "worst case: 1 output pixel;"),
        ({"pixels_moved": 1.0}, "samples move by up to one input pixel."),
    ],
)
def test_how_bad_it_gets_is_in_words(changes, said):
    assert said in sentence(one(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"grey_levels": float("nan"), "gain": None},
        {"pixels_moved": float("nan")},
        {"pixels_moved": 0.001},
    ],
)
def test_what_was_not_measured_is_not_said(changes):
    said = sentence(one(**changes))
    assert ("worst case" not in said) if "gain" in changes else ("move" not in said)


def test_names_of_a_megabyte_and_lines_are_one_short_line():
    hostile = "lib resize(" + "a=\n\t1, " * 200_000 + ")"
    for finding in (one(operation=hostile), one(against=hostile), one(verdict="unsupported", message=hostile)):
        said = sentence(finding)
        assert len(said) <= LONGEST
        assert "\n" not in said


def test_long_calls_lose_whole_arguments():
    name = "lib Resize-19(mode=cubic, coordinate_transformation_mode=tf_crop_and_resize, exclude_outside=1, roi=0:1)"
    assert sentence(one(operation=name, verdict="exact")).startswith(
        "lib Resize-19(mode=cubic, coordinate_transformation_mode=tf_crop_and_resize, …) does what"
    )
