"""scikit-image's ``resize`` and ``resize_local_mean`` of one and three axes."""

from __future__ import annotations

from itertools import product

from adapters.ranked import RankedOperation, ranked

_DOCS = "https://scikit-image.org/docs/stable/api/skimage.transform.html#skimage.transform."


def ranked_operations() -> list[RankedOperation]:
    """``resize`` as it is by default and at orders 0, 1 and 3, and ``resize_local_mean``."""
    from adapters.skimage import FRAMEWORK, operations

    by_name = {operation.name: operation for operation in operations()}
    calls = [("resize()", "transform.resize(x, size)"), ("resize_local_mean()", "transform.resize_local_mean(x, size)")]
    for order in (0, 1, 3):
        arguments = f'order={order}, mode="reflect", clip=False, preserve_range=True, anti_aliasing=False'
        calls.append((f"resize({arguments.replace(chr(34), '')})", f"transform.resize(x, size, {arguments})"))
    found = []
    for rank, (name, call) in product((1, 3), calls):
        operation = by_name[name]
        title = f"{name} of {'1 axis' if rank == 1 else f'{rank} axes'}"
        about = {"claim": operation.claim, "source": operation.source, "note": operation.note, "like": name}
        found.append(ranked(FRAMEWORK, title, rank, call, "S", **about))
    return found
