"""Measures what a resize really does and holds it against an exact definition of what it should do.

Everything here is loaded at its first use, so ``import halfpixel`` imports no framework and not even numpy.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from halfpixel.adapters import Operation, frameworks, operations, resize
    from halfpixel.golden import Convention, ExactMatrix, matrix
    from halfpixel.probe import Discrepancy, Identification, Verdict, check, compare, identify

try:
    __version__ = version("halfpixel")
except PackageNotFoundError:  # a copy of the folders that was never installed
    __version__ = "unknown"

_ROOM_OF = {
    "Convention": "golden",
    "ExactMatrix": "golden",
    "matrix": "golden",
    "Operation": "adapters",
    "frameworks": "adapters",
    "operations": "adapters",
    "resize": "adapters",
    "Discrepancy": "probe",
    "Identification": "probe",
    "Verdict": "probe",
    "check": "probe",
    "compare": "probe",
    "identify": "probe",
}

__all__ = [
    "Convention",
    "Discrepancy",
    "ExactMatrix",
    "Identification",
    "Operation",
    "Verdict",
    "__version__",
    "check",
    "compare",
    "frameworks",
    "identify",
    "matrix",
    "operations",
    "resize",
]


def __getattr__(name: str) -> object:
    if name not in _ROOM_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOM_OF[name]}"), name)


def __dir__() -> list[str]:
    return __all__
