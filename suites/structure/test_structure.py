"""Is each operation a repeatable, linear and separable map of each channel of each image?

What a matrix measured along one axis cannot show is asked here, of the claimed and the unclaimed alike.
"""

from __future__ import annotations

import time

import pytest

from halfpixel.adapters import NotInstalled, Operation
from halfpixel.golden.vocabulary import Suite, Verdict
from halfpixel.probe import Discrepancy, structure
from halfpixel.suites.records.findings import operation_finding, structure_finding
from halfpixel.suites.session import Settle


def test_is_a_repeatable_linear_separable_map(operation: Operation, settle: Settle) -> None:
    started = time.perf_counter()
    question = f"is {operation.id} a repeatable, linear, separable map?"
    try:
        measured = structure(operation)
    except NotInstalled as absent:
        missing = Discrepancy(operation.id, "", Verdict.NOT_INSTALLED, refused=((str(absent), 0),))
        settle(operation_finding(Suite.STRUCTURE, question, operation, missing, 0.0))
        pytest.fail("a framework that is not installed was not settled as such")
    settle(structure_finding(question, operation, measured, time.perf_counter() - started))
