"""OpenCV by scale: ``resize`` with ``fx`` and ``fy``, alone and beside a size, under every interpolation flag."""

from __future__ import annotations

import numpy as np

from halfpixel.adapters.by_scale import ByScaleOperation, mark_shared_size_rules, native_by_scale
from halfpixel.adapters.conventions import AREA
from halfpixel.adapters.opencv.calls import FRAMEWORK, operations
from halfpixel.adapters.operation import Operation

_ROUND_NOTE = "The page says round(fx * src.cols), and not which way halves go."
_AREA_NOTE = "Nor what counts where an area reaches beyond the image; resize.cpp leaves that part out."
_BOTH_NOTE = "The page says that fx and fy are computed from dsize when they are 0; they are not 0 here."


def scaled_size(x: np.ndarray, sy: float, sx: float) -> tuple[int, int]:
    """The ``(w, h)`` that the scales leave of ``x``, rounded down."""
    return int(sx * x.shape[1]), int(sy * x.shape[0])


def _resize(operation: Operation, with_size: bool) -> ByScaleOperation:
    flag = operation.name.removeprefix("resize(").removesuffix(")")
    size, name = ("scaled_size(x, sy, sx)", "dsize, fx, fy") if with_size else ("None", "fx, fy")
    claim, notes = operation.claim, [operation.note]
    if claim == AREA:
        # Areas leave the image only where the scale is not the ratio of the sizes; by size, all borders are one.
        claim = AREA.but(border="renormalise")
        notes.append(_AREA_NOTE)
    notes.append(_BOTH_NOTE if with_size else _ROUND_NOTE)
    interpolation = f", interpolation=cv2.{flag}" if flag else ""
    return native_by_scale(
        FRAMEWORK,
        f"resize({name}{', ' + flag if flag else ''})",
        f"cv2.resize(x, {size}, fx=sx, fy=sy{interpolation})",
        "HW",
        helpers=(scaled_size,) if with_size else (),
        claim=claim,
        size_variant=operation,
        size_rule="" if with_size else "round",
        scale_source="given",
        decides_size=not with_size,
        source=operation.source,
        note=" ".join(filter(None, notes)),
    )


def operations_by_scale() -> list[ByScaleOperation]:
    """Every resize call of OpenCV that takes a scale."""
    resizes = [operation for operation in operations() if operation.name.startswith("resize(")]
    calls = [_resize(operation, with_size) for with_size in (False, True) for operation in resizes]
    return mark_shared_size_rules(calls, lambda operation: operation.decides_size)
