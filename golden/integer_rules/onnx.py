"""Integer rules of ONNX ``Resize``, whose text leaves rounding open: two variants of the exact value."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from halfpixel.golden.catalogue import named_convention
from halfpixel.golden.convention import Convention
from halfpixel.golden.integer_rules.passes import image_rule
from halfpixel.golden.integer_rules.rule import IntegerRule, Resize, Size
from halfpixel.golden.integer_rules.tap_tables import TapTable, weighted_sum
from halfpixel.golden.matrix import matrix
from halfpixel.golden.rounding import to_integers

_SOURCE = "https://onnx.ai/onnx/operators/onnx__Resize.html"
_LIMIT = 2**61
"""Above it, sums and their doubles might leave int64; Python's own integers take over."""


@lru_cache(maxsize=4096)
def _exact_taps(convention: Convention, n_in: int, n_out: int) -> tuple[TapTable, np.ndarray]:
    """Taps with whole weights, and the totals ``(n_out,)`` that they are divided by, in lowest terms."""
    exact = matrix(convention, n_in, n_out)
    common = np.gcd(np.gcd.reduce(exact.weights, axis=1), exact.totals)
    return TapTable(exact.taps, exact.weights // common[:, None]), exact.totals // common


def exact_integers(image: np.ndarray, size: Size, convention: Convention, rounding: str) -> np.ndarray:
    """The exact resize of an image ``(H, W, C)`` of integers, rounded once and clipped to the range of its dtype.

    ``rounding`` is one of :data:`~halfpixel.golden.rounding.ROUNDING_RULES`; the kernel must be rational.
    """
    (down, heights), (along, widths) = (_exact_taps(convention, image.shape[axis], size[axis]) for axis in (0, 1))
    limits = np.iinfo(image.dtype)
    largest = np.abs(down.weights).sum(axis=1).max() * np.abs(along.weights).sum(axis=1).max() * max(limits.max, 1)
    integer: type = np.int64 if int(largest) < _LIMIT else object
    rows = weighted_sum(image.astype(integer), TapTable(along.indices, along.weights.astype(integer)), axis=1)
    sums = weighted_sum(rows, TapTable(down.indices, down.weights.astype(integer)), axis=0)
    totals: np.ndarray = (heights.astype(integer)[:, None] * widths.astype(integer))[..., None]
    return to_integers(sums, totals, limits.min, limits.max, rounding).astype(image.dtype)


def _resize(convention: Convention, rounding: str) -> Resize:
    @image_rule("uint8")
    def resize(image: np.ndarray, size: Size) -> np.ndarray:
        return exact_integers(image, size, convention, rounding)

    return resize


_ROUNDINGS = {
    "round": ("half_even", "round it to the nearest integer, ties to even"),
    "truncate": ("truncate", "cut its fraction off, towards zero"),
}
_ATTRIBUTES = {
    "linear": 'mode="linear"',
    "linear-antialias": 'mode="linear", antialias=1',
    "cubic": 'mode="cubic"',
    "cubic-antialias-exclude": 'mode="cubic", antialias=1, exclude_outside=1, cubic_coeff_a=-0.5',
}


def _rule(kernel: str, attributes: str, way: str, rounding: str, words: str) -> IntegerRule:
    convention = named_convention(f"onnx-{kernel}").convention
    return IntegerRule(
        name=f"onnx-{kernel}-{way}-uint8",
        library="onnx",
        call=f"Resize({attributes})",
        versions=(),
        convention=convention,
        dtype="uint8",
        steps=f"Compute the exact value from rational weights along both axes, without rounding between them; {words}; "
        "clip to 0..255. The operator's text does not say how integers are rounded: this is one of two readings, held "
        "against no release.",
        source=_SOURCE,
        resize=_resize(convention, rounding),
    )


RULES: tuple[IntegerRule, ...] = (
    IntegerRule(
        name="onnx-nearest-uint8",
        library="onnx",
        call='Resize(mode="nearest")',
        versions=(),
        convention=named_convention("onnx-nearest").convention,
        dtype="uint8",
        steps="Pixel ceil((o + 1/2) * n_in / n_out - 1) is copied, in exact arithmetic: ties go to the smaller index.",
        source=_SOURCE,
        resize=_resize(named_convention("onnx-nearest").convention, "truncate"),
    ),
    *(
        _rule(kernel, attributes, way, rounding, words)
        for kernel, attributes in _ATTRIBUTES.items()
        for way, (rounding, words) in _ROUNDINGS.items()
    ),
)
