"""Check a catalogue against the locks of its framework: every answer has one entry, and every pattern an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from halfpixel.defects.catalogue import LEDGER, Catalogue, load
from halfpixel.defects.lock import LockedAnswer, load_lock, locked_versions


def problems(framework: str, folder: Path = LEDGER) -> Iterator[str]:
    """One line for each answer without an entry or with two, each pattern without an answer, each duplicate."""
    catalogue = load(framework, folder)
    locks = [load_lock(framework, version, folder) for version in locked_versions(framework, folder)]
    answers = [answer for lock in locks if lock for answer in lock.answers]
    for answer in answers:
        explaining = [defect.id for defect in catalogue.explaining(answer)]
        what = f"{framework}: {answer.suite} {answer.subject!r} ({answer.verdict}; {', '.join(answer.causes)})"
        if not explaining:
            yield f"{what}: no entry explains it"
        if len(explaining) > 1:
            yield f"{what}: explained by {' and '.join(explaining)}"
        if len(explaining) == 1 and answer.defect not in ("", explaining[0]):
            yield f"{what}: locked as {answer.defect}, explained by {explaining[0]}; run: halfpixel ledger update"
    yield from idle_patterns(catalogue, answers)
    titles = Counter(defect.title for defect in catalogue.defects)
    yield from (f"{framework}: two entries are called {title!r}" for title, count in titles.items() if count > 1)


def idle_patterns(catalogue: Catalogue, answers: Iterable[LockedAnswer]) -> Iterator[str]:
    """One line for each pattern that matches none of the answers, but for entries that a locked release has fixed."""
    listed = list(answers)
    for defect in catalogue.defects:
        if defect.fixed_in:
            continue
        for number, pattern in enumerate(defect.affects, start=1):
            if not any(map(pattern.matches, listed)):
                yield f"{catalogue.path}:{defect.line}: {defect.id}: pattern {number} matches nothing"
