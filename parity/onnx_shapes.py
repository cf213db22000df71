"""Shapes inside an ONNX model, by onnx's own inference, in a process of its own and on a copy without weights."""

from __future__ import annotations

import atexit
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.process import Process
from parity.onnx_facts import Facts, Shape
from parity.onnx_graphs import Scope, scopes, subgraphs

if TYPE_CHECKING:
    import onnx

SMALL = 1024
"""Elements of a constant that inference may see: sizes, scales, axes and the like; weights tell it nothing more than
their shape does."""
SECONDS = 20.0
"""For one pass. It takes 0.1 s for two thousand nodes, so this is a hundred times what 4000 need."""
ROUNDS = 8
"""Each pass can tell a size from which the next pass tells more; exporters write chains of two or three."""


@dataclass(frozen=True, slots=True)
class Inferred:
    """Shapes and dtypes by tensor, of the main graph and its subgraphs; ``problem`` says why there are few of them."""

    shapes: Mapping[str, Shape]
    dtypes: Mapping[str, str]
    problem: str = ""


def infer(proto: onnx.ModelProto, folder: Path, given: Mapping[str, tuple[int, ...]]) -> Inferred:
    """Infer shapes, with the inputs that are ``given``; passes alternate with the folding of computed sizes."""
    bare = without_weights(proto, folder)
    for port in bare.graph.input:
        if port.name in given:
            set_shape(port, given[port.name])
    found = _read(bare)
    try:
        for _ in range(ROUNDS):
            bare.ParseFromString(_inferred(bare.SerializeToString()))
            found = _read(bare)
            if not _plant(bare, folder, found):
                break
    except _Failed as failure:
        return Inferred(found.shapes, found.dtypes, str(failure))
    return found


def without_weights(proto: onnx.ModelProto, folder: Path) -> onnx.ModelProto:
    """A copy whose larger constants are inputs of the same name and shape."""
    import onnx

    bare = onnx.ModelProto(ir_version=max(proto.ir_version, 4))
    bare.opset_import.extend(proto.opset_import)
    bare.functions.extend(proto.functions)
    hidden: dict[str, onnx.ValueInfoProto] = {}
    _copy_without(proto.graph, bare.graph, folder, hidden)
    taken = {one.name for one in bare.graph.input} | {one.name for one in bare.graph.initializer}
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
        if prod(tensor.dims) > SMALL:
            hidden[tensor.name] = onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
            continue
        copied = to.initializer.add()
        copied.CopyFrom(tensor)
        if uses_external_data(copied):
            load_external_data_for_tensor(copied, str(folder))
    for node in graph.node:
        large = [one for one in node.attribute if one.type == one.TENSOR and prod(one.t.dims) > SMALL]
        if large and node.op_type == "Constant" and len(node.output) == 1:
            name, tensor = node.output[0], large[0].t
            hidden[name] = onnx.helper.make_tensor_value_info(name, tensor.data_type, tensor.dims)
            continue
        copied = to.node.add(op_type=node.op_type, domain=node.domain, name=node.name, overload=node.overload)
        copied.input.extend(node.input)
        copied.output.extend(node.output)
        for attribute in node.attribute:
            if attribute.type == attribute.TENSOR and prod(attribute.t.dims) > SMALL:
                continue
            if attribute.HasField("g"):
                kept = copied.attribute.add(name=attribute.name, type=attribute.type)
                _copy_without(attribute.g, kept.g, folder, hidden)
            else:
                copied.attribute.add().CopyFrom(attribute)


def _read(proto: onnx.ModelProto) -> Inferred:
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
    return Inferred(shapes, {name: dtype for name, dtype in dtypes.items() if dtype})


def shape_of(port: onnx.ValueInfoProto) -> Shape | None:
    """The stated shape: symbols by name, ``"?"`` for sizes without one."""
    tensor = port.type.tensor_type
    if not tensor.HasField("shape"):
        return None
    return tuple(
        one.dim_value if one.HasField("dim_value") and one.dim_value >= 0 else one.dim_param or "?"
        for one in tensor.shape.dim
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
        return onnx.helper.tensor_dtype_to_np_dtype(kind).name
    except (KeyError, ValueError):
        return ""


# The inputs, by position, whose values decide the shape of an output.
_DECIDING = {
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


def _plant(bare: onnx.ModelProto, folder: Path, found: Inferred) -> bool:
    """Make constants of what decides shapes and can be computed by now; whether there was any."""
    import onnx

    scope: Scope = next(scopes(bare))
    facts = Facts(scope, folder, found.shapes, found.dtypes)
    planted: dict[str, onnx.NodeProto] = {}
    for node in bare.graph.node:
        for position in _DECIDING.get(node.op_type, ()):
            name = node.input[position] if position < len(node.input) else ""
            index = scope.producers.get(name)
            if index is None or scope.nodes[index].op_type == "Constant" or len(scope.nodes[index].output) != 1:
                continue
            value = facts.constant(name)
            if value is not None and value.size <= SMALL:
                tensor = onnx.numpy_helper.from_array(value, name)
                planted[name] = onnx.helper.make_node("Constant", [], [name], value=tensor)
    for name, constant in planted.items():
        bare.graph.node[scope.producers[name]].CopyFrom(constant)
    if planted:
        del bare.graph.value_info[:]  # what was inferred of a size that was not known yet would stay
    return bool(planted)


class _Failed(Exception):
    pass


_processes: list[Process] = []


def start() -> None:
    """Start the process that infers, if it is not there, so that it comes up while the file is read here.

    It stays for the next model, and ends with this process.
    """
    if not _processes:
        _processes.append(Process("parity.onnx_inference"))


@atexit.register
def _end() -> None:
    while _processes:
        _processes.pop().end()


def _inferred(model: bytes) -> bytes:
    """The model with shapes; raises ``_Failed`` when the process dies, takes too long, or refuses."""
    start()
    process = _processes[0]
    try:
        process.to.send_bytes(model)
        if not process.of.poll(SECONDS):
            _end()
            raise _Failed(f"shape inference took more than {SECONDS:.0f} s")
        status, answer = process.of.recv_bytes(), process.of.recv_bytes()
    except (EOFError, BrokenPipeError, ConnectionResetError):
        _end()
        raise _Failed("shape inference crashed") from None
    if status != b"ok":
        raise _Failed(f"shape inference refused: {answer.decode(errors='replace')[:200]}")
    return answer
