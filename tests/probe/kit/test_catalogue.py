"""A kit of thirty images names every convention of the catalogue, from float32 and from uint8 results."""

from __future__ import annotations

import pytest

from halfpixel.golden import Convention
from halfpixel.golden.catalogue import CATALOGUE
from halfpixel.probe.image_pairs.candidates import grouped_by_function
from halfpixel.probe.image_pairs.explanation import ImagePair
from halfpixel.probe.kit.answer import identify_kit
from halfpixel.probe.kit.read import read_kit

from .devices import exact, kit, run

CONVENTIONS = {entry.convention: entry.name for entry in CATALOGUE}
"""Each once, under the last of its names."""


def _is_same_function(a: Convention, b: Convention, pairs: list[ImagePair]) -> bool:
    return a == b or len(grouped_by_function([a, b], pairs)) == 1


@pytest.fixture(scope="module", params=["float32", "uint8"])
def folder(request, tmp_path_factory):
    return kit(tmp_path_factory.mktemp("kits") / request.param, request.param, channels=1)


@pytest.mark.parametrize("convention", CONVENTIONS, ids=CONVENTIONS.values())
def test_a_kit_names_the_convention(convention, folder):
    run(folder, exact(convention))
    results = read_kit(folder)
    assert len(results.results) == 30
    answer = identify_kit(results, "device:exact")
    assert answer.is_yes, str(answer)
    assert answer.convention is not None
    assert _is_same_function(answer.convention, convention, list(answer.pairs)), str(answer)
