"""What an implementation really does: measure its matrix, compare, attribute, identify."""

from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.probe.compare.comparison import check, compare
from halfpixel.probe.compare.discrepancy import Attribution, Discrepancy
from halfpixel.probe.compare.operator_properties import Structure, structure
from halfpixel.probe.identify.identification import Identification
from halfpixel.probe.identify.naming import identify
from halfpixel.probe.measure.axis_matrix import measure, sweep
from halfpixel.probe.measure.sizes import SIZE_SETS, SizeSet, size_set

__all__ = [
    "SIZE_SETS",
    "Attribution",
    "Cause",
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
