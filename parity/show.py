"""The verdict in one screen: worst first, each with its cause and what to write instead."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from parity.meaning import in_tensorflow, in_torch
from parity.model import Model, Port
from parity.outcomes import Exit, NodeFinding, OtherNode, Outcome, OutputDifference, Run, Status
from parity.resizes import ResizeNode
from parity.show_audit import audit_lines, name_of
from parity.text import cause, counted, shown, wrapped
from parity.verdict import ModelVerdict

_FINDINGS = 6
"""Differing resizes that are told in full: with their four lines each they fill a screen."""

_HEADS = {
    Exit.PARITY: "PARITY",
    Exit.DIVERGENCE: "DIVERGENCE",
    Exit.CANNOT_TELL: "CANNOT TELL",
}


def lines(verdict: ModelVerdict) -> list[str]:
    """The whole screen; no line holds a character that a terminal would obey."""
    found = [_title(verdict.model), *_ports(verdict.model)]
    if verdict.run is None:
        found += ["", *audit_lines(verdict)]
    else:
        found += ["", *run_lines(verdict)]
    return found + fixed_lines(verdict)


def fixed_lines(verdict: ModelVerdict) -> list[str]:
    """What was written, and what running that found."""
    if verdict.fix_problem:
        return ["", *wrapped(f"nothing was written: {shown(verdict.fix_problem, 400)}", "")]
    fixed = verdict.fixed
    if fixed is None:
        return []
    found = ["", f"written: {shown(fixed.path, 200)}; run again: {_HEADS[fixed.run.exit]}"]
    for one in fixed.changes:
        found += wrapped(f"{one.key}: {shown(one.words, 300)}", "  ")
    for key, why in fixed.left:
        found += wrapped(f"left as it was: {key}: {shown(why, 200)}", "  ")
    return found


def _title(model: Model) -> str:
    opset = f", opset {model.opset}" if model.opset is not None else ""
    kind = {"onnx": "ONNX", "tflite": "LiteRT", "saved_model": "SavedModel", "pt2": "torch exported program"}[
        model.kind
    ]
    counts = f"{counted(model.nodes, 'node')}, {counted(len(model.resizes), 'resize')}"
    return f"{shown(model.path, 200)}: {kind}{opset}, {counts}"


def _ports(model: Model) -> list[str]:
    return [
        f"  {what} {_port(port)}"
        for what, every in (("input", model.inputs), ("output", model.outputs))
        for port in every
    ][:8]


def _port(port: Port) -> str:
    shape = "of unknown rank" if port.shape is None else f"({', '.join(shown(length, 20) for length in port.shape)})"
    return f"{shown(port.name, 40)}: {port.dtype or '?'} {shape}"


def run_lines(verdict: ModelVerdict) -> list[str]:
    """The verdict on a run: the answer, runtimes, outputs, differing resizes, what to do."""
    run = verdict.run
    found = [*wrapped(f"{_HEADS[verdict.exit]}: {summary(verdict)}", ""), ""]
    found += [f"  {line}" for line in runtime_lines(run)]
    found += [f"  fed {shown(line, 160)}" for line in run.feeds]
    outputs = [one for one in run.outputs if not one.verdict.is_agreement] or list(run.outputs[:3])
    if outputs:
        found += ["", f"final outputs, against {shown(run.against, 80)}:"]
        found += [part for one in outputs[:8] for part in wrapped(output_line(one), "  ")]
    if run.differing:
        found += ["", "resizes that differ, worst first:"]
        groups = grouped(run.differing)
        for number, same in enumerate(groups[:_FINDINGS], 1):
            found += finding_lines(verdict, same, number)
        if len(groups) > _FINDINGS:
            found.append(f"  and {len(groups) - _FINDINGS} more: --json has them all")
    if run.unexplained:
        found += ["", *wrapped(_unexplained(run), "")]
        found += [part for one in run.unexplained[:4] for part in wrapped(output_line(one), "  ")]
    for one in run.others[:4]:
        found += wrapped(other_line(one), "  ")
    for key, why in run.unseen[:4]:
        found += wrapped(f"not looked at: {shown(key)}: {shown(why, 160)}", "  ")
    asked = verdict.fixed is not None or verdict.fix_problem
    if run.differing and not asked and verdict.model.kind == "onnx":
        found += ["", f"to have it corrected: python -m parity {shown(verdict.model.path, 200)} --fix OUT.onnx"]
    return found


def summary(verdict: ModelVerdict) -> str:
    """One sentence."""
    run = verdict.run
    ran = [one.runtime for one in run.outcomes if one.status is Status.RAN]
    compared = {node.key if (node := verdict.node(one.key)) else one.key for one in run.nodes if one.compared}
    if verdict.exit is Exit.CANNOT_TELL:
        absent = [one for one in run.outcomes if one.status is not Status.RAN]
        if not ran:
            return "no runtime ran the model" + (f" ({_why(absent)})" if absent else "")
        missing = [one for one in absent if one.runtime in run.wanted]
        if missing:
            return f"what was asked for did not run ({_why(missing)})"
        if run.outputs and not any(one.compared for one in run.outputs):
            return f"no output has anything to compare on {', '.join(ran)}: feed it other values with --input"
        one_alone = f"{ran[0]} alone ran: nothing to compare it with (install another runtime, or give --reference)"
        told = f"{len(compared)} of {counted(len(verdict.model.resizes), 'resize')}"
        if compared:
            return f"{told}: as documented on {ran[0]}, and no more than that is known; {one_alone}"
        return f"{one_alone}, and no resize of it could be looked at"
    on = f"on {', '.join(ran)}"
    if verdict.exit is Exit.PARITY:
        return f"{len(compared)} of {counted(len(verdict.model.resizes), 'resize')} compared {on}, and all agree"
    # A resize in a function that is called twice is one in the file, and two in the run.
    differing = len({node.key if (node := verdict.node(one.key)) else one.key for one in run.differing})
    do = "does" if differing == 1 else "do"
    parts = [f"{differing} of {counted(len(verdict.model.resizes), 'resize')} {do} otherwise"] if differing else []
    wrong = [one for one in run.outputs if one.verdict in ("diverges", "error")]
    count = len({one.output for one in wrong})
    of_all = counted(len(verdict.model.outputs), "output")
    parts += [f"{count} of {of_all} {'differs' if count == 1 else 'differ'}"] if wrong else []
    return f"{' and '.join(parts)}, {on}"


def other_line(one: OtherNode) -> str:
    """What else differs than a resize: the first node that does otherwise, alone."""
    if not one.key:
        return f"on {one.runtime}: no single node was found that does otherwise: {shown(one.message, 200)}"
    name = f" {shown(one.name, 60)!r}" if one.name else ""
    error = f"off by {one.own:.3g} (rounding explains {one.bound:.1g})"
    return f"first on {one.runtime}: {shown(one.key)}{name}: {one.verdict}, {error}: {shown(one.explanation, 200)}"


def _why(outcomes: Sequence[Outcome]) -> str:
    return "; ".join(f"{one.runtime}: {one.status} {shown(one.message, 120)}".strip() for one in outcomes[:4])


def runtime_lines(run: Run) -> Iterator[str]:
    """How each runtime fared, a line each."""
    for one in run.outcomes:
        version = f" {one.version}" if one.version else ""
        if one.ran:
            settings = f"; {one.settings}" if one.settings else ""
            blind = f"; its resizes could not be looked at: {shown(one.blind, 100)}" if one.blind else ""
            took = f"loaded in {one.load_seconds:.2f} s, ran in {one.run_seconds:.3f} s"
            yield f"{shown(one.runtime, 40)}{version}: {took}{settings}{blind}"
        else:
            yield f"{shown(one.runtime, 40)}{version}: {one.status}: {shown(one.message, 160)}"


def output_line(one: OutputDifference) -> str:
    """How one output of one runtime differs."""
    text = f"{shown(one.output, 40)} on {one.runtime}: {one.verdict}"
    if one.message:
        return f"{text}: {shown(one.message, 160)}"
    text += f", off by {one.worst:.3g}"
    if math.isfinite(one.share):
        text += f", {100 * one.share:.3g} % of its range"
    if one.at:
        text += f", at {one.at}"
    if one.labels is not None:
        top, left, bottom, right = one.labels.box
        where = f" within rows {top} to {bottom - 1}, columns {left} to {right - 1}" if one.labels.changed else ""
        share = f"{100 * one.labels.share:.3g} %"
        text += f"; {one.labels.changed} of {one.labels.pixels} pixels ({share}) change label{where}"
    if one.grey_levels is not None:
        text += f"; worst grey level {one.grey_levels:.3g} of 255"
    return text


def grouped(findings: Iterable[NodeFinding]) -> list[list[NodeFinding]]:
    """Findings of one resize that are alike on several runtimes, together, in the order of the first of each."""
    groups: dict[tuple, list[NodeFinding]] = {}
    for one in findings:
        gain = f"{one.gain:.2g}"
        groups.setdefault((one.key, not one.runtime, one.verdict, gain, one.factors, one.measured), []).append(one)
    return list(groups.values())


def finding_lines(verdict: ModelVerdict, alike: Sequence[NodeFinding], number: int = 1) -> list[str]:
    """One differing resize: what it does, why, what it does to the end, and what to write instead."""
    one = alike[0]
    node = verdict.node(one.key)
    runtimes = " and ".join(each.runtime for each in alike)
    where = f"on {runtimes}" if one.runtime else "in the file itself, whatever runs it"
    sizes = ", ".join(f"{n_in} -> {n_out}" for n_in, n_out in one.sizes)
    found = [
        f"{number}. {one.key}{name_of(node) if node else ''} {where}: {one.verdict}{f' ({sizes})' if sizes else ''}"
    ]
    if one.message:
        found += wrapped(shown(one.message, 200), "   ")
    found += wrapped("; ".join(_errors(one)), "   ")
    if one.factors or one.explanation:
        found += wrapped(f"cause: {cause(one.factors, one.explanation)}", "   ")
    if one.goes_away is not None:
        found += wrapped(_goes_away(one.goes_away), "   ")
    found += [part for line in advice(node, one, verdict.model.kind) for part in wrapped(line, "   ")]
    return found


def _errors(one: NodeFinding) -> Iterator[str]:
    """What is known of how far off it is: nothing where it made another shape, no worst case where none was found."""
    if one.gain > 0:
        moved = math.isfinite(one.pixels_moved) and one.pixels_moved
        pixels = f", moved by {one.pixels_moved:.3g} px" if moved else ""
        yield f"worst case {one.gain:.3g} for images in [-1, 1], {one.grey_levels:.3g} grey levels{pixels}"
    if one.own > 0:
        yield f"own error {one.own:.3g} on this input (rounding explains {one.bound:.1g})"
        yield f"inherited {one.inherited:.3g}"


def _unexplained(run: Run) -> str:
    """What outputs are that the resizes do not explain: only those that were made exact can be said not to."""
    differing = {(one.key, one.runtime) for one in run.differing}
    exact = {(one.key, one.runtime) for one in run.differing if one.goes_away is not None}
    if differing and not exact:
        return "still different, and no differing resize could be made exact (so that may be all, or not):"
    if differing - exact:
        return "still different with those resizes exact that could be made so (the others may be why, or not):"
    if run.unseen:
        return "different, and not by a resize that was looked at (one of those that were not may be why):"
    if not differing:
        return "different, though no resize is (something else differs):"
    return "still different with every differing resize made exact (something else differs):"


def _goes_away(share: float) -> str:
    if share < 0:
        return "with this one resize exact, the final difference grows: another fault made up for it"
    return f"with this one resize exact, {100 * share:.3g} % of the final difference goes away"


def advice(node: ResizeNode | None, one: NodeFinding, kind: str = "onnx") -> Iterator[str]:
    """The line to change in the source framework; only files of kind "onnx" can be corrected instead."""
    if node is not None and node.origin:
        yield f"from {shown(node.origin, 120)}"
    meant, done = one.convention, one.measured
    calls = [("torch", in_torch), ("TensorFlow", in_tensorflow)]
    if node is not None and node.op.startswith(_OF_TENSORFLOW):
        calls.reverse()
    for name, call in calls:
        wanted, got = call(meant), call(done)
        if one.runtime and wanted and got and wanted != got:
            instead = "write that, or use --fix" if kind == "onnx" else "write that, and export again"
            yield f"{name}: it was {wanted}; what came out is {got}, which both compute alike: {instead}"
            return
        if not one.runtime and wanted:
            yield f"{name}: the original has {wanted}" + (f"; the file has {got}" if got else "")
            return


_OF_TENSORFLOW = ("RESIZE_", "ResizeBilinear", "ResizeBicubic", "ResizeNearestNeighbor", "ResizeArea")
