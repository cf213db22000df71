"""Since which release the divergences of a run are found, and what releases changed, as far as they were measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from reports.apart import base
from reports.first_seen import PATH, Changed, read
from reports.record import DISAGREEMENT, Finding, Record, Run
from reports.views import of_type


def _versions(runs: Iterable[Run]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for run in runs:
        for name, version in run.versions.items():
            if version is not None:
                found.setdefault(name, set()).add(version)
    return found


def lookup(runs: Sequence[Run], path: Path = PATH) -> Callable[[Finding], str]:
    """Since which release a finding of these runs is found, such as ``since 11.0.0; not in 10.4.0``.

    Empty where the releases measured do not say: what is found differs from what the newest of them does, or the run's
    release is older than the one since which it is found. A release that is newer than those measured is told so, and
    so is it where a release was asked at fewer sizes than the run.
    """
    known, versions = read(path), _versions(runs)
    lists = {run.pair_list_digest for run in runs}

    def words(finding: Finding) -> str:
        told, here = known.get(base(finding.framework)), versions.get(finding.framework, set())
        if told is None or len(here) != 1 or finding.verdict not in DISAGREEMENT:
            return ""
        subject = finding.subject.replace(f"{finding.framework} ", f"{base(finding.framework)} ", 1)
        first = told.found.get((finding.suite, subject))
        factors = tuple(sorted(finding.attribution.factors)) if finding.attribution else ()
        if first is None or (first.verdict, first.factors) != (finding.verdict, factors):
            return ""
        return told.words(finding.suite, subject, first, *here, lists)

    return words


@dataclass(frozen=True, slots=True)
class Over:
    """One framework over its releases: those measured, what each changed, and the divergences of this run by words.

    ``version`` is this run's; ``found`` are ``(words, how many, fragment of the search for them)``, ``undated`` how
    many no measured release dates.
    """

    framework: str
    version: str
    releases: tuple[str, ...]
    sizes: str
    changed: tuple[Changed, ...]
    found: tuple[tuple[str, int, str], ...]
    undated: int


def over_versions(records: Iterable[Record], path: Path = PATH) -> list[Over]:
    """For each framework of the run of which releases were measured."""
    records = list(records)
    runs = of_type(records, Run)
    known, words = read(path), lookup(runs, path)
    told = []
    for name, versions in sorted(_versions(runs).items()):
        here = known.get(base(name))
        differing = [
            each for each in of_type(records, Finding) if each.framework == name and each.verdict in DISAGREEMENT
        ]
        if here is None or not any(each.framework == name for each in of_type(records, Finding)):
            continue
        counted = Counter(map(words, differing))
        undated = counted.pop("", 0)
        found = tuple(
            (text, count, f"find?{urlencode({'framework': name, 'since': text})}")
            for text, count in sorted(counted.items(), key=lambda item: -item[1])
        )
        version = ", ".join(sorted(versions))
        told.append(Over(name, version, here.releases, here.sizes, here.changed[::-1], found, undated))
    return told
