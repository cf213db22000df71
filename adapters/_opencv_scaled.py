"""OpenCV by scale: ``resize`` with ``fx`` and ``fy``, alone and beside a size, under every interpolation flag."""

from __future__ import annotations

import numpy as np

from adapters.operation import Operation
from adapters.scaled import ScaledOperation, scaled, sharing_size_rules

_ROUND_NOTE = "The page says round(fx * src.cols), and not which way halves go."
_AREA_NOTE = "Nor what counts where an area reaches beyond the image; resize.cpp leaves that part out."
_BOTH_NOTE = "The page says that fx and fy are computed from dsize when they are 0; they are not 0 here."


def scaled_size(x: np.ndarray, sy: float, sx: float) -> tuple[int, int]:
    """The ``(w, h)`` that the scales leave of ``x``, rounded down."""
    return int(sx * x.shape[1]), int(sy * x.shape[0])


def _resize(operation: Operation, flag: str, with_size: bool) -> ScaledOperation:
    size, name = ("scaled_size(x, sy, sx)", "dsize, fx, fy") if with_size else ("None", "fx, fy")
    # Areas leave the image only where the scale is not the ratio of the sizes; by size, all borders are one.
    claim = operation.claim.but(border="renormalise") if operation.claim.kernel == "area" else operation.claim
    notes = (operation.note, _AREA_NOTE if claim.kernel == "area" else "", _BOTH_NOTE if with_size else _ROUND_NOTE)
    interpolation = f", interpolation=cv2.{flag}" if flag else ""
    return scaled(
        operation.call.framework,
        f"resize({name}{', ' + flag if flag else ''})",
        f"cv2.resize(x, {size}, fx=sx, fy=sy{interpolation})",
        "HW",
        helpers=(scaled_size,) if with_size else (),
        claim=claim,
        by_size=operation,
        size_rule="" if with_size else "round",
        scale_source="given",
        decides_size=not with_size,
        source=operation.source,
        note=" ".join(filter(None, notes)),
    )


def scaled_operations() -> list[ScaledOperation]:
    """Every resize call of OpenCV that takes a scale."""
    from adapters import opencv as by_size

    resizes = [operation for operation in by_size.operations() if operation.name.startswith("resize(")]
    flags = [operation.name.removeprefix("resize(").removesuffix(")") for operation in resizes]
    found = [
        _resize(operation, flag, with_size)
        for with_size in (False, True)
        for operation, flag in zip(resizes, flags, strict=True)
    ]
    return sharing_size_rules(found, lambda operation: operation.decides_size)
