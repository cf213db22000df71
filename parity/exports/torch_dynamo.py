"""``torch.onnx.export(dynamo=True)``: https://docs.pytorch.org/docs/stable/onnx_export.html."""

from __future__ import annotations

import logging

import torch

from halfpixel.parity.exports.export_cases import ExportJob, export_entry, write_refusals
from halfpixel.parity.exports.torch_exporters import ResizesModule, examples, import_framework
from halfpixel.parity.runtimes.worker import summarise_exception

__all__ = ["import_framework", "to_onnx"]

_REFUSED: dict[tuple[str, str], str] = {}
"""Operators that this process saw refused, by name and :data:`FIXED` or :data:`DYNAMIC`, with the message.

Each refusal costs as much as the export of all calls.
"""

_TRACED: dict[tuple[str, str], str] = {}
"""Calls that were traced, by id and kind of shapes, with why they are not exported; empty where they are."""


@export_entry
def to_onnx(job: ExportJob) -> None:
    """Export the calls of the job that are not refused, and write down which are."""
    logging.disable(logging.ERROR)
    if job.is_dynamic:
        _trace(job)
    refused = {name: _TRACED[name, job.shapes] for name in job.ids if _TRACED.get((name, job.shapes))}
    job = _without(job, refused)
    while True:
        if not job.ids:
            raise RuntimeError(next(iter(refused.values())))
        program = _program(job)
        blocked = _blocked_calls(program, job)
        if not blocked:
            try:
                _write(program, job)
            except Exception as error:
                message = _root_message(error)
                named = {op for op in _operators(program) if f"{op}'" in message or f"{op}." in message}
                if not named:
                    raise RuntimeError(message) from None
                _REFUSED.update({(op, job.shapes): message for op in named})
                blocked = _blocked_calls(program, job)
            else:
                write_refusals(job, refused)
                return
        refused |= blocked
        _TRACED.update({(name, job.shapes): message for name, message in blocked.items()})
        job = _without(job, blocked)


def _without(job: ExportJob, refused: dict[str, str]) -> ExportJob:
    return job.with_calls([k for k, name in enumerate(job.ids) if name not in refused])


def _trace(job: ExportJob) -> None:
    """Find, in milliseconds each, the calls that fix a dynamic size: in one model they would fix it for all."""
    for k, name in enumerate(job.ids):
        if (name, job.shapes) in _TRACED:
            continue
        _TRACED[name, job.shapes] = ""
        try:
            _program(job.with_calls([k]))
        except Exception as error:
            _TRACED[name, job.shapes] = summarise_exception(error)


def _program(job: ExportJob) -> torch.export.ExportedProgram:
    # Another hint, AUTO, is silent when a size that was to stay dynamic is fixed:
    # https://docs.pytorch.org/docs/stable/export.html.
    is_open = dict.fromkeys((2, 3), torch.export.Dim.DYNAMIC)
    dynamic = {"x": is_open, "like": is_open} if job.is_dynamic else None
    return torch.export.export(ResizesModule(job).eval(), examples(job), dynamic_shapes=dynamic)


def _write(program: torch.export.ExportedProgram, job: ExportJob) -> None:
    names = {"input_names": ["x", "like"], "output_names": job.outputs}
    settings = {"dynamo": True, "opset_version": job.opset, "verbose": False, "external_data": False}
    torch.onnx.export(program, (), job.path, **settings, **names)


def _operators(program: torch.export.ExportedProgram) -> set[str]:
    """Names such as ``aten.upsample_nearest2d``."""
    return {_operator(node) for node in program.graph.nodes if node.op == "call_function"}


def _operator(node: torch.fx.Node) -> str:
    return str(getattr(node.target, "overloadpacket", node.target))


def _blocked_calls(program: torch.export.ExportedProgram, job: ExportJob) -> dict[str, str]:
    """The calls that need an operator that is refused, with its message."""
    (last,) = (node for node in program.graph.nodes if node.op == "output")
    blocked = {}
    for name, output in zip(job.ids, last.args[0], strict=True):
        waiting, visited = [output], set()
        while waiting:
            node = waiting.pop()
            if node in visited:
                continue
            visited.add(node)
            waiting += node.all_input_nodes
            if (_operator(node), job.shapes) in _REFUSED:
                blocked[name] = _REFUSED[_operator(node), job.shapes]
    return blocked


def _root_message(error: BaseException) -> str:
    """The message of the first cause; the exceptions around it list attempts."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error)
