"""The arithmetic of masks, on values one can count, and faults that it must find."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from halfpixel.golden.align_corners import ALIGN_CORNERS, HALF_PIXEL, MODES, largest_shift_in_output
from halfpixel.segmentation import label_maps
from halfpixel.segmentation.claims.catalogue import CLAIMS
from halfpixel.segmentation.coverage import Layer, half_plane
from halfpixel.segmentation.mask_measurement import (
    PICTURE_CROPS,
    compare_with_exact_labels,
    deployed_labels,
    edge_shift,
    measure_mask,
    run_length_rows,
)
from halfpixel.segmentation.scenes import EDGES, SCENES, SIDE, Scene

BY_NAME = {scene.name: scene for scene in SCENES}
DISC = BY_NAME["disc of radius 32 near a corner"]


def test_iou_and_its_boundary_counted_by_hand():
    truth, mask = np.zeros((10, 10), bool), np.zeros((10, 10), bool)
    truth[:, :4], mask[:, :5] = True, True
    assert label_maps.iou(truth, mask) == 0.8
    assert label_maps.iou(truth & False, mask & False) == 1.0
    # At this size the band is one pixel wide, and the image's edge is an edge.
    assert label_maps.band(truth).sum() == 10 * 4 - 8 * 2
    assert label_maps.boundary_iou(truth, mask) == (24 - 8) / (24 + 26 - (24 - 8))


def test_how_far_boundaries_moved():
    a, b = np.zeros((20, 20), int), np.zeros((20, 20), int)
    a[:, 5:], b[:, 8:] = 1, 1
    assert label_maps.label_difference(a, b) == label_maps.LabelDifference(60, 0.15, 3)
    assert label_maps.label_difference(a, a) == label_maps.LabelDifference(0, 0.0, 0)
    assert label_maps.boundary_distance(a, np.zeros_like(a)) is None


def test_a_crossing_is_found_between_values():
    assert label_maps.crossing([Fraction(3), Fraction(1), Fraction(-2)]) == Fraction(4, 3)
    assert label_maps.crossing([-1.0, 0.0, 1.0]) == 1.0
    with pytest.raises(ValueError, match="sign"):
        label_maps.crossing([1, 2, 3])


def test_level_classes_go_to_the_first():
    """An edge through the middle leaves the two classes exactly level along output column 2 of 5."""
    left = half_plane(1, 0, Fraction(1, 2))
    layers = (Layer("right", (half_plane(0, 0, 1),), (left,)), Layer("left", (left,)))
    scene = Scene("halves", "edge", layers, side=5)
    got = label_maps.labels(scene, HALF_PIXEL, HALF_PIXEL, 4, 5)
    assert got.tolist() == [[1, 1, 0, 0, 0]] * 5
    swapped = Scene("halves swapped", "edge", layers[::-1], side=5)
    assert label_maps.labels(swapped, HALF_PIXEL, HALF_PIXEL, 4, 5).tolist() == [[0, 0, 0, 1, 1]] * 5


@pytest.mark.parametrize("edge", EDGES, ids=[edge.scene.name for edge in EDGES])
@pytest.mark.parametrize("trained", [True, False])
def test_a_straight_edge_moves_by_the_closed_form(edge, trained):
    shift = edge_shift(edge, trained, 32, SIDE)
    assert shift.measured == shift.closed
    if 0 in (edge.a, edge.b):
        assert abs(shift.closed) <= shift.largest == largest_shift_in_output(32, SIDE)


def test_matched_logits_beat_mismatched_ones_and_labels_enlarged():
    by_way = {(mask.trained, mask.deployed): mask for mask in measure_mask(DISC, 8)}
    for trained in (True, False):
        matched = by_way[trained, trained]
        assert matched.changed == matched.moved == 0
        for deployed in (not trained, None):
            assert by_way[trained, deployed].iou < matched.iou
            assert by_way[trained, deployed].changed > 0


def test_smaller_objects_lose_more():
    lost = {}
    for scene in SCENES:
        if scene.kind == "disc" and scene.size >= 8:
            by_way = {(mask.trained, mask.deployed): mask.iou for mask in measure_mask(scene, 8)}
            lost[scene.size] = 1 - by_way[True, False] / by_way[True, True]
    assert sorted(lost, key=lost.get, reverse=True) == sorted(lost) == [8, 16, 32]


@pytest.mark.parametrize("fault", ["other mode", "shifted by a pixel", "transposed", "other classes"])
def test_a_resize_with_a_fault_gives_other_labels(fault):
    scene = BY_NAME["edge at 27 degrees"]
    logits = label_maps.stacked(label_maps.logits(scene, ALIGN_CORNERS, 32, SIDE))
    right = label_maps.exact_resize(logits, ALIGN_CORNERS, (SIDE, SIDE))
    resized = {
        "other mode": label_maps.exact_resize(logits, HALF_PIXEL, (SIDE, SIDE)),
        "shifted by a pixel": np.roll(right, 1, axis=1),
        "transposed": right.transpose(1, 0, 2),
        "other classes": right[..., ::-1],
    }[fault]
    assert compare_with_exact_labels(right.astype(np.float32), scene, True, True, 32, SIDE).differing == 0
    assert compare_with_exact_labels(resized.astype(np.float32), scene, True, True, 32, SIDE).differing > 0


def test_labels_enlarged_by_nearest_are_blocks():
    got = deployed_labels(DISC, False, None, 32, SIDE)
    assert (got.reshape(32, 8, 32, 8) == got[::8, ::8][:, None, :, None]).all()
    assert set(MODES) == {True, False}


def test_runs_say_what_the_rows_hold():
    assert run_length_rows(np.array([[0, 0, 2, 2, 2], [1, 1, 1, 1, 1]])) == ["2a3c", "5b"]


def test_the_window_on_the_corner_lies_in_the_image():
    for window in PICTURE_CROPS:
        scene = BY_NAME[window.scene]
        assert window.cut(np.zeros((scene.side, scene.side))).shape == (window.width, window.width)


def test_the_factor_of_two_is_the_claim_of_half_a_pixel():
    (claim,) = [claim for claim in CLAIMS if claim.name == "the modes are half a pixel apart"]
    assert claim.expected(128, 256)
    assert largest_shift_in_output(128, 256) == Fraction(1, 2)
