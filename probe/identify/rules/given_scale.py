"""Functions that ask for a scale: those that ignore the size asked, and those that take a scale in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from halfpixel.golden.rules import Size
from halfpixel.golden.sizes import SIZE_RULES, output_size
from halfpixel.probe.identify.rules.axis_observations import ResizePlane, Shape
from halfpixel.probe.identify.rules.rule_verification import RuleFinding, RuleSearch
from halfpixel.probe.measure.axis_matrix import Refused, exception_text

INPUTS: tuple[Size, ...] = (
    *((24, 7), (7, 24), (33, 9), (9, 33), (12, 13), (13, 12), (8, 8), (17, 17), (6, 10), (5, 5), (11, 14)),
    *((20, 23), (23, 20), (4, 9), (16, 30), (29, 15)),
)
"""Images that are resized by the scale: odd and even sizes, for which rounded sizes and the scale part."""
FRESH_INPUTS: tuple[Size, ...] = ((64, 64), (31, 45), (45, 31), (100, 7), (7, 101), (19, 19), (224, 161), (10, 15))
_SIZE_TEXTS = {
    "floor": "floor({})",
    "round_half_even": "round({}), halves to even",
    "round_half_up": "round({}), halves up",
    "ceil": "ceil({})",
}
_SCALES = tuple(
    sorted(
        {Fraction(p, q) for p in range(1, 13) for q in range(1, 13)},
        key=lambda scale: (max(scale.numerator, scale.denominator), scale),
    )
)

AnyResult = Callable[[np.ndarray, Size], np.ndarray]
"""``(H, W)`` and the size asked, to a plane of any size; raises ``Refused``."""


@dataclass(frozen=True, slots=True)
class GivenScale:
    """The result of a function for a scale.

    ``size_text`` says which size, such as ``round(n_in / 2), halves to even``; ``finding`` what it does at that size.
    """

    scales: tuple[Fraction, ...]
    size_text: str
    finding: RuleFinding


def ignores_size(resize: AnyResult) -> bool:
    """Whether the result has a size of its own: the same one for two sizes asked, and for none of the inputs both."""
    for size_in in ((8, 8), (9, 12)):
        image = np.random.default_rng(1).uniform(0, 1, size_in).astype(np.float32)
        try:
            shapes = [resize(image, size).shape for size in ((5, 5), (11, 7))]
        except Refused:
            return False
        if shapes[0] != shapes[1] or len(shapes[0]) != 2 or 0 in shapes[0]:
            return False
    return True


def follow_scale(resize: AnyResult) -> GivenScale | None:
    """A function that ignores the size asked; ``None`` where its sizes follow no scale."""
    sizes = _sizes(resize, INPUTS)
    scale = _scale_of(sizes)
    return None if scale is None else _followed({scale[0]: resize}, scale[1])


def follow_scales(function: Callable[[np.ndarray, float], object], scales: Sequence[Fraction]) -> GivenScale | None:
    """A function of an image ``(H, W)`` and a scale; ``None`` where it gives no planes."""

    def by(scale: Fraction) -> AnyResult:
        def resize(image: np.ndarray, size: Size) -> np.ndarray:
            try:
                return np.asarray(function(image.copy(), float(scale)))
            except Exception as error:
                raise Refused(exception_text(error)) from error

        return resize

    by_scale = {scale: by(scale) for scale in scales}
    rules = set(SIZE_RULES)
    for scale, resize in by_scale.items():
        sizes = _sizes(resize, INPUTS)
        if not sizes:
            return None
        rules = {rule for rule in rules if _has_sizes(sizes, scale, rule)}
    text = _SIZE_TEXTS[next(rule for rule in SIZE_RULES if rule in rules)] if rules else ""
    return _followed(by_scale, text.format("n_in * scale") if text else "sizes that no rounding of the scale gives")


def _sizes(resize: AnyResult, inputs: Sequence[Size]) -> dict[Size, Size]:
    sizes = {}
    for size_in in inputs:
        try:
            shape = resize(np.zeros(size_in, np.float32), size_in).shape
        except Refused:
            continue
        if len(shape) == 2 and min(shape) > 0:
            sizes[size_in] = (int(shape[0]), int(shape[1]))
    return sizes


def _has_sizes(sizes: dict[Size, Size], scale: Fraction, rule: str) -> bool:
    return all(
        n_out == max(1, output_size(n_in, scale, rule))
        for size_in, size_out in sizes.items()
        for n_in, n_out in zip(size_in, size_out, strict=True)
    )


def _scale_of(sizes: dict[Size, Size]) -> tuple[Fraction, str] | None:
    """The simplest scale whose rounded sizes these are, and the rule in words."""
    for scale in _SCALES if sizes else ():
        for rule in SIZE_RULES:
            if _has_sizes(sizes, scale, rule):
                product = f"{scale.numerator} n_in" if scale.numerator > 1 else "n_in"
                length = product if scale.denominator == 1 else f"{product} / {scale.denominator}"
                is_whole = scale.denominator == 1
                return scale, length if is_whole else _SIZE_TEXTS[rule].format(length)
    return None


def _followed(by_scale: dict[Fraction, AnyResult], size_text: str) -> GivenScale:
    given: dict[Shape, Fraction] = {}
    shapes: list[list[Shape]] = []
    for inputs in (INPUTS, FRESH_INPUTS):
        sizes = {scale: _sizes(resize, inputs) for scale, resize in by_scale.items()}
        found = [
            ((size_in, sizes[scale][size_in]), scale)
            for size_in in inputs
            for scale in by_scale
            if size_in in sizes[scale]
        ]
        given |= dict(found)
        shapes.append([shape for shape, _ in found])

    def resize(image: np.ndarray, size: Size) -> np.ndarray:
        shape = (image.shape[0], image.shape[1]), size
        result = by_scale[given[shape]](image, size)
        if result.shape != size:
            raise Refused(f"ValueError: returned {result.shape} where it returned {size} before")
        return result

    plane: ResizePlane = resize
    finding = RuleSearch(plane, given.__contains__, shapes[0], shapes[1], given).run()
    return GivenScale(tuple(by_scale), size_text, finding)
