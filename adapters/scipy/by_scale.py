"""SciPy by scale: ``ndimage.zoom`` by its factors, of every order, with both meanings of a length."""

from __future__ import annotations

from halfpixel.adapters.by_scale import UNSTATED_SCALE_NOTE, ByScaleOperation, mark_shared_size_rules, native_by_scale
from halfpixel.adapters.operation import Operation
from halfpixel.adapters.scipy.calls import FRAMEWORK, RATIOS, operations


def _zoom(operation: Operation) -> ByScaleOperation:
    return native_by_scale(
        FRAMEWORK,
        operation.name.replace("zoom(", "zoom(factor, ").replace(", )", ")"),
        operation.native_call.expression.replace(RATIOS, "(sy, sx)"),
        "HW",
        *operation.documented(UNSTATED_SCALE_NOTE),
        size_variant=operation,
    )


def operations_by_scale() -> list[ByScaleOperation]:
    """``zoom`` as it is called by default, and every order at one border (which borders matter not to a scale)."""
    zooms = [
        operation
        for operation in operations()
        if operation.name == "zoom()" or (operation.name.startswith("zoom(") and "mode=reflect," in operation.name)
    ]
    # The cheapest first: it is the one that tries every scale.
    zooms.sort(key=lambda operation: "order=0" not in operation.name)
    return mark_shared_size_rules([_zoom(operation) for operation in zooms], lambda operation: "zoom")
