"""Are operations of different frameworks that claim the same convention the same function?"""

from __future__ import annotations

from halfpixel.adapters import Operation
from halfpixel.probe.compare.measurement_store import Store
from halfpixel.suites.records.comparisons import claim_finding, follows_from_claims, pair_records
from halfpixel.suites.session import Keep, Settle


def test_operations_with_the_same_claim_are_the_same_function(
    shared_claim: tuple[str, list[Operation]], store: Store, keep: Keep, settle: Settle
) -> None:
    claim, operations = shared_claim
    judgements = [store.judgement(operation) for operation in operations]
    pairs = pair_records(claim, judgements)
    for pair in pairs:
        keep(pair)
    settle(claim_finding(claim, judgements, pairs), follows=follows_from_claims(judgements, pairs))
