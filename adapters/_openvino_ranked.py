"""OpenVINO's Interpolate of one to three axes, of one alone, and of axes that are not the last."""

from __future__ import annotations

from itertools import product

from adapters._openvino_models import DOCS, FRAMEWORK, HELPERS, convention_of, ov_resize_axes
from adapters.ranked import RankedOperation, ranked

_HALF_PIXEL = {"coordinate_transformation_mode": "half_pixel"}
_MODES = (
    {"mode": "nearest", **_HALF_PIXEL, "nearest_mode": "round_prefer_floor"},
    {"mode": "linear_onnx", **_HALF_PIXEL},
    {"mode": "linear", **_HALF_PIXEL},
    {"mode": "linear", **_HALF_PIXEL, "antialias": True},
    {"mode": "cubic", **_HALF_PIXEL},
    {"mode": "bilinear_pillow"},
)
# Layout, which axis is the first to be resized, and how many are.
_PLACES = (
    ("NCS", 2, "(N, C, {})", (1, 3)),
    ("NSC", 1, "(N, {}, C)", (1, 2, 3)),
    ("S", 0, "({})", (1, 2, 3)),
)
_LETTERS = {1: "L", 2: "H, W", 3: "D, H, W"}


def ranked_operations() -> list[RankedOperation]:
    """Each mode in each place; linear_onnx only where its page allows it, and Pillow's of (H, W) only.

    Cubic of a whole (D, H, W) is left out: it reads memory that nothing was written to, and differs from run to run.
    """
    found = []
    for (layout, first, shape, ranks), attributes in product(_PLACES, _MODES):
        for rank in ranks:
            mode = attributes["mode"]
            if mode == "bilinear_pillow" and (rank != 2 or layout == "S"):
                continue
            if mode == "cubic" and (rank, layout) == (3, "S"):
                continue
            if mode == "linear_onnx" and (layout == "NSC" or rank == 1):
                continue
            shown = ", ".join(f"{name}={value}" for name, value in attributes.items())
            code = ", ".join(f"{name}={value!r}" for name, value in attributes.items())
            found.append(
                ranked(
                    FRAMEWORK,
                    f"Interpolate-11({shown}) of {shape.format(_LETTERS[rank])}".replace("(L)", "(L,)"),
                    rank,
                    f"ov_resize_axes(x, size, {first}, opset=11, {code})",
                    layout,
                    helpers=(*HELPERS, ov_resize_axes),
                    claim=convention_of(attributes),
                    source=DOCS.format(opset=11),
                    like=f"Interpolate-11({shown})",
                )
            )
    return found
