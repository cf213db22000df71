"""Does a resize mean the same on any number of axes, and with any number of channels and images?"""

from __future__ import annotations

import time

from probe.ranks import ranks
from probe.ranks.counts import channel_and_batch_counts
from suites.findings import observed


def test_each_axis_is_resized_as_documented(ranked_operation, settle):
    started = time.perf_counter()
    observations = ranks(ranked_operation)
    seconds = (time.perf_counter() - started) / len(observations)
    settle(
        *(
            observed(
                "ranks",
                f"is {ranked_operation.id} what its documentation says, {observation.variant}?",
                ranked_operation,
                observation,
                seconds,
            )
            for observation in observations
        )
    )


def test_an_image_is_resized_alike_among_others(operation, settle):
    started = time.perf_counter()
    observations = channel_and_batch_counts(operation)
    seconds = (time.perf_counter() - started) / len(observations)
    settle(
        *(
            observed(
                "ranks",
                f"does {operation.id} resize each channel and image as if alone, with {observation.variant}?",
                operation,
                observation,
                seconds,
            )
            for observation in observations
        )
    )
