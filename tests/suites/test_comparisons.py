"""What the disagreement of two operations follows from, and when it is news."""

from __future__ import annotations

from dataclasses import replace

import pytest

from halfpixel.adapters import Operation, from_callable
from halfpixel.golden import Convention
from halfpixel.golden.vocabulary import Verdict
from halfpixel.probe.compare.measurement_store import Store
from halfpixel.probe.measure.sizes import SizeSet
from halfpixel.suites.records.comparisons import follows_from_claims, follows_from_documentation, pair_records
from tests.fakes.exact import exact_resize

LINEAR = Convention(kernel="linear")
CORNERS = LINEAR.but(coordinate_transformation_mode="align_corners")


@pytest.fixture
def judge(tmp_path):
    """``judge(framework, does, claims)``: a perfect resizer by one convention that claims another."""
    store = Store(tmp_path, SizeSet("few", ((5, 8), (8, 5), (3, 6))))

    def judged(framework: str, does: Convention, claims: Convention | None):
        made: Operation = from_callable(exact_resize(does), f"{framework} resize", claim=claims)
        return store.judgement(replace(made, framework=framework))

    return judged


def test_a_claim_that_one_does_not_keep_is_no_news_beside_those_that_do(judge):
    judgements = [judge("a", LINEAR, LINEAR), judge("b", CORNERS, LINEAR), judge("c", LINEAR, LINEAR)]
    pairs = pair_records(str(LINEAR), judgements)
    assert any(pair.verdict == "diverges" for pair in pairs)
    assert follows_from_claims(judgements, pairs).startswith("1 of the 3 operations do not keep the claim")


def test_two_that_keep_one_claim_and_disagree_are_news(judge):
    judgements = [judge("a", LINEAR, LINEAR), judge("b", CORNERS, LINEAR)]
    pairs = pair_records(str(LINEAR), judgements)
    kept = [replace(judged, discrepancy=replace(judged.discrepancy, verdict=Verdict.AGREES)) for judged in judgements]
    assert follows_from_claims(kept, pairs) == ""
    assert follows_from_documentation(*kept) == ""


@pytest.mark.parametrize(
    ("does", "claims", "words"),
    [
        (CORNERS, CORNERS, "documented: 'linear half_pixel' and 'linear align_corners'"),
        (CORNERS, LINEAR, "b b resize not keeping what is documented"),
        (CORNERS, None, "the documentation of b b resize states no convention"),
        (LINEAR, LINEAR, ""),
    ],
)
def test_what_two_defaults_being_different_follows_from(judge, does, claims, words):
    reason = follows_from_documentation(judge("a", LINEAR, LINEAR), judge("b", does, claims))
    assert reason.startswith(words)
    assert bool(reason) is bool(words)
