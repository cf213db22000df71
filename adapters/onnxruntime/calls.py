"""ONNX Runtime (CPU): Resize at the opsets that changed it, in every combination its text allows, and Upsample-9."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from halfpixel.adapters.conventions import ASYMMETRIC_LINEAR
from halfpixel.adapters.framework import Framework
from halfpixel.adapters.onnx_resize import (
    RESIZE_DOCS,
    UPSAMPLE_DOCS,
    Attributes,
    convention_of,
    onnx_model,
    resize_attributes,
)
from halfpixel.adapters.operation import Operation, any_size, argument_label, argument_source, enlarges, native

if TYPE_CHECKING:
    import onnxruntime

FRAMEWORK = Framework(
    "onnxruntime",
    "onnxruntime",
    ("onnxruntime", "onnxruntime-gpu"),
    "import functools\n\nimport onnx\nimport onnxruntime",
)

# ONNX's text gives no coordinates before opset 11; a comment in ONNX Runtime's source calls all of them asymmetric.
_BEFORE_11 = (
    "https://github.com/microsoft/onnxruntime/blob/07dc282c492bb000f928d4bed2f2b11c6547e46f/"
    "onnxruntime/core/providers/cpu/tensor/upsamplebase.h"
)
_NO_COORDINATES = (
    "ONNX's text states no coordinates for this opset; ONNX Runtime's source calls them asymmetric, and so does "
    "a maintainer in microsoft/onnxruntime#4419."
)
_NO_ROUNDING = (
    "ONNX's text states neither coordinates nor rounding for this opset; ONNX Runtime's source takes x / scale, "
    "rounded down when enlarging and up when shrinking."
)


@functools.cache
def onnx_session(operator: str, opset: int, dtype: np.dtype, **attributes: object) -> onnxruntime.InferenceSession:
    """A session of one node, for every size: building one takes a millisecond, running it some microseconds."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    model = onnx_model(operator, opset, dtype, **attributes).SerializeToString()  # type: ignore[arg-type]  # printed
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def onnx_resize(x: np.ndarray, h: int, w: int, opset: int, **attributes: object) -> np.ndarray:
    """ONNX's Resize of x, shape (N, C, H, W), to (N, C, h, w)."""
    sizes = np.array([*x.shape[:2], h, w], dtype=np.int64)
    return onnx_session("Resize", opset, x.dtype, **attributes).run(None, {"x": x, "sizes": sizes})[0]  # type: ignore[no-any-return]  # printed


def onnx_rescale(x: np.ndarray, h: int, w: int, operator: str, opset: int, **attributes: object) -> np.ndarray:
    """The same before opset 11, by scales: the float32 next above if the nearest gives a smaller size than (h, w)."""
    old, new = np.float32(x.shape), np.float32([*x.shape[:2], h, w])  # type: ignore[arg-type]  # printed
    scales = np.where(new / old * old < new, np.nextafter(new / old, np.float32(np.inf)), new / old)
    return onnx_session(operator, opset, x.dtype, **attributes).run(None, {"x": x, "scales": scales})[0]  # type: ignore[no-any-return]  # printed


def _resize(opset: int, attributes: Attributes, is_default: bool = False) -> Operation:
    return native(
        FRAMEWORK,
        f"Resize-{opset}({argument_label(attributes)})",
        f"onnx_resize(x, h, w, opset={opset}{argument_source(attributes)})",
        "NCHW",
        helpers=(onnx_model, onnx_session, onnx_resize),
        claim=convention_of(attributes),
        source=RESIZE_DOCS.format(opset=opset),
        is_default=is_default,
    )


def _rescale(operator: str, opset: int, mode: str, docs: str) -> Operation:
    is_linear = mode == "linear"
    return native(
        FRAMEWORK,
        f"{operator}-{opset}(mode={mode})",
        f'onnx_rescale(x, h, w, operator="{operator}", opset={opset}, mode="{mode}")',
        "NCHW",
        helpers=(onnx_model, onnx_session, onnx_rescale),
        claim=ASYMMETRIC_LINEAR if is_linear else None,
        source=_BEFORE_11 if is_linear else docs.format(opset=opset),
        note=_NO_COORDINATES if is_linear else _NO_ROUNDING,
        # Upsample's scales are at least 1.
        accepts=enlarges if operator == "Upsample" else any_size,
    )


def operations() -> list[Operation]:
    """Every Resize of opsets 19, 18, 13 and 11 that differs in numbers, the default one first; then the older ones."""
    resizes = [_resize(opset, attributes) for opset in (19, 18, 13, 11) for attributes in resize_attributes(opset)]
    rescales = [
        _rescale(operator, opset, mode, docs)
        for operator, opset, docs in (("Resize", 10, RESIZE_DOCS), ("Upsample", 9, UPSAMPLE_DOCS))
        for mode in ("nearest", "linear")
    ]
    return [_resize(19, {}, is_default=True), *resizes, *rescales]
