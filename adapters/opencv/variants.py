"""OpenCV's other paths for a resize: its optimisations off, threads, the transparent API, and an output given to it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from halfpixel.adapters.native_call import NativeCall, Variant


def without_optimisations(resize: Callable) -> Callable:  # type: ignore[type-arg]  # printed
    """https://docs.opencv.org/4.x/db/de0/group__core__utils.html, ``setUseOptimized``."""
    import cv2

    def call(x, h, w):  # type: ignore[no-untyped-def]  # printed
        before = cv2.useOptimized()
        cv2.setUseOptimized(False)
        try:
            return resize(x, h, w)
        finally:
            cv2.setUseOptimized(before)

    return call


def with_threads(resize: Callable, threads: int) -> Callable:  # type: ignore[type-arg]  # printed
    """https://docs.opencv.org/4.x/db/de0/group__core__utils.html, ``setNumThreads``."""
    import cv2

    def call(x, h, w):  # type: ignore[no-untyped-def]  # printed
        before = cv2.getNumThreads()
        cv2.setNumThreads(threads)
        try:
            return resize(x, h, w)
        finally:
            cv2.setNumThreads(before)

    return call


def every_second(x: np.ndarray) -> np.ndarray:
    """The same pixels as every second row of a larger image, from its second one on."""
    larger = np.full((2 * x.shape[0] + 1, *x.shape[1:]), 7, x.dtype)
    larger[1::2] = x
    return larger[1::2]


def ignores_size_arguments(call: NativeCall) -> bool:
    """Whether the call takes nothing of the image but the image: a UMat has no shape to read."""
    return not call.helpers


_TYPES = "from collections.abc import Callable"
"""What the helpers' annotations name, for programs that print them."""


def list_variants() -> list[Variant]:
    """Every path. A UMat is what code for OpenCL is given: https://docs.opencv.org/4.x/d7/d45/classcv_1_1UMat.html."""
    output = "dst=np.full((h, w, *x.shape[2:]), 7, x.dtype)"
    return [
        Variant(
            "setUseOptimized(False)",
            wrapper="without_optimisations({f})",
            helpers=(without_optimisations,),
            imports=_TYPES,
        ),
        Variant("1 thread", wrapper="with_threads({f}, 1)", helpers=(with_threads,), imports=_TYPES),
        Variant("4 threads", wrapper="with_threads({f}, 4)", helpers=(with_threads,), imports=_TYPES),
        Variant("UMat", to_native="cv2.UMat(x)", to_numpy="y.get()", applies=ignores_size_arguments),
        Variant("every second row of a larger image", to_native="every_second(x)", helpers=(every_second,)),
        Variant("dst given", arguments=output),
    ]
