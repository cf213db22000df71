"""Holds what runtimes made of an exported call against what the call itself does: one observation for each cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from adapters import Operation
from adapters.layout import WrongShape
from parity import exporters
from parity.export_causes import cause
from parity.export_matrix import Exported, ExportMatrix, Ran
from parity.export_program import program
from parity.export_questions import asked_of, images, mixed, runtimes_of, scales_of, shapes_of
from parity.exporters import DYNAMIC, Exporter
from parity.exporters.source import Asked
from parity.status import Status
from probe.discrepancy import Attribution, Verdict
from probe.measure import Refused, call, in_its_words
from probe.observation import Observation, not_installed, unsupported
from probe.paths.cases import IMPULSES, Case
from probe.paths.seen import Seen, seen, worst_signs

AGAINST = "the call before it was exported"
_GREY_LEVEL = 1 / 255


@dataclass(frozen=True, slots=True)
class _AtShape:
    """What was seen at one shape: of the impulses, and of the image that is a sum of them."""

    impulses: Seen
    mixed: Seen

    @property
    def both(self) -> tuple[Seen, Seen]:
        return self.impulses, self.mixed

    @property
    def differs(self) -> bool:
        return any(one.differs for one in self.both)

    @property
    def bent(self) -> bool:
        """Whether the exported model is not linear where the call is."""
        return self._is_linear("expected") and not self._is_linear("got")

    def _is_linear(self, which: str) -> bool:
        # The sum of what came of each impulse is one more float32 path to what came of the whole: weights that are
        # rounded, and added without another rounding. The tolerance is how far two such paths may be apart.
        single, whole = (getattr(one, which).astype(np.float64) for one in self.both)
        sums = np.tensordot(self.mixed.case.images().ravel(), single, 1)
        return bool((np.abs(sums - whole[0]) <= self.mixed.tolerance).all())


_Tried = tuple[tuple[_AtShape, ...], tuple[tuple[Case, tuple[int, ...]], ...]]


def observations(
    asked: Asked, made: ExportMatrix, chosen: Iterable[Exporter] | None = None
) -> tuple[list[Observation], list[str]]:
    """What became of one call in every cell, and the cells that were not asked since something is not installed."""
    chosen = exporters.of(asked.framework) if chosen is None else tuple(chosen)
    cells = made.cells(chosen)
    observed: list[Observation] = []
    left_out: list[str] = []
    for exporter in chosen:
        for shapes, opset in exporter.cells:
            if not _is_asked(asked, exporter, shapes):
                continue
            name = exporter.cell(shapes, opset)
            runtimes = runtimes_of(exporter, shapes, opset)
            absent = [one.name for one in runtimes if exporter.missing or one.missing]
            left_out += [f"{name} -> {one}" for one in absent] + ([name] if exporter.missing else [])
            if not exporter.missing:
                exported = cells[exporter, shapes, opset][asked.id]
                observed += _of_cell(asked, exporter, shapes, opset, exported)
    return observed, left_out


def _is_asked(asked: Asked, exporter: Exporter, shapes: str) -> bool:
    ids = {one.id for one in asked_of(exporter)}
    return asked.id in ids and bool(shapes_of(asked, shapes == DYNAMIC))


def absences(source: str) -> list[Observation]:
    """Every exporter of a framework's calls, and every runtime of its files, that is not installed; each once."""
    found: dict[str, str] = {}
    for exporter in exporters.of(source):
        if exporter.missing:
            found[f"{exporter.name} of {source}"] = exporter.missing
            continue
        for cell in exporter.cells:
            found |= {f"-> {one.name}": one.missing for one in runtimes_of(exporter, *cell) if one.missing}
    return [not_installed(name, message) for name, message in found.items()]


def _of_cell(asked: Asked, exporter: Exporter, shapes: str, opset: int, exported: Exported) -> Iterator[Observation]:
    name = exporter.cell(shapes, opset)
    if exported.status is not Status.RAN:
        yield _ended(name, exported.status, exported.message, "export")
        return
    try:
        expected = [_expected(asked, *shape) for shape in shapes_of(asked, shapes == DYNAMIC)]
    except (Refused, WrongShape) as refusal:
        yield unsupported(name, AGAINST, f"the call itself gives nothing to compare: {refusal}")
        return
    for runtime, ran in exported.ran.items():
        variant, about = f"{name} -> {runtime}", (exporter, shapes, opset, runtime)
        judged = _judged(asked, variant, about, _tried(asked, expected, ran)) if ran.arrays else None
        # What is wrong at one shape and refused at the next is wrong.
        if judged is None or (ran.status is not Status.RAN and judged.verdict.is_agreement):
            judged = _ended(variant, ran.status, ran.message, "run")
        yield judged


def _ended(variant: str, status: Status, message: str, step: str) -> Observation:
    if status is Status.REFUSED:
        return unsupported(variant, AGAINST, message or "it refuses without a word")
    factor = "time limit" if status is Status.HUNG else "crash"
    return Observation(
        variant=variant,
        verdict=Verdict.ERROR,
        against=AGAINST,
        headline=f"{step} {status}",
        attribution=Attribution((factor,), f"the {step} {status}: {message}"),
    )


@lru_cache(maxsize=1024)
def _expected(asked: Asked, size_in: tuple[int, int], size_out: tuple[int, int]) -> tuple[Case, np.ndarray]:
    """Impulses, and what the call makes of them and of one image more; by scale, the call decides the size."""
    pixels = size_in[0] * size_in[1]
    given = images(size_in, pixels + 1)
    if isinstance(asked, Operation):
        return Case(IMPULSES, size_in, size_out, pixels, 1), np.array(call(asked, given, size_out))
    try:
        result = np.array(asked.run(given, scales_of(asked)))
    except Exception as error:
        raise Refused(in_its_words(error)) from error
    return Case(IMPULSES, size_in, result.shape[1:3], pixels, 1), result


def _tried(asked: Asked, expected: list[tuple[Case, np.ndarray]], ran: Ran) -> _Tried:
    results, misshapen = [], []
    for (case, right), got in zip(expected, ran.arrays, strict=ran.status is Status.RAN):
        if got.ndim == 4 and asked.call.layout == "NCHW":
            got = got.transpose(0, 2, 3, 1)
        # Where shapes are open there are as many images as the largest needs; the rest are zeros.
        got = got[: len(right)]
        if got.shape != right.shape:
            misshapen.append((case, got.shape))
        else:
            single = seen(case, asked.claim, right[:-1], got[:-1])
            whole = seen(mixed(case.size_in, case.size_out), asked.claim, right[-1:], got[-1:])
            results.append(_AtShape(single, whole))
    return tuple(results), tuple(misshapen)


def _judged(asked: Asked, variant: str, about: tuple, tried: _Tried) -> Observation:
    """The verdict: the gravest of what was seen, in the order of these branches."""
    results, misshapen = tried
    count = len(results) + len(misshapen)
    if misshapen:
        case, shape = misshapen[0]
        expected = (case.n + 1, *case.size_out, 1)
        is_swapped = sorted(shape) == sorted(expected)
        text = f"the exported model gives shape {shape}, where the call gives {expected}, without a word: {case}"
        return Observation(
            variant=variant,
            verdict=Verdict.DIVERGES,
            against=AGAINST,
            headline="axes change places" if is_swapped else "silent shape change",
            measured=count,
            differing=len(misshapen),
            where=str(case),
            expected=f"shape {expected}",
            got=f"shape {shape}",
            attribution=Attribution(("axis order" if is_swapped else "output size",), text),
            reproduction=program(asked, *about, case, np.ones(case.n, int), (0, 0)),
        )
    every = [one for shape in results for one in shape.both]
    worst = max(every, key=lambda one: (one.gain / one.tolerance, one.gain))
    figures = {"variant": variant, "against": AGAINST, "measured": count, "tolerance": worst.tolerance}
    if not worst.differs:
        figures["gain"] = worst.gain
        exact = all(one.is_exact for one in every)
        headline = "bit for bit" if exact else "within rounding"
        return Observation(verdict=Verdict.EXACT if exact else Verdict.AGREES, headline=headline, **figures)
    differing = [shape for shape in results if shape.differs]
    shown = _of_impulses(worst)
    if np.isinf(worst.gain):
        text = f"the exported model gives what is not finite, or the call does: {worst.case}"
        verdict, attribution, headline = Verdict.ERROR, Attribution(("non-finite values",), text), "not finite"
    elif any(shape.bent for shape in results):
        shown = max((_of_an_image(shape) for shape in results if shape.bent), key=lambda one: one.gain)
        text = f"the exported model is not linear, and the call is: {shown.where}"
        verdict, attribution, headline = Verdict.DIVERGES, Attribution(("linearity",), text), "not linear"
    elif all(one.only_ties for shape in differing for one in shape.both if one.differs):
        text = f"other pixels are picked where the coordinate is a tie, or near one: {worst.case}"
        verdict, attribution, headline = Verdict.TIES, Attribution(("ties",), text), "other picks at ties"
    else:
        verdict = Verdict.APPROXIMATES if worst.gain < _GREY_LEVEL else Verdict.DIVERGES
        attribution, headline = cause(asked, tuple(shape.impulses for shape in results), worst)
    return Observation(
        verdict=verdict,
        headline=headline,
        differing=len(differing),
        gain=shown.gain,
        where=shown.where,
        expected=f"{shown.expected:.9g}",
        got=f"{shown.got:.9g}",
        attribution=attribution,
        reproduction=program(asked, *about, shown.case, shown.image, shown.output),
        **figures,
    )


@dataclass(frozen=True, slots=True)
class _Shown:
    """The image, ``(H * W,)``, of a case that shows a difference best, and the output ``(y, x)`` that shows it."""

    case: Case
    image: np.ndarray
    output: tuple[int, int]
    expected: float
    got: float
    gain: float
    where: str


def _of_impulses(worst: Seen) -> _Shown:
    """Of a linear map: the worst of all images with values in [-1, 1]."""
    image = worst_signs(worst).astype(int) if worst.case.kind == IMPULSES else worst.case.images().ravel()
    return _Shown(worst.case, image, worst.at[1:3], *worst.values, worst.gain, worst.where)


def _of_an_image(shape: _AtShape) -> _Shown:
    """The worst of the images that it was given: of what is not linear, no other is known."""
    case = shape.impulses.case
    right, got = (np.concatenate([getattr(one, which) for one in shape.both]) for which in ("expected", "got"))
    apart = np.abs(got.astype(np.float64) - right)
    k, y, x, _ = map(int, np.unravel_index(int(np.argmax(apart)), apart.shape))
    image = images(case.size_in, case.n + 1)[k].ravel()
    named = f"the impulse at pixel {divmod(k, case.size_in[1])}" if k < case.n else "an image of values in [-1, 1]"
    where = f"output [{y}, {x}] of {named}, {case.size_in} -> {case.size_out}"
    values = float(right[k, y, x, 0]), float(got[k, y, x, 0]), float(apart.max())
    return _Shown(case, image, (y, x), *values, where)
