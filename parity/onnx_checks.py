"""What is refused of an ONNX model before anything is made of it: cycles, names, sizes, data that lies elsewhere."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from parity.model import BadModel
from parity.onnx_graphs import OWN_DOMAINS, Scope, scopes, subgraphs
from parity.text import counted, shown

if TYPE_CHECKING:
    import onnx

MAX_NODES = 200_000
"""A pass over the nodes costs some 10 us each, so that this many take 2 s; the largest exported language models have
tens of thousands."""
MAX_NAME = 4_096
"""Characters: a hundred nested modules of forty characters each. Names are kept in tables, several times over."""
MAX_LENGTH = 2**31 - 1
"""Of one axis: OpenCV, LiteRT and ONNX Runtime's Resize count the pixels of an axis in 32 bits."""
MAX_ELEMENTS = 2**31
"""Of a declared tensor: 8 GiB of float32, four times what a model file may hold (protobuf ends at 2 GiB)."""


def check(proto: onnx.ModelProto, path: Path) -> None:
    """Raises ``BadModel``, in one line, for what is no model, or none that can be told anything about."""
    _check_versions(proto, path)
    # Graphs in graphs are walked by recursion; protobuf reads no more than a hundred messages in one another.
    found = list(scopes(proto))
    count = sum(len(scope.nodes) for scope in found)
    if not count:
        raise BadModel(f"{path}: a model without a node")
    if count > MAX_NODES:
        raise BadModel(f"{path}: {count} nodes; at most {MAX_NODES} are read")
    _check_calls(proto, path)
    _check_counts(proto, found, path)
    visible: dict[int, set[str]] = {}
    for scope in found:
        _check_names(scope, path)
        outer = visible[id(scope.outer)] if scope.outer is not None else set()
        visible[id(scope)] = outer | set(_check_order(scope, outer, path))
    for tensor in tensors(proto):
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
    imports = [*proto.opset_import, *(one for function in proto.functions for one in function.opset_import)]
    if not any(one.domain in OWN_DOMAINS for one in proto.opset_import) and proto.ir_version >= 3:
        raise BadModel(f"{path}: it names no opset of ONNX")
    newest = onnx.defs.onnx_opset_version()
    for one in imports:
        if one.domain in OWN_DOMAINS and not 1 <= one.version <= newest:
            raise BadModel(f"{path}: opset {one.version}; {installed} knows 1 to {newest}")


def _check_calls(proto: onnx.ModelProto, path: Path) -> None:
    """No function may call itself, by whatever way round: inlining it would not end."""
    names = {(one.domain, one.name): one for one in proto.functions}
    calls = {key: {(n.domain, n.op_type) for n in _all_nodes(one)} & names.keys() for key, one in names.items()}
    done: set[tuple[str, str]] = set()
    while len(done) < len(calls):
        ready = {key for key, called in calls.items() if key not in done and called <= done}
        if not ready:
            domain, name = next(key for key in calls if key not in done)
            raise BadModel(f"{path}: function {shown(domain, 40)}::{shown(name, 40)} calls itself")
        done |= ready


def _check_counts(proto: onnx.ModelProto, found: Sequence[Scope], path: Path) -> None:
    """Every node of an operator of ONNX has the inputs and outputs that it cannot do without."""
    import onnx

    own = {(one.domain, one.name) for one in proto.functions}
    needs: dict[tuple[str, int], tuple[int, int]] = {}
    for scope in found:
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
                    missing = f"{counted(len(names), what)}, and needs {least}"
                    raise BadModel(f"{path}: {scope.key(index)} has {missing}")


def _all_nodes(body: onnx.GraphProto | onnx.FunctionProto) -> Iterator[onnx.NodeProto]:
    for node in body.node:
        yield node
        for _, graph in subgraphs(node):
            yield from _all_nodes(graph)


def _check_names(scope: Scope, path: Path) -> None:
    names = [*scope.inputs, *scope.outputs, *(one.name for one in scope.initializers)]
    for node in scope.nodes:
        names += [node.name, node.op_type, node.domain, *node.input, *node.output]
    longest = max(names, key=len, default="")
    if len(longest) > MAX_NAME:
        raise BadModel(
            f"{path}: a name of {len(longest)} characters ({shown(longest, 40)}); at most {MAX_NAME} are read"
        )
    where = "" if scope.path == "main" else f" in {shown(scope.path)}"
    once: set[str] = set()
    for name in scope.inputs:
        if name in once:
            raise BadModel(f"{path}: two inputs are called {shown(name)!r}{where}")
        once.add(name)
    # An input may have an initializer of its name, which is its default; two initializers may not.
    twice = [name for name, count in _counts(one.name for one in scope.initializers).items() if count > 1]
    if twice:
        raise BadModel(f"{path}: two initializers are called {shown(twice[0])!r}{where}")
    once |= {one.name for one in scope.initializers}
    for index, node in enumerate(scope.nodes):
        for name in filter(None, node.output):
            if name in once:
                raise BadModel(
                    f"{path}: two tensors are called {shown(name)!r}; the second is made by {scope.key(index)}"
                )
            once.add(name)


def _counts(names: Iterator[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return counts


def _check_order(scope: Scope, outer: set[str], path: Path) -> set[str]:
    """The names that the scope's own subgraphs see; every input must have been made before it is used."""
    own = {*scope.inputs, *(one.name for one in scope.initializers)}
    if not scope.is_function:
        own |= {one.values.name for one in scope.body.sparse_initializer}
    for index, node in enumerate(scope.nodes):
        for name in filter(None, _read(node)):
            if name in own or name in outer:
                continue
            if name not in scope.producers:
                raise BadModel(f"{path}: {scope.key(index)} reads {shown(name)!r}, which nothing makes")
            raise BadModel(f"{path}: {_why_not_ordered(scope, index, name)}")
        own |= set(filter(None, node.output))
    for name in scope.outputs:
        if name not in own and name not in outer:
            raise BadModel(f"{path}: output {shown(name)!r} of {shown(scope.path)} is made by nothing")
    return own


def _read(node: onnx.NodeProto) -> Iterator[str]:
    """What a node reads of its own scope: its inputs, and what the graphs it holds take from outside."""
    yield from node.input
    for _, graph in subgraphs(node):
        made = {one.name for one in graph.input} | {one.name for one in graph.initializer}
        for inner in graph.node:
            yield from (name for name in _read(inner) if name not in made)
            made |= set(inner.output)


def _why_not_ordered(scope: Scope, index: int, name: str) -> str:
    """A cycle, or nodes in the wrong order: whether the late producer itself needs what this node makes."""
    seen: set[int] = set()
    waiting = [scope.producers[name]]
    while waiting:
        producer = waiting.pop()
        if producer == index:
            return f"the graph is cyclic: {scope.key(index)} reads {shown(name)!r}, which is made from what it makes"
        if producer in seen:
            continue
        seen.add(producer)
        waiting += [scope.producers[each] for each in _read(scope.nodes[producer]) if each in scope.producers]
    return f"nodes are not in order: {scope.key(index)} reads {shown(name)!r}, which is made only after it"


def tensors(proto: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
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
                every = [attribute.sparse_tensor] if attribute.HasField("sparse_tensor") else []
                for sparse in (*every, *attribute.sparse_tensors):
                    yield from (sparse.values, sparse.indices)


def _check_tensor(tensor: onnx.TensorProto, path: Path) -> None:
    import onnx

    name = shown(tensor.name, 40)
    if any(not 0 <= length <= MAX_LENGTH for length in tensor.dims):
        raise BadModel(f"{path}: tensor {name!r} has an absurd shape {_shape(tensor.dims)}")
    elements = prod(tensor.dims)
    if elements > MAX_ELEMENTS:
        raise BadModel(f"{path}: tensor {name!r} is to have {elements} elements; at most {MAX_ELEMENTS} are read")
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        _check_external(tensor, path, elements)
    elif tensor.HasField("raw_data"):
        needed = _bytes(tensor.data_type, elements)
        if needed is not None and len(tensor.raw_data) != needed:
            held = len(tensor.raw_data)
            raise BadModel(
                f"{path}: tensor {name!r} of shape {_shape(tensor.dims)} needs {needed} bytes and has {held}"
            )


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
    told = {entry.key: entry.value for entry in tensor.external_data}
    location, name = told.get("location", ""), shown(tensor.name, 40)
    folder = Path(os.path.realpath(path.parent))
    if not location or "\0" in location or Path(location).is_absolute() or len(location) > MAX_NAME:
        raise BadModel(f"{path}: external data of {name!r} is at {shown(location)!r}, not in the model's folder")
    place = Path(os.path.realpath(folder / location))
    if not place.is_relative_to(folder):
        raise BadModel(f"{path}: external data of {name!r} is at {shown(location)!r}, outside the model's folder")
    try:
        about = place.stat()
    except OSError as error:
        raise BadModel(f"{path}: external data of {name!r}: {shown(location)!r}: {error.strerror}") from None
    if not stat.S_ISREG(about.st_mode):
        raise BadModel(f"{path}: external data of {name!r} is at {shown(location)!r}, which is not a file")
    try:
        offset = int(told.get("offset", "0"))
        length = int(told.get("length", about.st_size - offset))
    except ValueError:
        raise BadModel(f"{path}: external data of {name!r} has no offset or length that is a number") from None
    needed = _bytes(tensor.data_type, elements)
    if min(offset, length) < 0 or offset + length > about.st_size or (needed is not None and length < needed):
        held = f"{about.st_size} bytes, of which {length} from {offset} on are asked for"
        raise BadModel(f"{path}: external data of {name!r} needs {needed} bytes; {shown(location)!r} has {held}")


def _check_port(port: onnx.ValueInfoProto, path: Path) -> None:
    if not port.type.tensor_type.HasField("shape"):
        return
    dims = port.type.tensor_type.shape.dim
    lengths = [one.dim_value for one in dims if one.HasField("dim_value")]
    # -1 is written by some exporters for what is not fixed.
    if any(not -1 <= length <= MAX_LENGTH for length in lengths) or prod(map(abs, lengths)) > MAX_ELEMENTS:
        raise BadModel(f"{path}: {shown(port.name, 40)!r} has an absurd shape {_shape(lengths)}")
    longest = max((one.dim_param for one in dims), key=len, default="")
    if len(longest) > MAX_NAME:
        raise BadModel(f"{path}: a dimension's name has {len(longest)} characters; at most {MAX_NAME} are read")


def _shape(dims: object) -> str:
    return shown("x".join(str(length) for length in dims), 60)
