"""The results of running a model: runtimes, outputs, resizes, other nodes, and the overall verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from halfpixel.golden import Convention
from halfpixel.golden.vocabulary import Verdict
from halfpixel.parity.formats.model import Fault
from halfpixel.parity.formats.onnx.flattened import WhyHidden
from halfpixel.parity.runtimes.worker import RunStatus

__all__ = [
    "CaseResult",
    "DivergentNode",
    "LabelChange",
    "ModelRun",
    "NodeFinding",
    "OutputDifference",
    "ParityExit",
    "RunStatus",
    "RuntimeResult",
]


class ParityExit(IntEnum):
    """The verdict on a model, as the exit code of the command."""

    PARITY = 0
    DIVERGENCE = 1
    CANNOT_TELL = 2


ORIGINAL = "reference: "
"""Before the name of the runtime of the original model, among the results of the model's own runtimes."""


@dataclass(frozen=True, slots=True)
class RuntimeResult:
    """The whole model on one runtime.

    message
        The runtime's message where it did not run: one line, untrusted.
    settings
        The settings that differ from its defaults (precision, threads), in words.
    load_seconds, run_seconds
        By the clock; the import of the runtime is not counted.
    disturbed
        By how much the outputs change when the tensors around its resizes are outputs, too, which keeps a runtime from
        fusing them away; ``None`` where that was not done, or refused (``blind`` says why).
    """

    runtime: str
    status: RunStatus
    version: str = ""
    message: str = ""
    settings: str = ""
    load_seconds: float = 0.0
    run_seconds: float = 0.0
    disturbed: float | None = None
    blind: str = ""

    @property
    def ran(self) -> bool:
        """Whether there are outputs to compare."""
        return self.status is RunStatus.RAN

    @property
    def is_original(self) -> bool:
        """Whether it is the result of the original model, and not of the model itself."""
        return self.runtime.startswith(ORIGINAL)


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
    """One final output of one runtime, against the expected one.

    worst
        The largest difference, infinite where only one is finite or the shapes differ; ``at`` is where.
    spread
        Largest minus smallest expected value, with which ``worst`` is to be compared.
    floor
        The difference that rounding explains (see :func:`halfpixel.parity.diagnose.rounding_floor.rounding_floor`).
    channel, channels, silent_channels
        The channel that ``worst``, ``at``, ``spread`` and ``floor`` are of, the furthest beyond what it may differ by
        (``None`` where the output has no channels); how many there are; and how many hardly move on this input, so that
        their agreement says nothing.
    labels, grey_levels
        Of outputs that look like a segmentation, or like an image; else ``None``.
    case
        The case that it is of (see :class:`CaseResult`); empty for the first.
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
    case: str = ""
    channel: int | None = None
    channels: int = 1
    silent_channels: int = 0

    @property
    def compared(self) -> bool:
        """Whether there was anything to compare: not where it is empty, NaN alone, or hardly moves."""
        return self.verdict is not Verdict.UNSUPPORTED

    @property
    def is_wrong(self) -> bool:
        """Whether a channel of it differs by several times what rounding explains, or more."""
        return self.verdict in (Verdict.DIVERGES, Verdict.ERROR)

    @property
    def share(self) -> float:
        """``worst`` as a part of ``spread``."""
        return self.worst / self.spread if self.spread > 0 else (0.0 if self.worst == 0 else math.inf)


@dataclass(frozen=True, slots=True)
class NodeFinding:
    """One resize on one runtime.

    runtime
        Empty where the file itself differs from the reference, on every runtime.
    own
        Largest error of its output for the same input as on every runtime, by the exact definition of its convention
        (of the reference's, where the file differs); without a known convention, against ``against``.
    bound
        The error that rounding explains.
    inherited
        Largest difference of its input from that of the base runtime in the run of the whole model.
    in_place
        Its error by the exact definition on its own input, in the run of the whole model; ``None`` where it could not
        be observed.
    gain, grey_levels, pixels_moved
        The worst case over all images, as in :class:`halfpixel.probe.Discrepancy`, at its sizes here.
    factors, explanation, measured
        The causes, the evidence, and the convention that explains the measurement, where there is one.
    goes_away
        The part of the final difference that is gone when this node alone is replaced by the exact definition: 1 is all
        of it; negative when the difference grows, as when another error cancelled this one; ``None`` where untried.
    case
        The case that it is of (see :class:`CaseResult`), the worst of all; empty for the first.
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
    case: str = ""

    @property
    def differs(self) -> bool:
        """Whether it was compared, and differs."""
        return self.verdict in (Verdict.APPROXIMATES, Verdict.TIES, Verdict.DIVERGES, Verdict.ERROR)

    @property
    def compared(self) -> bool:
        """Whether there was anything to compare it with."""
        return self.differs or self.verdict.is_agreement


@dataclass(frozen=True, slots=True)
class DivergentNode:
    """The first node, in topological order, that is no resize and differs alone; sought where outputs differ.

    key, name
        Where it is (``main/3:Conv``; ``inlined/3:Conv`` where functions were inlined first), and its own name,
        untrusted. Empty where no such node was found; ``message`` says which nodes were compared.
    against
        The base runtime, whose result is expected, and whose tensors both were fed.
    own, bound
        The largest difference of the two results, and the difference that rounding explains.
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
class CaseResult:
    """A further way in which the model was run: inputs of other shapes, or a branch of an If that always runs.

    name, shapes
        The inputs in words, or the path of the branch; the shapes of inputs.
    ran
        The runtimes that ran it.
    resizes, outputs
        How many were compared.
    message
        Why it was not run, or which runtimes refused it: one line, untrusted.
    """

    name: str
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    ran: tuple[str, ...] = ()
    resizes: int = 0
    outputs: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class ModelRun:
    """All results of running a model, worst first.

    feeds
        The inputs, in words: ``x: float32 (1, 3, 64, 96), standard normal, seed 0``.
    base
        The runtime whose tensors every resize is fed; ``against`` names the expected final outputs.
    unseen
        Resizes that could not be observed, by key, with the reason.
    unpaired
        Resizes of the file and of the reference that were not compared with one of the other, by key, and the reason.
    unexplained
        Final outputs that still differ by more than rounding with every differing resize replaced.
    others
        For each runtime with unexplained outputs, the first node that is no resize and differs.
    wanted
        Runtimes that were named, and must have run for parity.
    faults
        What the specification does not allow in the file. Where a runtime refuses it, there is no parity.
    seconds
        By the clock, of the whole.
    cases
        The further ways in which it was run, whose results are among the others.
    """

    outcomes: tuple[RuntimeResult, ...]
    feeds: tuple[str, ...] = ()
    base: str = ""
    against: str = ""
    outputs: tuple[OutputDifference, ...] = ()
    nodes: tuple[NodeFinding, ...] = ()
    unseen: tuple[tuple[str, str], ...] = ()
    unpaired: tuple[tuple[str, str], ...] = ()
    unexplained: tuple[OutputDifference, ...] = ()
    others: tuple[DivergentNode, ...] = ()
    wanted: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    seconds: float = 0.0
    cases: tuple[CaseResult, ...] = ()

    @property
    def differing(self) -> tuple[NodeFinding, ...]:
        """The resizes that differ, worst first."""
        return tuple(node for node in self.nodes if node.differs)

    @property
    def refusals(self) -> tuple[RuntimeResult, ...]:
        """The runtimes that refuse a file with faults."""
        failed = (RunStatus.REFUSED, RunStatus.CRASHED)
        own = [result for result in self.outcomes if not result.is_original and result.status in failed]
        return tuple(own) if self.faults else ()

    @property
    def shapes_that_differ(self) -> Mapping[str, tuple[int, ...]]:
        """The shapes of inputs of the case in which the worst resize differs; empty where that is the first case."""
        names = {node.case for node in self.differing[:1]}
        return next((case.shapes for case in self.cases if case.name in names), {})

    @property
    def exit(self) -> ParityExit:
        """Divergence where a resize or an output differs, or a runtime from itself; parity where everything agrees.

        One runtime without a reference is no parity, even with every resize as its convention is documented: there is
        nothing to compare the other nodes with. A named runtime that did not run is no parity, nor is a reference that
        did not, nor are outputs that are all empty, or all NaN. No parity either where the file has resizes and none
        could be compared, or where one lies in a branch that may not have run.
        """
        ran = {result.runtime for result in self.outcomes if result.ran}
        if self.differing or any(output.is_wrong for output in self.outputs) or (ran and self.not_repeatable):
            return ParityExit.DIVERGENCE
        if self.refusals:
            return ParityExit.CANNOT_TELL
        compared = len(ran) > 1 and any(result.compared for result in self.outputs or self.nodes)
        is_covered = not self.maybe_not_run and (not (self.nodes or self.unseen) or self.compares_resizes)
        is_parity = compared and is_covered and ran.issuperset(self.wanted)
        return ParityExit.PARITY if is_parity else ParityExit.CANNOT_TELL

    @property
    def not_repeatable(self) -> tuple[RuntimeResult, ...]:
        """The runtimes whose second run gave something else, which are compared with nothing."""
        return tuple(result for result in self.outcomes if result.status is RunStatus.NOT_REPEATABLE)

    @property
    def silent_outputs(self) -> tuple[str, ...]:
        """The outputs that were not compared anywhere, as they hardly move or have no content."""
        compared = {output.output for output in self.outputs if output.compared}
        return tuple(dict.fromkeys(output.output for output in self.outputs if output.output not in compared))

    @property
    def compares_resizes(self) -> bool:
        """Whether a resize was compared with anything."""
        return any(node.compared for node in self.nodes)

    @property
    def maybe_not_run(self) -> tuple[str, ...]:
        """Keys of the resizes in branches that may not have run in any case."""
        return tuple(key for key, reason in self.unseen if reason is WhyHidden.BRANCH)
