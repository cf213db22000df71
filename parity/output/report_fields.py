"""The verdict as the fields of a record and its page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from halfpixel.parity.audit.convention_text import convention_text
from halfpixel.parity.audit.remarks import AuditRemark
from halfpixel.parity.diagnose.results import NodeFinding
from halfpixel.parity.formats.model import ResizeNode
from halfpixel.parity.output.terminal import (
    advice_lines,
    case_lines,
    fixed_lines,
    other_line,
    output_line,
    runtime_lines,
    size_text,
    summary,
)
from halfpixel.parity.output.verdict import ModelVerdict
from halfpixel.parity.printable_text import cause_text, printable

_MAX_RESIZES = 500
"""Resizes that a page lists, those that differ first."""

_MAX_OUTPUTS = 50


def report_fields(verdict: ModelVerdict) -> dict[str, Any]:
    """The fields of :class:`halfpixel.reports.records.record_types.ModelCheck`, ready for JSON."""
    run, model = verdict.run, verdict.model
    by_key: dict[str, list[AuditRemark]] = {}
    for remark in verdict.remarks:
        by_key.setdefault(remark.key, []).append(remark)
    rank = {node.key: k for k, node in reversed(list(enumerate(run.nodes)))} if run is not None else {}
    nodes = sorted(model.resizes, key=lambda node: rank.get(node.key, len(rank) + 1))
    fields = {
        "path": printable(model.path, 200),
        "kind": model.kind,
        "verdict": verdict.exit.name.lower().replace("_", " "),
        "summary": summary(verdict) if run is not None else "nothing was run: this is what the file says",
        "remarks": [printable(remark.message, 400) for remark in by_key.get("", [])],
        "resizes": [_resize_fields(verdict, node, by_key.get(node.key, [])) for node in nodes[:_MAX_RESIZES]],
        "fix": [line.strip() for line in fixed_lines(verdict) if line.strip()],
    }
    if run is None:
        return fields
    return fields | {
        "against": printable(run.against, 80),
        "runtimes": list(runtime_lines(run)),
        "feeds": [*(printable(line, 160) for line in run.feeds), *case_lines(run)],
        "outputs": [output_line(output) for output in run.outputs[:_MAX_OUTPUTS]],
        "others": [other_line(node) for node in run.others],
        "unseen": [f"{printable(key)}: {printable(reason, 160)}" for key, reason in (*run.unseen, *run.unpaired)],
    }


def _resize_fields(verdict: ModelVerdict, node: ResizeNode, remarks: Iterable[AuditRemark]) -> dict[str, Any]:
    findings = [finding for finding in verdict.findings(node.key) if finding.compared or finding.message]
    conventions = [finding.convention for finding in findings] + [axis.convention for axis in node.axes]
    convention = next((convention for convention in conventions if convention is not None), None)
    sizes: Iterable[tuple[int | None, int | None]] = [(axis.n_in, axis.n_out) for axis in node.axes]
    sizes = next((finding.sizes for finding in findings if finding.sizes), sizes)
    differing = [finding for finding in findings if finding.differs]
    advice = dict.fromkeys(line for finding in differing for line in advice_lines(node, finding, verdict.model.kind))
    return {
        "key": printable(node.key, 120),
        "name": printable(node.name, 60),
        "convention": convention_text(convention) if convention is not None else "",
        "sizes": [f"{size_text(n_in)} -> {size_text(n_out)}" for n_in, n_out in sizes],
        "results": [_result_fields(finding) for finding in findings],
        "advice": list(advice),
        "remarks": [printable(f"{remark.runtime}: {remark.message}".removeprefix(": "), 400) for remark in remarks],
    }


def _result_fields(finding: NodeFinding) -> dict[str, Any]:
    return {
        "runtime": finding.runtime or "the file itself",
        "verdict": finding.verdict.value,
        "own": finding.own,
        "bound": finding.bound,
        "inherited": finding.inherited,
        "gain": finding.gain,
        "grey_levels": finding.grey_levels,
        "goes_away": finding.goes_away,
        "cause": cause_text(finding.factors, finding.explanation) or printable(finding.message, 200),
    }
