"""Run exported decode heads on runtimes, and compare every Conv and Resize, and the labels, with exact ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import onnx
import onnxruntime
import torch
from onnx.reference import ReferenceEvaluator

from halfpixel.golden.align_corners import MODES, SampledAxis, exact_axis
from halfpixel.golden.tolerance import UNIT_ROUNDOFF, gain_tolerance
from halfpixel.segmentation.label_maps import exact_resize

RuntimeOutputs = dict[str, np.ndarray]
"""What a model gave, by the names of its outputs; at least :data:`halfpixel.segmentation.decode_heads.OUTPUTS`."""


def _names(model: onnx.ModelProto) -> list[str]:
    return [value.name for value in model.graph.output]


def _onnxruntime(model: onnx.ModelProto, x: np.ndarray) -> Sequence[np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    outputs: list[np.ndarray] = session.run(_names(model), {"features": x})
    return outputs


def _reference(model: onnx.ModelProto, x: np.ndarray) -> Sequence[np.ndarray]:
    outputs: list[np.ndarray] = ReferenceEvaluator(model).run(_names(model), {"features": x})
    return outputs


def _opencv(model: onnx.ModelProto, x: np.ndarray) -> Sequence[np.ndarray]:
    net = cv2.dnn.readNetFromONNX(np.frombuffer(model.SerializeToString(), np.uint8))
    # Winograd's transforms are no sums of products of weights and features: the bound of a Conv would not hold.
    net.enableWinograd(False)
    net.setInput(x, "features")
    outputs: list[np.ndarray] = net.forward(_names(model))
    return outputs


RUNTIMES: dict[str, Callable[[onnx.ModelProto, np.ndarray], Sequence[np.ndarray]]] = {
    "onnxruntime": _onnxruntime,
    "onnx reference": _reference,
    "opencv": _opencv,
}


def run(runtime: str, model: onnx.ModelProto, x: np.ndarray) -> RuntimeOutputs:
    """What a runtime of ``RUNTIMES`` makes of features."""
    return dict(zip(_names(model), RUNTIMES[runtime](model, x), strict=True)) | {"features": x}


def exact_resize_nchw(low: np.ndarray, setting: bool, size: tuple[int, int]) -> np.ndarray:
    """``(N, C, H, W)`` resized by the exact matrices of ``align_corners=setting``, in float64."""
    result = np.empty((*low.shape[:2], *size))
    # A plane at a time, which a cache can hold.
    for index in np.ndindex(*low.shape[:2]):
        result[index] = exact_resize(low[index][..., None], MODES[setting], size)[..., 0]
    return result


def resize_bound(setting: bool, size_in: tuple[int, ...], size_out: tuple[int, ...]) -> float:
    """What float32 may change in a bilinear resize of values in [-1, 1].

    Along one axis it is the bound of :func:`halfpixel.golden.tolerance.gain_tolerance`; the second resizes what
    the first left.
    """
    high, wide = (gain_tolerance(MODES[setting], *pair, 1.0) for pair in zip(size_in, size_out, strict=True))
    return high + wide + high * wide


@dataclass(frozen=True, slots=True)
class NodeComparison:
    """A Conv or a Resize, compared with what it should make of its own input, as the same run gave it.

    ``worst`` is the largest error, ``share`` the largest part of its bound that an error takes: at most 1.
    """

    operator: str
    size_in: tuple[int, int]
    size_out: tuple[int, int]
    worst: float
    share: float


def _compared_nodes(model: onnx.ModelProto) -> list[onnx.NodeProto]:
    return [node for node in model.graph.node if node.op_type in ("Conv", "Resize")]


def with_activations(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same model, with the first input and the output of each Conv and Resize among its outputs."""
    extended = onnx.ModelProto()
    extended.CopyFrom(model)
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    known = {value.name: value for value in inferred.value_info}
    outputs = {value.name for value in model.graph.output} | {value.name for value in model.graph.input}
    for node in _compared_nodes(model):
        for name in (node.input[0], node.output[0]):
            if name not in outputs:
                outputs.add(name)
                extended.graph.output.append(known[name])
    return extended


def compare_nodes(model: onnx.ModelProto, setting: bool, outputs: RuntimeOutputs) -> list[NodeComparison]:
    """Every Conv and Resize of a model, in the order of its graph; ``outputs`` are of :func:`with_activations`.

    A node whose input is not finite cannot be compared, and is left out.

    Each is compared alone, so that errors are not passed on: a bound of what a whole network may make of the rounding
    of its first layer is wider than its logits are.
    """
    constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    same = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "Identity"}
    comparisons = []
    for node in _compared_nodes(model):
        x, y = outputs[node.input[0]], outputs[node.output[0]]
        if not np.isfinite(x).all():
            continue
        size_in, size_out = (x.shape[2], x.shape[3]), (y.shape[2], y.shape[3])
        bound: float | np.ndarray
        if node.op_type == "Resize":
            exact = exact_resize_nchw(x, setting, size_out)
            bound = resize_bound(setting, size_in, size_out) * float(np.abs(x).max())
        else:
            exact, bound = _convolved(node, x, [constants[same.get(name, name)] for name in node.input[1:]])
        error = np.abs(y - exact)
        # What is not a number is no agreement, and has no largest.
        share = float(np.nan_to_num(error / bound, nan=np.inf).max())
        comparisons.append(NodeComparison(node.op_type, size_in, size_out, float(error.max()), share))
    return comparisons


def _convolved(node: onnx.NodeProto, x: np.ndarray, constants: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """A Conv in float64, and the bound of float32's, for each output.

    A sum of ``n`` products, in any order, is within ``k u / (1 - k u)`` times the sum of their magnitudes, ``k = n``
    (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1); the shift makes it ``n + 1``.
    """
    attributes = {field.name: onnx.helper.get_attribute_value(field) for field in node.attribute}
    names = {"stride": "strides", "dilation": "dilations", "groups": "group"}
    arguments = {ours: attributes.get(theirs, 1) for ours, theirs in names.items()}
    top, left, bottom, right = attributes.get("pads", (0, 0, 0, 0))
    padded = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (top, bottom), (left, right)))
    tensors = [torch.from_numpy(array.astype(np.float64)) for array in (padded, *constants)]
    exact, magnitude = (
        torch.nn.functional.conv2d(*operands, **arguments).numpy()
        for operands in (tensors, [tensor.abs() for tensor in tensors])
    )
    roundings = (math.prod(constants[0].shape[1:]) + 1) * UNIT_ROUNDOFF
    # Products that are all zero have no error.
    return exact, np.maximum(roundings / (1 - roundings) * magnitude, np.finfo(np.float64).tiny)


@dataclass(frozen=True, slots=True)
class OutputAgreement:
    """How far a runtime's outputs are from torch's.

    low, logits
        The largest differences of the head's logits, and of these resized.
    resize
        The runtime's resized logits against torch's ``low`` through the exact matrices.
    changed, margin
        Labels that differ from torch's, and the largest lead of torch's label over another at any of them.
    own_labels
        Labels that are not the largest of the runtime's own logits, the first of equal ones.
    """

    low: float
    logits: float
    resize: float
    changed: int
    margin: float
    own_labels: int


def agreement(outputs: RuntimeOutputs, torchs: RuntimeOutputs, exact: np.ndarray) -> OutputAgreement:
    """Compare a runtime's outputs with torch's; ``exact`` is :func:`exact_resize_nchw` of torch's ``low``."""
    logits, labels = outputs["logits"], outputs["labels"]
    differs = labels != torchs["labels"]
    top = np.sort(np.moveaxis(torchs["logits"], 1, -1)[differs], axis=-1)
    return OutputAgreement(
        float(np.abs(outputs["low"] - torchs["low"]).max()),
        float(np.abs(logits - torchs["logits"]).max()),
        float(np.abs(logits - exact).max()),
        int(differs.sum()),
        float((top[:, -1] - top[:, -2]).max()) if differs.any() else 0.0,
        int((labels != logits.argmax(axis=1)).sum()),
    )


@dataclass(frozen=True, slots=True)
class LabelBoundaryShift:
    """A change of label on a row: output coordinates with either setting, and ``bound`` of their difference's error.

    ``closed`` is where ``False`` should have it, from where ``True`` has it.
    """

    true: float
    false: float
    closed: float
    bound: float


def label_boundary_shifts(
    rows: dict[bool, np.ndarray], n_in: int, largest_logit: float
) -> tuple[list[LabelBoundaryShift], int]:
    """Every change of label on a row that both settings make of the same input row; and how many could not be read.

    ``rows`` are logits ``(W, classes)`` by setting. Between two input pixels logits are linear, so two outputs there
    say where two classes are level; a change that ``False`` has between outputs on either side of an input pixel is
    left out, and one whose slope may be zero. ``True`` must keep the grid, so that it has none of the former.
    """
    n_out = len(rows[True])
    axes = {setting: exact_axis(mode, n_in, n_out) for setting, mode in MODES.items()}
    # Twice, for the difference of two classes.
    error = 2 * largest_logit * max(resize_bound(setting, (n_in, n_in), (n_out, n_out)) for setting in MODES)
    labelled = rows[True].argmax(axis=-1)
    shifts, unread = [], 0
    for o in np.flatnonzero(labelled[1:] != labelled[:-1]).tolist():
        label, following = labelled[o], labelled[o + 1]
        gaps = {setting: row[:, label].astype(np.float64) - row[:, following] for setting, row in rows.items()}
        true, true_bound = _interpolated_zero(gaps[True], o, error)
        if true_bound == math.inf:
            unread += 1
            continue
        slope, intercept = _line(axes[False])
        closed = (_input_coordinate(axes[True], true) - intercept) / slope
        k = math.floor(closed)
        first, last = (_input_coordinate(axes[False], output) for output in (k, k + 1))
        false, false_bound = _interpolated_zero(gaps[False], k, error)
        is_between_two = first >= 0 and last <= n_in - 1 and math.floor(first) == math.ceil(last) - 1
        if not is_between_two or false_bound == math.inf:
            unread += 1
            continue
        shifts.append(LabelBoundaryShift(true, false, closed, true_bound + false_bound))
    return shifts, unread


def _line(axis: SampledAxis) -> tuple[float, float]:
    """Slope and intercept of the map from output to input."""
    return float(axis.step), float(axis.samples(0))


def _input_coordinate(axis: SampledAxis, x_out: float) -> float:
    slope, intercept = _line(axis)
    return slope * x_out + intercept


def _interpolated_zero(gap: np.ndarray, o: int, error: float) -> tuple[float, float]:
    """Where the line through outputs ``o`` and ``o + 1`` is zero, and by how much that may be off.

    The line may be off by ``error`` at both, so by ``(1 + 2 t) error`` at ``t`` beyond either, and its slope by twice
    that: the place by the one over the other. Infinite where the slope may be zero.
    """
    slope = gap[o + 1] - gap[o]
    if abs(slope) <= 4 * error:
        return math.nan, math.inf
    offset = -gap[o] / slope
    beyond = max(0.0, -offset, offset - 1)
    return float(o + offset), float((1 + 2 * beyond) * error / (abs(slope) - 2 * error))
