"""Is the gradient of each operation the transpose of its matrix, in every way that its framework differentiates?"""

from __future__ import annotations

from halfpixel.adapters import Operation
from halfpixel.golden.vocabulary import Suite
from halfpixel.probe.variants.gradients.observe import gradients
from halfpixel.suites.records.findings import variant_findings
from halfpixel.suites.session import Settle


def test_gradient_is_the_transposed_matrix(operation: Operation, settle: Settle) -> None:
    question = "is the gradient of {id} its transposed matrix, by {variant}?"
    settle(*variant_findings(Suite.GRADIENTS, question, operation, lambda: gradients(operation)))
