"""Name the convention of a resizer that takes or returns grey levels: uint8 functions, image files, clamped floats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from halfpixel.adapters import NotInstalled
from halfpixel.adapters.layout import WrongShape
from halfpixel.golden import Convention
from halfpixel.golden.tolerance import exact_with_tolerance, max_difference
from halfpixel.golden.vocabulary import GREY_LEVELS, Cause, Verdict
from halfpixel.probe.compare.discrepancy import Attribution, Discrepancy, Fault, worst_fault
from halfpixel.probe.identify.convention_space import fitted_crops, fitted_cubics, nearest_convention
from halfpixel.probe.identify.identification import Identification, not_measurable, unexplained_sizes
from halfpixel.probe.identify.parameter_estimates import Parameters, parameters
from halfpixel.probe.identify.quantised_measurement import LevelAxis, LevelCaller, measure_levels, measure_lines
from halfpixel.probe.identify.quantised_rounding import (
    EXACT,
    QuantisedMeasurement,
    RoundingFit,
    noise_image,
    quantised_evidence,
    rounding_fit,
    rounding_fits,
)
from halfpixel.probe.identify.rules.quantised_rules import RuleOfLevels, follow_levels
from halfpixel.probe.identify.spot_checks import constant_result, repetition_failed
from halfpixel.probe.measure.axis_matrix import AXES, Refused
from halfpixel.probe.measure.sizes import Pair

_NOT_LINEAR, _NOT_LINEAR_RMS = 1.1, 0.33
"""Levels that results may be from the nearest linear map, at most and in the root mean square: rounding alone leaves
0.5 and ``12**-0.5``, about 0.29, and short weights and least squares a little more. Dithering leaves 0.41 and more."""
_WEIGHT_NOISE = {True: 3e-4, False: 2e-6}
"""By how much weights may be off, with rounded results and without: half a level over 84 levels, over the root of a
hundred lines, is 0.0003."""


def identify_levels(
    caller: LevelCaller, heights: list[Pair], widths: list[Pair], larger: list[Pair], most: int
) -> Identification:
    """An :class:`Identification` from at most ``most`` calls.

    ``heights`` and ``widths`` are the pairs along each axis; ``larger`` further ones along the height for the
    estimates, measured only where nothing is named.
    """
    try:
        # A repetition, three whole images and the larger pairs come after.
        height = measure_levels(caller, heights, AXES[0], max(3, caller.calls_left(most) - 9))
        if not height.lines and not height.misshapen:
            return _unmeasured(caller, f"refused at every size: {'; '.join(dict.fromkeys(height.refused.values()))}")
        fault = _disqualifying_fault(height)
        if fault is not None:
            return _unmeasured(caller, "", (fault,))
        measured = _fitted(caller, height, measure_levels(caller, widths, AXES[1], max(2, caller.calls_left(most) - 5)))
    except NotInstalled as absent:
        return not_measurable(
            caller.operation.id, caller.calls, str(absent), Verdict.NOT_INSTALLED, form=str(caller.form)
        )
    fits = _explaining(measured)
    faults = tuple(_faults(measured, bool(fits)))
    if fits and not faults and measured.width.lines:
        return _named(measured, fits)
    for pair in larger[: max(0, caller.calls_left(most) - 1)]:
        try:
            lines = measure_lines(caller, pair, measured.height)
        except (Refused, WrongShape, NotInstalled):
            continue
        measured.height.lines[pair] = lines
        measured.height_matrices[pair] = lines.fitted()[0] * measured.scale
    rule = None if faults or not measured.width.lines else follow_levels(measured)
    return _estimated(measured, faults) if rule is None else _ruled(measured, rule)


def _ruled(measured: QuantisedMeasurement, found: RuleOfLevels) -> Identification:
    return Identification(
        _discrepancy(measured, None, Verdict.AGREES, found.levels),
        rule=found.rule,
        calls=measured.caller.calls,
        evidence=(found.evidence,),
        form=str(measured.caller.form),
        estimate_parameters=lambda: _parameters(measured),
    )


def _unmeasured(caller: LevelCaller, reason: str, faults: tuple[Fault, ...] = ()) -> Identification:
    return not_measurable(caller.operation.id, caller.calls, reason, faults=faults, form=str(caller.form))


def _disqualifying_fault(height: LevelAxis) -> Fault | None:
    """A fault with which no convention is looked for: wrong shapes, a constant result, NaN."""
    if height.misshapen:
        pair, mismatch = next(iter(height.misshapen.items()))
        where = f"at {pair[0]} -> {pair[1]} along the height " if height.lines else ""
        return Fault(Cause.OUTPUT_SIZE, np.inf, f"{where}it {mismatch}")
    outputs = [results.outputs for results in height.lines.values()]
    if all(np.ptp(levels) == 0 for levels in outputs):
        value = float(outputs[0].flat[0])
        return constant_result(Cause.OFFSET, value, value)
    if not all(np.isfinite(levels).all() for levels in outputs):
        return Fault(Cause.LINEARITY, np.inf, "not finite")
    return None


def _fitted(caller: LevelCaller, height: LevelAxis, width: LevelAxis) -> QuantisedMeasurement:
    """Matrices by least squares, of both axes."""
    heights = {pair: results.fitted() for pair, results in height.lines.items()}
    widths = {pair: results.fitted() for pair, results in width.lines.items()}
    residuals = [residual[residual != 0] for _, _, residual in (*heights.values(), *widths.values())]
    levels = np.concatenate([results.outputs.ravel() for axis in (height, width) for results in axis.lines.values()])
    is_whole = bool(np.abs(levels - np.rint(levels)).max() < 1e-3)
    return QuantisedMeasurement(
        caller,
        height,
        width,
        1.0 if is_whole else 0.0,
        {pair: matrix for pair, (matrix, _, _) in heights.items()},
        {pair: matrix for pair, (matrix, _, _) in widths.items()},
        float(np.median(np.concatenate([offset for _, offset, _ in heights.values()]))),
        float(np.abs(np.concatenate(residuals)).max(initial=0)),
        # Rows that copy a pixel leave nothing.
        max((float(np.sqrt((residual**2).mean())) for residual in residuals if residual.size), default=0.0),
    )


def _faults(measured: QuantisedMeasurement, is_explained: bool) -> Iterator[Fault]:
    caller, height = measured.caller, measured.height
    pair, first = next(iter(height.lines.items()))
    try:
        again = measure_lines(caller, pair, height)
    except (Refused, WrongShape) as refusal:
        yield repetition_failed(refusal)
        return
    off = float(np.abs(again.outputs - first.outputs).max())
    if off:
        text = f"the same call, made again, gives another result ({pair[0]} -> {pair[1]}, by {off:.3g} levels)"
        yield Fault(Cause.DETERMINISM, off / GREY_LEVELS, text)
        return
    allowed, rms = (_NOT_LINEAR, _NOT_LINEAR_RMS) if measured.output_step else (0.05, 0.05)
    if not is_explained and (measured.residual > allowed or measured.rms > rms):
        mean = f"{measured.rms:.3g} in the root mean square"
        text = f"results are up to {measured.residual:.3g} levels from what any linear map gives, {mean}"
        yield Fault(Cause.LINEARITY, measured.residual / GREY_LEVELS, text)
        return
    offset = measured.offset_levels
    if not is_explained and abs(offset) > 1.2:
        yield Fault(Cause.OFFSET, abs(offset) / GREY_LEVELS, f"{offset:+.3g} levels are added to every result")
        return
    yield from _whole_image_fault(measured)


def _whole_image_fault(measured: QuantisedMeasurement) -> Iterator[Fault]:
    """Whether whole images are the product of both axes, within two roundings."""
    for down, rows in list(measured.height_matrices.items())[:2]:
        right = next(
            (pair for pair in measured.width_matrices if pair[0] != down[0] and measured.can_combine(down, pair)), None
        )
        if right is None:
            continue
        image = noise_image(down[0], right[0], ends_only=False)
        try:
            resized = measured.caller.resize_plane(image, (down[1], right[1]))
        except (Refused, WrongShape) as refusal:
            yield Fault(Cause.SEPARABILITY, np.inf, f"an image of {down[0]} x {right[0]}: {refusal}")
            return
        columns = measured.width_matrices[right]
        gain = np.abs(rows).sum(axis=1).max() * np.abs(columns).sum(axis=1).max()
        # Each pass rounds, by up to a level; and weights are known to a few ten-thousandths. Rounding down in both
        # makes everything darker, which is no fault of the weights.
        allowed = (2.5 if measured.output_step else 0.05) * max(1.0, gain)
        expected = rows @ image @ columns.T
        off = float(np.abs(resized - expected - np.median(resized - expected)).max())
        scale = float((resized * expected).sum() / max((expected**2).sum(), 1e-9))
        is_scaled = 0.5 < scale < 2 and abs(scale - 1) > 0.03
        if is_scaled and float(np.abs(resized - scale * expected).max()) <= allowed:
            # Weights that are not divided by their sum: each axis was measured times the other's factor of a constant.
            for matrices in (measured.height_matrices, measured.width_matrices):
                matrices.update({pair: matrix * scale**0.5 for pair, matrix in matrices.items()})
            measured.scale = scale**0.5
        elif off > allowed:
            resize = f"an image of {down[0]} x {right[0]} resized to {down[1]} x {right[1]}"
            text = f"{resize} is not what each axis gives alone (off by {off:.3g} levels)"
            yield Fault(Cause.SEPARABILITY, off / GREY_LEVELS, text)
        return


def _explaining(measured: QuantisedMeasurement) -> dict[Convention, RoundingFit]:
    """The conventions that explain the height and the width, with the fit along the height."""
    lines, matrices, step = measured.height.lines, measured.height_matrices, measured.output_step
    fits = rounding_fits(lines, matrices, step)
    for estimated in (fitted_cubics, fitted_crops):
        fits = fits or rounding_fits(lines, matrices, step, estimated(matrices))
    return {
        convention: fit
        for convention, fit in fits.items()
        if rounding_fit(convention, measured.width.lines, step) is not None
    }


def _named(measured: QuantisedMeasurement, fits: Mapping[Convention, RoundingFit]) -> Identification:
    convention = min(fits, key=lambda candidate: len(fits[candidate].rows))
    fit = fits[convention]
    worst = max(abs(fit.low), abs(fit.high))
    verdict = Verdict.AGREES if fit.extra_tolerance <= EXACT else Verdict.APPROXIMATES
    return Identification(
        _discrepancy(measured, convention, verdict, worst),
        convention,
        tuple(other for other in fits if other != convention and len(fits[other].rows) == len(fit.rows)),
        # The evidence makes one more call.
        evidence=tuple(quantised_evidence(measured, convention, fit)),
        calls=measured.caller.calls,
        exceptions=tuple(("height", *pair, row) for pair, row in fit.rows),
        form=str(measured.caller.form),
        estimate_parameters=lambda: _parameters(measured),
    )


def _discrepancy(
    measured: QuantisedMeasurement,
    convention: Convention | None,
    verdict: Verdict,
    levels: float,
    attribution: Attribution | None = None,
) -> Discrepancy:
    refusals = [*measured.height.refused.values(), *measured.width.refused.values()]
    return Discrepancy(
        measured.caller.operation.id,
        str(convention),
        verdict,
        gain=2 * levels / GREY_LEVELS,
        grey_levels=levels,
        measured=measured.measured,
        attribution=attribution,
        refused=tuple((reason, refusals.count(reason)) for reason in dict.fromkeys(refusals)),
    )


def _parameters(measured: QuantisedMeasurement) -> Parameters:
    return parameters(measured.height_matrices, _WEIGHT_NOISE[bool(measured.output_step)])


def _estimated(measured: QuantisedMeasurement, faults: tuple[Fault, ...]) -> Identification:
    lines = measured.height.lines
    nearest = None if faults else nearest_convention(measured.height_matrices)
    levels, evidence = 0.0, []
    if nearest is not None:
        exact = {pair: exact_with_tolerance(nearest, pair).values for pair in lines}
        levels = max(max_difference(results.residuals(exact[pair])) for pair, results in lines.items())
    verdict, attribution = Verdict.DIVERGES, None
    if faults:
        worst = worst_fault(faults)
        levels = GREY_LEVELS * worst.error
        verdict = Verdict.DIVERGES if np.isfinite(worst.error) else Verdict.ERROR
        attribution = Attribution((worst.factor,), worst.explanation)
    else:
        residual, rms = f"{measured.residual:.3g} levels at most", f"{measured.rms:.3g} in the root mean square"
        evidence.append(f"least squares leave {residual}, {rms}")
        if nearest is not None:
            step = measured.output_step
            unexplained = [pair for pair in lines if rounding_fit(nearest, {pair: lines[pair]}, step) is None]
            evidence += unexplained_sizes(nearest, unexplained, len(lines))
        if not measured.width_matrices:
            evidence.append("nothing was measured along the width")
    return Identification(
        _discrepancy(measured, nearest, verdict, levels, attribution),
        nearest=nearest,
        calls=measured.caller.calls,
        evidence=tuple(evidence),
        faults=faults,
        form=str(measured.caller.form),
        estimate_parameters=None if faults else lambda: _parameters(measured),
    )
