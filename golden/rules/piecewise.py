"""Rules by size: conditions on the sizes of both axes, and the rule that holds under each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from halfpixel.golden.convention import Convention
from halfpixel.golden.matrix import ExactMatrix
from halfpixel.golden.rules.resize_rule import AxisSizes, ResizeRule, Size, sizes_of_axes


def _of_axis(name: str, attribute: str) -> Callable[[AxisSizes], Fraction]:
    return lambda sizes: Fraction(getattr(sizes if sizes.axis == name else sizes.other, attribute))


FEATURES: dict[str, Callable[[AxisSizes], Fraction]] = {
    "ratio": lambda sizes: sizes.ratio,
    "other_ratio": lambda sizes: sizes.other.ratio,
    "larger_ratio": lambda sizes: max(sizes.ratio, sizes.other.ratio),
    "smaller_ratio": lambda sizes: min(sizes.ratio, sizes.other.ratio),
    "n_in": lambda sizes: Fraction(sizes.n_in),
    "n_out": lambda sizes: Fraction(sizes.n_out),
    "height_in": _of_axis("height", "n_in"),
    "width_in": _of_axis("width", "n_in"),
    "height_out": _of_axis("height", "n_out"),
    "width_out": _of_axis("width", "n_out"),
    "smaller_in": lambda sizes: Fraction(min(sizes.n_in, sizes.other_in)),
    "larger_in": lambda sizes: Fraction(max(sizes.n_in, sizes.other_in)),
    "smaller_out": lambda sizes: Fraction(min(sizes.n_out, sizes.other_out)),
    "larger_out": lambda sizes: Fraction(max(sizes.n_out, sizes.other_out)),
    "other_in": lambda sizes: Fraction(sizes.other_in),
    "other_out": lambda sizes: Fraction(sizes.other_out),
    "is_width": lambda sizes: Fraction(sizes.axis == "width"),
}
"""The quantities that a condition may compare; ratios are ``n_out / n_in``."""

_DIRECTIONS = {
    ("ratio", ">"): "when enlarging",
    ("ratio", "<"): "when shrinking",
    ("ratio", "="): "where the axis keeps its size",
    ("other_ratio", ">"): "when the other axis enlarges",
    ("other_ratio", "<"): "when the other axis shrinks",
    ("other_ratio", "="): "where the other axis keeps its size",
    ("larger_ratio", ">"): "when any axis enlarges",
    ("larger_ratio", "<"): "when both axes shrink",
    ("smaller_ratio", "<"): "when any axis shrinks",
    ("smaller_ratio", ">"): "when both axes enlarge",
    ("ratio", "<="): "unless enlarging",
    ("ratio", ">="): "unless shrinking",
    ("larger_ratio", "<="): "unless an axis enlarges",
    ("smaller_ratio", ">="): "unless an axis shrinks",
}
_PLACES = {
    "n_in": "input pixels",
    "n_out": "output pixels",
    "height_in": "pixels of height",
    "width_in": "pixels of width",
    "height_out": "pixels of output height",
    "width_out": "pixels of output width",
    "smaller_in": "pixels of the shorter side",
    "larger_in": "pixels of the longer side",
    "smaller_out": "pixels of the output's shorter side",
    "larger_out": "pixels of the output's longer side",
    "other_in": "input pixels of the other axis",
    "other_out": "output pixels of the other axis",
}
_RATIO_TEXTS = {
    "ratio": "at a scale",
    "other_ratio": "where the other axis has a scale",
    "larger_ratio": "where both axes have a scale",
    "smaller_ratio": "where an axis has a scale",
}
_RELATIONS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "=": lambda a, b: a == b,
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """``feature relation value``, such as ``width_in < 16``; features are :data:`FEATURES`."""

    feature: str
    relation: str
    value: Fraction

    def holds(self, sizes: AxisSizes) -> bool:
        """Whether it holds for ``sizes``."""
        return _RELATIONS[self.relation](FEATURES[self.feature](sizes), self.value)

    @property
    def is_direction(self) -> bool:
        """Whether it asks only which way sizes change."""
        return self.value == 1 and (self.feature, self.relation) in _DIRECTIONS

    @property
    def opposite(self) -> tuple[str, str]:
        """The feature and the relation that holds where a clumsy direction does not: ``unless an axis enlarges``."""
        turned = {"<=": ">", ">=": "<"} if self.is_direction else {}
        return self.feature, turned.get(self.relation, "")

    def __str__(self) -> str:
        if self.feature == "is_width":
            return f"along the {'width' if self.value else 'height'}"
        if self.feature.endswith("ratio"):
            if self.is_direction:
                return _DIRECTIONS[self.feature, self.relation]
            words = {"<": "below", "<=": "of at most", "=": "of", ">=": "of at least", ">": "above"}
            return f"{_RATIO_TEXTS[self.feature]} {words[self.relation]} {self.value}"
        words = {"<": "below", "<=": "up to", "=": "at", ">=": "from", ">": "above"}
        return f"{words[self.relation]} {self.value} {_PLACES[self.feature]}"


@dataclass(frozen=True, slots=True)
class Part:
    """``rule`` where every one of ``conditions`` holds; ``None`` where no rule is known."""

    rule: ResizeRule | None
    conditions: tuple[Comparison, ...] = ()

    def holds(self, sizes: AxisSizes) -> bool:
        """Whether this part is the one for ``sizes``."""
        return all(condition.holds(sizes) for condition in self.conditions)

    @property
    def where(self) -> str:
        """The conditions in words."""
        return " and ".join(map(str, self.conditions))


@dataclass(frozen=True, slots=True)
class PiecewiseRule:
    """Rules by size: the first part whose conditions hold is the one; the last holds everywhere else."""

    parts: tuple[Part, ...]

    @classmethod
    def of(cls, rule: ResizeRule) -> PiecewiseRule:
        """One rule for all sizes."""
        return cls((Part(rule),))

    @property
    def main(self) -> ResizeRule | None:
        """The rule of the last part."""
        return self.parts[-1].rule

    @property
    def convention(self) -> Convention | None:
        """The convention, where that is all it says."""
        rule = self.main
        return rule.convention if len(self.parts) == 1 and rule is not None and rule.is_convention else None

    def at(self, sizes: AxisSizes) -> ResizeRule | None:
        """The rule for ``sizes``; ``None`` where none is known."""
        return next(part for part in self.parts if part.holds(sizes)).rule

    def matrices(
        self, size_in: Size, size_out: Size, given: Fraction | None = None
    ) -> tuple[ExactMatrix, ExactMatrix] | None:
        """The exact matrices of the height and of the width; ``None`` where no rule is known."""
        rules = [(self.at(sizes), sizes) for sizes in sizes_of_axes(size_in, size_out, given)]
        exact = [rule.matrix(sizes) for rule, sizes in rules if rule is not None]
        return (exact[0], exact[1]) if len(exact) == 2 else None

    def formulas(self) -> tuple[str, ...]:
        """The coordinates' formula of each part, with its condition where they differ; none for plain conventions."""
        shown = [(where or "everywhere", rule) for where, rule in self._described() if rule is not None]
        if all(rule.is_convention for _, rule in shown):
            return ()
        formulas = {rule.formula() for _, rule in shown}
        return (formulas.pop(),) if len(formulas) == 1 else tuple(f"{where}: {rule.formula()}" for where, rule in shown)

    def _described(self) -> list[tuple[str, ResizeRule | None]]:
        """Each rule with the words for where it holds, the plainest words of two directions first."""
        main, *exceptions = reversed(self.parts)
        if not exceptions:
            return [("", main.rule)]
        if len(exceptions) == 1 and len(exceptions[0].conditions) == 1:
            only = exceptions[0].conditions[0]
            if only.feature == "is_width":
                other = Comparison("is_width", "=", 1 - only.value)
                return [(str(other), main.rule), (str(only), exceptions[0].rule)]
            opposite = _DIRECTIONS.get(only.opposite)
            if opposite is not None and main.rule is not None:
                return [(opposite, main.rule), ("elsewhere", exceptions[0].rule)]
        return [("elsewhere", main.rule), *((part.where, part.rule) for part in exceptions)]

    def __str__(self) -> str:
        first, *others = ((where, str(rule or "no known rule")) for where, rule in self._described())
        if first[0] not in ("", "elsewhere"):
            return f"{first[1]} {first[0]}; {others[0][1]} {others[0][0]}"
        only = self.parts[0].conditions
        if len(self.parts) == 2 and self.parts[0].rule is not None and all(c.is_direction for c in only):
            return f"{others[0][1]} {others[0][0]}; {first[1]} elsewhere"
        return first[1] + "".join(f", except {where}: {text}" for where, text in others)
