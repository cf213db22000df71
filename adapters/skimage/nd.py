"""scikit-image's ``resize`` and ``resize_local_mean`` of one and three axes."""

from __future__ import annotations

from itertools import product

from halfpixel.adapters.nd import NdOperation, native_nd
from halfpixel.adapters.skimage.calls import FRAMEWORK, operations


def operations_nd() -> list[NdOperation]:
    """``resize`` as it is by default and at orders 0, 1 and 3, and ``resize_local_mean``."""
    by_name = {operation.name: operation for operation in operations()}
    calls = [("resize()", "transform.resize(x, size)"), ("resize_local_mean()", "transform.resize_local_mean(x, size)")]
    for order in (0, 1, 3):
        arguments = f'order={order}, mode="reflect", clip=False, preserve_range=True, anti_aliasing=False'
        calls.append((f"resize({arguments.replace(chr(34), '')})", f"transform.resize(x, size, {arguments})"))
    return [
        native_nd(
            FRAMEWORK,
            f"{name} of {'1 axis' if rank == 1 else f'{rank} axes'}",
            rank,
            call,
            "S",
            *by_name[name].documented(),
            equivalent_2d=name,
        )
        for rank, (name, call) in product((1, 3), calls)
    ]
