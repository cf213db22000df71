"""Integer rules of ``tf.image.resize``: its float32 result on a CPU, bit for bit, and the two ways back to uint8."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from halfpixel.golden.catalogue import named_convention
from halfpixel.golden.integer_rules.passes import image_rule, pick, sequential_sum
from halfpixel.golden.integer_rules.rule import IntegerRule, Resize, Size
from halfpixel.golden.integer_rules.tap_tables import TapTable, rounded, weighted_sum

_KERNELS_FOLDER = "https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/core/kernels/image/"
_VERSIONS = ("2.21.0",)

FloatResize = Callable[[np.ndarray, Size], np.ndarray]
"""A float32 image ``(H, W, C)`` and a size to the float32 image that TensorFlow returns."""


def _scale(n_in: int, n_out: int) -> np.float32:
    return np.float32(n_in) / np.float32(n_out)


def _positions(n_in: int, n_out: int) -> np.ndarray:
    half = np.float32(0.5)
    positions: np.ndarray = (np.arange(n_out, dtype=np.float32) + half) * _scale(n_in, n_out) - half
    return positions


def _bilinear(image: np.ndarray, size: Size) -> np.ndarray:
    def axis(n_in: int, n_out: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        positions = _positions(n_in, n_out)
        below = np.floor(positions)
        above = np.minimum(np.ceil(positions).astype(int), n_in - 1)
        return np.maximum(below.astype(int), 0), above, positions - below

    upper, lower, down = axis(image.shape[0], size[0])
    left, right, along = axis(image.shape[1], size[1])

    def between(one: np.ndarray, other: np.ndarray, fractions: np.ndarray) -> np.ndarray:
        interpolated: np.ndarray = one + (other - one) * fractions
        return interpolated

    top, bottom = (between(rows[:, left], rows[:, right], along[:, None]) for rows in (image[upper], image[lower]))
    return between(top, bottom, down[:, None, None])


@lru_cache(maxsize=1)
def _cubic_table() -> tuple[np.ndarray, np.ndarray]:
    """Keys' cubic, a = -0.5, of 0 to 1 and of 1 to 2 in steps of 1/1024: float64 arithmetic, rounded to float32."""
    x = np.arange(1025) / 1024
    near = (1.5 * x - 2.5) * x * x + 1
    x = x + 1
    return near.astype(np.float32), (((-0.5 * x + 2.5) * x - 4) * x + 2).astype(np.float32)


@lru_cache(maxsize=4096)
def _bicubic_taps(n_in: int, n_out: int) -> TapTable:
    near, far = _cubic_table()
    positions = _positions(n_in, n_out)
    below = np.floor(positions)
    step = np.rint((positions - below) * np.float32(1024)).astype(int)
    weights = np.stack([far[step], near[step], near[1024 - step], far[1024 - step]], axis=1)
    wanted = below.astype(int)[:, None] + np.arange(-1, 3)
    indices = np.clip(wanted, 0, n_in - 1)
    weights = np.where(indices == wanted, weights, np.float32(0))
    return TapTable(indices, weights * (np.float32(1) / sequential_sum(weights))[:, None])


def _bicubic(image: np.ndarray, size: Size) -> np.ndarray:
    columns = weighted_sum(image, _bicubic_taps(image.shape[0], size[0]), axis=0)
    return weighted_sum(columns, _bicubic_taps(image.shape[1], size[1]), axis=1)


@lru_cache(maxsize=4096)
def _area_taps(n_in: int, n_out: int) -> TapTable:
    scale, o = _scale(n_in, n_out), np.arange(n_out)
    starts, ends = o.astype(np.float32) * scale, (o + 1).astype(np.float32) * scale
    first, past = np.floor(starts).astype(int), np.ceil(ends).astype(int)
    pixels = first[:, None] + np.arange((past - first).max())
    left, right = pixels.astype(np.float32), (pixels + 1).astype(np.float32)
    starts, ends = starts[:, None], ends[:, None]
    weights = np.where(
        left < starts,
        np.where(right > ends, scale, right - starts),
        np.where(right > ends, ends - left, np.float32(1)),
    )
    return TapTable(np.clip(pixels, 0, n_in - 1), np.where(pixels < past[:, None], weights, np.float32(0)))


def _area(image: np.ndarray, size: Size) -> np.ndarray:
    rows = weighted_sum(image, _area_taps(image.shape[1], size[1]), axis=1)
    sums = weighted_sum(rows, _area_taps(image.shape[0], size[0]), axis=0)
    covered = float(_scale(image.shape[0], size[0]) * _scale(image.shape[1], size[1]))
    averaged: np.ndarray = sums * np.float32(1.0 / covered)
    return averaged


def _triangle(x: np.ndarray) -> np.ndarray:
    return np.where(x < 1, np.float32(1) - x, np.float32(0))


def _keys(x: np.ndarray) -> np.ndarray:
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, np.float32(0)))


def _mitchell(x: np.ndarray) -> np.ndarray:
    def ratio(numerator: int, denominator: int) -> np.float32:
        return np.float32(numerator) / np.float32(denominator)

    near = (ratio(7, 6) * x - 2) * x * x + ratio(8, 9)
    far = ((ratio(-7, 18) * x + 2) * x - ratio(10, 3)) * x + ratio(16, 9)
    return np.where(x < 1, near, np.where(x < 2, far, np.float32(0)))


_exp = np.frompyfunc(math.exp, 1, 1)


def _gaussian(x: np.ndarray) -> np.ndarray:
    return np.where(x < 1.5, _exp((-x * x).astype(float) / 0.5).astype(np.float32), np.float32(0))


_SINE = tuple(map(float.fromhex, ("-0x1.555545995a603p-3", "0x1.1107605230bc4p-7", "-0x1.994eb3774cf24p-13")))
_COSINE = tuple(
    map(
        float.fromhex,
        ("-0x1.ffffffd0c621cp-2", "0x1.55553e1068f19p-5", "-0x1.6c087e89a359dp-10", "0x1.99343027bf8c3p-16"),
    )
)


def sine_float32(x: np.ndarray) -> np.ndarray:
    """``sinf`` of glibc since 2.28 for ``0 <= x < 120``: not the nearest float32 in one case of 75.

    Coefficients: https://github.com/bminor/glibc/blob/glibc-2.28/sysdeps/ieee754/flt-32/sincosf_poly.h and its table.
    """
    y = x.astype(float)
    quarter = np.where(y < np.float32(math.pi / 4), 0, np.floor(y * (2 / math.pi) + 0.5))
    r = y - quarter * (math.pi / 2)
    quadrant = quarter.astype(int) & 3
    r = np.where((quadrant == 1) | (quadrant == 2), -r, r)
    square = r * r
    cube = r * square
    sine = (r + cube * _SINE[0]) + cube * square * (_SINE[1] + square * _SINE[2])
    fourth = square * square
    cosine = ((1 + square * _COSINE[0]) + fourth * _COSINE[1]) + fourth * square * (_COSINE[2] + square * _COSINE[3])
    return np.where(quadrant % 2 == 0, sine, np.where(quadrant == 3, -cosine, cosine)).astype(np.float32)


def _lanczos(radius: int) -> Callable[[np.ndarray], np.ndarray]:
    pi, lobes = np.float32(3.14159265359), np.float32(radius)

    def kernel(x: np.ndarray) -> np.ndarray:
        centre = x <= np.float32(1e-3)
        x_ = np.where(centre, np.float32(1), x)
        value = lobes * sine_float32(pi * x_) * sine_float32(pi * x_ / lobes) / (pi * pi * x_ * x_)
        return np.where(centre, np.float32(1), np.where(x > lobes, np.float32(0), value))

    return kernel


_KERNELS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], float, str]] = {
    "bilinear": (_triangle, 1, "1 - x below 1"),
    "bicubic": (_keys, 2, "((1.5 x - 2.5) x) x + 1 below 1, ((-0.5 x + 2.5) x - 4) x + 2 below 2"),
    "lanczos3": (_lanczos(3), 3, "3 sinf(pi x) sinf(pi x / 3) / (pi pi x x) up to 3, and 1 up to 0.001"),
    "lanczos5": (_lanczos(5), 5, "5 sinf(pi x) sinf(pi x / 5) / (pi pi x x) up to 5, and 1 up to 0.001"),
    "gaussian": (_gaussian, 1.5, "exp(-x x / 0.5) below 1.5, exp in float64"),
    "mitchellcubic": (
        _mitchell,
        2,
        "((7/6 x - 2) x) x + 8/9 below 1, ((-7/18 x + 2) x - 10/3) x + 16/9 below 2, fractions rounded to float32",
    ),
}
"""Function, radius and formula of the kernels that ``ScaleAndTranslate`` samples."""


@lru_cache(maxsize=4096)
def _sampled_taps(kernel: str, antialias: bool, n_in: int, n_out: int) -> TapTable:
    function, radius, _ = _KERNELS[kernel]
    half, one = np.float32(0.5), np.float32(1)
    inverse = np.float32(1.0 / float(np.float32(n_out) / np.float32(n_in)))
    stretch = max(inverse, one) if antialias else one
    reach = np.float32(radius) * stretch
    centres = (np.arange(n_out, dtype=np.float32) + half) * inverse
    first = np.clip(np.ceil(centres - reach - half).astype(int), 0, n_in - 1)
    last = np.clip(np.floor(centres + reach - half).astype(int), 0, n_in - 1)
    pixels = first[:, None] + np.arange((last - first).max() + 1)
    distances = np.abs((pixels.astype(np.float32) + half - centres[:, None]) * (one / stretch))
    weights = np.where(pixels <= last[:, None], function(distances), np.float32(0))
    return TapTable(np.minimum(pixels, n_in - 1), weights * (one / sequential_sum(weights))[:, None])


def _sampled(kernel: str, antialias: bool) -> FloatResize:
    def resize(image: np.ndarray, size: Size) -> np.ndarray:
        columns = weighted_sum(image, _sampled_taps(kernel, antialias, image.shape[0], size[0]), axis=0)
        return weighted_sum(columns, _sampled_taps(kernel, antialias, image.shape[1], size[1]), axis=1)

    return resize


@image_rule("uint8")
def _nearest(image: np.ndarray, size: Size) -> np.ndarray:
    def read_pixels(n_in: int, n_out: int) -> np.ndarray:
        positions = (np.arange(n_out, dtype=np.float32) + np.float32(0.5)) * _scale(n_in, n_out)
        indices: np.ndarray = np.minimum(np.floor(positions).astype(int), n_in - 1)
        return indices

    return pick(image, read_pixels(image.shape[0], size[0]), read_pixels(image.shape[1], size[1]))


def _to_uint8(resize: FloatResize, rounds: bool) -> Resize:
    @image_rule("uint8", copies_same_size=False)
    def rule(image: np.ndarray, size: Size) -> np.ndarray:
        values = resize(image.astype(np.float32), size)
        return rounded(values if rounds else np.trunc(values), "uint8")

    return rule


_FLOAT32 = "All in float32, every product and every sum rounded. "
_SAMPLED_STEPS = (
    "{float32}inverse = 1 / (n_out / n_in), stretch = {stretch}, reach = {radius} * stretch, centre = (o + 0.5) * "
    "inverse. Taps: from ceil(centre - reach - 0.5) to floor(centre + reach - 0.5), both moved into the image. Weight: "
    "k(|(i + 0.5 - centre) * (1 / stretch)|), times 1 / (the sum of the weights, first to last); k(x) = {formula}, 0 "
    "elsewhere. Columns first (the height changes), then rows: the sum of weight * value, first tap to last. "
)
_STEPS = {
    "bilinear": _FLOAT32
    + "p = (o + 0.5) * (n_in / n_out) - 0.5, f = p - floor(p); the two pixels are max(floor(p), 0) "
    "and min(ceil(p), n_in - 1). Along the two rows: left + (right - left) * f; then top + (bottom - top) * f. ",
    "bicubic": _FLOAT32
    + "p = (o + 0.5) * (n_in / n_out) - 0.5; the fraction is rounded to 1/1024, ties to even. Keys' "
    "weights, a = -0.5, come from a table in those steps, computed in float64. Taps outside have the weight 0; all are "
    "multiplied by 1 / (their sum, first to last). Columns first, then rows: sums of value * weight, first to last. ",
    "area": _FLOAT32 + "scale = n_in / n_out; the cell goes from o * scale to (o + 1) * scale. A pixel's weight is the "
    "part of it inside the cell; pixels past the edge read the edge. Rows first, then columns, first to last; then "
    "times 1 / (the product of both scales). ",
}
_BACK = {
    "truncate": ("", "Clip to 0..255 and cut the fraction off."),
    "round": ("tf.round", "Round to the nearest integer, ties to even, and clip to 0..255."),
}


def _rules(method: str, resize: FloatResize, steps: str, source: str, antialias: bool = False) -> list[IntegerRule]:
    """The rule that truncates and the rule that rounds; TensorFlow resizes even where the size stays the same."""
    name = method + "-antialias" * antialias
    resized = f'tf.image.resize(image, (h, w), "{method}"{", antialias=True" * antialias})'
    convention = named_convention(f"tf2-{method}").convention
    if antialias:
        convention = convention.but(antialias=True, border="renormalise")
    return [
        IntegerRule(
            name=f"tensorflow-{name}-{way}-uint8",
            library="tensorflow",
            call=f"tf.saturate_cast({f'{function}({resized})' if function else resized}, tf.uint8)",
            versions=_VERSIONS,
            convention=convention,
            dtype="uint8",
            steps=steps + end,
            source=_KERNELS_FOLDER + source,
            resize=_to_uint8(resize, rounds=way == "round"),
        )
        for way, (function, end) in _BACK.items()
    ]


def _sampled_rules(kernel: str, antialias: bool) -> list[IntegerRule]:
    _, radius, formula = _KERNELS[kernel]
    stretch = "max(inverse, 1)" if antialias else "1"
    steps = _SAMPLED_STEPS.format(float32=_FLOAT32, stretch=stretch, radius=radius, formula=formula)
    return _rules(kernel, _sampled(kernel, antialias), steps, "scale_and_translate_op.cc", antialias)


RULES: tuple[IntegerRule, ...] = (
    IntegerRule(
        name="tensorflow-nearest-uint8",
        library="tensorflow",
        call='tf.image.resize(image, (h, w), "nearest")',
        versions=_VERSIONS,
        convention=named_convention("tf2-nearest").convention,
        dtype="uint8",
        steps="In float32, every operation rounded: pixel min(floor((o + 0.5) * (n_in / n_out)), n_in - 1) is copied.",
        source=_KERNELS_FOLDER + "resize_nearest_neighbor_op.cc",
        resize=_nearest,
    ),
    *_rules("bilinear", _bilinear, _STEPS["bilinear"], "resize_bilinear_op.cc"),
    *_rules("bicubic", _bicubic, _STEPS["bicubic"], "resize_bicubic_op.cc"),
    *_rules("area", _area, _STEPS["area"], "resize_area_op.cc"),
    *(
        rule
        for kernel in _KERNELS
        for antialias in (False, True)
        if antialias or kernel not in _STEPS
        for rule in _sampled_rules(kernel, antialias)
    ),
)
