"""The verdict as terminal text: worst resize first, each with its cause and what to write instead."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from halfpixel.golden.vocabulary import GREY_LEVELS, Cause
from halfpixel.parity.audit.convention_text import tensorflow_call, torch_call
from halfpixel.parity.audit.remarks import AuditRemark, Misreading
from halfpixel.parity.diagnose.results import (
    DivergentNode,
    ModelRun,
    NodeFinding,
    OutputDifference,
    ParityExit,
    RuntimeResult,
)
from halfpixel.parity.formats.model import Model, Port, ResizedAxis, ResizeNode
from halfpixel.parity.output.verdict import ModelVerdict
from halfpixel.parity.printable_text import cause_text, count_text, printable, wrap_lines

_MAX_LISTED = 6
"""Resizes that are alike, each on a line of its own; the rest are counted."""
_MAX_GROUPS = 12
"""Kinds of resizes that are shown; --json has all."""
_MAX_FINDINGS = 6
"""Differing resizes that are shown: with their four lines each they fill a screen."""

_HEADINGS = {
    ParityExit.PARITY: "PARITY",
    ParityExit.DIVERGENCE: "DIVERGENCE",
    ParityExit.CANNOT_TELL: "CANNOT TELL",
}
_FORMATS = {"onnx": "ONNX", "tflite": "LiteRT", "saved_model": "SavedModel", "pt2": "torch exported program"}
_GROUPING_KINDS = ("meaning", "invalid", "opset", "attributes", "runtime", "unknown")
"""Kinds of remarks that do not depend on sizes."""
_EXAMPLE_TEXT = " (an example: the file fixes no size)"


def _audit_lines(verdict: ModelVerdict) -> list[str]:
    """Each resize with its remarks, those with warnings first."""
    by_key: dict[str, list[AuditRemark]] = {}
    for remark in verdict.remarks:
        by_key.setdefault(remark.key, []).append(remark)
    warned = {key for key, remarks in by_key.items() if any(remark.is_warning for remark in remarks)}
    nodes = sorted(verdict.model.resizes, key=lambda node: node.key not in warned)
    count = sum(node.key in warned for node in nodes)
    of_file = ", and a warning of the file" if "" in warned else ""
    lines = [f"AUDIT (nothing was run): {count_text(len(nodes), 'resize')}, {count} with warnings{of_file}"]
    lines += [f"  {_remark_line(remark)}" for remark in by_key.get("", [])]
    groups: dict[object, list[ResizeNode]] = {}
    for node in nodes:
        remarks = [one for one in by_key.get(node.key, []) if one.kind in _GROUPING_KINDS]
        texts = frozenset((remark.kind, remark.message, remark.runtime) for remark in remarks)
        groups.setdefault((node.op, tuple(axis.convention for axis in node.axes), texts), []).append(node)
    for alike in list(groups.values())[:_MAX_GROUPS]:
        lines += _group_lines(alike, [remark for node in alike for remark in by_key.get(node.key, [])])
    if len(groups) > _MAX_GROUPS:
        lines.append(f"and {count_text(len(groups) - _MAX_GROUPS, 'kind')} more: --json has them all")
    return lines


def _group_lines(nodes: Sequence[ResizeNode], remarks: Iterable[AuditRemark]) -> list[str]:
    """Resizes that are alike: where each is, then the remarks on all, at the worst of their sizes."""
    lines = [
        f"{node.key}{_quoted_name(node)}  {_axes_text(node)}{_origin_text(node)}".rstrip()
        for node in nodes[:_MAX_LISTED]
    ]
    if len(nodes) > _MAX_LISTED:
        lines.append(f"and {len(nodes) - _MAX_LISTED} more like them")
    worst: dict[tuple[str, str, str], AuditRemark] = {}
    for remark in remarks:
        known = worst.get((remark.kind, remark.message, remark.runtime))
        if known is None or (remark.gain or 0) > (known.gain or 0):
            worst[remark.kind, remark.message, remark.runtime] = remark
    misreadings = [remark for remark in worst.values() if isinstance(remark, Misreading)]
    for remark in worst.values():
        if not isinstance(remark, Misreading):
            lines += wrap_lines(_remark_line(remark), "    ")
    if misreadings:
        costs = [f"{remark.setting} {remark.gain:.3g} ({remark.grey_levels:.3g})" for remark in misreadings]
        sizes = {remark.sizes for remark in misreadings}
        at = _at_sizes(misreadings[0]) if len(sizes) == 1 else " at the worst of these sizes"
        at += _EXAMPLE_TEXT if any(remark.is_example for remark in misreadings) else ""
        lines += wrap_lines(f"if misread,{at}, off by (grey levels): {', '.join(costs)}", "    ")
    return lines


def _origin_text(node: ResizeNode) -> str:
    return f"  from {printable(node.origin, 100)}" if node.origin else ""


def _at_sizes(remark: AuditRemark) -> str:
    return "" if remark.sizes is None else f" at {remark.sizes[0]} -> {remark.sizes[1]}"


def _remark_line(remark: AuditRemark) -> str:
    mark = "! " if remark.is_warning else ""
    runtime = f"{printable(remark.runtime, 60)}: " if remark.runtime else ""
    worst = ""
    if remark.gain is not None:
        levels = f", {remark.grey_levels:.3g} grey levels" if remark.grey_levels is not None else ""
        example = _EXAMPLE_TEXT if remark.is_example else ""
        worst = f"; off by up to {remark.gain:.3g} for images in [-1, 1]{levels}{_at_sizes(remark)}{example}"
    return f"{mark}{remark.kind}: {runtime}{printable(remark.message, 400).rstrip('.')}{worst}"


def _quoted_name(node: ResizeNode | None) -> str:
    """The node's own name, quoted, after a blank; empty where it adds nothing."""
    return f" {printable(node.name, 50)!r}" if node and node.name and node.name not in node.key else ""


def _axes_text(node: ResizeNode) -> str:
    if not node.axes:
        return ""
    return "axes " + ", ".join(f"{axis.axis}: {_sizes_text(axis)}" for axis in node.axes)


def _sizes_text(axis: ResizedAxis) -> str:
    scale = f" by {float(axis.scale):.6g}" if axis.scale is not None else ""
    return f"{size_text(axis.n_in)} -> {size_text(axis.n_out)}{scale}"


def size_text(length: int | None) -> str:
    """A number of pixels, or a question mark where it is not known."""
    return "?" if length is None else str(length)


def verdict_lines(verdict: ModelVerdict) -> list[str]:
    """The whole screen; no line holds a character that a terminal would obey."""
    lines = _audit_lines(verdict) if verdict.run is None else run_lines(verdict)
    return [_title_line(verdict.model), *_port_lines(verdict.model), "", *lines, *fixed_lines(verdict)]


def fixed_lines(verdict: ModelVerdict) -> list[str]:
    """The model that was written, and the verdict on it."""
    if verdict.fix_problem:
        return ["", *wrap_lines(f"nothing was written: {printable(verdict.fix_problem, 400)}", "")]
    fixed = verdict.fixed
    if fixed is None:
        return []
    lines = ["", f"written: {printable(fixed.path, 200)}; run again: {_HEADINGS[fixed.run.exit]}"]
    for change in fixed.changes:
        lines += wrap_lines(f"{change.key}: {printable(change.words, 300)}", "  ")
    if fixed.verified:
        lines += wrap_lines(f"agrees with the reference in further cases, too: {'; '.join(fixed.verified)}", "  ")
    for key, reason in fixed.left:
        lines += wrap_lines(f"left as it was: {key}: {printable(reason, 200)}", "  ")
    return lines


def _title_line(model: Model) -> str:
    opset = f", opset {model.opset}" if model.opset is not None else ""
    counts = f"{count_text(model.nodes, 'node')}, {count_text(len(model.resizes), 'resize')}"
    return f"{printable(model.path, 200)}: {_FORMATS[model.kind]}{opset}, {counts}"


def _port_lines(model: Model) -> list[str]:
    ports = [("input", port) for port in model.inputs] + [("output", port) for port in model.outputs]
    return [f"  {role} {_port_text(port)}" for role, port in ports[:8]]


def _port_text(port: Port) -> str:
    shape = "of unknown rank"
    if port.shape is not None:
        shape = f"({', '.join(printable(length, 20) for length in port.shape)})"
    return f"{printable(port.name, 40)}: {port.dtype or '?'} {shape}"


def run_lines(verdict: ModelVerdict) -> list[str]:
    """The verdict on a run: the answer, runtimes, outputs, differing resizes, what to do."""
    run = verdict.require_run()
    lines = [*wrap_lines(f"{_HEADINGS[verdict.exit]}: {summary(verdict)}", ""), ""]
    lines += [f"  {line}" for line in runtime_lines(run)]
    lines += [f"  fed {printable(line, 160)}" for line in run.feeds]
    lines += [line for text in case_lines(run) for line in wrap_lines(text, "  ")]
    outputs = [output for output in run.outputs if not output.verdict.is_agreement] or list(run.outputs[:3])
    if outputs:
        lines += ["", f"final outputs, against {printable(run.against, 80)}:"]
        lines += [line for output in outputs[:8] for line in wrap_lines(output_line(output), "  ")]
    if run.differing:
        lines += ["", "resizes that differ, worst first:"]
        groups = group_findings(run.differing)
        for number, alike in enumerate(groups[:_MAX_FINDINGS], 1):
            lines += finding_lines(verdict, alike, number)
        if len(groups) > _MAX_FINDINGS:
            lines.append(f"  and {len(groups) - _MAX_FINDINGS} more: --json has them all")
    if run.unexplained:
        lines += ["", *wrap_lines(_unexplained_text(run), "")]
        lines += [line for output in run.unexplained[:4] for line in wrap_lines(output_line(output), "  ")]
    for fault in run.faults[:4]:
        instead = f"; write: {fault.advice}" if fault.advice else ""
        lines += wrap_lines(f"not valid ONNX: {fault.key}: {fault.message}{instead}", "  ")
    for node in run.others[:4]:
        lines += wrap_lines(other_line(node), "  ")
    for key, reason in run.unseen[:4]:
        lines += wrap_lines(f"not observed: {printable(key)}: {printable(reason, 160)}", "  ")
    for key, reason in run.unpaired[:4]:
        lines += wrap_lines(f"not compared with the reference: {printable(key)}: {printable(reason, 200)}", "  ")
    is_fix_tried = verdict.fixed is not None or bool(verdict.fix_problem)
    if run.differing and not is_fix_tried and verdict.model.kind == "onnx":
        lines += ["", f"to have it corrected: halfpixel parity {printable(verdict.model.path, 200)} --fix OUT.onnx"]
    return lines


def summary(verdict: ModelVerdict) -> str:
    """One sentence."""
    run = verdict.require_run()
    ran = [result.runtime for result in run.outcomes if result.ran]
    count = count_text(len(verdict.model.resizes), "resize")
    compared = _count_resizes(verdict, [node for node in run.nodes if node.compared])
    on = f"on {', '.join(ran)}"
    if verdict.exit is ParityExit.PARITY:
        return f"{compared} of {count} and {_outputs_compared(verdict)} compared {on}, and all agree"
    if verdict.exit is ParityExit.DIVERGENCE:
        differing = _count_resizes(verdict, run.differing)
        wrong = len({output.output for output in run.outputs if output.is_wrong})
        parts = [f"{differing} of {count} {_differ(differing)}"] if differing else []
        outputs = count_text(len(verdict.model.outputs), "output")
        parts += [f"{wrong} of {outputs} {_differ(wrong)}"] if wrong else []
        unsteady = [f"{result.runtime} is not repeatable: {result.message}" for result in run.not_repeatable]
        found = f"{' and '.join(parts)}, {on}" if parts else f"{compared} of {count} compared {on}, and all agree"
        return "; ".join([*unsteady, found])
    absent = [result for result in run.outcomes if not result.ran]
    if not ran:
        failed = "gave the same result twice" if run.not_repeatable else "ran the model"
        return f"no runtime {failed}" + (f" ({_reasons(absent)})" if absent else "")
    if run.refusals:
        fault = run.faults[0]
        names = " and ".join(result.runtime for result in run.refusals)
        instead = f"; write: {fault.advice}" if fault.advice else ""
        return f"{names} {_refuse(len(run.refusals))} the file: {fault.key}: {fault.message}{instead}"
    missing = [result for result in absent if result.runtime in run.wanted]
    if missing:
        return f"a runtime that was asked for did not run ({_reasons(missing)})"
    if run.outputs and not any(output.compared for output in run.outputs):
        return f"no output has anything to compare on {', '.join(ran)}: feed it other values with --input"
    if len(ran) > 1 and run.maybe_not_run:
        keys = ", ".join(printable(key, 80) for key in run.maybe_not_run[:3])
        return f"{count_text(len(run.maybe_not_run), 'resize')} may not have run, in a branch of an If: {keys}"
    if len(ran) > 1 and not run.compares_resizes:
        agree = f"{_outputs_compared(verdict)} compared {on} and agrees within rounding"
        return f"none of {count} could be compared with anything ({agree}); another runtime may show them"
    alone = f"{ran[0]} alone ran: nothing to compare it with (install another runtime, or give --reference)"
    if compared:
        return f"{compared} of {count}: as documented on {ran[0]}, and no more than that is known; {alone}"
    return f"{alone}, and no resize of it could be observed"


def _count_resizes(verdict: ModelVerdict, findings: Iterable[NodeFinding]) -> int:
    """The number of resizes in the file; one in a function that is called twice is two in the run."""
    return len({node.key if (node := verdict.node(finding.key)) else finding.key for finding in findings})


def _outputs_compared(verdict: ModelVerdict) -> str:
    """How many outputs were compared, of how many."""
    compared = {output.output for output in verdict.require_run().outputs if output.compared}
    return f"{len(compared)} of {count_text(len(verdict.model.outputs), 'output')}"


def case_lines(run: ModelRun) -> Iterator[str]:
    """The further ways in which it was run, in one line, and those that were not, or not wholly, a line each."""
    whole = [printable(case.name, 120) for case in run.cases if not case.message]
    if whole:
        yield f"also compared: {'; '.join(whole)}"
    for case in run.cases:
        if case.message:
            how = f"compared on {', '.join(case.ran)} only" if len(case.ran) > 1 and case.outputs else "not compared"
            how = "outputs not compared" if case.resizes and not case.outputs else how
            yield f"{how}: {printable(case.name, 120)}: {printable(case.message, 200)}"


def _differ(count: int) -> str:
    return "differs" if count == 1 else "differ"


def _refuse(count: int) -> str:
    return "refuses" if count == 1 else "refuse"


def other_line(node: DivergentNode) -> str:
    """The first node other than a resize that differs, alone."""
    if not node.key:
        return f"on {node.runtime}: no single node that differs was found: {printable(node.message, 200)}"
    name = f" {printable(node.name, 60)!r}" if node.name else ""
    where = f"first node that differs on {node.runtime}: {printable(node.key)}{name}"
    error = f"off by {node.own:.3g} (rounding explains {node.bound:.1g})"
    return f"{where}: {node.verdict}, {error}: {printable(node.explanation, 200)}"


def _reasons(results: Sequence[RuntimeResult]) -> str:
    texts = (f"{result.runtime}: {result.status} {printable(result.message, 120)}" for result in results[:4])
    return "; ".join(map(str.strip, texts))


def runtime_lines(run: ModelRun) -> Iterator[str]:
    """The result of each runtime, a line each."""
    for result in run.outcomes:
        name = printable(result.runtime, 40) + (f" {result.version}" if result.version else "")
        if not result.ran:
            yield f"{name}: {result.status}: {printable(result.message, 160)}"
            continue
        settings = f"; {result.settings}" if result.settings else ""
        blind = f"; its resizes could not be observed: {printable(result.blind, 100)}" if result.blind else ""
        yield f"{name}: loaded in {result.load_seconds:.2f} s, ran in {result.run_seconds:.3f} s{settings}{blind}"


def output_line(output: OutputDifference) -> str:
    """How one output of one runtime differs."""
    case = f", {printable(output.case, 120)}" if output.case else ""
    text = f"{printable(output.output, 40)} on {output.runtime}{case}: {output.verdict}"
    if output.message:
        return f"{text}: {printable(output.message, 160)}"
    silent = f"; {output.silent_channels} of {output.channels} channels hardly move on this input"
    silent = silent if output.silent_channels and output.channels > 1 else ""
    if output.worst == 0:
        return f"{text}{silent}"
    text += f", off by {output.worst:.3g}"
    if output.floor:
        text += f" (rounding explains {output.floor:.1g})"
    if math.isfinite(output.share):
        whose = "its range" if output.channel is None else f"the range of channel {output.channel}"
        text += f", {100 * output.share:.3g} % of {whose}"
    if output.at:
        text += f", at {output.at}"
    labels = output.labels
    if labels is not None:
        top, left, bottom, right = labels.box
        where = f" within rows {top} to {bottom - 1}, columns {left} to {right - 1}" if labels.changed else ""
        share = f"{100 * labels.share:.3g} %"
        text += f"; {labels.changed} of {labels.pixels} pixels ({share}) change label{where}"
    if output.grey_levels is not None:
        text += f"; worst grey level {output.grey_levels:.3g} of {GREY_LEVELS}"
    return text + silent


def group_findings(findings: Iterable[NodeFinding]) -> list[list[NodeFinding]]:
    """Findings on one resize that are alike on several runtimes, together, in the order of the first of each."""
    groups: dict[object, list[NodeFinding]] = {}
    for finding in findings:
        alike = (not finding.runtime, finding.verdict, f"{finding.gain:.2g}", finding.factors, finding.measured)
        groups.setdefault((finding.key, *alike), []).append(finding)
    return list(groups.values())


def finding_lines(verdict: ModelVerdict, alike: Sequence[NodeFinding], number: int = 1) -> list[str]:
    """One differing resize: its error, the cause, its effect on the outputs, and what to write instead."""
    finding = alike[0]
    node = verdict.node(finding.key)
    runtimes = " and ".join(one.runtime for one in alike)
    where = f"on {runtimes}" if finding.runtime else "in the file itself, on every runtime"
    sizes = ", ".join(f"{n_in} -> {n_out}" for n_in, n_out in finding.sizes)
    # A key begins with the branch that it is in.
    sizes += f", {printable(finding.case, 120)}" if finding.case and not finding.key.startswith(finding.case) else ""
    head = f"{number}. {finding.key}{_quoted_name(node)} {where}: {finding.verdict}"
    texts = [printable(finding.message, 200)] if finding.message else []
    texts.append("; ".join(_error_parts(finding)))
    if finding.factors or finding.explanation:
        texts.append(f"cause: {cause_text(finding.factors, finding.explanation)}")
    if finding.goes_away is not None:
        texts.append(_explained_text(finding.goes_away))
    texts += advice_lines(node, finding, verdict.model.kind)
    return [head + (f" ({sizes})" if sizes else ""), *(line for text in texts for line in wrap_lines(text, "   "))]


def _error_parts(finding: NodeFinding) -> Iterator[str]:
    """The size of the error: nothing where the result has another shape, no worst case where none was found."""
    if finding.gain > 0:
        moved = math.isfinite(finding.pixels_moved) and finding.pixels_moved
        pixels = f", moved by {finding.pixels_moved:.3g} px" if moved else ""
        yield f"worst case {finding.gain:.3g} for images in [-1, 1], {finding.grey_levels:.3g} grey levels{pixels}"
    if finding.own > 0:
        alone = "alone, " if _is_only_in_place(finding) else ""
        yield f"{alone}own error {finding.own:.3g} on this input (rounding explains {finding.bound:.1g})"
    if finding.in_place is not None and _is_only_in_place(finding):
        yield f"within the model {finding.in_place:.3g}"
    if finding.own > 0:
        yield f"inherited {finding.inherited:.3g}"


def _is_only_in_place(finding: NodeFinding) -> bool:
    """Whether it is right alone, and wrong within the model."""
    return Cause.EXECUTION_PATH in finding.factors and finding.own <= finding.bound


def _unexplained_text(run: ModelRun) -> str:
    """What is known of outputs that the resizes do not explain: only those that were made exact are ruled out."""
    differing = {(node.key, node.runtime) for node in run.differing}
    exact = {(node.key, node.runtime) for node in run.differing if node.goes_away is not None}
    if differing and not exact:
        return "still different, and no differing resize could be made exact (so that may be all, or not):"
    if differing - exact:
        return "still different with those resizes exact that could be made so (the others may be why, or not):"
    if run.unseen:
        return "different, and not by a resize that was observed (one of those that were not may be why):"
    if not differing:
        return "different, though no resize is (something else differs):"
    return "still different with every differing resize made exact (something else differs):"


def _explained_text(share: float) -> str:
    if share < 0:
        return "with this one resize exact, the final difference grows: another error cancelled it"
    return f"with this one resize exact, {100 * share:.3g} % of the final difference goes away"


def advice_lines(node: ResizeNode | None, finding: NodeFinding, kind: str = "onnx") -> Iterator[str]:
    """The line to change in the source framework; only files of kind "onnx" can be corrected instead."""
    if node is not None and node.origin:
        yield f"from {printable(node.origin, 120)}"
    calls = [("torch", torch_call), ("TensorFlow", tensorflow_call)]
    if node is not None and node.op.startswith(_TENSORFLOW_OPERATORS):
        calls.reverse()
    for name, call in calls:
        expected, actual = call(finding.convention), call(finding.measured)
        if finding.runtime and expected and actual and expected != actual:
            instead = "write that, or use --fix" if kind == "onnx" else "write that, and export again"
            yield f"{name}: the call was {expected}; the runtime computes {actual}, as {name} does: {instead}"
            return
        if not finding.runtime and expected:
            yield f"{name}: the original has {expected}" + (f"; the file has {actual}" if actual else "")
            return


_TENSORFLOW_OPERATORS = ("RESIZE_", "ResizeBilinear", "ResizeBicubic", "ResizeNearestNeighbor", "ResizeArea")
