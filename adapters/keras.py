"""Keras 3: ``keras.ops.image.resize``, ``Resizing`` and ``UpSampling2D`` on each backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from halfpixel.adapters.conventions import (
    CENTRED_NEAREST,
    KEYS_CUBIC,
    LANCZOS_3,
    LINEAR,
    OPENCV_CUBIC,
    REPEATING_NEAREST,
    stretched,
)
from halfpixel.adapters.framework import Framework
from halfpixel.adapters.native_call import PREPARED, SLOW, Helper
from halfpixel.adapters.operation import (
    DocumentedClaim,
    Operation,
    any_size,
    argument_label,
    argument_source,
    is_multiple,
    native,
)
from halfpixel.golden import Convention

FRAMEWORK = Framework(
    "keras",
    "keras",
    ("keras",),
    "import keras",
    to_native="keras.ops.convert_to_tensor(x)",
    to_numpy="keras.ops.convert_to_numpy(y)",
)

_API = "https://keras.io/api/"
_RESIZE = _API + "ops/image/#resize-function"
_RESIZING = _API + "layers/preprocessing_layers/image_preprocessing/resizing/"
_UP_SAMPLING = _API + "layers/reshaping_layers/up_sampling2d/"

_SOURCE = "https://github.com/keras-team/keras/blob/v3.15.1/keras/src/"
_TESTS = _SOURCE + "ops/image_test.py"

BACKENDS = ("tensorflow", "torch", "jax", "numpy", "openvino")
"""Named like the module that each imports: https://keras.io/getting_started/#configuring-your-backend."""

_CHECKED_NOTE = (
    "The page leaves coordinates, coefficient, border and ties open; Keras's own test of the operation holds this "
    "backend to tf.image.resize."
)
_UNCHECKED_NOTE = (
    "The page leaves coordinates, coefficient and border open; Keras's own test does not hold this backend to "
    "tf.image.resize here, and the backend's source tells what it calls."
)

_CHECKED = {
    "nearest": CENTRED_NEAREST,
    "bilinear": LINEAR,
    "bicubic": KEYS_CUBIC.but(border="renormalise"),
    "lanczos3": LANCZOS_3.but(border="renormalise"),
    "lanczos5": Convention(kernel="lanczos", lobes=5, border="renormalise"),
}
_UNCHECKED = {
    # F.interpolate(mode="bicubic", align_corners=False).
    ("bicubic", "torch"): OPENCV_CUBIC,
    # Interpolate with mode cubic, half_pixel and cube_coeff -0.5.
    ("bicubic", "openvino"): KEYS_CUBIC,
}


def _resize_claim(interpolation: str, antialias: bool, backend: str) -> DocumentedClaim:
    """``keras.ops.image.resize`` on a backend.

    The page: antialias filters when downsampling. The test compares every backend with ``tf.image.resize`` at every
    interpolation and both values of antialias, except torch's bicubic without, and OpenVINO's bicubic.
    """
    claim, source, note = _CHECKED[interpolation], _TESTS, _CHECKED_NOTE
    if (interpolation, backend) in _UNCHECKED and not (backend == "torch" and antialias):
        claim, source = _UNCHECKED[interpolation, backend], f"{_SOURCE}backend/{backend}/image.py"
        note = _UNCHECKED_NOTE
    return DocumentedClaim(stretched(claim) if antialias and interpolation != "nearest" else claim, source, note)


def _resizing_layer_claim(interpolation: str, antialias: bool, backend: str) -> DocumentedClaim:
    """``keras.layers.Resizing``, which hands its arguments to the backend's resize."""
    claim = _resize_claim(interpolation, antialias, backend)
    note = f"The layer's page ({_RESIZING}) only names the method; it calls the backend's resize. {claim.note}"
    return claim._replace(note=note)


def _upsampling_layer_claim(interpolation: str, backend: str) -> DocumentedClaim:
    """``keras.layers.UpSampling2D``: ``nearest`` repeats, and the rest is ``keras.ops.image.resize``."""
    if interpolation == "nearest":
        return DocumentedClaim(REPEATING_NEAREST, _UP_SAMPLING)
    claim = _resize_claim(interpolation, False, backend)
    note = f"The layer's page only names the method; it calls keras.ops.image.resize. {claim.note}"
    return claim._replace(note=note)


# Keras reads its backend from the environment, once, when it is imported. Programs that are printed set it themselves.
_ON = {
    backend: replace(
        FRAMEWORK,
        imports=f'import os\n\nos.environ["KERAS_BACKEND"] = "{backend}"\nimport keras',
        requires=(backend,),
        environment=(("KERAS_BACKEND", backend),),
    )
    for backend in BACKENDS
}
# JAX compiles every shape, and OpenVINO every call. NumPy multiplies by a dense matrix in float64, which has 34 GB
# where 65,536 pixels become as many.
_COSTS = {"jax": PREPARED, "openvino": PREPARED, "numpy": SLOW}

# Interpolation and antialias, beside the default, of each backend. The torch backend refuses Lanczos, which the page of
# the layer lists: that is asked of the layer. Of the jax backend only what picks and repeats: the rest is
# jax.image.resize, whose shapes would take as long here again.
_COMMON = (("bilinear", True), ("nearest", False), ("bicubic", False), ("bicubic", True))
_LANCZOS = (("lanczos3", False), ("lanczos5", True))
_ROWS = {
    "tensorflow": (*_COMMON, *_LANCZOS),
    "torch": _COMMON,
    "jax": (("nearest", False),),
    "numpy": (*_COMMON, *_LANCZOS),
    "openvino": _COMMON,
}


def resizing_layer(height: int, width: int, **parameters) -> object:  # type: ignore[no-untyped-def]  # printed
    """The layer that resizes to ``(height, width)`` pixels."""
    import keras

    return keras.layers.Resizing(height, width, **parameters)


def upsampling_layer(rows: int, columns: int, **parameters) -> object:  # type: ignore[no-untyped-def]  # printed
    """The layer that multiplies the height by ``rows`` and the width by ``columns``."""
    import keras

    return keras.layers.UpSampling2D(size=(rows, columns), **parameters)


# A layer takes longer to construct than to call. The bound keeps a sweep over sizes from holding every layer. Under
# their own names, by which another process finds them.
resizing_layer = lru_cache(maxsize=1024)(resizing_layer)
upsampling_layer = lru_cache(maxsize=1024)(upsampling_layer)


def _keras(
    function: str,
    call: str,
    claim: DocumentedClaim,
    backend: str,
    parameters: Mapping[str, object],
    helpers: Sequence[Helper] = (),
    accepts: Callable[[int, int], bool] = any_size,
    is_default: bool = False,
) -> Operation:
    """``call`` has ``{}`` where further arguments go; they also name the operation."""
    return native(
        _ON[backend],
        f"{function}({argument_label(parameters)}) on {backend}",
        call.format(argument_source(parameters)),
        "NHWC",
        *claim,
        helpers=helpers,
        accepts=accepts,
        is_default=is_default,
        cost=_COSTS.get(backend, ""),
    )


def _resizes(backend: str) -> Iterator[Operation]:
    function, call = "ops.image.resize", "keras.ops.image.resize(x, (h, w){})"
    yield _keras(function, call, _resize_claim("bilinear", False, backend), backend, {}, is_default=True)
    for interpolation, antialias in _ROWS[backend]:
        parameters: dict[str, object] = {"interpolation": interpolation} | ({"antialias": True} if antialias else {})
        yield _keras(function, call, _resize_claim(interpolation, antialias, backend), backend, parameters)


def _layers(backend: str) -> Iterator[Operation]:
    """The layers, which call the operation above; fewer of them where each call is expensive."""
    is_cheap = _COSTS.get(backend) != PREPARED
    function, call = "layers.Resizing", "resizing_layer(h, w{})(x)"
    helpers: tuple[Helper, ...] = (resizing_layer,)
    if is_cheap:
        claim = _resizing_layer_claim("bilinear", False, backend)
        yield _keras(function, call, claim, backend, {}, helpers, is_default=True)
        claim = _resizing_layer_claim("bicubic", True, backend)
        yield _keras(function, call, claim, backend, {"interpolation": "bicubic", "antialias": True}, helpers)
    if backend == "torch":
        claim = _resizing_layer_claim("lanczos3", False, backend)
        yield _keras(function, call, claim, backend, {"interpolation": "lanczos3"}, helpers)
    function, call = "layers.UpSampling2D", "upsampling_layer(h // x.shape[1], w // x.shape[2]{})(x)"
    helpers = (upsampling_layer,)
    claim = _upsampling_layer_claim("nearest", backend)
    yield _keras(function, call, claim, backend, {}, helpers, is_multiple)
    if is_cheap:
        claim = _upsampling_layer_claim("bilinear", backend)
        yield _keras(function, call, claim, backend, {"interpolation": "bilinear"}, helpers, is_multiple)


def operations() -> list[Operation]:
    """Every resize call of Keras on every backend."""
    return [operation for backend in _ON for operation in (*_resizes(backend), *_layers(backend))]
