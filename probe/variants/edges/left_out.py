"""Sizes that a call is documented for and that no other suite asks, since the call is known to fail there."""

from __future__ import annotations

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.golden import matrix
from halfpixel.golden.tolerance import UNIT_ROUNDOFF, gain_tolerance, joint_tolerance, row_gain
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.probe.compare.discrepancy import Attribution
from halfpixel.probe.compare.reference import leaves_out
from halfpixel.probe.compare.reproduction import result_line
from halfpixel.probe.measure.axis_matrix import AXES, call
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
    output_program,
    refusals_as_results,
    size_text,
    summarise,
)
from halfpixel.probe.variants.edges.degenerate_sizes import matrix_along
from halfpixel.probe.variants.observation import Observation, disagreement_verdict

SECONDS = 0.5
"""Processor time of a case here: images of a few pixels take microseconds, and some of these calls never return."""

ONE_ROW: tuple[tuple[Pair, Pair], ...] = (((1, 4), (2, 8)), ((2, 8), (1, 4)))
ONE_COLUMN: tuple[tuple[Pair, Pair], ...] = (((4, 1), (8, 2)), ((8, 2), (4, 1)))
FRACTIONAL_SCALE: tuple[tuple[Pair, Pair], ...] = (((4, 6), (6, 9)),)
"""Input and output (height, width): doubled and halved, since some calls do nothing else; half as large again."""

_AGAINST = "the exact convention; the constant, where nothing is claimed; and the same whatever lies beside the image"
_BATCHED = ("NCHW", "NHWC")


def one_row(operation: Operation) -> Observation | None:
    """Images, or results, of one row."""
    return _observed(operation, "one row", ONE_ROW)


def one_column(operation: Operation) -> Observation | None:
    """Images, or results, of one column."""
    return _observed(operation, "one column", ONE_COLUMN)


def fractional_scale(operation: Operation) -> Observation | None:
    """A scale that is no whole number."""
    return _observed(operation, "fractional scale", FRACTIONAL_SCALE)


def _observed(operation: Operation, variant: str, shapes: tuple[tuple[Pair, Pair], ...]) -> Observation | None:
    results = []
    for size_in, size_out in shapes:
        if not leaves_out(operation, size_in, size_out):
            continue
        results.append(_refusal_as_error(_neighbours_result(operation, size_in, size_out), size_in, size_out))
        if results[-1].verdict is Verdict.ERROR:
            continue
        images = ("ones", "ramp") if operation.claim is not None else ("ones",)
        results += [_value_result(operation, image, size_in, size_out) for image in images]
    return summarise(variant, _AGAINST, "as elsewhere", results)


def _refusal_as_error(result: EdgeResult, size_in: Pair, size_out: Pair) -> EdgeResult:
    """The same result; a refusal is an error here, since the documentation allows these sizes."""
    if not result.refused:
        return result
    return EdgeResult(
        Verdict.ERROR,
        headline="refuses a documented size",
        where=size_text(size_in, size_out),
        expected="a result",
        got=result.refused,
        attribution=Attribution((Cause.REFUSAL,), f"a size that the documentation allows is refused: {result.refused}"),
    )


def _neighbours_result(operation: Operation, size_in: Pair, size_out: Pair) -> EdgeResult:
    """Whether an image of ones depends on what lies before and behind it in memory: ones, or NaN.

    The neighbours are images of the same batch; where the layout has none, images of the array that it is a view of.
    """
    shape, label = native_shape(operation, 1, size_in, 1), size_text(size_in, size_out)
    is_batched = native_layout(operation) in _BATCHED
    results, cases = [], []
    for value, name in (("1", "ones"), ("np.nan", "NaN")):
        images = f"[np.full({shape}, {value}), np.ones({shape}), np.full({shape}, {value})]"
        source = f"np.concatenate({images}).astype(np.float32)" if is_batched else f"np.float32({images})[1]"
        cases.append(EdgeCase(f"{label}, between images of {name}", source, size_out))
        begin_case(cases[-1])
        result = call_unchanged(operation, cases[-1].array(), size_out)
        if isinstance(result, EdgeResult):
            return result
        results.append(result)
    beside_ones, beside_nan = (result[1:2] if is_batched else result for result in results)
    if beside_ones.shape != beside_nan.shape or np.array_equal(beside_ones, beside_nan, equal_nan=True):
        return EdgeResult(Verdict.EXACT)
    differs = (beside_ones != beside_nan) & ~(np.isnan(beside_ones) & np.isnan(beside_nan))
    place = [int(index) for index in np.argwhere(differs)[0]]
    place[0] += is_batched
    expected = f"{float(results[0][tuple(place)]):.6g}"
    return EdgeResult(
        Verdict.ERROR,
        headline="reads outside the image",
        where=f"{cases[1].label}, output {place}",
        expected=f"{expected}, as beside images of ones",
        got=f"{float(results[1][tuple(place)]):.6g}",
        attribution=Attribution(
            (Cause.UNDEFINED_BEHAVIOUR,), "pixels before or behind the image in memory decide what comes out"
        ),
        reproduction=edge_program(
            operation, cases[1], result_line(f"output {place}", f"resize(x, h, w){place}", expected)
        ),
    )


@refusals_as_results
def _value_result(operation: Operation, image: str, size_in: Pair, size_out: Pair) -> EdgeResult:
    """An image of ones, or of 0, 1, 2, ... over the last, beside what the convention makes of it."""
    pixels, shape = size_in[0] * size_in[1], native_shape(operation, 1, size_in, 1)
    ramp = f"(np.arange({pixels}) / {pixels - 1}).astype(np.float32).reshape{shape}"
    source = ramp if image == "ramp" else f"np.ones({shape}, np.float32)"
    case = EdgeCase(f"{size_text(size_in, size_out)} of {image}", source, size_out)
    begin_case(case)
    x = case.array().reshape(1, *size_in, 1)
    result = call(operation, x, size_out)[0, ..., 0].astype(np.float64)
    if operation.claim is None:
        expected, tolerance = np.ones(size_out), _constant_tolerance(pixels)
    else:
        (y, error_y), (x_axis, error_x) = (
            _axis(operation, *pair, axis) for axis, pair in zip(AXES, zip(size_in, size_out, strict=True), strict=True)
        )
        expected = y @ x[0, ..., 0].astype(np.float64) @ x_axis.T
        tolerance = joint_tolerance((error_y, error_x), (row_gain(y), row_gain(x_axis)))
    off = np.abs(result - expected)
    error = float(np.nan_to_num(off, nan=np.inf, posinf=np.inf).max())
    if error <= tolerance:
        return agreement(error, tolerance)
    worst = np.unravel_index(int(np.nan_to_num(off, nan=np.inf).argmax()), size_out)
    output = int(worst[0]), int(worst[1])
    is_finite = bool(np.isfinite(result).all())
    cause, text = Cause.NON_FINITE_VALUES, "a finite image gives values that are not finite"
    if is_finite:
        cause, text = Cause.KERNEL, "the weights are others than at larger sizes"
    return EdgeResult(
        disagreement_verdict(error),
        error,
        tolerance,
        "other values" if is_finite else "not finite",
        f"{case.label}, output {output}",
        f"{expected[output]:.6g}",
        f"{result[output]:.6g}",
        Attribution((cause,), text),
        output_program(operation, case, output, expected[output]),
    )


def _constant_tolerance(pixels: int) -> float:
    """By how much an image of ones may come out as other than ones, in float32, where no convention is claimed.

    An output is a sum of at most ``pixels`` products whose weights are not negative and add up to one: each addition
    rounds once. Nine covers the rounding of a product, of a normalised weight and of what each of two passes stores.
    """
    return (pixels + 9) * UNIT_ROUNDOFF


def _axis(operation: Operation, n_in: int, n_out: int, axis: str) -> tuple[np.ndarray, float]:
    """The matrix along one axis and its tolerance: the exact one, or where the call measurably has another, that."""
    if operation.accepts(n_in, n_out) and not operation.same_scale_on_both_axes:
        weights, tolerance, _ = matrix_along(operation, n_in, n_out, axis)
        return weights, tolerance
    assert operation.claim is not None
    exact = matrix(operation.claim, n_in, n_out).to_array()
    return exact, gain_tolerance(operation.claim, n_in, n_out, row_gain(exact))
