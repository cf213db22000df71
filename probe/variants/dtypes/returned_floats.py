"""Compare floats that integer images gave with the exact values, which were not rounded to a level."""

from __future__ import annotations

from functools import partial

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.probe.compare.discrepancy import Attribution
from halfpixel.probe.variants.dtypes.calls import Attempt, output_program
from halfpixel.probe.variants.dtypes.plane_weights import weights_of
from halfpixel.probe.variants.dtypes.worst_case_inputs import IntegerCases, IntegerGrid, cases_of_images, integer_cases
from halfpixel.probe.variants.observation import LEVELS, Observation, agreement_verdict

UNIT_ROUNDOFFS = {"bfloat16": 2.0**-8, "float16": 2.0**-11, "float32": 2.0**-24, "float64": 2.0**-53}
"""By how much a correctly rounded result errs at most, relative to itself (IEEE 754; bfloat16 has 8 bits)."""


_LEVELS = 2.0
"""Levels that a conversion to another range may be off, in either direction, and still be that conversion."""


def observe_returned_floats(operation: Operation, grid: IntegerGrid, calls: Attempt) -> Observation:
    """Compare the floats that integer images gave with the exact values, brought to levels again where they are scaled.

    exact: the nearest float everywhere. agrees: within float32 arithmetic and one rounding of the result.
    approximates: under one level. diverges: otherwise.
    """
    dtype = max((result.dtype.name for result in calls.results), key=lambda name: UNIT_ROUNDOFFS.get(name, 1.0))
    unit = max(UNIT_ROUNDOFFS.get(dtype, 1.0), UNIT_ROUNDOFFS["float32"])
    columns: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
    is_exact, worst_excess, worst = True, -np.inf, ("", "", "", "")
    for index, (shape, images, results) in enumerate(zip(calls.shapes, calls.images, calls.results, strict=True)):
        cases = integer_cases(weights_of(operation, *shape), grid)
        highest = int(np.iinfo(images.dtype).max) if operation.scales_integers else 1
        if highest > 1:
            cases = cases_of_images(cases.weights, grid, images.clip(max(-highest, grid.lowest)))
        elif cases.images is not images:
            cases = cases_of_images(cases.weights, grid, images)
        flat = results.reshape(len(images), -1).astype(np.float64) * highest
        values = (cases.numerators / cases.denominators).astype(np.float64)
        errors = np.where(np.isfinite(flat), np.abs(flat - values), np.inf)
        bounds = cases.margin[:, None] + cases.float32[:, None] + unit * np.abs(values)
        is_exact &= cases.margin.max() < 1e-6 and bool((flat == values.astype(results.dtype)).all())
        columns.append((errors.ravel(), bounds.ravel(), flat.ravel(), values.ravel()))
        if (excess := float((errors - bounds).max())) > worst_excess:
            number, output = divmod(int(np.argmax(errors - bounds)), errors.shape[1])
            image, channel = calls.whole(index, number)
            got = repr(float(flat[number, output]))
            worst_excess = excess
            worst = describe_output(operation, cases, number, output, got, image, channel, saturates=False)
    errors, bounds, flat, values = (np.concatenate(column) for column in zip(*columns, strict=True))
    gain, differing = float(errors.max()), int((errors > bounds).sum())
    observe = partial(
        Observation,
        variant=grid.name,
        against="exact values, not rounded" + (", divided by the highest" if operation.scales_integers else ""),
        unit=LEVELS,
        gain=gain,
        tolerance=float(bounds.max()),
        measured=errors.size,
        differing=differing,
        figures={"worst error": gain, "returned dtype": dtype},
    )
    if not differing:
        scaled = ", scaled as documented" if operation.scales_integers else ""
        return observe(verdict=agreement_verdict(is_exact), headline=f"returns {dtype}{scaled}")
    where, expected, got, reproduction = worst
    headline = f"returns {dtype}, other values"
    text = f"{dtype} values that are off by up to {gain:.4g} levels, where rounding explains {bounds.max():.2g}"
    if converted := _converted(flat, values, bounds, grid):
        headline, text = f"returns {dtype}, {converted[0]}", f"results are the exact values {converted[1]}, as {dtype}"
    return observe(
        verdict=Verdict.DIVERGES if gain >= 1 else Verdict.APPROXIMATES,
        headline=headline,
        attribution=Attribution((Cause.DTYPE,), text),
        where=where,
        expected=expected,
        got=got,
        reproduction=reproduction,
    )


def _converted(
    results: np.ndarray, values: np.ndarray, bounds: np.ndarray, grid: IntegerGrid
) -> tuple[str, str] | None:
    """Whether results are the exact values divided by a number, with something added: in words, twice."""
    if not np.isfinite(results).all():
        return None
    (divisor, shift), *_ = np.linalg.lstsq(np.stack([results, np.ones_like(results)], axis=1), values, rcond=None)
    off = np.abs(results * divisor + shift - values)
    # What is computed after the division has its roundings, too, and the fit adds its own. A range that is not as long
    # below zero as above it is brought to -1 to 1 by moving its lowest value by a level.
    if (off > np.maximum(2 * bounds + 1e-9 * np.abs(values).max(), _LEVELS)).any():
        return None
    if abs(divisor - 1) < 1e-3:
        return None
    # The range's own highest value, as near as the lowest one lets the fit come.
    name = str(grid.highest) if abs(divisor / grid.highest - 1) < 5e-3 else f"{divisor:.4g}"
    return f"divided by {name}", f"divided by {name}, to within {_LEVELS:.0f} levels"


def describe_output(
    operation: Operation,
    cases: IntegerCases,
    number: int,
    output: int,
    got: str,
    image: np.ndarray,
    channel: tuple[int, ...],
    saturates: bool = True,
) -> tuple[str, str, str, str]:
    """One output of one plane: its place, expected and measured value, and a program that shows it.

    ``image`` and ``channel`` are those that the plane belongs to, as :meth:`Attempt.whole` gives them; ``saturates`` is
    whether values beyond the range of the dtype should come out at its end.
    """
    weights, grid = cases.weights, cases.grid
    row, column = divmod(int(output), weights.size_out[1])
    value = int(cases.numerators[number, output]) / int(cases.denominators[output])
    expected = f"{value:.6f}".rstrip("0").rstrip(".")
    if saturates and not grid.lowest <= value <= grid.highest:
        expected = f"{min(max(value, grid.lowest), grid.highest):.0f} ({expected}, saturated)"
    place = (row, column, *channel)
    where = f"output {list(place)} of {weights.size_in} -> {weights.size_out}"
    shown = output_program(operation, image, weights.size_out, place, expected, got)
    return where, expected, got, shown
