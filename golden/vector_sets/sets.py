"""The sets, by convention and by library: what one function ``f(image, size)`` can be tested with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

import numpy as np

from halfpixel.golden.convention import Convention
from halfpixel.golden.integer_rules import INTEGER_RULES, IntegerRule
from halfpixel.golden.vector_sets.faults import flags
from halfpixel.golden.vector_sets.images import IMAGES
from halfpixel.golden.vector_sets.problem import Problem, VectorAxis, has_alpha, right_answer, tolerance

PEAK = 255
"""The largest value of an image."""
GREY_LEVEL = 1
"""The tolerance of uint8 by convention: no rule says how ties and the values between two passes are rounded.

A right value may be rounded up or down at a tie, which is one level, and rounding between two passes moves it by half a
level more, or by a little more than that with overshoot. Whoever wants a library's integers takes a set by library.
"""


@dataclass(frozen=True, slots=True)
class SetDefinition:
    """A set before its vectors are made; ``rule`` is that of the library whose integers it has."""

    name: str
    title: str
    convention: Convention
    dtype: str
    rule: IntegerRule | None = None


@dataclass(frozen=True, slots=True)
class Vector:
    """An image ``(H, W, C)``, the right answer ``(h, w, C)``, how far off is right too, and the flags."""

    id: str
    rule: str
    image: np.ndarray
    expected: np.ndarray
    tolerance: float
    flags: tuple[str, ...]

    @property
    def size(self) -> tuple[int, int]:
        """Of the result: (height, width)."""
        return self.expected.shape[0], self.expected.shape[1]


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the table of vectors: sizes (height, width) in and out, channels, image, and why."""

    size_in: tuple[int, int]
    size_out: tuple[int, int]
    channels: int
    image: str
    rule: str

    @property
    def id(self) -> str:
        channels = {1: "grey", 3: "rgb", 4: "rgba"}[self.channels]
        sizes = "-to-".join(f"{height}x{width}" for height, width in (self.size_in, self.size_out))
        return f"{self.image}-{channels}-{sizes}"


_ROWS = (
    _Row((8, 8), (4, 4), 1, "ramp", "Halving: with half pixels every sample lies between two pixels."),
    _Row((5, 7), (10, 14), 1, "noise", "Doubling, not square."),
    _Row((7, 5), (10, 3), 3, "noise", "Height grows and width shrinks, in colour."),
    _Row((5, 8), (8, 5), 1, "noise", "Height grows and width shrinks, grey."),
    _Row((13, 11), (4, 3), 1, "noise", "Shrinking to less than a third: most pixels are skipped, or averaged."),
    _Row((11, 9), (5, 4), 3, "noise", "Shrinking by two and a bit, in colour; rows of 27 values."),
    _Row((3, 2), (11, 13), 1, "noise", "From few pixels to many: most samples are near a border."),
    _Row((4, 6), (4, 9), 1, "noise", "The height stays."),
    _Row((9, 5), (6, 5), 1, "noise", "The width stays."),
    _Row((16, 9), (5, 8), 1, "noise", "The height loses far more than the width: Pillow 13 resizes it first."),
    _Row((6, 5), (6, 5), 3, "noise", "The size stays."),
    _Row((6, 4), (1, 1), 1, "noise", "One pixel comes out."),
    _Row((1, 1), (3, 4), 3, "noise", "One pixel goes in."),
    _Row((7, 7), (15, 11), 1, "impulse", "One bright pixel is enlarged: the kernel itself."),
    _Row((9, 9), (5, 4), 1, "impulse", "One bright pixel is shrunk."),
    _Row((8, 6), (13, 10), 1, "checkerboard", "Black and white in turn: the strongest overshoot."),
    _Row((12, 10), (7, 7), 4, "noise", "Four channels, shrinking by 12/7 and 10/7."),
)
_NEAREST_ROWS = (
    _Row((12, 20), (6, 6), 1, "ramp", "Ties: 12 to 6 has nothing else, 20 to 6 has 9/2 and 29/2."),
    _Row((2, 26), (41, 64), 1, "ramp", "2 to 41 and 26 to 64: without half pixels output 32 is exactly 13."),
    _Row((4, 14), (14, 19), 1, "ramp", "4 to 14 and 14 to 19: ties that float32 misses."),
    _Row((22, 18), (13, 15), 1, "ramp", "22 to 13 and 18 to 15: ties that float32 misses."),
    _Row((3, 14), (37, 2), 1, "ramp", "3 to 37 and 14 to 2: whole coordinates that float32 misses."),
    _Row((26, 10), (22, 6), 1, "ramp", "26 to 22 and 10 to 6: whole coordinates that float32 misses."),
    _Row((14, 28), (46, 2), 1, "ramp", "14 to 46 and 28 to 2: whole coordinates that float32 misses."),
    _Row((40, 20), (6, 26), 1, "ramp", "40 to 6 and 20 to 26: ties that float32 misses."),
    _Row((1, 61), (1, 147), 1, "ramp", "One long row: torch counts coordinates otherwise above 128 pixels."),
)


_LINEAR, _BOX = Convention(kernel="linear"), Convention(kernel="box")
_A_HALF, _A_THREE_QUARTERS = (Convention(kernel="cubic", cubic_coeff_a=Fraction(a)) for a in ("-1/2", "-3/4"))
_LANCZOS3, _LANCZOS4 = (Convention(kernel="lanczos", lobes=lobes) for lobes in (3, 4))
_STRETCHED: dict[str, object] = {"antialias": True, "border": "renormalise"}
_AS_PILLOW = "of Pillow, of JAX, of torch and TensorFlow with antialias"


def _at(convention: Convention, mode: str) -> Convention:
    return convention.but(coordinate_transformation_mode=mode)


def _nearest(nearest_mode: str, mode: str = "half_pixel") -> Convention:
    return Convention(kernel="nearest", nearest_mode=nearest_mode, coordinate_transformation_mode=mode)


CONVENTIONS: dict[str, tuple[Convention, str]] = {
    "half_pixel-linear": (_LINEAR, "bilinear of torch, OpenCV, TensorFlow 2, ONNX"),
    "align_corners-linear": (_at(_LINEAR, "align_corners"), "bilinear with align_corners=True"),
    "asymmetric-linear": (_at(_LINEAR, "asymmetric"), "bilinear of TensorFlow 1"),
    "half_pixel-linear-antialias": (_LINEAR.but(**_STRETCHED), f"bilinear {_AS_PILLOW}"),
    "half_pixel-linear-antialias-replicate": (_LINEAR.but(antialias=True), "ONNX Resize, linear, antialias=1"),
    "half_pixel-cubic-a075": (_A_THREE_QUARTERS, "bicubic of torch, OpenCV, ONNX"),
    "align_corners-cubic-a075": (
        _at(_A_THREE_QUARTERS, "align_corners"),
        "bicubic of torch with align_corners=True",
    ),
    "asymmetric-cubic-a075": (_at(_A_THREE_QUARTERS, "asymmetric"), "bicubic of TensorFlow 1"),
    "half_pixel-cubic-a05": (_A_HALF, "Keys' bicubic, edges clamped"),
    "half_pixel-cubic-a05-renormalise": (_A_HALF.but(border="renormalise"), "bicubic of TensorFlow 2"),
    "half_pixel-cubic-a05-antialias": (_A_HALF.but(**_STRETCHED), f"bicubic {_AS_PILLOW}"),
    "half_pixel-cubic-a05-antialias-reflect": (
        _A_HALF.but(antialias=True, border="reflect"),
        "MATLAB's imresize, bicubic",
    ),
    "half_pixel-cubic-a075-antialias": (_A_THREE_QUARTERS.but(antialias=True), "ONNX Resize, cubic, antialias=1"),
    "half_pixel-lanczos3-antialias": (_LANCZOS3.but(**_STRETCHED), f"Lanczos {_AS_PILLOW}"),
    "half_pixel-lanczos4": (_LANCZOS4, "INTER_LANCZOS4 of OpenCV"),
    "half_pixel-box-antialias": (_BOX.but(**_STRETCHED), "BOX of Pillow"),
    "area": (Convention(kernel="area"), "area of TensorFlow, INTER_AREA of OpenCV when shrinking"),
    "adaptive_average": (Convention(kernel="adaptive_average"), "area of torch: adaptive average pooling"),
    "half_pixel-nearest-tie_up": (_nearest("round_prefer_ceil"), "nearest of Pillow and JAX, nearest-exact of torch"),
    "half_pixel-nearest-tie_down": (_nearest("round_prefer_floor"), "nearest of ONNX"),
    "half_pixel-nearest-tie_even": (_nearest("round_half_even"), "nearest of torch's grid_sample"),
    "half_pixel-nearest-floor": (_nearest("floor"), "nearest of ONNX with nearest_mode=floor"),
    "asymmetric-nearest-floor": (_nearest("floor", "asymmetric"), "nearest of torch, OpenCV, TensorFlow 1"),
    "align_corners-nearest-tie_up": (
        _nearest("round_prefer_ceil", "align_corners"),
        "nearest of TensorFlow 1 with align_corners=True",
    ),
}
"""The conventions that have sets, and where people know them from."""


_WITHOUT_A_SET = re.compile("tensorflow-(gaussian|mitchellcubic|lanczos)|pillow-11-(box|hamming|.*-rgba)")
"""Rules that few people ask for, so that the files stay few."""


def definitions() -> Iterator[SetDefinition]:
    """Every set, by convention first."""
    for name, (convention, who) in CONVENTIONS.items():
        for dtype in ("float32", "uint8"):
            yield SetDefinition(f"{name}-{dtype}", f"{convention}, {dtype}: {who}", convention, dtype)
    for rule in INTEGER_RULES.values():
        if rule.dtype == "uint8" and not _WITHOUT_A_SET.match(rule.name):
            yield SetDefinition(rule.name, _title(rule), rule.convention, "uint8", rule)


def _title(rule: IntegerRule) -> str:
    """Whose integers a set has: the library, the releases that were compared, the call."""
    releases = " to ".join(dict.fromkeys((*rule.versions[:1], *rule.versions[-1:])))
    return f"{rule.library}{' ' * bool(releases)}{releases}, {rule.call}, bit for bit"


@lru_cache(maxsize=256)
def vectors(definition: SetDefinition) -> tuple[Vector, ...]:
    """The vectors of a set, with the flags of every fault that each reveals."""
    made = (_vector(definition, row) for row in _rows(definition))
    return tuple(vector for vector in made if vector is not None)


def _rows(definition: SetDefinition) -> list[_Row]:
    """The rows of a set. Images with alpha have sets of their own where a library weighs colours by it."""
    rows = [*_ROWS, *(_NEAREST_ROWS if definition.convention.kernel == "nearest" else ())]
    if definition.rule is not None and has_alpha(definition.rule):
        return [replace(row, channels=4) for row in rows]
    if definition.name.replace("-uint8", "-rgba-uint8") in INTEGER_RULES:
        return [replace(row, channels=min(row.channels, 3)) for row in rows]
    return rows


def _vector(definition: SetDefinition, row: _Row) -> Vector | None:
    problem = problem_of(definition, IMAGES[row.image]((*row.size_in, row.channels)), row.size_out)
    try:
        expected = right_answer(problem)
    except ValueError:  # a rule that does not take these factors, or this number of channels
        return None
    if problem.rule is not None:
        problem = problem.as_near_as_possible(expected)
    allowed = _tolerance(definition, problem)
    return Vector(row.id, row.rule, problem.image, expected, allowed, tuple(flags(problem, expected, allowed)))


def problem_of(definition: SetDefinition, image: np.ndarray, size: tuple[int, int]) -> Problem:
    """The problem that ``definition`` poses for an image ``(H, W, C)`` of uint8 and a size ``(h, w)``."""
    axes = tuple(VectorAxis(definition.convention, *pair) for pair in zip(image.shape[:2], size, strict=True))
    return Problem(image, axes, definition.dtype, definition.rule)


def _tolerance(definition: SetDefinition, problem: Problem) -> float:
    if definition.rule is not None:
        return definition.rule.bound
    if definition.convention.kernel == "nearest":
        return 0
    return GREY_LEVEL if definition.dtype == "uint8" else tolerance(problem.axes, PEAK)
