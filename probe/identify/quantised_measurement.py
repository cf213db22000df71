"""Measure one axis of a resizer that returns grey levels: every image carries many lines in its columns."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from halfpixel.adapters.layout import WrongShape
from halfpixel.golden.vocabulary import GREY_LEVELS
from halfpixel.probe.identify.input_formats import InputFormat
from halfpixel.probe.measure.axis_matrix import Refused
from halfpixel.probe.measure.batched_measurement import PlaneCaller
from halfpixel.probe.measure.sizes import Pair

_LINES = 128
_LINES_PER_PIXEL = {False: 4, True: 16}
"""More for inputs beyond 32 pixels, longer than those that distinguish names: they serve the estimates."""
_COLUMNS_PER_LINE = 12
"""Where the other axis is changed: the middle column of a line samples nothing else."""
_COLUMNS_PER_LINE_BOTH = 24
"""The same where both axes are resized: with room for any rule of coordinates."""


@dataclass(frozen=True, slots=True, eq=False)
class LineResults:
    """Lines of pixels and their results at one pair: levels, ``(n_in, T)`` and ``(n_out, T)``."""

    pair: Pair
    inputs: np.ndarray
    outputs: np.ndarray

    def fitted(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Least squares on the results that are not at an end of the range.

        The matrix ``(n_out, n_in)``; the offset of every result, levels ``(n_out,)``, as rounding down adds -1/2; and
        the residuals of those results, levels ``(n_out, T)``, 0 for the others.
        """
        n_in, n_out = self.pair
        matrix, offset, residual = np.zeros((n_out, n_in)), np.zeros(n_out), np.zeros(self.outputs.shape)
        terms = np.column_stack([self.inputs.T.astype(np.float64), np.full(self.inputs.shape[1], 100.0)])
        for row, results in enumerate(self.outputs):
            inside = (results > 0.01) & (results < GREY_LEVELS - 0.01)
            if inside.sum() < 2 * n_in + 4:
                inside = np.ones(len(results), dtype=bool)
            solution = np.linalg.lstsq(terms[inside], results[inside], rcond=None)[0]
            # The choice of results must not depend on how they were rounded.
            refined = np.abs(terms @ solution - GREY_LEVELS / 2) < GREY_LEVELS / 2 - 1
            if refined.sum() >= 2 * n_in + 4:
                inside = refined
                solution = np.linalg.lstsq(terms[inside], results[inside], rcond=None)[0]
            matrix[row], offset[row] = solution[:-1], 100 * solution[-1]
            residual[row, inside] = results[inside] - terms[inside] @ solution
        return matrix, offset, residual

    def residuals(self, weights: np.ndarray) -> np.ndarray:
        """Results less ``clip(weights @ inputs)``, levels, ``(n_out, T)``."""
        return np.asarray(self.outputs - np.clip(weights @ self.inputs, 0, GREY_LEVELS))


@dataclass(slots=True)
class LevelCaller(PlaneCaller):
    """Calls an operation with images of grey levels, and counts the calls.

    ``stays_inside`` leaves a quarter of the range free at both ends, so that no overshoot of a kernel is clipped.
    """

    form: InputFormat
    calls: int = 0
    stays_inside: bool = False

    def calls_left(self, most: int) -> int:
        """How many more calls there may be, of ``most``."""
        return most - self.calls

    def resize_plane(self, plane: np.ndarray, size: Pair) -> np.ndarray:
        """``(H, W)`` levels to ``(h, w)`` levels, float64; raises ``Refused``, ``WrongShape`` or ``NotInstalled``."""
        self.calls += 1
        result = self.form.resize(self.operation, plane * self.form.unit if self.form.unit != 1 else plane, size)
        levels = np.asarray(result.astype(np.float64) / self.form.returned_unit)
        # 255ths are not binary fractions: levels that are all close to whole ones are whole.
        whole = np.asarray(np.rint(levels))
        return whole if np.abs(levels - whole).max(initial=0) < 1e-3 else levels


@dataclass(slots=True)
class LevelAxis:
    """The measurements along one axis, and the layout of lines across it.

    ``keeps_other_axis`` is ``None`` until it was checked; ``sampling`` is the slope of the other axis's positions and
    the first of them as a fraction of its length.
    """

    axis: str
    lines: dict[Pair, LineResults] = field(default_factory=dict)
    refused: dict[Pair, str] = field(default_factory=dict)
    misshapen: dict[Pair, WrongShape] = field(default_factory=dict)
    keeps_other_axis: bool | None = None
    sampling: tuple[float, float] | None = None


def line_count(n_in: int) -> int:
    """How many lines of ``n_in`` pixels an image carries where the other axis keeps its size."""
    return max(_LINES, _LINES_PER_PIXEL[n_in > 32] * n_in)


def lines_for(n_in: int, count: int, stays_inside: bool = False) -> np.ndarray:
    """``count`` lines of ``n_in`` levels, ``(n_in, count)``: one bright pixel each, then noise of two kinds.

    Half of the noise has two levels only, far apart but so that ringing does not reach the ends of the range; half has
    any level, which shows non-linearity and lands on ties. ``stays_inside`` halves all of it around the middle.
    """
    random = np.random.default_rng(n_in)
    single = np.eye(n_in, dtype=np.int64)[:, : count // 4] * (GREY_LEVELS - 64) + 32
    rest = count - single.shape[1]
    two = 128 + 76 * random.choice([-1, 1], (n_in, rest // 2))
    lines = np.concatenate([single, two, random.integers(0, GREY_LEVELS + 1, (n_in, rest - rest // 2))], axis=1)
    return 64 + lines // 2 if stays_inside else lines


def measure_levels(caller: LevelCaller, pairs: list[Pair], axis: str, most: int) -> LevelAxis:
    """Measure ``pairs`` along ``axis``, a call each and one more, with at most ``most`` calls in all."""
    measurement = LevelAxis(axis)
    end = caller.calls + most
    for pair in pairs:
        if caller.calls + (measurement.keeps_other_axis is None) >= end:
            break
        try:
            measurement.lines[pair] = measure_lines(caller, pair, measurement)
        except Refused as refusal:
            measurement.refused[pair] = str(refusal)
        except WrongShape as mismatch:
            measurement.misshapen[pair] = mismatch
    return measurement


def measure_lines(caller: LevelCaller, pair: Pair, measurement: LevelAxis) -> LineResults:
    """One pair; raises ``Refused``, ``WrongShape`` or ``NotInstalled``."""
    n_in, n_out = pair
    if measurement.keeps_other_axis is None:
        line = np.random.default_rng(8).integers(0, GREY_LEVELS + 1, 16)
        measurement.keeps_other_axis = not caller.operation.same_scale_on_both_axes and caller.keeps_other_axis(
            line, pair, measurement.axis, 1e-2
        )
    if measurement.keeps_other_axis:
        inputs = lines_for(n_in, line_count(n_in), caller.stays_inside)
        return LineResults(pair, inputs, caller.along(inputs, n_out, inputs.shape[1], measurement.axis))
    inputs = lines_for(n_in, max(_LINES, _LINES_PER_PIXEL[False] * n_in))
    if caller.operation.same_scale_on_both_axes:
        return _both_resized(caller, pair, inputs, measurement.axis)
    wide = np.repeat(inputs, _COLUMNS_PER_LINE, axis=1)
    width = wide.shape[1]
    if measurement.sampling is None:
        measurement.sampling = _sampling_across(caller, pair, width, measurement.axis)
    slope, first = measurement.sampling
    outputs = caller.along(wide, n_out, width, measurement.axis)
    middles = np.arange(inputs.shape[1]) * _COLUMNS_PER_LINE + (_COLUMNS_PER_LINE - 1) / 2
    columns = np.rint((middles - first * (width - 1)) / slope).astype(int)
    inside = (columns >= 0) & (columns < width)
    return LineResults(pair, inputs[:, inside], outputs[:, columns[inside]])


def _sampling_across(caller: LevelCaller, pair: Pair, width: int, axis: str) -> tuple[float, float]:
    """Where the outputs of an axis of ``width`` pixels that keeps its size sample, read off a ramp.

    The slope, and the first position as a fraction of the length; (1, 0) where the ramp shows nothing.
    """
    ramp = np.rint(np.arange(width) / (width - 1) * GREY_LEVELS)
    try:
        resized = caller.along(np.repeat(ramp[None, :], pair[0], axis=0), pair[1], width, axis)
    except (Refused, WrongShape):
        return 1.0, 0.0
    middle = resized[len(resized) // 2]
    inside = np.flatnonzero((middle > 2) & (middle < GREY_LEVELS - 2))
    if len(inside) < width // 8:
        return 1.0, 0.0
    slope, first = np.polyfit(inside, middle[inside] / GREY_LEVELS * (width - 1), 1)
    # A brighter or a darker ramp does not mean another position.
    is_whole = abs(slope - 1) < 0.15 and abs(first) < 0.1 * width
    return (1.0, 0.0) if is_whole or slope <= 0 else (float(slope), float(first / (width - 1)))


def _both_resized(caller: LevelCaller, pair: Pair, inputs: np.ndarray, axis: str) -> LineResults:
    """Where no axis can keep its size: lines so broad across that the middle of each samples that line alone."""
    n_in, n_out = pair
    columns = n_in * -(-_COLUMNS_PER_LINE_BOTH * max(n_in, n_out) // (n_in * min(n_in, n_out)))
    width = columns * inputs.shape[1]
    outputs = caller.along(np.repeat(inputs, columns, axis=1), n_out, width * n_out // n_in, axis)
    middles = ((np.arange(inputs.shape[1]) + 0.5) * columns * n_out / n_in).astype(int)
    return LineResults(pair, inputs, outputs[:, middles])
