"""Is each single change of a convention attributed to the thing that was changed, and to nothing else?"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from halfpixel import probe
from halfpixel.golden import Convention, matrix
from halfpixel.probe import Attribution, Verdict
from halfpixel.probe.compare.attribution import attribute
from halfpixel.probe.compare.comparison import against_convention
from halfpixel.probe.measure.sizes import exhaustive
from tests.fakes.exact import exact_resize, exact_sweeps

PAIRS = (*exhaustive(8), (20, 6), (9, 32), (14, 23))

NEAREST = Convention(kernel="nearest", nearest_mode="round_prefer_ceil")
FLOOR = Convention(kernel="nearest", nearest_mode="floor", coordinate_transformation_mode="asymmetric")
LINEAR = Convention(kernel="linear")
ALIGNED = LINEAR.but(coordinate_transformation_mode="align_corners")
CROPPED = LINEAR.but(coordinate_transformation_mode="tf_crop_and_resize", roi=("1/4", "3/4"))
PILLOW = LINEAR.but(antialias=True, border="renormalise")
CUBIC = Convention(kernel="cubic", cubic_coeff_a="-3/4")
KEYS = Convention(kernel="cubic", cubic_coeff_a="-1/2", antialias=True, border="renormalise")
LANCZOS = Convention(kernel="lanczos", lobes=3, antialias=True, border="renormalise")
AREA = Convention(kernel="area")
SPLINE = Convention(kernel="bspline", order=3, prefilter="bspline", border="mirror")

# What is claimed; what is changed; the factor that must be named.
_CHANGES = [
    (NEAREST, {"nearest_mode": "round_prefer_floor"}, "ties"),
    (NEAREST, {"nearest_mode": "round_half_even"}, "ties"),
    (NEAREST, {"nearest_mode": "floor"}, "rounding"),
    (NEAREST, {"nearest_mode": "ceil"}, "rounding"),
    (NEAREST, {"coordinate_transformation_mode": "align_corners"}, "coordinates"),
    (NEAREST, {"coordinate_transformation_mode": "asymmetric"}, "coordinates"),
    (FLOOR, {"nearest_mode": "ceil"}, "rounding"),
    (FLOOR, {"coordinate_transformation_mode": "half_pixel"}, "coordinates"),
    (FLOOR, {"coordinate_transformation_mode": "align_corners"}, "coordinates"),
    (LINEAR, {"coordinate_transformation_mode": "asymmetric"}, "coordinates"),
    (LINEAR, {"coordinate_transformation_mode": "align_corners"}, "coordinates"),
    (LINEAR, {"coordinate_transformation_mode": "pytorch_half_pixel"}, "coordinates"),
    (LINEAR, {"coordinate_transformation_mode": "tf_half_pixel_for_nn"}, "coordinates"),
    (LINEAR, {"border": "constant"}, "border"),
    (LINEAR, {"border": "mirror"}, "border"),
    (LINEAR, {"border": "wrap"}, "border"),
    (LINEAR, {"border": "extrapolate"}, "border"),
    (LINEAR, {"antialias": True}, "antialias"),
    (LINEAR, {"kernel": "cubic"}, "kernel"),
    (LINEAR, {"kernel": "area"}, "kernel"),
    (LINEAR, {"prefilter": "gaussian"}, "kernel"),
    (ALIGNED, {"coordinate_transformation_mode": "half_pixel"}, "coordinates"),
    (CROPPED, {"roi": (Fraction(0), Fraction(1))}, "coordinates"),
    (PILLOW, {"antialias": False}, "antialias"),
    (PILLOW, {"border": "replicate"}, "border"),
    (PILLOW, {"border": "reflect"}, "border"),
    (PILLOW, {"kernel": "hamming"}, "kernel"),
    (PILLOW, {"kernel": "box"}, "kernel"),
    (CUBIC, {"cubic_coeff_a": "-1/2"}, "cubic coefficient"),
    (CUBIC, {"cubic_coeff_a": "-2/3"}, "cubic coefficient"),
    (CUBIC, {"border": "renormalise"}, "border"),
    (CUBIC, {"border": "reflect"}, "border"),
    (CUBIC, {"coordinate_transformation_mode": "align_corners"}, "coordinates"),
    (CUBIC, {"kernel": "linear"}, "kernel"),
    (KEYS, {"cubic_coeff_a": "-3/4"}, "cubic coefficient"),
    (KEYS, {"cubic_coeff_a": "-7/10"}, "cubic coefficient"),
    (KEYS, {"antialias": False}, "antialias"),
    (LANCZOS, {"lobes": 2}, "kernel"),
    (LANCZOS, {"border": "replicate"}, "border"),
    (AREA, {"kernel": "adaptive_average"}, "kernel"),
    (SPLINE, {"border": "reflect"}, "border"),
    (SPLINE, {"prefilter": "none"}, "kernel"),
    (SPLINE, {"order": 2}, "kernel"),
]


def test_the_table_is_as_long_as_it_was():
    assert len(_CHANGES) >= 43
    assert len({(str(claim), str(change)) for claim, change, _ in _CHANGES}) == len(_CHANGES)


@pytest.mark.parametrize(
    ("claim", "change", "factor"),
    [pytest.param(*row, id=f"{row[0]}: {', '.join(f'{k}={v}' for k, v in row[1].items())}") for row in _CHANGES],
)
def test_one_change_is_named(claim, change, factor):
    measured = claim.but(**change)
    sweeps = exact_sweeps(measured, PAIRS)
    found = against_convention(sweeps, claim)
    assert not found.verdict.is_agreement
    attribution = attribute(found, sweeps, claim, None)
    assert attribution.factors == (factor,)
    for pair in PAIRS:
        explained = matrix(attribution.convention, *pair).to_array()
        np.testing.assert_allclose(explained, matrix(measured, *pair).to_array(), rtol=0, atol=1e-9)
    assert str(attribution).startswith(f"{factor}: ")


def test_the_claim_itself_is_attributed_to_nothing():
    sweeps = exact_sweeps(LINEAR, PAIRS)
    found = against_convention(sweeps, LINEAR)
    assert found.verdict is Verdict.EXACT
    assert attribute(found, sweeps, LINEAR, None) is None


def test_every_factor_is_in_the_vocabulary():
    assert {factor for _, _, factor in _CHANGES} <= set(probe.Cause)
    assert str(Attribution((), "nothing fits")) == "unattributed: nothing fits"


def _depending_on_size(is_wrong):
    right, wrong = exact_resize(LINEAR), exact_resize(LINEAR.but(coordinate_transformation_mode="asymmetric"))

    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        return (wrong if is_wrong(*image.shape, *size) else right)(image, size)

    return resize


def test_a_resize_that_is_wrong_from_24_pixels_on_is_found_and_the_sizes_are_said():
    sizes = tuple((n_in, n_out) for n_in in (5, 8, 16, 22, 23, 24, 25, 31) for n_out in (3, 9, 17, 24, 30))
    found = probe.check(_depending_on_size(lambda height, width, h, w: max(height, width) >= 24), LINEAR, sizes)
    assert found.verdict is Verdict.DIVERGES
    assert found.attribution.factors == ("coordinates",)
    assert "from n_in = 24 on" in found.attribution.explanation
    assert min(n_in for n_in, _ in found.sizes) >= 24


def test_a_resize_that_is_wrong_when_shrinking_is_found_and_the_direction_is_said():
    found = probe.check(_depending_on_size(lambda height, width, h, w: h < height or w < width), LINEAR)
    assert found.attribution.factors == ("coordinates",)
    assert "when shrinking" in found.attribution.explanation
    assert all(n_out < n_in for n_in, n_out in found.sizes)
