"""Tests the tester: every deliberately wrong resizer is caught for the right reason, and no right one is accused."""

from __future__ import annotations

import numpy as np
import pytest

from halfpixel import probe
from halfpixel.adapters.layout import WrongShape
from tests.fakes import RIGHT, WRONG, Fake

AGREEMENT = ("exact", "agrees")
MIN_WRONG = 48
MIN_RIGHT = 24


def _named(fakes: tuple[Fake, ...]) -> list:
    return [pytest.param(fake, id=fake.name) for fake in fakes]


def test_there_are_enough_fakes_and_each_has_a_name_of_its_own():
    """A table that shrank, or repeats itself, would pass unnoticed."""
    assert len(WRONG) >= MIN_WRONG
    assert len(RIGHT) >= MIN_RIGHT
    names = [fake.name for fake in (*WRONG, *RIGHT)]
    assert len(set(names)) == len(names)


def test_every_wrong_one_names_a_factor_and_no_right_one_does():
    """An empty set of factors could not be hit, and would say that there is no fault."""
    assert [fake.name for fake in WRONG if not fake.factors] == []
    assert [fake.name for fake in RIGHT if fake.factors] == []


@pytest.mark.parametrize("fake", _named(WRONG))
def test_a_wrong_resizer_is_caught_and_its_fault_is_named(fake: Fake):
    """The verdict must be a disagreement, attributed to something that is fair to say of the fault."""
    found = probe.check(fake.operation, fake.claim, sizes="quick")
    assert str(found.verdict) not in AGREEMENT, f"nothing found, gain {found.gain}"
    assert set(found.attribution.factors) & fake.factors, (
        f"attributed to {found.attribution.factors}, where {sorted(fake.factors)} would be fair"
    )


@pytest.mark.parametrize("fake", _named(RIGHT))
def test_a_right_resizer_is_not_accused(fake: Fake):
    """An implementation written without the golden side must agree with it."""
    found = probe.check(fake.operation, fake.claim, sizes="quick")
    assert str(found.verdict) in AGREEMENT, f"{found.verdict}, gain {found.gain}: {found}"
    assert found.attribution is None


@pytest.mark.parametrize("fake", _named((*WRONG, *RIGHT)))
def test_a_fake_takes_images_in_the_common_layout(fake: Fake):
    """Only a fault of the output size may return another shape, and none may change the image it is given."""
    images = np.random.default_rng(7).random((2, 6, 9, 3), dtype=np.float32)
    before = images.copy()
    if "output size" in fake.factors:
        with pytest.raises(WrongShape):
            fake.operation.run(images, (5, 4))
    else:
        assert fake.operation.run(images, (5, 4)).shape == (2, 5, 4, 3)
    np.testing.assert_array_equal(images, before)
