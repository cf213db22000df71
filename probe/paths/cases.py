"""The images on which two paths of one call are compared, and how far float32 may take them apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from adapters import Operation
from adapters.operation import COMPILED
from golden import Convention, matrix
from probe.reference import accepts
from probe.sizes import Pair
from probe.tolerance import UNIT_ROUNDOFF, gain_tolerance

IMPULSES, RANDOM, NOT_A_NUMBER = "impulses", "random", "NaN"

_SHAPES: tuple[tuple[Pair, Pair], ...] = (
    ((5, 7), (8, 4)),
    ((5, 8), (9, 24)),
    ((5, 8), (15, 24)),
    ((6, 6), (9, 9)),
    ((3, 4), (6, 8)),
    ((4, 6), (2, 3)),
    ((5, 7), (3, 4)),
    ((6, 5), (6, 9)),
    ((7, 9), (3, 9)),
    ((1, 1), (4, 3)),
    ((1, 6), (5, 1)),
    ((7, 4), (1, 1)),
)
"""Input and output (height, width): each axis up, down, kept and of one pixel, both and one, square, ratios of two for
pyramids and whole multiples. Scales of 5/9 and 1/3, which float32 rounds, at coordinates that are integers exactly."""

_LARGE: tuple[tuple[Pair, Pair], ...] = (
    ((257, 511), (600, 127)),
    ((129, 255), (258, 510)),
    ((257, 511), (129, 256)),
    ((256, 510), (128, 255)),
)
"""Of odd sizes, so that vectors leave a tail; the first that is accepted has more outputs than one thread is left with:
32,768 in ATen (``GRAIN_SIZE``), 65,536 in OpenCV's resize."""

_NAN_PIXELS = 36
"""NaN is followed in images of at most so many pixels, from each of them; more would show no more."""

_NAN_SHAPES = 4

_UNCLAIMED = Convention(kernel="cubic", cubic_coeff_a="-3/4")
"""Stands for calls that claim nothing: as wide and as steep as the kernels that they are likely to have."""


@dataclass(frozen=True, slots=True)
class Case:
    """A batch of images of one shape, resized to one size.

    kind
        :data:`IMPULSES`: one for each pixel of the image, so that the whole map is seen. :data:`RANDOM`: values in
        [-1, 1]. :data:`NOT_A_NUMBER`: random, with one NaN in each image, at each pixel in turn.
    """

    kind: str
    size_in: Pair
    size_out: Pair
    n: int
    channels: int

    @property
    def source(self) -> str:
        """Python source of the images, float32 ``(n, H, W, channels)``, in terms of ``np``."""
        shape = (self.n, *self.size_in, self.channels)
        if self.kind == IMPULSES:
            return f"np.eye({self.n}, dtype=np.float32).reshape{shape}"
        random = f"np.random.default_rng({self.n}).uniform(-1, 1, {shape}).astype(np.float32)"
        if self.kind == RANDOM:
            return random
        return f"np.where(np.eye({self.n}, dtype=bool).reshape{shape}, np.float32(np.nan), {random})"

    def images(self) -> np.ndarray:
        """What :attr:`source` says; a copy of one's own."""
        return _made(self.source).copy()

    @property
    def is_large(self) -> bool:
        """Whether the work is enough to be split."""
        return self.size_out[0] * self.size_out[1] > 4096

    def __str__(self) -> str:
        images = f"{self.n} images" if self.n > 1 else "an image"
        return f"{images} of {self.size_in} with {self.channels} channels ({self.kind}) -> {self.size_out}"


@lru_cache(maxsize=256)
def _made(source: str) -> np.ndarray:
    return eval(source, {"np": np})


@lru_cache(maxsize=512)
def cases(operation: Operation, cost: str) -> tuple[Case, ...]:
    """What a path of this ``cost`` is asked; few shapes where each of them has to be prepared."""
    small = [shape for shape in _SHAPES if accepts(operation, *shape)]
    large = [shape for shape in _LARGE if accepts(operation, *shape)][:1]
    with_nan = [shape for shape in small if min(shape[0]) > 1 and shape[0][0] * shape[0][1] <= _NAN_PIXELS][
        :_NAN_SHAPES
    ]
    if cost:
        exact = [shape for shape in small if shape[0] == (5, 8)][:1]
        pixel = [shape for shape in small if shape[0] == (1, 1)] if cost == COMPILED else []
        small, with_nan = list(dict.fromkeys([*small[:1], *exact, *pixel])), with_nan[:1]
    # A call that takes one plane has no way to see the others.
    one_plane = operation.call is not None and operation.call.layout == "HW"
    batches = ((1, 1),) if one_plane else ((3, 4),) if cost else ((3, 3), (1, 4))
    found = []
    for turn, shape in enumerate(small):
        # Every shape with one number of images and channels, those in turn; where preparing costs, few have any.
        asked = batches[turn % len(batches)] if shape[0] == (5, 8) or not cost else None
        found += _small(*shape, () if asked is None else (asked,))
    found += [Case(NOT_A_NUMBER, *shape, shape[0][0] * shape[0][1], 1) for shape in with_nan]
    found += [Case(RANDOM, *shape, 1, 1 if one_plane else 3) for shape in large]
    return tuple(sorted(found, key=lambda case: case.is_large))


def _small(size_in: Pair, size_out: Pair, batches: tuple[Pair, ...]) -> Iterator[Case]:
    pixels = size_in[0] * size_in[1]
    yield Case(IMPULSES, size_in, size_out, pixels, 1)
    for n, channels in batches:
        yield Case(RANDOM, size_in, size_out, n, channels)


@lru_cache(maxsize=4096)
def rounding(claim: Convention | None, size_in: Pair, size_out: Pair) -> float:
    """By how much two float32 paths of one call may differ at an output, for values in [-1, 1].

    Either may be off by what float32 does to the weights of each axis (``gain_tolerance``), once more times the other
    axis's weights, and by what it does to the sums: adding ``t`` products in any order errs by at most ``t`` roundings
    of the sum of their sizes, and the two passes, the products and the result are rounded besides. What the call does
    instead of its claim does not matter: the two are compared with each other, and the bound is that of the arithmetic.
    """
    convention = claim or _UNCLAIMED
    exact = [matrix(convention, *pair) for pair in zip(size_in, size_out, strict=True)]
    gy, gx = (float(np.abs(one.to_array()).sum(axis=1).max()) for one in exact)
    ty, tx = (gain_tolerance(convention, *one.shape[::-1], gain) for one, gain in zip(exact, (gy, gx), strict=True))
    taps = sum(min(one.taps.shape[1], one.n_in) for one in exact)
    return 2 * (ty * gx + tx * gy + ty * tx + (taps + 2) * UNIT_ROUNDOFF * gy * gx)
