"""Integer rules of Pillow: uint8 (L, RGB, ...), uint8 with alpha (LA, RGBA), uint16 (I;16)."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from halfpixel.golden.catalogue import named_convention
from halfpixel.golden.integer_rules.passes import (
    Axis,
    Taps,
    fixed_point_pass,
    image_rule,
    lanczos,
    pick,
    round_away,
    sequential_sum,
    sinc,
    stretched_taps,
    triangle,
)
from halfpixel.golden.integer_rules.rule import IntegerRule, Resize, Size

_RESAMPLE = "https://github.com/python-pillow/Pillow/blob/13.0.0/src/libImaging/Resample.c"
_RESAMPLE_11 = "https://github.com/python-pillow/Pillow/blob/11.1.0/src/libImaging/Resample.c"
_GEOMETRY = "https://github.com/python-pillow/Pillow/blob/13.0.0/src/libImaging/Geometry.c"
_VERSIONS = ("13.0.0",)
_VERSIONS_11 = ("9.2.0", "10.4.0", "11.1.0", "11.3.0", "12.0.0")
_BITS = 22

_cosine = np.vectorize(math.cos, otypes=[np.float64])


def _box(x: np.ndarray) -> np.ndarray:
    return np.where((x > -0.5) & (x <= 0.5), 1.0, 0.0)


def _hamming(x: np.ndarray) -> np.ndarray:
    """The two constants are float32, the arithmetic float64."""
    x = np.abs(x)
    cosines: np.ndarray = _cosine(x * math.pi)
    window = float(np.float32(0.54)) + float(np.float32(0.46)) * cosines
    return np.where(x == 0, 1.0, np.where(x >= 1, 0.0, sinc(x) * window))


def _bicubic(x: np.ndarray) -> np.ndarray:
    x = np.abs(x)
    near = ((-0.5 + 2.0) * x - (-0.5 + 3.0)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * -0.5
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


_KERNELS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], float, str]] = {
    "box": (_box, 0.5, "1 where -0.5 < x <= 0.5"),
    "bilinear": (triangle, 1.0, "1 - |x| where |x| < 1"),
    "hamming": (_hamming, 1.0, "sin(pi x) / (pi x) * (0.54f + 0.46f cos(pi x)) where |x| < 1"),
    "bicubic": (_bicubic, 2.0, "Keys' cubic with a = -0.5 where |x| < 2"),
    "lanczos": (lanczos, 3.0, "sinc(x) sinc(x / 3) where -3 <= x < 3"),
}
"""Function, support and formula of each filter."""


@lru_cache(maxsize=4096)
def _float_taps(kernel: str, n_in: int, n_out: int) -> Taps:
    function, support, _ = _KERNELS[kernel]
    return stretched_taps(function, support, n_in, n_out)


@lru_cache(maxsize=4096)
def _integer_taps(kernel: str, n_in: int, n_out: int) -> Taps:
    taps = _float_taps(kernel, n_in, n_out)
    return Taps(taps.first, round_away(taps.weights * 2.0**_BITS), n_in, _BITS)


def goes_down_first(image_size: Size, size: Size) -> bool:
    """Whether Pillow 13 changes the height first: it loses pixels, and more than twice as many as the width.

    The threshold is measured; the change is announced as "if height is scaled down significantly more than width":
    https://github.com/python-pillow/Pillow/pull/9549
    """
    lost_rows, lost_columns = image_size[0] - size[0], image_size[1] - size[1]
    return lost_rows > 0 and lost_rows > 2 * lost_columns


def _axes(image_size: Size, size: Size, fixed_order: bool) -> list[Axis]:
    """The axes that change, in the order of the passes."""
    order: tuple[Axis, Axis] = (0, 1) if not fixed_order and goes_down_first(image_size, size) else (1, 0)
    return [axis for axis in order if image_size[axis] != size[axis]]


def _resize_uint8(image: np.ndarray, size: Size, kernel: str, fixed_order: bool) -> np.ndarray:
    for axis in _axes((image.shape[0], image.shape[1]), size, fixed_order):
        image = fixed_point_pass(image, _integer_taps(kernel, image.shape[axis], size[axis]), axis)
    return image


def _uint8(kernel: str, fixed_order: bool = False) -> Resize:
    @image_rule("uint8")
    def resize(image: np.ndarray, size: Size) -> np.ndarray:
        return _resize_uint8(image, size, kernel, fixed_order)

    return resize


def _with_alpha(kernel: str, fixed_order: bool = False) -> Resize:
    @image_rule("uint8", channels=(2, 4))
    def resize(image: np.ndarray, size: Size) -> np.ndarray:
        scaled = image[..., :-1].astype(np.int64) * image[..., -1:] + 128
        premultiplied = np.concatenate([(scaled + (scaled >> 8)) >> 8, image[..., -1:]], axis=2).astype(np.uint8)
        resized = _resize_uint8(premultiplied, size, kernel, fixed_order)
        colours, alpha = resized[..., :-1].astype(np.int64), resized[..., -1:].astype(np.int64)
        divided = np.where(
            (alpha == 0) | (alpha == 255), colours, np.minimum(255 * colours // np.maximum(alpha, 1), 255)
        )
        return np.concatenate([divided, alpha], axis=2).astype(np.uint8)

    return resize


def _uint16(kernel: str) -> Resize:
    @image_rule("uint16")
    def resize(image: np.ndarray, size: Size) -> np.ndarray:
        for axis in _axes((image.shape[0], image.shape[1]), size, fixed_order=False):
            taps = _float_taps(kernel, image.shape[axis], size[axis])
            read = np.moveaxis(image, axis, -1)[..., taps.indices()]
            sums = round_away(sequential_sum(read * taps.weights))
            image = np.moveaxis(np.clip(sums, 0, 65535).astype(np.uint16), -1, axis)
        return image

    return resize


@image_rule("uint8")
def _nearest_uint8(image: np.ndarray, size: Size) -> np.ndarray:
    """Positions are a running sum, so that its rounding errors decide ties."""

    def indices(n_in: int, n_out: int) -> np.ndarray:
        steps = np.full(n_out, n_in / n_out)
        steps[0] *= 0.5
        return np.add.accumulate(steps).astype(int)

    return pick(image, indices(image.shape[0], size[0]), indices(image.shape[1], size[1]))


@image_rule("uint16")
def _nearest_uint16(image: np.ndarray, size: Size) -> np.ndarray:
    def indices(n_in: int, n_out: int) -> np.ndarray:
        return ((np.arange(n_out) + 0.5) * (n_in / n_out)).astype(int)

    return pick(image, indices(image.shape[0], size[0]), indices(image.shape[1], size[1]))


_WEIGHTS = (
    "In double precision: scale = n_in / n_out, stretch = max(scale, 1), centre = (o + 0.5) * scale, reach = support "
    "* stretch. The taps are i = int(centre - reach + 0.5) up to, not including, int(centre + reach + 0.5), both kept "
    "inside the image. Their weights are k((i - centre + 0.5) * (1 / stretch)), each divided by their sum. k(x) = "
    "{formula}, 0 elsewhere; support = {support}."
)
_PASS = (
    "Weights are multiplied by 2^22 and rounded, halves away from zero. A pass sums weight * pixel from 2^21, shifts "
    "the sum right by 22 bits and clips it to 0..255: it rounds to uint8 after each axis. An axis that keeps its size "
    "has no pass."
)
_PASS_UINT16 = (
    "A pass sums pixel * weight in double precision, first tap to last, rounds halves away from zero and clips to "
    "0..65535, after each axis. An axis that keeps its size has no pass."
)
_ORDER = (
    "The rows are resized first (the width changes), then the columns; the other way round where the height loses "
    "pixels, and more than twice as many as the width loses: h_in - h_out > max(0, 2 * (w_in - w_out))."
)
_ORDER_11 = (
    "The rows are resized first (the width changes), then the columns. Pillow 12.3 alone takes the columns first "
    "where the height loses pixels and h_in > 100 * w_in."
)
_ALPHA = (
    "Colours are multiplied by alpha: t = colour * alpha + 128; (t + (t >> 8)) >> 8. All channels are then resized "
    "alike; at the end colour = min(255, 255 * colour // alpha) wherever alpha is neither 0 nor 255."
)
_WITH_ALPHA = ": mode RGBA or LA"
_WITH_16_BITS = ": mode I;16"


def _resampling_rules(kernel: str) -> tuple[IntegerRule, ...]:
    _, support, formula = _KERNELS[kernel]
    weights = _WEIGHTS.format(formula=formula, support=support)
    call = f"Image.resize((w, h), Image.{kernel.upper()})"
    convention = named_convention(f"pillow-{kernel}").convention

    def rule(name: str, resize: Resize, *steps: str, mode: str = "", fixed_order: bool = False) -> IntegerRule:
        return IntegerRule(
            name=name,
            library="pillow",
            call=call + mode,
            versions=_VERSIONS_11 if fixed_order else _VERSIONS,
            convention=convention,
            dtype=name.rsplit("-", 1)[1],
            steps=" ".join(steps),
            source=_RESAMPLE_11 if fixed_order else _RESAMPLE,
            resize=resize,
        )

    return (
        rule(f"pillow-{kernel}-uint8", _uint8(kernel), weights, _PASS, _ORDER),
        rule(f"pillow-{kernel}-rgba-uint8", _with_alpha(kernel), _ALPHA, weights, _PASS, _ORDER, mode=_WITH_ALPHA),
        rule(f"pillow-{kernel}-uint16", _uint16(kernel), weights, _PASS_UINT16, _ORDER, mode=_WITH_16_BITS),
        rule(
            f"pillow-11-{kernel}-uint8", _uint8(kernel, fixed_order=True), weights, _PASS, _ORDER_11, fixed_order=True
        ),
        rule(
            f"pillow-11-{kernel}-rgba-uint8",
            _with_alpha(kernel, fixed_order=True),
            *(_ALPHA, weights, _PASS, _ORDER_11),
            mode=_WITH_ALPHA,
            fixed_order=True,
        ),
    )


def _nearest_rule(dtype: str, mode: str, resize: Resize, steps: str, versions: tuple[str, ...]) -> IntegerRule:
    return IntegerRule(
        name=f"pillow-nearest-{dtype}",
        library="pillow",
        call="Image.resize((w, h), Image.NEAREST)" + mode,
        versions=versions,
        convention=named_convention("pillow-nearest").convention,
        dtype=dtype,
        steps=steps,
        source=_GEOMETRY,
        resize=resize,
    )


RULES: tuple[IntegerRule, ...] = (
    _nearest_rule(
        "uint8",
        "",
        _nearest_uint8,
        "In double precision: step = n_in / n_out; position = step * 0.5, to which step is added for each further "
        "output pixel. Pixel int(position) is copied, whole. The running sum decides ties: it may lie just below a "
        "whole number.",
        (*_VERSIONS_11, "12.3.0", *_VERSIONS),
    ),
    _nearest_rule(
        "uint16",
        _WITH_16_BITS,
        _nearest_uint16,
        "In double precision: pixel int((o + 0.5) * (n_in / n_out)) is copied. No running sum, unlike uint8.",
        _VERSIONS,
    ),
    *(rule for kernel in _KERNELS for rule in _resampling_rules(kernel)),
)
