"""Shared by all questions about edge cases: the array of a case, its result, and the observation on all results."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import wraps
from typing import ParamSpec

import numpy as np

from halfpixel.adapters import NotInstalled, Operation
from halfpixel.adapters.layout import WrongShape
from halfpixel.golden.vocabulary import Verdict
from halfpixel.probe.compare.discrepancy import Attribution
from halfpixel.probe.compare.reference import Reference, accepts, reference
from halfpixel.probe.compare.reproduction import array_program, native_place, result_line, size_line
from halfpixel.probe.measure.axis_matrix import Refused, exception_text
from halfpixel.probe.measure.sandbox import begin_case
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.variants.observation import IMAGES, Figures, Observation, agreement_verdict, unsupported

Parameters = ParamSpec("Parameters")

SHAPES: tuple[tuple[Pair, Pair], ...] = (
    ((5, 7), (8, 4)),
    ((6, 4), (3, 9)),
    ((4, 6), (4, 6)),
    ((4, 6), (2, 3)),
    ((3, 4), (6, 8)),
    ((5, 7), (3, 4)),
)
"""Input and output (height, width): up and down at once, both ways round; unchanged; the pyramids' own ratios."""

_SHAPES_TRIED = 3
_SEVERITY = (Verdict.EXACT, Verdict.AGREES, Verdict.APPROXIMATES, Verdict.TIES, Verdict.DIVERGES, Verdict.ERROR)


@dataclass(frozen=True, slots=True)
class EdgeCase:
    """One array and its new size: ``source`` is the NumPy expression of the array, in the call's layout."""

    label: str
    source: str
    size: Pair

    def array(self) -> np.ndarray:
        """The array itself; the text that reproductions print is what runs."""
        return np.asanyarray(eval(self.source, {"np": np}))


@dataclass(frozen=True, slots=True)
class EdgeResult:
    """The answer to one case; the fields are those of an ``Observation``. ``refused`` alone when it was refused.

    Of two cases that differ, the one of higher ``severity`` is reported, and of the same the one of larger ``gain``.
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
    figures: Figures = field(default_factory=dict)
    severity: int = 0


def shapes(operation: Operation, candidates: Iterable[tuple[Pair, Pair]] = SHAPES) -> list[tuple[Pair, Pair]]:
    """The first few of the shapes that the call is defined for."""
    return [shape for shape in candidates if accepts(operation, *shape)][:_SHAPES_TRIED]


def native_shape(operation: Operation, n: int, size: Pair, channels: int) -> tuple[int, ...]:
    """The shape of ``n`` images in the layout of the call's own array; ``(N, H, W, C)`` for a plain callable."""
    return (n, *size, channels) if operation.call is None else operation.call.layout.shape(n, size, channels)


def native_layout(operation: Operation) -> str:
    """The name of that layout."""
    return "NHWC" if operation.call is None else operation.call.layout


def call_unchanged(operation: Operation, x: np.ndarray, size: Pair) -> np.ndarray | EdgeResult:
    """Pass ``x`` to the call as it is, in its own layout; a refusal comes back as an :class:`EdgeResult`.

    ``None``, which some bindings return for an array without elements, comes back as such an array.
    Raises ``NotInstalled``.
    """
    try:
        result = operation.run(x, size) if operation.call is None else operation.call.on_arrays(x, *size)
        return np.empty(0) if result is None else np.asarray(result)
    except NotInstalled:
        raise
    except WrongShape as wrong:
        return np.empty(wrong.got)
    except Exception as error:
        return refused_result(error)


def refused_result(error: Exception) -> EdgeResult:
    """The result where the framework raised: its type and first line, or the message of ``Refused``."""
    return EdgeResult(Verdict.UNSUPPORTED, refused=str(error) if isinstance(error, Refused) else exception_text(error))


def refusals_as_results(judge: Callable[Parameters, EdgeResult]) -> Callable[Parameters, EdgeResult]:
    """The same function, which returns a result where the framework refuses or returns another shape."""

    @wraps(judge)
    def judged(*args: Parameters.args, **kwargs: Parameters.kwargs) -> EdgeResult:
        try:
            return judge(*args, **kwargs)
        except (Refused, WrongShape) as refused:
            return refused_result(refused)

    return judged


def reference_of_case(operation: Operation, case: EdgeCase, size_in: Pair) -> Reference | EdgeResult:
    """Begin a case; the float32 reference at its shape, or its refusal."""
    begin_case(case)
    try:
        return reference(operation, size_in, case.size)
    except (Refused, WrongShape) as refused:
        return refused_result(refused)


def agreement(error: float, tolerance: float) -> EdgeResult:
    """The result of an error within its tolerance."""
    return EdgeResult(agreement_verdict(error == 0), error, tolerance)


def edge_program(operation: Operation, case: EdgeCase, last: str) -> str:
    """A program that makes the array of the case, and ends with ``last``; empty without source.

    ``last`` may use ``resize``, ``x``, ``h`` and ``w``.
    """
    return array_program(operation.call, "", f"x = {case.source}", size_line(case.size), last)


def output_program(operation: Operation, case: EdgeCase, output: Pair, expected: float) -> str:
    """A program that prints one output of the case, of one image and one channel, beside what it should be."""
    value = f"resize(x, h, w)[{native_place(native_layout(operation), 0, *output, 0, 1)}]"
    return edge_program(operation, case, result_line(f"output {list(output)}", value, f"{expected:.9g}"))


def size_text(size_in: Pair, size_out: Pair) -> str:
    """``5x7 -> 8x4``, height first."""
    return f"{size_in[0]}x{size_in[1]} -> {size_out[0]}x{size_out[1]}"


def summarise(
    variant: str, against: str, agreed: str, results: list[EdgeResult], unit: str = IMAGES
) -> Observation | None:
    """One observation of all results: the worst of them, with how many differ and how many were refused.

    ``agreed`` is the headline where nothing differs. ``None`` when the operation has no case.
    """
    if not results:
        return None
    refused = [result for result in results if result.refused]
    measured = [result for result in results if not result.refused]
    if not measured:
        return unsupported(variant, against, refused[0].refused)
    differing = sum(not result.verdict.is_agreement for result in measured)
    worst = max(measured, key=lambda result: (_SEVERITY.index(result.verdict), result.severity, result.gain))
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
