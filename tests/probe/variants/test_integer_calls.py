"""Tests the suite of dtypes on calls that take one integer dtype only, with the channels they have."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from halfpixel import adapters
from halfpixel.probe.variants.dtypes.channels import planes_in_channels
from halfpixel.probe.variants.dtypes.observe import dtypes
from halfpixel.probe.variants.dtypes.worst_case_inputs import integer_grid
from tests.fakes.variants.integer_calls import RIGHT, WRONG, IntegerFake

AGREEMENT = ("exact", "agrees")


def _named(fakes: tuple[IntegerFake, ...]) -> list:
    return [pytest.param(fake, id=fake.name) for fake in fakes]


@pytest.mark.parametrize("fake", _named(WRONG))
def test_a_fault_is_caught_and_named_and_nothing_else_is_accused(fake):
    variants = set()
    for found in dtypes(fake.operation):
        variants.add(found.variant)
        if found.variant in fake.variants:
            assert str(found.verdict) not in AGREEMENT, f"{found.variant}: nothing found: {found.headline}"
            assert set(found.attribution.factors) & fake.factors, f"{found.headline}: {found.attribution}"
            assert fake.headline in ("", found.headline), str(found.attribution)
            assert len(found.headline.split()) <= 6
        else:
            assert str(found.verdict) in AGREEMENT, f"{found.variant}: {found.message(fake.name)}"
    assert fake.variants <= variants


@pytest.mark.parametrize("fake", _named(RIGHT))
def test_what_is_right_is_not_accused(fake):
    for found in dtypes(fake.operation):
        assert str(found.verdict) in AGREEMENT, found.message(fake.name)
        assert found.measured > 0


def test_only_the_dtype_that_is_taken_is_asked():
    variants = {fake.name: [found.variant for found in dtypes(fake.operation)] for fake in RIGHT}
    assert variants["three channels of bytes"] == ["uint8"]
    assert variants["four channels of bytes, alpha like any other"] == ["uint8", "uint8, opaque"]
    assert variants["one plane of int32"] == ["int32, values up to 1024", "int32"]


def test_every_plane_is_in_every_channel_and_beside_others():
    planes = np.arange(10)[:, None, None]
    images = planes_in_channels(planes, 3, integer_grid("uint8"))
    assert images.shape == (10, 1, 1, 3)
    assert [sorted(images[:, 0, 0, c].tolist()) for c in range(3)] == [list(range(10))] * 3
    assert all(len(set(image.ravel().tolist())) == 3 for image in images)
    assert set(planes_in_channels(planes, 2, integer_grid("uint8"), is_opaque=True)[..., 1].ravel().tolist()) == {255}


def test_with_alpha_some_images_leave_room_on_both_sides():
    images = planes_in_channels(np.array([0, 255, 100, 7])[:, None, None].astype(np.uint8), 4, integer_grid("uint8"))
    assert images.shape == (6, 1, 1, 4)
    assert images.dtype == np.uint8
    assert sorted(images[:, 0, 0, 3].tolist()) == [0, 7, 100, 127, 152, 255]


def test_without_a_claim_there_is_nothing_to_hold_integers_against():
    (found,) = dtypes(_without_claim())
    assert str(found.verdict) == "unsupported"
    assert "its documentation has nothing to hold integers against" in found.refused


REPRODUCED = [
    ("pillow resize() of RGB", "uint8"),
    ("pillow resize() of RGBA", "uint8"),
    ("pillow resize(BICUBIC) of LA", "uint8, opaque"),
    ("pillow transform(EXTENT, BILINEAR)", "uint16"),
    ("pillow resize(NEAREST)", "int8"),
    ("pillow reduce()", "int32"),
    ("skimage resize(order=3, mode=reflect, preserve_range=True, anti_aliasing=False)", "int16"),
]


@pytest.mark.parametrize(("name", "variant"), REPRODUCED, ids=[f"{name} {variant}" for name, variant in REPRODUCED])
def test_a_reproduction_shows_what_was_measured(name, variant, tmp_path):
    framework = name.partition(" ")[0]
    if adapters.frameworks()[framework].version is None:
        pytest.skip(f"{framework} is not installed")
    listed = (*adapters.operations(framework), *adapters.integer_operations(framework))
    (chosen,) = [one for one in listed if one.id == name]
    (found,) = [one for one in dtypes(chosen) if one.variant == variant]
    assert not found.verdict.is_agreement
    assert "golden" not in found.reproduction
    assert "halfpixel" not in found.reproduction
    program = tmp_path / "reproduction.py"
    program.write_text(found.reproduction)
    done = subprocess.run([sys.executable, str(program)], cwd=tmp_path, capture_output=True, text=True, check=True)
    place, (shown, wanted) = done.stdout.split(" is ")[0], done.stdout.split(" is ")[1].split(" and should be ")
    assert place.count(",") == (2 if chosen.channels > 1 else 1)
    assert float(shown) == pytest.approx(float(found.got), rel=1e-12)
    assert float(wanted.split()[0]) != float(shown)


def _without_claim():
    return replace(RIGHT[0].operation, claim=None)
