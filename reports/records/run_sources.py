"""Split a file of records into its runs, label them, and find shards that are missing."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from halfpixel.reports.records.json_lines import HeaderFault, read_lines, to_dict
from halfpixel.reports.records.record_types import Record, RecordError, Run

_SHARD_OPTION = "shard"
"""The option in which the shards of one run differ."""


@dataclass(frozen=True, slots=True)
class RunSource:
    """One run: its header, what it found, and the files that say so."""

    run: Run
    records: tuple[Record, ...]
    files: tuple[str, ...] = ()

    @property
    def sort_key(self) -> tuple[str, str]:
        """By what runs are ordered, whatever the order of the files."""
        return self.run.started, json.dumps(to_dict(self.run), sort_keys=True)


def sources(records: Iterable[Record], file: str = "") -> list[RunSource]:
    """The runs among records: a record belongs to the header before it."""
    runs: list[tuple[Run, list[Record]]] = []
    for record in records:
        if isinstance(record, Run):
            runs.append((record, []))
        elif not runs:
            raise RecordError(f"{file or 'records'}: no run header before the first record")
        else:
            runs[-1][1].append(record)
    return [RunSource(run, tuple(members), (file,) if file else ()) for run, members in runs]


def read_sound_records(path: str | Path) -> tuple[list[Record], list[str]]:
    """What is sound in a damaged file, and a line for each fault: records without the header of their run are none.

    ``OSError`` when the file cannot be read.
    """
    kept: list[Record] = []
    faults: list[str] = []
    headed, lost, doubtful = False, 0, False
    for number, record in read_lines(path):
        if isinstance(record, str):
            faults.append(f"{path}:{number}: {record}")
            headed = headed and not isinstance(record, HeaderFault)
            doubtful = True
            continue
        if isinstance(record, Run):
            headed, doubtful = True, False
        elif doubtful and headed and not isinstance(kept[-1], Run) and record.type < kept[-1].type:
            # The records of a run come by type: where they begin again, it was a header that could not be read.
            headed = False
        if headed:
            kept.append(record)
        else:
            lost += 1
    if lost:
        faults.append(f"{path}: {lost:,} sound records are left out too: the header of their run is not sound")
    return kept, faults


def run_label(run: Run) -> str:
    """A run in a few words: when, at which sizes, which shard."""
    shard = run.options.get("shard")
    sizes = run.options.get("sizes")
    words = [f"{run.size_pairs:,} size pairs" + (f" ({sizes})" if sizes else "")]
    words += [f"shard {shard}"] if shard else []
    return f"{run.started}, {', '.join(words)}"


def _shard(run: Run) -> tuple[int, int] | None:
    group, slash, splits = str(run.options.get("shard", "")).partition("/")
    if not (slash and group.isdecimal() and splits.isdecimal()):
        return None
    return (int(group), int(splits)) if 1 <= int(group) <= int(splits) else None


def _count_option(run: Run, option: str) -> int:
    value = run.options.get(option)
    return value if isinstance(value, int) else 0


def cut_short(runs: Iterable[RunSource]) -> list[str]:
    """A line for each run that did not ask everything."""
    return [
        f"{run_label(source.run)}{f', {file}' if file else ''}: {source.run.shortfall}"
        for source in runs
        for file in [", ".join(source.files)]
        if source.run.shortfall
    ]


def shard_faults(runs: Sequence[RunSource]) -> tuple[list[str], list[str]]:
    """What is missing of runs that were split over machines, and which shards there are several of; a line for each.

    Shards belong together when all else in their headers that is asked of them is the same: the frameworks with their
    versions, the sizes, the options and the list of all tests.
    """
    together: dict[str, dict[int, list[RunSource]]] = defaultdict(lambda: defaultdict(list))
    splits_of: dict[str, int] = {}
    for source in runs:
        shard = _shard(source.run)
        if shard is not None:
            group, splits = shard
            options = {name: value for name, value in source.run.options.items() if name != _SHARD_OPTION}
            scope = (splits, source.run.versions, source.run.pair_list_digest, options)
            key = json.dumps(scope, sort_keys=True)
            together[key][group].append(source)
            splits_of[key] = splits
    missing: list[str] = []
    several: list[str] = []
    for key, by_group in together.items():
        splits = splits_of[key]
        first = next(iter(by_group.values()))[0].run
        whose = f"the run of {_run_scope(first)}"
        if splits > _MOST_NAMED_SHARDS and len(by_group) < splits:
            missing.append(f"{splits - len(by_group)} of {splits} shards of {whose} are missing")
        elif splits <= _MOST_NAMED_SHARDS:
            absent = (group for group in range(1, splits + 1) if group not in by_group)
            missing += [f"shard {group}/{splits} of {whose} is missing" for group in absent]
        for group, members in sorted(by_group.items()):
            if len(members) > 1:
                files = ", ".join(sorted({file for source in members for file in source.files}))
                several.append(f"shard {group}/{splits} of {whose} was run {len(members)} times: {files}")
        total = _count_option(first, "tests_of")
        tests = sum(members[0].run.tests for members in by_group.values())
        if len(by_group) == splits and tests != total:
            missing.append(f"the shards of {whose} ask {tests:,} tests of {total:,}")
    return missing, several


_MOST_NAMED_SHARDS = 1000
"""Beyond this many shards, which no run has, the missing ones are counted instead of named."""


def _run_scope(run: Run) -> str:
    frameworks = run.options.get("frameworks")
    if not isinstance(frameworks, list) or not frameworks:
        frameworks = [name for name, version in run.versions.items() if version]
    sizes = run.options.get("sizes")
    return f"{', '.join(map(str, frameworks))}" + (f" at {sizes} sizes" if sizes else "")
