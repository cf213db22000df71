"""Answers of an earlier run, from the lines of its records, in the words that a measurement now would be told in."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from probe.translation.recipes import CONVENTION, FRAMEWORK, OPERATION, filled
from probe.translation.text import CALL

AGREEMENT = ("exact", "agrees")


@dataclass(frozen=True, slots=True)
class Reported:
    """What a run recorded: calls by key, texts by name, and answers by operation."""

    calls: dict[str, dict] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    translations: dict[str, dict] = field(default_factory=dict)

    @property
    def operations(self) -> dict[str, dict]:
        """The calls by the operation's id."""
        return {call["operation"]: call for call in self.calls.values()}


def read(path: str) -> Reported:
    """The lines that speak of translations; ``ValueError`` in one line for a file that has none or is no record."""
    found = Reported()
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
            match entry["type"]:
                case "call":
                    found.calls[entry["key"]] = entry
                case "snippet":
                    found.texts[entry["name"]] = entry["text"]
                case "translation":
                    found.translations[entry["operation"]] = entry
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{path}:{number}: no record of a run") from None
    if not found.translations:
        raise ValueError(f"{path} has no translations: run suites/translation, then ask again")
    return found


def answers(found: Reported, operation: str, frameworks: Iterable[str]) -> dict[str, dict]:
    """The answers about one operation in each of ``frameworks``; ``ValueError`` when the run asked for none of it."""
    entry = found.translations.get(operation)
    if entry is None:
        raise ValueError(f"the run asked nothing about {operation!r}")
    if entry.get("reason"):
        raise ValueError(f"{operation}: nothing was measured: {entry['reason']}")
    known = entry.get("answers", {})
    chosen = {name: known[name] for name in frameworks if name in known}
    if not chosen:
        raise ValueError(f"the run had none of {', '.join(frameworks)}; it had {', '.join(sorted(known))}")
    return chosen


def is_same(answer: dict) -> bool:
    """Whether the call is the same function wherever the operation is defined."""
    return answer["verdict"] in AGREEMENT and "of" not in answer


def program(found: Reported, key: str) -> str:
    """The program of a call; its expression alone where the run kept no setup."""
    call = found.calls.get(key, {"call": "", "setup": ""})
    return found.texts.get(call["setup"], CALL).replace(CALL, call["call"])


def told(found: Reported, operation: str, framework: str, answer: dict, with_text: bool) -> list[str]:
    """One answer for the terminal."""
    lines = [f"to:          {framework}"]
    if "to" not in answer:
        return [*lines, f"verdict:     not measured: {answer.get('reason', answer['verdict'])}"]
    call = found.calls.get(answer["to"], {"operation": "", "call": ""})
    pairs = answer.get("pairs", found.translations[operation].get("pairs", 0))
    lines += [f"operation:   {call['operation']}", f"call:        {call['call']}"]
    if is_same(answer):
        lines.append(f"verdict:     reproduced: the same function at all {pairs} pairs of sizes ({answer['verdict']})")
    else:
        worst = (
            f", worst {answer['grey_levels']} grey levels of 255 (gain {answer['gain']})" if "gain" in answer else ""
        )
        lines.append(f"verdict:     nearest: {answer['verdict']}{worst}; {answer.get('where') or 'at all sizes'}")
    if answer.get("factors"):
        lines.append(f"differs in:  {', '.join(answer['factors'])}")
    for words, part in answer.get("parts", {}).items():
        lines.append(f"{words}: {found.calls.get(part, {}).get('call', part)} is the same function")
    lines += [f"by hand:     {found.texts.get(name, name)} (in words, not proved)" for name in answer.get("needed", ())]
    for each in answer.get("recipes", ()):
        lines.append(f"by hand:     {each['kind']}: run at {each['proved']} of {each['of']} pairs")
    if with_text:
        lines += ["", program(found, answer["to"]).rstrip()]
        for each in answer.get("recipes", ())[:1]:
            text = filled(found.texts.get(each["text"], ""), tuple(each.get("values", ())))
            before = program(found, each["to"]) if each.get("to") else ""
            lines += ["", f"{each['kind']}:", "", (before + text).rstrip()]
        if not is_same(answer):
            lines += ["", *_always(found, operation, call)]
    return lines


def _always(found: Reported, operation: str, to: dict) -> list[str]:
    subject = found.operations.get(operation)
    if subject is None or "layout" not in to:
        return []
    kind = "weights" if subject.get("convention") else "measured weights"
    text = found.texts.get(f"{kind} {to['layout']}", "")
    for room, value in (
        (CONVENTION, subject.get("convention", "")),
        (OPERATION, repr(operation)),
        (FRAMEWORK, repr(subject["framework"])),
    ):
        text = text.replace(room, value)
    return [f"{kind}:", "", text.rstrip()] if text else []
