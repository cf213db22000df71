"""The runs that a file of records holds, what they are called, and whether the shards of a run are all there."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reports.reading import HeaderFault, lines
from reports.record import Record, RecordError, Run
from reports.writing import to_dict

_OF_A_SHARD = ("shard", "tests", "tests_done")
"""Options in which the shards of one run differ."""


@dataclass(frozen=True, slots=True)
class Source:
    """One run: its header, what it found, and the files that say so."""

    run: Run
    records: tuple[Record, ...]
    files: tuple[str, ...] = ()

    @property
    def place(self) -> tuple[str, str]:
        """By what runs are ordered, whatever the order of the files."""
        return self.run.started, json.dumps(to_dict(self.run), sort_keys=True)


def sources(records: Iterable[Record], file: str = "") -> list[Source]:
    """The runs among records as :func:`reports.reading.read` gives them: a record belongs to the header before it."""
    found: list[tuple[Run, list[Record]]] = []
    for record in records:
        if isinstance(record, Run):
            found.append((record, []))
        elif not found:
            raise RecordError(f"{file or 'records'}: no run header before the first record")
        else:
            found[-1][1].append(record)
    return [Source(run, tuple(each), (file,) if file else ()) for run, each in found]


def sound(path: str | Path) -> tuple[list[Record], list[str]]:
    """What is sound in a damaged file, and a line for each fault: records without the header of their run are none.

    ``OSError`` when the file cannot be read.
    """
    kept: list[Record] = []
    faults: list[str] = []
    headed, lost, doubtful = False, 0, False
    for number, found in lines(path):
        if isinstance(found, str):
            faults.append(f"{path}:{number}: {found}")
            headed = headed and not isinstance(found, HeaderFault)
            doubtful = True
            continue
        if isinstance(found, Run):
            headed, doubtful = True, False
        elif doubtful and headed and not isinstance(kept[-1], Run) and found.type < kept[-1].type:
            # The records of a run come by type: where they begin again, it was a header that could not be read.
            headed = False
        if headed:
            kept.append(found)
        else:
            lost += 1
    if lost:
        faults.append(f"{path}: {lost:,} sound records are left out too: the header of their run is not sound")
    return kept, faults


def named(run: Run) -> str:
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


def _count(run: Run, option: str) -> int:
    value = run.options.get(option)
    return value if isinstance(value, int) else 0


def faults_of_shards(found: Sequence[Source]) -> tuple[list[str], list[str]]:
    """What is missing of runs that were split over machines, and which shards there are several of; a line for each.

    Shards belong together when all else in their headers that is asked of them is the same: the frameworks with their
    versions, the sizes, the options and the list of all tests.
    """
    together: dict[str, list[Source]] = defaultdict(list)
    for source in found:
        if _shard(source.run) is not None:
            options = {name: value for name, value in source.run.options.items() if name not in _OF_A_SHARD}
            splits = _shard(source.run)[1]
            asked = (splits, source.run.versions, source.run.pair_list_digest, options)
            together[json.dumps(asked, sort_keys=True)].append(source)
    missing, several = [], []
    for members in together.values():
        by_group: dict[int, list[Source]] = defaultdict(list)
        for source in members:
            by_group[_shard(source.run)[0]].append(source)
        splits = _shard(members[0].run)[1]
        whose = f"the run of {_asked(members[0].run)}"
        absent = [group for group in range(1, splits + 1) if group not in by_group] if splits <= _MANY else []
        missing += [f"shard {group}/{splits} of {whose} is missing" for group in absent]
        if splits > _MANY and len(by_group) < splits:
            missing.append(f"{splits - len(by_group)} of {splits} shards of {whose} are missing")
        for group, those in sorted(by_group.items()):
            if len(those) > 1:
                files = ", ".join(sorted({file for each in those for file in each.files}))
                several.append(f"shard {group}/{splits} of {whose} was run {len(those)} times: {files}")
            for each in those:
                done, tests = _count(each.run, "tests_done"), _count(each.run, "tests")
                if done < tests:
                    missing.append(
                        f"shard {group}/{splits} of {whose} ended early: "
                        f"{done:,} of its {tests:,} tests ({', '.join(each.files)})"
                    )
        total, asked = (_count(members[0].run, "tests_of"), sum(_count(t[0].run, "tests") for t in by_group.values()))
        if len(by_group) == splits and asked != total:
            missing.append(f"the shards of {whose} ask {asked:,} tests of {total:,}")
    return missing, several


_MANY = 1000
"""Beyond this many shards, which no run has, the missing ones are counted instead of named."""


def _asked(run: Run) -> str:
    frameworks = run.options.get("frameworks")
    if not isinstance(frameworks, list) or not frameworks:
        frameworks = [name for name, version in run.versions.items() if version]
    sizes = run.options.get("sizes")
    return f"{', '.join(map(str, frameworks))}" + (f" at {sizes} sizes" if sizes else "")
