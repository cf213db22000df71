"""SciPy by scale: ``ndimage.zoom`` by its factors, of every order, with both meanings of a length."""

from __future__ import annotations

from adapters.operation import Operation
from adapters.scaled import ScaledOperation, scaled, sharing_size_rules

_NOTE = (
    "The page gives no rule for the output size, and does not say whether coordinates follow the factor or the ratio "
    "of the sizes."
)
_RATIOS = "(h / x.shape[0], w / x.shape[1])"


def _zoom(operation: Operation) -> ScaledOperation:
    return scaled(
        operation.call.framework,
        operation.name.replace("zoom(", "zoom(factor, ").replace(", )", ")"),
        operation.call.expression.replace(_RATIOS, "(sy, sx)"),
        "HW",
        claim=operation.claim,
        by_size=operation,
        source=operation.source,
        note=f"{operation.note} {_NOTE}".strip(),
    )


def scaled_operations() -> list[ScaledOperation]:
    """``zoom`` as it is called by default, and every order at one border (which borders matter not to a scale)."""
    from adapters import scipy as by_size

    zooms = [
        operation
        for operation in by_size.operations()
        if operation.name == "zoom()" or (operation.name.startswith("zoom(") and "mode=reflect," in operation.name)
    ]
    # The cheapest first: it is the one that tries every scale.
    zooms.sort(key=lambda operation: "order=0" not in operation.name)
    return sharing_size_rules([_zoom(operation) for operation in zooms], lambda operation: "zoom")
