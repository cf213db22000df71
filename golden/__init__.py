"""What resizing means, exactly. Standard library and numpy only."""

from golden.convention import Convention
from golden.coordinates import Coordinates, affine_map, coordinates
from golden.kernels import kernel
from golden.matrix import ExactMatrix, matrix, matrix_at
from golden.rounding import rounded, to_integers
from golden.sizes import fitted_scale, fitted_size, output_size
from golden.ties import tie_distance

__all__ = [
    "Convention",
    "Coordinates",
    "ExactMatrix",
    "affine_map",
    "coordinates",
    "fitted_scale",
    "fitted_size",
    "kernel",
    "matrix",
    "matrix_at",
    "output_size",
    "rounded",
    "tie_distance",
    "to_integers",
]
