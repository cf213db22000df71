"""TensorFlow's other paths for a resize: as a graph, with and without known shapes, and compiled by XLA.

Left out: thread counts and oneDNN, which are fixed when TensorFlow loads and cannot be changed in one process
(https://www.tensorflow.org/api_docs/python/tf/config/threading, ``TF_ENABLE_ONEDNN_OPTS``).
"""

from __future__ import annotations

from adapters.operation import PREPARED, Operation, Variant


def reads_no_shape(operation: Operation) -> bool:
    """Whether the call's own arguments can be written down without knowing the shape of the image."""
    return "x.shape" not in operation.call.expression


def variants() -> list[Variant]:
    """Every path; the height and width asked for are constants of the graph. https://www.tensorflow.org/api_docs/python/tf/function."""
    return [
        Variant("tf.function", around="tf.function({f}, autograph=False)", cost=PREPARED),
        Variant(
            "tf.function, any shape",
            around="lambda x, h, w: tf.function(lambda t: {f}(t, h, w), autograph=False, "
            "input_signature=[tf.TensorSpec([None] * 4, tf.float32)])(x)",
            cost=PREPARED,
            applies=reads_no_shape,
        ),
        Variant("XLA", around="tf.function({f}, autograph=False, jit_compile=True)", cost=PREPARED),
    ]
