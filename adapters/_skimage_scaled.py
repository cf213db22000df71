"""scikit-image by scale: ``rescale`` by its factors, and pyramids and local means by theirs."""

from __future__ import annotations

from adapters.scaled import ScaledOperation, scaled, sharing_size_rules

_DOCS = "https://scikit-image.org/docs/stable/api/skimage.transform.html#skimage.transform."
_NOTE = (
    "The page gives no rule for the output size, and does not say whether coordinates follow the factor or the ratio "
    "of the sizes."
)


def scaled_operations() -> list[ScaledOperation]:
    """``rescale`` as it is by default, and at the orders that differ in kind."""
    from adapters.skimage import FRAMEWORK, operations

    by_size = {operation.name: operation for operation in operations()}
    settings = [("", "resize()")] + [
        (f'order={order}, mode="reflect", clip=False, preserve_range=True, anti_aliasing=False', "resize({})")
        for order in (0, 1, 3)
    ]
    found = []
    for arguments, name in settings:
        shown = arguments.replace('"', "")
        operation = by_size[name.format(shown)]
        found.append(
            scaled(
                FRAMEWORK,
                f"rescale({shown})",
                f"transform.rescale(x, (sy, sx){', ' + arguments if arguments else ''})",
                "HW",
                claim=operation.claim,
                by_size=operation,
                source=_DOCS + "rescale",
                note=_NOTE,
            )
        )
    return sharing_size_rules(found, lambda operation: "rescale")
