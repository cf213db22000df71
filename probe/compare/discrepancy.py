"""The result of a comparison: verdict, worst error with its position, faults of the operator, and the cause."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from halfpixel.golden import Convention
from halfpixel.golden.vocabulary import GREY_LEVELS, IMAGE_UNIT, Verdict
from halfpixel.probe.measure.sizes import Pair


@dataclass(frozen=True, slots=True)
class Fault:
    """A property of the operator that does not hold.

    ``factor`` is a :class:`halfpixel.golden.vocabulary.Cause`, ``error`` the size of the violation for images in
    [-1, 1], infinite where the result is not a number at all. ``size_in`` and ``size_out`` are (height, width).
    ``levels`` is the error for images with values 0 to 255, where it is known better than from ``error``.
    ``is_constant`` says that the result does not depend on the image.
    """

    factor: str
    error: float
    explanation: str
    size_in: Pair | None = None
    size_out: Pair | None = None
    is_constant: bool = False
    levels: float | None = None

    @property
    def grey_levels(self) -> float:
        """The error for images with values 0 to 255; that of [-1, 1] mapped to them, where no row is known."""
        return self.error / 2 * GREY_LEVELS if self.levels is None else self.levels


def error_text(grey_levels: float, pixels_moved: float, gain: float) -> str:
    """An error in words, the same everywhere: grey levels, then input pixels moved where it is known, then the gain."""
    moved = f"moved by {pixels_moved:.4g} input pixels; " if pixels_moved > 0 else ""
    return f"worst error: {grey_levels:.4g} of {GREY_LEVELS} grey levels; {moved}gain {gain:.6g} {IMAGE_UNIT}"


def worst_fault(faults: tuple[Fault, ...]) -> Fault:
    """The fault with the largest error, the first of equal ones."""
    return max(faults, key=lambda fault: fault.error)


@dataclass(frozen=True, slots=True)
class Attribution:
    """The causes of a difference, values of :class:`halfpixel.golden.vocabulary.Cause`, and the evidence for them.

    ``convention`` explains the measurement, where there is one that does.
    """

    factors: tuple[str, ...]
    explanation: str
    convention: Convention | None = None

    def __str__(self) -> str:
        return f"{' and '.join(self.factors) or 'unattributed'}: {self.explanation}"


@dataclass(frozen=True, slots=True)
class OutputRow:
    """One output pixel of one pair of sizes: its expected and its measured weights.

    ``expected`` and ``got`` are float64 ``(n_in,)``; ``coordinate`` is the exact input coordinate as text, empty
    without a convention; ``region`` is ``border`` or ``interior``.
    """

    axis: str
    n_in: int
    n_out: int
    output_index: int
    region: str
    coordinate: str
    expected: np.ndarray
    got: np.ndarray

    @property
    def image(self) -> np.ndarray:
        """The worst line of pixels, -1, 0 or 1: the signs of the difference of the two rows."""
        return np.asarray(np.sign(self.got - self.expected))

    @property
    def gain(self) -> float:
        """``sum |got - expected|``: the difference that :attr:`image` shows at this output."""
        return float(np.abs(self.got - self.expected).sum())


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """How far an implementation is from the other one, or from a convention, over all measured pairs of sizes.

    gain
        The worst error of an output over all images with values in [-1, 1]; infinite for NaN. 0 is none.
    grey_levels
        The worst error for images with values 0 to 255.
    pixels_moved
        How far the centroid of a differing row moved, in input pixels, at most; NaN where rows have no centroid.
    tolerance
        The float32 rounding bound at the worst pair (see ``halfpixel.golden.tolerance``).
    measured, differing
        How many pairs (counted for each axis) were measured, and the pairs that differ.
    refused
        The framework's messages, with how many pairs gave each.
    certificate
        What was verified of both axes at once, and what that would miss, in sentences; empty without agreement.
    """

    subject: str
    against: str
    verdict: Verdict
    gain: float = 0.0
    grey_levels: float = 0.0
    pixels_moved: float = 0.0
    tolerance: float = 0.0
    measured: int = 0
    differing: tuple[tuple[int, int], ...] = ()
    worst: OutputRow | None = None
    example: OutputRow | None = None
    attribution: Attribution | None = None
    refused: tuple[tuple[str, int], ...] = ()
    reproduction: str = ""
    certificate: str = ""

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """The ``(n_in, n_out)`` pairs at which the two differ."""
        return self.differing

    def with_faults(self, faults: tuple[Fault, ...]) -> Discrepancy:
        """The same with faults of the operator: never agreement, and attributed to the worst where nothing else is."""
        if not faults:
            return self
        worst = worst_fault(faults)
        return replace(
            self,
            verdict=Verdict.ERROR if worst.error == float("inf") else Verdict.DIVERGES,
            gain=max(self.gain, worst.error),
            grey_levels=max(self.grey_levels, worst.grey_levels),
            attribution=self.attribution or Attribution((worst.factor,), worst.explanation),
        )

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def _lines(result: Discrepancy) -> Iterator[str]:
    yield f"called:      {result.subject}"
    yield f"held against: {result.against}"
    yield f"verdict:     {result.verdict}"
    yield f"sizes:       {_sizes(result)}"
    if result.certificate:
        yield f"verified:    {result.certificate}"
    row = result.worst
    if row is not None:
        position = f"output {row.output_index} of {row.n_in} -> {row.n_out} along the {row.axis} ({row.region})"
        yield f"worst at:    {position}{_coordinate(row.coordinate)}"
        yield f"expected:    {weights_text(row.expected)}"
        yield f"got:         {weights_text(row.got)}"
    if not result.verdict.is_agreement and result.measured and (result.differing or result.grey_levels):
        yield error_text(result.grey_levels, result.pixels_moved, result.gain)
        yield f"tolerance:   {result.tolerance:.3g} by rounding; the smallest that would pass is {result.gain:.6g}"
    for message, count in result.refused:
        yield f"refused:     {count} pairs: {message}"
    if result.attribution is not None:
        yield f"attribution: {result.attribution}"
    if result.reproduction:
        yield "reproduce with:"
        yield from (f"    {line}" for line in result.reproduction.rstrip().splitlines())


def _coordinate(exact: str) -> str:
    if "/" in exact:
        return f", input coordinate {exact} = {float(Fraction(exact)):.6g}"
    return f", input coordinate {exact}" if exact else ""


def _sizes(result: Discrepancy) -> str:
    if not result.measured:
        return "nothing measured"
    if not result.differing:
        alone = "" if result.verdict.is_agreement else " along each axis alone"
        return f"all {result.measured} measured agree{alone}"
    shown = ", ".join(f"{n_in}->{n_out}" for n_in, n_out in result.differing[:6])
    more = f", and {len(result.differing) - 6} more" if len(result.differing) > 6 else ""
    return f"{len(result.differing)} pairs differ ({shown}{more}), {result.measured} measured"


def weights_text(row: np.ndarray) -> str:
    """The eight largest non-zero weights of a row as ``index: weight``."""
    heaviest = sorted(np.argsort(-np.abs(row), kind="stable")[:8])
    shown = [f"{i}: {row[i]:.6g}" for i in heaviest if row[i] != 0]
    return "{" + ", ".join(shown) + "}" + (" and more" if np.count_nonzero(row) > 8 else "")
