"""Resize rules with coordinates of their own: a scale other than the ratio of the sizes, a shift, parts by size."""

from halfpixel.golden.rules.piecewise import FEATURES, Comparison, Part, PiecewiseRule
from halfpixel.golden.rules.resize_rule import (
    INPUT,
    MEANS,
    OUTPUT,
    SCALE_OWNERS,
    AxisSizes,
    ResizeRule,
    ScaleRule,
    Size,
    sizes_of_axes,
)

__all__ = [
    "FEATURES",
    "INPUT",
    "MEANS",
    "OUTPUT",
    "SCALE_OWNERS",
    "AxisSizes",
    "Comparison",
    "Part",
    "PiecewiseRule",
    "ResizeRule",
    "ScaleRule",
    "Size",
    "sizes_of_axes",
]
