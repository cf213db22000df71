"""Find the cause of a differing resize: measure the isolated node, or try conventions on its data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from halfpixel.adapters import Operation
from halfpixel.adapters.layout import WrongShape
from halfpixel.golden import ExactMatrix, matrix
from halfpixel.golden.tolerance import gain_tolerance, grey_levels
from halfpixel.golden.vocabulary import GREY_LEVELS, Cause, Verdict
from halfpixel.parity.diagnose.model_under_test import ModelUnderTest, OnnxModelUnderTest
from halfpixel.parity.diagnose.per_node_comparison import Activations, NodeObservation
from halfpixel.parity.diagnose.reference_resize import (
    ExactResize,
    NoDefinition,
    apply_exact,
    rounding_bound,
    worst_error,
)
from halfpixel.parity.diagnose.results import NodeFinding, RunStatus
from halfpixel.parity.formats.onnx import edits
from halfpixel.parity.formats.onnx.flattened import NodeLocation
from halfpixel.parity.runtimes.registry import Runtime
from halfpixel.probe.compare.attribution import attribute
from halfpixel.probe.compare.candidates import Candidate, differences, nearest_first
from halfpixel.probe.compare.comparison import against_convention
from halfpixel.probe.measure.axis_matrix import AXES, Refused, Sweep, sweep

if TYPE_CHECKING:
    import onnx

InputsAndOutputs = Sequence[tuple[np.ndarray, np.ndarray]]
"""Inputs of one resize on one runtime, each with its output."""


class CannotRebuild(ValueError):
    """The node cannot be given other sizes."""


@dataclass(frozen=True)
class IsolatedNode:
    """A Resize or Upsample with the model's own attributes, which resizes images as an operation does.

    ``axes`` are the one or two axes that it resizes, of tensors of ``rank``; ``roi`` its region of interest. Sizes are
    given in the model's way: as sizes, or as scales, by the model's own scale where it comes to the size.
    """

    subject: OnnxModelUnderTest
    runtime: Runtime
    place: NodeLocation
    axes: tuple[int, ...]
    rank: int
    scales: Mapping[int, float] = field(default_factory=dict)
    roi: np.ndarray | None = None

    def __call__(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """``(N, H, W, C)`` to ``(N, h, w, C)``; raises ``RuntimeError`` with the message of the runtime."""
        n, height, width, c = images.shape
        planes = images.transpose(0, 3, 1, 2).reshape(n * c, height, width)
        if len(self.axes) == 1:
            if width != size[1]:
                raise RuntimeError("it resizes one axis only")
            # The other axis of the image is one that the node leaves alone.
            lines = planes.transpose(0, 2, 1).reshape(n * c * width, height)
            planes = self._resize(lines, size).reshape(n * c, width, size[0]).transpose(0, 2, 1)
        else:
            planes = self._resize(planes, size)
        return planes.reshape(n, c, *size).transpose(0, 2, 3, 1)

    def _resize(self, planes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Resize the axes of each of the planes, which lie along an axis that the node leaves alone if it has one."""
        free = [k for k in range(self.rank) if k not in self.axes]
        if not free:
            return np.stack([self._run(plane, size) for plane in planes])
        axes = (free[1] if len(free) > 1 else free[0], *self.axes)
        shape = [1] * self.rank
        for axis, length in zip(axes, planes.shape, strict=True):
            shape[axis] = length
        order = sorted(axes)
        x = np.ascontiguousarray(planes.transpose([axes.index(axis) for axis in order]))
        y = self._run(x.reshape(shape), size)
        return y.reshape([y.shape[axis] for axis in order]).transpose([order.index(axis) for axis in axes])

    def _run(self, x: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        after = list(x.shape)
        for axis, length in zip(self.axes, size, strict=False):
            after[axis] = length
        session = self.subject.session
        path = session.new_path(".onnx")
        path.write_bytes(self._model(x.shape, tuple(after)).SerializeToString())
        feeds = [session.save_feeds({"x": np.ascontiguousarray(x)})]
        result = session.run(self.runtime, session.job(self.runtime.load, path, ("x",), ("y",), feeds))
        if result.status is not RunStatus.RAN:
            raise RuntimeError(result.message)
        y = np.array(result.arrays()["y"])
        if y.shape != tuple(after):
            raise RuntimeError(f"it makes shape {y.shape}, where {tuple(after)} is expected")
        return y

    def _model(self, before: tuple[int, ...], after: tuple[int, ...]) -> onnx.ModelProto:
        from onnx import TensorProto, helper, numpy_helper

        flat = self.subject.flat
        own = flat.proto.graph.node[self.place.nodes[-1]]
        opset = self.place.resize.opset or 0
        named = next((list(attribute.ints) for attribute in own.attribute if attribute.name == "axes"), None)
        axes = range(self.rank) if named is None else [axis % self.rank for axis in named]
        scales = np.array([self._scale(k, before[k], after[k]) for k in axes], np.float32)
        takes_sizes = opset >= 11 and own.op_type == "Resize" and len(own.input) > 3 and bool(own.input[3])
        values: dict[str, np.ndarray] = {}
        if own.op_type == "Upsample" or opset < 11:
            inputs = ["x", "scales"] if opset >= 9 else ["x"]
            values["scales"] = scales
        else:
            inputs = ["x", "roi", "scales", "sizes"] if takes_sizes else ["x", "roi", "scales"]
            values["roi"] = np.zeros(0, np.float32) if self.roi is None else self.roi
            values["scales"] = np.zeros(0, np.float32) if takes_sizes else scales
            if takes_sizes:
                values["sizes"] = np.array([after[k] for k in axes], np.int64)
                if opset >= 13:
                    inputs[2] = ""
            if opset >= 13 and self.roi is None:
                inputs[1] = ""
        constants = [numpy_helper.from_array(value, name) for name, value in values.items() if name in inputs]
        node = helper.make_node(own.op_type, inputs, ["y"], name="alone")
        node.attribute.extend(own.attribute)
        own_scales = {"scales": scales.tolist()} if opset < 9 else {}
        edits.set_attributes(node, {**own_scales, "keep_aspect_ratio_policy": None})
        ports = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("x", before), ("y", after))]
        return edits.model_of_nodes(flat, [node], ports[:1], ports[1:], constants)

    def _scale(self, axis: int, n_in: int, n_out: int) -> np.float32:
        """The model's own scale where it comes to this size, else the float32 that does."""
        own = self.scales.get(axis)
        if own is not None and math.floor(n_in * own) == n_out:
            return np.float32(own)
        scale = np.float32(n_out / n_in)
        return scale if math.floor(float(scale) * n_in) == n_out else np.nextafter(scale, np.float32(np.inf))


def _isolated_operation(
    subject: OnnxModelUnderTest,
    runtime: Runtime,
    place: NodeLocation,
    observation: NodeObservation,
    axes: tuple[int, ...],
    activations: Activations,
) -> Operation:
    """The resize as an operation on ``runtime``; ``CannotRebuild`` for anything but a plain Resize."""
    resize = place.resize
    if len(place.nodes) != 1 or resize.op not in ("Resize", "Upsample") or not 1 <= len(axes) <= 2:
        raise CannotRebuild(f"{resize.op} on {len(axes)} axes has no form with other sizes")
    scales = {axis.axis: float(axis.scale) for axis in resize.axes if axis.scale is not None}
    inputs = subject.flat.proto.graph.node[place.nodes[-1]].input
    has_roi = len(inputs) > 1 and resize.op == "Resize" and bool(inputs[1])
    roi = subject.value(inputs[1], activations) if has_roi else None
    rank = len(observation.shapes[0])
    node = IsolatedNode(
        subject, runtime, place, tuple(sorted(axes)), rank, scales, None if roi is None or not roi.size else roi
    )
    return Operation(runtime.name, f"{resize.key} alone", node)


_DISCRIMINATING_SIZES = ((4, 7), (4, 8), (4, 3), (4, 2), (7, 3), (7, 10), (7, 21))
"""Small sizes at which the conventions differ from each other: odd and even, whole factors and none, both ways. Two
sizes of input only, since each new one costs a check that the other axis is left alone; along the first axis only."""

_MAX_IMPULSE_PIXELS = 1 << 22
"""Pixels of the image of impulses up to which the matrix of an axis is measured."""


def classify_divergence(
    subject: ModelUnderTest,
    runtime: Runtime,
    place: NodeLocation,
    observation: NodeObservation,
    finding: NodeFinding,
    activations: Activations,
    data: InputsAndOutputs,
) -> NodeFinding:
    """The finding with its cause and its worst case.

    ``data`` are inputs and outputs of the resize on that runtime. A Resize of ONNX is given other sizes, too, and its
    matrices are measured; for other operators the conventions near their own are tried on ``data``.
    """
    definition = observation.definition
    if isinstance(definition, NoDefinition) or finding.factors:
        return finding
    found = classify_truncation(definition, finding, data)
    # A value outside the image is added to the product with the matrices; impulses do not tell it from weights.
    if found is None and isinstance(subject, OnnxModelUnderTest) and not definition.outside:
        try:
            operation = _isolated_operation(subject, runtime, place, observation, definition.axes, activations)
        except CannotRebuild:
            operation = None
        found = None if operation is None else _classify_by_measurement(operation, definition, finding)
    return found or classify_by_candidates(definition, finding, data) or _worst_of_data(finding, definition, data)


def classify_truncation(definition: ExactResize, finding: NodeFinding, data: InputsAndOutputs) -> NodeFinding | None:
    """Where integers are made by dropping the fraction: each is less than one from the exact value, on one side of it.

    That side is below, or, where a cast drops it, the one towards zero.
    """
    if not data or any(y.dtype.kind not in "iu" for _, y in data):
        return None
    for x, y in data:
        exact = apply_exact(definition, np.asarray(x))
        short = exact - y
        # The half is the part of the bound that is for rounding to the nearest.
        slack = rounding_bound(definition, x) - 0.5
        sides = (short, np.where(exact < 0, -short, short))
        if not any(side.min(initial=0.0) >= -slack and side.max(initial=0.0) <= 1 + slack for side in sides):
            return None
    return replace(
        finding,
        verdict=Verdict.APPROXIMATES,
        factors=(Cause.ROUNDING,),
        explanation="fractions are dropped, where the nearest whole number is expected",
        grey_levels=finding.own,
    )


def _classify_by_measurement(operation: Operation, definition: ExactResize, finding: NodeFinding) -> NodeFinding | None:
    """By its matrices along each axis; ``None`` where it cannot be measured, or then does what it should."""
    convention = definition.matrices[0].convention
    sweeps: list[Sweep] = []
    own_sweeps: list[Sweep] = []
    for axis, exact in zip(AXES, definition.matrices, strict=False):
        pair = (exact.n_in, exact.n_out)
        if exact.convention != convention or exact.n_in * max(pair) > _MAX_IMPULSE_PIXELS:
            continue
        try:
            measured = sweep(operation, tuple(dict.fromkeys((pair, *(() if sweeps else _DISCRIMINATING_SIZES)))), axis)
        except (Refused, WrongShape):
            continue
        sweeps.append(measured)
        if pair in measured.matrices:
            own_sweeps.append(Sweep(operation, axis, {pair: measured.matrices[pair]}))
    if not own_sweeps:
        return None
    if any(map(_has_own_scale, definition.matrices)):
        return _classify_scale_source(definition, own_sweeps, finding)
    whole, here = against_convention(sweeps, convention), against_convention(own_sweeps, convention)
    if here.verdict.is_agreement:
        text = "measured one axis at a time it does what it should; on both at once, as the model has it, it does not"
        return replace(finding, factors=(Cause.EXECUTION_PATH,), explanation=text)
    cause = attribute(whole, sweeps, convention, None)
    return replace(
        finding,
        verdict=here.verdict,
        gain=here.gain,
        grey_levels=here.grey_levels,
        pixels_moved=here.pixels_moved,
        factors=cause.factors if cause else (),
        explanation=cause.explanation if cause else "",
        measured=cause.convention if cause else None,
    )


def _has_own_scale(exact: ExactMatrix) -> bool:
    by_ratio = matrix(exact.convention, exact.n_in, exact.n_out)
    return not np.array_equal(by_ratio.to_array(), exact.to_array())


def _classify_scale_source(
    definition: ExactResize, sweeps: Sequence[Sweep], finding: NodeFinding
) -> NodeFinding | None:
    """Where the scale that was given is not the ratio of the sizes: whether the coordinates use the ratio."""
    worst, grey = 0.0, 0.0
    for exact, axis_sweep in zip(definition.matrices, sweeps, strict=False):
        measured = axis_sweep.matrices[exact.n_in, exact.n_out].astype(np.float64)
        difference = measured - exact.to_array()
        worst = max(worst, _gain(difference))
        grey = max(grey, float(grey_levels(difference).max()))
        by_ratio = matrix(exact.convention, exact.n_in, exact.n_out).to_array()
        allowed = gain_tolerance(exact.convention, exact.n_in, exact.n_out, _gain(by_ratio))
        if _gain(measured - by_ratio) > allowed:
            return None
    text = "its coordinates use the ratio of the sizes, where the scale that was given is to be used"
    return replace(finding, gain=worst, grey_levels=grey, factors=(Cause.SCALE_SOURCE,), explanation=text)


def _gain(weights: np.ndarray) -> float:
    """The largest ``sum |W|`` of a row."""
    return float(np.abs(weights).sum(axis=1).max())


def classify_by_candidates(definition: ExactResize, finding: NodeFinding, data: InputsAndOutputs) -> NodeFinding | None:
    """By trying conventions on inputs and outputs: the first that explains all of them."""
    candidate = matching_candidate(definition, data)
    if candidate is None:
        return None
    claim = definition.matrices[0].convention
    return replace(
        with_worst_case(finding, definition, with_candidate(definition, candidate)),
        factors=candidate.factors or differences(claim, candidate.convention),
        explanation=f"what came out is '{candidate}', where '{claim}' is claimed",
        measured=candidate.convention,
    )


def matching_candidate(definition: ExactResize, data: InputsAndOutputs) -> Candidate | None:
    """The convention nearest to the definition's that explains all the outputs; ``None`` for none."""
    slices = [_most_varying_slice(definition, x, y) for x, y in data if np.isfinite(x).all()]
    claims = {exact.convention for exact in definition.matrices}
    if not slices or len(claims) != 1:
        return None
    for candidate in nearest_first(claims.pop()):
        other = with_candidate(definition, candidate)
        if all(worst_error(other, x, y) <= rounding_bound(other, x) for x, y in slices):
            return candidate
    return None


def with_candidate(definition: ExactResize, candidate: Candidate) -> ExactResize:
    """The definition by another convention, at the same sizes."""
    matrices = []
    for n_in, n_out in definition.sizes:
        scale = None
        if candidate.scale_rule and n_in > 1 and n_out > 1:
            scale = Fraction(n_out - 1, n_in - 1)
        matrices.append(matrix(candidate.convention, n_in, n_out, scale))
    return ExactResize(definition.axes, tuple(matrices), definition.outside)


def _most_varying_slice(definition: ExactResize, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The slice along the axes that are not resized that varies most: enough to tell conventions from each other."""
    free = [k for k in range(x.ndim) if k not in definition.axes]
    spread = np.asarray(x, np.float64).std(axis=definition.axes)
    where = np.unravel_index(int(np.argmax(spread)), spread.shape) if free else ()
    index = [slice(None)] * x.ndim
    for axis, k in zip(free, where, strict=True):
        index[axis] = slice(int(k), int(k) + 1)
    return np.asarray(x[tuple(index)]), np.asarray(y[tuple(index)])


def with_worst_case(finding: NodeFinding, expected: ExactResize, actual: ExactResize) -> NodeFinding:
    """The finding with verdict and worst case of one definition in the place of another, along the worse axis."""
    gain = grey = moved = 0.0
    for exact, other in zip(expected.matrices, actual.matrices, strict=True):
        difference = other.to_array() - exact.to_array()
        gain = max(gain, _gain(difference))
        grey = max(grey, float(grey_levels(difference).max()))
        moved = max(moved, float(np.abs(difference @ np.arange(exact.n_in)).max()))
    verdict = Verdict.APPROXIMATES if grey < 1 else Verdict.DIVERGES
    return replace(finding, verdict=verdict, gain=gain, grey_levels=grey, pixels_moved=moved)


def _worst_of_data(finding: NodeFinding, definition: ExactResize, data: InputsAndOutputs) -> NodeFinding:
    """Where no convention explains the outputs: the largest error, per unit of the largest value."""
    shares = [
        worst_error(definition, x, y) / max(float(np.abs(x).max(initial=0.0)), 1e-30)
        for x, y in data
        if y.shape and np.isfinite(x).all()
    ]
    gain = max(shares, default=0.0)
    grey = GREY_LEVELS * gain / 2
    verdict = Verdict.APPROXIMATES if 0 < grey < 1 else Verdict.DIVERGES
    return replace(finding, gain=gain, grey_levels=grey, verdict=verdict, explanation="no convention explains it")
