"""Which sizes suit which setting of ``align_corners``, against the coordinates themselves and against known sizes."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest

from halfpixel.golden import Convention, affine_map, coordinates
from halfpixel.golden.align_corners import ALIGN_CORNERS, keeps_grid
from halfpixel.segmentation.configs.sizes import (
    feature_count,
    feature_displacement,
    is_suited_size,
    output_stride,
    suited_sizes,
    window_count,
)

MODES = {True: "align_corners", False: "half_pixel"}


def test_align_corners_keeps_a_grid_exactly_where_one_length_less_one_divides_the_other():
    for n_in, n_out in product(range(1, 65), repeat=2):
        sampled = coordinates(ALIGN_CORNERS, n_in, n_out)
        is_kept = {Fraction(i) for i in range(n_in)} <= {sampled[o] for o in range(n_out)}
        assert keeps_grid(n_in, n_out) is is_kept, (n_in, n_out)


@pytest.mark.parametrize(
    ("n_in", "n_out", "kept"), [(3, 5, True), (97, 769, True), (64, 512, False), (5, 3, False), (5, 1, False)]
)
def test_pairs_whose_grid_one_can_see(n_in, n_out, kept):
    assert keeps_grid(n_in, n_out) is kept


def _put(n: int, stride: int, align_corners: bool) -> list[Fraction]:
    """Where a resize of the features of ``n`` pixels to ``n`` pixels puts each of them, by the exact coordinates."""
    convention = Convention(kernel="linear", coordinate_transformation_mode=MODES[align_corners])
    slope, intercept = affine_map(convention, feature_count(n, stride), n)
    return [(i - intercept) / slope for i in range(feature_count(n, stride))]


@pytest.mark.parametrize("align_corners", [True, False])
@pytest.mark.parametrize("stride", [2, 4, 8, 32])
def test_features_are_pulled_apart_by_what_the_coordinates_say(stride, align_corners):
    for n in range(stride + 1, 200):
        moved = [place - stride * i for i, place in enumerate(_put(n, stride, align_corners))]
        assert max(moved) - min(moved) == feature_displacement(n, stride, align_corners)
        assert is_suited_size(n, stride, align_corners) is (len(set(moved)) == 1)


def test_halvings_make_as_many_features_as_one_stride():
    for n in range(1, 300):
        halved = n
        for stride in (2, 4, 8, 16, 32):
            halved = (halved - 1) // 2 + 1
            assert feature_count(n, stride) == halved


@pytest.mark.parametrize(
    ("n", "stride", "align_corners", "apart"),
    [
        (769, 8, True, 0),
        (512, 8, False, 0),
        (512, 8, True, 7),
        (512, 32, True, 31),
        (1024, 64, True, 63),
        (769, 8, False, Fraction(672, 97)),
        (1025, 32, True, 0),
        (680, 32, False, Fraction(252, 11)),
    ],
)
def test_known_sizes(n, stride, align_corners, apart):
    assert feature_displacement(n, stride, align_corners) == apart


def test_the_nearest_sizes_are_suited_and_the_ones_between_are_not():
    assert suited_sizes(512, 8, True) == (505, 513)
    assert suited_sizes(769, 8, False) == (768, 776)
    assert suited_sizes(5, 8, True) == (9,)
    for n in range(506, 513):
        assert not is_suited_size(n, 8, True)


@pytest.mark.parametrize(
    ("n", "crop", "step", "count"),
    [(2049, 769, 513, 4), (1025, 769, 513, 2), (769, 769, 513, 1), (770, 769, 513, 2), (500, 769, 513, 1)],
)
def test_how_many_windows_slide_inference_takes(n, crop, step, count):
    assert window_count(n, crop, step) == count


@pytest.mark.parametrize(
    ("backbone", "neck", "stride"),
    [
        ({"type": "ResNetV1c", "strides": (1, 2, 1, 1)}, None, 8),
        ({"type": "ResNet"}, None, 32),
        ({"type": "UNet", "strides": (1, 1, 1, 1, 1), "downsamples": (True, True, False, True)}, None, 8),
        ({"type": "MobileNetV2", "strides": (1, 2, 2, 1, 1, 1, 1)}, None, 8),
        ({"type": "VisionTransformer", "patch_size": 16}, None, 16),
        ({"type": "BEiT", "patch_size": 16}, {"type": "Feature2Pyramid"}, 32),
        ({"type": "MAE"}, {"type": "Feature2Pyramid", "rescales": [4, 2, 1]}, 16),
        ({"type": "SwinTransformer"}, None, 32),
        ({"type": "HRNet"}, None, 32),
        ({"type": "SomethingElse"}, None, None),
        ({"type": ["ResNet"]}, None, None),
        ({"type": "ResNet", "strides": "1222"}, None, None),
        ({"type": "UNet", "downsamples": 4}, None, None),
        ({"type": "MAE", "patch_size": (16, 16)}, None, None),
    ],
)
def test_output_strides(backbone, neck, stride):
    assert output_stride(backbone, neck) == stride


def test_what_a_backbone_resizes_inside_reaches_the_head_finer():
    assert output_stride({"type": "PIDNet"}) == 64
    assert output_stride({"type": "PIDNet"}, as_given=True) == 8
    assert output_stride({"type": "ResNet"}, as_given=True) == 32
