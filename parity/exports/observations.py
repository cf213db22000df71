"""Compare an exported call on each runtime with the call itself: one observation a cell, with its cause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.adapters.layout import Layout, WrongShape
from halfpixel.golden import Convention, matrix
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.parity.exports import registry
from halfpixel.parity.exports.export_cases import (
    ExportCase,
    Shape,
    cases_of,
    export_images,
    mixed_image_case,
    runtimes_of_export,
    scales_of_case,
    shapes_of_case,
)
from halfpixel.parity.exports.matrix import ExportMatrix, ExportResult, ExportRun
from halfpixel.parity.exports.registry import DYNAMIC, Exporter
from halfpixel.parity.exports.reproduction import reproduction_program
from halfpixel.parity.runtimes.worker import RunStatus
from halfpixel.probe.compare.candidates import Candidate, nearest_first
from halfpixel.probe.compare.discrepancy import Attribution
from halfpixel.probe.measure.axis_matrix import Refused, call, exception_text
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.variants.observation import (
    Observation,
    agreement_verdict,
    disagreement_verdict,
    not_installed,
    unsupported,
)
from halfpixel.probe.variants.paths.comparison import (
    IMPULSES,
    PathCase,
    PathDifference,
    compare_results,
    path_tolerance,
    worst_signs,
)

_HEADLINE_OF_CAUSE = {
    Cause.COORDINATES: "other coordinates",
    Cause.TIES: "other picks at ties",
    Cause.ANTIALIAS: "another antialias",
}


def export_cause(case: ExportCase, results: Sequence[PathDifference], worst: PathDifference) -> tuple[Attribution, str]:
    """The cause of a difference, and its headline: the convention that the exported model follows at every shape."""
    if case.claim is not None:
        found = _scale_cause(case, case.claim, results) or _convention_cause(case.claim, results)
        if found is not None:
            return found
    text = f"the exported model gives other values, and no convention near the call's explains them: {worst.case}"
    return Attribution((Cause.EXECUTION_PATH,), text), "another result"


def _scale_cause(
    case: ExportCase, claim: Convention, results: Sequence[PathDifference]
) -> tuple[Attribution, str] | None:
    """Where the model follows the ratio of the sizes and the call its scale, or the other way round, or is right."""
    scales = scales_of_case(case)
    by_ratio, by_scale = (_explains(claim, results, given, "got") for given in (None, scales))
    follows_ratio, follows_scale = (_explains(claim, results, given, "expected") for given in (None, scales))
    if by_ratio and follows_scale and scales is not None:
        text = f"the coordinates follow the ratio of the two sizes, not the scale that was given, {scales}"
        return Attribution((Cause.SCALE_SOURCE,), text), "the ratio for the scale"
    if by_scale and follows_ratio and scales is not None:
        text = f"the coordinates follow the scale that was given, {scales}, not the ratio of the two sizes"
        return Attribution((Cause.SCALE_SOURCE,), text), "the scale for the ratio"
    if by_ratio or by_scale:
        text = f"the exported model does what the call claims, '{claim}', and the call itself does not"
        return Attribution((Cause.EXECUTION_PATH,), text), "right where the call is not"
    return None


def _convention_cause(claim: Convention, results: Sequence[PathDifference]) -> tuple[Attribution, str] | None:
    sizes = tuple((result.case.size_in, result.case.size_out) for result in results)
    candidate = _matching_candidate(claim, sizes, tuple((one.got.tobytes(), one.got.shape) for one in results))
    if candidate is None:
        return None
    text = f"the exported model is '{candidate}', where the call is '{claim}'"
    cause = candidate.factors[0]
    headline = _HEADLINE_OF_CAUSE.get(Cause(cause), f"another {cause}")
    return Attribution(candidate.factors, text, candidate.convention), headline


def _explains(
    claim: Convention, results: Sequence[PathDifference], scales: tuple[float, float] | None, which: str
) -> bool:
    """Whether the ``expected`` results, or the ``got`` ones, are the claim's by these scales, or by the ratio."""
    for result in results:
        given = (None, None) if scales is None else (Fraction(scales[0]), Fraction(scales[1]))
        pairs = zip(result.case.size_in, result.case.size_out, given, strict=True)
        wy, wx = (matrix(claim, *pair).to_array() for pair in pairs)
        if not _matches(np.kron(wy, wx), getattr(result, which), result.tolerance):
            return False
    return True


def _matches(weights: np.ndarray, got: np.ndarray, tolerance: float) -> bool:
    measured = got[..., 0].reshape(len(got), -1).T
    return bool(np.abs(measured - weights).sum(axis=1).max() <= tolerance)


@lru_cache(maxsize=1024)
def _matching_candidate(
    claim: Convention, sizes: tuple[Shape, ...], got: tuple[tuple[bytes, tuple[int, ...]], ...]
) -> Candidate | None:
    """The first convention that explains the results at every shape, float32 ``(n, h, w, 1)``."""
    arrays = [np.frombuffer(data, np.float32).reshape(shape) for data, shape in got]
    for candidate in nearest_first(claim):
        for (size_in, size_out), array in zip(sizes, arrays, strict=True):
            wy, wx = (candidate.matrix(*pair) for pair in zip(size_in, size_out, strict=True))
            if not _matches(np.kron(wy, wx), array, path_tolerance(claim, size_in, size_out)):
                break
        else:
            return candidate
    return None


AGAINST = "the call before it was exported"


@dataclass(frozen=True, slots=True)
class _AtShape:
    """The differences at one shape: of the impulses, and of the image that is a sum of them."""

    impulses: PathDifference
    mixed: PathDifference

    @property
    def both(self) -> tuple[PathDifference, PathDifference]:
        return self.impulses, self.mixed

    @property
    def differs(self) -> bool:
        return any(result.differs for result in self.both)

    @property
    def is_bent(self) -> bool:
        """Whether the exported model is not linear where the call is."""
        return self._is_linear("expected") and not self._is_linear("got")

    def _is_linear(self, which: str) -> bool:
        # The sum of the responses to the impulses is one more float32 path to the response to the whole: weights that
        # are rounded, and added without another rounding. The tolerance is how far two such paths may be apart.
        single, whole = (getattr(result, which).astype(np.float64) for result in self.both)
        sums = np.tensordot(self.mixed.case.images().ravel(), single, 1)
        return bool((np.abs(sums - whole[0]) <= self.mixed.tolerance).all())


@dataclass(frozen=True, slots=True)
class _Cell:
    """An exporter with its kind of shapes and opset."""

    exporter: Exporter
    shapes: str
    opset: int

    @property
    def name(self) -> str:
        return self.exporter.cell(self.shapes, self.opset)


def observations(
    case: ExportCase, export_matrix: ExportMatrix, exporters: Iterable[Exporter] | None = None
) -> tuple[list[Observation], list[str]]:
    """The observations of one call in every cell, and the cells left out since something is not installed."""
    chosen = registry.exporters_of(case.framework) if exporters is None else tuple(exporters)
    results = export_matrix.cells(chosen)
    observed: list[Observation] = []
    left_out: list[str] = []
    for exporter in chosen:
        for shapes, opset in exporter.cells:
            if not _is_exported(case, exporter, shapes):
                continue
            cell = _Cell(exporter, shapes, opset)
            runtimes = runtimes_of_export(exporter, shapes, opset)
            absent = [runtime.name for runtime in runtimes if exporter.missing or runtime.missing]
            left_out += [f"{cell.name} -> {name}" for name in absent] + ([cell.name] if exporter.missing else [])
            if not exporter.missing:
                observed += _observe_cell(case, cell, results[exporter, shapes, opset][case.id])
    return observed, left_out


def _is_exported(case: ExportCase, exporter: Exporter, shapes: str) -> bool:
    ids = {exported.id for exported in cases_of(exporter)}
    return case.id in ids and bool(shapes_of_case(case, shapes == DYNAMIC))


def not_installed_observations(source: str) -> list[Observation]:
    """Every exporter of a framework's calls, and every runtime of its files, that is not installed; each once."""
    missing: dict[str, str] = {}
    for exporter in registry.exporters_of(source):
        if exporter.missing:
            missing[f"{exporter.name} of {source}"] = exporter.missing
            continue
        runtimes = [runtime for cell in exporter.cells for runtime in runtimes_of_export(exporter, *cell)]
        missing |= {f"-> {runtime.name}": runtime.missing for runtime in runtimes if runtime.missing}
    return [not_installed(name, message) for name, message in missing.items()]


def _observe_cell(case: ExportCase, cell: _Cell, exported: ExportResult) -> Iterator[Observation]:
    if exported.status is not RunStatus.RAN:
        yield _failed_cell(cell.name, exported.status, exported.message, "export")
        return
    try:
        expected = [_expected(case, *shape) for shape in shapes_of_case(case, cell.shapes == DYNAMIC)]
    except (Refused, WrongShape) as refusal:
        yield unsupported(cell.name, AGAINST, f"the call itself gives nothing to compare: {refusal}")
        return
    for runtime, run in exported.runs.items():
        variant = f"{cell.name} -> {runtime}"
        judged = _judge(case, cell, runtime, *_compare_shapes(case, expected, run)) if run.arrays else None
        # A call that is wrong at one shape and refused at the next is wrong.
        if judged is None or (run.status is not RunStatus.RAN and judged.verdict.is_agreement):
            judged = _failed_cell(variant, run.status, run.message, "run")
        yield judged


def _failed_cell(variant: str, status: RunStatus, message: str, step: str) -> Observation:
    if status is RunStatus.REFUSED:
        return unsupported(variant, AGAINST, message or "it refuses without a word")
    cause = Cause.TIME_LIMIT if status is RunStatus.HUNG else Cause.CRASH
    return Observation(
        variant=variant,
        verdict=Verdict.ERROR,
        against=AGAINST,
        headline=f"{step} {status}",
        attribution=Attribution((cause,), f"the {step} {status}: {message}"),
    )


@lru_cache(maxsize=1024)
def _expected(case: ExportCase, size_in: Pair, size_out: Pair) -> tuple[PathCase, np.ndarray]:
    """Impulses, and the call's results for them and for one image more; by scale, the call decides the size."""
    pixels = size_in[0] * size_in[1]
    images = export_images(size_in, pixels + 1)
    if isinstance(case, Operation):
        return PathCase(IMPULSES, size_in, size_out, pixels, 1), np.array(call(case, images, size_out))
    scales = scales_of_case(case)
    if scales is None:
        raise Refused(f"{case.id} takes none of the scales here")
    try:
        result = np.array(case.run(images, scales))
    except Exception as error:
        raise Refused(exception_text(error)) from error
    height, width = result.shape[1:3]
    return PathCase(IMPULSES, size_in, (height, width), pixels, 1), result


def _compare_shapes(
    case: ExportCase, expected: list[tuple[PathCase, np.ndarray]], run: ExportRun
) -> tuple[list[_AtShape], list[tuple[PathCase, tuple[int, ...]]]]:
    """The comparisons at each shape, and the shapes that the run gave where another was expected."""
    results, misshapen = [], []
    is_planar = case.call is not None and case.call.layout is Layout.NCHW
    for (path_case, right), got in zip(expected, run.arrays, strict=run.status is RunStatus.RAN):
        if got.ndim == 4 and is_planar:
            got = got.transpose(0, 2, 3, 1)
        # With dynamic shapes there are as many images as the largest needs; the rest are zeros.
        got = got[: len(right)]
        if got.shape != right.shape:
            misshapen.append((path_case, got.shape))
        else:
            mixed_case = mixed_image_case(path_case.size_in, path_case.size_out)
            single = compare_results(path_case, case.claim, right[:-1], got[:-1])
            results.append(_AtShape(single, compare_results(mixed_case, case.claim, right[-1:], got[-1:])))
    return results, misshapen


def _judge(
    case: ExportCase,
    cell: _Cell,
    runtime: str,
    results: Sequence[_AtShape],
    misshapen: Sequence[tuple[PathCase, tuple[int, ...]]],
) -> Observation:
    """The verdict: the gravest of the differences, in the order of these branches."""
    variant, about = f"{cell.name} -> {runtime}", (cell.exporter, cell.shapes, cell.opset, runtime)
    count = len(results) + len(misshapen)
    if misshapen:
        path_case, shape = misshapen[0]
        expected = (path_case.n + 1, *path_case.size_out, 1)
        is_swapped = sorted(shape) == sorted(expected)
        text = f"the exported model gives shape {shape}, where the call gives {expected}, without a word: {path_case}"
        return Observation(
            variant=variant,
            verdict=Verdict.DIVERGES,
            against=AGAINST,
            headline="axes change places" if is_swapped else "silent shape change",
            measured=count,
            differing=len(misshapen),
            where=str(path_case),
            expected=f"shape {expected}",
            got=f"shape {shape}",
            attribution=Attribution((Cause.AXIS_ORDER if is_swapped else Cause.OUTPUT_SIZE,), text),
            reproduction=reproduction_program(case, *about, path_case, np.ones(path_case.n, int), (0, 0)),
        )
    every = [result for shape in results for result in shape.both]
    worst = max(every, key=lambda result: (result.gain / result.tolerance, result.gain))
    is_exact = all(result.is_exact for result in every)
    agreement = Observation(
        variant=variant,
        verdict=agreement_verdict(is_exact),
        against=AGAINST,
        headline="bit for bit" if is_exact else "within rounding",
        measured=count,
        tolerance=worst.tolerance,
        gain=worst.gain,
    )
    if not worst.differs:
        return agreement
    differing = [shape for shape in results if shape.differs]
    example = _example_of_impulses(worst)
    if np.isinf(worst.gain):
        text = f"the exported model gives what is not finite, or the call does: {worst.case}"
        verdict, attribution, headline = Verdict.ERROR, Attribution((Cause.NON_FINITE_VALUES,), text), "not finite"
    elif any(shape.is_bent for shape in results):
        example = max((_example_of_image(shape) for shape in results if shape.is_bent), key=lambda found: found.gain)
        text = f"the exported model is not linear, and the call is: {example.where}"
        verdict, attribution, headline = Verdict.DIVERGES, Attribution((Cause.LINEARITY,), text), "not linear"
    elif all(result.only_ties for shape in differing for result in shape.both if result.differs):
        text = f"other pixels are picked where the coordinate is a tie, or near one: {worst.case}"
        verdict, attribution, headline = Verdict.TIES, Attribution((Cause.TIES,), text), "other picks at ties"
    else:
        verdict = disagreement_verdict(worst.gain)
        attribution, headline = export_cause(case, tuple(shape.impulses for shape in results), worst)
    return replace(
        agreement,
        verdict=verdict,
        headline=headline,
        differing=len(differing),
        gain=example.gain,
        where=example.where,
        expected=f"{example.expected:.9g}",
        got=f"{example.got:.9g}",
        attribution=attribution,
        reproduction=reproduction_program(case, *about, example.case, example.image, example.output),
    )


@dataclass(frozen=True, slots=True)
class _Example:
    """The image, ``(H * W,)``, of a case that shows a difference best, and the output ``(y, x)`` to look at."""

    case: PathCase
    image: np.ndarray
    output: tuple[int, int]
    expected: float
    got: float
    gain: float
    where: str


def _example_of_impulses(worst: PathDifference) -> _Example:
    """The worst of all images with values in [-1, 1], for a linear map."""
    image = worst_signs(worst).astype(int) if worst.case.kind == IMPULSES else worst.case.images().ravel()
    row, column = worst.worst_output[1:3]
    return _Example(worst.case, image, (row, column), *worst.values, worst.gain, worst.where)


def _example_of_image(shape: _AtShape) -> _Example:
    """The worst of the images that were run: for a map that is not linear, no worse one is known."""
    case = shape.impulses.case
    right, got = (np.concatenate([getattr(result, which) for result in shape.both]) for which in ("expected", "got"))
    error = np.abs(got.astype(np.float64) - right)
    k, y, x, _ = map(int, np.unravel_index(int(np.argmax(error)), error.shape))
    image = export_images(case.size_in, case.n + 1)[k].ravel()
    named = f"the impulse at pixel {divmod(k, case.size_in[1])}" if k < case.n else "an image of values in [-1, 1]"
    where = f"output [{y}, {x}] of {named}, {case.size_in} -> {case.size_out}"
    values = float(right[k, y, x, 0]), float(got[k, y, x, 0]), float(error.max())
    return _Example(case, image, (y, x), *values, where)
