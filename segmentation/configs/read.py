"""Read a config with its bases: statically first, then through mmengine, and compare the two."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from halfpixel.segmentation.configs.language import BASE_KEY, ConfigEvaluator
from halfpixel.segmentation.configs.values import ConfigValue, Scalar, SourceLine, UnreadableConfig, merged

MAX_BYTES = 1_000_000
MAX_DEPTH = 32
DEPRECATION = "_deprecation_"
# What substitutions may put into a config: nothing that could end a string or make a call.
_HARMLESS = re.compile(r"[\w./:+ -]*")
_PREDEFINED: dict[str, Callable[[Path], str]] = {
    "fileDirname": lambda file: file.parent.as_posix(),
    "fileBasename": lambda file: file.name,
    "fileBasenameNoExtension": lambda file: file.stem,
    "fileExtname": lambda file: file.suffix,
}


class MmengineNotInstalled(Exception):
    """mmengine, which reads configs, is not installed."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadConfig:
    """A config as its own file and its bases make it.

    ``files``: the file and every base, in the order of reading, the file last.
    """

    file: Path
    values: ConfigValue
    files: tuple[Path, ...]


def read(path: str | Path) -> ReadConfig:
    """Read a config with its ``_base_`` chain; nothing of it runs until all of it was seen to be data.

    Raises ``UnreadableConfig`` with the file and the line of what is wrong, ``MmengineNotInstalled`` without mmengine.
    """
    config = read_statically(path)
    compare_with_mmengine(config)
    return config


def read_statically(path: str | Path) -> ReadConfig:
    """The same, without mmengine, and so without anything that runs; raises ``UnreadableConfig``."""
    file = Path(os.path.abspath(path))
    top = SourceLine(file, 1)
    files: list[Path] = []
    values = ConfigValue(_read(file, top, (), files), top)
    return ReadConfig(file, values, tuple(dict.fromkeys(files)))


def _read(file: Path, named_at: SourceLine, above: tuple[Path, ...], files: list[Path]) -> dict[Scalar, ConfigValue]:
    """The values of a file that ``named_at`` names as a base of ``above``; every file read is added to ``files``."""
    if file in above:
        cycle = " -> ".join(ancestor.name for ancestor in (*above[above.index(file) :], file))
        raise UnreadableConfig(named_at, f"the bases form a cycle: {cycle}")
    if len(above) >= MAX_DEPTH:
        raise UnreadableConfig(named_at, f"more than {MAX_DEPTH} bases, each of the one before")
    module = _module(file, named_at)
    top = SourceLine(file, 1)
    base: dict[Scalar, ConfigValue] = {}
    for place, name in _bases(file, module):
        inherited = _read(Path(os.path.abspath(file.parent / name)), place, (*above, file), files)
        twice = sorted(base.keys() & inherited.keys(), key=str)
        if twice:
            key = twice[0]
            raise UnreadableConfig(place, f"two bases define {key!r}: {base[key].place} and {inherited[key].place}")
        base |= inherited
    try:
        own = ConfigEvaluator(file, ConfigValue(base, top)).run(module)
    except RecursionError:
        raise UnreadableConfig(top, "nested too deeply to be read") from None
    own.pop(DEPRECATION, None)
    files.append(file)
    return merged(own, base)


def _module(file: Path, named_at: SourceLine) -> ast.Module:
    """The file, parsed; that there is none is said of ``named_at``."""
    top = SourceLine(file, 1)
    if not file.exists():
        raise UnreadableConfig(named_at, "no such file" if named_at.file == file else f"no such base: {file}")
    if file.is_dir():
        raise UnreadableConfig(named_at, f"{file.name} is a directory, not a config")
    if file.suffix != ".py":
        raise UnreadableConfig(top, f"a config of mmsegmentation is a .py file, not {file.suffix or 'this'}")
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UnreadableConfig(named_at, f"{file.name} cannot be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise UnreadableConfig(top, f"{len(content)} bytes; configs are smaller than {MAX_BYTES}")
    return _parsed(file, content)


@lru_cache(maxsize=512)
def _parsed(file: Path, content: bytes) -> ast.Module:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UnreadableConfig(SourceLine(file, line), "not text: its bytes are not UTF-8") from None
    try:
        module = ast.parse(substitute_variables(file, text))
    except SyntaxError as error:
        raise UnreadableConfig(SourceLine(file, error.lineno or 1), f"does not parse: {error.msg}") from None
    except ValueError as error:
        raise UnreadableConfig(SourceLine(file, 1), f"does not parse: {error}") from None
    except (RecursionError, MemoryError):
        raise UnreadableConfig(SourceLine(file, 1), "nested too deeply to be parsed") from None
    if not module.body:
        raise UnreadableConfig(SourceLine(file, 1), "empty: it assigns nothing")
    return module


def substitute_variables(file: Path, text: str) -> str:
    """The text with what mmengine puts in place of ``{{ ... }}``; ``UnreadableConfig`` where that is not harmless.

    ``{{ fileBasename }}`` and its like, ``{{$VARIABLE:default}}`` from the environment, and ``{{ _base_.key }}``.
    Source: https://mmengine.readthedocs.io/en/v0.10.7/advanced_tutorials/config.html.
    """

    def harmless(match: re.Match[str], value: str) -> str:
        if not _HARMLESS.fullmatch(value):
            line = text[: text.find(match.group())].count("\n") + 1
            raise UnreadableConfig(
                SourceLine(file, line), f"{match.group()} stands for {value!r}, which may be more than a name"
            )
        return value

    def from_environment(match: re.Match[str]) -> str:
        return harmless(match, os.environ.get(match[1], match[2]))

    for name, value_of in _PREDEFINED.items():
        text = re.sub(r"\{\{\s*" + name + r"\s*\}\}", partial(harmless, value=value_of(file)), text)
    text = re.sub(r"\{\{['\"]?\s*\$(\w+)\s*:\s*(\S*?)\s*['\"]?\}\}", from_environment, text)
    return re.sub(r"\{\{\s*(" + BASE_KEY + r"\.[\w.]+)\s*\}\}", r"\1", text)


def _bases(file: Path, module: ast.Module) -> list[tuple[SourceLine, str]]:
    """Where each base is named, and its path as written."""
    stored = [
        node
        for node in ast.walk(module)
        if (isinstance(node, ast.Name) and node.id == BASE_KEY and isinstance(node.ctx, ast.Store | ast.Del))
    ]
    assigned = [
        node.value
        for node in module.body
        if isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == [BASE_KEY]
    ]
    if len(stored) != len(assigned) or len(assigned) > 1:
        raise UnreadableConfig(SourceLine(file, stored[-1].lineno), f"{BASE_KEY} must be assigned once, by itself")
    named = []
    for value in assigned:
        for element in value.elts if isinstance(value, ast.List) else [value]:
            place = SourceLine(file, element.lineno)
            if not isinstance(element, ast.Constant) or not isinstance(element.value, str):
                raise UnreadableConfig(place, f"{BASE_KEY} must be a path or a list of paths, written out")
            if "::" in element.value:
                package = element.value.partition("::")[0]
                raise UnreadableConfig(place, f"the base is in the package {package}: not followed")
            named.append((place, element.value))
    return named


def compare_with_mmengine(config: ReadConfig) -> None:
    """Read it again with ``mmengine.Config``, which runs the file, and compare the two.

    ``custom_imports`` are not imported. Raises ``MmengineNotInstalled``, and ``UnreadableConfig`` where mmengine
    refuses or differs.
    """
    try:
        from mmengine.config import Config as MmengineConfig
    except ImportError as error:
        hint = "tox run -e mmseg installs it"
        raise MmengineNotInstalled(
            f"mmengine, which reads these configs, cannot be imported ({error}); {hint}"
        ) from None
    top = SourceLine(config.file, 1)
    try:
        theirs = MmengineConfig.fromfile(str(config.file), import_custom_modules=False, lazy_import=False).to_dict()
    except Exception as error:
        raise UnreadableConfig(top, f"mmengine refuses it: {type(error).__name__}: {error}") from error
    ours = config.values.plain()
    for key in sorted(ours.keys() | theirs.keys()):
        if key not in ours or key not in theirs or ours[key] != theirs[key]:
            value = config.values.get(key)
            place = top if value is None else value.place
            raise UnreadableConfig(place, f"mmengine reads {key!r} differently, so this config is not audited")
