"""A native resize call that decides the size itself, and what its documentation says of size and coordinates.

It is given scale factors, output over input, or sizes that it fits its output to, keeping the aspect ratio.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypedDict, Unpack

import numpy as np

from halfpixel.adapters.framework import Framework
from halfpixel.adapters.layout import Layout
from halfpixel.adapters.native_call import Helper, NativeCall
from halfpixel.adapters.operation import Operation
from halfpixel.golden import Convention

Scales = tuple[float, float]
ScaleDtype = Literal["float64", "float32", "integer"]
ScaleSource = Literal["", "given", "recomputed"]

UNSTATED_SCALE_NOTE = (
    "The page gives no rule for the output size, and does not say whether coordinates follow the factor or the ratio "
    "of the sizes."
)


def any_scale(n_in: int, scale: float) -> bool:
    """The default of :attr:`ByScaleOperation.accepts`."""
    return True


class ByScaleFields(TypedDict, total=False):
    """The fields of a :class:`ByScaleOperation` that describe its call, and have a default."""

    size_rule: str
    scale_dtype: ScaleDtype
    scale_source: ScaleSource
    keep_aspect_ratio_policy: str
    decides_size: bool
    one_scale: bool
    shares_size_rule: bool
    accepts: Callable[[int, float], bool]
    size_variant: Operation | None


@dataclass(frozen=True, slots=True)
class ByScaleOperation:
    """One native call that decides the output size from what it is given.

    run
        ``run(images, (sy, sx))``: float32 ``(N, H, W, C)`` to ``(N, h, w, C)``; the call decides ``h`` and ``w``.
    claim
        The convention its documentation states, or ``None``.
    size_rule
        The rule by which its documentation has the output size follow from the scale, as named by
        ``halfpixel.golden.output_size``; ``round`` where it leaves open which way halves go; empty where it says
        nothing.
    scale_dtype
        In which type the call takes a scale: ``float64`` (a Python float), ``float32``, ``integer``. A formula of the
        documentation is taken to mean the product in this type.
    scale_source
        Whether coordinates use the ``given`` scale or the one ``recomputed`` from the two sizes; empty where the
        documentation says nothing.
    keep_aspect_ratio_policy
        Empty for scales. Otherwise the call is given two sizes, and fits its output to them as this policy of
        ``halfpixel.golden.fitted_size`` says.
    decides_size
        ``False`` where the call is given an output size beside the scales, so that there is no rule to measure.
    one_scale
        Whether the call takes but one scale, for both axes.
    shares_size_rule
        Whether the same native function as in an operation listed before it decides the size; fewer scales are then
        tried.
    accepts
        ``accepts(n_in, scale)``: whether the call is defined for them along one axis.
    size_variant
        The same call by size, where there is one; its faults are reported by other suites.
    call
        The native call, for reproductions; ``None`` for a plain Python callable.
    """

    framework: str
    name: str
    run: Callable[[np.ndarray, Scales], np.ndarray]
    claim: Convention | None = None
    size_rule: str = ""
    scale_dtype: ScaleDtype = "float64"
    scale_source: ScaleSource = ""
    keep_aspect_ratio_policy: str = ""
    decides_size: bool = True
    one_scale: bool = False
    shares_size_rule: bool = False
    accepts: Callable[[int, float], bool] = any_scale
    source: str = ""
    note: str = ""
    size_variant: Operation | None = field(default=None, repr=False)
    call: NativeCall | None = field(default=None, repr=False)

    @property
    def id(self) -> str:
        """How it is named in test ids, records and the ledger: ``framework name``."""
        return f"{self.framework} {self.name}"


def native_by_scale(
    framework: Framework,
    name: str,
    expression: str,
    layout: str,
    claim: Convention | None = None,
    source: str = "",
    note: str = "",
    *,
    helpers: Sequence[Helper] = (),
    **fields: Unpack[ByScaleFields],
) -> ByScaleOperation:
    """A :class:`ByScaleOperation` from a Python expression in ``x``, and ``sy`` and ``sx``, or ``h`` and ``w``."""
    arguments = ("h", "w") if fields.get("keep_aspect_ratio_policy") else ("sy", "sx")
    call = NativeCall(framework, expression, Layout(layout), tuple(helpers), arguments, decides_size=True)
    return ByScaleOperation(framework.name, name, call, claim, source=source, note=note, call=call, **fields)


def by_scale_from_callable(
    function: Callable[[np.ndarray, Scales], np.ndarray],
    name: str = "",
    claim: Convention | None = None,
    **fields: Unpack[ByScaleFields],
) -> ByScaleOperation:
    """A :class:`ByScaleOperation` from any ``f(image: float32 (H, W), scales: (sy, sx)) -> (h, w)``."""
    name = name or getattr(function, "__qualname__", repr(function))

    def run(images: np.ndarray, scales: Scales) -> np.ndarray:
        return Layout.HW.apply(function, images, (scales,), None)

    return ByScaleOperation("callable", name, run, claim, **fields)


def mark_shared_size_rules(
    operations: Sequence[ByScaleOperation], native_function: Callable[[ByScaleOperation], Hashable]
) -> list[ByScaleOperation]:
    """The same operations; all but the first of each ``native_function(operation)`` share its size rule."""
    functions = [native_function(operation) for operation in operations]
    return [
        replace(operation, shares_size_rule=function in functions[:index])
        for index, (operation, function) in enumerate(zip(operations, functions, strict=True))
    ]
