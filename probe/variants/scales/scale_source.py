"""Whether coordinates use the given scale factor, or the ratio of the two sizes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from halfpixel.adapters import ByScaleOperation
from halfpixel.golden import Convention
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.probe.compare.candidates import neighbours
from halfpixel.probe.compare.discrepancy import Attribution, weights_text
from halfpixel.probe.compare.reproduction import image_program, repeated_line, result_line
from halfpixel.probe.measure.axis_matrix import AXES
from halfpixel.probe.variants.observation import Figures, Observation, agreement_verdict
from halfpixel.probe.variants.scales.calls import (
    ScaleCase,
    exact_for_scale,
    explains_case,
    impulses,
    in_dtype,
    is_sure,
    matrix_along,
    measured_by_scale,
    row_gains,
    scale_tolerance,
)

GIVEN, RECOMPUTED, NEITHER = "given", "recomputed", "neither"

# Several scales give one size, by any rule: a difference between them shows that the scale itself is read.
_FAN = {
    7: (0.45, 0.48, 0.52, 0.6, 0.65, 0.68, 1.45, 1.5, 1.55, 1.6, 2.3, 2.35, 2.45),
    10: (0.23, 0.24, 0.26, 0.63, 0.64, 0.66, 0.77, 0.79, 1.33, 1.37, 1.72, 1.74, 2.57, 2.58),
}
# Scales that leave the size as it is: by floor (3 by 1.3), by rounding (9 by 0.97), by ceil.
_STAYING = (
    (3, 1.3),
    (4, 1.2),
    (9, 1.08),
    (6, 1.05),
    (9, 0.97),
    (12, 1.03),
    (5, 0.93),
    (3, 0.9),
    (40, 1.02),
    (40, 1.012),
)


@dataclass(frozen=True, slots=True)
class ScaleSource:
    """The source of the scale that coordinates use.

    name
        ``given``, ``recomputed``; ``""`` where the convention reads no scale, so that both are the same; ``neither``.
    convention
        The convention of the comparison; ``None`` where none explains the operation, and only one size from several
        scales decides.
    cases
        What was measured.
    """

    name: str
    convention: Convention | None
    cases: tuple[ScaleCase, ...]

    def expected(self, case_in: int, case_out: int, scale: float | Fraction) -> np.ndarray | None:
        """The exact matrix that follows, where a convention explains the operation."""
        if self.convention is None or self.name == NEITHER:
            return None
        return exact_for_scale(self.convention, case_in, case_out, scale if self.name == GIVEN else None)


def scale_fan_cases(operation: ByScaleOperation) -> tuple[ScaleCase, ...]:
    """Two input sizes by many scales, each along one axis; raises ``Refused`` and ``NotInstalled``."""
    cases = []
    for n_in, scales in _FAN.items():
        for k, scale in enumerate(scales):
            scale = in_dtype(scale, operation.scale_dtype)
            if operation.accepts(n_in, scale):
                axis = AXES[(k // 3) % 2]
                cases.append(ScaleCase(axis, n_in, scale, measured_by_scale(operation, n_in, scale, axis)))
    return tuple(cases)


def identify_scale_source(convention: Convention | None, cases: tuple[ScaleCase, ...]) -> ScaleSource:
    """The source of the scale in the coordinates of these cases."""
    if convention is not None:
        if not any(_sources_distinguishable(convention, case) for case in cases):
            # The convention reads no scale; the cases show whether the operation does.
            explained = all(explains_case(convention, case, None) for case in cases)
            return ScaleSource("" if explained else NEITHER, convention, cases)
        for name in (GIVEN, RECOMPUTED):
            if all(explains_case(convention, case, _scale(case, name)) for case in cases):
                return ScaleSource(name, convention, cases)
        return ScaleSource(NEITHER, convention, cases)
    return ScaleSource(GIVEN if _reads_scale(cases) else RECOMPUTED, None, cases)


def _scale(case: ScaleCase, name: str) -> float | Fraction | None:
    return case.scale if name == GIVEN else None


def _sources_distinguishable(convention: Convention, case: ScaleCase) -> bool:
    """Whether the two sources give matrices that a measurement can distinguish."""
    given, recomputed = (exact_for_scale(convention, case.n_in, case.n_out, scale) for scale in (case.scale, None))
    sure = is_sure(convention, case.n_in, case.n_out, case.scale) & is_sure(convention, case.n_in, case.n_out, None)
    rows = np.where(sure, np.abs(given - recomputed).sum(axis=1), 0)
    return bool(rows.max() > 4 * scale_tolerance(convention, case.n_in, case.n_out))


def _reads_scale(cases: Iterable[ScaleCase]) -> bool:
    """Whether two scales that give one size give two matrices, further apart than roundings of a weight."""
    first_of_size: dict[tuple[str, int, int], ScaleCase] = {}
    for case in cases:
        first = first_of_size.setdefault((case.axis, case.n_in, case.n_out), case)
        if np.abs(np.nan_to_num(first.got - case.got)).max() > 1e-5:
            return True
    return False


def scale_source(operation: ByScaleOperation, source: ScaleSource) -> Observation:
    """The observation ``scale source``."""
    documented, convention = operation.scale_source, source.convention
    against = f"the {documented} scale" if documented else "either source (none is documented)"
    if convention is None:
        return _by_sizes_alone(documented, source, against)
    compared_with, why, headline = source.name, None, f"{source.name} scale"
    if source.name == "":
        compared_with, headline = RECOMPUTED, "reads no scale"
    elif source.name == NEITHER:
        compared_with = documented or _nearer(convention, source.cases)
        why, headline = _explained(convention, source.cases), "neither given nor recomputed"
    elif documented not in ("", source.name):
        text = f"coordinates use the {source.name} scale, not the {documented} one"
        why, headline = Attribution((Cause.SCALE_SOURCE,), text, convention), f"{source.name}, not {documented}"
        compared_with = documented
    scales = [_scale(case, compared_with) for case in source.cases]
    comparison = ScaleComparison("scale source", convention, source.cases, scales, f"{convention} with {against}")
    return comparison.observation(operation, headline, why, {"scale": source.name or "none is read"})


def _nearer(convention: Convention, cases: tuple[ScaleCase, ...]) -> str:
    def worst(name: str) -> float:
        return max(float(row_gains(convention, case, _scale(case, name)).max()) for case in cases)

    return min((GIVEN, RECOMPUTED), key=worst)


def _explained(convention: Convention, cases: tuple[ScaleCase, ...]) -> Attribution:
    """Another convention that explains all cases with one source, or that none was found."""
    for candidate in neighbours(convention):
        other = candidate.convention
        for name in (GIVEN, RECOMPUTED):
            if not candidate.scale_rule and all(explains_case(other, case, _scale(case, name)) for case in cases):
                text = f"where the scale is not the ratio of the sizes, it is {other}, with the {name} scale"
                return Attribution(candidate.factors, text, other)
    unexplained = sum(not explains_case(convention, case, case.scale) for case in cases)
    text = f"neither the given nor the recomputed scale explains {unexplained} of {len(cases)} cases"
    return Attribution((Cause.SCALE_SOURCE,), text)


def _by_sizes_alone(documented: str, source: ScaleSource, against: str) -> Observation:
    """Where no convention explains the operation: whether several scales of one size give the same matrix."""
    groups = len({(case.axis, case.n_in, case.n_out) for case in source.cases})
    why = None
    if documented and documented != source.name:
        text = f"the matrix follows the {source.name} scale, not the {documented} one"
        why = Attribution((Cause.SCALE_SOURCE,), text)
    return Observation(
        variant="scale source",
        verdict=Verdict.AGREES if why is None else Verdict.DIVERGES,
        against=against,
        headline=f"{source.name} scale" if why is None else f"{source.name}, not {documented}",
        measured=len(source.cases),
        differing=len(source.cases) if why else 0,
        figures={"told by": f"several scales for each of {groups} pairs of sizes", "scale": source.name},
        attribution=why,
    )


@dataclass(frozen=True, slots=True)
class ScaleComparison:
    """Cases beside the exact matrices of a convention with these scales; ``None`` is the ratio of the sizes."""

    variant: str
    convention: Convention
    cases: tuple[ScaleCase, ...]
    scales: Sequence[float | Fraction | None]
    against: str

    def observation(
        self, operation: ByScaleOperation, headline: str, why: Attribution | None = None, figures: Figures | None = None
    ) -> Observation:
        """The observation on the worst case; it diverges where an attribution is given, and agrees otherwise."""
        rows = [row_gains(self.convention, case, scale) for case, scale in zip(self.cases, self.scales, strict=True)]
        gains = np.array([float(row.max()) for row in rows])
        allowed = np.array([scale_tolerance(self.convention, case.n_in, case.n_out) for case in self.cases])
        k = int((gains - allowed).argmax()) if why is None else int(gains.argmax())
        case, row = self.cases[k], int(rows[k].argmax())
        expected = exact_for_scale(self.convention, case.n_in, case.n_out, self.scales[k])[row]
        return Observation(
            variant=self.variant,
            verdict=agreement_verdict(gains.max() == 0) if why is None else Verdict.DIVERGES,
            against=self.against,
            headline=headline,
            gain=float(gains[k]),
            tolerance=float(allowed[k]),
            measured=len(self.cases),
            differing=int(np.count_nonzero(gains > allowed)),
            where=f"output {row} of {case}",
            expected=weights_text(expected),
            got=weights_text(case.got[row]),
            figures=figures or {},
            attribution=why,
            reproduction="" if why is None else scale_program(operation, case, row, expected),
        )


def scale_program(operation: ByScaleOperation, case: ScaleCase, row: int, expected: np.ndarray) -> str:
    """A program that resizes the worst line of pixels of one output; empty for a plain callable."""
    if not np.isfinite(case.got[row]).all():
        return ""
    line = np.sign(np.round(case.got[row] - expected, 6)).astype(int)
    pixels = f"np.array({line.tolist()}, dtype=np.float32)"
    image, shape = repeated_line(case.axis, pixels, case.n_in, case.companion)
    along, across = case.values
    given, place = (along, across), f"{row}, y.shape[1] // 2"
    if case.axis == "width":
        given, place = (across, along), f"y.shape[0] // 2, {row}"
    last = result_line("the output", f"y[{place}]", f"{expected @ line:.9g}", f"{case.got[row] @ line:.9g}")
    return image_program(operation.call, image, shape, given, last)


def size_that_stays(operation: ByScaleOperation, source: ScaleSource) -> Observation | None:
    """The observation ``size that stays``: a scale that is not 1 and leaves the size as it is.

    Beside an axis that changes its size, which shows a shortcut for the one axis, and beside one that does not, which
    shows a shortcut for the whole image. ``None`` where the source does not say that the scale matters.
    """
    convention = source.convention
    if convention is None or source.name != GIVEN:
        return None
    cases = tuple(case for case in unchanged_size_cases(operation) if _sources_distinguishable(convention, case))
    if not cases:
        return None
    against = f"{convention} with the given scale, as where the size changes"
    comparison = ScaleComparison("size that stays", convention, cases, [case.scale for case in cases], against)
    wrong = [case for case in cases if not explains_case(convention, case, case.scale)]
    if not wrong:
        return comparison.observation(operation, "given scale", figures={"scale": GIVEN})
    copied = all(explains_case(convention, case, None) for case in wrong)
    both = all(case.companion == case.n_in for case in wrong)
    text = (
        f"{len(wrong)} of {len(cases)} axes whose size stays are {'copied' if copied else 'resized otherwise'}, "
        f"though the scale is not 1{', all where the other size stays too' if both else ''}"
    )
    headline = f"{'copied' if copied else 'otherwise'}{' if both sizes stay' if both else ''}"
    return comparison.observation(operation, headline, Attribution((Cause.SCALE_SOURCE,), text, convention))


def unchanged_size_cases(operation: ByScaleOperation) -> tuple[ScaleCase, ...]:
    """Cases whose output size is their input size."""
    cases = []
    for k, (n_in, scale) in enumerate(_STAYING):
        scale = in_dtype(scale, operation.scale_dtype)
        if scale == 1 or not operation.accepts(n_in, scale):
            continue
        axis = AXES[k % 2]
        beside = (scale, scale if operation.one_scale else in_dtype(2.0, operation.scale_dtype))
        alone = ScaleCase(axis, n_in, scale, matrix_along(operation, impulses(n_in), beside, axis), given=beside)
        if alone.n_out == n_in:
            both = ScaleCase(axis, n_in, scale, measured_by_scale(operation, n_in, scale, axis, n_in), n_in)
            cases += [alone, both]
    return tuple(cases)
