"""Every number of the guide to ``align_corners`` is computed anew, in both languages, and none stands unmarked."""

from __future__ import annotations

import re

import pytest

from halfpixel.segmentation.guide_numbers import CALLS, GUIDES, MARKED, evaluate_call, with_recomputed_numbers

# What the text chooses rather than finds: sizes of its examples, the stride, a claim that it quotes, names and the
# halves of the two formulas. Everything else must be marked.
CHOSEN = {"0", "1", "2", "3", "5", "8", "63", "64", "97", "512", "513", "768", "769", "1024", "1/8", "3.5"}
NAMES = re.compile(r"TensorFlow [12]|`[^`]*`|\]\([^)]*\)|```.*?```", re.DOTALL)
NUMBER = re.compile(r"\d+(?:[./]\d+)?")


@pytest.mark.parametrize("path", GUIDES, ids=["English", "Chinese"])
def test_every_marked_number_is_what_the_suites_compute(path):
    text = path.read_text(encoding="utf-8")
    marked = MARKED.findall(text)
    assert len(marked) > 15
    assert [(call, evaluate_call(call)) for call, _ in marked] == marked
    assert with_recomputed_numbers(text) == text


@pytest.mark.parametrize("path", GUIDES, ids=["English", "Chinese"])
def test_every_other_number_is_a_choice(path):
    plain = NAMES.sub("", MARKED.sub("", path.read_text(encoding="utf-8")))
    assert set(NUMBER.findall(plain)) <= CHOSEN


def test_both_languages_give_the_same_numbers():
    def calls(path):
        marked = (call for call, _ in MARKED.findall(path.read_text(encoding="utf-8")))
        return sorted(re.sub(r'"(?:en|zh)"|"yes", "no"|"是", "否"', "", call) for call in marked)

    english, chinese = map(calls, GUIDES)
    assert english == chinese
    assert {call.partition("(")[0] for call in english} <= CALLS.keys()


@pytest.mark.parametrize("path", GUIDES, ids=["English", "Chinese"])
def test_a_wrong_number_is_noticed(path):
    text = path.read_text(encoding="utf-8")
    wrong = text.replace("-->3 2/3<!--/-->", "-->3 1/2<!--/-->", 1)
    assert wrong != text
    assert with_recomputed_numbers(wrong) == text


@pytest.mark.parametrize("call", ["__import__('os')", "shift.__class__(1)", "shift(n, m)", "no such", "shift"])
def test_nothing_but_the_named_calls_is_evaluated(call):
    with pytest.raises(ValueError, match=r"not a call|malformed"):
        evaluate_call(call)
