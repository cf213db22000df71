"""Compare the final outputs of two runs: largest error, changed labels, grey levels."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from halfpixel.golden.vocabulary import GREY_LEVELS, Verdict
from halfpixel.parity.diagnose.results import LabelChange, OutputDifference
from halfpixel.parity.diagnose.rounding_floor import GREY_LEVEL, channel_axis_of, per_channel, spreads

LEEWAY = 4
"""Times what rounding explains that a channel may differ by. Of exported networks with convolutions, normalisations and
attention, healthy runtimes (ONNX Runtime, OpenVINO, OpenCV, onnx, torch) differ by a third of it at most."""

_MAX_CLASSES = 300
"""More channels than this are features: the largest data sets of segmentation have 150 to 200 classes."""


def match_layout(expected: np.ndarray, got: np.ndarray) -> np.ndarray | None:
    """``got`` in the layout of ``expected``: itself, or its channels moved first or last; ``None`` if none fits."""
    if got.shape == expected.shape:
        return got
    return next((moved for moved in moved_channels(got) if moved.shape == expected.shape), None)


def moved_channels(x: np.ndarray) -> tuple[np.ndarray, ...]:
    """The array with its channels moved last, and first, where it has three axes or more."""
    return (np.moveaxis(x, 1, -1), np.moveaxis(x, -1, 1)) if x.ndim >= 3 else ()


def compare_output(
    name: str,
    runtime: str,
    against: str,
    expected: np.ndarray,
    got: np.ndarray | None,
    floor: float | np.ndarray | None = None,
) -> OutputDifference:
    """One output of ``runtime`` against the expected one, channel by channel.

    ``floor`` is the difference that rounding explains, one number or one for each channel
    (:func:`halfpixel.parity.diagnose.rounding_floor.rounding_floor`); a grey level of each channel's spread where it is
    not known. What is reported is the channel that is furthest
    beyond what it may differ by.
    """
    if got is None:
        return _failed_output(name, runtime, against, "it was not returned")
    fitted = match_layout(expected, got)
    if fitted is None:
        return _failed_output(name, runtime, against, f"shape {got.shape}, where {expected.shape} is expected")
    error = absolute_difference(expected, fitted)
    if not error.any() and not _has_content(expected):
        message = f"nothing to compare: {'nothing of it is finite' if expected.size else 'it is empty'}"
        return OutputDifference(name, runtime, against, Verdict.UNSUPPORTED, 0.0, 0.0, 0.0, message=message)
    channels = _Channels.of(expected, error, floor)
    at = channels.worst_at(error)
    result = OutputDifference(
        name,
        runtime,
        against,
        channels.verdict(expected.dtype),
        float(channels.errors[channels.worst]),
        float(channels.spreads[channels.worst]),
        float(channels.floors[channels.worst]),
        at,
        _labels(expected, fitted),
        _grey_levels(expected, float(error.max(initial=0.0)), channels.span),
        channel=channels.worst if channels.axis is not None else None,
        channels=len(channels.errors),
        silent_channels=int(channels.is_silent.sum()),
    )
    if result.verdict is not Verdict.UNSUPPORTED:
        return result
    least = channels.floors.max()
    message = (
        f"it says nothing on this input: its values span {channels.span:.2g}, of which rounding explains {least:.2g}"
    )
    return replace(result, message=message)


SILENT_SPREADS = 8
"""A channel that spans less than so many times what rounding explains says nothing, whether it agrees or not. So much
more than rounding explains is a difference there."""


@dataclass(frozen=True, slots=True)
class _Channels:
    """The channels of an output, along ``axis``: the largest error of each, its spread, and what rounding explains.

    ``span`` is the spread of all together: channels may be constant and differ from each other.
    """

    axis: int | None
    errors: np.ndarray
    spreads: np.ndarray
    floors: np.ndarray
    is_float: bool
    span: float

    @classmethod
    def of(cls, expected: np.ndarray, error: np.ndarray, floor: float | np.ndarray | None) -> _Channels:
        """``error`` is the difference of each value; ``floor`` broadcasts to it, and says which axis has channels."""
        numbers = np.asarray(0.0 if floor is None else floor, np.float64)
        is_float = expected.dtype.kind == "f"
        axis = channel_axis_of(expected) if is_float else None
        along = [k for k, length in enumerate(numbers.shape) if length > 1]
        if numbers.ndim == expected.ndim and len(along) == 1 and numbers.size == expected.shape[along[0]]:
            axis = along[0]
        elif numbers.size > 1:
            # It was measured where the channels are another axis, or of another shape.
            numbers = numbers.max()
        errors = per_channel(error, axis).max(axis=1, initial=0.0)
        rows = per_channel(expected, axis)
        # A single value has no spread: how much it moves is not known.
        spread = spreads(rows) if rows.shape[1] > 1 else np.abs(rows[:, 0]).astype(np.float64)
        floors = np.broadcast_to(numbers.reshape(-1), errors.shape) if floor is not None else GREY_LEVEL * spread
        span = float(spreads(per_channel(expected, None))[0]) if expected.size > 1 else float(spread.max(initial=0.0))
        return cls(axis, errors, spread, floors, is_float, span)

    @property
    def limits(self) -> np.ndarray:
        """The difference that each channel may have."""
        return np.where(self.is_silent, SILENT_SPREADS, LEEWAY) * self.floors if self.is_float else self.floors

    @property
    def is_silent(self) -> np.ndarray:
        """Whether it hardly moves, so that rounding could be all of it."""
        return (self.spreads <= SILENT_SPREADS * self.floors) & self.is_float

    @property
    def worst(self) -> int:
        """The channel that is furthest beyond its limit."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = np.where(self.errors > 0, self.errors / self.limits, 0.0)
        # Of those that agree, one that says something; of several beyond all limits, the largest error.
        order = np.lexsort((self.errors, np.where(ratios > 1, ratios, ratios - 2.0 * self.is_silent)))
        return int(order[-1])

    def worst_at(self, error: np.ndarray) -> tuple[int, ...]:
        """Where its largest error is."""
        if not error.size:
            return ()
        if self.axis is None:
            return tuple(int(k) for k in np.unravel_index(int(error.argmax()), error.shape))
        of_channel = np.take(error, self.worst, axis=self.axis)
        at = [int(k) for k in np.unravel_index(int(of_channel.argmax()), of_channel.shape)]
        return (*at[: self.axis], self.worst, *at[self.axis :])

    def verdict(self, dtype: np.dtype) -> Verdict:
        """Of all channels together, leaving out those that say nothing unless they differ."""
        worst = float(self.errors.max())
        if math.isinf(worst):
            return Verdict.ERROR
        if self.is_float and (self.errors > self.limits).any():
            return Verdict.DIVERGES
        if self.is_float and self.is_silent.all() and self.span <= SILENT_SPREADS * self.floors.max():
            return Verdict.UNSUPPORTED
        if worst == 0:
            return Verdict.EXACT
        if not self.is_float:
            # Halves may be rounded either way.
            is_half = dtype in (np.uint8, np.int8) and worst <= 1
            return Verdict.APPROXIMATES if is_half else Verdict.DIVERGES
        agrees = (self.errors <= self.floors) | self.is_silent
        return Verdict.AGREES if agrees.all() else Verdict.APPROXIMATES


def largest_difference(expected: np.ndarray, got: np.ndarray | None) -> float:
    """The largest difference of one output from another, infinite where they cannot be compared."""
    fitted = None if got is None else match_layout(expected, got)
    return math.inf if fitted is None else worst_difference(expected, fitted)[0]


def worst_difference(expected: np.ndarray, got: np.ndarray) -> tuple[float, tuple[int, ...]]:
    """The largest difference of two arrays of one shape, and where it is; see :func:`absolute_difference`."""
    if not expected.size:
        return 0.0, ()
    error = absolute_difference(expected, got)
    at = int(error.argmax())
    return float(error.flat[at]), tuple(int(k) for k in np.unravel_index(at, error.shape))


def absolute_difference(expected: np.ndarray, got: np.ndarray) -> np.ndarray:
    """The difference of each value, float64: infinite where only one is finite, 0 where both are the same, or NaN."""
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.asarray(np.subtract(expected, got, dtype=np.float64))
    np.abs(error, out=error)
    if error.size and not np.isfinite(error.max()):
        y, z = np.asarray(expected, np.float64), np.asarray(got, np.float64)
        error[(y == z) | (np.isnan(y) & np.isnan(z))] = 0.0
        error[np.isnan(error)] = np.inf
    return error


def _has_content(y: np.ndarray) -> bool:
    return bool(y.size and (y.dtype.kind != "f" or np.isfinite(y).any()))


def agrees_within(expected: np.ndarray, got: np.ndarray | None, floor: float | np.ndarray) -> bool:
    """Whether ``got`` is ``expected`` up to ``floor``, NaN for NaN."""
    if got is None or got.shape != expected.shape:
        return False
    with np.errstate(invalid="ignore"):
        fits = (np.abs(expected - got) <= floor) if expected.dtype.kind == "f" else expected == got
        return bool((fits | (expected == got) | ((expected != expected) & (got != got))).all())


def _failed_output(name: str, runtime: str, against: str, message: str) -> OutputDifference:
    return OutputDifference(name, runtime, against, Verdict.ERROR, math.inf, 0.0, 0.0, message=message)


def channel_axis(shape: tuple[int, ...]) -> int | None:
    """Which axis of an image-like ``(N, C, H, W)`` or ``(N, H, W, C)`` holds the channels: the shorter of the two."""
    if len(shape) != 4:
        return None
    axis = 1 if shape[1] <= shape[3] else 3
    spatial = [size for k, size in enumerate(shape[1:], 1) if k != axis]
    return axis if min(spatial) > 1 else None


def _labels(expected: np.ndarray, got: np.ndarray) -> LabelChange | None:
    """The pixels whose label differs: a class by its score, or an integer, of an output with two dimensions."""
    axis = channel_axis(expected.shape)
    if expected.dtype.kind == "f" and axis is not None and 2 <= expected.shape[axis] <= _MAX_CLASSES:
        before, after = (np.argmax(scores, axis=axis) for scores in (expected, got))
    elif expected.dtype.kind in "iu" and expected.ndim >= 3 and expected.dtype.itemsize > 1 and min(got.shape[-2:]) > 1:
        before, after = (np.reshape(labels, (-1, *labels.shape[-2:])) for labels in (expected, got))
    else:
        return None
    where = np.argwhere(before != after)
    if not len(where):
        return LabelChange(0, before.size, (0, 0, 0, 0))
    top, left = where[:, 1:].min(axis=0)
    bottom, right = where[:, 1:].max(axis=0) + 1
    examples = tuple((int(n), int(y), int(x), int(before[n, y, x]), int(after[n, y, x])) for n, y, x in where[:5])
    return LabelChange(len(where), before.size, (int(top), int(left), int(bottom), int(right)), examples)


def _grey_levels(expected: np.ndarray, worst: float, spread: float) -> float | None:
    """The worst error of an image in grey levels: of bytes, of values in [0, 1], else by the spread."""
    axis = channel_axis(expected.shape)
    if axis is None or expected.shape[axis] not in (1, 3, 4):
        return None
    if expected.dtype == np.uint8:
        return worst
    if expected.dtype.kind != "f":
        return None
    is_unit = expected.size > 0 and float(expected.min()) >= -1e-3 and float(expected.max()) <= 1.001
    return GREY_LEVELS * worst if is_unit else (GREY_LEVELS * worst / spread if spread > 0 else 0.0)
