"""The chapter on what to write instead: its compact data for the page's script, and what is shown without scripts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from reports.record import AGREEMENT, NOT_MEASURED, VERDICTS, Record
from reports.translations_record import SHARED, WORDS, Call, Snippet, Translation

ASKED = ("nearest", "linear", "cubic")
"""Kernels of which each framework's plainest call is shown without scripts, after what it does by default."""


def distinct(records: Iterable[Record]) -> list[Record]:
    """The records, those that many tests keep alike only once."""
    seen: set[Record] = set()
    kept = []
    for record in records:
        if isinstance(record, SHARED):
            if record in seen:
                continue
            seen.add(record)
        kept.append(record)
    return kept


def is_same(answer: dict[str, Any]) -> bool:
    """Whether the call of an answer is the same function wherever the operation is defined."""
    return answer["verdict"] in AGREEMENT and "of" not in answer


@dataclass(frozen=True, slots=True)
class Shown:
    """One answer in the table that needs no script: to which framework, the call, its verdict and worst error."""

    framework: str
    call: str
    verdict: str
    same: bool
    grey_levels: float | None
    where: str
    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A call that people often start from, with the answers of other frameworks."""

    framework: str
    call: str
    is_default: bool
    answers: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """From one framework to another: how many calls have the same function there, of how many that were measured."""

    same: int
    total: int


@dataclass(frozen=True, slots=True)
class Chapter:
    """``data`` is what ``translations.js`` works on; ``table`` the tallies by ``(from, to)``."""

    frameworks: tuple[str, ...]
    asked: tuple[tuple[str, tuple[Asked, ...]], ...]
    table: dict[tuple[str, str], Tally]
    rows: int
    same: int
    data: dict[str, Any]


def chapter(records: Iterable[Record]) -> Chapter | None:
    """What the page says; ``None`` when the run asked for no translations."""
    records = list(records)
    translations = [each for each in records if isinstance(each, Translation)]
    if not translations:
        return None
    calls = {each.operation: each for each in records if isinstance(each, Call)}
    by_key = {each.key: each for each in calls.values()}
    snippets = [each for each in records if isinstance(each, Snippet)]
    found = [answer for each in translations for answer in each.answers.values()]
    table: dict[tuple[str, str], list[bool]] = {}
    for each in translations:
        for framework, answer in each.answers.items():
            if answer["verdict"] not in NOT_MEASURED:
                table.setdefault((each.framework, framework), []).append(is_same(answer))
    frameworks = tuple(sorted({name for pair in table for name in pair} | {each.framework for each in translations}))
    return Chapter(
        frameworks,
        tuple((name, tuple(_asked(name, translations, calls, by_key))) for name in frameworks),
        {pair: Tally(sum(those), len(those)) for pair, those in table.items()},
        len(found),
        sum(map(is_same, found)),
        _data(translations, calls, snippets),
    )


def _asked(
    framework: str, translations: list[Translation], calls: dict[str, Call], by_key: dict[str, Call]
) -> Iterable[Asked]:
    mine = [each for each in translations if each.framework == framework and each.operation in calls and each.answers]
    mine.sort(key=lambda each: (len(calls[each.operation].call), each.operation))
    chosen = [each for each in mine if calls[each.operation].is_default]
    for kernel in ASKED:
        chosen += [each for each in mine if calls[each.operation].kernel == kernel][:1]
    for each in {each.operation: each for each in chosen}.values():
        call = calls[each.operation]
        answers = tuple(
            _shown(name, answer, by_key) for name, answer in sorted(each.answers.items()) if name != framework
        )
        yield Asked(framework, call.call, call.is_default, answers)


def _shown(framework: str, answer: dict[str, Any], by_key: dict[str, Call]) -> Shown:
    return Shown(
        framework,
        _text(answer.get("to", ""), by_key),
        answer["verdict"],
        is_same(answer),
        answer.get("grey_levels"),
        answer.get("reason", answer.get("where", "")),
        tuple((words, _text(part, by_key)) for words, part in answer.get("parts", {}).items()),
    )


def _text(key: str, by_key: dict[str, Call]) -> str:
    return by_key[key].call if key in by_key else ""


class _Numbered:
    """Values in the order they came, each once."""

    def __init__(self) -> None:
        self.numbers: dict[Any, int] = {}

    def __call__(self, value: Any) -> int:
        return self.numbers.setdefault(value, len(self.numbers))

    @property
    def values(self) -> list[Any]:
        return list(self.numbers)


def _data(translations: list[Translation], calls: dict[str, Call], snippets: list[Snippet]) -> dict[str, Any]:
    """Everything as arrays of numbers, so that thousands of answers weigh little; ``translations.js`` reads it.

    calls: ``[framework, expression, name, setup, layout, convention, is default]``; answers: ``[verdict, to, pairs, of,
    grey levels, n_in, n_out, where, needed, parts, recipes]``, cut after the last that is not zero; rows: ``[from, is
    documented, [framework, answer] ...]``. Numbers of calls and of words begin at 1; 0 is none.
    """
    frameworks, words, conventions, answers, known = (_Numbered() for _ in range(5))
    written = [each for each in snippets if not each.name.startswith(WORDS)]
    texts = {each.name: place for place, each in enumerate(written)}
    numbers = {each.key: place for place, each in enumerate(calls.values(), start=1)}
    places = {operation: place for place, operation in enumerate(calls, start=1)}
    by_name = {each.name: each.text for each in snippets}

    def word(text: str) -> int:
        return words(text) + 1 if text else 0

    def listed(each: Call) -> list[Any]:
        # Only texts that measure an operation name it; otherwise its call says enough.
        name = "" if each.convention else each.operation.removeprefix(f"{each.framework} ")
        convention = conventions(each.convention) + 1 if each.convention else 0
        setup = texts.get(each.setup, -1)
        place = frameworks(each.framework)
        return [place, each.call, name, setup, known(each.layout), convention, *([1] if each.is_default else [])]

    def told(answer: dict[str, Any], pairs: int) -> tuple:
        at = answer.get("at", (0, 0, 0, 0))
        parts = [(word(kind), numbers.get(part, 0)) for kind, part in answer.get("parts", {}).items()]
        recipes = [
            (
                word(each["kind"]),
                numbers.get(each["to"], 0),
                texts.get(each["text"], -1),
                each["proved"],
                each["of"],
                tuple(map(word, each.get("values", ()))),
            )
            for each in answer.get("recipes", ())
        ]
        values = [
            VERDICTS.index(answer["verdict"]),
            numbers.get(answer.get("to", ""), 0),
            answer.get("pairs", pairs),
            answer.get("of", 0),
            answer.get("grey_levels", 0),
            *at[1:3],
            word(answer.get("reason", answer.get("where", ""))),
            tuple(word(by_name.get(name, "")) for name in answer.get("needed", ())),
            tuple(parts),
            tuple(recipes),
        ]
        while values and not values[-1]:
            values.pop()
        return tuple(values)

    listed_calls = [listed(each) for each in calls.values()]
    rows = []
    for each in translations:
        row = [places.get(each.operation, 0), int(each.documented)]
        for framework, answer in each.answers.items():
            row += [frameworks(framework), answers(told(answer, each.pairs))]
        if row[0] and len(row) > 2:
            rows.append(row)
    return {
        "verdicts": VERDICTS,
        "frameworks": frameworks.values,
        "words": words.values,
        "conventions": conventions.values,
        "layouts": known.values,
        "names": [each.name for each in written],
        "texts": [each.text for each in written],
        "calls": listed_calls,
        "answers": answers.values,
        "rows": rows,
    }


def changes(old: Iterable[Record], new: Iterable[Record]) -> list[str]:
    """One line for each answer that is new, gone, of another verdict or with another call."""
    old, new = list(old), list(new)
    names = {each.key: each.operation for each in (*old, *new) if isinstance(each, Call)}
    before, after = (
        {
            (each.operation, framework): answer
            for each in records
            if isinstance(each, Translation)
            for framework, answer in each.answers.items()
        }
        for records in (old, new)
    )
    lines = []
    for operation, framework in sorted(before.keys() | after.keys()):
        a, b = before.get((operation, framework)), after.get((operation, framework))
        name = f"translation: {operation} in {framework}"
        if a is None:
            lines.append(f"new             {name}: {_brief(b, names)}")
        elif b is None:
            lines.append(f"gone            {name}: was {_brief(a, names)}")
        elif _brief(a, names) != _brief(b, names):
            lines.append(f"answer changed  {name}: {_brief(a, names)} -> {_brief(b, names)}")
    return lines


def _brief(answer: dict[str, Any], names: dict[str, str]) -> str:
    gain = f", gain {answer['gain']:.3g}" if "gain" in answer else ""
    return f"{answer['verdict']}{gain}" + (f" with {names.get(answer['to'], answer['to'])}" if "to" in answer else "")
