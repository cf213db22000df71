"""One native resize call behind the common signature, and everything known about it without calling it."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache

import numpy as np

from adapters import apart
from adapters.framework import Framework
from adapters.layout import LAYOUTS
from golden import Convention


def any_size(n_in: int, n_out: int) -> bool:
    """The default of :attr:`Operation.accepts`."""
    return True


def anywhere(operation: Operation) -> bool:
    """The default of :attr:`Variant.applies`."""
    return True


def always_there() -> str:
    """The default of :attr:`Variant.missing`."""
    return ""


PREPARED = "prepared"
COMPILED = "compiled"
SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Variant:
    """The same call down another path: another dtype, memory layout, thread count, compiled, exported.

    name
        What the path is, as test ids, records and the ledger say it.
    to_native, to_numpy
        In place of the framework's own; empty to keep those.
    around
        A Python expression of a function of ``(x, h, w)``, made from the call, which is ``{f}``.
    imports, helpers
        What the expressions name beyond the framework's imports and the call's own helpers. A helper with the name of
        one of the call's stands in its place.
    arguments
        Further arguments of the call, as Python source; the call must then end with its arguments.
    cost
        What a shape that was not asked before costs beyond the call: :data:`PREPARED` where the path is traced,
        exported or loaded anew (milliseconds to a second), :data:`COMPILED` where native code is made (seconds); else
        empty.
    applies
        ``applies(operation)``: whether the path makes sense for it.
    missing
        ``missing()``: what this machine lacks for the path (a compiler, a device), in words; empty when nothing.
    """

    name: str
    to_native: str = ""
    to_numpy: str = ""
    around: str = "{f}"
    imports: str = ""
    helpers: tuple[Callable, ...] = ()
    arguments: str = ""
    cost: str = ""
    applies: Callable[[Operation], bool] = anywhere
    missing: Callable[[], str] = always_there


@dataclass(frozen=True, slots=True)
class NativeCall:
    """A Python expression in ``x`` (the framework's own tensor, in its layout), ``h`` and ``w`` (the output size).

    The expression that runs is the text that reproductions print, so the two cannot drift apart. ``helpers`` are
    functions the expression names; they must import what they use inside themselves. ``variant`` is the path the call
    takes, when it is not the ordinary one.
    """

    framework: Framework
    expression: str
    layout: str
    helpers: tuple[Callable, ...] = ()
    variant: Variant = Variant("")

    def __call__(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Resize ``(N, H, W, C)`` to ``(N, h, w, C)``; raises ``NotInstalled`` or what the framework raises."""
        if apart.is_elsewhere(self.framework.environment):
            return self.framework.run_apart(self, images, size)
        return LAYOUTS[self.layout](self.on_arrays, images, size)

    @property
    def on_tensors(self) -> Callable[[object, int, int], object]:
        """``f(x, h, w)`` from the framework's tensor to the framework's tensor, down this call's path."""
        return _compiled(self)[0]

    @property
    def on_arrays(self) -> Callable[[np.ndarray, int, int], np.ndarray]:
        """``f(x, h, w)`` from a NumPy array in the framework's layout to what it returns, as a NumPy array."""
        return _compiled(self)[1]

    @property
    def to_native(self) -> str:
        """The expression that makes the framework's tensor from ``x``."""
        return self.variant.to_native or self.framework.to_native

    @property
    def to_numpy(self) -> str:
        """The expression that makes a NumPy array from the framework's tensor ``y``."""
        return self.variant.to_numpy or self.framework.to_numpy

    def preamble(self) -> str:
        """The imports and helper functions that a program needs before it can evaluate :attr:`expression`."""
        lines = ["import numpy as np", self.framework.imports, *filter(None, [self.variant.imports]), ""]
        lines += [_source(helper) for helper in (*self.helpers, *self.variant.helpers)]
        return "\n".join(lines)

    def function(self) -> str:
        """Source that defines ``resize(x, h, w)``, from and to NumPy arrays in the framework's layout."""
        lines, called = [self.preamble()], self.expression
        if self.variant.around != "{f}":
            lines += ["", "def call(x, h, w):", f"    return {self.expression}", "", ""]
            lines.append(f"path = {self.variant.around.format(f='call')}")
            called = "path(x, h, w)"
        lines += ["", "def resize(x, h, w):"]
        lines += [] if self.to_native == "x" else [f"    x = {self.to_native}"]
        lines += [f"    y = {called}", f"    return np.asarray({self.to_numpy})"]
        return "\n".join(lines) + "\n"

    def shape(self, n: int, size: tuple[int, int], channels: int) -> tuple[int, ...]:
        """The shape, in the framework's layout, of ``n`` images of ``size`` pixels, ``(H, W)``.

        Layouts that hold one image have no place for ``n``, and the one that holds one plane none for ``channels``.
        """
        one = size if channels == 1 else (*size, channels)
        return {"NCHW": (n, channels, *size), "NHWC": (n, *size, channels), "HWC": one, "HW": size}[self.layout]

    def script(self, image: str, shape: tuple[int, int], size: tuple[int, int]) -> str:
        """A complete program that resizes one image and leaves the result in ``y``, shape ``(h, w)``.

        ``image`` is Python source (it may use ``np``) of an array of ``shape``, ``(H, W)``.
        """
        native_shape = self.shape(1, shape, 1)
        lines = [self.preamble()]
        lines.append(f"x = {image}" if native_shape == shape else f"x = {image}.reshape{native_shape}")
        lines += [] if self.to_native == "x" else [f"x = {self.to_native}"]
        lines.append(f"h, w = {size[0]}, {size[1]}")
        result = self.expression
        if self.variant.around != "{f}":
            resize = self.variant.around.format(f="resize")
            lines += ["", "", "def resize(x, h, w):", f"    return {self.expression}", "", ""]
            result = f"({resize})(x, h, w)"
        if self.to_numpy == "y":
            lines.append(f"y = np.asarray({result}).reshape(h, w)")
        else:
            lines += [f"y = {result}", f"y = np.asarray({self.to_numpy}).reshape(h, w)"]
        return "\n".join(lines) + "\n"


@cache
def _source(helper: Callable) -> str:
    return textwrap.dedent(inspect.getsource(helper))


# Bounded, so that what a path holds (sessions with their threads, compiled code) goes when it is no longer asked.
@lru_cache(maxsize=256)
def _compiled(call: NativeCall) -> tuple[Callable, Callable]:
    call.framework.refuse_absence()
    namespace = {helper.__name__: helper for helper in (*call.helpers, *call.variant.helpers)} | {"np": np}
    for imports in (call.framework.imports, call.variant.imports):
        exec(compile(imports, f"<imports of {call.framework.name}>", "exec"), namespace)
    if {helper.__name__ for helper in call.helpers} & {helper.__name__ for helper in call.variant.helpers}:
        # A function looks names up where it was defined, so the others are defined again, beside what they now call.
        exec(compile(call.preamble(), f"<helpers of {call.framework.name}>", "exec"), namespace)

    def evaluated(expression: str) -> Callable:
        # torch.compile remembers the sizes that it has seen by file and line: each call must have a file of its own.
        return eval(compile(expression, f"<{call.framework.name}: {call.expression}>", "eval"), namespace)

    namespace["resize"] = evaluated(f"lambda x, h, w: {call.expression}")
    on_tensors = evaluated(call.variant.around.format(f="resize"))
    to_native, to_numpy = evaluated(f"lambda x: {call.to_native}"), evaluated(f"lambda y: {call.to_numpy}")
    return on_tensors, lambda x, h, w: to_numpy(on_tensors(to_native(x), h, w))


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
    cost
        What makes it too dear for thousands of sizes, so that few are swept: :data:`PREPARED` where every new shape
        costs milliseconds or more, :data:`SLOW` where every output pixel costs as interpreted code does; else empty.
    dtype
        The one dtype of images that it takes, where that is not float32.
    channels
        How many channels its images have, where it takes no single planes (colours, colours with alpha); else 1.
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
    cost: str = ""
    dtype: str = "float32"
    channels: int = 1

    @property
    def id(self) -> str:
        """How the operation is named in test ids, records and the ledger: ``framework name``."""
        return f"{self.framework} {self.name}"

    def down(self, variant: Variant) -> Operation:
        """The same operation down another path; ``ValueError`` for a plain callable, which has no source to change."""
        if self.call is None:
            raise ValueError(f"{self.id} is a plain callable: it has no other path")
        expression = self.call.expression
        if variant.arguments:
            expression = f"{expression.removesuffix(')')}, {variant.arguments})"
        call = replace(self.call, expression=expression, variant=variant)
        return replace(self, name=f"{self.name} [{variant.name}]", run=call, call=call)

    def __str__(self) -> str:
        return self.id


def native(framework: Framework, name: str, expression: str, layout: str, *, helpers=(), **about) -> Operation:
    """An :class:`Operation` from a Python expression; ``about`` are its remaining fields (claim, source, ...)."""
    call = NativeCall(framework, expression, layout, tuple(helpers))
    return Operation(framework.name, name, call, call=call, **about)


@dataclass(frozen=True, slots=True)
class PlaneByPlane:
    """A function of one plane under the common signature; as picklable as the function is."""

    function: Callable[[np.ndarray, tuple[int, int]], np.ndarray]

    def __call__(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Resize ``(N, H, W, C)`` to ``(N, h, w, C)``."""
        return LAYOUTS["HW"](lambda x, h, w: self.function(x, (h, w)), images, size)


def from_callable(function: Callable[[np.ndarray, tuple[int, int]], np.ndarray], name: str = "", **about) -> Operation:
    """An :class:`Operation` from any ``f(image: float32 (H, W), size: (h, w)) -> (h, w)``."""
    name = name or getattr(function, "__qualname__", repr(function))
    return Operation("callable", name, PlaneByPlane(function), **about)
