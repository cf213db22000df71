"""The result of an identification, and its text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from halfpixel.golden import Convention
from halfpixel.golden.catalogue import CATALOGUE
from halfpixel.golden.rules import PiecewiseRule
from halfpixel.golden.vocabulary import GREY_LEVELS, Verdict
from halfpixel.probe.compare.discrepancy import Discrepancy, Fault, error_text
from halfpixel.probe.identify.parameter_estimates import Parameters
from halfpixel.probe.measure.sizes import Pair


@dataclass(frozen=True)
class Identification:
    """The convention of a resizer, or the nearest one, with the evidence.

    convention
        The plainest convention that explains all measurements, within rounding; ``None`` when none does, or when there
        is a fault.
    equivalents
        The other conventions of the space that are the same function at every measured pair.
    nearest
        Where there is no convention: the closest one. ``discrepancy`` says how far off it is.
    discrepancy
        The measurements compared with ``convention`` or ``nearest``. A fault makes it ``diverges`` or ``error``.
    calls
        How often the subject was called, 0 where its answers were recorded; a batch counts once for each plane in it.
    evidence
        Observations, a sentence each: sampling line, antialias, border, ties, coefficient.
    exceptions
        ``(axis, n_in, n_out, output)`` of picks on the other side of a tie than the exact one.
    faults
        Properties that no convention has: the subject is not a resize by one matrix an axis, the same every time.
    unsupported
        Why nothing was measured; empty otherwise.
    nearest_evidence
        The sentences of the evidence about ``nearest``; estimates replace them where there are any.
    form
        The images it was measured with, where that is not a plane of float32.
    parameters
        Estimates of its numbers, computed on demand; ``None`` where nothing linear was measured.
    rule
        The rule that both axes together follow, where no convention says it all: another scale, a shift, parts by size.
    exceptions_of_rule
        Where the rule does not hold, a sentence each; empty where it holds at every shape tried.
    asks_for_scale
        The size that a function returns whatever size is asked for, such as ``round(n_in / 2)``; empty for others.
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
    nearest_evidence: tuple[str, ...] = ()
    form: str = ""
    rule: PiecewiseRule | None = None
    exceptions_of_rule: tuple[str, ...] = ()
    asks_for_scale: str = ""
    estimate_parameters: Callable[[], Parameters] | None = field(default=None, repr=False, compare=False)

    @cached_property
    def parameters(self) -> Parameters | None:
        """The estimates."""
        return None if self.estimate_parameters is None else self.estimate_parameters()

    @property
    def subject(self) -> str:
        """The name of the subject in messages."""
        return self.discrepancy.subject

    @property
    def is_named(self) -> bool:
        """Whether a convention, or a rule that holds at every shape tried, says what it does."""
        return self.convention is not None or (self.rule is not None and not self.exceptions_of_rule)

    @property
    def names(self) -> tuple[str, ...]:
        """The catalogue's names for this function, those of equivalent conventions included."""
        same = {self.convention, *self.equivalents}
        return tuple(entry.name for entry in CATALOGUE if entry.convention in same)

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def not_measurable(
    subject: str,
    calls: int,
    reason: str,
    verdict: Verdict = Verdict.UNSUPPORTED,
    faults: tuple[Fault, ...] = (),
    form: str = "",
) -> Identification:
    """The result where no convention can be looked for: the first fault is the reason, where there is one."""
    if faults:
        reason, verdict = faults[0].explanation, Verdict.ERROR
    discrepancy = Discrepancy(subject, "every known convention", verdict, refused=((reason, 0),))
    return Identification(discrepancy, calls=calls, faults=faults, unsupported=reason, form=form)


def unexplained_sizes(nearest: Convention, unexplained: list[Pair], n_pairs: int) -> Iterator[str]:
    """A sentence when ``nearest`` explains most pairs of the height: the pairs that it does not explain."""
    if 0 < len(unexplained) <= n_pairs / 2:
        pairs = ", ".join(f"{n_in} -> {n_out}" for n_in, n_out in unexplained[:6])
        explained = n_pairs - len(unexplained)
        yield f"'{nearest}' explains {explained} of {n_pairs} pairs along the height, and not {pairs}"


def _lines(result: Identification) -> Iterator[str]:
    if result.unsupported:
        yield f"{result.subject}: nothing to name"
        if not result.faults:
            yield f"because:     {result.unsupported}"
    elif result.rule is not None:
        asks = "asks for a scale: " if result.asks_for_scale else ""
        yield f"{result.subject}: {asks}{result.rule}"
        if result.asks_for_scale:
            yield f"size:        it returns {result.asks_for_scale}"
        yield from (f"formula:     {formula}" for formula in result.rule.formulas())
        yield from (f"except:      {sentence}" for sentence in result.exceptions_of_rule)
    elif result.convention is not None:
        yield f"{result.subject}: {result.convention}"
        if result.names:
            yield f"known as:    {', '.join(result.names)}"
        if result.equivalents:
            same = "; ".join(str(convention) for convention in result.equivalents[:3])
            more = f"; and {len(result.equivalents) - 3} more" if len(result.equivalents) > 3 else ""
            yield f"the same as: {same}{more} (at every size measured)"
    else:
        name = "no convention, because of a fault" if result.faults else "no known convention"
        estimated = "; its parameters are estimated below" if result.estimate_parameters else ""
        yield f"{result.subject}: {name}{estimated}"
        if result.nearest is not None:
            yield f"nearest:     {result.nearest}"
    for fault in result.faults:
        yield f"fault:       {fault.factor}: {fault.explanation}"
    is_estimated = result.estimate_parameters is not None and not result.is_named and result.rule is None
    replaced = result.nearest_evidence if is_estimated else ()
    yield from (f"seen:        {sentence}" for sentence in result.evidence if sentence not in replaced)
    if result.exceptions:
        picks = ", ".join(f"{n_in} -> {n_out} at {row} ({axis})" for axis, n_in, n_out, row in result.exceptions[:6])
        yield f"exceptions:  {len(result.exceptions)} picks on the other side of a tie: {picks}"
    if is_estimated and result.parameters is not None:
        yield from (f"estimate:    {estimate}" for estimate in result.parameters.estimates)
    difference = result.discrepancy
    if difference.measured:
        # Of the worst image from -1 to 1, which spans 255 grey levels, where no row is known.
        levels = difference.grey_levels or GREY_LEVELS / 2 * difference.gain
        yield f"{error_text(levels, difference.pixels_moved, difference.gain)} ({difference.verdict})"
        yield from (f"refused:     {count} pairs: {message}" for message, count in difference.refused)
    with_form = f", with {result.form}" if result.form else ""
    calls = f" in {result.calls} calls" if result.calls else ""
    yield f"measured:    {difference.measured} pairs of sizes{calls}{with_form}"
