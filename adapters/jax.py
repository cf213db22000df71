"""JAX: ``jax.image.resize``, ``scale_and_translate`` and ``map_coordinates`` used as a resize."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from halfpixel.adapters.conventions import AREA, CENTRED_NEAREST, KEYS_CUBIC, LANCZOS_3, LINEAR, OPENCV_CUBIC
from halfpixel.adapters.framework import Framework
from halfpixel.adapters.gradients import Gradient
from halfpixel.adapters.native_call import PREPARED
from halfpixel.adapters.operation import DocumentedClaim, Operation, argument_label, argument_source, native
from halfpixel.adapters.scipy.calls import centre_coordinates, grid
from halfpixel.golden import Convention

if TYPE_CHECKING:
    import jax

FRAMEWORK = Framework(
    "jax",
    "jax",
    ("jax",),
    "import jax\nimport jax.numpy as jnp",
    to_native="jnp.asarray(x)",
    to_numpy="np.asarray(y)",
    requires=("jaxlib",),
)

_API = "https://docs.jax.dev/en/latest/_autosummary/"
_RESIZE = _API + "jax.image.resize.html"
_SCALE_AND_TRANSLATE = _API + "jax.image.scale_and_translate.html"
_MAP_COORDINATES = _API + "jax.scipy.ndimage.map_coordinates.html"

_SOURCE = "https://github.com/jax-ml/jax/blob/jax-v0.10.2/jax/_src/"
_SCALE = _SOURCE + "image/scale.py"
_NDIMAGE = _SOURCE + "scipy/ndimage.py"

_FILTERS = {
    "linear": LINEAR,
    "cubic": KEYS_CUBIC,
    "cubic-pytorch": OPENCV_CUBIC,
    "lanczos3": LANCZOS_3,
    "lanczos5": Convention(kernel="lanczos", lobes=5),
}
# ``mode`` of map_coordinates by order; its constant and wrap are SciPy's grid-constant and grid-wrap, says the page.
_MAPPED = ((0, "nearest", "replicate"), (1, "reflect", "reflect"))


def _filtered_claim(method: str, antialias: bool, mode: str = "half_pixel") -> Convention:
    """A kernel at the resize's own scale.

    The page: ``cubic-pytorch`` is PyTorch's bicubic, edge padding included, and ``cubic`` when antialiased. Comments in
    the source: the kernel is stretched when downsampling only, and weights are normalised for what lies outside.
    The unstretched triangle weighs the same with either border, and is claimed under its usual name.
    """
    if method == "cubic-pytorch" and antialias:
        method = "cubic"
    claim = _FILTERS[method].but(coordinate_transformation_mode=mode, antialias=antialias)
    if method == "cubic-pytorch" or (method == "linear" and not antialias):
        return claim
    return claim.but(border="renormalise")


def _resize_claim(method: str, antialias: bool = True) -> DocumentedClaim:
    """``jax.image.resize``."""
    if method == "nearest":
        note = "The page leaves coordinates and ties open; the source floors half-pixels."
        return DocumentedClaim(CENTRED_NEAREST, _SCALE, note)
    if method == "area":
        return DocumentedClaim(AREA, _RESIZE)
    note = "The page leaves coordinates and border open; the source's comments tell."
    return DocumentedClaim(_filtered_claim(method, antialias), _SCALE, note)


def _map_coordinates_claim(order: int, border: str) -> DocumentedClaim:
    """``jax.scipy.ndimage.map_coordinates`` at the centres of the output's pixels, edges together."""
    if order == 0:
        note = "The page gives no rule for ties; the source rounds them away from zero."
        return DocumentedClaim(CENTRED_NEAREST.but(border=border), _NDIMAGE, note)
    return DocumentedClaim(LINEAR.but(border=border), _MAP_COORDINATES)


def pulled_back(resize, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray:  # type: ignore[no-untyped-def]  # printed
    """The gradient by ``jax.vjp``: https://docs.jax.dev/en/latest/_autosummary/jax.vjp.html."""
    import jax
    import jax.numpy as jnp

    _, pull_back = jax.vjp(lambda t: resize(t, h, w), jnp.asarray(x))
    return np.asarray(pull_back(jnp.asarray(g))[0])


def list_gradients() -> list[Gradient]:
    """Reverse mode. No further modes: each of them compiles every shape again."""
    return [Gradient("jax.vjp", pulled_back)]


# Every kernel and both values of `antialias`, but few of their products: every shape that is asked of each takes a
# tenth of a second to compile. 'lanczos5' and an antialiased 'cubic' are the same code as what is here.
_RESIZES: tuple[tuple[str, bool | None], ...] = (
    ("linear", None),
    ("linear", False),
    ("nearest", None),
    ("area", None),
    ("cubic", False),
    ("cubic-pytorch", False),
    ("lanczos3", None),
)
_DEFAULT_NOTE = "The method must be named; antialias=True is the default."


def with_corners_aligned(x: jax.Array, h: int, w: int, **parameters) -> jax.Array:  # type: ignore[no-untyped-def]  # printed
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


def _resizes() -> Iterator[Operation]:
    for method, antialias in _RESIZES:
        parameters: dict[str, object] = {"method": method} | ({} if antialias is None else {"antialias": antialias})
        claim = _resize_claim(method, antialias is not False)
        is_default = (method, antialias) == ("linear", None)
        if is_default:
            claim = claim._replace(note=f"{_DEFAULT_NOTE} {claim.note}")
        yield native(
            FRAMEWORK,
            f"image.resize({argument_label(parameters)})",
            f"jax.image.resize(x, (x.shape[0], h, w, x.shape[3]){argument_source(parameters)})",
            "NHWC",
            *claim,
            cost=PREPARED,
            is_default=is_default,
        )


def operations() -> list[Operation]:
    """Every resize call of JAX."""
    # At the scale of the sizes, scale_and_translate is what jax.image.resize calls; corners are aligned by the recipe
    # on its page for PyTorch's align_corners=True.
    aligned = native(
        FRAMEWORK,
        "image.scale_and_translate(method=linear, antialias=False) with corners aligned",
        'with_corners_aligned(x, h, w, method="linear", antialias=False)',
        "NHWC",
        _filtered_claim("linear", False, "align_corners"),
        _SCALE_AND_TRANSLATE,
        helpers=(with_corners_aligned,),
        accepts=has_corners,
        cost=PREPARED,
    )
    mapped = [
        native(
            FRAMEWORK,
            f"scipy.ndimage.map_coordinates(order={order}, mode={mode})",
            f"jax.scipy.ndimage.map_coordinates(x, grid(x, h, w, centre_coordinates), order={order}, mode={mode!r})",
            "HW",
            *_map_coordinates_claim(order, border),
            helpers=(centre_coordinates, grid),
            cost=PREPARED,
        )
        for order, mode, border in _MAPPED
    ]
    return [*_resizes(), aligned, *mapped]
