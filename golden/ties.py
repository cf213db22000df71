"""How near each exact coordinate is to a place where the pick jumps."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from golden.convention import Convention
from golden.coordinates import coordinates


def tie_distance(convention: Convention, n_in: int, n_out: int, scale: Fraction | None = None) -> np.ndarray:
    """Distance in input pixels from each output's coordinate to the nearest jump of its rule; float64, ``(n_out,)``.

    0 is an exact tie. Continuous kernels never jump: infinity. For ``nearest`` the jumps lie at the integers (floor,
    ceil) or halves (the rounding modes); for ``box`` where the stretched box's edge meets a pixel centre; for
    ``adaptive_average`` where an edge of the output pixel meets an edge of an input pixel.
    """
    if convention.kernel not in ("nearest", "box", "adaptive_average"):
        return np.full(n_out, np.inf)
    where = coordinates(convention, n_in, n_out, scale)
    given = Fraction(n_out, n_in) if scale is None else Fraction(scale)
    if convention.kernel == "nearest":
        jumps = [Fraction(0) if convention.nearest_mode in ("floor", "ceil") else Fraction(1, 2)]
    elif convention.kernel == "box":
        half = Fraction(1, 2) / (min(Fraction(1), given) if convention.antialias else 1)
        jumps = [half, -half]
    else:
        half = Fraction(1, 2) / given
        jumps = [half - Fraction(1, 2), -half - Fraction(1, 2)]
    nearest = np.full(n_out, np.inf)
    for jump in jumps:
        denominator = where.denominator * jump.denominator
        beyond = (where.numerators * jump.denominator - jump.numerator * where.denominator) % denominator
        distance = np.minimum(beyond, denominator - beyond) / denominator
        nearest = np.minimum(nearest, distance.astype(np.float64))
    return nearest
