"""How far one NaN or one infinity spreads, held against the weights: it counts exactly where its weight is not zero."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from adapters import Operation
from adapters.layout import WrongShape
from probe.discrepancy import Attribution, Verdict
from probe.edges.case import Case, Result, arrow, native_shape, program, refusal, shapes, summarised
from probe.isolated import begin
from probe.measure import Refused, call
from probe.observation import PIXELS, Observation
from probe.reference import Reference, reference
from probe.sizes import Pair

_ZERO = 1e-11
"""Weights no larger are zero in exact arithmetic: at these sizes a rational weight that is not zero has a denominator
below 1e6, and the float64 errors of the others stay below 1e-12."""

_AGAINST_NAN = "NaN exactly in the outputs in which the pixel's weight is not zero"
_AGAINST_INFINITY = "infinity, with the weight's sign, exactly in the outputs in which the pixel's weight is not zero"


# Gravest first: the headline, and the explanation.
_KINDS = {
    "is lost": ("{name} is swallowed", "{name} is lost where its weight is not zero"),
    "leaks": (
        "{name} leaks {distance} too far",
        "{name} times a weight of zero is added, up to {distance} input pixels beyond those that count",
    ),
    "becomes NaN": (
        "{name} becomes NaN",
        "{name} is subtracted from {name}, or multiplied by zero, where its weight is not zero",
    ),
}


def nan(operation: Operation) -> Observation | None:
    """One NaN in an image of finite values, at every pixel in turn."""
    return _observed(operation, "NaN", _AGAINST_NAN, _judged_nan, (np.nan,))


def infinity(operation: Operation) -> Observation | None:
    """One infinity of either sign in an image of finite values, at every pixel in turn."""
    return _observed(operation, "infinity", _AGAINST_INFINITY, _judged_infinity, (np.inf, -np.inf))


def _observed(
    operation: Operation, variant: str, against: str, judged: Callable[..., dict], specials: tuple[float, ...]
) -> Observation | None:
    results = []
    for size_in, size_out in shapes(operation):
        begin(_case(operation, size_in, size_out, specials[0], (0, 0)))
        try:
            held = reference(operation, size_in, size_out)
            responses = {value: _responses(operation, size_in, size_out, value) for value in specials}
        except (Refused, WrongShape) as refused:
            results.append(refusal(refused))
            continue
        judgements = [_worst(operation, held, value, judged(held, value, got)) for value, got in responses.items()]
        results.append(max(judgements, key=lambda result: (result.rank, result.gain)))
    return summarised(variant, against, f"{variant} stays where its weight is", results, PIXELS)


def _responses(operation: Operation, size_in: Pair, size_out: Pair, value: float) -> np.ndarray:
    """What comes of the special value at each pixel: ``(outputs, pixels)``."""
    pixels = size_in[0] * size_in[1]
    images = np.repeat(_picture(size_in).reshape(1, pixels), pixels, axis=0)
    np.fill_diagonal(images, value)
    return call(operation, images.reshape(pixels, *size_in, 1), size_out)[..., 0].reshape(pixels, -1).T


def _picture(size: Pair) -> np.ndarray:
    """Values from 1/4 to 1/2, no two the same."""
    pixels = size[0] * size[1]
    return ((np.arange(pixels) / pixels + 1) / 4).reshape(size).astype(np.float32)


def _counts(held: Reference) -> tuple[np.ndarray, np.ndarray]:
    """Which weights are zero, and which certainly are not: float32 may lose those within its tolerance."""
    size = np.abs(held.weights)
    # A weight that was measured is zero when the framework returned zero.
    return (size <= _ZERO if held.exact is not None else size == 0), size > held.tolerance


def _judged_nan(held: Reference, value: float, got: np.ndarray) -> dict[str, np.ndarray]:
    zero, certain = _counts(held)
    return {"leaks": np.isnan(got) & zero, "is lost": ~np.isnan(got) & certain}


def _judged_infinity(held: Reference, value: float, got: np.ndarray) -> dict[str, np.ndarray]:
    zero, certain = _counts(held)
    expected = np.sign(held.weights) * value
    return {
        "leaks": ~np.isfinite(got) & zero,
        "becomes NaN": np.isnan(got) & certain,
        "is lost": ~np.isnan(got) & (got != expected) & certain,
    }


def _worst(operation: Operation, held: Reference, value: float, faults: dict[str, np.ndarray]) -> Result:
    """The gravest kind of fault, at the pixel where it spoils most outputs."""
    kind = next((kind for kind in _KINDS if kind in faults and faults[kind].any()), None)
    if kind is None:
        return Result(Verdict.EXACT)
    per_pixel = faults[kind].sum(axis=0)
    pixel = int(per_pixel.argmax())
    place = divmod(pixel, held.size_in[1])
    name = "NaN" if np.isnan(value) else "infinity"
    distance = _reach(held, faults["leaks"])
    words, explanation = (text.format(name=name, distance=distance) for text in _KINDS[kind])
    right = int((np.abs(held.weights[:, pixel]) > _ZERO).sum())
    case = _case(operation, held.size_in, held.size_out, value, place)
    test = "np.isinf" if kind == "becomes NaN" else "~np.isfinite"
    what = "infinite" if kind == "becomes NaN" else "not finite"
    shows = f"print(({test}(resize(x, h, w))).sum(), 'outputs are {what}, and should be {right}')"
    counts = {f"outputs, {kind}": int(mask.sum(axis=0).max()) for kind, mask in faults.items() if mask.any()}
    return Result(
        Verdict.DIVERGES,
        gain=float(per_pixel.max()),
        headline=words,
        where=f"{case.label}: {value} at {place}",
        expected=f"{right} outputs that are {what}",
        got=f"{int(per_pixel[pixel])} outputs in which it {kind}",
        attribution=Attribution(("non-finite values",), explanation),
        reproduction=program(operation, case, shows),
        figures=({"input pixels too far": distance} if distance else {}) | counts,
        rank=len(_KINDS) - list(_KINDS).index(kind),
    )


def _reach(held: Reference, leaks: np.ndarray) -> int:
    """The largest distance, in input pixels along an axis, from a pixel that leaked to those that count there."""
    furthest = 0
    width = held.size_in[1]
    for output in np.flatnonzero(leaks.any(axis=1)):
        rows, columns = np.divmod(np.flatnonzero(np.abs(held.weights[output]) > _ZERO), width)
        for row, column in zip(*np.divmod(np.flatnonzero(leaks[output]), width), strict=True):
            away = np.maximum(np.abs(rows - row), np.abs(columns - column))
            furthest = max(furthest, int(away.min(initial=max(held.size_in))))
    return furthest


def _case(operation: Operation, size_in: Pair, size_out: Pair, value: float, place: tuple[int, int]) -> Case:
    pixels, at = size_in[0] * size_in[1], place[0] * size_in[1] + place[1]
    values = f"((np.arange({pixels}) / {pixels} + 1) / 4)"
    special = f"np.where(np.arange({pixels}) == {at}, float('{value}'), {values}).astype(np.float32)"
    return Case(arrow(size_in, size_out), f"{special}.reshape{native_shape(operation, 1, size_in, 1)}", size_out)
