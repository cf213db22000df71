"""The one place where image layouts are translated: ``(N, H, W, C)`` outside, the framework's own inside."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

NativeFunction = Callable[[np.ndarray, int, int], np.ndarray]


class WrongShape(Exception):
    """A resize returned an array of another shape than the one asked for."""

    def __init__(self, expected: tuple[int, ...], got: tuple[int, ...]) -> None:
        super().__init__(f"returned shape {got} where {expected} was asked for")
        self.expected = expected
        self.got = got

    def __reduce__(self) -> tuple:
        return WrongShape, (self.expected, self.got)


def _checked(result: object, shape: tuple[int, ...]) -> np.ndarray:
    array = np.asarray(result)
    if array.shape != shape:
        raise WrongShape(shape, array.shape)
    return array


def nhwc(function: NativeFunction, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """For calls that take ``(N, H, W, C)``."""
    n, _, _, c = images.shape
    return _checked(function(images, *size), (n, *size, c))


def nchw(function: NativeFunction, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """For calls that take ``(N, C, H, W)``, contiguous."""
    n, _, _, c = images.shape
    result = function(np.ascontiguousarray(images.transpose(0, 3, 1, 2)), *size)
    return _checked(result, (n, c, *size)).transpose(0, 2, 3, 1)


def hwc(function: NativeFunction, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """For calls that take one image, ``(H, W)`` when it has one channel and ``(H, W, C)`` otherwise."""
    n, _, _, c = images.shape
    shape = size if c == 1 else (*size, c)
    if n == 0:
        return np.empty((n, *size, c), images.dtype)
    results = [_checked(function(image[..., 0] if c == 1 else image, *size), shape) for image in images]
    return np.stack(results).reshape(n, *size, c)


def hw(function: NativeFunction, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """For calls that take one plane, ``(H, W)``."""
    n, _, _, c = images.shape
    if 0 in (n, c):
        return np.empty((n, *size, c), images.dtype)
    planes = [[_checked(function(image[..., k], *size), size) for k in range(c)] for image in images]
    return np.stack([np.stack(channels, axis=-1) for channels in planes]).reshape(n, *size, c)


LAYOUTS = {"NHWC": nhwc, "NCHW": nchw, "HWC": hwc, "HW": hw}
