"""What a page carries inside: packed values for its scripts, and the third-party libraries as pip installed them."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from markupsafe import Markup

from halfpixel.reports.page.templating import content_digest


def pack(value: object) -> str:
    """The value as base64 of gzipped JSON, the same text for the same value; raises ``ValueError`` for NaN or ∞."""
    # No time stamp: two pages of the same records are the same bytes. ASCII keeps halves of characters apart.
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode("ascii"), compresslevel=9, mtime=0)).decode("ascii")


def pack_scripts(values: Mapping[str, object]) -> Markup:
    """An element ``packed-NAME`` for each value; a browser leaves elements of this type alone."""
    element = Markup('<script type="application/octet-stream" id="packed-{}">{}</script>\n')
    return Markup("").join(element.format(name, pack(value)) for name, value in values.items())


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
        return content_digest(self.script)


def _package_file(package: str, path: str) -> str:
    # Found without importing: itables would import pandas.
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise PackageNotFoundError(f"{package}, which the page is made with: see requirements/test.txt")
    return (Path(found.submodule_search_locations[0]) / path).read_text(encoding="utf-8")


def _datatables() -> Library:
    """DataTables with its extensions, as itables ships them: an ES module, made a classic script with one global."""
    script, exported = re.subn(
        r"export\{[^}]*?(\w+) as default[^}]*\}",
        r"globalThis.DataTable=\1;",
        _package_file("itables", "html/dt_bundle.js"),
    )
    if exported != 1:
        raise ValueError(f"itables {version('itables')} does not export DataTables as it did")
    return Library(
        "datatables",
        f'(() => {{"use strict";\n{script}\n}})();',
        _package_file("itables", "html/dt_bundle.css"),
        f"DataTables © SpryMedia Ltd, jQuery © OpenJS Foundation and other contributors, in the bundle of itables "
        f"{version('itables')} © Marc Wouts: MIT licence.",
    )


def _bokeh() -> Library:
    """BokehJS without its optional parts."""
    return Library(
        "bokeh",
        _package_file("bokeh", "server/static/js/bokeh.min.js"),
        "",
        f"BokehJS {version('bokeh')} © Anaconda, Inc., and Bokeh Contributors: BSD 3-Clause licence.",
    )


LIBRARIES: dict[str, Callable[[], Library]] = {"datatables": _datatables, "bokeh": _bokeh}


@cache
def library(name: str) -> Library:
    """One of ``LIBRARIES``; raises ``PackageNotFoundError`` when the package that ships it is not installed."""
    return LIBRARIES[name]()
