"""Names what takes or returns grey levels: 8-bit functions, 8-bit files, floats that clamp or round to 255ths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from adapters import NotInstalled
from adapters.layout import WrongShape
from golden import Convention
from probe.discrepancy import Attribution, Discrepancy, Verdict
from probe.estimates.coefficients import crops, cubics
from probe.estimates.parameters import Parameters, parameters
from probe.forms import LEVELS
from probe.identification import Identification
from probe.levels import rules as level_rules
from probe.levels.evidence import Levels, evidence, goes_with, whole_image
from probe.levels.images import LevelCaller, measure_levels, measure_lines
from probe.measure import AXES, Refused
from probe.sizes import Pair
from probe.space import exact, nearest
from probe.structure import Fault

_NOT_LINEAR, _NOT_LINEAR_RMS = 1.1, 0.33
"""Levels that results may be from the nearest linear map, at most and in the root mean square: rounding alone leaves
0.5 and ``12**-0.5``, about 0.29, and short weights and least squares a little more. Dithering leaves 0.41 and more."""
_NOISE = {True: 3e-4, False: 2e-6}
"""By how much weights may be off: half a level over 84 levels, over the root of a hundred lines, is 0.0003."""


def identify_levels(caller: LevelCaller, down: list[Pair], across: list[Pair], larger: list[Pair], most: int):
    """An :class:`Identification` from at most ``most`` calls along ``down`` (height), ``across`` (width), ``larger``.

    ``larger`` are pairs for estimates, measured only where nothing is named.
    """
    try:
        measured = _measured(caller, down, across, most)
    except NotInstalled as absent:
        return nothing(caller, str(absent), Verdict.NOT_INSTALLED)
    if isinstance(measured, Identification):
        return measured
    found = _explaining(measured)
    faults = tuple(_faults(measured, bool(found)))
    if found and not faults and measured.width.lines:
        return _named(measured, found)
    room = caller.calls_left(most)
    for pair in larger[: max(0, room - 1)]:
        try:
            lines = measure_lines(caller, pair, measured.height)
        except (Refused, WrongShape, NotInstalled):
            continue
        measured.height.lines[pair] = lines
        measured.matrices[pair] = lines.fitted()[0] * measured.scale
    return _estimated(measured, faults)


def nothing(
    caller: LevelCaller, reason: str, verdict: Verdict = Verdict.UNSUPPORTED, faults: tuple[Fault, ...] = ()
) -> Identification:
    """What cannot be named at all."""
    found = Discrepancy(caller.operation.id, "every known convention", verdict, refused=((reason, 0),))
    unsupported = faults[0].explanation if faults else reason
    return Identification(found, calls=caller.calls, faults=faults, unsupported=unsupported, form=str(caller.form))


def _measured(caller: LevelCaller, down: list[Pair], across: list[Pair], most: int) -> Levels | Identification:
    # A repetition, three whole images and the larger pairs come after.
    height = measure_levels(caller, down, AXES[0], max(3, caller.calls_left(most) - 9))
    if not height.lines:
        wrong = next(iter(height.misshapen.values()), None)
        if wrong is not None:
            return nothing(caller, "", Verdict.ERROR, (Fault("output size", np.inf, f"it {wrong}"),))
        refused = "; ".join(dict.fromkeys(height.refused.values()))
        return nothing(caller, f"refused at every size: {refused}")
    if height.misshapen:
        pair, wrong = next(iter(height.misshapen.items()))
        fault = Fault("output size", np.inf, f"at {pair[0]} -> {pair[1]} along the height it {wrong}")
        return nothing(caller, "", Verdict.ERROR, (fault,))
    if all(np.ptp(one.got) == 0 for one in height.lines.values()):
        value = next(iter(height.lines.values())).got.flat[0]
        text = f"the result does not depend on the image: it is {value:.6g} everywhere"
        return nothing(caller, "", Verdict.ERROR, (Fault("offset", float(value), text),))
    if not all(np.isfinite(one.got).all() for one in height.lines.values()):
        return nothing(caller, "", Verdict.ERROR, (Fault("linearity", np.inf, "not finite"),))
    width = measure_levels(caller, across, AXES[1], max(2, caller.calls_left(most) - 5))
    fits = {pair: one.fitted() for pair, one in height.lines.items()}
    others = {pair: one.fitted() for pair, one in width.lines.items()}
    every = np.concatenate([left[left != 0] for _, _, left in (*fits.values(), *others.values())])
    results = np.concatenate([one.got.ravel() for one in (*height.lines.values(), *width.lines.values())])
    is_whole = bool(np.abs(results - np.rint(results)).max() < 1e-3)
    return Levels(
        caller,
        height,
        width,
        1.0 if is_whole else 0.0,
        {pair: matrix for pair, (matrix, _, _) in fits.items()},
        {pair: matrix for pair, (matrix, _, _) in others.items()},
        float(np.median(np.concatenate([added for _, added, _ in fits.values()]))),
        float(np.abs(every).max(initial=0)),
        max((_rms(left) for _, _, left in (*fits.values(), *others.values())), default=0.0),
    )


def _rms(left: np.ndarray) -> float:
    """Of what is left of one pair's results, where anything is: rows that copy a pixel leave nothing."""
    return float(np.sqrt((left[left != 0] ** 2).mean())) if left.any() else 0.0


def _faults(measured: Levels, is_explained: bool) -> Iterator[Fault]:
    caller, height = measured.caller, measured.height
    pair, first = next(iter(height.lines.items()))
    try:
        again = measure_lines(caller, pair, height)
    except (Refused, WrongShape) as refusal:
        yield Fault("determinism", np.inf, f"the same call, made again, fails: {refusal}")
        return
    off = float(np.abs(again.got - first.got).max())
    if off:
        text = f"the same call, made again, gives another result ({pair[0]} -> {pair[1]}, by {off:.3g} levels)"
        yield Fault("determinism", off / LEVELS, text)
        return
    allowed, rms = (_NOT_LINEAR, _NOT_LINEAR_RMS) if measured.resolution else (0.05, 0.05)
    if not is_explained and (measured.left > allowed or measured.rms > rms):
        mean = f"{measured.rms:.3g} in the root mean square"
        text = f"results are up to {measured.left:.3g} levels from what any linear map gives, {mean}"
        yield Fault("linearity", measured.left / LEVELS, text)
        return
    if not is_explained and abs(measured.added) > 1.2:
        yield Fault("offset", abs(measured.added) / LEVELS, f"{measured.added:+.3g} levels are added to every result")
        return
    yield from _whole_fault(measured)


def _whole_fault(measured: Levels) -> Iterator[Fault]:
    """Whether what each axis does alone makes up whole images, within two roundings."""
    for rows, down in [(measured.matrices[pair], pair) for pair in list(measured.matrices)[:2]]:
        right = next((pair for pair in measured.across if pair[0] != down[0] and goes_with(measured, down, pair)), None)
        if right is None:
            continue
        image = whole_image(down[0], right[0], soft=True)
        try:
            got = measured.caller(image, (down[1], right[1]))
        except (Refused, WrongShape) as refusal:
            yield Fault("separability", np.inf, f"an image of {down[0]} x {right[0]}: {refusal}")
            return
        columns = measured.across[right]
        gain = np.abs(rows).sum(axis=1).max() * np.abs(columns).sum(axis=1).max()
        # Each pass rounds, by up to a level; and weights are known to a few ten-thousandths. Rounding down in both
        # makes everything darker, which is no fault of the weights.
        allowed = (2.5 if measured.resolution else 0.05) * max(1.0, gain)
        expected = rows @ image @ columns.T
        off = float(np.abs(got - expected - np.median(got - expected)).max())
        scale = float((got * expected).sum() / max((expected**2).sum(), 1e-9))
        is_scaled = 0.5 < scale < 2 and abs(scale - 1) > 0.03
        if is_scaled and float(np.abs(got - scale * expected).max()) <= allowed:
            # Weights that are not divided by their sum: each axis was measured times what the other does to a constant.
            for matrices in (measured.matrices, measured.across):
                matrices.update({pair: matrix * scale**0.5 for pair, matrix in matrices.items()})
            measured.scale = scale**0.5
        elif off > allowed:
            words = f"an image of {down[0]} x {right[0]} resized to {down[1]} x {right[1]}"
            text = f"{words} is not what each axis gives alone (off by {off:.3g} levels)"
            yield Fault("separability", off / LEVELS, text)
        return


def _explaining(measured: Levels) -> dict[Convention, level_rules.Explained]:
    found = level_rules.explaining(measured.height.lines, measured.matrices, measured.resolution)
    for estimated in (cubics, crops):
        if not found:
            extra = estimated(measured.matrices)
            found = level_rules.explaining(measured.height.lines, measured.matrices, measured.resolution, extra)
    kept = {}
    for convention, one in found.items():
        other = level_rules.explanation(convention, measured.width.lines, measured.resolution)
        if other is not None:
            kept[convention] = one
    return kept


def _named(measured: Levels, found: Mapping[Convention, level_rules.Explained]) -> Identification:
    caller = measured.caller
    convention = min(found, key=lambda one: len(found[one].rows))
    equivalents = tuple(
        one for one in found if one != convention and len(found[one].rows) == len(found[convention].rows)
    )
    explained = found[convention]
    worst = max(abs(explained.low), abs(explained.high))
    is_close = explained.allowance <= level_rules.EXACT
    held = Discrepancy(
        caller.operation.id,
        str(convention),
        Verdict.AGREES if is_close else Verdict.APPROXIMATES,
        gain=2 * worst / LEVELS,
        grey_levels=worst,
        measured=measured.measured,
        refused=_refusals(measured),
    )
    exceptions = tuple(("height", *pair, row) for pair, row in explained.rows)
    seen = tuple(evidence(measured, convention, explained))
    return Identification(
        held,
        convention,
        equivalents,
        calls=caller.calls,
        evidence=seen,
        exceptions=exceptions,
        form=str(caller.form),
        parameters_of=lambda: _parameters(measured),
    )


def _refusals(measured: Levels) -> tuple[tuple[str, int], ...]:
    every = [*measured.height.refused.values(), *measured.width.refused.values()]
    return tuple((reason, every.count(reason)) for reason in dict.fromkeys(every))


def _mostly(measured: Levels, closest: Convention | None) -> Iterator[str]:
    """Where the nearest convention explains most pairs, those that it does not."""
    if closest is None:
        return
    odd = [
        pair
        for pair, one in measured.height.lines.items()
        if level_rules.explanation(closest, {pair: one}, measured.resolution) is None
    ]
    count = len(measured.height.lines)
    if 0 < len(odd) <= count / 2:
        shown = ", ".join(f"{n_in} -> {n_out}" for n_in, n_out in odd[:6])
        yield f"'{closest}' explains {count - len(odd)} of {count} pairs along the height, and not {shown}"


def _parameters(measured: Levels) -> Parameters:
    return parameters(measured.matrices, _NOISE[bool(measured.resolution)])


def _estimated(measured: Levels, faults: tuple[Fault, ...]) -> Identification:
    caller = measured.caller
    closest = nearest(measured.matrices)
    worst = fault = None
    if faults:
        fault = max(faults, key=lambda one: one.error)
    if closest is not None:
        worst = max(
            float(np.abs(one.beyond(exact(closest, pair).values)).max()) for pair, one in measured.height.lines.items()
        )
    verdict = Verdict.DIVERGES if fault is None or np.isfinite(fault.error) else Verdict.ERROR
    held = Discrepancy(
        caller.operation.id,
        str(closest),
        verdict,
        gain=2 * (worst or 0.0) / LEVELS,
        grey_levels=worst or 0.0,
        measured=measured.measured,
        attribution=None if fault is None else Attribution((fault.factor,), fault.explanation),
        refused=_refusals(measured),
    )
    seen = []
    if not faults:
        seen = [
            f"least squares leave {measured.left:.3g} levels at most, {measured.rms:.3g} in the root mean square",
            *_mostly(measured, closest),
        ]
        if not measured.across:
            seen.append("nothing was measured along the width")
    return Identification(
        held,
        nearest=closest,
        calls=caller.calls,
        evidence=tuple(seen),
        faults=faults,
        form=str(caller.form),
        parameters_of=None if faults else lambda: _parameters(measured),
    )
