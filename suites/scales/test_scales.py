"""What does each call by scale make of it: which size, with which scale, on which axis?

The rule of the output size, the source of the coordinates' scale, two scales at once, sizes that stay, boxes to fit.
"""

from __future__ import annotations

import time

from probe.scales import scales
from suites.findings import observed


def test_does_what_it_documents_of_scales(scaled_operation, settle):
    started = time.perf_counter()
    found = scales(scaled_operation)
    seconds = (time.perf_counter() - started) / len(found)
    settle(
        *(
            observed("scales", f"{one.variant} of {scaled_operation.id}", scaled_operation, one, seconds)
            for one in found
        )
    )
