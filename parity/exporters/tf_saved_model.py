"""``tf.saved_model.save`` of a TensorFlow function: https://www.tensorflow.org/api_docs/python/tf/saved_model/save."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from parity.exporters._tf_function import bring, function, nothing
from parity.exporters.source import read

__all__ = ["bring", "load"]


def load(path: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[[dict], list]:
    """Save what the order in the file asks for, as the folder's only signature."""
    order = read(path)
    resize, signature = function(order)
    module = tf.Module()
    module.resize = tf.function(resize)
    tf.saved_model.save(module, order.path, module.resize.get_concrete_function(*signature))
    return nothing
