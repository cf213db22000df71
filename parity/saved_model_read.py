"""SavedModels: the ports of their signature and the resizes of all their functions, read without TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import prod
from pathlib import Path

import numpy as np

from adapters._tensorflow_claims import flagged
from golden import Convention
from parity.as_resize import pooled_axes
from parity.model import BadModel, Model, Port
from parity.protobuf_text import is_text
from parity.resizes import ResizedAxis, ResizeNode
from parity.saved_model_proto import saved_model_class
from parity.shapes import MAX_ELEMENTS, fixed
from parity.text import shown

MAX_BYTES = 2**31 - 1
"""What protobuf can read."""
MAX_NODES, MAX_NAME = 200_000, 4_096
"""As for ONNX."""
# https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/core/framework/types.proto
_DTYPES = {1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string", 9: "int64"}
_DTYPES |= {10: "bool", 14: "bfloat16", 17: "uint16", 19: "float16", 22: "uint32", 23: "uint64"}
_FLAGGED = {"ResizeBilinear": "bilinear", "ResizeBicubic": "bicubic", "ResizeNearestNeighbor": "nearest"}
_POOLS = ("AvgPool", "MaxPool")
_UNKNOWN = {
    "ScaleAndTranslate": "a scale and a translation that are known only when the model runs decide what it samples",
    "CropAndResize": "boxes that are known only when the model runs decide what it samples",
}


def read_saved_model(path: Path, given: Mapping[str, tuple[int, ...]]) -> Model:
    """The model of a folder; raises ``BadModel``."""
    from google.protobuf.message import DecodeError

    file = path / "saved_model.pb"
    if not 0 < file.stat().st_size <= MAX_BYTES:
        raise BadModel(f"{file}: {file.stat().st_size} bytes; a protobuf message has 1 to {MAX_BYTES}")
    try:
        saved = saved_model_class().FromString(file.read_bytes())
    except DecodeError:
        raise BadModel(f"{file}: damaged, or cut short: it cannot be parsed as a SavedModel") from None
    if not is_text(saved):
        raise BadModel(f"{file}: damaged: it holds names that are no text")
    if not saved.meta_graphs:
        raise BadModel(f"{file}: a SavedModel without a graph")
    meta = saved.meta_graphs[0]
    bodies = [("main", meta.graph.node)]
    for number, function in enumerate(meta.graph.library.function):
        bodies.append((f"function {shown(function.signature.name, 60)}#{number}".replace("/", "_"), function.node))
    count = sum(len(nodes) for _, nodes in bodies)
    if not count or count > MAX_NODES:
        raise BadModel(f"{file}: {count} nodes; 1 to {MAX_NODES} are read")
    inputs, outputs = _ports(meta, file)
    given = fixed(inputs, given, path)
    found = [node for where, nodes in bodies for node in _resizes(where, nodes, file)]
    inputs = tuple(Port(one.name, one.dtype, given.get(one.name, one.shape)) for one in inputs)
    return Model(path, "saved_model", inputs, outputs, tuple(_once(found)), nodes=count, shapes=given)


def _once(found: Sequence[ResizeNode]) -> list[ResizeNode]:
    """TensorFlow saves a function once for every way to call it: each resize of the program is told once."""
    seen: set[tuple[object, ...]] = set()
    kept = []
    for node in found:
        what = (node.name, node.op, node.axes, tuple(sorted(map(str, node.attributes.items()))))
        if what not in seen:
            kept.append(node)
        seen.add(what)
    return kept


def _ports(meta: object, file: Path) -> tuple[tuple[Port, ...], tuple[Port, ...]]:
    signatures = {entry.key: entry.value for entry in meta.signatures}
    called = next((name for name in ("serving_default", *signatures) if name in signatures and name[:2] != "__"), None)
    if called is None:
        raise BadModel(f"{file}: a SavedModel without a signature")
    found = []
    for entries in (signatures[called].inputs, signatures[called].outputs):
        ports = [Port(one.key, _DTYPES.get(one.value.dtype, "unknown"), _shape(one.value.shape)) for one in entries]
        for port in ports:
            lengths = [length for length in port.shape or () if isinstance(length, int)]
            if len(port.name) > MAX_NAME or prod(lengths) > MAX_ELEMENTS or any(length < 0 for length in lengths):
                raise BadModel(f"{file}: {shown(port.name, 40)!r} has an absurd name or shape")
        found.append(tuple(sorted(ports, key=lambda port: port.name)))
    return found[0], found[1]


def _shape(shape: object) -> tuple[int | str, ...] | None:
    if shape.unknown_rank:
        return None
    return tuple(one.size if one.size >= 0 else "?" for one in shape.dim)


def _resizes(where: str, nodes: Sequence, file: Path) -> list[ResizeNode]:
    by_name: dict[str, object] = {}
    for node in nodes:
        if len(node.name) > MAX_NAME or any(len(name) > MAX_NAME for name in node.input):
            raise BadModel(f"{file}: a name of more than {MAX_NAME} characters")
        if node.name in by_name:
            raise BadModel(f"{file}: two nodes are called {shown(node.name)!r}")
        by_name[node.name] = node
    found = [_node(where, index, node, by_name) for index, node in enumerate(nodes)]
    return [one for one in found if one is not None]


def _node(where: str, index: int, node: object, by_name: Mapping[str, object]) -> ResizeNode | None:
    if node.op not in (*_FLAGGED, *_POOLS, *_UNKNOWN, "ResizeArea") or not node.input:
        return None
    attributes = {entry.key: entry.value for entry in node.attr}
    before = _stated(by_name.get(_producer(node.input[0])), node.input[0])
    after = _stated(node, "")
    remark, fed, plain = "", {}, {}
    found: list[tuple[Convention | None, Fraction | None]] = []
    if node.op in _POOLS:
        plain, pooled = _pool(node.op, attributes, before)
        if pooled is None:
            return None
        found = list(pooled)
    elif node.op in _UNKNOWN:
        remark = _UNKNOWN[node.op]
    else:
        flags = [bool(attributes[name].b) if name in attributes else False for name in _FLAGS]
        plain = dict(zip(_FLAGS, flags, strict=True))
        convention, remark = _meaning(node.op, flags)
        found = [(convention, None)] * 2
        size = _constant(by_name.get(_producer(node.input[1]))) if len(node.input) > 1 else None
        if size is not None:
            after = (after[0], *size, after[3])
        elif len(node.input) > 1:
            fed = {"sizes": node.input[1]}
    axes = tuple(
        ResizedAxis(axis, convention, _int(before[axis]), _int(after[axis]), scale)
        for axis, (convention, scale) in enumerate(found, 1)
        if not isinstance(before[axis], int) or before[axis] != after[axis]
    )
    return ResizeNode(
        key=f"{where}/{index}:{node.op}",
        name=node.name,
        op=node.op,
        graph=where,
        input=node.input[0],
        output=node.name,
        rank=4,
        axes=axes,
        attributes=plain,
        remark=remark,
        indices=(index,),
        fed=fed,
    )


_FLAGS = ("align_corners", "half_pixel_centers")


def _meaning(op: str, flags: Sequence[bool]) -> tuple[Convention | None, str]:
    if op == "ResizeArea":
        return (
            (Convention(kernel="area"), "")
            if not flags[0]
            else (None, "no page says what it means with aligned corners")
        )
    if all(flags):
        return None, "TensorFlow refuses both flags at once"
    return flagged(_FLAGGED[op], *flags).claim, ""


def _pool(
    op: str, attributes: Mapping[str, object], before: Sequence[int | str]
) -> tuple[dict[str, object], list[tuple[Convention | None, Fraction]] | None]:
    kernel, strides = (tuple(attributes[name].list.i) if name in attributes else () for name in ("ksize", "strides"))
    if len(kernel) != 4 or len(strides) != 4 or kernel[0] != 1 or kernel[3] != 1:
        return {}, None
    if "data_format" in attributes and attributes["data_format"].s not in (b"", b"NHWC"):
        return {}, None
    same = "padding" in attributes and attributes["padding"].s == b"SAME"
    kernel, strides = kernel[1:3], strides[1:3]
    fits = all(isinstance(n, int) and step > 0 and n % step == 0 for n, step in zip(before[1:3], strides, strict=True))
    plain = {"ksize": kernel, "strides": strides, "padding": "SAME" if same else "VALID"}
    return plain, pooled_axes(op == "AvgPool", kernel, strides, same and not fits, False, False)


def _producer(name: str) -> str:
    """The node that an input names, ``node``, ``node:0``, ``node:output:0`` or ``^node``."""
    return name.lstrip("^").split(":", 1)[0]


def _stated(node: object | None, name: str) -> tuple[int | str, ...]:
    """The shape that TensorFlow noted beside a node, of four axes, ``"?"`` for what it did not."""
    unknown = ("?",) * 4
    if node is None:
        return unknown
    attributes = {entry.key: entry.value for entry in node.attr}
    if "_output_shapes" not in attributes:
        return unknown
    shapes = attributes["_output_shapes"].list.shape
    last = name.rpartition(":")[2]
    number = int(last) if last.isdigit() and len(last) < 6 else 0
    shape = _shape(shapes[number]) if number < len(shapes) else None
    return shape if shape is not None and len(shape) == 4 else unknown


def _constant(node: object | None) -> tuple[int, int] | None:
    """The two lengths of a constant size."""
    if node is None or node.op != "Const":
        return None
    value = next((entry.value.tensor for entry in node.attr if entry.key == "value"), None)
    if value is None or value.dtype != 3:
        return None
    numbers = np.frombuffer(value.content, "<i4").tolist() if len(value.content) == 8 else list(value.int_val)
    numbers = numbers * 2 if len(numbers) == 1 else numbers
    return (numbers[0], numbers[1]) if len(numbers) == 2 and min(numbers) > 0 else None


def _int(length: object) -> int | None:
    return length if isinstance(length, int) else None
