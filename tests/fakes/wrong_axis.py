"""Resizers whose fault lies in the weights of an axis: coordinates, kernel, border, antialiasing, precision."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from . import claims
from .axis import (
    Interpolation,
    Nearest,
    Place,
    adaptive_average,
    align_corners,
    altered,
    area,
    asymmetric,
    half_pixel,
    only_if,
    pytorch_half_pixel,
    when_shrinking,
)
from .axis import round_prefer_floor as nearest_integer
from .image import Fake, fake, separable
from .kernels import HAMMING, QUADRATIC_BSPLINE, SMOOTHSTEP, cubic, lanczos
from .right import (
    BOX_ANTIALIAS,
    CATMULL_ROM,
    CUBIC,
    CUBIC_ANTIALIAS,
    LANCZOS3_ANTIALIAS,
    LINEAR_ANTIALIAS,
)
from .right import LINEAR as PLAIN


def _moved(place: Place, numerator: int, denominator: int) -> Place:
    def moved(o: np.ndarray, n_in: int, n_out: int) -> tuple[np.ndarray, int]:
        x, common = place(o, n_in, n_out)
        return x * denominator + numerator * common, common * denominator

    return moved


def _table(place: Place, steps: int) -> Place:
    def rounded(o: np.ndarray, n_in: int, n_out: int) -> tuple[np.ndarray, int]:
        x, common = place(o, n_in, n_out)
        return nearest_integer(x * steps, common), steps

    return rounded


def _with_step(numerator, denominator) -> Place:
    """Half-pixel coordinates whose step is ``numerator / denominator`` of the sizes, instead of ``n_in / n_out``."""

    def place(o: np.ndarray, n_in: int, n_out: int) -> tuple[np.ndarray, int]:
        p, q = numerator(n_in, n_out), denominator(n_in, n_out)
        return (2 * o + 1) * p - q, 2 * q

    return place


def _last_row_from_the_one_before(matrix: np.ndarray) -> np.ndarray:
    matrix[-1] = matrix[-2:][0]
    return matrix


def _first_row_copied(matrix: np.ndarray) -> np.ndarray:
    matrix[0] = np.arange(matrix.shape[1]) == 0
    return matrix


_SHIFTED = replace(PLAIN, place=_moved(half_pixel, 1, 10))
_NO_HALF = replace(PLAIN, place=asymmetric)
_EDGES = ("border", "coordinates")
_STEP = ("scale source", "coordinates")
_ROUNDED = ("precision", "rounding")

# What is wrong; what is claimed; the rule of both axes; the attributions that would be fair.
_ROWS = [
    ("the half pixel is dropped", claims.LINEAR, _NO_HALF, "coordinates"),
    (
        "the half pixel is added twice",
        claims.LINEAR,
        replace(PLAIN, place=lambda o, n_in, n_out: ((2 * o + 2) * n_in - 2 * n_out, 2 * n_out)),
        "coordinates",
    ),
    (
        "the half pixel is added and never taken off",
        claims.CUBIC,
        replace(CUBIC, place=_moved(half_pixel, 1, 2)),
        "coordinates",
    ),
    (
        "the step is (n_in - 1) / n_out",
        claims.LINEAR,
        replace(PLAIN, place=_with_step(lambda n_in, n_out: n_in - 1, lambda n_in, n_out: n_out)),
        *_STEP,
    ),
    (
        "the step is n_in / (n_out - 1)",
        claims.LINEAR,
        replace(PLAIN, place=_with_step(lambda n_in, n_out: n_in, lambda n_in, n_out: max(n_out - 1, 1))),
        *_STEP,
    ),
    (
        "the step is rounded to two decimals",
        claims.LINEAR,
        replace(PLAIN, place=_with_step(lambda n_in, n_out: round(100 * n_in / n_out), lambda n_in, n_out: 100)),
        *_STEP,
    ),
    ("corners are aligned unasked", claims.LINEAR, replace(PLAIN, place=align_corners), "coordinates"),
    ("align_corners is ignored", claims.LINEAR_ALIGN_CORNERS, PLAIN, "coordinates"),
    ("coordinates are a tenth of a pixel off", claims.LINEAR, _SHIFTED, "coordinates"),
    (
        "coordinates are a fiftieth of a pixel off",
        claims.CATMULL_ROM,
        replace(CATMULL_ROM, place=_moved(half_pixel, -1, 50)),
        "coordinates",
    ),
    (
        "the region of interest is ignored",
        claims.LINEAR_MIDDLE_HALF,
        replace(PLAIN, place=align_corners),
        "coordinates",
    ),
    ("a single output takes the first pixel", claims.LINEAR, replace(PLAIN, place=pytorch_half_pixel), "coordinates"),
    ("a single output takes the centre", claims.LINEAR_PYTORCH, PLAIN, "coordinates"),
    ("a is -0.5, not -0.75", claims.CUBIC, CATMULL_ROM, "cubic coefficient"),
    ("a is -1, not -0.75", claims.CUBIC, replace(CUBIC, kernel=cubic(-1)), "cubic coefficient"),
    ("a is -0.6, not -0.5", claims.CATMULL_ROM, replace(CUBIC, kernel=cubic(-0.6)), "cubic coefficient"),
    (
        "a is -0.75, not -0.5, when antialiasing",
        claims.CUBIC_ANTIALIAS,
        replace(CUBIC_ANTIALIAS, kernel=cubic(-0.75)),
        "cubic coefficient",
    ),
    ("cubic is computed as linear", claims.CUBIC, PLAIN, "kernel"),
    ("linear weights are eased by a cosine", claims.LINEAR, replace(PLAIN, kernel=SMOOTHSTEP), "kernel"),
    ("Catmull-Rom is a quadratic B-spline", claims.CATMULL_ROM, replace(PLAIN, kernel=QUADRATIC_BSPLINE), "kernel"),
    ("mitchell is Catmull-Rom", claims.MITCHELL, CATMULL_ROM, "kernel"),
    ("box is hamming", claims.BOX_ANTIALIAS, replace(BOX_ANTIALIAS, kernel=HAMMING), "kernel"),
    (
        "lanczos has two lobes, not three",
        claims.LANCZOS3_ANTIALIAS,
        replace(LANCZOS3_ANTIALIAS, kernel=lanczos(2)),
        "kernel",
    ),
    ("area takes the nearest pixel", claims.AREA, Nearest(), "kernel"),
    ("area is an adaptive average", claims.AREA, adaptive_average, "kernel"),
    ("an adaptive average is area", claims.ADAPTIVE_AVERAGE, area, "kernel"),
    (
        "lanczos weights do not add up to one",
        claims.LANCZOS4,
        Interpolation(lanczos(4), normalised=False),
        "normalisation",
    ),
    ("weights add up to 1.001", claims.LINEAR, altered(PLAIN, lambda matrix: 1.001 * matrix), "normalisation"),
    ("reflected, not repeated, at the border", claims.CUBIC, replace(CUBIC, border="reflect"), "border"),
    ("mirrored, not repeated, at the border", claims.CUBIC, replace(CUBIC, border="mirror"), "border"),
    ("repeated, not mirrored, at the border", claims.CUBIC_MIRROR, CATMULL_ROM, "border"),
    ("wrapped, not repeated, at the border", claims.LINEAR, replace(PLAIN, border="wrap"), "border"),
    ("zeros, not the border pixel, outside", claims.CUBIC, replace(CUBIC, border="constant"), "border"),
    (
        "renormalised, not repeated, at the border",
        claims.CATMULL_ROM,
        replace(CATMULL_ROM, border="renormalise"),
        "border",
    ),
    ("repeated, not renormalised, at the border", claims.CUBIC_RENORMALISE, CATMULL_ROM, "border"),
    (
        "repeated, not renormalised, at the border when antialiasing",
        claims.LINEAR_ANTIALIAS,
        replace(LINEAR_ANTIALIAS, border="replicate"),
        "border",
    ),
    ("the last output repeats the one before", claims.LINEAR, altered(PLAIN, _last_row_from_the_one_before), *_EDGES),
    ("the first output copies the first pixel", claims.LINEAR, altered(PLAIN, _first_row_copied), *_EDGES),
    (
        "a single input pixel is dimmed by a half",
        claims.CUBIC,
        only_if(lambda n_in, n_out: n_in == 1, altered(CUBIC, lambda matrix: matrix / 2), CUBIC),
        "border",
        "normalisation",
    ),
    (
        "antialiasing is ignored",
        claims.LINEAR_ANTIALIAS,
        replace(PLAIN, border="renormalise"),
        "antialias",
    ),
    (
        "antialiasing is applied unasked",
        claims.CATMULL_ROM,
        replace(CATMULL_ROM, stretch=when_shrinking),
        "antialias",
    ),
    (
        "the antialiasing kernel is twice as wide",
        claims.LINEAR_ANTIALIAS,
        replace(LINEAR_ANTIALIAS, stretch=lambda n_in, n_out: (2 * n_in, n_out) if n_in > n_out else (1, 1)),
        "antialias",
    ),
    (
        "the antialiasing kernel widens when enlarging too",
        claims.CUBIC_ANTIALIAS,
        replace(CUBIC_ANTIALIAS, stretch=lambda n_in, n_out: (max(n_in, n_out), min(n_in, n_out))),
        "antialias",
    ),
    (
        "coordinates come from a table of 32 steps",
        claims.LINEAR,
        replace(PLAIN, place=_table(half_pixel, 32)),
        *_ROUNDED,
    ),
    (
        "coordinates come from a table of 1024 steps",
        claims.CATMULL_ROM,
        replace(CATMULL_ROM, place=_table(half_pixel, 1024)),
        *_ROUNDED,
    ),
    (
        "weights are cut to 11 bits",
        claims.LINEAR,
        altered(PLAIN, lambda matrix: np.floor(matrix * 2048) / 2048),
        *_ROUNDED,
    ),
    (
        "wrong from 24 input pixels on",
        claims.LINEAR,
        only_if(lambda n_in, n_out: n_in < 24, PLAIN, _NO_HALF),
        "coordinates",
    ),
    (
        "wrong for every seventh output size",
        claims.LINEAR,
        only_if(lambda n_in, n_out: n_out % 7, PLAIN, _SHIFTED),
        "coordinates",
    ),
    (
        "the fast path for doubling drops the half pixel",
        claims.LINEAR,
        only_if(lambda n_in, n_out: n_out == 2 * n_in, _NO_HALF, PLAIN),
        "coordinates",
    ),
]

WRONG: tuple[Fake, ...] = tuple(fake(name, claim, separable(rule), *factors) for name, claim, rule, *factors in _ROWS)
