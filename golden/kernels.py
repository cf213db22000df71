"""Interpolation kernels: piecewise polynomials with rational coefficients, and the few transcendental ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from math import comb, factorial, lcm
from typing import ClassVar

import numpy as np

from halfpixel.golden.convention import Convention


@dataclass(frozen=True, slots=True)
class PiecewisePolynomial:
    """An even kernel: on ``breaks[j] <= |x| < breaks[j + 1]`` the polynomial ``sum_k pieces[j][k] * |x|**k``, else 0.

    ``includes_right_end`` makes it one-sided at its last break, as Pillow's box is: zero at ``-support`` and not at
    ``+support``.
    """

    breaks: tuple[Fraction, ...]
    pieces: tuple[tuple[Fraction, ...], ...]
    includes_right_end: bool = False
    bound: ClassVar[float] = 0.0
    """Error of a weight: none."""

    @property
    def support(self) -> Fraction:
        """The kernel is zero beyond this distance, in input pixels."""
        return self.breaks[-1]

    @property
    def degree(self) -> int:
        """The highest power of any piece."""
        return max(len(piece) for piece in self.pieces) - 1

    def lipschitz(self) -> float:
        """An upper bound of ``|k'|``: the largest slope of each piece at its ends and turning points."""
        steepest = 0.0
        for piece, left, right in zip(self.pieces, self.breaks, self.breaks[1:], strict=False):
            slope = np.polynomial.Polynomial([float(c) for c in piece]).deriv()
            roots = [complex(root) for root in slope.deriv().roots()]
            turns = [root.real for root in roots if abs(root.imag) < 1e-12 and left < root.real < right]
            steepest = max(steepest, *(float(abs(slope(x))) for x in [float(left), float(right), *turns]))
        return steepest

    def weigh(self, numerators: np.ndarray, denominator: int) -> np.ndarray:
        """Integer weights, proportional to ``k(numerators / denominator)``; shape of ``numerators`` kept.

        The constant of proportion is the same for all entries. Integers are int64 where that cannot overflow, and
        Python integers otherwise.
        """
        common = lcm(*(c.denominator for piece in self.pieces for c in piece))
        coefficients = [[int(c * common) for c in piece] for piece in self.pieces]
        largest = max(int(abs(numerators).max(initial=0)), denominator)
        heaviest = max(sum(abs(c) for c in piece) for piece in coefficients)
        if numerators.size * heaviest * largest**self.degree >= 2**62:
            numerators = numerators.astype(object)
        distance = abs(numerators)
        weights = np.zeros_like(distance)
        for piece, left, right in zip(coefficients, self.breaks, self.breaks[1:], strict=False):
            within = (distance * left.denominator >= left.numerator * denominator) & (
                distance * right.denominator < right.numerator * denominator
            )
            value = np.zeros_like(distance)
            for power in range(len(piece) - 1, -1, -1):
                value = value * distance + piece[power] * denominator ** (self.degree - power)
            weights = np.where(within, value, weights)
        if self.includes_right_end:
            end = numerators * self.support.denominator == self.support.numerator * denominator
            weights = np.where(end, common * denominator**self.degree, weights)
        return weights


@dataclass(frozen=True, slots=True)
class Transcendental:
    """An even kernel that no rational can hold: evaluated in float64, each weight within ``bound`` of the truth."""

    function: Callable[[np.ndarray], np.ndarray]
    support: Fraction
    steepest: float
    bound: float = 8 * float(np.finfo(np.float64).eps)

    def lipschitz(self) -> float:
        """An upper bound of ``|k'|``."""
        return self.steepest

    def weigh(self, numerators: np.ndarray, denominator: int) -> np.ndarray:
        """float64 weights ``k(numerators / denominator)``; arguments are exact up to one division."""
        x = np.abs((numerators / denominator).astype(np.float64))
        return np.where(x < float(self.support), self.function(x), 0.0)


Kernel = PiecewisePolynomial | Transcendental


Coefficients = tuple[Fraction | int, ...]


def _polynomials(breaks: Coefficients, *pieces: Coefficients, includes_right_end: bool = False) -> PiecewisePolynomial:
    first, *rest = (tuple(map(Fraction, row)) for row in (breaks, *pieces))
    return PiecewisePolynomial(first, tuple(rest), includes_right_end)


def linear() -> PiecewisePolynomial:
    """``1 - |x|``. ONNX Resize, mode linear."""
    return _polynomials((0, 1), (1, -1))


def cubic(a: Fraction) -> PiecewisePolynomial:
    """Keys' cubic convolution with free coefficient ``a``.

    Source: R. Keys, Cubic convolution interpolation for digital image processing, IEEE TASSP 29 (1981), eq. 4;
    ONNX Resize, attribute ``cubic_coeff_a``.
    """
    return _polynomials((0, 1, 2), (1, 0, -(a + 3), a + 2), (-4 * a, 8 * a, -5 * a, a))


def mitchell() -> PiecewisePolynomial:
    """Mitchell and Netravali's cubic with B = C = 1/3 (Computer Graphics 22, 1988, eq. 8)."""
    inner = (Fraction(8, 9), 0, -2, Fraction(7, 6))
    outer = (Fraction(16, 9), Fraction(-10, 3), 2, Fraction(-7, 18))
    return _polynomials((0, 1, 2), inner, outer)


def box() -> PiecewisePolynomial:
    """One on ``(-1/2, 1/2]``: Pillow's box, https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Resample.c."""
    return _polynomials((0, Fraction(1, 2)), (1,), includes_right_end=True)


@cache
def bspline(order: int) -> PiecewisePolynomial:
    """The centred cardinal B-spline of degree ``order``.

    ``b(x) = sum_k (-1)^k C(order + 1, k) (x + (order + 1) / 2 - k)_+^order / order!``; M. Unser, Splines: a perfect fit
    for signal and image processing, IEEE SPM 16 (1999), eq. 1 and 2.
    """
    half = Fraction(order + 1, 2)
    breaks = [Fraction(0)] + [half - k for k in range(order, -1, -1) if half - k > 0]
    pieces = []
    for left in breaks[:-1]:
        total = [Fraction(0)] * (order + 1)
        for k in range(order + 2):
            shift = half - k
            if left + shift >= 0:
                sign = (-1) ** k * comb(order + 1, k)
                for power in range(order + 1):
                    total[power] += sign * comb(order, power) * shift ** (order - power)
        pieces.append(tuple(value / factorial(order) for value in total))
    return PiecewisePolynomial(tuple(breaks), tuple(pieces))


def lanczos(lobes: int) -> Transcendental:
    """``sinc(x) sinc(x / lobes)`` for ``|x| < lobes``; C. Duchon, J. Applied Meteorology 18 (1979)."""

    def function(x: np.ndarray) -> np.ndarray:
        return np.where((x == np.round(x)) & (x != 0), 0.0, np.sinc(x) * np.sinc(x / lobes))

    return Transcendental(function, Fraction(lobes), steepest=np.pi)


def hamming() -> Transcendental:
    """``sinc(x) (0.54 + 0.46 cos(pi x))`` for ``|x| < 1``: Pillow's hamming (Resample.c, ``hamming_filter``)."""
    return Transcendental(lambda x: np.sinc(x) * (0.54 + 0.46 * np.cos(np.pi * x)), Fraction(1), steepest=np.pi)


def gaussian() -> Transcendental:
    """``exp(-2 x^2)`` for ``|x| < 3/2``: radius 3/2, sigma 1/2.

    Source: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/kernels/image/sampling_kernels.h.
    """
    return Transcendental(lambda x: np.exp(-2 * x * x), Fraction(3, 2), steepest=2.0)


_PLAIN: dict[str, Callable[[], Kernel]] = {
    "linear": linear,
    "mitchell": mitchell,
    "box": box,
    "hamming": hamming,
    "gaussian": gaussian,
}


@lru_cache(maxsize=1024)
def kernel(convention: Convention) -> Kernel:
    """The kernel function of a convention; ``ValueError`` for those that are no function of distance alone."""
    if convention.cubic_coeff_a is not None:
        return cubic(convention.cubic_coeff_a)
    if convention.lobes is not None:
        return lanczos(convention.lobes)
    if convention.order is not None:
        return bspline(convention.order)
    if convention.kernel in _PLAIN:
        return _PLAIN[convention.kernel]()
    raise ValueError(f"kernel {convention.kernel!r} is not a function of distance alone")
