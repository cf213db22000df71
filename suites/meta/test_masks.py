"""The arithmetic of masks, on values one can count, and faults that it must find."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from golden.align_corners import FALSE, MODES, TRUE, largest_shift_in_output
from golden.scenes import EDGES, SCENES, SIDE, Scene
from golden.shapes import Layer, half_plane
from golden.textbook import claim
from probe import masks
from probe.mask_cases import (
    WINDOWS,
    compared_with,
    deployed_labels,
    edge_shift,
    measure_mask,
    runs,
)

BY_NAME = {scene.name: scene for scene in SCENES}
DISC = BY_NAME["disc of radius 32 near a corner"]


def test_iou_and_its_boundary_counted_by_hand():
    truth, found = np.zeros((10, 10), bool), np.zeros((10, 10), bool)
    truth[:, :4], found[:, :5] = True, True
    assert masks.iou(truth, found) == 0.8
    assert masks.iou(truth & False, found & False) == 1.0
    # At this size the band is one pixel wide, and the image's edge is an edge.
    assert masks.band(truth).sum() == 10 * 4 - 8 * 2
    assert masks.boundary_iou(truth, found) == (24 - 8) / (24 + 26 - (24 - 8))


def test_how_far_boundaries_moved():
    a, b = np.zeros((20, 20), int), np.zeros((20, 20), int)
    a[:, 5:], b[:, 8:] = 1, 1
    assert masks.difference(a, b) == masks.Difference(60, 0.15, 3)
    assert masks.difference(a, a) == masks.Difference(0, 0.0, 0)
    assert masks.boundary_distance(a, np.zeros_like(a)) is None


def test_a_crossing_is_found_between_values():
    assert masks.crossing([Fraction(3), Fraction(1), Fraction(-2)]) == Fraction(4, 3)
    assert masks.crossing([-1.0, 0.0, 1.0]) == 1.0
    with pytest.raises(ValueError, match="sign"):
        masks.crossing([1, 2, 3])


def test_level_classes_go_to_the_first():
    """An edge through the middle leaves the two classes exactly level along output column 2 of 5."""
    left = half_plane(1, 0, Fraction(1, 2))
    layers = (Layer("right", (half_plane(0, 0, 1),), (left,)), Layer("left", (left,)))
    scene = Scene("halves", "edge", layers, side=5)
    got = masks.labels(scene, FALSE, FALSE, 4, 5)
    assert got.tolist() == [[1, 1, 0, 0, 0]] * 5
    swapped = Scene("halves swapped", "edge", layers[::-1], side=5)
    assert masks.labels(swapped, FALSE, FALSE, 4, 5).tolist() == [[0, 0, 0, 1, 1]] * 5


@pytest.mark.parametrize("edge", EDGES, ids=[edge.scene.name for edge in EDGES])
@pytest.mark.parametrize("trained", [True, False])
def test_a_straight_edge_moves_by_the_closed_form(edge, trained):
    found = edge_shift(edge, trained, 32, SIDE)
    assert found.measured == found.closed
    if 0 in (edge.a, edge.b):
        assert abs(found.closed) <= found.largest == largest_shift_in_output(32, SIDE)


def test_matched_logits_beat_mismatched_ones_and_labels_enlarged():
    by_way = {(found.trained, found.deployed): found for found in measure_mask(DISC, 8)}
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
            by_way = {(found.trained, found.deployed): found.iou for found in measure_mask(scene, 8)}
            lost[scene.size] = 1 - by_way[True, False] / by_way[True, True]
    assert sorted(lost, key=lost.get, reverse=True) == sorted(lost) == [8, 16, 32]


@pytest.mark.parametrize("fault", ["other mode", "shifted by a pixel", "transposed", "other classes"])
def test_a_resize_with_a_fault_gives_other_labels(fault):
    scene = BY_NAME["edge at 27 degrees"]
    logits = masks.stacked(masks.logits(scene, TRUE, 32, SIDE))
    right = masks.upsampled(logits, TRUE, SIDE)
    resized = {
        "other mode": masks.upsampled(logits, FALSE, SIDE),
        "shifted by a pixel": np.roll(right, 1, axis=1),
        "transposed": right.transpose(1, 0, 2),
        "other classes": right[..., ::-1],
    }[fault]
    assert compared_with(right.astype(np.float32), scene, True, True, 32, SIDE).differing == 0
    assert compared_with(resized.astype(np.float32), scene, True, True, 32, SIDE).differing > 0


def test_labels_enlarged_by_nearest_are_blocks():
    got = deployed_labels(DISC, False, None, 32, SIDE)
    assert (got.reshape(32, 8, 32, 8) == got[::8, ::8][:, None, :, None]).all()
    assert set(MODES) == {True, False}


def test_runs_say_what_the_rows_hold():
    assert runs(np.array([[0, 0, 2, 2, 2], [1, 1, 1, 1, 1]])) == ["2a3c", "5b"]


def test_the_window_on_the_corner_lies_in_the_image():
    for window in WINDOWS:
        scene = BY_NAME[window.scene]
        assert window.cut(np.zeros((scene.side, scene.side))).shape == (window.width, window.width)


def test_the_factor_of_two_is_the_claim_of_half_a_pixel():
    assert claim("the modes are half a pixel apart").expected(128, 256)
    assert largest_shift_in_output(128, 256) == Fraction(1, 2)
