"""What does each operation do at the edges: one pixel and none, long axes, odd memory, NaN, infinity, constants?

Whatever could crash or hang does so in a process of its own, and is a finding.
"""

from __future__ import annotations

from halfpixel.adapters import Operation
from halfpixel.golden.vocabulary import Suite
from halfpixel.probe.variants.edges.observe import edges
from halfpixel.suites.records.findings import variant_findings
from halfpixel.suites.session import Settle


def test_keeps_its_word_at_the_edges(operation: Operation, settle: Settle) -> None:
    question = "{id}, {variant}: what does it do?"
    settle(*variant_findings(Suite.EDGES, question, operation, lambda: edges(operation)))
