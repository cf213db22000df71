"""The section on equivalent calls in other frameworks: data for the page's script, and a table without scripts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from halfpixel.golden.vocabulary import AGREEMENT, NOT_MEASURED
from halfpixel.reports.records.aggregate import framework_order, of_type
from halfpixel.reports.records.json_lines import to_dict
from halfpixel.reports.records.record_types import SHARED_TYPES, Record
from halfpixel.reports.records.translation_records import Snippet, Translation, TranslationCall

LISTED_KERNELS = ("nearest", "linear", "cubic")
"""Kernels of which each framework's plainest call is shown without scripts, after what it does by default."""


def deduplicated(records: Iterable[Record]) -> list[Record]:
    """The records, those that many tests keep alike only once."""
    shared: set[Record] = set()
    kept = []
    for record in records:
        if isinstance(record, SHARED_TYPES):
            if record in shared:
                continue
            shared.add(record)
        kept.append(record)
    return kept


def is_same_function(answer: dict[str, Any]) -> bool:
    """Whether the call of an answer is the same function wherever the operation is defined."""
    return answer["verdict"] in AGREEMENT and "of" not in answer


@dataclass(frozen=True, slots=True)
class TranslatedAnswer:
    """One answer in the table that needs no script: to which framework, the call, its verdict and worst error."""

    framework: str
    call: str
    verdict: str
    same: bool
    grey_levels: float | None
    where: str
    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TranslatedCall:
    """A call that people often start from, with the answers of other frameworks."""

    framework: str
    call: str
    is_default: bool
    answers: tuple[TranslatedAnswer, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """From one framework to another: how many calls have the same function there, of how many that were measured."""

    same: int
    total: int


@dataclass(frozen=True, slots=True)
class TranslationSection:
    """``data`` is what ``translations.js`` works on; ``table`` the tallies by ``(from, to)``."""

    frameworks: tuple[str, ...]
    asked: tuple[tuple[str, tuple[TranslatedCall, ...]], ...]
    table: dict[tuple[str, str], Tally]
    rows: int
    same: int
    data: dict[str, Any]


def translation_section(records: Iterable[Record]) -> TranslationSection | None:
    """What the page says; ``None`` when the run asked for no translations."""
    records = list(records)
    translations = of_type(records, Translation)
    if not translations:
        return None
    calls = {call.operation: call for call in of_type(records, TranslationCall)}
    by_key = {call.key: call for call in calls.values()}
    table: dict[tuple[str, str], list[bool]] = {}
    for translation in translations:
        for framework, answer in translation.answers.items():
            if answer["verdict"] not in NOT_MEASURED:
                table.setdefault((translation.framework, framework), []).append(is_same_function(answer))
    named = {name for pair in table for name in pair} | {row.framework for row in translations}
    frameworks = tuple(sorted(named, key=framework_order))
    answers = [answer for translation in translations for answer in translation.answers.values()]
    return TranslationSection(
        frameworks,
        tuple((name, tuple(_translated_calls(name, translations, calls, by_key))) for name in frameworks),
        {pair: Tally(sum(outcomes), len(outcomes)) for pair, outcomes in table.items()},
        len(answers),
        sum(map(is_same_function, answers)),
        _script_values(translations, calls, of_type(records, Snippet)),
    )


def _translated_calls(
    framework: str,
    translations: list[Translation],
    calls: dict[str, TranslationCall],
    by_key: dict[str, TranslationCall],
) -> Iterable[TranslatedCall]:
    mine = [
        (calls[row.operation], row.answers)
        for row in translations
        if row.framework == framework and row.operation in calls and row.answers
    ]
    mine.sort(key=lambda pair: (len(pair[0].call), pair[0].operation))
    chosen = [pair for pair in mine if pair[0].is_default]
    for kernel in LISTED_KERNELS:
        chosen += [pair for pair in mine if pair[0].kernel == kernel][:1]
    for call, answers in {call.operation: (call, answers) for call, answers in chosen}.values():
        translated = (
            _translated_answer(name, answers[name], by_key)
            for name in sorted(answers, key=framework_order)
            if name != framework
        )
        yield TranslatedCall(framework, call.call, call.is_default, tuple(translated))


def _translated_answer(framework: str, answer: dict[str, Any], by_key: dict[str, TranslationCall]) -> TranslatedAnswer:
    return TranslatedAnswer(
        framework,
        _text(answer.get("to", ""), by_key),
        answer["verdict"],
        is_same_function(answer),
        answer.get("grey_levels"),
        answer.get("reason", answer.get("where", "")),
        tuple((words, _text(part, by_key)) for words, part in answer.get("parts", {}).items()),
    )


def _text(key: str, by_key: dict[str, TranslationCall]) -> str:
    return by_key[key].call if key in by_key else ""


def _script_values(
    translations: list[Translation], calls: dict[str, TranslationCall], snippets: list[Snippet]
) -> dict[str, Any]:
    """What ``translations.js`` works on: the records themselves, as JSON, and the texts that they share by name."""
    return {
        "calls": list(map(to_dict, calls.values())),
        "translations": [to_dict(row) for row in translations if row.operation in calls and row.answers],
        "snippets": {snippet.name: snippet.text for snippet in snippets},
    }


def translation_changes(old: Iterable[Record], new: Iterable[Record]) -> list[str]:
    """One line for each answer that is new, gone, of another verdict or with another call."""
    old, new = list(old), list(new)
    names = {call.key: call.operation for call in of_type([*old, *new], TranslationCall)}
    before, after = (
        {
            (translation.operation, framework): answer
            for translation in of_type(records, Translation)
            for framework, answer in translation.answers.items()
        }
        for records in (old, new)
    )
    lines = []
    for operation, framework in sorted(before.keys() | after.keys()):
        a, b = (
            _answer_summary(side[operation, framework], names) if (operation, framework) in side else None
            for side in (before, after)
        )
        name = f"translation: {operation} in {framework}"
        if a is None:
            lines.append(f"new             {name}: {b}")
        elif b is None:
            lines.append(f"gone            {name}: was {a}")
        elif a != b:
            lines.append(f"answer changed  {name}: {a} -> {b}")
    return lines


def _answer_summary(answer: dict[str, Any], names: dict[str, str]) -> str:
    gain = f", gain {answer['gain']:.3g}" if "gain" in answer else ""
    return f"{answer['verdict']}{gain}" + (f" with {names.get(answer['to'], answer['to'])}" if "to" in answer else "")
