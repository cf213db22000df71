"""How a framework differentiates a call: from the gradient of a loss at the output to the one at the input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from adapters.layout import WrongShape
from adapters.operation import Operation

Differentiates = Callable[[Callable, np.ndarray, int, int, np.ndarray], np.ndarray | None]
BACKWARD = "backward"


@dataclass(frozen=True, slots=True)
class Way:
    """One way through a framework's differentiation: another layout, dtype, order, or kind of loss.

    name
        What it is, as test ids, records and the ledger say it.
    function
        As :attr:`Gradient.function`; of the second order, as :attr:`order` says.
    dtype
        What it computes in: ``float32``, ``float64``, ``float16`` or ``bfloat16``. Of the last two it is given float32
        arrays, of numbers that they have, and gives float32.
    of_sum
        Whether the loss is the plain sum of the outputs: then it is always given a ``g`` of ones, and may ignore it.
    order
        1: ``g`` has the shape of the output, and the gradient that of the input. 2: the gradient's own gradient with
        respect to ``g``, for which ``g`` has the shape of the input, and the result that of the output.
    """

    name: str
    function: Differentiates
    dtype: str = "float32"
    of_sum: bool = False
    order: int = 1


@dataclass(frozen=True, slots=True)
class Gradient:
    """``function(resize, x, h, w, g)``: the gradient of ``sum(g * resize(x, h, w))`` with respect to ``x``.

    ``x`` and ``g`` are NumPy arrays in the framework's layout, and so is what it returns, in the shape of ``x``, or
    ``None`` where the framework says that there is none; ``resize`` takes and gives the framework's tensors. It must
    import what it uses inside itself, for its source is printed in reproductions. ``name`` is what people call it, and
    ``others`` are further ways that must come to the same.
    """

    name: str
    function: Differentiates
    others: tuple[Way, ...] = ()

    @property
    def ways(self) -> tuple[Way, ...]:
        """The ordinary way, then the others."""
        return Way(BACKWARD, self.function), *self.others


def differentiate(
    operation: Operation, way: Way, images: np.ndarray, size: tuple[int, int], cotangents: np.ndarray
) -> np.ndarray | None:
    """The gradient at ``images``, ``(N, H, W, C)``, for ``cotangents``, ``(N, h, w, C)``; in the shape of ``images``.

    Of the second order, ``cotangents`` have the shape of ``images`` and the result that of the outputs. ``None`` where
    the framework gives none. Raises ``WrongShape``, ``NotInstalled``, and whatever the framework raises.
    """
    n, _, _, channels = images.shape
    shape = images.shape if way.order == 1 else (n, *size, channels)
    if operation.call is None:
        layout, resize = "NHWC", lambda x, h, w: operation.run(x, (h, w))
    else:
        layout, resize = operation.call.layout, operation.call.on_tensors
    found = []
    for x, g in _pieces(layout, images, cotangents):
        piece = way.function(resize, x, *size, g)
        if piece is None:
            return None
        found.append(np.asarray(piece))
    try:
        if layout == "NHWC":
            result = found[0]
        elif layout == "NCHW":
            result = found[0].transpose(0, 2, 3, 1)
        elif layout == "HWC":
            result = np.stack(found).reshape(shape)
        else:
            result = np.stack(found).reshape(n, channels, *shape[1:3]).transpose(0, 2, 3, 1)
    except ValueError as error:
        raise WrongShape(shape, found[0].shape) from error
    if result.shape != shape:
        raise WrongShape(shape, result.shape)
    return result


def _pieces(layout: str, images: np.ndarray, cotangents: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """What is given at once, in a layout's shape: all of it, an image, or a plane."""
    if layout == "NHWC":
        yield images, cotangents
    elif layout == "NCHW":
        yield tuple(np.ascontiguousarray(each.transpose(0, 3, 1, 2)) for each in (images, cotangents))
    elif layout == "HWC":
        for x, g in zip(images, cotangents, strict=True):
            yield (x[..., 0], g[..., 0]) if images.shape[-1] == 1 else (x, g)
    else:
        for x, g in zip(images, cotangents, strict=True):
            for channel in range(images.shape[-1]):
                yield np.ascontiguousarray(x[..., channel]), np.ascontiguousarray(g[..., channel])
