"""The answer to one question about one variant of one operation."""

from __future__ import annotations

from dataclasses import dataclass, field

from halfpixel.golden.vocabulary import Verdict
from halfpixel.probe.compare.discrepancy import Attribution

NOT_HERE = "not available here"
"""The headline where this machine lacks what a path needs: a device, a compiler, an instruction."""

IMAGES = "for images in [-1, 1]"
LEVELS = "levels of the dtype"
PIXELS = "output pixels"

GREY_LEVEL = 1 / 255
"""An error below it, for images in [-1, 1], only approximates; a larger one diverges."""

Figures = dict[str, float | int | str]


def agreement_verdict(is_exact: bool) -> Verdict:
    """The verdict on an error within its tolerance."""
    return Verdict.EXACT if is_exact else Verdict.AGREES


def disagreement_verdict(error: float) -> Verdict:
    """The verdict on an error beyond its tolerance, for images in [-1, 1]."""
    return Verdict.APPROXIMATES if error < GREY_LEVEL else Verdict.DIVERGES


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One question about one variant of one operation, answered.

    variant
        The dtype, path, rank or case, as test ids and the ledger say it; unique within a suite's answers about one
        operation.
    verdict
        As everywhere; ``UNSUPPORTED`` with ``refused`` where the framework refuses, ``ERROR`` where it crashed or hung.
    against
        The reference of the comparison, in words.
    headline
        The finding in at most six words, for a table's cell.
    gain, unit, tolerance
        The worst error, its unit (:data:`IMAGES`, :data:`LEVELS`, :data:`PIXELS`), and the rounding bound; ``None``
        where nothing was measured. Infinite where a number should have been finite.
    measured, differing
        How many cases were tried, and how many of them differ.
    where, expected, got
        The worst case: sizes and output, the expected value and the measured one, each a line of text.
    figures
        Further measured quantities by name: numbers, or a few words.
    attribution
        The causes; needed wherever the verdict is a disagreement or an error.
    reproduction
        A program that shows the worst case with the framework and NumPy alone.
    refused
        The framework's own message.
    """

    variant: str
    verdict: Verdict
    against: str
    headline: str
    gain: float | None = None
    unit: str = IMAGES
    tolerance: float | None = None
    measured: int = 0
    differing: int = 0
    where: str = ""
    expected: str = ""
    got: str = ""
    figures: Figures = field(default_factory=dict)
    attribution: Attribution | None = None
    reproduction: str = ""
    refused: str = ""

    def __post_init__(self) -> None:
        if self.verdict in (Verdict.UNSUPPORTED, Verdict.NOT_INSTALLED):
            if not self.refused:
                raise ValueError(f"{self.variant}: {self.verdict} without the message of what refused")
        elif not self.verdict.is_agreement and self.attribution is None:
            raise ValueError(f"{self.variant}: {self.verdict} without an attribution")
        elif self.verdict != Verdict.ERROR and self.measured < 1:
            raise ValueError(f"{self.variant}: {self.verdict}, though nothing was measured")

    def message(self, called: str) -> str:
        """The finding as text, without its reproduction; ``called`` is the id of the operation."""
        lines = [f"called:      {called}", f"variant:     {self.variant}", f"held against: {self.against}"]
        lines.append(f"verdict:     {self.verdict} ({self.headline})")
        lines += [f"refused:     {self.refused}"] if self.refused else []
        if self.measured:
            lines.append(f"cases:       {self.differing} of {self.measured} differ")
        pairs = (("worst at", self.where), ("expected", self.expected), ("got", self.got))
        lines += [f"{name + ':':<13}{text}" for name, text in pairs if text]
        if self.gain is not None and not self.verdict.is_agreement:
            lines.append(f"worst error: {self.gain:.6g} {self.unit}")
            bound = f"{self.tolerance:.3g} by rounding; " if self.tolerance is not None else ""
            lines.append(f"tolerance:   {bound}the smallest that would pass is {self.gain:.6g}")
        lines += [
            f"{name}: {value:.6g}" if isinstance(value, float) else f"{name}: {value}"
            for name, value in self.figures.items()
        ]
        if self.attribution is not None:
            lines.append(f"attribution: {self.attribution}")
        return "\n".join(lines)


def not_installed(variant: str, message: str) -> Observation:
    """The observation on a framework that is absent."""
    return Observation(
        variant=variant, verdict=Verdict.NOT_INSTALLED, against="nothing", headline="not installed", refused=message
    )


def unsupported(variant: str, against: str, message: str) -> Observation:
    """The observation where the framework refuses, with its message."""
    return Observation(
        variant=variant, verdict=Verdict.UNSUPPORTED, against=against, headline="refused", refused=message
    )
