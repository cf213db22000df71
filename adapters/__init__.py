"""Each framework's own resize calls under one signature. Importing this package imports no framework."""

from adapters.operation import Framework, NotInstalled, Operation, Unsupported, from_callable, native
from adapters.registry import frameworks, operations, resize

__all__ = [
    "Framework",
    "NotInstalled",
    "Operation",
    "Unsupported",
    "frameworks",
    "from_callable",
    "native",
    "operations",
    "resize",
]
