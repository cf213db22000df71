"""What timelines of releases say, kept in ``first_seen.toml``: what each changed, and since when calls diverge."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from packaging.version import Version

from reports.files import write_whole
from reports.record import CHAPTERS, DISAGREEMENT, RecordError
from reports.timeline import Line, Timeline
from reports.timeline_text import gains

PATH = Path(__file__).with_name("first_seen.toml")
_HEADER = """\
# The releases that were measured, what each of them changed, and since which of them each divergence of
# the newest is found as it is there.
# Made by `python -m reports timeline RUNS --since reports/first_seen.toml`; runs are those of `tox run -e versions`.
"""


@dataclass(frozen=True, slots=True)
class First:
    """Since which measured release one call differs with ``verdict`` and for ``factors``.

    ``before`` is the measured release before ``since``, and ``then`` its verdict; empty where none was asked.
    """

    since: str
    verdict: str
    factors: tuple[str, ...] = ()
    before: str = ""
    then: str = ""

    @property
    def words(self) -> str:
        """Such as ``since 11.0.0; not in 10.4.0``."""
        if not self.before:
            return f"since {self.since} or earlier"
        how = "refused" if self.then == "unsupported" else "otherwise" if self.then in DISAGREEMENT else "not"
        return f"since {self.since}; {how} in {self.before}"


@dataclass(frozen=True, slots=True)
class Changed:
    """How many questions of a suite one release answers otherwise than the measured one before; ``subject`` is one."""

    release: str
    before: str
    suite: str
    old: str
    new: str
    questions: int
    subject: str
    gains: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the timeline of one framework said; ``releases`` are the oldest first, ``found`` is by suite and subject."""

    releases: tuple[str, ...]
    sizes: str
    pair_list: str
    changed: tuple[Changed, ...]
    found: dict[tuple[str, str], First]

    def words(self, suite: str, subject: str, first: First, version: str, lists: set[str]) -> str:
        """What may be said of ``version``, at sizes of ``lists``; empty where the timeline says nothing of it."""
        try:
            here, since, last = (Version(Version(each).public) for each in (version, first.since, self.releases[-1]))
        except ValueError:
            return ""
        if here < since:
            return ""
        words = first.words
        # What a release does not show at a few sizes it may show at others; suites of variants have their own cases.
        if first.before and suite not in CHAPTERS and lists != {self.pair_list}:
            words += f" (asked at {self.sizes} sizes)"
        return words if here <= last else f"{words}; last measured release {self.releases[-1]}"


def first(told: Timeline, line: Line) -> First | None:
    """Since which version the newest answer is given; ``None`` where that answer is no disagreement."""
    newest = line.answers[-1]
    if newest is None or newest.verdict not in DISAGREEMENT:
        return None
    since, before = len(told.versions) - 1, None
    for i in range(since - 1, -1, -1):
        answer = line.answers[i]
        if answer is None:
            continue
        if not answer.is_like(newest):
            before = i
            break
        since = i
    factors = tuple(sorted(newest.factors))
    if before is None:
        return First(told.versions[since], newest.verdict, factors)
    return First(told.versions[since], newest.verdict, factors, told.versions[before], line.answers[before].verdict)


def update(path: Path, told: Timeline) -> None:
    """Write what ``told`` says into the file, in place of what it says of that framework.

    Raises ``RecordError`` when what is there is not such a file, ``OSError`` when it cannot be written.
    """
    found = {(line.suite, line.subject): one for line in told.lines if (one := first(told, line))}
    changed = []
    for step in told.steps():
        for (suite, old, new), those in step.changed.items():
            subject, before, after = max(those, key=lambda each: max(each[1].gain or 0, each[2].gain or 0))
            words = gains(before, after).removeprefix("worst case ")
            changed.append(Changed(step.after, step.before, suite, old, new, len(those), subject, words))
    known = {} if not path.exists() else dict(read(path))
    known[told.framework] = Known(told.versions, told.sizes, told.pair_list, tuple(changed), found)
    parts = [_HEADER]
    for framework, each in sorted(known.items()):
        parts.append(
            _block(
                "timeline",
                framework=framework,
                releases=list(each.releases),
                sizes=each.sizes,
                pair_list=each.pair_list,
            )
        )
        for one in each.changed:
            parts.append(_block("changed", framework=framework, **{n: getattr(one, n) for n in Changed.__slots__}))
        blocks: dict[tuple[str, First], list[str]] = {}
        for (suite, subject), one in each.found.items():
            blocks.setdefault((suite, one), []).append(subject)
        for (suite, one), subjects in sorted(blocks.items(), key=lambda item: repr(item[0])):
            values = {n: getattr(one, n) for n in First.__slots__ if getattr(one, n)}
            parts.append(_block("found", framework=framework, suite=suite, **values, subjects=sorted(subjects)))
    write_whole(path, "\n".join(parts))


def _block(kind: str, **values: str | int | list[str] | tuple[str, ...]) -> str:
    lines = [f"[[{kind}]]"]
    for name, value in values.items():
        if name == "subjects":
            lines.append("subjects = [\n" + "".join(f"    {_quoted(each)},\n" for each in value) + "]")
        elif isinstance(value, int):
            lines.append(f"{name} = {value}")
        else:
            text = _quoted(value) if isinstance(value, str) else f"[{', '.join(map(_quoted, value))}]"
            lines.append(f"{name} = {text}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    # A string of JSON is a basic string of TOML, but for surrogates and the delete character.
    return json.dumps(text.encode(errors="backslashreplace").decode(), ensure_ascii=False).replace("\x7f", "\\u007f")


@cache
def _parsed(path: Path, _changed: int) -> dict[str, Known]:
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        found: dict[str, dict[tuple[str, str], First]] = {}
        for one in told.get("found", []):
            known = First(
                one["since"], one["verdict"], tuple(one.get("factors", ())), one.get("before", ""), one.get("then", "")
            )
            found.setdefault(one["framework"], {}).update({(one["suite"], each): known for each in one["subjects"]})
        changed: dict[str, list[Changed]] = {}
        for one in told.get("changed", []):
            changed.setdefault(one["framework"], []).append(Changed(**{n: one[n] for n in Changed.__slots__}))
        return {
            one["framework"]: Known(
                tuple(one["releases"]),
                one["sizes"],
                one["pair_list"],
                tuple(changed.get(one["framework"], ())),
                found.get(one["framework"], {}),
            )
            for one in _list(told["timeline"])
        }
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, AttributeError, KeyError, TypeError) as error:
        raise RecordError(f"{path}: not a file of first versions: {error}") from None


def _list(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise TypeError("timeline is no list of tables")
    return value


def read(path: Path = PATH) -> dict[str, Known]:
    """What the file says, by framework.

    Raises ``RecordError`` when it is not such a file, ``OSError`` when it cannot be read.
    """
    return _parsed(path, path.stat().st_mtime_ns)
