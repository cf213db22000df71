"""Integer rules of ``cv2.resize`` on x86: uint8 in fixed point of 11 bits, uint16 and int16 in float32."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from halfpixel.golden.catalogue import named_convention
from halfpixel.golden.integer_rules.opencv_ipp import IPP_CUBIC_STEPS, cubic_ipp
from halfpixel.golden.integer_rules.opencv_weights import (
    area_taps,
    exact_linear_taps,
    fixed_point,
    kernel_taps,
    nearest_exact_indices,
    nearest_exact_indices_4,
    nearest_indices,
    whole_factor,
)
from halfpixel.golden.integer_rules.passes import image_rule, pick
from halfpixel.golden.integer_rules.rule import IntegerRule, Size
from halfpixel.golden.integer_rules.tap_tables import TapTable, products, rounded, running_sum, weighted_sum

_SOURCE = "https://github.com/opencv/opencv/blob/5.0.0/modules/imgproc/src/resize.cpp"
_SOURCE_4 = "https://github.com/opencv/opencv/blob/4.11.0/modules/imgproc/src/resize.cpp"
_VERSIONS = ("4.11.0.86", "4.14.0.94", "5.0.0.93")
_BITS = 11
_LANES = 8
"""Values that one vector instruction holds: 8 of 16 bits."""


def _vector_then_scalar(vector: np.ndarray, scalar: np.ndarray) -> np.ndarray:
    """Rows whose values come from vector instructions, except for the last ``width * channels % 8``."""
    rows, width, channels = vector.shape
    chunks = width * channels // _LANES * _LANES
    joined: np.ndarray = np.concatenate(
        [vector.reshape(rows, -1)[:, :chunks], scalar.reshape(rows, -1)[:, chunks:]], axis=1
    )
    return joined.reshape(rows, width, channels)


def _linear_taps(image: np.ndarray, size: Size, growing_area: bool) -> tuple[TapTable, TapTable]:
    """TapTable down the columns and along the rows."""
    return (
        kernel_taps("linear", image.shape[0], size[0], growing_area=growing_area),
        kernel_taps("linear", image.shape[1], size[1], stops_at_edges=True, growing_area=growing_area),
    )


def _linear_uint8(image: np.ndarray, size: Size, growing_area: bool = False) -> np.ndarray:
    down, along = _linear_taps(image, size, growing_area)
    rows = weighted_sum(image.astype(np.int32), fixed_point(along), axis=1)
    upper, lower = (term >> 16 for term in products(rows >> 4, fixed_point(down), axis=0))
    return ((upper + lower + 2) >> 2).astype(np.uint8)


def _linear_16_bits(image: np.ndarray, size: Size, growing_area: bool = False) -> np.ndarray:
    down, along = _linear_taps(image, size, growing_area)
    rows = weighted_sum(image.astype(np.float32), along, axis=1)
    return rounded(weighted_sum(rows, down, axis=0), image.dtype.name)


def _linear_any(image: np.ndarray, size: Size, growing_area: bool = False) -> np.ndarray:
    return (_linear_uint8 if image.dtype == np.uint8 else _linear_16_bits)(image, size, growing_area)


def _cubic_uint8(image: np.ndarray, size: Size) -> np.ndarray:
    along = fixed_point(kernel_taps("cubic", image.shape[1], size[1]))
    down = fixed_point(kernel_taps("cubic", image.shape[0], size[0]))
    rows = weighted_sum(image.astype(np.int32), along, axis=1)
    scalar = (weighted_sum(rows, down, axis=0) + (1 << (2 * _BITS - 1))) >> (2 * _BITS)
    in_float32 = TapTable(down.indices, down.weights.astype(np.float32) * np.float32(0.5 ** (2 * _BITS)))
    vector = running_sum(products(rows.astype(np.float32), in_float32, axis=0)[::-1])
    return _vector_then_scalar(rounded(vector, "uint8"), rounded(scalar, "uint8"))


def _cubic_uint8_or_ipp(image: np.ndarray, size: Size) -> np.ndarray:
    is_for_ipp = min(image.shape[:2]) >= 4 and image.shape[2] in (1, 3, 4)
    return (cubic_ipp if is_for_ipp else _cubic_uint8)(image, size)


def _lanczos4_uint8(image: np.ndarray, size: Size) -> np.ndarray:
    along = fixed_point(kernel_taps("lanczos4", image.shape[1], size[1]))
    down = fixed_point(kernel_taps("lanczos4", image.shape[0], size[0]))
    rows = weighted_sum(image.astype(np.int32), along, axis=1)
    total = weighted_sum(rows, down, axis=0) + np.int32(1 << (2 * _BITS - 1))
    return rounded(total >> (2 * _BITS), "uint8")


def _kernel_16_bits(kernel: str, backwards: bool) -> Callable[[np.ndarray, Size], np.ndarray]:
    def resize(image: np.ndarray, size: Size) -> np.ndarray:
        rows = weighted_sum(image.astype(np.float32), kernel_taps(kernel, image.shape[1], size[1]), axis=1)
        terms = products(rows, kernel_taps(kernel, image.shape[0], size[0]), axis=0)
        scalar = running_sum(terms)
        vector = running_sum(terms[::-1]) if backwards else scalar
        return rounded(_vector_then_scalar(vector, scalar), image.dtype.name)

    return resize


def _mean_of_blocks(image: np.ndarray, size: Size, down: int, along: int) -> np.ndarray:
    channels = image.shape[2]
    pixels = image.reshape(size[0], down, size[1], along, channels).transpose(0, 2, 4, 1, 3)
    pixels = pixels.reshape(*size, channels, down * along)
    if down == along == 2 and channels in (1, 3, 4):
        means: np.ndarray = (pixels.sum(axis=-1, dtype=np.int64) + 2) >> 2
        return means.astype(image.dtype)
    if image.dtype == np.uint8:
        total = pixels.sum(axis=-1, dtype=np.int64).astype(np.float32)
    else:
        pixels = pixels.astype(np.float32)
        fours = pixels.shape[-1] // 4 * 4
        total = np.zeros(pixels.shape[:-1], np.float32)
        for k in range(0, fours, 4):
            total = total + running_sum([pixels[..., k + i] for i in range(4)])
        for k in range(fours, pixels.shape[-1]):
            total = total + pixels[..., k]
    return rounded(total * (np.float32(1) / np.float32(down * along)), image.dtype.name)


def _linear(image: np.ndarray, size: Size) -> np.ndarray:
    if all(whole_factor(image.shape[axis], size[axis]) == 2 for axis in (0, 1)):
        return _mean_of_blocks(image, size, 2, 2)
    return _linear_any(image, size)


def _area(image: np.ndarray, size: Size) -> np.ndarray:
    growing = [image.shape[axis] < size[axis] for axis in (0, 1)]
    if any(growing):
        if any(image.shape[axis] > size[axis] for axis in (0, 1)):
            raise ValueError(f"expected both axes to shrink or both to grow, got {image.shape[:2]} to {size}")
        return _linear_any(image, size, growing_area=True)
    down, along = (whole_factor(image.shape[axis], size[axis]) for axis in (0, 1))
    if down and along:
        return _mean_of_blocks(image, size, down, along)
    rows = weighted_sum(image.astype(np.float32), area_taps(image.shape[1], size[1]), axis=1)
    return rounded(weighted_sum(rows, area_taps(image.shape[0], size[0]), axis=0), image.dtype.name)


def _linear_exact(image: np.ndarray, size: Size) -> np.ndarray:
    bits = 8 if image.dtype == np.uint8 else 16
    rows = weighted_sum(image.astype(np.int64), exact_linear_taps(image.shape[1], size[1], bits), axis=1)
    total = weighted_sum(rows, exact_linear_taps(image.shape[0], size[0], bits), axis=0)
    return rounded((total + (1 << (2 * bits - 1))) >> (2 * bits), image.dtype.name)


def _nearest(indices: Callable[[int, int], np.ndarray]) -> Callable[[np.ndarray, Size], np.ndarray]:
    def resize(image: np.ndarray, size: Size) -> np.ndarray:
        return pick(image, indices(image.shape[0], size[0]), indices(image.shape[1], size[1]))

    return resize


_POSITION = (
    "scale = 1 / (n_out / n_in) in float64. p = (o + 0.5) * scale - 0.5 in float64, then rounded to float32. "
    "i = floor(p), f = p - i. An index outside the image reads the edge pixel. "
)
_FIXED_WEIGHTS = "Weights are float32, times 2048, rounded to integers, ties to even. "
_STOPS = "Along rows only: where i < 0 or i >= n_in - 1, f = 0 and i is the edge pixel. "
_TWO_BY_TWO = (
    "If both axes shrink by exactly 2: (a + b + c + d + 2) >> 2 for 1, 3 or 4 channels; the mean in float32, ties to "
    "even, for others. Otherwise: "
)
_LINEAR_WEIGHTS = "Weights of pixels i and i + 1: 1 - f and f. "
_CUBIC_WEIGHTS = (
    "Weights of pixels i - 1 to i + 2, in float32 with d = f + 1 and e = 1 - f: ((-0.75 d + 3.75) d - 6) d + 3, "
    "(1.25 f - 2.25) f f + 1, (1.25 e - 2.25) e e + 1, and 1 less the three in that order. "
)
_LANCZOS_WEIGHTS = (
    "Weights of pixels i - 3 to i + 4: in float64 sin(y) sin(y / 4) / y^2 up to a factor, y = pi * distance, from one "
    "sine and cosine of -(f + 3) pi / 4 and the angle sums; each rounded to float32; times 1 / (their float32 sum). "
    "A distance below 1e-6 pixel has the weight 1e30 before that. "
)
_FLOAT_ROWS = "Rows first, in float32 with every product and every sum rounded, first tap to last. "
_CLIP = "Round to the nearest integer, ties to even, and clip."
_AREA_STEPS = (
    "If an axis grows: as linear, on both axes, with i = floor(o * scale), f = (o + 1) - (i + 1) * (n_out / n_in), "
    "f = 0 if it is negative, else f - floor(f); where the other axis shrinks, that is no coverage, and this rule "
    "refuses it. If both axes shrink by whole factors: the sum of the block (uint8: in "
    "integers; 16 bits: in float32, row by row, four pixels added to each other before they are added to the sum, the "
    "rest one by one) times the float32 1 / count; 2 x 2 with 1, 3 or 4 channels is (a + b + c + d + 2) >> 2. "
    "Otherwise the cell of o goes from s = o * scale to s + scale, and each pixel's weight is its share of the cell "
    "in float64, rounded to float32; shares at an end of 0.001 pixel or less are left out. "
)
_LANES_TEXT = (
    "The values of a row (width * channels) are computed eight at a time; the last width * channels % 8 differ: "
)


def _rule(
    name: str, flag: str, resize: Callable[[np.ndarray, Size], np.ndarray], *steps: str, without_ipp: bool = False
) -> IntegerRule:
    """A rule whose ``name`` ends in the dtype. ``without_ipp``: Intel's library, in wheels for x86, does otherwise."""
    kernel, dtype = name.rsplit("-", 1)
    setting = "cv2.ipp.setUseIPP(False); " if without_ipp else ""
    return IntegerRule(
        name=f"opencv-{name}",
        library="opencv",
        call=f"{setting}cv2.resize(image, (w, h), interpolation=cv2.{flag})",
        versions=_VERSIONS,
        convention=named_convention("opencv-linear" if kernel == "linear-exact" else f"opencv-{kernel}").convention,
        dtype=dtype,
        steps="".join(steps),
        source=_SOURCE,
        resize=image_rule(dtype)(resize),
    )


def _rules_of_16_bits(dtype: str) -> tuple[IntegerRule, ...]:
    chain = _LANES_TEXT + "t0 + (t1 + (t2 + ...)) against ((t0 + t1) + t2) + .... "
    unsigned = dtype == "uint16"
    return (
        _rule(
            f"linear-{dtype}",
            "INTER_LINEAR",
            _linear,
            *(_TWO_BY_TWO, _POSITION, _STOPS, _LINEAR_WEIGHTS, _FLOAT_ROWS, "Columns likewise. ", _CLIP),
            without_ipp=True,
        ),
        _rule(
            f"linear-exact-{dtype}",
            "INTER_LINEAR_EXACT",
            _linear_exact,
            _LINEAR_EXACT_STEPS.format(bits=16, double=32, half=31),
        ),
        _rule(
            f"cubic-{dtype}",
            "INTER_CUBIC",
            _kernel_16_bits("cubic", backwards=True),
            *(_POSITION, _CUBIC_WEIGHTS, _FLOAT_ROWS, "Columns likewise, but in another order. ", chain, _CLIP),
            without_ipp=True,
        ),
        _rule(f"area-{dtype}", "INTER_AREA", _area, _AREA_STEPS, _FLOAT_ROWS, "Columns likewise. ", _CLIP),
        _rule(
            f"lanczos4-{dtype}",
            "INTER_LANCZOS4",
            _kernel_16_bits("lanczos4", backwards=not unsigned),
            *(
                _POSITION,
                _LANCZOS_WEIGHTS,
                _FLOAT_ROWS,
                "Columns likewise",
                ". " if unsigned else ", but in another order. ",
            ),
            *(("", _CLIP) if unsigned else (chain, _CLIP)),
        ),
    )


_LINEAR_EXACT_STEPS = (
    "p = (o + 0.5) * scale - 0.5 in float64 with scale = 1 / (n_out / n_in); i = floor(p). The second weight is "
    "(p - i) * 2^{bits} rounded to an integer, ties to even; the first is 2^{bits} less that. Where i < 0 or "
    "i >= n_in - 1 the edge pixel counts alone. Rows, then columns, in integers without rounding between them; "
    "(sum + 2^{half}) >> {double}, clipped."
)

RULES: tuple[IntegerRule, ...] = (
    _rule(
        "nearest-uint8",
        "INTER_NEAREST",
        _nearest(nearest_indices),
        "Pixel min(floor(o * scale), n_in - 1) is copied; scale = 1 / (n_out / n_in) in float64, two roundings.",
    ),
    replace(
        _rule(
            "nearest-exact-uint8",
            "INTER_NEAREST_EXACT",
            _nearest(nearest_exact_indices),
            "In float64: step = n_in / n_out; position = step * 0.5, to which step is added for each further output "
            "pixel. Pixel min(floor(position), n_in - 1) is copied. The running sum decides ties, as in Pillow.",
        ),
        versions=_VERSIONS[2:],
    ),
    replace(
        _rule(
            "nearest-exact-uint8",
            "INTER_NEAREST_EXACT",
            _nearest(nearest_exact_indices_4),
            "In integers: step = ((n_in << 16) + n_out / 2) / n_out, start = step / 2 - n_in % 2. Pixel "
            "min((step * o + start) >> 16, n_in - 1) is copied. Ties go either way, and where step was rounded "
            "positions near a tie do, too.",
        ),
        name="opencv-4-nearest-exact-uint8",
        versions=_VERSIONS[:2],
        source=_SOURCE_4,
    ),
    _rule(
        "linear-uint8",
        "INTER_LINEAR",
        _linear,
        *(_TWO_BY_TWO, _POSITION, _STOPS, _LINEAR_WEIGHTS, _FIXED_WEIGHTS),
        "Rows first: r = w0 * p0 + w1 * p1, then r >> 4. Columns: (((w0 * r0) >> 16) + ((w1 * r1) >> 16) + 2) >> 2: "
        "each product is truncated on its own.",
    ),
    _rule(
        "linear-exact-uint8",
        "INTER_LINEAR_EXACT",
        _linear_exact,
        _LINEAR_EXACT_STEPS.format(bits=8, double=16, half=15),
    ),
    _rule(
        "cubic-uint8",
        "INTER_CUBIC",
        _cubic_uint8,
        *(_POSITION, _CUBIC_WEIGHTS, _FIXED_WEIGHTS, "Rows first: r = the sum of weight * pixel, an integer. "),
        *("Columns: ", _LANES_TEXT),
        "the former are t0 + (t1 + (t2 + t3)) in float32, t = r * (weight * 2^-22), rounded to the nearest integer, "
        "ties to even; the latter are (the sum of weight * r + 2^21) >> 22 in integers. Both are clipped.",
        without_ipp=True,
    ),
    replace(
        _rule("cubic-uint8", "INTER_CUBIC", _cubic_uint8_or_ipp, IPP_CUBIC_STEPS),
        name="opencv-cubic-ipp-uint8",
        versions=_VERSIONS[1:],
        source="https://github.com/opencv/opencv/blob/5.0.0/hal/ipp/src/resize_ipp.cpp",
    ),
    _rule("area-uint8", "INTER_AREA", _area, _AREA_STEPS, _FLOAT_ROWS, "Columns likewise. ", _CLIP),
    _rule(
        "lanczos4-uint8",
        "INTER_LANCZOS4",
        _lanczos4_uint8,
        *(_POSITION, _LANCZOS_WEIGHTS, _FIXED_WEIGHTS),
        "Rows, then columns, in int32, which suffices, without rounding between them; (sum + 2^21) >> 22, clipped.",
    ),
    *_rules_of_16_bits("uint16"),
    *_rules_of_16_bits("int16"),
)
