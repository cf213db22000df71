"""What does each operation do to images of another dtype than float32: how does it round, and where does it compute?"""

from __future__ import annotations

from halfpixel.adapters import Operation
from halfpixel.golden.vocabulary import Suite
from halfpixel.probe.variants.dtypes.observe import dtypes
from halfpixel.suites.records.findings import variant_findings
from halfpixel.suites.session import Settle

QUESTION = "what does {id} do to images of dtype {variant}?"


def test_images_of_every_dtype_are_resized_alike(operation: Operation, settle: Settle) -> None:
    settle(*variant_findings(Suite.DTYPES, QUESTION, operation, lambda: dtypes(operation)))


def test_images_of_the_one_dtype_that_is_taken_are_resized_as_claimed(
    integer_operation: Operation, settle: Settle
) -> None:
    settle(*variant_findings(Suite.DTYPES, QUESTION, integer_operation, lambda: dtypes(integer_operation)))
