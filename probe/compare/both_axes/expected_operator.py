"""The expected result of a resize of both axes: by exact operators, one an axis, or by another call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.golden import Convention, coordinates, matrix, matrix_at
from halfpixel.golden.matrix import ExactMatrix
from halfpixel.golden.tolerance import (
    coordinate_error,
    gain_tolerance,
    image_tolerance,
    is_near_tie,
    joint_tolerance,
    row_gain,
)
from halfpixel.probe.compare.reference import near_ties
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.measure.whole_images import ArrayCache, impulse_responses, random_image, resized_image

_DENSE = 1 << 17
"""Weights of a matrix up to which a product with all of it is faster than gathering taps, and is kept."""
_LONGEST_FILTERED = 320
"""Pixels of an axis up to which a prefilter's full matrix is made."""


class TooLarge(Exception):
    """The exact operator is too large to make; the message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class AxisOperator:
    """One axis of an exact operator: ``y[o] = sum_t weights[o, t] x[taps[o, t]]``.

    ``taps`` and ``weights`` (float64) have the shape ``(n_out, k)``; ``tolerance`` is the largest ``sum |W - exact|``
    of a row that float32 explains, ``bound`` the error of each weight here, ``gain`` the largest ``sum |w|`` of a row.
    ``near_tie``, bool ``(n_out,)``, are the rows within float32 rounding of a jump of the rule; ``sides`` gives the
    operators on either side of it.
    """

    n_in: int
    taps: np.ndarray
    weights: np.ndarray
    tolerance: float
    bound: float
    gain: float
    near_tie: np.ndarray
    sides: Callable[[], tuple[AxisOperator, ...]]
    dense: np.ndarray | None = None

    @property
    def n_out(self) -> int:
        """Pixels of the output."""
        return len(self.taps)

    def to_array(self) -> np.ndarray:
        """float64, ``(n_out, n_in)``."""
        if self.dense is not None:
            return self.dense
        flat = self.taps + np.arange(self.n_out)[:, None] * self.n_in
        return np.bincount(flat.ravel(), self.weights.ravel(), self.n_out * self.n_in).reshape(self.n_out, self.n_in)

    def along_rows(self, image: np.ndarray) -> np.ndarray:
        """The image ``(n_in, W)`` resized to ``(n_out, W)``, in float64."""
        if self.dense is not None:
            return np.asarray(self.dense @ image)
        resized = np.zeros((self.n_out, image.shape[1]))
        for tap, weight in zip(self.taps.T, self.weights.T, strict=True):
            resized += weight[:, None] * image[tap]
        return resized


def axis_operator(
    exact: ExactMatrix,
    tolerance: Callable[[float], float],
    near_tie: np.ndarray,
    sides: Callable[[], tuple[AxisOperator, ...]] = tuple,
) -> AxisOperator:
    """The operator of an exact matrix; ``tolerance`` of its gain is that of a row.

    Raises :class:`TooLarge` for a prefilter along a long axis, whose matrix is full.
    """
    if exact.convention.prefilter != "none":
        if exact.n_in > _LONGEST_FILTERED:
            raise TooLarge(f"the exact prefilter along more than {_LONGEST_FILTERED} pixels is not made")
        full = exact.to_array()
        taps = np.broadcast_to(np.arange(exact.n_in), full.shape)
        gain = row_gain(full)
        return AxisOperator(exact.n_in, taps, full, tolerance(gain), exact.bound, gain, near_tie, sides, full)
    weights = (exact.weights / exact.totals[:, None]).astype(np.float64)
    taps = exact.taps.astype(np.intp)
    operator = AxisOperator(exact.n_in, taps, weights, 0.0, exact.bound, 0.0, near_tie, sides)
    dense = operator.to_array() if exact.n_in * exact.n_out <= _DENSE else None
    # Taps folded onto one pixel may cancel: the sum of their absolute values bounds the gain, and rounds no less.
    gain = float(np.abs(weights).sum(axis=1).max()) if dense is None else row_gain(dense)
    return AxisOperator(exact.n_in, taps, weights, tolerance(gain), exact.bound, gain, near_tie, sides, dense)


class ExpectedOperator(Protocol):
    """The exact operators of both axes; it is hashable, equal where it expects the same, and its text names it."""

    def axes(self, size_in: Pair, size_out: Pair) -> tuple[AxisOperator, AxisOperator]:
        """The operators along the height and the width.

        Raises ``ValueError`` where it has no meaning, and :class:`TooLarge`.
        """
        ...


@dataclass(frozen=True, slots=True)
class ConventionOperator:
    """A convention along both axes, each by the ratio of its own sizes."""

    convention: Convention

    def axes(self, size_in: Pair, size_out: Pair) -> tuple[AxisOperator, AxisOperator]:
        """The operators along the height and the width."""
        height, width = (_of_convention(self.convention, pair) for pair in zip(size_in, size_out, strict=True))
        return height, width

    def __str__(self) -> str:
        return str(self.convention)


@lru_cache(maxsize=128)
def _of_convention(convention: Convention, pair: Pair) -> AxisOperator:
    def tolerance(gain: float) -> float:
        return gain_tolerance(convention, *pair, round(gain, 3))

    near_tie = is_near_tie(convention, pair)

    @lru_cache(maxsize=1)
    def sides() -> tuple[AxisOperator, ...]:
        return tuple(axis_operator(exact, tolerance, near_tie) for exact in shifted_exact(convention, pair))

    return axis_operator(matrix(convention, *pair), tolerance, near_tie, sides)


def shifted_exact(convention: Convention, pair: Pair, scale: Fraction | None = None) -> tuple[ExactMatrix, ExactMatrix]:
    """The exact matrix with every coordinate moved down, and up, by twice the float32 error of a coordinate."""
    exact = coordinates(convention, *pair, scale)
    by = Fraction(2 * coordinate_error(pair[0]))
    given = Fraction(pair[1], pair[0]) if scale is None else scale
    down, up = (matrix_at(convention, exact.moved(step), pair[0], given) for step in (-by, by))
    return down, up


@dataclass(frozen=True, slots=True)
class Expectation:
    """The expected result of one image, or of every impulse, at one shape.

    values
        float64: ``(h, w)`` of an image, ``(h, w, H, W)`` of impulses.
    tolerance
        By how much an output of the image, or the sum of its weights' differences, may be off.
    near_tie
        Bool ``(h, w)``: outputs within float32 rounding of a jump of the rule.
    others
        What else outputs near a tie may be, of the shape of ``values``; ``None`` for anything.
    """

    values: np.ndarray
    tolerance: float
    near_tie: np.ndarray
    others: Callable[[], Iterator[np.ndarray]] | None


_EXACT = ArrayCache(1 << 26)


@dataclass(frozen=True, slots=True)
class ExactExpectation:
    """Expects what exact operators give."""

    expected: ExpectedOperator

    def image(self, size_in: Pair, size_out: Pair) -> Expectation:
        """Of the random image of that size; computed once for all calls that are held against the same."""
        height, width = self.expected.axes(size_in, size_out)

        def resized(down: AxisOperator, right: AxisOperator) -> np.ndarray:
            image = random_image(size_in).astype(np.float64)
            if size_out[0] * size_in[1] <= size_in[0] * size_out[1]:
                return right.along_rows(down.along_rows(image).T).T
            return down.along_rows(right.along_rows(image.T).T)

        values = _EXACT.get((self.expected, size_in, size_out), lambda: resized(height, width))
        tolerance = _bounds(height, width).image
        return Expectation(values, tolerance, _near(height, width), lambda: _either_side(height, width, resized))

    def impulses(self, size_in: Pair, size_out: Pair) -> Expectation:
        """Of every impulse."""
        height, width = self.expected.axes(size_in, size_out)

        def product(down: AxisOperator, right: AxisOperator) -> np.ndarray:
            return np.asarray(down.to_array()[:, None, :, None] * right.to_array()[None, :, None, :])

        tolerance = _bounds(height, width).weights
        near = _near(height, width)
        return Expectation(product(height, width), tolerance, near, lambda: _either_side(height, width, product))


class _Bounds(NamedTuple):
    """By how much an output of an image, and the sum of an output's weights' differences, may be off by rounding."""

    image: float
    weights: float


def _bounds(height: AxisOperator, width: AxisOperator) -> _Bounds:
    tolerances, gains = (height.tolerance, width.tolerance), (height.gain, width.gain)
    taps, bounds = (height.taps.shape[1], width.taps.shape[1]), (height.bound, width.bound)
    return _Bounds(image_tolerance(tolerances, gains, taps, bounds), joint_tolerance(tolerances, gains))


def _near(height: AxisOperator, width: AxisOperator) -> np.ndarray:
    return np.asarray(height.near_tie[:, None] | width.near_tie)


def _either_side(
    height: AxisOperator, width: AxisOperator, make: Callable[[AxisOperator, AxisOperator], np.ndarray]
) -> Iterator[np.ndarray]:
    for down in (height, *height.sides()):
        for right in (width, *width.sides()):
            if down is not height or right is not width:
                yield make(down, right)


_STAND_IN = Convention(kernel="cubic", cubic_coeff_a=Fraction(-3, 4), antialias=True)
"""The rule whose float32 bound stands for that of a call which claims none: a steep one, of four taps or more."""


@dataclass(frozen=True, slots=True)
class SameAsCall:
    """Expects of the call ``of`` what another gives, within the sum of both float32 bounds.

    Outputs near a tie of either claim may differ.
    """

    call: Operation
    of: Operation

    def image(self, size_in: Pair, size_out: Pair) -> Expectation:
        """Of the random image of that size. Raises as :func:`impulse_responses` does."""
        values = resized_image(self.call, size_in, size_out).astype(np.float64)
        tolerance = sum(bounds.image for bounds in self._bounds(size_in, size_out))
        return Expectation(values, tolerance, self._near_ties(size_in, size_out), None)

    def impulses(self, size_in: Pair, size_out: Pair) -> Expectation:
        """Of every impulse. Raises as :func:`impulse_responses` does."""
        values = impulse_responses(self.call, size_in, size_out).astype(np.float64)
        tolerance = sum(bounds.weights for bounds in self._bounds(size_in, size_out))
        return Expectation(values, tolerance, self._near_ties(size_in, size_out), None)

    def _bounds(self, size_in: Pair, size_out: Pair) -> list[_Bounds]:
        claims = (operation.claim or _STAND_IN for operation in (self.call, self.of))
        return [_bounds(*ConventionOperator(claim).axes(size_in, size_out)) for claim in claims]

    def _near_ties(self, size_in: Pair, size_out: Pair) -> np.ndarray:
        return np.asarray(near_ties(self.call.claim, size_in, size_out) | near_ties(self.of.claim, size_in, size_out))

    def __str__(self) -> str:
        return self.call.id
