"""What does each operation do at a dozen sizes that tell conventions apart? The page puts any two side by side."""

from __future__ import annotations

import pytest

from adapters import NotInstalled
from golden.catalogue import CATALOGUE
from reports.showcase import key
from suites.showcases import convention_records, operation_records, pairs_of


def test_what_it_does_at_showcase_sizes(operation, keep):
    try:
        *matrices, told = operation_records(operation)
    except NotInstalled as absent:
        pytest.skip(str(absent))
    for record in (*matrices, told):
        keep(record)
    answered = told.matrices.keys() | told.refusals.keys() | told.misshapen.keys()
    assert answered == {key(pair) for pair in pairs_of(operation)}
    assert {name for axes in told.matrices.values() for name in axes.values()} == {each.name for each in matrices}


def test_what_conventions_say_at_showcase_sizes(chosen_operations, keep):
    claimed = [operation.claim for operation in chosen_operations if operation.claim is not None]
    records = list(convention_records(dict.fromkeys([*(entry.convention for entry in CATALOGUE), *claimed])))
    for record in records:
        keep(record)
    assert {name for each in records for name in getattr(each, "known_as", ())} == {entry.name for entry in CATALOGUE}
