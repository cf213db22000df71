"""How far one NaN or one infinity spreads, compared with where its weight is not zero."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.probe.compare.discrepancy import Attribution
from halfpixel.probe.compare.reference import Reference
from halfpixel.probe.measure.axis_matrix import call
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.variants.edges.cases import (
    EdgeCase,
    EdgeResult,
    edge_program,
    native_shape,
    reference_of_case,
    refusals_as_results,
    shapes,
    size_text,
    summarise,
)
from halfpixel.probe.variants.observation import PIXELS, Figures, Observation

FaultsOf = Callable[[Reference, float, np.ndarray], dict[str, np.ndarray]]
"""By kind of fault: in which outputs (rows) the special value at a pixel (columns) shows it."""

_ZERO = 1e-11
"""Weights no larger are zero in exact arithmetic: at these sizes a rational weight that is not zero has a denominator
below 1e6, and the float64 errors of the others stay below 1e-12."""

_AGAINST_NAN = "NaN exactly in the outputs in which the pixel's weight is not zero"
_AGAINST_INFINITY = "infinity, with the weight's sign, exactly in the outputs in which the pixel's weight is not zero"


# The most severe first: the headline, and the explanation.
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
    return _observed(operation, "NaN", _AGAINST_NAN, _nan_faults, (np.nan,))


def infinity(operation: Operation) -> Observation | None:
    """One infinity of either sign in an image of finite values, at every pixel in turn."""
    return _observed(operation, "infinity", _AGAINST_INFINITY, _infinity_faults, (np.inf, -np.inf))


def _observed(
    operation: Operation, variant: str, against: str, faults_of: FaultsOf, specials: tuple[float, ...]
) -> Observation | None:
    results = []
    for size_in, size_out in shapes(operation):
        known = reference_of_case(operation, _case(operation, size_in, size_out, specials[0], (0, 0)), size_in)
        results.append(known if isinstance(known, EdgeResult) else _shape_result(operation, known, faults_of, specials))
    return summarise(variant, against, f"{variant} stays where its weight is", results, PIXELS)


@refusals_as_results
def _shape_result(
    operation: Operation, known: Reference, faults_of: FaultsOf, specials: tuple[float, ...]
) -> EdgeResult:
    responses = {value: _responses(operation, known.size_in, known.size_out, value) for value in specials}
    results = [
        _special_value_result(operation, known, value, faults_of(known, value, response))
        for value, response in responses.items()
    ]
    return max(results, key=lambda result: (result.severity, result.gain))


def _responses(operation: Operation, size_in: Pair, size_out: Pair, value: float) -> np.ndarray:
    """The outputs of images with the special value at each pixel in turn: ``(outputs, pixels)``."""
    pixels = size_in[0] * size_in[1]
    images = np.repeat(_picture(size_in).reshape(1, pixels), pixels, axis=0)
    np.fill_diagonal(images, value)
    return call(operation, images.reshape(pixels, *size_in, 1), size_out)[..., 0].reshape(pixels, -1).T


def _picture(size: Pair) -> np.ndarray:
    """Values from 1/4 to 1/2, no two the same."""
    pixels = size[0] * size[1]
    return ((np.arange(pixels) / pixels + 1) / 4).reshape(size).astype(np.float32)


def _zero_and_certain(known: Reference) -> tuple[np.ndarray, np.ndarray]:
    """Which weights are zero, and which certainly are not: float32 may lose those within its tolerance."""
    size = np.abs(known.weights)
    # A weight that was measured is zero when the framework returned zero.
    return (size <= _ZERO if known.exact is not None else size == 0), size > known.tolerance


def _nan_faults(known: Reference, value: float, response: np.ndarray) -> dict[str, np.ndarray]:
    zero, certain = _zero_and_certain(known)
    return {"leaks": np.isnan(response) & zero, "is lost": ~np.isnan(response) & certain}


def _infinity_faults(known: Reference, value: float, response: np.ndarray) -> dict[str, np.ndarray]:
    zero, certain = _zero_and_certain(known)
    expected = np.sign(known.weights) * value
    return {
        "leaks": ~np.isfinite(response) & zero,
        "becomes NaN": np.isnan(response) & certain,
        "is lost": ~np.isnan(response) & (response != expected) & certain,
    }


def _special_value_result(
    operation: Operation, known: Reference, value: float, faults: dict[str, np.ndarray]
) -> EdgeResult:
    """The most severe kind of fault, at the pixel where it spoils most outputs."""
    kind = next((kind for kind in _KINDS if kind in faults and faults[kind].any()), None)
    if kind is None:
        return EdgeResult(Verdict.EXACT)
    per_pixel = faults[kind].sum(axis=0)
    pixel = int(per_pixel.argmax())
    place = divmod(pixel, known.size_in[1])
    name = "NaN" if np.isnan(value) else "infinity"
    distance = _leak_distance(known, faults["leaks"])
    headline, explanation = (text.format(name=name, distance=distance) for text in _KINDS[kind])
    right = int((np.abs(known.weights[:, pixel]) > _ZERO).sum())
    case = _case(operation, known.size_in, known.size_out, value, place)
    test, adjective = ("np.isinf", "infinite") if kind == "becomes NaN" else ("~np.isfinite", "not finite")
    last = f"print(({test}(resize(x, h, w))).sum(), 'outputs are {adjective}, and should be {right}')"
    figures: Figures = {"input pixels too far": distance} if distance else {}
    figures |= {f"outputs, {kind}": int(mask.sum(axis=0).max()) for kind, mask in faults.items() if mask.any()}
    return EdgeResult(
        Verdict.DIVERGES,
        gain=float(per_pixel.max()),
        headline=headline,
        where=f"{case.label}: {value} at {place}",
        expected=f"{right} outputs that are {adjective}",
        got=f"{int(per_pixel[pixel])} outputs in which it {kind}",
        attribution=Attribution((Cause.NON_FINITE_VALUES,), explanation),
        reproduction=edge_program(operation, case, last),
        figures=figures,
        severity=len(_KINDS) - list(_KINDS).index(kind),
    )


def _leak_distance(known: Reference, leaks: np.ndarray) -> int:
    """The largest distance, in input pixels along an axis, from a pixel that leaked to those that count there."""
    furthest = 0
    width = known.size_in[1]
    for output in np.flatnonzero(leaks.any(axis=1)):
        rows, columns = np.divmod(np.flatnonzero(np.abs(known.weights[output]) > _ZERO), width)
        for row, column in zip(*np.divmod(np.flatnonzero(leaks[output]), width), strict=True):
            away = np.maximum(np.abs(rows - row), np.abs(columns - column))
            furthest = max(furthest, int(away.min(initial=max(known.size_in))))
    return furthest


def _case(operation: Operation, size_in: Pair, size_out: Pair, value: float, place: tuple[int, int]) -> EdgeCase:
    pixels, at = size_in[0] * size_in[1], place[0] * size_in[1] + place[1]
    values = f"((np.arange({pixels}) / {pixels} + 1) / 4)"
    special = f"np.where(np.arange({pixels}) == {at}, float('{value}'), {values}).astype(np.float32)"
    return EdgeCase(
        size_text(size_in, size_out), f"{special}.reshape{native_shape(operation, 1, size_in, 1)}", size_out
    )
