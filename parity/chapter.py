"""A verdict as the values that its chapter of the page is made of: text that is fit to be shown, and numbers."""

from __future__ import annotations

from collections.abc import Iterable

from parity.audit import Remark
from parity.meaning import in_words
from parity.outcomes import NodeFinding
from parity.resizes import ResizeNode
from parity.show import advice, fixed_lines, other_line, output_line, runtime_lines, summary
from parity.text import cause, shown
from parity.verdict import ModelVerdict

_RESIZES = 500
"""Resizes that a page lists; those that differ first."""

_OUTPUTS = 50


def chapter(verdict: ModelVerdict) -> dict[str, object]:
    """The fields of :class:`reports.model_record.ModelCheck`."""
    run = verdict.run
    by_key: dict[str, list[Remark]] = {}
    for remark in verdict.remarks:
        by_key.setdefault(remark.key, []).append(remark)
    worst = {one.key: place for place, one in reversed(list(enumerate(run.nodes)))} if run is not None else {}
    nodes = sorted(verdict.model.resizes, key=lambda node: worst.get(node.key, len(worst) + 1))
    told = {
        "path": shown(verdict.model.path, 200),
        "kind": verdict.model.kind,
        "verdict": verdict.exit.name.lower().replace("_", " "),
        "summary": summary(verdict) if run is not None else "nothing was run: this is what the file says",
        "remarks": [shown(one.message, 400) for one in by_key.get("", [])],
        "resizes": [_resize(verdict, node, by_key.get(node.key, [])) for node in nodes[:_RESIZES]],
        "fix": [line.strip() for line in fixed_lines(verdict) if line.strip()],
    }
    if run is None:
        return told
    return told | {
        "against": shown(run.against, 80),
        "runtimes": list(runtime_lines(run)),
        "feeds": [shown(line, 160) for line in run.feeds],
        "outputs": [output_line(one) for one in run.outputs[:_OUTPUTS]],
        "others": [other_line(one) for one in run.others],
        "unseen": [f"{shown(key)}: {shown(why, 160)}" for key, why in run.unseen],
    }


def _resize(verdict: ModelVerdict, node: ResizeNode, remarks: Iterable[Remark]) -> dict[str, object]:
    findings = [one for one in verdict.findings(node.key) if one.compared or one.message]
    conventions = [one.convention for one in (*findings, *node.axes) if one.convention is not None]
    sizes = next((one.sizes for one in findings if one.sizes), None)
    if sizes is None:
        sizes = [(one.n_in, one.n_out) for one in node.axes]
    lines = dict.fromkeys(line for one in findings if one.differs for line in advice(node, one, verdict.model.kind))
    return {
        "key": shown(node.key, 120),
        "name": shown(node.name, 60),
        "convention": in_words(conventions[0]) if conventions else "",
        "sizes": [f"{_size(n_in)} -> {_size(n_out)}" for n_in, n_out in sizes],
        "results": [_result(one) for one in findings],
        "advice": list(lines),
        "remarks": [shown(f"{one.runtime}: {one.message}".removeprefix(": "), 400) for one in remarks],
    }


def _size(length: int | None) -> str:
    return "?" if length is None else str(length)


def _result(one: NodeFinding) -> dict[str, object]:
    return {
        "runtime": one.runtime or "the file itself",
        "verdict": one.verdict.value,
        "own": one.own,
        "bound": one.bound,
        "inherited": one.inherited,
        "gain": one.gain,
        "grey_levels": one.grey_levels,
        "goes_away": one.goes_away,
        "cause": cause(one.factors, one.explanation) or shown(one.message, 200),
    }
