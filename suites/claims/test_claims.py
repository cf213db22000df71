"""Is what tutorials say about ``align_corners`` true, for which sizes, and do real calls bear it out?"""

from __future__ import annotations

import pytest

from golden.claims import check
from golden.textbook import CLAIMS
from probe.claims import held_against
from suites.align_corners import claim_record


@pytest.mark.parametrize("claim", CLAIMS, ids=[claim.name for claim in CLAIMS])
def test_claim(claim, chosen_operations, keep):
    outcome = check(claim)
    frameworks = {operation.framework for operation in chosen_operations}
    seen = [
        each
        for name in sorted(frameworks)
        for each in held_against(claim, [operation for operation in chosen_operations if operation.framework == name])
    ]
    keep(claim_record(claim, outcome, seen))
    assert outcome.wrong == (), "the condition is not exact at these sizes"
    assert outcome.verdict == claim.verdict
    against = {each.operation.id: each.outcome.wrong for each in seen if each.outcome and each.outcome.wrong}
    assert against == {}, "real calls do otherwise at these sizes"
    # A call that samples as no mode does says nothing about the claim; that it does is for the conformance suite.
    if any(operation.claim in claim.modes for operation in chosen_operations):
        assert any(each.outcome for each in seen), [each.fault for each in seen]
