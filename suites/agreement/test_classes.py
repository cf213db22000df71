"""Which operations, of whatever framework and claim, are the same function over all swept sizes?"""

from __future__ import annotations

import pytest

from halfpixel.adapters import Operation
from halfpixel.probe.compare.equivalence_classes import equivalence_classes
from halfpixel.probe.compare.measurement_store import Store
from halfpixel.suites.records.comparisons import class_record
from halfpixel.suites.session import Keep


def test_every_operation_is_in_exactly_one_class(chosen_operations: list[Operation], store: Store, keep: Keep) -> None:
    if not chosen_operations:
        pytest.skip("no framework that was asked for is installed")
    judgements = [store.judgement(operation) for operation in chosen_operations]
    classes = equivalence_classes(judgements)
    for equivalence_class in classes:
        keep(class_record(equivalence_class))
    members = [judged.operation.id for equivalence_class in classes for judged in equivalence_class.members]
    measured = [
        judged.operation.id
        for judged in judgements
        if judged.pairs or (judged.discrepancy is not None and judged.discrepancy.verdict.is_agreement)
    ]
    assert sorted(members) == sorted(measured)
    assert members, "nothing was measured"
