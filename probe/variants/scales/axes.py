"""Two scale factors at once: whether each axis follows its own, and keeps its values at scale 1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from halfpixel.adapters import ByScaleOperation
from halfpixel.golden.tolerance import UNIT_ROUNDOFF, row_gain
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.probe.compare.discrepancy import Attribution
from halfpixel.probe.compare.reproduction import image_program, result_line, shape_line
from halfpixel.probe.measure.axis_matrix import AXES, measure
from halfpixel.probe.measure.axis_matrix import call as call_by_size
from halfpixel.probe.measure.sizes import Pair
from halfpixel.probe.variants.observation import IMAGES, PIXELS, Observation, agreement_verdict
from halfpixel.probe.variants.scales.calls import (
    COMPANION,
    Given,
    ScaleCase,
    call_by_scale,
    exact_for_scale,
    explains_case,
    impulses,
    in_dtype,
    is_as_by_size,
    is_sure,
    matrix_along,
    measured_by_scale,
    scale_tolerance,
)
from halfpixel.probe.variants.scales.scale_source import GIVEN, ScaleComparison, ScaleSource

# Image, (sy, sx): up and down, both ways round, square and not.
_SCALES = (
    ((7, 7), (1.45, 0.6)),
    ((7, 7), (0.6, 1.45)),
    ((6, 9), (1.7, 2.3)),
    ((9, 6), (0.45, 0.77)),
    ((8, 6), (2.0, 3.0)),
    ((5, 8), (1.3, 4.0)),
)
_BESIDE_ONE = (2.0, 1.45, 3.0, 0.6)


@dataclass(frozen=True, slots=True)
class _TwoAxisTrial:
    """A random image resized by two scales; ``is_sure`` says where the expected pixels are certain."""

    shape: Pair
    scales: Given
    got: np.ndarray
    expected: np.ndarray
    tolerance: float
    is_sure: np.ndarray
    is_swapped: bool = False

    @property
    def errors(self) -> np.ndarray:
        """By pixel, 0 where the expected one is not certain."""
        return np.where(self.is_sure, np.abs(self.got - self.expected), 0)

    @property
    def error(self) -> float:
        """The largest error of an output; infinite where the shape is another."""
        return float(self.errors.max()) if self.has_right_shape else float("inf")

    @property
    def has_right_shape(self) -> bool:
        """Whether both images have the same shape."""
        return self.got.shape == self.expected.shape


def per_axis(operation: ByScaleOperation, source: ScaleSource) -> Observation | None:
    """The observation ``per axis``: a random image by two scales, compared with the two axes measured apart.

    The matrix of each axis is exact where a convention explains the operation; else that measured with that scale on
    both axes. ``None`` where no two different scales are accepted.
    """
    trials = []
    for shape, scales in () if operation.one_scale else _SCALES:
        given = in_dtype(scales[0], operation.scale_dtype), in_dtype(scales[1], operation.scale_dtype)
        if given[0] != given[1] and all(map(operation.accepts, shape, given)):
            image = np.random.default_rng(shape).uniform(-1, 1, shape).astype(np.float32)
            got = call_by_scale(operation, image[None, :, :, None], given)[0, :, :, 0].astype(np.float64)
            trials.append(_two_axis_trial(operation, source, image, given, got))
    if not trials:
        return None
    wrong = [trial for trial in trials if trial.error > trial.tolerance and not _differs_by_size(operation, trial)]
    matrices = "the exact matrices" if source.expected(5, 10, 2.0) is not None else "its own matrices"
    against = f"{matrices} of both axes, each with its own scale"
    if wrong:
        return _wrong(operation, len(trials), wrong, against)
    worst = max(trials, key=lambda trial: trial.error)
    return Observation(
        variant="per axis",
        verdict=agreement_verdict(worst.error == 0),
        against=against,
        headline="each axis its own scale",
        gain=worst.error,
        tolerance=worst.tolerance,
        measured=len(trials),
    )


def _two_axis_trial(
    operation: ByScaleOperation, source: ScaleSource, image: np.ndarray, given: Given, got: np.ndarray
) -> _TwoAxisTrial:
    height, width = image.shape
    shape = height, width

    def matrices(scales: Given, lengths: tuple[int | None, int | None] = (None, None)) -> list[np.ndarray]:
        return [_matrix(operation, source, k, shape[k], scales[k], lengths[k]) for k in range(2)]

    lengths, swapped = ([len(weights) for weights in matrices(scales)] for scales in (given, given[::-1]))
    h, w = lengths
    y, x = matrices(given, (h, w))
    is_certain = np.ones((len(y), len(x)), bool)
    gains = row_gain(y), row_gain(x)
    # Without a convention, each matrix was read off impulses; a sum is rounded as often as there are taps.
    tolerance = 2 * UNIT_ROUNDOFF * gains[0] * gains[1] * (4 + height + width)
    if source.convention is not None and source.expected(5, 10, 2.0) is not None:
        convention = source.convention
        rows = [
            is_sure(convention, n, m, scale if source.name == GIVEN else None)
            for n, m, scale in zip(shape, lengths, given, strict=True)
        ]
        is_certain = np.outer(*rows)
        t, u = (scale_tolerance(convention, n, m) for n, m in zip(shape, lengths, strict=True))
        tolerance += t * gains[1] + u * gains[0] + t * u
    is_swapped = got.shape != (len(y), len(x)) and got.shape == tuple(swapped)
    if not is_swapped and got.shape == (len(y), len(x)):
        exchanged: list[Given] = [given[::-1], (given[0],) * 2, (given[1],) * 2]
        is_swapped = any(_is_close(got, image, matrices(scales, (h, w))) for scales in exchanged)
    expected = y @ image.astype(np.float64) @ x.T
    return _TwoAxisTrial(shape, given, got, expected, tolerance, is_certain, is_swapped)


def _differs_by_size(operation: ByScaleOperation, trial: _TwoAxisTrial) -> bool:
    """Whether the same call by size is no product of two matrices at these sizes: then the scales are not the cause."""
    if operation.size_variant is None or not trial.has_right_shape:
        return False
    (height, width), (h, w) = trial.shape, trial.got.shape
    image = np.random.default_rng(trial.shape).uniform(-1, 1, trial.shape).astype(np.float32)
    got = call_by_size(operation.size_variant, image[None, :, :, None], (h, w))[0, :, :, 0]
    y, x = measure(operation.size_variant, height, h, "height"), measure(operation.size_variant, width, w, "width")
    return bool(np.abs(got - y.astype(np.float64) @ image @ x.T).max() > 64 * UNIT_ROUNDOFF * height * width)


def _is_close(got: np.ndarray, image: np.ndarray, matrices: list[np.ndarray]) -> bool:
    y, x = matrices
    if got.shape != (len(y), len(x)):
        return False
    difference = np.abs(got - y @ image.astype(np.float64) @ x.T)
    # A pick on the edge of two pixels may go either way, and moves one row or column.
    return bool(np.median(difference) < 1e-5 and np.mean(difference > 1e-4) < 0.3)


def _matrix(
    operation: ByScaleOperation, source: ScaleSource, axis: int, n_in: int, scale: float, n_out: int | None
) -> np.ndarray:
    """The matrix of one axis at one scale; with ``n_out`` the exact one where there is a convention for it."""
    measured = measured_by_scale(operation, n_in, scale, AXES[axis])
    exact = None if n_out is None else source.expected(n_in, n_out or len(measured), scale)
    return measured if exact is None else exact


def _wrong(operation: ByScaleOperation, tried: int, wrong: list[_TwoAxisTrial], against: str) -> Observation:
    swapped = all(trial.is_swapped for trial in wrong)
    sizes = any(trial.error == float("inf") for trial in wrong)
    worst = max(wrong, key=lambda trial: trial.error)
    cause = Cause.AXIS_ORDER if swapped else Cause.OUTPUT_SIZE if sizes else Cause.SEPARABILITY
    text = "both axes together are not what each is alone"
    if swapped:
        text = "a scale is used for the axis that it was not given for"
    if sizes:
        gain = max(float(np.abs(np.subtract(trial.got.shape, trial.expected.shape)).max()) for trial in wrong)
        place, expected, got = "", str(worst.expected.shape), str(worst.got.shape)
        last = shape_line("the shape", "y.shape", worst.expected.shape)
    else:
        row, column = map(int, np.unravel_index(np.argmax(worst.errors), worst.got.shape))
        gain, place = worst.error, f"output [{row}, {column}] of "
        expected, got = f"{worst.expected[row, column]:.9g}", f"{worst.got[row, column]:.9g}"
        last = result_line("the output", f"y[{row}, {column}]", expected, got)
    image = f"np.random.default_rng({worst.shape}).uniform(-1, 1, {worst.shape}).astype(np.float32)"
    return Observation(
        variant="per axis",
        verdict=Verdict.DIVERGES,
        against=against,
        headline="scales of the axes mixed up" if swapped else "axes are not independent",
        gain=gain,
        unit=PIXELS if sizes else IMAGES,
        measured=tried,
        differing=len(wrong),
        where=f"{place}{worst.shape} by {worst.scales}",
        expected=expected,
        got=got,
        attribution=Attribution((cause,), text),
        reproduction=image_program(operation.call, image, worst.shape, worst.scales, last),
    )


def scale_of_one(operation: ByScaleOperation, source: ScaleSource) -> Observation | None:
    """The observation ``scale of one``: an axis whose scale is 1 beside one that is resized, and beside another such.

    Compared with the exact matrix, where the convention is known that the operation follows; else with the same axis
    when both scales are 1.
    """
    cases = []
    for k, n_in in enumerate((5, 8, 11)):
        for beside in (1.0,) if operation.one_scale else (1.0, *_BESIDE_ONE):
            given = (in_dtype(1.0, operation.scale_dtype), in_dtype(beside, operation.scale_dtype))
            if operation.accepts(n_in, given[0]) and operation.accepts(COMPANION, given[1]):
                got = matrix_along(operation, impulses(n_in), given, AXES[k % 2])
                cases.append(ScaleCase(AXES[k % 2], n_in, given[0], got, given=given))
    if not cases:
        return None
    if source.convention is None:
        return _beside_itself(operation, cases)
    if any(case.n_out != case.n_in for case in cases):
        return _size_changed(cases)
    convention = source.convention
    scales = [1] * len(cases)
    comparison = ScaleComparison("scale of one", convention, tuple(cases), scales, f"{convention} at scale 1")
    wrong = [case for case in cases if not explains_case(convention, case, 1)]
    if not wrong:
        identity = np.array_equal(exact_for_scale(convention, 5, 5, 1), np.eye(5))
        return comparison.observation(operation, "left alone" if identity else "as the kernel says")
    if all(np.abs(case.got - np.eye(case.n_in)).max() < 1e-6 for case in wrong):
        due = "cropped" if convention.roi is not None else "filtered"
        text = f"an axis whose scale is 1 is copied in {len(wrong)} of {len(cases)} cases, where it is to be {due}"
        cause = Cause.KERNEL if convention.roi is None else Cause.COORDINATES
        return comparison.observation(operation, f"copied, not {due}", Attribution((cause,), text, convention))
    text = f"an axis whose scale is 1 is changed in {len(wrong)} of {len(cases)} cases"
    text += ", all with both scales 1" if all(case.values[1] == 1 for case in wrong) else ""
    why = Attribution((Cause.COORDINATES,), text, convention)
    return comparison.observation(operation, "an axis at scale 1 changes", why)


def _size_changed(cases: list[ScaleCase]) -> Observation:
    wrong = [case for case in cases if case.n_out != case.n_in]
    worst = max(wrong, key=lambda case: abs(case.n_out - case.n_in))
    return Observation(
        variant="scale of one",
        verdict=Verdict.DIVERGES,
        against="an axis that keeps its size",
        headline="size changes at scale 1",
        gain=float(abs(worst.n_out - worst.n_in)),
        unit=PIXELS,
        measured=len(cases),
        differing=len(wrong),
        where=str(worst),
        attribution=Attribution((Cause.OUTPUT_SIZE,), "an axis whose scale is 1 does not keep its size"),
    )


def _beside_itself(operation: ByScaleOperation, cases: list[ScaleCase]) -> Observation:
    both_one = {case.n_in: case.got for case in cases if case.values[1] == 1}
    errors = []
    for case in cases:
        first = both_one.get(case.n_in, case.got)
        if first.shape != case.got.shape:
            errors.append(float("inf"))
        elif is_as_by_size(operation, case):
            errors.append(0.0)  # The same call by size gives the same: the scales are not the cause.
        else:
            errors.append(row_gain(first - case.got))
    # Each is read off one response to an impulse, after one more pass along the other axis.
    tolerance = 16 * UNIT_ROUNDOFF * max(1.0, *(row_gain(case.got) for case in cases))
    worst = int(np.argmax(errors))
    differs = errors[worst] > tolerance
    text = "an axis whose scale is 1 depends on the other's"
    return Observation(
        variant="scale of one",
        verdict=Verdict.DIVERGES if differs else agreement_verdict(errors[worst] == 0),
        against="the same axis when both scales are 1",
        headline="depends on the other axis" if differs else "the same beside any scale",
        gain=errors[worst],
        tolerance=tolerance,
        measured=len(cases),
        differing=sum(error > tolerance for error in errors),
        where=str(cases[worst]),
        attribution=Attribution((Cause.SEPARABILITY,), text) if differs else None,
    )
