"""Is what tutorials say about ``align_corners`` true, for which sizes, and do real calls bear it out?"""

from __future__ import annotations

import pytest

from halfpixel.adapters import Operation
from halfpixel.segmentation.claims.catalogue import CLAIMS
from halfpixel.segmentation.claims.claim import Claim, check_claim
from halfpixel.segmentation.claims.on_frameworks import check_on_framework
from halfpixel.suites.records.align_corners import claim_record
from halfpixel.suites.session import Keep


@pytest.mark.parametrize("claim", CLAIMS, ids=[claim.name for claim in CLAIMS])
def test_claim(claim: Claim, chosen_operations: list[Operation], locked_frameworks: frozenset[str], keep: Keep) -> None:
    outcome = check_claim(claim)
    by_framework: dict[str, list[Operation]] = {}
    for operation in sorted(chosen_operations, key=lambda operation: operation.framework):
        by_framework.setdefault(operation.framework, []).append(operation)
    observations = [
        observation for operations in by_framework.values() for observation in check_on_framework(claim, operations)
    ]
    keep(claim_record(claim, outcome, observations))
    assert outcome.wrong == (), "the condition is not exact at these sizes"
    assert outcome.verdict == claim.verdict
    # What another release does is measured and kept, and is no reason to fail.
    held = [operation for operation in chosen_operations if operation.framework in locked_frameworks]
    decided = [
        (observation.operation.id, observation.outcome)
        for observation in observations
        if observation.outcome and observation.operation in held
    ]
    assert {name: outcome.wrong for name, outcome in decided if outcome.wrong} == {}, "real calls differ at these sizes"
    # A call that samples as no mode does says nothing about the claim; that it does is for the conformance suite.
    if any(operation.claim in claim.modes for operation in held):
        assert decided, [observation.fault for observation in observations]
