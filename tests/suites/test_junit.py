"""JUnit is pytest's own: one test case a question, known differences skipped with their reason, new ones failures."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tests.suites.conftest import locked

HOSTILE = "resize(<b>&\"'\x1b]0;\x07\u202e)"


@pytest.fixture
def cases(run, tmp_path):
    """The test cases of a run of one operation with this name, by their answers."""

    def made(function, name="resize()", **options):
        run(function, f"--junitxml={tmp_path / 'junit.xml'}", name=name, **options)
        return list(ElementTree.parse(tmp_path / "junit.xml").getroot().iter("testcase"))

    return made


def _case_with(cases, part):
    (only,) = [case for case in cases if part in case.get("name")]
    return only


def test_a_name_says_the_suite_the_question_and_the_operation(cases):
    case = _case_with(cases("right"), "pretend resize()")
    assert case.get("classname") == "suites.conformance.test_documentation"
    assert case.get("name") == "test_does_what_its_documentation_says[pretend resize()]"
    assert list(case) == []


def test_a_new_divergence_is_a_failure_with_the_message_and_the_reproduction(cases):
    (failure,) = _case_with(cases("wrong", lock=[]), "pretend resize()").iter("failure")
    assert "a difference that is not in the lock" in failure.get("message") + failure.text
    assert "attribution: normalisation" in failure.text
    assert "reproduce with:" in failure.text


def test_a_known_divergence_is_skipped_with_its_reason(cases):
    (skipped,) = _case_with(cases("wrong", lock=[locked()]), "pretend resize()").iter("skipped")
    assert skipped.get("type") == "pytest.xfail"
    assert "weights are half as large again" in skipped.get("message")


def test_a_refusal_is_skipped_or_fails_with_what_the_framework_said(cases):
    case = _case_with(cases("raising", lock=[]), "pretend resize()")
    assert "cannot resize on a Sunday" in "".join(str(part.get("message")) + str(part.text) for part in case)


def test_hostile_names_leave_it_well_formed(cases):
    case = _case_with(cases("wrong", HOSTILE, lock=[]), "resize(")
    assert "<b>" in case.get("name")
    assert not {"\x1b", "\x07"} & set(case.get("name"))
    assert list(case.iter("failure"))
