"""Since which version a divergence is found: derived from a timeline, kept in ``first_seen.toml``."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path

from reports.files import write_whole
from reports.record import DISAGREEMENT, Finding, RecordError
from reports.timeline import Line, Timeline

PATH = Path(__file__).with_name("first_seen.toml")
_HEADER = """# Since which of the measured versions each divergence of the newest one is found as it is there.
# Made by `python -m reports timeline RUNS --since reports/first_seen.toml`; runs are those of `tox run -e versions`.
"""
Block = tuple[str, str, str]


def words(told: Timeline, line: Line) -> str:
    """Since which version the newest answer is given, in a few words; empty where that answer is no disagreement."""
    newest = line.answers[-1]
    if newest is None or newest.verdict not in DISAGREEMENT:
        return ""
    first, before = len(told.versions) - 1, None
    for i in range(first - 1, -1, -1):
        answer = line.answers[i]
        if answer is None:
            continue
        if not answer.is_like(newest):
            before = i
            break
        first = i
    if before is None:
        return f"since {told.versions[first]} or earlier"
    version, old = told.versions[before], line.answers[before]
    if old.verdict in DISAGREEMENT:
        return f"since {told.versions[first]}; otherwise in {version}"
    return f"since {told.versions[first]}; not in {version}"


def update(path: Path, told: Timeline) -> None:
    """Write what ``told`` says into the file, in place of what it says of that framework.

    Raises ``RecordError`` when what is there is not such a file, ``OSError`` when it cannot be written.
    """
    blocks = {key: subjects for key, subjects in _read(path).items() if key[0] != told.framework}
    for line in told.lines:
        text = words(told, line)
        if text:
            blocks.setdefault((told.framework, line.suite, text), []).append(line.subject)
    parts = [_HEADER]
    for (framework, suite, text), subjects in sorted(blocks.items()):
        lines = [
            f"{name} = {_quoted(value)}"
            for name, value in (("framework", framework), ("suite", suite), ("since", text))
        ]
        listed = "".join(f"    {_quoted(subject)},\n" for subject in sorted(subjects))
        parts.append("\n".join(["[[found]]", *lines, f"subjects = [\n{listed}]\n"]))
    write_whole(path, "\n".join(parts))


def _quoted(text: str) -> str:
    # A string of JSON that is all ASCII is a basic string of TOML, but for surrogates and the delete character.
    return json.dumps(text.encode(errors="backslashreplace").decode(), ensure_ascii=False).replace("\x7f", "\\u007f")


def _read(path: Path) -> dict[Block, list[str]]:
    if not path.exists():
        return {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))["found"]
        return {(one["framework"], one["suite"], one["since"]): list(one["subjects"]) for one in found}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise RecordError(f"{path}: not a file of first versions: {error}") from None


@cache
def _index(path: Path) -> dict[tuple[str, str, str], str]:
    return {(framework, suite, name): text for (framework, suite, text), those in _read(path).items() for name in those}


def since(finding: Finding, path: Path = PATH) -> str:
    """Since which version a divergence is found, such as ``since 4.11.0; not in 4.10.0``; empty where not known."""
    if finding.verdict not in DISAGREEMENT:
        return ""
    return _index(path).get((finding.framework, finding.suite, finding.subject), "")
