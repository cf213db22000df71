"""What does each call by scale make of it: which size, with which scale, on which axis?

The rule of the output size, the source of the coordinates' scale, two scales at once, sizes that stay, boxes to fit.
"""

from __future__ import annotations

from halfpixel.adapters import ByScaleOperation
from halfpixel.golden.vocabulary import Suite
from halfpixel.probe.variants.scales.observe import scales
from halfpixel.suites.records.findings import variant_findings
from halfpixel.suites.session import Settle


def test_does_what_it_documents_of_scales(scaled_operation: ByScaleOperation, settle: Settle) -> None:
    settle(*variant_findings(Suite.SCALES, "{variant} of {id}", scaled_operation, lambda: scales(scaled_operation)))
