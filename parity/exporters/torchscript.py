"""``torch.onnx.export(dynamo=False)``, through TorchScript: https://docs.pytorch.org/docs/stable/onnx_export.html."""

from __future__ import annotations

from collections.abc import Callable

import torch

from parity.exporters._torch_module import Resizes, bring, examples, nothing
from parity.exporters.source import Order, read

__all__ = ["bring", "export", "load"]


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list]:
    """Export what the order in the file asks for."""
    export(read(path))
    return nothing


def export(order: Order) -> None:
    """Export what an order asks for."""
    axes = {"x": {2: "H", 3: "W"}, "like": {2: "h", 3: "w"}}
    axes |= {name: {2: f"{name}_h", 3: f"{name}_w"} for name in order.outputs}
    torch.onnx.export(
        Resizes(order).eval(),
        examples(order),
        order.path,
        dynamo=False,
        dynamic_axes=axes if order.is_dynamic else None,
        input_names=["x", "like"],
        output_names=order.outputs,
        opset_version=order.opset,
    )
