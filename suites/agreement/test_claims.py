"""Are operations of different frameworks that claim the same convention the same function?"""

from __future__ import annotations

from suites.comparisons import claim_finding, follows_from_claims, pair_records


def test_operations_with_the_same_claim_are_the_same_function(shared_claim, store, keep, settle):
    claim, operations = shared_claim
    judgements = [store.judgement(operation) for operation in operations]
    pairs = pair_records(claim, judgements)
    for pair in pairs:
        keep(pair)
    settle(claim_finding(claim, judgements, pairs), follows=follows_from_claims(judgements, pairs))
