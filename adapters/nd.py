"""A native resize call on one, three or more spatial axes, or on axes in an unusual place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from halfpixel.adapters.framework import Framework
from halfpixel.adapters.layout import Layout
from halfpixel.adapters.native_call import Helper, NativeCall
from halfpixel.adapters.operation import any_size
from halfpixel.golden import Convention

Lengths = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NdOperation:
    """One native call that resizes ``rank`` axes at once.

    run
        ``run(volumes, size)``: float32 ``(N, *spatial, C)`` with ``rank`` spatial axes, and the ``rank`` lengths to
        resize them to; gives ``(N, *size, C)``.
    claim
        The convention its documentation states for each axis, or ``None``.
    accepts
        ``accepts(n_in, n_out)``: whether the call is defined for this pair of lengths along one axis.
    equivalent_2d
        Name of the framework's operation on two axes that does the same along each; empty where there is none. Where
        that one is not what it claims, this one is not blamed for it again.
    call
        The native call, for reproductions; ``None`` for a plain Python callable.
    """

    framework: str
    name: str
    rank: int
    run: Callable[[np.ndarray, Lengths], np.ndarray]
    claim: Convention | None = None
    source: str = ""
    note: str = ""
    accepts: Callable[[int, int], bool] = any_size
    equivalent_2d: str = ""
    call: NativeCall | None = field(default=None, repr=False)

    @property
    def id(self) -> str:
        """How it is named in test ids, records and the ledger: ``framework name``."""
        return f"{self.framework} {self.name}"


def native_nd(
    framework: Framework,
    name: str,
    rank: int,
    expression: str,
    layout: str,
    claim: Convention | None,
    source: str,
    note: str = "",
    *,
    helpers: Sequence[Helper] = (),
    accepts: Callable[[int, int], bool] = any_size,
    equivalent_2d: str = "",
) -> NdOperation:
    """An :class:`NdOperation` from a Python expression in ``x`` and ``size``, a tuple of ``rank`` lengths."""
    call = NativeCall(framework, expression, Layout(layout), tuple(helpers), ("size",))
    return NdOperation(framework.name, name, rank, call, claim, source, note, accepts, equivalent_2d, call)


_AXIS_LETTERS = {1: "L", 2: "H, W", 3: "D, H, W", 4: "T, D, H, W", 5: "S, T, D, H, W"}


def shape_label(shape: str, rank: int) -> str:
    """A shape with the letters of ``rank`` spatial axes in place of its ``{}``: ``(N, C, H, W)``, ``(L,)``."""
    return shape.format(_AXIS_LETTERS[rank]).replace("(L)", "(L,)")
