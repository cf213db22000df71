"""OpenVINO (CPU): Interpolate-11 and -4 with every attribute that changes the numbers, and Interpolate-1."""

from __future__ import annotations

from collections.abc import Iterator

from adapters._openvino_models import CONVERSION, DOCS, FRAMEWORK, HELPERS, convention_of, interpolations, ov_resize
from adapters._openvino_ranked import ranked_operations
from adapters._openvino_scaled import scaled_operations
from adapters._openvino_variants import variants
from adapters.operation import Operation, native
from golden import Convention

__all__ = ["FRAMEWORK", "operations", "ranked_operations", "scaled_operations", "variants"]

_KERNEL_NOTE = "The page of Interpolate-11 gives no formula for kernel and border; that of Interpolate-4 has a program."
_PILLOW_NOTE = "The page says that Pillow's kind of antialiasing is applied; Pillow's source tells kernel and border."
_UNSTRETCHED_NOTE = (
    "The text limits antialias to no mode; the program on the page of Interpolate-4 reads it for linear."
)
_SIMPLE_NOTE = "nearest_mode=simple is ceil where the image shrinks, and drops the fraction otherwise."
_FIRST_NOTE = "The page of Interpolate-1 gives no coordinates; this is the Interpolate-4 that the source makes of it."


def enlarges(n_in: int, n_out: int) -> bool:
    """Where ``nearest_mode="simple"`` drops the fraction."""
    return n_out >= n_in


def shrinks(n_in: int, n_out: int) -> bool:
    """Where ``nearest_mode="simple"`` rounds up; at the same size, where both do nothing, it may be asked as well."""
    return n_out <= n_in


_WAYS = {"enlarging": (enlarges, "floor"), "shrinking": (shrinks, "ceil")}


def _interpolate(opset: int, attributes: dict[str, object], kind: str = "", **about: object) -> Operation:
    shown = ", ".join(f"{name}={value}" for name, value in attributes.items())
    code = ", ".join(f"{name}={value!r}" for name, value in attributes.items())
    return native(
        FRAMEWORK,
        f"Interpolate-{opset}({shown})" + (f", {kind}" if kind else ""),
        f"ov_resize(x, h, w, opset={opset}, {code})",
        "NCHW",
        helpers=(*HELPERS, ov_resize),
        **about,
    )


def _documented() -> Iterator[Operation]:
    for opset in (11, 4):
        for attributes in interpolations(opset):
            mode, claim = attributes["mode"], convention_of(attributes)
            note = "" if opset == 4 or mode == "nearest" else _PILLOW_NOTE if "pillow" in mode else _KERNEL_NOTE
            if attributes.get("antialias") and mode != "linear":
                note = _UNSTRETCHED_NOTE
            yield _interpolate(opset, attributes, claim=claim, source=DOCS.format(opset=opset), note=note)


def _simple() -> Iterator[Operation]:
    for mode in ("half_pixel", "asymmetric", "align_corners", "tf_half_pixel_for_nn"):
        for kind, (accepts, nearest_mode) in _WAYS.items():
            if mode == "tf_half_pixel_for_nn" and kind == "shrinking":
                continue  # it moves an axis that keeps its size
            attributes = {"mode": "nearest", "coordinate_transformation_mode": mode, "nearest_mode": "simple"}
            claim = Convention(kernel="nearest", coordinate_transformation_mode=mode, nearest_mode=nearest_mode)
            about = {"claim": claim, "source": DOCS.format(opset=11), "note": _SIMPLE_NOTE, "accepts": accepts}
            yield _interpolate(11, attributes, kind, **about)


def _first() -> Iterator[Operation]:
    """Interpolate-1 without ``mode="area"``, which the page names, and which no plugin compiles for the CPU."""
    for align_corners in (True, False):
        where = {"coordinate_transformation_mode": "align_corners" if align_corners else "asymmetric"}
        for mode in ("linear", "cubic"):
            attributes = {"mode": mode, "align_corners": align_corners}
            yield _interpolate(
                1, attributes, claim=convention_of({"mode": mode, **where}), source=CONVERSION, note=_FIRST_NOTE
            )
        attributes = {"mode": "nearest", "align_corners": align_corners}
        for kind, (accepts, nearest_mode) in _WAYS.items():
            claim = Convention(kernel="nearest", nearest_mode=nearest_mode, **where)
            yield _interpolate(1, attributes, kind, claim=claim, source=CONVERSION, note=_FIRST_NOTE, accepts=accepts)


def operations() -> list[Operation]:
    """Every Interpolate that differs in numbers. ``mode`` must be given in all, so none is a default."""
    return [*_documented(), *_simple(), *_first()]
