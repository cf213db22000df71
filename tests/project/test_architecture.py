"""The rooms of the package: no import circle, imports go down only, small folders, no import by a bare name.

Every import counts, those within functions and behind conditions too.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from tests import ROOT

LEVELS = ("golden", "adapters", "defects", "probe", "parity", "segmentation")
"""Each may import itself and those before it."""
ALLOWED = {
    **{room: set(LEVELS[: level + 1]) for level, room in enumerate(LEVELS)},
    "reports": {"golden", "reports"},
    "suites": {*LEVELS, "reports", "suites"},
    "halfpixel": {*LEVELS, "reports", "suites", "halfpixel"},
}
ROOMS = tuple(ALLOWED)
MOST_FILES = 16

BARE_NAMES = {room for room in ROOMS if room != "halfpixel"}
_BARE = "|".join(sorted(BARE_NAMES))
BARE_IMPORT = re.compile(
    rf"^\s*(?:from\s+(?:{_BARE})[\w.]*\s+import\s|import\s+(?:{_BARE})(?:[\s.,;]|$))", re.MULTILINE
)
OUTSIDE_THE_PACKAGE = ("tests", "bench", "docs")


def _module(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    return ".".join(parts if parts[0] == "halfpixel" else ("halfpixel", *parts))


@cache
def _modules() -> dict[str, Path]:
    """The file of every module of the package."""
    return {_module(file): file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py"))}


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def _imported(module: str, file: Path, tree: ast.AST, known: set[str]) -> set[str]:
    """The modules among ``known`` that a module imports: for ``from a import b``, ``a.b`` where that is one."""
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    targets: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            targets |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            ancestors = package.split(".")
            above = ancestors[: len(ancestors) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            names = {f"{source}.{alias.name}" for alias in node.names}
            targets |= {name if name in known else source for name in names}
    return targets & known


@cache
def _imports() -> dict[str, set[str]]:
    known = set(_modules())
    return {module: _imported(module, file, _tree(file), known) for module, file in _modules().items()}


def _room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in ROOMS else "halfpixel"


def circles(imports: dict[str, set[str]]) -> list[list[str]]:
    """The groups of modules that import each other, directly or through others: Tarjan's algorithm."""
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    groups = []

    def visit(module: str) -> None:
        index[module] = lowest[module] = len(index)
        stack.append(module)
        for target in sorted(imports.get(module, ())):
            if target not in index:
                visit(target)
                lowest[module] = min(lowest[module], lowest[target])
            elif target in stack:
                lowest[module] = min(lowest[module], index[target])
        if lowest[module] == index[module]:
            place = stack.index(module)
            group = stack[place:]
            del stack[place:]
            if len(group) > 1 or module in imports.get(module, ()):
                groups.append(sorted(group))

    for module in sorted(imports):
        if module not in index:
            visit(module)
    return groups


def _bare_imports(tree: ast.AST) -> list[int]:
    """The lines that import a room by its bare name, in code or in the text of a program."""
    lines = []
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and BARE_IMPORT.search(node.value):
            lines.append(node.lineno)
        lines += [node.lineno for name in names if name.split(".")[0] in BARE_NAMES]
    return lines


def test_every_room_is_there() -> None:
    assert {_room(module) for module in _modules()} == set(ROOMS)
    assert sum(map(len, _imports().values())) > 500


def test_no_module_imports_itself_through_others() -> None:
    assert circles(_imports()) == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_those_below_it(room: str) -> None:
    upward = {
        f"{module} -> {target}"
        for module, targets in _imports().items()
        if _room(module) == room
        for target in targets
        if _room(target) not in ALLOWED[room]
    }
    assert upward == set()


def test_no_folder_is_an_attic() -> None:
    """A framework that is one file is not counted: there may be as many of them as there are frameworks."""
    files: dict[str, int] = defaultdict(int)
    for file in _modules().values():
        if file.parent.name == "adapters" and "\nFRAMEWORK = " in file.read_text(encoding="utf-8"):
            continue
        files[file.parent.relative_to(ROOT).as_posix()] += 1
    assert {folder: count for folder, count in files.items() if count > MOST_FILES} == {}


def test_no_room_is_imported_by_its_bare_name() -> None:
    """A clone has the rooms beside each other: a bare name would load a second copy of a module."""
    files = [*_modules().values(), *(file for folder in OUTSIDE_THE_PACKAGE for file in (ROOT / folder).rglob("*.py"))]
    others = [file for file in files if file != Path(__file__)]
    assert {str(file.relative_to(ROOT)): lines for file in others if (lines := _bare_imports(_tree(file)))} == {}


def test_circles_and_bare_imports_are_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert circles({"a": {"b"}, "b": set(), "c": {"b"}}) == []
    source = "import golden\nfrom probe.a import b\nimport halfpixel.golden\nprogram = 'x = 1\\nimport suites\\n'\n"
    assert _bare_imports(ast.parse(source)) == [1, 2, 4]
    tree = ast.parse("def f():\n    from . import b\n    from halfpixel.golden.c import D")
    known = {"halfpixel.golden.b", "halfpixel.golden.c"}
    assert _imported("halfpixel.golden.a", Path("a.py"), tree, known) == known
