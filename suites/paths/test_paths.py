"""Does each call agree with itself down every execution path: layouts, threads, graphs, compilers, devices?

Paths that compile take seconds for each call, and are asked with ``--compiled`` only.
"""

from __future__ import annotations

import pytest

from halfpixel.adapters import Operation
from halfpixel.golden.vocabulary import Suite
from halfpixel.probe.variants.paths.observe import compiled_paths, each_path
from halfpixel.suites.records.findings import variant_findings
from halfpixel.suites.session import Settle


def test_agrees_with_itself_down_every_path(operation: Operation, settle: Settle, pytestconfig: pytest.Config) -> None:
    compiled = bool(pytestconfig.getoption("--compiled"))
    question = "does {id} agree with itself down the path [{variant}]?"
    findings = variant_findings(Suite.PATHS, question, operation, lambda: each_path(operation, compiled=compiled))
    settle(*findings, left_out=() if compiled else compiled_paths(operation))
