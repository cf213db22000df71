"""The weights of a whole plane as integers over a denominator, so that integer images give exact rationals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import lcm

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.golden import Convention, matrix
from halfpixel.golden.matrix import ExactMatrix
from halfpixel.golden.tolerance import operator_tolerance, row_gain
from halfpixel.probe.compare.reference import Reference, reference
from halfpixel.probe.measure.axis_matrix import Refused
from halfpixel.probe.measure.sizes import Pair

_STEPS = 2**40
"""Denominator of weights that have no short fraction: one step is far below float32, and sums stay within int64."""
_LONGEST = 2**30
"""Denominators above this are not worth carrying: two of them, and a value, no longer fit int64."""


@dataclass(frozen=True, slots=True, eq=False)
class AxisWeights:
    """Row ``o`` of an axis is ``numerators[o] / denominators[o]``, int64; ``error`` bounds ``sum_i`` of what is off."""

    numerators: np.ndarray
    denominators: np.ndarray
    error: float

    @property
    def array(self) -> np.ndarray:
        """float64, ``(n_out, n_in)``."""
        return np.asarray(self.numerators / self.denominators[:, None])


@dataclass(frozen=True, slots=True, eq=False)
class PlaneWeights:
    """``y.ravel() = (numerators @ x.ravel()) / denominators`` for a plane of ``size_in``.

    numerators, denominators
        int64, ``(h * w, H * W)`` and ``(h * w,)``.
    error
        By how much ``sum_i |w_i|`` of an output may be off: 0 where the weights are rational and short.
    float32
        By how much it may differ in float32, coordinates included (see ``halfpixel.golden.tolerance``).
    axes
        The weights along the height and the width; ``None`` where no product of two explains the plane.
    claim
        The convention that the operation claims, whether or not these weights are its own.
    """

    size_in: Pair
    size_out: Pair
    numerators: np.ndarray
    denominators: np.ndarray
    error: float
    float32: float
    axes: tuple[AxisWeights, AxisWeights] | None
    claim: Convention | None = None

    @property
    def array(self) -> np.ndarray:
        """float64, ``(h * w, H * W)``."""
        return np.asarray(self.numerators / self.denominators[:, None])

    @property
    def gain(self) -> float:
        """The largest ``sum_i |w_i|``."""
        return float((np.abs(self.numerators).sum(axis=1) / self.denominators).max())

    def arithmetic(self, unit_roundoff: float) -> float:
        """By how much a sum of the products may be off, relative to the largest value, in a given precision.

        A pass along an axis of ``t`` taps rounds ``t`` products and ``t`` additions; the second pass carries the error
        of the first. Relative to ``sum |w|`` that is ``2 (t_y + t_x) u``; one more ``u`` for the result.
        """
        taps = sum(map(self._taps, (0, 1)))
        return (2 * taps + 1) * unit_roundoff * self.gain

    def _taps(self, axis: int) -> int:
        if self.axes is None:
            return int((self.numerators != 0).sum(axis=1).max())
        return int((self.axes[axis].numerators != 0).sum(axis=1).max())


@lru_cache(maxsize=1024)
def weights_of(operation: Operation, size_in: Pair, size_out: Pair) -> PlaneWeights:
    """The weights with which dtypes of ``operation`` are compared: those of its float32 reference, as integers.

    Those of the claim where the framework refuses float32, or the operation is one of integers. Raises as that does
    otherwise: ``Refused``, ``WrongShape``, ``NotInstalled``; ``Refused`` for integers without a claim.
    """
    if operation.dtype != "float32":
        if operation.claim is None:
            raise Refused(
                f"it takes only {operation.dtype}, and its documentation has nothing to hold integers against"
            )
        return exact_weights(operation.claim, size_in, size_out)
    try:
        known = reference(operation, size_in, size_out)
    except Refused:
        if operation.claim is None:
            raise
        return exact_weights(operation.claim, size_in, size_out)
    if known.exact is not None and operation.claim is not None:
        return exact_weights(operation.claim, size_in, size_out)
    return _measured_weights(known, operation.claim)


@lru_cache(maxsize=4096)
def exact_weights(claim: Convention, size_in: Pair, size_out: Pair) -> PlaneWeights:
    """The weights that a convention gives a plane; shared by every operation that claims it."""
    pair_h, pair_w = zip(size_in, size_out, strict=True)
    axes = exact_axis(matrix(claim, *pair_h)), exact_axis(matrix(claim, *pair_w))
    gains = row_gain(axes[0].array), row_gain(axes[1].array)
    float32 = operator_tolerance(claim, size_in, size_out, gains)
    error = axes[0].error * gains[1] + axes[1].error * gains[0] + axes[0].error * axes[1].error
    exact = error == 0 and all(int(axis.denominators.max()) <= _LONGEST for axis in axes)
    if exact:
        numerators = np.kron(axes[0].numerators, axes[1].numerators)
        denominators = np.kron(axes[0].denominators, axes[1].denominators)
    else:
        numerators, denominators, steps = _in_steps(np.kron(axes[0].array, axes[1].array))
        error += steps
    return PlaneWeights(size_in, size_out, numerators, denominators, error, float32, axes, claim)


def exact_axis(exact: ExactMatrix) -> AxisWeights:
    """The weights of one axis over denominators of their own where these are short, else in small steps."""
    if exact.is_rational and exact.convention.prefilter != "bspline":
        rows = list(exact.rows())
        denominators = [lcm(*(weight.denominator for weight in row)) for row in rows]
        if max(denominators) <= _LONGEST:
            whole = [[int(weight * common) for weight in row] for row, common in zip(rows, denominators, strict=True)]
            return AxisWeights(np.array(whole, np.int64), np.array(denominators, np.int64), 0.0)
    numerators, steps_of_one, steps = _in_steps(exact.to_array())
    return AxisWeights(numerators, steps_of_one, steps + exact.bound * exact.n_in)


def _in_steps(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Weights as whole steps, and by how much a row of them may be off; short binary fractions stay exact."""
    numerators = np.rint(weights * _STEPS).astype(np.int64)
    off = row_gain(weights - numerators / _STEPS)
    return numerators, np.full(len(weights), _STEPS), off


def _measured_weights(known: Reference, claim: Convention | None) -> PlaneWeights:
    """Weights that were measured, with the tolerance of the float32 that they are in."""
    finite = np.nan_to_num(known.weights, nan=0, posinf=0, neginf=0)
    numerators, denominators, steps = _in_steps(finite)
    axes = _factors(finite, known.size_in, known.size_out, known.tolerance)
    error = known.tolerance + steps
    return PlaneWeights(known.size_in, known.size_out, numerators, denominators, error, error, axes, claim)


def _factors(
    weights: np.ndarray, size_in: Pair, size_out: Pair, tolerance: float
) -> tuple[AxisWeights, AxisWeights] | None:
    """One matrix for each axis whose product the plane is; rows that sum to one make them unique."""
    whole = weights.reshape(*size_out, *size_in)
    sums = whole.sum(axis=(2, 3))
    row, column = np.unravel_index(np.argmax(np.abs(sums)), sums.shape)
    if abs(sums[row, column]) < 0.5:
        return None
    along_h = whole[:, column].sum(axis=2)
    along_w = whole[row].sum(axis=1) / sums[row, column]
    if row_gain(np.kron(along_h, along_w) - weights) > 8 * tolerance + 1e-6:
        return None
    (top, bottom, error), (top_w, bottom_w, error_w) = _in_steps(along_h), _in_steps(along_w)
    return AxisWeights(top, bottom, tolerance + error), AxisWeights(top_w, bottom_w, tolerance + error_w)
