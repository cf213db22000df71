"""What does each framework do when it is given nothing but a size, and do two frameworks then agree?"""

from __future__ import annotations

from halfpixel.adapters import Operation
from halfpixel.golden.vocabulary import NOT_MEASURED
from halfpixel.probe.compare.measurement_store import Store
from halfpixel.suites.records.comparisons import (
    default_finding,
    default_record,
    follows_from_documentation,
    pair_record,
)
from halfpixel.suites.session import Keep, Settle


def test_what_it_does_given_nothing_but_a_size(default_operation: Operation, keep: Keep, settle: Settle) -> None:
    default, finding = default_record(default_operation)
    if finding.verdict not in NOT_MEASURED:
        keep(default)
    settle(finding)


def test_two_defaults_are_the_same_function(
    default_pair: tuple[Operation, Operation], store: Store, keep: Keep, settle: Settle
) -> None:
    a, b = (store.judgement(operation) for operation in default_pair)
    pair = pair_record(None, a, b)
    keep(pair)
    settle(default_finding(pair, a, b), follows=follows_from_documentation(a, b))
