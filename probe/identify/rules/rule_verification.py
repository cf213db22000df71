"""Hold a rule against random images on both axes at once, locate its thresholds, and say where it does not hold."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from halfpixel.adapters import NotInstalled
from halfpixel.adapters.layout import WrongShape
from halfpixel.golden.rules import FEATURES, AxisSizes, Comparison, Part, PiecewiseRule, ResizeRule, sizes_of_axes
from halfpixel.golden.tolerance import UNIT_ROUNDOFF, coordinate_error, gain_tolerance, joint_tolerance, row_gain
from halfpixel.golden.vocabulary import GREY_LEVELS
from halfpixel.probe.identify.rules.axis_observations import (
    SHAPES,
    NotAProduct,
    Observation,
    ResizePlane,
    Shape,
    observe,
)
from halfpixel.probe.identify.rules.rule_search import Ranked, error_at, find_rule
from halfpixel.probe.measure.axis_matrix import Refused

FRESH: dict[Shape, str] = {
    ((64, 64), (20, 20)): "both shrink by more than three",
    ((17, 13), (31, 29)): "both enlarge, odd sizes",
    ((21, 34), (30, 15)): "mixed",
    ((34, 21), (15, 30)): "mixed, the axes exchanged",
    ((224, 320), (112, 160)): "halving at a size that networks use",
    ((15, 15), (4, 4)): "a small image, both by 3.75",
    ((300, 260), (299, 512)): "above 256 pixels",
    ((96, 8), (40, 3)): "tall",
    ((8, 96), (3, 40)): "wide",
    ((64, 48), (64, 17)): "the height stays, the width shrinks",
    ((14, 45), (29, 45)): "the width stays, the height enlarges",
    ((33, 47), (66, 94)): "doubling",
    ((50, 40), (25, 20)): "halving",
    ((48, 40), (12, 20)): "a quarter, and one half",
    ((10, 14), (9, 13)): "a step just above one",
    ((48, 64), (48, 150)): "the height stays, the width enlarges",
    ((64, 12), (20, 30)): "tall, mixed",
    ((5, 5), (2, 2)): "tiny",
    ((4, 4), (9, 9)): "tiny, enlarging",
    ((128, 96), (16, 12)): "by eight",
    ((100, 60), (37, 90)): "mixed at other ratios",
    ((1, 9), (5, 4)): "one row",
    ((9, 1), (4, 5)): "one column",
    ((20, 20), (20, 20)): "no size changes",
    ((23, 31), (23, 31)): "nor here",
    ((7, 11), (28, 3)): "by four, and down",
    ((40, 16), (10, 4)): "by four",
    ((13, 13), (11, 17)): "square, mixed",
    ((3, 3), (7, 5)): "three pixels",
}
"""Shapes that no rule was made from, and what each is for."""

_CLOSER = 6
_ROUNDS = 4
_OBSERVED = 160
"""Height and width together, up to which a shape that does not fit is observed impulse by impulse."""
_SECONDS = 4.0
"""Seconds that the calls may take, all together; fewer shapes are observed where one takes long."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """A shape at which a random image is not what a rule gives, by ``grey_levels`` of 255 at least."""

    shape: Shape
    grey_levels: float

    def __str__(self) -> str:
        (height, width), (h, w) = self.shape
        return f"{height}x{width} -> {h}x{w} (off by {self.grey_levels:.3g} of 255 grey levels)"


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """The rule that both axes together follow, and where it was verified.

    rule
        The rule; ``None`` where none explains what was observed.
    best
        The single rule that explains most, with its errors at ``observations``.
    misfits
        The fresh shapes at which ``rule`` does not hold: empty where it does.
    not_products
        Shapes at which the operator is not one matrix an axis.
    verified
        At how many fresh shapes a random image was compared.
    """

    rule: PiecewiseRule | None
    best: Ranked | None = None
    observations: tuple[Observation, ...] = ()
    misfits: tuple[Misfit, ...] = ()
    not_products: tuple[NotAProduct, ...] = ()
    verified: int = 0

    @property
    def holds(self) -> bool:
        """Whether the rule holds everywhere it speaks of, and was compared with fresh images."""
        is_whole = self.rule is not None and self.rule.main is not None
        return is_whole and bool(self.verified) and not self.misfits and not self.not_products

    @property
    def exceptions(self) -> list[tuple[Observation, float]]:
        """Observations of parts without a rule, and how far the rule of the rest is off there, in grey levels."""
        if self.rule is None or (main := self.rule.main) is None:
            return []
        return [
            (seen, GREY_LEVELS / 2 * error_at(main, seen)) for seen in self.observations if not self.rule.at(seen.sizes)
        ]


def misfit(resize: ResizePlane, rule: PiecewiseRule, shape: Shape, given: Fraction | None = None) -> Misfit | bool:
    """Compare a random image with what ``rule`` gives: a :class:`Misfit`, ``True`` where they agree.

    ``False`` where nothing was compared: the call is refused, or no rule is known for the shape.
    """
    size_in, size_out = shape
    rules = [(rule.at(sizes), sizes) for sizes in sizes_of_axes(size_in, size_out, given)]
    known = [(one, sizes) for one, sizes in rules if one is not None]
    if len(known) < 2:
        return False
    image = np.random.default_rng(sum(size_in)).uniform(-1, 1, size_in).astype(np.float32)
    try:
        result = resize(image, size_out).astype(np.float64)
        sides = [_sides(one, sizes) for one, sizes in known]
    except WrongShape:
        return Misfit(shape, float("inf"))
    except (Refused, NotInstalled, ValueError):
        return False
    if not np.isfinite(result).all():
        return Misfit(shape, float("inf"))
    gains = [row_gain(side[0]) for side in sides]
    errors = [
        gain_tolerance(one.convention, *sizes.pair, round(gain, 3))
        for (one, sizes), gain in zip(known, gains, strict=True)
    ]
    taps = sum(int(np.count_nonzero(side[0], axis=1).max()) for side in sides)
    # And one rounding for each product of a row and of a column.
    allowed = joint_tolerance((errors[0], errors[1]), (gains[0], gains[1])) + taps * UNIT_ROUNDOFF * gains[0] * gains[1]
    images = [down @ image.astype(np.float64) @ right.T for down in sides[0] for right in sides[1]]
    off = float(np.min([np.abs(result - expected) for expected in images], axis=0).max())
    return True if off <= allowed else Misfit(shape, off * GREY_LEVELS / 2)


def _sides(rule: ResizeRule, sizes: AxisSizes) -> list[np.ndarray]:
    """The exact matrix, and where the kernel jumps those on either side of a tie."""
    exact = rule.matrix(sizes).to_array()
    jumps = rule.convention.kernel in ("nearest", "box", "adaptive_average")
    if not jumps and rule.convention.border not in ("extrapolate", "wrap_overlap"):
        return [exact]
    shift = Fraction(2 * coordinate_error(sizes.n_in))
    return [exact, *(rule.matrix(sizes, moved).to_array() for moved in (-shift, shift))]


@dataclass(slots=True)
class RuleSearch:
    """Observes, looks for a rule, and verifies it, until it holds or nothing more is learned.

    ``given`` are the scales that the caller asks for, by shape; without them sizes are asked for.
    """

    resize: ResizePlane
    accepts: Callable[[Shape], bool]
    shapes: Iterable[Shape] = tuple(SHAPES)
    fresh: Iterable[Shape] = tuple(FRESH)
    given: Mapping[Shape, Fraction] = field(default_factory=dict)
    observations: list[Observation] = field(default_factory=list)
    not_products: list[NotAProduct] = field(default_factory=list)
    resizing: float = 0.0

    def run(self) -> RuleFinding:
        """The :class:`RuleFinding`."""
        for shape in self.shapes:
            self._observe(shape)
        if not self.observations or len(self.not_products) * 8 > len(self.observations):
            return RuleFinding(None, not_products=tuple(self.not_products))
        finding = RuleFinding(None)
        for _ in range(_ROUNDS):
            rule, best = find_rule(self.observations)
            finding = RuleFinding(rule, best, tuple(self.observations), (), tuple(self.not_products))
            if rule is None:
                break
            known = len(self.observations)
            rule = self._with_located_thresholds(rule)
            compared = [self._compared(rule, shape) for shape in self.fresh if self.accepts(shape)]
            misfits = tuple(one for one in compared if isinstance(one, Misfit))
            finding = RuleFinding(
                rule, best, tuple(self.observations), misfits, tuple(self.not_products), sum(map(bool, compared))
            )
            if misfits:
                small = [one.shape for one in misfits if sum(one.shape[0]) <= _OBSERVED]
                for shape in small[:3]:
                    self._observe(shape)
            if not misfits or len(self.observations) == known:
                break
        return finding

    def _compared(self, rule: PiecewiseRule, shape: Shape) -> Misfit | bool:
        if self.resizing > 2 * _SECONDS:
            return False
        start = time.perf_counter()
        found = misfit(self.resize, rule, shape, self.given.get(shape))
        self.resizing += time.perf_counter() - start
        return found

    def _observe(self, shape: Shape) -> list[Observation]:
        if not self.accepts(shape) or self.resizing > _SECONDS:
            return []
        if any(seen.sizes == sizes_of_axes(*shape, self.given.get(shape))[0] for seen in self.observations):
            return []
        start = time.perf_counter()
        found = observe(self.resize, shape, self.given.get(shape))
        self.resizing += time.perf_counter() - start
        if isinstance(found, NotAProduct):
            self.not_products.append(found)
            return []
        self.observations += found or []
        return found or []

    def _with_located_thresholds(self, rule: PiecewiseRule) -> PiecewiseRule:
        """The rule with every threshold of a size moved to where it is, by measuring between the sizes observed."""
        parts = list(rule.parts)
        for index, part in enumerate(parts[:-1]):
            conditions = list(part.conditions)
            for place, condition in enumerate(conditions):
                if not (condition.feature.endswith("ratio") or condition.feature == "is_width"):
                    conditions[place] = self._located(rule, part, condition)
            parts[index] = Part(part.rule, tuple(conditions))
        return PiecewiseRule(tuple(parts))

    def _located(self, rule: PiecewiseRule, part: Part, condition: Comparison) -> Comparison:
        """Bisection between the last size on one side of the threshold and the first on the other."""
        main, measure = rule.main, FEATURES[condition.feature]
        if main is None:
            return condition
        rest = [other for other in part.conditions if other != condition]
        there = [seen for seen in self.observations if all(other.holds(seen.sizes) for other in rest)]
        inside = [seen for seen in there if condition.holds(seen.sizes) and error_at(main, seen)]
        outside = [seen for seen in there if not condition.holds(seen.sizes) and self._is_main(part, main, seen)]
        if not inside or not outside:
            return condition
        is_below = condition.relation == "<"
        near = (max if is_below else min)(inside, key=lambda seen: measure(seen.sizes))
        far = (min if is_below else max)(outside, key=lambda seen: measure(seen.sizes))
        last, first = int(measure(near.sizes)), int(measure(far.sizes))
        for _ in range(_CLOSER):
            if abs(first - last) <= 1:
                break
            middle = (first + last) // 2
            side = self._side_at(part, main, rest, condition.feature, middle, near)
            if side is None:
                break
            last, first = (middle, first) if side else (last, middle)
        return Comparison(condition.feature, "<" if is_below else ">=", Fraction(first if is_below else last))

    @staticmethod
    def _is_main(part: Part, main: ResizeRule, seen: Observation) -> bool:
        """Whether only the rule of the rest explains an observation."""
        return not error_at(main, seen) and (part.rule is None or bool(error_at(part.rule, seen)))

    def _side_at(
        self, part: Part, main: ResizeRule, rest: list[Comparison], feature: str, value: int, near: Observation
    ) -> bool | None:
        """Whether the part holds where ``feature`` is ``value``; ``None`` where no shape tells."""
        for sizes in _varied(near.sizes, feature, value):
            if FEATURES[feature](sizes) != value or not all(other.holds(sizes) for other in rest):
                continue
            for seen in self._observe(_shape_of(sizes)):
                if seen.sizes == sizes and error_at(main, seen):
                    return True
                if seen.sizes == sizes and self._is_main(part, main, seen):
                    return False
        return None


def _shape_of(sizes: AxisSizes) -> Shape:
    height = sizes if sizes.axis == "height" else sizes.other
    return (height.n_in, height.other_in), (height.n_out, height.other_out)


def _varied(sizes: AxisSizes, feature: str, value: int) -> Iterator[AxisSizes]:
    """Sizes like ``sizes`` at which ``feature`` is ``value``: the axis with it is rescaled, then both."""
    is_out = feature.endswith("out")
    own = _rescaled(sizes.pair, value, is_out)
    other = _rescaled(sizes.other.pair, value, is_out)
    yield AxisSizes(sizes.axis, *own, sizes.other_in, sizes.other_out)
    yield AxisSizes(sizes.axis, sizes.n_in, sizes.n_out, *other)
    yield AxisSizes(sizes.axis, *own, *other)


def _rescaled(pair: tuple[int, int], value: int, is_out: bool) -> tuple[int, int]:
    """A pair of about the same ratio whose output, or input, is ``value``; the direction stays."""
    n_in, n_out = pair
    if n_in == n_out:
        return value, value
    if is_out:
        scaled = max(1, round(value * n_in / n_out))
        scaled = max(scaled, value + 1) if n_in > n_out else min(scaled, value - 1)
        return max(scaled, 1), value
    scaled = max(1, round(value * n_out / n_in))
    scaled = max(scaled, value + 1) if n_out > n_in else min(scaled, value - 1)
    return value, max(scaled, 1)
