"""Joins the records of several runs: of several machines, environments, versions and shards."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reports import apart
from reports.reading import read
from reports.record import NOT_MEASURED, Finding, Record, RecordError
from reports.runs import Source, faults_of_shards, named, sound, sources
from reports.same import alike, asks_whether_installed, content, is_absent, joined, key, said
from reports.showcase_record import ShowcaseConvention, ShowcaseMatrix
from reports.translations_record import SHARED
from reports.writing import to_dict


@dataclass(frozen=True, slots=True)
class Merged:
    """The joined records, each after the header of a run that found it, and what happened to those that met.

    Each of the others is a line: ``conflicts`` name questions that runs of the same sizes and versions answer
    otherwise, and ``resized`` those that runs of other sizes answer otherwise: all answers are kept. ``duplicates``
    were dropped because another run says the same, ``rounded`` because it says so but for rounding, ``filled`` because
    another measured what this one could not for want of the framework. ``missing`` is what was asked of no shard,
    ``left_out`` what was not sound; ``notes`` say what the runs differ in, and which were given several times.
    ``shared`` counts texts that many runs have alike.
    """

    records: tuple[Record, ...]
    conflicts: tuple[str, ...] = ()
    resized: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()
    rounded: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    shared: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing, left out or contradicted."""
        return not (self.conflicts or self.missing or self.left_out)


def _verdicts(records: Sequence[Record]) -> str:
    shown = [getattr(record, "verdict", None) for record in records]
    gains = [getattr(record, "gain", None) for record in records]
    if None in shown or len({*zip(shown, gains, strict=True)}) == 1:
        return "different content"
    return " against ".join(f"{v}" if g is None else f"{v} (gain {g:.6g})" for v, g in zip(shown, gains, strict=True))


def _name(key: tuple[Hashable, ...]) -> str:
    return " / ".join(str(part) for part in key if part is not None)


class _Join:
    """Records by what they are about, as they come in, each with the run that said it."""

    def __init__(self, found: Sequence[Source]) -> None:
        self.found = found
        self.kept: dict[tuple[Hashable, ...], list[tuple[int, Record]]] = defaultdict(list)
        self.duplicates: list[str] = []
        self.rounded: list[str] = []
        self.filled: list[str] = []
        self.shared = 0
        self.installed = {
            apart.base(name) for source in found for name, version in source.run.versions.items() if version is not None
        }
        self.matrices = {
            record.name: record for source in found for record in source.records if isinstance(record, ShowcaseMatrix)
        }
        for place, source in enumerate(found):
            for record in source.records:
                self._take(place, record)

    def _take(self, place: int, record: Record) -> None:
        about = key(record)
        known = self.kept[about]
        mine = content(record)
        same = next((by for by, other in known if mine == content(other)), None)
        if same is not None:
            self._repeated(about, record, place, same)
        elif (near := next((by for by, other in known if alike(record, other, self.matrices)), None)) is not None:
            self.rounded.append(f"{_name(about)}: in {self._files(near)} and {self._files(place)}")
        elif (is_absent(record) and known) or asks_whether_installed(record, self.installed):
            self.filled.append(f"{_name(about)}: not installed in {self._files(place)}, and measured elsewhere")
        elif known and all(is_absent(other) for _, other in known):
            self.filled += [
                f"{_name(about)}: not installed in {self._files(by)}, and measured elsewhere" for by, _ in known
            ]
            known[:] = [(place, record)]
        elif len(known) == 1 and (both := joined(known[0][1], record)) is not None:
            self._repeated(about, record, place, known[0][0])
            known[:] = [(known[0][0], both)]
        else:
            known.append((place, record))

    def _repeated(self, key: tuple[Hashable, ...], record: Record, place: int, same: int) -> None:
        if isinstance(record, (*SHARED, ShowcaseMatrix, ShowcaseConvention)):
            self.shared += 1
        else:
            self.duplicates.append(f"{_name(key)}: in {self._files(same)} and {self._files(place)}")

    def _files(self, place: int) -> str:
        source = self.found[place]
        return ", ".join(source.files) or named(source.run)

    def conflicts(self) -> tuple[list[str], list[str]]:
        """Lines for answers that contradict each other, and for answers that were found at other sizes."""
        conflicts, resized = [], []
        for about, answers in self.kept.items():
            if len(answers) > 1:
                line = f"{_name(about)}: {_verdicts([record for _, record in answers])}"
                digests = [self.found[place].run.pair_list_digest for place, _ in answers]
                if len(set(digests)) == len(digests):
                    resized.append(line)
                else:
                    conflicts.append(f"{line}: {' against '.join(self._files(place) for place, _ in answers)}")
        return sorted(conflicts), sorted(resized)

    def records(self) -> tuple[Record, ...]:
        """Every run's header, and after it what is taken from that run; what several answer says who measured it."""
        by_run: dict[int, list[Record]] = defaultdict(list)
        for answers in self.kept.values():
            for place, record in answers:
                if isinstance(record, Finding):
                    note = said(record)
                    if len(answers) > 1:
                        run = self.found[place].run
                        where = run.platform.replace("(", "[").replace(")", "]")
                        by = f"(measured by the run of {named(run)}, on {where})"
                        note = f"{note} {by}" if note else by
                    if note != record.note:
                        record = replace(record, note=note)
                by_run[place].append(record)
        return tuple(
            record
            for place, source in enumerate(self.found)
            for record in (source.run, *sorted(by_run[place], key=_order))
        )


def _order(record: Record) -> tuple[str, ...]:
    return (record.type, *map(str, key(record)[1:]))


def _unified(found: Iterable[Source]) -> tuple[list[Source], list[str]]:
    """Runs in an order of their own, each once, and a line for each that several files hold."""
    by_place: dict[tuple[str, str], list[Source]] = defaultdict(list)
    for source in found:
        by_place[source.place].append(source)
    unified, notes = [], []
    for _, same in sorted(by_place.items()):
        first = same[0]
        files = tuple(sorted(file for each in same for file in each.files))
        if len(same) > 1:
            notes.append(f"the run of {named(first.run)} is given {len(same)} times: {', '.join(dict.fromkeys(files))}")
        different = [
            each.records for place, each in enumerate(same) if each.records not in [s.records for s in same[:place]]
        ]
        if len(different) > 1:
            every = [record for records in different for record in records]
            # Damaged copies: whichever file came first, the outcome is the same.
            every.sort(key=lambda record: (_order(record), json.dumps(to_dict(record), sort_keys=True)))
            unique = list(
                {(_order(record), json.dumps(to_dict(record), sort_keys=True)): record for record in every}.values()
            )
            different = [tuple(unique)]
        unified.append(Source(first.run, different[0], tuple(dict.fromkeys(files))))
    return unified, notes


def _differences(found: Sequence[Source], before: Sequence[Source]) -> list[str]:
    """What the runs differ in, a line each."""
    lines = [
        f"several versions of {name}, kept apart: {', '.join(apart.apart_name(name, version) for version in versions)}"
        for name, versions in apart.several(source.run for source in before).items()
    ]
    lists: dict[str, list[Source]] = defaultdict(list)
    for source in found:
        lists[source.run.pair_list_digest].append(source)
    if len(lists) > 1:
        told = []
        for digest, same in sorted(lists.items()):
            files = dict.fromkeys(file for source in same for file in source.files)
            told.append(f"{same[0].run.size_pairs:,} pairs ({digest}) in {', '.join(files)}")
        lines.append(f"different lists of size pairs: {'; '.join(told)}")
    return lines


def merge_sources(found: Iterable[Source], left_out: Iterable[str] = ()) -> Merged:
    """Join runs; neither the order of the files nor that of the runs in them matters to what comes out."""
    before = list(found)
    if not before:
        raise RecordError("nothing to merge")
    unified, notes = _unified(apart.kept_apart(before))
    missing, several = faults_of_shards(unified)
    join = _Join(unified)
    conflicts, resized = join.conflicts()
    records = join.records()
    findings = [record for record in records if isinstance(record, Finding)]
    if findings and all(finding.verdict in NOT_MEASURED for finding in findings):
        missing.append("nothing was measured: whatever was asked is not installed, refuses or fails")
    return Merged(
        records=records,
        conflicts=tuple(conflicts),
        resized=tuple(resized),
        duplicates=tuple(sorted(join.duplicates)),
        rounded=tuple(sorted(join.rounded)),
        filled=tuple(sorted(join.filled)),
        missing=tuple(sorted(missing)),
        left_out=tuple(left_out),
        notes=(*_differences(unified, before), *sorted([*notes, *several])),
        shared=join.shared,
    )


def merge_records(groups: Iterable[Sequence[Record]]) -> Merged:
    """Join the records of several runs; see :class:`Merged`."""
    return merge_sources([source for records in groups for source in sources(records)])


class Unsound(RecordError):
    """Files that cannot be merged as they are; ``faults`` has a line for each, naming file, line and fault."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


def merge(paths: Iterable[str | Path], keep_sound: bool = False) -> Merged:
    """Read and join files of records.

    Where files cannot be read or are not sound, raises ``Unsound`` with a line for each; or, with ``keep_sound``, joins
    what is sound in them and says in ``left_out`` what is not. Raises ``RecordError`` when nothing is left to join.
    """
    paths = sorted(map(Path, paths), key=str)
    if not paths:
        raise RecordError("nothing to merge")
    found: list[Source] = []
    faults: list[str] = []
    for path in paths:
        try:
            if keep_sound:
                records, wrong = sound(path)
                faults += wrong
            else:
                records = read(path)
            found += sources(records, str(path))
        except OSError as error:
            faults.append(f"{path}: {error.strerror or error}")
        except RecordError as error:
            faults.append(str(error))
    if faults and not (keep_sound and found):
        raise Unsound(faults)
    return merge_sources(found, faults)
