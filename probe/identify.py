"""Names the convention of a black box: any callable that resizes an image, in at most 40 calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np

from adapters import NotInstalled, Operation
from adapters.layout import WrongShape
from golden import Convention
from probe import few_calls, forms, space, spot_checks
from probe.compare import against_convention
from probe.discrepancy import Attribution, Discrepancy, Verdict
from probe.estimates.coefficients import crops, cubics
from probe.estimates.parameters import parameters
from probe.few_calls import Caller, Measured
from probe.forms import LEVELS, Chosen, Form
from probe.identification import Identification
from probe.levels.images import LevelCaller
from probe.levels.naming import identify_levels
from probe.measure import AXES, Refused, Sweep, as_operation
from probe.sizes import Pair, size_set
from probe.structure import Fault
from probe.traits import traits

MOST_CALLS = 40

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
    subject: Operation | Callable, sizes: str | tuple[Pair, ...] | None = None, dtype: str | None = None
) -> Identification:
    """Name the convention of ``subject``: an operation, or any ``f(image (H, W), size: (h, w)) -> (h, w)``.

    Images are float32; where a function refuses those, or returns whole numbers, images of grey levels are taken, and
    three channels where it wants those. ``dtype``, ``float32`` or ``uint8``, decides it instead. What has no name has
    its parameters estimated.

    Without ``sizes`` at most 40 calls are made; with one's own ``(n_in, n_out)`` pairs, or the name of a size set, one
    for each pair along the height, and about twenty more. Whatever the subject raises is part of the answer; raises
    only ``ValueError`` for unknown sizes or dtypes.
    """
    if dtype not in (None, *forms.DTYPES):
        raise ValueError(f"unknown dtype {dtype!r}; allowed: {', '.join(forms.DTYPES)}")
    operation = as_operation(subject)
    is_function = not isinstance(subject, Operation)
    caller = Caller(operation, is_function)
    down, across = _pairs(operation, sizes)
    if not down:
        return _nothing(caller, "it is defined for none of the sizes tried")
    most = MOST_CALLS if sizes is None else MOST_CALLS + len(down)
    try:
        chosen = forms.chosen(operation, is_function, down, dtype)
    except NotInstalled as absent:
        return _nothing(caller, str(absent), Verdict.NOT_INSTALLED)
    if chosen.is_levels:
        return _by_levels(chosen, down, across, most)
    found = _by_floats(Caller(chosen.operation, is_function, chosen.calls), down, across)
    if chosen.form.channels > 1:
        found = replace(found, form=str(chosen.form))
    if is_function and any(fault.factor == "linearity" for fault in found.faults):
        clamped = replace(
            chosen, form=Form("float32", chosen.form.channels, 1 / LEVELS, 1 / LEVELS), calls=found.calls + 1
        )
        if forms.clamps(chosen.operation, down[0]):
            again = _by_levels(clamped, down, across, most)
            # Whatever is not linear within 0..1 either is what it was found to be.
            return again if not again.faults else replace(found, calls=again.calls)
        return replace(found, calls=found.calls + 1)
    return found


def _by_levels(chosen: Chosen, down: list[Pair], across: list[Pair], most: int) -> Identification:
    caller = LevelCaller(chosen.operation, chosen.form, chosen.calls)
    return identify_levels(caller, down, across, _larger(chosen.operation), most)


def _larger(operation: Operation) -> list[Pair]:
    return [pair for pair in LARGER if operation.accepts(*pair)]


def _by_floats(caller: Caller, down: list[Pair], across: list[Pair]) -> Identification:
    try:
        height = few_calls.measure_axis(caller, down, AXES[0])
        width = few_calls.measure_axis(caller, across, AXES[1]) if height.matrices else Measured(AXES[1])
        faults = tuple(spot_checks.faults(caller, height, width))
    except NotInstalled as absent:
        return _nothing(caller, str(absent), Verdict.NOT_INSTALLED)
    if not height.matrices:
        refused = list(dict.fromkeys(height.refused.values()))
        if refused or faults:
            return _nothing(caller, f"refused at every size: {'; '.join(refused[:3])}", faults=faults)
        return _nothing(caller, "no size of the other axis goes with the sizes tried")
    if any(map(_means_nothing, faults)) or not any(n_in != n_out and n_in > 1 for n_in, n_out in height.matrices):
        reason = "measured only where conventions are the same: the size stays, or the input is one pixel"
        return _nothing(caller, reason, faults=faults)
    return _named(caller, height, width, faults)


def _means_nothing(fault: Fault) -> bool:
    """Whether matrices measured with this fault are near no convention but by chance."""
    return fault.explanation.startswith(spot_checks.CONSTANT) or (fault.factor == "determinism" and fault.error > 0.1)


def _nothing(
    caller: Caller, reason: str, verdict: Verdict = Verdict.UNSUPPORTED, faults: tuple[Fault, ...] = ()
) -> Identification:
    if faults:
        reason, verdict = faults[0].explanation, Verdict.ERROR
    found = Discrepancy(caller.operation.id, "every known convention", verdict, refused=((reason, 0),))
    return Identification(found, calls=caller.calls, faults=faults, unsupported=reason)


def _pairs(operation: Operation, sizes: str | tuple[Pair, ...] | None) -> tuple[list[Pair], list[Pair]]:
    """The pairs to measure along the height and the width, of those that the operation is defined for."""
    if sizes is not None:
        chosen = [pair for pair in size_set(sizes).pairs if operation.accepts(*pair)]
        return chosen, chosen[:3]
    chosen = [pair for pair in HEIGHT if operation.accepts(*pair)]
    across = [pair for pair in WIDTH if operation.accepts(*pair)]
    if len(chosen) < _FEWEST:
        other = [(n_in, n_out) for n_in in range(1, 13) for n_out in range(1, 25) if operation.accepts(n_in, n_out)]
        other.sort(key=lambda pair: (pair[0] < 4, pair[0] == pair[1], pair[0] * pair[1]))
        chosen = list(dict.fromkeys(chosen + other))[: len(HEIGHT)]
    return chosen, (across + [pair for pair in chosen if pair not in across])[: len(WIDTH)]


def _named(caller: Caller, height: Measured, width: Measured, faults: tuple[Fault, ...]) -> Identification:
    sweeps = [Sweep(caller.operation, one.axis, one.matrices, one.refused, one.misshapen) for one in (height, width)]
    found = space.explaining(height.matrices)
    coefficients = [] if found else cubics(height.matrices)
    for estimated in (coefficients, [] if found else crops(height.matrices)):
        found = found or space.explaining(height.matrices, estimated)
    fits = _along_both(found, width.matrices)
    if fits and width.matrices and not faults:
        convention = min(fits, key=lambda one: len(fits[one]))
        equivalents = [one for one in fits if one != convention and fits[one] == fits[convention]]
        return Identification(
            against_convention(sweeps, convention),
            convention,
            tuple(equivalents),
            calls=caller.calls,
            evidence=tuple(traits(convention, height.matrices)),
            exceptions=fits[convention],
            parameters_of=lambda: parameters(height.matrices),
        )
    nearest = next(iter(fits or found), None) or space.nearest(height.matrices, coefficients)
    if nearest is None:
        return _nothing(caller, "nothing finite was measured", Verdict.ERROR, faults)
    faults = faults or tuple(_chance(caller, height, nearest))
    held = against_convention(sweeps, nearest)
    is_linear = not any(fault.factor in ("linearity", "determinism", "state") for fault in faults)
    about_nearest = tuple(traits(nearest, height.matrices)) if is_linear else ()
    evidence = (*_apart(found, height, width), *_apart_by_size(nearest, height), *about_nearest)
    more = _more(caller, height) if is_linear else {}
    return Identification(
        _with_faults(held, faults),
        nearest=nearest,
        calls=caller.calls,
        evidence=evidence,
        about_nearest=about_nearest,
        faults=faults,
        parameters_of=(lambda: parameters(height.matrices | more)) if is_linear else None,
    )


def _more(caller: Caller, height: Measured) -> dict[Pair, np.ndarray]:
    """Matrices of the larger pairs, as far as calls are left and they are not refused."""
    found = {}
    for pair in _larger(caller.operation)[: max(0, MOST_CALLS - caller.calls - 1)]:
        try:
            got = few_calls.measure_pair(caller, pair, height)
        except (Refused, WrongShape, NotInstalled):
            continue
        if got is not None:
            found[pair] = got
    return found


def _with_faults(held: Discrepancy, faults: tuple[Fault, ...]) -> Discrepancy:
    if not faults:
        return held
    worst = max(faults, key=lambda fault: fault.error)
    verdict = Verdict.ERROR if worst.error == float("inf") else Verdict.DIVERGES
    attribution = Attribution((worst.factor,), worst.explanation)
    return replace(held, verdict=verdict, gain=max(held.gain, worst.error), attribution=attribution)


_Fits = dict[Convention, tuple[tuple[str, int, int, int], ...]]


def _along_both(found: Mapping[Convention, tuple], across: Mapping[Pair, np.ndarray]) -> _Fits:
    """Those of ``found``, which explain the height, that explain the width too; with the exceptions of both."""
    result: _Fits = {}
    for convention, odd in found.items():
        other = space.explaining(across, [convention])
        if convention in other:
            places = [("height", *pair, row) for pair, row in odd]
            result[convention] = (*places, *(("width", *pair, row) for pair, row in other[convention]))
    return result


def _odd(nearest: Convention, height: Measured) -> list[Pair]:
    return [pair for pair, got in height.matrices.items() if space.exceptions(nearest, pair, got) is None]


def _chance(caller: Caller, height: Measured, nearest: Convention) -> Iterable[Fault]:
    """Where a few pairs alone do not fit, two are measured again: they may come out otherwise."""
    odd = _odd(nearest, height)
    if len(odd) > len(height.matrices) // 2:
        return
    for pair in odd[: max(0, min(2, MOST_CALLS - caller.calls))]:
        try:
            again = few_calls.measure_pair(caller, pair, height)
        except (Refused, WrongShape) as refusal:
            yield Fault("determinism", np.inf, f"the same call, made again, fails: {refusal}")
            return
        if not np.array_equal(again, height.matrices[pair], equal_nan=True):
            yield spot_checks.not_repeatable(pair, again - height.matrices[pair])
            return


def _apart_by_size(nearest: Convention, height: Measured) -> Iterable[str]:
    """A sentence when ``nearest`` explains most pairs, so that where it fails is news."""
    odd = _odd(nearest, height)
    if 0 < len(odd) <= len(height.matrices) / 2:
        shown = ", ".join(f"{n_in} -> {n_out}" for n_in, n_out in odd[:6])
        count = len(height.matrices)
        yield f"'{nearest}' explains {count - len(odd)} of {count} pairs along the height, and not {shown}"


def _apart(found: Mapping[Convention, tuple], height: Measured, width: Measured) -> Iterable[str]:
    """A sentence when the axes follow different conventions, or only one of them follows any."""
    if not width.matrices:
        reason = next(iter(width.refused.values()), "no size of the height goes with the sizes tried")
        yield f"nothing was measured along the width: {reason}"
        return
    other = space.explaining(width.matrices)
    if found and not other:
        yield f"'{next(iter(found))}' along the height, and no known convention along the width"
    elif other and not found and len(_odd(next(iter(other)), height)) == len(height.matrices):
        yield f"'{next(iter(other))}' along the width, and no known convention along the height"
    elif found and not set(found) & set(other):
        yield f"the axes differ: '{next(iter(found))}' along the height, '{next(iter(other))}' along the width"
