"""Two scales at once: does each axis follow its own, and is an axis whose scale is 1 left alone?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adapters import ScaledOperation
from probe.discrepancy import Attribution, Verdict
from probe.measure import AXES, measure
from probe.measure import call as _by_size
from probe.observation import PIXELS, Observation
from probe.scales.calls import (
    COMPANION,
    Case,
    along,
    call,
    exact,
    explains,
    impulses,
    in_dtype,
    is_as_by_size,
    is_sure,
    measured,
    tolerance,
)
from probe.scales.source import GIVEN, Source, summary
from probe.tolerance import UNIT_ROUNDOFF

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
class _Try:
    shape: tuple[int, int]
    scales: tuple[float, float]
    got: np.ndarray
    expected: np.ndarray
    allowed: float
    sure: np.ndarray
    swapped: bool = False

    @property
    def off(self) -> float:
        """The worst error of an output; infinite where the shape is another."""
        if self.got.shape != self.expected.shape:
            return float("inf")
        return float(np.where(self.sure, np.abs(self.got - self.expected), 0).max())


def per_axis(operation: ScaledOperation, source: Source) -> Observation | None:
    """The observation ``per axis``: a random image by two scales, held against the two axes measured apart.

    Each axis' matrix is exact where a convention explains the operation; otherwise as measured with that scale on both
    axes. ``None`` where no two different scales are accepted.
    """
    tries = []
    for shape, scales in () if operation.one_scale else _SCALES:
        given = tuple(in_dtype(scale, operation.scale_dtype) for scale in scales)
        if given[0] != given[1] and all(map(operation.accepts, shape, given)):
            image = np.random.default_rng(shape).uniform(-1, 1, shape).astype(np.float32)
            got = call(operation, image[None, :, :, None], given)[0, :, :, 0].astype(np.float64)
            tries.append(_try(operation, source, image, given, got))
    if not tries:
        return None
    wrong = [one for one in tries if one.off > one.allowed and not _by_size_too(operation, one)]
    exact_where = "the exact matrices" if source.expected(5, 10, 2.0) is not None else "its own matrices"
    against = f"{exact_where} of both axes, each with its own scale"
    if not wrong:
        worst = max(tries, key=lambda one: one.off)
        return Observation(
            variant="per axis",
            verdict=Verdict.EXACT if worst.off == 0 else Verdict.AGREES,
            against=against,
            headline="each axis its own scale",
            gain=worst.off,
            tolerance=worst.allowed,
            measured=len(tries),
        )
    return _wrong(operation, tries, wrong, against)


def _try(operation: ScaledOperation, source: Source, image: np.ndarray, given: tuple, got: np.ndarray) -> _Try:
    lengths = [len(_matrix(operation, source, k, image.shape[k], given[k])) for k in range(2)]
    swapped = [len(_matrix(operation, source, k, image.shape[k], given[1 - k])) for k in range(2)]
    y, x = (_matrix(operation, source, k, image.shape[k], given[k], lengths[k]) for k in range(2))
    sure = np.ones((len(y), len(x)), bool)
    gains = [float(np.abs(one).sum(axis=1).max()) for one in (y, x)]
    # Without a convention, each matrix was read off impulses; a sum is rounded as often as there are taps.
    allowed = 2 * UNIT_ROUNDOFF * gains[0] * gains[1] * (4 + image.shape[0] + image.shape[1])
    if source.expected(5, 10, 2.0) is not None:
        convention = source.convention
        scales = [scale if source.name == GIVEN else None for scale in given]
        rows = [is_sure(convention, n, m, s) for n, m, s in zip(image.shape, lengths, scales, strict=True)]
        sure = np.outer(*rows)
        t, u = (tolerance(convention, n, m) for n, m in zip(image.shape, lengths, strict=True))
        allowed += t * gains[1] + u * gains[0] + t * u
    is_swapped = got.shape != (len(y), len(x)) and got.shape == tuple(swapped)
    if not is_swapped and got.shape == (len(y), len(x)):
        is_swapped = any(
            _close(got, image, [_matrix(operation, source, k, image.shape[k], pair[k], lengths[k]) for k in range(2)])
            for pair in (given[::-1], (given[0],) * 2, (given[1],) * 2)
        )
    return _Try(image.shape, given, got, y @ image.astype(np.float64) @ x.T, allowed, sure, is_swapped)


def _by_size_too(operation: ScaledOperation, one: _Try) -> bool:
    """Whether the same call by size is no product of two matrices at these sizes: then it is not the scales."""
    if operation.by_size is None or one.got.shape != one.expected.shape:
        return False
    (height, width), (h, w) = one.shape, one.got.shape
    image = np.random.default_rng(one.shape).uniform(-1, 1, one.shape).astype(np.float32)
    got = _by_size(operation.by_size, image[None, :, :, None], (h, w))[0, :, :, 0]
    y, x = measure(operation.by_size, height, h, "height"), measure(operation.by_size, width, w, "width")
    return bool(np.abs(got - y.astype(np.float64) @ image @ x.T).max() > 64 * UNIT_ROUNDOFF * height * width)


def _close(got: np.ndarray, image: np.ndarray, matrices: list[np.ndarray]) -> bool:
    y, x = matrices
    if got.shape != (len(y), len(x)):
        return False
    off = np.abs(got - y @ image.astype(np.float64) @ x.T)
    # A pick on the edge of two pixels may go either way, and moves one row or column.
    return bool(np.median(off) < 1e-5 and np.mean(off > 1e-4) < 0.3)


def _matrix(
    operation: ScaledOperation, source: Source, axis: int, n_in: int, scale: float, n_out: int | None = None
) -> np.ndarray:
    """The matrix of one axis at one scale; with ``n_out`` as exactly as there is a convention for it."""
    got = measured(operation, n_in, scale, AXES[axis])
    wanted = source.expected(n_in, n_out or len(got), scale)
    return got if n_out is None or wanted is None else wanted


def _wrong(operation: ScaledOperation, tries: list[_Try], wrong: list[_Try], against: str) -> Observation:
    swapped = all(one.swapped for one in wrong)
    sizes = any(one.off == float("inf") for one in wrong)
    factor = "axis order" if swapped else "output size" if sizes else "separability"
    text = (
        "a scale is used for the axis that it was not given for"
        if swapped
        else "both axes together are not what each is alone"
    )
    worst = max(wrong, key=lambda one: one.off)
    gain, unit, wanted, came, place = worst.off, "for images in [-1, 1]", "", "", ""
    if sizes:
        gain = max(float(np.abs(np.subtract(one.got.shape, one.expected.shape)).max()) for one in wrong)
        unit, wanted, came = PIXELS, str(worst.expected.shape), str(worst.got.shape)
    else:
        row, column = np.unravel_index(
            np.argmax(np.where(worst.sure, np.abs(worst.got - worst.expected), 0)), worst.got.shape
        )
        place = f"output [{row}, {column}] of "
        wanted, came = f"{worst.expected[row, column]:.9g}", f"{worst.got[row, column]:.9g}"
    return Observation(
        variant="per axis",
        verdict=Verdict.DIVERGES,
        against=against,
        headline="scales of the axes mixed up" if swapped else "axes are not independent",
        gain=gain,
        unit=unit,
        measured=len(tries),
        differing=len(wrong),
        where=f"{place}{worst.shape} by {worst.scales}",
        expected=wanted,
        got=came,
        attribution=Attribution((factor,), text),
        reproduction=_reproduction(operation, worst, sizes),
    )


def _reproduction(operation: ScaledOperation, worst: _Try, sizes: bool) -> str:
    if operation.call is None:
        return ""
    image = f"np.random.default_rng({worst.shape}).uniform(-1, 1, {worst.shape}).astype(np.float32)"
    program = operation.call.script(image, worst.shape, worst.scales)
    if sizes:
        return program + f"print('the shape is', y.shape, 'and should be', {worst.expected.shape})\n"
    row, column = np.unravel_index(
        np.argmax(np.where(worst.sure, np.abs(worst.got - worst.expected), 0)), worst.got.shape
    )
    wanted, got = worst.expected[row, column], worst.got[row, column]
    return (
        program + f"print('the output is', y[{row}, {column}], 'and should be {wanted:.9g}')  # measured: {got:.9g}\n"
    )


def scale_of_one(operation: ScaledOperation, source: Source) -> Observation | None:
    """The observation ``scale of one``: an axis whose scale is 1 beside one that is resized, and beside another such.

    Held against the exact matrix, where the convention is known that the operation follows; otherwise against what the
    axis is when both scales are 1.
    """
    cases = []
    for k, n_in in enumerate((5, 8, 11)):
        for beside in (1.0,) if operation.one_scale else (1.0, *_BESIDE_ONE):
            given = (in_dtype(1.0, operation.scale_dtype), in_dtype(beside, operation.scale_dtype))
            if operation.accepts(n_in, given[0]) and operation.accepts(COMPANION, given[1]):
                got = along(operation, impulses(n_in), given, AXES[k % 2])
                cases.append(Case(AXES[k % 2], n_in, given[0], got, given=given))
    if not cases:
        return None
    if source.convention is None:
        return _beside_itself(operation, tuple(cases))
    convention = source.convention
    against = f"{convention} at scale 1"
    stayed = [case for case in cases if case.n_out == case.n_in]
    if len(stayed) < len(cases):
        return _size_changed(cases)
    scales = [1] * len(cases)
    wrong = [case for case in cases if not explains(convention, case, 1)]
    identity = np.array_equal(exact(convention, 5, 5, 1), np.eye(5))
    if not wrong:
        headline = "left alone" if identity else "as the kernel says"
        return summary(
            "scale of one", operation, convention, tuple(cases), scales, Verdict.AGREES, against, headline, None, {}
        )
    alone = all(case.given[1] == 1 for case in wrong)
    text = f"an axis whose scale is 1 is changed in {len(wrong)} of {len(cases)} cases"
    text += ", all with both scales 1" if alone else ""
    copied = all(np.abs(case.got - np.eye(case.n_in)).max() < 1e-6 for case in wrong)
    due = "cropped" if convention.roi is not None else "filtered"
    if copied:
        text = f"an axis whose scale is 1 is copied in {len(wrong)} of {len(cases)} cases, where it is to be {due}"
    headline = f"copied, not {due}" if copied else "an axis at scale 1 changes"
    why = Attribution(("kernel",) if copied and convention.roi is None else ("coordinates",), text, convention)
    return summary(
        "scale of one", operation, convention, tuple(cases), scales, Verdict.DIVERGES, against, headline, why, {}
    )


def _size_changed(cases: list[Case]) -> Observation:
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
        attribution=Attribution(("output size",), "an axis whose scale is 1 does not keep its size"),
    )


def _beside_itself(operation: ScaledOperation, cases: tuple[Case, ...]) -> Observation:
    alone = {case.n_in: case.got for case in cases if case.given[1] == 1}
    off = []
    for case in cases:
        first = alone.get(case.n_in, case.got)
        same = first.shape == case.got.shape
        # What the same call by size does, too, is no matter of scales.
        excused = same and is_as_by_size(operation, case)
        off.append(0.0 if excused else float(np.abs(first - case.got).sum(axis=1).max()) if same else float("inf"))
    # Each is read off one response to an impulse, after one more pass along the other axis.
    allowed = 16 * UNIT_ROUNDOFF * max(1.0, *(float(np.abs(case.got).sum(axis=1).max()) for case in cases))
    worst = int(np.argmax(off))
    wrong = off[worst] > allowed
    return Observation(
        variant="scale of one",
        verdict=Verdict.DIVERGES if wrong else Verdict.EXACT if off[worst] == 0 else Verdict.AGREES,
        against="the same axis when both scales are 1",
        headline="depends on the other axis" if wrong else "the same beside any scale",
        gain=off[worst],
        tolerance=allowed,
        measured=len(cases),
        differing=sum(one > allowed for one in off),
        where=str(cases[worst]),
        attribution=Attribution(("separability",), "an axis whose scale is 1 depends on the other's")
        if wrong
        else None,
    )
