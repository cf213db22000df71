"""Reading a catalogue: what its patterns match, in which order its entries stand, what is refused and how."""

from __future__ import annotations

from dataclasses import replace

import pytest

from halfpixel.defects.catalogue import CatalogueError, Pattern, load
from halfpixel.defects.consistency import problems
from tests.defects.conftest import DEFECT, HEAD, OPEN, ROUNDED, SATURATED


def test_an_answer_has_the_entry_whose_pattern_it_fits(ledger):
    catalogue = load("pretend", ledger())
    assert [defect.id for defect in catalogue.explaining(SATURATED)] == ["sum-of-bytes"]
    assert [defect.id for defect in catalogue.explaining(ROUNDED)] == ["rounding"]
    assert catalogue.explaining(replace(SATURATED, causes=("saturation", "rounding"))) == []


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        (Pattern(), True),
        (Pattern(call=("resize(*)",)), True),
        (Pattern(call=("resize(l",)), False),
        (Pattern(call=("resize(LINEAR)",)), False),
        (Pattern(call=("resize(linear)",), except_call=("*linear*",)), False),
        (Pattern(variant=("int*", "uint*")), True),
        (Pattern(except_variant=("uint8",)), False),
        (Pattern(suite=("edges",)), False),
        (Pattern(verdict=("diverges",)), True),
        (Pattern(causes=("saturation", "rounding")), True),
        (Pattern(causes=("rounding",)), False),
    ],
    ids=str,
)
def test_every_field_that_is_given_must_hold(pattern, fits):
    assert pattern.matches(SATURATED) is fits


def test_brackets_and_dots_of_a_pattern_are_themselves():
    answer = replace(SATURATED, call="zoom(x[0], 1.5)")
    assert Pattern(call=("zoom(x[0], *",)).matches(answer)
    assert not Pattern(call=("zoom(x.0., *",)).matches(answer)


def test_what_has_no_cause_fits_no_pattern_with_causes():
    assert not Pattern(causes=("saturation",)).matches(replace(SATURATED, causes=()))


def test_a_question_is_asked_whatever_the_answer(ledger):
    defect = load("pretend", ledger()).defect("sum-of-bytes")
    assert defect.asks(replace(SATURATED, verdict="agrees", causes=()))
    assert not defect.asks(replace(SATURATED, variant="float32"))


def test_defects_come_before_what_is_none_and_the_worst_first(ledger):
    crash = DEFECT.replace("sum-of-bytes", "falls-over").replace("silent values", "crash")
    rare = DEFECT.replace("sum-of-bytes", "rare").replace("default call", "extreme input")
    catalogue = load("pretend", ledger(HEAD + OPEN + rare + DEFECT + crash))
    assert [defect.id for defect in catalogue.defects] == ["falls-over", "sum-of-bytes", "rare", "rounding"]


def test_releases_have_what_all_of_them_need(ledger):
    assert dict(load("pretend", ledger()).releases) == {"1.9": "six==1 numpy==1", "2.0": "six==1"}


def test_since_when_is_said_in_words(ledger):
    defect = load("pretend", ledger()).defect("sum-of-bytes")
    assert defect.since == "since 2.0; not in 1.9"
    assert replace(defect, last_good="none measured").since == "since 2.0 or earlier"


@pytest.mark.parametrize(
    ("fixed_in", "version", "is_fixed"),
    [("4.10", "4.9.1", False), ("4.10", "4.10.0+cpu", True), ("4.10", "5.0", True), ("", "5.0", False)],
)
def test_a_release_has_it_fixed_from_the_one_named_on(ledger, fixed_in, version, is_fixed):
    assert replace(load("pretend", ledger()).defects[0], fixed_in=fixed_in).is_fixed(version) is is_fixed


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("program = ", "unused = "), "unknown field 'unused'"),
        (("kind = ", "sort = "), "pretend.toml:13: unknown field 'sort'"),
        (('kind = "silent values"', 'kind = "odd"'), "unknown kind 'odd'; allowed: memory, crash, silent values"),
        (('reach = "default call"', 'reach = "often"'), "unknown reach 'often'; allowed: default call"),
        (("last_good", "fixed_in"), "last_good is missing, which an entry of kind silent values must have"),
        (('searched = "2026-12-01: resize uint8 overflow"', ""), "searched is missing"),
        (('upstream = "not reported"', 'upstream = "#12"'), "upstream must be an https address"),
        (("import numpy as np", "import numpy as np\n" * 9), "the program has more than 10 lines"),
        (('causes = ["saturation"]', 'causes = ["bad luck"]'), "unknown causes 'bad luck'; allowed: determinism"),
        (('suite = "dtypes"', 'suite = "types"'), "unknown suite 'types'; allowed: conformance"),
        (('variant = "uint8*"', "variant = 8"), "variant of a pattern must be text or a list of texts"),
        (("[[defect]]", "[[defects]]"), "unknown 'defects'"),
        (('workaround = "Resize as float32."', "workaround = 1"), "workaround must be text"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_malformed_entry_is_one_line_with_file_and_line(ledger, change, words):
    assert change[0] in DEFECT
    with pytest.raises(CatalogueError) as raised:
        load("pretend", ledger(HEAD + DEFECT.replace(*change, 1)))
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_only_an_entry_with_a_program_may_be_without_patterns(ledger):
    without = DEFECT.replace(DEFECT[DEFECT.index("affects") : DEFECT.index("not_affected")], "")
    (defect,) = load("pretend", ledger(HEAD + without)).defects
    assert not defect.explains(SATURATED)
    load.cache_clear()
    with pytest.raises(CatalogueError, match="affects is missing"):
        load("pretend", ledger(HEAD + OPEN.replace("affects", "# ")))


def test_a_catalogue_of_another_framework_is_refused(ledger):
    with pytest.raises(CatalogueError, match=r"pretend.toml:1: the file must begin with .*framework = 'pretend'"):
        load("pretend", ledger(HEAD.replace('"pretend"', '"other"')))


def test_a_catalogue_that_fits_its_lock_has_no_problems(ledger):
    assert list(problems("pretend", ledger(HEAD + DEFECT + OPEN, SATURATED, ROUNDED))) == []


def test_what_a_locked_release_has_fixed_may_have_no_answer(ledger):
    fixed = DEFECT.replace('first_bad = "2.0"', 'fixed_in = "2.0"\nfirst_bad = "1.8"')
    assert list(problems("pretend", ledger(HEAD + fixed + OPEN, ROUNDED))) == []


@pytest.mark.parametrize(
    ("text", "answers", "words"),
    [
        (HEAD + DEFECT, (SATURATED, ROUNDED), "dtypes 'resize(linear) [int16]' (approximates; rounding): no entry"),
        (HEAD + DEFECT + OPEN, (ROUNDED,), "sum-of-bytes: pattern 1 matches nothing"),
        (HEAD + DEFECT + DEFECT.replace("sum-of", "other"), (SATURATED,), "explained by sum-of-bytes and other-bytes"),
        (HEAD + DEFECT + DEFECT.replace("sum-of", "other"), (SATURATED,), "two entries are called 'resize adds"),
        (HEAD + DEFECT, (replace(SATURATED, defect="old"),), "locked as old, explained by sum-of-bytes"),
    ],
    ids=["no entry", "idle pattern", "two entries", "one title", "moved"],
)
def test_what_does_not_fit_is_listed(ledger, text, answers, words):
    assert words in "\n".join(problems("pretend", ledger(text, *answers)))
