"""The catalogue: one entry for each thing that is wrong with a project, and which findings each entry explains."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from halfpixel.golden.vocabulary import Cause, DefectKind, Reach, Suite, Verdict

LEDGER = Path(__file__).resolve().parents[1] / "suites" / "ledger"
"""The folder of catalogues and locks; read as data, nothing of ``suites`` is imported here."""

NOT_REPORTED = "not reported"
"""Stands for the address of a thread upstream where a search found none."""
NONE_MEASURED = "none measured"
"""Stands for the last good release where every release that was measured has the defect."""
MOST_LINES = 10
"""The longest program, in lines."""

_PROJECT_FIELDS = {"framework", "project", "package", "tracker", "security", "documentation"}
_ALWAYS = {"id", "title", "kind", "reach", "contract"}
_OF_DEFECTS = {"not_affected", "first_bad", "last_good", "upstream", "source", "workaround", "program"}
_OPTIONAL = {"affects", "fault_in", "contract_source", "searched", "fixed_in", "checked"}
_PATTERN_FIELDS = {"suite", "call", "except_call", "variant", "except_variant", "causes", "verdict"}


class CatalogueError(Exception):
    """The catalogue or a lock cannot be used; the message is one line: the file, the line and the fault."""


class Answer(Protocol):
    """The part of an answer of a suite that patterns read."""

    @property
    def suite(self) -> str:
        """The suite that asked."""

    @property
    def call(self) -> str:
        """The name of the call, without that of its framework."""

    @property
    def variant(self) -> str:
        """The dtype, path or case; empty in suites without."""

    @property
    def verdict(self) -> str:
        """The verdict."""

    @property
    def causes(self) -> Sequence[str]:
        """The causes of a difference; empty where none was found."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Which answers an entry explains; every field that is given must hold, ``*`` stands for any characters.

    ``causes`` holds when the answer has causes and every one is among them.
    """

    suite: tuple[str, ...] = ()
    call: tuple[str, ...] = ()
    except_call: tuple[str, ...] = ()
    variant: tuple[str, ...] = ()
    except_variant: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    verdict: tuple[str, ...] = ()

    def matches(self, answer: Answer) -> bool:
        """Whether the answer is one of those meant."""
        return (
            (not self.suite or answer.suite in self.suite)
            and (not self.verdict or answer.verdict in self.verdict)
            and (not self.causes or (bool(answer.causes) and set(answer.causes) <= set(self.causes)))
            and (not self.call or _fits(self.call, answer.call))
            and not _fits(self.except_call, answer.call)
            and (not self.variant or _fits(self.variant, answer.variant))
            and not _fits(self.except_variant, answer.variant)
        )

    def asks(self, answer: Answer) -> bool:
        """Whether the answer is to a question meant, whatever the verdict and the causes."""
        return Pattern(self.suite, self.call, self.except_call, self.variant, self.except_variant).matches(answer)


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that is wrong in one project, or that its documentation leaves open, or does another way by design.

    ``contract`` is the sentence of the documentation that is broken, or the path of the project's own that it
    contradicts, ``contract_source`` its address. ``fault_in`` names the project at fault where that is
    not the framework's own (a runtime of exported models, a library that a wrapper calls); its tracker has the thread.
    ``not_affected`` is a control that passes. ``first_bad`` and
    ``last_good`` are releases, of those that were measured, ``fixed_in`` the first without it again. ``affects`` is
    empty for what no suite asks: its program alone shows it. ``upstream`` is the address of a thread or ``not
    reported``, and then ``searched`` says on which day and for what. ``source`` is the suspected file and function.
    ``program`` prints the version, the actual and the expected value; see :mod:`halfpixel.defects.programs`.
    ``checked`` is the day on which another person than the writer derived it again.
    """

    id: str
    title: str
    kind: DefectKind
    reach: Reach
    contract: str
    affects: tuple[Pattern, ...]
    contract_source: str = ""
    fault_in: str = ""
    not_affected: str = ""
    first_bad: str = ""
    last_good: str = ""
    fixed_in: str = ""
    upstream: str = ""
    searched: str = ""
    source: str = ""
    workaround: str = ""
    program: str = ""
    checked: str = ""
    line: int = 0

    def explains(self, answer: Answer) -> bool:
        """Whether one of its patterns matches the answer."""
        return any(pattern.matches(answer) for pattern in self.affects)

    def asks(self, answer: Answer) -> bool:
        """Whether the answer is to a question that could show it."""
        return any(pattern.asks(answer) for pattern in self.affects)

    @property
    def is_reported(self) -> bool:
        """Whether a thread upstream is known."""
        return self.upstream.startswith("https://")

    @property
    def since(self) -> str:
        """Since which release, in a few words; empty where none was measured."""
        if not self.first_bad:
            return ""
        if self.last_good in ("", NONE_MEASURED):
            return f"since {self.first_bad} or earlier"
        return f"since {self.first_bad}; not in {self.last_good}"

    def is_fixed(self, version: str) -> bool:
        """Whether this release is the one in which it was fixed, or a later one."""
        return bool(self.fixed_in) and version_numbers(self.fixed_in) <= version_numbers(version)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All entries of one framework, worst and most ordinary first, with its project's addresses.

    ``releases`` are those that ``tox run -e versions`` measures, oldest first, each with what its environment needs.
    """

    path: Path
    framework: str
    project: str
    package: str
    tracker: str
    documentation: str
    security: str
    defects: tuple[Defect, ...]
    releases: Mapping[str, str]

    def explaining(self, answer: Answer) -> list[Defect]:
        """The entries that explain the answer: one, in a catalogue that is right; none where it is new."""
        return [defect for defect in self.defects if defect.explains(answer)]

    def defect(self, identifier: str) -> Defect | None:
        """The entry of that id."""
        return next((defect for defect in self.defects if defect.id == identifier), None)


def version_numbers(version: str) -> list[int]:
    """The numbers of a release, by which releases are ordered: ``4.14.0+cpu`` is ``[4, 14, 0]``."""
    return [int(part) for part in re.findall(r"\d+", version.partition("+")[0])]


def frameworks(folder: Path = LEDGER) -> list[str]:
    """The frameworks that have a catalogue."""
    return sorted(path.stem for path in folder.glob("*.toml"))


@functools.cache
def load(framework: str, folder: Path = LEDGER) -> Catalogue:
    """Read one framework's catalogue; one without a file has no entries. :class:`CatalogueError` for a bad one."""
    path = folder / f"{framework}.toml"
    if not path.exists():
        return Catalogue(path, framework, framework, "", "", "", "", (), {})
    try:
        text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(text)
    except OSError as error:
        raise CatalogueError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path}: {error}") from None
    project = {name: raw.pop(name, None) for name in _PROJECT_FIELDS}
    blocks, releases = raw.pop("defect", []), raw.pop("releases", {})
    if raw:
        raise CatalogueError(f"{path}:1: unknown {sorted(raw)[0]!r}; allowed: {', '.join(sorted(_PROJECT_FIELDS))}")
    if project["framework"] != framework or not all(isinstance(value, str) and value for value in project.values()):
        wanted = ", ".join(sorted(_PROJECT_FIELDS))
        raise CatalogueError(f"{path}:1: the file must begin with {wanted}; framework = {framework!r}")
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise CatalogueError(f"{path}:1: entries are [[defect]] tables")
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if line.strip() == "[[defect]]"]
    lines += [0] * (len(blocks) - len(lines))
    defects = [_defect(block, path, line) for block, line in zip(blocks, lines, strict=False)]
    for position, defect in enumerate(defects):
        if defect.id in [earlier.id for earlier in defects[:position]]:
            raise CatalogueError(f"{path}:{defect.line}: id {defect.id!r} is there twice")
    shared = releases.pop("with", "")
    return Catalogue(
        path=path,
        defects=tuple(sorted(defects, key=_worst_first)),
        releases={release: f"{shared} {pins}".strip() for release, pins in releases.items()},
        **project,
    )


def _worst_first(defect: Defect) -> tuple[bool, int, int]:
    """Defects before what is none; then by how ordinary the call is and by kind."""
    return (not defect.kind.is_defect, list(DefectKind).index(defect.kind), list(Reach).index(defect.reach))


def _defect(block: Mapping[str, Any], path: Path, line: int) -> Defect:
    where = f"{path}:{line}"
    allowed = _ALWAYS | _OF_DEFECTS | _OPTIONAL
    for name in block:
        if name not in allowed:
            raise CatalogueError(f"{where}: unknown field {name!r}; allowed: {', '.join(sorted(allowed))}")
    for name, enumeration in (("kind", DefectKind), ("reach", Reach)):
        if block.get(name) not in tuple(enumeration):
            raise CatalogueError(f"{where}: unknown {name} {block.get(name)!r}; allowed: {', '.join(enumeration)}")
    kind = DefectKind(block["kind"])
    for name in sorted(_ALWAYS | (_OF_DEFECTS if kind.is_defect else set())):
        if not block.get(name):
            raise CatalogueError(f"{where}: {name} is missing, which an entry of kind {kind} must have")
    for name, value in block.items():
        if name != "affects" and not isinstance(value, str):
            raise CatalogueError(f"{where}: {name} must be text")
    texts = {name: value.strip("\n") for name, value in block.items() if name != "affects"}
    upstream = texts.get("upstream", "")
    if upstream and upstream != NOT_REPORTED and not upstream.startswith("https://"):
        raise CatalogueError(f"{where}: upstream must be an https address or {NOT_REPORTED!r}, not {upstream!r}")
    if upstream == NOT_REPORTED and not texts.get("searched"):
        raise CatalogueError(f"{where}: searched is missing: on which day, and for what")
    if len(texts.get("program", "").splitlines()) > MOST_LINES:
        raise CatalogueError(f"{where}: the program has more than {MOST_LINES} lines")
    patterns = block.get("affects", [])
    if not isinstance(patterns, list):
        raise CatalogueError(f"{where}: affects must be a list of patterns")
    if not patterns and not texts.get("program"):
        raise CatalogueError(f"{where}: affects is missing; only an entry with a program may be without")
    affects = tuple(_pattern(pattern, where) for pattern in patterns)
    texts |= {"kind": kind, "reach": Reach(block["reach"])}
    return Defect(affects=affects, line=line, **texts)


def _pattern(block: object, where: str) -> Pattern:
    if not isinstance(block, dict) or not block or not set(block) <= _PATTERN_FIELDS:
        raise CatalogueError(f"{where}: a pattern has some of {', '.join(sorted(_PATTERN_FIELDS))}")
    given: dict[str, tuple[str, ...]] = {}
    for name, value in block.items():
        words = value if isinstance(value, list) else [value]
        if not words or not all(isinstance(word, str) for word in words):
            raise CatalogueError(f"{where}: {name} of a pattern must be text or a list of texts")
        given[name] = tuple(words)
    closed: list[tuple[str, Iterable[str]]] = [("suite", Suite), ("causes", Cause), ("verdict", Verdict)]
    for name, enumeration in closed:
        for word in given.get(name, ()):
            if word not in tuple(enumeration):
                raise CatalogueError(f"{where}: unknown {name} {word!r}; allowed: {', '.join(enumeration)}")
    return Pattern(**given)


def _fits(globs: tuple[str, ...], text: str) -> bool:
    return any(_expression(glob).fullmatch(text) for glob in globs)


@functools.cache
def _expression(glob: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, glob.split("*"))), re.DOTALL)
