"""Measure the matrix of an axis with a single call: all impulses side by side in one image."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.adapters.layout import WrongShape
from halfpixel.probe.measure.axis_matrix import Refused, call
from halfpixel.probe.measure.sizes import Pair

_ACROSS = 8
"""Fewest pixels of the other axis when it keeps its size; longer inputs take as many as they have impulses."""
_WIDTHS_TRIED = (512, 513, 256, 257, 64, 65, 33)
_MIN_PLATEAU = 6
"""Fewest pixels across that one impulse may fill: an output at the middle sees three to either side."""
_UNCHANGED_TOLERANCE = 1e-5
_MAX_SINGLE_IMPULSES = 4
"""Largest input that is measured one impulse a call, where there is no other way."""


@dataclass(slots=True)
class PlaneCaller:
    """Calls an operation with single planes, and counts the calls."""

    operation: Operation

    def resize_plane(self, plane: np.ndarray, size: Pair) -> np.ndarray:
        """``(H, W)`` to ``(h, w)``; raises ``Refused``, ``WrongShape`` or ``NotInstalled``."""
        raise NotImplementedError

    def along(self, plane: np.ndarray, n_out: int, n_across: int, axis: str) -> np.ndarray:
        """Resize ``(n_in, other)`` to ``(n_out, n_across)``, where the first of each is ``axis``."""
        if axis == "height":
            return self.resize_plane(plane, (n_out, n_across))
        return self.resize_plane(np.ascontiguousarray(plane.T), (n_across, n_out)).T

    def keeps_other_axis(self, line: np.ndarray, pair: Pair, axis: str, tolerance: float) -> bool:
        """Whether ``line``, laid across, stays as it is while ``axis`` is resized.

        True for a call that is refused: the refusal is reported when matrices are measured.
        """
        try:
            resized = self.along(np.repeat(line[None, :], pair[0], axis=0), pair[1], len(line), axis)
        except (Refused, WrongShape):
            return True
        return bool(np.abs(resized - line).max() <= tolerance)


@dataclass(slots=True)
class CountingCaller(PlaneCaller):
    """Counts a batch or several channels as one call for each plane.

    ``is_function`` says that the operation is a function of one plane, which takes no batches or channels.
    """

    is_function: bool
    calls: int = 0

    def __call__(self, images: np.ndarray, size: Pair) -> np.ndarray:
        """``(N, H, W, C)`` to ``(N, h, w, C)``, counted as ``N * C`` calls.

        Raises ``Refused``, ``WrongShape`` or ``NotInstalled``; a result that is not real numbers is refused.
        """
        self.calls += images.shape[0] * images.shape[3]
        return as_real_numbers(call(self.operation, np.array(images, dtype=np.float32), size), np.float32)

    def resize_plane(self, plane: np.ndarray, size: Pair) -> np.ndarray:
        """``(H, W)`` to ``(h, w)``, one call."""
        return self(plane[None, :, :, None], size)[0, :, :, 0]


def as_real_numbers(result: np.ndarray, dtype: type[np.floating] | None = None) -> np.ndarray:
    """``result``, integers converted to ``dtype`` where one is given; ``Refused`` for other than real numbers."""
    if result.dtype.kind not in "fiub":
        raise Refused(f"TypeError: returned {result.dtype} where real numbers were asked for")
    return result if dtype is None or result.dtype.kind == "f" else result.astype(dtype)


@dataclass(frozen=True, slots=True)
class ImpulseLayout:
    """How impulses lie along the axis that is not measured.

    That axis is resized from ``n_in`` to ``n_out`` pixels. ``sampled_positions`` says where each of its outputs
    samples; ``None`` when the axis keeps its values, so that any column serves. Otherwise each impulse fills a plateau
    so wide that an output at its middle sees nothing else. ``gain`` is the factor by which a constant line is
    multiplied.
    """

    n_in: int
    n_out: int
    sampled_positions: np.ndarray | None
    gain: float = 1.0

    def has_room(self, n_impulses: int) -> bool:
        """Whether every impulse has a plateau of its own."""
        positions = self.sampled_positions
        return positions is None or bool(np.nanmax(positions) - np.nanmin(positions) >= _MIN_PLATEAU * n_impulses)

    def columns(self, n_impulses: int) -> tuple[np.ndarray, np.ndarray]:
        """For each input column the impulse it carries, and for each impulse the output column that shows it."""
        if self.sampled_positions is None:
            return np.arange(self.n_in) % n_impulses, np.arange(n_impulses)
        low, high = np.nanmin(self.sampled_positions), np.nanmax(self.sampled_positions)
        share = (np.arange(self.n_in) - low) / (high - low)
        middles = low + (np.arange(n_impulses) + 0.5) / n_impulses * (high - low)
        output_columns = np.nanargmin(np.abs(self.sampled_positions[None, :] - middles[:, None]), axis=1)
        return np.clip(np.floor(share * n_impulses), 0, n_impulses - 1).astype(int), output_columns


@dataclass(slots=True)
class AxisMeasurement:
    """The matrices of one axis, float, ``(n_out, n_in)``, with refusals and wrong shapes, by pair of sizes.

    ``layouts`` are those of impulses when the size shrinks (``False``) and grows (``True``).
    """

    axis: str
    matrices: dict[Pair, np.ndarray] = field(default_factory=dict)
    refused: dict[Pair, str] = field(default_factory=dict)
    misshapen: dict[Pair, WrongShape] = field(default_factory=dict)
    layouts: dict[bool, ImpulseLayout | None] = field(default_factory=dict)


def measure_axis(caller: CountingCaller, pairs: Iterable[Pair], axis: str) -> AxisMeasurement:
    """Measure ``pairs`` along ``axis``, one call each, after one or two calls that explore the other axis."""
    measurement = AxisMeasurement(axis)
    for pair in pairs:
        try:
            matrix = measure_pair(caller, pair, measurement)
        except Refused as refusal:
            measurement.refused[pair] = str(refusal)
        except WrongShape as mismatch:
            measurement.misshapen[pair] = mismatch
        else:
            if matrix is not None:
                measurement.matrices[pair] = matrix
    return measurement


def measure_pair(
    caller: CountingCaller, pair: Pair, measurement: AxisMeasurement, amplitude: float = 1.0
) -> np.ndarray | None:
    """One matrix, times ``amplitude``; ``None`` where the impulses have no room along the other axis."""
    n_in, n_out = pair
    layout = _layout_for(caller, pair, measurement)
    if layout is None:
        return _measure_impulse_by_impulse(caller, pair, measurement.axis, amplitude)
    if not layout.has_room(n_in):
        return None
    impulse_of_column, output_columns = layout.columns(n_in)
    image = np.float32(amplitude) * (impulse_of_column[None, :] == np.arange(n_in)[:, None])
    resized = caller.along(image, n_out, layout.n_out, measurement.axis)[:, output_columns]
    return resized if layout.gain == 1 else resized / np.float32(layout.gain)


def _layout_for(caller: CountingCaller, pair: Pair, measurement: AxisMeasurement) -> ImpulseLayout | None:
    grows = caller.operation.same_scale_on_both_axes and pair[1] > pair[0]
    if grows not in measurement.layouts:
        measurement.layouts[grows] = _explored(caller, pair, grows, measurement.axis)
    layout = measurement.layouts[grows]
    if layout is not None and layout.sampled_positions is None and pair[0] > layout.n_in:
        return ImpulseLayout(pair[0], pair[0], None)
    return layout


def _explored(caller: CountingCaller, pair: Pair, grows: bool, axis: str) -> ImpulseLayout | None:
    operation = caller.operation
    if not operation.same_scale_on_both_axes and operation.accepts(_ACROSS, _ACROSS):
        line = np.random.default_rng(_ACROSS).uniform(0, 1, _ACROSS).astype(np.float32)
        if caller.keeps_other_axis(line, pair, axis, _UNCHANGED_TOLERANCE):
            return ImpulseLayout(_ACROSS, _ACROSS, None)
    for n_in in _WIDTHS_TRIED:
        for n_out in (n_in, n_in // 2, (n_in + 1) // 2, 2 * n_in, n_in + 1):
            goes_along = not operation.same_scale_on_both_axes or (n_out > n_in) == grows
            if goes_along and operation.accepts(n_in, n_out):
                return _layout_by_ramp(caller, pair, n_in, n_out, axis)
    return None


def _layout_by_ramp(caller: CountingCaller, pair: Pair, n_in: int, n_out: int, axis: str) -> ImpulseLayout:
    """Read off a ramp where each output across samples, in input pixels; any column serves where it shows nothing."""
    ramp = (np.arange(n_in) / (n_in - 1)).astype(np.float32)
    try:
        resized = caller.along(np.repeat(ramp[None, :], pair[0], axis=0), pair[1], n_out, axis)
        constant = caller.along(np.ones((pair[0], n_in), np.float32), pair[1], n_out, axis)
    except (Refused, WrongShape):
        return ImpulseLayout(n_in, n_out, None)
    middle = len(resized) // 2
    sums = constant[middle].astype(np.float64)
    is_even = bool(np.abs(sums[n_out // 4 : -n_out // 4] - 1).max(initial=0) < 1e-4)
    # Weights that are not divided by their sum: a ramp shows positions only relative to a constant.
    share = 1.0 if is_even else np.where(np.abs(sums) > 0.01, sums, np.nan)
    positions = resized[middle].astype(np.float64) / share * (n_in - 1)
    positions = np.where((positions >= 0) & (positions <= n_in - 1), positions, np.nan)
    is_spread = not np.isnan(positions).all() and np.nanmax(positions) - np.nanmin(positions) > _MIN_PLATEAU
    # A factor that is the same at every phase brightens the image; it does not come from a kernel.
    has_phases = bool(np.ptp(constant[:, n_out // 2]) > 1e-4)
    gain = _gain(caller, n_in, axis) if is_spread and has_phases and n_in == n_out else 1.0
    return ImpulseLayout(n_in, n_out, positions if is_spread else None, gain)


def _gain(caller: CountingCaller, n_across: int, axis: str) -> float:
    """The factor of a constant line where the size stays, for weights that are not divided by their sum.

    Both axes keep their size here and count alike, so that it is the root of the value in the middle of an image.
    """
    if not caller.operation.accepts(_ACROSS, _ACROSS):
        return 1.0
    try:
        resized = caller.along(np.ones((_ACROSS, n_across), np.float32), _ACROSS, n_across, axis)
    except (Refused, WrongShape):
        return 1.0
    middle = resized[_ACROSS // 2, n_across // 2]
    return float(np.sqrt(middle)) if np.isfinite(middle) and middle > 0 else 1.0


def _measure_impulse_by_impulse(caller: CountingCaller, pair: Pair, axis: str, amplitude: float) -> np.ndarray | None:
    """One impulse a call, both axes resized by the same pair, where no other pair is defined for the axis across."""
    n_in, n_out = pair
    if n_in > _MAX_SINGLE_IMPULSES:
        return None
    columns = []
    for i in range(n_in):
        line = np.float32(amplitude) * (np.arange(n_in) == i)
        columns.append(caller.along(np.repeat(line[:, None], n_in, axis=1), n_out, n_out, axis)[:, n_out // 2])
    return np.stack(columns, axis=1)
