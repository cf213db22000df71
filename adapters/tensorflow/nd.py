"""TensorFlow's resizes of one axis and of three, and of an image that is in no batch."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

from halfpixel.adapters.conventions import REPEATING_NEAREST
from halfpixel.adapters.nd import NdOperation, native_nd
from halfpixel.adapters.operation import is_multiple
from halfpixel.adapters.tensorflow import claims
from halfpixel.adapters.tensorflow.calls import FRAMEWORK

_DOCS = "https://www.tensorflow.org/api_docs/python/tf/keras/layers/UpSampling{}D"


def repeating_layer(rank: int, *factors: int) -> object:
    """Keras's layer that repeats every element ``factors`` times along each of one or three axes."""
    import tensorflow as tf

    layers = {1: tf.keras.layers.UpSampling1D, 3: tf.keras.layers.UpSampling3D}
    return layers[rank](size=factors[0] if rank == 1 else factors)


_REPEATING = lru_cache(maxsize=256)(repeating_layer)


def operations_nd() -> list[NdOperation]:
    """``tf.image.resize`` of ``(H, W, C)``, and Keras's layers that repeat along one and three axes."""
    calls = []
    methods = ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")
    for method, antialias in product(methods, (False, True)):
        has_antialias = method in claims.ANTIALIASED
        if antialias and not has_antialias:
            continue
        label = f"method={method}" + (", antialias=True" if antialias else "")
        calls.append(
            native_nd(
                FRAMEWORK,
                f"image.resize({label}) of an image in no batch",
                2,
                f'tf.image.resize(x, size, method="{method}", antialias={antialias})',
                "SC",
                *claims.image_resize(method, antialias),
                equivalent_2d=f"image.resize(method={method}{f', antialias={antialias}' if has_antialias else ''})",
            )
        )
    for rank in (1, 3):
        factors = ", ".join(f"size[{axis}] // x.shape[{axis + 1}]" for axis in range(rank))
        calls.append(
            native_nd(
                FRAMEWORK,
                f"keras.layers.UpSampling{rank}D()",
                rank,
                f"repeating_layer({rank}, {factors})(x)",
                "NSC",
                REPEATING_NEAREST,
                _DOCS.format(rank),
                "The page says that elements are repeated.",
                helpers=(_REPEATING,),
                accepts=is_multiple,
                equivalent_2d="keras.layers.UpSampling2D(interpolation=nearest)",
            )
        )
    return calls
