"""A native resize call on one, three or more axes at once, or on unusual ones."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from adapters import apart
from adapters.framework import Framework
from adapters.layout import WrongShape
from adapters.operation import any_size
from golden import Convention

LAYOUTS = ("NCS", "NSC", "SNC", "SC", "S")
"""Where the axes to resize stand, as ``S``, beside those of images, ``N``, and channels, ``C``, if there are such."""


@dataclass(frozen=True, slots=True)
class RankedCall:
    """A Python expression in ``x``, the framework's own tensor in its layout, and ``size``, a tuple of lengths.

    As :class:`adapters.operation.NativeCall`, the expression that runs is the text that reproductions print.
    """

    framework: Framework
    expression: str
    layout: str
    helpers: tuple[Callable, ...] = ()

    def __call__(self, volumes: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
        """Resize ``(N, *spatial, C)`` to ``(N, *size, C)``; raises ``NotInstalled`` or what the framework raises."""
        if apart.is_elsewhere(self.framework.environment):
            return self.framework.run_apart(self, volumes, size)
        run, size = _compiled(self), tuple(size)
        n, channels = volumes.shape[0], volumes.shape[-1]
        if self.layout == "S":
            planes = [[_checked(run(volume[..., c].copy(), size), size) for c in range(channels)] for volume in volumes]
            return np.stack([np.stack(each, axis=-1) for each in planes])
        if self.layout == "SC":
            return np.stack([_checked(run(volume.copy(), size), (*size, channels)) for volume in volumes])
        there, back = axes(self.layout, len(size))
        native = np.ascontiguousarray(volumes.transpose(there))
        shape = tuple(np.array([n, *size, channels])[there])
        return _checked(run(native, size), shape).transpose(back)

    def preamble(self) -> str:
        """The imports and helper functions that a program needs before it can evaluate :attr:`expression`."""
        lines = ["import numpy as np", self.framework.imports, ""]
        lines += [textwrap.dedent(inspect.getsource(helper)) for helper in self.helpers]
        return "\n".join(lines)


def axes(layout: str, rank: int) -> tuple[list[int], list[int]]:
    """The permutation from ``(N, *spatial, C)`` to a layout that has all of them, and the one back."""
    place = {"N": [0], "S": list(range(1, rank + 1)), "C": [rank + 1]}
    there = [axis for letter in layout for axis in place[letter]]
    return there, [int(axis) for axis in np.argsort(there)]


def _checked(result: object, shape: tuple[int, ...]) -> np.ndarray:
    array = np.asarray(result)
    if array.shape != tuple(shape):
        raise WrongShape(tuple(map(int, shape)), array.shape)
    return array


@cache
def _compiled(call: RankedCall) -> Callable[[np.ndarray, tuple[int, ...]], np.ndarray]:
    framework = call.framework
    framework.refuse_absence()
    namespace = {helper.__name__: helper for helper in call.helpers} | {"np": np}
    exec(compile(framework.imports, f"<imports of {framework.name}>", "exec"), namespace)
    to_native, to_numpy, resize = (
        eval(compile(f"lambda {text}", f"<{framework.name}>", "eval"), namespace)
        for text in (f"x: {framework.to_native}", f"y: {framework.to_numpy}", f"x, size: {call.expression}")
    )
    return lambda x, size: to_numpy(resize(to_native(x), size))


@dataclass(frozen=True, slots=True)
class RankedOperation:
    """One native call that resizes ``rank`` axes at once.

    run
        ``run(volumes, size)``: float32 ``(N, *spatial, C)`` with ``rank`` spatial axes, and the ``rank`` lengths to
        resize them to; gives ``(N, *size, C)``.
    claim
        The convention its documentation states for each axis, or ``None``.
    accepts
        ``accepts(n_in, n_out)``: whether the call is defined for this pair of lengths along one axis.
    like
        Name of the framework's operation on two axes that does the same along each; empty where there is none. Where
        that one is not what it claims, this one is not blamed for it again.
    call
        The native call, for reproductions; ``None`` for a plain Python callable.
    """

    framework: str
    name: str
    rank: int
    run: Callable[[np.ndarray, tuple[int, ...]], np.ndarray]
    claim: Convention | None = None
    source: str = ""
    note: str = ""
    accepts: Callable[[int, int], bool] = any_size
    like: str = ""
    call: RankedCall | None = field(default=None, repr=False)

    @property
    def id(self) -> str:
        """How it is named in test ids, records and the ledger: ``framework name``."""
        return f"{self.framework} {self.name}"


def ranked(
    framework: Framework, name: str, rank: int, expression: str, layout: str, *, helpers=(), **about
) -> RankedOperation:
    """A :class:`RankedOperation` from a Python expression; ``about`` are its remaining fields (claim, source, ...)."""
    call = RankedCall(framework, expression, layout, tuple(helpers))
    return RankedOperation(framework.name, name, rank, call, call=call, **about)
