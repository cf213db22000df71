"""Equivalence classes: who is in one, and that an operation swept at few sizes joins those it agrees with there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from halfpixel.adapters import Operation, from_callable
from halfpixel.adapters.native_call import PREPARED
from halfpixel.golden import Convention
from halfpixel.probe.compare.equivalence_classes import equivalence_classes
from halfpixel.probe.compare.measurement_store import Store
from halfpixel.probe.measure.sizes import SIZE_SETS, SPARSE
from tests.fakes.exact import exact_resize

LINEAR = Convention(kernel="linear")
CORNERS = LINEAR.but(coordinate_transformation_mode="align_corners")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path, SIZE_SETS["quick"])


def _exact(convention: Convention, name: str, **about) -> Operation:
    return from_callable(exact_resize(convention), name, claim=convention, **about)


def _classes(store, *operations) -> list[set[str]]:
    return [
        {one.operation.name for one in found.members} for found in equivalence_classes(map(store.judgement, operations))
    ]


def test_the_sparse_sizes_are_among_all_others():
    for sizes in SIZE_SETS.values():
        assert set(SPARSE.pairs) <= set(sizes.pairs)
    assert set(SIZE_SETS["quick"].pairs) <= set(SIZE_SETS["full"].pairs)


def test_a_dear_operation_is_swept_at_few_sizes_and_joins_the_class_of_its_convention(store):
    many = _exact(LINEAR, "many")
    dear = _exact(LINEAR, "dear", cost=PREPARED)
    other = _exact(CORNERS, "other", cost=PREPARED)
    assert store.judgement(dear).swept == SPARSE.pairs
    assert _classes(store, dear, many, other) == [{"dear", "many"}, {"other"}]


def test_dear_operations_without_a_claim_join_what_they_agree_with(store):
    def halves(image, size):
        return np.full(size, np.float32(image.mean() / 2), dtype=np.float32)

    many, dear = from_callable(halves, "many"), from_callable(halves, "dear", cost=PREPARED)
    assert _classes(store, dear, many) == [{"many", "dear"}]
    unclaimed = replace(_exact(LINEAR, "dear", cost=PREPARED), claim=None)
    assert _classes(store, unclaimed, _exact(LINEAR, "many")) == [{"many", "dear"}]
