"""Does each operation do what its documentation says, at every pair of sizes, for every image?"""

from __future__ import annotations

import time

from halfpixel.adapters import Operation
from halfpixel.golden.vocabulary import Suite
from halfpixel.probe.compare.measurement_store import Store
from halfpixel.suites.records.findings import operation_finding
from halfpixel.suites.session import Settle


def test_does_what_its_documentation_says(claimed_operation: Operation, store: Store, settle: Settle) -> None:
    started = time.perf_counter()
    discrepancy = store.judgement(claimed_operation).discrepancy
    assert discrepancy is not None, "an operation with a claim is compared with it"
    question = f"does {claimed_operation.id} do what its documentation says?"
    seconds = time.perf_counter() - started
    settle(operation_finding(Suite.CONFORMANCE, question, claimed_operation, discrepancy, seconds))
