"""How a framework differentiates a resize: from the gradient at the output to the gradient at the input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from halfpixel.adapters.layout import Layout, WrongShape
from halfpixel.adapters.native_call import Tensor
from halfpixel.adapters.operation import Operation

GradientFunction = Callable[[Callable[..., Tensor], np.ndarray, int, int, np.ndarray], np.ndarray | None]
BACKWARD = "backward"


@dataclass(frozen=True, slots=True)
class GradientMode:
    """One mode of a framework's differentiation: another layout, dtype, order, or kind of loss.

    name
        Its name in test ids, records and the ledger.
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
    function: GradientFunction
    dtype: str = "float32"
    of_sum: bool = False
    order: int = 1


@dataclass(frozen=True, slots=True)
class Gradient:
    """``function(resize, x, h, w, g)``: the gradient of ``sum(g * resize(x, h, w))`` with respect to ``x``.

    ``x`` and ``g`` are NumPy arrays in the framework's layout, and so is what it returns, in the shape of ``x``, or
    ``None`` where the framework says that there is none; ``resize`` takes and gives the framework's tensors. It must
    import what it uses inside itself, for its source is printed in reproductions. ``name`` is what people call it, and
    ``other_modes`` must come to the same.
    """

    name: str
    function: GradientFunction
    other_modes: tuple[GradientMode, ...] = ()

    @property
    def modes(self) -> tuple[GradientMode, ...]:
        """The ordinary mode, then the others."""
        return GradientMode(BACKWARD, self.function), *self.other_modes


def differentiate(
    operation: Operation, mode: GradientMode, images: np.ndarray, size: tuple[int, int], cotangents: np.ndarray
) -> np.ndarray | None:
    """The gradient at ``images``, ``(N, H, W, C)``, for ``cotangents``, ``(N, h, w, C)``; in the shape of ``images``.

    Of the second order, ``cotangents`` have the shape of ``images`` and the result that of the outputs. ``None`` where
    the framework gives none. Raises ``WrongShape``, ``NotInstalled``, and whatever the framework raises.
    """
    n, _, _, channels = images.shape
    shape = images.shape if mode.order == 1 else (n, *size, channels)
    if operation.call is None:
        layout, resize = Layout.NHWC, lambda x, h, w: operation.run(x, (h, w))
    else:
        layout, resize = operation.call.layout, operation.call.on_tensors
    gradients = []
    for x, g in zip(layout.pieces(images), layout.pieces(cotangents), strict=True):
        gradient = mode.function(resize, np.ascontiguousarray(x), *size, np.ascontiguousarray(g))
        if gradient is None:
            return None
        gradients.append(np.asarray(gradient))
    try:
        result = layout.assemble(gradients, n, channels)
    except ValueError as error:
        raise WrongShape(shape, gradients[0].shape) from error
    if result.shape != shape:
        raise WrongShape(shape, result.shape)
    return result
