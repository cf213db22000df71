"""What an implementation really does: measure its matrix, compare, attribute, identify."""

from probe.check import check
from probe.compare import compare
from probe.discrepancy import FACTORS, Attribution, Discrepancy, Verdict
from probe.identification import Identification
from probe.identify import identify
from probe.measure import measure, sweep
from probe.sizes import SIZE_SETS, SizeSet, size_set
from probe.structure import Structure, structure

__all__ = [
    "FACTORS",
    "SIZE_SETS",
    "Attribution",
    "Discrepancy",
    "Identification",
    "SizeSet",
    "Structure",
    "Verdict",
    "check",
    "compare",
    "identify",
    "measure",
    "size_set",
    "structure",
    "sweep",
]
