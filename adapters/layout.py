"""Converts images between ``(N, H, W, C)``, or ``(N, *spatial, C)``, and the layout that a native call takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

import numpy as np


class WrongShape(Exception):
    """A resize returned an array of another shape than the one asked for."""

    def __init__(self, expected: tuple[int, ...], got: tuple[int, ...]) -> None:
        super().__init__(f"returned shape {got} where {expected} was asked for")
        self.expected = expected
        self.got = got

    def __reduce__(self) -> tuple[type[WrongShape], tuple[tuple[int, ...], tuple[int, ...]]]:
        return WrongShape, (self.expected, self.got)


class Layout(StrEnum):
    """The axes of what a call takes at once, in order: images, channels, rows and columns.

    ``S`` stands for one or more spatial axes. A layout without ``N`` takes one image at a time, one without ``C`` one
    plane. ``HWC`` has no third axis when the image has one channel.
    """

    NHWC = "NHWC"
    NCHW = "NCHW"
    HWC = "HWC"
    HW = "HW"
    NCS = "NCS"
    NSC = "NSC"
    SNC = "SNC"
    SC = "SC"
    S = "S"

    @property
    def _order(self) -> str:
        return self.value.replace("HW", "S")

    def shape(self, n: int, size: Sequence[int], channels: int) -> tuple[int, ...]:
        """The shape of ``n`` images of ``size`` pixels, as far as the layout has axes for them."""
        if self is Layout.HWC and channels == 1:
            return tuple(size)
        lengths = {"N": (n,), "S": tuple(size), "C": (channels,)}
        return tuple(length for letter in self._order for length in lengths[letter])

    def axes(self, rank: int) -> tuple[list[int], list[int]]:
        """The permutation from ``(N, *spatial, C)``, of this rank, to a layout with all axes, and its inverse."""
        places = {"N": [0], "S": list(range(1, rank + 1)), "C": [rank + 1]}
        to_native = [axis for letter in self._order for axis in places[letter]]
        return to_native, [int(axis) for axis in np.argsort(to_native)]

    def pieces(self, images: np.ndarray) -> Iterator[np.ndarray]:
        """What one call takes after another, of ``(N, *spatial, C)``: all of it, an image, or a plane.

        ``NHWC`` is passed on as it is. ``HW`` and ``HWC`` are views, strided in memory; the others are contiguous.
        """
        if self is Layout.NHWC:
            yield images
        elif "N" in self.value:
            yield np.ascontiguousarray(images.transpose(self.axes(images.ndim - 2)[0]))
        elif "C" in self.value:
            for image in images:
                if self is Layout.HWC:
                    yield image[..., 0] if image.shape[-1] == 1 else image
                else:
                    yield image.copy()
        else:
            for image in images:
                for channel in range(images.shape[-1]):
                    yield image[..., channel] if self is Layout.HW else image[..., channel].copy()

    def assemble(self, results: Sequence[np.ndarray], n: int, channels: int) -> np.ndarray:
        """``(N, *size, C)`` from the result for each piece of ``n`` images."""
        if "N" in self.value:
            (result,) = results
            return result.transpose(self.axes(result.ndim - 2)[1])
        stacked = np.stack(results)
        if "C" in self.value:
            return stacked[..., None] if self is Layout.HWC and channels == 1 else stacked
        planes = stacked.reshape(n, channels, *stacked.shape[1:])
        return np.ascontiguousarray(np.moveaxis(planes, 1, -1))

    def apply(
        self,
        function: Callable[..., object],
        images: np.ndarray,
        arguments: tuple[object, ...],
        size: Sequence[int] | None,
    ) -> np.ndarray:
        """``(N, *size, C)`` from ``function(piece, *arguments)`` for each piece of ``(N, *spatial, C)``.

        Raises ``WrongShape`` for a result of another ``size``; with ``None`` the function decides the size.
        """
        n, channels = images.shape[0], images.shape[-1]
        results = []
        for piece in self.pieces(images):
            result = np.asarray(function(piece, *arguments))
            if size is not None and result.shape != (expected := self.shape(n, size, channels)):
                raise WrongShape(expected, result.shape)
            results.append(result)
        if not results and size is not None:
            return np.empty((n, *size, channels), images.dtype)
        return self.assemble(results, n, channels)


IMAGE_LAYOUTS = (Layout.NHWC, Layout.NCHW, Layout.HWC, Layout.HW)
"""The layouts of images with two spatial axes."""
