"""Does each call agree with itself down every execution path: layouts, threads, graphs, compilers, devices?

Paths that compile take seconds for each call, and are asked with ``--compiled`` only.
"""

from __future__ import annotations

import time

from probe.paths import compiled_paths, each_path
from suites.findings import observed


def test_agrees_with_itself_down_every_path(operation, settle, pytestconfig):
    compiled = pytestconfig.getoption("--compiled")
    findings, started = [], time.perf_counter()
    for found in each_path(operation, compiled=compiled):
        question = f"does {operation.id} agree with itself down the path [{found.variant}]?"
        now = time.perf_counter()
        findings.append(observed("paths", question, operation, found, now - started))
        started = now
    settle(*findings, left_out=() if compiled else compiled_paths(operation))
