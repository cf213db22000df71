"""The graphs inside an ONNX model: the main graph, subgraphs of If, Loop and Scan, and local functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from halfpixel.parity.formats.model import Attributes
from halfpixel.parity.printable_text import printable

if TYPE_CHECKING:
    import onnx

OWN_DOMAINS = ("", "ai.onnx")


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """One graph, or the body of one function.

    path
        As in the keys of resizes: ``main``, ``main/7:If.then_branch``, ``function domain::name``.
    body
        The ``GraphProto`` or ``FunctionProto``.
    outer
        The graph whose names this one sees, too; ``None`` for the main graph and for functions.
    holder
        The operator whose attribute this graph is; empty for the main graph and for functions.
    """

    path: str
    body: onnx.GraphProto | onnx.FunctionProto
    opsets: Mapping[str, int]
    outer: Scope | None = None
    is_function: bool = False
    holder: str = ""
    producers: dict[str, int] = field(default_factory=dict, repr=False)

    @property
    def nodes(self) -> Sequence[onnx.NodeProto]:
        """In the file's order."""
        nodes: Sequence[onnx.NodeProto] = self.body.node
        return nodes

    @property
    def inputs(self) -> list[str]:
        """Names."""
        return list(self.body.input) if self.is_function else [port.name for port in self.body.input]

    @property
    def outputs(self) -> list[str]:
        """Names."""
        return list(self.body.output) if self.is_function else [port.name for port in self.body.output]

    @property
    def initializers(self) -> Sequence[onnx.TensorProto]:
        """Constant tensors; a function has none."""
        return () if self.is_function else self.body.initializer

    @property
    def enclosing(self) -> tuple[Scope, ...]:
        """This scope and those around it, from the inside out."""
        return (self, *(self.outer.enclosing if self.outer is not None else ()))

    @property
    def constant_names(self) -> set[str]:
        """Names of the constant tensors, sparse ones included."""
        sparse = () if self.is_function else self.body.sparse_initializer
        return {tensor.name for tensor in self.initializers} | {tensor.values.name for tensor in sparse}

    def opset(self, domain: str = "") -> int | None:
        """The version of a domain that this scope imports."""
        return self.opsets.get("" if domain in OWN_DOMAINS else domain)

    def key(self, index: int) -> str:
        """The key of the node at ``index``."""
        return f"{self.path}/{index}:{printable(self.nodes[index].op_type, 40)}"


def scopes(proto: onnx.ModelProto) -> Iterator[Scope]:
    """The main graph, each subgraph after the graph that holds it, then functions and theirs."""
    yield from _nested("main", proto.graph, _versions(proto.opset_import))
    taken: set[str] = set()
    for number, function in enumerate(proto.functions):
        path = f"function {printable(function.domain, 40)}::{printable(function.name, 40)}".replace("/", "_")
        # Overloads, and names that are equal once shortened, get their position in the file.
        path = path if path not in taken else f"{path}#{number}"
        taken.add(path)
        yield from _nested(path, function, _versions(function.opset_import), True)


def subgraphs(node: onnx.NodeProto) -> Iterator[tuple[str, onnx.GraphProto]]:
    """The graphs that a node holds, by attribute; several in one attribute are numbered."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield printable(attribute.name, 40), attribute.g
        for number, graph in enumerate(attribute.graphs):
            yield f"{printable(attribute.name, 40)}[{number}]", graph


def is_own(node: onnx.NodeProto, operator: str) -> bool:
    """Whether the node is this operator of ONNX's own domain."""
    return bool(node.op_type == operator and node.domain in OWN_DOMAINS)


def all_nodes(body: onnx.GraphProto | onnx.FunctionProto) -> Iterator[onnx.NodeProto]:
    """The nodes of a graph or function, each before those of the graphs that it holds."""
    for node in body.node:
        yield node
        for _, graph in subgraphs(node):
            yield from all_nodes(graph)


def _nested(
    path: str,
    body: onnx.GraphProto | onnx.FunctionProto,
    opsets: Mapping[str, int],
    is_function: bool = False,
    outer: Scope | None = None,
    holder: str = "",
) -> Iterator[Scope]:
    producers = {name: index for index, node in enumerate(body.node) for name in node.output if name}
    scope = Scope(path, body, opsets, outer, is_function, holder, producers)
    yield scope
    for index, node in enumerate(body.node):
        for name, graph in subgraphs(node):
            yield from _nested(f"{scope.key(index)}.{name}", graph, opsets, False, scope, node.op_type)


def _versions(imports: Sequence[onnx.OperatorSetIdProto]) -> dict[str, int]:
    return {"" if opset.domain in OWN_DOMAINS else opset.domain: opset.version for opset in imports}


def attributes_of(node: onnx.NodeProto) -> Attributes:
    """Attributes that are plain values (numbers, text, lists of them), by name; others are left out."""
    values: dict[str, Any] = {}
    for attribute in node.attribute:
        name, kind = attribute.name, attribute.type
        if kind == attribute.FLOAT:
            values[name] = attribute.f
        elif kind == attribute.INT:
            values[name] = attribute.i
        elif kind == attribute.STRING:
            values[name] = attribute.s.decode(errors="replace")
        elif kind == attribute.FLOATS:
            values[name] = tuple(attribute.floats)
        elif kind == attribute.INTS:
            values[name] = tuple(attribute.ints)
        elif kind == attribute.STRINGS:
            values[name] = tuple(text.decode(errors="replace") for text in attribute.strings)
    return values
