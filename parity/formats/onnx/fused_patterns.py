"""Chains of plain operators that resize: gathered, repeated and sliced pixels, and products with constant matrices.

A chain is found by what it does, not by its form: everything between two tensors that is linear in the first is run
on a few arrays, with the constants of the file, and held against the exact matrices of named conventions.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from halfpixel.parity.formats.model import ResizedAxis, ResizeNode, Shape
from halfpixel.parity.formats.onnx.constant_folding import NotConstant, fold
from halfpixel.parity.formats.onnx.graphs import OWN_DOMAINS
from halfpixel.parity.formats.onnx.static_values import StaticValues
from halfpixel.parity.formats.pattern_matching import matching_convention

if TYPE_CHECKING:
    import onnx

DATA_MOVEMENT = frozenset(
    ("Identity", "Gather", "GatherND", "Slice", "Reshape", "Flatten", "Transpose", "Expand", "Tile", "Unsqueeze")
) | {"Squeeze", "Concat", "Split"}
_SUMS = frozenset(("Add", "Sub", "Sum"))
_FACTORS = frozenset(("Mul", "Div", "MatMul", "Einsum"))
LINEAR_OPERATORS = DATA_MOVEMENT | _SUMS | _FACTORS | {"ReduceMean", "Cast"}
# Their first input is the data; the other inputs are sizes, axes and indices.
_LINEAR_IN_FIRST_INPUT = DATA_MOVEMENT - {"Concat"} | {"ReduceMean", "Cast"}

MAX_ELEMENTS = 1 << 21
"""Of any tensor that is run: 64 channels of 181 x 181. A node then takes some 10 ms."""
MAX_RUNS = 300
"""Of chains in one graph, so that a file of nothing but chains is done within a minute."""
MAX_NODES = 64
"""Of one chain. Linear by two axes, written out, has some forty; each tensor of a chain keeps all its nodes."""
_SUBSTITUTE_SIZE = 13
"""For a size that is not fixed: odd, so that half of it, rounded, differs from a scale of one half."""
_TOLERANCE = 256 * float(np.finfo(np.float32).eps)
"""Weights in the file are float32, each good to half an eps; some tens of them go into one output, in four steps."""


@dataclass(frozen=True, slots=True)
class _LinearRegion:
    """A tensor that is linear in another, and the nodes between."""

    source: str
    nodes: frozenset[int]


def fused_resizes(values: StaticValues) -> list[ResizeNode]:
    """Every chain of one scope that resizes; those with arithmetic first, since they hold the others."""
    resizes: list[ResizeNode] = []
    used: set[int] = set()
    runs_left = [MAX_RUNS]
    for operators in (LINEAR_OPERATORS, DATA_MOVEMENT):
        linear = _linear_tensors(values, operators)
        for is_known in (True, False):
            for name in reversed(linear):
                region = linear[name]
                if region.nodes & used or _is_one_of_phases(values, region, linear):
                    continue
                node = _as_resize(values, name, region, runs_left)
                if node is not None and node.is_known == is_known:
                    resizes.append(node)
                    used |= region.nodes
    return resizes


def _linear_tensors(values: StaticValues, operators: frozenset[str]) -> dict[str, _LinearRegion]:
    """Every tensor that follows from one other by ``operators`` and constants, with the furthest such other."""
    linear: dict[str, _LinearRegion] = {}
    for index, node in enumerate(values.scope.nodes):
        if node.op_type not in operators or node.domain not in OWN_DOMAINS:
            continue
        data = _data_inputs(values, node)
        if not data:
            continue
        regions = [linear.get(name, _LinearRegion(name, frozenset())) for name in data]
        # All inputs must follow from the same tensor.
        if len({region.source for region in regions}) > 1:
            continue
        nodes = frozenset({index}).union(*(region.nodes for region in regions))
        if len(nodes) > MAX_NODES:
            continue
        for name in filter(None, node.output):
            linear[name] = _LinearRegion(regions[0].source, nodes)
    return linear


def _data_inputs(values: StaticValues, node: onnx.NodeProto) -> list[str]:
    """The inputs in which the node is linear; empty where it is not, given which of them are constant."""
    varying = [name for name in node.input if values.constant(name) is None]
    if node.op_type in _LINEAR_IN_FIRST_INPUT:
        return varying[:1] if list(filter(None, varying)) == [node.input[0]] else []
    if node.op_type in _FACTORS:
        return varying if len(varying) == 1 and len(node.input) == 2 and _may_interpolate(values, node, varying) else []
    return varying if len(varying) == len(node.input) else []


def _may_interpolate(values: StaticValues, node: onnx.NodeProto, varying: list[str]) -> bool:
    """Whether a product is worth a run: a matrix that interpolates has weights that add up to one, a layer has not."""
    if node.op_type in ("Mul", "Einsum"):
        return True
    position = list(node.input).index(varying[0])
    if node.op_type == "Div":
        return position == 0
    weights = values.constant(node.input[1 - position])
    if weights is None or weights.ndim < 2:
        return False
    sums = weights.astype(np.float64).sum(axis=-1 if position == 1 else -2)
    return bool(np.abs(sums - 1).max(initial=0) < 1e-3)


def _is_one_of_phases(values: StaticValues, region: _LinearRegion, linear: Mapping[str, _LinearRegion]) -> bool:
    """Whether it is one of several strided slices of one tensor, which together leave nothing out.

    Networks that move pixels into channels do so (the patch merging of Swin, the first layer of YOLOv5).
    """
    own = _phase(values, region)
    if own is None:
        return False
    others = (_phase(values, other) for other in linear.values() if other.source == region.source)
    return any(other is not None and other != own and other.keys() == own.keys() for other in others)


def _phase(values: StaticValues, region: _LinearRegion) -> dict[int, int] | None:
    """The first pixel that each strided slice takes, by axis; ``None`` where there is any other operator."""
    first: dict[int, int] = {}
    for index in region.nodes:
        node = values.scope.nodes[index]
        if node.op_type != "Slice" or len(node.input) < 5:
            return None
        starts, _, axes, steps = (values.constant(name) for name in node.input[1:5])
        if starts is None or axes is None or steps is None or not len(starts) == len(axes) == len(steps):
            return None
        first |= {int(axis): int(start) for start, axis, step in zip(starts, axes, steps, strict=True) if abs(step) > 1}
    return first


@dataclass(frozen=True, slots=True)
class _Chain:
    """Nodes, in order, that make the tensor ``name`` from ``source``, to be run on arrays of shape ``sizes``."""

    values: StaticValues
    source: str
    name: str
    order: tuple[int, ...]
    sizes: tuple[int, ...]

    def run(self, array: np.ndarray) -> np.ndarray:
        """The result; raises ``NotConstant`` where an operator cannot be run on this."""
        tensors: dict[str, np.ndarray] = {self.source: array}
        for index in self.order:
            node = self.values.scope.nodes[index]
            inputs = [tensors[name] if name in tensors else self.values.constant(name) for name in node.input]
            outputs = fold(node.op_type, inputs, self.values.attributes(node), self.values.scope.opset() or 0)
            if any(output.size > MAX_ELEMENTS for output in outputs):
                raise NotConstant(node.op_type)
            tensors |= {name: output for name, output in zip(node.output, outputs, strict=False) if name}
        if self.name not in tensors:
            raise NotConstant(self.name)
        return tensors[self.name]

    def response_along(self, axis: int, line: np.ndarray) -> np.ndarray | None:
        """The result for an image that changes along one axis; ``None`` where it changes along another one, too."""
        spread = line.reshape([-1 if other == axis else 1 for other in range(len(self.sizes))])
        result = np.moveaxis(self.run(np.broadcast_to(spread, self.sizes)), axis, 0)
        columns = result.reshape(len(result), -1)
        if np.abs(columns - columns[:, :1]).max() > _TOLERANCE * max(1.0, float(np.abs(line).max())):
            return None
        return columns[:, 0]


def _as_resize(values: StaticValues, name: str, region: _LinearRegion, runs_left: list[int]) -> ResizeNode | None:
    """The chain as a resize; ``None`` where it is none, or is too large to be run."""
    before, after = values.shape(region.source), values.shape(name)
    if before is None or (after is not None and len(after) != len(before)) or len(before) < 3:
        return None
    if before == after and all(isinstance(length, int) for length in before):
        return None
    sizes = tuple(n if isinstance(n, int) else (1 if axis == 0 else _SUBSTITUTE_SIZE) for axis, n in enumerate(before))
    if not 0 < prod(sizes) <= MAX_ELEMENTS or _is_reshaped(before, after) or runs_left[0] <= 0:
        return None
    runs_left[0] -= 1
    order = tuple(sorted(region.nodes))
    try:
        axes = _axes(_Chain(values, region.source, name, order, sizes))
    except NotConstant:
        return None
    if not axes:
        return None
    last = values.scope.nodes[order[-1]]
    is_named = all(axis.convention is not None for axis in axes)
    return ResizeNode(
        key=values.scope.key(order[-1]),
        name=last.name,
        op="+".join(dict.fromkeys(values.scope.nodes[index].op_type for index in order)),
        graph=values.scope.path,
        input=region.source,
        output=name,
        rank=len(before),
        axes=tuple(_with_file_sizes(axis, before, after) for axis in axes),
        remark=f"a chain of {len(order)} plain operators" + ("" if is_named else ", by no named convention"),
        opset=values.scope.opset(),
        indices=order,
    )


def _is_reshaped(before: Shape, after: Shape | None) -> bool:
    """Whether the number of images changes or, of four axes and more, the channels alone: that is no resize."""
    if after is None:
        return False
    changed = [axis for axis, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    fixed = [axis for axis in changed if isinstance(before[axis], int) and isinstance(after[axis], int)]
    return (
        0 in fixed
        or (len(before) > 3 and fixed == changed == [1])
        or any(1 in (before[axis], after[axis]) for axis in fixed)
    )


def _axes(chain: _Chain) -> tuple[ResizedAxis, ...]:
    """The axes that the chain resizes; empty where it does something else, too, or resizes nothing."""
    sizes = chain.sizes
    flat = chain.run(np.ones(sizes))
    if flat.ndim != len(sizes) or np.abs(flat - 1).max(initial=0) > _TOLERANCE:
        return ()
    resized = [axis for axis, (a, b) in enumerate(zip(sizes, flat.shape, strict=True)) if a != b]
    if not resized or 0 in resized or len(resized) > 3 or any(flat.shape[axis] < 2 for axis in resized):
        return ()
    random = np.random.default_rng(0)
    lines: list[np.ndarray] = [random.random(length) for length in sizes]
    expected = [line[:length] for line, length in zip(lines, flat.shape, strict=True)]
    axes = []
    for axis in resized:
        ramp = np.arange(sizes[axis], dtype=np.float64)
        noise_response, ramp_response = chain.response_along(axis, lines[axis]), chain.response_along(axis, ramp)
        if noise_response is None or ramp_response is None:
            return ()
        steps = np.diff(ramp_response)
        # Crops, padding and flips move by one pixel for each output, and resize nothing.
        if np.abs(np.abs(np.median(steps)) - 1) < _TOLERANCE * sizes[axis] or steps.min() < -_TOLERANCE * sizes[axis]:
            return ()
        expected[axis] = noise_response
        axes.append(_axis(axis, np.stack([lines[axis], ramp], 1), np.stack([noise_response, ramp_response], 1)))
    whole = chain.run(_outer_product(lines))
    return tuple(axes) if np.abs(whole - _outer_product(expected)).max() <= _TOLERANCE else ()


def _axis(axis: int, images: np.ndarray, responses: np.ndarray) -> ResizedAxis:
    n_in, n_out = len(images), len(responses)
    ratio = Fraction(n_out, n_in)
    step = Fraction(1, -(-n_in // n_out)) if n_out < n_in else Fraction(n_out // n_in)
    for scale in dict.fromkeys((None if step == ratio else step, None)):
        convention = matching_convention(responses, scale, _TOLERANCE * n_in, images)
        if convention is not None:
            return ResizedAxis(axis, convention, n_in, n_out, scale)
    return ResizedAxis(axis, None, n_in, n_out)


def _with_file_sizes(axis: ResizedAxis, before: Shape, after: Shape | None) -> ResizedAxis:
    """Without the sizes that only stood in for what is not fixed; the ratio that they had is then a scale."""
    if isinstance(before[axis.axis], int) or axis.n_in is None or axis.n_out is None:
        return axis
    stated = after[axis.axis] if after is not None else None
    scale = axis.scale or Fraction(axis.n_out, axis.n_in)
    return replace(axis, n_in=None, n_out=stated if isinstance(stated, int) else None, scale=scale)


def _outer_product(lines: Sequence[np.ndarray]) -> np.ndarray:
    return functools.reduce(np.multiply.outer, lines)
