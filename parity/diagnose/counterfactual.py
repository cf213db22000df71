"""Replace resizes by exact ones in primitive operators, run again, and measure how much difference remains."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from halfpixel.parity.diagnose.model_under_test import ModelUnderTest, OnnxModelUnderTest
from halfpixel.parity.diagnose.output_comparison import largest_difference
from halfpixel.parity.diagnose.per_node_comparison import NodeObservation
from halfpixel.parity.diagnose.reference_resize import ExactResize, NoDefinition
from halfpixel.parity.diagnose.results import RunStatus
from halfpixel.parity.diagnose.rounding_floor import per_channel, spreads
from halfpixel.parity.formats.onnx.edits import GraphBuilder, Replacement, TooLarge
from halfpixel.parity.formats.onnx.flattened import NodeLocation
from halfpixel.parity.runtimes.registry import Runtime
from halfpixel.parity.runtimes.worker import JobResult

Arrays = Mapping[str, np.ndarray]


def exact_resize_nodes(
    definition: ExactResize, input: str, output: str, dtype: np.dtype, rank: int, prefix: str
) -> Replacement:
    """Nodes that make the tensor ``output`` from ``input`` by the matrices of ``definition``.

    Axes where each output is one input pixel are a Gather, which does no arithmetic; others a MatMul with the weights,
    rounded to float32. Names of nodes and tensors within begin with ``prefix``. Raises ``ValueError`` for a value
    outside the image (``extrapolation_value``) and for integers that would have to be rounded.
    """
    if definition.outside:
        raise ValueError("an extrapolation value other than 0 has no form in a product with a matrix")
    graph, tensor = GraphBuilder(prefix), input
    picks = [_selected_pixels(exact.to_array()) for exact in definition.matrices]
    is_cast = dtype != np.float32 and any(pick is None for pick in picks)
    if is_cast and dtype.kind != "f":
        raise ValueError("integers that must be rounded are not rewritten")
    if is_cast:
        tensor = graph.node("Cast", tensor, to=1)
    for axis, exact, pick in zip(definition.axes, definition.matrices, picks, strict=True):
        if pick is not None:
            tensor = graph.node("Gather", tensor, graph.constant(pick), axis=axis)
        else:
            tensor = _matrix_product(graph, tensor, axis, exact.to_array().astype(np.float32), rank)
    if is_cast:
        from onnx import helper

        tensor = graph.node("Cast", tensor, to=helper.np_dtype_to_tensor_dtype(dtype))
    return graph.replacement(tensor, output)


def _selected_pixels(matrix: np.ndarray) -> np.ndarray | None:
    """The input pixel that each output is, int64; ``None`` where one is not just one pixel."""
    picks = np.abs(matrix).argmax(axis=1)
    is_pick = np.array_equal(matrix, np.eye(matrix.shape[1])[picks])
    return picks.astype(np.int64) if is_pick else None


def _matrix_product(graph: GraphBuilder, tensor: str, axis: int, weights: np.ndarray, rank: int) -> str:
    """The tensor multiplied by the weights, ``(n_out, n_in)``, along one axis."""
    if axis == rank - 2:
        return graph.node("MatMul", graph.constant(weights), tensor)
    transposed = graph.constant(np.ascontiguousarray(weights.T))
    if axis == rank - 1:
        return graph.node("MatMul", tensor, transposed)
    order = [k for k in range(rank) if k != axis] + [axis]
    product = graph.node("MatMul", graph.node("Transpose", tensor, perm=order), transposed)
    return graph.node("Transpose", product, perm=[int(k) for k in np.argsort(order)])


def _exact_replacement(place: NodeLocation, observation: NodeObservation, dtype: np.dtype) -> Replacement | None:
    """The exact definition of a resize as nodes; ``None`` where it has none, or cannot be written so."""
    definition = observation.definition
    if isinstance(definition, NoDefinition):
        return None
    prefix, rank = f"exact_resize_{place.nodes[-1]}", len(observation.shapes[0])
    try:
        return exact_resize_nodes(definition, place.input, place.output, np.dtype(dtype), rank, prefix)
    except ValueError:
        return None


def outputs_with_exact_resizes(
    subject: ModelUnderTest,
    runtime: Runtime,
    observations: Mapping[NodeLocation, NodeObservation],
    dtypes: Mapping[NodeLocation, np.dtype],
) -> dict[str, np.ndarray] | None:
    """The final outputs with these resizes exact; ``None`` where that could not be run."""
    result = run_with_exact_resizes(subject, runtime, observations, dtypes)
    return named_outputs(subject, result) if result is not None else None


def run_with_exact_resizes(
    subject: ModelUnderTest,
    runtime: Runtime,
    observations: Mapping[NodeLocation, NodeObservation],
    dtypes: Mapping[NodeLocation, np.dtype],
    shown: Sequence[NodeLocation] = (),
) -> JobResult | None:
    """The whole model with these resizes exact, and the tensors around ``shown``; ``None`` if it did not run."""
    if not isinstance(subject, OnnxModelUnderTest) or not observations:
        return None
    replacements = {}
    for place, observation in observations.items():
        replacement = _exact_replacement(place, observation, dtypes[place])
        if replacement is None:
            return None
        replacements[place] = replacement
    try:
        result = subject.run_with_replacements([runtime], replacements, shown)[runtime]
    except TooLarge:
        return None
    return result if result.status is RunStatus.RAN else None


def named_outputs(subject: ModelUnderTest, result: JobResult, run: int = 0) -> dict[str, np.ndarray]:
    """The final outputs of a result, in the model's order, by the model's own names where it has them."""
    arrays = [np.asarray(array) for array in result.arrays(run).values()]
    return dict(zip(subject.outputs, arrays, strict=False))


def relative_distance(expected: Arrays, outputs: Arrays) -> float:
    """The largest difference over all outputs, each as a part of its spread."""
    worst = 0.0
    for name, array in expected.items():
        error, spread = largest_difference(array, outputs.get(name)), float(spreads(per_channel(array, None))[0])
        worst = max(worst, error / spread if spread > 0 else (math.inf if error else 0.0))
    return worst


def explained_fraction(expected: Arrays, before: Arrays, after: Arrays | None) -> float | None:
    """The part of the difference from ``expected`` that is gone; ``None`` where there was none, or it is not finite."""
    if after is None:
        return None
    first, second = relative_distance(expected, before), relative_distance(expected, after)
    if first == 0 or math.isinf(first) or math.isinf(second):
        return None
    return 1 - second / first
