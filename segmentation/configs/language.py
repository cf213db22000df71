"""Evaluate the subset of Python that configs are written in, without running any; refuse the rest with its line."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from halfpixel.segmentation.configs.values import SCALARS, ConfigValue, Content, Scalar, SourceLine, UnreadableConfig

MAX_LENGTH = 100_000
MAX_TOTAL = 1_000_000
_NUMBERS: dict[str, Callable[..., Any]] = {"sum": sum, "min": min, "max": max, "int": int, "float": float}
ALLOWED_FUNCTIONS = ("dict", "list", "tuple", "range", "enumerate", "len", *_NUMBERS)
"""Functions that a config may call; ``dict`` is the language's own affair."""


def call_function(name: str, arguments: list[ConfigValue], place: SourceLine) -> Content:
    """What the function of that name gives; raises what Python raises, or ``ValueError`` for too many elements."""
    contents = [argument.content for argument in arguments]
    if name == "range":
        numbers = range(*map(_whole_number, contents))
        if len(numbers) > MAX_LENGTH:
            raise ValueError(f"more than {MAX_LENGTH} elements")
        return [ConfigValue(number, place) for number in numbers]
    if name == "len":
        (content,) = contents
        return len(content if isinstance(content, str) else _elements(arguments[0], place))
    if name == "enumerate":
        pairs = enumerate(_elements(arguments[0], place), *map(_whole_number, contents[1:]))
        return [ConfigValue((ConfigValue(index, place), value), place) for index, value in pairs]
    if name in ("list", "tuple"):
        elements = _elements(arguments[0], place) if arguments else []
        return elements if name == "list" else tuple(elements)
    plain = [[value.content for value in part] if isinstance(part, list | tuple) else part for part in contents]
    number: Scalar = _NUMBERS[name](*plain)
    return number


def _elements(value: ConfigValue, place: SourceLine) -> list[ConfigValue]:
    if isinstance(value.content, dict):
        return [ConfigValue(key, place) for key in value.content]
    if not isinstance(value.content, list | tuple):
        raise TypeError("not a list")
    return list(value.content)


def _whole_number(content: Content) -> int:
    if not isinstance(content, int):
        raise TypeError("not a whole number")
    return content


def count_values(value: ConfigValue) -> int:
    """How many values there are inside, each as often as it would be written out; at most :data:`MAX_TOTAL`.

    Raises ``ValueError`` for more, and for a value that holds itself: neither could be copied.
    """
    counts: dict[int, int] = {}

    def count(inner: ConfigValue) -> int:
        if isinstance(inner.content, SCALARS):
            return 1
        key = id(inner.content)
        if counts.get(key) == 0:
            raise ValueError("a value that holds itself")
        if key not in counts:
            counts[key] = 0
            elements = inner.content.values() if isinstance(inner.content, dict) else inner.content
            counts[key] = 1 + sum(map(count, elements))
            if counts[key] > MAX_TOTAL:
                raise ValueError(f"more than {MAX_TOTAL} values")
        return counts[key]

    return count(value)


BASE_KEY = "_base_"
MAX_STEPS = 200_000
MAX_BITS = 128
METHODS = ("update", "append", "extend", "copy")
"""Methods that a config may call, of its own dicts and lists."""

_ARITHMETIC: dict[type[ast.operator], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_SIGNS: dict[type[ast.unaryop], Callable[..., Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[..., Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}

_REFUSED_SYNTAX: dict[type[ast.AST], str] = {
    ast.With: "`with read_base():` belongs to new-style configs, which import bases and classes: that runs code",
    ast.Import: "an import runs code",
    ast.ImportFrom: "an import runs code",
    ast.FunctionDef: "a function is code",
    ast.ClassDef: "a class is code",
    ast.Lambda: "a function is code",
}
_SUPPORTED_SYNTAX = "configs are read as assignments of literals, dict(...), arithmetic and names of their own"


class ConfigEvaluator:
    """One config file: its assignments, in order.

    ``base`` is what ``_base_`` stands for: the values that the base configs give together.
    """

    def __init__(self, file: Path, base: ConfigValue) -> None:
        self.file = file
        self.names: dict[Scalar, ConfigValue] = {BASE_KEY: base}
        self.steps = 0

    def run(self, module: ast.Module) -> dict[Scalar, ConfigValue]:
        """The values that the file assigns; raises ``UnreadableConfig`` for what is not the language of configs."""
        for statement in module.body:
            self._statement(statement)
        assigned = {name: value for name, value in self.names.items() if name != BASE_KEY}
        try:
            count_values(ConfigValue(assigned, SourceLine(self.file, 1)))
        except ValueError as error:
            raise UnreadableConfig(SourceLine(self.file, 1), str(error)) from None
        return assigned

    def _refuse(self, node: ast.AST, message: str) -> UnreadableConfig:
        return UnreadableConfig(self._place(node), f"{message}; {_SUPPORTED_SYNTAX}")

    def _place(self, node: ast.AST) -> SourceLine:
        return SourceLine(self.file, getattr(node, "lineno", 1))

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

    def _unknown(self, node: ast.AST) -> UnreadableConfig:
        explained = _REFUSED_SYNTAX.get(type(node))
        if isinstance(node, ast.With) and "read_base" not in ast.unparse(node.items[0].context_expr):
            explained = "a `with` statement is code"
        first_line = ast.unparse(node).splitlines()[0][:60]
        return self._refuse(node, explained or f"`{first_line}` is code")

    def _assign(self, target: ast.expr, value: ConfigValue) -> None:
        if isinstance(target, ast.Name):
            if target.id.startswith("__") or target.id in (*ALLOWED_FUNCTIONS, BASE_KEY):
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

    def _value(self, node: ast.expr) -> ConfigValue:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise self._refuse(node, f"more than {MAX_STEPS} steps")
        content = self._content(node)
        if isinstance(content, ConfigValue):
            return content.at(self._place(node))
        if isinstance(content, int) and content.bit_length() > MAX_BITS:
            raise self._refuse(node, f"a number of more than {MAX_BITS} bits")
        if isinstance(content, str | list | tuple | dict) and len(content) > MAX_LENGTH:
            raise self._refuse(node, f"more than {MAX_LENGTH} elements")
        return ConfigValue(content, self._place(node))

    def _content(self, node: ast.expr) -> Content | ConfigValue:
        if isinstance(node, ast.Constant) and isinstance(node.value, SCALARS):
            return node.value
        if isinstance(node, ast.Name):
            if node.id not in self.names:
                raise self._refuse(node, f"{node.id!r} is not defined in this file (a base's is {BASE_KEY}.{node.id})")
            return self.names[node.id]
        if isinstance(node, ast.List | ast.Tuple):
            elements = map(self._value, node.elts)
            return list(elements) if isinstance(node, ast.List) else tuple(elements)
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

    def _computed(self, node: ast.expr) -> Content:
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

    def _apply(self, node: ast.expr, function: Callable[..., Any], *operands: ast.expr) -> Content:
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
            result: Content = function(*values)
            return result
        except (TypeError, ValueError, ArithmeticError) as error:
            raise self._refuse(node, f"`{ast.unparse(node)[:60]}`: {error}") from None

    def _text(self, node: ast.expr) -> str:
        """A part of an f-string."""
        if isinstance(node, ast.Constant):
            return str(node.value)
        if not isinstance(node, ast.FormattedValue) or node.format_spec is not None or node.conversion != -1:
            raise self._unknown(node)
        content = self._value(node.value).content
        if not isinstance(content, SCALARS):
            raise self._unknown(node)
        return str(content)

    def _key(self, node: ast.expr) -> Scalar:
        key = self._value(node).content
        if not isinstance(key, SCALARS):
            raise self._refuse(node, f"`{ast.unparse(node)[:60]}` is no key")
        return key

    def _dict(self, node: ast.Dict) -> dict[Scalar, ConfigValue]:
        content: dict[Scalar, ConfigValue] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            content |= self._unpacked(value) if key is None else {self._key(key): self._value(value)}
        return content

    def _unpacked(self, node: ast.expr) -> dict[Scalar, ConfigValue]:
        content = self._value(node).content
        if not isinstance(content, dict):
            raise self._refuse(node, f"`**{ast.unparse(node)[:60]}` is not a dict")
        return content

    def _element(self, node: ast.Subscript) -> str | ConfigValue:
        holder, key = self._value(node.value).content, self._value(node.slice).content
        try:
            if isinstance(holder, dict) and isinstance(key, SCALARS):
                return holder[key]
            if isinstance(holder, str | list | tuple) and isinstance(key, int):
                return holder[key]
        except (KeyError, IndexError):
            pass
        raise self._refuse(node, f"`{ast.unparse(node)[:60]}` is nothing")

    def _base_value(self, node: ast.Attribute) -> ConfigValue:
        """``_base_.a.b``: a value of the base configs."""
        names = []
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            names.append(inner.attr)
            inner = inner.value
        if not _is_base(inner):
            raise self._refuse(node, f"`{ast.unparse(node)[:60]}` is an attribute of an object")
        value = self.names[BASE_KEY].get(*reversed(names))
        if value is None:
            raise self._refuse(node, f"no base config defines {'.'.join(reversed(names))!r}")
        return value

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
        hidden: dict[Scalar, ConfigValue] = {name: self.names[name] for name in bound if name in self.names}
        place = self._place(first.iter)
        for value in list(values):
            self._assign(first.target, value if isinstance(value, ConfigValue) else ConfigValue(value, place))
            if all(self._value(condition).content for condition in first.ifs):
                yield from self._loops(rest)
        for name in bound:
            self.names.pop(name, None)
        self.names |= hidden

    def _call(self, node: ast.Call) -> Content:
        if isinstance(node.func, ast.Attribute):
            return self._method(node, node.func)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in ALLOWED_FUNCTIONS:
            raise self._refuse(node, f"`{ast.unparse(node.func)[:60]}(...)` is a call of code")
        if name == "dict":
            return self._arguments_as_dict(node)
        arguments = [self._value(argument) for argument in node.args]
        try:
            if node.keywords:
                raise TypeError("keywords are not understood")
            result = call_function(name, arguments, self._place(node))
        except (TypeError, ValueError, IndexError, OverflowError) as error:
            raise self._refuse(node, f"`{ast.unparse(node)[:60]}`: {error}") from None
        self.steps += len(result) if isinstance(result, list | tuple) else 0
        return result

    def _arguments_as_dict(self, node: ast.Call) -> dict[Scalar, ConfigValue]:
        """What ``dict(...)`` makes of the arguments of a call."""
        content: dict[Scalar, ConfigValue] = {}
        for argument in node.args:
            content |= self._unpacked(argument)
        for keyword in node.keywords:
            if keyword.arg is None:
                content |= self._unpacked(keyword.value)
            else:
                # The line of the keyword: a long value may begin on a later one.
                content[keyword.arg] = self._value(keyword.value).at(self._place(keyword))
        return content

    def _method(self, node: ast.Call, function: ast.Attribute) -> Content:
        name = function.attr
        if name not in METHODS:
            raise self._refuse(node, f"`{ast.unparse(function)[:60]}(...)` is a call of code")
        holder = self._value(function.value).content
        if name == "update" and isinstance(holder, dict):
            holder.update(self._arguments_as_dict(node))
            return None
        if name == "copy" and isinstance(holder, dict | list) and not node.args:
            return holder.copy()
        if name in ("append", "extend") and isinstance(holder, list) and len(node.args) == 1:
            added = self._value(node.args[0])
            if name == "append":
                holder.append(added)
                return None
            if isinstance(added.content, list | tuple):
                holder.extend(added.content)
                return None
        raise self._refuse(node, f"`{ast.unparse(node)[:60]}` is not understood")


def _is_base(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == BASE_KEY
