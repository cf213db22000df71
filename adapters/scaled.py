"""A native resize call that is given scale factors instead of a size, and what its documentation says of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from adapters.operation import NativeCall
from golden import Convention

SCALE_SOURCES = ("given", "recomputed")


@dataclass(frozen=True, slots=True)
class ScaledOperation:
    """One native call by scale factors, output over input.

    run
        ``run(images, (sy, sx))``: float32 ``(N, H, W, C)`` to ``(N, h, w, C)``; the call decides ``h`` and ``w``.
    claim
        The convention its documentation states, or ``None``.
    size_rule, arithmetic
        How it documents that the output size follows from the scale, in the words of ``golden.output_size``; empty
        where it says nothing.
    scale_source
        Whether coordinates use the ``given`` scale or the one ``recomputed`` from the two sizes; empty where the
        documentation says nothing.
    """

    framework: str
    name: str
    run: Callable[[np.ndarray, tuple[float, float]], np.ndarray]
    claim: Convention | None = None
    size_rule: str = ""
    arithmetic: str = "exact"
    scale_source: str = ""
    source: str = ""
    note: str = ""
    call: NativeCall | None = field(default=None, repr=False)

    @property
    def id(self) -> str:
        """How it is named in test ids, records and the ledger: ``framework name``."""
        return f"{self.framework} {self.name}"
