"""Locks: the differences that a release was measured to have, each with the entry that explains it."""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from halfpixel.defects.catalogue import LEDGER, CatalogueError, version_numbers

SCHEMA = 1
"""The version of the form of a lock; another one is refused."""
ANY_SIZE_SET = "any"
"""Stands for the size set where a suite does not depend on it."""
_SUFFIX = ".lock.jsonl"
_NAMED = re.compile(r"(?P<framework>.+?)-(?P<version>\d[^-]*)\.lock\.jsonl")
_GAIN_TOLERANCE = 2e-3
"""A measured gain may differ from the lock's by this much, relative: four digits are written there."""


@dataclass(frozen=True, slots=True)
class LockedAnswer:
    """One answer that is no agreement; ``gains`` has the worst case by size set, ``None`` where none was measured."""

    suite: str
    call: str
    variant: str
    verdict: str
    causes: tuple[str, ...]
    gains: Mapping[str, float | None]
    defect: str = ""

    @property
    def subject(self) -> str:
        """The call, with the variant in brackets where there is one."""
        return f"{self.call} [{self.variant}]" if self.variant else self.call

    def change(self, verdict: str, causes: Iterable[str], gain: float | None, sizes: str, tolerance: float) -> str:
        """The change since it was locked, in a few words; empty where there is none."""
        if verdict != self.verdict:
            return f"the verdict was {self.verdict} and is {verdict}"
        if set(causes) != set(self.causes):
            before, after = (", ".join(listed) or "none" for listed in (self.causes, tuple(causes)))
            return f"the attribution was {before} and is {after}"
        locked = self.gains[sizes if sizes in self.gains else ANY_SIZE_SET]
        if locked is None or gain is None:
            return "" if locked == gain else f"the gain was {locked} and is {gain}"
        # An infinite gain equals itself, and has no distance.
        if gain == locked or abs(gain - locked) <= _GAIN_TOLERANCE * locked + tolerance:
            return ""
        return f"the gain was {locked:.6g} and is {gain:.6g}"


@dataclass(frozen=True, slots=True)
class Lock:
    """The differences that one release of a framework was measured to have, by suite, call and variant."""

    framework: str
    version: str
    questions: Mapping[tuple[str, str, str], tuple[LockedAnswer, ...]]

    @property
    def answers(self) -> list[LockedAnswer]:
        """Every answer, in the order of the file."""
        return [answer for listed in self.questions.values() for answer in listed]

    def answer(self, suite: str, call: str, variant: str, sizes: str) -> LockedAnswer | None:
        """The answer that is locked for this question at this size set."""
        listed = self.questions.get((suite, call, variant), ())
        return next((answer for answer in listed if sizes in answer.gains or ANY_SIZE_SET in answer.gains), None)

    def variants(self, suite: str, call: str) -> set[str]:
        """The variants of one call that the lock has answers of."""
        return {variant for kind, name, variant in self.questions if (kind, name) == (suite, call)}


def lock_of(framework: str, version: str, answers: Iterable[LockedAnswer]) -> Lock:
    """A lock of these answers, in the order of its file."""
    questions: dict[tuple[str, str, str], list[LockedAnswer]] = {}
    for answer in sorted(answers, key=lambda answer: (answer.suite, answer.call, answer.variant, min(answer.gains))):
        questions.setdefault((answer.suite, answer.call, answer.variant), []).append(answer)
    return Lock(framework, version, {question: tuple(listed) for question, listed in questions.items()})


def public_version(version: str) -> str:
    """A version without what follows its plus, which says how a release was built and not which it is."""
    return version.partition("+")[0]


def lock_path(framework: str, version: str, folder: Path = LEDGER) -> Path:
    """The file of one release's lock."""
    return folder / f"{framework}-{public_version(version)}{_SUFFIX}"


def locked_versions(framework: str, folder: Path = LEDGER) -> list[str]:
    """The releases of a framework that have a lock, oldest first."""
    named = (_NAMED.fullmatch(path.name) for path in folder.glob(f"{framework}-*{_SUFFIX}"))
    versions = [match["version"] for match in named if match and match["framework"] == framework]
    return sorted(versions, key=version_numbers)


def locked_frameworks(folder: Path = LEDGER) -> list[str]:
    """The frameworks that have a lock."""
    named = (_NAMED.fullmatch(path.name) for path in folder.glob(f"*{_SUFFIX}"))
    return sorted({match["framework"] for match in named if match})


@functools.cache
def load_lock(framework: str, version: str, folder: Path = LEDGER) -> Lock | None:
    """The lock of one release, ``None`` where it has none; :class:`CatalogueError` for one that cannot be read."""
    path = lock_path(framework, version, folder)
    if not path.exists():
        return None
    answers = []
    lines = path.read_text(encoding="utf-8").splitlines()
    try:
        header = json.loads(lines[0]) if lines else {}
    except ValueError:
        header = {}
    schema = header.get("schema") if isinstance(header, dict) else None
    if schema != SCHEMA:
        newer = isinstance(schema, int) and schema > SCHEMA
        advice = "install a newer halfpixel" if newer else "write it with: halfpixel ledger update"
        raise CatalogueError(f"{path}:1: a lock of schema {schema}, where {SCHEMA} is read; {advice}")
    if (header.get("framework"), header.get("version")) != (framework, public_version(version)):
        raise CatalogueError(f"{path}:1: it is about {header.get('framework')} {header.get('version')}")
    seen = set()
    for number, line in enumerate(lines[1:], start=2):
        try:
            answer = _from_dict(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CatalogueError(f"{path}:{number}: no locked answer: {error}") from None
        for sizes in answer.gains:
            key = (answer.suite, answer.call, answer.variant, sizes)
            if key in seen:
                raise CatalogueError(f"{path}:{number}: {answer.suite} of {answer.subject!r} is locked twice")
            seen.add(key)
        answers.append(answer)
    return lock_of(framework, header["version"], answers)


def write_lock(lock: Lock, folder: Path = LEDGER) -> Path:
    """Write a lock, a line an answer; returns its file."""
    path = lock_path(lock.framework, lock.version, folder)
    header = {"schema": SCHEMA, "framework": lock.framework, "version": public_version(lock.version)}
    lines = [json.dumps(header), *(json.dumps(_to_dict(answer), ensure_ascii=False) for answer in lock.answers)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _from_dict(line: dict[str, Any]) -> LockedAnswer:
    gains = {sizes: None if gain is None else float(gain) for sizes, gain in line["gains"].items()}
    if not gains:
        raise ValueError("gains is empty")
    causes = tuple(line["causes"])
    return LockedAnswer(
        line["suite"], line["call"], line.get("variant", ""), line["verdict"], causes, gains, line.get("defect", "")
    )


def _to_dict(answer: LockedAnswer) -> dict[str, Any]:
    line: dict[str, Any] = {"suite": answer.suite, "call": answer.call}
    if answer.variant:
        line["variant"] = answer.variant
    line |= {"verdict": answer.verdict, "causes": list(answer.causes)}
    line["gains"] = {sizes: _rounded(gain) for sizes, gain in sorted(answer.gains.items())}
    return line | {"defect": answer.defect}


def _rounded(gain: float | None) -> float | str | None:
    """Four digits; JSON has no infinity, so that is a word."""
    if gain is None or not math.isfinite(gain):
        return None if gain is None else str(gain)
    return float(f"{gain:.4g}")
