"""Resizers that follow a rule of both axes which is no convention, each with what identification should say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from halfpixel.golden import Convention, matrix
from tests.fakes.outside import Resize, triangle, two_parameters
from tests.fakes.outside import matrix as by_taps

AxisMatrix = Callable[[int, int, int, int, bool], np.ndarray]
"""``(n_in, n_out, other_in, other_out, is_width)`` to ``(n_out, n_in)``."""

LINEAR = Convention(kernel="linear")
ANTIALIASED = LINEAR.but(antialias=True, border="renormalise")


_KEPT_WEIGHTS = 1 << 13


def jointly(axis_matrix: AxisMatrix) -> Resize:
    """A resize whose matrices depend on the sizes of both axes; float32 from float64."""
    small = lru_cache(maxsize=1024)(axis_matrix)

    def made(n_in: int, n_out: int, other_in: int, other_out: int, is_width: bool) -> np.ndarray:
        matrix_of = small if n_in * n_out <= _KEPT_WEIGHTS else axis_matrix
        return matrix_of(n_in, n_out, other_in, other_out, is_width)

    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        (height, width), (h, w) = image.shape, size
        rows, columns = made(height, h, width, w, False), made(width, w, height, h, True)
        return (rows @ image.astype(np.float64) @ columns.T).astype(np.float32)

    return resize


def exact(convention: Convention, n_in: int, n_out: int) -> np.ndarray:
    """The exact matrix of a convention."""
    return matrix(convention, n_in, n_out).to_array()


def scaled(n_in: int, n_out: int, scale: float, kernel=triangle, shift: float = 0.0) -> np.ndarray:
    """Pixel centres by a scale of one's own, output over input, moved by input pixels."""
    return by_taps(kernel, n_in, n_out, lambda o, *_: (o + 0.5) / scale - 0.5 + shift)


def _moved(n_in: int, n_out: int, m_in: int, m_out: int, is_width: bool) -> np.ndarray:
    grows = n_out > n_in or m_out > m_in
    return by_taps(triangle, n_in, n_out, lambda o, *_: (o + (0.25 if grows else 0.5)) * n_in / n_out - 0.5)


def _picked(n_in: int, n_out: int, m_in: int, m_out: int, is_width: bool) -> np.ndarray:
    picks = np.floor((np.arange(n_out) + 0.5) * n_in / (n_out + 0.25)).astype(int)
    return np.eye(n_in)[np.clip(picks, 0, n_in - 1)]


def _mip(n_in: int, n_out: int, m_in: int, m_out: int, is_width: bool) -> np.ndarray:
    if 2 * n_out > n_in or 2 * m_out > m_in:
        return exact(LINEAR, n_in, n_out)
    blocks = np.kron(np.eye(n_in // 2), [[0.5, 0.5]])
    return exact(LINEAR, n_in // 2, n_out) @ np.pad(blocks, ((0, 0), (0, n_in % 2)))


@dataclass(frozen=True, slots=True)
class RuleFake:
    """``headline`` is the rule as it is printed; ``formulas`` its coordinates, one a part."""

    name: str
    resize: Resize = field(repr=False)
    headline: str
    formulas: tuple[str, ...] = ()


_PIXEL_CENTRES = "x_in = (x_out + 1/2) / s - 1/2, s = "

RULES: tuple[RuleFake, ...] = (
    RuleFake(
        "the smaller scale for both axes",
        jointly(lambda n, m, k, j, is_width: scaled(n, m, min(m / n, j / k))),
        "linear half_pixel, scale n_out / n_in of the axis with the smaller ratio",
        (_PIXEL_CENTRES + "n_out / n_in of the axis with the smaller ratio",),
    ),
    RuleFake(
        "the scale of the height for both axes, cubic",
        jointly(lambda n, m, k, j, is_width: scaled(n, m, j / k if is_width else m / n, two_parameters(0, 0.5))),
        "cubic half_pixel cubic_coeff_a=-1/2, scale height_out / height_in",
        (_PIXEL_CENTRES + "height_out / height_in",),
    ),
    RuleFake(
        "a quarter added to the output",
        jointly(lambda n, m, k, j, is_width: scaled(n, m, (m + 0.25) / n, two_parameters(0, 0.75))),
        "cubic half_pixel cubic_coeff_a=-3/4, scale (n_out + 0.25) / n_in",
        (_PIXEL_CENTRES + "(n_out + 1/4) / n_in",),
    ),
    RuleFake(
        "corners by sizes less a half",
        jointly(lambda n, m, k, j, is_width: by_taps(triangle, n, m, lambda o, *_: o * (n - 0.5) / (m - 0.5))),
        "linear asymmetric, scale (n_out - 0.5) / (n_in - 0.5)",
        ("x_in = x_out / s, s = (n_out - 1/2) / (n_in - 1/2)",),
    ),
    RuleFake(
        "a quarter of an input pixel",
        jointly(lambda n, m, k, j, is_width: scaled(n, m, m / n, shift=0.25)),
        "linear half_pixel, shifted by 0.25 input pixel",
        ("x_in = (x_out + 1/2) / s - 1/4, s = n_out / n_in",),
    ),
    RuleFake(
        "a quarter of an output pixel on both axes when any enlarges",
        jointly(_moved),
        "linear half_pixel, shifted by -0.25 output pixel when any axis enlarges; linear half_pixel elsewhere",
        (
            "when any axis enlarges: x_in = (x_out + 1/4) / s - 1/2, s = n_out / n_in",
            "elsewhere: x_in = (x_out + 1/2) / s - 1/2, s = n_out / n_in",
        ),
    ),
    RuleFake(
        "lanczos up, box down",
        jointly(
            lambda n, m, k, j, is_width: exact(
                Convention(kernel="lanczos", lobes=3)
                if m >= n
                else Convention(kernel="box", antialias=True, border="renormalise"),
                n,
                m,
            )
        ),
        "box half_pixel antialias border=renormalise when shrinking; lanczos half_pixel lobes=3 elsewhere",
    ),
    RuleFake(
        "antialiased below 11 pixels of height",
        jointly(lambda n, m, k, j, is_width: exact(ANTIALIASED if (k if is_width else n) < 11 else LINEAR, n, m)),
        "linear half_pixel, except below 11 pixels of height: linear half_pixel antialias border=renormalise",
    ),
    RuleFake(
        "nearest, a quarter added to the output",
        jointly(_picked),
        "nearest half_pixel round_prefer_ceil, scale (n_out + 0.25) / n_in",
        (_PIXEL_CENTRES + "(n_out + 1/4) / n_in",),
    ),
    RuleFake(
        "a B-spline with a mirrored prefilter and repeated coefficients",
        jointly(
            lambda n, m, k, j, is_width: exact(
                Convention(kernel="bspline", prefilter="bspline", border="replicate", prefilter_border="mirror"), n, m
            )
        ),
        "bspline half_pixel order=3 prefilter=bspline prefilter_border=mirror",
    ),
)

MEANS_OF_BLOCKS = jointly(_mip)
"""Means of 2x2 blocks while both axes shrink to half or less: no convention explains what it does there."""


def fitted_by(scale: float, round_length: Callable[[float], int]) -> Resize:
    """A resize by ``scale``, whatever the size asked: linear, at pixel centres by the scale and not by the sizes."""

    def resize(image: np.ndarray, size: object) -> np.ndarray:
        rows, columns = (scaled(n, max(1, round_length(n * scale)), scale) for n in image.shape)
        return (rows @ image.astype(np.float64) @ columns.T).astype(np.float32)

    return resize
