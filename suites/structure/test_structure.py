"""Is each operation a repeatable, linear and separable map of each channel of each image?

What a matrix measured along one axis cannot show is asked here, of the claimed and the unclaimed alike.
"""

from __future__ import annotations

import time

import pytest

from adapters import NotInstalled
from probe import Discrepancy, Verdict, structure
from suites.findings import finding, structure_finding


def test_is_a_repeatable_linear_separable_map(operation, settle):
    started = time.perf_counter()
    question = f"is {operation.id} a repeatable, linear, separable map?"
    try:
        found = structure(operation)
    except NotInstalled as absent:
        missing = Discrepancy(operation.id, "", Verdict.NOT_INSTALLED, refused=((str(absent), 0),))
        settle(finding("structure", question, operation, missing, 0.0))
        pytest.fail("a framework that is not installed was not settled as such")
    settle(structure_finding(question, operation, found, time.perf_counter() - started))
