"""How near each exact coordinate is to a place where the pick jumps."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from golden.convention import Convention
from golden.coordinates import coordinates
from golden.kernels import kernel


def tie_distance(convention: Convention, n_in: int, n_out: int, scale: Fraction | float | None = None) -> np.ndarray:
    """Distance in input pixels from each output's coordinate to the nearest jump of its rule; float64, ``(n_out,)``.

    0 is an exact tie. Continuous kernels never jump: infinity. For ``nearest`` the jumps lie at the integers (floor,
    ceil) or halves (the rounding modes); for ``box`` and the truncated ``gaussian`` where the edge of the stretched
    kernel meets a pixel centre; for ``adaptive_average`` where an edge of the output pixel meets an edge of an input
    pixel. With borders ``extrapolate`` and ``wrap_overlap`` every kernel jumps at coordinates 0 and ``n_in - 1``.
    """
    given = Fraction(n_out, n_in) if scale is None else Fraction(scale)
    where = coordinates(convention, n_in, n_out, None if scale is None else given)
    numerators = where.numerators.astype(object) if where.denominator >= 2**31 else where.numerators
    nearest = np.full(n_out, np.inf)
    if convention.border in ("extrapolate", "wrap_overlap"):
        edges = np.stack([numerators, numerators - (n_in - 1) * where.denominator])
        nearest = (abs(edges).min(axis=0) / where.denominator).astype(np.float64)
    if convention.kernel not in ("nearest", "box", "gaussian", "adaptive_average"):
        return nearest
    if convention.kernel == "nearest":
        jumps = [Fraction(0) if convention.nearest_mode in ("floor", "ceil") else Fraction(1, 2)]
    elif convention.kernel in ("box", "gaussian"):
        half = kernel(convention).support / (min(Fraction(1), given) if convention.antialias else 1)
        jumps = [half, -half]
    else:
        half = Fraction(1, 2) / given
        jumps = [half - Fraction(1, 2), -half - Fraction(1, 2)]
    for jump in jumps:
        denominator = where.denominator * jump.denominator
        beyond = (numerators * jump.denominator - jump.numerator * where.denominator) % denominator
        distance = np.minimum(beyond, denominator - beyond) / denominator
        nearest = np.minimum(nearest, distance.astype(np.float64))
    return nearest
