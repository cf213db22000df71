"""Calls with another path beside them: paths that go wrong in one way each, and paths that only round otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.golden import Convention
from tests.fakes import claims
from tests.fakes.axis import (
    AxisRule,
    Interpolation,
    Nearest,
    align_corners,
    half_pixel,
    round_prefer_ceil,
    round_prefer_floor,
)
from tests.fakes.image import batched
from tests.fakes.kernels import cubic
from tests.fakes.right import CATMULL_ROM, CUBIC, LINEAR, LINEAR_ANTIALIAS

Run = Callable[[np.ndarray, tuple[int, int]], np.ndarray]


@dataclass(frozen=True)
class PathFake:
    """A call and another path of it; ``factors`` as of ``Fake``: empty where the path is right."""

    name: str
    operation: Operation
    path: Operation
    factors: frozenset[str]


def path_fake(name: str, claim: Convention | None, ordinary: Run, path: Run, *factors: str) -> PathFake:
    """From ``run(images (N, H, W, C), size (h, w)) -> (N, h, w, C)``, twice."""
    operation = Operation("callable", f"what has the path: {name}", ordinary, claim=claim)
    return PathFake(name, operation, Operation("callable", name, path, claim=claim), frozenset(factors))


def careful(rule: AxisRule) -> Run:
    """As ``batched``, in which only pixels whose weight is not zero take part: NaN goes no further than it must."""

    def along(images: np.ndarray, weights: np.ndarray) -> np.ndarray:
        taps = [np.flatnonzero(row) for row in weights]
        lines = [np.tensordot(row[of], images[:, of], (0, 1)) for row, of in zip(weights, taps, strict=True)]
        return np.stack(lines, axis=1)

    def run(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        rows = along(images.astype(np.float64), rule(images.shape[1], size[0]))
        columns = along(rows.transpose(0, 2, 1, 3), rule(images.shape[2], size[1]))
        return columns.transpose(0, 2, 1, 3).astype(np.float32)

    return run


_linear, _careful = batched(LINEAR), careful(LINEAR)
_cubic, _catmull_rom = batched(CUBIC), batched(CATMULL_ROM)
_aligned = batched(replace(LINEAR, place=align_corners))
_antialiased = batched(LINEAR_ANTIALIAS)
_floor, _ceil = (batched(Nearest(half_pixel, pick)) for pick in (round_prefer_floor, round_prefer_ceil))


def _then(run: Run, change: Callable[[np.ndarray], np.ndarray]) -> Run:
    return lambda images, size: change(run(images, size))


def _tilted(resized: np.ndarray) -> np.ndarray:
    ramp = np.linspace(-1e-4, 1e-4, resized.shape[1], dtype=np.float32)
    return resized * (1 + ramp[:, None, None])


def _in_stripes(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Four threads, each of which sees the rows of its own stripe of a large image only."""
    resized = _linear(images, size)
    if images.shape[1] * images.shape[2] > 4096:
        bounds = np.linspace(0, images.shape[1], 5).astype(int)
        stripes = [_linear(images[:, a:b], (size[0] // 4, size[1])) for a, b in pairwise(bounds)]
        together = np.concatenate(stripes, axis=1)
        resized[:, : together.shape[1]] = together
    return resized


def _without_tail(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Vectors of eight; what is left of a line longer than that repeats the last whole vector's last value."""
    resized = _linear(images, size)
    whole = size[1] // 8 * 8
    if whole:
        resized[:, :, whole:] = resized[:, :, whole - 1 : whole]
    return resized


def _turned_if_square(resized: np.ndarray) -> np.ndarray:
    return resized.transpose(0, 2, 1, 3) if resized.shape[1] == resized.shape[2] else resized


def _first_of_four(resized: np.ndarray) -> np.ndarray:
    resized = resized.copy()
    if resized.shape[-1] == 4:
        resized[..., 3] = resized[..., 0]
    return resized


def _first_for_last(resized: np.ndarray) -> np.ndarray:
    resized = resized.copy()
    if len(resized) > 1:
        resized[-1] = resized[0]
    return resized


def _off_at_integers(n_in: int, n_out: int) -> np.ndarray:
    """The pixel from a coordinate just below the integer, and its weight from one just above."""
    weights = LINEAR(n_in, n_out)
    for o in range(n_out):
        left, remainder = divmod((2 * o + 1) * n_in - n_out, 2 * n_out)
        if not remainder and left > 0 and n_in != n_out:
            weights[o] = np.eye(n_in)[left - 1]
    return weights


def _mixed(resized: np.ndarray) -> np.ndarray:
    """The values of a batch of several channels as though channels came before the images."""
    n, h, w, c = resized.shape
    return resized.transpose(1, 2, 0, 3).reshape(h, w, c, n).transpose(3, 0, 1, 2)


def _large_dimmed(resized: np.ndarray) -> np.ndarray:
    return resized * np.float32(0.99) if resized[0].size > 10_000 else resized


def _noisy(amplitude: float) -> Run:
    chance = np.random.default_rng(0)

    def run(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        resized = _linear(images, size)
        return resized + chance.uniform(-amplitude, amplitude, resized.shape).astype(np.float32)

    return run


def _refusing_nan(resized: np.ndarray) -> np.ndarray:
    return np.nan_to_num(resized, nan=0)


def _one_more_row(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return _linear(images, (size[0] + 1, size[1]))[:, : size[0]]


def _three_times(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return _linear(images * np.float32(3), size) / np.float32(3)


def _in_half(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return _linear(images.astype(np.float16), size).astype(np.float16).astype(np.float32)


def _overflowing(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        return _linear(images, size) * np.float32(1e38) * np.float32(10) / np.float32(1e38) / np.float32(10)


_WRONG = [
    (
        "drifts by 1e-4 from top to bottom",
        claims.LINEAR,
        _linear,
        _then(_linear, _tilted),
        "execution path",
        "normalisation",
    ),
    ("brighter by 1e-4", claims.LINEAR, _linear, _then(_linear, lambda y: y * np.float32(1.0001)), "normalisation"),
    ("threads see only their own stripe", claims.LINEAR, _linear, _in_stripes, "execution path"),
    ("the tail of a vector is not computed", claims.LINEAR, _linear, _without_tail, "execution path"),
    ("transposes square results", claims.LINEAR, _linear, _then(_linear, _turned_if_square), "axis order"),
    (
        "always transposed",
        claims.LINEAR,
        _linear,
        _then(_linear, lambda y: y.transpose(0, 2, 1, 3)),
        "axis order",
        "output size",
    ),
    ("ignores align_corners", claims.LINEAR_ALIGN_CORNERS, _aligned, _linear, "coordinates"),
    ("another cubic coefficient", claims.CUBIC, _cubic, _catmull_rom, "cubic coefficient"),
    ("zeros beyond the border", claims.CUBIC, _cubic, batched(replace(CUBIC, border="constant")), "border"),
    ("forgets to antialias", claims.LINEAR_ANTIALIAS, _antialiased, _linear, "antialias"),
    ("ties go up", claims.NEAREST_PREFER_FLOOR, _floor, _ceil, "ties"),
    ("returns float64", claims.LINEAR, _linear, _then(_linear, np.float64), "dtype"),
    ("adds noise of a thousandth", claims.LINEAR, _linear, _noisy(1e-3), "determinism"),
    ("the fourth of four channels is the first", claims.LINEAR, _linear, _then(_linear, _first_of_four), "channel"),
    ("the last image of a batch is the first", claims.LINEAR, _linear, _then(_linear, _first_for_last), "batch"),
    ("images and channels of a batch mixed up", claims.LINEAR, _linear, _then(_linear, _mixed), "batch", "channel"),
    ("a pixel aside at integer coordinates", claims.LINEAR, _linear, batched(_off_at_integers), "coordinates"),
    ("large images come out dimmer", claims.LINEAR, _linear, _then(_linear, _large_dimmed), "execution path"),
    ("computes in float16", claims.LINEAR, _linear, _in_half, "execution path", "precision"),
    ("NaN reaches everything", claims.LINEAR, _careful, _linear, "non-finite values"),
    ("NaN becomes zero", claims.LINEAR, _careful, _then(_careful, _refusing_nan), "non-finite values"),
    ("overflows on the way", claims.LINEAR, _linear, _overflowing, "non-finite values"),
    ("one row more, cut off", claims.LINEAR, _linear, _one_more_row, "execution path", "coordinates", "scale source"),
    ("a path of a call that claims nothing", None, _cubic, _catmull_rom, "execution path"),
]

_RIGHT = [
    ("itself", claims.LINEAR, _linear, _linear),
    ("itself, where NaN stays in place", claims.CUBIC, careful(CUBIC), careful(CUBIC)),
    ("three times as bright, and back", claims.LINEAR, _linear, _three_times),
    ("sums in another order", claims.CUBIC, _cubic, lambda x, size: _cubic(x[:, ::-1], size)[:, ::-1]),
    ("varies within rounding", claims.LINEAR, _linear, _noisy(1e-8)),
    ("weights in float32", claims.CUBIC, _cubic, batched(lambda n, m: Interpolation(cubic(-0.75))(n, m).astype("f"))),
    ("no claim, weights in float32", None, _cubic, batched(lambda n, m: CUBIC(n, m).astype(np.float32))),
]

WRONG: tuple[PathFake, ...] = tuple(path_fake(*row) for row in _WRONG)
RIGHT: tuple[PathFake, ...] = tuple(path_fake(*row) for row in _RIGHT)
