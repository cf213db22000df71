"""What does each operation do at a dozen sizes that tell conventions apart? The page puts any two side by side."""

from __future__ import annotations

import pytest

from halfpixel.adapters import NotInstalled, Operation
from halfpixel.golden.catalogue import CATALOGUE, size_key
from halfpixel.reports.records.showcase_records import ShowcaseConvention, ShowcaseMatrix, ShowcaseOperation
from halfpixel.suites.records.showcases import convention_records, operation_records, pairs_of
from halfpixel.suites.session import Keep


def test_what_it_does_at_showcase_sizes(operation: Operation, keep: Keep) -> None:
    try:
        records = list(operation_records(operation))
    except NotInstalled as absent:
        pytest.skip(str(absent))
    for record in records:
        keep(record)
    matrices = {record.name for record in records if isinstance(record, ShowcaseMatrix)}
    (summary,) = (record for record in records if isinstance(record, ShowcaseOperation))
    answered = summary.matrices.keys() | summary.refusals.keys() | summary.misshapen.keys()
    assert answered == {size_key(pair) for pair in pairs_of(operation)}
    assert {name for axes in summary.matrices.values() for name in axes.values()} == matrices


def test_what_conventions_say_at_showcase_sizes(chosen_operations: list[Operation], keep: Keep) -> None:
    claimed = [operation.claim for operation in chosen_operations if operation.claim is not None]
    records = list(convention_records(dict.fromkeys([*(entry.convention for entry in CATALOGUE), *claimed])))
    for record in records:
        keep(record)
    names = {name for record in records if isinstance(record, ShowcaseConvention) for name in record.known_as}
    assert names == {entry.name for entry in CATALOGUE}
