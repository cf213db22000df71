"""Each framework's own resize calls under one signature. Importing this package imports no framework."""

from halfpixel.adapters.by_scale import ByScaleOperation
from halfpixel.adapters.framework import Framework, NotInstalled, Unsupported
from halfpixel.adapters.gradients import Gradient
from halfpixel.adapters.native_call import Variant
from halfpixel.adapters.nd import NdOperation
from halfpixel.adapters.operation import Operation, from_callable, native
from halfpixel.adapters.registry import (
    frameworks,
    gradient,
    integer_operations,
    list_variants,
    operations,
    operations_by_scale,
    operations_nd,
    resize,
)

__all__ = [
    "ByScaleOperation",
    "Framework",
    "Gradient",
    "NdOperation",
    "NotInstalled",
    "Operation",
    "Unsupported",
    "Variant",
    "frameworks",
    "from_callable",
    "gradient",
    "integer_operations",
    "list_variants",
    "native",
    "operations",
    "operations_by_scale",
    "operations_nd",
    "resize",
]
