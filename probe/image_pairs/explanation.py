"""Does a convention explain every pixel of a resized image, and by which arithmetic?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np

from halfpixel.golden import Convention
from halfpixel.golden.rounding import rounded
from halfpixel.golden.tolerance import UNIT_ROUNDOFF
from halfpixel.golden.vocabulary import GREY_LEVELS
from halfpixel.probe.identify.quantised_rounding import ROUNDING_SPREAD, SHORT_PRODUCTS
from halfpixel.probe.image_pairs.arithmetic import CLIPPED, FLOATS, ROUNDED, SHORT, Arithmetic
from halfpixel.probe.image_pairs.sparse_axis import SparseAxis, sparse_axis

_LONG_WEIGHTS = 2.0**-23
"""By how much a weight of 22 fractional bits, as Pillow has them, is off: half a unit.

https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Resample.c, ``PRECISION_BITS``
"""
_NO_OVERSHOOT = 1 + 1e-9
"""A kernel of at most this gain gives nothing beyond the range."""
_NEGLIGIBLE_REACH = 0.25
"""Grey levels: a bound on the error of float32 below this is not sharpened."""
_ROUNDINGS = 16 * UNIT_ROUNDOFF
"""Of a weight: 8 of Horner's rule, as in ``tolerance.gain_tolerance``, and as many of the sums of weights."""
_TIE = 1e-9
"""Levels within which a float64 sum of exact weights is taken for a tie: far above its rounding, 1e-12, and far below
the distance of values with short denominators."""


@dataclass(frozen=True, eq=False)
class ImagePair:
    """One plane and the result of resizing it.

    image, result
        float64, ``(H, W)`` and ``(h, w)``.
    highest
        The largest value of an integer result, 255 or 65535, which is clipped to ``0..highest``; ``None`` for floats.
    roundoff
        Unit roundoff of a float result's dtype.
    scales
        Output over input, (height, width), where the caller of the resizer gave one.
    name
        The files, and the channel where there are several.
    """

    image: np.ndarray
    result: np.ndarray
    highest: int | None = GREY_LEVELS
    roundoff: float = UNIT_ROUNDOFF
    scales: tuple[Fraction | None, Fraction | None] = (None, None)
    name: str = ""

    @cached_property
    def peak(self) -> float:
        """The largest magnitude in the image."""
        return float(np.abs(self.image).max())

    @property
    def grey_level(self) -> float:
        """One of 255 grey levels, in the image's own units; of a float image, of its largest magnitude."""
        return (self.peak if self.highest is None else self.highest) / GREY_LEVELS or 1.0

    def axes(self, convention: Convention) -> tuple[SparseAxis, SparseAxis]:
        """The convention along the height and the width; ``ValueError`` where it has no meaning."""
        (H, W), (h, w) = self.image.shape, self.result.shape
        return sparse_axis(convention, H, h, self.scales[0]), sparse_axis(convention, W, w, self.scales[1])


@dataclass(frozen=True, slots=True)
class Explanation:
    """How well a convention explains pairs of images.

    arithmetics
        Those by which every pixel of every pair is explained, with the least beyond rounding; empty when none does.
    exceptions
        Output rows and columns that take the other side of a tie than the exact coordinate.
    worst, where, rms
        The largest difference from the exact value beyond the range, in grey levels, with its place, ``(name, row,
        column)``, and the root mean square.
    unexplained
        How many of ``compared`` values no single arithmetic explains, of the one that leaves fewest.
    differing
        The pairs, by position, that have such values.
    """

    convention: Convention
    arithmetics: tuple[Arithmetic, ...]
    exceptions: int
    worst: float
    where: tuple[str, int, int]
    rms: float
    unexplained: int
    compared: int
    differing: tuple[int, ...] = ()

    @property
    def is_tight(self) -> bool:
        """Whether rounding alone explains it, without short weights."""
        return any(not arithmetic.extra for arithmetic in self.arithmetics)

    @property
    def looseness(self) -> tuple[float, int]:
        """Levels beyond rounding and picks beyond a tie that the explanation needs: the less, the better."""
        return min((arithmetic.extra for arithmetic in self.arithmetics), default=float("inf")), self.exceptions


def explain(
    convention: Convention, pairs: Sequence[ImagePair], most: int | None = None, loosely: bool = True
) -> Explanation | None:
    """Whether ``convention`` explains every pixel of ``pairs``; ``None`` for one that has no meaning.

    ``most`` limits the rows and the columns of each result that are compared: those at both borders, and others spread
    evenly. ``loosely`` also tries :data:`SHORT`.
    """
    arithmetics: Counter[Arithmetic] = Counter()
    exceptions: Counter[Arithmetic] = Counter()
    differing: dict[Arithmetic, list[int]] = defaultdict(list)
    compared, square, worst, where = 0, 0.0, -1.0, ("", 0, 0)
    for number, pair in enumerate(pairs):
        try:
            comparison = _Comparison(pair, *pair.axes(convention), most)
        except ValueError:
            return None
        off = comparison.errors / pair.grey_level
        place = np.unravel_index(int(off.argmax()), off.shape)
        compared += off.size
        square += float((off**2).sum())
        if off[place] > worst:
            worst = float(off[place])
            where = (pair.name, int(comparison.rows[place[0]]), int(comparison.columns[place[1]]))
        for arithmetic in comparison.arithmetics(loosely):
            unexplained, shifted = comparison.unexplained(arithmetic)
            arithmetics[arithmetic] += unexplained
            exceptions[arithmetic] += shifted
            if unexplained:
                differing[arithmetic].append(number)
    explaining = [arithmetic for arithmetic, unexplained in arithmetics.items() if not unexplained]
    best = min(((arithmetic.extra, exceptions[arithmetic]) for arithmetic in explaining), default=(0.0, 0))
    nearest = min(arithmetics, key=lambda arithmetic: arithmetics[arithmetic])
    return Explanation(
        convention,
        tuple(arithmetic for arithmetic in explaining if (arithmetic.extra, exceptions[arithmetic]) == best),
        best[1],
        worst,
        where,
        (square / max(compared, 1)) ** 0.5,
        arithmetics[nearest],
        compared,
        tuple(differing[nearest]),
    )


class _Comparison:
    """One pair held against one convention, at some rows and columns of the result."""

    def __init__(self, pair: ImagePair, height: SparseAxis, width: SparseAxis, most: int | None) -> None:
        self.pair, self.height, self.width = pair, height, width
        self.rows, self.columns = (_chosen(n, most) for n in pair.result.shape)
        self.result = pair.result[np.ix_(self.rows, self.columns)]
        self.exact = self._once(height, width)
        self._is_screening = most is not None
        self._known: dict[Arithmetic, tuple[int, int]] = {}

    @cached_property
    def errors(self) -> np.ndarray:
        """Magnitude of the results less the exact values, which are clipped to the range of integers."""
        exact = self.exact if self.pair.highest is None else np.clip(self.exact, 0, self.pair.highest)
        return np.asarray(np.abs(self.result - exact))

    def arithmetics(self, loosely: bool) -> tuple[Arithmetic, ...]:
        """All that are tried; one for floats, which are not rounded to integers."""
        if self.pair.highest is None:
            return (FLOATS,)
        return (*ROUNDED, *CLIPPED, *SHORT) if loosely else (*ROUNDED, *CLIPPED)

    def unexplained(self, arithmetic: Arithmetic) -> tuple[int, int]:
        """How many values ``arithmetic`` does not explain, and how many rows and columns lie beyond a tie.

        Where outputs are near a tie of the rule, each row and each column may be on either side of it, the same for all
        its pixels.
        """
        if self.copies_pixels:  # nothing is rounded
            arithmetic = ROUNDED[0]
        if arithmetic.clips_only and max(self.height.gain, self.width.gain) <= _NO_OVERSHOOT:
            arithmetic = Arithmetic("once", arithmetic.rule)
        if arithmetic.passes == "either":
            return min(map(self.unexplained, _in_order(arithmetic)))
        if arithmetic in self._known:
            return self._known[arithmetic]
        self._known[arithmetic] = self._unexplained(arithmetic)
        return self._known[arithmetic]

    @cached_property
    def _beyond_every_arithmetic(self) -> int:
        """How many values, at no tie, are further off than rounding and clipping can take them, whatever the order.

        Looked at where conventions are screened: it spares the arithmetics of those that are far off.
        """
        if self.pair.highest is None or not self._is_screening:
            return 0
        first, second = self.height.gain, self.width.gain
        clipped = [GREY_LEVELS / 2 * max(0.0, gain - 1) for gain in (first, second)]
        # A level of the last rounding, one of that between the passes, and short products and float32 on top.
        bound = 2.0 + max(second * (1 + clipped[0]), first * (1 + clipped[1]))
        off = self.errors / self.pair.grey_level > bound
        off[self.height.near_tie[self.rows]] = False
        off[:, self.width.near_tie[self.columns]] = False
        return int(off.sum())

    @cached_property
    def _spread(self) -> float:
        """The standard deviation of the results less the exact values, in grey levels."""
        off = self.result - np.clip(self.exact, 0, self.pair.highest)
        return float(off.std()) / self.pair.grey_level

    @property
    def copies_pixels(self) -> bool:
        """Whether every result is a pixel of the image."""
        return all(len(axis.stages) == 1 and axis.taps == 1 for axis in (self.height, self.width))

    def _unexplained(self, arithmetic: Arithmetic) -> tuple[int, int]:
        if self._beyond_every_arithmetic:
            return self._beyond_every_arithmetic, 0
        if arithmetic.extra == SHORT_PRODUCTS and self._spread > ROUNDING_SPREAD:
            return self.result.size, 0
        plain = self._fits(arithmetic, self.height, self.width)
        near_rows, near_columns = self.height.near_tie[self.rows], self.width.near_tie[self.columns]
        if plain.all() or not (near_rows.any() or near_columns.any()):
            return int((~plain).sum()), 0
        heights = [self.height, *(self.height.beyond_ties() if near_rows.any() else ())]
        widths = [self.width, *(self.width.beyond_ties() if near_columns.any() else ())]
        fits: np.ndarray = np.array([[self._fits(arithmetic, a, b) for b in widths] for a in heights])
        fits[1:, :, ~near_rows] = False
        fits[:, 1:, :, ~near_columns] = False
        # (a, row): whether some side of every column goes with side a of the row; the exact side comes first.
        row_sides = np.asarray(np.asarray(fits.any(axis=1)).all(axis=2))
        chosen_rows = row_sides.argmax(axis=0)
        of_rows = fits[chosen_rows, :, np.arange(len(self.rows))]  # (row, b, column)
        column_sides = of_rows.all(axis=0)
        chosen_columns = column_sides.argmax(axis=0)
        best = of_rows[:, chosen_columns, np.arange(len(self.columns))]
        return int((~best).sum()), int((chosen_rows > 0).sum() + (chosen_columns > 0).sum())

    def _fits(self, arithmetic: Arithmetic, height: SparseAxis, width: SparseAxis) -> np.ndarray:
        low, high = self._accepted(arithmetic, height, width)
        return np.asarray((low <= self.result) & (self.result <= high))

    def _accepted(self, arithmetic: Arithmetic, height: SparseAxis, width: SparseAxis) -> tuple[np.ndarray, np.ndarray]:
        """The least and the greatest value of every result that ``arithmetic`` allows."""
        pair = self.pair
        is_plain = height is self.height and width is self.width
        if pair.highest is None:
            exact = self.exact if is_plain else self._once(height, width)
            reach = _both_axes(height, width) * pair.peak + pair.roundoff * np.abs(exact)
            return exact - reach, exact + reach
        if arithmetic.passes == "once":
            exact = self.exact if is_plain else self._once(height, width)
            reach = self._reach(height, width, exact) + _long_weights(height, width) * pair.peak
            reach = reach + arithmetic.extra * pair.grey_level
            return _rounded_range(arithmetic.rule, exact - reach, exact + reach, pair.highest)
        exact, reach = self._twice(arithmetic, height, width)
        return _rounded_range(arithmetic.rule, exact - reach, exact + reach, pair.highest)

    def ties(self, arithmetic: Arithmetic) -> tuple[np.ndarray, np.ndarray]:
        """The integers below values that are exact ties, before the last rounding, and the results there."""
        if arithmetic.passes == "either":
            arithmetic = min(_in_order(arithmetic), key=self.unexplained)
        if arithmetic.passes == "once":
            exact, is_known = self.exact, np.ones(self.exact.shape, dtype=bool)
        else:
            exact, reach = self._twice(arithmetic, self.height, self.width)
            is_known = reach <= reach.min()
        below = np.floor(exact)
        is_inside = (below >= 0) & (below < (self.pair.highest or 0))
        tied = is_known & is_inside & (np.abs(exact - below - 0.5) < _TIE)
        return below[tied], self.result[tied]

    def _twice(self, arithmetic: Arithmetic, height: SparseAxis, width: SparseAxis) -> tuple[np.ndarray, np.ndarray]:
        """Values before the last rounding, where integers lie between the passes, and how far they may be off."""
        if arithmetic.passes == "rows":
            return _two_passes(arithmetic, self.pair, self.pair.image, (height, width), (self.rows, self.columns))
        exact, reach = _two_passes(arithmetic, self.pair, self.pair.image.T, (width, height), (self.columns, self.rows))
        return exact.T, reach.T

    def _reach(self, height: SparseAxis, width: SparseAxis, exact: np.ndarray) -> np.ndarray | float:
        """By how much float32 may miss the exact values.

        A bound for every image; where that is as large as rounding, on long axes, the difference that twice the error
        of a coordinate makes on this image, and the roundings of weights and sums.
        """
        bound = _both_axes(height, width) * self.pair.peak
        if bound <= _NEGLIGIBLE_REACH * self.pair.grey_level:
            return bound
        off = np.abs(self.result - np.clip(exact, 0, self.pair.highest))
        if float(off.max()) > bound + 2 * self.pair.grey_level:  # beyond every rounding as it is
            return bound
        moved: np.ndarray | float = _ROUNDINGS * (height.taps + width.taps) * height.gain * width.gain * self.pair.peak
        # Kernels have kinks: the one direction may change nothing where the other does.
        along_height = (self._once(other, width) for other in height.beyond_ties())
        along_width = (self._once(height, other) for other in width.beyond_ties())
        for below, above in (along_height, along_width):
            moved = moved + np.maximum(np.abs(below - exact), np.abs(above - exact))
        return np.minimum(bound, moved)

    def _once(self, height: SparseAxis, width: SparseAxis) -> np.ndarray:
        return width.apply(height.apply(self.pair.image, self.rows).T, self.columns).T


def _in_order(arithmetic: Arithmetic) -> list[Arithmetic]:
    return [replace(arithmetic, passes=passes) for passes in ("rows", "columns")]


def _chosen(n: int, most: int | None) -> np.ndarray:
    if most is None or n <= most:
        return np.arange(n)
    border = most // 4
    inner = np.unique(np.linspace(border, n - border - 1, most - 2 * border).astype(int))
    return np.concatenate([np.arange(border), inner, np.arange(n - border, n)])


def _both_axes(height: SparseAxis, width: SparseAxis) -> float:
    """As ``tolerance.operator_tolerance``: each axis's error is enlarged by the other's gain, and both multiply."""
    a, b = height.tolerance, width.tolerance
    return a * width.gain + b * height.gain + a * b + 2 * UNIT_ROUNDOFF * height.gain * width.gain


def _long_weights(height: SparseAxis, width: SparseAxis) -> float:
    return _LONG_WEIGHTS * (height.taps * width.gain + width.taps * height.gain)


def _two_passes(
    arithmetic: Arithmetic,
    pair: ImagePair,
    image: np.ndarray,
    axes: tuple[SparseAxis, SparseAxis],
    chosen: tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """As :meth:`_Comparison._twice`, where the first axis of ``image`` is resized first.

    A value between the passes that is so near a tie that arithmetic decides may be either integer.
    """
    highest = pair.highest or 0
    first, second = axes
    reaches = [(axis.tolerance + _LONG_WEIGHTS * axis.taps) * highest for axis in axes]
    between = first.apply(image, chosen[0])
    low, high = between - reaches[0], between + reaches[0]
    if arithmetic.clips_only:
        low, high = np.clip(low, 0, highest), np.clip(high, 0, highest)
    else:
        low, high = _rounded_range(arithmetic.rule, low, high, highest)
    middle, radius = ((low + high) / 2).T, ((high - low) / 2).T
    exact = second.apply(middle, chosen[1]).T
    spread = second.apply_magnitudes(radius, chosen[1]).T if radius.any() else np.zeros(exact.shape)
    return exact, spread + reaches[1]


def _rounded_range(rule: str, low: np.ndarray, high: np.ndarray, highest: int) -> tuple[np.ndarray, np.ndarray]:
    """The least and the greatest integer that values between ``low`` and ``high`` may become; ties go either way."""
    if rule == "truncate":
        least, greatest = np.floor(low), np.floor(high)
    else:
        least, greatest = np.ceil(low - 0.5), np.floor(high + 0.5)
    return np.clip(least, 0, highest), np.clip(greatest, 0, highest)


_TIE_RULES = {
    "half_up": "halves up",
    "half_even": "halves to even",
    "half_down": "halves down",
}


def tie_sentence(convention: Convention, pairs: Iterable[ImagePair], arithmetic: Arithmetic, most: int) -> str:
    """How exact halves are rounded: a rule is told only where it explains every half that was met."""
    met = 0
    rules = set(_TIE_RULES)
    for pair in pairs:
        below, results = _Comparison(pair, *pair.axes(convention), most).ties(arithmetic)
        met += len(below)
        for rule in tuple(rules):
            expected = rounded(rule, 2 * below.astype(np.int64) + 1, 2)
            if not (expected == results).all():
                rules.discard(rule)
    if not met:
        return "no exact half was met"
    if len(rules) == 1:
        return f"{_TIE_RULES[rules.pop()]} (all {met} that were met)"
    if rules:
        return f"{met} exact halves were met, which do not tell the rule"
    return f"no rule explains the {met} exact halves that were met"
