"""Are few calls measured, is what differs told in full, and is nothing said to be the same that whole images refute?"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from halfpixel.golden import Convention
from halfpixel.golden.vocabulary import Verdict
from halfpixel.probe.compare.measurement_store import Store
from halfpixel.probe.measure.sizes import SizeSet, exhaustive
from halfpixel.probe.translate import answering
from halfpixel.probe.translate.answering import Question
from halfpixel.probe.translate.candidate_calls import Answers
from halfpixel.probe.translate.function_comparison import FunctionIndex
from halfpixel.probe.translate.measurement_cache import CachedStore
from halfpixel.probe.translate.sources import convention_source
from halfpixel.probe.translate.translator import Translator
from halfpixel.reports.sections.translations import is_same_function
from halfpixel.suites.records.translations import OperationTranslations
from tests.fakes.translate import exact, fake, halving
from tests.probe.translate.test_translate import PAIRS

SIZES = SizeSet("few", PAIRS)


class Measured:
    """A store that notes what it is asked."""

    def __init__(self, folder: Path) -> None:
        self.store, self.ids = Store(folder, SIZES), []

    def __call__(self, operation):
        self.ids.append(operation.id)
        return self.store.judgement(operation)


@pytest.fixture
def judge(tmp_path: Path) -> Measured:
    return Measured(tmp_path)


def _translated(judge, source, calls, every=False):
    answers = Answers(source, judge, PAIRS)
    return answers.translation("there", calls, Translator, every), answers


_OTHERS = [
    fake("there", kernel=kernel, coordinate_transformation_mode=mode, border=border)
    for kernel in ("linear", "cubic", "lanczos")
    for mode in ("half_pixel", "asymmetric", "align_corners")
    for border in ("replicate", "mirror", "wrap")
]


@pytest.mark.usefixtures("along_axes_alone")
def test_a_call_that_documents_the_same_and_does_it_ends_the_search(judge):
    source = fake("here", kernel="cubic", border="mirror")
    found, answers = _translated(judge, source, _OTHERS)
    assert found.is_reproduced
    assert judge.ids == [source.id, found.to.id]
    assert answers.unmeasured["there"] == 0


@pytest.mark.usefixtures("along_axes_alone")
def test_where_none_is_the_same_few_are_measured_and_the_others_counted(judge):
    """The nearest is the one that measuring all of them finds."""
    source = fake("here", kernel="cubic", cubic_coeff_a="-1/2", border="mirror")
    found, answers = _translated(judge, source, _OTHERS)
    assert not found.is_reproduced
    assert len(judge.ids) < len(_OTHERS)
    assert answers.unmeasured["there"] == len(_OTHERS) - len(set(judge.ids) - {source.id})
    every, _ = _translated(judge, source, _OTHERS, every=True)
    assert every.to == found.to
    assert every.found.gain == found.found.gain


@pytest.mark.usefixtures("along_axes_alone")
def test_a_claim_that_does_not_hold_does_not_end_the_search(judge):
    """The liar is documented first; the call that documents nothing is the function."""
    source = fake("here", kernel="cubic")
    liar = dataclasses.replace(fake("there", kernel="linear"), name="resize(liar)", claim=source.claim)
    silent = dataclasses.replace(fake("there", kernel="cubic"), name="resize(silent)", claim=None)
    found, _ = _translated(judge, source, [liar, *_OTHERS[:3], silent])
    assert found.is_reproduced
    assert found.to == silent


def test_what_agrees_along_each_axis_and_not_on_both_is_not_the_same(judge):
    """Beside one that is; and alone it is no reproduction, with what whole images show."""
    source = fake("here", kernel="linear")
    mips = halving("there")
    found, _ = _translated(judge, source, [mips])
    assert not found.is_reproduced
    assert not found.difference.verdict.is_agreement
    assert found.difference.grey_levels > 1
    answer = answering.verdict_line(found)
    assert "reproduced" not in answer
    assert "both axes at once" in answer
    right = fake("there", kernel="linear")
    assert _translated(judge, source, [mips, right])[0].to == right
    silent = dataclasses.replace(mips, claim=None)
    found, _ = _translated(judge, source, [silent])
    assert not found.is_reproduced
    assert found.difference.verdict is Verdict.DIVERGES
    assert "the same along each axis alone" in answering.verdict_line(found)


def test_a_record_says_what_both_axes_show(judge):
    """So that a page never calls the pyramid the same function."""
    source, mips = fake("here", kernel="linear"), halving("there")
    translator = Translator(FunctionIndex([source, mips], judge, PAIRS))
    answers = OperationTranslations(source, translator, set())
    answer = answers.records[-1].answers["there"]
    assert not is_same_function(answer)
    assert answer["grey_levels"] > 1
    assert "both axes at once" in answer["where"]
    assert answers.faults() == []


def test_a_kind_of_sizes_is_named_only_where_both_axes_agree_there(judge):
    """The pyramid is linear along one axis at all sizes; with both halved it is not, and enlarging it is."""
    source = dataclasses.replace(fake("here", kernel="linear", antialias=True), claim=None)
    found, _ = _translated(judge, source, [halving("there")])
    assert dict(found.parts).keys() == {"when enlarging"}
    source = dataclasses.replace(fake("here", kernel="linear"), claim=None)
    found, _ = _translated(judge, source, [halving("there")])
    assert not found.is_reproduced
    assert found.factors == ("separability",)
    assert "when enlarging" in dict(found.parts)
    assert not {"when shrinking", "when shrinking by a whole factor"} & dict(found.parts).keys()


@pytest.mark.usefixtures("along_axes_alone")
def test_ties_are_told_as_ties(judge):
    source = fake("here", kernel="nearest", nearest_mode="round_prefer_floor")
    found, _ = _translated(judge, source, [fake("there", kernel="nearest", nearest_mode="round_prefer_ceil")])
    line = answering.verdict_line(found)
    assert found.found.verdict is Verdict.TIES
    differing = len(found.found.differing)
    assert line == (
        f"nearest: the same except at ties: {differing} of {len(PAIRS)} pairs of sizes; "
        "a tie moves one pixel: up to 255 grey levels"
    )


@pytest.mark.usefixtures("along_axes_alone")
def test_the_numbers_come_in_one_grammar(judge):
    source = fake("here", kernel="linear", coordinate_transformation_mode="align_corners")
    found, _ = _translated(judge, source, [fake("there", kernel="linear")])
    line = answering.verdict_line(found)
    assert line.startswith("nearest: diverges, worst error: ")
    assert " of 255 grey levels; moved by " in line
    assert " input pixels; gain " in line
    assert " for images in [-1, 1], at output " in line


@pytest.fixture
def question(tmp_path, monkeypatch, along_axes_alone):
    """Makes a question about a source, of a framework of fakes."""

    def asked(source, targets, dtype="both", fresh=False):
        monkeypatch.setattr(answering, "operations", lambda name: tuple(targets))
        store = CachedStore(tmp_path / "cache", SizeSet("few", (*exhaustive(4), (8, 5), (5, 8), (3, 6))), fresh)
        return Question(source, store, dtype)

    return asked


def test_an_answer_is_kept_and_given_again_as_it_was(question):
    asked = question
    source, targets = fake("here", kernel="cubic", border="mirror"), [fake("there", kernel="cubic")]
    assert asked(source, targets).known("there") is None
    first = asked(source, targets).answer("there")
    again = asked(source, targets).known("there")
    assert again is not None
    assert again.text.lines() == first.text.lines()
    assert (again.is_same, again.is_measured, again.values["verdict"]) == (False, True, first.values["verdict"])
    assert asked(source, targets, fresh=True).known("there") is None
    assert asked(source, targets, dtype="uint8").known("there") is None
    assert asked(source, [*targets, fake("there", kernel="linear")]).known("there") is None


def test_the_fallback_was_run_and_is_printed_without_this_project(question):
    asked = question
    answer = asked(fake("here", kernel="cubic", border="mirror"), [fake("there", kernel="linear")]).answer("there")
    programs = dict(answer.text.programs)
    assert "halfpixel" not in programs["weights"]
    proved = next(line for line in answer.text.workarounds if line.startswith("weights: "))
    assert "run at 9 shapes, both axes at once, off by " in proved


def test_measured_weights_that_are_not_the_call_are_not_printed(question):
    """A call that squares has no weights; nothing is claimed of it."""
    asked = question
    source = dataclasses.replace(fake("here", kernel="linear", brighter=1.25), name="resize(squared)")
    call = dataclasses.replace(source.native_call, expression=f"({source.native_call.expression}) ** 2")
    source = dataclasses.replace(source, run=call, call=call)
    answer = asked(source, [fake("there", kernel="linear")]).answer("there")
    assert "measured weights" not in dict(answer.text.programs)
    assert any("none: weights do not give this call" in line for line in answer.text.workarounds)


def test_a_program_that_fails_is_not_printed(question, monkeypatch):
    """It is said to fail, and the answer stands."""
    asked = question
    monkeypatch.setattr(
        answering, "exact_text", lambda *_: "def translated(x, h, w):\n    raise RuntimeError('no einsum')\n"
    )
    answer = asked(fake("here", kernel="cubic", border="mirror"), [fake("there", kernel="linear")]).answer("there")
    assert answer.is_measured
    assert "weights" not in dict(answer.text.programs)
    assert any("RuntimeError: no einsum" in line for line in answer.text.workarounds)


def test_a_convention_is_a_source_and_what_is_documented_comes_first(question):
    asked = question
    convention = Convention(kernel="cubic", border="mirror")
    same = fake("there", kernel="cubic", border="mirror")
    asking = asked(convention_source(convention), [fake("there", kernel="linear"), same])
    assert asking.first("there") == f"{same.native_call.expression} documents the same convention ({convention})"
    answer = asking.answer("there")
    assert (answer.is_same, answer.values["from"]) == (True, f"convention {convention}")
    nearest = asked(convention_source(convention), [fake("there", kernel="linear"), fake("there", kernel="cubic")])
    assert nearest.first("there").endswith("comes nearest by what is documented (differs in: border)")


def test_bytes_are_answered_beside_floats(question):
    """By default in a line; asked alone, they decide."""
    asked = question
    source, target = fake("here", kernel="linear"), fake("there", kernel="linear")
    both = asked(source, [target]).answer("there")
    assert both.is_same
    assert "grey levels apart" in both.text.in_bytes or "the same bytes" in both.text.in_bytes
    assert asked(source, [target], "float32").answer("there").text.in_bytes == ""
    alone = asked(source, [target], "uint8").answer("there")
    assert alone.is_same == (alone.values["uint8"]["levels"] == 0)


def test_a_call_that_takes_bytes_alone_is_judged_by_bytes(question):
    """What its documentation says of floats is not the last word."""
    asked = question
    source = dataclasses.replace(fake("here", kernel="linear"), name="resize(bytes)", dtype="uint8")
    answer = asked(source, [fake("there", kernel="linear")]).answer("there")
    assert answer.is_measured
    assert answer.is_same == (answer.values["uint8"]["levels"] == 0)
    assert answer.values["summary"].startswith("by its documentation")
    apart = asked(source, [fake("there", kernel="cubic")]).answer("there")
    assert any(line.startswith("weights: ") and "run at 9 shapes" in line for line in apart.text.workarounds)


def test_the_fakes_are_what_they_say():
    """The pyramid is linear along one axis, and not when both halve."""
    mips = halving("there")
    image = np.random.default_rng(0).uniform(-1, 1, (8, 8)).astype(np.float32)
    one, both = (mips.run(image[None, :, :, None], size)[0, :, :, 0] for size in ((8, 3), (3, 3)))
    assert np.allclose(one, exact(image, 8, 3, kernel="linear"), atol=1e-6)
    assert not np.allclose(both, exact(image, 3, 3, kernel="linear"), atol=0.1)
