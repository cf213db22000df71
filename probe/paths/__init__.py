"""Does a call agree with itself down every other path that its framework has for it?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from adapters import NotInstalled, Operation, registry
from adapters.layout import WrongShape
from adapters.operation import COMPILED, Variant
from probe.discrepancy import Attribution, Verdict
from probe.measure import Refused, call
from probe.observation import IMAGES, NOT_HERE, PIXELS, Observation, not_installed, unsupported
from probe.paths.cases import Case, cases
from probe.paths.causes import cause, only_at_ties
from probe.paths.seen import Seen, difference, program, seen

AGAINST = "the ordinary call"

_GREY_LEVEL = 1 / 255
_REFUSALS = 3
"""After so many cases that a path refuses, and none that it does not, no others are tried."""
_COUNTED = re.compile(r"0x[0-9a-f]+|(?<=_)\d+|\d{6,}")
"""What a message counts or numbers anew in each process: addresses, and names of what was made."""
_NAMING = {"": 40, COMPILED: 0}
"""How many pairs of sizes a path of this cost is measured at to name the convention it follows."""


@dataclass(frozen=True, slots=True)
class _Path:
    name: str
    operation: Operation
    cost: str = ""
    missing: str = ""


@dataclass(slots=True)
class _Ordinary:
    """The call itself, asked once for each case, however many paths are held against it."""

    operation: Operation
    results: dict[Case, np.ndarray | Exception] = field(default_factory=dict)

    def __call__(self, case: Case) -> np.ndarray | None:
        """``None`` where the call itself refuses, or returns another shape: then there is nothing to agree with."""
        if case not in self.results:
            try:
                self.results[case] = np.array(call(self.operation, case.images(), case.size_out))
            except (Refused, WrongShape) as refusal:
                self.results[case] = refusal
        result = self.results[case]
        return None if isinstance(result, Exception) else result


@dataclass(slots=True)
class _Answers:
    """What a path answered: results, refusals, results of another shape."""

    seen: list[Seen] = field(default_factory=list)
    refused: list[tuple[Case, str]] = field(default_factory=list)
    misshapen: list[tuple[Case, WrongShape]] = field(default_factory=list)

    @property
    def asked(self) -> int:
        return len(self.seen) + len(self.refused) + len(self.misshapen)


def paths(
    operation: Operation, variants: Iterable[Variant | Operation] | None = None, *, compiled: bool = True
) -> list[Observation]:
    """What every other path of ``operation`` does to the same images, held against the ordinary call.

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
        variants = () if operation.call is None else registry.variants(operation.framework)
    ordinary = _Ordinary(operation)
    for variant in variants:
        if isinstance(variant, Operation):
            yield _observe(ordinary, _Path(variant.name, variant))
        elif variant.applies(operation) and (compiled or variant.cost != COMPILED):
            path = _Path(variant.name, operation.down(variant), variant.cost, variant.missing())
            yield _observe(ordinary, path)


def compiled_paths(operation: Operation) -> list[str]:
    """The names of the paths that are left out without ``compiled``."""
    known = () if operation.call is None else registry.variants(operation.framework)
    return [variant.name for variant in known if variant.cost == COMPILED]


def _observe(ordinary: _Ordinary, path: _Path) -> Observation:
    try:
        if path.missing:
            call(ordinary.operation, np.zeros((1, 2, 2, 1), np.float32), (2, 2))
    except NotInstalled as absent:
        return not_installed(path.name, str(absent))
    except (Refused, WrongShape):
        pass
    if path.missing:
        here = unsupported(path.name, AGAINST, f"{NOT_HERE}: {path.missing}")
        return replace(here, headline=NOT_HERE)
    try:
        answers = _asked(ordinary, path)
    except NotInstalled as absent:
        return not_installed(path.name, str(absent))
    if not answers.asked:
        reasons = [str(result) for result in ordinary.results.values()] or ["defined for none of the sizes tried"]
        return unsupported(path.name, AGAINST, f"the ordinary call gives nothing to compare: {reasons[0]}")
    return _judged(ordinary.operation, path, answers)


def _asked(ordinary: _Ordinary, path: _Path) -> _Answers:
    answers = _Answers()
    for case in cases(ordinary.operation, path.cost):
        expected = ordinary(case)
        if expected is None:
            continue
        try:
            got = np.array(call(path.operation, case.images(), case.size_out))
            if got.shape != expected.shape:
                raise WrongShape(expected.shape, got.shape)
            one = seen(case, ordinary.operation.claim, expected, got)
            # Where it does not differ, it has just been asked twice with one result: here and down the ordinary path.
            if not one.is_exact:
                one = replace(one, varies=_variation(path, case, got))
            answers.seen.append(one)
        except Refused as refusal:
            answers.refused.append((case, _COUNTED.sub("...", str(refusal))))
            if len(answers.refused) >= _REFUSALS and not answers.seen:
                break
        except WrongShape as wrong:
            answers.misshapen.append((case, wrong))
    return answers


def _variation(path: _Path, case: Case, got: np.ndarray) -> float:
    """By how much the path's result differs from run to run."""
    again = call(path.operation, case.images(), case.size_out)
    return float(difference(got, again).max())


def _judged(operation: Operation, path: _Path, answers: _Answers) -> Observation:
    """The verdict: the gravest of what was seen, in the order of these branches."""
    if answers.misshapen:
        return _misshapen(path, answers)
    if not answers.seen:
        return unsupported(path.name, AGAINST, answers.refused[0][1])
    worst = max(answers.seen, key=lambda one: (one.gain / one.tolerance, one.gain))
    retyped = next((one for one in answers.seen if one.got.dtype != one.expected.dtype), None)
    chancy = max(answers.seen, key=lambda one: one.varies / one.tolerance)
    spreading = max(answers.seen, key=lambda one: one.spread)
    if chancy.varies > chancy.tolerance:
        text = f"the same call down this path differs from run to run, by {chancy.varies:.3g}: {chancy.case}"
        found = Verdict.APPROXIMATES if chancy.varies < _GREY_LEVEL else Verdict.DIVERGES
        # How far chance takes it is no property of the path, and would not repeat.
        return _finding(operation, path, answers, chancy, found, "determinism", text, "varies", gain=None)
    if worst.differs:
        return _apart(operation, path, answers, worst)
    if spreading.spread:
        more = np.isnan(spreading.got[spreading.at])
        text = f"down this path one NaN {'reaches outputs' if more else 'misses outputs'} that it "
        text += f"{'does not reach' if more else 'reaches'} otherwise: {spreading.case}"
        headline = "NaN spreads further" if more else "NaN spreads less far"
        about = {"gain": float(spreading.spread), "unit": PIXELS, "tolerance": 0.0}
        return _finding(
            operation, path, answers, spreading, Verdict.DIVERGES, "non-finite values", text, headline, **about
        )
    if retyped is not None:
        text = f"down this path the result is {retyped.got.dtype}, where it is {retyped.expected.dtype} otherwise"
        headline = f"returns {retyped.got.dtype}"
        return _finding(operation, path, answers, retyped, Verdict.DIVERGES, "dtype", text, headline)
    if answers.refused:
        refused = unsupported(path.name, AGAINST, f"{answers.refused[0][1]} ({answers.refused[0][0]})")
        return replace(refused, headline=f"refuses {len(answers.refused)} of {answers.asked} cases")
    verdict = Verdict.EXACT if all(one.is_exact for one in answers.seen) else Verdict.AGREES
    headline = "bit for bit" if verdict is Verdict.EXACT else "within rounding"
    headline += ", varying from run to run" if chancy.varies else ""
    return Observation(
        variant=path.name,
        verdict=verdict,
        against=AGAINST,
        headline=headline,
        gain=worst.gain,
        tolerance=worst.tolerance,
        measured=answers.asked,
        figures=_figures(answers),
    )


def _apart(operation: Operation, path: _Path, answers: _Answers, worst: Seen) -> Observation:
    if np.isinf(worst.gain):
        text = f"down this path an output is not finite that is otherwise, or the other way round: {worst.case}"
        headline = "not finite"
        return _finding(operation, path, answers, worst, Verdict.ERROR, "non-finite values", text, headline)
    if only_at_ties(answers.seen):
        text = f"down this path other pixels are picked where the coordinate is a tie, or near one: {worst.case}"
        headline = "other picks at ties"
        return _finding(operation, path, answers, worst, Verdict.TIES, "ties", text, headline)
    attribution, headline = cause(operation, path.operation, answers.seen, _NAMING.get(path.cost, 6))
    verdict = Verdict.APPROXIMATES if worst.gain < _GREY_LEVEL else Verdict.DIVERGES
    found = _finding(operation, path, answers, worst, verdict, "execution path", "", headline)
    return replace(found, attribution=attribution)


def _misshapen(path: _Path, answers: _Answers) -> Observation:
    case, wrong = answers.misshapen[0]
    is_swapped = sorted(wrong.got) == sorted(wrong.expected)
    factor = "axis order" if is_swapped else "output size"
    return Observation(
        variant=path.name,
        verdict=Verdict.ERROR,
        against=AGAINST,
        headline="axes change places" if is_swapped else "another shape",
        measured=answers.asked,
        differing=len(answers.misshapen),
        where=str(case),
        expected=f"shape {wrong.expected}",
        got=f"shape {wrong.got}",
        attribution=Attribution((factor,), f"down this path the call {wrong}: {case}"),
    )


def _finding(
    operation: Operation,
    path: _Path,
    answers: _Answers,
    worst: Seen,
    verdict: Verdict,
    factor: str,
    text: str,
    headline: str,
    **about,
) -> Observation:
    expected, got = worst.values
    measured = {"gain": worst.gain, "unit": IMAGES, "tolerance": worst.tolerance} | about
    return Observation(
        variant=path.name,
        verdict=verdict,
        against=AGAINST,
        headline=headline,
        measured=answers.asked,
        differing=sum(one.differs or one.spread > 0 for one in answers.seen),
        where=worst.where,
        expected=f"{expected:.9g} ({worst.expected.dtype})",
        got=f"{got:.9g} ({worst.got.dtype})",
        figures=_figures(answers),
        attribution=Attribution((factor,), text),
        reproduction=program(operation, path.operation, worst),
        **measured,
    )


def _figures(answers: _Answers) -> dict[str, float | int | str]:
    outputs = sum(one.got.size for one in answers.seen)
    other = sum(int((~one.same).sum()) for one in answers.seen)
    figures: dict[str, float | int | str] = {"share of outputs that are not the same number": other / outputs}
    if answers.refused:
        figures["cases refused"] = f"{len(answers.refused)} of {answers.asked}: {answers.refused[0][1]}"
    spread = max(one.spread for one in answers.seen)
    if spread:
        figures["outputs of an image where one NaN ends up otherwise"] = spread
    return figures
