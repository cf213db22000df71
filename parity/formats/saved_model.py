"""Read TensorFlow SavedModels: the ports of the signature and the resizes of all functions, without TensorFlow."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from halfpixel.adapters.tensorflow.claims import flagged_kernel
from halfpixel.golden import Convention
from halfpixel.parity.formats.model import (
    MAX_BYTES,
    MAX_NODES,
    AxisRule,
    BadModel,
    Model,
    Port,
    ResizeNode,
    Shape,
    check_name,
    check_shape,
    fix_shapes,
    resized_axes,
)
from halfpixel.parity.formats.pattern_matching import fills_axes, pooled_axes
from halfpixel.parity.printable_text import has_valid_text, printable

Message = Any
"""A message of :data:`_MESSAGES`; protobuf makes its class when the program runs."""
_PACKAGE = "halfpixel"
# Message, then field: (number, type, is repeated). A type in capitals is protobuf's, others are messages here.
_MESSAGES: dict[str, dict[str, tuple[int, str, bool]]] = {
    "SavedModel": {"version": (1, "INT64", False), "meta_graphs": (2, "MetaGraph", True)},
    "MetaGraph": {"graph": (2, "Graph", False), "signatures": (5, "SignatureEntry", True)},
    "SignatureEntry": {"key": (1, "STRING", False), "value": (2, "Signature", False)},
    "Signature": {"inputs": (1, "TensorInfoEntry", True), "outputs": (2, "TensorInfoEntry", True)},
    "TensorInfoEntry": {"key": (1, "STRING", False), "value": (2, "TensorInfo", False)},
    "TensorInfo": {"name": (1, "STRING", False), "dtype": (2, "INT32", False), "shape": (3, "Shape", False)},
    "Shape": {"dim": (2, "Dim", True), "unknown_rank": (3, "BOOL", False)},
    "Dim": {"size": (1, "INT64", False)},
    "Graph": {"node": (1, "Node", True), "library": (2, "Library", False)},
    "Library": {"function": (1, "Function", True)},
    "Function": {"signature": (1, "Op", False), "node": (3, "Node", True)},
    "Op": {"name": (1, "STRING", False)},
    "Node": {
        "name": (1, "STRING", False),
        "op": (2, "STRING", False),
        "input": (3, "STRING", True),
        "attr": (5, "AttrEntry", True),
    },
    "AttrEntry": {"key": (1, "STRING", False), "value": (2, "Attr", False)},
    "Attr": {
        "list": (1, "List", False),
        "s": (2, "BYTES", False),
        "i": (3, "INT64", False),
        "b": (5, "BOOL", False),
        "type": (6, "INT32", False),
        "tensor": (8, "Tensor", False),
    },
    "List": {"i": (3, "INT64", True), "shape": (7, "Shape", True)},
    "Tensor": {
        "dtype": (1, "INT32", False),
        "shape": (2, "Shape", False),
        "content": (4, "BYTES", False),
        "int_val": (7, "INT32", True),
    },
}


@functools.cache
def saved_model_class() -> Message:
    """The message class of a whole ``saved_model.pb``; parsing raises ``google.protobuf.message.DecodeError``."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    kinds = descriptor_pb2.FieldDescriptorProto
    # proto2, whose parser reads text that is not UTF-8, so that the refusal can say what is wrong.
    file = descriptor_pb2.FileDescriptorProto(name="halfpixel_saved_model.proto", package=_PACKAGE, syntax="proto2")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, kind, repeated) in fields.items():
            label = kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL
            added = message.field.add(name=field, number=number, label=label)
            if kind in _MESSAGES:
                added.type, added.type_name = kinds.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
            else:
                added.type = getattr(kinds, f"TYPE_{kind}")
                added.options.packed = repeated and kind != "STRING"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.SavedModel"))


# https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/core/framework/types.proto
_DTYPES = {1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string", 9: "int64"}
_DTYPES |= {10: "bool", 14: "bfloat16", 17: "uint16", 19: "float16", 22: "uint32", 23: "uint64"}
_FLAG_OPERATORS = {"ResizeBilinear": "bilinear", "ResizeBicubic": "bicubic", "ResizeNearestNeighbor": "nearest"}
_POOLS = ("AvgPool", "MaxPool")
_UNKNOWN = {
    "ScaleAndTranslate": "its scale and translation are known only when the model runs",
    "CropAndResize": "its boxes are known only when the model runs",
}


def read_saved_model(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> Model:
    """The model of a folder; raises ``BadModel``."""
    from google.protobuf.message import DecodeError

    file = path / "saved_model.pb"
    if not 0 < file.stat().st_size <= MAX_BYTES:
        raise BadModel(f"{file}: {file.stat().st_size} bytes; a protobuf message has 1 to {MAX_BYTES}")
    try:
        saved = saved_model_class().FromString(file.read_bytes())
    except DecodeError:
        raise BadModel(f"{file}: damaged, or cut short: it cannot be parsed as a SavedModel") from None
    if not has_valid_text(saved):
        raise BadModel(f"{file}: damaged: it holds names that are no text")
    if not saved.meta_graphs:
        raise BadModel(f"{file}: a SavedModel without a graph")
    meta = saved.meta_graphs[0]
    bodies = [("main", meta.graph.node)]
    for number, function in enumerate(meta.graph.library.function):
        name = f"function {printable(function.signature.name, 60)}#{number}"
        bodies.append((name.replace("/", "_"), function.node))
    count = sum(len(nodes) for _, nodes in bodies)
    if not count or count > MAX_NODES:
        raise BadModel(f"{file}: {count} nodes; 1 to {MAX_NODES} are read")
    inputs, outputs = _ports(meta, file)
    inputs, shapes = fix_shapes(inputs, shapes, path)
    # TensorFlow saves a function once for every way to call it: a resize of the program is kept once.
    once: dict[object, ResizeNode] = {}
    for graph, nodes in bodies:
        for node in _resizes(graph, nodes, file):
            attributes = tuple(sorted(map(str, node.attributes.items())))
            once.setdefault((node.name, node.op, node.axes, attributes), node)
    return Model(path, "saved_model", inputs, outputs, tuple(once.values()), nodes=count, shapes=shapes)


def _ports(meta: Message, file: Path) -> tuple[tuple[Port, ...], tuple[Port, ...]]:
    """Inputs and outputs of the serving signature, by name."""
    signatures = {entry.key: entry.value for entry in meta.signatures}
    called = next((name for name in ("serving_default", *signatures) if name in signatures and name[:2] != "__"), None)
    if called is None:
        raise BadModel(f"{file}: a SavedModel without a signature")

    def sorted_ports(entries: Sequence[Message]) -> tuple[Port, ...]:
        ports = []
        for entry in sorted(entries, key=lambda entry: str(entry.key)):
            shape = _shape(entry.value.shape)
            check_name(entry.key, file)
            check_shape(entry.key, shape or (), file)
            ports.append(Port(entry.key, _DTYPES.get(entry.value.dtype, "unknown"), shape))
        return tuple(ports)

    return sorted_ports(signatures[called].inputs), sorted_ports(signatures[called].outputs)


def _shape(shape: Message) -> Shape | None:
    if shape.unknown_rank:
        return None
    return tuple(dim.size if dim.size >= 0 else "?" for dim in shape.dim)


def _resizes(graph: str, nodes: Sequence[Message], file: Path) -> list[ResizeNode]:
    by_name: dict[str, Message] = {}
    for node in nodes:
        for name in (node.name, *node.input):
            check_name(name, file)
        if node.name in by_name:
            raise BadModel(f"{file}: two nodes are called {printable(node.name)!r}")
        by_name[node.name] = node
    return list(filter(None, (_resize(graph, index, node, by_name) for index, node in enumerate(nodes))))


def _resize(graph: str, index: int, node: Message, by_name: Mapping[str, Message]) -> ResizeNode | None:
    """A node as a resize; ``None`` where it is none."""
    if node.op not in (*_FLAG_OPERATORS, *_POOLS, *_UNKNOWN, "ResizeArea") or not node.input:
        return None
    attributes = {entry.key: entry.value for entry in node.attr}
    before = _noted_shape(by_name.get(_producer(node.input[0])), node.input[0])
    after = _noted_shape(node, "")
    rules: list[AxisRule] = []
    plain: dict[str, object] = {}
    remark, fed = "", {}
    if node.op in _POOLS:
        plain, pooled = _pool(node.op, attributes, before)
        if pooled is None:
            return None
        rules = pooled
    elif node.op in _UNKNOWN:
        remark = _UNKNOWN[node.op]
    else:
        flags = [bool(attributes[name].b) if name in attributes else False for name in _FLAGS]
        plain |= zip(_FLAGS, flags, strict=True)
        convention, remark = _convention_of(node.op, flags)
        rules = [(convention, None)] * 2
        size = _constant_size(by_name.get(_producer(node.input[1]))) if len(node.input) > 1 else None
        if size is not None:
            after = (after[0], *size, after[3])
        elif len(node.input) > 1:
            fed = {"sizes": node.input[1]}
    return ResizeNode(
        key=f"{graph}/{index}:{node.op}",
        name=node.name,
        op=node.op,
        graph=graph,
        input=node.input[0],
        output=node.name,
        rank=4,
        axes=resized_axes(rules, 1, before, after),
        attributes=plain,
        remark=remark,
        indices=(index,),
        fed=fed,
    )


_FLAGS = ("align_corners", "half_pixel_centers")


def _convention_of(op: str, flags: Sequence[bool]) -> tuple[Convention | None, str]:
    """What a resize operator with these flags means, and a remark where that is not known."""
    if op == "ResizeArea":
        if flags[0]:
            return None, "its meaning with align_corners=True is not documented"
        return Convention(kernel="area"), ""
    if all(flags):
        return None, "TensorFlow refuses both flags at once"
    return flagged_kernel(_FLAG_OPERATORS[op], *flags).claim, ""


def _pool(op: str, attributes: Mapping[str, Message], before: Shape) -> tuple[dict[str, object], list[AxisRule] | None]:
    kernel, strides = (tuple(attributes[name].list.i) if name in attributes else () for name in ("ksize", "strides"))
    if len(kernel) != 4 or len(strides) != 4 or kernel[0] != 1 or kernel[3] != 1:
        return {}, None
    if "data_format" in attributes and attributes["data_format"].s not in (b"", b"NHWC"):
        return {}, None
    same = "padding" in attributes and attributes["padding"].s == b"SAME"
    kernel, strides = kernel[1:3], strides[1:3]
    is_padded = same and not fills_axes(before[1:3], strides)
    plain: dict[str, object] = {"ksize": kernel, "strides": strides, "padding": "SAME" if same else "VALID"}
    return plain, pooled_axes(op == "AvgPool", kernel, strides, is_padded, False, False)


def _producer(name: str) -> str:
    """The node that an input names, ``node``, ``node:0``, ``node:output:0`` or ``^node``."""
    return name.lstrip("^").split(":", 1)[0]


def _noted_shape(node: Message | None, name: str) -> Shape:
    """The shape (of four axes) that TensorFlow noted beside a node for the output ``name``; ``"?"`` for none."""
    unknown = ("?",) * 4
    if node is None:
        return unknown
    noted = next((entry.value.list.shape for entry in node.attr if entry.key == "_output_shapes"), ())
    last = name.rpartition(":")[2]
    number = int(last) if last.isdigit() and len(last) < 6 else 0
    shape = _shape(noted[number]) if number < len(noted) else None
    return shape if shape is not None and len(shape) == 4 else unknown


def _constant_size(node: Message | None) -> tuple[int, int] | None:
    """Height and width of a constant size; ``None`` where it is computed."""
    if node is None or node.op != "Const":
        return None
    value = next((entry.value.tensor for entry in node.attr if entry.key == "value"), None)
    if value is None or value.dtype != 3:
        return None
    numbers = np.frombuffer(value.content, "<i4").tolist() if len(value.content) == 8 else list(value.int_val)
    numbers = numbers * 2 if len(numbers) == 1 else numbers
    return (numbers[0], numbers[1]) if len(numbers) == 2 and min(numbers) > 0 else None
