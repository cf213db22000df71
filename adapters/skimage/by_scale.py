"""scikit-image by scale: ``rescale`` by its factors, and pyramids and local means by theirs."""

from __future__ import annotations

from halfpixel.adapters.by_scale import UNSTATED_SCALE_NOTE, ByScaleOperation, mark_shared_size_rules, native_by_scale
from halfpixel.adapters.skimage.calls import DOCS, FRAMEWORK, operations


def operations_by_scale() -> list[ByScaleOperation]:
    """``rescale`` as it is by default, and at the orders that differ in kind."""
    by_name = {operation.name: operation for operation in operations()}
    settings = [""] + [
        f'order={order}, mode="reflect", clip=False, preserve_range=True, anti_aliasing=False' for order in (0, 1, 3)
    ]
    calls = []
    for arguments in settings:
        label = arguments.replace('"', "")
        operation = by_name[f"resize({label})"]
        calls.append(
            native_by_scale(
                FRAMEWORK,
                f"rescale({label})",
                f"transform.rescale(x, (sy, sx){', ' if arguments else ''}{arguments})",
                "HW",
                claim=operation.claim,
                size_variant=operation,
                source=DOCS + "rescale",
                note=UNSTATED_SCALE_NOTE,
            )
        )
    return mark_shared_size_rules(calls, lambda operation: "rescale")
