"""Sizes of one and of none: one pixel along either axis or both, no pixel at all, no image, no channel."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from adapters import Operation
from adapters.layout import WrongShape
from golden import matrix
from probe.discrepancy import Attribution, Verdict
from probe.edges.case import (
    Case,
    Result,
    arrow,
    disagreement,
    hand_over,
    native_layout,
    native_shape,
    program,
    refusal,
    shapes,
    summarised,
)
from probe.isolated import begin
from probe.measure import Refused, call, measure
from probe.observation import PIXELS, Observation
from probe.reference import accepts
from probe.sizes import Pair
from probe.tolerance import UNIT_ROUNDOFF, gain_tolerance

SECONDS = 1.0
"""Processor time of a case here: images of a few pixels take microseconds."""

UNDEFINED = "undefined behaviour"
"""Pixels are read that are not there: what lies in memory decides whether a number comes back or the process dies."""

_ONE: tuple[tuple[Pair, Pair], ...] = (
    ((1, 1), (1, 1)),
    ((1, 1), (2, 2)),
    ((1, 1), (3, 2)),
    ((1, 4), (1, 3)),
    ((4, 1), (3, 1)),
    ((1, 4), (3, 1)),
    ((4, 1), (1, 3)),
    ((5, 4), (3, 1)),
    ((5, 4), (1, 3)),
    ((5, 4), (1, 1)),
    ((2, 2), (1, 1)),
    ((1, 4), (2, 8)),
)
_NONE: tuple[tuple[Pair, Pair], ...] = (
    ((0, 4), (2, 2)),
    ((4, 0), (2, 2)),
    ((4, 4), (0, 2)),
    ((4, 4), (2, 0)),
    ((0, 0), (0, 0)),
)


def one_pixel(operation: Operation) -> Observation | None:
    """Images of one pixel along an axis, and results of one.

    Where the call is not defined for a size, nothing is expected of its numbers: only that it returns or raises.
    """
    results, beyond = [], []
    for case, size_in, is_defined in _cases(operation, _ONE):
        if is_defined:
            results.append(_one(operation, case, size_in, case.size))
        else:
            beyond.append(hand_over(operation, case.array(), case.size))
    against = "the product of what is done along each axis alone"
    return _with_beyond(summarised("one pixel", against, "as along each axis alone", results), beyond)


def _cases(operation: Operation, wanted: tuple[tuple[Pair, Pair], ...]) -> Iterator[tuple[Case, Pair, bool]]:
    """Each case, begun, with the size of its image and whether the call is defined for it; those that it is come first.

    So that a hang where nothing was promised does not keep what was promised from being measured.
    """
    for size_in, size_out in sorted(wanted, key=lambda shape: not _is_defined(operation, *shape)):
        case = _ones(operation, native_shape(operation, 1, size_in, 1), arrow(size_in, size_out), size_out)
        begin(case)
        yield case, size_in, _is_defined(operation, size_in, size_out)


def _is_defined(operation: Operation, size_in: Pair, size_out: Pair) -> bool:
    try:
        return accepts(operation, size_in, size_out)
    except ZeroDivisionError:
        return False  # A rule of ratios has no word on sizes of zero.


def _with_beyond(found: Observation | None, beyond: list) -> Observation | None:
    if found is not None and beyond:
        raised = sum(isinstance(each, Result) for each in beyond)
        words = f"{len(beyond) - raised} returned, {raised} raised, of {len(beyond)}"
        found.figures["sizes it is not defined for"] = words
    return found


def _one(operation: Operation, case: Case, size_in: Pair, size_out: Pair) -> Result:
    pixels = size_in[0] * size_in[1]
    impulses = np.eye(pixels, dtype=np.float32).reshape(pixels, *size_in, 1)
    try:
        got = call(operation, impulses, size_out)[..., 0].reshape(pixels, -1).T.astype(np.float64)
        axes = [
            _along(operation, *pair, axis)
            for axis, pair in zip(("height", "width"), zip(size_in, size_out, strict=True), strict=True)
        ]
    except (Refused, WrongShape) as refused:
        return refusal(refused)
    (y, off_y, is_exact_y), (x, off_x, is_exact_x) = axes
    expected = np.kron(y, x)
    if not (is_exact_y and is_exact_x) and np.isfinite(got).all():
        # A factor on the whole image is in what was measured along each axis, and so twice in their product.
        expected = expected * ((got * expected).sum() / max((expected * expected).sum(), UNIT_ROUNDOFF))
    gains = [float(np.abs(each).sum(axis=1).max()) for each in (y, x)]
    tolerance = off_y * gains[1] + off_x * gains[0] + off_y * off_x + 2 * UNIT_ROUNDOFF * gains[0] * gains[1]
    # What is not a number along an axis alone is so here, too, and is told there.
    differs = np.where(np.isnan(got) & np.isnan(expected), 0, np.abs(got - expected))
    off = np.nan_to_num(differs, nan=np.inf, posinf=np.inf).sum(axis=1)
    error = float(off.max())
    if error == 0 or error <= tolerance:
        return Result(Verdict.EXACT if error == 0 else Verdict.AGREES, error, tolerance)
    o = int(off.argmax())
    place = divmod(o, size_out[1])
    image = np.sign(got[o] - expected[o]) if np.isfinite(got[o]).all() else np.ones(pixels)
    if np.isfinite(got[o]).all():
        made = call(operation, image.astype(np.float32).reshape(1, *size_in, 1), size_out).ravel()[o]
        if not abs(float(made) - got[o] @ image) <= 0.01 * error:
            # It is not linear: what was measured, and can be shown, is what it does to single pixels.
            image = impulses[int(np.abs(got[o] - expected[o]).argmax())].ravel()
    shape = native_shape(operation, 1, size_in, 1)
    shown = Case(case.label, f"np.array({image.astype(int).tolist()}, np.float32).reshape{shape}", size_out)
    shows = f"print('output {list(place)} is', resize(x, h, w).ravel()[{o}], 'and should be {expected[o] @ image:.9g}')"
    return Result(
        disagreement(error),
        error,
        tolerance,
        "otherwise than along each axis",
        f"{case.label}, output {place}",
        f"{expected[o] @ image:.6g}",
        f"{got[o] @ image:.6g}",
        Attribution(("separability",), f"an image of {arrow(size_in, size_out)} is resized by another rule"),
        program(operation, shown, shows),
    )


@lru_cache(maxsize=256)
def _along(operation: Operation, n_in: int, n_out: int, axis: str) -> tuple[np.ndarray, float, bool]:
    """The matrix along one axis, its tolerance, and whether it is the exact one: where the call agrees with that.

    Otherwise it is what was measured, so that what conformance finds along one axis is not found again here. Raises as
    :func:`measure` does.
    """
    measured = measure(operation, n_in, n_out, axis).astype(np.float64)
    gain = float(np.abs(np.nan_to_num(measured)).sum(axis=1).max())
    if operation.claim is not None:
        exact = matrix(operation.claim, n_in, n_out).to_array()
        tolerance = gain_tolerance(operation.claim, n_in, n_out, float(np.abs(exact).sum(axis=1).max()))
        if np.abs(measured - exact).sum(axis=1).max() <= tolerance:
            return exact, tolerance, True
    # Reading a weight costs one rounding; the same weight is computed anew in the image of another shape.
    return measured, (n_in + 8) * UNIT_ROUNDOFF * gain, False


def zero_size(operation: Operation) -> Observation | None:
    """Images, and results, without pixels along an axis."""
    results, beyond = [], []
    for case, _, is_defined in _cases(operation, _NONE):
        got = hand_over(operation, case.array(), case.size)
        if not is_defined:
            beyond.append(got)
        else:
            results.append(got if isinstance(got, Result) else _none(operation, case, got))
    against = "a refusal, or a result without pixels"
    return _with_beyond(summarised("zero size", against, "empty, or refused", results, unit=PIXELS), beyond)


def _none(operation: Operation, case: Case, got: np.ndarray) -> Result:
    if got.size == 0:
        return Result(Verdict.EXACT)
    asked = native_shape(operation, 1, case.size, 1)
    border = operation.claim.border if operation.claim is not None else ""
    if 0 not in case.size and border in ("constant", "extrapolate") and got.shape == asked and not got.any():
        return Result(Verdict.EXACT)  # All is outside the image, and what is outside counts as zero.
    invents = 0 not in case.size
    why = f"{got.size} pixels come back " + ("of an image without any" if invents else f"where {asked} was asked for")
    factor = UNDEFINED if invents else "output size"
    return Result(
        Verdict.ERROR if invents else Verdict.DIVERGES,
        float(got.size),
        0.0,
        "makes pixels from none" if invents else "pixels where none were asked",
        case.label,
        "a refusal, or no pixels",
        f"shape {got.shape}",
        Attribution((factor,), why),
        program(operation, case, "print('the result has', np.size(resize(x, h, w)), 'pixels, and should have 0')"),
    )


def empty_batch(operation: Operation) -> Observation | None:
    """No image in the batch, or no channel in the image, where the layout has an axis for it."""
    layout, results = native_layout(operation), []
    counts = {"NCHW": ((0, 1), (1, 0)), "NHWC": ((0, 1), (1, 0)), "HWC": ((1, 0),)}.get(layout, ())
    for size_in, size_out in shapes(operation)[:1]:
        for n, channels in counts:
            what = "no image" if n == 0 else "no channel"
            shape = native_shape(operation, n, size_in, channels)
            case = _ones(operation, shape, f"{what}, {arrow(size_in, size_out)}", size_out)
            begin(case)
            got = hand_over(operation, case.array(), size_out)
            asked = native_shape(operation, n, size_out, channels)
            results.append(got if isinstance(got, Result) else _empty(operation, case, got, asked))
    against = "a refusal, or as many images and channels: none"
    return summarised("empty batch", against, "empty, or refused", results, unit=PIXELS)


def _empty(operation: Operation, case: Case, got: np.ndarray, asked: tuple[int, ...]) -> Result:
    if got.shape == asked:
        return Result(Verdict.EXACT)
    return Result(
        Verdict.DIVERGES,
        float(got.size) if got.size else float("inf"),
        0.0,
        "another shape",
        case.label,
        f"shape {asked}",
        f"shape {got.shape}",
        Attribution(("output size",), f"an empty array comes back in shape {got.shape}"),
        program(operation, case, f"print('the shape is', resize(x, h, w).shape, 'and should be', {asked})"),
    )


def _ones(operation: Operation, shape: tuple[int, ...], label: str, size: Pair) -> Case:
    return Case(label, f"np.ones({shape}, dtype=np.float32)", size)
