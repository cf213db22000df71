"""Which operations, of whatever framework and claim, are the same function over all swept sizes?"""

from __future__ import annotations

import pytest

from probe.classes import equivalence_classes
from suites.comparisons import class_record


def test_every_operation_is_in_exactly_one_class(chosen_operations, store, keep):
    if not chosen_operations:
        pytest.skip("no framework that was asked for is installed")
    judgements = [store.judgement(operation) for operation in chosen_operations]
    classes = equivalence_classes(judgements)
    for one in classes:
        keep(class_record(one))
    members = [judged.operation.id for one in classes for judged in one.members]
    measured = [
        judged.operation.id
        for judged in judgements
        if judged.pairs or (judged.discrepancy is not None and judged.discrepancy.verdict.is_agreement)
    ]
    assert sorted(members) == sorted(measured)
    assert members, "nothing was measured"
