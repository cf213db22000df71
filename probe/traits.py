"""What measured matrices show of a convention, a sentence each: sampling line, window, coefficient, border, ties."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

import numpy as np

from golden import Convention, affine_map
from golden.convention import BORDERS, NEAREST_MODES
from probe import space
from probe.estimate import cubic_coefficient, sampling_line
from probe.sizes import Pair


def traits(convention: Convention, matrices: Mapping[Pair, np.ndarray]) -> Iterable[str]:
    """The sentences; ``convention`` is the one found, or the nearest, whose parameters are spoken of."""
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
            exact = f"{convention.coordinate_transformation_mode}: {step} x_out {_signed(first)}"
            about = "about " if is_pick else ""
            seen = f"{line[0]:.4f} x_out {_signed(line[1], '.4f')}"
            yield f"{kind} {pair[0]} -> {pair[1]}: samples at {about}x_in = {seen} ({exact})"
            break


def _signed(value: Fraction | float, form: str = "") -> str:
    return f"{'-' if value < 0 else '+'} {format(abs(value), form)}"


def _widths_seen(matrices: Mapping[Pair, np.ndarray]) -> Iterable[str]:
    """How many pixels an output weighs when the size grows and when it shrinks: antialiasing is the difference."""
    most = {pair: int((np.abs(got) > 1e-6).sum(axis=1).max(initial=0)) for pair, got in matrices.items()}
    grows = [pair for pair in most if pair[1] > pair[0]]
    shrinks = [pair for pair in most if 2 * pair[1] < pair[0] and pair[1] > 1]
    if not shrinks:
        return
    strong = max(shrinks, key=lambda pair: pair[0] / pair[1])
    pixels = "pixel" if most[strong] == 1 else "pixels"
    seen = f"an output weighs up to {most[strong]} {pixels} when shrinking {strong[0]} -> {strong[1]}"
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
    exceptions = space.explaining(matrices, [convention])[convention]
    same = []
    for value in values:
        try:
            changed = convention.but(**{field: value})
        except ValueError:
            continue
        if value != own and space.explaining(matrices, [changed]).get(changed) == exceptions:
            same.append(value)
    told = f"cannot be told from {', '.join(same)}" if same else "no other explains what was measured"
    yield f"{field.replace('_', ' ')} {own}: {told}"
