"""Name the convention of any callable that resizes float images, in at most 40 calls, and state the evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np

from halfpixel.adapters import NotInstalled, Operation
from halfpixel.adapters.layout import WrongShape
from halfpixel.golden import Convention, affine_map
from halfpixel.golden.convention import BORDERS, NEAREST_MODES
from halfpixel.golden.vocabulary import GREY_LEVELS, Cause, Verdict
from halfpixel.probe.compare.comparison import against_convention
from halfpixel.probe.compare.discrepancy import Discrepancy, Fault
from halfpixel.probe.compare.matrix_features import cubic_coefficient, sampling_line
from halfpixel.probe.identify import input_formats
from halfpixel.probe.identify.convention_space import (
    Exceptions,
    explaining_conventions,
    fitted_crops,
    fitted_cubics,
    nearest_convention,
    screening_pairs,
    tie_exceptions,
)
from halfpixel.probe.identify.identification import Identification, not_measurable, unexplained_sizes
from halfpixel.probe.identify.input_formats import ChosenFormat, InputFormat
from halfpixel.probe.identify.parameter_estimates import parameters
from halfpixel.probe.identify.quantised import identify_levels
from halfpixel.probe.identify.quantised_measurement import LevelCaller
from halfpixel.probe.identify.rules.rule_naming import (
    follow_rule,
    identify_by_scale,
    joint_evidence,
    rule_identification,
    scale_identification,
    separability_faults,
    verify_jointly,
)
from halfpixel.probe.identify.rules.rule_verification import RuleFinding
from halfpixel.probe.identify.spot_checks import not_repeatable, operator_faults, repetition_failed
from halfpixel.probe.measure.axis_matrix import AXES, Refused, Subject, Sweep, as_operation
from halfpixel.probe.measure.batched_measurement import AxisMeasurement, CountingCaller, measure_axis, measure_pair
from halfpixel.probe.measure.sizes import Pair, size_set

MOST_CALLS = 40
"""Where one convention explains everything."""

HEIGHT: dict[Pair, str] = {
    (8, 5): "shrinking by no whole number: coordinates, antialias and borders all show",
    (5, 8): "enlarging by no whole number: kernels unstretched, at eight phases",
    (3, 6): "doubling: fast paths, and borders wider than the image",
    (5, 1): "a single output: its place is a rule of its own in three modes",
    (7, 21): "a whole odd factor: picks that land on pixel centres",
    (20, 6): "strong shrinking with ties: float32 puts 4.5 below",
    (8, 2): "a whole even factor: every nearest pick is a tie",
    (3, 8): "the widest kernels against three pixels",
    (8, 7): "a step just above one",
    (1, 4): "a single input pixel: every border rule folds onto it",
    (6, 6): "the size stays: kernels that blur show",
    (9, 32): "many outputs: the sampling line to four digits",
    (32, 9): "many inputs: the stretched kernel's shape",
}
"""Pairs measured along the height. Every two conventions of the space that differ at any pair up to 8, or at a dozen
larger ones, differ at one of these."""
WIDTH: tuple[Pair, ...] = ((8, 5), (5, 8), (3, 6))
"""Pairs measured along the width: enough to see that it follows the same convention."""
_FEWEST = 6
LARGER: tuple[Pair, ...] = ((33, 80), (80, 23), (40, 29))
"""Measured where nothing is named: many rows that no border touches, for the estimates."""


def identify(
    subject: Subject,
    sizes: str | tuple[Pair, ...] | None = None,
    dtype: str | None = None,
    scales: tuple[Fraction | float | str, ...] | None = None,
) -> Identification:
    """Name the convention of ``subject``: an operation, or any ``f(image (H, W), size: (h, w)) -> (h, w)``.

    Images are float32. Functions that refuse those, or return whole numbers, get images of grey levels, and three
    channels where they need them. ``dtype``, ``float32`` or ``uint8``, decides it instead. A resizer without a name has
    its parameters estimated.

    With ``scales``, output over input, ``subject`` is a function ``f(image (H, W), scale: float) -> (h, w)``. One that
    ignores the size asked and always scales alike is recognised without them.

    Where no convention explains all, both axes are observed at once and a rule is looked for, in some hundred calls.
    Without ``sizes`` at most 40 calls are made before that; with ``(n_in, n_out)`` pairs of one's own, or the name of
    a size set, one for each pair along the height, and about twenty more. A failure of the subject is part of the
    answer; raises only ``ValueError`` for unknown sizes, dtypes or scales.
    """
    if dtype not in (None, *input_formats.DTYPES):
        raise ValueError(f"unknown dtype {dtype!r}; allowed: {', '.join(input_formats.DTYPES)}")
    if scales is not None:
        if isinstance(subject, Operation):
            raise ValueError("scales are for functions f(image, scale), not for operations")
        return identify_by_scale(subject, scales)
    operation = as_operation(subject)
    is_function = not isinstance(subject, Operation)
    heights, widths = _pairs(operation, sizes)
    if not heights:
        return not_measurable(operation.id, 0, "it is defined for none of the sizes tried")
    most = MOST_CALLS if sizes is None else MOST_CALLS + len(heights)
    try:
        chosen = input_formats.choose_format(operation, is_function, heights, dtype)
    except NotInstalled as absent:
        return not_measurable(operation.id, 0, str(absent), Verdict.NOT_INSTALLED)
    if chosen.is_levels:
        return _by_levels(chosen, heights, widths, most)
    result = _by_floats(CountingCaller(chosen.operation, is_function, chosen.calls), heights, widths)
    if chosen.form.channels > 1:
        result = replace(result, form=str(chosen.form))
    if not is_function or not any(fault.factor == Cause.LINEARITY for fault in result.faults):
        return result
    calls = result.calls + 1
    if not input_formats.clamps_negatives(chosen.operation, heights[0]):
        return replace(result, calls=calls)
    form = InputFormat("float32", chosen.form.channels, 1 / GREY_LEVELS, 1 / GREY_LEVELS)
    clamped = _by_levels(replace(chosen, form=form, calls=calls), heights, widths, most)
    # A function that is not linear within 0..1 either keeps the first result.
    return clamped if not clamped.faults else replace(result, calls=clamped.calls)


def _by_levels(chosen: ChosenFormat, heights: list[Pair], widths: list[Pair], most: int) -> Identification:
    caller = LevelCaller(chosen.operation, chosen.form, chosen.calls)
    return identify_levels(caller, heights, widths, _larger(chosen.operation), most)


def _larger(operation: Operation) -> list[Pair]:
    return [pair for pair in LARGER if operation.accepts(*pair)]


def _pairs(operation: Operation, sizes: str | tuple[Pair, ...] | None) -> tuple[list[Pair], list[Pair]]:
    """The pairs to measure along the height and the width, of those that the operation is defined for."""
    if sizes is not None:
        chosen = [pair for pair in size_set(sizes).pairs if operation.accepts(*pair)]
        return chosen, chosen[:3]
    heights = [pair for pair in HEIGHT if operation.accepts(*pair)]
    widths = [pair for pair in WIDTH if operation.accepts(*pair)]
    if len(heights) < _FEWEST:
        other = [(n_in, n_out) for n_in in range(1, 13) for n_out in range(1, 25) if operation.accepts(n_in, n_out)]
        other.sort(key=lambda pair: (pair[0] < 4, pair[0] == pair[1], pair[0] * pair[1]))
        heights = list(dict.fromkeys(heights + other))[: len(HEIGHT)]
    return heights, (widths + [pair for pair in heights if pair not in widths])[: len(WIDTH)]


def _by_floats(caller: CountingCaller, heights: list[Pair], widths: list[Pair]) -> Identification:
    subject = caller.operation.id
    try:
        height = measure_axis(caller, heights, AXES[0])
        width = measure_axis(caller, widths, AXES[1]) if height.matrices else AxisMeasurement(AXES[1])
        faults = tuple(operator_faults(caller, height, width))
    except NotInstalled as absent:
        return not_measurable(subject, caller.calls, str(absent), Verdict.NOT_INSTALLED)
    if caller.is_function and height.misshapen and (by_scale := scale_identification(caller)) is not None:
        return by_scale
    if not height.matrices:
        refused = list(dict.fromkeys(height.refused.values()))
        reason = "no size of the other axis goes with the sizes tried"
        if refused:
            reason = f"refused at every size: {'; '.join(refused[:3])}"
        return not_measurable(subject, caller.calls, reason, faults=faults)
    is_distinctive = any(n_in != n_out and n_in > 1 for n_in, n_out in height.matrices)
    if not is_distinctive or any(map(_makes_matrices_meaningless, faults)):
        reason = "measured only where conventions are the same: the size stays, or the input is one pixel"
        return not_measurable(subject, caller.calls, reason, faults=faults)
    return _named(caller, height, width, faults)


def _makes_matrices_meaningless(fault: Fault) -> bool:
    """Whether matrices measured with this fault resemble a convention only by chance."""
    return fault.is_constant or (fault.factor == Cause.DETERMINISM and fault.error > 0.1)


def _named(
    caller: CountingCaller, height: AxisMeasurement, width: AxisMeasurement, faults: tuple[Fault, ...]
) -> Identification:
    sweeps = [
        Sweep(caller.operation, axis.axis, axis.matrices, axis.refused, axis.misshapen) for axis in (height, width)
    ]
    explaining = explaining_conventions(height.matrices)
    cubics = [] if explaining else fitted_cubics(height.matrices)
    for estimated in (cubics, [] if explaining else fitted_crops(height.matrices)):
        explaining = explaining or explaining_conventions(height.matrices, estimated)
    fits = _along_both(explaining, width.matrices)
    if fits and width.matrices and not faults:
        plainest = sorted(fits, key=lambda candidate: len(fits[candidate]))
        convention, compared, contradicted = verify_jointly(caller, plainest, MOST_CALLS - caller.calls)
        if convention is not None:
            return Identification(
                against_convention(sweeps, convention),
                convention,
                tuple(
                    other
                    for other in fits
                    if other != convention and other not in contradicted and fits[other] == fits[convention]
                ),
                calls=caller.calls,
                evidence=(*convention_evidence(convention, height.matrices), *joint_evidence(compared)),
                exceptions=fits[convention],
                estimate_parameters=lambda: parameters(height.matrices),
            )
    elif any(fault.factor in _NO_MATRIX for fault in faults):
        return _stopped(caller, sweeps, faults)
    larger = {} if faults else _measure_larger_pairs(caller, height)
    nearest = next(iter(fits or explaining), None) or nearest_convention(height.matrices, cubics)
    unexplained = [] if nearest is None else _unexplained_pairs(nearest, height)
    if not faults and nearest is not None:
        faults = tuple(_repeat_unexplained(caller, height, unexplained))
    finding = RuleFinding(None)
    if all(fault.factor == Cause.SEPARABILITY for fault in faults):
        finding = follow_rule(caller)
        faults = () if finding.rule is not None else faults
        named = rule_identification(caller, finding, lambda: parameters(height.matrices | larger))
        if named is not None:
            return named
    if any(fault.factor in _STOPPING for fault in faults) or finding.not_products:
        return _stopped(caller, sweeps, faults or separability_faults(finding))
    if nearest is None:
        return not_measurable(caller.operation.id, caller.calls, "nothing finite was measured", Verdict.ERROR, faults)
    nearest_evidence = tuple(convention_evidence(nearest, height.matrices))
    return Identification(
        against_convention(sweeps, nearest).with_faults(faults),
        nearest=nearest,
        calls=caller.calls,
        evidence=(
            *_axes_differ(explaining, height, width),
            *unexplained_sizes(nearest, unexplained, len(height.matrices)),
            *nearest_evidence,
        ),
        nearest_evidence=nearest_evidence,
        faults=faults,
        estimate_parameters=lambda: parameters(height.matrices | larger),
    )


_NO_MATRIX = (Cause.LINEARITY, Cause.DETERMINISM, Cause.STATE, Cause.OFFSET)
"""Faults with which an operator has no matrix."""
_STOPPING = (*_NO_MATRIX, Cause.SEPARABILITY)
"""Faults with which it is not one matrix an axis: nothing is estimated."""


def _stopped(caller: CountingCaller, sweeps: list[Sweep], faults: tuple[Fault, ...]) -> Identification:
    """The faults that were seen, without an estimate: numbers of a matrix mean nothing where there is none."""
    measured = sum(len(axis.matrices) for axis in sweeps)
    discrepancy = Discrepancy(caller.operation.id, "one matrix an axis", Verdict.DIVERGES, measured=measured)
    return Identification(discrepancy.with_faults(faults), calls=caller.calls, faults=faults)


def _measure_larger_pairs(caller: CountingCaller, height: AxisMeasurement) -> dict[Pair, np.ndarray]:
    """Matrices of the larger pairs, as far as calls are left and they are not refused."""
    matrices = {}
    for pair in _larger(caller.operation)[: max(0, MOST_CALLS - caller.calls - 1)]:
        try:
            matrix = measure_pair(caller, pair, height)
        except (Refused, WrongShape, NotInstalled):
            continue
        if matrix is not None:
            matrices[pair] = matrix
    return matrices


_Fits = dict[Convention, tuple[tuple[str, int, int, int], ...]]


def _along_both(explaining: Mapping[Convention, Exceptions], width: Mapping[Pair, np.ndarray]) -> _Fits:
    """The conventions that explain the height and the width, with the tie exceptions of both."""
    fits: _Fits = {}
    for convention, exceptions in explaining.items():
        other = explaining_conventions(width, [convention])
        if convention in other:
            by_axis = zip(AXES, (exceptions, other[convention]), strict=True)
            fits[convention] = tuple((axis, *pair, row) for axis, rows in by_axis for pair, row in rows)
    return fits


def _unexplained_pairs(convention: Convention, height: AxisMeasurement) -> list[Pair]:
    return [pair for pair, matrix in height.matrices.items() if tie_exceptions(convention, pair, matrix) is None]


def _repeat_unexplained(caller: CountingCaller, height: AxisMeasurement, unexplained: list[Pair]) -> Iterator[Fault]:
    """Where only a few pairs do not fit, two are measured again: the results may differ."""
    if len(unexplained) > len(height.matrices) // 2:
        return
    for pair in unexplained[: max(0, min(2, MOST_CALLS - caller.calls))]:
        try:
            again = measure_pair(caller, pair, height)
        except (Refused, WrongShape) as refusal:
            yield repetition_failed(refusal)
            return
        if again is not None and not np.array_equal(again, height.matrices[pair], equal_nan=True):
            yield not_repeatable(pair, again - height.matrices[pair])
            return


def _axes_differ(
    explaining: Mapping[Convention, Exceptions], height: AxisMeasurement, width: AxisMeasurement
) -> Iterator[str]:
    """A sentence when the axes follow different conventions, or only one of them follows any."""
    if not width.matrices:
        reason = next(iter(width.refused.values()), "no size of the height goes with the sizes tried")
        yield f"nothing was measured along the width: {reason}"
        return
    other = explaining_conventions(width.matrices)
    if explaining and not other:
        yield f"'{next(iter(explaining))}' along the height, and no known convention along the width"
    elif other and not explaining and len(_unexplained_pairs(next(iter(other)), height)) == len(height.matrices):
        yield f"'{next(iter(other))}' along the width, and no known convention along the height"
    elif explaining and not set(explaining) & set(other):
        yield f"the axes differ: '{next(iter(explaining))}' along the height, '{next(iter(other))}' along the width"


def convention_evidence(convention: Convention, matrices: Mapping[Pair, np.ndarray]) -> Iterator[str]:
    """The sentences for ``convention``, the one that explains ``matrices`` or the nearest."""
    finite = {pair: matrix for pair, matrix in matrices.items() if np.isfinite(matrix).all()}
    yield from _sampling_lines(convention, finite)
    yield from _row_widths(finite)
    if convention.kernel == "cubic":
        coefficient = cubic_coefficient(convention, {pair: finite[pair] for pair in screening_pairs(finite)})
        if coefficient is not None:
            yield f"cubic coefficient {coefficient:.5f} by least squares"
    if explaining_conventions(finite, [convention]):
        yield from _alternatives(convention, "border", BORDERS, finite)
        if convention.kernel == "nearest":
            yield from _alternatives(convention, "nearest_mode", NEAREST_MODES, finite)


def _sampling_lines(convention: Convention, matrices: Mapping[Pair, np.ndarray]) -> Iterator[str]:
    is_linear = convention.kernel == "linear" and not convention.antialias
    is_pick = all(np.count_nonzero(matrix, axis=1).max(initial=0) <= 1 for matrix in matrices.values())
    largest = sorted(matrices, key=lambda pair: -pair[0] * pair[1])
    for direction, pairs in (
        ("enlarging", [pair for pair in largest if pair[1] > pair[0]]),
        ("shrinking", [pair for pair in largest if pair[1] < pair[0]]),
    ):
        for pair in pairs:
            line = sampling_line(matrices[pair], is_linear)
            if line is None:
                continue
            step, first = affine_map(convention, *pair)
            exact = f"{convention.coordinate_transformation_mode}: {step} x_out {_signed(first)}"
            about = "about " if is_pick else ""
            measured = f"{line[0]:.4f} x_out {_signed(line[1], '.4f')}"
            yield f"{direction} {pair[0]} -> {pair[1]}: samples at {about}x_in = {measured} ({exact})"
            break


def _signed(value: Fraction | float, form: str = "") -> str:
    return f"{'-' if value < 0 else '+'} {format(abs(value), form)}"


def _row_widths(matrices: Mapping[Pair, np.ndarray]) -> Iterator[str]:
    """How many pixels an output weighs when the size grows and when it shrinks: antialiasing is the difference."""
    most = {pair: int((np.abs(matrix) > 1e-6).sum(axis=1).max(initial=0)) for pair, matrix in matrices.items()}
    growing = [pair for pair in most if pair[1] > pair[0]]
    shrinking = [pair for pair in most if 2 * pair[1] < pair[0] and pair[1] > 1]
    if not shrinking:
        return
    strong = max(shrinking, key=lambda pair: pair[0] / pair[1])
    pixels = "pixel" if most[strong] == 1 else "pixels"
    sentence = f"an output weighs up to {most[strong]} {pixels} when shrinking {strong[0]} -> {strong[1]}"
    if not growing:
        yield f"{sentence}; enlarging was not measured"
        return
    usual = max(most[pair] for pair in growing)
    yield f"{sentence}, {usual} when enlarging: {'' if most[strong] > usual + 1 else 'no '}antialiasing"


def _alternatives(
    convention: Convention, parameter: str, values: Iterable[str], matrices: Mapping[Pair, np.ndarray]
) -> Iterator[str]:
    """The other values of one parameter that would explain the same measurement."""
    own = getattr(convention, parameter)
    exceptions = explaining_conventions(matrices, [convention])[convention]
    same = []
    for value in values:
        try:
            changed = convention.but(**{parameter: value})
        except ValueError:
            continue
        if value != own and explaining_conventions(matrices, [changed]).get(changed) == exceptions:
            same.append(value)
    others = f"cannot be told from {', '.join(same)}" if same else "no other explains what was measured"
    yield f"{parameter.replace('_', ' ')} {own}: {others}"
