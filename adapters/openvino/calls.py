"""OpenVINO (CPU): Interpolate-11 and -4 with every attribute that changes the numbers, and Interpolate-1."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from halfpixel.adapters.openvino.models import (
    CONVERSION,
    DOCS,
    FRAMEWORK,
    HELPERS,
    PILLOW,
    Attributes,
    convention_of,
    interpolations,
    ov_resize,
)
from halfpixel.adapters.operation import (
    DocumentedClaim,
    Operation,
    any_size,
    argument_label,
    argument_source,
    enlarges,
    native,
)

_KERNEL_NOTE = "The page of Interpolate-11 gives no formula for kernel and border; that of Interpolate-4 has a program."
_PILLOW_NOTE = "The page says that Pillow's kind of antialiasing is applied; Pillow's source tells kernel and border."
_UNSTRETCHED_NOTE = (
    "The text limits antialias to no mode; the program on the page of Interpolate-4 reads it for linear."
)
_SIMPLE_NOTE = "nearest_mode=simple is ceil where the image shrinks, and drops the fraction otherwise."
_FIRST_NOTE = "The page of Interpolate-1 gives no coordinates; this is the Interpolate-4 that the source makes of it."


def shrinks(n_in: int, n_out: int) -> bool:
    """Whether no axis is enlarged."""
    return n_out <= n_in


# nearest_mode="simple" drops the fraction when enlarging, and rounds up when shrinking; at the same size, where both do
# nothing, either may be asked.
_SIMPLE_DIRECTIONS = (("enlarging", enlarges, "floor"), ("shrinking", shrinks, "ceil"))


def _interpolate(
    opset: int,
    attributes: Attributes,
    claim: DocumentedClaim,
    direction: str = "",
    accepts: Callable[[int, int], bool] = any_size,
) -> Operation:
    return native(
        FRAMEWORK,
        f"Interpolate-{opset}({argument_label(attributes)})" + (f", {direction}" if direction else ""),
        f"ov_resize(x, h, w, opset={opset}{argument_source(attributes)})",
        "NCHW",
        *claim,
        helpers=(*HELPERS, ov_resize),
        accepts=accepts,
    )


def _interpolate_11_and_4() -> Iterator[Operation]:
    for opset in (11, 4):
        for attributes in interpolations(opset):
            mode = attributes["mode"]
            note = "" if opset == 4 or mode == "nearest" else _PILLOW_NOTE if mode in PILLOW else _KERNEL_NOTE
            if attributes.get("antialias") and mode != "linear":
                note = _UNSTRETCHED_NOTE
            claim = DocumentedClaim(convention_of(attributes), DOCS.format(opset=opset), note)
            yield _interpolate(opset, attributes, claim)


def _nearest_simple() -> Iterator[Operation]:
    for coordinates in ("half_pixel", "asymmetric", "align_corners", "tf_half_pixel_for_nn"):
        for direction, accepts, nearest_mode in _SIMPLE_DIRECTIONS:
            if coordinates == "tf_half_pixel_for_nn" and direction == "shrinking":
                continue  # it moves an axis that keeps its size
            attributes = {"mode": "nearest", "coordinate_transformation_mode": coordinates}
            convention = convention_of({**attributes, "nearest_mode": nearest_mode})
            claim = DocumentedClaim(convention, DOCS.format(opset=11), _SIMPLE_NOTE)
            yield _interpolate(11, {**attributes, "nearest_mode": "simple"}, claim, direction, accepts)


def _interpolate_1() -> Iterator[Operation]:
    """Interpolate-1 in each mode; ``area``, which the page names, is compiled by no plugin for the CPU."""
    for align_corners in (True, False):
        coordinates = {"coordinate_transformation_mode": "align_corners" if align_corners else "asymmetric"}
        for mode in ("linear", "cubic"):
            claim = DocumentedClaim(convention_of({"mode": mode, **coordinates}), CONVERSION, _FIRST_NOTE)
            yield _interpolate(1, {"mode": mode, "align_corners": align_corners}, claim)
        for direction, accepts, nearest_mode in _SIMPLE_DIRECTIONS:
            convention = convention_of({"mode": "nearest", **coordinates, "nearest_mode": nearest_mode})
            claim = DocumentedClaim(convention, CONVERSION, _FIRST_NOTE)
            yield _interpolate(1, {"mode": "nearest", "align_corners": align_corners}, claim, direction, accepts)
    area = DocumentedClaim(None, DOCS.format(opset=1), "The page names the mode, and gives no formula.")
    yield _interpolate(1, {"mode": "area", "align_corners": False}, area)


def operations() -> list[Operation]:
    """Every Interpolate that differs in numbers. ``mode`` must be given in all, so none is a default."""
    return [*_interpolate_11_and_4(), *_nearest_simple(), *_interpolate_1()]
