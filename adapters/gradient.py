"""How a framework differentiates a call: from the gradient of a loss at the output to the one at the input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Gradient:
    """``function(resize, x, h, w, g)``: the gradient of ``sum(g * resize(x, h, w))`` with respect to ``x``.

    ``x`` and ``g`` are NumPy arrays in the framework's layout, and so is what it returns, in the shape of ``x``;
    ``resize`` takes and gives the framework's tensors. It must import what it uses inside itself, for its source is
    printed in reproductions. ``name`` is what people call it.
    """

    name: str
    function: Callable[[Callable, np.ndarray, int, int, np.ndarray], np.ndarray]
