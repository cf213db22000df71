"""Read LiteRT files (.tflite): inputs, outputs and resizes, with every FlatBuffers offset checked.

The ``flatbuffers`` package trusts the offsets of a file, and the generated schema comes with LiteRT or TensorFlow only;
this reader needs neither, and refuses offsets that lead out of the file. Fields are numbered in the order of LiteRT's
``schema.fbs``.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from halfpixel.adapters.litert import convention_of
from halfpixel.parity.formats.model import (
    KEEPS_SIZE,
    MAX_NAME,
    AxisRule,
    BadModel,
    Model,
    Port,
    ResizeNode,
    Shape,
    check_shape,
    fix_shapes,
    resized_axes,
)
from halfpixel.parity.formats.pattern_matching import fills_axes, pooled_axes
from halfpixel.parity.printable_text import printable

MAX_VECTOR = 1_000_000
"""Entries of a vector of numbers or tables: a graph of a million tensors takes more than ten seconds to list."""


class DamagedFile(Exception):
    """An offset that leads out of the file, or a vector longer than it."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table, at ``offset`` of the file; fields are read by number, as in the schema's order."""

    data: memoryview
    offset: int

    def _field(self, number: int) -> int | None:
        """The offset of a field; ``None`` where it has its default."""
        vtable = self.offset - _read_number(self.data, self.offset, "<i")
        length = _read_number(self.data, vtable, "<H")
        entry = 4 + 2 * number
        if entry + 2 > length:
            return None
        relative = _read_number(self.data, vtable + entry, "<H")
        return self.offset + relative if relative else None

    def number(self, number: int, form: str, default: int = 0) -> int:
        """A scalar, by its :mod:`struct` format."""
        field = self._field(number)
        return default if field is None else _read_number(self.data, field, form)

    def table(self, number: int) -> Table | None:
        """A table inside; ``None`` where there is none."""
        field = self._field(number)
        return None if field is None else Table(self.data, field + _read_number(self.data, field, "<I"))

    def _vector(self, number: int, width: int) -> tuple[int, int]:
        """The offset of a vector's first entry, and how many there are."""
        field = self._field(number)
        if field is None:
            return 0, 0
        start = field + _read_number(self.data, field, "<I")
        count = _read_number(self.data, start, "<I")
        if start + 4 + count * width > len(self.data):
            raise DamagedFile("a vector is longer than the file")
        return start + 4, count

    def numbers(self, number: int, form: str) -> tuple[int, ...]:
        """A vector of scalars."""
        start, count = self._vector(number, struct.calcsize(form))
        if count > MAX_VECTOR:
            raise DamagedFile(f"a vector of {count} numbers")
        return struct.unpack_from(f"<{count}{form[-1]}", self.data, start) if count else ()

    def raw(self, number: int) -> memoryview:
        """A vector of bytes, not copied."""
        start, count = self._vector(number, 1)
        return self.data[start : start + count]

    def text(self, number: int) -> str:
        """A string; empty where there is none."""
        return bytes(self.raw(number)).decode(errors="replace")

    def tables(self, number: int) -> tuple[Table, ...]:
        """A vector of tables."""
        start, count = self._vector(number, 4)
        if count > MAX_VECTOR:
            raise DamagedFile(f"a vector of {count} tables")
        entries = range(start, start + 4 * count, 4)
        return tuple(Table(self.data, entry + _read_number(self.data, entry, "<I")) for entry in entries)


def root_table(data: memoryview) -> Table:
    """The outermost table."""
    return Table(data, _read_number(data, 0, "<I"))


def _read_number(data: memoryview, offset: int, form: str) -> int:
    if offset < 0 or offset + struct.calcsize(form) > len(data):
        raise DamagedFile("an offset leads out of the file")
    return int(struct.unpack_from(form, data, offset)[0])


_TFLITE_DTYPES = (
    *("float32", "float16", "int32", "uint8", "int64", "string", "bool", "int16", "complex64", "int8", "float64"),
    *("complex128", "uint64", "resource", "variant", "uint32", "uint16", "int4", "bfloat16"),
)
_OPERATOR_NAMES = {
    1: "AVERAGE_POOL_2D",
    17: "MAX_POOL_2D",
    23: "RESIZE_BILINEAR",
    97: "RESIZE_NEAREST_NEIGHBOR",
    32: "CUSTOM",
}
_CUSTOM = ("resize", "resample", "upsample", "interpol", "gridsample", "grid_sample")
"""Parts of names of custom operators that resize."""


def read_tflite(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> Model:
    """The model of a file; raises ``BadModel``."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        view = memoryview(mapped)
        try:
            return _model(path, root_table(view), shapes)
        except (DamagedFile, struct.error, IndexError) as error:
            raise BadModel(f"{path}: a damaged LiteRT model, or cut short: {error}") from None
        finally:
            view.release()


def _model(path: Path, model: Table, shapes: Mapping[str, tuple[int, ...]]) -> Model:
    codes = [_operator_code(table) for table in model.tables(1)]
    graphs = [_Graph(table, model) for table in model.tables(2)]
    if not graphs or not any(graph.operators for graph in graphs):
        raise BadModel(f"{path}: a LiteRT model without an operator")
    main = graphs[0]
    inputs, outputs = (tuple(main.port(index) for index in main.table.numbers(field, "<i")) for field in (1, 2))
    inputs, shapes = fix_shapes(inputs, shapes, path)
    resizes = []
    for number, graph in enumerate(graphs):
        _check_graph(graph, path)
        name = "main" if number == 0 else f"subgraph {number}"
        for index, operator in enumerate(graph.operators):
            code = operator.number(0, "<I")
            if code >= len(codes):
                raise BadModel(f"{path}: operator {index} has no code")
            resizes.append(_resize(graph, name, index, operator, *codes[code]))
    count = sum(len(graph.operators) for graph in graphs)
    return Model(path, "tflite", inputs, outputs, tuple(filter(None, resizes)), nodes=count, shapes=shapes)


def _operator_code(table: Table) -> tuple[int, str]:
    """The operator's number, and the name of a custom one; numbers above 127 have a field of their own."""
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
        dtype = _TFLITE_DTYPES[kind] if 0 <= kind < len(_TFLITE_DTYPES) else "unknown"
        return Port(tensor.text(3), dtype, self.shape(index))

    def tensor(self, index: int) -> Table:
        if not 0 <= index < len(self.tensors):
            raise DamagedFile(f"no tensor {index}")
        return self.tensors[index]

    def shape(self, index: int) -> Shape:
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


def _check_graph(graph: _Graph, path: Path) -> None:
    ports = {*graph.table.numbers(1, "<i"), *graph.table.numbers(2, "<i")}
    for index, tensor in enumerate(graph.tensors):
        # Counted in bytes, so that no name of a gigabyte is decoded.
        if len(tensor.raw(3)) > MAX_NAME:
            raise BadModel(f"{path}: a name of {len(tensor.raw(3))} characters; at most {MAX_NAME} are read")
        shape = tensor.numbers(0, "<i")
        if index in ports or any(length < -1 for length in shape):
            check_shape(tensor.text(3), shape, path, least=-1)
    makers: dict[int, int] = {}
    for number, operator in enumerate(graph.operators):
        for output in operator.numbers(2, "<i"):
            if makers.setdefault(output, number) != number:
                raise BadModel(f"{path}: tensor {output} is made twice, by operators {makers[output]} and {number}")
        # Operators stand in the order in which they are run.
        if any(makers.get(tensor) == number for tensor in operator.numbers(1, "<i")):
            raise BadModel(f"{path}: the graph is cyclic: operator {number} reads what it makes")


def _resize(graph: _Graph, graph_name: str, index: int, operator: Table, code: int, custom: str) -> ResizeNode | None:
    """An operator as a resize; ``None`` where it is none."""
    op = _OPERATOR_NAMES.get(code)
    inputs, outputs = operator.numbers(1, "<i"), operator.numbers(2, "<i")
    if op is None or not inputs or not outputs:
        return None
    options = operator.table(4)
    before, after = graph.shape(inputs[0]), graph.shape(outputs[0])
    rank = len(before) or None
    before, after = (shape if len(shape) == 4 else ("?",) * 4 for shape in (before, after))
    rules: list[AxisRule] = []
    attributes: dict[str, object] = {}
    remark, fed = "", {}
    if op == "CUSTOM":
        if not any(word in custom.lower() for word in _CUSTOM):
            return None
        op, remark = f"custom {printable(custom, 40)}", "a custom operator: its meaning is not known here"
    elif op.endswith("POOL_2D"):
        if options is None:
            return None
        attributes, pooled = _pool(options, op.startswith("AVERAGE"), before)
        if pooled is None:
            return None
        rules = pooled
    else:
        first = 2 if op == "RESIZE_BILINEAR" else 0
        flags = [bool(options.number(first + k, "<B")) if options is not None else False for k in (0, 1)]
        attributes = {"align_corners": flags[0], "half_pixel_centers": flags[1]}
        convention = convention_of(op, *flags)
        rules = [(convention, None)] * 2
        size = graph.constant(inputs[1]) if len(inputs) > 1 else None
        if size is not None and len(size) == 2 and len(graph.shape(outputs[0])) == 4 and (size > 0).all():
            after = (after[0], int(size[0]), int(size[1]), after[3])
        elif len(inputs) > 1:
            fed = {"sizes": graph.port(inputs[1]).name}
        if not resized_axes(rules, 1, before, after):
            remark = KEEPS_SIZE
        elif convention is None:
            remark = "the meaning of both flags at once is not documented"
    return ResizeNode(
        key=f"{graph_name}/{index}:{op}",
        name="",
        op=op,
        graph=graph_name,
        input=graph.port(inputs[0]).name,
        output=graph.port(outputs[0]).name,
        rank=rank,
        axes=resized_axes(rules, 1, before, after),
        attributes=attributes,
        remark=remark,
        indices=(index,),
        fed=fed,
    )


def _pool(options: Table, average: bool, before: Shape) -> tuple[dict[str, object], list[AxisRule] | None]:
    padding = "SAME" if options.number(0, "<b") == 0 else "VALID"
    strides = (options.number(2, "<i"), options.number(1, "<i"))
    kernel = (options.number(4, "<i"), options.number(3, "<i"))
    is_padded = padding == "SAME" and not fills_axes(before[1:3], strides)
    attributes: dict[str, object] = {"kernel": kernel, "strides": strides, "padding": padding}
    return attributes, pooled_axes(average, kernel, strides, is_padded, False, False)
