"""What an operation does to images of every dtype: how it rounds, what it does at both ends, where it computes."""

from __future__ import annotations

from collections.abc import Callable

from adapters import Operation
from probe.dtypes.adversary import grid
from probe.dtypes.channels import OPAQUE, WITH_ALPHA
from probe.dtypes.floats import observe_floats
from probe.dtypes.integers import observe_integers
from probe.measure import as_operation
from probe.observation import Observation
from probe.reference import shapes
from probe.sizes import Pair

_SHAPES: tuple[tuple[Pair, Pair], ...] = (
    ((5, 7), (8, 4)),
    ((4, 6), (8, 3)),
    ((3, 4), (6, 8)),
    ((6, 4), (3, 2)),
    ((7, 5), (4, 3)),
)
"""(height, width) of input and output: each axis up and down; ties are frequent where sizes double or halve, and halves
of odd and even sizes are what pyramids take."""

_SMALL = 2**10
"""Largest magnitude of the int32 images that float32 is to hold with room for a fraction."""

INTEGERS = (grid("uint8"), grid("int8"), grid("int16"), grid("uint16"), grid("int32", _SMALL), grid("int32"))
FLOATS = ("float16", "bfloat16", "float64")


def dtypes(subject: Operation | Callable) -> list[Observation]:
    """One observation for each dtype but float32, which is what they are held against.

    int32 has two: values that float32 can hold with a fraction, and the whole range. An operation that takes only one
    integer dtype is asked that alone, and held against its claim; where its last channel may be alpha, once more with
    that at its highest everywhere.
    """
    operation = as_operation(subject)
    tried = tuple(shapes(operation, _SHAPES))
    if operation.dtype != "float32":
        kinds = ("", OPAQUE) if operation.channels in WITH_ALPHA else ("",)
        grids = [each for each in INTEGERS if each.dtype == operation.dtype]
        return [observe_integers(operation, each, tried, kind) for each in grids for kind in kinds]
    return [
        *(observe_integers(operation, each, tried) for each in INTEGERS),
        *(observe_floats(operation, dtype, tried) for dtype in FLOATS),
    ]
