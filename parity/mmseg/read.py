"""Reads a config and its bases: first without running anything, then through mmengine, and holds the two together."""

from __future__ import annotations

import ast
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from parity.mmseg.language import BASE, Evaluator
from parity.mmseg.values import Place, Unreadable, Value, merged

MAX_BYTES = 1_000_000
MAX_DEPTH = 32
DEPRECATION = "_deprecation_"
# What substitutions may put into a config: nothing that could end a string or make a call.
_HARMLESS = re.compile(r"[\w./:+ -]*")
_PREDEFINED = {
    "fileDirname": lambda file: file.parent.as_posix(),
    "fileBasename": lambda file: file.name,
    "fileBasenameNoExtension": lambda file: file.stem,
    "fileExtname": lambda file: file.suffix,
}


class NoMmengine(Exception):
    """mmengine, which reads configs, is not installed."""


@dataclass(frozen=True, slots=True, eq=False)
class Config:
    """A config as its own file and its bases make it.

    ``files``: the file and every base, in the order of reading, the file last.
    """

    file: Path
    values: Value
    files: tuple[Path, ...]


def read(path: str | Path) -> Config:
    """Read a config with its ``_base_`` chain; nothing of it runs until all of it was seen to be data.

    Raises ``Unreadable`` with the file and the line of what is wrong, ``NoMmengine`` where mmengine is absent.
    """
    found = read_statically(path)
    through_mmengine(found)
    return found


def read_statically(path: str | Path) -> Config:
    """The same, without mmengine, and so without anything that runs; raises ``Unreadable``."""
    file = Path(os.path.abspath(path))
    files: list[Path] = []
    values = _read(file, Place(file, 1), (), files)
    return Config(file, values, tuple(dict.fromkeys(files)))


def _read(file: Path, asked: Place, above: tuple[Path, ...], files: list[Path]) -> Value:
    if file in above:
        cycle = " -> ".join(each.name for each in (*above[above.index(file) :], file))
        raise Unreadable(asked, f"the bases form a cycle: {cycle}")
    if len(above) >= MAX_DEPTH:
        raise Unreadable(asked, f"more than {MAX_DEPTH} bases, each of the one before")
    module = _module(file, asked)
    base: dict[str, Value] = {}
    for place, name in _bases(file, module):
        inherited = _read(Path(os.path.abspath(file.parent / name)), place, (*above, file), files)
        twice = sorted(base.keys() & inherited.content.keys())
        if twice:
            key = twice[0]
            raise Unreadable(place, f"two bases define {key!r}: {base[key].place} and {inherited.content[key].place}")
        base |= inherited.content
    own_base = Value(base, Place(file, 1))
    try:
        own = Evaluator(file, own_base).run(module)
    except RecursionError:
        raise Unreadable(Place(file, 1), "nested too deeply to be read") from None
    own.pop(DEPRECATION, None)
    files.append(file)
    return Value(merged(own, own_base.content), Place(file, 1))


def _module(file: Path, asked: Place) -> ast.Module:
    """The file, parsed; ``asked`` is where it was named, to be said when there is no such file."""
    if not file.exists():
        wanted = "no such file" if asked.file == file else f"no such base: {file}"
        raise Unreadable(asked, wanted)
    if file.is_dir():
        raise Unreadable(asked, f"{file.name} is a directory, not a config")
    if file.suffix != ".py":
        raise Unreadable(Place(file, 1), f"a config of mmsegmentation is a .py file, not {file.suffix or 'this'}")
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Unreadable(asked, f"{file.name} cannot be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise Unreadable(Place(file, 1), f"{len(content)} bytes; configs are smaller than {MAX_BYTES}")
    return _parsed(file, content)


@lru_cache(maxsize=512)
def _parsed(file: Path, content: bytes) -> ast.Module:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Unreadable(Place(file, line), "not text: its bytes are not UTF-8") from None
    try:
        module = ast.parse(substituted(file, text))
    except SyntaxError as error:
        raise Unreadable(Place(file, error.lineno or 1), f"does not parse: {error.msg}") from None
    except ValueError as error:
        raise Unreadable(Place(file, 1), f"does not parse: {error}") from None
    except (RecursionError, MemoryError):
        raise Unreadable(Place(file, 1), "nested too deeply to be parsed") from None
    if not module.body:
        raise Unreadable(Place(file, 1), "empty: it assigns nothing")
    return module


def substituted(file: Path, text: str) -> str:
    """The text with what mmengine puts in place of ``{{ ... }}``; raises ``Unreadable`` where that is not harmless.

    ``{{ fileBasename }}`` and its like, ``{{$VARIABLE:default}}`` from the environment, and ``{{ _base_.key }}``.
    Source: https://mmengine.readthedocs.io/en/v0.10.7/advanced_tutorials/config.html.
    """

    def put(found: re.Match, value: str) -> str:
        if not _HARMLESS.fullmatch(value):
            line = text[: text.find(found.group())].count("\n") + 1
            raise Unreadable(Place(file, line), f"{found.group()} stands for {value!r}, which may be more than a name")
        return value

    for name, value in _PREDEFINED.items():
        pattern = r"\{\{\s*" + name + r"\s*\}\}"
        text = re.sub(pattern, lambda found, value=value: put(found, value(file)), text)
    variable = r"\{\{['\"]?\s*\$(\w+)\s*:\s*(\S*?)\s*['\"]?\}\}"
    text = re.sub(variable, lambda found: put(found, os.environ.get(found.group(1), found.group(2))), text)
    return re.sub(r"\{\{\s*(" + BASE + r"\.[\w.]+)\s*\}\}", r"\1", text)


def _bases(file: Path, module: ast.Module) -> list[tuple[Place, str]]:
    """Where each base is named, and its path as written."""
    assigned = [
        node
        for node in ast.walk(module)
        if (isinstance(node, ast.Name) and node.id == BASE and isinstance(node.ctx, ast.Store | ast.Del))
    ]
    found = [
        node.value
        for node in module.body
        if isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == [BASE]
    ]
    if len(assigned) != len(found) or len(found) > 1:
        raise Unreadable(Place(file, assigned[-1].lineno), f"{BASE} must be assigned once, by itself")
    named = []
    for value in found:
        for element in value.elts if isinstance(value, ast.List) else [value]:
            if not isinstance(element, ast.Constant) or not isinstance(element.value, str):
                raise Unreadable(Place(file, element.lineno), f"{BASE} must be a path or a list of paths, written out")
            if "::" in element.value:
                package = element.value.partition("::")[0]
                raise Unreadable(Place(file, element.lineno), f"the base is in the package {package}: not followed")
            named.append((Place(file, element.lineno), element.value))
    return named


def through_mmengine(config: Config) -> None:
    """Read it again with ``mmengine.Config``, which runs the file, and hold what it gives against what was read.

    ``custom_imports`` are not imported. Raises ``NoMmengine``, and ``Unreadable`` where mmengine refuses or differs.
    """
    try:
        from mmengine.config import Config as MmengineConfig
    except ImportError as error:
        hint = "tox run -e mmseg installs it"
        raise NoMmengine(f"mmengine, which reads these configs, cannot be imported ({error}); {hint}") from None
    top = Place(config.file, 1)
    try:
        read_by_it = MmengineConfig.fromfile(str(config.file), import_custom_modules=False, lazy_import=False)
        theirs = read_by_it.to_dict()
    except Exception as error:
        raise Unreadable(top, f"mmengine refuses it: {type(error).__name__}: {error}") from error
    ours = config.values.plain()
    for key in sorted(ours.keys() | theirs.keys()):
        if key not in ours or key not in theirs or ours[key] != theirs[key]:
            place = config.values.get(key).place if key in ours else top
            raise Unreadable(place, f"mmengine reads {key!r} otherwise than this audit, so it is not audited")
