"""By how much an output value may differ from the exact one, for a dtype; and what a tolerance of that size hides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from halfpixel.golden import Convention, coordinates, matrix, matrix_at
from halfpixel.golden.catalogue import CATALOGUE
from halfpixel.golden.tolerance import UNIT_ROUNDOFF, operator_tolerance, row_gain
from halfpixel.golden.vocabulary import GREY_LEVELS
from halfpixel.probe.measure.sizes import Pair

DTYPES = ("float32", "float16", "uint8")
_FLOAT16_ROUNDOFF = 2.0**-11
_SMALL_SHIFT = Fraction(1, 2**20)
_SMALL_STEP = Fraction(1, 2**10)
"""Of a cubic coefficient: weights are linear in it, but for the sum that they are divided by."""


@dataclass(frozen=True, slots=True)
class ValueTolerance:
    """The parts of a bound on an output's error; in the unit of the values: 1 for floats in [-1, 1], levels for uint8.

    weights
        By float32 coordinates and weights.
    sums
        By adding float32 products, in whatever order.
    result
        By rounding the result to the dtype.
    between_passes
        More, where a call rounds to the dtype after the first pass, too; 0 for floats.
    """

    dtype: str
    weights: float
    sums: float
    result: float
    between_passes: float

    @property
    def total(self) -> float:
        """The bound for a call that rounds once, at its end."""
        return self.weights + self.sums + self.result


def value_tolerance(
    convention: Convention, size_in: Pair, size_out: Pair, dtype: str = "float32", peak: float | None = None
) -> ValueTolerance:
    """The bound for images of ``size_in`` (height, width) resized to ``size_out``.

    ``dtype`` is one of :data:`DTYPES`; ``peak`` the largest absolute value of the image, 1 for floats and 255 for uint8
    by default. Weights are those of float32 arithmetic whatever the dtype of the image
    (:func:`~halfpixel.golden.tolerance.operator_tolerance`). A float32 sum of ``k`` products errs by ``k``
    roundings of the sum of their absolute values (N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd
    edition, section 3.1), at most the gain of both axes; storing the values of each pass is two more. Raises
    ``ValueError`` for another dtype.
    """
    if dtype not in DTYPES:
        raise ValueError(f"unknown dtype {dtype!r}; allowed: {', '.join(DTYPES)}")
    rows, columns = (matrix(convention, *pair).to_array() for pair in zip(size_in, size_out, strict=True))
    gains = (row_gain(rows), row_gain(columns))
    gain = gains[0] * gains[1]
    most = peak if peak is not None else GREY_LEVELS if dtype == "uint8" else 1.0
    taps = sum(int((weights != 0).sum(axis=1).max(initial=0)) for weights in (rows, columns))
    result = {"uint8": 0.5, "float16": _FLOAT16_ROUNDOFF * gain * most, "float32": 0.0}[dtype]
    return ValueTolerance(
        dtype,
        operator_tolerance(convention, size_in, size_out, gains) * most,
        (taps + 2) * UNIT_ROUNDOFF * gain * most,
        result,
        0.5 * max(gains) if dtype == "uint8" else 0.0,
    )


@dataclass(frozen=True, slots=True)
class Hidden:
    """Errors that a test with some tolerance cannot see, at one size.

    coefficient
        From which to which cubic coefficient; ``None`` for another kernel.
    shift
        Input pixels by which coordinates may be moved along both axes; 0 where picks jump.
    brightness
        By which share every weight may be too large.
    names
        The catalogue's names for other conventions that are that near.
    """

    coefficient: tuple[float, float] | None
    shift: float
    brightness: float
    names: tuple[str, ...]


def hidden_by(convention: Convention, size_in: Pair, size_out: Pair, tolerance: float) -> Hidden:
    """The errors that pass a test which allows outputs to be off by ``tolerance``, for images in [-1, 1].

    Differences are worst cases over all such images, so what is listed passes on every image; a test on one image hides
    more. A small shift, and a small change of the coefficient, change weights in proportion.
    """
    axes = [_Axis(convention, pair) for pair in zip(size_in, size_out, strict=True)]
    exact = [axis.weights for axis in axes]

    def allowed(changes: list[np.ndarray], step: float) -> float:
        gain = joint_gain(exact, changes)
        return step * tolerance / gain if gain > 0 else float("inf")

    coefficient = None
    if convention.cubic_coeff_a is not None:
        near = convention.but(cubic_coeff_a=convention.cubic_coeff_a + _SMALL_STEP)
        by = allowed([_Axis(near, axis.pair).weights for axis in axes], float(_SMALL_STEP))
        own = float(convention.cubic_coeff_a)
        coefficient = (own - by, own + by)
    shift = 0.0
    if convention.kernel not in ("nearest", "adaptive_average", "box"):
        shift = allowed([axis.shifted() for axis in axes], float(_SMALL_SHIFT))
    gain = row_gain(exact[0]) * row_gain(exact[1])
    return Hidden(coefficient, shift, tolerance / gain if gain else float("inf"), tuple(_names(axes, exact, tolerance)))


def joint_gain(exact: list[np.ndarray], changed: list[np.ndarray]) -> float:
    """At most how far an output of ``Vy X Vx^T`` is from ``Wy X Wx^T``, for images in [-1, 1].

    ``exact`` and ``changed`` hold the matrices of both axes. The difference is ``(Vy - Wy) X Vx^T + Wy X (Vx - Wx)^T``.
    """
    off = [row_gain(b - a) for a, b in zip(exact, changed, strict=True)]
    return off[0] * row_gain(changed[1]) + off[1] * row_gain(exact[0])


@dataclass(frozen=True, slots=True)
class _Axis:
    """A convention at one pair of sizes."""

    convention: Convention
    pair: Pair

    @property
    def weights(self) -> np.ndarray:
        """The exact matrix, float64 ``(n_out, n_in)``."""
        return matrix(self.convention, *self.pair).to_array()

    def shifted(self) -> np.ndarray:
        """The same with every coordinate moved up by a little."""
        n_in, n_out = self.pair
        moved = coordinates(self.convention, n_in, n_out).moved(_SMALL_SHIFT)
        return matrix_at(self.convention, moved, n_in, Fraction(n_out, n_in)).to_array()


def _names(axes: list[_Axis], exact: list[np.ndarray], tolerance: float) -> Iterator[str]:
    for entry in CATALOGUE:
        try:
            others = [_Axis(entry.convention, axis.pair).weights for axis in axes]
        except ValueError:  # a combination without a meaning at this size
            continue
        if entry.convention != axes[0].convention and joint_gain(exact, others) <= tolerance:
            yield entry.name
