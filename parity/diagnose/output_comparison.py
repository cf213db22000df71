"""Compare the final outputs of two runs: largest error, changed labels, grey levels."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from halfpixel.golden.vocabulary import GREY_LEVELS, Verdict
from halfpixel.parity.diagnose.results import LabelChange, OutputDifference

GREY_LEVEL = 1 / GREY_LEVELS
"""Of an output's spread: a smaller difference is an approximation, as in the verdicts on single resizes. So is a larger
one that rounding explains: the output is then very sensitive to the input."""

_MAX_CLASSES = 300
"""More channels than this are features: the largest data sets of segmentation have 150 to 200 classes."""


def rounding_floor(
    outputs: Mapping[str, np.ndarray],
    perturbed: Mapping[str, np.ndarray],
    nodes: int,
    perturbation: float = 0.0,
    resize_error: float = 0.0,
) -> dict[str, float]:
    """How much the rounding of a whole network may change each output.

    ``perturbed`` are the outputs for the same input with every value moved to the next float, by ``perturbation`` in
    the mean, which is one rounding. Each of the ``nodes`` rounds again, independently of the others, and its rounding
    passes through fewer nodes than the input does: such changes add as the root of the sum of their squares. Resizes
    may be off by more, since their coordinates are rounded, too: by ``resize_error`` in all, as measured, which is
    passed on as the perturbation is.
    """
    factor = math.sqrt(max(nodes, 1)) + (resize_error / perturbation if perturbation > 0 else 0.0)
    floor = {}
    for name, y in outputs.items():
        if name in perturbed and y.dtype.kind == "f" and y.shape == perturbed[name].shape:
            with np.errstate(invalid="ignore"):
                change = np.asarray(np.subtract(perturbed[name], y, dtype=np.float64))
            np.abs(change, out=change)
            largest = float(change.max(initial=0.0))
            if not math.isfinite(largest):
                largest = float(np.nan_to_num(change).max(initial=0.0))
            # Where the perturbation changed nothing, the result itself is still rounded.
            least = float(np.finfo(y.dtype).eps) * float(np.abs(y).max(initial=0.0))
            floor[name] = factor * max(largest, least)
        else:
            floor[name] = 0.0
    return floor


def match_layout(expected: np.ndarray, got: np.ndarray) -> np.ndarray | None:
    """``got`` in the layout of ``expected``: itself, or its channels moved first or last; ``None`` if none fits."""
    if got.shape == expected.shape:
        return got
    return next((moved for moved in moved_channels(got) if moved.shape == expected.shape), None)


def moved_channels(x: np.ndarray) -> tuple[np.ndarray, ...]:
    """The array with its channels moved last, and first, where it has three axes or more."""
    return (np.moveaxis(x, 1, -1), np.moveaxis(x, -1, 1)) if x.ndim >= 3 else ()


def compare_output(
    name: str, runtime: str, against: str, expected: np.ndarray, got: np.ndarray | None, floor: float = 0.0
) -> OutputDifference:
    """One output of ``runtime`` against the expected one."""
    if got is None:
        return _failed_output(name, runtime, against, "it was not returned")
    fitted = match_layout(expected, got)
    if fitted is None:
        return _failed_output(name, runtime, against, f"shape {got.shape}, where {expected.shape} is expected")
    worst, at = worst_difference(expected, fitted)
    spread = _spread(expected)
    if worst == 0 and not _has_content(expected):
        message = f"nothing to compare: {'nothing of it is finite' if expected.size else 'it is empty'}"
        return OutputDifference(name, runtime, against, Verdict.UNSUPPORTED, 0.0, 0.0, 0.0, message=message)
    verdict = _verdict(worst, spread, floor, expected.dtype)
    labels = _labels(expected, fitted)
    grey = _grey_levels(expected, worst, spread)
    return OutputDifference(name, runtime, against, verdict, worst, spread, floor, at, labels, grey)


def largest_difference(expected: np.ndarray, got: np.ndarray | None) -> float:
    """The largest difference of one output from another, infinite where they cannot be compared."""
    fitted = None if got is None else match_layout(expected, got)
    return math.inf if fitted is None else worst_difference(expected, fitted)[0]


def worst_difference(expected: np.ndarray, got: np.ndarray) -> tuple[float, tuple[int, ...]]:
    """The largest difference of two arrays of one shape, and where it is.

    It is infinite where only one of two values is finite, and 0 where they are the same, NaN for NaN.
    """
    if not expected.size:
        return 0.0, ()
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.asarray(np.subtract(expected, got, dtype=np.float64))
    np.abs(error, out=error)
    if not np.isfinite(error.max()):
        y, z = np.asarray(expected, np.float64), np.asarray(got, np.float64)
        error[(y == z) | (np.isnan(y) & np.isnan(z))] = 0.0
        error[np.isnan(error)] = np.inf
    at = int(error.argmax())
    return float(error.flat[at]), tuple(int(k) for k in np.unravel_index(at, error.shape))


def _has_content(y: np.ndarray) -> bool:
    return bool(y.size and (y.dtype.kind != "f" or np.isfinite(y).any()))


def _spread(y: np.ndarray) -> float:
    """The largest less the smallest of what is finite."""
    if not y.size:
        return 0.0
    low, high = float(y.min()), float(y.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        finite = y[np.isfinite(y)]
        return _spread(finite)
    return high - low


def agrees_within(expected: np.ndarray, got: np.ndarray | None, floor: float) -> bool:
    """Whether ``got`` is ``expected`` up to ``floor``, NaN for NaN."""
    if got is None or got.shape != expected.shape:
        return False
    with np.errstate(invalid="ignore"):
        fits = (np.abs(expected - got) <= floor) if expected.dtype.kind == "f" else expected == got
        return bool((fits | (expected == got) | ((expected != expected) & (got != got))).all())


def _failed_output(name: str, runtime: str, against: str, message: str) -> OutputDifference:
    return OutputDifference(name, runtime, against, Verdict.ERROR, math.inf, 0.0, 0.0, message=message)


def _verdict(worst: float, spread: float, floor: float, dtype: np.dtype) -> Verdict:
    if worst == 0:
        return Verdict.EXACT
    if math.isinf(worst):
        return Verdict.ERROR
    if worst <= min(floor, GREY_LEVEL * spread):
        return Verdict.AGREES
    if dtype.kind == "f" and worst <= max(floor, GREY_LEVEL * spread):
        return Verdict.APPROXIMATES
    if dtype in (np.uint8, np.int8) and worst <= 1:
        # Halves may be rounded either way.
        return Verdict.APPROXIMATES
    return Verdict.DIVERGES


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
