"""What an operation does to float16, bfloat16 and float64 images: in which precision it computes, and how it rounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adapters import Operation
from golden import Convention
from probe.discrepancy import Attribution, Verdict
from probe.dtypes.calls import BFLOAT16, Attempt, attempt, program, refusal, takes_bfloat16
from probe.dtypes.fixed_point import coarse_axes
from probe.dtypes.returned_floats import UNIT_ROUNDOFFS
from probe.measure import Refused, call
from probe.observation import Observation, unsupported
from probe.reference import Reference, accepts, near_ties, reference
from probe.sizes import Pair

_LONG = (((61, 2), (47, 2)), ((2, 61), (2, 47)))
"""Long enough that coordinates in a short float are off by more than weights and sums in it."""
_GREY = 1 / 255
_IMAGES = 5
_LINES = 4


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
    """Results of all shapes beside exact values, flat; bounds by what each way of computing explains.

    own
        What the reference itself, and float32 (float64, for float64) arithmetic, leave open.
    once, between, storage
        That and one rounding of the result; one after each pass; every weight, product and sum rounded.
    is_line
        Where the image is constant along one axis, and weights sum to one.
    is_tie
        Where the claim's rule jumps, or so near to it that float32 cannot tell.
    """

    results: np.ndarray
    values: np.ndarray
    own: np.ndarray
    once: np.ndarray
    between: np.ndarray
    storage: np.ndarray
    is_line: np.ndarray
    is_tie: np.ndarray

    @property
    def errors(self) -> np.ndarray:
        """Absolute; infinite for what is no finite number."""
        return np.where(np.isfinite(self.results), np.abs(self.results - self.values), np.inf)


def observe_floats(operation: Operation, dtype: str, shapes: tuple[tuple[Pair, Pair], ...]) -> Observation:
    """Hold results in a float dtype against the exact values of images in [-1, 1] that the dtype holds exactly.

    float16, bfloat16: exact where every result is the nearest; agrees where float32 arithmetic and one rounding explain
    it. float64: agrees where float64 arithmetic does. Otherwise approximates, under one grey level in 255, or diverges.
    """
    against = f"exact values of {dtype} images"
    takes, given = operation, np.dtype(dtype) if dtype != BFLOAT16 else None
    if dtype == BFLOAT16:
        way = takes_bfloat16(operation)
        if isinstance(way, str):
            return unsupported(dtype, against, way)
        takes, given = way
    is_short = UNIT_ROUNDOFFS[dtype] > UNIT_ROUNDOFFS["float32"]
    tried = (*shapes, *_LONG) if is_short else shapes
    calls = attempt(takes, dtype, tried, lambda size_in, size_out: _images(dtype, given, size_in))
    if isinstance(calls, Observation):
        return calls
    if not calls.results:
        return refusal(dtype, against, calls)
    returned = _returned(calls, dtype)
    try:
        references = [reference(operation, *shape) for shape in calls.shapes]
    except Refused as why:
        return unsupported(dtype, against, f"float32, to hold it against, is refused: {why}")
    compared = _compared(calls, references, operation.claim, dtype, returned)
    verdict, headline, attribution = _judged(takes, calls, references, compared, dtype, returned)
    beyond = compared.errors - compared.once
    gain = float(compared.errors.max())
    common = {
        "variant": dtype,
        "verdict": verdict,
        "against": against,
        "headline": headline,
        "gain": gain,
        "tolerance": float(compared.once.max()),
        "measured": compared.values.size,
        "differing": int((beyond > 0).sum()),
        "figures": {"worst error": gain, "returned dtype": returned},
        "attribution": attribution,
    }
    if verdict.is_agreement:
        return Observation(**common)
    where, expected, got, shown = _worst(takes, calls, compared, np.argmax(np.nan_to_num(beyond, posinf=np.inf)))
    return Observation(where=where, expected=expected, got=got, reproduction=shown, **common)


def _images(dtype: str, given: np.dtype, size: Pair) -> np.ndarray:
    """Noise in [-1, 1], noise of only -1 and 1, and ``_LINES`` images that are constant along one axis, in which one of
    two passes has nothing to do; rounded to the dtype, ``(K, H, W)``, of the dtype handed over."""
    chance = np.random.default_rng(30)
    noise = chance.uniform(-1, 1, (_IMAGES, *size))
    ends = np.where(chance.random((2, *size)) < 0.5, -1.0, 1.0)
    rows, columns = chance.uniform(-1, 1, (2, size[0], 1)), chance.uniform(-1, 1, (2, 1, size[1]))
    lines = [np.broadcast_to(one, size)[None] for one in (*rows, *columns)]
    return rounded_to(np.concatenate([noise, ends, *lines]), dtype).astype(given)


def rounded_to(values: np.ndarray, dtype: str) -> np.ndarray:
    """float64 values rounded to a float dtype, ties to even, still as float64."""
    if dtype != BFLOAT16:
        return values.astype(dtype).astype(np.float64)
    _, exponent = np.frexp(values)
    # Below the smallest normal number, 2**-126, the steps stay as they are there.
    exponent = np.maximum(exponent, -125)
    step = np.ldexp(1.0, exponent - 8)
    return np.rint(values / step) * step


def _returned(calls: Attempt, dtype: str) -> str:
    """The dtype of the results; a short float in float32 clothes is known by every value being one of its own."""
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
    for held, images, results in zip(references, calls.images, calls.results, strict=True):
        flat = images.reshape(len(images), -1).astype(np.float64)
        values = flat @ held.weights.T
        taps = int((held.weights != 0).sum(axis=1).max())
        # Coordinates and weights err in proportion to the precision; those measured in float32 are no better known.
        open_ = held.tolerance * (within / 2.0**-24 if held.exact is not None else 1)
        open_ += (2 * taps + 2) * (within + 2.0**-53) * held.gain
        open_ += sum(axis.bound * axis.n_in for axis in held.exact or ()) * held.gain
        once = open_ + unit * (np.abs(values) + open_) + 2.0**-24 * (unit == 2.0**-11)
        storage = (18 * taps + 2) * UNIT_ROUNDOFFS[dtype] * (1 + held.gain)
        parts = (results.reshape(len(images), -1).astype(np.float64), values, np.full_like(values, open_), once)
        between = once + UNIT_ROUNDOFFS[dtype] * held.gain
        is_line = np.zeros(values.shape, dtype=bool)
        is_line[-_LINES:] = np.abs(held.weights.sum(axis=1) - 1).max() < 1e-5
        ties = np.broadcast_to(near_ties(claim, held.size_in, held.size_out).ravel(), values.shape)
        columns.append(
            [part.ravel() for part in (*parts, between, np.full_like(values, open_ + storage), is_line, ties)]
        )
    return _Compared(*(np.concatenate(column) for column in zip(*columns, strict=True)))


def _judged(
    operation: Operation, calls: Attempt, references: list[Reference], found: _Compared, dtype: str, returned: str
) -> tuple[Verdict, str, Attribution | None]:
    """Verdict, headline and attribution of one dtype."""
    errors, is_cast = found.errors, returned != dtype
    outside = Verdict.APPROXIMATES if errors.max() < _GREY else Verdict.DIVERGES
    wrong = errors > found.once
    if wrong.any() and found.is_tie[wrong].all():
        text = "other pixels are picked, only where the exact coordinate is a tie, or within float32 rounding of one"
        return Verdict.TIES, "other picks at ties", Attribution(("ties", "dtype"), text)
    if (errors <= found.once).all():
        if dtype == "float64" and not is_cast and _is_float32(found.results):
            text = "every result is a float32 value, converted"
            return Verdict.APPROXIMATES, "computed in float32", Attribution(("precision",), text)
        known = all(held.exact is not None for held in references)
        nearest = returned in UNIT_ROUNDOFFS and np.array_equal(found.results, rounded_to(found.values, returned))
        verdict = Verdict.EXACT if known and nearest else Verdict.AGREES
        if is_cast:
            return verdict, f"returns {returned}", None
        if dtype == "float64":
            return verdict, "computed in float64" if known else "finer than float32", None
        return verdict, "rounds once", None
    if dtype == "float64":
        return _judged_float64(operation, calls, references, found, outside)
    worst = f"off by up to {errors.max():.3g}, where one rounding explains {found.once.max():.2g}"
    if (errors <= found.between).all() and (errors <= found.once)[found.is_line].all():
        return outside, f"rounds to {dtype} between passes", Attribution(("precision", "rounding"), worst)
    off = _weights_off(operation, calls, references)
    if off is not None and off > 1:
        text = f"weights are off by more than weights in {dtype} are, as coordinates in {dtype} make them; {worst}"
        return outside, f"coordinates in {dtype}", Attribution(("precision", "coordinates"), text)
    if (errors <= found.storage).all():
        text = f"weights, products or sums are rounded to {dtype}; {worst}"
        return outside, f"weights or sums in {dtype}", Attribution(("precision",), text)
    if (bits := _coarse_bits(operation, calls, found, found.once)) is not None:
        return outside, *_coarse(bits, worst)
    return outside, "other weights than float32", Attribution(("dtype",), worst)


def _judged_float64(
    operation: Operation, calls: Attempt, references: list[Reference], found: _Compared, outside: Verdict
) -> tuple[Verdict, str, Attribution | None]:
    """float64 results that float64 arithmetic does not explain."""
    float32 = max(
        held.tolerance + (2 * (held.weights != 0).sum(axis=1).max() + 3) * 2.0**-24 * held.gain for held in references
    )
    text = f"off by up to {found.errors.max():.3g}"
    if found.errors.max() <= float32:
        if _is_float32(found.results):
            text = f"{text}, as float32 is; every result is a float32 value"
            return outside, "computed in float32", Attribution(("precision",), text)
        if _has_float32_weights(operation):
            text = f"{text}, as float32 is; the weights of one axis are float32 values"
            return outside, "weights in float32", Attribution(("precision",), text)
        # Neither: what both dtypes have in common, which the bound for float32 leaves room for.
        return Verdict.AGREES, "float64, off as float32 is", None
    if (bits := _coarse_bits(operation, calls, found, np.full_like(found.errors, float32))) is not None:
        return outside, *_coarse(bits, text)
    if _ignores_fractions(operation, calls, found, float32):
        text = f"{text}; these outputs stay the same when pixels are truncated to integers first"
        return outside, "fractions of pixels are ignored", Attribution(("rounding", "linearity"), text)
    return outside, "other weights than float32", Attribution(("dtype",), f"{text}, which float32 does not explain")


def _has_float32_weights(operation: Operation) -> bool:
    """Whether the weights along the height, seen while the width keeps its size, are float32 values; float64 has more.

    ``False`` where the operation has no way to leave the width alone.
    """
    for n_in, n_out in ((5, 8), (7, 4)):
        if operation.uniform or not accepts(operation, (n_in, 6), (n_out, 6)):
            continue
        impulses = np.repeat(np.eye(n_in)[:, :, None, None], 6, axis=2)
        try:
            if not _is_float32(call(operation, impulses, (n_out, 6)).astype(np.float64)):
                return False
        except Refused:
            return False
    return not operation.uniform


def _ignores_fractions(operation: Operation, calls: Attempt, found: _Compared, bound: float) -> bool:
    """Whether every result that is wrong is what the same images give with their pixels truncated to integers."""
    truncated = []
    for shape, images in zip(calls.shapes, calls.images, strict=True):
        whole = np.trunc(images.astype(np.float64)).astype(images.dtype)
        truncated.append(call(operation, whole[..., None], shape[1]).astype(np.float64).ravel())
    wrong = found.errors > bound
    return bool((np.abs(np.concatenate(truncated) - found.results)[wrong] <= bound).all())


def _coarse(bits: int, text: str) -> tuple[str, Attribution]:
    words = f"coordinates in 1/{2**bits} pixel"
    return words, Attribution(("coordinates", "precision"), f"explained in full by {words}; {text}")


def _coarse_bits(operation: Operation, calls: Attempt, found: _Compared, bound: np.ndarray) -> int | None:
    """The fractional bits of coordinates that explain every result; ``None`` where none do."""
    if operation.claim is None:
        return None
    for axes_of in coarse_axes(operation.claim):
        values = []
        for (size_in, size_out), images in zip(calls.shapes, calls.images, strict=True):
            axes = [axes_of(*pair).array for pair in zip(size_in, size_out, strict=True)]
            values.append((images.reshape(len(images), -1).astype(np.float64) @ np.kron(*axes).T).ravel())
        if (np.abs(np.concatenate(values) - found.results) <= bound).all():
            return axes_of.keywords["bits"]
    return None


def _is_float32(results: np.ndarray) -> bool:
    return np.array_equal(results.astype(np.float32).astype(np.float64), results, equal_nan=True)


def _weights_off(operation: Operation, calls: Attempt, references: list[Reference]) -> float | None:
    """By how many times the bound the weights in this dtype are off: each of them rounded, some eight times.

    Measured from impulses at the longest shape, where coordinates are largest; ``None`` where that is refused.
    """
    for shape, held, images, results in reversed(
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
        unit = UNIT_ROUNDOFFS.get(results.dtype.name, 2.0**-8)
        unit = 2.0**-8 if operation.name.endswith(f"[{BFLOAT16}]") else unit
        taps = (held.weights != 0).sum(axis=1)
        bound = held.tolerance + (8 * taps + 2) * unit
        off = np.nan_to_num(np.abs(measured - held.weights).sum(axis=1), nan=np.inf)
        return float((off / bound).max())
    return None


def _worst(operation: Operation, calls: Attempt, found: _Compared, place: int) -> tuple[str, str, str, str]:
    value, result = float(found.values[place]), float(found.results[place])
    which = 0
    while place >= calls.results[which].size:
        place -= calls.results[which].size
        which += 1
    shape, images = calls.shapes[which], calls.images[which]
    number, row, column = (int(part) for part in np.unravel_index(place, calls.results[which].shape))
    where = f"output [{row}, {column}] of {shape[0]} -> {shape[1]}"
    expected, got = f"{value:.17g}", f"{result:.17g}"
    return where, expected, got, program(operation, images[number], shape[1], (row, column), expected, got)
