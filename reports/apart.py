"""Keeps several versions of one framework apart: each gets a name of its own wherever records name the framework."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from reports.model_record import ModelCheck
from reports.record import Claim, EquivalenceClass, Finding, MaskShift, PairComparison, Record, Run
from reports.runs import Source
from reports.showcase_record import ShowcaseConvention, ShowcaseMatrix, ShowcaseOperation
from reports.translations_record import Call, Snippet, Translation

SIGN = "@"
"""Between a framework and its version, as in ``opencv@4.10.0``."""
BETWEEN = " | "
"""Between the two operations of a question about a pair."""


def base(framework: str) -> str:
    """A framework without the version that keeps it apart."""
    return framework.partition(SIGN)[0]


def apart_name(framework: str, version: str) -> str:
    """The name of one version; a space would end the framework's name in that of an operation."""
    return f"{framework}{SIGN}{'_'.join(version.split())}"


def several(runs: Iterable[Run]) -> dict[str, tuple[str, ...]]:
    """Frameworks of which the runs measured several versions, with these."""
    found: dict[str, set[str]] = defaultdict(set)
    for run in runs:
        for name, version in run.versions.items():
            if version is not None:
                found[base(name)].add(version)
    return {name: tuple(sorted(versions)) for name, versions in sorted(found.items()) if len(versions) > 1}


def kept_apart(sources: Sequence[Source]) -> list[Source]:
    """The same runs, with frameworks of several versions renamed; reproductions and messages stay as they were."""
    apart = several(source.run for source in sources)
    if not apart:
        return list(sources)
    keys: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for source in sources:
        names = _names(source.run, apart)
        for record in source.records:
            if isinstance(record, Call) and record.framework in names:
                new = names[record.framework]
                operation = _operation(record.operation, {record.framework: new})
                keys[record.framework, new][record.key] = hashlib.sha256(operation.encode()).hexdigest()[:8]
    return [_renamed(source, _names(source.run, apart), apart, keys) for source in sources]


def _names(run: Run, apart: dict[str, tuple[str, ...]]) -> dict[str, str]:
    return {
        name: apart_name(name, version)
        for name, version in run.versions.items()
        if name in apart and version is not None
    }


def _renamed(
    source: Source,
    names: dict[str, str],
    apart: dict[str, tuple[str, ...]],
    keys: dict[tuple[str, str], dict[str, str]],
) -> Source:
    versions = {
        names.get(name, name): version
        for name, version in source.run.versions.items()
        # That one of several versions is there is no reason to list the framework as absent.
        if not (version is None and name in apart)
    }
    options = dict(source.run.options)
    for option in ("frameworks", "chapters_of"):
        if isinstance(options.get(option), list):
            options[option] = [names.get(name, name) if isinstance(name, str) else name for name in options[option]]
    run = replace(source.run, versions=versions, options=options)
    if not names:
        return replace(source, run=run)
    key = {old: new for pair in names.items() for old, new in keys[pair].items()}
    rename = _renaming(names, lambda old: key.get(old, old))
    return replace(source, run=run, records=tuple(map(rename, source.records)))


def _operation(operation: str, names: dict[str, str]) -> str:
    framework, space, rest = operation.partition(" ")
    return f"{names.get(framework, framework)}{space}{rest}"


def _operations(text: str, names: dict[str, str]) -> str:
    return BETWEEN.join(_operation(each, names) for each in text.split(BETWEEN))


def _finding(record: Finding, names: dict[str, str]) -> Finding:
    operation = _operations(record.operation, names)
    question = record.question
    if operation != record.operation:
        for old, new in zip(record.operation.split(BETWEEN), operation.split(BETWEEN), strict=True):
            question = question.replace(old, new)
    of_one = record.framework in names
    if question == record.question and (of_one or BETWEEN not in record.operation):
        # A question about a convention that several frameworks claim is answered for these versions.
        versions = [names[record.framework]] if of_one else sorted(names.values())
        if of_one or record.suite == "agreement":
            question = f"{question} ({', '.join(versions)})"
    return replace(
        record, operation=operation, question=question, framework=names.get(record.framework, record.framework)
    )


def _renaming(names: dict[str, str], key: Callable[[str], str]) -> Callable[[Record], Record]:
    def name(framework: str) -> str:
        return names.get(framework, framework)

    def rename(record: Record) -> Record:
        match record:
            case Finding():
                return _finding(record, names)
            case PairComparison():
                return replace(record, a=_operation(record.a, names), b=_operation(record.b, names))
            case EquivalenceClass():
                members = tuple(_operation(each, names) for each in record.members)
                return replace(record, members=members, frameworks=tuple(map(name, record.frameworks)))
            case Claim():
                measured = {_operation(each, names): count for each, count in record.measured.items()}
                return replace(record, measured=measured)
            case MaskShift():
                return replace(record, frameworks={name(each): count for each, count in record.frameworks.items()})
            case Call():
                return replace(
                    record,
                    operation=_operation(record.operation, names),
                    framework=name(record.framework),
                    key=key(record.key) if record.framework in names else record.key,
                )
            case Translation():
                return replace(
                    record,
                    operation=_operation(record.operation, names),
                    framework=name(record.framework),
                    answers={name(each): _answer(answer, key) for each, answer in record.answers.items()},
                )
            case ShowcaseOperation():
                return replace(record, operation=_operation(record.operation, names), framework=name(record.framework))
            case Snippet() | ShowcaseMatrix() | ShowcaseConvention() | ModelCheck():
                return record
            case _:
                return replace(record, framework=name(record.framework), operation=_operation(record.operation, names))

    return rename


def _answer(answer: dict[str, Any], key: Callable[[str], str]) -> dict[str, Any]:
    told = dict(answer)
    if "to" in told:
        told["to"] = key(told["to"])
    if "parts" in told:
        told["parts"] = {words: key(part) for words, part in told["parts"].items()}
    if "recipes" in told:
        told["recipes"] = [each | {"to": key(each["to"])} for each in told["recipes"]]
    return told
