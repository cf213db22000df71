"""A convention with coordinates of its own: a scale other than the ratio of the sizes, and a shift."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from halfpixel.golden.convention import Convention
from halfpixel.golden.coordinates import Coordinates, affine_map
from halfpixel.golden.matrix import ExactMatrix, matrix_at

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class AxisSizes:
    """One axis of a resize, and the other beside it.

    ``axis`` is ``height`` or ``width``; it goes from ``n_in`` to ``n_out`` pixels while the other axis goes from
    ``other_in`` to ``other_out``. ``given`` is the scale, output over input, that the caller asked for, if any.
    """

    axis: str
    n_in: int
    n_out: int
    other_in: int
    other_out: int
    given: Fraction | None = None

    @property
    def ratio(self) -> Fraction:
        """``n_out / n_in``."""
        return Fraction(self.n_out, self.n_in)

    @property
    def pair(self) -> Size:
        """``(n_in, n_out)``."""
        return self.n_in, self.n_out

    @property
    def other(self) -> AxisSizes:
        """The same resize seen from the other axis."""
        axis = "width" if self.axis == "height" else "height"
        return AxisSizes(axis, self.other_in, self.other_out, self.n_in, self.n_out, self.given)


def sizes_of_axes(size_in: Size, size_out: Size, given: Fraction | None = None) -> tuple[AxisSizes, AxisSizes]:
    """The height's and the width's sizes of a resize from ``size_in`` to ``size_out``, both (height, width)."""
    height = AxisSizes("height", size_in[0], size_out[0], size_in[1], size_out[1], given)
    return height, height.other


SCALE_OWNERS: dict[str, Callable[[AxisSizes], AxisSizes]] = {
    "own": lambda sizes: sizes,
    "larger": lambda sizes: sizes if sizes.ratio >= sizes.other.ratio else sizes.other,
    "smaller": lambda sizes: sizes if sizes.ratio <= sizes.other.ratio else sizes.other,
    "height": lambda sizes: sizes if sizes.axis == "height" else sizes.other,
    "width": lambda sizes: sizes if sizes.axis == "width" else sizes.other,
    "other": lambda sizes: sizes.other,
}
"""The axis whose sizes make the scale, for an axis."""

MEANS: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "mean": lambda a, b: (a + b) / 2,
    "mean step": lambda a, b: 2 / (1 / a + 1 / b),
}
"""Scales made of both axes' ratios: the mean of the two, and the one whose step, ``1 / scale``, is the mean step."""


@dataclass(frozen=True, slots=True)
class ScaleRule:
    """The scale, output over input: ``(n_out + added_out) / (n_in + added_in)`` of the axis ``of``.

    ``of`` is one of :data:`SCALE_OWNERS` or :data:`MEANS`, or ``given``: the scale that the caller asked for, or
    ``constant`` where that is set.
    """

    of: str = "own"
    added_out: Fraction = Fraction(0)
    added_in: Fraction = Fraction(0)
    constant: Fraction | None = None

    @property
    def is_ratio(self) -> bool:
        """Whether it is ``n_out / n_in``, as in every convention."""
        return self == ScaleRule()

    def at(self, sizes: AxisSizes) -> Fraction | None:
        """The scale for ``sizes``; ``None`` where the rule gives none that is finite and positive."""
        if self.of == "given":
            return self.constant if self.constant is not None else sizes.given
        if self.of in MEANS:
            return MEANS[self.of](sizes.ratio, sizes.other.ratio)
        owner = SCALE_OWNERS[self.of](sizes)
        above, below = owner.n_out + self.added_out, owner.n_in + self.added_in
        return above / below if above > 0 and below > 0 else None

    def text(self, number: Callable[[Fraction], str]) -> str:
        """The rule in words of the sizes, such as ``(n_out + 0.1) / n_in``."""
        if self.of == "given":
            return "the scale given" if self.constant is None else f"{number(self.constant)}, whatever the size"
        if self.of in MEANS:
            return f"the {self.of} of both axes"
        out_in = ("n_out", "n_in")
        if self.of in ("height", "width"):
            out_in = (f"{self.of}_out", f"{self.of}_in")
        parts = [
            name if not added else f"({name} {'-' if added < 0 else '+'} {number(abs(added))})"
            for name, added in zip(out_in, (self.added_out, self.added_in), strict=True)
        ]
        owners = {"larger": " of the axis with the larger ratio", "smaller": " of the axis with the smaller ratio"}
        return f"{parts[0]} / {parts[1]}{owners.get(self.of, ' of the other axis' if self.of == 'other' else '')}"


INPUT, OUTPUT = "input", "output"


@dataclass(frozen=True, slots=True)
class ResizeRule:
    """A convention with another scale or a shift.

    Coordinates are those of ``convention`` with the scale of ``scale``, moved by ``shift`` pixels of the ``unit``,
    ``input`` or ``output``. A stretched kernel is stretched by the same scale, or by ``n_out / n_in`` with
    ``stretch_by_ratio``.
    """

    convention: Convention
    scale: ScaleRule = ScaleRule()
    shift: Fraction = Fraction(0)
    unit: str = INPUT
    stretch_by_ratio: bool = False

    @property
    def is_convention(self) -> bool:
        """Whether it says no more than its convention."""
        return self.scale.is_ratio and not self.shift

    def line(self, sizes: AxisSizes) -> tuple[Fraction, Fraction]:
        """The exact ``(slope, intercept)`` of ``x_in = slope * x_out + intercept``.

        Raises ``ValueError`` for sizes at which the rule gives no scale. With coordinates from corner to corner every
        output then samples the first pixel, as in ONNX's ``align_corners`` for a single output.
        """
        mode = self.convention.coordinate_transformation_mode
        if self.convention.roi is not None or mode == "align_corners":
            slope, intercept = affine_map(self.convention, sizes.n_in, sizes.n_out)
            return slope, intercept + self.shift * (slope if self.unit == OUTPUT else 1)
        scale = None if self.scale.is_ratio else self.scale.at(sizes)
        if scale is None and not self.scale.is_ratio:
            if mode != "asymmetric":
                raise ValueError(f"'{self}' has no scale for {sizes.n_in} -> {sizes.n_out}")
            slope, intercept = Fraction(0), Fraction(0)
        else:
            slope, intercept = affine_map(self.convention, sizes.n_in, sizes.n_out, scale)
        return slope, intercept + self.shift * (slope if self.unit == OUTPUT else 1)

    def coordinates(self, sizes: AxisSizes) -> Coordinates:
        """The exact input coordinate of each of ``n_out`` outputs."""
        slope, intercept = self.line(sizes)
        denominator = slope.denominator * intercept.denominator
        step, first = slope.numerator * intercept.denominator, intercept.numerator * slope.denominator
        largest = max(abs(step) * sizes.n_out + abs(first), denominator)
        outputs = np.arange(sizes.n_out, dtype=np.int64 if largest < 2**62 else object)
        return Coordinates(outputs * step + first, denominator)

    def stretch(self, sizes: AxisSizes) -> Fraction:
        """The scale by which a kernel is stretched when it shrinks, output over input."""
        scale = None if self.stretch_by_ratio or self.scale.is_ratio else self.scale.at(sizes)
        return sizes.ratio if scale is None else scale

    def matrix(self, sizes: AxisSizes, moved: Fraction = Fraction(0)) -> ExactMatrix:
        """The exact matrix, all coordinates moved by ``moved`` input pixels; ``ValueError`` where there is none."""
        where = self.coordinates(sizes)
        if moved:
            where = where.moved(moved)
        return matrix_at(self.convention, where, sizes.n_in, self.stretch(sizes))

    def formula(self) -> str:
        """The coordinates as a formula, such as ``x_in = (x_out + 1/2) / s - 1/2, s = (n_out + 1/10) / n_in``."""
        mode = self.convention.coordinate_transformation_mode
        out = self.shift if self.unit == OUTPUT else Fraction(0)
        after = self.shift if self.unit == INPUT else Fraction(0)
        scale = self.scale.text(str)
        if mode == "align_corners":
            scale, mode = "(n_out - 1) / (n_in - 1)", "asymmetric"
        if mode in ("half_pixel", "pytorch_half_pixel"):
            out, after = out + Fraction(1, 2), after - Fraction(1, 2)
        elif mode == "tf_half_pixel_for_nn":
            out += Fraction(1, 2)
        elif mode == "half_pixel_symmetric":
            sampled = "x_out - (n_out - 1) / 2" if not out else f"x_out - (n_out - 1) / 2 {_signed(out)}"
            return f"x_in = ({sampled}) / s + (n_in - 1) / 2{_signed(after, ' ')}, s = {scale}"
        elif mode != "asymmetric":
            return f"x_in as in {mode}"
        sampled = f"(x_out {_signed(out)})" if out else "x_out"
        return f"x_in = {sampled} / s{_signed(after, ' ')}, s = {scale}"

    def __str__(self) -> str:
        words = str(self.convention)
        if self.scale == ScaleRule("given"):
            words += ", with the scale given"
        elif not self.scale.is_ratio:
            words += f", scale {self.scale.text(_decimal)}"
            if self.stretch_by_ratio and self.convention.antialias:
                words += ", stretched by n_in / n_out"
        if self.shift:
            pixels = "pixel" if abs(self.shift) <= 1 else "pixels"
            words += f", shifted by {_decimal(self.shift)} {self.unit} {pixels}"
        return words


def _signed(value: Fraction, before: str = "") -> str:
    return f"{before}{'-' if value < 0 else '+'} {abs(value)}" if value else ""


def _decimal(value: Fraction) -> str:
    """A fraction as a short decimal where it is one, and as it is elsewhere."""
    return f"{float(value):g}" if 1000 % value.denominator == 0 else str(value)
