"""The smallest subsets of vectors that reveal every flag."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import combinations


def smallest_cover(flags: Mapping[str, Collection[str]]) -> list[str]:
    """Ids of as few vectors as bear every flag that any bears, given the flags of each; the earliest such choice.

    Exhaustive, by the number of vectors, so nothing smaller exists. A vector whose flags are all borne by another is
    not tried: the other does as well.
    """
    masks = _masks(flags)
    wanted = 0
    for mask in masks.values():
        wanted |= mask
    worth = [
        name
        for position, (name, mask) in enumerate(masks.items())
        if not any(
            mask | other == other and (mask != other or earlier < position)
            for earlier, (another, other) in enumerate(masks.items())
            if another != name
        )
    ]
    for count in range(len(worth) + 1):
        for chosen in combinations(worth, count):
            covered = 0
            for name in chosen:
                covered |= masks[name]
            if covered == wanted:
                return list(chosen)
    raise AssertionError("all vectors together bear all flags")


def most_specific(flags: Mapping[str, Collection[str]]) -> dict[str, str]:
    """For each flag the vector that bears the fewest others: the first of those."""
    every = dict.fromkeys(flag for borne in flags.values() for flag in borne)
    return {
        flag: min((name for name in flags if flag in flags[name]), key=lambda name: len(flags[name])) for flag in every
    }


def _masks(flags: Mapping[str, Collection[str]]) -> dict[str, int]:
    bits = {flag: 1 << place for place, flag in enumerate(sorted({flag for borne in flags.values() for flag in borne}))}
    return {name: sum(bits[flag] for flag in borne) for name, borne in flags.items()}
