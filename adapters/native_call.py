"""One native call as source text: the text that runs is the text that reproductions print."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from halfpixel.adapters import subprocess_runner
from halfpixel.adapters.framework import Framework
from halfpixel.adapters.layout import Layout

Tensor: TypeAlias = Any
"""A framework's own tensor."""

Helper: TypeAlias = Callable[..., Any]
"""A function that an expression names; it imports what it uses inside itself, for its source is printed."""

PREPARED = "prepared"
COMPILED = "compiled"
SLOW = "slow"

_UNCHANGED = "{f}"


def applies_to_every_call(call: NativeCall) -> bool:
    """The default of :attr:`Variant.applies`."""
    return True


def nothing_missing() -> str:
    """The default of :attr:`Variant.missing`."""
    return ""


@dataclass(frozen=True, slots=True)
class Variant:
    """The same call by another path: another dtype, memory layout, thread count, compiled, exported.

    name
        The path's name in test ids, records and the ledger.
    to_native, to_numpy
        In place of the framework's own; empty to keep those.
    wrapper
        A Python expression of a function of ``(x, h, w)``, made from the call, which is ``{f}``.
    imports, helpers
        What the expressions name beyond the framework's imports and the call's own helpers. A helper with the name of
        one of the call's replaces it.
    arguments
        Further arguments of the call, as Python source; the call must then end with its arguments.
    cost
        What a new shape costs beyond the call: :data:`PREPARED` where the path is traced, exported or loaded anew
        (milliseconds to a second), :data:`COMPILED` where native code is made (seconds); else empty.
    applies
        ``applies(call)``: whether the path makes sense for a call.
    missing
        ``missing()``: what this machine lacks for the path (a compiler, a device), in words; empty when nothing.
    """

    name: str
    to_native: str = ""
    to_numpy: str = ""
    wrapper: str = _UNCHANGED
    imports: str = ""
    helpers: tuple[Helper, ...] = ()
    arguments: str = ""
    cost: str = ""
    applies: Callable[[NativeCall], bool] = applies_to_every_call
    missing: Callable[[], str] = nothing_missing


@dataclass(frozen=True, slots=True)
class NativeCall:
    """A Python expression in ``x``, the framework's own tensor in its layout, and further ``arguments``.

    ``arguments`` name what the call is given: ``h`` and ``w``, the output size; ``sy`` and ``sx``, scales of height and
    width; or ``size``, a tuple of lengths. ``decides_size`` says that the output size follows from them by a rule of
    the framework's; else it is what they are. ``helpers`` are functions that the expression names; ``variant`` is the
    path that the call takes.
    """

    framework: Framework
    expression: str
    layout: Layout
    helpers: tuple[Helper, ...] = ()
    arguments: tuple[str, ...] = ("h", "w")
    decides_size: bool = False
    variant: Variant = Variant("")

    def __call__(self, images: np.ndarray, values: tuple[float, ...]) -> np.ndarray:
        """Resize ``(N, *spatial, C)`` to ``(N, *size, C)``, given the arguments' values.

        Raises ``NotInstalled``, ``WrongShape``, or what the framework raises.
        """
        if subprocess_runner.needs_subprocess(self.framework.environment):
            resized: np.ndarray = self.framework.run_in_subprocess(self, images, values)
            return resized
        size = None if self.decides_size else tuple(map(int, values))
        arguments = (size,) if self.arguments == ("size",) else tuple(values)
        return self.layout.apply(self.on_arrays, images, arguments, size)

    @property
    def on_tensors(self) -> Callable[..., Tensor]:
        """``f(x, *values)`` from the framework's tensor to the framework's tensor, by this call's path."""
        return evaluate(self).on_tensors

    @property
    def on_arrays(self) -> Callable[..., Any]:
        """``f(x, *values)`` from a NumPy array in the framework's layout to what it returns, as a NumPy array."""
        return evaluate(self).on_arrays

    @property
    def to_native(self) -> str:
        """The expression that makes the framework's tensor from ``x``."""
        return self.variant.to_native or self.framework.to_native

    @property
    def to_numpy(self) -> str:
        """The expression that makes a NumPy array from the framework's tensor ``y``."""
        return self.variant.to_numpy or self.framework.to_numpy

    def with_variant(self, variant: Variant) -> NativeCall:
        """The same call by another path."""
        expression = self.expression
        if variant.arguments:
            expression = f"{expression.removesuffix(')')}, {variant.arguments})"
        return replace(self, expression=expression, variant=variant)

    def preamble(self) -> str:
        """The imports and helper functions that a program needs before it can evaluate :attr:`expression`."""
        lines = ["import numpy as np", self.framework.imports, *filter(None, [self.variant.imports]), ""]
        between = "\n" if self.decides_size else ""
        lines += [helper_source(helper) + between for helper in (*self.helpers, *self.variant.helpers)]
        return "\n".join(lines)

    def function(self) -> str:
        """Source that defines ``resize(x, h, w)``, from and to NumPy arrays in the framework's layout."""
        lines, call = [self.preamble()], self.expression
        if self.variant.wrapper != _UNCHANGED:
            lines += ["", "def call(x, h, w):", f"    return {self.expression}", "", ""]
            lines.append(f"path = {self.variant.wrapper.format(f='call')}")
            call = "path(x, h, w)"
        lines += ["", "def resize(x, h, w):"]
        lines += [] if self.to_native == "x" else [f"    x = {self.to_native}"]
        lines += [f"    y = {call}", f"    return np.asarray({self.to_numpy})"]
        return "\n".join(lines) + "\n"

    def script(self, image: str, shape: tuple[int, int], values: tuple[float, float]) -> str:
        """A complete program that resizes one image and leaves the result in ``y``, shape ``(h, w)``.

        ``image`` is Python source (it may use ``np``) of an array of ``shape``, ``(H, W)``; ``values`` are those of
        :attr:`arguments`.
        """
        native_shape = self.layout.shape(1, shape, 1)
        lines = [self.preamble()]
        lines.append(f"x = {image}" if native_shape == shape else f"x = {image}.reshape{native_shape}")
        lines += [] if self.to_native == "x" else [f"x = {self.to_native}"]
        first, second = values if self.decides_size else map(int, values)
        lines.append(f"{', '.join(self.arguments)} = {first!r}, {second!r}")
        result = self.expression
        if self.variant.wrapper != _UNCHANGED:
            resize = self.variant.wrapper.format(f="resize")
            lines += ["", "", "def resize(x, h, w):", f"    return {self.expression}", "", ""]
            result = f"({resize})(x, h, w)"
        if self.decides_size:
            lines.append(f"y = {result}")
            lines += [] if self.to_numpy == "y" else [f"y = {self.to_numpy}"]
            lines.append(f"y = np.asarray(y){_FIRST_PLANE.get(self.layout, '')}")
        elif self.to_numpy == "y":
            lines.append(f"y = np.asarray({result}).reshape(h, w)")
        else:
            lines += [f"y = {result}", f"y = np.asarray({self.to_numpy}).reshape(h, w)"]
        return "\n".join(lines) + "\n"


_FIRST_PLANE = {Layout.NCHW: "[0, 0]", Layout.NHWC: "[0, :, :, 0]"}


@cache
def helper_source(helper: Helper) -> str:
    """The source of a helper as programs print it: not indented, and without comments to the type checker.

    Helpers are plain code for those who read reproductions: where they lack types they are marked, and the marks are
    not printed.
    """
    return re.sub(r"  # (type: ignore\[|fmt: skip).*", "", textwrap.dedent(inspect.getsource(helper)))


class EvaluatedCall(NamedTuple):
    """A call's two functions: :attr:`NativeCall.on_tensors` and :attr:`NativeCall.on_arrays`."""

    on_tensors: Callable[..., Tensor]
    on_arrays: Callable[..., Any]


# Bounded, so that what a path holds (sessions with their threads, compiled code) is freed when it is no longer used.
@lru_cache(maxsize=256)
def evaluate(call: NativeCall) -> EvaluatedCall:
    """The functions that a call's text makes; raises ``NotInstalled``."""
    framework, variant = call.framework, call.variant
    framework.require_installed()
    namespace: dict[str, Any] = {helper.__name__: helper for helper in (*call.helpers, *variant.helpers)} | {"np": np}
    for imports in (framework.imports, variant.imports):
        exec(compile(imports, f"<imports of {framework.name}>", "exec"), namespace)
    if {helper.__name__ for helper in call.helpers} & {helper.__name__ for helper in variant.helpers}:
        # A function looks names up where it was defined, so the others are defined again, beside what they now call.
        exec(compile(call.preamble(), f"<helpers of {framework.name}>", "exec"), namespace)

    def evaluate_text(expression: str) -> Callable[..., Any]:
        # torch.compile remembers the sizes that it has seen by file and line: each call must have a file of its own.
        function: Callable[..., Any] = eval(
            compile(expression, f"<{framework.name}: {call.expression}>", "eval"), namespace
        )
        return function

    namespace["resize"] = evaluate_text(f"lambda x, {', '.join(call.arguments)}: {call.expression}")
    on_tensors = evaluate_text(variant.wrapper.format(f="resize"))
    to_native, to_numpy = evaluate_text(f"lambda x: {call.to_native}"), evaluate_text(f"lambda y: {call.to_numpy}")
    return EvaluatedCall(on_tensors, lambda x, *values: to_numpy(on_tensors(to_native(x), *values)))
