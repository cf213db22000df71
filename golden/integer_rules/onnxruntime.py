"""Integer rules of ONNX Runtime's ``Resize`` on a CPU: uint8 with ``sizes`` given, NCHW and NHWC."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from halfpixel.golden.catalogue import named_convention
from halfpixel.golden.convention import Convention
from halfpixel.golden.integer_rules.passes import (
    Axis,
    Taps,
    fixed_point_pass,
    image_rule,
    pick,
    round_away,
    sequential_sum,
)
from halfpixel.golden.integer_rules.rule import IntegerRule, Resize, Size

_FOLDER = "https://github.com/microsoft/onnxruntime/blob/v1.31.1/onnxruntime/core/providers/cpu/tensor/"
_VERSIONS = ("1.22.1", "1.24.4", "1.27.0", "1.31.1")
_ONE, _HALF = np.float32(1), np.float32(0.5)
_BITS = 22

_Pair = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""The pixels before and after each position, and their weights: one half twice where both are the last pixel."""


def _positions(n_in: int, n_out: int) -> np.ndarray:
    """Half-pixel positions in float32; an axis that keeps its size has whole ones."""
    o = np.arange(n_out, dtype=np.float32)
    if n_in == n_out:
        return o
    positions: np.ndarray = (o + _HALF) / (np.float32(n_out) / np.float32(n_in)) - _HALF
    return positions


def _neighbours(positions: np.ndarray, n_in: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions moved into the image, and the pixels before and after each."""
    inside = np.clip(positions, np.float32(0), np.float32(n_in - 1))
    before = inside.astype(int)
    return inside, before, np.minimum(before + 1, n_in - 1)


def _linear_weights(n_in: int, n_out: int) -> _Pair:
    """The weights in float32."""
    inside, before, after = _neighbours(_positions(n_in, n_out), n_in)
    edge = before == after
    first, second = (np.where(edge, _HALF, np.abs(inside - pixel.astype(np.float32))) for pixel in (after, before))
    return before, after, first, second


def _ten_bit_weights(n_in: int, n_out: int) -> _Pair:
    """The weights in units of 1/1024, truncated."""
    inside, before, after = _neighbours(_positions(n_in, n_out), n_in)
    edge, scaled = before == after, (inside * np.float32(1024)).astype(int)
    first, second = (np.where(edge, 512, np.abs(scaled - pixel * 1024)) for pixel in (after, before))
    return before, after, first, second


def _four_terms(image: np.ndarray, size: Size, weights_of: Callable[[int, int], _Pair]) -> np.ndarray:
    """The sum of four products of a pixel and a product of two weights, in the dtype of ``image``."""
    top, bottom, top_weight, bottom_weight = weights_of(image.shape[0], size[0])
    left, right, left_weight, right_weight = weights_of(image.shape[1], size[1])

    def term(row: np.ndarray, column: np.ndarray, down: np.ndarray, along: np.ndarray) -> np.ndarray:
        product: np.ndarray = (along * down[:, None])[..., None] * pick(image, row, column)
        return product

    upper = term(top, left, top_weight, left_weight) + term(top, right, top_weight, right_weight)
    total: np.ndarray = upper + term(bottom, left, bottom_weight, left_weight)
    total += term(bottom, right, bottom_weight, right_weight)
    return total


def _linear(image: np.ndarray, size: Size) -> np.ndarray:
    sums = _four_terms(image.astype(np.float32), size, _linear_weights)
    return sums.astype(np.uint8)


def _linear_nhwc(image: np.ndarray, size: Size) -> np.ndarray:
    if image.shape[0] == size[0]:
        return _linear(image.transpose(1, 2, 0), (size[1], image.shape[2])).transpose(2, 0, 1)
    shifted: np.ndarray = _four_terms(image.astype(np.int64), size, _ten_bit_weights) >> 20
    return shifted.astype(np.uint8)


def _nearest(tolerance: float) -> Callable[[np.ndarray, Size], np.ndarray]:
    def read_pixels(n_in: int, n_out: int) -> np.ndarray:
        positions = _positions(n_in, n_out)
        is_tie = np.abs(positions - (np.trunc(positions) + _HALF)) <= np.float32(tolerance)
        indices = np.where(is_tie, np.floor(positions), round_away(positions.astype(float)))
        inside: np.ndarray = np.clip(indices.astype(int), 0, n_in - 1)
        return inside

    def resize(image: np.ndarray, size: Size) -> np.ndarray:
        return pick(image, read_pixels(image.shape[0], size[0]), read_pixels(image.shape[1], size[1]))

    return resize


def _triangle(x: np.ndarray) -> np.ndarray:
    return np.where(np.abs(x) < 1, _ONE - np.abs(x), np.float32(0))


def _cubic(a: float) -> Callable[[np.ndarray], np.ndarray]:
    def kernel(x: np.ndarray) -> np.ndarray:
        x = np.abs(x)
        near = ((a + 2) * x - (a + 3)) * x * x + 1
        far = (((x - 5) * x + 8) * x - 4) * a
        return np.where(x < 1, near, np.where(x < 2, far, np.float32(0)))

    return kernel


_KERNELS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], int, bool]] = {
    "linear-antialias": (_triangle, 1, False),
    "linear-antialias-exclude": (_triangle, 1, True),
    "cubic-antialias": (_cubic(-0.75), 2, False),
    "cubic-antialias-exclude": (_cubic(-0.5), 2, True),
}
"""Function, radius, and whether taps outside are dropped."""


@lru_cache(maxsize=4096)
def _stretched_taps(kernel: str, n_in: int, n_out: int) -> Taps:
    """Weights as Pillow's, but in float32; where taps outside are kept, their weights go to the edge pixel."""
    function, radius, excludes = _KERNELS[kernel]
    scale = np.float32(n_out) / np.float32(n_in)
    step = _ONE / scale
    reach = np.float32(radius) * max(step, _ONE)
    centres = _HALF + _positions(n_in, n_out)
    first = np.floor(centres - reach + _HALF).astype(int)
    past = np.floor(centres + reach + _HALF).astype(int)
    if excludes:
        first, past = np.clip(first, 0, n_in), np.clip(past, 0, n_in)
    taps = np.arange((past - first).max())
    pixels = (first[:, None] + taps).astype(np.float32)
    weights = function((pixels - centres[:, None] + _HALF) * (_ONE / max(step, _ONE)))
    weights = np.where(taps < (past - first)[:, None], weights, np.float32(0))
    totals = sequential_sum(weights)
    for o in range(n_out):
        _fold_edges(weights[o], first[o], past[o], n_in)
    normalised = weights * (_ONE / totals)[:, None]
    whole = round_away((normalised * np.float32(1 << _BITS)).astype(float))
    return Taps(np.maximum(first, 0), whole, n_in, _BITS)


def _fold_edges(weights: np.ndarray, first: int, past: int, n_in: int) -> None:
    """Add the weights of taps outside to that of the edge pixel, one by one, and move the rest to the front."""
    before, after = max(-first, 0), max(past - n_in, 0)
    for tap in range(before):
        weights[before] += weights[tap]
    count = past - first
    for tap in range(count - after, count):
        weights[count - after - 1] += weights[tap]
    kept = weights[before : count - after].copy()
    weights[:] = 0
    weights[: len(kept)] = kept


def _antialias(kernel: str) -> Callable[[np.ndarray, Size], np.ndarray]:
    order: tuple[Axis, Axis] = (1, 0)

    def resize(image: np.ndarray, size: Size) -> np.ndarray:
        for axis in order:
            if image.shape[axis] != size[axis]:
                image = fixed_point_pass(image, _stretched_taps(kernel, image.shape[axis], size[axis]), axis)
        return image

    return resize


_POSITION = (
    "In float32: p = (o + 0.5) / (n_out / n_in) - 0.5, or p = o where n_out = n_in; every operation is rounded. "
)
_NEIGHBOURS = "Move p into 0..n_in - 1; i = int(p), j = min(i + 1, n_in - 1). "
_FOUR = "The sum of four terms, top left, top right, bottom left, bottom right, in that order; a term is "
_STRETCHED = (
    _POSITION
    + "step = 1 / (n_out / n_in), stretch = max(step, 1), reach = {radius} * stretch, c = 0.5 + p. Taps: from "
    "floor(c - reach + 0.5) up to, not including, floor(c + reach + 0.5){inside}. Weight: k((i - c + 0.5) * (1 / "
    "stretch)), k(x) = {formula}. {edges}Each is multiplied by 1 / (the sum of all, first to last), then by 2^22 and "
    "rounded to an integer, halves away from zero. Rows first, then columns; a pass is 2^21 plus the sum of weight * "
    "pixel, shifted right by 22 bits and clipped to 0..255. An axis that keeps its size has no pass."
)
_EDGES = (
    "The weights of taps outside are added to the edge pixel's, one by one, the left ones before the right ones; "
    "the sum is that of the weights before. "
)
_FORMULAS = {
    1: "1 - |x| below 1",
    2: "((a + 2) |x| - (a + 3)) |x| |x| + 1 below 1, (((|x| - 5) |x| + 8) |x| - 4) a below 2, a = {a}",
}
_ATTRIBUTES = {
    "linear-antialias": 'mode="linear", antialias=1',
    "linear-antialias-exclude": 'mode="linear", antialias=1, exclude_outside=1',
    "cubic-antialias": 'mode="cubic", antialias=1',
    "cubic-antialias-exclude": 'mode="cubic", antialias=1, exclude_outside=1, cubic_coeff_a=-0.5',
}


def _rule(
    name: str, attributes: str, convention: Convention, resize: Callable[[np.ndarray, Size], np.ndarray], steps: str
) -> IntegerRule:
    checked: Resize = image_rule("uint8")(resize)
    return IntegerRule(
        name=f"onnxruntime-{name}-uint8",
        library="onnxruntime",
        call=f"Resize({attributes}) of {'[1, H, W, C]' if name.endswith('nhwc') else '[1, C, H, W]'} to sizes",
        versions=_VERSIONS,
        convention=convention,
        dtype="uint8",
        steps=steps,
        source=_FOLDER + ("upsample_antialias.h" if "antialias" in name else "upsample.h"),
        resize=checked,
    )


def _antialias_rule(kernel: str) -> IntegerRule:
    _, radius, excludes = _KERNELS[kernel]
    convention = (
        named_convention("onnx-linear-antialias").convention
        if radius == 1
        else named_convention("onnx-cubic-antialias-exclude").convention.but(
            cubic_coeff_a="-1/2" if excludes else "-3/4"
        )
    ).but(border="renormalise" if excludes else "replicate")
    steps = _STRETCHED.format(
        radius=radius,
        inside=", both moved into 0..n_in" if excludes else "",
        formula=_FORMULAS[radius].format(a=-0.5 if excludes else -0.75),
        edges="" if excludes else _EDGES,
    )
    return _rule(kernel, _ATTRIBUTES[kernel], convention, _antialias(kernel), steps)


_NEAREST = named_convention("onnx-nearest").convention
_LINEAR = named_convention("onnx-linear").convention

RULES: tuple[IntegerRule, ...] = (
    replace(
        _rule(
            "nearest",
            'mode="nearest"',
            _NEAREST,
            _nearest(1e-6),
            _POSITION + "Where p is within 1e-6 of a half (|p - (int(p) + 0.5)| <= 1e-6), take floor(p); else round p. "
            "Move the index into 0..n_in - 1 and copy the pixel. Above 16, float32 is coarser than 1e-6: ties that it "
            "misses by its last digit go up.",
        ),
        versions=_VERSIONS[2:],
    ),
    replace(
        _rule(
            "1.24-nearest",
            'mode="nearest"',
            _NEAREST,
            _nearest(0.0),
            _POSITION + "Where p is exactly a half in float32, take floor(p); else round p. Move the index into "
            "0..n_in - 1 and copy the pixel.",
        ),
        versions=_VERSIONS[:2],
        source=_FOLDER.replace("v1.31.1", "v1.24.4") + "upsamplebase.h",
    ),
    _rule(
        "linear",
        'mode="linear"',
        _LINEAR,
        _linear,
        _POSITION + _NEIGHBOURS + "The weights are |p - j| of i and |p - i| of j, or 0.5 and 0.5 where i = j. "
        f"{_FOUR}(weight of x * weight of y) * pixel, every product and sum rounded to float32. Cut the fraction off.",
    ),
    _rule(
        "linear-nhwc",
        'mode="linear"',
        _LINEAR,
        _linear_nhwc,
        _POSITION
        + _NEIGHBOURS
        + "In integers: q = int(p * 1024); the weights are |q - 1024 j| of i and |q - 1024 i| of j, or 512 and 512 "
        f"where i = j. {_FOUR}weight of x * weight of y * pixel; shift the sum right by 20 bits. Where the height "
        "stays the same the scales begin 1, 1, and the image is taken for [1, C, H, W]: then onnxruntime-linear-uint8 "
        "resizes W and C, for each row.",
    ),
    *map(_antialias_rule, _KERNELS),
)
