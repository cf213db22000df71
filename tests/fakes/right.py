"""Resizers with no fault: what a checker that cried wolf would be caught by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from . import claims
from .axis import (
    Interpolation,
    Nearest,
    adaptive_average,
    align_corners,
    area,
    asymmetric,
    ceil,
    floor,
    half_pixel,
    kept,
    middle_half,
    pytorch_half_pixel,
    round_half_even,
    round_prefer_ceil,
    round_prefer_floor,
    when_shrinking,
)
from .image import Fake, Resize, batch_fake, batched, fake, separable
from .kernels import BOX, HAMMING, MITCHELL, cubic, lanczos

LINEAR = Interpolation()
CUBIC = Interpolation(cubic(-0.75))
CATMULL_ROM = Interpolation(cubic(-0.5))
LINEAR_ANTIALIAS = Interpolation(stretch=when_shrinking, border="renormalise")
CUBIC_ANTIALIAS = replace(LINEAR_ANTIALIAS, kernel=cubic(-0.5))
LANCZOS3_ANTIALIAS = replace(LINEAR_ANTIALIAS, kernel=lanczos(3))
BOX_ANTIALIAS = replace(LINEAR_ANTIALIAS, kernel=BOX)

_PLACES = {"half_pixel": half_pixel, "align_corners": align_corners, "asymmetric": asymmetric}
_PICKS = {
    "floor": floor,
    "ceil": ceil,
    "round_prefer_floor": round_prefer_floor,
    "round_prefer_ceil": round_prefer_ceil,
    "round_half_even": round_half_even,
}


@kept
def _linear_weights(n_in: int, n_out: int) -> np.ndarray:
    return LINEAR(n_in, n_out)


def _linear_float64(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return _linear_weights(image.shape[0], size[0]) @ image @ _linear_weights(image.shape[1], size[1]).T


def _linear_float32(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    for n_out in size:
        n_in = image.shape[0]
        half = np.float32(0.5)
        x = (np.arange(n_out, dtype=np.float32) + half) * (np.float32(n_in) / np.float32(n_out)) - half
        left = np.floor(x)
        t = (x - left)[:, None]
        i = left.astype(int)
        image = (image[np.clip(i, 0, n_in - 1)] * (1 - t) + image[np.clip(i + 1, 0, n_in - 1)] * t).T
    return image


def _linear_loops(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    image = image.astype(np.float64)
    for n_out in size:
        n_in = len(image)
        resized = np.empty((n_out, image.shape[1]))
        for o in range(n_out):
            i, remainder = divmod((2 * o + 1) * n_in - n_out, 2 * n_out)
            t = remainder / (2 * n_out)
            resized[o] = (1 - t) * image[max(i, 0)] + t * image[min(i + 1, n_in - 1)]
        image = resized.T
    return image.astype(np.float32)


def _cached() -> Resize:
    known: dict[tuple[int, int], np.ndarray] = {}

    def weights(n_in: int, n_out: int) -> np.ndarray:
        if (n_in, n_out) not in known:
            known[n_in, n_out] = CUBIC(n_in, n_out)
        return known[n_in, n_out]

    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        return (weights(image.shape[0], size[0]) @ image @ weights(image.shape[1], size[1]).T).astype(np.float32)

    return resize


def _gathered_nearest(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    rows, columns = (np.arange(m) * n // m for n, m in zip(image.shape, size, strict=True))
    return image[rows[:, None], columns]


@kept
def _transposed_weights(n_in: int, n_out: int) -> np.ndarray:
    return np.ascontiguousarray(CUBIC_ANTIALIAS(n_in, n_out).T)


def _columns_first(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    columns = image @ _transposed_weights(image.shape[1], size[1])
    return (columns.T @ _transposed_weights(image.shape[0], size[0])).T.astype(np.float32)


_ROWS = [
    ("linear, half_pixel", claims.LINEAR, separable(LINEAR)),
    ("linear, align_corners", claims.LINEAR_ALIGN_CORNERS, separable(replace(LINEAR, place=align_corners))),
    ("linear, asymmetric", claims.LINEAR_ASYMMETRIC, separable(replace(LINEAR, place=asymmetric))),
    ("linear, pytorch_half_pixel", claims.LINEAR_PYTORCH, separable(replace(LINEAR, place=pytorch_half_pixel))),
    ("linear, half_pixel_symmetric where the scale is the size ratio", claims.LINEAR_SYMMETRIC, separable(LINEAR)),
    (
        "linear, tf_crop_and_resize of the middle half",
        claims.LINEAR_MIDDLE_HALF,
        separable(replace(LINEAR, place=middle_half)),
    ),
    ("linear, antialiased as Pillow does", claims.LINEAR_ANTIALIAS, separable(LINEAR_ANTIALIAS)),
    (
        "linear, antialiased, border pixels repeated",
        claims.LINEAR_ANTIALIAS_REPLICATE,
        separable(replace(LINEAR_ANTIALIAS, border="replicate")),
    ),
    ("cubic a=-0.75", claims.CUBIC, separable(CUBIC)),
    ("cubic a=-0.5", claims.CATMULL_ROM, separable(CATMULL_ROM)),
    ("cubic a=-0.6", claims.CUBIC.but(cubic_coeff_a="-0.6"), separable(Interpolation(cubic(-0.6)))),
    (
        "cubic a=-0.75, align_corners",
        claims.CUBIC.but(coordinate_transformation_mode="align_corners"),
        separable(replace(CUBIC, place=align_corners)),
    ),
    (
        "cubic a=-0.5, renormalised at the border",
        claims.CUBIC_RENORMALISE,
        separable(replace(CATMULL_ROM, border="renormalise")),
    ),
    ("cubic a=-0.75, reflected at the border", claims.CUBIC_REFLECT, separable(replace(CUBIC, border="reflect"))),
    ("cubic a=-0.5, mirrored at the border", claims.CUBIC_MIRROR, separable(replace(CATMULL_ROM, border="mirror"))),
    (
        "cubic a=-0.75, wrapped at the border",
        claims.CUBIC.but(border="wrap"),
        separable(replace(CUBIC, border="wrap")),
    ),
    (
        "cubic a=-0.75, zeros outside",
        claims.CUBIC.but(border="constant"),
        separable(replace(CUBIC, border="constant")),
    ),
    ("cubic a=-0.5, antialiased as Pillow does", claims.CUBIC_ANTIALIAS, separable(CUBIC_ANTIALIAS)),
    ("area, exact coverage", claims.AREA, separable(area)),
    ("adaptive average", claims.ADAPTIVE_AVERAGE, separable(adaptive_average)),
    ("lanczos3, antialiased as Pillow does", claims.LANCZOS3_ANTIALIAS, separable(LANCZOS3_ANTIALIAS)),
    ("lanczos4, unstretched", claims.LANCZOS4, separable(Interpolation(lanczos(4)))),
    ("box, antialiased as Pillow does", claims.BOX_ANTIALIAS, separable(BOX_ANTIALIAS)),
    (
        "hamming, antialiased as Pillow does",
        claims.HAMMING_ANTIALIAS,
        separable(replace(BOX_ANTIALIAS, kernel=HAMMING)),
    ),
    ("mitchell, unstretched", claims.MITCHELL, separable(Interpolation(MITCHELL))),
    (
        "mitchell, antialiased",
        claims.MITCHELL.but(antialias=True, border="renormalise"),
        separable(replace(LINEAR_ANTIALIAS, kernel=MITCHELL)),
    ),
    ("linear, returned in float64", claims.LINEAR, _linear_float64),
    ("linear, computed in float32 throughout", claims.LINEAR, _linear_float32),
    ("linear, one output row at a time", claims.LINEAR, _linear_loops),
    ("cubic a=-0.75, weights kept by both sizes", claims.CUBIC, _cached()),
    ("cubic a=-0.5, antialiased, columns before rows", claims.CUBIC_ANTIALIAS, _columns_first),
    ("nearest by indexing, asymmetric floor", claims.NEAREST_ASYMMETRIC_FLOOR, _gathered_nearest),
    *(
        (f"nearest, {mode}, {rounding}", claims.nearest(mode, rounding), separable(Nearest(place, pick)))
        for mode, place in _PLACES.items()
        for rounding, pick in _PICKS.items()
    ),
]

RIGHT: tuple[Fake, ...] = (
    *(fake(*row) for row in _ROWS),
    batch_fake("linear, all images and channels in one product", claims.LINEAR, batched(LINEAR)),
)
