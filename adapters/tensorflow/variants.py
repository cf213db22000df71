"""TensorFlow's other paths for a resize: as a graph, with and without known shapes, and compiled by XLA.

Left out: thread counts and oneDNN, which are fixed when TensorFlow loads and cannot be changed in one process
(https://www.tensorflow.org/api_docs/python/tf/config/threading, ``TF_ENABLE_ONEDNN_OPTS``).
"""

from __future__ import annotations

from halfpixel.adapters.native_call import PREPARED, NativeCall, Variant


def ignores_size_arguments(call: NativeCall) -> bool:
    """Whether the call's own arguments can be written down without knowing the shape of the image."""
    return "x.shape" not in call.expression


def list_variants() -> list[Variant]:
    """Every path; the height and width asked for are constants of the graph. https://www.tensorflow.org/api_docs/python/tf/function."""
    return [
        Variant("tf.function", wrapper="tf.function({f}, autograph=False)", cost=PREPARED),
        Variant(
            "tf.function, any shape",
            wrapper="lambda x, h, w: tf.function(lambda t: {f}(t, h, w), autograph=False, "
            "input_signature=[tf.TensorSpec([None] * 4, tf.float32)])(x)",
            cost=PREPARED,
            applies=ignores_size_arguments,
        ),
        Variant("XLA", wrapper="tf.function({f}, autograph=False, jit_compile=True)", cost=PREPARED),
    ]
