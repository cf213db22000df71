"""Make report records of ``align_corners`` claims and mask measurements."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from halfpixel.golden.align_corners import ALIGN_CORNERS
from halfpixel.reports.records import record_types
from halfpixel.segmentation.claims.claim import (
    LARGEST_CHECKED_SIZE,
    Claim,
    ClaimOutcome,
    input_to_output,
    output_to_input,
)
from halfpixel.segmentation.claims.on_frameworks import ClaimObservation
from halfpixel.segmentation.mask_measurement import PICTURE_CROPS, EdgeShift, MaskMeasurement, run_length_rows
from halfpixel.segmentation.scenes import Edge


def claim_record(
    claim: Claim, outcome: ClaimOutcome, observations: Iterable[ClaimObservation]
) -> record_types.TextbookClaim:
    """The record of one claim: how far it is true, both maps at its example, and which calls bear it out."""
    modes = {f"align_corners={mode == ALIGN_CORNERS}": mode for mode in claim.modes}
    return record_types.TextbookClaim(
        name=claim.name,
        statement=claim.statement,
        verdict=outcome.verdict,
        condition=claim.condition,
        why=claim.why,
        arithmetic=claim.arithmetic,
        asked=claim.sources,
        outputs=tuple(f"{name}: {output_to_input(mode, *claim.example)}" for name, mode in modes.items()),
        inputs=tuple(f"{name}: {input_to_output(mode, *claim.example)}" for name, mode in modes.items()),
        pairs=outcome.decided,
        held=outcome.holding,
        largest=LARGEST_CHECKED_SIZE,
        measured={
            observation.operation.id: observation.outcome.decided
            for observation in observations
            if observation.outcome and observation.outcome.decided > 0
        },
    )


def mask_record(
    mask: MaskMeasurement,
    edge: EdgeShift | None,
    frameworks: dict[str, int],
    maps: dict[str, np.ndarray],
) -> record_types.MaskShift:
    """The record of one way to train and deploy; ``maps`` are the label maps ``truth``, ``matched`` and ``found``."""
    return record_types.MaskShift(
        scene=mask.scene.name,
        kind=mask.scene.kind,
        size=mask.scene.size,
        n_in=mask.n_in,
        n_out=mask.n_out,
        trained=mask.trained,
        deployed=mask.deployed,
        changed=mask.changed,
        share=mask.share,
        moved=mask.moved,
        iou=mask.iou,
        boundary_iou=mask.boundary_iou,
        classes={name: [iou, boundary] for name, iou, boundary in mask.classes},
        largest=str(mask.largest),
        edge=() if edge is None else (str(edge.measured), str(edge.closed)),
        frameworks=frameworks,
        picture=_picture(mask, maps),
    )


def _picture(mask: MaskMeasurement, maps: dict[str, np.ndarray]) -> dict[str, object] | None:
    if mask.deployed is None or mask.deployed == mask.trained:
        return None
    for window in PICTURE_CROPS:
        if window.scene == mask.scene.name and window.factor * mask.n_in == mask.n_out:
            cut = {name: run_length_rows(window.cut(labelled)) for name, labelled in maps.items()}
            classes = [layer.name for layer in mask.scene.layers]
            return {"caption": window.caption, "classes": classes, "width": window.width} | cut
    return None


def edge_of(scene: str, edges: Iterable[Edge]) -> Edge | None:
    """The straight edge of a scene, if it is one."""
    return next((edge for edge in edges if edge.scene.name == scene), None)
