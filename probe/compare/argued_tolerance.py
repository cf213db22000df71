"""A tolerance with its argument: how far two correct results may be apart, why, and which errors that cannot see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfpixel.golden import Convention, matrix
from halfpixel.golden.tolerance import coordinate_error
from halfpixel.golden.vocabulary import GREY_LEVELS
from halfpixel.probe.compare.value_tolerance import ValueTolerance, hidden_by, joint_gain, value_tolerance
from halfpixel.probe.measure.sizes import Pair


class DifferentFunctionsError(ValueError):
    """No tolerance is right: two conventions differ at the size by more than rounding; ``levels`` says how far."""

    def __init__(self, levels: float) -> None:
        super().__init__(f"none is right: they are different functions, up to {levels:.4g} grey levels apart here")
        self.levels = levels


@dataclass(frozen=True, eq=False, repr=False)
class Tolerance(float):
    """An absolute tolerance: a float, so that it can be given as ``atol=``, with what it stands for.

    value
        In the unit of the values: 1 for floats in [-1, 1], grey levels for uint8.
    because
        The argument: a sentence for each part of the bound, with its share.
    convention, size_in, size_out, dtype
        What it holds for; sizes are (height, width).
    """

    value: float
    because: tuple[str, ...]
    convention: Convention
    size_in: Pair
    size_out: Pair
    dtype: str

    def __new__(cls, value: float, *_: object) -> Tolerance:
        """The float of that value."""
        return float.__new__(cls, value)

    def __str__(self) -> str:
        """With its unit."""
        return self.text(self)

    @property
    def hides(self) -> tuple[str, ...]:
        """The errors that a test with this tolerance cannot see on any image; a sentence each."""
        return self.would_hide(self.value)

    def would_hide(self, tolerance: float) -> tuple[str, ...]:
        """The same for a tolerance of your own, in the same unit."""
        return tuple(_hidden(self.convention, self.size_in, self.size_out, tolerance / _levels(self.dtype, 1)))

    def text(self, tolerance: float) -> str:
        """A tolerance in the unit of the values and, for floats, in grey levels."""
        value = float(tolerance)
        if self.dtype == "uint8":
            return f"{value:.3g} of {GREY_LEVELS} grey levels"
        return f"{value:.3g} ({value / _levels(self.dtype, 1):.2g} of {GREY_LEVELS} grey levels)"


def argued_tolerance(
    convention: Convention, size_in: Pair, size_out: Pair, dtype: str, against: Convention | None = None
) -> Tolerance:
    """How far a correct result may be from the exact one, or from another correct one: that of ``against``.

    Sizes are (height, width), ``dtype`` one of :data:`halfpixel.probe.compare.value_tolerance.DTYPES`; the bound is
    that of :func:`~halfpixel.probe.compare.value_tolerance.value_tolerance`, twice for two calls. Raises
    :class:`DifferentFunctionsError` for two conventions whose exact results differ at the size, and ``ValueError`` for
    another dtype.
    """
    bound = value_tolerance(convention, size_in, size_out, dtype)
    reasons = tuple(_reasons(bound, size_in))
    if against is None:
        return Tolerance(bound.total, reasons, convention, size_in, size_out, dtype)
    if against != convention and (apart := _apart(convention, against, size_in, size_out)) > 0:
        raise DifferentFunctionsError(apart)
    both = (*reasons, "the sum of both calls: each may be off by as much, in opposite directions")
    return Tolerance(2 * bound.total, both, convention, size_in, size_out, dtype)


def _levels(dtype: str, levels: float) -> float:
    """Grey levels in the unit of the values."""
    return levels if dtype == "uint8" else levels * 2 / GREY_LEVELS


def _apart(a: Convention, b: Convention, size_in: Pair, size_out: Pair) -> float:
    """At most how many grey levels two conventions are apart at a size."""
    pairs = list(zip(size_in, size_out, strict=True))
    exact, other = ([matrix(convention, *pair).to_array() for pair in pairs] for convention in (a, b))
    return joint_gain(exact, other) / 2 * GREY_LEVELS


def _reasons(bound: ValueTolerance, size_in: Pair) -> Iterator[str]:
    error = coordinate_error(max(size_in))
    yield (
        f"weights, {bound.weights:.2g}: a float32 coordinate is off by up to {error:.2g} pixels, and a weight by that "
        "times the kernel's slope"
    )
    yield f"sums, {bound.sums:.2g}: each product and each addition is rounded to float32"
    if bound.result:
        yield f"the result, {bound.result:.2g}: it is rounded to {bound.dtype} once"
    if bound.between_passes:
        yield (
            f"a call that rounds after its first pass, too, as Pillow does, is off by up to {bound.between_passes:.2g} "
            "levels more"
        )


def _hidden(convention: Convention, size_in: Pair, size_out: Pair, levels: float) -> Iterator[str]:
    """``levels``: the tolerance in grey levels."""
    hidden = hidden_by(convention, size_in, size_out, levels * 2 / GREY_LEVELS)
    if hidden.coefficient is not None:
        low, high = hidden.coefficient
        right = float(convention.cubic_coeff_a or 0)
        yield f"a cubic coefficient from {low:.6g} to {high:.6g}, where {right:g} is right"
    if hidden.shift:
        yield f"a shift of the whole image by {hidden.shift:.2g} input pixels"
    yield f"weights that are too large by {hidden.brightness:.2g} of themselves"
    if hidden.names:
        yield f"other conventions, at this size: {', '.join(hidden.names)}"
