"""The faults of the vectors in plain loops: a second opinion that shares no code with ``golden/vector_sets``.

A vector is what its files say: the convention as a dictionary, the image as an array.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor

import numpy as np

from halfpixel.golden.integer_rules import INTEGER_RULES
from tests.golden.plain_resize import axis_matrix, sample_at, weight

WAYS = ("once", "width, height", "height, width")
"""Rounded at the end, or after each of two passes."""


@dataclass(frozen=True)
class Plain:
    """One vector: an image with its axes first, one description for each of them, and what must come out."""

    image: np.ndarray
    axes: tuple[dict, ...]
    dtype: str
    rule: str | None
    way: str = "once"


def weights(axis: dict) -> np.ndarray:
    """The matrix of an axis in float64."""
    return _weights(json.dumps(axis, sort_keys=True))


@lru_cache(maxsize=1 << 16)
def _weights(axis: str) -> np.ndarray:
    return np.array(axis_matrix(json.loads(axis)), dtype=np.float64)


def passes(plain: Plain, matrices: list[np.ndarray], between: Callable | None = None) -> np.ndarray:
    """One axis after another, the last one first unless the way says otherwise."""
    values = plain.image.astype(np.float64)
    order = list(range(len(matrices))) if plain.way == "height, width" else list(range(len(matrices)))[::-1]
    if between is None and plain.way != "once":
        between = eight_bits
    for count, k in enumerate(order):
        lines = np.moveaxis(values, k, 0)
        flat = lines.reshape(len(lines), -1)
        values = np.moveaxis((matrices[k] @ flat).reshape(-1, *lines.shape[1:]), 0, k)
        if between is not None and count + 1 < len(order):
            values = between(values)
    return values


def eight_bits(values: np.ndarray) -> np.ndarray:
    """Rounded half up and clipped; sums of float64 that mean a half are taken as one."""
    return np.clip(np.floor(np.round(values, 9) + 0.5), 0, 255)


def right(plain: Plain, matrices: list[np.ndarray] | None = None) -> np.ndarray:
    """The result of the convention, in its dtype."""
    values = passes(plain, [weights(axis) for axis in plain.axes] if matrices is None else matrices)
    return eight_bits(values) if plain.dtype == "uint8" else values


def by_library(plain: Plain, image: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """The result of the library's rule, or of the convention where there is none."""
    if plain.rule is not None:
        return INTEGER_RULES[plain.rule].resize(image, size)
    axes = tuple(axis | {"n_out": n} for axis, n in zip(plain.axes, size, strict=True))
    return right(replace(plain, image=image, axes=axes))


def _changed(**changes: object) -> Callable[[dict], dict]:
    def change(axis: dict) -> dict:
        convention = {key: value for key, value in axis["convention"].items() if key not in _dropped(changes)}
        return axis | {"convention": convention | changes}

    return change


def _dropped(changes: dict) -> tuple[str, ...]:
    return ("cubic_coeff_a", "lobes", "nearest_mode", "order") if "kernel" in changes else ()


def _axes(when: Callable[[dict], bool], change: Callable[[dict], dict | np.ndarray | None]) -> Callable:
    def fault(plain: Plain) -> np.ndarray | None:
        parts = [change(axis) if when(axis) else None for axis in plain.axes]
        if all(part is None for part in parts):
            return None
        chosen = [axis if part is None else part for axis, part in zip(plain.axes, parts, strict=True)]
        return right(plain, [part if isinstance(part, np.ndarray) else weights(part) for part in chosen])

    return fault


def _is(key: str, *values: object) -> Callable[[dict], bool]:
    return lambda axis: axis["convention"].get(key) in values


def _both(*conditions: Callable[[dict], bool]) -> Callable[[dict], bool]:
    return lambda axis: all(condition(axis) for condition in conditions)


_MODE, _MEAN = "coordinate_transformation_mode", ("half_pixel", "half_pixel_symmetric", "pytorch_half_pixel")


def _to_mode(mode: str, *modes: str) -> Callable:
    return _axes(_is(_MODE, *modes), _changed(**{_MODE: mode}))


def _to_nearest(rule: str, *rules: str) -> Callable:
    return _axes(_is("nearest_mode", *rules), _changed(nearest_mode=rule))


def _to_border(border: str) -> Callable:
    def when(axis: dict) -> bool:
        c = axis["convention"]
        return c["kernel"] != "nearest" and c["prefilter"] == "none" and c["border"] != border

    return _axes(when, _changed(border=border))


def _to_kernel(kernel: str, *kernels: str, **more: object) -> Callable:
    return _axes(_is("kernel", *kernels), _changed(kernel=kernel, **{"antialias": False} | more))


def _scale_of(axis: dict) -> Fraction:
    return Fraction(axis["scale"] or Fraction(axis["n_out"], axis["n_in"]))


def _fewer_lobes(axis: dict) -> dict:
    return axis | {"convention": axis["convention"] | {"lobes": axis["convention"]["lobes"] - 1}}


def _scale_of_first(plain: Plain) -> np.ndarray | None:
    if len(plain.axes) < 2:
        return None
    return right(plain, [weights(axis | {"scale": str(_scale_of(plain.axes[0]))}) for axis in plain.axes])


def _scales_swapped(plain: Plain) -> np.ndarray | None:
    if len(plain.axes) < 2:
        return None
    others = plain.axes[::-1]
    return right(plain, [weights(a | {"scale": str(_scale_of(b))}) for a, b in zip(plain.axes, others, strict=True)])


def _size_swapped(plain: Plain) -> np.ndarray | None:
    if plain.image.ndim != 3 or len(plain.axes) != 2:
        return None
    size = (plain.axes[1]["n_out"], plain.axes[0]["n_out"])
    try:
        return by_library(plain, plain.image, size)
    except ValueError:  # a rule that refuses the size, which no square result has
        return np.zeros((*size, plain.image.shape[2]))


def _picks(axis: dict, coordinate: Callable[[np.float32], np.float32]) -> np.ndarray | None:
    c = axis["convention"]
    half, none = np.float32(0.5), np.float32(0)
    added = {"half_pixel": (half, half), "asymmetric": (none, none), "tf_half_pixel_for_nn": (half, none)}
    if c[_MODE] not in added:
        return None
    before, after = added[c[_MODE]]
    rows = np.zeros((axis["n_out"], axis["n_in"]))
    for o in range(axis["n_out"]):
        x = coordinate(np.float32(o) + before) - after
        pick = {
            "floor": floor(x),
            "ceil": ceil(x),
            "round_prefer_ceil": floor(x + half),
            "round_prefer_floor": ceil(x - half),
            "round_half_even": round(float(x)),
        }[c["nearest_mode"]]
        rows[o, min(max(pick, 0), axis["n_in"] - 1)] = 1
    return rows


def _by_step(axis: dict) -> np.ndarray | None:
    step = np.float32(1 / _scale_of(axis))
    return _picks(axis, lambda o: o * step)


def _by_scale(axis: dict) -> np.ndarray | None:
    scale = np.float32(_scale_of(axis))
    return _picks(axis, lambda o: o / scale)


def _position(axis: dict, o: int) -> Fraction:
    roi = tuple(Fraction(part) for part in axis["convention"].get("roi", ("0", "1")))
    return sample_at(axis["convention"][_MODE], o, axis["n_in"], axis["n_out"], _scale_of(axis), roi)


def _last_slope_goes_on(axis: dict) -> np.ndarray | None:
    if axis["n_in"] < 2:
        return None
    rows = np.zeros((axis["n_out"], axis["n_in"]))
    for o in range(axis["n_out"]):
        x = _position(axis, o)
        left = min(max(floor(x), 0), axis["n_in"] - 2)
        rows[o, left], rows[o, left + 1] = float(1 - (x - left)), float(x - left)
    return rows


def _stretched(axis: dict, narrow: bool, divides: bool) -> np.ndarray | None:
    c, s = axis["convention"], _scale_of(axis)
    support = {"linear": 1, "cubic": 2, "lanczos": c.get("lobes"), "box": 1}.get(c["kernel"])
    if s >= 1 or support is None or c["border"] not in ("renormalise", "replicate"):
        return None
    rows = np.zeros((axis["n_out"], axis["n_in"]))
    for o in range(axis["n_out"]):
        x, total = _position(axis, o), 0.0
        for i in range(floor(x) - ceil(support / s) - 2, floor(x) + ceil(support / s) + 3):
            w = float(weight(c, (x - i) * s))
            outside = not 0 <= i < axis["n_in"]
            too_far = narrow and not floor(x) - support < i <= floor(x) + support
            if too_far or (outside and c["border"] == "renormalise"):
                continue
            rows[o, min(max(i, 0), axis["n_in"] - 1)] += w
            total += w
        rows[o] = rows[o] / total if divides else rows[o] * float(s)
    return rows


def _coarse(axis: dict) -> np.ndarray:
    return np.floor(np.round(weights(axis) * 256, 9) + 0.5) / 256


def _half_floats(plain: Plain) -> np.ndarray | None:
    if plain.dtype != "float32" or all(_is("kernel", "nearest")(axis) for axis in plain.axes):
        return None

    def half(values: np.ndarray) -> np.ndarray:
        return np.array([float(np.float16(value)) for value in values.ravel()]).reshape(values.shape)

    return half(passes(plain, [half(weights(axis)) for axis in plain.axes], half))


def _between(change: Callable) -> Callable:
    def fault(plain: Plain) -> np.ndarray | None:
        if plain.rule is not None or len(plain.axes) < 2 or not 0 <= plain.image.min() <= plain.image.max() <= 255:
            return None
        values = passes(plain, [weights(axis) for axis in plain.axes], change)
        return eight_bits(values) if plain.dtype == "uint8" else values

    return fault


def _at_the_end(dtype: str, change: Callable) -> Callable:
    def fault(plain: Plain) -> np.ndarray | None:
        if plain.dtype != dtype or not 0 <= plain.image.min() <= plain.image.max() <= 255:
            return None
        return change(passes(plain, [weights(axis) for axis in plain.axes]))

    return fault


def _exactly(is_nearest: bool) -> Callable:
    def fault(plain: Plain) -> np.ndarray | None:
        if plain.rule is None or (plain.axes[0]["convention"]["kernel"] == "nearest") != is_nearest:
            return None
        return right(replace(plain, way="once"))

    return fault


def _other_order(plain: Plain) -> np.ndarray | None:
    if plain.rule is None:
        return None
    turned = INTEGER_RULES[plain.rule].resize(
        plain.image.transpose(1, 0, 2), (plain.axes[1]["n_out"], plain.axes[0]["n_out"])
    )
    return turned.transpose(1, 0, 2)


def _no_alpha(plain: Plain) -> np.ndarray | None:
    other = None if plain.rule is None else plain.rule.replace("-rgba", "")
    if other == plain.rule:
        return None
    return INTEGER_RULES[str(other)].resize(plain.image, tuple(axis["n_out"] for axis in plain.axes))


def _misread(read: Callable[[np.ndarray], np.ndarray | None]) -> Callable:
    def fault(plain: Plain) -> np.ndarray | None:
        image = read(plain.image) if plain.image.ndim == 3 and len(plain.axes) == 2 else None
        return None if image is None else by_library(plain, image, tuple(axis["n_out"] for axis in plain.axes))

    return fault


def _planes(image: np.ndarray) -> np.ndarray | None:
    height, width, channels = image.shape
    memory, result = image.ravel(), np.zeros_like(image)
    for y, x, c in np.ndindex(*image.shape):
        result[y, x, c] = memory[(c * height + y) * width + x]
    return result if channels > 1 else None


def _padded(image: np.ndarray) -> np.ndarray | None:
    height, width, channels = image.shape
    row = width * channels
    stride = row if row % 4 == 0 else row + 4 - row % 4
    memory, result = image.ravel(), np.zeros_like(image)
    for y, x, c in np.ndindex(*image.shape):
        place = y * stride + x * channels + c
        result[y, x, c] = memory[place] if place < memory.size else 0
    return result if stride != row and height > 1 else None


def _columns(image: np.ndarray) -> np.ndarray | None:
    height, width, channels = image.shape
    memory, result = image.ravel(), np.zeros_like(image)
    for y, x, c in np.ndindex(*image.shape):
        result[y, x, c] = memory[(x * height + y) * channels + c]
    return result if min(height, width) > 1 else None


def _blue_first(image: np.ndarray) -> np.ndarray | None:
    if image.shape[2] < 3:
        return None
    result = image.copy()
    result[..., 0], result[..., 2] = image[..., 2], image[..., 0]
    return result


def _one_for_all(image: np.ndarray) -> np.ndarray | None:
    result = image.copy()
    for c in range(image.shape[2]):
        result[..., c] = image[..., 0]
    return result if image.shape[2] > 1 else None


_ROUND = ("round_prefer_floor", "round_prefer_ceil", "round_half_even")
_IS_STRETCHED = _is("antialias", True)
PLAIN_FAULTS: dict[str, Callable[[Plain], np.ndarray | None]] = {
    "half-pixel-dropped": _to_mode("asymmetric", *_MEAN),
    "half-pixel-added": _to_mode("half_pixel", "asymmetric", "tf_half_pixel_for_nn"),
    "half-pixel-not-subtracted": _to_mode("tf_half_pixel_for_nn", *_MEAN),
    "half-pixel-not-added": _axes(
        lambda axis: axis["convention"][_MODE] == "half_pixel" and axis["convention"]["kernel"] != "adaptive_average",
        _changed(**{_MODE: "half_pixel_not_added"}),
    ),
    "align-corners": _to_mode("align_corners", *_MEAN, "asymmetric"),
    "align-corners-ignored": _to_mode("half_pixel", "align_corners"),
    "one-output-pixel-at-zero": _to_mode("pytorch_half_pixel", "half_pixel"),
    "scale-shared": _scale_of_first,
    "scales-swapped": _scales_swapped,
    "size-swapped": _size_swapped,
    "scale-fudged": _axes(
        lambda axis: True, lambda axis: axis | {"scale": f"{10 * axis['n_out'] + 1}/{10 * axis['n_in']}"}
    ),
    "scale-recomputed": _axes(lambda axis: axis["scale"] is not None, lambda axis: axis | {"scale": None}),
    "whole-step": _axes(
        lambda axis: axis["n_in"] >= axis["n_out"],
        lambda axis: axis | {"scale": f"1/{axis['n_in'] // axis['n_out']}"},
    ),
    "nearest-for-linear": _to_kernel("nearest", "linear", nearest_mode="round_prefer_ceil"),
    "linear-for-cubic": _axes(_is("kernel", "cubic"), _changed(kernel="linear")),
    "cubic-a-half": _axes(_is("cubic_coeff_a", "-3/4"), _changed(cubic_coeff_a="-1/2")),
    "cubic-a-three-quarters": _axes(_is("cubic_coeff_a", "-1/2"), _changed(cubic_coeff_a="-3/4")),
    "cubic-b-spline": _axes(
        _both(_is("kernel", "cubic"), _is("antialias", False)), _changed(kernel="bspline", order=3)
    ),
    "lanczos-lobes": _axes(_is("kernel", "lanczos"), _fewer_lobes),
    "antialias-ignored": _axes(_IS_STRETCHED, _changed(antialias=False)),
    "antialias-added": _axes(
        _both(_is("kernel", "linear", "cubic", "lanczos"), _is("antialias", False)), _changed(antialias=True)
    ),
    "window-not-stretched": _axes(_IS_STRETCHED, lambda axis: _stretched(axis, narrow=True, divides=True)),
    "weights-not-normalised": _axes(_IS_STRETCHED, lambda axis: _stretched(axis, narrow=False, divides=False)),
    "pooling-for-area": _to_kernel("adaptive_average", "area"),
    "area-for-pooling": _to_kernel("area", "adaptive_average"),
    "box-for-area": _to_kernel("box", "area", antialias=True),
    "area-for-box": _to_kernel("area", "box"),
    "border-replicate": _to_border("replicate"),
    "border-renormalise": _to_border("renormalise"),
    "border-reflect": _to_border("reflect"),
    "border-zero": _to_border("constant"),
    "border-extrapolated": _axes(_both(_is("kernel", "linear"), _is("antialias", False)), _last_slope_goes_on),
    "tie-up": _to_nearest("round_prefer_ceil", *_ROUND),
    "tie-down": _to_nearest("round_prefer_floor", *_ROUND),
    "tie-even": _to_nearest("round_half_even", *_ROUND),
    "index-floored": _to_nearest("floor", *_ROUND, "ceil"),
    "index-ceiled": _to_nearest("ceil", *_ROUND, "floor"),
    "index-rounded": _to_nearest("round_prefer_ceil", "floor", "ceil"),
    "float32-step": _axes(_is("kernel", "nearest"), _by_step),
    "float32-scale": _axes(_is("kernel", "nearest"), _by_scale),
    "exact-index": _exactly(is_nearest=True),
    "clipped": _at_the_end("float32", lambda values: np.minimum(np.maximum(values, 0), 255)),
    "rounded": _at_the_end("float32", eight_bits),
    "float16": _half_floats,
    "weights-of-8-bits": _axes(lambda axis: axis["convention"]["kernel"] != "nearest", _coarse),
    "clipped-between-passes": _between(lambda values: np.minimum(np.maximum(values, 0), 255)),
    "rounded-between-passes": _between(eight_bits),
    "rounded-once": _exactly(is_nearest=False),
    "passes-swapped": _other_order,
    "truncated": _at_the_end("uint8", lambda values: np.clip(np.fix(np.round(values, 9)), 0, 255)),
    "wrapped": _at_the_end("uint8", lambda values: np.floor(np.round(values, 9) + 0.5) % 256),
    "alpha-not-premultiplied": _no_alpha,
    "planar-for-interleaved": _misread(_planes),
    "row-stride": _misread(_padded),
    "rows-for-columns": _misread(_columns),
    "red-and-blue-swapped": _misread(_blue_first),
    "first-channel-for-all": _misread(_one_for_all),
}
"""Every fault by its flag."""
