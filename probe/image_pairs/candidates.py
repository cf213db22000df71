"""Which conventions of the catalogue and of documented claims explain pairs of images, and which is nearest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from halfpixel.adapters import operations
from halfpixel.golden import Convention
from halfpixel.golden.catalogue import CATALOGUE
from halfpixel.probe.image_pairs.explanation import Explanation, ImagePair, explain

_SCREENED = (8, 32, 256)
"""Rows and columns of a result that a convention must explain before more of them, and at last all, are compared."""
_SAME = 1e-9
"""Of the peak: results of two conventions that differ by less are the same function."""
_PROBE_WIDTH = 32


@cache
def documented_conventions() -> tuple[Convention, ...]:
    """Every convention of the catalogue, then every other that the documentation of an operation claims."""
    claims = (operation.claim for operation in operations() if operation.claim is not None)
    return tuple(dict.fromkeys([*(entry.convention for entry in CATALOGUE), *claims]))


@dataclass(frozen=True, slots=True)
class Candidates:
    """The explanations of pairs of images.

    explaining
        Those that need the least beyond rounding, and the fewest picks beyond a tie; of the catalogue first.
    loosely
        Those that need more.
    nearest
        The one with the least root mean square, whether it explains anything or not.
    """

    explaining: tuple[Explanation, ...]
    loosely: tuple[Explanation, ...]
    nearest: Explanation


def candidates(pairs: Sequence[ImagePair], among: Iterable[Convention] | None = None) -> Candidates:
    """Try every documented convention, or those given; ``ValueError`` where none has a meaning at these sizes."""
    found: list[Explanation] = []
    rejected: list[Explanation] = []
    for convention in documented_conventions() if among is None else among:
        explanation = _screened(convention, pairs)
        if explanation is not None:
            (found if explanation.arithmetics else rejected).append(explanation)
    if not found and not rejected:
        raise ValueError("the convention has no meaning at these sizes")
    if found:
        return tightest(found)
    nearest = min(rejected, key=lambda one: one.rms)
    return Candidates((), (), explain(nearest.convention, pairs) or nearest)


def tightest(found: Sequence[Explanation]) -> Candidates:
    """The explanations that need the least, and the others, of at least one."""
    least = min(one.looseness for one in found)
    explaining = tuple(one for one in found if one.looseness == least)
    return Candidates(
        explaining, tuple(one for one in found if one not in explaining), min(found, key=lambda one: one.rms)
    )


def _screened(convention: Convention, pairs: Sequence[ImagePair]) -> Explanation | None:
    """The explanation from all pixels; from some only where those are not explained."""
    largest = max(max(pair.result.shape) for pair in pairs)
    for most in _SCREENED:
        if most >= largest:
            break
        explanation = explain(convention, pairs, most)
        if explanation is None or not explanation.arithmetics:
            return explanation
    return explain(convention, pairs)


def grouped_by_function(conventions: Sequence[Convention], pairs: Sequence[ImagePair]) -> list[list[Convention]]:
    """The conventions that are the same function at the sizes of all ``pairs``, together; the order stays.

    Both axes are compared by the results of random lines: two different matrices differ on those almost surely.
    """
    random = np.random.default_rng(0)
    sizes = {(pair.image.shape, pair.result.shape, pair.scales): pair for pair in pairs}.values()
    lines = [[random.uniform(-1, 1, (n, _PROBE_WIDTH)) for n in pair.image.shape] for pair in sizes]
    groups: list[tuple[list[np.ndarray], list[Convention]]] = []
    for convention in conventions:
        results = [
            axis.apply(noise)
            for pair, noises in zip(sizes, lines, strict=True)
            for axis, noise in zip(pair.axes(convention), noises, strict=True)
        ]
        for others, members in groups:
            if all(float(np.abs(a - b).max()) <= _SAME for a, b in zip(others, results, strict=True)):
                members.append(convention)
                break
        else:
            groups.append((results, [convention]))
    return [members for _, members in groups]
