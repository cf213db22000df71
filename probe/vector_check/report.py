"""The outcomes of a set of vectors as one screen of text, by flag, and as a JUnit file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from halfpixel.probe.vector_check.faults import FaultsFound, Suspect, find_faults
from halfpixel.probe.vector_check.outcomes import Failed, NotAsked, Outcome, Passed, Refused
from halfpixel.probe.vector_check.vector_set import VectorSet

_SUSPECTS, _OTHERS = 4, 5
_REASONS = 3


@dataclass(frozen=True, slots=True)
class VectorReport:
    """The outcome of each vector of a set; ``str`` is the screen."""

    subject: str
    vectors: VectorSet
    outcomes: tuple[Outcome, ...]

    @property
    def compared(self) -> int:
        """How many vectors were held against a result."""
        return sum(isinstance(outcome, Passed | Failed) for outcome in self.outcomes)

    @property
    def passes(self) -> bool:
        """Whether every vector that the resizer was given passes, and there is one."""
        given = [outcome for outcome in self.outcomes if not isinstance(outcome, NotAsked)]
        return bool(given) and all(isinstance(outcome, Passed) for outcome in given)

    def __str__(self) -> str:
        """Counts, the first failing vector, and the faults that fit."""
        return "\n".join(self._lines())

    def reasons(self, kind: type[Refused | NotAsked]) -> Iterator[str]:
        """Each reason for which vectors were not compared, with the number of vectors."""
        found = [outcome.reason for outcome in self.outcomes if isinstance(outcome, kind)]
        distinct = list(dict.fromkeys(found))
        for reason in distinct[:_REASONS]:
            yield f"{_vectors(found.count(reason))}: {reason}"
        if len(distinct) > _REASONS:
            yield f"and {len(distinct) - _REASONS} other reasons"

    def _lines(self) -> Iterator[str]:
        passed = sum(isinstance(outcome, Passed) for outcome in self.outcomes)
        failed = [outcome for outcome in self.outcomes if isinstance(outcome, Failed)]
        yield f"vectors:     {self.vectors.name} {self.vectors.version}: {self.vectors.title}"
        yield f"subject:     {self.subject}"
        yield f"compared:    {_vectors(self.compared)}: {passed} pass, {len(failed)} fail"
        for reason in self.reasons(Refused):
            yield f"refused:     {reason}"
        for reason in self.reasons(NotAsked):
            yield f"not asked:   {reason}"
        if failed:
            yield from _failure(failed[0])
        yield from _faults(find_faults(self.vectors, self.outcomes), self.vectors, len(failed))


def _failure(failed: Failed) -> Iterator[str]:
    vector = failed.vector
    asked, given = (" x ".join(map(str, array.shape)) for array in (vector.image, vector.expected))
    yield f"first:       {vector.id} ({asked} -> {given}): {vector.rule}"
    if failed.place:
        yield f"worst at:    output {failed.place}; {failed.differing} of {failed.count} values differ"
    yield f"expected:    {failed.expected}"
    yield f"got:         {failed.got}"
    if failed.place:
        yield f"worst error: {failed.worst:.6g}; tolerance {vector.tolerance:.3g}"


def _faults(found: FaultsFound, vectors: VectorSet, failures: int) -> Iterator[str]:
    best = found.best
    for suspect in best[:_SUSPECTS]:
        fault = vectors.faults[suspect.flag]
        yield f"suspected:   {suspect.flag}, {_evidence(suspect, failures)}"
        yield f"             {fault.kind}: {fault.fault.rstrip('.')}. {fault.effect}"
        yield from (f"             {address}" for address in fault.threads[:1])
    others = [suspect for suspect in found.suspected if suspect not in best[:_SUSPECTS] and suspect.share != 0]
    if failures and not best:
        yield "suspected:   none: no fault that has a flag gives such results and fails these vectors"
    if others:
        rest = f" and {len(others) - _OTHERS} more" if len(others) > _OTHERS else ""
        yield f"less likely: {', '.join(_briefly(suspect, failures) for suspect in others[:_OTHERS])}{rest}"
    if found.ruled_out:
        yield f"ruled out:   {', '.join(found.ruled_out)}"
    if found.unknown:
        yield f"not known:   {', '.join(found.unknown)}: no vector that reveals it was compared"


def _evidence(suspect: Suspect, failures: int) -> str:
    explained = f"which explains {suspect.explained} of {failures} failures"
    return explained if suspect.share is None else f"{explained} and {suspect.share:.1%} of the error"


def _briefly(suspect: Suspect, failures: int) -> str:
    share = "" if suspect.share is None else f", {suspect.share:.0%} of the error"
    return f"{suspect.flag} ({suspect.explained} of {failures}{share})"


def _vectors(count: int) -> str:
    return f"{count} vector{'' if count == 1 else 's'}"


def junit(report: VectorReport) -> bytes:
    """The report as JUnit XML: a test case for each vector; refusals are errors, vectors not asked are skipped."""
    suite = ElementTree.Element("testsuite", name=f"halfpixel {report.vectors.name}")
    counts = {"failures": 0, "errors": 0, "skipped": 0}
    for outcome in report.outcomes:
        case = ElementTree.SubElement(suite, "testcase", classname=report.vectors.name, name=outcome.vector.id)
        if isinstance(outcome, Failed):
            counts["failures"] += 1
            flags = ", ".join(sorted(outcome.vector.flags))
            message = f"expected {outcome.expected}, got {outcome.got}; reveals: {flags or 'no named fault'}"
            ElementTree.SubElement(case, "failure", message=message).text = "\n".join(_failure(outcome))
        elif isinstance(outcome, Refused):
            counts["errors"] += 1
            ElementTree.SubElement(case, "error", message=outcome.reason)
        elif isinstance(outcome, NotAsked):
            counts["skipped"] += 1
            ElementTree.SubElement(case, "skipped", message=outcome.reason)
    suite.attrib.update(tests=str(len(report.outcomes)), **{name: str(count) for name, count in counts.items()})
    ElementTree.indent(suite)
    return bytes(ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True))
