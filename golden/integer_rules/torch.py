"""Integer rules of torch's native uint8 kernels on the CPU, and of torchvision, which calls them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from halfpixel.golden.catalogue import named_convention
from halfpixel.golden.convention import Convention
from halfpixel.golden.integer_rules.passes import (
    Axis,
    Taps,
    fixed_point_pass,
    image_rule,
    lanczos,
    pick,
    round_away,
    stretched_taps,
    triangle,
)
from halfpixel.golden.integer_rules.rule import IntegerRule, Resize, Size

_SOURCE = "https://github.com/pytorch/pytorch/blob/v2.13.0/aten/src/ATen/native/cpu/UpSampleKernel.cpp"
_VERSIONS = ("2.13.0",)


def _cubic(a: float) -> Callable[[np.ndarray], np.ndarray]:
    def kernel(x: np.ndarray) -> np.ndarray:
        x = np.abs(x)
        near = ((a + 2) * x - (a + 3)) * x * x + 1
        far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
        return np.where(x < 1, near, np.where(x < 2, far, 0.0))

    return kernel


@dataclass(frozen=True, slots=True)
class _Filter:
    """A kernel, the number of its taps before stretching, and whether it is stretched or aligns corners."""

    kernel: Callable[[np.ndarray], np.ndarray]
    width: int
    antialias: bool = False
    align_corners: bool = False


_FILTERS = {
    "torch-bilinear": _Filter(triangle, 2),
    "torch-bilinear-align-corners": _Filter(triangle, 2, align_corners=True),
    "torch-bilinear-antialias": _Filter(triangle, 2, antialias=True),
    "torch-bicubic": _Filter(_cubic(-0.75), 4),
    "torch-bicubic-align-corners": _Filter(_cubic(-0.75), 4, align_corners=True),
    "torch-bicubic-antialias": _Filter(_cubic(-0.5), 4, antialias=True),
    "torch-lanczos-antialias": _Filter(lanczos, 6, antialias=True),
}


def _plain_taps(filter_: _Filter, n_in: int, n_out: int) -> tuple[Taps, float]:
    """Weights of ``antialias=False``, in double precision; taps outside are added to the pixel at the border.

    With them the largest weight that occurs, while they are added too: at the last pixel of a slight reduction it lies
    above the largest of the sums, as a negative one follows, and can cost a bit.
    """
    if filter_.align_corners:
        positions = np.arange(n_out) * ((n_in - 1) / (n_out - 1) if n_out > 1 else 0.0)
    else:
        positions = (np.arange(n_out) + 0.5) * (n_in / n_out) - 0.5
        if filter_.width == 2:
            positions = np.maximum(positions, 0.0)
    whole = np.minimum(np.floor(positions), n_in - 1).astype(int)
    fractions = np.clip(positions - whole, 0.0, 1.0)
    before = filter_.width // 2 - 1
    weights = np.zeros((n_out, filter_.width))
    first = np.maximum(whole - before, 0)
    largest = 0.0
    for tap in range(-before, filter_.width - before):
        column = np.clip(whole + tap, 0, n_in - 1) - first
        weights[np.arange(n_out), column] += filter_.kernel(tap - fractions)
        largest = max(largest, weights.max())
    return Taps(first, weights, n_in), largest


@lru_cache(maxsize=4096)
def _integer_taps(name: str, n_in: int, n_out: int) -> Taps:
    """The weights as int16: as many bits, up to 22, as leave the largest below ``2 ** 15``."""
    filter_ = _FILTERS[name]
    if filter_.antialias:
        taps = stretched_taps(filter_.kernel, filter_.width / 2, n_in, n_out)
        largest = taps.weights.max()
    else:
        taps, largest = _plain_taps(filter_, n_in, n_out)
    bits = next((bits for bits in range(22) if int(0.5 + largest * 2 ** (bits + 1)) >= 2**15), 22)
    return Taps(taps.first, round_away(taps.weights * 2.0**bits), n_in, bits)


def _uint8(name: str) -> Resize:
    @image_rule("uint8", channels=(1, 2, 3, 4))
    def resize(image: np.ndarray, size: Size) -> np.ndarray:
        order: tuple[Axis, Axis] = (1, 0)
        for axis in order:
            if image.shape[axis] != size[axis]:
                image = fixed_point_pass(image, _integer_taps(name, image.shape[axis], size[axis]), axis)
        return image

    return resize


def _nearest_indices(n_in: int, n_out: int) -> np.ndarray:
    positions = np.arange(n_out).astype(np.float32) * (np.float32(n_in) / np.float32(n_out))
    indices: np.ndarray = np.minimum(np.floor(positions).astype(int), n_in - 1)
    return indices


def _nearest_exact_indices(n_in: int, n_out: int, is_fused: bool) -> np.ndarray:
    """float64 holds ``(o + 0.5) * scale`` exactly, so that each branch rounds to float32 once, as the library does."""
    scale = np.float64(np.float32(n_in) / np.float32(n_out))
    positions = (np.arange(n_out) + 0.5) * scale
    if is_fused:
        positions = np.maximum((positions - 0.5).astype(np.float32), 0).astype(np.float64) + 0.5
    indices: np.ndarray = np.minimum(np.floor(positions.astype(np.float32)).astype(int), n_in - 1)
    return indices


@image_rule("uint8")
def _nearest(image: np.ndarray, size: Size) -> np.ndarray:
    return pick(image, *(_nearest_indices(n_in, n_out) for n_in, n_out in zip(image.shape, size, strict=False)))


@image_rule("uint8", channels=(1, 2, 3))
def _nearest_exact(image: np.ndarray, size: Size) -> np.ndarray:
    is_fused = sum(size) > 128
    sizes = zip(image.shape, size, strict=False)
    return pick(image, *(_nearest_exact_indices(n_in, n_out, is_fused) for n_in, n_out in sizes))


_POSITION = {
    False: "scale = n_in / n_out and t = (o + 0.5) * scale - 0.5",
    True: "scale = (n_in - 1) / (n_out - 1), 0 for one output pixel, and t = o * scale",
}
_STRETCHED_WEIGHTS = (
    "In double precision: scale = n_in / n_out, stretch = max(scale, 1), centre = scale * (o + 0.5), reach = {reach} "
    "* stretch. The taps are i = int(centre - reach + 0.5) up to, not including, int(centre + reach + 0.5), both kept "
    "inside the image. Their weights are k((i - centre + 0.5) / stretch), divided by their sum; k is {kernel}."
)
_LINEAR_WEIGHTS = (
    "In double precision: {position}, at least 0. The taps are floor(t) and the pixel after it, with the weights 1 - "
    "f and f, where f = t - floor(t); a tap outside is added to the pixel at the border."
)
_CUBIC_WEIGHTS = (
    "In double precision: {position}. The taps are floor(t) - 1 to floor(t) + 2, weighted by the cubic with a = -0.75 "
    "of their distances to t; the weights of taps outside are added to that of the pixel at the border, in order "
    "(the largest weight, below, is that of any partial sum)."
)
_INTEGERS = (
    "All weights of an axis are multiplied by 2^bits and rounded, halves away from zero, to int16: bits is the "
    "smallest number for which int(0.5 + largest weight * 2^(bits + 1)) reaches 2^15, and at most 22. The rows are "
    "resized first (the width changes), then the columns; an axis that keeps its size has no pass. A pass sums weight "
    "* pixel from 2^(bits - 1), shifts right by bits and clips to 0..255: it rounds to uint8 after each axis."
)
_PATHS = (
    "One to four channels. CPUs with and without AVX2 and both memory formats give the same, but for two defects: "
    "without AVX2, or with more channels, an output one pixel wide repeats row 0; with AVX2, a 1 x 1 output of three "
    "channels in NCHW is refused."
)
_KERNEL_TEXTS = {
    "bilinear": "1 - |x| where |x| < 1",
    "bicubic": "Keys' cubic with a = -0.5 where |x| < 2",
    "lanczos": "sinc(x) sinc(x / 3) where -3 <= x < 3",
}


def _conventions() -> dict[str, Convention]:
    named = {name: named_convention(name).convention for name in _FILTERS if name != "torch-lanczos-antialias"}
    return named | {"torch-lanczos-antialias": named_convention("pillow-lanczos").convention}


def _weighted_rule(name: str, convention: Convention) -> IntegerRule:
    filter_ = _FILTERS[name]
    mode = name.split("-")[1]
    arguments = f"size, mode={mode!r}"
    if filter_.antialias:
        arguments += ", antialias=True"
        weights = _STRETCHED_WEIGHTS.format(reach=filter_.width // 2, kernel=_KERNEL_TEXTS[mode])
    else:
        arguments += ", align_corners=True" * filter_.align_corners
        text = _LINEAR_WEIGHTS if filter_.width == 2 else _CUBIC_WEIGHTS
        weights = text.format(position=_POSITION[filter_.align_corners])
    return IntegerRule(
        name=f"{name}-uint8",
        library="torch",
        call=f"F.interpolate(x, {arguments})",
        versions=_VERSIONS,
        convention=convention,
        dtype="uint8",
        steps=f"{weights} {_INTEGERS} {_PATHS}",
        source=_SOURCE,
        resize=_uint8(name),
    )


def _nearest_rule(name: str, resize: Resize, steps: str) -> IntegerRule:
    return IntegerRule(
        name=f"{name}-uint8",
        library="torch",
        call=f"F.interpolate(x, size, mode={name.removeprefix('torch-')!r})",
        versions=_VERSIONS,
        convention=named_convention(name).convention,
        dtype="uint8",
        steps=steps,
        source=_SOURCE,
        resize=resize,
    )


_TORCH_RULES = (
    _nearest_rule(
        "torch-nearest",
        _nearest,
        "In float32: pixel floor(o * (n_in / n_out)), at most n_in - 1, is copied. The product is rounded to float32, "
        "so that it may reach a whole number that the exact one does not, or stay below one.",
    ),
    _nearest_rule(
        "torch-nearest-exact",
        _nearest_exact,
        "scale = n_in / n_out in float32. Where the output's height and width add up to 128 or less: p = (o + 0.5) * "
        "scale, exact, then rounded to float32. Where they add up to more: t = (o + 0.5) * scale - 0.5 rounded to "
        "float32 once (a fused multiply-add), 0 if negative; p = t + 0.5, rounded to float32. Pixel floor(p), at most "
        "n_in - 1, is copied. One to three channels: with more, channels_last takes the first branch at any size. A "
        "CPU without fused multiply-add rounds the product of the second branch to float32 before the subtraction.",
    ),
    *(_weighted_rule(name, convention) for name, convention in _conventions().items()),
)

_TORCHVISION_SOURCE = "https://github.com/pytorch/vision/blob/v0.28.0/torchvision/transforms/v2/functional/_geometry.py"


def _torchvision_rule(mode: str, torch_rule: str) -> IntegerRule:
    """torchvision calls torch, and has its rule, but for bilinear on CPUs without these instructions."""
    (rule,) = (rule for rule in _TORCH_RULES if rule.name == torch_rule)
    return replace(
        rule,
        name=f"torchvision-{mode}-uint8",
        library="torchvision",
        call=f"v2.functional.resize(image, [h, w], InterpolationMode.{mode.upper().replace('-', '_')})",
        versions=("0.28.0",),
        steps=f"On a tensor of uint8 on the CPU it calls {rule.call}. {rule.steps}"
        + " Without AVX2, AVX-512 or an ARM CPU it goes through float32 instead." * (mode == "bilinear"),
        source=_TORCHVISION_SOURCE,
    )


RULES: tuple[IntegerRule, ...] = (
    *_TORCH_RULES,
    _torchvision_rule("nearest", "torch-nearest-uint8"),
    _torchvision_rule("nearest-exact", "torch-nearest-exact-uint8"),
    *(_torchvision_rule(mode, f"torch-{mode}-antialias-uint8") for mode in _KERNEL_TEXTS),
)
"""torchvision's default is ``antialias=True``, which its rules mean."""
