"""The two modes of ``align_corners`` along one axis: where samples lie, where pixels land, how far the modes part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from math import lcm

from halfpixel.golden.convention import Convention
from halfpixel.golden.coordinates import affine_map
from halfpixel.golden.matrix import ExactMatrix, matrix

HALF = Fraction(1, 2)

ALIGN_CORNERS = Convention(kernel="linear", coordinate_transformation_mode="align_corners")
"""``align_corners=True``, linear."""
HALF_PIXEL = Convention(kernel="linear", coordinate_transformation_mode="half_pixel")
"""``align_corners=False``, linear."""
MODES = {True: ALIGN_CORNERS, False: HALF_PIXEL}

SparseRow = tuple[tuple[int, Fraction], ...]

# The same few thousand ratios occur millions of times.
ratio = lru_cache(maxsize=1 << 17)(Fraction)


class NotObservable(Exception):
    """These sizes, or this framework, do not show what was asked."""


class NeitherMode(Exception):
    """What was measured is not the sampling of any mode: it cannot speak for one."""


@dataclass(frozen=True)
class SampledAxis:
    """One axis as a resize samples it.

    Output ``o`` is the sum of ``weight * pixel`` over ``rows[o]``, pixels in ascending order, none of weight zero.
    ``line`` is the ``(slope, intercept)`` of ``x_in = slope * x_out + intercept``, before anything is clamped; ``None``
    where it cannot be told.
    """

    n_in: int
    n_out: int
    rows: tuple[SparseRow, ...]
    line: tuple[Fraction, Fraction] | None

    def samples(self, x_out: Fraction | int) -> Fraction:
        """Output to input: the input coordinate that output coordinate ``x_out`` reads. Centres are whole numbers."""
        slope, intercept = self._line()
        return slope * x_out + intercept

    def lands(self, x_in: Fraction | int) -> Fraction:
        """Input to output: where input coordinate ``x_in`` lands. ``NotSeen`` when all outputs read one place."""
        slope, intercept = self._line()
        if slope == 0:
            raise NotObservable(f"{self.n_in} -> {self.n_out}: every output reads the same place")
        return (x_in - intercept) / slope

    @cached_property
    def places(self) -> tuple[Fraction, ...]:
        """Where each output samples."""
        slope, intercept = self._line()
        step, first = slope.numerator * intercept.denominator, intercept.numerator * slope.denominator
        common = slope.denominator * intercept.denominator
        return tuple(ratio(step * o + first, common) for o in range(self.n_out))

    @cached_property
    def landings(self) -> tuple[Fraction, ...]:
        """Where each input pixel lands; ``NotSeen`` as :meth:`lands`."""
        return tuple(map(self.lands, range(self.n_in)))

    @property
    def step(self) -> Fraction:
        """Input pixels between the places that two neighbouring outputs read."""
        return self._line()[0]

    @cached_property
    def picks(self) -> dict[int, int]:
        """The input pixel that each output copies, by output, where it copies one."""
        return {o: row[0][0] for o, row in enumerate(self.rows) if len(row) == 1 and row[0][1] == 1}

    def _line(self) -> tuple[Fraction, Fraction]:
        if self.line is None:
            raise NotObservable(f"{self.n_in} -> {self.n_out}: too few outputs lie inside to tell where they sample")
        return self.line


Sampler = Callable[[Convention, int, int], SampledAxis]
"""``sampler(convention, n_in, n_out)``: the exact axis, or that of a framework's call; raises :class:`NotSeen`."""


def sparse_rows(exact: ExactMatrix) -> tuple[SparseRow, ...]:
    """The rows of a rational matrix, without their zeros."""
    found = []
    for taps, weights, total in zip(exact.taps.tolist(), exact.weights.tolist(), exact.totals.tolist(), strict=True):
        row: dict[int, int] = {}
        for tap, weight in zip(taps, weights, strict=True):
            row[tap] = row.get(tap, 0) + weight
        found.append(tuple((tap, ratio(weight, total)) for tap, weight in sorted(row.items()) if weight))
    return tuple(found)


@lru_cache(maxsize=1 << 15)
def exact_axis(convention: Convention, n_in: int, n_out: int) -> SampledAxis:
    """The exact axis of a rational convention; ``ValueError`` for sizes below 1."""
    rows = sparse_rows(matrix(convention, n_in, n_out))
    return SampledAxis(n_in, n_out, rows, affine_map(convention, n_in, n_out))


def linear_row(coordinate: Fraction, n_in: int) -> SparseRow:
    """The weights of linear interpolation at a coordinate that is clamped to the pixels' centres."""
    unit = coordinate.denominator
    left, beyond = divmod(min(max(coordinate.numerator, 0), (n_in - 1) * unit), unit)
    return ((left, ratio(unit - beyond, unit)), (left + 1, ratio(beyond, unit))) if beyond else ((left, ratio(1, 1)),)


def product(outer: tuple[SparseRow, ...], inner: tuple[SparseRow, ...]) -> tuple[SparseRow, ...]:
    """The rows of ``outer @ inner``: resize by ``inner`` first."""
    result = []
    for row in outer:
        unit = lcm(*(weight.denominator * part.denominator for middle, weight in row for _, part in inner[middle]))
        total: dict[int, int] = {}
        for middle, weight in row:
            for tap, part in inner[middle]:
                share = weight.numerator * part.numerator * (unit // (weight.denominator * part.denominator))
                total[tap] = total.get(tap, 0) + share
        result.append(tuple((tap, ratio(weight, unit)) for tap, weight in sorted(total.items()) if weight))
    return tuple(result)


def identity(n: int) -> tuple[SparseRow, ...]:
    """The rows of a resize that changes nothing."""
    return tuple(((i, Fraction(1)),) for i in range(n))


def shift_in_input(n_in: int, n_out: int, x_out: Fraction | int) -> Fraction:
    """Input pixels by which ``True`` samples further right than ``False`` at output ``x_out``.

    ``x_out (n - 1)/(m - 1) - ((x_out + 1/2) n/m - 1/2) = (m - n)/(2 m) * (1 - 2 x_out/(m - 1))`` with ``n`` in, ``m``
    out: largest at the corners, zero in the middle, and linear in between. Needs ``n_out >= 2``.
    """
    if isinstance(x_out, int):
        return ratio((n_out - n_in) * (n_out - 1 - 2 * x_out), 2 * n_out * (n_out - 1))
    return Fraction(n_out - n_in, 2 * n_out) * (1 - 2 * x_out / (n_out - 1))


def shift_in_output(n_in: int, n_out: int, x_in: Fraction | int) -> Fraction:
    """Output pixels by which a feature at input ``x_in`` lands further right with ``True`` than with ``False``.

    The same with in and out exchanged: ``(n - m)/(2 n) * (1 - 2 x_in/(n - 1))``. Needs both sizes to be 2 or more.
    """
    return shift_in_input(n_out, n_in, x_in)


def largest_shift_in_input(n_in: int, n_out: int) -> Fraction:
    """``|m - n| / (2 m)`` input pixels, at the first and the last output: under a half when enlarging."""
    return Fraction(abs(n_out - n_in), 2 * n_out)


def largest_shift_in_output(n_in: int, n_out: int) -> Fraction:
    """``|m - n| / (2 n)`` output pixels, at the first and the last input pixel: ``(s - 1)/2`` for a factor ``s``."""
    return Fraction(abs(n_out - n_in), 2 * n_in)


def magnification(n_in: int, n_out: int) -> Fraction:
    """What ``True`` enlarges beyond ``False``: its picture is the other one magnified about the image's centre.

    ``((m - 1)/(n - 1)) / (m/n)``, the same everywhere and along both axes of a square image. Needs ``n_in >= 2``.
    """
    return Fraction(n_out - 1, n_in - 1) / Fraction(n_out, n_in)


def keeps_grid(n_in: int, n_out: int) -> bool:
    """Whether ``True`` reproduces every input pixel: the outputs' grid holds the inputs', sizes ``x + 1``, ``n x + 1``.

    Every input pixel lands on an output when ``(n_out - 1) / (n_in - 1)`` is whole.
    """
    return n_in == 1 or (n_out > 1 and (n_out - 1) % (n_in - 1) == 0)


def mixed_number(value: Fraction | int) -> str:
    """A fraction as it is read aloud: ``3 2/3``, ``-1/5``, ``4``."""
    value = Fraction(value)
    if value.denominator == 1:
        return str(value.numerator)
    whole, rest = divmod(abs(value.numerator), value.denominator)
    sign = "-" if value < 0 else ""
    return f"{sign}{whole} {rest}/{value.denominator}" if whole else f"{sign}{rest}/{value.denominator}"
