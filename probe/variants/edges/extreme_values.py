"""Images at the ends of the float32 range, constant images, and mirrored images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.adapters.layout import WrongShape
from halfpixel.golden import matrix
from halfpixel.golden.matrix import ExactMatrix
from halfpixel.golden.tolerance import UNIT_ROUNDOFF, prefilter_norm
from halfpixel.golden.vocabulary import Cause
from halfpixel.probe.compare.discrepancy import Attribution
from halfpixel.probe.compare.reference import Reference
from halfpixel.probe.measure.axis_matrix import AXES, Refused, call
from halfpixel.probe.measure.sandbox import begin_case
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.variants.edges.cases import (
    EdgeCase,
    EdgeResult,
    agreement,
    edge_program,
    native_shape,
    output_program,
    reference_of_case,
    refusals_as_results,
    refused_result,
    shapes,
    size_text,
    summarise,
)
from halfpixel.probe.variants.observation import Figures, Observation, disagreement_verdict

_FLOAT32_MAX = float(np.finfo(np.float32).max)
_SUBNORMAL = 2.0**-149
"""The smallest float32 above zero: below 2**-126, results are rounded to a multiple of it."""

_TINY = 2.0**-127
_CONSTANTS = (0.1, 1.0, 255.0, 1e30)


def denormals(operation: Operation) -> Observation | None:
    """An image of subnormal numbers: errors relative to its largest value."""
    against = "the same weights as for larger values, to multiples of the smallest float32"
    results = []
    for size_in, size_out in shapes(operation):
        case = _random_case(operation, size_in, size_out, _TINY)
        known = reference_of_case(operation, case, size_in)
        results.append(known if isinstance(known, EdgeResult) else _denormals_result(operation, case, known))
    return summarise("denormals", against, "kept", results)


@refusals_as_results
def _denormals_result(operation: Operation, case: EdgeCase, known: Reference) -> EdgeResult:
    result = _resized(operation, case, known.size_in)
    image = case.array().reshape(known.size_in)
    largest = float(np.abs(image).max())
    # Every product and sum of both passes is rounded to a multiple of the smallest float32.
    tolerance = known.tolerance + (2 * known.taps + 4) * _SUBNORMAL / largest * max(1.0, known.gain)
    flushed = bool((result == 0).all())
    return _value_result(
        operation,
        case,
        (result, known.of(image)),
        (largest, tolerance),
        "flushed to zero" if flushed else "subnormal values lost",
        Attribution((Cause.PRECISION,), "subnormal results are flushed to zero" if flushed else "subnormal values err"),
        figures={"flush to zero": "yes" if flushed else "no"},
    )


def large_values(operation: Operation) -> Observation | None:
    """Images so large that a sum of unweighted pixels overflows, though no sum of weighted ones does."""
    against = "finite results: no sum of weighted pixels, in any order, exceeds float32"
    results = []
    for size_in, size_out in shapes(operation):
        known = reference_of_case(operation, _random_case(operation, size_in, size_out, 1.0), size_in)
        if isinstance(known, EdgeResult):
            results.append(known)
            continue
        amplitude = 0.9 * _FLOAT32_MAX / max(1.0, known.gain)
        for case in _large_cases(operation, size_in, size_out, amplitude):
            begin_case(case)
            results.append(_large_result(operation, case, known, amplitude))
    return summarise("large values", against, "no overflow", results)


@refusals_as_results
def _large_result(operation: Operation, case: EdgeCase, known: Reference, amplitude: float) -> EdgeResult:
    result = _resized(operation, case, known.size_in)
    tolerance = known.tolerance + 2 * (known.taps + 4) * UNIT_ROUNDOFF * known.gain
    lost = int((~np.isfinite(result)).sum())
    overflow = "a sum or a difference of pixels overflows before it is weighted"
    why = overflow if lost else "large values are resized otherwise than small ones"
    return _value_result(
        operation,
        case,
        (result, known.of(case.array().reshape(known.size_in))),
        (amplitude, tolerance),
        "overflows" if lost else "large values differ",
        Attribution((Cause.NON_FINITE_VALUES,) if lost else (Cause.LINEARITY,), why),
        figures={"outputs that overflow": lost},
    )


def constant_image(operation: Operation) -> Observation | None:
    """Constant images, where the rows of the exact matrix sum to one; errors relative to the constant."""
    against = "the constant, to the rounding of weights that sum to one"
    results = []
    for size_in, size_out in shapes(operation):
        known = reference_of_case(operation, _constant_case(operation, size_in, size_out, 1.0), size_in)
        if isinstance(known, EdgeResult):
            results.append(known)
            continue
        if not _sums_to_one(operation, known):
            continue
        for value in _CONSTANTS:
            case = _constant_case(operation, size_in, size_out, value)
            begin_case(case)
            results.append(_constant_result(operation, case, known, value))
    return summarise("constant image", against, "kept", results)


def _sums_to_one(operation: Operation, known: Reference) -> bool:
    """Whether the claim's rows do, or, where nothing is claimed, those that were measured."""
    if operation.claim is None:
        return bool(np.abs(known.weights.sum(axis=1) - 1).max() <= constant_tolerance(known))
    pairs = zip(known.size_in, known.size_out, strict=True)
    return all(_row_sums_are_one(matrix(operation.claim, *pair)) for pair in pairs)


def _row_sums_are_one(exact: ExactMatrix) -> bool:
    return bool(np.abs(exact.to_array().sum(axis=1) - 1).max() <= (exact.n_in + 1) * exact.bound)


@refusals_as_results
def _constant_result(operation: Operation, case: EdgeCase, known: Reference, value: float) -> EdgeResult:
    result = _resized(operation, case, known.size_in)
    constant = float(np.float32(value))
    return _value_result(
        operation,
        case,
        (result, np.full(result.shape, constant)),
        (constant, constant_tolerance(known)),
        "not kept constant",
        Attribution((Cause.NORMALISATION,), "the weights of an output do not sum to one"),
        label=f"{case.label} of {value:g}",
        digits=9,
    )


def constant_tolerance(known: Reference) -> float:
    """By how much a constant may change, relative to it.

    Where weights are polynomials of the distance from a coordinate, they sum to one whatever the coordinate's error
    (1 - t and t for linear): what remains is the rounding of each weight (8 roundings), of each product and of each
    sum, in both passes, enlarged as the prefilter and the border ``renormalise`` enlarge any error. The box of ``area``
    and stretched kernels are sampled at coordinates that err, and so are measured weights: the tolerance of the
    reference counts there, too.
    """
    rounding = 2 * (known.taps + 9) * UNIT_ROUNDOFF * (1 + known.gain)
    if known.exact is None:
        return known.tolerance + rounding
    convention = known.exact[0].convention
    enlarged = prefilter_norm(convention) ** 2 * max(1.0, *(axis.amplification for axis in known.exact)) ** 2
    if convention.kernel == "area" or convention.antialias:
        return known.tolerance + rounding * enlarged
    return rounding * enlarged


def flip(operation: Operation) -> Observation | None:
    """Whether the mirrored image is resized to the mirrored result, where that follows from the definition.

    Left out where the float32 call does not follow its claim, and for claims that a mirror changes (ties, asymmetric
    coordinates).
    """
    results = []
    for size_in, size_out in shapes(operation):
        case = _random_case(operation, size_in, size_out, 1.0)
        known = reference_of_case(operation, case, size_in)
        if isinstance(known, EdgeResult):
            results.append(known)
        elif known.exact is not None and all(_is_symmetric(axis) for axis in known.exact):
            try:
                results += [_flip_result(operation, case, known, axis) for axis in (0, 1)]
            except (Refused, WrongShape) as refused:
                results.append(refused_result(refused))
    return summarise("flip", "the result of the image as it is, flipped", "symmetric", results)


def _is_symmetric(exact: ExactMatrix) -> bool:
    dense = exact.to_array()
    return bool(np.abs(dense - dense[::-1, ::-1]).max() <= 2 * exact.bound)


def _flip_result(operation: Operation, case: EdgeCase, known: Reference, axis: int) -> EdgeResult:
    image = case.array().reshape(known.size_in)
    mirrored = call(operation, np.flip(image, axis).copy().reshape(1, *known.size_in, 1), known.size_out)[0, ..., 0]
    back = np.flip(call(operation, image.copy().reshape(1, *known.size_in, 1), known.size_out)[0, ..., 0], axis)
    # Both are within the tolerance of the same exact result, and their sums are rounded.
    tolerance = 2 * (known.tolerance + 2 * (known.taps + 4) * UNIT_ROUNDOFF * known.gain)
    along = native_shape(operation, 1, (-2, -3), 1).index((-2, -3)[axis])
    last = (
        f"there = resize(np.flip(x, {along}).copy(), h, w)\nback = np.flip(resize(x, h, w), {along})\n"
        "print('off by', np.abs(there - back).max(), 'and should be 0')"
    )
    result = _value_result(
        operation,
        case,
        (mirrored, back.astype(np.float64)),
        (1.0, tolerance),
        "not symmetric",
        Attribution((Cause.ROUNDING,), f"the image flipped along its {AXES[axis]} is resized otherwise"),
        label=f"{case.label} flipped along the {AXES[axis]}",
        digits=9,
    )
    return result if result.verdict.is_agreement else replace(result, reproduction=edge_program(operation, case, last))


def _value_result(
    operation: Operation,
    case: EdgeCase,
    values: tuple[np.ndarray, np.ndarray],
    bounds: tuple[float, float],
    headline: str,
    attribution: Attribution,
    *,
    label: str = "",
    digits: int = 6,
    figures: Figures | None = None,
) -> EdgeResult:
    """The result of comparing ``values``, a plane and the expected one; the words are those of a disagreement.

    ``bounds`` are the amplitude that the error is relative to, and the tolerance of that.
    """
    result, expected = values
    amplitude, tolerance = bounds
    off = np.abs(result.astype(np.float64) - expected)
    error = float(off.max()) / amplitude if np.isfinite(result).all() else float("inf")
    if error <= tolerance:
        return agreement(error, tolerance)
    row, column = np.unravel_index(int(np.where(np.isfinite(off), off, np.inf).argmax()), off.shape)
    output = int(row), int(column)
    return EdgeResult(
        disagreement_verdict(error),
        error,
        tolerance,
        headline,
        f"{label or case.label}, output {output}",
        f"{expected[output]:.{digits}g}",
        f"{result[output]:.{digits}g}",
        attribution,
        output_program(operation, case, output, expected[output]),
        figures=figures or {},
    )


def _resized(operation: Operation, case: EdgeCase, size_in: Pair) -> np.ndarray:
    return call(operation, case.array().reshape(1, *size_in, 1), case.size)[0, ..., 0]


def _random_case(operation: Operation, size_in: Pair, size_out: Pair, amplitude: float) -> EdgeCase:
    shape = native_shape(operation, 1, size_in, 1)
    source = f"({amplitude!r} * np.random.default_rng(0).uniform(-1, 1, {shape})).astype(np.float32)"
    return EdgeCase(size_text(size_in, size_out), source, size_out)


def _constant_case(operation: Operation, size_in: Pair, size_out: Pair, value: float) -> EdgeCase:
    shape = native_shape(operation, 1, size_in, 1)
    return EdgeCase(size_text(size_in, size_out), f"np.full({shape}, {value!r}, dtype=np.float32)", size_out)


def _large_cases(operation: Operation, size_in: Pair, size_out: Pair, amplitude: float) -> Iterator[EdgeCase]:
    """Random values; all of one value, where sums overflow; and of alternating sign, where differences do."""
    yield _random_case(operation, size_in, size_out, amplitude)
    constant = _constant_case(operation, size_in, size_out, amplitude)
    yield constant
    pixels, shape = size_in[0] * size_in[1], native_shape(operation, 1, size_in, 1)
    signs = f"(np.arange({pixels}) // {size_in[1]} + np.arange({pixels}) % {size_in[1]}) % 2"
    source = f"({amplitude!r} * (1 - 2 * ({signs}))).astype(np.float32).reshape{shape}"
    yield EdgeCase(f"{constant.label}, alternating", source, size_out)
