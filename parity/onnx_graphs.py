"""The graphs inside an ONNX model: the main one, those that If, Loop and Scan hold, and local functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from parity.text import shown

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
    """

    path: str
    body: onnx.GraphProto | onnx.FunctionProto
    opsets: Mapping[str, int]
    outer: Scope | None = None
    is_function: bool = False
    producers: dict[str, int] = field(default_factory=dict, repr=False)

    @property
    def nodes(self) -> Sequence[onnx.NodeProto]:
        """In the file's order."""
        return self.body.node

    @property
    def inputs(self) -> list[str]:
        """Names."""
        return list(self.body.input) if self.is_function else [one.name for one in self.body.input]

    @property
    def outputs(self) -> list[str]:
        """Names."""
        return list(self.body.output) if self.is_function else [one.name for one in self.body.output]

    @property
    def initializers(self) -> Sequence[onnx.TensorProto]:
        """Constant tensors; a function has none."""
        return () if self.is_function else self.body.initializer

    def opset(self, domain: str = "") -> int | None:
        """The version of a domain that this scope imports."""
        return self.opsets.get("" if domain in OWN_DOMAINS else domain)

    def key(self, index: int) -> str:
        """The key of the node at ``index``."""
        return f"{self.path}/{index}:{shown(self.nodes[index].op_type, 40)}"


def scopes(proto: onnx.ModelProto) -> Iterator[Scope]:
    """The main graph, each subgraph after the graph that holds it, then functions and theirs."""
    yield from _nested("main", proto.graph, _versions(proto.opset_import), None, False)
    taken: set[str] = set()
    for number, function in enumerate(proto.functions):
        path = f"function {shown(function.domain, 40)}::{shown(function.name, 40)}".replace("/", "_")
        # Overloads, and names alike once shortened, are told apart by their place in the file.
        path = path if path not in taken else f"{path}#{number}"
        taken.add(path)
        yield from _nested(path, function, _versions(function.opset_import), None, True)


def scope_of(proto: onnx.ModelProto, path: str) -> Scope:
    """The scope of that path; raises ``KeyError`` where there is none."""
    for scope in scopes(proto):
        if scope.path == path:
            return scope
    raise KeyError(path)


def subgraphs(node: onnx.NodeProto) -> Iterator[tuple[str, onnx.GraphProto]]:
    """The graphs that a node holds, by attribute; several in one attribute are numbered."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield shown(attribute.name, 40), attribute.g
        for number, graph in enumerate(attribute.graphs):
            yield f"{shown(attribute.name, 40)}[{number}]", graph


def _nested(
    path: str,
    body: onnx.GraphProto | onnx.FunctionProto,
    opsets: Mapping[str, int],
    outer: Scope | None,
    function: bool,
) -> Iterator[Scope]:
    producers = {name: index for index, node in enumerate(body.node) for name in node.output if name}
    scope = Scope(path, body, opsets, outer, function, producers)
    yield scope
    for index, node in enumerate(body.node):
        for name, graph in subgraphs(node):
            yield from _nested(f"{scope.key(index)}.{name}", graph, opsets, scope, False)


def _versions(imports: Sequence[onnx.OperatorSetIdProto]) -> dict[str, int]:
    return {"" if one.domain in OWN_DOMAINS else one.domain: one.version for one in imports}


def attributes_of(node: onnx.NodeProto) -> dict[str, object]:
    """Attributes that are plain values (numbers, text, lists of them), by name; others are left out."""
    found: dict[str, object] = {}
    for one in node.attribute:
        kind = one.type
        if kind == one.FLOAT:
            found[one.name] = one.f
        elif kind == one.INT:
            found[one.name] = one.i
        elif kind == one.STRING:
            found[one.name] = one.s.decode(errors="replace")
        elif kind == one.FLOATS:
            found[one.name] = tuple(one.floats)
        elif kind == one.INTS:
            found[one.name] = tuple(one.ints)
        elif kind == one.STRINGS:
            found[one.name] = tuple(each.decode(errors="replace") for each in one.strings)
    return found
