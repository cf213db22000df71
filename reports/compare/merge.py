"""Merge the records of several runs: machines, environments, versions and shards."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from halfpixel.golden.vocabulary import NOT_MEASURED
from halfpixel.reports.records import version_namespacing
from halfpixel.reports.records.json_lines import read, to_dict
from halfpixel.reports.records.record_equality import (
    comparable_content,
    equal_up_to_rounding,
    is_not_installed,
    is_superseded_absence,
    joined_by_framework,
    note_without_origin,
    record_key,
)
from halfpixel.reports.records.record_types import SHARED_TYPES, Finding, Record, RecordError
from halfpixel.reports.records.run_sources import (
    RunSource,
    cut_short,
    read_sound_records,
    run_label,
    shard_faults,
    sources,
)
from halfpixel.reports.records.showcase_records import ShowcaseConvention, ShowcaseMatrix


@dataclass(frozen=True, slots=True)
class Merged:
    """The joined records, each after the header of a run that found it, and what happened to those that met.

    Each of the others is a line: ``conflicts`` name questions that runs of the same sizes and versions answer
    differently, and ``other_sizes`` those that runs of other sizes answer differently: all answers are kept.
    ``duplicates`` were dropped because another run says the same, ``equal_up_to_rounding`` because it says so but for
    rounding, ``measured_elsewhere`` because another has the framework that is missing here. ``missing`` is what was
    asked of no shard, ``left_out`` what was not sound; ``notes`` say what the runs differ in, and which were given
    several times. ``shared_texts`` counts texts that many runs have in common.
    """

    records: tuple[Record, ...]
    conflicts: tuple[str, ...] = ()
    other_sizes: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()
    equal_up_to_rounding: tuple[str, ...] = ()
    measured_elsewhere: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    shared_texts: int = 0

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


def _key_text(key: tuple[Hashable, ...]) -> str:
    return " / ".join(str(part) for part in key if part is not None)


class _Join:
    """Records by what they are about, as they come in, each with the run that said it."""

    def __init__(self, runs: Sequence[RunSource]) -> None:
        self.sources = runs
        self.kept: dict[tuple[Hashable, ...], list[tuple[int, Record]]] = defaultdict(list)
        self.duplicates: list[str] = []
        self.equal_up_to_rounding: list[str] = []
        self.measured_elsewhere: list[str] = []
        self.shared_texts = 0
        self.installed = {
            version_namespacing.unversioned(name)
            for source in runs
            for name, version in source.run.versions.items()
            if version is not None
        }
        self.matrices = {
            record.name: record for source in runs for record in source.records if isinstance(record, ShowcaseMatrix)
        }
        for place, source in enumerate(runs):
            for record in source.records:
                self._take(place, record)

    def _take(self, place: int, record: Record) -> None:
        about = record_key(record)
        known = self.kept[about]
        mine = comparable_content(record)
        same = next((by for by, other in known if mine == comparable_content(other)), None)
        if same is not None:
            self._add_repeated(about, record, place, same)
        elif (near := next((by for by, other in known if self._is_near(record, other)), None)) is not None:
            self.equal_up_to_rounding.append(f"{_key_text(about)}: in {self._files(near)} and {self._files(place)}")
        elif (is_not_installed(record) and known) or is_superseded_absence(record, self.installed):
            self.measured_elsewhere.append(
                f"{_key_text(about)}: not installed in {self._files(place)}, and measured elsewhere"
            )
        elif known and all(is_not_installed(other) for _, other in known):
            self.measured_elsewhere += [
                f"{_key_text(about)}: not installed in {self._files(by)}, and measured elsewhere" for by, _ in known
            ]
            known[:] = [(place, record)]
        elif len(known) == 1 and (both := joined_by_framework(known[0][1], record)) is not None:
            self._add_repeated(about, record, place, known[0][0])
            known[:] = [(known[0][0], both)]
        else:
            known.append((place, record))

    def _is_near(self, record: Record, other: Record) -> bool:
        return equal_up_to_rounding(record, other, self.matrices)

    def _add_repeated(self, key: tuple[Hashable, ...], record: Record, place: int, same: int) -> None:
        if isinstance(record, (*SHARED_TYPES, ShowcaseMatrix, ShowcaseConvention)):
            self.shared_texts += 1
        else:
            self.duplicates.append(f"{_key_text(key)}: in {self._files(same)} and {self._files(place)}")

    def _files(self, place: int) -> str:
        source = self.sources[place]
        return ", ".join(source.files) or run_label(source.run)

    def conflicts(self) -> tuple[list[str], list[str]]:
        """Lines for answers that contradict each other, and for answers that were found at other sizes."""
        conflicts, other_sizes = [], []
        for about, answers in self.kept.items():
            if len(answers) > 1:
                line = f"{_key_text(about)}: {_verdicts([record for _, record in answers])}"
                digests = [self.sources[place].run.pair_list_digest for place, _ in answers]
                if len(set(digests)) == len(digests):
                    other_sizes.append(line)
                else:
                    conflicts.append(f"{line}: {' against '.join(self._files(place) for place, _ in answers)}")
        return sorted(conflicts), sorted(other_sizes)

    def records(self) -> tuple[Record, ...]:
        """Every run's header, and after it what is taken from that run; what several answer says who measured it."""
        by_run: dict[int, list[Record]] = defaultdict(list)
        for answers in self.kept.values():
            for place, record in answers:
                if isinstance(record, Finding):
                    note = note_without_origin(record)
                    if len(answers) > 1:
                        run = self.sources[place].run
                        where = run.platform.replace("(", "[").replace(")", "]")
                        by = f"(measured by the run of {run_label(run)}, on {where})"
                        note = f"{note} {by}" if note else by
                    if note != record.note:
                        record = replace(record, note=note)
                by_run[place].append(record)
        return tuple(
            record
            for place, source in enumerate(self.sources)
            for record in (source.run, *sorted(by_run[place], key=_order))
        )


def _order(record: Record) -> tuple[str, ...]:
    return (record.type, *map(str, record_key(record)[1:]))


def _unique_runs(runs: Iterable[RunSource]) -> tuple[list[RunSource], list[str]]:
    """Runs in an order of their own, each once, and a line for each that several files hold."""
    by_place: dict[tuple[str, str], list[RunSource]] = defaultdict(list)
    for source in runs:
        by_place[source.sort_key].append(source)
    unified, notes = [], []
    for _, same in sorted(by_place.items()):
        first = same[0]
        files = tuple(sorted(file for copy in same for file in copy.files))
        if len(same) > 1:
            notes.append(
                f"the run of {run_label(first.run)} is given {len(same)} times: {', '.join(dict.fromkeys(files))}"
            )
        different: list[tuple[Record, ...]] = []
        for copy in same:
            if copy.records not in different:
                different.append(copy.records)
        records = different[0]
        if len(different) > 1:
            # Damaged copies: whichever file came first, the outcome is the same.
            by_content = {
                (_order(record), json.dumps(to_dict(record), sort_keys=True)): record
                for copied in different
                for record in copied
            }
            records = tuple(by_content[content] for content in sorted(by_content))
        unified.append(RunSource(first.run, records, tuple(dict.fromkeys(files))))
    return unified, notes


def _differences(runs: Sequence[RunSource], before: Sequence[RunSource]) -> list[str]:
    """What the runs differ in, a line each."""
    several = version_namespacing.multiple_versions(source.run for source in before)
    lines = []
    for name, versions in several.items():
        versioned = ", ".join(version_namespacing.versioned(name, version) for version in versions)
        lines.append(f"several versions of {name}, kept apart: {versioned}")
    lists: dict[str, list[RunSource]] = defaultdict(list)
    for source in runs:
        lists[source.run.pair_list_digest].append(source)
    if len(lists) > 1:
        parts = []
        for digest, same in sorted(lists.items()):
            files = dict.fromkeys(file for source in same for file in source.files)
            parts.append(f"{same[0].run.size_pairs:,} pairs ({digest}) in {', '.join(files)}")
        lines.append(f"different lists of size pairs: {'; '.join(parts)}")
    return lines


def merge_sources(runs: Iterable[RunSource], left_out: Iterable[str] = ()) -> Merged:
    """Join runs; neither the order of the files nor that of the runs in them matters to what comes out."""
    before = list(runs)
    if not before:
        raise RecordError("nothing to merge")
    unified, notes = _unique_runs(version_namespacing.with_versioned_names(before))
    missing, several = shard_faults(unified)
    missing += cut_short(unified)
    join = _Join(unified)
    conflicts, other_sizes = join.conflicts()
    records = join.records()
    findings = [record for record in records if isinstance(record, Finding)]
    if findings and all(finding.verdict in NOT_MEASURED for finding in findings):
        missing.append("nothing was measured: whatever was asked is not installed, refuses or fails")
    return Merged(
        records=records,
        conflicts=tuple(conflicts),
        other_sizes=tuple(other_sizes),
        duplicates=tuple(sorted(join.duplicates)),
        equal_up_to_rounding=tuple(sorted(join.equal_up_to_rounding)),
        measured_elsewhere=tuple(sorted(join.measured_elsewhere)),
        missing=tuple(sorted(missing)),
        left_out=tuple(left_out),
        notes=(*_differences(unified, before), *sorted([*notes, *several])),
        shared_texts=join.shared_texts,
    )


def merge_records(groups: Iterable[Sequence[Record]]) -> Merged:
    """Join the records of several runs; see :class:`Merged`."""
    return merge_sources([source for records in groups for source in sources(records)])


class UnsoundFiles(RecordError):
    """Files that cannot be merged as they are; ``faults`` has a line for each, naming file, line and fault."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


def merge(paths: Iterable[str | Path], keep_sound: bool = False) -> Merged:
    """Read and join files of records.

    Where files cannot be read or are not sound, raises ``UnsoundFiles`` with a line for each; or, with ``keep_sound``,
    joins what is sound in them and lists in ``left_out`` what is not. Raises ``RecordError`` when nothing is left.
    """
    paths = sorted(map(Path, paths), key=str)
    if not paths:
        raise RecordError("nothing to merge")
    runs: list[RunSource] = []
    faults: list[str] = []
    for path in paths:
        try:
            if keep_sound:
                records, wrong = read_sound_records(path)
                faults += wrong
            else:
                records = read(path)
            runs += sources(records, str(path))
        except OSError as error:
            faults.append(f"{path}: {error.strerror or error}")
        except RecordError as error:
            faults.append(str(error))
    if faults and not (keep_sound and runs):
        raise UnsoundFiles(faults)
    return merge_sources(runs, faults)
