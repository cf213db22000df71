"""Measure masks deployed with the ``align_corners`` they were trained with, with the other, or as enlarged labels."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np

from halfpixel.golden.align_corners import MODES, exact_axis, largest_shift_in_output, shift_in_output
from halfpixel.golden.tolerance import gain_tolerance
from halfpixel.segmentation import label_maps
from halfpixel.segmentation.coverage import pixel_cells
from halfpixel.segmentation.scenes import Edge, Scene

TRAIN_DEPLOY_MODES: tuple[tuple[bool, bool | None], ...] = (
    *((True, True), (False, False), (True, False), (False, True)),
    *((True, None), (False, None)),
)
"""``(trained, deployed)`` by ``align_corners``; ``None`` deployed: labels of the logits, enlarged by nearest."""


@dataclass(frozen=True, slots=True)
class MaskMeasurement:
    """One scene, one pair of sizes, one way of training and deploying.

    changed, share, moved
        Against the same logits deployed as trained: see :class:`halfpixel.segmentation.label_maps.LabelDifference`.
    iou, boundary_iou
        Against the true labels, the mean over classes other than the background; by class in ``classes``, as
        ``(name, iou, boundary iou)``.
    largest
        The closed form of the largest shift between the modes, in output pixels.
    """

    scene: Scene
    n_in: int
    n_out: int
    trained: bool
    deployed: bool | None
    changed: int
    share: float
    moved: int | None
    iou: float
    boundary_iou: float
    classes: tuple[tuple[str, float, float], ...]
    largest: Fraction


def deployed_labels(scene: Scene, trained: bool, deployed: bool | None, n_in: int, n_out: int) -> np.ndarray:
    """The labels, ``(n_out, n_out)``, of one of :data:`TRAIN_DEPLOY_MODES`."""
    if deployed is None:
        return label_maps.nearest_labels(scene, MODES[trained], n_in, n_out)
    return label_maps.labels(scene, MODES[trained], MODES[deployed], n_in, n_out)


def measure_mask(scene: Scene, factor: int) -> tuple[MaskMeasurement, ...]:
    """One scene, from its own size over ``factor``, by all :data:`TRAIN_DEPLOY_MODES`."""
    n_in, n_out = scene.side // factor, scene.side
    return tuple(_measured(scene, trained, deployed, n_in, n_out) for trained, deployed in TRAIN_DEPLOY_MODES)


def _measured(scene: Scene, trained: bool, deployed: bool | None, n_in: int, n_out: int) -> MaskMeasurement:
    truth, labelled = label_maps.true_labels(scene, n_out), deployed_labels(scene, trained, deployed, n_in, n_out)
    difference = label_maps.label_difference(deployed_labels(scene, trained, trained, n_in, n_out), labelled)
    classes = []
    for index, layer in enumerate(scene.layers):
        if layer.name != "background":
            masks = truth == index, labelled == index
            classes.append((layer.name, label_maps.iou(*masks), label_maps.boundary_iou(*masks)))
    return MaskMeasurement(
        scene=scene,
        n_in=n_in,
        n_out=n_out,
        trained=trained,
        deployed=deployed,
        changed=difference.changed,
        share=difference.share,
        moved=difference.moved,
        iou=float(np.mean([iou for _, iou, _ in classes])),
        boundary_iou=float(np.mean([boundary_iou for _, _, boundary_iou in classes])),
        classes=tuple(classes),
        largest=largest_shift_in_output(n_in, n_out),
    )


@dataclass(frozen=True, slots=True)
class EdgeShift:
    """How far a straight edge moves along its row or column when the mode changes, in output pixels.

    ``measured`` is read off the upsampled values; ``closed`` is the closed form, which never exceeds ``largest`` for
    upright and level edges.
    """

    edge: Edge
    n_in: int
    n_out: int
    trained: bool
    measured: Fraction
    closed: Fraction
    largest: Fraction


def edge_logit(edge: Edge, trained: bool, n_in: int, n_out: int, row: int, column: int) -> Fraction:
    """The distance to the edge, times ``sqrt(a^2 + b^2)``, at the centre of a pixel of the mode: linear, and exact."""
    grid = pixel_cells(MODES[trained], n_in, n_out)
    x, y = (grid.origin + grid.pitch * (2 * k + 1) / 2 for k in (column, row))
    return edge.c - edge.a * x - edge.b * y


@lru_cache(maxsize=64)
def scan_line(edge: Edge, n_out: int) -> tuple[int, int]:
    """``(axis, index)`` of the output row (axis 1 runs along it) or column where the edge is nearest the middle.

    Far from the borders, where ``False`` is clamped and a straight edge does not stay one.
    """
    axis, along, across = (1, edge.a, edge.b) if abs(edge.a) >= abs(edge.b) else (0, edge.b, edge.a)
    half = Fraction(1, 2)

    def eccentricity(o: int) -> Fraction:
        level = Fraction(2 * o + 1, 2 * n_out)
        return max(abs(level - half), abs((edge.c - across * level) / along - half) if across else Fraction(0))

    return axis, min(range(n_out), key=eccentricity)


def edge_shift(edge: Edge, trained: bool, n_in: int, n_out: int) -> EdgeShift:
    """Measured on one scan line in exact arithmetic, from where the upsampled values change sign."""
    axis, index = scan_line(edge, n_out)

    def value(across: int, along: int) -> Fraction:
        return edge_logit(edge, trained, n_in, n_out, *((across, along) if axis == 1 else (along, across)))

    crossings = {}
    for deployed, mode in MODES.items():
        rows = exact_axis(mode, n_in, n_out).rows
        line = [sum((p * value(i, j) for i, p in rows[index]), Fraction(0)) for j in range(n_in)]
        crossings[deployed] = label_maps.crossing([sum((q * line[j] for j, q in row), Fraction(0)) for row in rows])
    closed = edge_shift_closed_form(edge, trained, n_in, n_out)
    largest = largest_shift_in_output(n_in, n_out)
    return EdgeShift(edge, n_in, n_out, trained, crossings[True] - crossings[False], closed, largest)


def edge_shift_closed_form(edge: Edge, trained: bool, n_in: int, n_out: int) -> Fraction:
    """``E(x) + b/a E(y)`` for any point ``(x, y)`` of the edge in input pixels, ``E`` as ``shift_in_output``.

    Both maps scale both axes alike, so the edge stays parallel to itself, and the gap along a row is the same in every
    row: that of the point where it meets input row 0. ``a`` is the larger of the two coefficients.
    """
    grid = pixel_cells(MODES[trained], n_in, n_out)
    first = grid.origin + grid.pitch / 2
    a, b = (edge.a, edge.b) if abs(edge.a) >= abs(edge.b) else (edge.b, edge.a)
    meets = (edge.c - (a + b) * first) / (grid.pitch * a)
    return shift_in_output(n_in, n_out, meets) + Fraction(b, a) * shift_in_output(n_in, n_out, Fraction(0))


@dataclass(frozen=True, slots=True)
class PictureCrop:
    """A part of the label maps that is worth a picture: every ``step``-th pixel of a square."""

    scene: str
    factor: int
    left: int
    top: int
    width: int
    step: int
    caption: str

    def cut(self, labelled: np.ndarray) -> np.ndarray:
        """The labels within."""
        end = self.width * self.step
        return labelled[self.top : self.top + end : self.step, self.left : self.left + end : self.step]


PICTURE_CROPS = (
    PictureCrop("road scene", 8, 0, 384, 128, 1, "the lower left 128 x 128 pixels, where the shift is largest"),
    PictureCrop("road scene", 32, 0, 0, 128, 4, "the whole image, every fourth pixel"),
)


def run_length_rows(labelled: np.ndarray) -> list[str]:
    """Each row as runs of labels, ``12a3b``: twelve pixels of class 0, three of class 1."""
    result = []
    for row in labelled:
        starts = np.flatnonzero(np.diff(row, prepend=-1))
        lengths = np.diff(np.append(starts, len(row)))
        result.append("".join(f"{n}{chr(97 + row[k])}" for n, k in zip(lengths, starts, strict=True)))
    return result


@dataclass(frozen=True, slots=True)
class LabelAgreement:
    """How many labels of a real resize differ from the exact matrix's, among those that rounding cannot decide."""

    differing: int
    compared: int


def compare_with_exact_labels(
    resized: np.ndarray, scene: Scene, trained: bool, deployed: bool, n_in: int, n_out: int
) -> LabelAgreement:
    """``resized`` is float32 ``(n_out, n_out, classes)``, what a framework made of the logits.

    Where classes lead by less than twice the rounding bound of both axes, either may come out: those are left out.
    """
    mode = MODES[deployed]
    logits = label_maps.stacked(label_maps.logits(scene, MODES[trained], n_in, n_out))
    exact = label_maps.exact_resize(logits, mode, (n_out, n_out))
    # Logits lie in [0, 1]; each axis adds its own error, and the two classes may err in opposite directions.
    bound = 4 * gain_tolerance(mode, n_in, n_out, 1.0)
    clear = label_maps.margins(exact) > bound
    differing = (resized.argmax(axis=-1) != exact.argmax(axis=-1)) & clear
    return LabelAgreement(int(differing.sum()), int(clear.sum()))
