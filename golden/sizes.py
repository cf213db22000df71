"""The output size that follows from a scale, exactly and as floating point gives it."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

import numpy as np

SIZE_RULES = ("floor", "round_half_even", "round_half_up", "ceil")
ARITHMETICS = ("exact", "float32", "float64")


def output_size(n_in: int, scale: float | Fraction, rule: str = "floor", arithmetic: str = "exact") -> int:
    """The length, in pixels, of an axis of ``n_in`` pixels resized by ``scale``.

    ``rule``: ``floor`` (ONNX Resize; torch.nn.functional.interpolate), ``round_half_even`` (scipy.ndimage.zoom,
    OpenCV's saturate_cast), ``round_half_up``, ``ceil``. ``arithmetic``: the product is taken exactly (a float scale at
    its binary value), or rounded to float32 or float64 first, as an implementation in that precision would.
    Raises ``ValueError`` for an unknown rule or arithmetic, a size below 0, or a scale that is not positive and finite.
    """
    if rule not in SIZE_RULES:
        raise ValueError(f"unknown rule {rule!r}; allowed: {', '.join(SIZE_RULES)}")
    if arithmetic not in ARITHMETICS:
        raise ValueError(f"unknown arithmetic {arithmetic!r}; allowed: {', '.join(ARITHMETICS)}")
    if n_in < 0:
        raise ValueError(f"n_in must not be negative, not {n_in}")
    if not 0 < scale < float("inf"):
        raise ValueError(f"scale must be positive and finite, not {scale}")
    if arithmetic == "exact":
        product = Fraction(scale) * n_in
    elif arithmetic == "float32":
        product = Fraction(float(np.float32(scale) * np.float32(n_in)))
    else:
        product = Fraction(float(np.float64(float(scale)) * np.float64(n_in)))
    if rule == "floor":
        return floor(product)
    if rule == "ceil":
        return ceil(product)
    return round(product) if rule == "round_half_even" else floor(product + Fraction(1, 2))
