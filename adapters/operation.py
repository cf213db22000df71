"""One native resize call behind the common signature, and everything known about it without calling it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from adapters.layout import LAYOUTS
from golden import Convention


class NotInstalled(Exception):
    """The framework's package is absent; the message names what to install."""


class Unsupported(Exception):
    """The framework has no call for what was asked; the message says what it has."""


@dataclass(frozen=True, slots=True)
class Framework:
    """A framework by its name on the command line, the module it imports as, and the distributions that provide it."""

    name: str
    module: str
    distributions: tuple[str, ...]
    imports: str

    @property
    def version(self) -> str | None:
        """The installed version, or ``None`` when it is not installed. Imports nothing."""
        if importlib.util.find_spec(self.module) is None:
            return None
        for distribution in self.distributions:
            try:
                return importlib.metadata.version(distribution)
            except importlib.metadata.PackageNotFoundError:
                continue
        return "unknown"


def any_size(n_in: int, n_out: int) -> bool:
    """The default of :attr:`Operation.accepts`."""
    return True


@dataclass(frozen=True, slots=True)
class NativeCall:
    """A Python expression in ``x`` (the image in the framework's layout), ``h`` and ``w`` (the output size).

    The expression that runs is the text that reproductions print, so the two cannot drift apart. ``helpers`` are
    functions the expression names; they must import what they use inside themselves.
    """

    framework: Framework
    expression: str
    layout: str
    helpers: tuple[Callable, ...] = ()

    def __call__(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Resize ``(N, H, W, C)`` to ``(N, h, w, C)``; raises ``NotInstalled`` or what the framework raises."""
        return LAYOUTS[self.layout](_compiled(self), images, size)

    def script(self, image: str, shape: tuple[int, int], size: tuple[int, int]) -> str:
        """A complete program that resizes one image and leaves the result in ``y``, shape ``(h, w)``.

        ``image`` is Python source (it may use ``np``) of a float32 array of ``shape``, ``(H, W)``.
        """
        native_shape = {"NCHW": (1, 1, *shape), "NHWC": (1, *shape, 1)}.get(self.layout)
        lines = ["import numpy as np", self.framework.imports, ""]
        lines += [textwrap.dedent(inspect.getsource(helper)) for helper in self.helpers]
        lines.append(f"x = {image}" if native_shape is None else f"x = {image}.reshape{native_shape}")
        lines += [f"h, w = {size[0]}, {size[1]}", f"y = np.asarray({self.expression}).reshape(h, w)"]
        return "\n".join(lines) + "\n"


@cache
def _compiled(call: NativeCall) -> Callable[[np.ndarray, int, int], np.ndarray]:
    if call.framework.version is None:
        raise NotInstalled(f"{call.framework.name} is not installed (pip install {call.framework.distributions[0]})")
    namespace = {helper.__name__: helper for helper in call.helpers} | {"np": np}
    exec(compile(call.framework.imports, f"<imports of {call.framework.name}>", "exec"), namespace)
    return eval(compile(f"lambda x, h, w: {call.expression}", f"<{call.framework.name}>", "eval"), namespace)


@dataclass(frozen=True, slots=True)
class Operation:
    """One resize call of one framework with its parameters fixed, under the common signature.

    run
        ``run(images, size)``: float32 ``(N, H, W, C)`` and ``(h, w)`` to ``(N, h, w, C)``.
    claim
        The convention its documentation states, or ``None`` when the documentation states none.
    source
        The page that states it (or the page that should).
    note
        What the documentation leaves open, in one sentence, when that matters.
    is_default
        Whether this is what a caller gets who gives nothing but a size.
    accepts
        ``accepts(n_in, n_out)``: whether the call is defined for this pair of sizes along one axis.
    uniform
        Whether both axes must be resized by the same rule at once (an image pyramid cannot leave one axis alone).
    call
        The native call, for reproductions; ``None`` for a plain Python callable.
    """

    framework: str
    name: str
    run: Callable[[np.ndarray, tuple[int, int]], np.ndarray]
    claim: Convention | None = None
    source: str = ""
    note: str = ""
    is_default: bool = False
    accepts: Callable[[int, int], bool] = any_size
    uniform: bool = False
    call: NativeCall | None = field(default=None, repr=False)

    @property
    def id(self) -> str:
        """How the operation is named in test ids, records and the ledger: ``framework name``."""
        return f"{self.framework} {self.name}"

    def __str__(self) -> str:
        return self.id


def native(framework: Framework, name: str, expression: str, layout: str, *, helpers=(), **about) -> Operation:
    """An :class:`Operation` from a Python expression; ``about`` are its remaining fields (claim, source, ...)."""
    call = NativeCall(framework, expression, layout, tuple(helpers))
    return Operation(framework.name, name, call, call=call, **about)


def from_callable(function: Callable[[np.ndarray, tuple[int, int]], np.ndarray], name: str = "", **about) -> Operation:
    """An :class:`Operation` from any ``f(image: float32 (H, W), size: (h, w)) -> (h, w)``."""
    name = name or getattr(function, "__qualname__", repr(function))

    def run(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        return LAYOUTS["HW"](lambda x, h, w: function(x, (h, w)), images, size)

    return Operation("callable", name, run, **about)
