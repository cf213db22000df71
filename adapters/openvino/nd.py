"""OpenVINO's Interpolate of one to three axes, of one alone, and of axes that are not the last."""

from __future__ import annotations

from itertools import product

from halfpixel.adapters.nd import NdOperation, native_nd, shape_label
from halfpixel.adapters.openvino.models import DOCS, FRAMEWORK, HELPERS, Attributes, convention_of, ov_resize_axes
from halfpixel.adapters.operation import argument_label, argument_source

_HALF_PIXEL = {"coordinate_transformation_mode": "half_pixel"}
_MODES: tuple[Attributes, ...] = (
    {"mode": "nearest", **_HALF_PIXEL, "nearest_mode": "round_prefer_floor"},
    {"mode": "linear_onnx", **_HALF_PIXEL},
    {"mode": "linear", **_HALF_PIXEL},
    {"mode": "linear", **_HALF_PIXEL, "antialias": True},
    {"mode": "cubic", **_HALF_PIXEL},
    {"mode": "bilinear_pillow"},
)
# Layout, which axis is the first to be resized, the shape with room for the resized axes, and how many those are.
_PLACES = (
    ("NCS", 2, "(N, C, {})", (1, 3)),
    ("NSC", 1, "(N, {}, C)", (1, 2, 3)),
    ("S", 0, "({})", (1, 2, 3)),
)


def _is_left_out(mode: str, layout: str, rank: int) -> bool:
    """Where a mode is not allowed, by its page; and cubic of a whole ``(D, H, W)``.

    The latter reads memory that nothing was written to, and differs from run to run.
    """
    return (
        (mode == "bilinear_pillow" and (rank != 2 or layout == "S"))
        or (mode == "linear_onnx" and (layout == "NSC" or rank == 1))
        or (mode == "cubic" and (rank, layout) == (3, "S"))
    )


def operations_nd() -> list[NdOperation]:
    """Each mode in each place; linear_onnx only where its page allows it, and Pillow's of ``(H, W)`` only."""
    calls = []
    for (layout, first, shape, ranks), attributes in product(_PLACES, _MODES):
        for rank in ranks:
            if _is_left_out(attributes["mode"], layout, rank):
                continue
            name = f"Interpolate-11({argument_label(attributes)})"
            calls.append(
                native_nd(
                    FRAMEWORK,
                    f"{name} of {shape_label(shape, rank)}",
                    rank,
                    f"ov_resize_axes(x, size, {first}, opset=11{argument_source(attributes)})",
                    layout,
                    convention_of(attributes),
                    DOCS.format(opset=11),
                    helpers=(*HELPERS, ov_resize_axes),
                    equivalent_2d=name,
                )
            )
    return calls
