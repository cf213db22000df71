"""``tf.lite.TFLiteConverter``: https://www.tensorflow.org/api_docs/python/tf/lite/TFLiteConverter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

from parity.exporters._tf_function import bring, function, nothing
from parity.exporters.source import read

__all__ = ["bring", "load"]


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list]:
    """Convert what the order in the file asks for, to LiteRT's own operators alone."""
    order = read(path)
    resize, signature = function(order)

    def listed(x: tf.Tensor, like: tf.Tensor) -> list[tf.Tensor]:
        # The file has no names of outputs without a signature, but keeps a list in its order.
        made = resize(x, like)
        return [made[name] for name in order.outputs]

    traced = tf.function(listed).get_concrete_function(*signature)
    Path(order.path).write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([traced]).convert())
    return nothing
