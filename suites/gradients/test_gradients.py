"""Is the gradient of each operation the transpose of its matrix, in every way that its framework differentiates?"""

from __future__ import annotations

import time

from probe.gradients import gradients
from suites.findings import observed


def test_gradient_is_the_transposed_matrix(operation, settle):
    found = []
    started = time.perf_counter()
    for observation in gradients(operation):
        question = f"is the gradient of {operation.id} its transposed matrix, by {observation.variant}?"
        seconds = time.perf_counter() - started
        found.append(observed("gradients", question, operation, observation, seconds))
        started = time.perf_counter()
    settle(*found)
