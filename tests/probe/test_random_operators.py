"""Random wrong resizers are caught, whatever their fault, place and sizes; what they are made of is right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from halfpixel.adapters import from_callable
from halfpixel.probe import check
from halfpixel.probe.compare.both_axes.whole_operator import check_whole_operator
from tests.fakes.random_operators import (
    CHANGES,
    CONDITIONS,
    OTHERS,
    PLACES,
    RIGHT,
    Change,
    Condition,
    Place,
    WrongOperator,
    wrong_operators,
)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(wrong_operators())
def test_no_random_wrong_operator_is_certified(operator: WrongOperator):
    """``tox run -e bench -- --only random`` asks thousands."""
    whole = check_whole_operator(operator.operation, operator.claim, stops_at_first=True)
    assert not whole.is_verified or not check(operator.operation, operator.claim).verdict.is_agreement


@pytest.mark.parametrize("name", RIGHT)
def test_what_they_are_made_of_is_certified(name: str):
    """A generator of faults on something wrong would prove nothing."""
    claim, resize = RIGHT[name]
    assert check_whole_operator(from_callable(resize, name), claim, random=20).is_verified


@pytest.mark.parametrize("place", PLACES)
def test_a_fault_shows_only_at_its_place(place: str):
    """Elsewhere, and at other sizes, the result is the right one, bit for bit."""
    operator = WrongOperator("cubic", Condition("wide by a factor", 1.0), Place(place, 3), Change("is brighter"))
    image = np.random.default_rng(0).uniform(0.5, 1, (9, 13)).astype(np.float32)
    right = RIGHT["cubic"][1]
    differs = operator.operation.run(image[None, :, :, None], (17, 20))[0, :, :, 0] != right(image, (17, 20))
    np.testing.assert_array_equal(differs, Place(place, 3).mask((17, 20)))
    assert differs.any()
    tall = np.ascontiguousarray(image.T)
    np.testing.assert_array_equal(
        operator.operation.run(tall[None, :, :, None], (7, 5))[0, :, :, 0], right(tall, (7, 5))
    )


def test_every_condition_and_every_change_can_show():
    """None of them is dead: each shows at some of the sizes that decide whether a fault counts."""
    for name in CONDITIONS:
        assert WrongOperator("linear", Condition(name, 1.5, 40), Place("everywhere"), Change("is brighter")).shows, name
    for name in CHANGES:
        other = "lanczos antialias"
        assert WrongOperator("linear", Condition("always"), Place("everywhere"), Change(name, 1.0, other)).shows, name
    assert len(OTHERS) > len(RIGHT)
