"""Read an ONNX file: refuse what is damaged or hostile, infer shapes, and find the resizes."""

from __future__ import annotations

import os
import stat
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from halfpixel.parity.formats.model import (
    MAX_BYTES,
    MAX_NAME,
    MAX_NODES,
    BadModel,
    Model,
    Port,
    ResizeNode,
    check_name,
    check_shape,
    fix_shapes,
)
from halfpixel.parity.formats.onnx.fused_patterns import fused_resizes
from halfpixel.parity.formats.onnx.graphs import OWN_DOMAINS, Scope, all_nodes, scopes
from halfpixel.parity.formats.onnx.node_checks import faults_of, repeated_names
from halfpixel.parity.formats.onnx.normal_form import bind_attributes, inputs_read, sort_nodes
from halfpixel.parity.formats.onnx.operators import resize_of_node
from halfpixel.parity.formats.onnx.shape_inference import dtype_of, infer_shapes, shape_of, start_inference_process
from halfpixel.parity.formats.onnx.static_values import StaticValues
from halfpixel.parity.printable_text import count_text, has_valid_text, printable

if TYPE_CHECKING:
    import onnx


def check_model_proto(proto: onnx.ModelProto, path: Path) -> None:
    """Raise ``BadModel``, in one line, for what is no model, is damaged, or cannot be read safely."""
    _check_versions(proto, path)
    # Graphs in graphs are walked by recursion; protobuf reads no more than a hundred messages in one another.
    all_scopes = list(scopes(proto))
    count = sum(len(scope.nodes) for scope in all_scopes)
    if not count:
        raise BadModel(f"{path}: a model without a node")
    if count > MAX_NODES:
        raise BadModel(f"{path}: {count} nodes; at most {MAX_NODES} are read")
    _check_calls(proto, path)
    _check_counts(proto, all_scopes, path)
    visible: dict[int, set[str]] = {}
    for scope in all_scopes:
        _check_names(scope, path)
        outer = visible[id(scope.outer)] if scope.outer is not None else set()
        visible[id(scope)] = outer | _check_order(scope, outer, path)
    for tensor in all_tensors(proto):
        _check_tensor(tensor, path)
    for port in (*proto.graph.input, *proto.graph.output, *proto.graph.value_info):
        _check_port(port, path)


def _check_versions(proto: onnx.ModelProto, path: Path) -> None:
    import onnx

    if not proto.ir_version or not proto.HasField("graph"):
        raise BadModel(f"{path}: not a model: no ONNX graph in it, and no other kind that is known")
    installed = f"the installed onnx {onnx.__version__}"
    if proto.ir_version > onnx.IR_VERSION:
        raise BadModel(f"{path}: IR version {proto.ir_version}; {installed} knows up to {onnx.IR_VERSION}")
    if not any(opset.domain in OWN_DOMAINS for opset in proto.opset_import) and proto.ir_version >= 3:
        raise BadModel(f"{path}: it names no opset of ONNX")
    newest = onnx.defs.onnx_opset_version()
    for body in (proto, *proto.functions):
        for opset in body.opset_import:
            if opset.domain in OWN_DOMAINS and not 1 <= opset.version <= newest:
                raise BadModel(f"{path}: opset {opset.version}; {installed} knows 1 to {newest}")


def _check_calls(proto: onnx.ModelProto, path: Path) -> None:
    """No function may call itself, directly or through others: inlining it would not end."""
    bodies = {(body.domain, body.name): body for body in proto.functions}
    calls = {key: {(n.domain, n.op_type) for n in all_nodes(body)} & bodies.keys() for key, body in bodies.items()}
    try:
        TopologicalSorter(calls).prepare()
    except CycleError as error:
        domain, name = error.args[1][0]
        raise BadModel(f"{path}: function {printable(domain, 40)}::{printable(name, 40)} calls itself") from None


def _check_counts(proto: onnx.ModelProto, all_scopes: Sequence[Scope], path: Path) -> None:
    """Every node of an operator of ONNX has the inputs and outputs that it cannot do without."""
    import onnx

    own = {(body.domain, body.name) for body in proto.functions}
    needs: dict[tuple[str, int], tuple[int, int]] = {}
    for scope in all_scopes:
        for index, node in enumerate(scope.nodes):
            if node.domain not in OWN_DOMAINS or (node.domain, node.op_type) in own:
                continue
            key = (node.op_type, scope.opset() or 0)
            if key not in needs:
                has = key[1] > 0 and onnx.defs.has(key[0], key[1], "")
                schema = onnx.defs.get_schema(key[0], key[1], "") if has else None
                needs[key] = (schema.min_input, schema.min_output) if schema else (0, 0)
            for what, names, least in zip(("input", "output"), (node.input, node.output), needs[key], strict=True):
                if len(names) < least:
                    missing = f"{count_text(len(names), what)}, and needs {least}"
                    raise BadModel(f"{path}: {scope.key(index)} has {missing}")


def _check_names(scope: Scope, path: Path) -> None:
    """Names are short, and no two inputs, initializers or results in a scope have the same."""
    initializers = [tensor.name for tensor in scope.initializers]
    names = [*scope.inputs, *scope.outputs, *initializers]
    for node in scope.nodes:
        names += [node.name, node.op_type, node.domain, *node.input, *node.output]
    check_name(max(names, key=len, default=""), path)
    where = "" if scope.path == "main" else f" in {printable(scope.path)}"
    # An input may have an initializer of its name, which is its default; two initializers may not.
    for kind, kind_names in (("inputs", scope.inputs), ("initializers", initializers)):
        name, count = next(iter(Counter(kind_names).most_common(1)), ("", 0))
        if count > 1:
            raise BadModel(f"{path}: two {kind} are called {printable(name)!r}{where}")
    taken = {*scope.inputs, *initializers}
    for index, node in enumerate(scope.nodes):
        for name in filter(None, node.output):
            if name in taken:
                maker = scope.key(index)
                raise BadModel(f"{path}: two tensors are called {printable(name)!r}; the second is made by {maker}")
            taken.add(name)


def _check_order(scope: Scope, outer: set[str], path: Path) -> set[str]:
    """The names that the scope's own subgraphs see; every input must have been made before it is used."""
    own = {*scope.inputs} | scope.constant_names
    for index, node in enumerate(scope.nodes):
        for name in filter(None, inputs_read(node)):
            if name in own or name in outer:
                continue
            if name not in scope.producers:
                raise BadModel(f"{path}: {scope.key(index)} reads {printable(name)!r}, which nothing makes")
            raise BadModel(f"{path}: {_order_problem(scope, index, name)}")
        own |= set(filter(None, node.output))
    for name in scope.outputs:
        if name not in own and name not in outer:
            raise BadModel(f"{path}: output {printable(name)!r} of {printable(scope.path)} is made by nothing")
    return own


def _order_problem(scope: Scope, index: int, name: str) -> str:
    """A cycle, or nodes in the wrong order: whether the late producer itself needs what this node makes."""
    seen: set[int] = set()
    waiting = [scope.producers[name]]
    while waiting:
        producer = waiting.pop()
        if producer == index:
            return f"the graph is cyclic: {scope.key(index)} reads {printable(name)!r}, which is made from its output"
        if producer in seen:
            continue
        seen.add(producer)
        sources = inputs_read(scope.nodes[producer])
        waiting += [scope.producers[source] for source in sources if source in scope.producers]
    return f"nodes are not in order: {scope.key(index)} reads {printable(name)!r}, which is made only after it"


def all_tensors(proto: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """Every constant tensor in the file: initializers and attributes, sparse ones in their two parts."""
    for scope in scopes(proto):
        yield from scope.initializers
        if not scope.is_function:
            for sparse in scope.body.sparse_initializer:
                yield from (sparse.values, sparse.indices)
        for node in scope.nodes:
            for attribute in node.attribute:
                if attribute.HasField("t"):
                    yield attribute.t
                yield from attribute.tensors
                single = [attribute.sparse_tensor] if attribute.HasField("sparse_tensor") else []
                for sparse in (*single, *attribute.sparse_tensors):
                    yield from (sparse.values, sparse.indices)


def _check_tensor(tensor: onnx.TensorProto, path: Path) -> None:
    import onnx

    check_shape(tensor.name, tensor.dims, path)
    elements = prod(tensor.dims)
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        _check_external(tensor, path, elements)
    elif tensor.HasField("raw_data"):
        needed, present = _bytes(tensor.data_type, elements), len(tensor.raw_data)
        if needed is not None and present != needed:
            shape = printable("x".join(map(str, tensor.dims)), 60)
            name = printable(tensor.name, 40)
            raise BadModel(f"{path}: tensor {name!r} of shape {shape} needs {needed} bytes and has {present}")


def _bytes(data_type: int, elements: int) -> int | None:
    """Bytes of that many elements, ``None`` for types that are not plain numbers; two of four bits share a byte."""
    import onnx

    try:
        return -(-elements * _BITS[onnx.TensorProto.DataType.Name(data_type)] // 8)
    except (KeyError, ValueError):
        return None


_BITS = {
    **dict.fromkeys(("BOOL", "INT8", "UINT8"), 8),
    **dict.fromkeys(("INT16", "UINT16", "FLOAT16", "BFLOAT16"), 16),
    **dict.fromkeys(("INT32", "UINT32", "FLOAT"), 32),
    **dict.fromkeys(("INT64", "UINT64", "DOUBLE", "COMPLEX64"), 64),
    "COMPLEX128": 128,
}


def _check_external(tensor: onnx.TensorProto, path: Path, elements: int) -> None:
    """External data must be a file in the model's folder (links followed), and long enough.

    Source: https://onnx.ai/onnx/repo-docs/ExternalData.html, which asks for a relative path without "..".
    """
    entries = {entry.key: entry.value for entry in tensor.external_data}
    location, data = entries.get("location", ""), f"external data of {printable(tensor.name, 40)!r}"
    shown = repr(printable(location))
    folder = Path(os.path.realpath(path.parent))
    if not location or "\0" in location or Path(location).is_absolute() or len(location) > MAX_NAME:
        raise BadModel(f"{path}: {data} is at {shown}, not in the model's folder")
    file = Path(os.path.realpath(folder / location))
    if not file.is_relative_to(folder):
        raise BadModel(f"{path}: {data} is at {shown}, outside the model's folder")
    try:
        about = file.stat()
    except OSError as error:
        raise BadModel(f"{path}: {data}: {shown}: {error.strerror}") from None
    if not stat.S_ISREG(about.st_mode):
        raise BadModel(f"{path}: {data} is at {shown}, which is not a file")
    try:
        offset = int(entries.get("offset", "0"))
        length = int(entries.get("length", about.st_size - offset))
    except ValueError:
        raise BadModel(f"{path}: {data} has no offset or length that is a number") from None
    needed = _bytes(tensor.data_type, elements)
    if min(offset, length) < 0 or offset + length > about.st_size or (needed is not None and length < needed):
        size = f"{about.st_size} bytes, and {length} from {offset} on are to be read"
        raise BadModel(f"{path}: {data} needs {needed} bytes; {shown} has {size}")


def _check_port(port: onnx.ValueInfoProto, path: Path) -> None:
    if not port.type.tensor_type.HasField("shape"):
        return
    dims = port.type.tensor_type.shape.dim
    # -1 is written by some exporters for what is not fixed.
    check_shape(port.name, [dim.dim_value for dim in dims if dim.HasField("dim_value")], path, least=-1)
    check_name(max((dim.dim_param for dim in dims), key=len, default=""), path)


def read_onnx(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> Model:
    """The model of a file; raises ``BadModel``."""
    with warnings.catch_warnings():
        # onnx warns of every key beside external data that it does not know, such as those of ONNX Runtime.
        warnings.simplefilter("ignore", UserWarning)
        return _read(path, shapes)


def _read(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> Model:
    start_inference_process()
    proto = _parse(path)
    faults = sort_nodes(proto)
    check_model_proto(proto, path)
    bind_attributes(proto, path)
    constants = {tensor.name for tensor in proto.graph.initializer}
    inputs = tuple(_port(port) for port in proto.graph.input if port.name not in constants)
    inputs, shapes = fix_shapes(inputs, shapes, path)
    inferred = infer_shapes(proto, path.parent, shapes)
    stated = map(_port, proto.graph.output)
    outputs = tuple(replace(port, shape=inferred.shapes.get(port.name, port.shape)) for port in stated)
    resizes: list[ResizeNode] = []
    values_of: dict[int, StaticValues] = {}
    count = 0
    all_scopes = list(scopes(proto))
    repeated = repeated_names(all_scopes)
    for scope in all_scopes:
        count += len(scope.nodes)
        # Shape inference tells nothing of the bodies of functions.
        known = ({}, {}) if scope.enclosing[-1].is_function else (inferred.shapes, inferred.dtypes)
        values = StaticValues(scope, path.parent, *known, values_of.get(id(scope.outer)))
        values_of[id(scope)] = values
        resizes += _resizes(values, proto)
        faults += faults_of(values, repeated)
    return Model(
        path,
        "onnx",
        inputs,
        outputs,
        tuple(resizes),
        proto=proto,
        opset=next((opset.version for opset in proto.opset_import if opset.domain in OWN_DOMAINS), None),
        nodes=count,
        shapes=shapes,
        problem=inferred.problem,
        faults=tuple(faults),
    )


def _resizes(values: StaticValues, proto: onnx.ModelProto) -> list[ResizeNode]:
    """Single nodes and chains of one scope, in the order of their last nodes."""
    # A call of a function of the file is no resize: the resizes of its body are.
    local = {(body.domain, body.name) for body in proto.functions}
    nodes = enumerate(values.scope.nodes)
    indices = [index for index, node in nodes if (node.domain, node.op_type) not in local]
    single = filter(None, (resize_of_node(values, index) for index in indices))
    return sorted([*single, *fused_resizes(values)], key=lambda resize: resize.indices[-1])


def _parse(path: Path) -> onnx.ModelProto:
    import onnx
    from google.protobuf.message import DecodeError

    if path.stat().st_size > MAX_BYTES:
        raise BadModel(f"{path}: {path.stat().st_size} bytes; a protobuf message has at most {MAX_BYTES}")
    try:
        proto = onnx.ModelProto.FromString(path.read_bytes())
    except DecodeError:
        raise BadModel(
            f"{path}: not a model, or cut short: it cannot be parsed as ONNX, and is no other kind"
        ) from None
    if not has_valid_text(proto):
        raise BadModel(f"{path}: damaged: it holds names that are no text")
    return proto


def _port(port: onnx.ValueInfoProto) -> Port:
    return Port(port.name, dtype_of(port.type.tensor_type.elem_type), shape_of(port))
