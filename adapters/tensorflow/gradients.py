"""How TensorFlow differentiates: the gradient tape, once and twice."""

from __future__ import annotations

import numpy as np

from halfpixel.adapters.gradients import Gradient, GradientMode


def tape_gradient(resize, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray | None:  # type: ignore[no-untyped-def]  # printed
    """The gradient by the tape, ``None`` where it is unconnected: https://www.tensorflow.org/guide/autodiff."""
    import tensorflow as tf

    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = resize(x, h, w)
    gradient = tape.gradient(y, x, output_gradients=tf.cast(g, y.dtype))
    return None if gradient is None else gradient.numpy()


def tape_gradient_of_sum(resize, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray | None:  # type: ignore[no-untyped-def]  # printed
    """The gradient of the outputs' sum."""
    import tensorflow as tf

    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(resize(x, h, w))
    gradient = tape.gradient(loss, x)
    return None if gradient is None else gradient.numpy()


def second_tape_gradient(resize, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray | None:  # type: ignore[no-untyped-def]  # printed
    """The gradient, with respect to a gradient at the output, of ``sum(g * gradient at the input)``."""
    import tensorflow as tf

    x = tf.constant(x)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = resize(x, h, w)
        at_output = tf.ones_like(y)
        outer.watch(at_output)
        at_input = inner.gradient(y, x, output_gradients=at_output)
    gradient = outer.gradient(at_input, at_output, output_gradients=tf.cast(g, at_input.dtype))
    return None if gradient is None else gradient.numpy()


def tape_gradient_in_bfloat16(resize, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray | None:  # type: ignore[no-untyped-def]  # printed
    """The gradient of a bfloat16 image."""
    import tensorflow as tf

    x = tf.cast(x, tf.bfloat16)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = resize(x, h, w)
    gradient = tape.gradient(y, x, output_gradients=tf.cast(g, y.dtype))
    return None if gradient is None else tf.cast(gradient, tf.float32).numpy()


def tape_gradient_of_sum_in_bfloat16(resize, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray | None:  # type: ignore[no-untyped-def]  # printed
    """The gradient of the sum of a bfloat16 image's outputs."""
    import tensorflow as tf

    x = tf.cast(x, tf.bfloat16)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(resize(x, h, w))
    gradient = tape.gradient(loss, x)
    return None if gradient is None else tf.cast(gradient, tf.float32).numpy()


def tape_gradient_in_float16(resize, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray | None:  # type: ignore[no-untyped-def]  # printed
    """The gradient of a float16 image."""
    import tensorflow as tf

    x = tf.cast(x, tf.float16)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = resize(x, h, w)
    gradient = tape.gradient(y, x, output_gradients=tf.cast(g, y.dtype))
    return None if gradient is None else tf.cast(gradient, tf.float32).numpy()


def tape_gradient_of_sum_in_float16(resize, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray | None:  # type: ignore[no-untyped-def]  # printed
    """The gradient of the sum of a float16 image's outputs."""
    import tensorflow as tf

    x = tf.cast(x, tf.float16)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(resize(x, h, w))
    gradient = tape.gradient(loss, x)
    return None if gradient is None else tf.cast(gradient, tf.float32).numpy()


def list_gradients() -> list[Gradient]:
    """The tape, and the dtypes and orders in which it runs other code."""
    others = (
        GradientMode("backward of a sum", tape_gradient_of_sum, of_sum=True),
        GradientMode("backward, float64", tape_gradient, dtype="float64"),
        GradientMode("backward, bfloat16", tape_gradient_in_bfloat16, dtype="bfloat16"),
        GradientMode("backward of a sum, bfloat16", tape_gradient_of_sum_in_bfloat16, dtype="bfloat16", of_sum=True),
        GradientMode("backward, float16", tape_gradient_in_float16, dtype="float16"),
        GradientMode("backward of a sum, float16", tape_gradient_of_sum_in_float16, dtype="float16", of_sum=True),
        GradientMode("double backward", second_tape_gradient, order=2),
    )
    return [Gradient("GradientTape", tape_gradient, others)]
