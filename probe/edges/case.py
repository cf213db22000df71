"""What the questions about edges share: an array handed straight to the call, what became of it, one answer of all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from adapters import NotInstalled, Operation
from adapters.layout import WrongShape
from probe.discrepancy import Attribution, Verdict
from probe.measure import Refused, in_its_words
from probe.observation import IMAGES, Observation, unsupported
from probe.reference import accepts
from probe.sizes import Pair

SHAPES: tuple[tuple[Pair, Pair], ...] = (
    ((5, 7), (8, 4)),
    ((6, 4), (3, 9)),
    ((4, 6), (4, 6)),
    ((4, 6), (2, 3)),
    ((3, 4), (6, 8)),
    ((5, 7), (3, 4)),
)
"""Input and output (height, width): up and down at once, both ways round; unchanged; the pyramids' own ratios."""

_ENOUGH = 3
_ONE_GREY_LEVEL = 1 / 255
_SEVERITY = (Verdict.EXACT, Verdict.AGREES, Verdict.APPROXIMATES, Verdict.TIES, Verdict.DIVERGES, Verdict.ERROR)


@dataclass(frozen=True, slots=True)
class Case:
    """One array and what it is resized to: ``source`` is the NumPy expression of the array, in the call's layout."""

    label: str
    source: str
    size: Pair

    def array(self) -> np.ndarray:
        """The array itself; the text that reproductions print is what runs."""
        return eval(self.source, {"np": np})


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case; the fields are those of an ``Observation``. ``refused`` alone when it was refused.

    Of two cases that differ, the one of higher ``rank`` is told, and of the same rank the one of larger ``gain``.
    """

    verdict: Verdict
    gain: float = 0.0
    tolerance: float | None = None
    headline: str = ""
    where: str = ""
    expected: str = ""
    got: str = ""
    attribution: Attribution | None = None
    reproduction: str = ""
    refused: str = ""
    figures: dict[str, float | int | str] = field(default_factory=dict)
    rank: int = 0


def shapes(operation: Operation, wanted: Iterable[tuple[Pair, Pair]] = SHAPES) -> list[tuple[Pair, Pair]]:
    """The first few of the shapes that the call is defined for."""
    return [shape for shape in wanted if accepts(operation, *shape)][:_ENOUGH]


def native_shape(operation: Operation, n: int, size: Pair, channels: int) -> tuple[int, ...]:
    """The shape of ``n`` images in the layout of the call's own array; ``(N, H, W, C)`` for a plain callable."""
    return (n, *size, channels) if operation.call is None else operation.call.shape(n, size, channels)


def native_layout(operation: Operation) -> str:
    """The name of that layout."""
    return "NHWC" if operation.call is None else operation.call.layout


def hand_over(operation: Operation, x: np.ndarray, size: Pair) -> np.ndarray | Result:
    """``x`` given to the call as it is, with no layout of ours between; a refusal comes back as a :class:`Result`.

    ``None``, which some bindings return for an array without elements, comes back as such an array.
    Raises ``NotInstalled``.
    """
    function = operation.run if operation.call is None else _spread(operation.call.on_arrays)
    try:
        result = function(x, size)
        return np.empty(0) if result is None else np.asarray(result)
    except NotInstalled:
        raise
    except WrongShape as wrong:
        return np.empty(wrong.got)
    except Exception as error:
        return refusal(error)


def _spread(function: Callable[[np.ndarray, int, int], object]) -> Callable[[np.ndarray, Pair], object]:
    return lambda x, size: function(x, *size)


def refusal(error: Exception) -> Result:
    """What there is to say where the framework raised: the type and the first line, or the message as it is."""
    return Result(Verdict.UNSUPPORTED, refused=str(error) if isinstance(error, Refused) else in_its_words(error))


def program(operation: Operation, case: Case, shows: str) -> str:
    """A program that makes the array of the case and resizes it, with ``shows`` in the end; empty without source.

    ``shows`` may use ``resize``, ``x``, ``h`` and ``w``.
    """
    if operation.call is None:
        return ""
    lines = [operation.call.function(), "", f"x = {case.source}", f"h, w = {case.size[0]}, {case.size[1]}", shows]
    return "\n".join(lines) + "\n"


def disagreement(error: float) -> Verdict:
    """The verdict on an error beyond its tolerance, for images of amplitude 1."""
    return Verdict.APPROXIMATES if error < _ONE_GREY_LEVEL else Verdict.DIVERGES


def arrow(size_in: Pair, size_out: Pair) -> str:
    """``5x7 -> 8x4``, height first."""
    return f"{size_in[0]}x{size_in[1]} -> {size_out[0]}x{size_out[1]}"


def summarised(
    variant: str, against: str, agreed: str, results: list[Result], unit: str = IMAGES
) -> Observation | None:
    """One observation of all results: the worst of them, with how many differ and how many were refused.

    ``agreed`` is the headline where nothing differs. ``None`` when there was nothing to ask.
    """
    if not results:
        return None
    refused = [result for result in results if result.refused]
    measured = [result for result in results if not result.refused]
    if not measured:
        return unsupported(variant, against, refused[0].refused)
    differing = sum(not result.verdict.is_agreement for result in measured)
    worst = max(measured, key=lambda result: (_SEVERITY.index(result.verdict), result.rank, result.gain))
    figures = dict(worst.figures)
    if refused:
        figures["cases refused"] = f"{len(refused)} of {len(results)}: {refused[0].refused}"
    tolerances = [result.tolerance for result in measured if result.tolerance is not None]
    tolerance = worst.tolerance if differing else max(tolerances, default=None)
    return Observation(
        variant=variant,
        verdict=worst.verdict,
        against=against,
        headline=worst.headline if differing else agreed,
        gain=None if worst.verdict is Verdict.ERROR else float(worst.gain),
        unit=unit,
        tolerance=None if tolerance is None else float(tolerance),
        measured=len(measured),
        differing=differing,
        where=worst.where,
        expected=worst.expected,
        got=worst.got,
        figures=figures,
        attribution=worst.attribution,
        reproduction=worst.reproduction,
    )
