"""The exact matrices of all conventions in the search space, and which of them explain a measurement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from halfpixel.adapters import operations
from halfpixel.golden import Convention
from halfpixel.golden.catalogue import CATALOGUE
from halfpixel.golden.tolerance import ExactMatrixWithTolerance, exact_with_tolerance
from halfpixel.probe.compare.both_axes.expected_operator import shifted_exact
from halfpixel.probe.compare.candidates import every_convention
from halfpixel.probe.compare.matrix_features import cubic_coefficient, regions, simple_fractions
from halfpixel.probe.measure.sizes import Pair

_SHORTLIST = 24

Exceptions = tuple[tuple[Pair, int], ...]
"""``(pair, output)`` of picks on the other side of a tie than the exact one."""


@dataclass(frozen=True, slots=True)
class _Stack:
    """The same for every convention of :func:`space` at one pair; NaN where a convention has no matrix."""

    values: np.ndarray
    tolerance: np.ndarray
    near_tie: np.ndarray


@cache
def space() -> tuple[Convention, ...]:
    """Every convention that is tried: the plainest first, then others of the catalogue and of documented claims."""
    claims = (operation.claim for operation in operations() if operation.claim is not None)
    return tuple(dict.fromkeys([*every_convention(), *(entry.convention for entry in CATALOGUE), *claims]))


@lru_cache(maxsize=1 << 16)
def exact_matrix(convention: Convention, pair: Pair) -> ExactMatrixWithTolerance | None:
    """The exact matrix of a convention at a pair of sizes; ``None`` for a combination that has no meaning."""
    try:
        return exact_with_tolerance(convention, pair)
    except ValueError:
        return None


@lru_cache(maxsize=32)
def _stack(pair: Pair) -> _Stack:
    nothing = ExactMatrixWithTolerance(np.full(pair[::-1], np.nan), 0.0, np.zeros(pair[1], dtype=bool))
    matrices = [exact_matrix(convention, pair) or nothing for convention in space()]
    return _Stack(
        np.stack([exact.values for exact in matrices]),
        np.array([exact.tolerance for exact in matrices]),
        np.stack([exact.near_tie for exact in matrices]),
    )


def tie_exceptions(convention: Convention, pair: Pair, measured: np.ndarray) -> tuple[int, ...] | None:
    """The rows of ``measured`` on the other side of a tie; ``None`` when any other row is not within rounding."""
    expected = exact_matrix(convention, pair)
    if expected is None:
        return None
    off = ~(np.abs(measured - expected.values).sum(axis=1) <= expected.tolerance)
    if not off.any():
        return ()
    if (off & ~expected.near_tie).any():
        return None
    rows = np.flatnonzero(off)
    below, above = (
        np.abs(measured[rows] - shifted[rows]).sum(axis=1) <= expected.tolerance
        for shifted in shifted_matrices(convention, pair)
    )
    return tuple(int(row) for row in rows) if (below | above).all() else None


@lru_cache(maxsize=1 << 12)
def shifted_matrices(convention: Convention, pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    """The matrix with every coordinate moved down, and up, by twice the float32 error of a coordinate."""
    below, above = shifted_exact(convention, pair)
    return below.to_array(), above.to_array()


def explaining_conventions(
    matrices: Mapping[Pair, np.ndarray], among: Iterable[Convention] | None = None
) -> dict[Convention, Exceptions]:
    """The conventions that explain all ``matrices`` but for exceptions, in the order of :func:`space` or ``among``."""
    explaining = {}
    for convention in screened_conventions(matrices) if among is None else among:
        exceptions: list[tuple[Pair, int]] = []
        for pair, measured in matrices.items():
            rows = tie_exceptions(convention, pair, measured)
            if rows is None:
                break
            exceptions += [(pair, row) for row in rows]
        else:
            explaining[convention] = tuple(exceptions)
    return explaining


def screened_conventions(
    matrices: Mapping[Pair, np.ndarray], weight_tolerance: float | None = None
) -> list[Convention]:
    """The conventions of :func:`space` that fit the rows of the screening pairs which are not near a tie.

    Each row within its rounding bound, or each weight within ``weight_tolerance`` where that is given.
    """
    chosen = np.ones(len(space()), dtype=bool)
    for pair in screening_pairs(matrices):
        stack = _stack(pair)
        error = np.abs(stack.values - matrices[pair])
        if weight_tolerance is None:
            fits = error.sum(axis=2) <= stack.tolerance[:, None]
        else:
            fits = error.max(axis=2) <= weight_tolerance
        chosen &= (fits | stack.near_tie).all(axis=1)
    return [space()[index] for index in np.flatnonzero(chosen)]


def screening_pairs(matrices: Mapping[Pair, np.ndarray]) -> list[Pair]:
    """The two pairs on which all conventions are tried: the smallest that shrinks and the smallest that grows."""
    ordered = sorted((pair for pair in matrices if pair != (1, 1)), key=lambda pair: (min(pair) < 5, pair[0] * pair[1]))
    kinds = ([p for p in ordered if p[1] < p[0]], [p for p in ordered if p[1] > p[0]], ordered)
    return list(dict.fromkeys(kind[0] for kind in kinds if kind))[:2]


def nearest_convention(matrices: Mapping[Pair, np.ndarray], extra: Iterable[Convention] = ()) -> Convention | None:
    """The convention closest to ``matrices``; ``None`` when none of them is finite.

    The mean over pairs of the square root of the worst gain decides: one pair that is badly off weighs less than all
    pairs being off.
    """
    finite = {pair: measured for pair, measured in matrices.items() if np.isfinite(measured).all()}
    if not finite:
        return None
    screening = screening_pairs(finite)
    total = np.zeros(len(space()))
    for pair in screening or list(finite)[:1]:
        worst = np.abs(_stack(pair).values - finite[pair]).sum(axis=2).max(axis=1)
        total += np.sqrt(np.where(np.isnan(worst), np.inf, worst))
    small = {pair: finite[pair] for pair in screening} or finite
    near = sorted(extra, key=lambda convention: _distance(convention, small))[:_SHORTLIST]
    shortlist: list[Convention] = [*(space()[index] for index in np.argsort(total, kind="stable")[:_SHORTLIST]), *near]
    return min(shortlist, key=lambda convention: _distance(convention, finite))


def _distance(convention: Convention, matrices: Mapping[Pair, np.ndarray]) -> float:
    total = 0.0
    for pair, measured in matrices.items():
        expected = exact_matrix(convention, pair)
        if expected is None:
            return float("inf")
        gain = float(np.abs(measured - expected.values).sum(axis=1).max())
        total += gain**0.5 if gain > expected.tolerance else 0.0
    return total / len(matrices)


def cubic_conventions_near(matrices: Mapping[Pair, np.ndarray]) -> list[Convention]:
    """Cubic conventions that some coefficient brings near ``matrices`` on the screening pairs, the nearest first."""
    index = {convention: position for position, convention in enumerate(space())}
    flat = [
        convention
        for convention in space()
        if convention.kernel == "cubic" and convention.cubic_coeff_a == 0 and convention.prefilter == "none"
    ]
    at_zero = [index[convention] for convention in flat]
    at_minus_one = [index[convention.but(cubic_coeff_a=-1)] for convention in flat]
    residual = np.zeros(len(flat))
    for pair in screening_pairs(matrices):
        values = _stack(pair).values
        slope = values[at_minus_one] - values[at_zero]
        difference = matrices[pair] - values[at_zero]
        square = (slope * slope).sum(axis=(1, 2))
        steps = (slope * difference).sum(axis=(1, 2)) / np.where(square > 0, square, 1)
        residual = np.maximum(residual, np.abs(difference - steps[:, None, None] * slope).sum(axis=2).max(axis=1))
    # Sums that weights are divided by vary with the coefficient too, by a few hundredths.
    near = [k for k in np.argsort(residual, kind="stable") if residual[k] < 0.1]
    return [flat[k] for k in near[:6]]


def fitted_cubics(matrices: Mapping[Pair, np.ndarray]) -> list[Convention]:
    """Cubic conventions with the coefficient that fits best, as simple fractions; none where values are not finite."""
    if not all(np.isfinite(measured).all() for measured in matrices.values()):
        return []
    screening = {pair: matrices[pair] for pair in screening_pairs(matrices)}
    fitted = []
    for convention in cubic_conventions_near(matrices):
        coefficient = cubic_coefficient(convention, screening)
        if coefficient is not None:
            fitted += [convention.but(cubic_coeff_a=a) for a in simple_fractions(coefficient)]
    return fitted


def fitted_crops(matrices: Mapping[Pair, np.ndarray]) -> list[Convention]:
    """Every convention of ``tf_crop_and_resize`` with the region that the sampling lines give."""
    if not all(np.isfinite(measured).all() for measured in matrices.values()):
        return []
    crops = [convention for convention in space() if convention.coordinate_transformation_mode == "tf_crop_and_resize"]
    return [convention.but(roi=roi) for roi in regions(matrices) for convention in crops]
