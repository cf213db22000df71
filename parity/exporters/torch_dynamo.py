"""``torch.onnx.export(dynamo=True)``: https://docs.pytorch.org/docs/stable/onnx_export.html."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

import torch

from parity.exporters._torch_module import Resizes, bring, examples, nothing
from parity.exporters.source import Order, read, refuse
from parity.telling import one_line

__all__ = ["bring", "load"]

_REFUSED: dict[tuple[str, str], str] = {}
"""Operators, and the shapes they had, that this process has seen refused, with the message.

Each time costs as much as the export of all.
"""

_TRACED: dict[tuple[str, str], str] = {}
"""Calls, and the shapes they were traced with; with why they are not exported, or nothing where they are."""


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list]:
    """Export what the order in the file asks for, without the calls that are refused."""
    logging.disable(logging.ERROR)
    order = read(path)
    if order.is_dynamic:
        _trace(order)
    refused = {name: _TRACED[name, order.shapes] for name in order.ids if _TRACED.get((name, order.shapes))}
    order = _without(order, refused)
    while True:
        if not order.ids:
            raise RuntimeError(next(iter(refused.values())))
        program = _program(order)
        stuck = _stuck(program, order)
        if not stuck:
            try:
                _write(program, order)
            except Exception as error:
                message = _innermost(error)
                named = {op for op in _operators(program) if f"{op}'" in message or f"{op}." in message}
                if not named:
                    raise RuntimeError(message) from None
                _REFUSED.update({(op, order.shapes): message for op in named})
                stuck = _stuck(program, order)
            else:
                refuse(order, refused)
                return nothing
        refused |= stuck
        _TRACED.update({(name, order.shapes): message for name, message in stuck.items()})
        order = _without(order, stuck)


def _without(order: Order, refused: dict[str, str]) -> Order:
    kept = [k for k, name in enumerate(order.ids) if name not in refused]
    return replace(order, ids=tuple(order.ids[k] for k in kept), scales=tuple(order.scales[k] for k in kept))


def _trace(order: Order) -> None:
    """Find, in milliseconds each, the calls that fix what was to stay open: in one model they would fix it for all."""
    for name, scales in zip(order.ids, order.scales, strict=True):
        if (name, order.shapes) in _TRACED:
            continue
        _TRACED[name, order.shapes] = ""
        try:
            _program(replace(order, ids=(name,), scales=(scales,)))
        except Exception as error:
            _TRACED[name, order.shapes] = one_line(error)


def _program(order: Order) -> torch.export.ExportedProgram:
    # Another hint, AUTO, says nothing when a size that was to stay open is fixed:
    # https://docs.pytorch.org/docs/stable/export.html.
    is_open = dict.fromkeys((2, 3), torch.export.Dim.DYNAMIC)
    dynamic = {"x": is_open, "like": is_open} if order.is_dynamic else None
    return torch.export.export(Resizes(order).eval(), examples(order), dynamic_shapes=dynamic)


def _write(program: torch.export.ExportedProgram, order: Order) -> None:
    names = {"input_names": ["x", "like"], "output_names": order.outputs}
    settings = {"dynamo": True, "opset_version": order.opset, "verbose": False, "external_data": False}
    torch.onnx.export(program, (), order.path, **settings, **names)


def _operators(program: torch.export.ExportedProgram) -> set[str]:
    """Names such as ``aten.upsample_nearest2d``."""
    return {_name(node) for node in program.graph.nodes if node.op == "call_function"}


def _name(node: torch.fx.Node) -> str:
    return str(getattr(node.target, "overloadpacket", node.target))


def _stuck(program: torch.export.ExportedProgram, order: Order) -> dict[str, str]:
    """The calls that need an operator that is refused, with its message."""
    (last,) = (node for node in program.graph.nodes if node.op == "output")
    stuck = {}
    for name, output in zip(order.ids, last.args[0], strict=True):
        waiting, seen = [output], set()
        while waiting:
            node = waiting.pop()
            if node in seen:
                continue
            seen.add(node)
            waiting += node.all_input_nodes
            if (_name(node), order.shapes) in _REFUSED:
                stuck[name] = _REFUSED[_name(node), order.shapes]
    return stuck


def _innermost(error: BaseException) -> str:
    """What it stumbled on; outside of it are lists of what was tried."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error)
