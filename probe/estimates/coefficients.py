"""Conventions outside the searched space that estimated numbers lead to: a cubic coefficient, a region of interest."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from golden import Convention
from probe import space
from probe.estimate import cubic_coefficient, regions, simple_fractions
from probe.sizes import Pair


def cubics(matrices: Mapping[Pair, np.ndarray]) -> list[Convention]:
    """Cubic conventions with the coefficient that fits best, as simple fractions; none where values are not finite."""
    if not all(np.isfinite(got).all() for got in matrices.values()):
        return []
    telling = {pair: matrices[pair] for pair in space.screens(matrices)}
    found = []
    for convention in space.cubics(matrices):
        coefficient = cubic_coefficient(convention, telling)
        if coefficient is not None:
            found += [convention.but(cubic_coeff_a=a) for a in simple_fractions(coefficient)]
    return found


def crops(matrices: Mapping[Pair, np.ndarray]) -> list[Convention]:
    """Every convention of ``tf_crop_and_resize`` with the region that the sampling lines tell."""
    if not all(np.isfinite(got).all() for got in matrices.values()):
        return []
    crops = [one for one in space.space() if one.coordinate_transformation_mode == "tf_crop_and_resize"]
    return [convention.but(roi=roi) for roi in regions(matrices) for convention in crops]
