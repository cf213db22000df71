"""The shapes at which both axes are resized at once, each with what it is for."""

from __future__ import annotations

from functools import cache

import numpy as np

from halfpixel.probe.measure.sizes import Pair

Shape = tuple[Pair, Pair]
"""(height, width) of the input, and of the output."""

JOINT: dict[Shape, str] = {
    ((5, 7), (8, 4)): "the height grows and the width shrinks, by ratios without a small fraction",
    ((8, 8), (3, 3)): "both shrink by more than two, where means of 2 x 2 blocks are a tempting first step",
    ((7, 5), (4, 8)): "the height shrinks and the width grows",
    ((6, 6), (9, 9)): "both grow by the same ratio, and the image is square",
    ((6, 6), (4, 4)): "both shrink by the same ratio, by less than two",
    ((4, 6), (2, 3)): "both shrink to exact halves: the ratio of a pyramid",
    ((3, 4), (6, 8)): "both double: the ratio of a pyramid",
    ((5, 7), (3, 4)): "both shrink by unequal ratios",
    ((4, 9), (4, 5)): "the height keeps its size, the width shrinks",
    ((3, 4), (7, 5)): "both grow by unequal ratios",
    ((9, 6), (3, 2)): "both shrink to exact thirds",
    ((16, 16), (5, 5)): "both shrink by more than three: a wide kernel, or two halvings",
    ((12, 18), (4, 6)): "both shrink to thirds, to more than one tile of four",
    ((18, 14), (2, 3)): "both shrink by more than four, by unequal ratios",
    ((1, 6), (1, 9)): "an axis of one pixel that keeps its size, beside one that grows",
    ((7, 1), (4, 3)): "an axis of one pixel that grows, beside one that shrinks",
    ((8, 1), (3, 1)): "a column of one pixel's width, shrunk",
    ((4, 5), (7, 1)): "one axis shrinks to one pixel while the other grows",
    ((6, 4), (1, 9)): "likewise, the other way round",
    ((5, 6), (1, 1)): "both shrink to one pixel",
    ((1, 1), (3, 4)): "one pixel grows along both axes",
    ((2, 7), (2, 10)): "the kept axis has two pixels, the other grows",
    ((7, 3), (5, 3)): "the kept axis has three pixels, the other shrinks",
    ((5, 40), (8, 40)): "the kept axis is long, the other grows",
    ((3, 29), (2, 11)): "wide: both shrink",
    ((29, 3), (11, 7)): "tall: one shrinks, the other grows",
    ((4, 5), (4, 5)): "both keep their size",
}
"""Small enough for every impulse, so that the whole operator is seen. The first two are what slow calls are asked; the
first nine hold a change of either axis up and down, square and not, one axis and both, and the pyramids' ratios."""

REAL: dict[Shape, str] = {
    ((257, 263), (131, 127)): "primes just above 256, to just above half",
    ((100, 130), (191, 161)): "enlarged to widths that leave the last tile of 64 or 128 short",
    ((224, 224), (256, 256)): "networks' sizes, enlarged",
    ((299, 299), (224, 224)): "networks' sizes, reduced",
    ((263, 257), (51, 97)): "odd, one axis shrinks by more than five, the other to 33 above a tile of 64",
    ((289, 293), (32, 31)): "both axes shrink by more than eight",
    ((37, 41), (259, 300)): "both outputs just above 256, far enlarged",
    ((31, 300), (17, 115)): "wide, and both axes shrink",
    ((300, 31), (115, 17)): "tall, and both axes shrink",
    ((240, 320), (480, 640)): "a camera's frame, doubled: both outputs above 256",
    ((65, 65), (513, 513)): "a map of logits to its image, corners aligned: both outputs just above 512",
    ((521, 40), (517, 97)): "just above 512, one axis nearly kept",
    ((514, 515), (97, 129)): "just above 512, shrunk by more than four, one output one above a tile of 128",
    ((641, 643), (71, 73)): "large, and both axes shrink by more than eight",
    ((480, 640), (224, 224)): "a camera's frame to a network's size, by unequal ratios",
    ((16, 4096), (24, 1365)): "a very wide image",
    ((4096, 12), (2047, 16)): "a very tall image",
    ((1080, 1920), (360, 640)): "a film's frame to exact thirds",
}
"""Sizes that people use, and sizes beyond which code takes another path; the smaller first."""

_LARGEST = 128
_EXACT_RATIOS = ((24, 48), (37, 74), (64, 32), (90, 45), (96, 32), (31, 93), (57, 57), (113, 113))
_RANDOM_PAIRS, _RANDOM_SHAPES = 32, 200


@cache
def random_shapes() -> tuple[Shape, ...]:
    """200 different shapes of at most 128 pixels; both axes' pairs of sizes come from one pool of 40.

    So exact matrices are made for 40 pairs, and 1600 shapes could come of them. Eight pairs are exact ratios, or keep
    their size, as ratios met by chance hardly ever are.
    """
    rng = np.random.default_rng(1977)
    pool = [*map(tuple, rng.integers(1, _LARGEST + 1, (_RANDOM_PAIRS, 2)).tolist()), *_EXACT_RATIOS]
    chosen = rng.choice(len(pool) ** 2, _RANDOM_SHAPES, replace=False)
    pairs = ((pool[index // len(pool)], pool[index % len(pool)]) for index in chosen.tolist())
    return tuple(((down[0], right[0]), (down[1], right[1])) for down, right in pairs)


def pixels(shape: Shape) -> int:
    """Of input and output together."""
    (height, width), (h, w) = shape
    return height * width + h * w


def shape_text(shape: Shape) -> str:
    """``8x8 -> 3x3``: heights before widths."""
    (height, width), (h, w) = shape
    return f"{height}x{width} -> {h}x{w}"
