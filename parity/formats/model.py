"""A model read from a file, whatever its format: inputs, outputs, resizes, and checks of the input shapes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from halfpixel.golden import Convention
from halfpixel.golden.sizes import output_size
from halfpixel.parity.printable_text import join_names, printable

if TYPE_CHECKING:
    import onnx

Shape = tuple[int | str, ...]
"""Sizes by axis: an int where the file fixes one, a str (its symbol, or ``"?"``) where it does not."""
Attributes = Mapping[str, Any]
"""Plain values by name, of whatever types the file has."""
AxisRule = tuple[Convention | None, Fraction | None]
"""What an operator does to one axis: its convention, and its scale where coordinates use one that was given."""

_STACK_FRAME = re.compile(r'File "([^"\n]{1,1000})", line (\d{1,9})')
_MAX_TRACE = 100_000
"""Characters of a trace that are looked at: Python's own end at a thousand frames of some hundred."""


def source_line(trace: str) -> str:
    """``file:line`` of the innermost frame outside installed packages, else of the innermost; empty without one."""
    frames = _STACK_FRAME.findall(trace[-_MAX_TRACE:])
    own = [frame for frame in frames if "site-packages" not in frame[0]]
    return ":".join((own or frames)[-1]) if frames else ""


@dataclass(frozen=True, slots=True)
class ResizedAxis:
    """One axis that a node resizes.

    ``convention`` is ``None`` where it is not known (a custom operator, a dynamic grid). ``n_in`` and ``n_out`` are
    ``None`` where the size is dynamic. ``scale`` is output over input where the node's coordinates use a scale that was
    given, at its exact value; ``None`` where they use the ratio of the sizes.
    """

    axis: int
    convention: Convention | None
    n_in: int | None = None
    n_out: int | None = None
    scale: Fraction | None = None


@dataclass(frozen=True, slots=True)
class ResizeNode:
    """A node, or a chain of nodes, that resizes.

    key
        A path unique in the file: ``main/12:Resize``, ``main/7:If.then_branch/3:Resize``,
        ``function domain::name/2:Resize``. For a chain, the path of its last node. Built of escaped text only.
    name
        The node's own name, untrusted and possibly empty.
    op
        The operator, with its domain where that is not ONNX's: ``Resize``, ``my.domain::Resize``.
    graph
        The part of ``key`` before the last slash.
    input, output
        Names of the tensor that is resized and of the result, untrusted.
    indices
        Positions in ``graph`` of the nodes that make up the resize, in order; one for a plain node.
    rank
        Of the tensor, ``None`` where not known.
    axes
        The axes resized, in order; a resized axis has ``n_in != n_out``, or a size that is not known, or a convention
        that moves samples even where the size stays. Empty where none is known: ``remark`` says why.
    attributes
        The attributes set in the file, as plain values.
    opset
        Of the operator's domain, ``None`` outside ONNX.
    remark
        A note for people: empty, or why the convention is not known; :data:`KEEPS_SIZE` where nothing is resized.
    fed
        Names of the tensors that decide the resize and are known only when the model runs, by what they are:
        ``scales``, ``sizes``, ``roi``, ``grid``; see :func:`halfpixel.parity.formats.onnx.operators.with_actual_sizes`.
    origin
        The line of the source program that it came from, where the file says so; untrusted.
    """

    key: str
    name: str
    op: str
    graph: str
    input: str
    output: str
    rank: int | None
    axes: tuple[ResizedAxis, ...]
    attributes: Attributes = field(default_factory=dict)
    remark: str = ""
    opset: int | None = None
    indices: tuple[int, ...] = ()
    fed: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""

    @property
    def convention(self) -> Convention | None:
        """The one convention of all axes; ``None`` where it is not known or the axes differ."""
        conventions = {axis.convention for axis in self.axes}
        return conventions.pop() if len(conventions) == 1 else None

    @property
    def is_known(self) -> bool:
        """Whether every axis has a convention, so that the exact definition can stand in for the node."""
        return bool(self.axes) and all(axis.convention is not None for axis in self.axes)

    @property
    def keeps_size(self) -> bool:
        """Whether every axis keeps its size, so that nothing is resized."""
        return not self.axes and self.remark == KEEPS_SIZE


@dataclass(frozen=True, slots=True)
class AmbiguousSize:
    """An axis whose output size depends on how the product of its size and its scale is computed.

    ``exact`` is the size by the specification, the floor of the exact product; ``rounded`` that of the product in
    float32.
    """

    axis: int
    n_in: int
    scale: Fraction
    exact: int
    rounded: int

    def __str__(self) -> str:
        product = f"{float(self.n_in * self.scale):.10g}"
        return f"{self.n_in} x {float(self.scale):.9g} is {product}: {self.exact} pixels, and {self.rounded} in float32"


def ambiguous_size(axis: ResizedAxis, n_in: int | None = None) -> AmbiguousSize | None:
    """How the size of an axis depends on the arithmetic, of ``n_in`` pixels or its own; ``None`` where it does not.

    Source of the rule: https://onnx.ai/onnx/operators/onnx__Resize.html.
    """
    n_in = axis.n_in if n_in is None else n_in
    if not n_in or axis.scale is None:
        return None
    roi = axis.convention.roi if axis.convention is not None else None
    extent = roi[1] - roi[0] if roi is not None else Fraction(1)
    if extent <= 0:
        return None
    exact, rounded = (output_size(n_in, axis.scale, "floor", how, extent) for how in ("exact", "float32"))
    return AmbiguousSize(axis.axis, n_in, axis.scale, exact, rounded) if exact != rounded else None


KEEPS_SIZE = "keeps every size: it resizes nothing"
"""The remark of a resize operator that resizes no axis."""


def known_size(length: int | str) -> int | None:
    """A size that the file fixes; ``None`` for a symbol."""
    return length if isinstance(length, int) else None


def resized_axes(rules: Sequence[AxisRule], first: int, before: Shape, after: Shape) -> tuple[ResizedAxis, ...]:
    """The axes from ``first`` on whose size changes or is not known, by what the operator does to each."""
    return tuple(
        ResizedAxis(axis, convention, known_size(before[axis]), known_size(after[axis]), scale)
        for axis, (convention, scale) in enumerate(rules, first)
        if not isinstance(before[axis], int) or before[axis] != after[axis]
    )


MODEL_KINDS = ("onnx", "tflite", "saved_model", "pt2")


class BadModel(ValueError):
    """A file that cannot be read as a model, or must not be; the message is one printable line."""


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output of a model.

    ``dtype`` is numpy's name of it (``float32``, ``bfloat16``). ``shape`` has an int for a fixed size and a str for a
    symbolic one (``"?"`` where the file gives no name); ``None`` where not even the rank is known.
    """

    name: str
    dtype: str
    shape: Shape | None


@dataclass(frozen=True, slots=True)
class Fault:
    """Breaches of the format's specification, at the node of a key or in the graph of that path.

    ``advice`` is what to write instead, ``reaction`` what runtimes do with such a file.
    """

    key: str
    message: str
    advice: str = ""
    reaction: str = "onnxruntime refuses such a file, and others may run it"


@dataclass(frozen=True, slots=True)
class FlowNode:
    """One node as a step of the data flow: its operator in lower case, and the tensors that it reads and makes."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """A model file, read.

    kind
        One of :data:`MODEL_KINDS`.
    inputs, outputs
        In the file's order; ONNX inputs that have an initializer are not inputs.
    resizes
        Every resize found, in the file's order (subgraphs at the place of their node, functions last).
    proto
        Of ONNX: the model as read, with external data still outside.
    opset
        Of ONNX: the version of the default domain.
    folder
        Of ONNX: where external data lies; nothing outside it is ever read.
    nodes
        How many nodes there are, subgraphs and functions included.
    shapes
        The shapes that the caller fixed for inputs, by name.
    problem
        Why sizes inside could not be inferred; empty where they were.
    flow
        Of an exported program of torch: every node, in order, by ONNX's names of operators where there is one.
    faults
        Of ONNX: what the specification does not allow, so that some runtimes refuse the file.
    """

    path: Path
    kind: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    resizes: tuple[ResizeNode, ...]
    proto: onnx.ModelProto | None = field(default=None, repr=False, compare=False)
    opset: int | None = None
    nodes: int = 0
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict, repr=False, compare=False)
    problem: str = ""
    flow: tuple[FlowNode, ...] = field(default=(), repr=False, compare=False)
    faults: tuple[Fault, ...] = ()

    def require_proto(self) -> onnx.ModelProto:
        """The ONNX model; raises ``ValueError`` for a file of another format."""
        if self.proto is None:
            raise ValueError(f"{self.path}: not an ONNX model")
        return self.proto

    @property
    def folder(self) -> Path:
        """Where the file lies, and external data with it."""
        return self.path.parent


DEFAULT_SIZES = (64, 96)
"""Sizes for symbols that the caller did not fix, by turns: unequal, so that swapped axes show, and multiples of 32, as
networks that halve their input five times need."""

MAX_ELEMENTS = 2**31
"""Of a declared tensor: 8 GiB of float32. Inputs are made, and every runtime gets its own copy."""
MAX_LENGTH = 2**31 - 1
"""Of one axis: OpenCV, LiteRT and ONNX Runtime's Resize count the pixels of an axis in 32 bits."""
MAX_NAME = 4_096
"""Characters: a hundred nested modules of forty characters each. Names are kept in tables, several times over."""
MAX_NODES = 200_000
"""A pass over the nodes costs some 10 us each, so that this many take 2 s; the largest exported language models have
tens of thousands."""
MAX_BYTES = 2**31 - 1
"""Of a protobuf message: what its parser reads."""


def check_name(name: str, path: Path) -> None:
    """Raise ``BadModel`` for a name that is too long to be kept."""
    if len(name) > MAX_NAME:
        start = printable(name[:20])
        raise BadModel(f"{path}: a name of {len(name)} characters ({start}…); at most {MAX_NAME} are read")


def check_shape(name: str, shape: Sequence[int | str], path: Path, least: int = 0) -> None:
    """Raise ``BadModel`` for a length below ``least`` or too large, or for too many elements of a tensor."""
    lengths = [length for length in shape if isinstance(length, int)]
    if any(not least <= length <= MAX_LENGTH for length in lengths) or prod(map(abs, lengths)) > MAX_ELEMENTS:
        shown = printable("x".join(map(str, shape)), 60)
        raise BadModel(f"{path}: {printable(name, 40)!r} has an absurd shape {shown}; at most 2**31 elements are read")


def fix_shapes(
    inputs: Sequence[Port], shapes: Mapping[str, tuple[int, ...]], path: Path
) -> tuple[tuple[Port, ...], dict[str, tuple[int, ...]]]:
    """The inputs with the shapes that the caller fixes, and those shapes.

    Raises ``BadModel``, in one line, for a shape that is of no input or contradicts the file.
    """
    ports = {port.name: port for port in inputs}
    for name, shape in shapes.items():
        if name not in ports:
            raise BadModel(f"{path}: no input {printable(name, 40)!r}; inputs: {join_names(ports) or 'none'}")
        stated = ports[name].shape
        if any(length < 1 for length in shape) or prod(shape) > MAX_ELEMENTS:
            raise BadModel(f"{path}: input {printable(name, 40)!r} cannot have shape {shape}")
        if stated is None:
            continue
        if len(stated) != len(shape):
            raise BadModel(f"{path}: input {printable(name, 40)!r} has {len(stated)} axes, not {len(shape)}")
        for axis, (expected, length) in enumerate(zip(stated, shape, strict=True)):
            if isinstance(expected, int) and expected != length:
                raise BadModel(f"{path}: axis {axis} of input {printable(name, 40)!r} is {expected}, not {length}")
    return tuple(Port(port.name, port.dtype, shapes.get(port.name, port.shape)) for port in inputs), dict(shapes)


def parse_shape(text: str) -> tuple[str, tuple[int, ...]]:
    """``name=1,3,512,512`` as a name and a shape; raises ``ValueError``."""
    name, mark, numbers = text.rpartition("=")
    try:
        shape = tuple(int(part) for part in numbers.replace("x", ",").split(","))
    except ValueError:
        shape = ()
    if not mark or not name or not shape:
        raise ValueError(f"not a shape: {printable(text)!r}; write name=1,3,512,512")
    return name, shape
