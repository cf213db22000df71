"""TensorFlow's resizes of one axis and of three, and of an image that is in no batch."""

from __future__ import annotations

from functools import lru_cache

from adapters import _tensorflow_claims as claims
from adapters.framework import Framework
from adapters.ranked import RankedOperation, ranked
from golden import Convention

_FRAMEWORK = Framework(
    "tensorflow",
    "tensorflow",
    ("tensorflow-cpu", "tensorflow"),
    "import tensorflow as tf",
    to_native="tf.constant(x)",
    to_numpy="y.numpy()",
)
_DOCS = "https://www.tensorflow.org/api_docs/python/tf/keras/layers/UpSampling{}D"
_REPEATED = Convention(kernel="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")


def repeating_layer(rank: int, *factors: int) -> object:
    """Keras's layer that repeats every element ``factors`` times along each of one or three axes."""
    import tensorflow as tf

    layers = {1: tf.keras.layers.UpSampling1D, 3: tf.keras.layers.UpSampling3D}
    return layers[rank](size=factors[0] if rank == 1 else factors)


_REPEATING = lru_cache(maxsize=256)(repeating_layer)


def is_multiple(n_in: int, n_out: int) -> bool:
    """Whether ``n_out`` is a whole number of times ``n_in``."""
    return n_out % n_in == 0


def ranked_operations() -> list[RankedOperation]:
    """``tf.image.resize`` of ``(H, W, C)``, and Keras's layers that repeat along one and three axes."""
    found = []
    for method in ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic"):
        for antialias in (False, True) if method not in ("nearest", "area") else (False,):
            stated = claims.image_resize(method, antialias) if antialias else claims.image_resize(method)
            shown = f"method={method}" + (", antialias=True" if antialias else "")
            call = f'tf.image.resize(x, size, method="{method}", antialias={antialias})'
            name = f"image.resize({shown}) of an image in no batch"
            like = f"image.resize(method={method}"
            like += ")" if method in ("nearest", "area") else f", antialias={antialias})"
            found.append(ranked(_FRAMEWORK, name, 2, call, "SC", **stated.about(), like=like))
    for rank in (1, 3):
        factors = ", ".join(f"size[{axis}] // x.shape[{axis + 1}]" for axis in range(rank))
        found.append(
            ranked(
                _FRAMEWORK,
                f"keras.layers.UpSampling{rank}D()",
                rank,
                f"repeating_layer({rank}, {factors})(x)",
                "NSC",
                helpers=(_REPEATING,),
                claim=_REPEATED,
                source=_DOCS.format(rank),
                note="The page says that elements are repeated.",
                accepts=is_multiple,
                like="keras.layers.UpSampling2D(interpolation=nearest)",
            )
        )
    return found
