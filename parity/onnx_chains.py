"""Chains of plain operators that resize: gathered, repeated and sliced pixels, and products with constant matrices.

A chain is found by what it does, not by its form: everything between two tensors that is linear in the first is run
on a few arrays, with the constants of the file, and held against the exact matrices of named conventions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod

import numpy as np

from parity.as_resize import named
from parity.onnx_facts import Facts, Shape
from parity.onnx_fold import NotFolded, fold
from parity.onnx_graphs import OWN_DOMAINS
from parity.resizes import ResizedAxis, ResizeNode

MOVES = frozenset(
    ("Identity", "Gather", "GatherND", "Slice", "Reshape", "Flatten", "Transpose", "Expand", "Tile", "Unsqueeze")
) | {"Squeeze", "Concat", "Split"}
_SUMS = frozenset(("Add", "Sub", "Sum"))
_FACTORS = frozenset(("Mul", "Div", "MatMul", "Einsum"))
LINEAR = MOVES | _SUMS | _FACTORS | {"ReduceMean", "Cast"}
# Operators whose data is their first input alone; the others are not read as data.
_FIRST_ONLY = MOVES - {"Concat"} | {"ReduceMean", "Cast"}

MAX_ELEMENTS = 1 << 21
"""Of any tensor that is run: 64 channels of 181 x 181. A node then takes some 10 ms."""
MAX_RUNS = 300
"""Of chains in one graph, so that a file of nothing but chains is done within a minute."""
MAX_NODES = 64
"""Of one chain. Linear by two axes, written out, has some forty; each tensor of a chain keeps all its nodes."""
_STAND_IN = 13
"""For a size that is not fixed: odd, so that halves of it are told from a scale of one half."""
_TOLERANCE = 256 * float(np.finfo(np.float32).eps)
"""Weights in the file are float32, each good to half an eps; some tens of them go into one output, in four steps."""


@dataclass(frozen=True, slots=True)
class _Linear:
    """A tensor that is linear in another, and the nodes between."""

    source: str
    nodes: frozenset[int]


def chains(facts: Facts) -> list[ResizeNode]:
    """Every chain of one scope that resizes; those with arithmetic first, since they hold the others."""
    found: list[ResizeNode] = []
    used: set[int] = set()
    budget = [MAX_RUNS]
    for operators in (LINEAR, MOVES):
        linear = _linear_tensors(facts, operators)
        for knows in (True, False):
            for name in reversed(linear):
                region = linear[name]
                if region.nodes & used or _is_one_of_phases(facts, region, linear):
                    continue
                node = _examined(facts, name, region, budget)
                if node is not None and node.is_known == knows:
                    found.append(node)
                    used |= region.nodes
    return found


def _linear_tensors(facts: Facts, operators: frozenset[str]) -> dict[str, _Linear]:
    """Every tensor that follows from one other by ``operators`` and constants, with the furthest such other."""
    found: dict[str, _Linear] = {}
    for index, node in enumerate(facts.scope.nodes):
        if node.op_type not in operators or node.domain not in OWN_DOMAINS:
            continue
        data = _data_inputs(facts, node)
        if not data:
            continue
        regions = [found.get(name, _Linear(name, frozenset())) for name in data]
        # Each from its own source, or all from the one that they have in common.
        if len({region.source for region in regions}) > 1:
            continue
        nodes = frozenset({index}).union(*(region.nodes for region in regions))
        if len(nodes) > MAX_NODES:
            continue
        for name in filter(None, node.output):
            found[name] = _Linear(regions[0].source, nodes)
    return found


def _data_inputs(facts: Facts, node: object) -> list[str]:
    """The inputs in which the node is linear; empty where it is not, given which of them are constant."""
    if node.op_type in _FIRST_ONLY:
        others = list(node.input)[1:]
        is_fixed = all(facts.constant(name) is not None for name in others if name)
        return [node.input[0]] if is_fixed and facts.constant(node.input[0]) is None else []
    varying = [name for name in node.input if facts.constant(name) is None]
    if node.op_type in _FACTORS:
        return varying if len(varying) == 1 and len(node.input) == 2 and _is_small(facts, node, varying) else []
    return varying if len(varying) == len(node.input) else []


def _is_small(facts: Facts, node: object, varying: list[str]) -> bool:
    """A matrix that interpolates has weights that add up to one: a layer's weights are not worth a run."""
    if node.op_type in ("Mul", "Einsum"):
        return True
    place = list(node.input).index(varying[0])
    value = facts.constant(node.input[1 - place])
    if node.op_type == "Div":
        return place == 0
    if value.ndim < 2:
        return False
    sums = value.astype(np.float64).sum(axis=-1 if place == 1 else -2)
    return bool(np.abs(sums - 1).max(initial=0) < 1e-3)


def _is_one_of_phases(facts: Facts, region: _Linear, linear: Mapping[str, _Linear]) -> bool:
    """Whether it is one of several strided slices of one tensor, which together leave nothing out.

    So do networks that move pixels into channels (the patch merging of Swin, the first layer of YOLOv5).
    """
    mine = _phase(facts, region)
    if mine is None:
        return False
    others = (_phase(facts, one) for one in linear.values() if one.source == region.source)
    return any(one is not None and one != mine and one.keys() == mine.keys() for one in others)


def _phase(facts: Facts, region: _Linear) -> dict[int, int] | None:
    """Of slices and nothing else: the first pixel that each strided one takes, by axis; ``None`` of anything else."""
    found: dict[int, int] = {}
    for index in region.nodes:
        node = facts.scope.nodes[index]
        if node.op_type != "Slice" or len(node.input) < 5:
            return None
        starts, _, axes, steps = (facts.constant(name) for name in node.input[1:5])
        if starts is None or axes is None or steps is None or not len(starts) == len(axes) == len(steps):
            return None
        found |= {int(axis): int(start) for start, axis, step in zip(starts, axes, steps, strict=True) if abs(step) > 1}
    return found


def _examined(facts: Facts, name: str, region: _Linear, budget: list[int]) -> ResizeNode | None:
    """The chain as a resize; ``None`` where it is none, or is too large to be run."""
    before, after = facts.shape(region.source), facts.shape(name)
    if before is None or (after is not None and len(after) != len(before)) or len(before) < 3:
        return None
    if before == after and all(isinstance(length, int) for length in before):
        return None
    sizes = tuple(n if isinstance(n, int) else (1 if axis == 0 else _STAND_IN) for axis, n in enumerate(before))
    if not prod(sizes) or prod(sizes) > MAX_ELEMENTS or _is_reshaped(before, after) or budget[0] <= 0:
        return None
    budget[0] -= 1
    order = sorted(region.nodes)
    try:
        axes = _axes(facts, region.source, name, order, sizes)
    except NotFolded:
        return None
    if not axes:
        return None
    operators = list(dict.fromkeys(facts.scope.nodes[index].op_type for index in order))
    known = tuple(_as_stated(axis, before, after) for axis in axes)
    is_named = all(axis.convention is not None for axis in known)
    return ResizeNode(
        key=facts.scope.key(order[-1]),
        name=facts.scope.nodes[order[-1]].name,
        op="+".join(operators),
        graph=facts.scope.path,
        input=region.source,
        output=name,
        rank=len(before),
        axes=known,
        remark=f"a chain of {len(order)} plain operators" + ("" if is_named else ", by no named convention"),
        opset=facts.scope.opset(),
        indices=tuple(order),
    )


def _is_reshaped(before: Shape, after: Shape | None) -> bool:
    """Whether the images or, of four axes and more, all but the channels' neighbours change: that is no resize."""
    if after is None:
        return False
    changed = [axis for axis, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    fixed = [axis for axis in changed if isinstance(before[axis], int) and isinstance(after[axis], int)]
    return (
        0 in fixed
        or (len(before) > 3 and fixed == changed == [1])
        or any(1 in (before[axis], after[axis]) for axis in fixed)
    )


def _axes(
    facts: Facts, source: str, name: str, order: Sequence[int], sizes: tuple[int, ...]
) -> tuple[ResizedAxis, ...]:
    """The axes that the chain resizes; empty where it does something else as well, or nothing of the kind."""
    flat = _run(facts, source, name, order, np.ones(sizes))
    if flat.ndim != len(sizes) or np.abs(flat - 1).max(initial=0) > _TOLERANCE:
        return ()
    resized = [axis for axis, (a, b) in enumerate(zip(sizes, flat.shape, strict=True)) if a != b]
    if not resized or 0 in resized or len(resized) > 3 or any(flat.shape[axis] < 2 for axis in resized):
        return ()
    random = np.random.default_rng(0)
    lines = [random.random(length) for length in sizes]
    expected = [line[:length] for line, length in zip(lines, flat.shape, strict=True)]
    found = []
    for axis in resized:
        ramp = np.arange(sizes[axis], dtype=np.float64)
        columns = [_along(facts, source, name, order, sizes, axis, line) for line in (lines[axis], ramp)]
        if any(column is None for column in columns):
            return ()
        steps = np.diff(columns[1])
        # Cut out, padded and turned round move pixels by one for each output, and resize nothing.
        if np.abs(np.abs(np.median(steps)) - 1) < _TOLERANCE * sizes[axis] or steps.min() < -_TOLERANCE * sizes[axis]:
            return ()
        expected[axis] = columns[0]
        found.append(_axis(axis, np.stack([lines[axis], ramp], 1), np.stack(columns, 1)))
    whole = _run(facts, source, name, order, _outer(lines))
    return tuple(found) if np.abs(whole - _outer(expected)).max() <= _TOLERANCE else ()


def _axis(axis: int, given: np.ndarray, got: np.ndarray) -> ResizedAxis:
    n_in, n_out = len(given), len(got)
    ratio = Fraction(n_out, n_in)
    step = Fraction(1, -(-n_in // n_out)) if n_out < n_in else Fraction(n_out // n_in)
    for scale in dict.fromkeys((None if step == ratio else step, None)):
        convention = named(got, scale, _TOLERANCE * n_in, given)
        if convention is not None:
            return ResizedAxis(axis, convention, n_in, n_out, scale)
    return ResizedAxis(axis, None, n_in, n_out)


def _as_stated(axis: ResizedAxis, before: Shape, after: Shape | None) -> ResizedAxis:
    """Without the sizes that only stood in for what is not fixed; the ratio that they had is then a scale."""
    if isinstance(before[axis.axis], int):
        return axis
    stated = after[axis.axis] if after is not None else None
    scale = axis.scale or Fraction(axis.n_out, axis.n_in)
    return replace(axis, n_in=None, n_out=stated if isinstance(stated, int) else None, scale=scale)


def _along(
    facts: Facts,
    source: str,
    name: str,
    order: Sequence[int],
    sizes: tuple[int, ...],
    axis: int,
    line: np.ndarray,
) -> np.ndarray | None:
    """What becomes of an image that changes along one axis only; ``None`` where the result changes along another."""
    spread = line.reshape([-1 if other == axis else 1 for other in range(len(sizes))])
    got = np.moveaxis(_run(facts, source, name, order, np.broadcast_to(spread, sizes)), axis, 0)
    column = got.reshape(len(got), -1)
    if np.abs(column - column[:, :1]).max() > _TOLERANCE * max(1.0, float(np.abs(line).max())):
        return None
    return column[:, 0]


def _outer(lines: Sequence[np.ndarray]) -> np.ndarray:
    product = np.ones(())
    for line in lines:
        product = np.multiply.outer(product, line)
    return product


def _run(facts: Facts, source: str, name: str, order: Sequence[int], array: np.ndarray) -> np.ndarray:
    """The chain's result; raises ``NotFolded`` where one of its operators cannot be run on this."""
    values: dict[str, np.ndarray] = {source: array}
    for index in order:
        node = facts.scope.nodes[index]
        inputs = [_value(facts, values, each) for each in node.input]
        outputs = fold(node.op_type, inputs, facts.attributes(node), facts.scope.opset() or 0)
        if any(one.size > MAX_ELEMENTS for one in outputs):
            raise NotFolded(node.op_type)
        values |= dict(zip(node.output, outputs, strict=False))
    if name not in values:
        raise NotFolded(name)
    return values[name]


def _value(facts: Facts, values: Mapping[str, np.ndarray], name: str) -> np.ndarray | None:
    if not name:
        return None
    return values[name] if name in values else facts.constant(name)
