"""What does each operation do at the edges: one pixel and none, long axes, odd memory, NaN, infinity, constants?

Whatever could crash or hang does so in a process of its own, and is a finding.
"""

from __future__ import annotations

import time

from probe.edges import edges
from suites.findings import observed


def test_keeps_its_word_at_the_edges(operation, settle):
    started = time.perf_counter()
    found = edges(operation)
    seconds = (time.perf_counter() - started) / max(len(found), 1)
    settle(
        *(
            observed("edges", f"{operation.id}, {one.variant}: what does it do?", operation, one, seconds)
            for one in found
        )
    )
