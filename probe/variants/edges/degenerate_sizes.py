"""Images and results of one pixel along an axis, of none, and empty batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.golden import matrix
from halfpixel.golden.tolerance import UNIT_ROUNDOFF, gain_tolerance, row_gain
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.probe.compare.discrepancy import Attribution
from halfpixel.probe.compare.reference import accepts, leaves_out
from halfpixel.probe.compare.reproduction import result_line, shape_line
from halfpixel.probe.measure.axis_matrix import AXES, call, measure
from halfpixel.probe.measure.sandbox import begin_case
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.variants.edges.cases import (
    EdgeCase,
    EdgeResult,
    agreement,
    call_unchanged,
    edge_program,
    native_layout,
    native_shape,
    refusals_as_results,
    shapes,
    size_text,
    summarise,
)
from halfpixel.probe.variants.observation import PIXELS, Observation, disagreement_verdict

SECONDS = 1.0
"""Processor time of a case here: images of a few pixels take microseconds."""

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

    Where the call is not defined for a size, nothing is expected of its numbers: only that it returns or raises. Sizes
    that its adapter leaves out are asked by :mod:`left_out`.
    """
    results: list[EdgeResult] = []
    beyond: list[np.ndarray | EdgeResult] = []
    asked = tuple(shape for shape in _ONE if not leaves_out(operation, *shape))
    for case, size_in, is_defined in _cases(operation, asked):
        if is_defined:
            results.append(_one_pixel_result(operation, case, size_in))
        else:
            beyond.append(call_unchanged(operation, case.array(), case.size))
    against = "the product of what is done along each axis alone"
    return _with_beyond(summarise("one pixel", against, "as along each axis alone", results), beyond)


def _cases(operation: Operation, shapes: tuple[tuple[Pair, Pair], ...]) -> Iterator[tuple[EdgeCase, Pair, bool]]:
    """Each case, begun, with the size of its image and whether the call is defined for it.

    Those that it is defined for come first, so that a hang at another size does not keep them from being measured.
    """
    for size_in, size_out in sorted(shapes, key=lambda shape: not _is_defined(operation, *shape)):
        case = _ones(native_shape(operation, 1, size_in, 1), size_text(size_in, size_out), size_out)
        begin_case(case)
        yield case, size_in, _is_defined(operation, size_in, size_out)


def _is_defined(operation: Operation, size_in: Pair, size_out: Pair) -> bool:
    try:
        return accepts(operation, size_in, size_out)
    except ZeroDivisionError:
        return False  # Rules of ratios divide by the size.


def _with_beyond(observation: Observation | None, beyond: list[np.ndarray | EdgeResult]) -> Observation | None:
    """The observation, with how many of the sizes that the call is not defined for returned or raised."""
    if observation is not None and beyond:
        raised = sum(isinstance(result, EdgeResult) for result in beyond)
        words = f"{len(beyond) - raised} returned, {raised} raised, of {len(beyond)}"
        observation.figures["sizes it is not defined for"] = words
    return observation


@refusals_as_results
def _one_pixel_result(operation: Operation, case: EdgeCase, size_in: Pair) -> EdgeResult:
    pixels, size_out = size_in[0] * size_in[1], case.size
    impulses = np.eye(pixels, dtype=np.float32).reshape(pixels, *size_in, 1)
    measured = call(operation, impulses, size_out)[..., 0].reshape(pixels, -1).T.astype(np.float64)
    (y, error_y, is_exact_y), (x, error_x, is_exact_x) = (
        matrix_along(operation, *pair, axis)
        for axis, pair in zip(AXES, zip(size_in, size_out, strict=True), strict=True)
    )
    expected = np.kron(y, x)
    if not (is_exact_y and is_exact_x) and np.isfinite(measured).all():
        # A factor on the whole image is in what was measured along each axis, and so twice in their product.
        expected = expected * ((measured * expected).sum() / max((expected * expected).sum(), UNIT_ROUNDOFF))
    gains = row_gain(y), row_gain(x)
    tolerance = error_y * gains[1] + error_x * gains[0] + error_y * error_x
    tolerance = tolerance + 2 * UNIT_ROUNDOFF * gains[0] * gains[1]
    # What is not a number along an axis alone is so here, too, and is reported there.
    differences = np.where(np.isnan(measured) & np.isnan(expected), 0, np.abs(measured - expected))
    errors = np.nan_to_num(differences, nan=np.inf, posinf=np.inf).sum(axis=1)
    error, o = float(errors.max()), int(errors.argmax())
    if error == 0 or error <= tolerance:
        return agreement(error, tolerance)
    row, expected_row = measured[o], expected[o]
    image = np.ones(pixels)
    if np.isfinite(row).all():
        image = np.sign(row - expected_row)
        resized = call(operation, image.astype(np.float32).reshape(1, *size_in, 1), size_out).ravel()[o]
        if not abs(float(resized) - row @ image) <= 0.01 * error:
            # It is not linear: what was measured, and can be shown, is what it does to single pixels.
            image = impulses[int(np.abs(row - expected_row).argmax())].ravel()
    shape, output = native_shape(operation, 1, size_in, 1), divmod(o, size_out[1])
    shown = EdgeCase(case.label, f"np.array({image.astype(int).tolist()}, np.float32).reshape{shape}", size_out)
    last = result_line(f"output {list(output)}", f"resize(x, h, w).ravel()[{o}]", f"{expected_row @ image:.9g}")
    return EdgeResult(
        disagreement_verdict(error),
        error,
        tolerance,
        "otherwise than along each axis",
        f"{case.label}, output {output}",
        f"{expected_row @ image:.6g}",
        f"{row @ image:.6g}",
        Attribution((Cause.SEPARABILITY,), f"an image of {size_text(size_in, size_out)} is resized by another rule"),
        edge_program(operation, shown, last),
    )


@lru_cache(maxsize=256)
def matrix_along(operation: Operation, n_in: int, n_out: int, axis: str) -> tuple[np.ndarray, float, bool]:
    """The matrix along one axis, its tolerance, and whether it is the exact one: where the call agrees with that.

    Otherwise it is what was measured, so that what conformance finds along one axis is not found again here. Raises as
    :func:`measure` does.
    """
    measured = measure(operation, n_in, n_out, axis).astype(np.float64)
    gain = row_gain(np.nan_to_num(measured))
    if operation.claim is not None:
        exact = matrix(operation.claim, n_in, n_out).to_array()
        tolerance = gain_tolerance(operation.claim, n_in, n_out, row_gain(exact))
        if row_gain(measured - exact) <= tolerance:
            return exact, tolerance, True
    # Reading a weight costs one rounding; the same weight is computed anew in the image of another shape.
    return measured, (n_in + 8) * UNIT_ROUNDOFF * gain, False


def zero_size(operation: Operation) -> Observation | None:
    """Images, and results, without pixels along an axis."""
    results, beyond = [], []
    for case, size_in, is_defined in _cases(operation, _NONE):
        result = call_unchanged(operation, case.array(), case.size)
        if not is_defined:
            beyond.append(result)
        else:
            results.append(
                result if isinstance(result, EdgeResult) else _zero_size_result(operation, case, size_in, result)
            )
    against = "a refusal, a result without pixels, or, of an image without any, zeros"
    return _with_beyond(summarise("zero size", against, "empty, zero or refused", results, unit=PIXELS), beyond)


def _zero_size_result(operation: Operation, case: EdgeCase, size_in: Pair, result: np.ndarray) -> EdgeResult:
    if result.size == 0:
        return EdgeResult(Verdict.EXACT)
    shape = native_shape(operation, 1, case.size, 1)
    if 0 not in case.size and result.shape == shape and not _shows_memory(operation, case, size_in, result):
        # No page says what an image without pixels becomes, and nothing was read that is not there.
        return EdgeResult(Verdict.EXACT)
    invents = 0 not in case.size
    origin = "of an image without any" if invents else f"where {shape} was asked for"
    return EdgeResult(
        Verdict.ERROR if invents else Verdict.DIVERGES,
        float(result.size),
        0.0,
        "makes pixels from none" if invents else "pixels where none were asked",
        case.label,
        "a refusal, no pixels, or zeros" if invents else "a refusal, or no pixels",
        f"shape {result.shape}",
        Attribution(
            (Cause.UNDEFINED_BEHAVIOUR if invents else Cause.OUTPUT_SIZE,), f"{result.size} pixels come back {origin}"
        ),
        edge_program(operation, case, "print('the result has', np.size(resize(x, h, w)), 'pixels, and should have 0')"),
    )


_FILLS = (0x41, 0xBE)
"""Bytes with which memory is filled between calls; as float32, both make numbers that are not zero."""
_ENLARGED = 32
"""By how much larger a result is asked for, since what lies just behind an empty array may be zero."""


def _shows_memory(operation: Operation, case: EdgeCase, size_in: Pair, result: np.ndarray) -> bool:
    """Whether an image without pixels becomes anything but zeros: as asked, with memory filled, and at a larger size.

    ``result`` is what came as asked.
    """
    if result.any():
        return True
    size = _ENLARGED * case.size[0], _ENLARGED * case.size[1]
    larger = replace(case, label=size_text(size_in, size), size=size)
    for fill, asked in zip(_FILLS, (case, larger), strict=True):
        begin_case(asked)
        # What is freed here is what small arrays are made of next.
        freed = [np.full(2**power, fill, np.uint8) for power in range(13) for _ in range(8)]
        x = asked.array()
        del freed
        again = call_unchanged(operation, x, asked.size)
        if isinstance(again, np.ndarray) and again.shape == native_shape(operation, 1, asked.size, 1) and again.any():
            return True
    return False


def empty_batch(operation: Operation) -> Observation | None:
    """No image in the batch, or no channel in the image, where the layout has an axis for it."""
    layout, results = native_layout(operation), []
    counts = {"NCHW": ((0, 1), (1, 0)), "NHWC": ((0, 1), (1, 0)), "HWC": ((1, 0),)}.get(layout, ())
    for size_in, size_out in shapes(operation)[:1]:
        for n, channels in counts:
            label = f"{'no image' if n == 0 else 'no channel'}, {size_text(size_in, size_out)}"
            case = _ones(native_shape(operation, n, size_in, channels), label, size_out)
            begin_case(case)
            result = call_unchanged(operation, case.array(), size_out)
            shape = native_shape(operation, n, size_out, channels)
            results.append(result if isinstance(result, EdgeResult) else _empty_result(operation, case, result, shape))
    against = "a refusal, or as many images and channels: none"
    return summarise("empty batch", against, "empty, or refused", results, unit=PIXELS)


def _empty_result(operation: Operation, case: EdgeCase, result: np.ndarray, shape: tuple[int, ...]) -> EdgeResult:
    if result.shape == shape:
        return EdgeResult(Verdict.EXACT)
    return EdgeResult(
        Verdict.DIVERGES,
        float(result.size) if result.size else float("inf"),
        0.0,
        "another shape",
        case.label,
        f"shape {shape}",
        f"shape {result.shape}",
        Attribution((Cause.OUTPUT_SIZE,), f"an empty array comes back in shape {result.shape}"),
        edge_program(operation, case, shape_line("the shape", "resize(x, h, w).shape", shape)),
    )


def _ones(shape: tuple[int, ...], label: str, size: Pair) -> EdgeCase:
    return EdgeCase(label, f"np.ones({shape}, dtype=np.float32)", size)
