"""Does each operation do what its documentation says, at every pair of sizes, for every image?"""

from __future__ import annotations

import time

from suites.findings import finding


def test_does_what_its_documentation_says(claimed_operation, store, settle):
    started = time.perf_counter()
    found = store.judgement(claimed_operation).discrepancy
    question = f"does {claimed_operation.id} do what its documentation says?"
    settle(finding("conformance", question, claimed_operation, found, time.perf_counter() - started))
