"""Where each output pixel samples the input, as exact rationals over one common denominator."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from golden.convention import Convention


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Input coordinates (pixels; the centre of input pixel 0 is 0) of ``n_out`` outputs.

    ``numerators`` is an integer array of shape ``(n_out,)`` (int64, or object when int64 could overflow);
    output ``o`` samples at ``numerators[o] / denominator`` exactly.
    """

    numerators: np.ndarray
    denominator: int

    def __getitem__(self, o: int) -> Fraction:
        return Fraction(int(self.numerators[o]), self.denominator)

    def to_array(self) -> np.ndarray:
        """float64, shape ``(n_out,)``, each the nearest float64 up to one division."""
        return (self.numerators / self.denominator).astype(np.float64)


def affine_map(
    convention: Convention, n_in: int, n_out: int, scale: Fraction | None = None
) -> tuple[Fraction, Fraction]:
    """The exact ``(slope, intercept)`` of ``x_in = slope * x_out + intercept``.

    Every mode of ONNX Resize is affine in the output index. ``scale`` is output over input as given by the caller;
    without one it is ``n_out / n_in``. Source: https://onnx.ai/onnx/operators/onnx__Resize.html,
    attribute ``coordinate_transformation_mode``. ``length_resized`` there is ``n_out``, the length of the output.
    """
    mode = convention.coordinate_transformation_mode
    given = Fraction(n_out, n_in) if scale is None else scale
    step = 1 / given
    half = Fraction(1, 2)
    if mode == "half_pixel":
        return step, half * step - half
    if mode == "half_pixel_symmetric":
        adjustment = Fraction(n_out) / (given * n_in)
        offset = Fraction(n_in, 2) * (1 - adjustment)
        return step, offset + half * step - half
    if mode == "pytorch_half_pixel":
        return (step, half * step - half) if n_out > 1 else (Fraction(0), Fraction(0))
    if mode == "align_corners":
        return (Fraction(n_in - 1, n_out - 1) if n_out > 1 else Fraction(0)), Fraction(0)
    if mode == "asymmetric":
        return step, Fraction(0)
    if mode == "tf_half_pixel_for_nn":
        return step, half * step
    if mode == "tf_crop_and_resize":
        start, end = convention.roi
        if n_out > 1:
            return (end - start) * (n_in - 1) / (n_out - 1), start * (n_in - 1)
        return Fraction(0), half * (start + end) * (n_in - 1)
    raise AssertionError(f"no rule for {mode}")


def coordinates(convention: Convention, n_in: int, n_out: int, scale: Fraction | None = None) -> Coordinates:
    """The exact input coordinate of each of ``n_out`` outputs; see :func:`affine_map` for the rules."""
    slope, intercept = affine_map(convention, n_in, n_out, scale)
    denominator = slope.denominator * intercept.denominator
    step = slope.numerator * intercept.denominator
    first = intercept.numerator * slope.denominator
    largest = max(abs(step) * n_out + abs(first), denominator)
    outputs = np.arange(n_out, dtype=np.int64 if largest < 2**62 else object)
    common = np.gcd.reduce(np.array([step, first, denominator], dtype=object))
    return Coordinates(outputs * (step // common) + first // common, denominator // common)
