"""The images of a kit: which resizes it asks for, and what each image shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from halfpixel.golden.vocabulary import GREY_LEVELS
from halfpixel.probe.identify.naming import HEIGHT, WIDTH
from halfpixel.probe.identify.quantised_measurement import line_count, lines_for
from halfpixel.probe.identify.quantised_rounding import noise_image
from halfpixel.probe.identify.rules.quantised_rules import WHOLE_IMAGES
from halfpixel.probe.measure.sizes import Pair


class Kind(StrEnum):
    """The purpose of an image of a kit."""

    HEIGHT = "height"
    WIDTH = "width"
    KEPT = "kept"
    BOTH = "both"
    CONSTANT = "constant"
    RANGE = "range"


Shape = tuple[Pair, Pair]
"""(height, width) of an image and of its result."""

LARGER: tuple[Pair, ...] = ((33, 80), (80, 23))
"""Pairs along the height with rows that no border touches: for estimates where the resize has no name."""
_LEVEL_IMAGES: tuple[Shape, ...] = (((8, 5), (5, 8)), *WHOLE_IMAGES)
"""The whole images that the identification of levels asks for."""
JOINT: tuple[Shape, ...] = (
    *_LEVEL_IMAGES,
    ((5, 7), (8, 4)),  # one grows, one shrinks
    ((224, 224), (96, 160)),  # sizes of networks: shrinking
    ((120, 160), (256, 224)),  # and enlarging
)
_KEPT_LINE = 16
_CONSTANT: Shape = ((7, 9), (12, 5))
_RANGE: Shape = ((10, 12), (16, 7))
_CONSTANT_LEVELS = (200, 90, 33, 151)


@dataclass(frozen=True, slots=True)
class KitImage:
    """One image, ``(height, width)`` ``size_in``, to be resized to ``size_out``; ``seed`` tells equal sizes apart."""

    kind: Kind
    size_in: Pair
    size_out: Pair
    seed: int = 0

    def levels(self, channels: int, stays_inside: bool) -> np.ndarray:
        """int64 ``(H, W, channels)``, grey levels 0 to 255, beyond them only of :attr:`Kind.RANGE`.

        Every channel has another plane. ``stays_inside`` keeps levels from 64 to 191, so that no overshoot is clipped.
        """
        return np.stack([self._plane(channel, stays_inside) for channel in range(channels)], axis=2)

    def _plane(self, channel: int, stays_inside: bool) -> np.ndarray:
        height, width = self.size_in
        match self.kind:
            case Kind.HEIGHT:
                return _varied(lines_for(height, width, stays_inside), channel)
            case Kind.WIDTH:
                return _varied(lines_for(width, height, stays_inside), channel).T
            case Kind.KEPT:
                # The first channel is the line that the identification of levels lays across.
                line = np.random.default_rng(8 + channel).integers(0, GREY_LEVELS + 1, _KEPT_LINE)
                return np.broadcast_to(line if width == _KEPT_LINE else line[:, None], self.size_in).copy()
            case Kind.CONSTANT:
                return np.full(self.size_in, _CONSTANT_LEVELS[channel % len(_CONSTANT_LEVELS)])
        if (self.size_in, self.size_out) in _LEVEL_IMAGES and not self.seed and not channel:
            return noise_image(height, width, ends_only=False)
        random = np.random.default_rng([height, width, channel, self.seed])
        if self.kind is Kind.RANGE:
            return random.integers(-GREY_LEVELS, 2 * GREY_LEVELS + 1, self.size_in)
        if channel % 3 == 2:  # far apart: what is clipped between the passes shows
            return random.choice([64, 191] if stays_inside else [0, GREY_LEVELS], self.size_in)
        return random.integers(64, 192, self.size_in) if stays_inside else random.integers(0, 256, self.size_in)


def standard_images(is_float: bool) -> list[KitImage]:
    """Thirty images: 15 pairs along the height, 3 along the width, both axes at once, a constant, a wider range.

    Two more show whether the axis that keeps its size keeps its values.
    """
    n_in, n_out = next(iter(HEIGHT))
    return [
        *_lines(Kind.HEIGHT, (*HEIGHT, *LARGER)),
        *_lines(Kind.WIDTH, WIDTH),
        KitImage(Kind.KEPT, (n_in, _KEPT_LINE), (n_out, _KEPT_LINE)),
        KitImage(Kind.KEPT, (_KEPT_LINE, n_in), (_KEPT_LINE, n_out)),
        *(KitImage(Kind.BOTH, *shape) for shape in JOINT),
        KitImage(Kind.CONSTANT, *_CONSTANT),
        # Integers cannot leave their range: of those it is one more image of noise.
        KitImage(Kind.RANGE if is_float else Kind.BOTH, *_RANGE),
    ]


def images_of_sizes(pairs: Iterable[Pair], shapes: Iterable[Shape]) -> list[KitImage]:
    """Images for pairs of sizes of one axis, along either, and for shapes: noise of either kind, and a constant."""
    pairs, shapes = tuple(pairs), tuple(shapes)
    return [
        *_lines(Kind.HEIGHT, pairs),
        *_lines(Kind.WIDTH, pairs),
        *(KitImage(Kind.BOTH, *shape, seed) for shape in shapes for seed in (1, 2, 3)),
        *(KitImage(Kind.CONSTANT, *shape) for shape in shapes[:1]),
    ]


def _lines(kind: Kind, pairs: Iterable[Pair]) -> Iterator[KitImage]:
    for n_in, n_out in pairs:
        count = line_count(n_in)
        if kind is Kind.HEIGHT:
            yield KitImage(kind, (n_in, count), (n_out, count))
        else:
            yield KitImage(kind, (count, n_in), (count, n_out))


def _varied(lines: np.ndarray, channel: int) -> np.ndarray:
    """The lines in the first channel, as they are, from the other end, or dark for bright in others."""
    return (lines, lines[::-1], GREY_LEVELS - lines)[channel % 3]
