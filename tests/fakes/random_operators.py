"""Random wrong resizers: a right one that goes wrong under a random condition, at a random place, in a random way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from hypothesis import strategies as st

from halfpixel.adapters import Operation, from_callable
from halfpixel.golden import Convention

from . import claims
from .axis import Interpolation, adaptive_average, area, asymmetric
from .image import Resize, separable
from .right import CATMULL_ROM, CUBIC, CUBIC_ANTIALIAS, LANCZOS3_ANTIALIAS, LINEAR, LINEAR_ANTIALIAS

Pair = tuple[int, int]
_LEAST = 0.002
"""The least error that counts: a quarter of a grey level, for images in [-1, 1]."""

_LINEAR_ASYMMETRIC = separable(Interpolation(place=asymmetric))
RIGHT: dict[str, tuple[Convention, Resize]] = {
    "linear": (claims.LINEAR, separable(LINEAR)),
    "cubic": (claims.CUBIC, separable(CUBIC)),
    "linear antialias": (claims.LINEAR_ANTIALIAS, separable(LINEAR_ANTIALIAS)),
    "cubic antialias": (claims.CUBIC_ANTIALIAS, separable(CUBIC_ANTIALIAS)),
    "area": (claims.AREA, separable(area)),
}
"""What the wrong ones claim to be, and the resizers that are."""
OTHERS: dict[str, Resize] = {name: resize for name, (_, resize) in RIGHT.items()} | {
    "linear asymmetric": _LINEAR_ASYMMETRIC,
    "cubic a=-1/2": separable(CATMULL_ROM),
    "lanczos antialias": separable(LANCZOS3_ANTIALIAS),
    "adaptive average": separable(adaptive_average),
}


@dataclass(frozen=True)
class Condition:
    """The sizes at which the fault shows: ``name`` of :data:`CONDITIONS` with its parameters."""

    name: str
    factor: float = 1.0
    size: int = 1

    def holds(self, size_in: Pair, size_out: Pair) -> bool:
        """Whether the fault shows when an image of ``size_in`` (height, width) is resized to ``size_out``."""
        return CONDITIONS[self.name](size_in, size_out, self.factor, self.size)


def _ratios(size_in: Pair, size_out: Pair) -> tuple[float, float]:
    """``n_in / n_out`` of height and width."""
    return size_in[0] / size_out[0], size_in[1] / size_out[1]


CONDITIONS: dict[str, Callable[[Pair, Pair, float, int], bool]] = {
    "always": lambda i, o, f, n: True,
    "both shrink by a factor": lambda i, o, f, n: min(_ratios(i, o)) >= f and min(_ratios(i, o)) > 1,
    "both enlarge by a factor": lambda i, o, f, n: max(_ratios(i, o)) <= 1 / f and max(_ratios(i, o)) < 1,
    "one shrinks while the other grows": lambda i, o, f, n: min(_ratios(i, o)) < 1 < max(_ratios(i, o)),
    "the ratios differ by a factor": lambda i, o, f, n: max(_ratios(i, o)) >= f * min(_ratios(i, o)) and i[0] != i[1],
    "the ratios are equal": lambda i, o, f, n: i[0] * o[1] == i[1] * o[0],
    "the height keeps its size": lambda i, o, f, n: i[0] == o[0] and i[1] != o[1],
    "the width shrinks": lambda i, o, f, n: o[1] < i[1],
    "wide by a factor": lambda i, o, f, n: i[1] > f * i[0],
    "tall by a factor": lambda i, o, f, n: i[0] > f * i[1],
    "the output is wide by a factor": lambda i, o, f, n: o[1] > f * o[0],
    "square to square": lambda i, o, f, n: i[0] == i[1] and o[0] == o[1],
    "the height comes from a size on": lambda i, o, f, n: i[0] >= n,
    "the width goes to a size on": lambda i, o, f, n: o[1] >= n,
    "both come from a size on": lambda i, o, f, n: min(i) >= n,
    "both go to a size at most": lambda i, o, f, n: max(o) <= n,
    "many pixels": lambda i, o, f, n: i[0] * i[1] >= n * n,
    "few pixels come out": lambda i, o, f, n: o[0] * o[1] <= n,
    "the width is a multiple": lambda i, o, f, n: i[1] % min(n, 64) == 0,
    "both sizes are odd": lambda i, o, f, n: i[0] % 2 == 1 and i[1] % 2 == 1,
    "the output is no multiple": lambda i, o, f, n: o[1] % (2 + n % 15) != 0,
}


@dataclass(frozen=True)
class Place:
    """The outputs at which the fault shows: ``name`` of :data:`PLACES` with a number of pixels."""

    name: str
    pixels: int = 1

    def mask(self, size_out: Pair) -> np.ndarray:
        """Bool, ``size_out``."""
        y, x = np.ogrid[: size_out[0], : size_out[1]]
        return np.broadcast_to(PLACES[self.name](y, x, size_out, self.pixels), size_out)


PLACES: dict[str, Callable[[np.ndarray, np.ndarray, Pair, int], np.ndarray]] = {
    "everywhere": lambda y, x, o, p: (y >= 0) & (x >= 0),
    "the last columns that fill no tile": lambda y, x, o, p: (x >= o[1] - o[1] % p) & (y >= 0),
    "the last rows that fill no tile": lambda y, x, o, p: (y >= o[0] - o[0] % p) & (x >= 0),
    "one row": lambda y, x, o, p: (y == p % o[0]) & (x >= 0),
    "one column from the end": lambda y, x, o, p: (x == o[1] - 1 - p % o[1]) & (y >= 0),
    "every some columns": lambda y, x, o, p: (x % (p + 1) == p) & (y >= 0),
    "a corner": lambda y, x, o, p: (y < p) & (x < p),
    "the border": lambda y, x, o, p: (y == 0) | (x == 0) | (y == o[0] - 1) | (x == o[1] - 1),
    "one pixel": lambda y, x, o, p: (y == o[0] // 2) & (x == p % o[1]),
    "beyond some rows": lambda y, x, o, p: (y >= p) & (x >= 0),
    "the diagonal": lambda y, x, o, p: y == x,
}


@dataclass(frozen=True)
class Change:
    """What is wrong there: ``name`` of :data:`CHANGES`, by an amount, with another resize beside."""

    name: str
    amount: float = 1.0
    other: str = "linear"

    def of(self, right: np.ndarray, image: np.ndarray, size: Pair) -> np.ndarray:
        """The wrong result, of the shape of ``right``."""
        return CHANGES[self.name](right, image, size, self.amount, OTHERS[self.other])


def _moved(right: np.ndarray, rows: int, columns: int) -> np.ndarray:
    y = np.clip(np.arange(right.shape[0]) + rows, 0, right.shape[0] - 1)
    x = np.clip(np.arange(right.shape[1]) + columns, 0, right.shape[1] - 1)
    return right[y][:, x]


def _towards(right: np.ndarray, wrong: np.ndarray, amount: float) -> np.ndarray:
    return right + np.float32(amount) * (wrong - right)


CHANGES: dict[str, Callable[[np.ndarray, np.ndarray, Pair, float, Resize], np.ndarray]] = {
    "is another resize": lambda r, x, s, a, other: _towards(r, other(x, s), a),
    "is moved by a row": lambda r, x, s, a, other: _towards(r, _moved(r, 1, 0), a),
    "is moved along the diagonal": lambda r, x, s, a, other: _towards(r, _moved(r, 1, -1), a),
    "is brighter": lambda r, x, s, a, other: r * np.float32(1 + a),
    "takes some of the first pixel": lambda r, x, s, a, other: _towards(r, np.full_like(r, x[0, 0]), a),
    "is nearest": lambda r, x, s, a, other: _towards(r, _picked(x, s), a),
    "is zero": lambda r, x, s, a, other: r * np.float32(1 - a),
}


def _picked(image: np.ndarray, size: Pair) -> np.ndarray:
    y, x = (np.arange(n_out) * n_in // n_out for n_in, n_out in zip(image.shape, size, strict=True))
    return image[y][:, x]


@dataclass(frozen=True)
class WrongOperator:
    """A resizer that is ``RIGHT[right]`` but for one fault."""

    right: str
    condition: Condition
    place: Place
    change: Change

    @property
    def claim(self) -> Convention:
        """What it claims to be, and is where the fault does not show."""
        return RIGHT[self.right][0]

    @cached_property
    def operation(self) -> Operation:
        """The call."""
        return from_callable(self._resize, f"{self.right}, wrong", claim=self.claim)

    def _resize(self, image: np.ndarray, size: Pair) -> np.ndarray:
        right = RIGHT[self.right][1](image, size)
        shape = (image.shape[0], image.shape[1])
        if not self.condition.holds(shape, size):
            return right
        return np.where(self.place.mask(size), self.change.of(right, image, size), right).astype(np.float32)

    @property
    def shows(self) -> bool:
        """Whether an image in [-1, 1] is off by a quarter of a grey level or more, at some sizes up to 1,200 pixels."""
        return any(self.condition.holds(*shapes) and self._error(*shapes) > _LEAST for shapes in _witnesses())

    def _error(self, size_in: Pair, size_out: Pair) -> float:
        image = np.random.default_rng(size_in).uniform(-1, 1, size_in).astype(np.float32)
        return float(np.abs(self._resize(image, size_out) - RIGHT[self.right][1](image, size_out)).max())


@lru_cache(maxsize=1)
def _witnesses() -> tuple[tuple[Pair, Pair], ...]:
    """Sizes at which a fault may show, small ones first: 60 at random, and squares."""
    random = np.random.default_rng(0)
    sizes = np.exp(random.uniform(np.log(3), np.log(1200), (60, 4))).astype(int)
    mixed = [((int(h), int(w)), (int(a), int(b))) for h, w, a, b in sizes]
    squares = [((n, n), (m, m)) for n, m in ((9, 4), (9, 14), (33, 7), (64, 20), (255, 63), (700, 150), (900, 910))]
    kept = [((7, 40), (7, 90)), ((300, 40), (300, 11))]
    return tuple(sorted([*mixed, *squares, *kept], key=lambda shapes: shapes[0][0] * shapes[0][1]))


def wrong_operators() -> st.SearchStrategy[WrongOperator]:
    """Random wrong operators whose fault shows somewhere, by a quarter of a grey level or more."""
    sizes = st.floats(0, 1).map(lambda share: int(2 * 600**share))
    condition = st.builds(
        Condition, st.sampled_from(list(CONDITIONS)), st.sampled_from([1.0, 1.5, 2.0, 3.0, 4.0, 6.0]), sizes
    )
    place = st.builds(Place, st.sampled_from(list(PLACES)), st.sampled_from([1, 2, 3, 5, 8, 16, 32, 64, 128]))
    amount = st.floats(-2.5, 0).map(lambda power: 10**power)
    change = st.builds(Change, st.sampled_from(list(CHANGES)), amount, st.sampled_from(list(OTHERS)))
    drawn = st.builds(WrongOperator, st.sampled_from(list(RIGHT)), condition, place, change)
    return drawn.filter(lambda operator: operator.shows)
