"""Joins the records of several runs, for example of one environment for each framework."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reports.record import (
    Claim,
    Default,
    EquivalenceClass,
    Finding,
    MaskShift,
    PairComparison,
    Record,
    RecordError,
    Run,
    read,
)
from reports.translations_record import Call, Snippet, Translation


@dataclass(frozen=True, slots=True)
class Merged:
    """The joined records, one run header for each run first, and what happened to those that met.

    ``duplicates`` were dropped because another says the same; ``filled`` because another run measured what this one
    could not for want of the framework; ``conflicts`` names each that says something else: both are kept.
    """

    records: tuple[Record, ...]
    duplicates: int
    filled: int
    conflicts: tuple[str, ...]


def _key(record: Record) -> tuple[Hashable, ...]:
    """What a record is about: two records with one key ought to say the same."""
    match record:
        case Finding():
            return ("finding", record.suite, record.question)
        case PairComparison():
            return ("pair", record.a, record.b)
        case EquivalenceClass():
            return ("equivalence class", *record.members)
        case Default():
            return ("default", record.framework, record.operation)
        case Claim():
            return ("claim", record.name)
        case MaskShift():
            return ("mask", record.scene, record.n_in, record.n_out, record.trained, record.deployed)
        case Snippet():
            return ("snippet", record.name)
        case Call():
            return ("call", record.operation)
        case Translation():
            return ("translation", record.operation)
        case _:
            return ("run", record.started, record.platform)


def _content(record: Record) -> Record:
    return replace(record, seconds=0.0) if isinstance(record, Finding) else record


def _absent(record: Record) -> bool:
    return isinstance(record, Finding | PairComparison) and record.verdict == "not installed"


def _joined(one: Record, other: Record) -> Record | None:
    """What two runs with different frameworks found of one subject, if they agree on all but the frameworks."""
    by_framework = {Claim: "measured", MaskShift: "frameworks", Translation: "answers"}.get(type(one))
    if by_framework is None:
        return None
    mine, its = getattr(one, by_framework), getattr(other, by_framework)
    if any(mine[name] != its[name] for name in mine.keys() & its.keys()):
        return None
    both = mine | its
    joined = replace(one, **{by_framework: both})
    return joined if joined == replace(other, **{by_framework: both}) else None


def _verdicts(records: Sequence[Record]) -> str:
    shown = [getattr(record, "verdict", None) for record in records]
    gains = [getattr(record, "gain", None) for record in records]
    if None in shown:
        return "different content"
    return " against ".join(f"{v}" if g is None else f"{v} (gain {g:.6g})" for v, g in zip(shown, gains, strict=True))


def _version_conflicts(runs: Sequence[Run]) -> list[str]:
    found: dict[str, list[str]] = {}
    for run in runs:
        for name, version in run.versions.items():
            known = found.setdefault(name, [])
            if version is not None and version not in known:
                known.append(version)
    lines = [f"versions of {name}: {' against '.join(known)}" for name, known in found.items() if len(known) > 1]
    digests = sorted({run.pair_list_digest for run in runs})
    return lines + ([f"lists of size pairs: {' against '.join(digests)}"] if len(digests) > 1 else [])


def merge_records(groups: Iterable[Sequence[Record]]) -> Merged:
    """Join the records of several runs; see :class:`Merged`."""
    kept: dict[tuple[Hashable, ...], list[Record]] = {}
    duplicates = filled = 0
    for records in groups:
        for record in records:
            known = kept.setdefault(_key(record), [])
            if any(_content(record) == _content(other) for other in known):
                duplicates += 1
            elif _absent(record) and known:
                filled += 1
            elif not isinstance(record, Run) and known and all(map(_absent, known)):
                filled += len(known)
                known[:] = [record]
            elif len(known) == 1 and (both := _joined(known[0], record)) is not None:
                duplicates += 1
                known[:] = [both]
            else:
                known.append(record)
    everything = [record for records in kept.values() for record in records]
    runs = [record for record in everything if isinstance(record, Run)]
    conflicts = _version_conflicts(runs)
    conflicts += [
        f"{' / '.join(map(str, key))}: {_verdicts(records)}"
        for key, records in kept.items()
        if len(records) > 1 and key[0] != "run"
    ]
    others = [record for record in everything if not isinstance(record, Run)]
    return Merged((*runs, *others), duplicates, filled, tuple(conflicts))


def merge(paths: Iterable[str | Path]) -> Merged:
    """Read and join files of records; raises ``RecordError`` or ``OSError`` for one that cannot be read."""
    paths = list(paths)
    if not paths:
        raise RecordError("nothing to merge")
    return merge_records([read(path) for path in paths])
