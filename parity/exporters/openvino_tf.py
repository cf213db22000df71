"""``openvino.convert_model`` of a TensorFlow function: its front end for TensorFlow.

https://docs.openvino.ai/2026/openvino-workflow/model-preparation/convert-model-tensorflow.html.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from parity.exporters._tf_function import bring, function, nothing
from parity.exporters.source import read

__all__ = ["bring", "load"]


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list]:
    """Convert what the order in the file asks for; weights are not rounded to float16, which is the default."""
    import openvino

    order = read(path)
    resize, signature = function(order)
    model = openvino.convert_model(tf.function(resize).get_concrete_function(*signature))
    openvino.save_model(model, order.path, compress_to_fp16=False)
    return nothing
