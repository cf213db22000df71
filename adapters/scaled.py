"""A native resize call that decides the size itself, and what its documentation says of size and coordinates.

It is given scale factors, output over input, or sizes that it fits its output to, keeping the aspect ratio.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

from adapters import apart
from adapters.framework import Framework
from adapters.operation import Operation
from golden import Convention

SCALE_SOURCES = ("given", "recomputed")
SCALE_DTYPES = ("float64", "float32", "integer")
Run = Callable[[np.ndarray, tuple[float, float]], np.ndarray]


def any_scale(n_in: int, scale: float) -> bool:
    """The default of :attr:`ScaledOperation.accepts`."""
    return True


def _nhwc(function: Callable, images: np.ndarray, given: tuple) -> np.ndarray:
    return np.asarray(function(images, *given))


def _nchw(function: Callable, images: np.ndarray, given: tuple) -> np.ndarray:
    return np.asarray(function(np.ascontiguousarray(images.transpose(0, 3, 1, 2)), *given)).transpose(0, 2, 3, 1)


def _hw(function: Callable, images: np.ndarray, given: tuple) -> np.ndarray:
    planes = [[np.asarray(function(image[..., k], *given)) for k in range(images.shape[3])] for image in images]
    return np.stack([np.stack(channels, axis=-1) for channels in planes])


_LAYOUTS = {"NHWC": _nhwc, "NCHW": _nchw, "HW": _hw}


@dataclass(frozen=True, slots=True)
class ScaledCall:
    """A Python expression in ``x`` (the framework's own tensor, in its layout) and what the call is given.

    ``names`` are what the expression calls the two numbers it is given, for the height and for the width: scales ``sy``
    and ``sx``, or sizes ``h`` and ``w``. The expression that runs is the text that reproductions print. ``helpers`` are
    functions that it names; they must import what they use inside themselves. ``layout``: NHWC, NCHW, or HW.
    """

    framework: Framework
    expression: str
    layout: str
    helpers: tuple[Callable, ...] = ()
    names: tuple[str, str] = ("sy", "sx")

    def __call__(self, images: np.ndarray, given: tuple[float, float]) -> np.ndarray:
        """Resize ``(N, H, W, C)`` to ``(N, h, w, C)``; raises ``NotInstalled`` or what the framework raises."""
        if apart.is_elsewhere(self.framework.environment):
            return self.framework.run_apart(self, images, given)
        return _LAYOUTS[self.layout](_compiled(self), images, given)

    def script(self, image: str, shape: tuple[int, int], given: tuple[float, float]) -> str:
        """A complete program that resizes one image and leaves the result in ``y``, shape ``(h, w)``.

        ``image`` is Python source (it may use ``np``) of an array of ``shape``, ``(H, W)``.
        """
        native_shape = {"NCHW": (1, 1, *shape), "NHWC": (1, *shape, 1)}.get(self.layout)
        lines = ["import numpy as np", self.framework.imports, ""]
        lines += [textwrap.dedent(inspect.getsource(helper)) + "\n" for helper in self.helpers]
        lines.append(f"x = {image}" if native_shape is None else f"x = {image}.reshape{native_shape}")
        lines += [] if self.framework.to_native == "x" else [f"x = {self.framework.to_native}"]
        lines.append(f"{', '.join(self.names)} = {given[0]!r}, {given[1]!r}")
        lines.append(f"y = {self.expression}")
        lines += [] if self.framework.to_numpy == "y" else [f"y = {self.framework.to_numpy}"]
        picked = {"NCHW": "[0, 0]", "NHWC": "[0, :, :, 0]"}.get(self.layout, "")
        lines.append(f"y = np.asarray(y){picked}")
        return "\n".join(lines) + "\n"


@cache
def _compiled(call: ScaledCall) -> Callable:
    call.framework.refuse_absence()
    namespace = {helper.__name__: helper for helper in call.helpers} | {"np": np}
    exec(compile(call.framework.imports, f"<imports of {call.framework.name}>", "exec"), namespace)

    def evaluated(expression: str) -> Callable:
        return eval(compile(expression, f"<{call.framework.name}>", "eval"), namespace)

    to_native, to_numpy = evaluated(f"lambda x: {call.framework.to_native}"), call.framework.to_numpy
    resize = evaluated(f"lambda x, {', '.join(call.names)}: {call.expression}")
    from_native = evaluated(f"lambda y: {to_numpy}")
    return lambda x, *given: from_native(resize(to_native(x), *given))


@dataclass(frozen=True, slots=True)
class ScaledOperation:
    """One native call that decides the output size from what it is given.

    run
        ``run(images, (sy, sx))``: float32 ``(N, H, W, C)`` to ``(N, h, w, C)``; the call decides ``h`` and ``w``.
    claim
        The convention its documentation states, or ``None``.
    size_rule
        How it documents that the output size follows from the scale, in the words of ``golden.output_size``; ``round``
        where it does not say which way halves go; empty where it says nothing.
    scale_dtype
        In which type the call takes a scale: ``float64`` (a Python float), ``float32``, ``integer``. A formula of the
        documentation is taken to mean the product in this type.
    scale_source
        Whether coordinates use the ``given`` scale or the one ``recomputed`` from the two sizes; empty where the
        documentation says nothing.
    policy
        Empty for scales. Otherwise the call is given two sizes, and fits its output to them as this policy of
        ``golden.fitted_size`` says.
    decides_size
        ``False`` where the call is given an output size beside the scales, so that there is no rule to measure.
    one_scale
        Whether the call takes but one scale, for both axes.
    shares_size_rule
        Whether the same native function as in an operation listed before it decides the size; fewer scales are then
        tried.
    accepts
        ``accepts(n_in, scale)``: whether the call is defined for them along one axis.
    by_size
        The same call by size, where there is one: its faults are for other suites to report.
    call
        The native call, for reproductions; ``None`` for a plain Python callable.
    """

    framework: str
    name: str
    run: Run
    claim: Convention | None = None
    size_rule: str = ""
    scale_dtype: str = "float64"
    scale_source: str = ""
    policy: str = ""
    decides_size: bool = True
    one_scale: bool = False
    shares_size_rule: bool = False
    accepts: Callable[[int, float], bool] = any_scale
    source: str = ""
    note: str = ""
    by_size: Operation | None = field(default=None, repr=False)
    call: ScaledCall | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.scale_dtype not in SCALE_DTYPES:
            raise ValueError(f"unknown scale_dtype {self.scale_dtype!r}; allowed: {', '.join(SCALE_DTYPES)}")
        if self.scale_source not in ("", *SCALE_SOURCES):
            raise ValueError(f"unknown scale_source {self.scale_source!r}; allowed: {', '.join(SCALE_SOURCES)}")

    @property
    def id(self) -> str:
        """How it is named in test ids, records and the ledger: ``framework name``."""
        return f"{self.framework} {self.name}"


def scaled(framework: Framework, name: str, expression: str, layout: str, *, helpers=(), **about) -> ScaledOperation:
    """A :class:`ScaledOperation` from a Python expression; ``about`` are its remaining fields (claim, source, ...)."""
    names = ("h", "w") if about.get("policy") else ("sy", "sx")
    call = ScaledCall(framework, expression, layout, tuple(helpers), names)
    return ScaledOperation(framework.name, name, call, call=call, **about)


def scaled_from_callable(function: Callable, name: str = "", **about) -> ScaledOperation:
    """A :class:`ScaledOperation` from any ``f(image: float32 (H, W), scales: (sy, sx)) -> (h, w)``."""
    name = name or getattr(function, "__qualname__", repr(function))

    def run(images: np.ndarray, given: tuple[float, float]) -> np.ndarray:
        return _hw(lambda x, *scales: function(x, scales), images, given)

    return ScaledOperation("callable", name, run, **about)


def sharing_size_rules(operations: list[ScaledOperation], function: Callable) -> list[ScaledOperation]:
    """The same operations, with all but the first of each ``function(operation)`` marked: what decides the size."""
    seen: set[object] = set()
    found = []
    for operation in operations:
        found.append(replace(operation, shares_size_rule=function(operation) in seen))
        seen.add(function(operation))
    return found
