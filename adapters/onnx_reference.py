"""ONNX's reference evaluator: Resize of opset 19, and Upsample of opset 9, which have code of their own in it.

Resize of every opset runs the same code there; only what opset 19 allows is asked.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from adapters._onnx_models import RESIZE_DOCS, UPSAMPLE_DOCS, convention_of, onnx_model, resize_attributes
from adapters._onnx_reference_scaled import scaled_operations
from adapters.framework import Framework
from adapters.operation import Operation, native

if TYPE_CHECKING:
    import onnx.reference

__all__ = ["FRAMEWORK", "operations", "scaled_operations"]

FRAMEWORK = Framework(
    "onnx-reference",
    "onnx",
    ("onnx",),
    "import functools\n\nimport onnx\nimport onnx.reference",
)

_NO_ROUNDING = "ONNX's text states neither coordinates nor rounding for this opset."


@functools.cache
def reference_evaluator(
    operator: str, opset: int, dtype: np.dtype, **attributes: object
) -> onnx.reference.ReferenceEvaluator:
    """The evaluator of one node, for every size."""
    from onnx.reference import ReferenceEvaluator

    return ReferenceEvaluator(onnx_model(operator, opset, dtype, **attributes))


def reference_resize(x: np.ndarray, h: int, w: int, **attributes: object) -> np.ndarray:
    """ONNX's Resize-19 of x, shape (N, C, H, W), to (N, C, h, w)."""
    sizes = np.array([*x.shape[:2], h, w], dtype=np.int64)
    return reference_evaluator("Resize", 19, x.dtype, **attributes).run(None, {"x": x, "sizes": sizes})[0]


def reference_upsample(x: np.ndarray, h: int, w: int, mode: str) -> np.ndarray:
    """ONNX's Upsample-9, whose sizes are given as scales."""
    scales = np.float32([*x.shape[:2], h, w]) / np.float32(x.shape)
    return reference_evaluator("Upsample", 9, x.dtype, mode=mode).run(None, {"x": x, "scales": scales})[0]


def _multiplies(n_in: int, n_out: int) -> bool:
    """The evaluator has Upsample by whole numbers only."""
    return n_out % n_in == 0


def _attributes() -> Iterator[dict[str, object]]:
    """Every value of every attribute, without every product: each is applied by code of its own, axis by axis."""
    plain = {"coordinate_transformation_mode": "half_pixel"}
    torch_nearest = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    for attributes in resize_attributes(19):
        flags = {name for name in ("antialias", "exclude_outside") if name in attributes}
        is_half_pixel = attributes.items() >= plain.items()
        is_default = attributes.get("nearest_mode", "round_prefer_floor") == "round_prefer_floor"
        if attributes.get("cubic_coeff_a", -0.75) != -0.75:
            # What Pillow and torch's antialias have; and the plain one.
            chosen = is_half_pixel and len(flags) != 1
        else:
            is_torch_nearest = attributes.items() >= torch_nearest.items()
            chosen = is_half_pixel or is_torch_nearest or (is_default and not flags)
        if chosen:
            yield attributes


def _resize(attributes: dict[str, object], **about: object) -> Operation:
    code = "".join(f", {name}={value!r}" for name, value in attributes.items())
    words = {name: ":".join(map(str, value)) if name == "roi" else value for name, value in attributes.items()}
    return native(
        FRAMEWORK,
        f"Resize-19({', '.join(f'{name}={value}' for name, value in words.items())})",
        f"reference_resize(x, h, w{code})",
        "NCHW",
        helpers=(onnx_model, reference_evaluator, reference_resize),
        claim=convention_of(attributes),
        source=RESIZE_DOCS.format(opset=19),
        **about,
    )


def operations() -> list[Operation]:
    """Resize-19, the default one first, and Upsample-9."""
    upsample = native(
        FRAMEWORK,
        "Upsample-9(mode=nearest)",
        'reference_upsample(x, h, w, mode="nearest")',
        "NCHW",
        helpers=(onnx_model, reference_evaluator, reference_upsample),
        source=UPSAMPLE_DOCS.format(opset=9),
        note=_NO_ROUNDING,
        accepts=_multiplies,
    )
    return [_resize({}, is_default=True), *(_resize(attributes) for attributes in _attributes()), upsample]
