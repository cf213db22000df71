"""``tf2onnx.convert.from_function``: https://github.com/onnx/tensorflow-onnx."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from parity.exporters._tf_function import bring, function, nothing
from parity.exporters.source import read

__all__ = ["bring", "load"]


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list]:
    """Export what the order in the file asks for."""
    import tf2onnx

    order = read(path)
    resize, signature = function(order)
    tf2onnx.convert.from_function(tf.function(resize), signature, opset=order.opset, output_path=order.path)
    return nothing
