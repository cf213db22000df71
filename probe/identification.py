"""What a black box was found to be, and how that reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from golden import Convention
from golden.catalogue import CATALOGUE
from probe.discrepancy import Discrepancy
from probe.estimates.parameters import Parameters
from probe.structure import Fault


@dataclass(frozen=True)
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
    about_nearest
        What of the evidence speaks of ``nearest`` alone: estimates say it better where there are any.
    form
        Which images it was measured with, where that is not a plane of float32.
    parameters
        Estimates of its numbers, whether it has a name or not; ``None`` where nothing linear was measured. They are
        worked out when they are asked for.
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
    about_nearest: tuple[str, ...] = ()
    form: str = ""
    parameters_of: Callable[[], Parameters] | None = field(default=None, repr=False, compare=False)

    @cached_property
    def parameters(self) -> Parameters | None:
        """The estimates."""
        return None if self.parameters_of is None else self.parameters_of()

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


def _lines(found: Identification) -> Iterable[str]:
    if found.unsupported:
        yield f"{found.subject}: nothing to name"
        if not found.faults:
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
        named = "no convention, because of a fault" if found.faults else "no known convention"
        yield f"{found.subject}: {named}" + ("; its parameters are estimated below" if found.parameters_of else "")
        if found.nearest is not None:
            yield f"nearest:     {found.nearest}"
    for fault in found.faults:
        yield f"fault:       {fault.factor}: {fault.explanation}"
    hidden = found.about_nearest if found.parameters_of is not None and found.convention is None else ()
    for sentence in found.evidence:
        if sentence not in hidden:
            yield f"seen:        {sentence}"
    if found.exceptions:
        shown = ", ".join(f"{n_in} -> {n_out} at {row} ({axis})" for axis, n_in, n_out, row in found.exceptions[:6])
        yield f"exceptions:  {len(found.exceptions)} picks on the other side of a tie: {shown}"
    if found.convention is None and found.parameters is not None:
        yield from (f"estimate:    {estimate}" for estimate in found.parameters.estimates)
    held = found.discrepancy
    if held.measured:
        levels = f", {held.grey_levels:.4g} grey levels of 255" if held.grey_levels else ""
        yield f"worst error: {held.gain:.3g} for images in [-1, 1]{levels} ({held.verdict})"
        yield from (f"refused:     {count} pairs: {message}" for message, count in held.refused)
    with_form = f", with {found.form}" if found.form else ""
    yield f"measured:    {held.measured} pairs of sizes in {found.calls} calls{with_form}"
