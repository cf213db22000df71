"""Axes so long that 16-bit sizes, 32-bit products of indices and float32 coordinates run out; some outputs of each."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np

from adapters import Operation
from adapters.layout import WrongShape
from golden import Convention, coordinates, kernel
from golden.coordinates import Coordinates
from golden.matrix import matrix_at
from probe.discrepancy import Attribution, Verdict
from probe.edges.case import Case, Result, arrow, hand_over, native_shape, program, summarised
from probe.isolated import begin
from probe.measure import AXES, Refused
from probe.observation import Observation
from probe.reference import accepts, reference
from probe.sizes import Pair
from probe.tolerance import UNIT_ROUNDOFF, coordinate_error, gain_tolerance, prefilter_norm

SECONDS = 10.0
"""Processor time of a case here."""

_UNIT = "input pixels"

_BEYOND_FLOAT32 = "indices that float32 does not hold"
"""Asked only of calls whose output sees few pixels and whose pixels no prefilter reaches: 16 million is slow else."""

# Each question: why these sizes, along which axes, and pairs of a long axis with a short one of about the same ratio,
# of which the first that the call is defined for is asked. Few, for the long ones take milliseconds.
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
    """What a ramp becomes at chosen outputs: values, and the lowest and highest that rounding explains; float64."""

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
        if why == _BEYOND_FLOAT32 and not _sees_few(operation.claim):
            continue
        for axis in axes:
            found = _first(operation, pairs, axis)
            if found is not None:
                results.append(_asked(operation, axis, why, *found))
    return summarised(
        "enormous",
        "the exact value of a ramp at chosen outputs; float32 coordinates may err by 4 roundings of the length",
        "right beyond 16 and 32 bits",
        results,
        unit=_UNIT,
    )


def _sees_few(claim: Convention | None) -> bool:
    if claim is None or claim.antialias or claim.prefilter != "none":
        return False
    return claim.kernel not in ("area", "adaptive_average")


def _first(operation: Operation, pairs: tuple[tuple[Pair, Pair], ...], axis: str) -> tuple[Pair, Pair, Pair] | None:
    """The first long pair, its short one, and the other axis, that the call is defined for."""
    for long, short in pairs:
        for other in _OTHER:
            if all(accepts(operation, *_shape(pair, other, axis)) for pair in (long, short)):
                return long, short, other
    return None


def _shape(pair: Pair, other: Pair, axis: str) -> tuple[Pair, Pair]:
    sizes = [(pair[k], other[k]) if axis == "height" else (other[k], pair[k]) for k in (0, 1)]
    return sizes[0], sizes[1]


def _asked(operation: Operation, axis: str, why: str, long: Pair, short: Pair, other: Pair) -> Result:
    size_in, size_out = _shape(long, other, axis)
    case = _ramp(operation, axis, size_in, size_out)
    begin(case)
    try:
        holds = reference(operation, *_shape(short, other, axis)).exact is not None
    except (Refused, WrongShape):
        holds = False
    ramp = _made(case)
    got = hand_over(operation, ramp, size_out)
    if ramp.flat[0] != 0 or ramp.flat[ramp.size // 2] != ramp.size // 2 // min(size_in) % max(size_in):
        _made.cache_clear()  # The call writes into its input, which another question finds.
    if isinstance(got, Result):
        return got
    asked = native_shape(operation, 1, size_out, 1)
    if got.shape != asked:
        return _wrong(operation, case, why, "output size", f"shape {asked}", f"shape {got.shape}", float("inf"), None)
    line = got.reshape(size_out).astype(np.float64)
    line = line[:, 0] if axis == "height" else line[0]
    expected = _expected(operation.claim, *long) if holds else None
    if expected is None or not len(expected.outputs):
        holds, expected = False, _range(*long)
    values = line[expected.outputs]
    outside = np.maximum(expected.low - values, values - expected.high)
    outside = np.where(np.isfinite(values), outside, np.inf)
    worst = int(outside.argmax())
    error = float(np.where(np.isfinite(values), np.abs(values - expected.values), np.inf)[worst])
    tolerance = float((expected.high - expected.low)[worst] / 2)
    if outside[worst] <= 0:
        return Result(Verdict.EXACT if holds and error == 0 else Verdict.AGREES, error if holds else 0.0, tolerance)
    o = int(expected.outputs[worst])
    texts = (f"{expected.values[worst]:.9g}", f"{values[worst]:.9g}")
    return _wrong(operation, case, why, "coordinates", *texts, error, tolerance, o)


def _wrong(
    operation: Operation,
    case: Case,
    why: str,
    factor: str,
    expected: str,
    got: str,
    error: float,
    tolerance: float | None,
    o: int = 0,
) -> Result:
    shows = f"y = resize(x, h, w)\nprint('output {o} of shape', y.shape, 'is', y.ravel()[{o} * y.size // max(h, w)]"
    return Result(
        Verdict.DIVERGES,
        error,
        tolerance,
        "another shape" if factor == "output size" else "wrong pixels on long axes",
        f"{case.label} ({why}), output {o}",
        expected,
        got,
        Attribution((factor,), f"it goes wrong on long axes ({why})"),
        program(operation, case, f"{shows}, 'and should be {expected}')"),
    )


def _ramp(operation: Operation, axis: str, size_in: Pair, size_out: Pair) -> Case:
    ramp = f"np.arange({max(size_in)}, dtype=np.float32)"
    across = min(size_in)
    line = f"np.repeat({ramp}, {across})" if axis == "height" else f"np.tile({ramp}, {across})"
    shape = native_shape(operation, 1, size_in, 1)
    return Case(arrow(size_in, size_out), f"{line}.reshape{shape}", size_out)


@lru_cache(maxsize=2)
def _made(case: Case) -> np.ndarray:
    """The array of a case, kept for the next operation: making the longest takes longer than resizing it."""
    return case.array()


def _range(n_in: int, n_out: int) -> _Expected:
    """Nothing but finite values no further out than the ramp is long: no kernel in use has a larger gain than 2."""
    outputs = np.arange(n_out)
    low, high = np.full(n_out, -float(n_in)), np.full(n_out, 2.0 * n_in)
    return _Expected(outputs, (low + high) / 2, low, high)


@lru_cache(maxsize=256)
def _expected(claim: Convention, n_in: int, n_out: int) -> _Expected:
    """What the claim makes of the ramp, at the first and last outputs and at some between.

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
