"""A native resize call on one, three or more axes at once, or on unusual ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from golden import Convention


@dataclass(frozen=True, slots=True)
class RankedOperation:
    """One native call that resizes ``rank`` axes at once.

    run
        ``run(volumes, size)``: float32 ``(N, *spatial, C)`` with ``rank`` spatial axes, and the ``rank`` lengths to
        resize them to; gives ``(N, *size, C)``.
    claim
        The convention its documentation states for each axis, or ``None``.
    """

    framework: str
    name: str
    rank: int
    run: Callable[[np.ndarray, tuple[int, ...]], np.ndarray]
    claim: Convention | None = None
    source: str = ""
    note: str = ""

    @property
    def id(self) -> str:
        """How it is named in test ids, records and the ledger: ``framework name``."""
        return f"{self.framework} {self.name}"
