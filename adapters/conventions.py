"""Conventions that several frameworks document, and the two changes that their calls make to them."""

from __future__ import annotations

from halfpixel.golden import Convention

LINEAR = Convention(kernel="linear")
AREA = Convention(kernel="area")
ADAPTIVE_AVERAGE = Convention(kernel="adaptive_average")
KEYS_CUBIC = Convention(kernel="cubic", cubic_coeff_a="-1/2")
OPENCV_CUBIC = Convention(kernel="cubic", cubic_coeff_a="-3/4")
LANCZOS_3 = Convention(kernel="lanczos", lobes=3)
ASYMMETRIC_LINEAR = Convention(kernel="linear", coordinate_transformation_mode="asymmetric")

REPEATING_NEAREST = Convention(kernel="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
"""``floor(o * n_in / n_out)``, which repeats each pixel where the scale is whole."""

CENTRED_NEAREST = Convention(kernel="nearest", nearest_mode="round_prefer_ceil")
"""The pixel whose area holds the output's centre, the later one on a boundary."""

GRID_NEAREST = Convention(kernel="nearest", nearest_mode="round_half_even")


def stretched(convention: Convention) -> Convention:
    """The kernel stretched when shrinking, taps outside the image left out, and the rest renormalised."""
    return convention.but(antialias=True, border="renormalise")


def with_corners(convention: Convention, align_corners: bool) -> Convention:
    """At the coordinates of ``align_corners`` as frameworks that name it so take it."""
    return convention.but(coordinate_transformation_mode="align_corners" if align_corners else "half_pixel")
