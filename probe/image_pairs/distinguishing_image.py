"""A small image, and a size to resize it to, on which given conventions give different results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from halfpixel.golden import Convention
from halfpixel.golden.vocabulary import GREY_LEVELS
from halfpixel.probe.image_pairs.sparse_axis import sparse_axis
from halfpixel.probe.measure.sizes import Pair

_SIZES: tuple[tuple[Pair, Pair], ...] = (
    ((5, 7), (8, 4)),  # no whole numbers: kernels enlarging, antialias and borders
    ((8, 6), (4, 9)),  # halving: every pick is a tie
    ((5, 7), (1, 10)),  # one output: its place is a rule of its own in three modes
    ((8, 8), (3, 20)),
    ((7, 9), (21, 4)),  # a whole odd factor: picks that land on pixel centres
    ((14, 9), (1, 18)),
    ((14, 12), (18, 5)),
    ((16, 12), (10, 37)),
    ((20, 24), (6, 50)),
    ((32, 26), (20, 77)),
    ((48, 40), (30, 101)),
    ((80, 64), (23, 150)),
)
"""(height, width) of image and result, the smallest first: one axis shrinks, the other grows."""
_IMAGES = 6
_DARK, _BRIGHT = 64, 192
"""Levels so far from both ends that overshoots are not clipped, and so far apart that weights show."""


@dataclass(frozen=True, slots=True, eq=False)
class DistinguishingImage:
    """``image`` ``(H, W)``, uint8, to be resized to ``size`` ``(h, w)``.

    ``groups`` are the conventions that it does not tell from each other; a group of one is told from all others.
    ``separation`` is the least difference, in grey levels, between results of two groups at the pixel where they differ
    most: more than any rounding, to the nearest or down, in one pass or two, can hide.
    """

    image: np.ndarray
    size: Pair
    groups: tuple[tuple[Convention, ...], ...]
    separation: float


def distinguishing_image(conventions: Sequence[Convention]) -> DistinguishingImage:
    """The smallest image of those tried that tells most of the conventions apart, and the size to ask for."""
    best: DistinguishingImage | None = None
    for size_in, size_out in _SIZES:
        for seed in range(_IMAGES):
            found = _grouped(conventions, _image(size_in, seed), size_out)
            if best is None or len(found.groups) > len(best.groups):
                best = found
        if best is not None and len(best.groups) == len(conventions):
            break
    assert best is not None
    return best


def _image(size: Pair, seed: int) -> np.ndarray:
    """Noise of two levels, or bright pixels on dark, more of them in each image."""
    random = np.random.default_rng(seed)
    is_bright = random.random(size) < (0.5 if seed % 2 == 0 else 0.1 + 0.05 * seed)
    return np.where(is_bright, _BRIGHT, _DARK).astype(np.uint8)


def _grouped(conventions: Sequence[Convention], image: np.ndarray, size: Pair) -> DistinguishingImage:
    results, reaches = [], []
    for convention in conventions:
        height, width = (sparse_axis(convention, *pair) for pair in zip(image.shape, size, strict=True))
        exact = width.apply(height.apply(image.astype(np.float64)).T).T
        results.append(np.clip(exact, 0, GREY_LEVELS))
        # Rounding down moves a result by up to a level, and as much times the gain of the other axis before it.
        reaches.append(1.1 + max(height.gain, width.gain))
    # Results that some chain of indistinguishable ones joins stay together.
    group = list(range(len(conventions)))
    separations = {}
    for a, b in combinations(range(len(conventions)), 2):
        separations[a, b] = float(np.abs(results[a] - results[b]).max())
        if separations[a, b] <= reaches[a] + reaches[b] and group[a] != group[b]:
            joined, kept = group[b], group[a]
            group = [kept if member == joined else member for member in group]
    groups = tuple(
        tuple(conventions[k] for k in range(len(conventions)) if group[k] == member) for member in dict.fromkeys(group)
    )
    apart = [value for (a, b), value in separations.items() if group[a] != group[b]]
    return DistinguishingImage(image, size, groups, min(apart, default=0.0))
