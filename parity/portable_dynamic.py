"""A resize of any size in portable operators: coordinates are whole numbers, so that none rounds to another pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from golden import Convention
from parity.onnx_edit import Replacement

if TYPE_CHECKING:
    import onnx

_BELOW = 4
"""Pixels by which coordinates are moved up before they are rounded towards zero; none lies further below the first."""

_MODES = ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric")
_KERNELS = ("nearest", "linear", "cubic")
_BORDERS = ("replicate", "renormalise")


@dataclass(frozen=True, slots=True)
class OpenAxis:
    """One axis to be resized, whose sizes are known when the model runs.

    The output's size is entry ``place`` of the tensor ``sizes``, or the input's size times ``scale``, rounded down; in
    the latter case coordinates use that scale, and not the ratio of the sizes.
    """

    axis: int
    convention: Convention
    sizes: str = ""
    place: int = 0
    scale: Fraction | None = None


def in_portable_operators(axes: Sequence[OpenAxis], taken: str, made: str, rank: int, prefix: str) -> Replacement:
    """Nodes that make ``made`` from the float32 tensor ``taken``, whatever its size; they need opset 13.

    Raises ``ValueError`` for conventions whose number of taps depends on the sizes (antialiasing, areas).
    """
    graph = _Graph(prefix)
    x = taken
    for one in axes:
        c = one.convention
        if c.kernel not in _KERNELS or c.antialias or c.prefilter != "none" or c.border not in _BORDERS:
            raise ValueError(f"'{c}' has no form here for sizes that are not fixed")
        if c.coordinate_transformation_mode not in _MODES:
            raise ValueError(f"{c.coordinate_transformation_mode} has no form here for sizes that are not fixed")
        x = _resized(graph, x, one, rank)
    graph.nodes[-1].output[0] = made
    return Replacement(tuple(graph.nodes), tuple(graph.constants))


def _resized(graph: _Graph, x: str, one: OpenAxis, rank: int) -> str:
    convention = one.convention
    n_in = graph.node("Gather", graph.node("Shape", x), graph.whole(one.axis), axis=0)
    if one.sizes:
        n_out = graph.node("Gather", one.sizes, graph.whole(one.place), axis=0)
    else:
        scaled = graph.node("Mul", n_in, graph.whole(one.scale.numerator))
        n_out = graph.node("Div", scaled, graph.whole(one.scale.denominator))
    numerator, denominator = _coordinates(graph, one, n_in, n_out)
    last = graph.node("Sub", n_in, graph.whole(1))
    if convention.kernel == "nearest":
        return graph.node(
            "Gather", x, _clipped(graph, _picked(graph, convention, numerator, denominator), last), axis=one.axis
        )
    base = _floor(graph, numerator, denominator)
    beyond = graph.node("Sub", numerator, graph.node("Mul", base, denominator))
    beyond, whole = (graph.node("Cast", each, to=1) for each in (beyond, denominator))
    t = graph.node("Div", beyond, whole)
    if convention.kernel == "linear":
        offsets, weights = (0, 1), [graph.node("Sub", graph.real(1), t), t]
    else:
        offsets, weights = (-1, 0, 1, 2), _cubic(graph, t, convention.cubic_coeff_a)
    taps = [graph.node("Add", base, graph.whole(offset)) if offset else base for offset in offsets]
    if convention.border == "renormalise":
        weights = _renormalised(graph, taps, weights, n_in)
    shape = graph.constant(np.array([-1] + [1] * (rank - 1 - one.axis), np.int64))
    total = ""
    for tap, weight in zip(taps, weights, strict=True):
        values = graph.node("Gather", x, _clipped(graph, tap, last), axis=one.axis)
        part = graph.node("Mul", values, graph.node("Reshape", weight, shape))
        total = graph.node("Add", total, part) if total else part
    return total


def _coordinates(graph: _Graph, one: OpenAxis, n_in: str, n_out: str) -> tuple[str, str]:
    """Numerators, one an output, and the denominator of the input coordinate; whole numbers."""
    mode = one.convention.coordinate_transformation_mode
    zero, step = graph.whole(0), graph.whole(1)
    outputs = graph.node("Range", zero, n_out, step)
    if mode == "align_corners":
        over = graph.node("Max", graph.node("Sub", n_out, graph.whole(1)), graph.whole(1))
        return graph.node("Mul", outputs, graph.node("Sub", n_in, graph.whole(1))), over
    if one.scale is not None:
        over, under = graph.whole(one.scale.numerator), graph.whole(one.scale.denominator)
    else:
        over, under = n_out, n_in
    if mode == "asymmetric":
        return graph.node("Mul", outputs, under), over
    doubled = graph.node("Add", graph.node("Mul", outputs, graph.whole(2)), graph.whole(1))
    numerator = graph.node("Sub", graph.node("Mul", doubled, under), over)
    if mode == "pytorch_half_pixel":
        more = graph.node("Min", graph.node("Sub", n_out, graph.whole(1)), graph.whole(1))
        numerator = graph.node("Mul", numerator, more)
    return numerator, graph.node("Mul", over, graph.whole(2))


def _floor(graph: _Graph, numerator: str, denominator: str) -> str:
    """Division of whole numbers rounds towards zero; above zero that is down."""
    lifted = graph.node("Add", numerator, graph.node("Mul", denominator, graph.whole(_BELOW)))
    return graph.node("Sub", graph.node("Div", lifted, denominator), graph.whole(_BELOW))


def _picked(graph: _Graph, convention: Convention, numerator: str, denominator: str) -> str:
    mode = convention.nearest_mode
    if mode == "floor":
        return _floor(graph, numerator, denominator)
    if mode == "ceil":
        more = graph.node("Sub", graph.node("Add", numerator, denominator), graph.whole(1))
        return _floor(graph, more, denominator)
    twice, double = (graph.node("Mul", each, graph.whole(2)) for each in (numerator, denominator))
    more = graph.node("Add", twice, denominator)
    if mode == "round_prefer_floor":
        more = graph.node("Sub", more, graph.whole(1))
    elif mode != "round_prefer_ceil":
        raise ValueError(f"{mode} has no form here")
    return _floor(graph, more, double)


def _clipped(graph: _Graph, index: str, last: str) -> str:
    return graph.node("Max", graph.node("Min", index, last), graph.whole(0))


def _cubic(graph: _Graph, t: str, a: Fraction) -> list[str]:
    """Keys' polynomials at distances 1 + t, t, 1 - t and 2 - t, by Horner's rule."""
    a = float(a)
    rows = (
        (a, -2 * a, a, 0.0),
        (a + 2, -(a + 3), 0.0, 1.0),
        (-(a + 2), 2 * a + 3, -a, 0.0),
        (-a, a, 0.0, 0.0),
    )
    weights = []
    for row in rows:
        value = graph.real(row[0])
        for coefficient in row[1:]:
            value = graph.node("Add", graph.node("Mul", value, t), graph.real(coefficient))
        weights.append(value)
    return weights


def _renormalised(graph: _Graph, taps: Sequence[str], weights: Sequence[str], n_in: str) -> list[str]:
    kept, total = [], ""
    for tap, weight in zip(taps, weights, strict=True):
        inside = graph.node("And", graph.node("Greater", tap, graph.whole(-1)), graph.node("Less", tap, n_in))
        weight = graph.node("Mul", weight, graph.node("Cast", inside, to=1))
        kept.append(weight)
        total = graph.node("Add", total, weight) if total else weight
    return [graph.node("Div", weight, total) for weight in kept]


class _Graph:
    """Nodes and constants with names of their own."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._known: dict[tuple, str] = {}

    def node(self, operator: str, *inputs: str, **attributes: object) -> str:
        from onnx import helper

        made = f"{self.prefix}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [made], name=made, **attributes))
        return made

    def constant(self, value: np.ndarray) -> str:
        from onnx import numpy_helper

        key = (value.dtype.str, value.shape, value.tobytes())
        if key not in self._known:
            self._known[key] = f"{self.prefix}_constant_{len(self.constants)}"
            self.constants.append(numpy_helper.from_array(value, self._known[key]))
        return self._known[key]

    def whole(self, value: int) -> str:
        return self.constant(np.array(value, np.int64))

    def real(self, value: float) -> str:
        return self.constant(np.array(value, np.float32))
