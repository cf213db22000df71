"""What does a change of ``align_corners`` do to a mask: how far do boundaries move, and how many labels change?

The scenes are analytic, so the true labels are known at every size. What becomes of a trained model's own decode head,
exported and run, needs mmsegmentation and is asked in the environment that has it.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from golden.align_corners import MODES, largest_shift_in_output, shift_in_output
from golden.scenes import EDGES, FACTORS, SCENES, SIDE, Edge
from probe import masks
from probe.mask_cases import WAYS, compared_with, deployed_labels, edge_shift, measure_mask
from suites.align_corners import edge_of, mask_record

BY_NAME = {scene.name: scene for scene in SCENES}
FRAMEWORK_FACTORS = (8, 32)


def _calls(operations, mode, n_in, n_out):
    """One call for the mode of each framework that has one for these sizes: the first of its adapter."""
    calls = {}
    for operation in operations:
        if operation.claim == mode and operation.accepts(n_in, n_out):
            calls.setdefault(operation.framework, operation)
    return calls


@pytest.mark.parametrize("name", BY_NAME)
def test_what_a_mask_becomes(name, chosen_operations, keep):
    scene, edge = BY_NAME[name], edge_of(name, EDGES)
    truth = masks.true_labels(scene, scene.side)
    for factor in FACTORS:
        n_in, n_out = scene.side // factor, scene.side
        largest = largest_shift_in_output(n_in, n_out)
        assert largest == Fraction(factor - 1, 2)
        for found in measure_mask(scene, factor):
            is_mismatch = found.deployed is not None and found.deployed != found.trained
            shift = edge_shift(edge, found.trained, n_in, n_out) if edge and is_mismatch else None
            seen = {}
            # How logits were made is nothing that a resize could know: those of one setting are enough.
            if found.trained and found.deployed is not None and factor in FRAMEWORK_FACTORS:
                seen = _labels_of_frameworks(chosen_operations, scene, found.trained, found.deployed, n_in, n_out)
            maps = {
                "truth": truth,
                "matched": deployed_labels(scene, found.trained, found.trained, n_in, n_out),
                "found": deployed_labels(scene, found.trained, found.deployed, n_in, n_out),
            }
            keep(mask_record(found, shift, seen, maps))
            assert found.changed == int((maps["matched"] != maps["found"]).sum())
            assert set(seen.values()) <= {0}, f"labels that a framework gives otherwise: {seen}"
            if shift is not None:
                assert shift.measured == shift.closed
            if is_mismatch and found.moved is not None and (scene.size is None or scene.size >= 2 * factor):
                # Two boundaries, each within half a pixel of its place. What is thinner than two logits may vanish.
                assert found.moved <= math.ceil(largest) + 1


def _labels_of_frameworks(operations, scene, trained, deployed, n_in, n_out):
    logits = masks.stacked(masks.logits(scene, MODES[trained], n_in, n_out)).astype(np.float32)
    # A class at a time: whether several channels are treated as one is, is asked by the suite for ranks.
    planes = np.ascontiguousarray(np.moveaxis(logits, -1, 0)[..., None])
    differing = {}
    for framework, operation in _calls(operations, MODES[deployed], n_in, n_out).items():
        resized = np.moveaxis(operation.run(planes, (n_out, n_out))[..., 0], 0, -1)
        same = compared_with(resized, scene, trained, deployed, n_in, n_out)
        assert same.compared > 0.95 * n_out * n_out
        differing[framework] = same.differing
    return differing


@pytest.mark.parametrize("factor", FACTORS)
def test_the_shift_nears_its_closed_form_at_the_first_pixel(factor):
    n_in = SIDE // factor
    for trained in (True, False):
        # Nearer than the first output that False does not clamp, its values have a kink.
        near_corner = Fraction(1, 2 * factor)
        for near in (near_corner, Fraction(1, 2), Fraction(n_in - 1, 2), n_in - 1 - near_corner):
            edge = _upright(near, trained, n_in)
            found = edge_shift(edge, trained, n_in, SIDE)
            assert found.measured == found.closed == shift_in_output(n_in, SIDE, near)
            assert abs(found.measured) < found.largest == Fraction(factor - 1, 2)
    assert abs(shift_in_output(n_in, SIDE, 0)) == largest_shift_in_output(n_in, SIDE)


def _upright(x_in, trained, n_in):
    """An upright edge at an input coordinate of the logits."""
    grid = masks.cells(MODES[trained], n_in, SIDE)
    return Edge(1, 0, grid.origin + grid.pitch * (x_in + Fraction(1, 2)), EDGES[0].scene)


@pytest.mark.parametrize("factor", FACTORS)
def test_frameworks_move_an_edge_by_the_closed_form(factor, chosen_operations):
    n_in = SIDE // factor
    ramp = np.broadcast_to(np.arange(n_in, dtype=np.float32) - 1.375, (n_in, n_in))[None, :, :, None].copy()
    crossings = {}
    for setting, mode in MODES.items():
        for framework, operation in _calls(chosen_operations, mode, n_in, SIDE).items():
            row = operation.run(ramp, (SIDE, SIDE))[0, SIDE // 2, :, 0]
            crossings[framework, setting] = float(masks.crossing(row.astype(np.float64)))
    frameworks = {framework for framework, _ in crossings}
    both = [each for each in frameworks if {(each, True), (each, False)} <= crossings.keys()]
    if not both:
        pytest.skip("no framework that was asked for has calls for both modes")
    closed = float(shift_in_output(n_in, SIDE, Fraction(11, 8)))
    for framework in both:
        moved = crossings[framework, True] - crossings[framework, False]
        # A value errs by the rounding bound times the ramp's size; the ramp rises by 1/factor for each output pixel.
        bound = 2 * factor * 4 * n_in * max(masks.rounding(mode, n_in, SIDE) for mode in MODES.values())
        assert moved == pytest.approx(closed, abs=bound), framework


def test_every_way_to_train_and_deploy_is_measured():
    assert len(WAYS) == len(set(WAYS)) == 6
    assert len({(found.trained, found.deployed) for found in measure_mask(SCENES[0], 8)}) == len(WAYS)
