"""Integer images that provoke wrong results, found from the weights: overshoots, ties, and values beside ties."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from halfpixel.probe.variants.dtypes.plane_weights import PlaneWeights

_RANDOM = 4
_LARGEST_OVERSHOOTS = 2
"""Outputs that overshoot most, of which the images that overshoot are made."""
_TIED = 4
"""Outputs for which an image at a tie and one just beside it are looked for."""
_FINE = 0.125
"""Levels that float32 may be off in images that are to tell roundings apart; larger values show the ends of a range."""
_TRIES = 32
"""Values tried for each of the four heaviest pixels; they reach a million residues."""


@dataclass(frozen=True, slots=True)
class IntegerGrid:
    """The integers that images are made of and that results must lie in: ``lowest..highest`` of ``dtype``.

    ``largest`` bounds the magnitudes that images have; below the dtype's own where float32 is to hold every one.
    """

    name: str
    dtype: np.dtype
    lowest: int
    highest: int
    largest: int

    @property
    def is_of_dtype(self) -> bool:
        """Whether the range is the dtype's own, and not a wider one that results came back in."""
        about = np.iinfo(self.dtype)
        return (self.lowest, self.highest) == (about.min, about.max)

    @property
    def dark(self) -> int:
        """The smallest value of an image."""
        return max(self.lowest, -self.largest)

    @property
    def bright(self) -> int:
        """The largest value of an image."""
        return min(self.highest, self.largest)


def integer_grid(name: str, largest: int | None = None) -> IntegerGrid:
    """The grid of an integer dtype by its NumPy name; ``largest`` confines the images."""
    dtype = np.dtype(name)
    about = np.iinfo(dtype)
    label = name if largest is None else f"{name}, values up to {largest}"
    return IntegerGrid(label, dtype, int(about.min), int(about.max), int(about.max) + 1 if largest is None else largest)


@dataclass(frozen=True, slots=True, eq=False)
class IntegerCases:
    """Images and the exact values of all their outputs.

    images
        ``(K, H, W)`` of the dtype.
    numerators, denominators
        Exact values are ``numerators / denominators``: ``(K, h * w)`` and ``(h * w,)``; int64, or object where that
        would overflow.
    margin, float32, float64
        Errors in levels, by image, ``(K,)``: of the exact values, and of arithmetic in float32 and in float64.
    is_wide
        Whether float32 cannot tell these levels apart: its arithmetic alone errs by more than half of one.
    """

    weights: PlaneWeights
    grid: IntegerGrid
    images: np.ndarray
    numerators: np.ndarray
    denominators: np.ndarray
    margin: np.ndarray
    float32: np.ndarray
    float64: np.ndarray
    is_wide: bool


@lru_cache(maxsize=1024)
def integer_cases(weights: PlaneWeights, grid: IntegerGrid) -> IntegerCases:
    """The images for one plane and one dtype, with their exact results. The same at every call."""
    chance = np.random.default_rng(20)
    float32 = weights.float32 + weights.arithmetic(2.0**-24)
    fine = replace(grid, largest=max(4, min(grid.largest, int(_FINE / max(float32, 2.0**-32)))))
    fine = grid if _is_wide(weights, grid) else fine
    simple = (*_plain(weights, grid, chance), *_plain(weights, fine, chance), *_overshoots(weights, grid))
    images = np.unique(np.stack([*simple, *_ties(weights, fine, chance)]), axis=0)
    return cases_of_images(weights, grid, images.astype(grid.dtype))


def cases_of_images(weights: PlaneWeights, grid: IntegerGrid, images: np.ndarray) -> IntegerCases:
    """The cases of given images, ``(K, H, W)`` of the grid's dtype."""
    values = images.reshape(len(images), -1).astype(np.int64)
    magnitude = np.abs(values.astype(np.float64)).max(axis=1)
    return IntegerCases(
        weights,
        grid,
        images,
        *apply_weights(weights.numerators, weights.denominators, values),
        weights.error * magnitude,
        (weights.float32 + weights.arithmetic(2.0**-24)) * magnitude,
        (weights.error + weights.arithmetic(2.0**-53)) * magnitude,
        _is_wide(weights, grid),
    )


def _is_wide(weights: PlaneWeights, grid: IntegerGrid) -> bool:
    return weights.arithmetic(2.0**-24) * max(-grid.dark, grid.bright) > 0.5


def apply_weights(
    numerators: np.ndarray, denominators: np.ndarray, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """``values @ (numerators / denominators).T`` as numerators and denominators, exactly.

    int64 where every sum, and twice it, fits; Python's integers otherwise.
    """
    largest = int(np.abs(numerators).sum(axis=1).max()) * max(int(np.abs(values).max(initial=0)), 1)
    if largest >= 2**61:
        numerators, denominators, values = (part.astype(object) for part in (numerators, denominators, values))
    return values @ numerators.T, denominators


def _plain(weights: PlaneWeights, grid: IntegerGrid, chance: np.random.Generator) -> Iterator[np.ndarray]:
    """Constants, noise over the middle half of the range and over the whole of it, and noise of only its two ends."""
    size, dark, bright = weights.size_in, grid.dark, grid.bright
    quarter = (bright - dark) // 4
    yield chance.integers(dark + quarter, bright - quarter, size, endpoint=True)
    for constant in (dark, bright):
        yield np.full(size, constant, np.int64)
    for _ in range(_RANDOM):
        yield chance.integers(dark, bright, size, endpoint=True)
        yield np.where(chance.random(size) < 0.5, dark, bright).astype(np.int64)


def _overshoots(weights: PlaneWeights, grid: IntegerGrid) -> Iterator[np.ndarray]:
    """The largest overshoots above and below the range, all at once and along one axis only.

    Along one axis: a line that overshoots, among lines that bring the result back into the range, reveals a clamp
    between two passes.
    """
    dark, bright = grid.dark, grid.bright
    negative = np.where(weights.numerators < 0, -weights.numerators, 0).sum(axis=1) / weights.denominators
    for output in np.argsort(-negative, kind="stable")[:_LARGEST_OVERSHOOTS]:
        heavy = (weights.numerators[output] > 0).reshape(weights.size_in)
        yield np.where(heavy, bright, dark).astype(np.int64)
        yield np.where(heavy, dark, bright).astype(np.int64)
    if weights.axes is None:
        return
    along = [weights.axes[0].array, weights.axes[1].array]
    for turned in (False, True):
        first, second = reversed(along) if turned else along
        output = int(np.argmax(np.where(first < 0, -first, 0).sum(axis=1)))
        line = np.where(first[output] > 0, bright, dark)
        other = int(np.argmin(np.abs(np.abs(second).max(axis=1) - 0.6)))
        heaviest = int(np.argmax(second[other]))
        for inverted in (False, True):
            overshooting, rest = (dark + bright - line, bright) if inverted else (line, dark)
            image = np.full((first.shape[1], second.shape[1]), rest, np.int64)
            image[:, heaviest] = overshooting
            yield image.T if turned else image


def _ties(weights: PlaneWeights, grid: IntegerGrid, chance: np.random.Generator) -> Iterator[np.ndarray]:
    """Images whose value at some output is at a tie, or as near one as it gets, and as little as possible beside one.

    All pixels but the output's four heaviest are noise; those four are solved for, in two pairs that meet in the
    middle. The middle half of the range is used, so that the result is not beyond it.
    """
    span = grid.bright - grid.dark
    low, high = grid.dark + span // 4, grid.bright - span // 4
    mixed = np.flatnonzero((weights.numerators != 0).sum(axis=1) > 1)
    for output in chance.permutation(mixed)[:_TIED]:
        row, denominator = weights.numerators[output], int(weights.denominators[output])
        image = chance.integers(low, high, row.shape, endpoint=True)
        pairs = np.argsort(-np.abs(row), kind="stable")[:4].reshape(2, 2)
        image[pairs] = 0
        rest = sum(int(weight) * int(value) for weight, value in zip(row, image, strict=True)) % denominator
        tried = chance.integers(low, high, (2, 2, _TRIES), endpoint=True)
        first, second = (
            _residues(row[pixels], values, denominator) for pixels, values in zip(pairs, tried, strict=True)
        )
        for at_tie in (True, False):
            places = _pairs_at_tie(first, second, rest, denominator, at_tie)
            solved = image.copy()
            for pixels, values, place in zip(pairs, tried, places, strict=True):
                solved[pixels] = [line[k] for line, k in zip(values, divmod(place, _TRIES), strict=True)]
            yield solved.reshape(weights.size_in)


def _residues(weights: np.ndarray, values: np.ndarray, denominator: int) -> np.ndarray:
    """The sum that every choice of two pixels adds, modulo the denominator: int64, ``(tries * tries,)``."""
    first, second = (
        np.array([int(weight) * int(value) % denominator for value in line], dtype=np.int64)
        for weight, line in zip(weights, values, strict=True)
    )
    return np.asarray((first[:, None] + second) % denominator).ravel()


def _pairs_at_tie(first: np.ndarray, second: np.ndarray, rest: int, denominator: int, at_tie: bool) -> tuple[int, int]:
    """The places in both whose sum with ``rest`` is nearest to half the denominator; not at it unless ``at_tie``."""
    order = np.argsort(second, kind="stable")
    ordered = second[order]
    wanted = (denominator // 2 - rest - first) % denominator
    near = np.searchsorted(ordered, wanted)
    best = (np.inf, 0, 0)
    for step in (-1, 0, 1):
        chosen = (near + step) % len(ordered)
        # Twice the distance from the tie: no half where the denominator is odd.
        beyond = 2 * ((first + ordered[chosen] + rest) % denominator) - denominator
        distance = np.abs(beyond).astype(np.float64)
        if not at_tie:
            distance[beyond == 0] = np.inf
        place = int(np.argmin(distance))
        best = min(best, (float(distance[place]), place, int(order[chosen[place]])))
    return best[1], best[2]
