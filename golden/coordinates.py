"""Where each output pixel samples the input, as exact rationals, and how near that is to a tie."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from halfpixel.golden.convention import Convention
from halfpixel.golden.kernels import kernel


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

    def moved(self, by: Fraction) -> Coordinates:
        """All of them moved up by a number of input pixels, exactly."""
        numerators = self.numerators.astype(object) * by.denominator + by.numerator * self.denominator
        return Coordinates(numerators, self.denominator * by.denominator)

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
    if convention.roi is not None:
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


def tie_distance(convention: Convention, n_in: int, n_out: int, scale: Fraction | float | None = None) -> np.ndarray:
    """Distance in input pixels from each output's coordinate to the nearest jump of its rule; float64, ``(n_out,)``.

    0 is an exact tie. Continuous kernels never jump: infinity. For ``nearest`` the jumps lie at the integers (floor,
    ceil) or halves (the rounding modes); for ``box`` and the truncated ``gaussian`` where the edge of the stretched
    kernel meets a pixel centre; for ``adaptive_average`` where an edge of the output pixel meets an edge of an input
    pixel. With borders ``extrapolate`` and ``wrap_overlap`` every kernel jumps at coordinates 0 and ``n_in - 1``.
    """
    given = Fraction(n_out, n_in) if scale is None else Fraction(scale)
    where = coordinates(convention, n_in, n_out, None if scale is None else given)
    numerators = where.numerators.astype(object) if where.denominator >= 2**31 else where.numerators
    nearest = np.full(n_out, np.inf)
    if convention.border in ("extrapolate", "wrap_overlap"):
        edges = np.stack([numerators, numerators - (n_in - 1) * where.denominator])
        nearest = (abs(edges).min(axis=0) / where.denominator).astype(np.float64)
    if convention.kernel not in ("nearest", "box", "gaussian", "adaptive_average"):
        return nearest
    if convention.kernel == "nearest":
        jumps = [Fraction(0) if convention.nearest_mode in ("floor", "ceil") else Fraction(1, 2)]
    elif convention.kernel in ("box", "gaussian"):
        half = kernel(convention).support / (min(Fraction(1), given) if convention.antialias else 1)
        jumps = [half, -half]
    else:
        half = Fraction(1, 2) / given
        jumps = [half - Fraction(1, 2), -half - Fraction(1, 2)]
    for jump in jumps:
        denominator = where.denominator * jump.denominator
        beyond = (numerators * jump.denominator - jump.numerator * where.denominator) % denominator
        distance = np.minimum(beyond, denominator - beyond) / denominator
        nearest = np.minimum(nearest, distance.astype(np.float64))
    return nearest
