"""Holds the final outputs of two runs against each other: how far apart, which labels change, how many grey levels."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from parity.outcomes import LabelChange, OutputDifference
from probe.discrepancy import Verdict

GREY = 1 / 255
"""Of an output's spread: less is an approximation, as in the verdicts on single resizes. More than that which rounding
explains is one as well: then the input is one to which this output is hardly sensitive, or too much so."""


_CLASSES = 300
"""More channels than this are features: the largest data sets of segmentation have 150 to 200 classes."""


def floor_of(
    outputs: Mapping[str, np.ndarray],
    nudged: Mapping[str, np.ndarray],
    nodes: int,
    nudge: float = 0.0,
    allowed: float = 0.0,
) -> dict[str, float]:
    """What the rounding of a whole network may change of each output.

    ``nudged`` are the outputs for the same input with every value moved to the next float, by ``nudge`` in the mean,
    which is one rounding. Each of the ``nodes`` rounds again, independently of the others, and what it rounds passes
    through fewer nodes than the input does: such changes add as the root of the sum of their squares. Resizes may be
    off by more, since their coordinates are rounded, too: by ``allowed`` in all, as they were seen to be, which is
    passed on as the nudge is.
    """
    factor = math.sqrt(max(nodes, 1)) + (allowed / nudge if nudge > 0 else 0.0)
    found = {}
    for name, y in outputs.items():
        if name in nudged and y.dtype.kind == "f" and y.shape == nudged[name].shape:
            with np.errstate(invalid="ignore"):
                change = np.asarray(np.subtract(nudged[name], y, dtype=np.float64))
            np.abs(change, out=change)
            largest = float(change.max(initial=0.0))
            if not math.isfinite(largest):
                largest = float(np.nan_to_num(change).max(initial=0.0))
            # Where nothing came of the nudge, the result itself is still rounded.
            least = float(np.finfo(y.dtype).eps) * float(np.abs(y).max(initial=0.0))
            found[name] = factor * max(largest, least)
        else:
            found[name] = 0.0
    return found


def aligned(expected: np.ndarray, got: np.ndarray) -> np.ndarray | None:
    """``got`` in the layout of ``expected``: itself, or its channels moved first or last; ``None`` if none fits."""
    if got.shape == expected.shape:
        return got
    for moved in _moved(got):
        if moved.shape == expected.shape:
            return moved
    return None


def _moved(x: np.ndarray) -> tuple[np.ndarray, ...]:
    return (np.moveaxis(x, 1, -1), np.moveaxis(x, -1, 1)) if x.ndim >= 3 else ()


def held(
    name: str, runtime: str, against: str, expected: np.ndarray, got: np.ndarray | None, floor: float = 0.0
) -> OutputDifference:
    """One output of ``runtime`` against what is expected of it."""
    if got is None:
        return _failure(name, runtime, against, "it was not returned")
    fitted = aligned(expected, got)
    if fitted is None:
        return _failure(name, runtime, against, f"shape {got.shape}, where {expected.shape} is expected")
    worst, at = _worst(expected, fitted)
    spread = _spread(expected)
    if worst == 0 and not _says_anything(expected):
        message = f"nothing to compare: {'nothing of it is finite' if expected.size else 'it is empty'}"
        return OutputDifference(name, runtime, against, Verdict.UNSUPPORTED, 0.0, 0.0, 0.0, message=message)
    verdict = _verdict(worst, spread, floor, expected.dtype)
    labels = _labels(expected, fitted)
    grey = _grey_levels(expected, worst, spread)
    return OutputDifference(name, runtime, against, verdict, worst, spread, floor, at, labels, grey)


def apart(expected: np.ndarray, got: np.ndarray | None) -> float:
    """The largest difference of one output from another, infinite where they cannot be compared."""
    fitted = None if got is None else aligned(expected, got)
    return math.inf if fitted is None else _worst(expected, fitted)[0]


def _worst(expected: np.ndarray, got: np.ndarray) -> tuple[float, tuple[int, ...]]:
    """The largest difference and where; infinite where only one is finite, 0 where both are the same, NaN included."""
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


def _says_anything(y: np.ndarray) -> bool:
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


def agrees(expected: np.ndarray, got: np.ndarray | None, floor: float) -> bool:
    """Whether ``got`` is ``expected`` up to ``floor``, NaN for NaN."""
    if got is None or got.shape != expected.shape:
        return False
    with np.errstate(invalid="ignore"):
        fits = (np.abs(expected - got) <= floor) if expected.dtype.kind == "f" else expected == got
        return bool((fits | (expected == got) | ((expected != expected) & (got != got))).all())


def _failure(name: str, runtime: str, against: str, message: str) -> OutputDifference:
    return OutputDifference(name, runtime, against, Verdict.ERROR, math.inf, 0.0, 0.0, message=message)


def _verdict(worst: float, spread: float, floor: float, dtype: np.dtype) -> Verdict:
    if worst == 0:
        return Verdict.EXACT
    if math.isinf(worst):
        return Verdict.ERROR
    if worst <= min(floor, GREY * spread):
        return Verdict.AGREES
    if dtype.kind == "f" and worst <= max(floor, GREY * spread):
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
    """Of scores of two classes or more, the largest; of integers in two dimensions or more, themselves."""
    axis = channel_axis(expected.shape)
    if expected.dtype.kind == "f" and axis is not None and 2 <= expected.shape[axis] <= _CLASSES:
        before, after = (np.argmax(each, axis=axis) for each in (expected, got))
    elif expected.dtype.kind in "iu" and expected.ndim >= 3 and expected.dtype.itemsize > 1 and min(got.shape[-2:]) > 1:
        before, after = (np.reshape(each, (-1, *each.shape[-2:])) for each in (expected, got))
    else:
        return None
    where = np.argwhere(before != after)
    if not len(where):
        return LabelChange(0, before.size, (0, 0, 0, 0))
    top, left = where[:, 1:].min(axis=0)
    bottom, right = where[:, 1:].max(axis=0) + 1
    examples = tuple((*map(int, at), int(before[tuple(at)]), int(after[tuple(at)])) for at in where[:5])
    return LabelChange(len(where), before.size, (int(top), int(left), int(bottom), int(right)), examples)


def _grey_levels(expected: np.ndarray, worst: float, spread: float) -> float | None:
    """Of what looks like an image: bytes as they are, values within [0, 1] as 255 of them, others by their spread."""
    axis = channel_axis(expected.shape)
    if axis is None or expected.shape[axis] not in (1, 3, 4):
        return None
    if expected.dtype == np.uint8:
        return worst
    if expected.dtype.kind != "f":
        return None
    is_unit = expected.size and float(expected.min()) >= -1e-3 and float(expected.max()) <= 1.001
    return 255 * worst if is_unit else (255 * worst / spread if spread > 0 else 0.0)
