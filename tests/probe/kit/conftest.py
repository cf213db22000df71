"""A small kit that a right device answered."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from halfpixel.probe.kit.images import images_of_sizes
from halfpixel.probe.kit.make import KitForm, make_kit

from .devices import LINEAR, exact, run


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """A small kit, two sizes, answered by a right device; tests change copies of it."""
    folder = tmp_path_factory.mktemp("answered") / "kit"
    make_kit(folder, images_of_sizes((), [((20, 30), (13, 40)), ((24, 18), (10, 11))]), KitForm(format="npy"), "0")
    run(folder, exact(LINEAR))
    return folder


@pytest.fixture
def folder(answered, tmp_path):
    """A copy of it."""
    return Path(shutil.copytree(answered, tmp_path / "kit"))
