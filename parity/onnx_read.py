"""ONNX files: read, checked, and searched for resizes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from parity.model import BadModel, Model, Port
from parity.onnx_chains import chains
from parity.onnx_checks import check
from parity.onnx_facts import Facts
from parity.onnx_graphs import OWN_DOMAINS, Scope, scopes
from parity.onnx_operators import described
from parity.onnx_shapes import dtype_of, infer, shape_of, start
from parity.protobuf_text import is_text
from parity.resizes import ResizeNode
from parity.shapes import fixed

if TYPE_CHECKING:
    import onnx

MAX_BYTES = 2**31 - 1
"""What protobuf can read, and therefore all that a model without external data can have."""


def read_onnx(path: Path, given: Mapping[str, tuple[int, ...]]) -> Model:
    """The model of a file; raises ``BadModel``."""
    with warnings.catch_warnings():
        # onnx warns of every key beside external data that it does not know, such as those of ONNX Runtime.
        warnings.simplefilter("ignore", UserWarning)
        return _read(path, given)


def _read(path: Path, given: Mapping[str, tuple[int, ...]]) -> Model:
    start()
    proto = _parse(path)
    check(proto, path)
    constants = {one.name for one in proto.graph.initializer}
    inputs = tuple(_port(one) for one in proto.graph.input if one.name not in constants)
    given = fixed(inputs, given, path)
    inferred = infer(proto, path.parent, given)
    inputs = tuple(Port(one.name, one.dtype, given.get(one.name, one.shape)) for one in inputs)
    outputs = tuple(
        Port(one.name, dtype_of(one.type.tensor_type.elem_type), inferred.shapes.get(one.name, shape_of(one)))
        for one in proto.graph.output
    )
    found: list[ResizeNode] = []
    facts_of: dict[int, Facts] = {}
    count = 0
    for scope in scopes(proto):
        count += len(scope.nodes)
        outer = facts_of.get(id(scope.outer))
        in_function = scope.path.startswith("function ")
        shapes, dtypes = ({}, {}) if in_function else (inferred.shapes, inferred.dtypes)
        facts_of[id(scope)] = facts = Facts(scope, path.parent, shapes, dtypes, outer)
        found += _resizes(facts, proto)
    return Model(
        path,
        "onnx",
        inputs,
        outputs,
        tuple(found),
        proto=proto,
        opset=next((one.version for one in proto.opset_import if one.domain in OWN_DOMAINS), None),
        nodes=count,
        shapes=given,
        problem=inferred.problem,
    )


def _resizes(facts: Facts, proto: onnx.ModelProto) -> list[ResizeNode]:
    """Single nodes and chains of one scope, in the order of their last nodes."""
    local = {(one.domain, one.name) for one in proto.functions}
    scope: Scope = facts.scope
    single = [
        each
        for index, node in enumerate(scope.nodes)
        # What a function of the file does is found in its body.
        if (node.domain, node.op_type) not in local
        for each in [described(facts, index)]
        if each is not None
    ]
    return sorted([*single, *chains(facts)], key=lambda one: one.indices[-1])


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
    if not is_text(proto):
        raise BadModel(f"{path}: damaged: it holds names that are no text")
    return proto


def _port(info: onnx.ValueInfoProto) -> Port:
    return Port(info.name, dtype_of(info.type.tensor_type.elem_type), shape_of(info))
