"""What resizing means, exactly. Standard library and numpy only."""

from halfpixel.golden.convention import Convention
from halfpixel.golden.coordinates import Coordinates, affine_map, coordinates, tie_distance
from halfpixel.golden.kernels import kernel
from halfpixel.golden.matrix import ExactMatrix, matrix, matrix_at
from halfpixel.golden.rounding import rounded, to_integers
from halfpixel.golden.sizes import fitted_scale, fitted_size, output_size

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
