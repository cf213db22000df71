"""LiteRT files (.tflite): their inputs, outputs and resizes, read without any runtime.

Field numbers and operator codes are those of
https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/compiler/mlir/lite/schema/schema.fbs.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping
from fractions import Fraction
from math import prod
from pathlib import Path

import numpy as np

from adapters.litert import convention_of
from golden import Convention
from parity.as_resize import pooled_axes
from parity.flatbuffer import Broken, Table, root
from parity.model import BadModel, Model, Port
from parity.resizes import ResizedAxis, ResizeNode
from parity.shapes import MAX_ELEMENTS, fixed
from parity.text import shown

MAX_NAME = 4_096
"""Characters, as for ONNX."""
_DTYPES = (
    *("float32", "float16", "int32", "uint8", "int64", "string", "bool", "int16", "complex64", "int8", "float64"),
    *("complex128", "uint64", "resource", "variant", "uint32", "uint16", "int4", "bfloat16"),
)
_NAMES = {1: "AVERAGE_POOL_2D", 17: "MAX_POOL_2D", 23: "RESIZE_BILINEAR", 97: "RESIZE_NEAREST_NEIGHBOR", 32: "CUSTOM"}
_CUSTOM = ("resize", "resample", "upsample", "interpol", "gridsample", "grid_sample")


def read_tflite(path: Path, given: Mapping[str, tuple[int, ...]]) -> Model:
    """The model of a file; raises ``BadModel``."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        view = memoryview(mapped)
        try:
            return _model(path, root(view), given)
        except (Broken, struct.error, IndexError) as error:
            raise BadModel(f"{path}: a damaged LiteRT model, or cut short: {error}") from None
        finally:
            view.release()


def _model(path: Path, model: Table, given: Mapping[str, tuple[int, ...]]) -> Model:
    codes = [_code(one) for one in model.tables(1)]
    graphs = [_Graph(one, model) for one in model.tables(2)]
    if not graphs or not any(graph.operators for graph in graphs):
        raise BadModel(f"{path}: a LiteRT model without an operator")
    main = graphs[0]
    inputs = tuple(main.port(one) for one in main.table.numbers(1, "<i"))
    given = fixed(inputs, given, path)
    found: list[ResizeNode] = []
    for number, graph in enumerate(graphs):
        _check(graph, path)
        where = "main" if number == 0 else f"subgraph {number}"
        for index, operator in enumerate(graph.operators):
            code = operator.number(0, "<I")
            if code >= len(codes):
                raise BadModel(f"{path}: operator {index} has no code")
            node = _node(graph, f"{where}/{index}", index, where, operator, *codes[code])
            if node is not None:
                found.append(node)
    inputs = tuple(Port(one.name, one.dtype, given.get(one.name, one.shape)) for one in inputs)
    outputs = tuple(main.port(one) for one in main.table.numbers(2, "<i"))
    count = sum(len(graph.operators) for graph in graphs)
    return Model(path, "tflite", inputs, outputs, tuple(found), nodes=count, shapes=given)


def _code(table: Table) -> tuple[int, str]:
    """The operator's number and, of a custom one, its name; numbers above 127 stand in a field of their own."""
    return max(table.number(0, "<b"), table.number(3, "<i")), table.text(1)


class _Graph:
    """One subgraph, with its tensors."""

    def __init__(self, table: Table, model: Table) -> None:
        self.table = table
        self.tensors = table.tables(0)
        self.operators = table.tables(3)
        self.buffers = model.tables(4)

    def port(self, index: int) -> Port:
        tensor = self.tensor(index)
        kind = tensor.number(1, "<b")
        dtype = _DTYPES[kind] if 0 <= kind < len(_DTYPES) else "unknown"
        return Port(tensor.text(3), dtype, self.shape(index))

    def tensor(self, index: int) -> Table:
        if not 0 <= index < len(self.tensors):
            raise Broken(f"no tensor {index}")
        return self.tensors[index]

    def shape(self, index: int) -> tuple[int | str, ...]:
        """The shape, ``"?"`` where the signature leaves a size open."""
        tensor = self.tensor(index)
        signature = tensor.numbers(7, "<i") or tensor.numbers(0, "<i")
        return tuple(length if length >= 0 else "?" for length in signature)

    def constant(self, index: int) -> np.ndarray | None:
        """The int32 values of a constant tensor; ``None`` where it is computed."""
        tensor = self.tensor(index)
        number = tensor.number(2, "<I")
        if not 0 < number < len(self.buffers) or tensor.number(1, "<b") != 2:
            return None
        raw = bytes(self.buffers[number].raw(0))
        return np.frombuffer(raw, "<i4") if raw and len(raw) % 4 == 0 else None


def _check(graph: _Graph, path: Path) -> None:
    made: dict[int, int] = {}
    ports = {*graph.table.numbers(1, "<i"), *graph.table.numbers(2, "<i")}
    for index, tensor in enumerate(graph.tensors):
        if len(tensor.raw(3)) > MAX_NAME:
            raise BadModel(f"{path}: a name of {len(tensor.raw(3))} characters; at most {MAX_NAME} are read")
        shape = tensor.numbers(0, "<i")
        if any(length < -1 for length in shape) or (index in ports and prod(map(abs, shape)) > MAX_ELEMENTS):
            raise BadModel(f"{path}: tensor {shown(tensor.text(3), 40)!r} has an absurd shape {shown(shape, 60)}")
    for number, operator in enumerate(graph.operators):
        for output in operator.numbers(2, "<i"):
            if made.setdefault(output, number) != number:
                raise BadModel(f"{path}: tensor {output} is made twice, by operators {made[output]} and {number}")
        # Operators stand in the order in which they are run.
        for each in operator.numbers(1, "<i"):
            if made.get(each) == number:
                raise BadModel(f"{path}: the graph is cyclic: operator {number} reads what it makes")


def _node(
    graph: _Graph, place: str, index: int, where: str, operator: Table, code: int, custom: str
) -> ResizeNode | None:
    name = _NAMES.get(code)
    inputs, outputs = operator.numbers(1, "<i"), operator.numbers(2, "<i")
    if name is None or not inputs or not outputs:
        return None
    options = operator.table(4)
    before, after = graph.shape(inputs[0]), graph.shape(outputs[0])
    rank = len(before) or None
    op, remark, attributes, fed = name, "", {}, {}
    axes: tuple[ResizedAxis, ...] = ()
    if name == "CUSTOM":
        if not any(word in custom.lower() for word in _CUSTOM):
            return None
        op, remark = f"custom {shown(custom, 40)}", "a custom operator: its meaning is not known here"
    elif name.endswith("POOL_2D"):
        if options is None:
            return None
        attributes, found = _pool(options, name.startswith("AVERAGE"), before)
        if found is None:
            return None
        axes = _spatial(before, after, found)
    else:
        first = 2 if name == "RESIZE_BILINEAR" else 0
        flags = [bool(options.number(first + k, "<B")) if options is not None else False for k in (0, 1)]
        attributes = {"align_corners": flags[0], "half_pixel_centers": flags[1]}
        convention = convention_of(name, *flags)
        remark = "" if convention is not None else "both flags at once: no page says what that means"
        size = graph.constant(inputs[1]) if len(inputs) > 1 else None
        if size is not None and len(size) == 2 and len(after) == 4 and (size > 0).all():
            after = (after[0], int(size[0]), int(size[1]), after[3])
        elif len(inputs) > 1:
            fed = {"sizes": graph.port(inputs[1]).name}
        axes = _spatial(before, after, [(convention, None)] * 2)
        if not axes:
            remark = "keeps every size: it resizes nothing"
    return ResizeNode(
        key=f"{place}:{op}",
        name="",
        op=op,
        graph=where,
        input=graph.port(inputs[0]).name,
        output=graph.port(outputs[0]).name,
        rank=rank,
        axes=axes,
        attributes=attributes,
        remark=remark,
        indices=(index,),
        fed=fed,
    )


def _pool(
    options: Table, average: bool, before: tuple[int | str, ...]
) -> tuple[dict[str, object], list[tuple[Convention | None, Fraction]] | None]:
    padding = "SAME" if options.number(0, "<b") == 0 else "VALID"
    strides = (options.number(2, "<i"), options.number(1, "<i"))
    kernel = (options.number(4, "<i"), options.number(3, "<i"))
    spatial = before[1:3] if len(before) == 4 else ("?", "?")
    fits = all(isinstance(n, int) and step > 0 and n % step == 0 for n, step in zip(spatial, strides, strict=True))
    attributes = {"kernel": kernel, "strides": strides, "padding": padding}
    # SAME pads nothing where windows side by side fill the axis.
    is_padded = padding == "SAME" and not fits
    return attributes, pooled_axes(average, kernel, strides, is_padded, False, False)


def _spatial(
    before: tuple[int | str, ...],
    after: tuple[int | str, ...],
    found: list[tuple[Convention | None, Fraction | None]],
) -> tuple[ResizedAxis, ...]:
    """The axes (H, W) of (N, H, W, C)."""
    axes = []
    for axis, (convention, scale) in enumerate(found, 1):
        n_in = before[axis] if len(before) == 4 and isinstance(before[axis], int) else None
        n_out = after[axis] if len(after) == 4 and isinstance(after[axis], int) else None
        if n_in is None or n_in != n_out:
            axes.append(ResizedAxis(axis, convention, n_in, n_out, scale))
    return tuple(axes)
