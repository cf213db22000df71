"""Many matrices in one flat array, so that a whole sweep is compared in a few vector operations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from golden import Convention, matrix, tie_distance
from probe.measure import Sweep
from probe.sizes import Pair
from probe.tolerance import UNIT_ROUNDOFF, coordinate_error, gain_tolerance


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each row of each pair lies: rows of all matrices one after the other, values of a row side by side.

    ``pair`` and ``output`` say, by row, which pair (index into ``pairs``) and which output index it is; ``start`` where
    its values begin. All int64, shape ``(rows,)``.
    """

    pairs: tuple[Pair, ...]
    pair: np.ndarray
    output: np.ndarray
    start: np.ndarray

    def row_sums(self, values: np.ndarray) -> np.ndarray:
        """Sum of each row's values; shape ``(rows,)``."""
        return np.add.reduceat(values, self.start)

    def row(self, values: np.ndarray, index: int) -> np.ndarray:
        """The values of one row, shape ``(n_in,)``."""
        return values[self.start[index] : self.start[index] + self.pairs[self.pair[index]][0]]


@dataclass(frozen=True, slots=True)
class Values:
    """Flat matrices with, by row, the gain that rounding explains and whether the row is within rounding of a tie."""

    layout: Layout
    values: np.ndarray
    tolerance: np.ndarray
    near_tie: np.ndarray


@lru_cache(maxsize=64)
def layout(pairs: tuple[Pair, ...]) -> Layout:
    """The layout of these pairs; ``ValueError`` when there are none, since nothing could be compared."""
    if not pairs:
        raise ValueError("no pairs of sizes to compare")
    n_in, n_out = np.array(pairs, dtype=np.int64).T
    lengths = np.repeat(n_in, n_out)
    start = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    output = np.concatenate([np.arange(n, dtype=np.int64) for n in n_out])
    return Layout(pairs, np.repeat(np.arange(len(pairs)), n_out), output, start)


def measured(sweep: Sweep, pairs: tuple[Pair, ...]) -> np.ndarray:
    """The sweep's matrices of ``pairs``, flat, float32."""
    return np.concatenate([sweep.matrices[pair].ravel() for pair in pairs])


@lru_cache(maxsize=48)
def exact(convention: Convention, pairs: tuple[Pair, ...]) -> Values:
    """The exact matrices of a convention for ``pairs``, with tolerances for float32 and ties."""
    where = layout(pairs)
    matrices = [matrix(convention, *pair).to_array() for pair in pairs]
    values = np.concatenate([array.ravel() for array in matrices])
    gains = [float(np.abs(array).sum(axis=1).max()) for array in matrices]
    tolerances = [gain_tolerance(convention, *pair, round(gain, 3)) for pair, gain in zip(pairs, gains, strict=True)]
    near = [tie_distance(convention, *pair) <= coordinate_error(pair[0]) for pair in pairs]
    return Values(where, values, np.array(tolerances)[where.pair], np.concatenate(near))


def rounding_only(where: Layout, values: np.ndarray) -> np.ndarray:
    """By row, the gain that rounding explains when nothing is known of the kernel: a slope of 2 over the row's taps.

    For a measured row without a claim: every weight off by the coordinate's error times 2, plus 8 roundings.
    """
    n_in = np.array([pair[0] for pair in where.pairs])
    errors = 2 * np.array([coordinate_error(n) for n in n_in]) + 8 * UNIT_ROUNDOFF
    taps = where.row_sums((values != 0).astype(np.float64))
    return np.maximum(taps, 1) * errors[where.pair]
