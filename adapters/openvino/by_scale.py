"""OpenVINO by scale: Interpolate-11 and -4 with ``shape_calculation_mode="scales"``."""

from __future__ import annotations

from halfpixel.adapters.by_scale import ByScaleOperation, mark_shared_size_rules, native_by_scale
from halfpixel.adapters.openvino.models import DOCS, FRAMEWORK, HELPERS, MODES, Attributes, convention_of, ov_scale
from halfpixel.adapters.operation import argument_label, argument_source

_TWO_SCALES_NOTE = (
    "The text says that scale is output over input; the program on the same page uses the scales that are given."
)


def _kernels(coordinates: str) -> list[Attributes]:
    modes = ("nearest", "linear_onnx", "cubic") if coordinates == "half_pixel" else ("nearest", "linear_onnx")
    return [{"mode": mode, "coordinate_transformation_mode": coordinates} for mode in modes]


def _scaled(opset: int, attributes: Attributes) -> ByScaleOperation:
    return native_by_scale(
        FRAMEWORK,
        f"Interpolate-{opset}(scales, {argument_label(attributes)})",
        f"ov_scale(x, sy, sx, opset={opset}{argument_source(attributes)})",
        "NCHW",
        helpers=(*HELPERS, ov_scale),
        claim=convention_of(attributes),
        size_rule="floor",
        scale_dtype="float32",
        scale_source="recomputed" if opset == 11 else "",
        source=DOCS.format(opset=opset),
        note="" if opset == 11 else _TWO_SCALES_NOTE,
    )


def operations_by_scale() -> list[ByScaleOperation]:
    """Interpolate-11 with every mode of coordinates, and with each kernel; Interpolate-4 with one mode."""
    calls = [_scaled(11, attributes) for coordinates in MODES for attributes in _kernels(coordinates)]
    calls.append(_scaled(11, {"mode": "bilinear_pillow"}))
    calls += [_scaled(4, attributes) for attributes in _kernels("half_pixel")]
    return mark_shared_size_rules(calls, lambda operation: operation.name.partition("(")[0])
