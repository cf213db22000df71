"""ExecuTorch's lowering of ``torch.export``: https://docs.pytorch.org/executorch/stable/using-executorch-export.html."""

from __future__ import annotations

import contextlib
import logging
import os
import traceback
from dataclasses import dataclass
from pathlib import Path

import torch

from halfpixel.parity.exports import torch_exporters
from halfpixel.parity.exports.export_cases import ExportJob, export_entry
from halfpixel.parity.exports.registry import DYNAMIC_SIDES
from halfpixel.parity.exports.torch_exporters import ResizesModule, examples
from halfpixel.parity.runtimes.worker import summarise_exception


@dataclass(frozen=True, slots=True)
class _Lowered:
    """What a program became: the file's bytes, or why it was refused."""

    content: bytes = b""
    refusal: str = ""


_LOWERED: dict[tuple[str, str, tuple[bytes, ...]], _Lowered] = {}
"""By backend, program and constants: many calls are one program, and each program takes a second."""


def import_framework() -> None:
    """Import what lowering needs, without the output of its import."""
    torch_exporters.import_framework()
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
        import executorch.exir  # noqa: F401
    logging.disable(logging.ERROR)


@export_entry
def to_portable(job: ExportJob) -> None:
    """Lower to ExecuTorch's own kernels."""
    _write(job, "")


@export_entry
def to_xnnpack(job: ExportJob) -> None:
    """Lower to XNNPACK as far as it goes: https://docs.pytorch.org/executorch/stable/backends-xnnpack.html."""
    _write(job, "xnnpack")


def _write(job: ExportJob, backend: str) -> None:
    program = torch.export.export(ResizesModule(job).eval(), examples(job), dynamic_shapes=_dynamic_shapes(job))
    tensors = [*program.constants.values(), *program.state_dict.values()]
    values = tuple(tensor.numpy().tobytes() for tensor in tensors if isinstance(tensor, torch.Tensor))
    key = (backend, _program_text(program), values)
    if key not in _LOWERED:
        try:
            _LOWERED[key] = _Lowered(_lower(program, backend))
        except Exception as error:
            _LOWERED[key] = _Lowered(refusal=summarise_exception(error) if str(error) else _raising_line(error))
    if _LOWERED[key].refusal:
        raise RuntimeError(_LOWERED[key].refusal)
    Path(job.path).write_bytes(_LOWERED[key].content)


def _dynamic_shapes(job: ExportJob) -> dict[str, dict[int, torch.export.Dim]] | None:
    if not job.is_dynamic:
        return None
    named = {"x": ("height", "width"), "like": ("h", "w")}
    return {
        name: {
            axis: torch.export.Dim(side, min=DYNAMIC_SIDES[side][0], max=DYNAMIC_SIDES[side][1])
            for axis, side in enumerate(sides, 2)
        }
        for name, sides in named.items()
    }


def _program_text(program: torch.export.ExportedProgram) -> str:
    """A program in full, without the places in the source that it comes from."""
    shapes = [str(node.meta.get("val")) for node in program.graph.nodes]
    return f"{program.graph}\n{shapes}\n{program.range_constraints}\n{program.graph_signature}"


def _raising_line(error: Exception) -> str:
    """An exception without a message, by the line that raised it."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at `{last.line}` in {Path(last.filename).name}"


def _lower(program: torch.export.ExportedProgram, backend: str) -> bytes:
    from executorch.exir import to_edge_transform_and_lower

    partitioner = None
    if backend:
        from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner

        partitioner = [XnnpackPartitioner()]
    lowered = to_edge_transform_and_lower(program, partitioner=partitioner).to_executorch()
    return bytes(lowered.buffer)
