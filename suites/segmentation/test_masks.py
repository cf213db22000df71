"""What does a change of ``align_corners`` do to a mask: how far do boundaries move, and how many labels change?

The scenes are analytic, so the true labels are known at every size. What becomes of a trained model's own decode head,
exported and run, needs mmsegmentation and is asked in the environment that has it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest

from halfpixel.adapters import Operation
from halfpixel.golden.align_corners import MODES, largest_shift_in_output, shift_in_output
from halfpixel.golden.convention import Convention
from halfpixel.golden.tolerance import gain_tolerance
from halfpixel.segmentation import label_maps
from halfpixel.segmentation.coverage import pixel_cells
from halfpixel.segmentation.mask_measurement import (
    TRAIN_DEPLOY_MODES,
    compare_with_exact_labels,
    deployed_labels,
    edge_shift,
    measure_mask,
)
from halfpixel.segmentation.scenes import EDGES, FACTORS, SCENES, SIDE, Edge, Scene
from halfpixel.suites.records.align_corners import edge_of, mask_record
from halfpixel.suites.session import Keep

BY_NAME = {scene.name: scene for scene in SCENES}
FRAMEWORK_FACTORS = (8, 32)


def _calls(operations: Sequence[Operation], mode: Convention, n_in: int, n_out: int) -> dict[str, Operation]:
    """One call for the mode of each framework that has one for these sizes: the first of its adapter."""
    calls: dict[str, Operation] = {}
    for operation in operations:
        if operation.claim == mode and operation.accepts(n_in, n_out):
            calls.setdefault(operation.framework, operation)
    return calls


@pytest.mark.parametrize("name", BY_NAME)
def test_what_a_mask_becomes(
    name: str, chosen_operations: list[Operation], locked_frameworks: frozenset[str], keep: Keep
) -> None:
    scene, edge = BY_NAME[name], edge_of(name, EDGES)
    truth = label_maps.true_labels(scene, scene.side)
    for factor in FACTORS:
        n_in, n_out = scene.side // factor, scene.side
        largest = largest_shift_in_output(n_in, n_out)
        assert largest == Fraction(factor - 1, 2)
        for mask in measure_mask(scene, factor):
            is_mismatch = mask.deployed is not None and mask.deployed != mask.trained
            shift = edge_shift(edge, mask.trained, n_in, n_out) if edge and is_mismatch else None
            differing = {}
            # How logits were made is nothing that a resize could know: those of one setting are enough.
            if mask.trained and mask.deployed is not None and factor in FRAMEWORK_FACTORS:
                differing = _labels_of_frameworks(chosen_operations, scene, mask.trained, mask.deployed, n_in, n_out)
            maps = {
                "truth": truth,
                "matched": deployed_labels(scene, mask.trained, mask.trained, n_in, n_out),
                "found": deployed_labels(scene, mask.trained, mask.deployed, n_in, n_out),
            }
            keep(mask_record(mask, shift, differing, maps))
            assert mask.changed == int((maps["matched"] != maps["found"]).sum())
            held = {framework: labels for framework, labels in differing.items() if framework in locked_frameworks}
            assert set(held.values()) <= {0}, f"labels that differ, by framework: {held}"
            if shift is not None:
                assert shift.measured == shift.closed
            if is_mismatch and mask.moved is not None and (scene.size is None or scene.size >= 2 * factor):
                # Two boundaries, each within half a pixel of its place. What is thinner than two logits may vanish.
                assert mask.moved <= math.ceil(largest) + 1


def _labels_of_frameworks(
    operations: Sequence[Operation], scene: Scene, trained: bool, deployed: bool, n_in: int, n_out: int
) -> dict[str, int]:
    """How many labels each framework's resize gives that differ from the exact ones."""
    logits = label_maps.stacked(label_maps.logits(scene, MODES[trained], n_in, n_out)).astype(np.float32)
    # A class at a time: whether several channels are treated as one is, is asked by the suite for ranks.
    planes = np.ascontiguousarray(np.moveaxis(logits, -1, 0)[..., None])
    differing = {}
    for framework, operation in _calls(operations, MODES[deployed], n_in, n_out).items():
        resized = np.moveaxis(operation.run(planes, (n_out, n_out))[..., 0], 0, -1)
        agreement = compare_with_exact_labels(resized, scene, trained, deployed, n_in, n_out)
        assert agreement.compared > 0.95 * n_out * n_out
        differing[framework] = agreement.differing
    return differing


@pytest.mark.parametrize("factor", FACTORS)
def test_the_shift_nears_its_closed_form_at_the_first_pixel(factor: int) -> None:
    n_in = SIDE // factor
    for trained in (True, False):
        # Nearer than the first output that False does not clamp, its values have a kink.
        near_corner = Fraction(1, 2 * factor)
        for x_in in (near_corner, Fraction(1, 2), Fraction(n_in - 1, 2), n_in - 1 - near_corner):
            shift = edge_shift(_upright(x_in, trained, n_in), trained, n_in, SIDE)
            assert shift.measured == shift.closed == shift_in_output(n_in, SIDE, x_in)
            assert abs(shift.measured) < shift.largest == Fraction(factor - 1, 2)
    assert abs(shift_in_output(n_in, SIDE, 0)) == largest_shift_in_output(n_in, SIDE)


def _upright(x_in: Fraction, trained: bool, n_in: int) -> Edge:
    """An upright edge at an input coordinate of the logits."""
    grid = pixel_cells(MODES[trained], n_in, SIDE)
    return Edge(1, 0, grid.origin + grid.pitch * (x_in + Fraction(1, 2)), EDGES[0].scene)


@pytest.mark.parametrize("factor", FACTORS)
def test_frameworks_move_an_edge_by_the_closed_form(
    factor: int, chosen_operations: list[Operation], locked_frameworks: frozenset[str]
) -> None:
    n_in = SIDE // factor
    ramp = np.broadcast_to(np.arange(n_in, dtype=np.float32) - 1.375, (n_in, n_in))[None, :, :, None].copy()
    crossings = {}
    for setting, mode in MODES.items():
        for framework, operation in _calls(chosen_operations, mode, n_in, SIDE).items():
            row = operation.run(ramp, (SIDE, SIDE))[0, SIDE // 2, :, 0]
            crossings[framework, setting] = label_maps.crossing(row.astype(np.float64).tolist())
    frameworks = {framework for framework, _ in crossings} & locked_frameworks
    complete = [framework for framework in frameworks if {(framework, True), (framework, False)} <= crossings.keys()]
    if not complete:
        pytest.skip("no framework that was asked for, at a locked version, has calls for both modes")
    closed = float(shift_in_output(n_in, SIDE, Fraction(11, 8)))
    # A value errs by the rounding bound times the ramp's size; the ramp rises by 1/factor for each output pixel.
    bound = 2 * factor * 4 * n_in * max(gain_tolerance(mode, n_in, SIDE, 1.0) for mode in MODES.values())
    for framework in complete:
        moved = crossings[framework, True] - crossings[framework, False]
        assert moved == pytest.approx(closed, abs=bound), framework


def test_every_way_to_train_and_deploy_is_measured() -> None:
    assert len(TRAIN_DEPLOY_MODES) == len(set(TRAIN_DEPLOY_MODES)) == 6
    assert len({(mask.trained, mask.deployed) for mask in measure_mask(SCENES[0], 8)}) == len(TRAIN_DEPLOY_MODES)
