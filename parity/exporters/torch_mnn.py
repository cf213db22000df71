"""mnnconvert of what ``torch.onnx.export(dynamo=False)`` writes: https://mnn-docs.readthedocs.io/en/latest/tools/convert.html."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from parity.exporters import _torch_module, torchscript
from parity.exporters._torch_module import nothing
from parity.exporters.source import read
from parity.runners.mnn import convert

__all__ = ["bring", "load"]


def bring() -> None:
    """Import what exporting needs, and the native part of MNN's converter: its Python wrapper reports each use."""
    import _tools  # noqa: F401

    _torch_module.bring()


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list]:
    """Export what the order in the file asks for, and convert that; layouts stay as they are in the ONNX file."""
    order = read(path)
    between = f"{order.path}.onnx"
    torchscript.export(replace(order, path=between))
    convert(between, order.path)
    return nothing
