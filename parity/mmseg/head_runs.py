"""Runs exported decode heads in runtimes, and holds each Conv and Resize, and the labels, against exact ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import onnx
import onnxruntime
import torch
from onnx.reference import ReferenceEvaluator

from golden.align_corners import MODES, exact_axis
from golden.matrix import ExactMatrix, matrix
from probe.tolerance import UNIT_ROUNDOFF, gain_tolerance

Found = dict[str, np.ndarray]
"""What a model gave, by the names of its outputs; at least ``head.OUTPUTS``."""


def _names(model: onnx.ModelProto) -> list[str]:
    return [value.name for value in model.graph.output]


def _onnxruntime(model: onnx.ModelProto, x: np.ndarray) -> list[np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(_names(model), {"features": x})


def _reference(model: onnx.ModelProto, x: np.ndarray) -> list[np.ndarray]:
    return ReferenceEvaluator(model).run(_names(model), {"features": x})


def _opencv(model: onnx.ModelProto, x: np.ndarray) -> list[np.ndarray]:
    net = cv2.dnn.readNetFromONNX(np.frombuffer(model.SerializeToString(), np.uint8))
    # Winograd's transforms are no sums of products of weights and features: the bound of a Conv would not hold.
    net.enableWinograd(False)
    net.setInput(x, "features")
    return list(net.forward(_names(model)))


RUNTIMES: dict[str, Callable[[onnx.ModelProto, np.ndarray], list[np.ndarray]]] = {
    "onnxruntime": _onnxruntime,
    "onnx reference": _reference,
    "opencv": _opencv,
}


def run(runtime: str, model: onnx.ModelProto, x: np.ndarray) -> Found:
    """What a runtime of ``RUNTIMES`` makes of features."""
    found = dict(zip(_names(model), RUNTIMES[runtime](model, x), strict=True))
    return found | {"features": x}


def resized(low: np.ndarray, setting: bool, size: tuple[int, int]) -> np.ndarray:
    """``(1, C, H, W)`` resized by the exact matrices of ``align_corners=setting``, in float64."""
    high, wide = (matrix(MODES[setting], n_in, n_out) for n_in, n_out in zip(low.shape[2:], size, strict=True))
    result = np.empty((*low.shape[:2], *size))
    # A plane at a time, which a cache can hold.
    for index in np.ndindex(*low.shape[:2]):
        plane = low[index].astype(np.float64)
        tall = sum(weights * plane[:, taps] for taps, weights in _columns(wide))
        result[index] = sum(weights[:, None] * tall[taps] for taps, weights in _columns(high))
    return result


def _columns(exact: ExactMatrix) -> list[tuple[np.ndarray, np.ndarray]]:
    weights = exact.weights / exact.totals[:, None]
    return [(exact.taps[:, t], weights[:, t]) for t in range(weights.shape[1])]


def resize_bound(setting: bool, size_in: tuple[int, int], size_out: tuple[int, int]) -> float:
    """What float32 may change in a bilinear resize of values in [-1, 1].

    Along one axis it is the bound of :func:`probe.tolerance.gain_tolerance`; the second resizes what the first left.
    """
    high, wide = (gain_tolerance(MODES[setting], *pair, 1.0) for pair in zip(size_in, size_out, strict=True))
    return high + wide + high * wide


@dataclass(frozen=True, slots=True)
class Held:
    """A Conv or a Resize, held against what it should make of its own input, as the same run gave it.

    ``worst`` is the largest error, ``share`` the largest part of its bound that an error takes: at most 1.
    """

    operator: str
    size_in: tuple[int, int]
    size_out: tuple[int, int]
    worst: float
    share: float


def _held_nodes(model: onnx.ModelProto) -> list[onnx.NodeProto]:
    return [node for node in model.graph.node if node.op_type in ("Conv", "Resize")]


def showing(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same model, with the first input and the output of each Conv and Resize among its outputs."""
    shown = onnx.ModelProto()
    shown.CopyFrom(model)
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    known = {value.name: value for value in inferred.value_info}
    outputs = {value.name for value in model.graph.output} | {value.name for value in model.graph.input}
    for node in _held_nodes(model):
        for name in (node.input[0], node.output[0]):
            if name not in outputs:
                outputs.add(name)
                shown.graph.output.append(known[name])
    return shown


def held(model: onnx.ModelProto, setting: bool, found: Found) -> list[Held]:
    """Every Conv and Resize of a model, in the order of its graph; ``found`` has what :func:`showing` shows.

    One that was given what is not finite has nothing to be held against, and is left out.

    One by one, so that errors are not passed on: a bound of what a whole network may make of the rounding of its first
    layer is wider than its logits are.
    """
    constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    same = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "Identity"}
    results = []
    for node in _held_nodes(model):
        given, made = found[node.input[0]], found[node.output[0]]
        if not np.isfinite(given).all():
            continue
        if node.op_type == "Resize":
            exact = resized(given, setting, made.shape[2:])
            bound = resize_bound(setting, given.shape[2:], made.shape[2:]) * np.abs(given).max()
        else:
            exact, bound = _convolved(node, given, [constants[same.get(name, name)] for name in node.input[1:]])
        error = np.abs(made - exact)
        # What is not a number is no agreement, and has no largest.
        share = float(np.nan_to_num(error / bound, nan=np.inf).max())
        results.append(Held(node.op_type, given.shape[2:], made.shape[2:], float(error.max()), share))
    return results


def _convolved(node: onnx.NodeProto, x: np.ndarray, constants: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """A Conv in float64, and the bound of float32's, for each output.

    A sum of ``n`` products, in any order, is within ``k u / (1 - k u)`` times the sum of their magnitudes, ``k = n``
    (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1); the shift makes it ``n + 1``.
    """
    given = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
    names = {"stride": "strides", "dilation": "dilations", "groups": "group"}
    arguments = {ours: given.get(theirs, 1) for ours, theirs in names.items()}
    top, left, bottom, right = given.get("pads", (0, 0, 0, 0))
    padded = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (top, bottom), (left, right)))
    tensors = [torch.from_numpy(each.astype(np.float64)) for each in (padded, *constants)]
    exact, magnitude = (
        torch.nn.functional.conv2d(*each, **arguments).numpy() for each in (tensors, [one.abs() for one in tensors])
    )
    roundings = (math.prod(constants[0].shape[1:]) + 1) * UNIT_ROUNDOFF
    # Products that are all zero have no error.
    return exact, np.maximum(roundings / (1 - roundings) * magnitude, np.finfo(np.float64).tiny)


@dataclass(frozen=True, slots=True)
class Agreement:
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


def agreement(found: Found, torchs: Found, exact: np.ndarray) -> Agreement:
    """Hold a runtime's outputs against torch's; ``exact`` is :func:`resized` of torch's ``low``."""
    logits, labels = found["logits"], found["labels"]
    differs = labels != torchs["labels"]
    top = np.sort(np.moveaxis(torchs["logits"], 1, -1)[differs], axis=-1)
    return Agreement(
        float(np.abs(found["low"] - torchs["low"]).max()),
        float(np.abs(logits - torchs["logits"]).max()),
        float(np.abs(logits - exact).max()),
        int(differs.sum()),
        float((top[:, -1] - top[:, -2]).max()) if differs.any() else 0.0,
        int((labels != logits.argmax(axis=1)).sum()),
    )


@dataclass(frozen=True, slots=True)
class Shift:
    """A change of label on a row: output coordinates with either setting, and ``bound`` of their difference's error.

    ``closed`` is where ``False`` should have it, from where ``True`` has it.
    """

    true: float
    false: float
    closed: float
    bound: float


def shifts(rows: dict[bool, np.ndarray], n_in: int, largest_logit: float) -> tuple[list[Shift], int]:
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
    found, unread = [], 0
    for o in np.flatnonzero(labelled[1:] != labelled[:-1]).tolist():
        here, there = labelled[o], labelled[o + 1]
        gaps = {setting: row[:, here].astype(np.float64) - row[:, there] for setting, row in rows.items()}
        true, true_bound = _level(gaps[True], o, error)
        if true_bound == math.inf:
            unread += 1
            continue
        x_in = _place(axes[True], true)
        closed = (x_in - float(axes[False].line[1])) / float(axes[False].line[0])
        k = math.floor(closed)
        first, last = (_place(axes[False], each) for each in (k, k + 1))
        false, false_bound = _level(gaps[False], k, error)
        is_between_two = first >= 0 and last <= n_in - 1 and math.floor(first) == math.ceil(last) - 1
        if not is_between_two or false_bound == math.inf:
            unread += 1
            continue
        found.append(Shift(true, false, closed, true_bound + false_bound))
    return found, unread


def _place(axis, x_out: float) -> float:
    slope, intercept = axis.line
    return float(slope) * x_out + float(intercept)


def _level(gap: np.ndarray, o: int, error: float) -> tuple[float, float]:
    """Where the line through outputs ``o`` and ``o + 1`` is zero, and by how much that may be off.

    The line may be off by ``error`` at both, so by ``(1 + 2 t) error`` at ``t`` beyond either, and its slope by twice
    that: the place by the one over the other. Infinite where the slope may be zero.
    """
    slope = gap[o + 1] - gap[o]
    if abs(slope) <= 4 * error:
        return math.nan, math.inf
    place = -gap[o] / slope
    beyond = max(0.0, -place, place - 1)
    return float(o + place), float((1 + 2 * beyond) * error / (abs(slope) - 2 * error))
