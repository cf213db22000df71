"""A resize of any size written in primitive ONNX operators with integer coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from halfpixel.golden import Convention
from halfpixel.parity.formats.onnx.edits import GraphBuilder, Replacement

_COORDINATE_LIMIT = 4
"""Pixels by which coordinates are moved up before they are rounded towards zero; none lies further below the first."""

_MODES = ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric")
_KERNELS = ("nearest", "linear", "cubic")
_BORDERS = ("replicate", "renormalise")


@dataclass(frozen=True, slots=True)
class OpenAxis:
    """One axis to be resized, whose sizes are known only when the model runs.

    The output's size is entry ``position`` of the tensor ``sizes``, or the input's size times ``scale``, rounded down;
    in the latter case coordinates use that scale, and not the ratio of the sizes.
    """

    axis: int
    convention: Convention
    sizes: str = ""
    position: int = 0
    scale: Fraction = Fraction(1)


def any_size_resize_nodes(axes: Sequence[OpenAxis], source: str, output: str, rank: int, prefix: str) -> Replacement:
    """Nodes that make ``output`` from the float32 tensor ``source``, whatever its size; they need opset 13.

    Raises ``ValueError`` for conventions whose number of taps depends on the sizes (antialiasing, areas).
    """
    graph = GraphBuilder(prefix)
    x = source
    for axis in axes:
        c = axis.convention
        if c.kernel not in _KERNELS or c.antialias or c.prefilter != "none" or c.border not in _BORDERS:
            raise ValueError(f"'{c}' has no form here for sizes that are not fixed")
        if c.coordinate_transformation_mode not in _MODES:
            raise ValueError(f"{c.coordinate_transformation_mode} has no form here for sizes that are not fixed")
        x = _resized(graph, x, axis, rank)
    return graph.replacement(x, output)


def _resized(graph: GraphBuilder, x: str, open_axis: OpenAxis, rank: int) -> str:
    axis, convention = open_axis.axis, open_axis.convention
    n_in = graph.node("Gather", graph.node("Shape", x), axis, axis=0)
    if open_axis.sizes:
        n_out = graph.node("Gather", open_axis.sizes, open_axis.position, axis=0)
    else:
        scaled = graph.node("Mul", n_in, open_axis.scale.numerator)
        n_out = graph.node("Div", scaled, open_axis.scale.denominator)
    numerator, denominator = _coordinates(graph, open_axis, n_in, n_out)
    last = graph.node("Sub", n_in, 1)
    if convention.kernel == "nearest":
        index = _clipped(graph, _nearest(graph, convention, numerator, denominator), last)
        return graph.node("Gather", x, index, axis=axis)
    base = _floor(graph, numerator, denominator)
    remainder = graph.node("Sub", numerator, graph.node("Mul", base, denominator))
    remainder, divisor = (graph.node("Cast", name, to=1) for name in (remainder, denominator))
    t = graph.node("Div", remainder, divisor)
    if convention.cubic_coeff_a is None:
        weights = {0: graph.node("Sub", 1.0, t), 1: t}
    else:
        weights = _cubic(graph, t, float(convention.cubic_coeff_a))
    taps = [graph.node("Add", base, offset) if offset else base for offset in weights]
    weight_names = list(weights.values())
    if convention.border == "renormalise":
        weight_names = _renormalised(graph, taps, weight_names, n_in)
    shape = graph.constant(np.array([-1] + [1] * (rank - 1 - axis), np.int64))
    total = ""
    for tap, weight in zip(taps, weight_names, strict=True):
        pixels = graph.node("Gather", x, _clipped(graph, tap, last), axis=axis)
        part = graph.node("Mul", pixels, graph.node("Reshape", weight, shape))
        total = graph.node("Add", total, part) if total else part
    return total


def _coordinates(graph: GraphBuilder, axis: OpenAxis, n_in: str, n_out: str) -> tuple[str, str]:
    """The numerators of the input coordinates, one for each output, and their denominator; integers."""
    mode = axis.convention.coordinate_transformation_mode
    outputs = graph.node("Range", 0, n_out, 1)
    if mode == "align_corners":
        over = graph.node("Max", graph.node("Sub", n_out, 1), 1)
        return graph.node("Mul", outputs, graph.node("Sub", n_in, 1)), over
    if axis.sizes:
        over, under = n_out, n_in
    else:
        over, under = graph.scalar(axis.scale.numerator), graph.scalar(axis.scale.denominator)
    if mode == "asymmetric":
        return graph.node("Mul", outputs, under), over
    doubled = graph.node("Add", graph.node("Mul", outputs, 2), 1)
    numerator = graph.node("Sub", graph.node("Mul", doubled, under), over)
    if mode == "pytorch_half_pixel":
        # 0 where there is one output pixel, which takes pixel 0.
        factor = graph.node("Min", graph.node("Sub", n_out, 1), 1)
        numerator = graph.node("Mul", numerator, factor)
    return numerator, graph.node("Mul", over, 2)


def _floor(graph: GraphBuilder, numerator: str, denominator: str) -> str:
    """The quotient of integers, rounded down: Div rounds towards zero, which is down for positive numbers."""
    lifted = graph.node("Add", numerator, graph.node("Mul", denominator, _COORDINATE_LIMIT))
    return graph.node("Sub", graph.node("Div", lifted, denominator), _COORDINATE_LIMIT)


def _nearest(graph: GraphBuilder, convention: Convention, numerator: str, denominator: str) -> str:
    """The index of the nearest pixel."""
    mode = convention.nearest_mode
    if mode == "floor":
        return _floor(graph, numerator, denominator)
    if mode == "ceil":
        raised = graph.node("Sub", graph.node("Add", numerator, denominator), 1)
        return _floor(graph, raised, denominator)
    twice, double = (graph.node("Mul", name, 2) for name in (numerator, denominator))
    raised = graph.node("Add", twice, denominator)
    if mode == "round_prefer_floor":
        raised = graph.node("Sub", raised, 1)
    elif mode != "round_prefer_ceil":
        raise ValueError(f"{mode} has no form here")
    return _floor(graph, raised, double)


def _clipped(graph: GraphBuilder, index: str, last: str) -> str:
    return graph.node("Max", graph.node("Min", index, last), 0)


def _cubic(graph: GraphBuilder, t: str, a: float) -> dict[int, str]:
    """Weights by offset of the tap: Keys' polynomials at distances 1 + t, t, 1 - t and 2 - t, by Horner's rule."""
    polynomials = {
        -1: (a, -2 * a, a, 0.0),
        0: (a + 2, -(a + 3), 0.0, 1.0),
        1: (-(a + 2), 2 * a + 3, -a, 0.0),
        2: (-a, a, 0.0, 0.0),
    }
    weights = {}
    for offset, (first, *coefficients) in polynomials.items():
        value = graph.scalar(first)
        for coefficient in coefficients:
            value = graph.node("Add", graph.node("Mul", value, t), coefficient)
        weights[offset] = value
    return weights


def _renormalised(graph: GraphBuilder, taps: Sequence[str], weights: Sequence[str], n_in: str) -> list[str]:
    """The weights of taps inside the image, divided by their sum; zero for the others."""
    inside_weights, total = [], ""
    for tap, weight in zip(taps, weights, strict=True):
        inside = graph.node("And", graph.node("Greater", tap, -1), graph.node("Less", tap, n_in))
        weight = graph.node("Mul", weight, graph.node("Cast", inside, to=1))
        inside_weights.append(weight)
        total = graph.node("Add", total, weight) if total else weight
    return [graph.node("Div", weight, total) for weight in inside_weights]
