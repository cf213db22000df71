"""Is the right call found, is what differs named, and is nothing printed that was not run?"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from halfpixel.golden import Convention, matrix
from halfpixel.golden.vocabulary import Verdict
from halfpixel.probe import compare
from halfpixel.probe.compare.measurement_store import Store
from halfpixel.probe.measure.sizes import SizeSet, exhaustive
from halfpixel.probe.translate.call_programs import call_program, run_text
from halfpixel.probe.translate.function_comparison import FunctionIndex
from halfpixel.probe.translate.translator import Translator
from halfpixel.probe.translate.verification import check_text
from halfpixel.suites.records.translations import OperationTranslations
from tests.fakes.translate import doubles, fake, refusing

PAIRS = (*exhaustive(4), (8, 5), (5, 8), (3, 6), (8, 2), (3, 8), (8, 7), (6, 6), (2, 7), (7, 21), (20, 6), (9, 16))


@pytest.fixture
def store(tmp_path: Path, along_axes_alone: None) -> Store:
    """Measurements of this test alone."""
    return Store(tmp_path, SizeSet("few", PAIRS))


def _translator(store: Store, *operations) -> Translator:
    return Translator(FunctionIndex(operations, store.judgement, PAIRS))


def test_the_plainest_of_equal_calls_is_chosen(store):
    """The default call before one that says more, and before one that is nearer in the list."""
    subject = fake("here", kernel="linear")
    said, default = fake("there", kernel="linear", border="replicate"), fake("there", is_default=True)
    said = dataclasses.replace(said, name="resize(said)")
    found = _translator(store, subject, said, default, fake("there", kernel="cubic")).to(subject, "there")
    assert found.is_reproduced
    assert found.to == default
    assert (found.found.verdict, found.pairs, found.of) == (Verdict.EXACT, len(PAIRS), len(PAIRS))
    assert found.workarounds is None


_APART = [
    ({"kernel": "cubic", "cubic_coeff_a": "-1/2"}, {"kernel": "cubic"}, "cubic coefficient"),
    ({"kernel": "linear", "coordinate_transformation_mode": "align_corners"}, {"kernel": "linear"}, "coordinates"),
    ({"kernel": "linear", "antialias": True}, {"kernel": "linear"}, "antialias"),
    ({"kernel": "cubic", "border": "mirror"}, {"kernel": "cubic"}, "border"),
    ({"kernel": "nearest", "nearest_mode": "round_prefer_ceil"}, {"kernel": "nearest"}, "ties"),
    ({"kernel": "lanczos"}, {"kernel": "cubic"}, "kernel"),
]


@pytest.mark.parametrize(("mine", "its", "factor"), _APART, ids=[row[2] for row in _APART])
def test_what_differs_is_named_with_its_worst_error(mine, its, factor, store):
    """Beside a call that is further away; the figures are those that a comparison gives."""
    subject, near, far = fake("here", **mine), fake("there", **its), fake("there", kernel="linear", border="wrap")
    found = _translator(store, subject, far, near).to(subject, "there")
    assert not found.is_reproduced
    assert (found.to, found.factors) == (near, (factor,))
    expected = compare(near.claim, subject.claim, PAIRS)
    assert found.found.verdict is expected.verdict
    assert found.found.gain == pytest.approx(expected.gain, rel=1e-5)
    assert found.found.grey_levels == pytest.approx(expected.grey_levels, rel=1e-5)
    assert found.found.differing == expected.differing


def test_another_kernel_is_no_tie(store):
    """Every output of a blurred pick of every second pixel lies on a tie of the pick, and that explains nothing."""
    subject = fake("here", kernel="nearest", nearest_mode="floor", prefilter="binomial", border="mirror")
    found = _translator(store, subject, fake("there", kernel="linear")).to(subject, "there")
    assert found.found.verdict is Verdict.DIVERGES


_BY_HAND = [
    ({"kernel": "cubic", "border": "mirror"}, {"kernel": "cubic"}, "pad and crop", [(10, 17), (23, 11), (5, 9)]),
    ({"kernel": "cubic", "border": "renormalise"}, {"kernel": "cubic"}, "pad and crop", [(10, 17), (23, 11)]),
    (
        {"kernel": "linear", "coordinate_transformation_mode": "align_corners"},
        {"kernel": "linear"},
        "pad and crop",
        [(10, 28), (6, 16), (16, 6)],
    ),
    (
        {"kernel": "bspline", "prefilter": "bspline", "border": "reflect"},
        {"kernel": "bspline", "prefilter": "bspline", "border": "mirror"},
        "pad and crop",
        [(10, 17), (9, 4)],
    ),
    (
        {"kernel": "linear", "antialias": True, "border": "renormalise"},
        {"kernel": "linear"},
        "blur first",
        [(24, 8), (24, 6), (7, 10), (30, 5)],
    ),
    ({"kernel": "cubic", "antialias": True}, {"kernel": "linear"}, "blur first", [(24, 8), (24, 6), (30, 5)]),
    ({"kernel": "lanczos", "antialias": True, "border": "reflect"}, {"kernel": "linear"}, "blur first", [(24, 8)]),
    ({"kernel": "nearest"}, {"kernel": "linear"}, "indices", [(26, 22), (10, 17), (60, 55)]),
    (
        {"kernel": "nearest", "nearest_mode": "round_half_even", "coordinate_transformation_mode": "align_corners"},
        {"kernel": "linear"},
        "indices",
        [(64, 31), (10, 17), (1, 5), (5, 1)],
    ),
]


@pytest.mark.parametrize(("mine", "its", "kind", "sizes"), _BY_HAND, ids=[f"{r[2]}: {r[0]}" for r in _BY_HAND])
def test_what_is_printed_to_do_by_hand_is_right_at_sizes_it_was_not_proved_at(mine, its, kind, sizes, store):
    """The whole printed text, run as printed, against the exact matrices; also with unlike axes."""
    subject = fake("here", **mine)
    found = _translator(store, subject, fake("there", **its)).to(subject, "there")
    recipe = next(each for each in found.workarounds.recipes if each.kind == kind)
    assert 0 < recipe.proved <= recipe.of
    for rows, columns in zip(sizes, sizes[1:] + sizes[:1], strict=True):
        image = np.random.default_rng(7).uniform(-1, 1, (rows[0], columns[0])).astype(np.float32)
        got = run_text(recipe.program, "translated", image, rows[1], columns[1])
        left, right = (matrix(subject.claim, *pair).to_array() for pair in (rows, columns))
        assert np.abs(got - left @ image @ right.T).max() < 2e-5


def test_a_recipe_refuses_where_it_is_not_right(store):
    """No blur is right for 20 -> 6."""
    subject = fake("here", kernel="linear", antialias=True)
    found = _translator(store, subject, fake("there", kernel="linear")).to(subject, "there")
    recipe = found.workarounds.recipes[0]
    assert recipe.proved < recipe.of
    with pytest.raises(ValueError, match="no blur is right for 20 -> 6"):
        run_text(recipe.program, "translated", np.zeros((20, 20), np.float32), 6, 6)


def test_a_recipe_that_is_wrong_is_not_printed(store):
    """Padding cannot make one kernel of another."""
    subject = fake("here", kernel="cubic", border="mirror")
    found = _translator(store, subject, fake("there", kernel="lanczos", border="replicate")).to(subject, "there")
    assert found.workarounds.recipes == ()
    assert found.workarounds.exact == "weights"


def test_a_call_for_few_sizes_is_said_to_be_for_few(store):
    """It agrees at all sizes that it takes, and is no reproduction."""
    subject = fake("here", kernel="linear")
    found = _translator(store, subject, fake("there", accepts=doubles, kernel="linear")).to(subject, "there")
    assert found.found.verdict.is_agreement
    assert not found.is_reproduced
    assert (found.pairs, found.of) == (3, len(PAIRS))
    assert "n_out is twice n_in" in found.where


def test_calls_that_are_right_at_one_kind_of_sizes_are_named(store):
    """Without antialias is the same when enlarging."""
    subject = fake("here", kernel="linear", antialias=True)
    other, plain = fake("there", kernel="box", antialias=True), fake("there", kernel="linear")
    found = _translator(store, subject, other, plain).to(subject, "there")
    assert dict(found.parts)["when enlarging"] == plain


def test_what_no_convention_explains_is_measured(store):
    """Then its measured weights are what is always right."""
    subject = fake("here", kernel="linear", brighter=1.25)
    found = _translator(store, subject, fake("there", kernel="linear")).to(subject, "there")
    assert found.workarounds.exact == "measured weights"
    assert found.found.gain == pytest.approx(0.25, rel=1e-4)


def test_what_refuses_everything_is_not_measured(store):
    """As subject and as target: never 'no translation'."""
    here, there = fake("here", kernel="linear"), refusing("there")
    translator = _translator(store, here, there)
    assert "not today" in translator.to(here, "there").reason
    assert "not today" in translator.to(there, "here").reason
    assert translator.to(here, "here").reason == "here has no other call"


def test_a_call_of_integers_is_taken_at_its_word(store):
    """It is translated, and is no target."""
    whole = dataclasses.replace(fake("here", kernel="linear"), name="resize(uint8)", dtype="uint8")
    translator = _translator(store, whole, fake("there", kernel="linear"))
    assert translator.frameworks == ("there",)
    assert translator.to(whole, "there").is_reproduced
    answered = OperationTranslations(whole, translator, set())
    assert answered.records[-1].documented
    assert answered.faults() == []


def _first(store, mine, its):
    subject = fake("here", **mine)
    translator = _translator(store, subject, fake("there", **its))
    one = translator.to(subject, "there")
    return one, translator.functions.of(subject), translator.functions.of(one.to)


@pytest.mark.parametrize("share", [0.5, 1.5])
def test_a_row_with_a_wrong_figure_fails(share, store):
    """Too small and too large alike; the true one passes."""
    one, mine, its = _first(store, {"kernel": "cubic"}, {"kernel": "linear"})
    assert list(check_text(one, mine, its, call_program(one.to))) == []
    lie = dataclasses.replace(one, found=dataclasses.replace(one.found, gain=share * one.found.gain))
    assert any("is stated" in line for line in check_text(lie, mine, its, call_program(one.to)))


def test_a_row_with_another_text_fails(store):
    """What is run is the text, not the operation."""
    one, mine, its = _first(store, {"kernel": "linear"}, {"kernel": "linear"})
    assert one.is_reproduced
    assert list(check_text(one, mine, its, call_program(one.to))) == []
    other = call_program(fake("there", kernel="cubic"))
    assert any("off by" in line for line in check_text(one, mine, its, other))


def test_every_row_of_a_table_of_fakes_holds(store):
    """Several at once, as the suite asks them; calls and texts are kept once."""
    operations = [fake("here", **row[0]) for row in _APART] + [fake("there", **row[1]) for row in _APART[:4:3]]
    translator, kept = _translator(store, *operations), set()
    records = []
    for operation in operations:
        answered = OperationTranslations(operation, translator, kept)
        assert answered.faults() == []
        records += answered.records
    shared = [each for each in records if each.type != "translation"]
    assert len(shared) == len(set(shared))
    assert {each.framework for each in records if each.type == "call"} == {"here", "there"}


def test_the_convention_of_a_text_is_the_one_meant():
    """Printed as Python source, it comes back equal."""
    from halfpixel.probe.translate.workarounds import convention_expression

    for convention in (
        Convention(kernel="cubic", cubic_coeff_a="-3/5", antialias=True, border="renormalise"),
        Convention(kernel="nearest", nearest_mode="floor", coordinate_transformation_mode="asymmetric"),
        Convention(coordinate_transformation_mode="tf_crop_and_resize", roi=("1/8", "3/4")),
        Convention(kernel="bspline", order=5, prefilter="bspline", border="wrap"),
    ):
        assert eval(convention_expression(convention), {"Convention": Convention}) == convention


def test_sizes_at_which_there_are_no_numbers_are_left_out(store):
    """As subject they are not asked; as target the call is not defined there, and is no reproduction."""
    broken = fake("there", kernel="linear", brighter=float("nan"))
    plain, some = fake("here", kernel="linear"), fake("here", kernel="cubic")
    translator = _translator(store, plain, some, broken)
    assert translator.to(plain, "there").to is None
    assert translator.to(broken, "here").reason
