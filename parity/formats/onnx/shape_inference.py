"""Shape inference for ONNX models, in a separate process and on a copy without weights."""

from __future__ import annotations

import atexit
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from halfpixel.adapters.subprocess_runner import WorkerDied, WorkerProcess
from halfpixel.parity.formats.model import Shape
from halfpixel.parity.formats.onnx.graphs import scopes, subgraphs
from halfpixel.parity.formats.onnx.static_values import StaticValues

if TYPE_CHECKING:
    import onnx

MAX_SHAPE_ELEMENTS = 1024
"""Elements of a constant that inference may see: sizes, scales, axes and the like; weights tell it nothing more than
their shape does."""
TIME_LIMIT = 20.0
"""For one pass. It takes 0.1 s for two thousand nodes, so this is a hundred times what 4000 need."""
MAX_ROUNDS = 8
"""Each pass can tell a size from which the next pass tells more; exporters write chains of two or three."""


@dataclass(frozen=True, slots=True)
class InferredShapes:
    """Shapes and dtypes by tensor, of the main graph and its subgraphs; ``problem`` says why there are few of them."""

    shapes: Mapping[str, Shape]
    dtypes: Mapping[str, str]
    problem: str = ""


def infer_shapes(proto: onnx.ModelProto, folder: Path, input_shapes: Mapping[str, tuple[int, ...]]) -> InferredShapes:
    """Infer shapes from those of the inputs; passes alternate with the folding of computed sizes."""
    bare = without_weights(proto, folder)
    for port in bare.graph.input:
        if port.name in input_shapes:
            set_shape(port, input_shapes[port.name])
    inferred = _stated_shapes(bare)
    try:
        for _ in range(MAX_ROUNDS):
            bare.ParseFromString(_run_inference(bare.SerializeToString()))
            inferred = _stated_shapes(bare)
            if not _fold_shape_inputs(bare, folder, inferred):
                break
    except _InferenceFailed as failure:
        return replace(inferred, problem=str(failure))
    return inferred


def without_weights(proto: onnx.ModelProto, folder: Path) -> onnx.ModelProto:
    """A copy whose larger constants are inputs of the same name and shape."""
    import onnx

    bare = onnx.ModelProto(ir_version=max(proto.ir_version, 4))
    bare.opset_import.extend(proto.opset_import)
    bare.functions.extend(proto.functions)
    hidden: dict[str, onnx.ValueInfoProto] = {}
    _copy_without(proto.graph, bare.graph, folder, hidden)
    taken = {tensor.name for tensor in (*bare.graph.input, *bare.graph.initializer)}
    taken |= {name for node in bare.graph.node for name in node.output}
    bare.graph.input.extend(port for name, port in hidden.items() if name not in taken)
    return bare


def _copy_without(
    graph: onnx.GraphProto, to: onnx.GraphProto, folder: Path, hidden: dict[str, onnx.ValueInfoProto]
) -> None:
    import onnx
    from onnx.external_data_helper import load_external_data_for_tensor, uses_external_data

    to.name = graph.name
    for part in ("input", "output", "value_info"):
        getattr(to, part).extend(getattr(graph, part))
    for tensor in graph.initializer:
        if prod(tensor.dims) > MAX_SHAPE_ELEMENTS:
            hidden[tensor.name] = onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
            continue
        copied = to.initializer.add()
        copied.CopyFrom(tensor)
        if uses_external_data(copied):
            load_external_data_for_tensor(copied, str(folder))
    for node in graph.node:
        large = [attribute for attribute in node.attribute if _is_large(attribute)]
        if large and node.op_type == "Constant" and len(node.output) == 1:
            name, tensor = node.output[0], large[0].t
            hidden[name] = onnx.helper.make_tensor_value_info(name, tensor.data_type, tensor.dims)
            continue
        copied = to.node.add(op_type=node.op_type, domain=node.domain, name=node.name, overload=node.overload)
        copied.input.extend(node.input)
        copied.output.extend(node.output)
        for attribute in node.attribute:
            if _is_large(attribute):
                continue
            if attribute.HasField("g"):
                kept = copied.attribute.add(name=attribute.name, type=attribute.type)
                _copy_without(attribute.g, kept.g, folder, hidden)
            else:
                copied.attribute.add().CopyFrom(attribute)


def _is_large(attribute: onnx.AttributeProto) -> bool:
    return bool(attribute.type == attribute.TENSOR and prod(attribute.t.dims) > MAX_SHAPE_ELEMENTS)


def _stated_shapes(proto: onnx.ModelProto) -> InferredShapes:
    """The shapes that a model states, of every graph but those of functions, which have none of their own."""
    shapes: dict[str, Shape] = {}
    dtypes: dict[str, str] = {}
    waiting = [proto.graph]
    while waiting:
        graph = waiting.pop()
        for port in (*graph.value_info, *graph.output, *graph.input):
            shape = shape_of(port)
            if shape is not None:
                shapes[port.name] = shape
            dtypes[port.name] = dtype_of(port.type.tensor_type.elem_type)
        waiting += [inner for node in graph.node for _, inner in subgraphs(node)]
    return InferredShapes(shapes, {name: dtype for name, dtype in dtypes.items() if dtype})


def shape_of(port: onnx.ValueInfoProto) -> Shape | None:
    """The stated shape: symbols by name, ``"?"`` for sizes without one."""
    tensor = port.type.tensor_type
    if not tensor.HasField("shape"):
        return None
    return tuple(
        dim.dim_value if dim.HasField("dim_value") and dim.dim_value >= 0 else dim.dim_param or "?"
        for dim in tensor.shape.dim
    )


def set_shape(port: onnx.ValueInfoProto, shape: Sequence[int]) -> None:
    """State these sizes, whatever was stated before."""
    dims = port.type.tensor_type.shape
    del dims.dim[:]
    for size in shape:
        dims.dim.add(dim_value=size)


def dtype_of(kind: int) -> str:
    """NumPy's name of ONNX's type; an empty string for none, ``string`` for text."""
    import onnx

    if kind == onnx.TensorProto.STRING:
        return "string"
    try:
        return str(onnx.helper.tensor_dtype_to_np_dtype(kind).name)
    except (KeyError, ValueError):
        return ""


# The inputs, by position, whose values decide the shape of an output.
_SHAPE_INPUTS = {
    "Resize": (2, 3),
    "Upsample": (1,),
    "Reshape": (1,),
    "Expand": (1,),
    "Tile": (1,),
    "Slice": (1, 2, 3, 4),
    "ConstantOfShape": (0,),
    "Range": (0, 1, 2),
    "Pad": (1,),
    "Split": (1,),
    "AffineGrid": (1,),
}


def _fold_shape_inputs(bare: onnx.ModelProto, folder: Path, inferred: InferredShapes) -> bool:
    """Make constants of the tensors that decide shapes and can be computed by now; whether there was any."""
    import onnx

    scope = next(scopes(bare))
    values = StaticValues(scope, folder, inferred.shapes, inferred.dtypes)
    folded: dict[int, onnx.NodeProto] = {}
    for node in bare.graph.node:
        for position in _SHAPE_INPUTS.get(node.op_type, ()):
            name = node.input[position] if position < len(node.input) else ""
            index = scope.producers.get(name)
            if index is None or scope.nodes[index].op_type == "Constant" or len(scope.nodes[index].output) != 1:
                continue
            value = values.constant(name)
            if value is not None and value.size <= MAX_SHAPE_ELEMENTS:
                tensor = onnx.numpy_helper.from_array(value, name)
                folded[index] = onnx.helper.make_node("Constant", [], [name], value=tensor)
    for index, constant in folded.items():
        bare.graph.node[index].CopyFrom(constant)
    if folded:
        del bare.graph.value_info[:]  # it may hold sizes that were inferred before these were known
    return bool(folded)


class _InferenceFailed(Exception):
    """Shape inference gave no answer; the message is one line."""


_processes: list[WorkerProcess] = []


def start_inference_process() -> None:
    """Start the process that infers, if it is not running, so that it comes up while the file is read here.

    It stays for the next model, and ends with this process.
    """
    if not _processes:
        _processes.append(WorkerProcess("halfpixel.parity.formats.onnx.inference_process"))


@atexit.register
def _end_process() -> None:
    while _processes:
        _processes.pop().kill()


def _run_inference(model: bytes) -> bytes:
    """The model with shapes; raises ``_InferenceFailed`` when the process dies, takes too long, or refuses."""
    start_inference_process()
    process = _processes[0]
    try:
        process.send(model)
        status, answer = process.receive(TIME_LIMIT), process.receive(TIME_LIMIT)
    except WorkerDied as death:
        _processes.clear()
        reason = f"took more than {TIME_LIMIT:.0f} s" if death.timed_out else "crashed"
        raise _InferenceFailed(f"shape inference {reason}") from None
    if status != b"ok":
        raise _InferenceFailed(f"shape inference refused: {answer.decode(errors='replace')[:200]}")
    return answer
