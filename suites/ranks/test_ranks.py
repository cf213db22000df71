"""Does a resize mean the same on any number of axes, and with any number of channels and images?"""

from __future__ import annotations

from halfpixel.adapters import NdOperation, Operation
from halfpixel.golden.vocabulary import Suite
from halfpixel.probe.variants.ranks.channels_and_batches import channel_and_batch_counts
from halfpixel.probe.variants.ranks.observe import ranks
from halfpixel.suites.records.findings import variant_findings
from halfpixel.suites.session import Settle


def test_each_axis_is_resized_as_documented(ranked_operation: NdOperation, settle: Settle) -> None:
    question = "is {id} what its documentation says, {variant}?"
    settle(*variant_findings(Suite.RANKS, question, ranked_operation, lambda: ranks(ranked_operation)))


def test_an_image_is_resized_alike_among_others(operation: Operation, settle: Settle) -> None:
    question = "does {id} resize each channel and image as if alone, with {variant}?"
    settle(*variant_findings(Suite.RANKS, question, operation, lambda: channel_and_batch_counts(operation)))
