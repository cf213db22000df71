"""Rename frameworks by version (``opencv@4.10.0``) when runs of several versions are merged."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from halfpixel.golden.vocabulary import PAIR_SEPARATOR, Suite
from halfpixel.reports.records.aggregate import framework_versions
from halfpixel.reports.records.record_types import Finding, Record, Run
from halfpixel.reports.records.run_sources import RunSource
from halfpixel.reports.records.translation_records import TranslationCall

VERSION_SIGN = "@"
"""Between a framework and its version, as in ``opencv@4.10.0``."""


def unversioned(framework: str) -> str:
    """A framework without the version that keeps it apart."""
    return framework.partition(VERSION_SIGN)[0]


def versioned(framework: str, version: str) -> str:
    """The name of one version; a space would end the framework's name in that of an operation."""
    return f"{framework}{VERSION_SIGN}{'_'.join(version.split())}"


def multiple_versions(runs: Iterable[Run]) -> dict[str, tuple[str, ...]]:
    """Frameworks of which the runs measured several versions, with these."""
    by_framework: dict[str, set[str]] = defaultdict(set)
    for name, versions in framework_versions(runs).items():
        by_framework[unversioned(name)].update(versions)
    return {name: tuple(sorted(versions)) for name, versions in sorted(by_framework.items()) if len(versions) > 1}


def with_versioned_names(sources: Sequence[RunSource]) -> list[RunSource]:
    """The same runs, with frameworks of several versions renamed; reproductions and messages stay as they were."""
    apart = multiple_versions(source.run for source in sources)
    if not apart:
        return list(sources)
    keys: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for source in sources:
        names = _versioned_names(source.run, apart)
        for record in source.records:
            if isinstance(record, TranslationCall) and record.framework in names:
                new = names[record.framework]
                operation = _renamed_operation(record.operation, {record.framework: new})
                keys[record.framework, new][record.key] = hashlib.sha256(operation.encode()).hexdigest()[:8]
    return [_renamed(source, _versioned_names(source.run, apart), apart, keys) for source in sources]


def _versioned_names(run: Run, apart: dict[str, tuple[str, ...]]) -> dict[str, str]:
    return {
        name: versioned(name, version)
        for name, version in run.versions.items()
        if name in apart and version is not None
    }


def _renamed(
    source: RunSource,
    names: dict[str, str],
    apart: dict[str, tuple[str, ...]],
    keys: dict[tuple[str, str], dict[str, str]],
) -> RunSource:
    versions = {
        names.get(name, name): version
        for name, version in source.run.versions.items()
        # That one of several versions is there is no reason to list the framework as absent.
        if not (version is None and name in apart)
    }
    options = dict(source.run.options)
    for option in ("frameworks", "chapters_of", "locked"):
        if isinstance(options.get(option), list):
            options[option] = [names.get(name, name) if isinstance(name, str) else name for name in options[option]]
    run = replace(source.run, versions=versions, options=options)
    if not names:
        return replace(source, run=run)
    key = {old: new for pair in names.items() for old, new in keys[pair].items()}
    rename = _renamer(names, lambda old: key.get(old, old))
    return replace(source, run=run, records=tuple(map(rename, source.records)))


def _renamed_operation(operation: str, names: dict[str, str]) -> str:
    framework, space, rest = operation.partition(" ")
    return f"{names.get(framework, framework)}{space}{rest}"


def _renamed_operations(text: str, names: dict[str, str]) -> str:
    return PAIR_SEPARATOR.join(_renamed_operation(operation, names) for operation in text.split(PAIR_SEPARATOR))


def _renamed_finding(record: Finding, names: dict[str, str]) -> Finding:
    operation = _renamed_operations(record.operation, names)
    question = record.question
    if operation != record.operation:
        for old, new in zip(record.operation.split(PAIR_SEPARATOR), operation.split(PAIR_SEPARATOR), strict=True):
            question = question.replace(old, new)
    of_one = record.framework in names
    if question == record.question and (of_one or PAIR_SEPARATOR not in record.operation):
        # A question about a convention that several frameworks claim is answered for these versions.
        versions = [names[record.framework]] if of_one else sorted(names.values())
        if of_one or record.suite == Suite.AGREEMENT:
            question = f"{question} ({', '.join(versions)})"
    return replace(
        record, operation=operation, question=question, framework=names.get(record.framework, record.framework)
    )


def _renamer(names: dict[str, str], key: Callable[[str], str]) -> Callable[[Record], Record]:
    def framework(text: str) -> str:
        return names.get(text, text)

    def operation(text: str) -> str:
        return _renamed_operation(text, names)

    def frameworks(values: Any) -> Any:
        if isinstance(values, dict):
            return {framework(name): count for name, count in values.items()}
        return tuple(map(framework, values))

    renamed_fields: dict[str, Callable[[Any], Any]] = {
        "framework": framework,
        "frameworks": frameworks,
        "operation": operation,
        "a": operation,
        "b": operation,
        "members": lambda members: tuple(map(operation, members)),
        "measured": lambda measured: {operation(name): count for name, count in measured.items()},
        "answers": lambda answers: {framework(to): _renamed_answer(answer, key) for to, answer in answers.items()},
    }

    def rename(record: Record) -> Record:
        if isinstance(record, Finding):
            return _renamed_finding(record, names)
        values: dict[str, Any] = {
            field: renamed(getattr(record, field))
            for field, renamed in renamed_fields.items()
            if hasattr(record, field)
        }
        if isinstance(record, TranslationCall) and record.framework in names:
            values["key"] = key(record.key)
        return replace(record, **values)

    return rename


def _renamed_answer(answer: dict[str, Any], key: Callable[[str], str]) -> dict[str, Any]:
    renamed = dict(answer)
    if "to" in renamed:
        renamed["to"] = key(renamed["to"])
    if "parts" in renamed:
        renamed["parts"] = {kind: key(part) for kind, part in renamed["parts"].items()}
    if "recipes" in renamed:
        renamed["recipes"] = [recipe | {"to": key(recipe["to"])} for recipe in renamed["recipes"]]
    return renamed
