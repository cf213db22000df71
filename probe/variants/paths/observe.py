"""Compare a call with itself down every other code path that its framework has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from halfpixel.adapters import NotInstalled, Operation, registry
from halfpixel.adapters.layout import WrongShape
from halfpixel.adapters.native_call import COMPILED, Variant
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.probe.compare.discrepancy import Attribution
from halfpixel.probe.measure.axis_matrix import Refused, call
from halfpixel.probe.variants.observation import (
    NOT_HERE,
    PIXELS,
    Figures,
    Observation,
    agreement_verdict,
    disagreement_verdict,
    not_installed,
    unsupported,
)
from halfpixel.probe.variants.paths.comparison import (
    PathCase,
    PathDifference,
    absolute_difference,
    compare_results,
    path_cases,
    path_program,
)
from halfpixel.probe.variants.paths.path_causes import path_cause

AGAINST = "the ordinary call"

_REFUSALS = 3
"""After so many refused cases, and no other, no more cases are tried."""
_NUMBERED = re.compile(r"0x[0-9a-f]+|(?<=_)\d+|\d{6,}")
"""The parts of a message that change from process to process: addresses, and numbers in names."""
_PAIRS_MEASURED = {"": 40, COMPILED: 0}
"""How many pairs of sizes a path of this cost is measured at to name the convention it follows."""


@dataclass(frozen=True, slots=True)
class _Path:
    name: str
    operation: Operation
    cost: str = ""
    missing: str = ""


@dataclass(slots=True)
class _DefaultCall:
    """The call itself, run once for each case, for all paths that are compared with it."""

    operation: Operation
    results: dict[PathCase, np.ndarray | Exception] = field(default_factory=dict)

    def __call__(self, case: PathCase) -> np.ndarray | None:
        """Its result; ``None`` where it refuses or returns another shape: then there is nothing to compare."""
        if case not in self.results:
            try:
                self.results[case] = np.array(call(self.operation, case.images(), case.size_out))
            except (Refused, WrongShape) as refusal:
                self.results[case] = refusal
        result = self.results[case]
        return None if isinstance(result, Exception) else result


@dataclass(slots=True)
class _Answers:
    """The answers of a path: differences, refusals, results of another shape."""

    differences: list[PathDifference] = field(default_factory=list)
    refused: list[tuple[PathCase, str]] = field(default_factory=list)
    misshapen: list[tuple[PathCase, WrongShape]] = field(default_factory=list)

    @property
    def tried(self) -> int:
        return len(self.differences) + len(self.refused) + len(self.misshapen)


def paths(
    operation: Operation, variants: Iterable[Variant | Operation] | None = None, *, compiled: bool = True
) -> list[Observation]:
    """Compare the results of every other path of ``operation`` with those of the default call.

    ``variants`` are by default those that the framework's adapter names; a path may also be an operation of its own,
    which is then called by its name. Without ``compiled``, paths that make native code for seconds are left out. Never
    raises for what a framework does; a framework that is absent is an observation of each path.
    """
    return list(each_path(operation, variants, compiled=compiled))


def each_path(
    operation: Operation, variants: Iterable[Variant | Operation] | None = None, *, compiled: bool = True
) -> Iterator[Observation]:
    """As :func:`paths`, one at a time."""
    if variants is None:
        variants = () if operation.call is None else registry.list_variants(operation.framework)
    default_call = _DefaultCall(operation)
    for variant in variants:
        if isinstance(variant, Operation):
            yield _observe(default_call, _Path(variant.name, variant))
        elif variant.applies(operation.native_call) and (compiled or variant.cost != COMPILED):
            path = _Path(variant.name, operation.with_variant(variant), variant.cost, variant.missing())
            yield _observe(default_call, path)


def compiled_paths(operation: Operation) -> list[str]:
    """The names of the paths that are left out without ``compiled``."""
    known = () if operation.call is None else registry.list_variants(operation.framework)
    return [variant.name for variant in known if variant.cost == COMPILED]


def _observe(default_call: _DefaultCall, path: _Path) -> Observation:
    try:
        if path.missing:
            call(default_call.operation, np.zeros((1, 2, 2, 1), np.float32), (2, 2))
    except NotInstalled as absent:
        return not_installed(path.name, str(absent))
    except (Refused, WrongShape):
        pass
    if path.missing:
        here = unsupported(path.name, AGAINST, f"{NOT_HERE}: {path.missing}")
        return replace(here, headline=NOT_HERE)
    try:
        answers = _answers(default_call, path)
    except NotInstalled as absent:
        return not_installed(path.name, str(absent))
    if not answers.tried:
        reasons = [str(result) for result in default_call.results.values()] or ["defined for none of the sizes tried"]
        return unsupported(path.name, AGAINST, f"the ordinary call gives nothing to compare: {reasons[0]}")
    return _judged(default_call.operation, path, answers)


def _answers(default_call: _DefaultCall, path: _Path) -> _Answers:
    answers = _Answers()
    for case in path_cases(default_call.operation, path.cost):
        expected = default_call(case)
        if expected is None:
            continue
        try:
            got = np.array(call(path.operation, case.images(), case.size_out))
            if got.shape != expected.shape:
                raise WrongShape(expected.shape, got.shape)
            difference = compare_results(case, default_call.operation.claim, expected, got)
            # Where it is exact, two calls have just given one result: this one and the default call.
            if not difference.is_exact:
                difference = replace(difference, run_to_run_difference=_run_to_run_difference(path, case, got))
            answers.differences.append(difference)
        except Refused as refusal:
            answers.refused.append((case, _NUMBERED.sub("...", str(refusal))))
            if len(answers.refused) >= _REFUSALS and not answers.differences:
                break
        except WrongShape as wrong:
            answers.misshapen.append((case, wrong))
    return answers


def _run_to_run_difference(path: _Path, case: PathCase, got: np.ndarray) -> float:
    """By how much the path's result differs from run to run."""
    again = call(path.operation, case.images(), case.size_out)
    return float(absolute_difference(got, again).max())


def _judged(operation: Operation, path: _Path, answers: _Answers) -> Observation:
    """The verdict: the gravest of what was seen, in the order of these branches."""
    if answers.misshapen:
        return _misshapen(path, answers)
    if not answers.differences:
        return unsupported(path.name, AGAINST, answers.refused[0][1])
    worst = max(answers.differences, key=lambda difference: (difference.gain / difference.tolerance, difference.gain))
    retyped = next(
        (difference for difference in answers.differences if difference.got.dtype != difference.expected.dtype), None
    )
    varying = max(answers.differences, key=lambda difference: difference.run_to_run_difference / difference.tolerance)
    spreading = max(answers.differences, key=lambda difference: difference.nan_mismatches)
    finding = partial(_finding, operation, path, answers)
    if varying.run_to_run_difference > varying.tolerance:
        size = varying.run_to_run_difference
        text = f"the same call down this path differs from run to run, by {size:.3g}: {varying.case}"
        # The size of a random difference is no property of the path, and would not repeat.
        return replace(finding(varying, disagreement_verdict(size), Cause.DETERMINISM, text, "varies"), gain=None)
    if worst.differs:
        return _worst_finding(operation, path, answers, worst)
    if spreading.nan_mismatches:
        more = np.isnan(spreading.got[spreading.worst_output])
        text = f"down this path one NaN {'reaches outputs' if more else 'misses outputs'} that it "
        text += f"{'does not reach' if more else 'reaches'} otherwise: {spreading.case}"
        headline = "NaN spreads further" if more else "NaN spreads less far"
        observation = finding(spreading, Verdict.DIVERGES, Cause.NON_FINITE_VALUES, text, headline)
        return replace(observation, gain=float(spreading.nan_mismatches), unit=PIXELS, tolerance=0.0)
    if retyped is not None:
        text = f"down this path the result is {retyped.got.dtype}, where it is {retyped.expected.dtype} otherwise"
        return finding(retyped, Verdict.DIVERGES, Cause.DTYPE, text, f"returns {retyped.got.dtype}")
    if answers.refused:
        refused = unsupported(path.name, AGAINST, f"{answers.refused[0][1]} ({answers.refused[0][0]})")
        return replace(refused, headline=f"refuses {len(answers.refused)} of {answers.tried} cases")
    is_exact = all(difference.is_exact for difference in answers.differences)
    headline = "bit for bit" if is_exact else "within rounding"
    headline += ", varying from run to run" if varying.run_to_run_difference else ""
    return Observation(
        variant=path.name,
        verdict=agreement_verdict(is_exact),
        against=AGAINST,
        headline=headline,
        gain=worst.gain,
        tolerance=worst.tolerance,
        measured=answers.tried,
        figures=_figures(answers),
    )


def _worst_finding(operation: Operation, path: _Path, answers: _Answers, worst: PathDifference) -> Observation:
    finding = partial(_finding, operation, path, answers, worst)
    if np.isinf(worst.gain):
        text = f"down this path an output is not finite that is otherwise, or the other way round: {worst.case}"
        return finding(Verdict.ERROR, Cause.NON_FINITE_VALUES, text, "not finite")
    if all(difference.only_ties for difference in answers.differences if difference.differs):
        text = f"down this path other pixels are picked where the coordinate is a tie, or near one: {worst.case}"
        return finding(Verdict.TIES, Cause.TIES, text, "other picks at ties")
    pairs = _PAIRS_MEASURED.get(path.cost, 6)
    attribution, headline = path_cause(operation, path.operation, answers.differences, pairs)
    observation = finding(disagreement_verdict(worst.gain), Cause.EXECUTION_PATH, "", headline)
    return replace(observation, attribution=attribution)


def _misshapen(path: _Path, answers: _Answers) -> Observation:
    case, wrong = answers.misshapen[0]
    is_swapped = sorted(wrong.got) == sorted(wrong.expected)
    cause = Cause.AXIS_ORDER if is_swapped else Cause.OUTPUT_SIZE
    return Observation(
        variant=path.name,
        verdict=Verdict.ERROR,
        against=AGAINST,
        headline="axes change places" if is_swapped else "another shape",
        measured=answers.tried,
        differing=len(answers.misshapen),
        where=str(case),
        expected=f"shape {wrong.expected}",
        got=f"shape {wrong.got}",
        attribution=Attribution((cause,), f"down this path the call {wrong}: {case}"),
    )


def _finding(
    operation: Operation,
    path: _Path,
    answers: _Answers,
    worst: PathDifference,
    verdict: Verdict,
    cause: Cause,
    explanation: str,
    headline: str,
) -> Observation:
    expected, got = worst.values
    return Observation(
        variant=path.name,
        verdict=verdict,
        against=AGAINST,
        headline=headline,
        gain=worst.gain,
        tolerance=worst.tolerance,
        measured=answers.tried,
        differing=sum(difference.differs or difference.nan_mismatches > 0 for difference in answers.differences),
        where=worst.where,
        expected=f"{expected:.9g} ({worst.expected.dtype})",
        got=f"{got:.9g} ({worst.got.dtype})",
        figures=_figures(answers),
        attribution=Attribution((cause,), explanation),
        reproduction=path_program(operation, path.operation, worst),
    )


def _figures(answers: _Answers) -> Figures:
    outputs = sum(difference.got.size for difference in answers.differences)
    changed = sum(int((~difference.same).sum()) for difference in answers.differences)
    figures: Figures = {"share of outputs that are not the same number": changed / outputs}
    if answers.refused:
        figures["cases refused"] = f"{len(answers.refused)} of {answers.tried}: {answers.refused[0][1]}"
    mismatches = max(difference.nan_mismatches for difference in answers.differences)
    if mismatches:
        figures["outputs of an image where one NaN ends up otherwise"] = mismatches
    return figures
