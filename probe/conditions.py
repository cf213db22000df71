"""Says in words for which pairs of sizes something holds."""

from __future__ import annotations

from collections.abc import Callable

from probe.sizes import Pair

_FEW = 4
"""Fewer pairs than this are named one by one."""
_LARGEST = 32
"""The largest size that a condition names."""


def describe_pairs(differing: tuple[Pair, ...], measured: tuple[Pair, ...]) -> tuple[str, bool]:
    """Which pairs differ, in words that begin with a comma (empty when all do), and whether a simple rule says it."""
    chosen, everything = set(differing), set(measured)
    if chosen == everything:
        return "", True
    sizes = sorted({size for pair in everything for size in pair if 1 < size <= _LARGEST})
    rules = _RULES if len(chosen) < _FEW else [*_RULES, *(rule for size in sizes for rule in _thresholds(size))]
    covered = {words: {pair for pair in everything if rule(pair)} for words, rule in rules}
    for words, pairs in covered.items():
        if pairs == chosen:
            return f", {words}", True
    # What is measured may agree with the claim by chance at a few sizes: then the rule covers more than what differs.
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
    """Conditions on one size that was measured."""
    return [
        (f"from n_in = {k} on", lambda pair: pair[0] >= k),
        (f"from n_out = {k} on", lambda pair: pair[1] >= k),
        (f"when n_in is a multiple of {k}", lambda pair: pair[0] % k == 0),
        (f"when n_out is a multiple of {k}", lambda pair: pair[1] % k == 0),
    ]
