"""What resizing means, exactly. Standard library and numpy only."""

from golden.convention import Convention
from golden.coordinates import Coordinates, affine_map, coordinates
from golden.kernels import kernel
from golden.matrix import ExactMatrix, matrix, matrix_at
from golden.sizes import output_size
from golden.ties import tie_distance

__all__ = [
    "Convention",
    "Coordinates",
    "ExactMatrix",
    "affine_map",
    "coordinates",
    "kernel",
    "matrix",
    "matrix_at",
    "output_size",
    "tie_distance",
]
