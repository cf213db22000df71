"""Turns claims and masks into the records that reports keeps."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from golden.align_corners import TRUE
from golden.claims import LARGEST, Claim, Outcome, input_to_output, output_to_input
from golden.scenes import Edge
from probe.claims import Seen
from probe.mask_cases import WINDOWS, EdgeShift, MaskMeasurement, runs
from reports import record


def claim_record(claim: Claim, outcome: Outcome, seen: Iterable[Seen]) -> record.Claim:
    """The record of one claim: how far it is true, both maps at its example, and which calls bear it out."""
    modes = {f"align_corners={mode == TRUE}": mode for mode in claim.modes}
    return record.Claim(
        name=claim.name,
        statement=claim.statement,
        verdict=outcome.verdict,
        condition=claim.condition,
        why=claim.why,
        arithmetic=claim.arithmetic,
        asked=claim.asked,
        outputs=tuple(f"{name}: {output_to_input(mode, *claim.example)}" for name, mode in modes.items()),
        inputs=tuple(f"{name}: {input_to_output(mode, *claim.example)}" for name, mode in modes.items()),
        pairs=outcome.decided,
        held=outcome.held,
        largest=LARGEST,
        measured={
            each.operation.id: each.outcome.decided for each in seen if each.outcome and each.outcome.decided > 0
        },
    )


def mask_record(
    found: MaskMeasurement,
    edge: EdgeShift | None,
    frameworks: dict[str, int],
    maps: dict[str, np.ndarray],
) -> record.MaskShift:
    """The record of one way to train and deploy; ``maps`` are the label maps ``truth``, ``matched`` and ``found``."""
    return record.MaskShift(
        scene=found.scene.name,
        kind=found.scene.kind,
        size=found.scene.size,
        n_in=found.n_in,
        n_out=found.n_out,
        trained=found.trained,
        deployed=found.deployed,
        changed=found.changed,
        share=found.share,
        moved=found.moved,
        iou=found.iou,
        boundary_iou=found.boundary_iou,
        classes={name: [iou, boundary] for name, iou, boundary in found.classes},
        largest=str(found.largest),
        edge=() if edge is None else (str(edge.measured), str(edge.closed)),
        frameworks=frameworks,
        picture=_picture(found, maps),
    )


def _picture(found: MaskMeasurement, maps: dict[str, np.ndarray]) -> dict[str, object] | None:
    if found.deployed is None or found.deployed == found.trained:
        return None
    for window in WINDOWS:
        if window.scene == found.scene.name and window.factor * found.n_in == found.n_out:
            cut = {name: runs(window.cut(labelled)) for name, labelled in maps.items()}
            classes = [layer.name for layer in found.scene.layers]
            return {"caption": window.caption, "classes": classes, "width": window.width} | cut
    return None


def edge_of(scene: str, edges: Iterable[Edge]) -> Edge | None:
    """The straight edge of a scene, if it is one."""
    return next((edge for edge in edges if edge.scene.name == scene), None)
