"""The ways in which exact values become the results of a resize: passes, rounding, short weights."""

from __future__ import annotations

from dataclasses import dataclass

from halfpixel.probe.identify.quantised_rounding import FIXED_POINT, SHORT_PRODUCTS


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """How exact values become results.

    passes
        ``once``: both axes in one sum, rounded once; ``rows`` or ``columns``: that axis is resized first, and what it
        gives is rounded and clipped before the other, as Pillow does with 8 bits; ``either``: the one or the other,
        as the sizes decide.
    rule
        ``nearest`` or ``truncate``, of every rounding.
    extra
        Levels of 255 that short weights may add.
    clips_only
        Between the passes values are clipped and keep their fractions, as where they have 16 bits.
    """

    passes: str
    rule: str = "nearest"
    extra: float = 0.0
    clips_only: bool = False

    def __str__(self) -> str:
        rounds = {"nearest": "rounded to the nearest", "truncate": "rounded down"}[self.rule]
        if self.extra:
            return f"{rounds}, off by up to {self.extra:g} grey levels more, as with short weights or products"
        if self.passes == "once":
            return f"{rounds} once, after both axes"
        if self.clips_only:
            order = "one axis" if self.passes == "either" else self.passes
            return f"{order} first, clipped before the other axis, and {rounds} after both"
        if self.passes == "either":
            return f"one axis before the other, as the sizes decide, {rounds} and clipped between them and again after"
        other = {"rows": "columns", "columns": "rows"}[self.passes]
        return f"{self.passes} first, {rounds} and clipped before the {other} and again after"


ROUNDED = tuple(
    Arithmetic(passes, rule) for rule in ("nearest", "truncate") for passes in ("once", "rows", "columns", "either")
)
"""The arithmetics that are tried for integers, the plainest first."""
CLIPPED = tuple(
    Arithmetic(passes, rule, clips_only=True)
    for rule in ("nearest", "truncate")
    for passes in ("rows", "columns", "either")
)
"""Tried for kernels that overshoot, where no rounding explains an image."""
SHORT = tuple(Arithmetic("once", "nearest", extra) for extra in (FIXED_POINT, SHORT_PRODUCTS))
"""Tried beside them: short fixed-point weights, and products, as OpenCV has them."""
FLOATS = Arithmetic("once")
