"""The sizes and scales that a call is asked about: usual ones, and those whose product floating point gets wrong."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np

from halfpixel.golden.sizes import rounded_length, scaled_length

Family = Callable[[random.Random, str, int], Iterator[tuple[int, float, int]]]
"""From random numbers, the dtype of scales and the longest usual axis: sizes, scales, and targets or 0."""

_MANY = 10_000
_USUAL = {True: 100, False: 40}
"""Pixels of an axis at most, in and out (four times that, out, for decimals), where many pairs are tried, and where
few are: most calls stay cheap."""

_MEDIUM, _LARGE = (100, 1_000), (1_000, 20_000)


@dataclass(frozen=True, eq=False)
class ScalePairs:
    """Sizes and scales along one axis, in pairs of which each is one call: the longer axis first, the shorter second.

    ``targets`` holds the size that a scale was made from, as ``target / n_in``, and 0 for scales not made from a size.
    """

    n_in: tuple[int, ...]
    scales: tuple[float, ...]
    targets: tuple[int, ...]
    extent: Fraction

    def __len__(self) -> int:
        return len(self.n_in)

    def predicted(self, rule: str, arithmetic: str) -> np.ndarray:
        """The output sizes, int64, by a rule in an arithmetic of ``halfpixel.golden.sizes``."""
        return _predicted(self, rule, arithmetic)


@lru_cache(maxsize=256)
def _predicted(pairs: ScalePairs, rule: str, arithmetic: str) -> np.ndarray:
    return np.array([rounded_length(length, rule) for length in _lengths(pairs, arithmetic)])


@lru_cache(maxsize=64)
def _lengths(pairs: ScalePairs, arithmetic: str) -> list[Fraction]:
    return [scaled_length(n, s, arithmetic, pairs.extent) for n, s in zip(pairs.n_in, pairs.scales, strict=True)]


@lru_cache(maxsize=64)
def scale_pairs(scale_dtype: str, accepts: Callable[[int, float], bool], count: int, extent: Fraction) -> ScalePairs:
    """``count`` different (size, scale) pairs that are accepted, or as many as there are; the same at every call.

    An output of no pixels is left to another question: the exact length before rounding is at least one.
    """
    candidates = _whole() if scale_dtype == "integer" else _fractional(scale_dtype, _USUAL[count >= _MANY])
    targets: dict[tuple[int, float], int] = {}
    for n_in, scale, target in candidates:
        if n_in * Fraction(scale) * extent >= 1 and n_in * scale <= 2 * _LARGE[1] and accepts(n_in, scale):
            targets.setdefault((n_in, scale), target)
            if len(targets) == count:
                break
    # Long axes go with short ones, so that no image is large.
    by_length = sorted(targets, key=lambda pair: (-pair[0] * max(1.0, pair[1]), pair))
    half = len(by_length) // 2
    ordered = [pair for both in zip(by_length[:half], by_length[: half - 1 : -1], strict=False) for pair in both]
    sizes, scales = zip(*ordered, strict=True)
    return ScalePairs(sizes, scales, tuple(targets[pair] for pair in ordered), extent)


def _whole() -> Iterator[tuple[int, int, int]]:
    """Factors up to 64, short outputs first."""
    for n_out in range(1, _LARGE[1]):
        for scale in range(1, 65):
            if n_out % scale == 0:
                yield n_out // scale, scale, n_out


def _fractional(scale_dtype: str, usual: int) -> Iterator[tuple[int, float, int]]:
    families = [family(random.Random(seed), scale_dtype, usual) for seed, family in enumerate(_FAMILIES)]
    while True:
        for family in families:
            yield next(family)


def _cast(scale: Fraction | float, scale_dtype: str) -> float:
    return float(np.float32(float(scale))) if scale_dtype == "float32" else float(scale)


def _ratio(chance: random.Random, longest: int) -> tuple[int, int]:
    return chance.randint(1, longest), chance.randint(1, longest)


def _ratios(chance: random.Random, scale_dtype: str, usual: int) -> Iterator[tuple[int, float, int]]:
    """``target / size``, as people compute it."""
    while True:
        n_in, target = _ratio(chance, usual)
        yield n_in, _cast(target / n_in, scale_dtype), target


def _float32_ratios(chance: random.Random, scale_dtype: str, usual: int) -> Iterator[tuple[int, float, int]]:
    """The same computed in float32, which a call that takes float64 may be given too."""
    while True:
        n_in, target = _ratio(chance, usual)
        yield n_in, float(np.float32(target) / np.float32(n_in)), target


def _decimals(chance: random.Random, scale_dtype: str, usual: int) -> Iterator[tuple[int, float, int]]:
    """Scales of one, two, three or four decimals."""
    while True:
        digits = 10 ** chance.randint(1, 4)
        scale = Fraction(chance.randint(max(1, digits // 20), 4 * digits), digits)
        yield chance.randint(2, usual), _cast(scale, scale_dtype), 0


def _beside(length: Callable[[int], Fraction]) -> Family:
    """One and two ulp of the scale beside one that gives an integer, or a half."""

    def family(chance: random.Random, scale_dtype: str, usual: int) -> Iterator[tuple[int, float, int]]:
        number = np.float32 if scale_dtype == "float32" else np.float64
        while True:
            n_in, target = _ratio(chance, usual)
            scale = number(float(length(target) / n_in))
            for _ in range(chance.randint(1, 2)):
                scale = np.nextafter(scale, number(chance.choice((0, np.inf))))
            yield n_in, float(scale), 0

    return family


def _halves(chance: random.Random, scale_dtype: str, usual: int) -> Iterator[tuple[int, float, int]]:
    """Lengths that are exactly a half, from scales that every type holds: 5 by 0.5."""
    while True:
        power = chance.randint(1, 5)
        n_in = 2 ** (power - 1) * chance.randrange(1, usual // 5, 2)
        yield n_in, chance.randrange(1, 4 * 2**power, 2) / 2**power, 0


def _large(chance: random.Random, scale_dtype: str, usual: int) -> Iterator[tuple[int, float, int]]:
    """Sizes in the hundreds and, one of every thirty pairs, in the thousands: images of them are long."""
    while True:
        for lengths in (_LARGE, _MEDIUM, _MEDIUM, _MEDIUM):
            n_in, target = chance.randint(*lengths), chance.randint(*lengths)
            yield n_in, _cast(target / n_in, scale_dtype), target


_FAMILIES = (
    _ratios,
    _ratios,
    _float32_ratios,
    _decimals,
    _beside(lambda target: Fraction(target)),
    _beside(lambda target: target + Fraction(1, 2)),
    _halves,
    _large,
)
