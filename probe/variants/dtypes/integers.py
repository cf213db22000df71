"""Results in integer dtypes: rounding rule, bias, and behaviour at both ends of the range."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.probe.compare.discrepancy import Attribution
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.variants.dtypes.calls import Attempt, attempt, refused_observation
from halfpixel.probe.variants.dtypes.channels import OPAQUE, explained_by_channels, planes_in_channels
from halfpixel.probe.variants.dtypes.fixed_point import best_arithmetic_model
from halfpixel.probe.variants.dtypes.plane_weights import PlaneWeights, exact_weights, weights_of
from halfpixel.probe.variants.dtypes.returned_floats import describe_output, observe_returned_floats
from halfpixel.probe.variants.dtypes.rounding_rules import (
    IntegerResults,
    RoundingRule,
    exact_values_of,
    offset_rounding_rule,
    single_rounding_rule,
)
from halfpixel.probe.variants.dtypes.worst_case_inputs import (
    IntegerCases,
    IntegerGrid,
    cases_of_images,
    integer_cases,
)
from halfpixel.probe.variants.observation import LEVELS, Figures, Observation

_UNDECIDED = 1e-6
"""Exact values known to this many levels are as good as exact; measured ones are known less well."""


@dataclass(frozen=True, slots=True, eq=False)
class IntegerErrors:
    """All results of one dtype beside their exact values, flat, in levels.

    ``errors`` are from the exact value brought into the range; ``wrong`` where that is not rounded to the nearest;
    ``is_central`` where every pixel of the image is in the middle of the range, half of it or as much as no resize by
    these weights takes out of the range.
    """

    planes: list[IntegerResults]
    results: np.ndarray
    errors: np.ndarray
    wrong: np.ndarray
    margin: np.ndarray
    float32: np.ndarray
    float64: np.ndarray
    is_central: np.ndarray
    is_wide: bool

    @property
    def are_float32(self) -> bool:
        """Whether every result is a float32 value: none is one less than an end of a wide range, say."""
        grid = self.planes[0].cases.grid
        inside = self.results[(self.results > grid.lowest) & (self.results < grid.highest)]
        return bool((inside.astype(np.float32).astype(np.float64) == inside).all())

    @property
    def roundings(self) -> float:
        """Levels that rounding in any direction, in either pass, and one level more may make."""
        return 2 + max(plane.cases.weights.gain for plane in self.planes)

    @property
    def worst(self) -> float:
        """The largest error."""
        return float(np.abs(self.errors).max())

    @property
    def beyond(self) -> np.ndarray:
        """By how much results that are wrong miss what rounding allows."""
        return np.where(self.wrong, np.abs(self.errors) - 0.5 - self.margin, 0)


def observe_integers(
    operation: Operation, grid: IntegerGrid, shapes: tuple[tuple[Pair, Pair], ...], kind: str = ""
) -> Observation:
    """Compare integer results with exact values rounded to the nearest, ties either way, and saturated.

    Images of several channels have another plane in each; ``kind`` is ``channels.OPAQUE`` where the last channel is at
    its highest everywhere, and is part of the variant's name.

    exact: so everywhere. agrees: except where float32 arithmetic explains that an exact value crosses a tie.
    approximates: off by less than a level, or by an error of float32 where that cannot tell levels apart. diverges:
    otherwise.
    """
    against = f"exact values, rounded to the nearest and saturated to {grid.lowest}..{grid.highest}"
    variant = f"{grid.name}, {kind}" if kind else grid.name
    calls = attempt(operation, variant, shapes, lambda *shape: _images(operation, grid, kind, *shape))
    if isinstance(calls, Observation):
        return calls
    if not calls.results:
        return refused_observation(variant, against, calls)
    if any(result.dtype.kind not in "iu" for result in calls.results):
        return replace(observe_returned_floats(operation, grid, calls), variant=variant)
    returned = sorted({result.dtype.name for result in calls.results})
    grid = _of_results(grid, calls)
    against = f"exact values, rounded to the nearest and saturated to {grid.lowest}..{grid.highest}"
    judged = integer_errors(calls, [weights_of(operation, *shape) for shape in calls.shapes], grid)
    against += ", of the claim's exact weights" if operation.claim is not None else ""
    if judged.beyond.max() > judged.float32.max() and operation.claim is not None:
        # The dtype may keep the claim where float32 does not: it is then compared with the claim itself.
        claimed = integer_errors(calls, [exact_weights(operation.claim, *shape) for shape in calls.shapes], grid)
        judged = claimed if claimed.worst < judged.worst else judged
    rule = _rule(judged, grid)
    verdict = _verdict(judged, rule)
    figures: Figures = {
        "rounding": str(rule),
        "explained": rule.share,
        "bias": float(judged.errors.mean()),
        "not correctly rounded": float(judged.wrong.mean()),
        "worst error": judged.worst,
        "returned dtype": ", ".join(returned),
    }
    if returned != [calls.images[0].dtype.name]:
        figures["silent cast"] = f"from {calls.images[0].dtype.name}"
    allowed = judged.float64 if judged.is_wide else judged.float32
    observe = partial(
        Observation,
        variant=variant,
        verdict=verdict,
        against=against,
        unit=LEVELS,
        gain=judged.worst,
        tolerance=0.5 + float(allowed.max()),
        measured=judged.results.size,
        differing=int((judged.beyond > allowed).sum()),
        figures=figures,
    )
    if verdict.is_agreement:
        return observe(headline=rule.headline)
    explained = None if rule.is_whole else explained_by_channels(operation, grid, calls)
    headline, attribution = explained or _explained(
        judged, rule, "float32" if operation.dtype == "float32" else "claimed"
    )
    where, expected, got, reproduction = _worst(operation, judged, calls)
    return observe(
        headline=headline,
        attribution=attribution,
        where=where,
        expected=expected,
        got=got,
        reproduction=reproduction,
    )


def _of_results(grid: IntegerGrid, calls: Attempt) -> IntegerGrid:
    """The grid, with the range of the results' dtype where that holds every value of the images, and more."""
    ranges = [np.iinfo(result.dtype) for result in calls.results]
    lowest, highest = max(int(dtype.min) for dtype in ranges), min(int(dtype.max) for dtype in ranges)
    if lowest > grid.lowest or highest < grid.highest or (lowest, highest) == (grid.lowest, grid.highest):
        return grid
    return replace(grid, lowest=lowest, highest=highest, largest=min(grid.largest, max(-grid.dark, grid.bright)))


def _images(operation: Operation, grid: IntegerGrid, kind: str, size_in: Pair, size_out: Pair) -> np.ndarray:
    planes = integer_cases(weights_of(operation, size_in, size_out), grid).images
    if operation.channels == 1:
        return planes
    return planes_in_channels(planes, operation.channels, grid, kind == OPAQUE)


def integer_errors(calls: Attempt, weights: list[PlaneWeights], grid: IntegerGrid) -> IntegerErrors:
    """Every result beside its exact value under the given weights."""
    planes = []
    for plane, images, results in zip(weights, calls.images, calls.results, strict=True):
        cases = integer_cases(plane, grid) if grid.is_of_dtype else None
        if cases is None or cases.images is not images:
            cases = cases_of_images(plane, grid, images)
        planes.append(IntegerResults(cases, results.astype(np.int64).reshape(len(results), -1)))
    values = exact_values_of(planes)
    results = np.concatenate([plane.results.ravel() for plane in planes])
    above, below = values.whole >= grid.highest, values.whole < grid.lowest
    whole = np.clip(values.whole, grid.lowest, grid.highest)
    remainders = np.where(above | below, 0, values.remainders)
    off = results - whole
    errors = off - remainders / values.denominators
    doubled = 2 * remainders
    right = ((off == 0) & (doubled <= values.denominators)) | ((off == 1) & (doubled >= values.denominators))
    middle, span = (grid.lowest + grid.highest) / 2, grid.highest - grid.lowest + 1

    def is_central(cases: IntegerCases) -> np.ndarray:
        reach = span / max(4, 2 * cases.weights.gain)
        return np.asarray((np.abs(cases.images - middle) <= reach).all(axis=(1, 2)))

    def by_result(of_image: Callable[[IntegerCases], np.ndarray]) -> np.ndarray:
        return np.concatenate([np.repeat(of_image(plane.cases), plane.results.shape[1]) for plane in planes])

    margin = by_result(lambda cases: cases.margin)
    return IntegerErrors(
        planes,
        results,
        errors,
        ~right & (np.abs(errors) > 0.5 + margin),
        margin,
        by_result(lambda cases: cases.float32),
        by_result(lambda cases: cases.float64),
        by_result(is_central),
        any(plane.cases.is_wide for plane in planes),
    )


def _verdict(judged: IntegerErrors, rule: RoundingRule) -> Verdict:
    if not judged.wrong.any():
        return Verdict.EXACT if judged.margin.max() < _UNDECIDED else Verdict.AGREES
    in_float32 = bool((judged.beyond <= judged.float32).all())
    if (judged.beyond <= judged.float64).all() or (in_float32 and not judged.is_wide):
        return Verdict.AGREES
    if in_float32 and not judged.are_float32 and not rule.is_whole:
        # Finer than float32, and off as no rounding is: the weights are as far off as float32's may be.
        return Verdict.AGREES
    return Verdict.APPROXIMATES if judged.worst < 1 or (in_float32 and judged.are_float32) else Verdict.DIVERGES


def _rule(judged: IntegerErrors, grid: IntegerGrid) -> RoundingRule:
    """The rule that explains most results, the simplest first."""
    values = exact_values_of(judged.planes)
    allowed = judged.float64 if judged.is_wide else judged.float32
    rule = single_rounding_rule(values, judged.results, grid, judged.margin, allowed)
    if rule.is_whole:
        return rule
    with_offset = offset_rounding_rule(values, judged.results, grid, judged.margin, allowed)
    other: RoundingRule | None = None
    if judged.is_wide and judged.are_float32:
        other = single_rounding_rule(values, judged.results, grid, judged.margin, judged.float32)
    elif not with_offset.is_whole and (not judged.is_wide or (judged.beyond > judged.float32).any()):
        other = best_arithmetic_model(judged.planes)
    return max((rule, with_offset, *([other] if other else [])), key=lambda candidate: candidate.share)


def _explained(judged: IntegerErrors, rule: RoundingRule, weights: str) -> tuple[str, Attribution]:
    """A headline, and the causes; ``weights`` says with which the results were compared."""
    if judged.is_wide and judged.are_float32 and (judged.beyond <= judged.float32).all():
        text = f"off by up to {judged.worst:.4g} levels, as float32 is, and every result is a float32 value"
        return "computed in float32", Attribution((Cause.PRECISION,), text)
    if not rule.is_whole:
        return _read_as_unsigned(judged) or _unexplained(judged, rule, weights)
    applies = {
        Cause.SATURATION: rule.overflow not in ("", "saturate"),
        Cause.CLAMPING: rule.clamps,
        Cause.COORDINATES: rule.has_coarse_coordinates,
        Cause.PRECISION: bool(rule.weights) or (judged.is_wide and judged.are_float32),
        Cause.ROUNDING: rule.rounds or bool(rule.offset) or rule.rounding in ("truncate", "floor", "ceil"),
    }
    causes = tuple(cause for cause, is_cause in applies.items() if is_cause) or (Cause.ROUNDING,)
    return rule.headline, Attribution(causes, f"explained in full by: {rule}")


def _read_as_unsigned(judged: IntegerErrors) -> tuple[str, Attribution] | None:
    """Whether negative pixels count as if their bits were those of an unsigned integer."""
    errors = []
    for plane in judged.planes:
        images, weights = plane.cases.images, plane.cases.weights
        if images.dtype.kind != "i":
            return None
        unsigned = images.astype(f"u{images.dtype.itemsize}").reshape(len(images), -1).astype(np.float64)
        errors.append(np.abs(plane.results - unsigned @ weights.array.T))
    worst = max(float(error.max()) for error in errors)
    if worst > judged.roundings:
        return None
    text = f"results are within {worst:.3g} levels of those of the same bits read as unsigned integers"
    return "negative values read as unsigned", Attribution((Cause.DTYPE,), text)


def _unexplained(judged: IntegerErrors, rule: RoundingRule, weights: str) -> tuple[str, Attribution]:
    """No model explains all: the cause is the end of the range, other weights, or a mixture of roundings."""
    best = f"the nearest is '{rule}', which explains {rule.share:.2%}"
    if judged.worst <= judged.roundings:
        text = f"off by up to {judged.worst:.4g} levels, no more than roundings in each pass make; {best}"
        return "no single rule", Attribution((Cause.ROUNDING,), text)
    # Where every pixel lies in the middle, no result and no pass leaves the range.
    inside = np.abs(judged.errors[judged.is_central])
    if not inside.size or (inside <= 1.5).all():
        text = f"off by up to {judged.worst:.0f} levels, in images that reach an end of the range only; {best}"
        return "wrong near the range's ends", Attribution((Cause.SATURATION,), text)
    text = f"off by up to {inside.max():.4g} levels also where nothing leaves the range; {best}"
    return f"other weights than {weights}", Attribution((Cause.DTYPE,), text)


def _worst(operation: Operation, judged: IntegerErrors, calls: Attempt) -> tuple[str, str, str, str]:
    """The place of the largest error, the expected and the measured value, and a program that shows it."""
    ends = np.cumsum([plane.results.size for plane in judged.planes])
    index = int(np.argmax(np.abs(judged.errors)))
    shape = int(np.searchsorted(ends, index, side="right"))
    plane = judged.planes[shape]
    number, output = divmod(index - int(ends[shape]) + plane.results.size, plane.results.shape[1])
    image, channel = calls.whole(shape, number)
    got = str(plane.results[number, output])
    return describe_output(operation, plane.cases, number, output, got, image, channel)
