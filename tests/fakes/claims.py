"""The conventions that the fakes claim."""

from __future__ import annotations

from fractions import Fraction

from halfpixel.golden import Convention

LINEAR = Convention(kernel="linear")
LINEAR_ALIGN_CORNERS = Convention(kernel="linear", coordinate_transformation_mode="align_corners")
LINEAR_ASYMMETRIC = Convention(kernel="linear", coordinate_transformation_mode="asymmetric")
LINEAR_PYTORCH = Convention(kernel="linear", coordinate_transformation_mode="pytorch_half_pixel")
LINEAR_SYMMETRIC = Convention(kernel="linear", coordinate_transformation_mode="half_pixel_symmetric")
LINEAR_MIDDLE_HALF = Convention(
    kernel="linear", coordinate_transformation_mode="tf_crop_and_resize", roi=(Fraction(1, 4), Fraction(3, 4))
)
LINEAR_ANTIALIAS = Convention(kernel="linear", antialias=True, border="renormalise")
LINEAR_ANTIALIAS_REPLICATE = Convention(kernel="linear", antialias=True)
CUBIC = Convention(kernel="cubic", cubic_coeff_a=Fraction(-3, 4))
CATMULL_ROM = Convention(kernel="cubic", cubic_coeff_a=Fraction(-1, 2))
CUBIC_RENORMALISE = CATMULL_ROM.but(border="renormalise")
CUBIC_REFLECT = CUBIC.but(border="reflect")
CUBIC_MIRROR = CATMULL_ROM.but(border="mirror")
CUBIC_ANTIALIAS = CUBIC_RENORMALISE.but(antialias=True)
AREA = Convention(kernel="area")
ADAPTIVE_AVERAGE = Convention(kernel="adaptive_average")
LANCZOS3_ANTIALIAS = Convention(kernel="lanczos", lobes=3, antialias=True, border="renormalise")
LANCZOS4 = Convention(kernel="lanczos", lobes=4)
BOX_ANTIALIAS = Convention(kernel="box", antialias=True, border="renormalise")
HAMMING_ANTIALIAS = Convention(kernel="hamming", antialias=True, border="renormalise")
MITCHELL = Convention(kernel="mitchell")


def nearest(coordinate_transformation_mode: str, nearest_mode: str) -> Convention:
    """Nearest with the given coordinates and rounding."""
    return Convention(
        kernel="nearest", coordinate_transformation_mode=coordinate_transformation_mode, nearest_mode=nearest_mode
    )


NEAREST_ASYMMETRIC_FLOOR = nearest("asymmetric", "floor")
NEAREST_PREFER_FLOOR = nearest("half_pixel", "round_prefer_floor")
NEAREST_PREFER_CEIL = nearest("half_pixel", "round_prefer_ceil")
