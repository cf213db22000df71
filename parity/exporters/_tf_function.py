"""Many TensorFlow calls as one function with an output for each."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from parity.exporters.source import Order, calls


def bring() -> None:
    """Import it; it finishes its import when something is called."""
    tf.zeros(1)
    tf.get_logger().setLevel("ERROR")


def function(order: Order) -> tuple[Callable, list[tf.TensorSpec]]:
    """The function of ``x`` and ``like``, and what it is traced with; each output has the name of its place."""
    resizes, (h, w) = calls(order), order.size_out

    def resize(x: tf.Tensor, like: tf.Tensor) -> dict[str, tf.Tensor]:
        size = (tf.shape(like)[1], tf.shape(like)[2]) if order.is_dynamic else (h, w)
        return {name: tf.identity(call(x, *size), name) for name, call in zip(order.outputs, resizes, strict=True)}

    lengths = [(order.images, None, None, 1), (1, None, None, 1)]
    if not order.is_dynamic:
        lengths = [(order.images, *order.size_in, 1), (1, h, w, 1)]
    return resize, [tf.TensorSpec(shape, tf.float32, name) for shape, name in zip(lengths, ("x", "like"), strict=True)]


def nothing(feeds: dict) -> list:
    """What an exporter returns to be called."""
    return []
