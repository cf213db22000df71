"""Translations read back from the records of an earlier run, and their text."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from halfpixel.golden.vocabulary import AGREEMENT
from halfpixel.probe.compare.discrepancy import error_text
from halfpixel.probe.translate.call_programs import CALL
from halfpixel.probe.translate.rendering import AnswerText
from halfpixel.probe.translate.workarounds import MEASURED, WEIGHTS, fill_template

Record = dict[str, Any]
"""One line of a report, or an answer within it, as JSON has it."""


@dataclass(frozen=True, slots=True)
class RecordedTranslations:
    """The records of a run about translations: calls by key, texts by name, and answers by operation."""

    calls: dict[str, Record] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    translations: dict[str, Record] = field(default_factory=dict)


def read_records(path: str) -> RecordedTranslations:
    """The records about translations; ``ValueError`` in one line for a file that has none or is no record."""
    records = RecordedTranslations()
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
            match entry["type"]:
                case "call":
                    records.calls[entry["key"]] = entry
                case "snippet":
                    records.texts[entry["name"]] = entry["text"]
                case "translation":
                    records.translations[entry["operation"]] = entry
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{path}:{number}: no record of a run") from None
    if not records.translations:
        raise ValueError(f"{path} has no translations: run the suite of translations first")
    return records


def recorded_answers(records: RecordedTranslations, operation: str, frameworks: Iterable[str]) -> dict[str, Record]:
    """The answers about one operation in each of ``frameworks``; ``ValueError`` when the run has none of them."""
    entry = records.translations.get(operation)
    if entry is None:
        raise ValueError(f"the run asked nothing about {operation!r}")
    if entry.get("reason"):
        raise ValueError(f"{operation}: nothing was measured: {entry['reason']}")
    known = entry.get("answers", {})
    chosen = {name: known[name] for name in frameworks if name in known}
    if not chosen:
        raise ValueError(f"the run had none of {', '.join(frameworks)}; it had {', '.join(sorted(known))}")
    return chosen


def is_same_function(answer: Record) -> bool:
    """Whether the call is the same function wherever the operation is defined."""
    return answer["verdict"] in AGREEMENT and "of" not in answer


def recorded_program(records: RecordedTranslations, key: str) -> str:
    """The program of a call; its expression alone where the run kept no setup."""
    call = records.calls.get(key, {"call": "", "setup": ""})
    return records.texts.get(call["setup"], CALL).replace(CALL, call["call"])


def recorded_text(records: RecordedTranslations, operation: str, framework: str, answer: Record) -> AnswerText:
    """The text of one answer about ``operation``."""
    if "to" not in answer:
        return AnswerText(framework, f"not measured: {answer.get('reason', answer['verdict'])}")
    call = records.calls.get(answer["to"], {"operation": "", "call": ""})
    pairs = answer.get("pairs", records.translations[operation].get("pairs", 0))
    verdict = f"reproduced: the same function at all {pairs} pairs of sizes ({answer['verdict']})"
    if not is_same_function(answer):
        verdict = f"nearest: {answer['verdict']}"
        if "gain" in answer:
            error = error_text(answer["grey_levels"], answer.get("pixels_moved", float("nan")), answer["gain"])
            verdict += f", {error}"
        verdict += f"; {answer.get('where') or 'at all sizes'}"
    recipes = answer.get("recipes", ())
    workarounds = [f"{records.texts.get(name, name)} (in words, not proved)" for name in answer.get("needed", ())]
    workarounds += [f"{recipe['kind']}: run at {recipe['proved']} of {recipe['of']} pairs" for recipe in recipes]
    programs = [("", recorded_program(records, answer["to"]))]
    for recipe in recipes[:1]:
        text = fill_template(records.texts.get(recipe["text"], ""), tuple(recipe.get("values", ())))
        programs.append((recipe["kind"], (recorded_program(records, recipe["to"]) if recipe.get("to") else "") + text))
    if not is_same_function(answer):
        programs += _exact_program(records, operation, call)
    return AnswerText(
        framework,
        verdict,
        call["operation"],
        call["call"],
        tuple(answer.get("factors", ())),
        parts=tuple(
            f"{words}: {records.calls.get(part, {}).get('call', part)} is the same function"
            for words, part in answer.get("parts", {}).items()
        ),
        workarounds=tuple(workarounds),
        programs=tuple(programs),
    )


def _exact_program(records: RecordedTranslations, operation: str, to: Record) -> list[tuple[str, str]]:
    """The program that multiplies by the right weights, with its title; none where the run did not record the call."""
    subject = next((call for call in records.calls.values() if call["operation"] == operation), None)
    if subject is None or "layout" not in to:
        return []
    weights = records.texts.get(subject.get("weights", ""), "")
    product = records.texts.get(f"product {to.get('framework', '')} {to['layout']}", "")
    if not (weights and product):
        return []
    if subject.get("convention"):
        return [(WEIGHTS, weights + product)]
    return [(MEASURED, recorded_program(records, subject["key"]) + weights + product)]
