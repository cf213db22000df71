"""The libraries that the page is made with, as pip installed them: of each a script, a style sheet and a notice."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Library:
    """What ``halfpixel.library(name)`` adds to the page when a view asks for it.

    ``script`` is a classic script that leaves one global, ``style`` a style sheet, ``notice`` the line that names its
    makers and licence; the licences themselves are comments in ``script``.
    """

    name: str
    script: str
    style: str
    notice: str

    @property
    def digest(self) -> str:
        """What the content security policy calls the script."""
        return "sha256-" + base64.b64encode(hashlib.sha256(self.script.encode()).digest()).decode()


def _file(package: str, path: str) -> str:
    # Found without importing: itables would import pandas.
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise PackageNotFoundError(f"{package}, which the page is made with: see requirements/test.txt")
    return (Path(found.submodule_search_locations[0]) / path).read_text(encoding="utf-8")


def _datatables() -> Library:
    """DataTables with its extensions, as itables ships them: an ES module, made a classic script with one global."""
    script, exported = re.subn(
        r"export\{[^}]*?(\w+) as default[^}]*\}", r"globalThis.DataTable=\1;", _file("itables", "html/dt_bundle.js")
    )
    if exported != 1:
        raise ValueError(f"itables {version('itables')} does not export DataTables as it did")
    return Library(
        "datatables",
        f'(() => {{"use strict";\n{script}\n}})();',
        _file("itables", "html/dt_bundle.css"),
        f"DataTables © SpryMedia Ltd, jQuery © OpenJS Foundation and other contributors, in the bundle of itables "
        f"{version('itables')} © Marc Wouts: MIT licence.",
    )


def _bokeh() -> Library:
    """BokehJS without its optional parts."""
    return Library(
        "bokeh",
        _file("bokeh", "server/static/js/bokeh.min.js"),
        "",
        f"BokehJS {version('bokeh')} © Anaconda, Inc., and Bokeh Contributors: BSD 3-Clause licence.",
    )


LIBRARIES: dict[str, Callable[[], Library]] = {"datatables": _datatables, "bokeh": _bokeh}


@cache
def library(name: str) -> Library:
    """One of ``LIBRARIES``; raises ``PackageNotFoundError`` when the package that ships it is not installed."""
    return LIBRARIES[name]()
