"""How much of a difference at the outputs of a whole network rounding explains, channel by channel."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np

from halfpixel.golden.vocabulary import GREY_LEVELS
from halfpixel.parity.diagnose.model_under_test import ModelUnderTest, OnnxModelUnderTest
from halfpixel.parity.formats.model import Model

if TYPE_CHECKING:
    import onnx

GREY_LEVEL = 1 / GREY_LEVELS
"""Of a channel's spread."""

_LEAST_OF_CHANNEL = 16
"""Values of a channel without which its spread says little."""
_APPROXIMATION = 16
"""Roundings of 1 by which implementations of a sigmoid, a softmax or a tangent may be off, as they are approximated."""
_WITHIN_ONE = {"Sigmoid", "HardSigmoid", "Softmax", "Tanh"}
_MOVING = {"Concat", "Identity", "Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze", "Slice", "Split", "Gather"}
"""Operators that only move values."""


def rounding_floor(
    outputs: Mapping[str, np.ndarray],
    perturbed: Mapping[str, np.ndarray],
    factor: float,
    within_one: Collection[str] = (),
    is_channels_last: bool = False,
    is_coarse: bool = False,
) -> dict[str, np.ndarray]:
    """How much rounding may change each output: a number for each channel, of a shape that broadcasts to the output's.

    ``perturbed`` are the outputs for the same input with every value moved to the next float, which is one rounding;
    ``factor`` is how many times as much all roundings together change (see :func:`rounding_factor`). Each channel has
    its own number, so that scores are not judged by the boxes beside them. ``within_one`` names the outputs of
    :func:`outputs_within_one`. Where arithmetic ``is_coarse`` (:func:`has_coarse_arithmetic`), the perturbation is lost
    in the first rounding, and a grey level of a channel's spread counts as rounding.
    """
    floor = {}
    for name, y in outputs.items():
        if name not in perturbed or y.dtype.kind != "f" or y.shape != perturbed[name].shape:
            floor[name] = np.zeros((1,) * y.ndim)
            continue
        with np.errstate(invalid="ignore"):
            change = np.abs(np.subtract(perturbed[name], y, dtype=np.float64))
        axis = channel_axis_of(y, is_channels_last)
        largest = per_channel(np.nan_to_num(change, nan=0.0, posinf=0.0), axis).max(axis=1, initial=0.0)
        magnitude = np.abs(per_channel(np.nan_to_num(y, nan=0.0, posinf=0.0, neginf=0.0), axis)).max(
            axis=1, initial=0.0
        )
        # Where the perturbation changed nothing, the result itself is still rounded.
        eps = float(np.finfo(y.dtype).eps)
        values = factor * np.maximum(largest, eps * magnitude)
        if name in within_one:
            values = np.where(magnitude <= 1, np.maximum(values, _APPROXIMATION * eps), values)
        if is_coarse:
            values = np.maximum(values, GREY_LEVEL * spreads(per_channel(y, axis)))
        shape = [1] * y.ndim
        if axis is not None:
            shape[axis] = -1
        floor[name] = values.reshape(shape)
    return floor


def channel_axis_of(y: np.ndarray, is_channels_last: bool = False) -> int | None:
    """The axis of an output whose entries are each judged on their own scale; ``None`` where there is none.

    Of images that is the first axis after the batch, or the last one where the model's images have their channels last.
    Of lists ``(N, 84, 8400)`` or ``(N, 8400, 85)`` it is the short one, and of tables ``(300, 6)`` the columns.
    """
    if y.ndim >= 4:
        axis = y.ndim - 1 if is_channels_last else 1
    elif y.ndim == 3:
        axis, long = sorted((1, 2), key=lambda k: y.shape[k])
        if 4 * y.shape[axis] > y.shape[long]:
            return None
    else:
        axis = 1
    return axis if y.ndim >= 2 and y.shape[axis] > 1 and y.size >= _LEAST_OF_CHANNEL * y.shape[axis] else None


def has_channels_last(model: Model) -> bool:
    """Whether the images that a model takes have their channels last, as TensorFlow's have."""
    images = [port.shape for port in model.inputs if port.shape is not None and len(port.shape) == 4]
    few = (1, 3, 4)
    return any(shape[3] in few and shape[1] not in few for shape in images)


def per_channel(y: np.ndarray, axis: int | None) -> np.ndarray:
    """The values of each channel as a row; all in one row without an axis."""
    return np.reshape(y, (1, -1)) if axis is None else np.moveaxis(y, axis, 0).reshape(y.shape[axis], -1)


def spreads(rows: np.ndarray) -> np.ndarray:
    """The largest less the smallest of what is finite in each row, float64; 0 where nothing is."""
    if not rows.shape[1]:
        return np.zeros(len(rows))
    high, low = rows.max(axis=1).astype(np.float64), rows.min(axis=1).astype(np.float64)
    for k in np.flatnonzero(~(np.isfinite(high) & np.isfinite(low))):
        finite = rows[k][np.isfinite(rows[k])]
        high[k], low[k] = (float(finite.max()), float(finite.min())) if finite.size else (0.0, 0.0)
    return np.asarray(high - low)


def rounding_factor(subject: ModelUnderTest, perturbation: float, resize_error: float) -> float:
    """How many times the effect of one rounding of the input all roundings of a network are.

    Every node rounds, independently of the others, as often as one of its values is the sum of terms; each rounding
    passes through fewer nodes than that of the input. Such changes add as the root of the sum of their squares, which
    is the root of their number. Resizes may be off by more, since their coordinates are rounded, too: by
    ``resize_error`` in all, which is what rounding explains of them, where an input was changed by ``perturbation`` in
    the mean.
    """
    count = max(subject.model.nodes, 1)
    if isinstance(subject, OnnxModelUnderTest):
        constants = subject.flat.constants
        count = max(count, sum(_terms(node, constants) for node in subject.flat.proto.graph.node))
    return math.sqrt(count) + (resize_error / perturbation if perturbation > 0 else 0.0)


def _terms(node: onnx.NodeProto, constants: Mapping[str, onnx.TensorProto]) -> int:
    """How many products each value is the sum of, by the shape of the weights; 1 where they are not constant."""
    weights = next((constants[name].dims for name in node.input[1:2] if name in constants), None)
    if not weights:
        return 1
    if node.op_type in ("Conv", "ConvTranspose"):
        channels = weights[1 if node.op_type == "ConvTranspose" else 0]
        return int(max(1, math.prod(weights) // max(1, channels)))
    if node.op_type in ("MatMul", "Gemm") and len(weights) >= 2:
        return int(max(1, *weights[-2:]))
    return 1


_QUANTISING = ("QuantizeLinear", "DynamicQuantizeLinear", "QLinear", "MatMulInteger", "ConvInteger")
_COARSE_DTYPES = ("FLOAT16", "BFLOAT16", "INT8", "UINT8", "INT4", "UINT4")


def has_coarse_arithmetic(subject: ModelUnderTest) -> bool:
    """Whether a model computes with fewer bits than float32, or may: of other formats than ONNX that is not known."""
    if not isinstance(subject, OnnxModelUnderTest):
        return True
    from onnx import TensorProto

    coarse = {TensorProto.DataType.Value(name) for name in _COARSE_DTYPES}
    nodes = subject.flat.proto.graph.node
    casts = {attribute.i for node in nodes if node.op_type == "Cast" for attribute in node.attribute}
    dtypes = {tensor.data_type for tensor in subject.flat.constants.values()}
    return bool(coarse & (casts | dtypes)) or any(node.op_type.startswith(_QUANTISING) for node in nodes)


def outputs_within_one(subject: ModelUnderTest) -> set[str]:
    """Outputs with values of a sigmoid, a softmax or a tangent, as they are or joined with others."""
    if not isinstance(subject, OnnxModelUnderTest):
        return set()
    makers = {name: node for node in subject.flat.proto.graph.node for name in node.output}
    found = set()
    for output in subject.outputs:
        waiting, seen = [output], set()
        while waiting:
            name = waiting.pop()
            node = makers.get(name)
            if node is None or name in seen:
                continue
            seen.add(name)
            if node.op_type in _WITHIN_ONE:
                found.add(output)
            elif node.op_type in _MOVING:
                waiting += node.input
    return found
