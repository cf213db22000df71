"""Breaches of ONNX that some runtimes run all the same: types of inputs, and the forms of Resize.

Runtimes that check the file refuse it (ONNX Runtime does), and the others run it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from halfpixel.parity.formats.model import Fault
from halfpixel.parity.formats.onnx.graphs import OWN_DOMAINS, Scope
from halfpixel.parity.formats.onnx.shape_inference import dtype_of
from halfpixel.parity.formats.onnx.static_values import StaticValues
from halfpixel.parity.printable_text import printable

if TYPE_CHECKING:
    import onnx

_DTYPES = {"float": "float32", "double": "float64"}
_JUDGED = frozenset(
    ["bool", "string", "float16", "bfloat16", "float32", "float64", "complex64", "complex128"]
    + [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
)
"""Types that NumPy and ONNX call alike; those of 8 bits and fewer that they do not are not judged."""
_EXCLUSIVE = "the specification wants one of scales and sizes (https://onnx.ai/onnx/operators/onnx__Resize.html)"


def repeated_names(all_scopes: Sequence[Scope]) -> set[str]:
    """Names that more than one graph has: shape inference tells their types together."""
    counts: Counter[str] = Counter()
    for scope in all_scopes:
        counts.update({*scope.inputs, *scope.producers, *scope.constant_names})
    return {name for name, count in counts.items() if count > 1}


def faults_of(values: StaticValues, repeated: Collection[str]) -> Iterator[Fault]:
    """The faults of the nodes of one graph; functions have no types of their own, and are not judged.

    ``repeated`` are the names of :func:`repeated_names`.
    """
    import onnx

    scope = values.scope
    if scope.enclosing[-1].is_function:
        return
    stored = {tensor.name: dtype_of(tensor.data_type) for tensor in scope.initializers}
    opset = scope.opset() or 0
    schemas: dict[str, onnx.defs.OpSchema | None] = {}
    for index, node in enumerate(scope.nodes):
        if node.domain not in OWN_DOMAINS or not opset:
            continue
        if node.op_type not in schemas:
            has = onnx.defs.has(node.op_type, opset, "")
            schemas[node.op_type] = onnx.defs.get_schema(node.op_type, opset, "") if has else None
        schema = schemas[node.op_type]
        if schema is not None:
            dtypes = ["" if n in repeated else stored.get(n) or values.dtype(n) for n in node.input]
            yield from _type_faults(scope.key(index), node, schema, dtypes)
        if node.op_type == "Resize" and opset >= 11:
            yield from _form_faults(scope.key(index), node, values)


def _type_faults(key: str, node: onnx.NodeProto, schema: onnx.defs.OpSchema, dtypes: Sequence[str]) -> Iterator[Fault]:
    """Inputs of a type that the operator does not take, and inputs of two types that must have one."""
    allowed_by_name = {part.type_param_str: part.allowed_type_strs for part in schema.type_constraints}
    formals = list(schema.inputs)
    bound: dict[str, tuple[str, str]] = {}
    for position, dtype in enumerate(dtypes):
        formal = formals[min(position, len(formals) - 1)] if formals else None
        if formal is None or dtype not in _JUDGED:
            continue
        name = printable(formal.name, 40)
        allowed = [_dtype_in(text) for text in allowed_by_name.get(formal.type_str, [formal.type_str])]
        if dtype not in allowed:
            takes = " or ".join(filter(None, allowed[:6])) or "no tensor"
            text = f"its input {name} is {dtype}, and {printable(node.op_type, 40)} takes {takes}"
            yield Fault(key, text, f"cast {name} to {allowed[0]}" if len(allowed) == 1 else "")
        elif formal.is_homogeneous and formal.type_str in allowed_by_name:
            first = bound.setdefault(formal.type_str, (name, dtype))
            if first[1] != dtype:
                text = f"its inputs {first[0]} and {name} are {first[1]} and {dtype}, and must have one type"
                yield Fault(key, text, f"cast {name} to {first[1]}")


def _dtype_in(text: str) -> str:
    """NumPy's name of a type such as ``tensor(float)``; empty for what is no tensor."""
    inner = text.removeprefix("tensor(").removesuffix(")")
    return _DTYPES.get(inner, inner) if inner != text else ""


def _form_faults(key: str, node: onnx.NodeProto, values: StaticValues) -> Iterator[Fault]:
    """Scales and sizes of which there are both, none, another number than axes, or that are not positive."""
    given = {}
    for role, name in zip(("scales", "sizes"), node.input[2:4], strict=False):
        value = values.constant(name)
        if name and (value is None or value.size):
            given[role] = value
    if len(given) == 2:
        yield Fault(key, f"it has both scales and sizes: {_EXCLUSIVE}", "remove one of them")
    if not given:
        yield Fault(key, f"it has neither scales nor sizes: {_EXCLUSIVE}", "give one of them")
    axes = next((len(attribute.ints) for attribute in node.attribute if attribute.name == "axes"), None)
    wanted = axes if axes is not None else values.rank(node.input[0])
    for role, value in given.items():
        if value is not None and wanted is not None and value.size != wanted:
            count = f"{value.size} {role} for {wanted} axes"
            yield Fault(key, f"it has {count}", f"give {role} for each of the axes, or name these in axes")
        elif value is not None and value.dtype.kind in "iuf" and not (value > 0).all():
            yield Fault(key, f"its {role} are not all positive: {value.tolist()[:8]}")
