"""The output size that follows from a scale or from a box to fit, exactly and as floating point gives it."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

import numpy as np

SIZE_RULES = ("floor", "round_half_even", "round_half_up", "ceil")
ARITHMETICS = ("exact", "float64", "float32", "float32 scale")
POLICIES = ("stretch", "not_larger", "not_smaller")


def output_size(
    n_in: int,
    scale: float | Fraction,
    rule: str = "floor",
    arithmetic: str = "exact",
    extent: Fraction | int = 1,
) -> int:
    """The length, in pixels, of an axis of ``n_in`` pixels resized by ``scale``.

    ``rule``: ``floor`` (ONNX Resize, https://onnx.ai/onnx/operators/onnx__Resize.html; torch.nn.Upsample,
    https://docs.pytorch.org/docs/stable/generated/torch.nn.Upsample.html), ``round_half_even`` (Python's ``round`` in
    scipy.ndimage.zoom; ``saturate_cast`` in OpenCV's resize), ``round_half_up``, ``ceil``.
    ``arithmetic``: see :func:`product`. ``extent``: the share of the axis between the ends of ONNX's ``roi``,
    ``floor(input_dimension * (roi_end - roi_start) * scale)``.
    Raises ``ValueError`` for an unknown rule or arithmetic, a size below 0, or a scale that is not positive and finite.
    """
    if rule not in SIZE_RULES:
        raise ValueError(f"unknown rule {rule!r}; allowed: {', '.join(SIZE_RULES)}")
    if n_in < 0:
        raise ValueError(f"n_in must not be negative, not {n_in}")
    if not 0 < scale < float("inf"):
        raise ValueError(f"scale must be positive and finite, not {scale}")
    return rounded_length(scaled_length(n_in, scale, arithmetic, extent), rule)


def scaled_length(
    n_in: int, scale: float | Fraction, arithmetic: str = "exact", extent: Fraction | int = 1
) -> Fraction:
    """``n_in * extent * scale`` before it is rounded to an integer.

    ``exact``: a float scale at its binary value. ``float64``, ``float32``: every factor and product rounded to that
    type. ``float32 scale``: the scale rounded to float32, and the product exact, as a float times an integer is in
    double. Raises ``ValueError`` for another arithmetic.
    """
    if arithmetic not in ARITHMETICS:
        raise ValueError(f"unknown arithmetic {arithmetic!r}; allowed: {', '.join(ARITHMETICS)}")
    if arithmetic == "exact":
        return Fraction(scale) * n_in * extent
    if arithmetic == "float32 scale":
        return Fraction(float(np.float32(scale))) * n_in * extent
    number = np.float32 if arithmetic == "float32" else np.float64
    length = number(n_in) if extent == 1 else number(n_in) * number(float(extent))
    return Fraction(float(length * number(float(scale))))


def rounded_length(length: Fraction, rule: str) -> int:
    """An exact length, in pixels, as an integer by one of :data:`SIZE_RULES`."""
    if rule == "floor":
        return floor(length)
    if rule == "ceil":
        return ceil(length)
    return round(length) if rule == "round_half_even" else floor(length + Fraction(1, 2))


def fitted_scale(sizes_in: tuple[int, ...], asked: tuple[int, ...], policy: str, arithmetic: str = "exact") -> Fraction:
    """The one scale, output over input, of all axes of an image that is fitted to the sizes ``asked`` for.

    ``not_larger``: the smallest of the ratios; ``not_smaller``: the largest. ``arithmetic``: ``exact``, or the ratios
    rounded to ``float64`` or ``float32``. Raises ``ValueError`` for another policy or arithmetic.
    Source: https://onnx.ai/onnx/operators/onnx__Resize.html, attribute ``keep_aspect_ratio_policy``.
    """
    if policy not in POLICIES[1:]:
        raise ValueError(f"unknown policy {policy!r}; allowed: {', '.join(POLICIES[1:])}")
    if arithmetic not in ("exact", "float64", "float32"):
        raise ValueError(f"unknown arithmetic {arithmetic!r}; allowed: exact, float64, float32")
    if arithmetic == "exact":
        ratios = [Fraction(target, n_in) for n_in, target in zip(sizes_in, asked, strict=True)]
    else:
        number = np.float32 if arithmetic == "float32" else np.float64
        ratios = [Fraction(float(number(target) / number(n_in))) for n_in, target in zip(sizes_in, asked, strict=True)]
    return min(ratios) if policy == "not_larger" else max(ratios)


def fitted_size(
    sizes_in: tuple[int, ...],
    asked: tuple[int, ...],
    policy: str,
    rule: str = "round_half_up",
    arithmetic: str = "exact",
) -> tuple[int, ...]:
    """The output sizes, in pixels, of an image of ``sizes_in`` that is fitted to the sizes ``asked`` for.

    ``stretch`` gives just these. The others resize all axes by :func:`fitted_scale` and round halves up. Source as
    there: ``out_size[d] = round_int(scale * in_size[d])``, ``round_int`` rounding halfway cases up.
    Raises ``ValueError`` for an unknown policy, rule or arithmetic.
    """
    if policy == "stretch":
        return tuple(asked)
    if rule not in SIZE_RULES:
        raise ValueError(f"unknown rule {rule!r}; allowed: {', '.join(SIZE_RULES)}")
    scale = fitted_scale(sizes_in, asked, policy, arithmetic)
    return tuple(rounded_length(scaled_length(n_in, scale, arithmetic), rule) for n_in in sizes_in)
