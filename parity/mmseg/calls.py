"""The functions that a config may call, made here of values that know their place; none is looked up in the config."""

from __future__ import annotations

from collections.abc import Callable

from parity.mmseg.values import SCALARS, Place, Value

MAX_LENGTH = 100_000
MAX_TOTAL = 1_000_000
_NUMBERS: dict[str, Callable] = {"sum": sum, "min": min, "max": max, "int": int, "float": float}
CALLS = ("dict", "list", "tuple", "range", "enumerate", "len", *_NUMBERS)
"""Functions that a config may call; ``dict`` is the language's own affair."""


def called(name: str, arguments: list[Value], place: Place) -> object:
    """What the function of that name gives; raises what Python raises, or ``ValueError`` for too many elements."""
    contents = [argument.content for argument in arguments]
    if name == "range":
        numbers = range(*contents)
        if len(numbers) > MAX_LENGTH:
            raise ValueError(f"more than {MAX_LENGTH} elements")
        return [Value(number, place) for number in numbers]
    if name == "len":
        (one,) = contents
        return len(one)
    if name == "enumerate":
        pairs = enumerate(_elements(arguments[0], place), *contents[1:])
        return [Value((Value(index, place), value), place) for index, value in pairs]
    if name in ("list", "tuple"):
        elements = _elements(arguments[0], place) if arguments else []
        return elements if name == "list" else tuple(elements)
    return _NUMBERS[name](*map(_numbers, contents))


def _elements(value: Value, place: Place) -> list[Value]:
    if isinstance(value.content, dict):
        return [Value(key, place) for key in value.content]
    if not isinstance(value.content, list | tuple):
        raise TypeError("not a list")
    return list(value.content)


def _numbers(content: object) -> object:
    if isinstance(content, list | tuple):
        return [value.content for value in content]
    return content


def total(value: Value) -> int:
    """How many values there are inside, each as often as it would be written out; at most :data:`MAX_TOTAL`.

    Raises ``ValueError`` for more, and for a value that holds itself: neither could be copied.
    """
    counts: dict[int, int] = {}

    def count(one: Value) -> int:
        if isinstance(one.content, SCALARS):
            return 1
        key = id(one.content)
        if counts.get(key) == 0:
            raise ValueError("a value that holds itself")
        if key not in counts:
            counts[key] = 0
            inside = one.content.values() if isinstance(one.content, dict) else one.content
            counts[key] = 1 + sum(map(count, inside))
            if counts[key] > MAX_TOTAL:
                raise ValueError(f"more than {MAX_TOTAL} values")
        return counts[key]

    return count(value)
