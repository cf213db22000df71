"""What to say of integer images that come back as floats: nothing was rounded to a level, so values are compared."""

from __future__ import annotations

import numpy as np

from adapters import Operation
from probe.discrepancy import Attribution, Verdict
from probe.dtypes.adversary import Cases, Grid, cases, with_images
from probe.dtypes.calls import Attempt, program
from probe.dtypes.plane_weights import weights_of
from probe.observation import LEVELS, Observation

UNIT_ROUNDOFFS = {"bfloat16": 2.0**-8, "float16": 2.0**-11, "float32": 2.0**-24, "float64": 2.0**-53}
"""By how much a correctly rounded result errs at most, relative to itself (IEEE 754; bfloat16 has 8 bits)."""


_LEVELS = 2.0
"""Levels that a conversion to another range may be off, in either direction, and still be that conversion."""


def observe_returned_floats(operation: Operation, grid: Grid, calls: Attempt) -> Observation:
    """Hold floats that integer images gave against the exact values.

    exact: the nearest float everywhere. agrees: within float32 arithmetic and one rounding of the result.
    approximates: under one level. diverges: otherwise.
    """
    dtype = max((result.dtype.name for result in calls.results), key=lambda name: UNIT_ROUNDOFFS.get(name, 1.0))
    unit = max(UNIT_ROUNDOFFS.get(dtype, 1.0), UNIT_ROUNDOFFS["float32"])
    found, is_exact, worst, compared = [], True, (-np.inf, "", "", "", ""), []
    for at, (shape, images, results) in enumerate(zip(calls.shapes, calls.images, calls.results, strict=True)):
        own = cases(weights_of(operation, *shape), grid)
        own = own if own.images is images else with_images(own.weights, grid, images)
        flat = results.reshape(len(images), -1).astype(np.float64)
        values = (own.numerators / own.denominators).astype(np.float64)
        errors = np.where(np.isfinite(flat), np.abs(flat - values), np.inf)
        bounds = own.margin[:, None] + own.float32[:, None] + unit * np.abs(values)
        is_exact &= own.margin.max() < 1e-6 and bool((flat == values.astype(results.dtype)).all())
        found.append((errors.ravel(), bounds.ravel()))
        compared.append((flat.ravel(), values.ravel()))
        if (beyond := float((errors - bounds).max())) > worst[0]:
            number, output = np.unravel_index(np.argmax(errors - bounds), errors.shape)
            whole = calls.whole(at, number)
            got = repr(float(flat[number, output]))
            worst = beyond, *described(operation, own, number, output, got, *whole, saturates=False)
    errors, bounds = (np.concatenate(part) for part in zip(*found, strict=True))
    gain, differing = float(errors.max()), int((errors > bounds).sum())
    verdict = Verdict.DIVERGES if gain >= 1 else Verdict.APPROXIMATES
    if not differing:
        verdict = Verdict.EXACT if is_exact else Verdict.AGREES
    common = {
        "variant": grid.name,
        "verdict": verdict,
        "against": "exact values, not rounded",
        "unit": LEVELS,
        "gain": gain,
        "tolerance": float(bounds.max()),
        "measured": errors.size,
        "differing": differing,
        "figures": {"worst error": gain, "returned dtype": dtype},
    }
    if verdict.is_agreement:
        return Observation(headline=f"returns {dtype}", **common)
    _, where, expected, got, shown = worst
    headline = f"returns {dtype}, other values"
    text = f"{dtype} values that are off by up to {gain:.4g} levels, where rounding explains {bounds.max():.2g}"
    if converted := _converted(*(np.concatenate(part) for part in zip(*compared, strict=True)), bounds, grid):
        headline, text = f"returns {dtype}, {converted[0]}", f"results are the exact values {converted[1]}, as {dtype}"
    return Observation(
        headline=headline,
        attribution=Attribution(("dtype",), text),
        where=where,
        expected=expected,
        got=got,
        reproduction=shown,
        **common,
    )


def _converted(results: np.ndarray, values: np.ndarray, bounds: np.ndarray, grid: Grid) -> tuple[str, str] | None:
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
    divisor = grid.highest if abs(divisor / grid.highest - 1) < 5e-3 else f"{divisor:.4g}"
    return f"divided by {divisor}", f"divided by {divisor}, to within {_LEVELS:.0f} levels"


def described(
    operation: Operation,
    own: Cases,
    number: int,
    output: int,
    got: str,
    image: np.ndarray,
    channel: tuple[int, ...],
    saturates: bool = True,
) -> tuple[str, str, str, str]:
    """One output of one plane: where it is, what it should be, what came out, and a program that shows it.

    ``image`` is what the plane is of, and ``channel`` which one of it, as :meth:`Attempt.whole` gives them;
    ``saturates`` is whether what leaves the range of the dtype should come out at its end.
    """
    weights, grid = own.weights, own.grid
    row, column = divmod(int(output), weights.size_out[1])
    value = int(own.numerators[number, output]) / int(own.denominators[output])
    expected = f"{value:.6f}".rstrip("0").rstrip(".")
    if saturates and not grid.lowest <= value <= grid.highest:
        expected = f"{min(max(value, grid.lowest), grid.highest):.0f} ({expected}, saturated)"
    place = (row, column, *channel)
    where = f"output {list(place)} of {weights.size_in} -> {weights.size_out}"
    shown = program(operation, image, weights.size_out, place, expected, got)
    return where, expected, got, shown
