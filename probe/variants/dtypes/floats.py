"""Results in float16, bfloat16 and float64: in which precision they are computed, and how they are rounded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.golden import Convention
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.probe.compare.discrepancy import Attribution
from halfpixel.probe.compare.reference import Reference, accepts, near_ties, reference
from halfpixel.probe.measure.axis_matrix import Refused, call
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.variants.dtypes.calls import (
    BFLOAT16,
    Attempt,
    attempt,
    output_program,
    refused_observation,
    takes_bfloat16,
)
from halfpixel.probe.variants.dtypes.fixed_point import coarse_axes
from halfpixel.probe.variants.dtypes.returned_floats import UNIT_ROUNDOFFS
from halfpixel.probe.variants.observation import Observation, agreement_verdict, disagreement_verdict, unsupported

_LONG = (((61, 2), (47, 2)), ((2, 61), (2, 47)))
"""Long enough that coordinates in a short float are off by more than weights and sums in it."""
_IMAGES = 5
_LINES = 4


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
    """Results of all shapes beside exact values, flat; bounds by what each way of computing explains.

    bound_one_rounding, bound_two_passes, bound_of_storage
        The error of the reference itself, of float32 (float64, for float64) arithmetic, and of one rounding of the
        result; of one after each pass; of one of every weight, product and sum.
    is_line
        Whether the image is constant along one axis, and weights sum to one.
    is_tie
        Whether the coordinate is at a jump of the claim's rule, or within float32 rounding of one.
    """

    results: np.ndarray
    values: np.ndarray
    bound_one_rounding: np.ndarray
    bound_two_passes: np.ndarray
    bound_of_storage: np.ndarray
    is_line: np.ndarray
    is_tie: np.ndarray

    @property
    def errors(self) -> np.ndarray:
        """Absolute; infinite for what is no finite number."""
        return np.where(np.isfinite(self.results), np.abs(self.results - self.values), np.inf)


def observe_floats(operation: Operation, dtype: str, shapes: tuple[tuple[Pair, Pair], ...]) -> Observation:
    """Compare results in a float dtype with the exact values of images in [-1, 1] that the dtype holds exactly.

    float16, bfloat16: exact where every result is the nearest; agrees where float32 arithmetic and one rounding explain
    it. float64: agrees where float64 arithmetic does. Otherwise approximates, under one grey level in 255, or diverges.
    """
    against = f"exact values of {dtype} images"
    takes, array_dtype = operation, np.dtype(np.float32)
    if dtype == BFLOAT16:
        bfloat16 = takes_bfloat16(operation)
        if isinstance(bfloat16, str):
            return unsupported(dtype, against, bfloat16)
        takes, array_dtype = bfloat16
    else:
        array_dtype = np.dtype(dtype)
    is_short = UNIT_ROUNDOFFS[dtype] > UNIT_ROUNDOFFS["float32"]
    tried = (*shapes, *_LONG) if is_short else shapes
    calls = attempt(takes, dtype, tried, lambda size_in, size_out: _images(dtype, array_dtype, size_in))
    if isinstance(calls, Observation):
        return calls
    if not calls.results:
        return refused_observation(dtype, against, calls)
    returned = _returned(calls, dtype)
    try:
        references = [reference(operation, *shape) for shape in calls.shapes]
    except Refused as why:
        return unsupported(dtype, against, f"float32, to hold it against, is refused: {why}")
    compared = _compared(calls, references, operation.claim, dtype, returned)
    verdict, headline, attribution = _judged(takes, calls, references, compared, dtype, returned)
    beyond = compared.errors - compared.bound_one_rounding
    gain = float(compared.errors.max())
    observation = Observation(
        variant=dtype,
        verdict=verdict,
        against=against,
        headline=headline,
        gain=gain,
        tolerance=float(compared.bound_one_rounding.max()),
        measured=compared.values.size,
        differing=int((beyond > 0).sum()),
        figures={"worst error": gain, "returned dtype": returned},
        attribution=attribution,
    )
    if verdict.is_agreement:
        return observation
    worst = int(np.argmax(np.nan_to_num(beyond, posinf=np.inf)))
    where, expected, got, program = _worst(takes, calls, compared, worst)
    return replace(observation, where=where, expected=expected, got=got, reproduction=program)


def _images(dtype: str, array_dtype: np.dtype[Any], size: Pair) -> np.ndarray:
    """Noise in [-1, 1], noise of only -1 and 1, and ``_LINES`` images that are constant along one axis, in which one of
    two passes has nothing to do; rounded to the dtype, ``(K, H, W)``, of ``array_dtype``."""
    chance = np.random.default_rng(30)
    noise = chance.uniform(-1, 1, (_IMAGES, *size))
    ends = np.where(chance.random((2, *size)) < 0.5, -1.0, 1.0)
    rows, columns = chance.uniform(-1, 1, (2, size[0], 1)), chance.uniform(-1, 1, (2, 1, size[1]))
    lines = [np.broadcast_to(line, size)[None] for line in (*rows, *columns)]
    return rounded_to(np.concatenate([noise, ends, *lines]), dtype).astype(array_dtype)


def rounded_to(values: np.ndarray, dtype: str) -> np.ndarray:
    """float64 values rounded to a float dtype, ties to even, still as float64."""
    if dtype != BFLOAT16:
        return values.astype(dtype).astype(np.float64)
    _, exponent = np.frexp(values)
    # Below the smallest normal number, 2**-126, the steps stay as they are there.
    exponent = np.maximum(exponent, -125)
    step = np.ldexp(1.0, exponent - 8)
    return np.asarray(np.rint(values / step) * step)


def _returned(calls: Attempt, dtype: str) -> str:
    """The dtype of the results; bfloat16 where they are float32 arrays whose every value bfloat16 holds."""
    names = sorted({result.dtype.name for result in calls.results})
    if dtype == BFLOAT16 and names == ["float32"]:
        flat = np.concatenate([result.ravel() for result in calls.results]).astype(np.float64)
        if np.array_equal(rounded_to(flat, BFLOAT16), flat, equal_nan=True):
            return BFLOAT16
    return ", ".join(names)


def _compared(
    calls: Attempt, references: list[Reference], claim: Convention | None, dtype: str, returned: str
) -> _Compared:
    unit = UNIT_ROUNDOFFS.get(returned, UNIT_ROUNDOFFS[dtype])
    within = 2.0**-53 if dtype == "float64" and returned == "float64" else 2.0**-24
    columns = []
    for known, images, results in zip(references, calls.images, calls.results, strict=True):
        flat = images.reshape(len(images), -1).astype(np.float64)
        values = flat @ known.weights.T
        taps = known.taps
        # Coordinates and weights err in proportion to the precision; those measured in float32 are no better known.
        error = known.tolerance * (within / 2.0**-24 if known.exact is not None else 1)
        error += (2 * taps + 2) * (within + 2.0**-53) * known.gain
        error += sum(axis.bound * axis.n_in for axis in known.exact or ()) * known.gain
        once = error + unit * (np.abs(values) + error) + 2.0**-24 * (unit == 2.0**-11)
        storage = (18 * taps + 2) * UNIT_ROUNDOFFS[dtype] * (1 + known.gain)
        flat_results = results.reshape(len(images), -1).astype(np.float64)
        between = once + UNIT_ROUNDOFFS[dtype] * known.gain
        is_line = np.zeros(values.shape, dtype=bool)
        is_line[-_LINES:] = np.abs(known.weights.sum(axis=1) - 1).max() < 1e-5
        ties = np.broadcast_to(near_ties(claim, known.size_in, known.size_out).ravel(), values.shape)
        bounds = once, between, np.full_like(values, error + storage)
        columns.append([part.ravel() for part in (flat_results, values, *bounds, is_line, ties)])
    return _Compared(*(np.concatenate(column) for column in zip(*columns, strict=True)))


def _judged(
    operation: Operation, calls: Attempt, references: list[Reference], compared: _Compared, dtype: str, returned: str
) -> tuple[Verdict, str, Attribution | None]:
    """Verdict, headline and attribution of one dtype."""
    errors, is_cast = compared.errors, returned != dtype
    outside = disagreement_verdict(errors.max())
    wrong = errors > compared.bound_one_rounding
    if wrong.any() and compared.is_tie[wrong].all():
        text = "other pixels are picked, only where the exact coordinate is a tie, or within float32 rounding of one"
        return Verdict.TIES, "other picks at ties", Attribution((Cause.TIES, Cause.DTYPE), text)
    if (errors <= compared.bound_one_rounding).all():
        if dtype == "float64" and not is_cast and _is_float32(compared.results):
            text = "every result is a float32 value, converted"
            return Verdict.APPROXIMATES, "computed in float32", Attribution((Cause.PRECISION,), text)
        is_exact = all(known.exact is not None for known in references)
        nearest = returned in UNIT_ROUNDOFFS and np.array_equal(compared.results, rounded_to(compared.values, returned))
        verdict = agreement_verdict(bool(is_exact and nearest))
        if is_cast:
            return verdict, f"returns {returned}", None
        if dtype == "float64":
            return verdict, "computed in float64" if is_exact else "finer than float32", None
        return verdict, "rounds once", None
    if dtype == "float64":
        return _judged_float64(operation, calls, references, compared, outside)
    worst = f"off by up to {errors.max():.3g}, where one rounding explains {compared.bound_one_rounding.max():.2g}"
    if (errors <= compared.bound_two_passes).all() and (errors <= compared.bound_one_rounding)[compared.is_line].all():
        return outside, f"rounds to {dtype} between passes", Attribution((Cause.PRECISION, Cause.ROUNDING), worst)
    off = _weights_off(operation, calls, references)
    if off is not None and off > 1:
        text = f"weights are off by more than weights in {dtype} are, as coordinates in {dtype} make them; {worst}"
        return outside, f"coordinates in {dtype}", Attribution((Cause.PRECISION, Cause.COORDINATES), text)
    if (errors <= compared.bound_of_storage).all():
        text = f"weights, products or sums are rounded to {dtype}; {worst}"
        return outside, f"weights or sums in {dtype}", Attribution((Cause.PRECISION,), text)
    if (bits := _coarse_bits(operation, calls, compared, compared.bound_one_rounding)) is not None:
        return outside, *_coarse(bits, worst)
    return outside, "other weights than float32", Attribution((Cause.DTYPE,), worst)


def _judged_float64(
    operation: Operation, calls: Attempt, references: list[Reference], compared: _Compared, outside: Verdict
) -> tuple[Verdict, str, Attribution | None]:
    """float64 results that float64 arithmetic does not explain."""
    float32 = max(known.tolerance + (2 * known.taps + 3) * 2.0**-24 * known.gain for known in references)
    text = f"off by up to {compared.errors.max():.3g}"
    if compared.errors.max() <= float32:
        if _is_float32(compared.results):
            text = f"{text}, as float32 is; every result is a float32 value"
            return outside, "computed in float32", Attribution((Cause.PRECISION,), text)
        if _has_float32_weights(operation):
            text = f"{text}, as float32 is; the weights of one axis are float32 values"
            return outside, "weights in float32", Attribution((Cause.PRECISION,), text)
        # Neither: what both dtypes have in common, which the bound for float32 leaves room for.
        return Verdict.AGREES, "float64, off as float32 is", None
    if (bits := _coarse_bits(operation, calls, compared, np.full_like(compared.errors, float32))) is not None:
        return outside, *_coarse(bits, text)
    if _ignores_fractions(operation, calls, compared, float32):
        text = f"{text}; these outputs stay the same when pixels are truncated to integers first"
        return outside, "fractions of pixels are ignored", Attribution((Cause.ROUNDING, Cause.LINEARITY), text)
    return outside, "other weights than float32", Attribution((Cause.DTYPE,), f"{text}, which float32 does not explain")


def _has_float32_weights(operation: Operation) -> bool:
    """Whether the weights along the height, measured while the width keeps its size, are float32 values.

    ``False`` where the operation has no way to leave the width alone.
    """
    for n_in, n_out in ((5, 8), (7, 4)):
        if operation.same_scale_on_both_axes or not accepts(operation, (n_in, 6), (n_out, 6)):
            continue
        impulses = np.repeat(np.eye(n_in)[:, :, None, None], 6, axis=2)
        try:
            if not _is_float32(call(operation, impulses, (n_out, 6)).astype(np.float64)):
                return False
        except Refused:
            return False
    return not operation.same_scale_on_both_axes


def _ignores_fractions(operation: Operation, calls: Attempt, compared: _Compared, bound: float) -> bool:
    """Whether every result that is wrong is what the same images give with their pixels truncated to integers."""
    truncated = []
    for shape, images in zip(calls.shapes, calls.images, strict=True):
        whole = np.trunc(images.astype(np.float64)).astype(images.dtype)
        truncated.append(call(operation, whole[..., None], shape[1]).astype(np.float64).ravel())
    wrong = compared.errors > bound
    return bool((np.abs(np.concatenate(truncated) - compared.results)[wrong] <= bound).all())


def _coarse(bits: int, text: str) -> tuple[str, Attribution]:
    words = f"coordinates in 1/{2**bits} pixel"
    return words, Attribution((Cause.COORDINATES, Cause.PRECISION), f"explained in full by {words}; {text}")


def _coarse_bits(operation: Operation, calls: Attempt, compared: _Compared, bound: np.ndarray) -> int | None:
    """The fractional bits of coordinates that explain every result; ``None`` where none do."""
    if operation.claim is None:
        return None
    for axes_of in coarse_axes(operation.claim):
        values = []
        for (size_in, size_out), images in zip(calls.shapes, calls.images, strict=True):
            axes = [axes_of(*pair).array for pair in zip(size_in, size_out, strict=True)]
            values.append((images.reshape(len(images), -1).astype(np.float64) @ np.kron(*axes).T).ravel())
        if (np.abs(np.concatenate(values) - compared.results) <= bound).all():
            return int(axes_of.keywords["bits"])
    return None


def _is_float32(results: np.ndarray) -> bool:
    return np.array_equal(results.astype(np.float32).astype(np.float64), results, equal_nan=True)


def _weights_off(operation: Operation, calls: Attempt, references: list[Reference]) -> float | None:
    """By how many times the bound the weights in this dtype are off: each of them rounded, some eight times.

    Measured from impulses at the longest shape, where coordinates are largest; ``None`` where that is refused.
    """
    for shape, known, images, results in reversed(
        list(zip(calls.shapes, references, calls.images, calls.results, strict=True))
    ):
        pixels = shape[0][0] * shape[0][1]
        impulses = np.eye(pixels).reshape(pixels, *shape[0], 1).astype(images.dtype)
        if not accepts(operation, *shape):
            continue
        try:
            measured = call(operation, impulses, shape[1])[..., 0].reshape(pixels, -1).T.astype(np.float64)
        except Refused:
            return None
        is_bfloat16 = operation.call is not None and operation.call.variant.name == BFLOAT16
        unit = UNIT_ROUNDOFFS[BFLOAT16] if is_bfloat16 else UNIT_ROUNDOFFS.get(results.dtype.name, 2.0**-8)
        taps = (known.weights != 0).sum(axis=1)
        bound = known.tolerance + (8 * taps + 2) * unit
        off = np.nan_to_num(np.abs(measured - known.weights).sum(axis=1), nan=np.inf)
        return float((off / bound).max())
    return None


def _worst(operation: Operation, calls: Attempt, compared: _Compared, place: int) -> tuple[str, str, str, str]:
    expected, got = f"{float(compared.values[place]):.17g}", f"{float(compared.results[place]):.17g}"
    ends = np.cumsum([results.size for results in calls.results])
    index = int(np.searchsorted(ends, place, side="right"))
    shape, images, results = calls.shapes[index], calls.images[index], calls.results[index]
    number, row, column = map(int, np.unravel_index(place - int(ends[index]) + results.size, results.shape))
    where = f"output [{row}, {column}] of {shape[0]} -> {shape[1]}"
    return where, expected, got, output_program(operation, images[number], shape[1], (row, column), expected, got)
