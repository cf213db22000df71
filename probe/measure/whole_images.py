"""Resize whole images, both axes at once: every impulse of a small one, or a random image."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.probe.measure.axis_matrix import call
from halfpixel.probe.measure.sizes import Pair


class ArrayCache:
    """Arrays by key, made once; those not asked for longest are dropped when all exceed ``limit`` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit, self._size = limit, 0
        self._arrays: OrderedDict[Hashable, np.ndarray] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], np.ndarray]) -> np.ndarray:
        """The array of ``key``, read-only."""
        if key in self._arrays:
            self._arrays.move_to_end(key)
            return self._arrays[key]
        array = make()
        array.setflags(write=False)
        self._arrays[key] = array
        self._size += array.nbytes
        while self._size > self._limit and len(self._arrays) > 1:
            self._size -= self._arrays.popitem(last=False)[1].nbytes
        return array


_IMPULSES = ArrayCache(1 << 25)
_IMAGES = ArrayCache(1 << 26)


def impulse_responses(operation: Operation, size_in: Pair, size_out: Pair) -> np.ndarray:
    """The response to every impulse of a plane, float32 ``(h, w, H, W)``, read-only.

    Raises ``Refused`` when the framework refuses, ``WrongShape`` when it returns another shape, ``NotInstalled``.
    """

    def measured() -> np.ndarray:
        pixels = size_in[0] * size_in[1]
        impulses = np.eye(pixels, dtype=np.float32).reshape(pixels, *size_in, 1)
        return call(operation, impulses, size_out)[..., 0].transpose(1, 2, 0).reshape(*size_out, *size_in)

    return _IMPULSES.get((operation, size_in, size_out), measured)


def random_image(size: Pair) -> np.ndarray:
    """The float32 image ``(H, W)`` that :func:`image_source` makes, uniform in [-1, 1], read-only."""
    return _IMAGES.get(size, lambda: np.random.default_rng(0).uniform(-1, 1, size).astype(np.float32))


def image_source(size: Pair) -> str:
    """Python source of :func:`random_image`."""
    return f"np.random.default_rng(0).uniform(-1, 1, {size}).astype(np.float32)"


def resized_image(operation: Operation, size_in: Pair, size_out: Pair) -> np.ndarray:
    """The result of the call for :func:`random_image`, ``(h, w)``; raises as :func:`impulse_responses` does."""
    return call(operation, random_image(size_in)[None, :, :, None].copy(), size_out)[0, :, :, 0]
