"""The type of an integer rule: how one call of one library computes an image of integers, step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from halfpixel.golden.convention import Convention

Size = tuple[int, int]
"""Height and width, pixels."""
Resize = Callable[[np.ndarray, Size], np.ndarray]
"""An image ``(H, W)`` or ``(H, W, C)`` of the rule's dtype, and ``(h, w)``, to ``(h, w)`` or ``(h, w, C)``."""


@dataclass(frozen=True, slots=True)
class IntegerRule:
    """How a call resizes integers, bit for bit.

    name
        Library, kernel and dtype: ``pillow-bicubic-uint8``.
    library, call
        Whose rule it is, and the call as people write it: ``Image.resize((w, h), Image.BICUBIC)``.
    versions
        The releases in which results were compared and found equal bit for bit.
    convention
        The resize that it rounds.
    dtype
        Of the image and of the result.
    steps
        What is computed in which order, and where it is rounded and clipped: enough to write it in another language.
    source
        Address of the code or page that says so.
    resize
        The rule, on numpy arrays; raises ``ValueError`` for an image of another rank or dtype.
    bound
        Grey levels by which the library may differ: 0, except where only a bound is known.
    """

    name: str
    library: str
    call: str
    versions: tuple[str, ...]
    convention: Convention
    dtype: str
    steps: str
    source: str
    resize: Resize
    bound: int = 0
