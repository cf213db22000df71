"""ExecuTorch's lowering of ``torch.export``: https://docs.pytorch.org/executorch/stable/using-executorch-export.html."""

from __future__ import annotations

import contextlib
import logging
import os
import traceback
from collections.abc import Callable
from pathlib import Path

import torch

from parity.exporters import _torch_module
from parity.exporters._torch_module import Resizes, examples, nothing
from parity.exporters.programs import SIDES
from parity.exporters.source import Order, read
from parity.telling import one_line

__all__ = ["bring", "portable", "xnnpack"]

_LOWERED: dict[tuple[str, str, tuple[bytes, ...]], bytes | str] = {}
"""What programs became, or why they were refused: many calls are one program, and each program takes a second."""


def bring() -> None:
    """Import what exporting needs."""
    _torch_module.bring()
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
        import executorch.exir  # noqa: F401
    logging.disable(logging.ERROR)


def portable(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list]:
    """Export what the order in the file asks for, to ExecuTorch's own kernels."""
    return _write(read(path), "")


def xnnpack(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list]:
    """Export what the order in the file asks for, what XNNPACK takes of it to XNNPACK.

    https://docs.pytorch.org/executorch/stable/backends-xnnpack.html.
    """
    return _write(read(path), "xnnpack")


def _write(order: Order, delegate: str) -> Callable[[dict], list]:
    program = torch.export.export(Resizes(order).eval(), examples(order), dynamic_shapes=_open(order))
    tensors = [*program.constants.values(), *program.state_dict.values()]
    values = tuple(one.numpy().tobytes() for one in tensors if isinstance(one, torch.Tensor))
    key = (delegate, _text(program), values)
    if key not in _LOWERED:
        try:
            _LOWERED[key] = _lowered(program, delegate)
        except Exception as error:
            _LOWERED[key] = one_line(error) if str(error) else _where(error)
    made = _LOWERED[key]
    if isinstance(made, str):
        raise RuntimeError(made)
    Path(order.path).write_bytes(made)
    return nothing


def _open(order: Order) -> dict[str, dict[int, torch.export.Dim]] | None:
    if not order.is_dynamic:
        return None
    named = {"x": ("height", "width"), "like": ("h", "w")}
    return {
        name: {
            axis: torch.export.Dim(side, min=SIDES[side][0], max=SIDES[side][1]) for axis, side in enumerate(sides, 2)
        }
        for name, sides in named.items()
    }


def _text(program: torch.export.ExportedProgram) -> str:
    """All that a program says but where in the source it comes from."""
    shapes = [str(node.meta.get("val")) for node in program.graph.nodes]
    return f"{program.graph}\n{shapes}\n{program.range_constraints}\n{program.graph_signature}"


def _where(error: Exception) -> str:
    """What can be said of an exception without a message: the line that raised it."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at `{last.line}` in {Path(last.filename).name}"


def _lowered(program: torch.export.ExportedProgram, delegate: str) -> bytes:
    from executorch.exir import to_edge_transform_and_lower

    partitioner = None
    if delegate:
        from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner

        partitioner = [XnnpackPartitioner()]
    return to_edge_transform_and_lower(program, partitioner=partitioner).to_executorch().buffer
