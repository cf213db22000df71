"""Keras 3: ``keras.ops.image.resize``, ``Resizing`` and ``UpSampling2D`` on each of its backends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from adapters import _keras_claims as claims
from adapters.framework import Framework
from adapters.operation import PREPARED, SLOW, Operation, native

__all__ = ["FRAMEWORK", "operations"]

FRAMEWORK = Framework(
    "keras",
    "keras",
    ("keras",),
    "import keras",
    to_native="keras.ops.convert_to_tensor(x)",
    to_numpy="keras.ops.convert_to_numpy(y)",
)

# Keras reads its backend from the environment, once, when it is imported. Programs that are printed set it themselves.
_ON = {
    backend: replace(
        FRAMEWORK,
        imports=f'import os\n\nos.environ["KERAS_BACKEND"] = "{backend}"\nimport keras',
        requires=(module,),
        environment=(("KERAS_BACKEND", backend),),
    )
    for backend, module in claims.BACKENDS.items()
}
# JAX compiles every shape, and OpenVINO every call. NumPy multiplies by a dense matrix in float64, which has 34 GB
# where 65,536 pixels become as many.
_COSTS = {"jax": PREPARED, "openvino": PREPARED, "numpy": SLOW}

# Interpolation and antialias, beside the default, of each backend. The torch backend says that it has no Lanczos. Of
# the jax backend only what picks and repeats: the rest is jax.image.resize, whose shapes would take as long here again.
_COMMON = (("bilinear", True), ("nearest", False), ("bicubic", False), ("bicubic", True))
_LANCZOS = (("lanczos3", False), ("lanczos5", True))
_ROWS = {
    "tensorflow": (*_COMMON, *_LANCZOS),
    "torch": _COMMON,
    "jax": (("nearest", False),),
    "numpy": (*_COMMON, *_LANCZOS),
    "openvino": _COMMON,
}


def resizing_layer(height: int, width: int, **parameters) -> object:
    """The layer that resizes to ``(height, width)`` pixels."""
    import keras

    return keras.layers.Resizing(height, width, **parameters)


def upsampling_layer(rows: int, columns: int, **parameters) -> object:
    """The layer that multiplies the height by ``rows`` and the width by ``columns``."""
    import keras

    return keras.layers.UpSampling2D(size=(rows, columns), **parameters)


# A layer takes longer to construct than to call. The bound keeps a sweep over sizes from holding every layer. Under
# their own names, by which another process finds them.
resizing_layer = lru_cache(maxsize=1024)(resizing_layer)
upsampling_layer = lru_cache(maxsize=1024)(upsampling_layer)


def is_multiple(n_in: int, n_out: int) -> bool:
    """Whether ``n_out`` is a whole number of times ``n_in``, as an upsampling layer needs."""
    return n_out % n_in == 0


def _code(**parameters: object) -> str:
    return "".join(f", {name}={value!r}" for name, value in parameters.items())


def _keras(function: str, call: str, stated: claims.Stated, backend: str, parameters: dict, **about) -> Operation:
    """``call`` has ``{}`` where further arguments go; they also name the operation."""
    shown = ", ".join(f"{name}={value}" for name, value in parameters.items())
    return native(
        _ON[backend],
        f"{function}({shown}) on {backend}",
        call.format(_code(**parameters)),
        "NHWC",
        cost=_COSTS.get(backend, ""),
        **stated.about(),
        **about,
    )


def _resizes(backend: str) -> Iterator[Operation]:
    function, call = "ops.image.resize", "keras.ops.image.resize(x, (h, w){})"
    yield _keras(function, call, claims.resize("bilinear", False, backend), backend, {}, is_default=True)
    for interpolation, antialias in _ROWS[backend]:
        parameters = {"interpolation": interpolation} | ({"antialias": True} if antialias else {})
        yield _keras(function, call, claims.resize(interpolation, antialias, backend), backend, parameters)


def _layers(backend: str) -> Iterator[Operation]:
    """Less of them where each call is dear: they hand on to the operation above."""
    resizing = {"helpers": (resizing_layer,)}
    layer, call = "layers.Resizing", "resizing_layer(h, w{})(x)"
    if _COSTS.get(backend) != PREPARED:
        stated = claims.resizing_layer("bilinear", False, backend)
        yield _keras(layer, call, stated, backend, {}, is_default=True, **resizing)
        parameters = {"interpolation": "bicubic", "antialias": True}
        stated = claims.resizing_layer(**parameters, backend=backend)
        yield _keras(layer, call, stated, backend, parameters, **resizing)
    layer, call = "layers.UpSampling2D", "upsampling_layer(h // x.shape[1], w // x.shape[2]{})(x)"
    upsampling = {"helpers": (upsampling_layer,), "accepts": is_multiple}
    yield _keras(layer, call, claims.upsampling_layer("nearest", backend), backend, {}, **upsampling)
    if _COSTS.get(backend) != PREPARED:
        stated = claims.upsampling_layer("bilinear", backend)
        yield _keras(layer, call, stated, backend, {"interpolation": "bilinear"}, **upsampling)


def operations() -> list[Operation]:
    """Every resize call of Keras on every backend."""
    return [operation for backend in _ON for operation in (*_resizes(backend), *_layers(backend))]
