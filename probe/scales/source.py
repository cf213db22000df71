"""Do coordinates use the scale that was given, or the one recomputed from the two sizes? And where the size stays?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from adapters import ScaledOperation
from golden import Convention
from probe.candidates import neighbours
from probe.discrepancy import Attribution, Verdict, weights
from probe.measure import AXES
from probe.observation import Observation
from probe.scales.calls import (
    Case,
    along,
    difference,
    exact,
    explains,
    impulses,
    in_dtype,
    is_sure,
    measured,
    tolerance,
)

GIVEN, RECOMPUTED, NEITHER = "given", "recomputed", "neither"

# Scales of which several give one size, by whichever rule: what is read beyond the sizes then shows.
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
class Source:
    """Where coordinates have their scale from.

    name
        ``given``, ``recomputed``; ``""`` where the convention reads no scale, so that both are one; ``neither``.
    convention
        The convention that was held to; ``None`` where none explains the operation, and only one size from several
        scales could tell.
    cases
        What was measured.
    """

    name: str
    convention: Convention | None
    cases: tuple[Case, ...]

    def expected(self, case_in: int, case_out: int, scale: float | Fraction) -> np.ndarray | None:
        """The exact matrix that follows, where a convention explains the operation."""
        if self.convention is None or self.name == NEITHER:
            return None
        return exact(self.convention, case_in, case_out, scale if self.name == GIVEN else None)


def fan(operation: ScaledOperation) -> tuple[Case, ...]:
    """Two input sizes by many scales, each along one axis; raises ``Refused`` and ``NotInstalled``."""
    found = []
    for n_in, scales in _FAN.items():
        for k, scale in enumerate(scales):
            scale = in_dtype(scale, operation.scale_dtype)
            if operation.accepts(n_in, scale):
                axis = AXES[(k // 3) % 2]
                found.append(Case(axis, n_in, scale, measured(operation, n_in, scale, axis)))
    return tuple(found)


def identify(convention: Convention | None, cases: tuple[Case, ...]) -> Source:
    """Where the coordinates of these cases have their scale from."""
    if convention is not None:
        if not any(_apart(convention, case) for case in cases):
            # No scale is read by the convention; the cases show whether none is by the operation.
            held = all(explains(convention, case, None) for case in cases)
            return Source("" if held else NEITHER, convention, cases)
        for name in (GIVEN, RECOMPUTED):
            if all(explains(convention, case, _scale(case, name)) for case in cases):
                return Source(name, convention, cases)
        return Source(NEITHER, convention, cases)
    return Source(GIVEN if _reads_scale(cases) else RECOMPUTED, None, cases)


def _scale(case: Case, name: str) -> float | Fraction | None:
    return case.scale if name == GIVEN else None


def _apart(convention: Convention, case: Case) -> bool:
    """Whether the two sources give matrices that a measurement can tell apart."""
    given, recomputed = (exact(convention, case.n_in, case.n_out, scale) for scale in (case.scale, None))
    sure = is_sure(convention, case.n_in, case.n_out, case.scale) & is_sure(convention, case.n_in, case.n_out, None)
    rows = np.where(sure, np.abs(given - recomputed).sum(axis=1), 0)
    return bool(rows.max() > 4 * tolerance(convention, case.n_in, case.n_out))


def _reads_scale(cases: Iterable[Case]) -> bool:
    """Whether two scales that give one size give two matrices, further apart than roundings of a weight."""
    seen: dict[tuple[str, int, int], Case] = {}
    for case in cases:
        first = seen.setdefault((case.axis, case.n_in, case.n_out), case)
        if np.abs(np.nan_to_num(first.got - case.got)).max() > 1e-5:
            return True
    return False


def scale_source(operation: ScaledOperation, source: Source) -> Observation:
    """The observation ``scale source``."""
    documented, convention = operation.scale_source, source.convention
    against = f"the {documented} scale" if documented else "either source (none is documented)"
    if convention is None:
        return _by_sizes_alone(documented, source, against)
    against = f"{convention} with {against}"
    if source.name == "":
        return _observation(operation, source, RECOMPUTED, Verdict.AGREES, against, "reads no scale")
    if source.name == NEITHER:
        held = documented or _nearer(source)
        why = _explained(source)
        return _observation(operation, source, held, Verdict.DIVERGES, against, "neither given nor recomputed", why)
    if documented in ("", source.name):
        return _observation(operation, source, source.name, Verdict.AGREES, against, f"{source.name} scale")
    why = Attribution(
        ("scale source",), f"coordinates use the {source.name} scale, not the {documented} one", convention
    )
    headline = f"{source.name}, not {documented}"
    return _observation(operation, source, documented, Verdict.DIVERGES, against, headline, why)


def _nearer(source: Source) -> str:
    worst = {
        name: max(float(difference(source.convention, case, _scale(case, name)).max()) for case in source.cases)
        for name in (GIVEN, RECOMPUTED)
    }
    return min(worst, key=worst.get)


def _explained(source: Source) -> Attribution:
    """Another convention that explains all cases with one source, or that none was found."""
    for one in neighbours(source.convention):
        for name in (GIVEN, RECOMPUTED):
            if not one.scale_rule and all(explains(one.convention, case, _scale(case, name)) for case in source.cases):
                text = f"where the scale is not the ratio of the sizes, it is {one.convention}, with the {name} scale"
                return Attribution(one.factors, text, one.convention)
    copied = [case for case in source.cases if not explains(source.convention, case, case.scale)]
    text = f"neither the given nor the recomputed scale explains {len(copied)} of {len(source.cases)} cases"
    return Attribution(("scale source",), text)


def _by_sizes_alone(documented: str, source: Source, against: str) -> Observation:
    """Where no convention explains the operation: one size from several scales tells whether they are read."""
    groups = len({(case.axis, case.n_in, case.n_out) for case in source.cases})
    verdict, why = Verdict.AGREES, None
    if documented and documented != source.name:
        verdict = Verdict.DIVERGES
        why = Attribution(("scale source",), f"the matrix follows the {source.name} scale, not the {documented} one")
    return Observation(
        variant="scale source",
        verdict=verdict,
        against=against,
        headline=f"{source.name} scale" if why is None else f"{source.name}, not {documented}",
        measured=len(source.cases),
        differing=len(source.cases) if why else 0,
        figures={"told by": f"several scales for each of {groups} pairs of sizes", "scale": source.name},
        attribution=why,
    )


def _observation(
    operation: ScaledOperation,
    source: Source,
    held: str,
    verdict: Verdict,
    against: str,
    headline: str,
    why: Attribution | None = None,
) -> Observation:
    scales = [_scale(case, held) for case in source.cases]
    figures = {"scale": source.name or "none is read"}
    return summary(
        "scale source", operation, source.convention, source.cases, scales, verdict, against, headline, why, figures
    )


def summary(
    variant: str,
    operation: ScaledOperation,
    convention: Convention,
    cases: tuple[Case, ...],
    scales: list[float | Fraction | None],
    verdict: Verdict,
    against: str,
    headline: str,
    why: Attribution | None,
    figures: dict[str, float | int | str],
) -> Observation:
    """An observation on cases that are held against the exact matrices with these scales."""
    rows = [difference(convention, case, scale) for case, scale in zip(cases, scales, strict=True)]
    gains = np.array([float(row.max()) for row in rows])
    allowed = np.array([tolerance(convention, case.n_in, case.n_out) for case in cases])
    k = int((gains - allowed).argmax()) if why is None else int(gains.argmax())
    case, row = cases[k], int(rows[k].argmax())
    wanted = exact(convention, case.n_in, case.n_out, scales[k])[row]
    if verdict == Verdict.AGREES and gains.max() == 0:
        verdict = Verdict.EXACT
    return Observation(
        variant=variant,
        verdict=verdict,
        against=against,
        headline=headline,
        gain=float(gains[k]),
        tolerance=float(allowed[k]),
        measured=len(cases),
        differing=int(np.count_nonzero(gains > allowed)),
        where=f"output {row} of {case}",
        expected=weights(wanted),
        got=weights(case.got[row]),
        figures=figures,
        attribution=why,
        reproduction="" if why is None else reproduction(operation, case, row, wanted),
    )


def reproduction(operation: ScaledOperation, case: Case, row: int, expected: np.ndarray) -> str:
    """A program that resizes the worst line of pixels of one output; empty for a plain callable."""
    if operation.call is None or not np.isfinite(case.got[row]).all():
        return ""
    line = np.sign(np.round(case.got[row] - expected, 6)).astype(int)
    other, (along, across) = case.companion, case.given or (case.scale, case.scale)
    pixels = f"np.array({line.tolist()}, dtype=np.float32)"
    if case.axis == "height":
        image, shape = f"np.repeat({pixels}[:, None], {other}, axis=1)", (case.n_in, other)
        given, place = (along, across), f"{row}, y.shape[1] // 2"
    else:
        image, shape = f"np.repeat({pixels}[None, :], {other}, axis=0)", (other, case.n_in)
        given, place = (across, along), f"y.shape[0] // 2, {row}"
    program = operation.call.script(image, shape, given)
    wanted, got = expected @ line, case.got[row] @ line
    return program + f"print('the output is', y[{place}], 'and should be {wanted:.9g}')  # measured: {got:.9g}\n"


def size_that_stays(operation: ScaledOperation, source: Source) -> Observation | None:
    """The observation ``size that stays``: a scale that is not 1 and leaves the size as it is.

    Beside an axis that changes its size, which shows a shortcut for the one axis, and beside one that does not, which
    shows a shortcut for the whole image. ``None`` where the source does not say that the scale matters.
    """
    if source.convention is None or source.name != GIVEN:
        return None
    cases = staying(operation)
    telling = tuple(case for case in cases if _apart(source.convention, case))
    if not telling:
        return None
    variant, scales = "size that stays", [case.scale for case in telling]
    against = f"{source.convention} with the given scale, as where the size changes"
    wrong = [case for case in telling if not explains(source.convention, case, case.scale)]
    if not wrong:
        figures = {"scale": GIVEN}
        what = "given scale"
        return summary(
            variant, operation, source.convention, telling, scales, Verdict.AGREES, against, what, None, figures
        )
    copied = all(explains(source.convention, case, None) for case in wrong)
    both = all(case.companion == case.n_in for case in wrong)
    what = f"{'copied' if copied else 'otherwise'}{' if both sizes stay' if both else ''}"
    text = (
        f"{len(wrong)} of {len(telling)} axes whose size stays are {'copied' if copied else 'resized otherwise'}, "
        f"though the scale is not 1{', all where the other size stays too' if both else ''}"
    )
    why = Attribution(("scale source",), text, source.convention)
    return summary(variant, operation, source.convention, telling, scales, Verdict.DIVERGES, against, what, why, {})


def staying(operation: ScaledOperation) -> tuple[Case, ...]:
    """Cases whose size came out as it went in."""
    found = []
    for k, (n_in, scale) in enumerate(_STAYING):
        scale = in_dtype(scale, operation.scale_dtype)
        if scale == 1 or not operation.accepts(n_in, scale):
            continue
        axis = AXES[k % 2]
        beside = (scale, scale if operation.one_scale else in_dtype(2.0, operation.scale_dtype))
        alone = Case(axis, n_in, scale, along(operation, impulses(n_in), beside, axis), given=beside)
        if alone.n_out == n_in:
            both = Case(axis, n_in, scale, measured(operation, n_in, scale, axis, n_in), n_in)
            found += [alone, both]
    return tuple(found)
