"""``onnx.version_converter`` of what torch exported at another opset: https://onnx.ai/onnx/api/version_converter.html."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from parity.exporters import torchscript
from parity.exporters._torch_module import bring, nothing
from parity.exporters.source import read

__all__ = ["bring", "from_10", "from_11", "from_13", "from_18", "from_19"]

Load = Callable[[str, tuple[str, ...], tuple[str, ...]], Callable[[dict], list]]


def _from(opset: int) -> Load:
    def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list]:
        import onnx
        from onnx import version_converter

        order = read(path)
        torchscript.export(replace(order, opset=opset))
        onnx.save(version_converter.convert_version(onnx.load(order.path), order.opset), order.path)
        return nothing

    load.__doc__ = f"Export what the order in the file asks for at opset {opset}, and convert that to the order's."
    return load


from_10, from_11, from_13, from_18, from_19 = map(_from, (10, 11, 13, 18, 19))
