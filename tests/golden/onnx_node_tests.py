"""ONNX's node tests of Resize and Upsample, read from the installed onnx package, and golden's answer to each."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from halfpixel.adapters.onnx_resize import convention_of
from halfpixel.golden import Convention, matrix, output_size

OPERATORS = ("Resize", "Upsample")

# The operators' inputs in order; a node leaves one out by an empty name.
_FORMAL_INPUTS = {"Resize": ("X", "roi", "scales", "sizes"), "Upsample": ("X", "scales")}

# Upsample's text gives no coordinates. Its one shipped test repeats pixels a whole number of times, which this says
# and which the other readings of "nearest" say too.
_IMPLIED = {"Resize": {}, "Upsample": {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}}


@dataclass(frozen=True, slots=True)
class Axis:
    """One resized axis: its sizes, its ``scale`` where the test gives one, and what the attributes mean along it."""

    axis: int
    n_in: int
    n_out: int
    scale: Fraction | None
    convention: Convention


@dataclass(frozen=True, slots=True)
class NodeTest:
    """One shipped test: the input, how each axis is resized, and the output that ships with it."""

    name: str
    x: np.ndarray
    expected: np.ndarray
    axes: tuple[Axis, ...]
    extrapolation_value: float


def exporters(operator: str) -> list[str]:
    """The functions of onnx's case module that each write test cases of ``operator``."""
    cases = getattr(_case_module(operator), operator)
    return [name for name in vars(cases) if name.startswith("export")]


def node_tests() -> list[NodeTest]:
    """Every node test of ``OPERATORS`` that the installed onnx package ships, sorted by name."""
    for operator in OPERATORS:
        _case_module(operator)
    registered = importlib.import_module("onnx.backend.test.case.node")._NodeTestCases
    chosen = [case for case in registered if case.model.graph.node[0].op_type in OPERATORS]
    return [_read(case, *data) for case in sorted(chosen, key=lambda case: case.name) for data in case.data_sets]


def resized(test: NodeTest, axes: tuple[Axis, ...] | None = None) -> np.ndarray:
    """Golden's answer, float64: each axis multiplied by its exact matrix.

    A row of zeros is an output outside the image; ``extrapolation_value`` takes its place. It stays itself along the
    axes that follow, since every other row sums to one.
    """
    y = test.x.astype(np.float64)
    for part in test.axes if axes is None else axes:
        weights = matrix(part.convention, part.n_in, part.n_out, scale=part.scale).to_array()
        y = np.moveaxis(np.tensordot(weights, y, axes=(1, part.axis)), 0, part.axis)
        outside = (1 - weights.sum(axis=1)) * test.extrapolation_value
        y += outside.reshape([-1 if axis == part.axis else 1 for axis in range(y.ndim)])
    return y


def tolerance(test: NodeTest) -> np.ndarray:
    """How far float arithmetic may put a shipped output from the exact one, elementwise.

    onnx computes in float64 and rounds once to float32: half a unit in the last place, ``2**-24 |y|``, and for the
    float64 sums a generous ``2**-46 max |x|`` (a hundred operations at ``2**-53``). Only the region is subtracted and
    scaled in float32, which moves a coordinate by at most ``2**-24 (|start| + |end - start|) (n_in - 1)``, and linear
    interpolation then moves the value by that times the steepest step of the input.
    """
    allowed = 2.0**-24 * np.abs(test.expected.astype(np.float64)) + 2.0**-46 * np.abs(test.x).max()
    for part in test.axes:
        if part.convention.roi is not None and part.n_in > 1:
            if part.convention.kernel != "linear":
                raise NotImplementedError(f"{test.name}: no bound for a region with {part.convention.kernel}")
            start, end = part.convention.roi
            moved = 2.0**-24 * float(abs(start) + abs(end - start)) * (part.n_in - 1)
            allowed += moved * np.abs(np.diff(test.x, axis=part.axis)).max()
    return allowed


def _case_module(operator: str):
    return importlib.import_module(f"onnx.backend.test.case.node.{operator.lower()}")


def _read(case, inputs: list[np.ndarray], outputs: list[np.ndarray]) -> NodeTest:
    from onnx.helper import get_attribute_value

    (node,) = case.model.graph.node
    values = {attribute.name: get_attribute_value(attribute) for attribute in node.attribute}
    read = {name: value.decode() if isinstance(value, bytes) else value for name, value in values.items()}
    attributes = _IMPLIED[node.op_type] | read
    given = iter(inputs)
    fed = {formal: next(given) for formal, name in zip(_FORMAL_INPUTS[node.op_type], node.input, strict=False) if name}
    (expected,) = outputs
    return NodeTest(
        name=case.name,
        x=fed["X"],
        expected=expected,
        axes=tuple(_axes(fed, attributes)),
        extrapolation_value=float(attributes.get("extrapolation_value", 0)),
    )


def _axes(fed: dict[str, np.ndarray], attributes: dict[str, object]) -> Iterator[Axis]:
    """The rules that turn inputs and attributes into sizes: https://onnx.ai/onnx/operators/onnx__Resize.html#resize-19.

    Every float32 input counts at its exact value.
    """
    shape = fed["X"].shape
    axes = [axis % len(shape) for axis in attributes.get("axes", range(len(shape)))]
    lengths = [shape[axis] for axis in axes]
    regions = [None] * len(axes)
    if attributes.get("coordinate_transformation_mode") == "tf_crop_and_resize":
        edges = [Fraction(float(edge)) for edge in fed["roi"]]
        regions = list(zip(edges[: len(axes)], edges[len(axes) :], strict=True))
    if "scales" in fed:
        scales = [Fraction(float(scale)) for scale in fed["scales"]]
        spans = [1 if region is None else region[1] - region[0] for region in regions]
        sizes = [output_size(n, span * scale) for n, span, scale in zip(lengths, spans, scales, strict=True)]
    else:
        scales = [None] * len(axes)
        policy = attributes.get("keep_aspect_ratio_policy", "stretch")
        sizes = _kept_in_ratio([int(size) for size in fed["sizes"]], lengths, policy)
    for axis, n_in, n_out, scale, region in zip(axes, lengths, sizes, scales, regions, strict=True):
        convention = convention_of(attributes if region is None else {**attributes, "roi": region})
        yield Axis(axis, n_in, n_out, scale, convention)


def _kept_in_ratio(sizes: list[int], lengths: list[int], policy: str) -> list[int]:
    """ONNX's ``keep_aspect_ratio_policy``, exactly; source as above. Raises ``KeyError`` for an unknown policy."""
    if policy == "stretch":
        return sizes
    choose = {"not_larger": min, "not_smaller": max}[policy]
    scale = choose(Fraction(size, n) for size, n in zip(sizes, lengths, strict=True))
    return [output_size(n, scale, "round_half_up") for n in lengths]
