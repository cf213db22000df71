"""Names the convention of a black box: any callable that resizes an image, in at most 40 calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from adapters import NotInstalled, Operation
from adapters.layout import WrongShape
from golden import Convention, affine_map
from golden.catalogue import CATALOGUE
from golden.convention import BORDERS, NEAREST_MODES
from probe import few_calls, space
from probe.compare import against_convention
from probe.conditions import describe_pairs
from probe.discrepancy import Attribution, Discrepancy, Verdict
from probe.estimate import cubic_coefficient, regions, sampling_line, simple_fractions
from probe.few_calls import Caller, Measured
from probe.measure import AXES, Refused, Sweep, as_operation
from probe.sizes import Pair, size_set
from probe.structure import Fault

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


@dataclass(frozen=True, slots=True)
class Identification:
    """What a black box was found to be.

    convention
        The plainest convention that explains everything measured, within rounding; ``None`` when none does, or when
        there is a fault.
    equivalents
        The other conventions of the space that are the same function at every measured pair.
    nearest
        Where there is no convention: the closest one. How far off it is stands in ``discrepancy``.
    discrepancy
        What was measured, held against ``convention`` or ``nearest``. A fault makes it ``diverges`` or ``error``.
    calls
        How often the subject was called; a batch counts once for each plane in it.
    evidence
        What was seen, a sentence each: sampling line, antialias, border, ties, coefficient.
    exceptions
        ``(axis, n_in, n_out, output)`` of picks on the other side of a tie than the exact one.
    faults
        What no convention can be: seen when the subject is not a resize by one matrix an axis, the same every time.
    unsupported
        Why nothing was measured; empty otherwise.
    """

    discrepancy: Discrepancy
    convention: Convention | None = None
    equivalents: tuple[Convention, ...] = ()
    nearest: Convention | None = None
    calls: int = 0
    evidence: tuple[str, ...] = ()
    exceptions: tuple[tuple[str, int, int, int], ...] = ()
    faults: tuple[Fault, ...] = ()
    unsupported: str = ""

    @property
    def subject(self) -> str:
        """How the subject is called in messages."""
        return self.discrepancy.subject

    @property
    def names(self) -> tuple[str, ...]:
        """The catalogue's names for this function, those of equivalent conventions included."""
        same = {self.convention, *self.equivalents}
        return tuple(entry.name for entry in CATALOGUE if entry.convention in same)

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def identify(subject: Operation | Callable, sizes: str | tuple[Pair, ...] | None = None) -> Identification:
    """Name the convention of ``subject``: an operation, or any ``f(image: float32 (H, W), size: (h, w)) -> (h, w)``.

    Without ``sizes`` at most 40 calls are made; with one's own ``(n_in, n_out)`` pairs, or the name of a size set, one
    for each pair along the height, and about twenty more. Whatever the subject raises is part of the answer; raises
    only ``ValueError`` for unknown sizes.
    """
    operation = as_operation(subject)
    caller = Caller(operation, is_function=not isinstance(subject, Operation))
    down, across = _pairs(operation, sizes)
    if not down:
        return _nothing(caller, "it is defined for none of the sizes tried")
    try:
        height = few_calls.measure_axis(caller, down, AXES[0])
        width = few_calls.measure_axis(caller, across, AXES[1]) if height.matrices else Measured(AXES[1])
        faults = tuple(few_calls.faults(caller, height, width))
    except NotInstalled as absent:
        return _nothing(caller, str(absent), Verdict.NOT_INSTALLED)
    if not height.matrices:
        refused = list(dict.fromkeys(height.refused.values()))
        reason = f"refused at every size: {'; '.join(refused[:3])}" if refused else ""
        reason = "; ".join([fault.explanation for fault in faults] + [reason] * bool(reason))
        verdict = Verdict.ERROR if faults else Verdict.UNSUPPORTED
        return _nothing(caller, reason or "no size of the other axis goes with the sizes tried", verdict, faults)
    if not any(n_in != n_out and n_in > 1 for n_in, n_out in height.matrices):
        reason = "measured only where conventions are the same: the size stays, or the input is one pixel"
        return _nothing(caller, reason, Verdict.ERROR if faults else Verdict.UNSUPPORTED, faults)
    return _named(caller, height, width, faults)


def _nothing(
    caller: Caller, reason: str, verdict: Verdict = Verdict.UNSUPPORTED, faults: tuple[Fault, ...] = ()
) -> Identification:
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
    estimated = [] if found else _estimated(height.matrices)
    found = found or space.explaining(height.matrices, estimated)
    fits = _along_both(found, width.matrices)
    if fits and not faults:
        convention = min(fits, key=lambda one: len(fits[one]))
        equivalents = [one for one in fits if one != convention and fits[one] == fits[convention]]
        return Identification(
            against_convention(sweeps, convention),
            convention,
            tuple(equivalents),
            calls=caller.calls,
            evidence=tuple(_evidence(convention, height.matrices)),
            exceptions=fits[convention],
        )
    nearest = next(iter(fits or found), None) or space.nearest(height.matrices, estimated)
    if nearest is None:
        reason = "; ".join(fault.explanation for fault in faults)
        return _nothing(caller, reason or "nothing finite was measured", Verdict.ERROR, faults)
    faults = faults or tuple(_chance(caller, height, nearest))
    held = against_convention(sweeps, nearest)
    return Identification(
        _with_faults(held, faults),
        nearest=nearest,
        calls=caller.calls,
        evidence=(
            *_apart(found, height, width),
            *_apart_by_size(nearest, height),
            *_evidence(nearest, height.matrices),
        ),
        faults=faults,
    )


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


def _estimated(matrices: Mapping[Pair, np.ndarray]) -> list[Convention]:
    """Conventions with a coefficient or a region of interest read off the matrices."""
    if not all(np.isfinite(got).all() for got in matrices.values()):
        return []
    telling = {pair: matrices[pair] for pair in space.screens(matrices)}
    found = []
    for convention in space.cubics(matrices):
        coefficient = cubic_coefficient(convention, telling)
        if coefficient is not None:
            found += [convention.but(cubic_coeff_a=a) for a in simple_fractions(coefficient)]
    for roi in regions(matrices):
        crops = (one for one in space.space() if one.coordinate_transformation_mode == "tf_crop_and_resize")
        found += [convention.but(roi=roi) for convention in crops]
    return found


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
            yield few_calls.not_repeatable(pair, again - height.matrices[pair])
            return


def _apart_by_size(nearest: Convention, height: Measured) -> Iterable[str]:
    """A sentence when ``nearest`` explains most pairs, so that where it fails is news."""
    odd = _odd(nearest, height)
    if 0 < len(odd) <= len(height.matrices) / 2:
        where, _ = describe_pairs(tuple(odd), tuple(height.matrices))
        yield f"'{nearest}' explains {len(height.matrices) - len(odd)} of {len(height.matrices)} pairs; it fails{where}"


def _apart(found: Mapping[Convention, tuple], height: Measured, width: Measured) -> Iterable[str]:
    """A sentence when the axes follow different conventions, or only one of them follows any."""
    if not width.matrices:
        return
    other = space.explaining(width.matrices)
    if found and not other:
        yield f"'{next(iter(found))}' along the height, and no known convention along the width"
    elif other and not found and len(_odd(next(iter(other)), height)) == len(height.matrices):
        yield f"'{next(iter(other))}' along the width, and no known convention along the height"
    elif found and not set(found) & set(other):
        yield f"the axes differ: '{next(iter(found))}' along the height, '{next(iter(other))}' along the width"


def _evidence(convention: Convention, matrices: Mapping[Pair, np.ndarray]) -> Iterable[str]:
    finite = {pair: got for pair, got in matrices.items() if np.isfinite(got).all()}
    yield from _lines_seen(convention, finite)
    yield from _widths_seen(finite)
    if convention.kernel == "cubic":
        coefficient = cubic_coefficient(convention, {pair: finite[pair] for pair in space.screens(finite)})
        if coefficient is not None:
            yield f"cubic coefficient {coefficient:.5f} by least squares"
    if space.explaining(finite, [convention]):
        yield from _alternatives(convention, "border", BORDERS, finite)
        if convention.kernel == "nearest":
            yield from _alternatives(convention, "nearest_mode", NEAREST_MODES, finite)


def _lines_seen(convention: Convention, matrices: Mapping[Pair, np.ndarray]) -> Iterable[str]:
    is_linear = convention.kernel == "linear" and not convention.antialias
    is_pick = all(np.count_nonzero(got, axis=1).max(initial=0) <= 1 for got in matrices.values())
    for kind, chosen in (("enlarging", lambda n: n[1] > n[0]), ("shrinking", lambda n: n[1] < n[0])):
        for pair in sorted(filter(chosen, matrices), key=lambda pair: -pair[0] * pair[1]):
            line = sampling_line(matrices[pair], is_linear)
            if line is None:
                continue
            step, first = affine_map(convention, *pair)
            exact = f" ({convention.coordinate_transformation_mode}: {step} x_out {_signed(first)})"
            about = "about " if is_pick else ""
            yield f"{kind} {pair[0]} -> {pair[1]}: {about}x_in = {line[0]:.4f} x_out {line[1]:+.4f}{exact}"
            break


def _signed(value: object) -> str:
    return f"- {-value}" if value < 0 else f"+ {value}"


def _widths_seen(matrices: Mapping[Pair, np.ndarray]) -> Iterable[str]:
    """How many pixels an output weighs when the size grows and when it shrinks: antialiasing is the difference."""
    most = {pair: int((np.abs(got) > 1e-6).sum(axis=1).max(initial=0)) for pair, got in matrices.items()}
    grows = [pair for pair in most if pair[1] > pair[0]]
    shrinks = [pair for pair in most if 2 * pair[1] < pair[0] and pair[1] > 1]
    if not shrinks:
        return
    strong = max(shrinks, key=lambda pair: pair[0] / pair[1])
    seen = f"an output weighs up to {most[strong]} pixels when shrinking {strong[0]} -> {strong[1]}"
    if not grows:
        yield f"{seen}; enlarging was not measured"
        return
    usual = max(most[pair] for pair in grows)
    yield f"{seen}, {usual} when enlarging: {'' if most[strong] > usual + 1 else 'no '}antialiasing"


def _alternatives(
    convention: Convention, field: str, values: Iterable[str], matrices: Mapping[Pair, np.ndarray]
) -> Iterable[str]:
    """Which other values of one parameter would explain the same measurement."""
    own = getattr(convention, field)
    same = []
    for value in values:
        try:
            changed = convention.but(**{field: value})
        except ValueError:
            continue
        if value != own and space.explaining(matrices, [changed]):
            same.append(value)
    told = f"cannot be told from {', '.join(same)}" if same else "no other explains what was measured"
    yield f"{field.replace('_', ' ')} {own}: {told}"


def _lines(found: Identification) -> Iterable[str]:
    if found.unsupported:
        yield f"{found.subject}: nothing to name"
        yield f"because:     {found.unsupported}"
    elif found.convention is not None:
        yield f"{found.subject}: {found.convention}"
        if found.names:
            yield f"known as:    {', '.join(found.names)}"
        if found.equivalents:
            shown = "; ".join(str(one) for one in found.equivalents[:3])
            more = f"; and {len(found.equivalents) - 3} more" if len(found.equivalents) > 3 else ""
            yield f"the same as: {shown}{more} (at every size measured)"
    else:
        yield f"{found.subject}: no known convention"
        if found.nearest is not None:
            yield f"nearest:     {found.nearest}"
    for fault in found.faults:
        yield f"fault:       {fault.factor}: {fault.explanation}"
    for sentence in found.evidence:
        yield f"seen:        {sentence}"
    if found.exceptions:
        shown = ", ".join(f"{n_in} -> {n_out} at {row} ({axis})" for axis, n_in, n_out, row in found.exceptions[:6])
        yield f"exceptions:  {len(found.exceptions)} picks on the other side of a tie: {shown}"
    held = found.discrepancy
    if held.measured:
        levels = f", {held.grey_levels:.4g} grey levels of 255" if held.grey_levels else ""
        yield f"worst error: {held.gain:.3g} for images in [-1, 1]{levels} ({held.verdict})"
        yield from (f"refused:     {count} pairs: {message}" for message, count in held.refused)
    yield f"measured:    {held.measured} pairs of sizes in {found.calls} calls"
