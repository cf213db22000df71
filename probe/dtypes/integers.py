"""What an operation does to images of an integer dtype: the rounding rule, the bias, and what happens at both ends."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from adapters import Operation
from probe.discrepancy import Attribution, Verdict
from probe.dtypes.adversary import Grid, cases, with_images
from probe.dtypes.calls import Attempt, attempt, refusal
from probe.dtypes.channels import OPAQUE, explained_by_channels, in_channels
from probe.dtypes.fixed_point import in_another_way
from probe.dtypes.plane_weights import PlaneWeights, exact_weights, weights_of
from probe.dtypes.returned_floats import described, observe_returned_floats
from probe.dtypes.rounding_rules import Rule, Seen, in_one_pass, values_of, with_offset
from probe.observation import LEVELS, Observation
from probe.sizes import Pair

_UNDECIDED = 1e-6
"""Exact values known to this many levels are as good as exact; measured ones are known less well."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """All results of one dtype beside their exact values, flat, in levels.

    ``errors`` are from the exact value brought into the range; ``wrong`` where that is not rounded to the nearest;
    ``is_central`` where every pixel of the image is in the middle of the range, half of it or as much as no resize by
    these weights takes out of the range.
    """

    seen: list[Seen]
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
        grid = self.seen[0].cases.grid
        inside = self.results[(self.results > grid.lowest) & (self.results < grid.highest)]
        return bool((inside.astype(np.float32).astype(np.float64) == inside).all())

    @property
    def roundings(self) -> float:
        """Levels that rounding in any direction, in either pass, and one level more may make."""
        return 2 + max(one.cases.weights.gain for one in self.seen)

    @property
    def worst(self) -> float:
        """The largest error."""
        return float(np.abs(self.errors).max())

    @property
    def beyond(self) -> np.ndarray:
        """By how much results that are wrong miss what rounding allows."""
        return np.where(self.wrong, np.abs(self.errors) - 0.5 - self.margin, 0)


def observe_integers(
    operation: Operation, grid: Grid, shapes: tuple[tuple[Pair, Pair], ...], kind: str = ""
) -> Observation:
    """Hold integer results against exact values rounded to the nearest, ties either way, and saturated.

    Images of several channels have another plane in each; ``kind`` is :data:`probe.dtypes.channels.OPAQUE` where the
    last channel is to be at its highest everywhere, and is put into the variant's name.

    exact: so everywhere. agrees: but where an exact value is within what float32 explains of a tie. approximates: off
    by less than a level, or by what float32 explains where float32 cannot tell levels apart. diverges: otherwise.
    """
    against = f"exact values, rounded to the nearest and saturated to {grid.lowest}..{grid.highest}"
    variant = f"{grid.name}, {kind}" if kind else grid.name
    calls = attempt(operation, variant, shapes, lambda *shape: _images(operation, grid, kind, *shape))
    if isinstance(calls, Observation):
        return calls
    if not calls.results:
        return refusal(variant, against, calls)
    if any(result.dtype.kind not in "iu" for result in calls.results):
        return replace(observe_returned_floats(operation, grid, calls), variant=variant)
    returned = sorted({result.dtype.name for result in calls.results})
    grid = _of_results(grid, calls)
    against = f"exact values, rounded to the nearest and saturated to {grid.lowest}..{grid.highest}"
    judged = judge(calls, [weights_of(operation, *shape) for shape in calls.shapes], grid)
    held = f"{against}, of the claim's exact weights" if operation.claim is not None else against
    if judged.beyond.max() > judged.float32.max() and operation.claim is not None:
        # The dtype may keep the claim where float32 does not: it is then held against the claim itself.
        claimed = judge(calls, [exact_weights(operation.claim, *shape) for shape in calls.shapes], grid)
        judged = claimed if claimed.worst < judged.worst else judged
    rule = _rule(judged, grid)
    verdict = _verdict(judged, rule)
    figures = {
        "rounding": str(rule),
        "explained": rule.share,
        "bias": float(judged.errors.mean()),
        "not correctly rounded": float(judged.wrong.mean()),
        "worst error": judged.worst,
        "returned dtype": ", ".join(returned),
    }
    if returned != [calls.images[0].dtype.name]:
        figures["silent cast"] = f"from {calls.images[0].dtype.name}"
    common = {
        "variant": variant,
        "against": held,
        "unit": LEVELS,
        "gain": judged.worst,
        "tolerance": 0.5 + float((judged.float64 if judged.is_wide else judged.float32).max()),
        "measured": judged.results.size,
        "differing": int((judged.beyond > (judged.float64 if judged.is_wide else judged.float32)).sum()),
        "figures": figures,
    }
    if verdict.is_agreement:
        return Observation(verdict=verdict, headline=rule.headline, **common)
    explained = None if rule.is_whole else explained_by_channels(operation, grid, calls)
    headline, attribution = explained or _explained(
        judged, rule, "float32" if operation.dtype == "float32" else "claimed"
    )
    where, expected, got, reproduction = _worst(operation, judged, calls)
    return Observation(
        verdict=verdict,
        headline=headline,
        attribution=attribution,
        where=where,
        expected=expected,
        got=got,
        reproduction=reproduction,
        **common,
    )


def _of_results(grid: Grid, calls: Attempt) -> Grid:
    """The grid, with the range of what came back where that holds every value that was handed over, and more."""
    ranges = [np.iinfo(result.dtype) for result in calls.results]
    lowest, highest = max(int(each.min) for each in ranges), min(int(each.max) for each in ranges)
    if lowest > grid.lowest or highest < grid.highest or (lowest, highest) == (grid.lowest, grid.highest):
        return grid
    return replace(grid, lowest=lowest, highest=highest, largest=min(grid.largest, max(-grid.dark, grid.bright)))


def _images(operation: Operation, grid: Grid, kind: str, size_in: Pair, size_out: Pair) -> np.ndarray:
    planes = cases(weights_of(operation, size_in, size_out), grid).images
    if operation.channels == 1:
        return planes
    return in_channels(planes, operation.channels, grid, kind == OPAQUE)


def judge(calls: Attempt, planes: list[PlaneWeights], grid: Grid) -> Judged:
    """Every result beside its exact value under the given weights."""
    seen = []
    for plane, images, results in zip(planes, calls.images, calls.results, strict=True):
        own = cases(plane, grid) if grid.is_of_dtype else None
        if own is None or own.images is not images:
            own = with_images(plane, grid, images)
        seen.append(Seen(own, results.astype(np.int64).reshape(len(results), -1)))
    values = values_of(seen)
    results = np.concatenate([one.results.ravel() for one in seen])
    above, below = values.whole >= grid.highest, values.whole < grid.lowest
    whole = np.clip(values.whole, grid.lowest, grid.highest)
    remainders = np.where(above | below, 0, values.remainders)
    off = results - whole
    errors = off - remainders / values.denominators
    doubled = 2 * remainders
    right = ((off == 0) & (doubled <= values.denominators)) | ((off == 1) & (doubled >= values.denominators))
    margin, float32, float64 = (
        np.concatenate([np.repeat(getattr(one.cases, name), one.results.shape[1]) for one in seen])
        for name in ("margin", "float32", "float64")
    )
    middle, span = (grid.lowest + grid.highest) / 2, grid.highest - grid.lowest + 1
    central = [
        (np.abs(one.cases.images - middle) <= span / max(4, 2 * one.cases.weights.gain)).all(axis=(1, 2))
        for one in seen
    ]
    is_central = np.concatenate([np.repeat(c, one.results.shape[1]) for c, one in zip(central, seen, strict=True)])
    wrong = ~right & (np.abs(errors) > 0.5 + margin)
    return Judged(
        seen, results, errors, wrong, margin, float32, float64, is_central, any(one.cases.is_wide for one in seen)
    )


def _verdict(judged: Judged, rule: Rule) -> Verdict:
    if not judged.wrong.any():
        return Verdict.EXACT if judged.margin.max() < _UNDECIDED else Verdict.AGREES
    in_float32 = bool((judged.beyond <= judged.float32).all())
    if (judged.beyond <= judged.float64).all() or (in_float32 and not judged.is_wide):
        return Verdict.AGREES
    if in_float32 and not judged.are_float32 and not rule.is_whole:
        # Finer than float32, and off as no rounding is: the weights are as far off as float32's may be.
        return Verdict.AGREES
    return Verdict.APPROXIMATES if judged.worst < 1 or (in_float32 and judged.are_float32) else Verdict.DIVERGES


def _rule(judged: Judged, grid: Grid) -> Rule:
    values = values_of(judged.seen)
    allowed = judged.float64 if judged.is_wide else judged.float32
    rule = in_one_pass(values, judged.results, grid, judged.margin, allowed)
    if rule.is_whole:
        return rule
    if judged.is_wide:
        candidates = [rule, with_offset(values, judged.results, grid, judged.margin, allowed)]
        if judged.are_float32:
            candidates.append(in_one_pass(values, judged.results, grid, judged.margin, judged.float32))
        elif not candidates[1].is_whole and (judged.beyond > judged.float32).any():
            candidates.append(in_another_way(judged.seen))
        return max((each for each in candidates if each is not None), key=lambda each: each.share)
    candidates = [rule, with_offset(values, judged.results, grid, judged.margin, allowed)]
    if not candidates[1].is_whole:
        candidates.append(in_another_way(judged.seen))
    return max((each for each in candidates if each is not None), key=lambda each: each.share)


def _explained(judged: Judged, rule: Rule, weights: str) -> tuple[str, Attribution]:
    """A headline, and what differs; ``weights`` says which the results were held against."""
    if judged.is_wide and judged.are_float32 and (judged.beyond <= judged.float32).all():
        text = f"off by up to {judged.worst:.4g} levels, as float32 is, and every result is a float32 value"
        return "computed in float32", Attribution(("precision",), text)
    if not rule.is_whole:
        return _read_as_unsigned(judged) or _unexplained(judged, rule, weights)
    factors = {
        "saturation": rule.overflow not in ("", "saturate"),
        "clamping": "clamps" in rule.passes,
        "coordinates": "coordinates" in rule.weights,
        "precision": bool(rule.weights) or (judged.is_wide and judged.are_float32),
        "rounding": "rounds" in rule.passes or bool(rule.offset) or rule.rounding in ("truncate", "floor", "ceil"),
    }
    found = tuple(factor for factor, applies in factors.items() if applies) or ("rounding",)
    return rule.headline, Attribution(found, f"explained in full by: {rule}")


def _read_as_unsigned(judged: Judged) -> tuple[str, Attribution] | None:
    """Whether negative pixels count as if their bits were those of an unsigned integer."""
    errors = []
    for one in judged.seen:
        images, weights = one.cases.images, one.cases.weights
        if images.dtype.kind != "i":
            return None
        unsigned = images.astype(f"u{images.dtype.itemsize}").reshape(len(images), -1).astype(np.float64)
        errors.append(np.abs(one.results - unsigned @ weights.array.T).ravel())
    worst = max(float(each.max()) for each in errors)
    if worst > judged.roundings:
        return None
    text = f"results are within {worst:.3g} levels of those of the same bits read as unsigned integers"
    return "negative values read as unsigned", Attribution(("dtype",), text)


def _unexplained(judged: Judged, rule: Rule, weights: str) -> tuple[str, Attribution]:
    """No way explains all: whether it is what happens beyond the range, other weights, or a mixture of roundings."""
    best = f"the nearest is '{rule}', which explains {rule.share:.2%}"
    if judged.worst <= judged.roundings:
        text = f"off by up to {judged.worst:.4g} levels, no more than roundings in each pass make; {best}"
        return "no single rule", Attribution(("rounding",), text)
    # Where every pixel lies in the middle, no result and no pass leaves the range.
    inside = np.abs(judged.errors[judged.is_central])
    if not inside.size or (inside <= 1.5).all():
        text = f"off by up to {judged.worst:.0f} levels, in images that reach an end of the range only; {best}"
        return "wrong near the range's ends", Attribution(("saturation",), text)
    text = f"off by up to {inside.max():.4g} levels also where nothing leaves the range; {best}"
    return f"other weights than {weights}", Attribution(("dtype",), text)


def _worst(operation: Operation, judged: Judged, calls: Attempt) -> tuple[str, str, str, str]:
    """Where the largest error is, what should have come out, what did, and a program that shows it."""
    place = int(np.argmax(np.abs(judged.errors)))
    for shape, one in enumerate(judged.seen):  # noqa: B007
        if place < one.results.size:
            break
        place -= one.results.size
    number, output = divmod(place, one.results.shape[1])
    whole = calls.whole(shape, number)
    return described(operation, one.cases, number, output, str(one.results[number, output]), *whole)
