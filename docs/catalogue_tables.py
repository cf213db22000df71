"""Writes the tables of versions.md and model-parity.md from the catalogues of defects: python docs/catalogue_tables.py.

Each stands between two comments, ``<!-- table NAME -->`` and ``<!-- end NAME -->``; a test finds an old one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

from halfpixel.defects.catalogue import NONE_MEASURED, Catalogue, Defect, frameworks, load
from halfpixel.defects.lock import LockedAnswer, load_lock, locked_versions
from halfpixel.golden.vocabulary import GREY_LEVELS, Suite

HERE = Path(__file__).parent
FILES = ("versions.md", "model-parity.md")


def tables() -> dict[str, str]:
    """Each table by its name."""
    return {"releases": _releases(), "changes": _changes(), "exports": _exports()}


def current(text: str) -> str:
    """A page with its tables as the catalogues have them now."""
    for name, table in tables().items():
        between = re.compile(rf"(<!-- table {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        text = between.sub(lambda found, table=table: f"{found[1]}{table}\n{found[2]}", text)
    return text


def _catalogues() -> Iterator[Catalogue]:
    yield from map(load, frameworks())


def _releases() -> str:
    """The releases that ``tox run -e versions`` measures."""
    rows = []
    for catalogue in _catalogues():
        listed = list(catalogue.releases)
        if listed:
            rows.append([catalogue.project, len(listed), listed[0], listed[-1]])
    return _table(["project", "releases", "oldest", "newest"], rows)


def _changes() -> str:
    """Defects that came or went with a release among those measured."""
    rows = []
    for catalogue in _catalogues():
        for defect in catalogue.defects:
            if defect.fixed_in or (defect.last_good and defect.last_good != NONE_MEASURED):
                good = "" if defect.last_good == NONE_MEASURED else defect.last_good
                cells = [defect.title, good, defect.first_bad, defect.fixed_in, _thread(defect)]
                rows.append([catalogue.project, *cells])
    return _table(["project", "defect", "last good", "first bad", "fixed in", "upstream"], rows)


def _exports() -> str:
    """Differences made by exporters and runtimes, worst first, with the cells of the export matrix that show them."""
    found: list[tuple[float, list[object]]] = []
    for catalogue in _catalogues():
        answers = _export_answers(catalogue.framework)
        for defect in catalogue.defects:
            mine = [answer for answer in answers if answer.defect == defect.id]
            gains = [gain for answer in mine for gain in answer.gains.values() if gain is not None]
            if mine:
                worst = max(gains, default=math.inf)
                error = f"{worst * GREY_LEVELS / 2:.0f} ({worst:.2g})" if math.isfinite(worst) else "no image at all"
                found.append((worst, [defect.title, error, len(mine), _thread(defect)]))
    rows = [row for _, row in sorted(found, key=lambda item: (-item[0], str(item[1][0])))]
    return _table(["difference", "worst error, grey levels (gain)", "calls and cells", "upstream"], rows)


def _export_answers(framework: str) -> list[LockedAnswer]:
    versions = locked_versions(framework)
    lock = load_lock(framework, versions[-1]) if versions else None
    return [answer for answer in lock.answers if answer.suite == Suite.PARITY] if lock else []


def _thread(defect: Defect) -> str:
    if not defect.is_reported:
        return defect.upstream
    number = re.search(r"/(?:issues|pull)/(\d+)", defect.upstream)
    return f"[{f'#{number[1]}' if number else 'page'}]({defect.upstream})"


def _table(header: list[str], rows: list[list[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    for name in FILES:
        page = HERE / name
        page.write_text(current(page.read_text(encoding="utf-8")), encoding="utf-8")
