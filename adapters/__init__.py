"""Each framework's own resize calls under one signature. Importing this package imports no framework."""

from adapters.framework import Framework, NotInstalled, Unsupported
from adapters.gradient import Gradient
from adapters.operation import Operation, Variant, from_callable, native
from adapters.ranked import RankedOperation
from adapters.registry import (
    frameworks,
    gradient,
    integer_operations,
    operations,
    ranked_operations,
    resize,
    scaled_operations,
    variants,
)
from adapters.scaled import ScaledOperation

__all__ = [
    "Framework",
    "Gradient",
    "NotInstalled",
    "Operation",
    "RankedOperation",
    "ScaledOperation",
    "Unsupported",
    "Variant",
    "frameworks",
    "from_callable",
    "gradient",
    "integer_operations",
    "native",
    "operations",
    "ranked_operations",
    "resize",
    "scaled_operations",
    "variants",
]
