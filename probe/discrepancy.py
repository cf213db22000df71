"""What a comparison finds: verdict, size of the difference, where it is worst, and which one thing differs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

import numpy as np

from golden import Convention


class Verdict(StrEnum):
    """The outcome of a comparison; only ``exact`` and ``agrees`` count as agreement."""

    EXACT = "exact"
    AGREES = "agrees"
    APPROXIMATES = "approximates"
    TIES = "ties"
    DIVERGES = "diverges"
    UNSUPPORTED = "unsupported"
    ERROR = "error"
    NOT_INSTALLED = "not installed"

    @property
    def is_agreement(self) -> bool:
        """Whether the two are the same function up to rounding."""
        return self in (Verdict.EXACT, Verdict.AGREES)


FACTORS = (
    "determinism",
    "state",
    "output size",
    "axis order",
    "batch",
    "channel",
    "linearity",
    "offset",
    "separability",
    "ties",
    "coordinates",
    "scale source",
    "cubic coefficient",
    "antialias",
    "border",
    "kernel",
    "normalisation",
    "precision",
    "rounding",
    "saturation",
    "clamping",
    "dtype",
    "rank",
    "memory layout",
    "execution path",
    "gradient",
    "non-finite values",
    "crash",
    "undefined behaviour",
    "time limit",
)


@dataclass(frozen=True, slots=True)
class Attribution:
    """Which thing differs, in the vocabulary of :data:`FACTORS`, and the evidence for it.

    ``convention`` is the convention that explains what was measured, where there is one.
    """

    factors: tuple[str, ...]
    explanation: str
    convention: Convention | None = None

    def __str__(self) -> str:
        return f"{' and '.join(self.factors) or 'unattributed'}: {self.explanation}"


@dataclass(frozen=True, slots=True)
class Row:
    """One output pixel of one pair of sizes, with what was expected of it and what was measured.

    ``expected`` and ``got`` are its weights, float64 ``(n_in,)``; ``coordinate`` is the exact input coordinate as text,
    empty where no convention says one; ``region`` is ``border`` or ``interior``.
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
        return np.sign(self.got - self.expected)

    @property
    def gain(self) -> float:
        """``sum |got - expected|``: the difference that :attr:`image` shows at this output."""
        return float(np.abs(self.got - self.expected).sum())


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """How far an implementation is from what it is held against, over all pairs of sizes that were measured.

    gain
        The worst error of an output over all images with values in [-1, 1]; infinite for NaN. 0 is none.
    grey_levels
        The worst error for images with values 0 to 255.
    pixels_moved
        How far the centroid of a differing row moved, in input pixels, at most; NaN where rows have no centroid.
    tolerance
        What float32 rounding explains at the worst pair (see ``probe.tolerance``).
    measured, differing
        How many pairs (counted for each axis) were measured, and the pairs that differ.
    refused
        The framework's messages, with how many pairs gave each.
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
    worst: Row | None = None
    example: Row | None = None
    attribution: Attribution | None = None
    refused: tuple[tuple[str, int], ...] = ()
    reproduction: str = ""

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """The ``(n_in, n_out)`` pairs at which the two differ."""
        return self.differing

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def _lines(found: Discrepancy) -> list[str]:
    lines = [f"called:      {found.subject}", f"held against: {found.against}", f"verdict:     {found.verdict}"]
    lines.append(f"sizes:       {_sizes(found)}")
    row = found.worst
    if row is not None:
        place = f"output {row.output_index} of {row.n_in} -> {row.n_out} along the {row.axis} ({row.region})"
        lines.append(f"worst at:    {place}{_coordinate(row.coordinate)}")
        lines += [f"expected:    {weights(row.expected)}", f"got:         {weights(row.got)}"]
    if not found.verdict.is_agreement and found.measured:
        moved = "no centroid" if np.isnan(found.pixels_moved) else f"{found.pixels_moved:.4g} input pixels"
        lines.append(
            f"worst error: {found.gain:.6g} for images in [-1, 1]; {found.grey_levels:.4g} grey levels of 255; "
            f"moved by {moved}"
        )
        lines.append(
            f"tolerance:   {found.tolerance:.3g} by rounding; the smallest that would pass is {found.gain:.6g}"
        )
    lines += [f"refused:     {count} pairs: {message}" for message, count in found.refused]
    if found.attribution is not None:
        lines.append(f"attribution: {found.attribution}")
    if found.reproduction:
        lines += ["reproduce with:", *(f"    {line}" for line in found.reproduction.rstrip().splitlines())]
    return lines


def _coordinate(exact: str) -> str:
    if "/" in exact:
        return f", input coordinate {exact} = {float(Fraction(exact)):.6g}"
    return f", input coordinate {exact}" if exact else ""


def _sizes(found: Discrepancy) -> str:
    if not found.measured:
        return "nothing measured"
    if not found.differing:
        return f"all {found.measured} measured agree"
    shown = ", ".join(f"{n_in}->{n_out}" for n_in, n_out in found.differing[:6])
    more = f", and {len(found.differing) - 6} more" if len(found.differing) > 6 else ""
    return f"{len(found.differing)} pairs differ ({shown}{more}), {found.measured} measured"


def weights(row: np.ndarray) -> str:
    """A row's non-zero weights as ``index: weight``, at most eight of them, the heaviest."""
    heaviest = sorted(np.argsort(-np.abs(row), kind="stable")[:8])
    shown = [f"{i}: {row[i]:.6g}" for i in heaviest if row[i] != 0]
    return "{" + ", ".join(shown) + "}" + (" and more" if np.count_nonzero(row) > 8 else "")
