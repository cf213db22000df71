"""Measure the matrix that an implementation applies along one axis, by feeding it impulses."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

from halfpixel.adapters import NotInstalled, Operation, from_callable
from halfpixel.adapters.layout import WrongShape
from halfpixel.adapters.native_call import PREPARED
from halfpixel.probe.measure.sizes import Pair

ResizeFunction = Callable[[np.ndarray, Pair], np.ndarray]
"""``f(image: float32 (H, W), size: (h, w)) -> (h, w)``."""

Subject = Operation | ResizeFunction

AXES = ("height", "width")
_UNCHANGED_PIXELS = 16
"""Pixels of the axis that keeps its size when impulses go in the batch: a constant line stays constant in its middle,
far from both borders, also under kernels and prefilters that decay slowly."""

_UNCHANGED_TOLERANCE = 2e-6
"""By how much values on an axis that keeps its size may change: a few float32 roundings of weights that sum to one."""


class Refused(Exception):
    """The framework raised instead of resizing; the message is the framework's own."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """The matrices of one operation along one axis.

    matrices
        float32, ``(n_out, n_in)``, by pair; only the pairs that were measured.
    refused
        The framework's message, by pair that it would not resize.
    misshapen
        The shape it returned and the one asked for, by pair.
    skipped
        How many pairs the operation is not defined for.
    """

    operation: Operation
    axis: str
    matrices: dict[Pair, np.ndarray]
    refused: dict[Pair, str] = field(default_factory=dict)
    misshapen: dict[Pair, WrongShape] = field(default_factory=dict)
    skipped: int = 0

    def among(self, is_chosen: Callable[[Pair], bool]) -> Sweep:
        """The same with the matrices of some pairs only."""
        return replace(self, matrices={pair: values for pair, values in self.matrices.items() if is_chosen(pair)})


def as_operation(subject: Subject) -> Operation:
    """An operation as it is; a :data:`ResizeFunction` wrapped as one."""
    return subject if isinstance(subject, Operation) else from_callable(subject)


def call(operation: Operation, images: np.ndarray, size: Pair) -> np.ndarray:
    """``operation.run``; an exception of the framework becomes :class:`Refused`, with its type and message.

    Native code may raise any exception type. ``NotInstalled`` and ``WrongShape`` pass through.
    """
    try:
        return operation.run(images, size)
    except (NotInstalled, WrongShape):
        raise
    except Exception as error:
        raise Refused(exception_text(error)) from error


_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_KERAS_PLACE = "Exception encountered when calling "


def exception_text(error: Exception) -> str:
    """Type and message of a framework's exception, on one line.

    The first line of the message; the last, where the first only names the place of the error and ends with a colon.
    Where OpenCV passes an error on, the lines that it quotes, which begin with ``>`` and have the cause; where Keras
    does, the line after the one that names the layer.
    """
    lines = _ESCAPE.sub("", str(error)).strip().splitlines() or [""]
    if lines[0].startswith(_KERAS_PLACE):
        lines = [line for line in lines[1:] if line.strip()] or lines
    quoted = [line.lstrip("> ").strip() for line in lines[1:] if line.startswith(">")]
    if any(quoted):
        return f"{type(error).__name__}: {' '.join(filter(None, quoted))}"
    return f"{type(error).__name__}: {lines[-1].strip() if lines[0].rstrip().endswith(':') else lines[0]}"


def measure(operation: Subject, n_in: int, n_out: int, axis: str = "height") -> np.ndarray:
    """The matrix, shape ``(n_out, n_in)``, that ``operation`` applies along ``axis`` from ``n_in`` to ``n_out`` pixels.

    Raises ``ValueError`` for an unknown axis or a size below 1, :class:`Refused` when the framework refuses,
    ``NotInstalled`` when it is absent, ``WrongShape`` when it returns another shape than asked for.
    """
    if axis not in AXES:
        raise ValueError(f"unknown axis {axis!r}; allowed: {', '.join(AXES)}")
    if min(n_in, n_out) < 1:
        raise ValueError(f"sizes must be at least 1, not {n_in} -> {n_out}")
    operation = as_operation(operation)
    return _measured(operation, n_in, n_out, axis, leaves_other_axis_alone(operation, n_in, axis))


def sweep(operation: Subject, pairs: tuple[Pair, ...], axis: str = "height") -> Sweep:
    """Measure every pair of sizes; refusals are kept beside what was measured, and only ``NotInstalled`` ends it."""
    operation = as_operation(operation)
    result = Sweep(operation, axis, {}, skipped=sum(not operation.accepts(*pair) for pair in pairs))
    side_by_side: dict[int, bool] = {}
    for n_in, n_out in pairs:
        if not operation.accepts(n_in, n_out):
            continue
        try:
            if n_in not in side_by_side:
                side_by_side[n_in] = leaves_other_axis_alone(operation, n_in, axis)
            result.matrices[n_in, n_out] = _measured(operation, n_in, n_out, axis, side_by_side[n_in])
        except Refused as refusal:
            result.refused[n_in, n_out] = str(refusal)
        except WrongShape as mismatch:
            result.misshapen[n_in, n_out] = mismatch
    return result


def leaves_other_axis_alone(operation: Operation, n: int, axis: str) -> bool:
    """Whether an axis of ``n`` pixels that keeps its size keeps its values while the measured axis shrinks and grows.

    Then ``n`` impulses can lie side by side along it. Some calls blur it, crop it, or cannot leave it unchanged: for
    those the impulses go in the batch. Three random lines decide: any matrix but the identity changes them. The
    measured axis may scale a line, as borders that count as zero do.
    """
    if operation.same_scale_on_both_axes or operation.cost == PREPARED:  # the check costs two more shapes for each size
        return False
    for n_in, n_out in ((4, 6), (6, 4)):
        if not operation.accepts(n_in, n_out):
            continue
        lines = _random_lines(n)
        images = np.repeat(lines[:, None, :, None], n_in, axis=1)
        try:
            resized = _along(operation, images, n_out, axis)
        except (Refused, WrongShape):
            return False
        if not _proportional(resized[..., 0], lines[:, None, :]):
            return False
    return True


def _proportional(rows: np.ndarray, lines: np.ndarray) -> bool:
    """Whether each row, on the last axis, is a multiple of its line, and not every factor is close to zero."""
    factors = (rows * lines).sum(axis=-1, keepdims=True) / (lines * lines).sum(axis=-1, keepdims=True)
    return bool(np.abs(rows - factors * lines).max() <= _UNCHANGED_TOLERANCE and np.abs(factors).max() > 0.1)


@cache
def _random_lines(n: int) -> np.ndarray:
    return np.random.default_rng(n).uniform(-1, 1, (3, n)).astype(np.float32)


@cache
def _impulses(n: int) -> np.ndarray:
    """The ``n`` impulses as columns of one image, ``(1, n, n, 1)``, read-only."""
    image = np.eye(n, dtype=np.float32)[None, :, :, None]
    image.setflags(write=False)
    return image


def _measured(operation: Operation, n_in: int, n_out: int, axis: str, side_by_side: bool) -> np.ndarray:
    if side_by_side:
        return _along(operation, _impulses(n_in).copy(), n_out, axis)[0, :, :, 0]
    n_across_in = n_across_out = _UNCHANGED_PIXELS
    if operation.same_scale_on_both_axes:
        n_across_in, n_across_out = n_in, n_out
    images = np.repeat(np.eye(n_in, dtype=np.float32)[:, :, None, None], n_across_in, axis=2)
    resized = _along(operation, images, n_out, axis, n_across_out)
    return resized[:, :, n_across_out // 2, 0].T


def _along(operation: Operation, images: np.ndarray, n_out: int, axis: str, n_across: int | None = None) -> np.ndarray:
    """Resize axis 1 of ``images`` by resizing ``axis``; axis 2 goes to ``n_across`` pixels, or keeps its size."""
    n_across = images.shape[2] if n_across is None else n_across
    if axis == "height":
        return call(operation, images, (n_out, n_across))
    return call(operation, np.ascontiguousarray(images.swapaxes(1, 2)), (n_across, n_out)).swapaxes(1, 2)
