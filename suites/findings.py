"""Turns what probe found into the records that reports keeps."""

from __future__ import annotations

import math
from typing import Protocol

from adapters import Operation
from probe import Attribution, Discrepancy, Structure
from probe.discrepancy import Row
from probe.observation import Observation
from probe.reproduce import structure_script
from reports import record


class Asked(Protocol):
    """What a question is asked of: an operation, or a call by scale or of another rank."""

    id: str
    framework: str
    source: str
    note: str


def finding(suite: str, question: str, operation: Operation, found: Discrepancy, seconds: float) -> record.Finding:
    """The record of one question about one operation."""
    up, down, same = _directions(found.differing)
    is_measured = found.measured > 0
    return record.Finding(
        suite=suite,
        question=question,
        operation=operation.id,
        framework=operation.framework,
        against=found.against,
        verdict=str(found.verdict),
        claim=None if operation.claim is None else operation.claim.as_dict(),
        source=operation.source,
        note=operation.note,
        gain=found.gain if is_measured else None,
        grey_levels=found.grey_levels if is_measured else None,
        pixels_moved=None if math.isnan(found.pixels_moved) or not is_measured else found.pixels_moved,
        tolerance=found.tolerance if is_measured else None,
        smallest_tolerance=found.gain if is_measured and not found.verdict.is_agreement else None,
        pairs_measured=found.measured,
        pairs_differing=len(found.differing),
        differing_up=up,
        differing_down=down,
        differing_same=same,
        worst=None if found.worst is None else worst(found.worst),
        attribution=None if found.attribution is None else attribution(found.attribution),
        refused=_refused(found),
        message="" if found.verdict.is_agreement else str(found),
        reproduction=found.reproduction,
        seconds=seconds,
    )


def structure_finding(question: str, operation: Operation, found: Structure, seconds: float) -> record.Finding:
    """The record of whether an operation is a repeatable, linear and separable map; one verdict, the worst fault's."""
    common = {
        "suite": "structure",
        "question": question,
        "operation": operation.id,
        "framework": operation.framework,
        "against": "a repeatable, linear, separable map of each channel of each image",
        "source": operation.source,
        "seconds": seconds,
        "pairs_measured": found.checked,
    }
    if found.refused or not found.checked:
        message = found.refused or "nothing measured: it is defined for none of the shapes tried"
        return record.Finding(
            verdict="error", refused=record.Refused(pairs=0, message=message), message=message, **common
        )
    if not found.faults:
        return record.Finding(verdict="agrees", gain=0.0, **common)
    factors = tuple(fault.factor for fault in found.faults)
    text = "; ".join(fault.explanation for fault in found.faults)
    gain = max(fault.error for fault in found.faults)
    return record.Finding(
        verdict="diverges",
        gain=gain,
        attribution=record.Attribution(factors=factors, explanation=text),
        message=f"called:      {operation.id}\nverdict:     diverges\nattribution: {text}",
        reproduction=structure_script(operation, found.faults[0]),
        **common,
    )


def observed(suite: str, question: str, operation: Asked, found: Observation, seconds: float) -> record.Finding:
    """The record of one variant of one operation; ``question`` names the variant, so that no two are the same."""
    agrees = found.verdict.is_agreement
    message = "" if agrees or found.refused else found.message(operation.id)
    return record.Finding(
        suite=suite,
        question=question,
        operation=operation.id,
        framework=operation.framework,
        variant=found.variant,
        headline=found.headline,
        unit=found.unit,
        figures={name: text for name, text in _worst_case(found) if text} | found.figures,
        against=found.against,
        verdict=str(found.verdict),
        source="" if agrees else operation.source,
        note="" if agrees else operation.note,
        gain=found.gain,
        tolerance=found.tolerance,
        smallest_tolerance=None if agrees else found.gain,
        pairs_measured=found.measured,
        pairs_differing=found.differing,
        attribution=None if found.attribution is None else attribution(found.attribution),
        refused=record.Refused(pairs=found.measured, message=found.refused) if found.refused else None,
        message=message,
        reproduction=found.reproduction,
        seconds=seconds,
    )


def _worst_case(found: Observation) -> tuple[tuple[str, str], ...]:
    return ("worst at", found.where), ("expected", found.expected), ("got", found.got)


def attribution(found: Attribution) -> record.Attribution:
    """The record of an attribution."""
    convention = None if found.convention is None else str(found.convention)
    return record.Attribution(factors=found.factors, explanation=found.explanation, convention=convention)


def worst(row: Row) -> record.Worst:
    """The record of the row where the worst case is reached."""
    return record.Worst(
        axis=row.axis,
        n_in=row.n_in,
        n_out=row.n_out,
        output_index=row.output_index,
        region=row.region,
        coordinate=row.coordinate,
        expected=row.expected,
        got=row.got,
        image=row.image,
    )


def _refused(found: Discrepancy) -> record.Refused | None:
    if not found.refused:
        return None
    message, _ = found.refused[0]
    return record.Refused(pairs=sum(count for _, count in found.refused), message=message)


def _directions(differing: tuple[tuple[int, int], ...]) -> tuple[int, int, int]:
    up = sum(n_out > n_in for n_in, n_out in differing)
    same = sum(n_out == n_in for n_in, n_out in differing)
    return up, len(differing) - up - same, same
