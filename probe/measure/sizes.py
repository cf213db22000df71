"""The (n_in, n_out) pairs of sizes that are measured, and a description in words of a subset of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from halfpixel.adapters import Operation

Pair = tuple[int, int]

LARGER: dict[Pair, str] = {
    (26, 64): "32 * 26 / 64 is the integer 13: a float32 reciprocal scale lands just below it",
    (64, 48): "a step of 4/3 accumulated in float64 misses 5 boundaries, in 16-bit fixed point 16 of them",
    (52, 44): "a float32 step of 13/11 puts 2 integer coordinates below their integer",
    (49, 63): "a step computed as 1 / (63 / 49) in float64 falls below 6 integer coordinates",
    (60, 55): "half-pixel coordinates in float64 miss 2 halves",
    (64, 61): "half-pixel coordinates in float32 miss a half; align_corners with rounding misses 2",
    (64, 31): "align_corners with rounding in float32 misses 2 ties when shrinking by about two",
    (63, 64): "a step just below one: coordinates pass every phase of the kernel",
    (64, 63): "a step just above one: likewise when shrinking",
    (128, 160): "a step of 0.8 accumulated in float64 misses 23 boundaries",
    (128, 33): "a ratio with no small fraction: wide antialias windows with every phase",
    (7, 128): "a strong enlargement: many outputs between two pixels and beyond both borders",
    (128, 7): "a strong reduction: antialias windows wider than most lookup tables",
    (97, 131): "both sizes prime: no coordinate but the first and the centre is a short fraction",
    (196, 132): "half-pixel coordinates in float32 miss ties in sizes that networks use",
    (260, 220): "a float32 step of 13/11 misses 13 of 220 integer coordinates",
}


@dataclass(frozen=True, slots=True)
class SizeSet:
    """A named list of ``(n_in, n_out)`` pairs, swept along the height and along the width."""

    name: str
    pairs: tuple[Pair, ...]


def exhaustive(largest: int) -> tuple[Pair, ...]:
    """Every pair of sizes from 1 to ``largest``."""
    return tuple((n_in, n_out) for n_in in range(1, largest + 1) for n_out in range(1, largest + 1))


_QUICK_LARGER = (
    *((26, 22), (14, 23), (26, 11), (28, 23), (30, 29), (14, 18)),  # float32 coordinates miss a tie or an integer
    *((26, 64), (64, 48), (20, 6)),  # as in LARGER; and a tie at 4.5 that float32 puts below
    *((32, 25), (25, 32), (7, 31), (31, 7), (3, 21), (24, 28)),  # wide windows, many phases, multiples of 7 from 24 on
)

_SPARSE_LARGER = (
    *((8, 5), (5, 8), (3, 6), (8, 2), (3, 8), (8, 7), (6, 6), (2, 7)),  # coordinates, whole factors, a step near one
    *((3, 21), (7, 31), (20, 6), (14, 18)),  # many phases; pixel centres; ties and integers that float32 misses
)

SPARSE = SizeSet("sparse", exhaustive(4) + _SPARSE_LARGER)
"""For operations that are too slow for more; a subset of both other sets."""

SIZE_SETS = {
    "quick": SizeSet("quick", exhaustive(9) + _QUICK_LARGER),
    "full": SizeSet("full", exhaustive(32) + tuple(LARGER)),
}


def affordable(operation: Operation, sizes: SizeSet) -> SizeSet:
    """``sizes``, or the sparse set for an operation that is too slow for more."""
    return SPARSE if operation.cost else sizes


def size_set(sizes: str | SizeSet | Sequence[Pair]) -> SizeSet:
    """A size set by name, or of given pairs; ``ValueError`` for an unknown name, no pairs, or a size below 1."""
    if isinstance(sizes, SizeSet):
        return sizes
    if isinstance(sizes, str):
        if sizes not in SIZE_SETS:
            raise ValueError(f"unknown sizes {sizes!r}; allowed: {', '.join(SIZE_SETS)}")
        return SIZE_SETS[sizes]
    pairs = tuple((int(n_in), int(n_out)) for n_in, n_out in sizes)
    if not pairs or min(min(pair) for pair in pairs) < 1:
        raise ValueError("sizes must be a list of (n_in, n_out) pairs of at least one pixel, and not empty")
    return SizeSet("custom", pairs)


_FEW = 4
"""Fewer pairs than this are named one by one."""
_LARGEST = 32
"""The largest size that a condition names."""


def describe_pairs(differing: tuple[Pair, ...], measured: tuple[Pair, ...]) -> tuple[str, bool]:
    """Which pairs differ, as text that begins with a comma (empty when all do), and whether a simple rule gives it."""
    chosen, everything = set(differing), set(measured)
    if chosen == everything:
        return "", True
    sizes = sorted({size for pair in everything for size in pair if 1 < size <= _LARGEST})
    rules = _RULES if len(chosen) < _FEW else [*_RULES, *(rule for size in sizes for rule in _thresholds(size))]
    covered = {words: {pair for pair in everything if rule(pair)} for words, rule in rules}
    for words, pairs in covered.items():
        if pairs == chosen:
            return f", {words}", True
    # A measurement may agree with the claim by chance at a few sizes: then the rule covers more than differs.
    for words, pairs in covered.items():
        if chosen < pairs and len(pairs) < 0.6 * len(everything) and len(chosen) >= 0.75 * len(pairs):
            return f", {words} (at {len(chosen)} of {len(pairs)} such pairs)", True
    if len(chosen) < _FEW:
        return ", at " + " and ".join(f"{n_in} -> {n_out}" for n_in, n_out in sorted(chosen)), False
    return f", at {len(chosen)} of {len(everything)} pairs", False


_RULES: list[tuple[str, Callable[[Pair], bool]]] = [
    ("when shrinking", lambda pair: pair[1] < pair[0]),
    ("when enlarging", lambda pair: pair[1] > pair[0]),
    ("when the size changes", lambda pair: pair[1] != pair[0]),
    ("when the size stays", lambda pair: pair[1] == pair[0]),
    ("when n_out is twice n_in", lambda pair: pair[1] == 2 * pair[0]),
    ("when n_in is twice n_out", lambda pair: pair[0] == 2 * pair[1]),
    ("when n_out is 1", lambda pair: pair[1] == 1),
    ("when n_in is 1", lambda pair: pair[0] == 1),
    ("when n_out is above 1", lambda pair: pair[1] > 1),
    ("when n_in is above 1", lambda pair: pair[0] > 1),
]


def _thresholds(k: int) -> list[tuple[str, Callable[[Pair], bool]]]:
    """Conditions on one measured size."""
    return [
        (f"from n_in = {k} on", lambda pair: pair[0] >= k),
        (f"from n_out = {k} on", lambda pair: pair[1] >= k),
        (f"when n_in is a multiple of {k}", lambda pair: pair[0] % k == 0),
        (f"when n_out is a multiple of {k}", lambda pair: pair[1] % k == 0),
    ]
