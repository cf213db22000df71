"""Observe an operation at every dtype: rounding, saturation, precision."""

from __future__ import annotations

from halfpixel.probe.compare.reference import shapes
from halfpixel.probe.measure.axis_matrix import Subject, as_operation
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.variants.dtypes.channels import OPAQUE, WITH_ALPHA
from halfpixel.probe.variants.dtypes.floats import observe_floats
from halfpixel.probe.variants.dtypes.integers import observe_integers
from halfpixel.probe.variants.dtypes.worst_case_inputs import integer_grid
from halfpixel.probe.variants.observation import Observation

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

INTEGERS = (
    *map(integer_grid, ("uint8", "int8", "int16", "uint16")),
    integer_grid("int32", _SMALL),
    integer_grid("int32"),
)
FLOATS = ("float16", "bfloat16", "float64")


def dtypes(subject: Subject) -> list[Observation]:
    """One observation for each dtype but float32, with which they are compared.

    int32 has two: values that float32 can hold with a fraction, and the whole range. An operation that takes only one
    integer dtype is compared with its claim in that dtype alone; where its last channel may be alpha, once more with
    that at its highest everywhere.
    """
    operation = as_operation(subject)
    tried = tuple(shapes(operation, _SHAPES))
    if operation.dtype != "float32":
        kinds = ("", OPAQUE) if operation.channels in WITH_ALPHA else ("",)
        grids = [grid for grid in INTEGERS if grid.dtype == operation.dtype]
        return [observe_integers(operation, grid, tried, kind) for grid in grids for kind in kinds]
    return [
        *(observe_integers(operation, grid, tried) for grid in INTEGERS),
        *(observe_floats(operation, dtype, tried) for dtype in FLOATS),
    ]
