"""LiteRT (TensorFlow Lite): its two resize operators, with every flag and every op resolver."""

from __future__ import annotations

from collections.abc import Iterator

from adapters._litert_models import HELPERS
from adapters._litert_variants import variants
from adapters.framework import Framework
from adapters.operation import Operation, native
from golden import Convention

__all__ = ["FRAMEWORK", "operations", "variants"]

FRAMEWORK = Framework(
    "litert",
    "ai_edge_litert",
    ("ai-edge-litert",),
    "from functools import lru_cache\n\nfrom ai_edge_litert.interpreter import Interpreter",
    requires=("flatbuffers",),
)

# The pages of the operators name the flags and nothing of coordinates; the reference kernels tell.
_KERNELS = "https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/lite/kernels/internal/reference/"
_SOURCES = {
    "RESIZE_BILINEAR": _KERNELS + "resize_bilinear.h",
    "RESIZE_NEAREST_NEIGHBOR": _KERNELS + "resize_nearest_neighbor.h",
}
_NOTE = "No page states coordinates or rounding; the reference kernel's source tells."
_BOTH_NOTE = "No page states what both flags at once mean; the kernel adds half a pixel and then rounds to nearest."

_MODES = {(False, False): "asymmetric", (True, False): "align_corners", (False, True): "half_pixel"}
_RESOLVERS = ("AUTO", "BUILTIN_WITHOUT_DEFAULT_DELEGATES", "BUILTIN_REF")


def convention_of(operator: str, align_corners: bool = False, half_pixel_centers: bool = False) -> Convention | None:
    """What the reference kernels do: bilinear clamps; nearest floors, and under ``align_corners`` rounds halves up.

    With half-pixel centres nearest floors ``(o + 0.5) * scale``, which is rounding the half-pixel coordinate half up.
    """
    mode = _MODES.get((align_corners, half_pixel_centers))
    if mode is None:
        return None
    if operator == "RESIZE_BILINEAR":
        return Convention(kernel="linear", coordinate_transformation_mode=mode)
    rounding = "floor" if mode == "asymmetric" else "round_prefer_ceil"
    return Convention(kernel="nearest", coordinate_transformation_mode=mode, nearest_mode=rounding)


def _resize(operator: str, resolver: str, flags: dict[str, bool]) -> Operation:
    arguments: dict[str, object] = flags if resolver == "AUTO" else flags | {"resolver": resolver}
    claim = convention_of(operator, **flags)
    code = "".join(f", {name}={value!r}" for name, value in arguments.items())
    return native(
        FRAMEWORK,
        f"{operator}({', '.join(f'{name}={value}' for name, value in arguments.items())})",
        f'litert_resize(x, h, w, operator="{operator}"{code})',
        "NHWC",
        helpers=HELPERS,
        claim=claim,
        source=_SOURCES[operator],
        note=_BOTH_NOTE if claim is None else _NOTE,
        is_default=not arguments,
    )


def _resizes(operator: str) -> Iterator[Operation]:
    """Every flag by every resolver that has kernels of its own; BUILTIN is what AUTO comes to.

    Both flags at once are refused by the kernels of RESIZE_BILINEAR.
    """
    nearest = operator == "RESIZE_NEAREST_NEIGHBOR"
    for resolver in _RESOLVERS:
        for align_corners, half_pixel_centers in (*_MODES, *([(True, True)] if nearest else [])):
            flags = {"align_corners": align_corners, "half_pixel_centers": half_pixel_centers}
            # The schema's defaults: a file need not name what is off.
            yield _resize(operator, resolver, {name: value for name, value in flags.items() if value})


def operations() -> list[Operation]:
    """Both operators, with every flag, by every op resolver."""
    return [*_resizes("RESIZE_BILINEAR"), *_resizes("RESIZE_NEAREST_NEIGHBOR")]
