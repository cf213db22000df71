"""OpenVINO by scale: Interpolate-11 and -4 with ``shape_calculation_mode="scales"``."""

from __future__ import annotations

from adapters._openvino_models import DOCS, FRAMEWORK, HELPERS, MODES, convention_of, ov_scale
from adapters.scaled import ScaledOperation, scaled, sharing_size_rules

_TWO_SCALES_NOTE = (
    "The text says that scale is output over input; the program on the same page uses the scales that are given."
)


def _kernels(mode: str) -> list[dict[str, object]]:
    where = {"coordinate_transformation_mode": mode}
    cubic = [{"mode": "cubic", **where}] if mode == "half_pixel" else []
    return [{"mode": "nearest", **where}, {"mode": "linear_onnx", **where}, *cubic]


def _scaled(opset: int, attributes: dict[str, object]) -> ScaledOperation:
    shown = ", ".join(f"{name}={value}" for name, value in attributes.items())
    code = ", ".join(f"{name}={value!r}" for name, value in attributes.items())
    return scaled(
        FRAMEWORK,
        f"Interpolate-{opset}(scales, {shown})",
        f"ov_scale(x, sy, sx, opset={opset}, {code})",
        "NCHW",
        helpers=(*HELPERS, ov_scale),
        claim=convention_of(attributes),
        size_rule="floor",
        scale_dtype="float32",
        scale_source="recomputed" if opset == 11 else "",
        source=DOCS.format(opset=opset),
        note="" if opset == 11 else _TWO_SCALES_NOTE,
    )


def scaled_operations() -> list[ScaledOperation]:
    """Interpolate-11 with every mode of coordinates, and with each kernel; Interpolate-4 with one mode."""
    found = [_scaled(11, attributes) for mode in MODES for attributes in _kernels(mode)]
    found.append(_scaled(11, {"mode": "bilinear_pillow"}))
    found += [_scaled(4, attributes) for attributes in _kernels("half_pixel")]
    return sharing_size_rules(found, lambda operation: operation.name.partition("(")[0])
