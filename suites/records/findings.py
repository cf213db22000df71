"""Make report records of what probe measured about one call."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from halfpixel.adapters import ByScaleOperation, NdOperation, Operation
from halfpixel.golden.vocabulary import Suite, Verdict, every_call
from halfpixel.parity.exports.export_cases import ExportCase
from halfpixel.probe import Attribution, Discrepancy, Structure
from halfpixel.probe.compare.discrepancy import OutputRow
from halfpixel.probe.compare.reproduction import property_program
from halfpixel.probe.variants.observation import Observation
from halfpixel.reports.records import record_types
from halfpixel.reports.records.record_types import Finding, Refusal, WorstCase


@dataclass(frozen=True, slots=True)
class EveryCall:
    """All calls of a framework together, where a question is about the framework."""

    framework: str
    source: str = ""
    note: str = ""

    @property
    def id(self) -> str:
        """Stands for the call."""
        return every_call(self.framework)


AnyCall = Operation | ByScaleOperation | NdOperation | ExportCase | EveryCall
"""The kinds of call that a question may be about."""


def operation_finding(
    suite: Suite, question: str, operation: Operation, discrepancy: Discrepancy, seconds: float
) -> Finding:
    """The record of one question about one operation."""
    is_measured = discrepancy.measured > 0
    is_agreement = discrepancy.verdict.is_agreement
    up = sum(n_out > n_in for n_in, n_out in discrepancy.differing)
    same = sum(n_out == n_in for n_in, n_out in discrepancy.differing)
    return Finding(
        suite=suite,
        question=question,
        operation=operation.id,
        framework=operation.framework,
        against=discrepancy.against,
        verdict=discrepancy.verdict.value,
        claim=None if operation.claim is None else operation.claim.as_dict(),
        source=operation.source,
        note=operation.note,
        gain=discrepancy.gain if is_measured else None,
        grey_levels=discrepancy.grey_levels if is_measured else None,
        pixels_moved=discrepancy.pixels_moved if is_measured and not math.isnan(discrepancy.pixels_moved) else None,
        tolerance=discrepancy.tolerance if is_measured else None,
        smallest_tolerance=discrepancy.gain if is_measured and not is_agreement else None,
        pairs_measured=discrepancy.measured,
        pairs_differing=len(discrepancy.differing),
        differing_up=up,
        differing_down=len(discrepancy.differing) - up - same,
        differing_same=same,
        worst=None if discrepancy.worst is None else worst_row_record(discrepancy.worst),
        attribution=attribution_record(discrepancy.attribution),
        refused=_refusal(discrepancy),
        figures={"verified": discrepancy.certificate} if discrepancy.certificate else {},
        message="" if is_agreement else str(discrepancy),
        reproduction=discrepancy.reproduction,
        seconds=seconds,
    )


def structure_finding(question: str, operation: Operation, structure: Structure, seconds: float) -> Finding:
    """The record of whether an operation is a repeatable, linear and separable map; one verdict, the worst fault's."""
    finding = partial(
        Finding,
        suite=Suite.STRUCTURE,
        question=question,
        operation=operation.id,
        framework=operation.framework,
        against="a repeatable, linear, separable map of each channel of each image",
        source=operation.source,
        seconds=seconds,
        pairs_measured=structure.checked,
    )
    if structure.refused or not structure.checked:
        message = structure.refused or "nothing measured: it is defined for none of the shapes tried"
        return finding(verdict=Verdict.ERROR, refused=Refusal(pairs=0, message=message), message=message)
    if not structure.faults:
        return finding(verdict=Verdict.AGREES, gain=0.0)
    text = "; ".join(fault.explanation for fault in structure.faults)
    return finding(
        verdict=Verdict.DIVERGES,
        gain=max(fault.error for fault in structure.faults),
        attribution=record_types.Attribution(
            factors=tuple(fault.factor for fault in structure.faults), explanation=text
        ),
        message=f"called:      {operation.id}\nverdict:     diverges\nattribution: {text}",
        reproduction=property_program(operation, structure.faults[0]),
    )


def variant_findings(
    suite: Suite, question: str, operation: AnyCall, observe: Callable[[], Iterable[Observation]]
) -> list[Finding]:
    """The records of every variant that ``observe`` gives; ``question`` has places for ``{id}`` and ``{variant}``.

    What the call of ``observe`` takes is shared evenly; what each step of an iterator takes is that variant's own.
    """
    started = time.perf_counter()
    observations = observe()
    called = lap = time.perf_counter()
    timed = []
    for observation in observations:
        before, lap = lap, time.perf_counter()
        timed.append((observation, lap - before))
    share = (called - started) / max(1, len(timed))
    return [
        variant_finding(
            suite, question.format(id=operation.id, variant=observation.variant), operation, observation, share + own
        )
        for observation, own in timed
    ]


def variant_finding(
    suite: Suite, question: str, operation: AnyCall, observation: Observation, seconds: float
) -> Finding:
    """The record of one variant of one operation; ``question`` names the variant, so that no two are the same."""
    agrees = observation.verdict.is_agreement
    worst = {"worst at": observation.where, "expected": observation.expected, "got": observation.got}
    refused = observation.refused
    return Finding(
        suite=suite,
        question=question,
        operation=operation.id,
        framework=operation.framework,
        variant=observation.variant,
        headline=observation.headline,
        unit=observation.unit,
        figures={name: text for name, text in worst.items() if text} | observation.figures,
        against=observation.against,
        verdict=observation.verdict.value,
        source="" if agrees else operation.source,
        note="" if agrees else operation.note,
        gain=observation.gain,
        tolerance=observation.tolerance,
        smallest_tolerance=None if agrees else observation.gain,
        pairs_measured=observation.measured,
        pairs_differing=observation.differing,
        attribution=attribution_record(observation.attribution),
        refused=Refusal(pairs=observation.measured, message=refused) if refused else None,
        message="" if agrees or refused else observation.message(operation.id),
        reproduction=observation.reproduction,
        seconds=seconds,
    )


def attribution_record(attribution: Attribution | None) -> record_types.Attribution | None:
    """The record of an attribution, where there is one."""
    if attribution is None:
        return None
    convention = None if attribution.convention is None else str(attribution.convention)
    return record_types.Attribution(
        factors=attribution.factors, explanation=attribution.explanation, convention=convention
    )


def worst_row_record(row: OutputRow) -> WorstCase:
    """The record of the row where the worst case is reached."""
    return WorstCase(
        axis=row.axis,
        n_in=row.n_in,
        n_out=row.n_out,
        output_index=row.output_index,
        region=row.region,
        coordinate=row.coordinate,
        expected=tuple(row.expected.tolist()),
        got=tuple(row.got.tolist()),
        image=tuple(row.image.tolist()),
    )


def _refusal(discrepancy: Discrepancy) -> Refusal | None:
    if not discrepancy.refused:
        return None
    message, _ = discrepancy.refused[0]
    return Refusal(pairs=sum(count for _, count in discrepancy.refused), message=message)
