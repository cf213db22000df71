"""What does each operation do to images of another dtype than float32: how does it round, and where does it compute?"""

from __future__ import annotations

import time

from probe.dtypes import dtypes
from suites.findings import observed


def test_images_of_every_dtype_are_resized_alike(operation, settle):
    settle(*_findings(operation))


def test_images_of_the_one_dtype_that_is_taken_are_resized_as_claimed(integer_operation, settle):
    settle(*_findings(integer_operation))


def _findings(operation):
    started = time.perf_counter()
    found = dtypes(operation)
    seconds = (time.perf_counter() - started) / len(found)
    question = f"what does {operation.id} do to images of dtype"
    return [observed("dtypes", f"{question} {one.variant}?", operation, one, seconds) for one in found]
