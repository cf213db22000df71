"""Values of a config with the file and line they come from, and how a child config overrides its base."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

DELETE = "_delete_"
SCALARS = (str, int, float, bool, type(None))
Scalar: TypeAlias = str | int | float | bool | None
Content: TypeAlias = "Scalar | list[ConfigValue] | tuple[ConfigValue, ...] | dict[Scalar, ConfigValue]"
ConfigPath: TypeAlias = tuple[Scalar, ...]
"""The keys and indices that lead to a value."""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of a file, counted from 1."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class UnreadableConfig(Exception):
    """A config that cannot be audited; ``str`` is one line that begins with the file and the line."""

    def __init__(self, place: SourceLine, message: str) -> None:
        super().__init__(f"{place}: {' '.join(message.split())}")
        self.place = place
        self.message = message


@dataclass(slots=True, eq=False)
class ConfigValue:
    """A value of a config.

    content
        A string, number, bool or ``None``, or a list, tuple or dict of :class:`ConfigValue`. Containers are shared
        between the names that stand for them, as Python shares them.
    place
        Where it stands: the line of the keyword, key, element or assignment that gives it.
    replaced
        The values of base configs that it overrides, the nearest first.
    """

    content: Content
    place: SourceLine
    replaced: tuple[ConfigValue, ...] = ()

    def plain(self) -> Any:
        """The value as Python has it: strings, numbers, lists, tuples and dicts of them."""
        if isinstance(self.content, dict):
            return {key: value.plain() for key, value in self.content.items()}
        if isinstance(self.content, list | tuple):
            return type(self.content)(value.plain() for value in self.content)
        return self.content

    def at(self, place: SourceLine) -> ConfigValue:
        """The same content, standing elsewhere."""
        return ConfigValue(self.content, place, self.replaced)

    def copy(self) -> ConfigValue:
        """Another value whose containers are its own."""
        content = self.content
        if isinstance(content, dict):
            content = {key: value.copy() for key, value in content.items()}
        elif isinstance(content, list | tuple):
            content = type(content)(value.copy() for value in content)
        return ConfigValue(content, self.place, self.replaced)

    def get(self, *keys: Scalar) -> ConfigValue | None:
        """The value under these keys of nested dicts, or ``None``."""
        value = self
        for key in keys:
            if not isinstance(value.content, dict) or key not in value.content:
                return None
            value = value.content[key]
        return value

    def get_plain(self, *keys: Scalar) -> Any:
        """The same as Python has it; ``None`` where there is no such value."""
        value = self.get(*keys)
        return None if value is None else value.plain()

    def walk(self, path: ConfigPath = ()) -> Iterator[tuple[ConfigPath, ConfigValue]]:
        """Every value inside, itself first, each with the keys and indices that lead to it."""
        yield path, self
        if isinstance(self.content, dict):
            for key, value in self.content.items():
                yield from value.walk((*path, key))
        elif isinstance(self.content, list | tuple):
            for index, value in enumerate(self.content):
                yield from value.walk((*path, index))


def merged(child: dict[Scalar, ConfigValue], base: dict[Scalar, ConfigValue]) -> dict[Scalar, ConfigValue]:
    """``child`` laid over ``base``: dicts key by key, everything else replaced; neither is changed.

    A dict with ``_delete_=True`` replaces the one of the base. Raises :class:`UnreadableConfig` where a dict would be
    laid over something else. Source: https://mmengine.readthedocs.io/en/v0.10.7/advanced_tutorials/config.html
    (inheritance).
    """
    result = {key: value.copy() for key, value in base.items()}
    for key, value in child.items():
        old = result.get(key)
        result[key] = value.copy() if old is None else _override(key, value, old)
    return result


def _override(key: Scalar, value: ConfigValue, old: ConfigValue) -> ConfigValue:
    replaced = (*value.replaced, old, *old.replaced)
    if not isinstance(value.content, dict):
        return ConfigValue(value.copy().content, value.place, replaced)
    content = dict(value.content)
    deleting = content.pop(DELETE, None)
    if deleting is not None and deleting.content:
        return ConfigValue(ConfigValue(content, value.place).copy().content, value.place, replaced)
    if not isinstance(old.content, dict):
        kind = type(old.content).__name__
        raise UnreadableConfig(
            value.place,
            f"{key!r} is a dict, and of type {kind} in the base ({old.place}): they cannot be merged; "
            f"{DELETE}=True would replace it",
        )
    return ConfigValue(merged(content, old.content), value.place, replaced)


def dotted_path(path: ConfigPath) -> str:
    """A path as one would write it: ``model.auxiliary_head[1].align_corners``."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".")
