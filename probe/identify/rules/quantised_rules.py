"""The rule that a resizer of grey levels follows, from least squares, verified on the lines and on whole images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from halfpixel.adapters import NotInstalled
from halfpixel.adapters.layout import WrongShape
from halfpixel.golden.rules import AxisSizes, PiecewiseRule
from halfpixel.golden.tolerance import row_gain
from halfpixel.golden.vocabulary import GREY_LEVELS
from halfpixel.probe.identify.quantised_measurement import LevelAxis
from halfpixel.probe.identify.quantised_rounding import QuantisedMeasurement, noise_image
from halfpixel.probe.identify.rules.axis_observations import Observation
from halfpixel.probe.identify.rules.rule_search import find_rule
from halfpixel.probe.measure.axis_matrix import AXES, Refused

_WEIGHT_NOISE = 1.2e-3
"""By how much a fitted weight may be off: four times the usual error of least squares on rounded results."""
_BEYOND_ROUNDING = 0.03
"""Levels beyond half a level that a result may be off: weights of few bits, float32 sums of up to 255."""
WHOLE_IMAGES = (((20, 17), (13, 29)), ((17, 20), (29, 13)), ((24, 24), (10, 10)), ((9, 14), (21, 31)))
"""(height, width) of whole images of noise and of their results."""


@dataclass(frozen=True, slots=True)
class RuleOfLevels:
    """The rule; ``levels`` by how far results are from it at most, rounding included; ``evidence`` a sentence."""

    rule: PiecewiseRule
    levels: float
    evidence: str


def follow_levels(measured: QuantisedMeasurement) -> RuleOfLevels | None:
    """The rule that explains all lines of both axes and whole images; ``None`` where none does."""
    by_axis = (measured.height_matrices, measured.width_matrices)
    observations = [
        Observation(_alone(axis, pair), matrix, _WEIGHT_NOISE * (pair[0] + 3) if measured.output_step else 1e-5)
        for axis, matrices in zip(AXES, by_axis, strict=True)
        for pair, matrix in matrices.items()
    ]
    rule, _ = find_rule(observations)
    if rule is None or any(part.rule is None for part in rule.parts):
        return None
    spans = [_span(rule, axis, results) for axis, results in zip(AXES, (measured.height, measured.width), strict=True)]
    if any(span is None for span in spans):
        return None
    low, high = min(span[0] for span in spans if span), max(span[1] for span in spans if span)
    if high - low > (1 + 2 * _BEYOND_ROUNDING if measured.output_step else 0.05):
        return None
    images = _whole_images(measured, rule)
    if images is None:
        return None
    sentence = f"every result of {sum(map(len, by_axis))} pairs lies within one rounding of the rule"
    return RuleOfLevels(rule, max(abs(low), abs(high)), f"{sentence}, and {images} whole images within two")


def _alone(axis: str, pair: tuple[int, int]) -> AxisSizes:
    """The sizes of a line: the other axis keeps its own."""
    return AxisSizes(axis, *pair, 8, 8)


def _span(rule: PiecewiseRule, axis: str, results: LevelAxis) -> tuple[float, float] | None:
    """The least and the largest error of a result, levels; those at an end of the range may be clamped."""
    low, high = np.inf, -np.inf
    for pair, lines in results.lines.items():
        there = rule.at(_alone(axis, pair))
        if there is None:
            return None
        try:
            exact = there.matrix(_alone(axis, pair)).to_array()
        except ValueError:
            return None
        inside = (lines.outputs > 0.01) & (lines.outputs < GREY_LEVELS - 0.01)
        off = (lines.outputs - exact @ lines.inputs)[inside]
        low, high = min(low, float(off.min(initial=low))), max(high, float(off.max(initial=high)))
    return (low, high) if low <= high else None


def _whole_images(measured: QuantisedMeasurement, rule: PiecewiseRule) -> int | None:
    """How many images, resized along both axes at once, are within two roundings; ``None`` where one is not."""
    compared = 0
    for size_in, size_out in WHOLE_IMAGES:
        exact = rule.matrices(size_in, size_out)
        if exact is None or not all(map(measured.caller.operation.accepts, size_in, size_out)):
            continue
        rows, columns = (matrix.to_array() for matrix in exact)
        image = noise_image(*size_in, ends_only=False)
        try:
            resized = measured.caller.resize_plane(image, size_out)
        except (Refused, WrongShape, NotInstalled):
            continue
        allowed = (2.5 if measured.output_step else 0.05) * max(1.0, row_gain(rows) * row_gain(columns))
        off = np.abs(resized - np.clip(rows @ image @ columns.T, 0, GREY_LEVELS))
        if float(off.max()) > allowed:
            return None
        compared += 1
    return compared or None
