"""What a run of a model finds: how each runtime fared, how outputs and resizes differ, and the verdict on all of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from golden import Convention
from parity.status import Exit, Status
from probe.discrepancy import Verdict

__all__ = [
    "Exit",
    "LabelChange",
    "NodeFinding",
    "OtherNode",
    "Outcome",
    "OutputDifference",
    "Run",
    "Status",
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one runtime fared with the whole model.

    message
        What it said when it did not run: one line, untrusted.
    settings
        What it was asked for where its defaults are otherwise (precision, threads), in words.
    load_seconds, run_seconds
        Of the model as it is, by the clock; the import of the runtime is not counted.
    disturbed
        By how much the outputs change when the tensors around its resizes are outputs, too, which keeps a runtime from
        fusing them away; ``None`` where that was not done, or refused (``blind`` says why).
    """

    runtime: str
    status: Status
    version: str = ""
    message: str = ""
    settings: str = ""
    load_seconds: float = 0.0
    run_seconds: float = 0.0
    disturbed: float | None = None
    blind: str = ""

    @property
    def ran(self) -> bool:
        """Whether there is anything to compare."""
        return self.status is Status.RAN


@dataclass(frozen=True, slots=True)
class LabelChange:
    """Pixels whose label differs, of an output that looks like a segmentation.

    ``box`` is the smallest ``(top, left, bottom, right)`` that holds them, ends excluded; ``at`` the first of them,
    ``(n, y, x)``; ``examples`` up to five ``(n, y, x, label expected, label got)``.
    """

    changed: int
    pixels: int
    box: tuple[int, int, int, int]
    examples: tuple[tuple[int, int, int, int, int], ...] = ()

    @property
    def share(self) -> float:
        """Of all pixels."""
        return self.changed / self.pixels


@dataclass(frozen=True, slots=True)
class OutputDifference:
    """One final output of one runtime, against what it is held against.

    worst
        The largest difference, infinite where one has NaN or another shape and the other has not; ``at`` is where.
    spread
        Largest minus smallest value expected: what ``worst`` is to be seen beside.
    floor
        What rounding explains (see :func:`parity.outputs.floor_of`).
    labels, grey_levels
        Of outputs that look like a segmentation, or like an image; else ``None``.
    """

    output: str
    runtime: str
    against: str
    verdict: Verdict
    worst: float
    spread: float
    floor: float
    at: tuple[int, ...] = ()
    labels: LabelChange | None = None
    grey_levels: float | None = None
    message: str = ""

    @property
    def compared(self) -> bool:
        """Whether there was anything to compare: an empty output, or one of nothing but NaN, is equal to any other."""
        return self.verdict is not Verdict.UNSUPPORTED

    @property
    def share(self) -> float:
        """``worst`` as a part of ``spread``."""
        return self.worst / self.spread if self.spread > 0 else (0.0 if self.worst == 0 else math.inf)


@dataclass(frozen=True, slots=True)
class NodeFinding:
    """One resize on one runtime.

    runtime
        Empty where the file itself differs from the reference, whatever runs it.
    own
        Largest error of its output when it is given the same input as everywhere, by the exact definition of its
        convention (of the reference's, where the file differs); without a known convention, against ``against``.
    bound
        What rounding explains of that.
    inherited
        Largest difference of its input to that of the base runtime in the run of the whole model.
    in_place
        Its error by the exact definition on its own input, in the run of the whole model; ``None`` where it could not
        be looked at.
    gain, grey_levels, pixels_moved
        The worst case over all images, as in :class:`probe.Discrepancy`, at the sizes it has here.
    factors, explanation, measured
        Which thing differs, the evidence, and the convention that explains what was measured, where there is one.
    goes_away
        Which part of the final difference goes away when this node alone is replaced by the exact definition: 1 is all
        of it; negative when it grows, as when another fault made up for this one; ``None`` where that was not tried.
    """

    key: str
    runtime: str
    against: str
    verdict: Verdict
    sizes: tuple[tuple[int, int], ...] = ()
    own: float = 0.0
    bound: float = 0.0
    inherited: float = 0.0
    in_place: float | None = None
    gain: float = 0.0
    grey_levels: float = 0.0
    pixels_moved: float = 0.0
    factors: tuple[str, ...] = ()
    explanation: str = ""
    convention: Convention | None = None
    measured: Convention | None = None
    goes_away: float | None = None
    message: str = ""

    @property
    def differs(self) -> bool:
        """Whether it was compared, and does otherwise than it should."""
        return self.verdict in (Verdict.APPROXIMATES, Verdict.TIES, Verdict.DIVERGES, Verdict.ERROR)

    @property
    def compared(self) -> bool:
        """Whether there was anything to hold it against."""
        return self.differs or self.verdict.is_agreement


@dataclass(frozen=True, slots=True)
class OtherNode:
    """The first node, in topological order, that is no resize and does otherwise alone; sought where outputs differ.

    key, name
        Where it is (``main/3:Conv``; ``inlined/3:Conv`` where functions were inlined first), and its own name,
        untrusted. Empty where no such node was found; ``message`` says what was looked at.
    against
        The runtime whose result its own is held against, and whose tensors both were given.
    own, bound
        The largest difference of the two results, and what rounding explains of it.
    """

    key: str
    name: str
    runtime: str
    against: str
    verdict: Verdict
    own: float = 0.0
    bound: float = 0.0
    explanation: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Everything that running a model found, worst first.

    feeds
        In words, what was fed: ``x: float32 (1, 3, 64, 96), standard normal, seed 0``.
    base
        The runtime whose tensors every resize is given; ``against`` is what final outputs are held against, in words.
    unseen
        Resizes that could not be looked at, by key, with why.
    unexplained
        Final outputs that still differ by a grey level of their spread or more with every differing resize replaced.
    others
        For each runtime of which outputs are unexplained, the first node that is no resize and does otherwise.
    seconds
        By the clock, of the whole.
    """

    outcomes: tuple[Outcome, ...]
    feeds: tuple[str, ...] = ()
    base: str = ""
    against: str = ""
    outputs: tuple[OutputDifference, ...] = ()
    nodes: tuple[NodeFinding, ...] = ()
    unseen: tuple[tuple[str, str], ...] = ()
    unexplained: tuple[OutputDifference, ...] = ()
    others: tuple[OtherNode, ...] = ()
    wanted: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def differing(self) -> tuple[NodeFinding, ...]:
        """The resizes that do otherwise than they should, worst first."""
        return tuple(one for one in self.nodes if one.differs)

    @property
    def exit(self) -> Exit:
        """Divergence where a resize or an output differs; parity where runs were compared and everything agrees.

        One runtime without a reference is no parity, even with every resize as its convention is documented: nobody
        said what else the model should do. A runtime that was asked for by name and did not run is no parity, nor is a
        reference that did not, nor are outputs of which all are empty, or nothing but NaN. Outputs that differ by less
        than a grey level of their spread, with every resize exact, are parity: that is what the rounding of a network
        does.
        """
        if self.differing or any(one.verdict in (Verdict.DIVERGES, Verdict.ERROR) for one in self.outputs):
            return Exit.DIVERGENCE
        ran = {outcome.runtime for outcome in self.outcomes if outcome.ran}
        compared = len(ran) > 1 and any(one.compared for one in self.outputs or self.nodes)
        return Exit.PARITY if compared and ran.issuperset(self.wanted) else Exit.CANNOT_TELL
