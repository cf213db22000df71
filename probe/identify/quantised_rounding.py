"""Which conventions explain results rounded to grey levels, and how results are rounded, clamped and passed on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from halfpixel.adapters.layout import WrongShape
from halfpixel.golden import Convention, matrix
from halfpixel.golden.rounding import (
    ROUNDING_RULES,
    fixed_point_sums,
    fixed_point_weights,
    rounded,
    within_range,
)
from halfpixel.golden.tolerance import exact_with_tolerance
from halfpixel.golden.vocabulary import GREY_LEVELS
from halfpixel.probe.identify.convention_space import exact_matrix, screened_conventions, shifted_matrices
from halfpixel.probe.identify.quantised_measurement import LevelAxis, LevelCaller, LineResults
from halfpixel.probe.measure.axis_matrix import Refused
from halfpixel.probe.measure.sizes import Pair

EXACT, FIXED_POINT, SHORT_PRODUCTS = 0.03, 0.2, 0.55
"""Levels that arithmetic may add to rounding: float32's on sums of a few hundred; weights of 11 bits in two passes,
``255 * 2 * 2**-12`` and half as much again for the second pass; and products of the second pass cut to quarters of a
level, two of which lose up to half a level, as in ``VResizeLinear`` of
https://github.com/opencv/opencv/blob/5.x/modules/imgproc/src/resize.cpp."""
ROUNDING_SPREAD = 0.33
"""Levels, standard deviation of residuals: rounding leaves ``12**-0.5``, about 0.29, and short products little more;
dithering, which no arithmetic with short products is, 0.41 and more."""
_SCREENING_TOLERANCE = 0.006
"""Of a weight that least squares found."""
_DENOMINATOR = 2**30
_FLOAT_BITS = 52
_WEIGHT_BITS = range(7, 25)
"""Lengths of weights that are tried: OpenCV has 11, Pillow 22."""


@dataclass(frozen=True, slots=True)
class RoundingFit:
    """How well a convention explains results.

    low, high
        The range of results less exact values, levels, of those that are within the range of levels.
    extra_tolerance
        Levels beyond rounding that are needed: least of those tried.
    rows
        ``(pair, output)`` of picks on the other side of a tie than the exact one.
    """

    low: float
    high: float
    extra_tolerance: float
    rows: tuple[tuple[Pair, int], ...] = ()


def is_rounding(low: float, high: float, step: float, extra_tolerance: float) -> bool:
    """Whether residuals between ``low`` and ``high`` are those of rounding to ``step``, to the nearest or one way."""
    reach = step / 2 + extra_tolerance
    return any(low >= shift - reach and high <= shift + reach for shift in (0.0, -step / 2, step / 2))


def rounding_fits(
    lines: Mapping[Pair, LineResults],
    weights: Mapping[Pair, np.ndarray],
    step: float,
    extra: Iterable[Convention] = (),
) -> dict[Convention, RoundingFit]:
    """The conventions that explain all results, the plainest first, with the least extra tolerance that any needs."""
    fits: dict[Convention, RoundingFit] = {}
    for convention in (*screened_conventions(weights, _SCREENING_TOLERANCE), *extra):
        fit = rounding_fit(convention, lines, step)
        if fit is not None:
            fits[convention] = fit
    least = min((fit.extra_tolerance for fit in fits.values()), default=0.0)
    return {convention: fit for convention, fit in fits.items() if fit.extra_tolerance == least}


def rounding_fit(convention: Convention, lines: Mapping[Pair, LineResults], step: float) -> RoundingFit | None:
    """How a convention explains all results; ``None`` when it does not, within any extra tolerance."""
    low, high = 0.0, 0.0
    exceptions: list[tuple[Pair, int]] = []
    spread = 0.0
    tolerances = (EXACT, FIXED_POINT, SHORT_PRODUCTS) if step else (EXACT / 3,)
    for pair, results in lines.items():
        exact = exact_matrix(convention, pair)
        if exact is None:
            return None
        residuals = results.residuals(exact.values)
        rows_low, rows_high = residuals.min(axis=1), residuals.max(axis=1)
        fits = [is_rounding(a, b, step, tolerances[-1]) for a, b in zip(rows_low, rows_high, strict=True)]
        for row in np.flatnonzero(~np.array(fits)):
            shifted = _beyond_tie(convention, results, int(row), step, tolerances[-1]) if exact.near_tie[row] else None
            if shifted is None:
                return None
            exceptions.append((pair, int(row)))
            rows_low[row], rows_high[row] = shifted
        low, high = min(low, float(rows_low.min())), max(high, float(rows_high.max()))
        sure = residuals[fits]
        spread = max(spread, float(sure.std()) if sure.size else 0.0)
        if not is_rounding(low, high, step, tolerances[-1]):
            return None
    needed = next(tolerance for tolerance in tolerances if is_rounding(low, high, step, tolerance))
    if needed == SHORT_PRODUCTS and spread > ROUNDING_SPREAD:
        return None
    return RoundingFit(low, high, needed, tuple(exceptions))


def _beyond_tie(
    convention: Convention, results: LineResults, row: int, step: float, extra_tolerance: float
) -> tuple[float, float] | None:
    """The range of residuals of a row with its coordinate on the other side of a tie, where that explains it."""
    for moved in shifted_matrices(convention, results.pair):
        residuals = results.outputs[row] - np.clip(moved[row] @ results.inputs, 0, GREY_LEVELS)
        low, high = float(residuals.min()), float(residuals.max())
        if is_rounding(low, high, step, extra_tolerance):
            return low, high
    return None


@dataclass(frozen=True, slots=True)
class RoundingRules:
    """Which rules of golden, and which lengths of weights, explain every result of lines of pixels.

    rules
        Members of ``ROUNDING_RULES``, of exact weights.
    bits
        Fractional bits of weights rounded to the nearest, whose sums are rounded half up, as Pillow does.
    nearest, share
        The rule that explains most results, and what part of them.
    halves
        How many exact values are halves; 0 where weights are not rational.
    """

    rules: tuple[str, ...]
    bits: tuple[int, ...]
    nearest: str
    share: float
    halves: int


def rounding_rules(lines: Mapping[Pair, LineResults], convention: Convention) -> RoundingRules:
    """The rules that explain ``lines`` of a convention, by integers wherever its weights are rational.

    Rows near a tie of the convention's own rule are left out: they may be other rows.
    """
    scores = dict.fromkeys(ROUNDING_RULES, 0)
    bits = set(_WEIGHT_BITS)
    count = halves = 0
    for pair, results in lines.items():
        numerators, denominators, is_exact = _weights_as_integers(convention, pair)
        sure = ~exact_with_tolerance(convention, pair).near_tie
        inputs, outputs = results.inputs.astype(object), results.outputs[sure]
        sums, below = (numerators @ inputs)[sure], denominators[sure][:, None]
        if is_exact:
            halves += int((2 * sums % (2 * below) == below).sum())
        else:
            sums = _whole_halves(sums, below)
        count += outputs.size
        for rule in ROUNDING_RULES:
            values = within_range(rounded(rule, sums, below), 0, GREY_LEVELS, "saturate")
            scores[rule] += int((values == outputs).sum())
        for length in sorted(bits):
            weights = fixed_point_weights(numerators, denominators[:, None], length)
            values = fixed_point_sums(weights, results.inputs, length, 0, GREY_LEVELS)
            if not np.array_equal(values[sure], outputs):
                bits.discard(length)
    nearest = max(scores, key=lambda rule: scores[rule])
    rules = tuple(rule for rule, score in scores.items() if score == count)
    return RoundingRules(rules, tuple(sorted(bits)), nearest, scores[nearest] / max(count, 1), halves)


def _weights_as_integers(convention: Convention, pair: Pair) -> tuple[np.ndarray, np.ndarray, bool]:
    """Rows of Python integers ``(n_out, n_in)``, their denominators ``(n_out,)``, and whether they are the exact ones.

    The exact weights where they are rational and come straight from taps, else float64 ones in units of 2**-52.
    """
    exact = matrix(convention, *pair)
    if not exact.is_rational or convention.prefilter != "none":
        units = np.rint(exact.to_array() * 2.0**_FLOAT_BITS).astype(np.int64).astype(object)
        return units, np.full(pair[1], 2**_FLOAT_BITS, dtype=object), False
    numerators = np.zeros((pair[1], pair[0]), dtype=object)
    rows = np.broadcast_to(np.arange(pair[1])[:, None], exact.taps.shape)
    np.add.at(numerators, (rows, exact.taps), exact.weights.astype(object))
    return numerators, exact.totals.astype(object), True


def _whole_halves(sums: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Sums of float64 weights, those within a millionth of a half or of a whole level moved there."""
    twice = rounded("half_up", 2 * sums, below)
    is_near = abs(2 * sums - twice * below) * 10**6 < below
    return np.asarray(np.where(is_near, twice * below // 2, sums))


_RULE_TEXTS = {
    "half_even": "to the nearest, halves to even",
    "half_up": "to the nearest, halves up",
    "half_away": "to the nearest, halves away from zero",
    "half_down": "to the nearest, halves down",
    "truncate": "towards zero",
    "floor": "down",
    "ceil": "up",
}
_NEAREST_RULES = ("half_even", "half_up", "half_away", "half_down")
_NOT_DISTINGUISHED = ("half_away", "truncate")
"""Of positive values the same as ``half_up`` and ``floor``."""


@dataclass(slots=True, eq=False)
class QuantisedMeasurement:
    """The measurements of both axes, with the least-squares fit of them.

    ``output_step`` is 1 where results are whole levels, else 0; ``offset_levels`` is added to every result;
    ``residual`` and ``rms`` are the largest residual and the root mean square, levels; ``scale`` is the factor that the
    matrices of both axes were multiplied by.
    """

    caller: LevelCaller
    height: LevelAxis
    width: LevelAxis
    output_step: float
    height_matrices: dict[Pair, np.ndarray]
    width_matrices: dict[Pair, np.ndarray]
    offset_levels: float
    residual: float
    rms: float
    scale: float = 1.0

    @property
    def measured(self) -> int:
        """Pairs, counted for each axis."""
        return len(self.height_matrices) + len(self.width_matrices)

    def can_combine(self, down: Pair, right: Pair) -> bool:
        """Whether the height may be resized by ``down`` and the width by ``right`` at once."""
        return not self.caller.operation.same_scale_on_both_axes or (down[1] > down[0]) == (right[1] > right[0])


def noise_image(height: int, width: int, ends_only: bool) -> np.ndarray:
    """Noise, levels ``(height, width)``: in the middle of the range, or at its ends only."""
    random = np.random.default_rng(height * width)
    return 255 * random.integers(0, 2, (height, width)) if ends_only else random.integers(64, 192, (height, width))


def quantised_evidence(measured: QuantisedMeasurement, convention: Convention, fit: RoundingFit) -> Iterator[str]:
    """A sentence each: residuals, rounding, clamping, passes."""
    yield f"every result is within {fit.low:+.3g} to {fit.high:+.3g} levels of the exact value"
    yield from _rounding_sentences(measured, convention, fit)
    if fit.extra_tolerance > EXACT:
        shortened = "weights" if fit.extra_tolerance <= FIXED_POINT else "weights and products"
        yield f"more than rounding, as with short fixed-point {shortened}"
    yield from _order_of_passes(measured, convention, fit)


def _rounding_sentences(measured: QuantisedMeasurement, convention: Convention, fit: RoundingFit) -> Iterator[str]:
    """A rule is said only where it explains every result, those at ties, too."""
    if not measured.output_step:
        yield "results are not rounded"
    else:
        found = rounding_rules(measured.height.lines, convention)
        if len(found.rules) == len(ROUNDING_RULES):
            yield "rounding: nothing to round, pixels are copied"
        elif set(found.rules) >= set(_NEAREST_RULES):
            yield f"rounds to the nearest; no halves were met ({found.share:.2%} of results)"
        elif found.rules:
            distinct = [rule for rule in found.rules if rule not in _NOT_DISTINGUISHED or len(found.rules) == 1]
            yield f"rounds {' or '.join(_RULE_TEXTS[rule] for rule in distinct)} ({found.share:.2%} of results)"
        elif found.bits:
            lengths = str(found.bits[0]) if len(found.bits) == 1 else f"{found.bits[0]} to {found.bits[-1]}"
            yield f"weights rounded to {lengths} bits, sums to the nearest, halves up (100.00% of results)"
        elif found.nearest in _NEAREST_RULES and found.halves and fit.extra_tolerance <= EXACT:
            met = f"{found.halves} halves that were met"
            yield f"rounds to the nearest, but no rule explains all {met} ({found.share:.2%} of results by the best)"
        else:
            best = _RULE_TEXTS[found.nearest]
            yield f"no rule of rounding explains all results; {best} explains {found.share:.2%}"
    if _clamps(measured):
        yield f"results beyond 0..{GREY_LEVELS if measured.output_step else 1} are clamped"


def _clamps(measured: QuantisedMeasurement) -> bool:
    """Whether some exact values lie beyond the range, and the results of those are its ends."""
    for pair, results in measured.height.lines.items():
        values = measured.height_matrices[pair] @ results.inputs
        beyond = (values < -2) | (values > GREY_LEVELS + 2)
        if beyond.any() and (np.abs(results.outputs - np.clip(values, 0, GREY_LEVELS))[beyond] < 1.5).all():
            return True
    return False


def _order_of_passes(measured: QuantisedMeasurement, convention: Convention, fit: RoundingFit) -> Iterator[str]:
    """The treatment of values between the passes of both axes, from one image with noise from end to end."""
    combined = [
        (down, right)
        for down in list(measured.height.lines)[:3]
        for right in measured.width.lines
        if down[1] != down[0] and right[1] != right[0] and measured.can_combine(down, right)
    ]
    if not combined:
        return
    down, right = next((pairs for pairs in combined if pairs[0][0] != pairs[1][0]), combined[0])
    image = noise_image(down[0], right[0], ends_only=True)
    try:
        resized = measured.caller.resize_plane(image, (down[1], right[1]))
    except (Refused, WrongShape):
        return
    rows, columns = (exact_with_tolerance(convention, pair).values for pair in (down, right))
    # Rounding down, or up, moves results by half a level; between passes it is taken for the same.
    shift = float(np.clip(np.rint(fit.low + fit.high), -1, 1) / 2 * measured.output_step)
    results = _two_pass_results(rows, columns, image, shift)
    errors = {
        order: float(np.abs(resized - shift - np.clip(values, 0, GREY_LEVELS)).max())
        for order, values in results.items()
    }
    fitting = [order for order, error in errors.items() if error <= 0.5 * measured.output_step + 0.2]
    if not fitting:
        nearest = min(errors, key=lambda order: errors[order])
        off = f"is off by {errors[nearest]:.3g}"
        yield f"both axes at once: none of the known orders of passes; the nearest, {nearest}, {off}"
    elif len(fitting) == len(errors):
        yield "both axes at once: whether values are rounded or clamped between the passes does not show"
    else:
        yield f"both axes at once: {' or '.join(fitting[:3])}"


def _two_pass_results(rows: np.ndarray, columns: np.ndarray, image: np.ndarray, shift: float) -> dict[str, np.ndarray]:
    """The result of ``image``, levels, for each order of passes and each treatment between them."""
    rule = {-0.5: "floor", 0.0: "half_up", 0.5: "ceil"}[shift]

    def whole(values: np.ndarray) -> np.ndarray:
        numerators = np.rint(values * _DENOMINATOR).astype(np.int64)
        return rounded(rule, numerators, _DENOMINATOR).astype(np.float64)

    def clamped(values: np.ndarray) -> np.ndarray:
        return np.asarray(np.clip(values, 0, GREY_LEVELS))

    def resize_rows(values: np.ndarray) -> np.ndarray:
        return np.asarray(rows @ values)

    def resize_columns(values: np.ndarray) -> np.ndarray:
        return np.asarray(values @ columns.T)

    treatments: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "clamped": clamped,
        "rounded": whole,
        "rounded and clamped": lambda values: clamped(whole(values)),
    }
    results = {"nothing is rounded or clamped between the passes": resize_columns(resize_rows(image))}
    for name, first, second in (("rows", resize_rows, resize_columns), ("columns", resize_columns, resize_rows)):
        for treatment, between in treatments.items():
            results[f"{name} come first, {treatment} before the others"] = second(between(first(image)))
    return results
