"""JAX: ``jax.image.resize``, ``jax.image.scale_and_translate``, and ``map_coordinates`` used as a resize."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from adapters import _jax_claims as claims
from adapters._jax_gradient import gradients
from adapters.framework import Framework
from adapters.operation import PREPARED, Operation, native
from adapters.scipy import centre_coordinates, grid

if TYPE_CHECKING:
    import jax

__all__ = ["FRAMEWORK", "gradients", "operations"]

FRAMEWORK = Framework(
    "jax",
    "jax",
    ("jax",),
    "import jax\nimport jax.numpy as jnp",
    to_native="jnp.asarray(x)",
    to_numpy="np.asarray(y)",
    requires=("jaxlib",),
)

# Every kernel and both values of `antialias`, but few of their products: every shape that is asked of each takes a
# tenth of a second to compile. 'lanczos5' and an antialiased 'cubic' are the same code as what is here.
_RESIZES = (
    {"method": "linear"},
    {"method": "linear", "antialias": False},
    {"method": "nearest"},
    {"method": "area"},
    {"method": "cubic", "antialias": False},
    {"method": "cubic-pytorch", "antialias": False},
    {"method": "lanczos3"},
)
_DEFAULT_NOTE = "The method must be named; antialias=True is the default."


def with_corners_aligned(x: jax.Array, h: int, w: int, **parameters) -> jax.Array:
    """``scale_and_translate`` by its page's recipe for ``align_corners=True``; compiled as a whole."""
    import jax
    import jax.numpy as jnp

    scale = jnp.asarray([(n - 1) / (m - 1) if m > 1 else 1.0 for m, n in ((x.shape[1], h), (x.shape[2], w))])
    translation = 0.5 * (1 - scale)
    run = jax.jit(jax.image.scale_and_translate, static_argnums=(1, 2), static_argnames=("method", "antialias"))
    return run(x, (x.shape[0], h, w, x.shape[3]), (1, 2), scale, translation, **parameters)


def has_corners(n_in: int, n_out: int) -> bool:
    """Whether the recipe for aligned corners has a scale: two pixels at least, or nothing to do."""
    return n_in == n_out or min(n_in, n_out) > 1


def _code(**parameters: object) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in parameters.items())


def _resize() -> Iterator[Operation]:
    call = "jax.image.resize(x, (x.shape[0], h, w, x.shape[3]), {})"
    for parameters in _RESIZES:
        shown = ", ".join(f"{name}={value}" for name, value in parameters.items())
        about = claims.resize(**parameters).about()
        if parameters == {"method": "linear"}:
            about |= {"note": f"{_DEFAULT_NOTE} {about['note']}", "is_default": True}
        yield native(
            FRAMEWORK, f"image.resize({shown})", call.format(_code(**parameters)), "NHWC", cost=PREPARED, **about
        )


def _scale_and_translate() -> Iterator[Operation]:
    # At the scale of the sizes it is what jax.image.resize calls.
    yield native(
        FRAMEWORK,
        "image.scale_and_translate(method=linear, antialias=False) with corners aligned",
        'with_corners_aligned(x, h, w, method="linear", antialias=False)',
        "NHWC",
        helpers=(with_corners_aligned,),
        accepts=has_corners,
        cost=PREPARED,
        **claims.with_corners_aligned("linear").about(),
    )


def _map_coordinates() -> Iterator[Operation]:
    for order, mode in ((0, "nearest"), (1, "reflect")):
        yield native(
            FRAMEWORK,
            f"scipy.ndimage.map_coordinates(order={order}, mode={mode})",
            f"jax.scipy.ndimage.map_coordinates(x, grid(x, h, w, centre_coordinates), order={order}, mode={mode!r})",
            "HW",
            helpers=(centre_coordinates, grid),
            cost=PREPARED,
            **claims.map_coordinates(order, mode).about(),
        )


def operations() -> list[Operation]:
    """Every resize call of JAX."""
    return [*_resize(), *_scale_and_translate(), *_map_coordinates()]
