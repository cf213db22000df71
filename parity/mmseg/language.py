"""The part of Python that configs are written in, evaluated without running any: the rest is refused, with its line.

Nothing here calls ``exec`` or ``eval``. Names are looked up in the config alone, calls are those of :data:`CALLS` and
:data:`METHODS` and are made by this module, and steps and sizes are bounded.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator
from pathlib import Path

from parity.mmseg.calls import CALLS, MAX_LENGTH, called, total
from parity.mmseg.values import SCALARS, Place, Unreadable, Value

BASE = "_base_"
MAX_STEPS = 200_000
MAX_BITS = 128
METHODS = ("update", "append", "extend", "copy")
"""Methods that a config may call, of its own dicts and lists."""

_ARITHMETIC = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_SIGNS = {ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_}
_COMPARISONS = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}

_EXPLAINED = {
    ast.With: "`with read_base():` belongs to new-style configs, which import bases and classes: that runs code",
    ast.Import: "an import runs code",
    ast.ImportFrom: "an import runs code",
    ast.FunctionDef: "a function is code",
    ast.ClassDef: "a class is code",
    ast.Lambda: "a function is code",
}
_READ = "configs are read as assignments of literals, dict(...), arithmetic and names of their own"


class Evaluator:
    """One config file: its assignments, in order.

    ``base`` is what ``_base_`` stands for: the values that the base configs give together.
    """

    def __init__(self, file: Path, base: Value) -> None:
        self.file = file
        self.names: dict[str, Value] = {BASE: base}
        self.steps = 0

    def run(self, module: ast.Module) -> dict[str, Value]:
        """The values that the file assigns; raises ``Unreadable`` for whatever is not the language of configs."""
        for statement in module.body:
            self._statement(statement)
        found = {name: value for name, value in self.names.items() if name != BASE}
        try:
            total(Value(found, Place(self.file, 1)))
        except ValueError as error:
            raise Unreadable(Place(self.file, 1), str(error)) from None
        return found

    def _refuse(self, node: ast.AST, message: str) -> Unreadable:
        return Unreadable(self._place(node), f"{message}; {_READ}")

    def _place(self, node: ast.AST) -> Place:
        return Place(self.file, getattr(node, "lineno", 1))

    def _statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Assign):
            if len(node.targets) == 1 and _is_base(node.targets[0]):
                return
            value = self._value(node.value)
            for target in node.targets:
                self._assign(target, value)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            self._value(node.value)
        else:
            raise self._unknown(node)

    def _unknown(self, node: ast.AST) -> Unreadable:
        explained = _EXPLAINED.get(type(node))
        if isinstance(node, ast.With) and "read_base" not in ast.unparse(node.items[0].context_expr):
            explained = "a `with` statement is code"
        first_line = ast.unparse(node).splitlines()[0][:60]
        return self._refuse(node, explained or f"`{first_line}` is code")

    def _assign(self, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name):
            if target.id.startswith("__") or target.id in (*CALLS, BASE):
                raise self._refuse(target, f"the name {target.id!r} has a meaning of its own")
            self.names[target.id] = value
        elif isinstance(target, ast.Tuple) and isinstance(value.content, list | tuple):
            if len(target.elts) != len(value.content):
                raise self._refuse(target, f"{len(value.content)} values for {len(target.elts)} names")
            for element, part in zip(target.elts, value.content, strict=True):
                self._assign(element, part)
        elif isinstance(target, ast.Subscript):
            holder, key = self._value(target.value), self._value(target.slice).content
            if not isinstance(holder.content, dict) or not isinstance(key, str):
                raise self._refuse(target, f"`{ast.unparse(target)}` cannot be assigned to")
            holder.content[key] = value
        else:
            raise self._unknown(target)

    def _value(self, node: ast.expr) -> Value:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise self._refuse(node, f"more than {MAX_STEPS} steps")
        content = self._content(node)
        if isinstance(content, Value):
            return content.at(self._place(node))
        if isinstance(content, int) and content.bit_length() > MAX_BITS:
            raise self._refuse(node, f"a number of more than {MAX_BITS} bits")
        if isinstance(content, str | list | tuple | dict) and len(content) > MAX_LENGTH:
            raise self._refuse(node, f"more than {MAX_LENGTH} elements")
        return Value(content, self._place(node))

    def _content(self, node: ast.expr) -> object:
        if isinstance(node, ast.Constant) and isinstance(node.value, SCALARS):
            return node.value
        if isinstance(node, ast.Name):
            if node.id not in self.names:
                raise self._refuse(node, f"{node.id!r} is not defined in this file (a base's is {BASE}.{node.id})")
            return self.names[node.id]
        if isinstance(node, ast.List | ast.Tuple):
            return (list if isinstance(node, ast.List) else tuple)(map(self._value, node.elts))
        if isinstance(node, ast.Dict):
            return self._dict(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Attribute):
            return self._base_value(node)
        if isinstance(node, ast.Subscript):
            return self._element(node)
        if isinstance(node, ast.ListComp | ast.GeneratorExp):
            return [self._value(node.elt) for _ in self._loops(node.generators)]
        if isinstance(node, ast.DictComp):
            return {self._key(node.key): self._value(node.value) for _ in self._loops(node.generators)}
        if isinstance(node, ast.IfExp):
            return self._value(node.body if self._value(node.test).content else node.orelse)
        return self._computed(node)

    def _computed(self, node: ast.expr) -> object:
        """Arithmetic, comparisons and f-strings, of plain values."""
        if isinstance(node, ast.JoinedStr):
            return "".join(map(self._text, node.values))
        if isinstance(node, ast.UnaryOp) and type(node.op) in _SIGNS:
            return self._apply(node, _SIGNS[type(node.op)], node.operand)
        if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            return self._apply(node, _ARITHMETIC[type(node.op)], node.left, node.right)
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _COMPARISONS:
            return self._apply(node, _COMPARISONS[type(node.ops[0])], node.left, node.comparators[0])
        raise self._unknown(node)

    def _apply(self, node: ast.expr, function: Callable, *operands: ast.expr) -> object:
        values = [self._value(operand).content for operand in operands]
        is_product = function is operator.mul
        sequences = [value for value in values if isinstance(value, str | list | tuple)]
        counts = [value for value in values if isinstance(value, int)]
        if is_product and sequences and counts and len(sequences[0]) * max(counts) > MAX_LENGTH:
            raise self._refuse(node, f"more than {MAX_LENGTH} elements")
        is_text = all(isinstance(value, SCALARS) for value in values) and function is not operator.mod
        if sequences and not is_text and function not in (operator.add, operator.mul):
            raise self._unknown(node)
        try:
            return function(*values)
        except (TypeError, ValueError, ArithmeticError) as error:
            raise self._refuse(node, f"`{ast.unparse(node)[:60]}`: {error}") from None

    def _text(self, node: ast.expr) -> str:
        if isinstance(node, ast.Constant):
            return node.value
        value = self._value(node.value)
        if node.format_spec is not None or node.conversion != -1 or not isinstance(value.content, SCALARS):
            raise self._unknown(node)
        return str(value.content)

    def _key(self, node: ast.expr) -> object:
        key = self._value(node).content
        if not isinstance(key, SCALARS):
            raise self._refuse(node, f"`{ast.unparse(node)[:60]}` is no key")
        return key

    def _dict(self, node: ast.Dict) -> dict[object, Value]:
        found: dict[object, Value] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            found |= self._unpacked(value) if key is None else {self._key(key): self._value(value)}
        return found

    def _unpacked(self, node: ast.expr) -> dict[object, Value]:
        content = self._value(node).content
        if not isinstance(content, dict):
            raise self._refuse(node, f"`**{ast.unparse(node)[:60]}` is not a dict")
        return content

    def _element(self, node: ast.Subscript) -> Value:
        holder, key = self._value(node.value).content, self._value(node.slice).content
        try:
            return holder[key]
        except (KeyError, IndexError, TypeError):
            raise self._refuse(node, f"`{ast.unparse(node)[:60]}` is nothing") from None

    def _base_value(self, node: ast.Attribute) -> Value:
        """``_base_.a.b``: a value of the base configs."""
        names = []
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            names.append(inner.attr)
            inner = inner.value
        if not _is_base(inner):
            raise self._refuse(node, f"`{ast.unparse(node)[:60]}` is an attribute of an object")
        found = self.names[BASE].get(*reversed(names))
        if found is None:
            raise self._refuse(node, f"no base config defines {'.'.join(reversed(names))!r}")
        return found

    def _loops(self, generators: list[ast.comprehension]) -> Iterator[None]:
        """One step for each round of a comprehension, with its names set."""
        if not generators:
            yield
            return
        first, rest = generators[0], generators[1:]
        values = self._value(first.iter).content
        if not isinstance(values, list | tuple | dict) or first.is_async:
            raise self._refuse(first.iter, f"`{ast.unparse(first.iter)[:60]}` is not a list")
        bound = {node.id for node in ast.walk(first.target) if isinstance(node, ast.Name)}
        hidden = {name: self.names[name] for name in bound if name in self.names}
        place = self._place(first.iter)
        for value in list(values):
            self._assign(first.target, value if isinstance(value, Value) else Value(value, place))
            if all(self._value(condition).content for condition in first.ifs):
                yield from self._loops(rest)
        for name in bound:
            self.names.pop(name, None)
        self.names |= hidden

    def _call(self, node: ast.Call) -> object:
        if isinstance(node.func, ast.Attribute):
            return self._method(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in CALLS:
            raise self._refuse(node, f"`{ast.unparse(node.func)[:60]}(...)` is a call of code")
        if name == "dict":
            return self._called_dict(node)
        arguments = [self._value(argument) for argument in node.args]
        try:
            if node.keywords:
                raise TypeError("keywords are not understood")
            found = called(name, arguments, self._place(node))
        except (TypeError, ValueError, IndexError, OverflowError) as error:
            raise self._refuse(node, f"`{ast.unparse(node)[:60]}`: {error}") from None
        self.steps += len(found) if isinstance(found, list | tuple) else 0
        return found

    def _called_dict(self, node: ast.Call) -> dict[object, Value]:
        found: dict[object, Value] = {}
        for argument in node.args:
            found |= self._unpacked(argument)
        for keyword in node.keywords:
            if keyword.arg is None:
                found |= self._unpacked(keyword.value)
            else:
                # The line of the keyword: a long value may begin on a later one.
                found[keyword.arg] = self._value(keyword.value).at(self._place(keyword))
        return found

    def _method(self, node: ast.Call) -> object:
        name = node.func.attr
        if name not in METHODS:
            raise self._refuse(node, f"`{ast.unparse(node.func)[:60]}(...)` is a call of code")
        holder = self._value(node.func.value).content
        if name == "update" and isinstance(holder, dict):
            holder.update(self._called_dict(ast.Call(node.func, node.args, node.keywords)))
            return None
        if name == "copy" and isinstance(holder, dict | list) and not node.args:
            return type(holder)(holder)
        if name in ("append", "extend") and isinstance(holder, list) and len(node.args) == 1:
            added = self._value(node.args[0])
            if name == "append" or isinstance(added.content, list | tuple):
                holder.extend([added] if name == "append" else list(added.content))
                return None
        raise self._refuse(node, f"`{ast.unparse(node)[:60]}` is not understood")


def _is_base(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == BASE
