"""The exact matrices of every convention in the search space, and which of them explain a measurement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache

import numpy as np

from adapters import operations
from golden import Convention, Coordinates, coordinates, matrix, matrix_at, tie_distance
from golden.catalogue import CATALOGUE
from probe.candidates import every_convention
from probe.sizes import Pair
from probe.tolerance import coordinate_error, gain_tolerance

_JUMPING = ("nearest", "box", "gaussian", "adaptive_average")
_SHORTLIST = 24


@dataclass(frozen=True, slots=True)
class Exact:
    """A convention's matrix, float64 ``(n_out, n_in)``, what rounding explains, and which rows are near a tie."""

    values: np.ndarray
    tolerance: float
    near_tie: np.ndarray


@dataclass(frozen=True, slots=True)
class _Stack:
    """The same for every convention of :func:`space` at one pair; NaN where a convention has no matrix."""

    values: np.ndarray
    tolerance: np.ndarray
    near_tie: np.ndarray


@cache
def space() -> tuple[Convention, ...]:
    """Every convention that is tried: the plainest first, then what else the catalogue names or an operation claims."""
    claims = (operation.claim for operation in operations() if operation.claim is not None)
    return tuple(dict.fromkeys([*every_convention(), *(entry.convention for entry in CATALOGUE), *claims]))


@lru_cache(maxsize=1 << 16)
def exact(convention: Convention, pair: Pair) -> Exact | None:
    """The exact matrix of a convention at a pair of sizes; ``None`` for a combination that has no meaning."""
    try:
        values = matrix(convention, *pair).to_array()
    except ValueError:  # such as a spline prefilter with 'wrap_overlap'
        return None
    gain = float(np.abs(values).sum(axis=1).max())
    near = np.zeros(pair[1], dtype=bool)
    if convention.kernel in _JUMPING or convention.border in ("extrapolate", "wrap_overlap"):
        near = tie_distance(convention, *pair) <= coordinate_error(pair[0])
    return Exact(values, gain_tolerance(convention, *pair, round(gain, 3)), near)


@lru_cache(maxsize=32)
def _stack(pair: Pair) -> _Stack:
    nothing = Exact(np.full(pair[::-1], np.nan), 0.0, np.zeros(pair[1], dtype=bool))
    every = [exact(convention, pair) or nothing for convention in space()]
    return _Stack(
        np.stack([one.values for one in every]),
        np.array([one.tolerance for one in every]),
        np.stack([one.near_tie for one in every]),
    )


def exceptions(convention: Convention, pair: Pair, got: np.ndarray) -> tuple[int, ...] | None:
    """The rows of ``got`` that lie on the other side of a tie; ``None`` when any other row is not within rounding."""
    expected = exact(convention, pair)
    if expected is None:
        return None
    off = ~(np.abs(got - expected.values).sum(axis=1) <= expected.tolerance)
    if not off.any():
        return ()
    if (off & ~expected.near_tie).any():
        return None
    rows = np.flatnonzero(off)
    either = moved(convention, pair)
    within = [np.abs(got[rows] - values[rows]).sum(axis=1) <= expected.tolerance for values in either]
    return tuple(int(row) for row in rows) if (within[0] | within[1]).all() else None


@lru_cache(maxsize=1 << 12)
def moved(convention: Convention, pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    """The matrix with every coordinate moved down, and up, by what float32 may be off."""
    where = coordinates(convention, *pair)
    shift = Fraction(2 * coordinate_error(pair[0]))
    found = []
    for sign in (-1, 1):
        numerators = where.numerators.astype(object) * shift.denominator + sign * shift.numerator * where.denominator
        there = Coordinates(numerators, where.denominator * shift.denominator)
        found.append(matrix_at(convention, there, pair[0], Fraction(pair[1], pair[0])).to_array())
    return tuple(found)


def explaining(
    matrices: Mapping[Pair, np.ndarray], among: Iterable[Convention] | None = None
) -> dict[Convention, tuple[tuple[Pair, int], ...]]:
    """The conventions that explain every one of ``matrices``, in the order of :func:`space` or of ``among``.

    With each, the ``(pair, output)`` where the pick is on the other side of a tie than the exact one.
    """
    found = {}
    for convention in _screened(matrices) if among is None else among:
        odd: list[tuple[Pair, int]] = []
        for pair, got in matrices.items():
            rows = exceptions(convention, pair, got)
            if rows is None:
                break
            odd += [(pair, row) for row in rows]
        else:
            found[convention] = tuple(odd)
    return found


def _screened(matrices: Mapping[Pair, np.ndarray]) -> list[Convention]:
    chosen = np.ones(len(space()), dtype=bool)
    for pair in screens(matrices):
        stack = _stack(pair)
        gains = np.abs(stack.values - matrices[pair]).sum(axis=2)
        chosen &= ((gains <= stack.tolerance[:, None]) | stack.near_tie).all(axis=1)
    return [space()[index] for index in np.flatnonzero(chosen)]


def stack_of(pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    """The matrices of all of :func:`space` at one pair, ``(K, n_out, n_in)``, and which rows are near a tie."""
    stack = _stack(pair)
    return stack.values, stack.near_tie


def screens(matrices: Mapping[Pair, np.ndarray]) -> list[Pair]:
    """The two pairs on which all conventions are tried: the smallest that shrinks and the smallest that grows."""
    ordered = sorted((pair for pair in matrices if pair != (1, 1)), key=lambda pair: (min(pair) < 5, pair[0] * pair[1]))
    kinds = ([p for p in ordered if p[1] < p[0]], [p for p in ordered if p[1] > p[0]], ordered)
    return list(dict.fromkeys(kind[0] for kind in kinds if kind))[:2]


def nearest(matrices: Mapping[Pair, np.ndarray], extra: Iterable[Convention] = ()) -> Convention | None:
    """The convention closest to ``matrices``; ``None`` when there is nothing finite to be close to.

    The mean over pairs of the square root of the worst gain decides: one pair that is badly off weighs less than all
    pairs being off.
    """
    finite = {pair: got for pair, got in matrices.items() if np.isfinite(got).all()}
    if not finite:
        return None
    total = np.zeros(len(space()))
    for pair in screens(finite) or list(finite)[:1]:
        worst = np.abs(_stack(pair).values - finite[pair]).sum(axis=2).max(axis=1)
        total += np.sqrt(np.where(np.isnan(worst), np.inf, worst))
    small = {pair: finite[pair] for pair in screens(finite)} or finite
    near = sorted(extra, key=lambda convention: _distance(convention, small))[:_SHORTLIST]
    shortlist = [*(space()[index] for index in np.argsort(total, kind="stable")[:_SHORTLIST]), *near]
    return min(shortlist, key=lambda convention: _distance(convention, finite))


def _distance(convention: Convention, matrices: Mapping[Pair, np.ndarray]) -> float:
    total = 0.0
    for pair, got in matrices.items():
        expected = exact(convention, pair)
        if expected is None:
            return float("inf")
        gain = float(np.abs(got - expected.values).sum(axis=1).max())
        total += gain**0.5 if gain > expected.tolerance else 0.0
    return total / len(matrices)


def cubics(matrices: Mapping[Pair, np.ndarray]) -> list[Convention]:
    """Cubic conventions that some coefficient brings near ``matrices`` on the screening pairs, the nearest first."""
    rest = [convention for convention in space() if convention.kernel == "cubic"]
    index = {convention: position for position, convention in enumerate(space())}
    flat = [convention for convention in rest if convention.cubic_coeff_a == 0 and convention.prefilter == "none"]
    zero = [index[convention] for convention in flat]
    one = [index[convention.but(cubic_coeff_a=-1)] for convention in flat]
    residual = np.zeros(len(flat))
    for pair in screens(matrices):
        values = _stack(pair).values
        slope = values[one] - values[zero]
        beyond = matrices[pair] - values[zero]
        square = (slope * slope).sum(axis=(1, 2))
        share = (slope * beyond).sum(axis=(1, 2)) / np.where(square > 0, square, 1)
        residual = np.maximum(residual, np.abs(beyond - share[:, None, None] * slope).sum(axis=2).max(axis=1))
    # Sums that weights are divided by vary with the coefficient too, by a few hundredths.
    near = [k for k in np.argsort(residual, kind="stable") if residual[k] < 0.1]
    return [flat[k] for k in near[:6]]
