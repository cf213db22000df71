"""One resize of one image, as a vector asks it, and the right answer: exact, and as a resizer gives it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from math import lcm

import numpy as np

from halfpixel.golden.convention import Convention
from halfpixel.golden.integer_rules import IntegerRule
from halfpixel.golden.matrix import matrix
from halfpixel.golden.rounding import to_integers
from halfpixel.golden.tolerance import UNIT_ROUNDOFF, gain_tolerance, row_gain

_FRACTIONAL_BITS = 60
"""Of weights that are no fractions; float64 has 53."""
_DECIMALS = 9
"""Values are rounded to these before they become integers, so that a tie is one however float64 summed it."""


@dataclass(frozen=True, slots=True)
class VectorAxis:
    """One axis of a case: its convention, lengths in pixels, and output over input where the caller gives that."""

    convention: Convention
    n_in: int
    n_out: int
    scale: Fraction | None = None

    def weights(self) -> np.ndarray:
        """The exact matrix in float64, ``(n_out, n_in)``."""
        return _weights(self.convention, self.n_in, self.n_out, self.scale)


STEPS = ("rounded once", "width first, rounded after each pass", "height first, rounded after each pass")


@dataclass(frozen=True, slots=True)
class Problem:
    """An image, ``axes`` first and channels last (or none), to be resized along ``axes``.

    dtype
        ``float32`` or ``uint8``: what comes back.
    rule
        The integer rule of a library that the answer has to follow; without one, a convention's exact value.
    steps
        One of :data:`STEPS`: how a resizer with exact weights comes nearest to the rule.
    """

    image: np.ndarray
    axes: tuple[VectorAxis, ...]
    dtype: str = "float32"
    rule: IntegerRule | None = None
    steps: str = STEPS[0]

    @property
    def size(self) -> tuple[int, ...]:
        """Of the result, without channels."""
        return tuple(axis.n_out for axis in self.axes)

    def of(self, image: np.ndarray) -> Problem:
        """The same question about another image of the same shape."""
        return replace(self, image=image)

    def as_near_as_possible(self, expected: np.ndarray) -> Problem:
        """The same with the ``steps`` that come nearest to what a rule made of the image; the first of those."""
        ways = [replace(self, steps=steps) for steps in STEPS]
        return min(ways, key=lambda way: float(np.abs(answer(way) - expected)[..., way.planes].max()))

    @property
    def planes(self) -> slice:
        """The channels that are resized as they are: alpha alone, where a rule weighs colours by it."""
        return slice(-1 if self.rule is not None and has_alpha(self.rule) else None, None)


def resize(
    problem: Problem,
    weights: Sequence[np.ndarray] | None = None,
    between: Callable[[np.ndarray], np.ndarray] | None = None,
) -> np.ndarray:
    """The result in float64, not yet made the dtype; ``between`` is done after each pass but the last.

    The last axis is resized first, unless the ``steps`` of the problem say otherwise.
    """
    matrices = [axis.weights() for axis in problem.axes] if weights is None else weights
    order = list(range(len(matrices)))
    if problem.steps != STEPS[2]:
        order.reverse()
    if between is None and problem.steps != STEPS[0]:
        between = to_uint8
    values = problem.image[..., None].astype(np.float64)
    for position in order:
        values = (matrices[position] @ values.swapaxes(position, -2)).swapaxes(position, -2)
        if between is not None and position != order[-1]:
            values = between(values)
    return values[..., 0]


def answer(problem: Problem, weights: Sequence[np.ndarray] | None = None) -> np.ndarray:
    """:func:`resize` in the dtype's own numbers: what a right resizer returns that has these weights."""
    values = resize(problem, weights)
    return values if problem.dtype == "float32" else to_uint8(values)


def to_uint8(values: np.ndarray) -> np.ndarray:
    """To the nearest whole number, ties up, and clipped to 0 and 255."""
    return np.asarray(np.clip(np.floor(settled(values) + 0.5), 0, 255))


def has_alpha(rule: IntegerRule) -> bool:
    """Whether the rule weighs colours by the last channel."""
    return "-rgba-" in rule.name


def settled(values: np.ndarray) -> np.ndarray:
    """Values without the last roundings of float64."""
    return np.round(values, _DECIMALS)


def right_answer(problem: Problem) -> np.ndarray:
    """The result of a right resizer: float32 nearest to the exact values, or uint8, in the shape of the result.

    Conventions are worked out in integers, so that a tie is met exactly; an integer rule is its own definition.
    """
    if problem.rule is not None:
        return problem.rule.resize(problem.image, (problem.size[0], problem.size[1]))
    parts = [_integer_weights(axis) for axis in problem.axes]
    numerators = problem.image.astype(np.int64).astype(object)
    denominators: np.ndarray | int = 1
    for position, (weights, totals) in enumerate(parts):
        numerators = np.moveaxis(np.tensordot(weights, numerators, axes=(1, position)), 0, position)
        shape = [1] * numerators.ndim
        shape[position] = -1
        denominators = denominators * totals.reshape(shape)
    if problem.dtype == "uint8":
        return to_integers(numerators, denominators, 0, 255, "half_up").astype(np.uint8)
    return np.asarray((numerators / denominators).astype(np.float64).astype(np.float32))


def tolerance(axes: Sequence[VectorAxis], peak: float) -> float:
    """By how much a right float32 result may differ from the exact one, for images with values in ``-peak..peak``.

    Weights computed in float32 are off by :func:`halfpixel.golden.tolerance.gain_tolerance` along an axis; each axis
    enlarges the errors of the others by its gain. A float32 sum of ``k`` products errs by ``k`` roundings of the sum of
    their absolute values (N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, section 3.1), and
    each pass is rounded once more when it is stored. The expected value is itself rounded to float32: one more. Nearest
    copies pixels, and is exact. Rounded up to two digits.
    """
    if all(axis.convention.kernel == "nearest" for axis in axes):
        return 0.0
    exact = [axis.weights() for axis in axes]
    gains = [row_gain(weights) for weights in exact]
    errors = [
        gain_tolerance(axis.convention, axis.n_in, axis.n_out, round(gain, 3))
        for axis, gain in zip(axes, gains, strict=True)
    ]
    gain = float(np.prod(gains))
    by_weights = float(np.prod([gain + error for gain, error in zip(gains, errors, strict=True)])) - gain
    roundings = sum(int((weights != 0).sum(axis=1).max()) + 1 for weights in exact) + 1
    return float(f"{1.05 * peak * (by_weights + roundings * UNIT_ROUNDOFF * gain):.1e}")


@lru_cache(maxsize=1 << 14)
def _weights(convention: Convention, n_in: int, n_out: int, scale: Fraction | None) -> np.ndarray:
    weights = matrix(convention, n_in, n_out, scale).to_array()
    weights.setflags(write=False)
    return weights


def _integer_weights(axis: VectorAxis) -> tuple[np.ndarray, np.ndarray]:
    """Integers ``(n_out, n_in)`` and the number that each row is divided by."""
    exact = matrix(axis.convention, axis.n_in, axis.n_out, axis.scale)
    if not exact.is_rational:
        scaled = [[round(Fraction(value) * 2**_FRACTIONAL_BITS) for value in row] for row in exact.to_array().tolist()]
        return np.array(scaled, dtype=object), np.full(axis.n_out, 2**_FRACTIONAL_BITS, dtype=object)
    rows = list(exact.rows())
    totals = [lcm(*(value.denominator for value in row)) for row in rows]
    scaled = [[int(value * total) for value in row] for row, total in zip(rows, totals, strict=True)]
    return np.array(scaled, dtype=object), np.array(totals, dtype=object)
