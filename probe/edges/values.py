"""Images at the ends of what float32 can hold, constant images, and images seen in a mirror."""

from __future__ import annotations

import numpy as np

from adapters import Operation
from adapters.layout import WrongShape
from golden import matrix
from golden.matrix import ExactMatrix
from probe.discrepancy import Attribution, Verdict
from probe.edges.case import Case, Result, arrow, disagreement, native_shape, program, refusal, shapes, summarised
from probe.isolated import begin
from probe.measure import Refused, call
from probe.observation import Observation
from probe.reference import Reference, reference
from probe.sizes import Pair
from probe.tolerance import UNIT_ROUNDOFF, prefilter_norm

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
        case = _random(operation, size_in, size_out, _TINY)
        begin(case)
        results.append(_denormals(operation, case, size_in))
    return summarised("denormals", against, "kept", results)


def _denormals(operation: Operation, case: Case, size_in: Pair) -> Result:
    try:
        held = reference(operation, size_in, case.size)
        got = _resized(operation, case, size_in)
    except (Refused, WrongShape) as refused:
        return refusal(refused)
    image = case.array().reshape(size_in)
    largest = float(np.abs(image).max())
    expected = held.of(image)
    error = _error(got, expected) / largest
    # Every product and sum of both passes is rounded to a multiple of the smallest float32.
    tolerance = held.tolerance + (2 * _taps(held) + 4) * _SUBNORMAL / largest * max(1.0, held.gain)
    if error <= tolerance:
        return Result(Verdict.EXACT if error == 0 else Verdict.AGREES, error, tolerance)
    flushed = bool((got == 0).all())
    o = _place(got, expected)
    return Result(
        disagreement(error),
        error,
        tolerance,
        "flushed to zero" if flushed else "subnormal values lost",
        f"{case.label}, output {o}",
        f"{expected[o]:.6g}",
        f"{got[o]:.6g}",
        Attribution(("precision",), "subnormal results are flushed to zero" if flushed else "subnormal values err"),
        program(operation, case, _shown(o, expected[o], len(native_shape(operation, 1, size_in, 1)), operation)),
        figures={"flush to zero": "yes" if flushed else "no"},
    )


def large_values(operation: Operation) -> Observation | None:
    """Images so large that a sum of unweighted pixels overflows, though no sum of weighted ones does."""
    against = "finite results: no sum of weighted pixels, in any order, exceeds float32"
    results = []
    for size_in, size_out in shapes(operation):
        try:
            begin(_random(operation, size_in, size_out, 1.0))
            held = reference(operation, size_in, size_out)
        except (Refused, WrongShape) as refused:
            results.append(refusal(refused))
            continue
        amplitude = 0.9 * _FLOAT32_MAX / max(1.0, held.gain)
        random = _random(operation, size_in, size_out, amplitude)
        for case in (random, *_signs(operation, size_in, size_out, amplitude)):
            begin(case)
            results.append(_large(operation, case, held, amplitude))
    return summarised("large values", against, "no overflow", results)


def _large(operation: Operation, case: Case, held: Reference, amplitude: float) -> Result:
    try:
        got = _resized(operation, case, held.size_in)
    except (Refused, WrongShape) as refused:
        return refusal(refused)
    expected = held.of(case.array().reshape(held.size_in))
    error = _error(got, expected) / amplitude
    tolerance = held.tolerance + 2 * (_taps(held) + 4) * UNIT_ROUNDOFF * held.gain
    if error <= tolerance:
        return Result(Verdict.EXACT if error == 0 else Verdict.AGREES, error, tolerance)
    o = _place(got, expected)
    lost = int((~np.isfinite(got)).sum())
    overflow = "a sum or a difference of pixels overflows before it is weighted"
    why = overflow if lost else "large values are resized otherwise than small ones"
    return Result(
        disagreement(error),
        error,
        tolerance,
        "overflows" if lost else "large values differ",
        f"{case.label}, output {o}",
        f"{expected[o]:.6g}",
        f"{got[o]:.6g}",
        Attribution(("non-finite values",) if lost else ("linearity",), why),
        program(operation, case, _shown(o, expected[o], len(native_shape(operation, 1, held.size_in, 1)), operation)),
        figures={"outputs that overflow": lost},
    )


def constant_image(operation: Operation) -> Observation | None:
    """Constant images, where the rows of the exact matrix sum to one; errors relative to the constant."""
    against = "the constant, to the rounding of weights that sum to one"
    results = []
    for size_in, size_out in shapes(operation):
        try:
            begin(_constant(operation, size_in, size_out, 1.0))
            held = reference(operation, size_in, size_out)
        except (Refused, WrongShape) as refused:
            results.append(refusal(refused))
            continue
        if not _sums_to_one(operation, held):
            continue
        for value in _CONSTANTS:
            case = _constant(operation, size_in, size_out, value)
            begin(case)
            results.append(_kept(operation, case, held, value))
    return summarised("constant image", against, "kept", results)


def _sums_to_one(operation: Operation, held: Reference) -> bool:
    """Whether the claim's rows do, or, where nothing is claimed, those that were measured."""
    if operation.claim is None:
        return bool(np.abs(held.weights.sum(axis=1) - 1).max() <= constant_tolerance(held))
    pairs = zip(held.size_in, held.size_out, strict=True)
    return all(_row_sums_are_one(matrix(operation.claim, *pair)) for pair in pairs)


def _row_sums_are_one(exact: ExactMatrix) -> bool:
    return bool(np.abs(exact.to_array().sum(axis=1) - 1).max() <= (exact.n_in + 1) * exact.bound)


def _kept(operation: Operation, case: Case, held: Reference, value: float) -> Result:
    try:
        got = _resized(operation, case, held.size_in)
    except (Refused, WrongShape) as refused:
        return refusal(refused)
    constant = float(np.float32(value))
    error = _error(got, np.full(got.shape, constant)) / constant
    tolerance = constant_tolerance(held)
    if error <= tolerance:
        return Result(Verdict.EXACT if error == 0 else Verdict.AGREES, error, tolerance)
    o = _place(got, np.full(got.shape, constant))
    return Result(
        disagreement(error),
        error,
        tolerance,
        "not kept constant",
        f"{case.label} of {value:g}, output {o}",
        f"{constant:.9g}",
        f"{got[o]:.9g}",
        Attribution(("normalisation",), "the weights of an output do not sum to one"),
        program(operation, case, _shown(o, constant, len(native_shape(operation, 1, held.size_in, 1)), operation)),
    )


def constant_tolerance(held: Reference) -> float:
    """By how much a constant may change, relative to it.

    Where weights are polynomials of the distance from a coordinate, they sum to one whatever the coordinate's error
    (1 - t and t for linear): what remains is the rounding of each weight (8 roundings), of each product and of each
    sum, in both passes, enlarged as the prefilter and the border ``renormalise`` enlarge any error. The box of ``area``
    and stretched kernels are sampled at coordinates that err; so is what was measured: there it is the whole
    tolerance.
    """
    rounding = 2 * (_taps(held) + 9) * UNIT_ROUNDOFF * (1 + held.gain)
    if held.exact is None:
        return held.tolerance + rounding
    convention = held.exact[0].convention
    enlarged = prefilter_norm(convention) ** 2 * max(1.0, *(each.amplification for each in held.exact)) ** 2
    if convention.kernel == "area" or convention.antialias:
        return held.tolerance + rounding * enlarged
    return rounding * enlarged


def flip(operation: Operation) -> Observation | None:
    """Whether the image seen in a mirror is resized to the result seen in a mirror, where the definition says so.

    Not asked where the float32 call is not what it claims, nor of claims that a mirror changes (ties, asymmetric
    coordinates).
    """
    results = []
    for size_in, size_out in shapes(operation):
        case = _random(operation, size_in, size_out, 1.0)
        begin(case)
        try:
            held = reference(operation, size_in, size_out)
            if held.exact is None or not all(_is_symmetric(each) for each in held.exact):
                continue
            results += [_flipped(operation, case, held, axis) for axis in (0, 1)]
        except (Refused, WrongShape) as refused:
            results.append(refusal(refused))
    return summarised("flip", "the result of the image as it is, flipped", "symmetric", results)


def _is_symmetric(exact: ExactMatrix) -> bool:
    dense = exact.to_array()
    return bool(np.abs(dense - dense[::-1, ::-1]).max() <= 2 * exact.bound)


def _flipped(operation: Operation, case: Case, held: Reference, axis: int) -> Result:
    image = case.array().reshape(held.size_in)
    there = call(operation, np.flip(image, axis).copy().reshape(1, *held.size_in, 1), held.size_out)[0, ..., 0]
    back = np.flip(call(operation, image.copy().reshape(1, *held.size_in, 1), held.size_out)[0, ..., 0], axis)
    error = _error(there, back)
    # Both are within the tolerance of the same exact result, and their sums are rounded.
    tolerance = 2 * (held.tolerance + 2 * (_taps(held) + 4) * UNIT_ROUNDOFF * held.gain)
    if error <= tolerance:
        return Result(Verdict.EXACT if error == 0 else Verdict.AGREES, error, tolerance)
    o = _place(there, back.astype(np.float64))
    name = ("height", "width")[axis]
    along = native_shape(operation, 1, (-2, -3), 1).index((-2, -3)[axis])
    return Result(
        disagreement(error),
        error,
        tolerance,
        "not symmetric",
        f"{case.label} flipped along the {name}, output {o}",
        f"{back[o]:.9g}",
        f"{there[o]:.9g}",
        Attribution(("rounding",), f"the image flipped along its {name} is resized otherwise"),
        program(
            operation,
            case,
            f"there = resize(np.flip(x, {along}).copy(), h, w)\nback = np.flip(resize(x, h, w), {along})\n"
            "print('off by', np.abs(there - back).max(), 'and should be 0')",
        ),
    )


def _resized(operation: Operation, case: Case, size_in: Pair) -> np.ndarray:
    return call(operation, case.array().reshape(1, *size_in, 1), case.size)[0, ..., 0]


def _error(got: np.ndarray, expected: np.ndarray) -> float:
    """The largest absolute difference; infinite where something is not finite."""
    if not np.isfinite(got).all():
        return float("inf")
    return float(np.abs(got.astype(np.float64) - expected).max())


def _place(got: np.ndarray, expected: np.ndarray) -> tuple[int, int]:
    off = np.abs(got.astype(np.float64) - expected)
    at = np.unravel_index(int(np.where(np.isfinite(off), off, np.inf).argmax()), off.shape)
    return int(at[0]), int(at[1])


def _taps(held: Reference) -> int:
    """How many weights an output has at most."""
    return int((held.weights != 0).sum(axis=1).max())


def _shown(o: tuple[int, int], expected: float, rank: int, operation: Operation) -> str:
    place = {"NCHW": f"0, 0, {o[0]}, {o[1]}", "NHWC": f"0, {o[0]}, {o[1]}, 0"}.get(
        operation.call.layout if operation.call else "", f"{o[0]}, {o[1]}"
    )
    return f"print('output {list(o)} is', resize(x, h, w)[{place}], 'and should be {expected:.9g}')"


def _random(operation: Operation, size_in: Pair, size_out: Pair, amplitude: float) -> Case:
    shape = native_shape(operation, 1, size_in, 1)
    source = f"({amplitude!r} * np.random.default_rng(0).uniform(-1, 1, {shape})).astype(np.float32)"
    return Case(arrow(size_in, size_out), source, size_out)


def _constant(operation: Operation, size_in: Pair, size_out: Pair, value: float) -> Case:
    shape = native_shape(operation, 1, size_in, 1)
    return Case(arrow(size_in, size_out), f"np.full({shape}, {value!r}, dtype=np.float32)", size_out)


def _signs(operation: Operation, size_in: Pair, size_out: Pair, amplitude: float) -> list[Case]:
    """All of one value, where sums overflow; and of alternating sign, where differences do."""
    constant = _constant(operation, size_in, size_out, amplitude)
    pixels = size_in[0] * size_in[1]
    shape = native_shape(operation, 1, size_in, 1)
    signs = f"(np.arange({pixels}) // {size_in[1]} + np.arange({pixels}) % {size_in[1]}) % 2"
    source = f"({amplitude!r} * (1 - 2 * ({signs}))).astype(np.float32).reshape{shape}"
    return [constant, Case(f"{constant.label}, alternating", source, size_out)]
