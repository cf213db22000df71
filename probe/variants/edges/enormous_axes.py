"""Axes so long that 16-bit sizes, 32-bit index products and float32 coordinates overflow."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.adapters.layout import WrongShape
from halfpixel.golden import Convention, coordinates, kernel
from halfpixel.golden.coordinates import Coordinates
from halfpixel.golden.matrix import matrix_at
from halfpixel.golden.tolerance import UNIT_ROUNDOFF, coordinate_error, gain_tolerance, prefilter_norm
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.probe.compare.discrepancy import Attribution
from halfpixel.probe.compare.reference import accepts, reference
from halfpixel.probe.measure.axis_matrix import AXES, Refused
from halfpixel.probe.measure.sandbox import begin_case
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.variants.edges.cases import (
    EdgeCase,
    EdgeResult,
    agreement,
    call_unchanged,
    edge_program,
    native_shape,
    size_text,
    summarise,
)
from halfpixel.probe.variants.observation import Observation, agreement_verdict

SECONDS = 10.0
"""Processor time of a case here."""

_UNIT = "input pixels"

_BEYOND_FLOAT32 = "indices that float32 does not hold"
"""Asked only of calls whose outputs have few taps and that have no prefilter: others take seconds for 16 million."""

# Each question: why these sizes, along which axes, and pairs of a long axis with a short one of about the same ratio,
# of which the first that the call is defined for is tried. Few, for the long ones take milliseconds.
_LONG: tuple[tuple[str, tuple[str, ...], tuple[tuple[Pair, Pair], ...]], ...] = (
    (
        "the largest 16-bit size",
        ("width",),
        (((32767, 4681), (35, 5)), ((32767, 16384), (31, 16)), ((16383, 32766), (15, 30))),
    ),
    (
        "one more than 16 bits hold",
        ("height",),
        (((32768, 4096), (32, 4)), ((32768, 16384), (32, 16)), ((16384, 32768), (16, 32))),
    ),
    (
        "products of indices exceed 32 bits",
        AXES,
        (
            ((65536, 65537), (32, 33)),
            ((65537, 32769), (33, 17)),
            ((65536, 32768), (32, 16)),
            ((65536, 131072), (16, 32)),
        ),
    ),
    (_BEYOND_FLOAT32, ("width",), (((2**24 + 3, 4), (37, 4)),)),
)
_OTHER: tuple[Pair, ...] = ((1, 1), (2, 2), (2, 1), (1, 2), (3, 2))
_AWAY = 64
"""Input pixels to either border within which outputs are not judged where a prefilter reaches everything: its slowest
pole, 0.43, to this power is 3e-24."""

_GRAIN = 2**24
"""Parts of a coordinate's unit in which its error is counted."""


@dataclass(frozen=True, slots=True)
class _Expected:
    """A resized ramp at chosen outputs: values, and the lowest and highest that rounding explains; float64."""

    outputs: np.ndarray
    values: np.ndarray
    low: np.ndarray
    high: np.ndarray


def enormous(operation: Operation) -> Observation | None:
    """A ramp, each pixel its own index, along an axis of 32,767 pixels and more; the other axis has one to three.

    Where the call is not what it claims at small sizes of the same ratio, only the shape and the range of values are
    held against it.
    """
    results = []
    for why, axes, pairs in _LONG:
        if why == _BEYOND_FLOAT32 and not _has_few_taps(operation.claim):
            continue
        for axis in axes:
            lengths = _first_defined(operation, pairs, axis)
            if lengths is not None:
                results.append(_long_axis_result(operation, axis, why, *lengths))
    return summarise(
        "enormous",
        "the exact value of a ramp at chosen outputs; float32 coordinates may err by 4 roundings of the length",
        "right beyond 16 and 32 bits",
        results,
        unit=_UNIT,
    )


def _has_few_taps(claim: Convention | None) -> bool:
    if claim is None or claim.antialias or claim.prefilter != "none":
        return False
    return claim.kernel not in ("area", "adaptive_average")


def _first_defined(
    operation: Operation, pairs: tuple[tuple[Pair, Pair], ...], axis: str
) -> tuple[Pair, Pair, Pair] | None:
    """The first long pair, its short one, and the other axis, that the call is defined for."""
    for long, short in pairs:
        for other in _OTHER:
            if all(accepts(operation, *_shape(pair, other, axis)) for pair in (long, short)):
                return long, short, other
    return None


def _shape(pair: Pair, other: Pair, axis: str) -> tuple[Pair, Pair]:
    sizes = [(pair[k], other[k]) if axis == "height" else (other[k], pair[k]) for k in (0, 1)]
    return sizes[0], sizes[1]


def _long_axis_result(operation: Operation, axis: str, why: str, long: Pair, short: Pair, other: Pair) -> EdgeResult:
    size_in, size_out = _shape(long, other, axis)
    case = _ramp(operation, axis, size_in, size_out)
    begin_case(case)
    try:
        follows_claim = reference(operation, *_shape(short, other, axis)).exact is not None
    except (Refused, WrongShape):
        follows_claim = False
    ramp = _kept_array(case)
    result = call_unchanged(operation, ramp, size_out)
    if ramp.flat[0] != 0 or ramp.flat[ramp.size // 2] != ramp.size // 2 // min(size_in) % max(size_in):
        _kept_array.cache_clear()  # The call writes into its input: memory_layout reports that.
    if isinstance(result, EdgeResult):
        return result
    shape = native_shape(operation, 1, size_out, 1)
    if result.shape != shape:
        texts = f"shape {shape}", f"shape {result.shape}"
        return _wrong_result(operation, case, why, Cause.OUTPUT_SIZE, texts, float("inf"), None)
    plane = result.reshape(size_out).astype(np.float64)
    line = plane[:, 0] if axis == "height" else plane[0]
    expected = _expected(operation.claim, *long) if follows_claim and operation.claim is not None else None
    if expected is None or not len(expected.outputs):
        follows_claim, expected = False, _any_values(*long)
    values = line[expected.outputs]
    outside = np.maximum(expected.low - values, values - expected.high)
    outside = np.where(np.isfinite(values), outside, np.inf)
    worst = int(outside.argmax())
    error = float(np.where(np.isfinite(values), np.abs(values - expected.values), np.inf)[worst])
    tolerance = float((expected.high - expected.low)[worst] / 2)
    if outside[worst] <= 0:
        if follows_claim:
            return agreement(error, tolerance)
        return EdgeResult(agreement_verdict(is_exact=False), 0.0, tolerance)
    texts = f"{expected.values[worst]:.9g}", f"{values[worst]:.9g}"
    output = int(expected.outputs[worst])
    return _wrong_result(operation, case, why, Cause.COORDINATES, texts, error, tolerance, output)


def _wrong_result(
    operation: Operation,
    case: EdgeCase,
    why: str,
    cause: Cause,
    expected_and_got: tuple[str, str],
    error: float,
    tolerance: float | None,
    output: int = 0,
) -> EdgeResult:
    expected, got = expected_and_got
    return EdgeResult(
        Verdict.DIVERGES,
        error,
        tolerance,
        "another shape" if cause is Cause.OUTPUT_SIZE else "wrong pixels on long axes",
        f"{case.label} ({why}), output {output}",
        expected,
        got,
        Attribution((cause,), f"it goes wrong on long axes ({why})"),
        edge_program(
            operation,
            case,
            f"y = resize(x, h, w)\nprint('output {output} of shape', y.shape, 'is', "
            f"y.ravel()[{output} * y.size // max(h, w)], 'and should be {expected}')",
        ),
    )


def _ramp(operation: Operation, axis: str, size_in: Pair, size_out: Pair) -> EdgeCase:
    ramp = f"np.arange({max(size_in)}, dtype=np.float32)"
    across = min(size_in)
    line = f"np.repeat({ramp}, {across})" if axis == "height" else f"np.tile({ramp}, {across})"
    shape = native_shape(operation, 1, size_in, 1)
    return EdgeCase(size_text(size_in, size_out), f"{line}.reshape{shape}", size_out)


@lru_cache(maxsize=2)
def _kept_array(case: EdgeCase) -> np.ndarray:
    """The array of a case, kept for the next operation: making the longest takes longer than resizing it."""
    return case.array()


def _any_values(n_in: int, n_out: int) -> _Expected:
    """Any finite values no further out than the ramp is long: no kernel in use has a larger gain than 2."""
    outputs = np.arange(n_out)
    low, high = np.full(n_out, -float(n_in)), np.full(n_out, 2.0 * n_in)
    return _Expected(outputs, (low + high) / 2, low, high)


@lru_cache(maxsize=256)
def _expected(claim: Convention, n_in: int, n_out: int) -> _Expected:
    """The ramp resized as claimed, at the first and last outputs and at some between.

    The lowest and the highest are those at both ends of the interval in which float32 puts the coordinate, and
    :func:`ramp_tolerance` beyond. A symmetric prefilter leaves a ramp as it is away from the borders, so that it need
    not be computed; outputs near them are left out then, which may leave none.
    """
    where = coordinates(claim, n_in, n_out)
    outputs = np.unique(np.r_[0, 1, np.arange(1, 12) * n_out // 12, n_out // 2 + 1, n_out - 2, n_out - 1])
    if claim.prefilter != "none":
        at = where.to_array()[outputs]
        outputs = outputs[(at > _AWAY) & (at < n_in - 1 - _AWAY)]
    if claim.kernel == "adaptive_average":
        first, last = outputs * n_in // n_out, -(-(outputs + 1) * n_in // n_out)
        ends, amplification = [(first + last - 1) / 2], 1.0
    else:
        plain = claim.but(prefilter="none")
        error = int(coordinate_error(n_in) * _GRAIN * where.denominator)
        numerators = where.numerators[outputs].astype(object) * _GRAIN
        rows = [
            matrix_at(plain, Coordinates(numerators + off, where.denominator * _GRAIN), n_in, Fraction(n_out, n_in))
            for off in (0, -error, error)
        ]
        # Quotients first: products of weights and indices would exceed 64 bits.
        ends = [((row.weights / row.totals[:, None]).astype(np.float64) * row.taps).sum(axis=1) for row in rows]
        amplification = max(row.amplification for row in rows)
    bound = 0.0 if claim.kernel == "nearest" else ramp_tolerance(claim, n_in, n_out, amplification)
    return _Expected(outputs, ends[0], np.min(ends, axis=0) - bound, np.max(ends, axis=0) + bound)


def ramp_tolerance(convention: Convention, n_in: int, n_out: int, amplification: float = 1.0) -> float:
    """Input pixels by which float32 may be off on a ramp of the pixels' own indices, beyond what coordinates explain.

    Coordinates err by ``coordinate_error(n_in)``, which grows with the length: 1/64 pixel at 65,536, 4 pixels at 2**24.
    That moves all taps of an output together. What comes on top: each of ``2 s / r`` taps (support ``s``, stretch
    ``r``) is off by the rounding of its own distance and by 8 roundings, on pixels no further than ``s / r`` from the
    coordinate; and that weights do not quite sum to one, and that products and sums are rounded, counts on values as
    large as the ramp is long. All of it is enlarged by the prefilter, and by border ``renormalise`` as
    ``amplification`` says. The box of ``area`` has two edges that err apart, and is divided by its nominal width: what
    it may lose or gain counts on values as large as the ramp is long, too.
    """
    step = n_in / n_out
    if convention.kernel in ("area", "adaptive_average"):
        sums = (step + 11) * UNIT_ROUNDOFF * n_in
        return sums + (n_in * gain_tolerance(convention, n_in, n_out, 1.0) if convention.kernel == "area" else 0)
    shape = kernel(convention)
    stretch = min(1.0, 1 / step) if convention.antialias else 1.0
    support, slope = float(shape.support), shape.lipschitz()
    reach = support / stretch
    taps = 2 * reach + 1
    weights = taps * (4 * slope * support + 8) * UNIT_ROUNDOFF * reach
    return 2 * (2 * weights + (2 * taps + 9) * UNIT_ROUNDOFF * n_in) * prefilter_norm(convention) * amplification
