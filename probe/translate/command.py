"""The translate command: find the call that is meant, translate it, print the answer."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from halfpixel.adapters import Operation, frameworks, integer_operations, operations
from halfpixel.golden import Convention
from halfpixel.golden.options import CommandParser
from halfpixel.probe.compare.measurement_store import Store
from halfpixel.probe.measure.sizes import SIZE_SETS, SizeSet
from halfpixel.probe.operation_search import ambiguity_line, call_expression, find_operation
from halfpixel.probe.translate import recorded_answers
from halfpixel.probe.translate.call_programs import call_program
from halfpixel.probe.translate.function_comparison import FunctionIndex
from halfpixel.probe.translate.rendering import (
    AnswerText,
    exact_text,
    missing_steps,
    translation_text,
    verdict_line,
    workaround_line,
)
from halfpixel.probe.translate.translator import Translation, Translator

REPRODUCED, APPROXIMATED, CANNOT_TELL = 0, 1, 2
EVERY = "all"


def register(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the command to those of ``halfpixel``."""
    command = commands.add_parser(
        "translate",
        help="what to write in another framework instead of a call",
        description="What to write in another framework instead of a call: measured now, at every pair of --sizes. "
        "Exit status 0 when the printed call is the same function, 1 when it is only the nearest, 2 when that is "
        "unknown.",
    )
    command.add_argument(
        "subject",
        metavar="CALL",
        help='an id, a name, or words of a call: "cv2.INTER_AREA", "F.interpolate bilinear", "image.resize lanczos3"',
    )
    command.add_argument("--to", required=True, metavar="FRAMEWORK", help=f"a framework, or {EVERY} that are installed")
    command.add_argument("--sizes", choices=SIZE_SETS, default="quick", help="the pairs of sizes of the comparison")
    command.add_argument(
        "--from-report",
        metavar="FILE",
        dest="report",
        help="answer from the results.jsonl of a run instead of measuring now",
    )
    command.add_argument("--json", action="store_true", help="one JSON object, or a list of them for --to all")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Answer; ``ValueError`` in one line for a question that has no answer."""
    targets = _targets(options.to)
    subject, others = find_operation(options.subject, [*operations(), *integer_operations()])
    if options.report is not None:
        return _from_report(options, subject, others, targets)
    for name in (subject.framework, *targets):
        _refuse_absence(name)
    with _measured(subject, targets, SIZE_SETS[options.sizes]) as translator:
        names = [name for name in targets if options.to != EVERY or name != subject.framework]
        translations = [translator.to(subject, name) for name in names]
        functions = translator.functions
        if subject.id in functions.missing:
            raise ValueError(f"{subject.id}: nothing could be measured: {functions.missing[subject.id]}")
        convention = functions.convention(subject)
    if options.json:
        _print_json(options, [as_json(translation, convention) for translation in translations])
    else:
        _print_text(
            options, subject, others, [translation_text(translation, convention) for translation in translations]
        )
    measured = [translation for translation in translations if translation.found is not None]
    if not measured:
        first = translations[0] if translations else None
        reason = "no framework" if first is None else f"{first.framework}: {first.reason}"
        print(f"halfpixel: {reason}", file=sys.stderr)
        return CANNOT_TELL
    return REPRODUCED if all(translation.is_reproduced for translation in measured) else APPROXIMATED


def as_json(translation: Translation, convention: Convention | None) -> dict[str, object]:
    """One translation as plain values."""
    operation, to = translation.operation, translation.to
    answer: dict[str, object] = {
        "from": operation.id,
        "call": call_expression(operation) or None,
        "to": translation.framework,
        "reproduced": translation.is_reproduced,
        "summary": verdict_line(translation),
    }
    if to is None or to.call is None:
        return answer
    difference = translation.difference
    answer |= {
        "operation": to.id,
        "write": to.call.expression,
        "program": call_program(to),
        "verdict": str(difference.verdict),
        "gain": difference.gain,
        "grey_levels": difference.grey_levels,
        "pairs": translation.pairs,
        "of": translation.of,
        "where": translation.where,
        "differs_in": list(translation.factors),
    }
    if translation.workarounds is not None:
        answer["in_words"] = list(missing_steps(translation, convention))
        answer["by_hand"] = [
            {"kind": recipe.kind, "proved": workaround_line(recipe), "program": recipe.program}
            for recipe in translation.workarounds.recipes
        ]
        answer["always"] = exact_text(translation, convention)
    return answer


def _print_json(options: argparse.Namespace, answers: list[dict[str, object]]) -> None:
    print(json.dumps(answers if options.to == EVERY else answers[0], indent=2))


def _print_text(
    options: argparse.Namespace, subject: Operation, others: list[Operation], answers: Iterable[AnswerText]
) -> None:
    head = [f"from:        {subject.id}", f"call:        {call_expression(subject)}", ambiguity_line(others)]
    print("\n".join(filter(None, head)))
    for answer in answers:
        print("\n" + "\n".join(answer.lines(with_programs=options.to != EVERY)))


def _targets(name: str) -> list[str]:
    known = frameworks()
    if name == EVERY:
        return [framework.name for framework in known.values() if framework.version is not None]
    if name not in known:
        raise ValueError(f"unknown framework {name!r}; allowed: {EVERY}, {', '.join(known)}")
    return [name]


def _refuse_absence(name: str) -> None:
    framework = frameworks()[name]
    if framework.version is None:
        raise ValueError(f"{name} is not installed (pip install {framework.distributions[0]})")


@contextmanager
def _measured(subject: Operation, targets: Iterable[str], sizes: SizeSet) -> Iterator[Translator]:
    chosen = [subject]
    for name in targets:
        chosen += [operation for operation in operations(name) if operation.id != subject.id]
    with tempfile.TemporaryDirectory(prefix="halfpixel-") as folder, warnings.catch_warnings():
        # Warnings of frameworks about sizes and arguments are no part of the answer.
        warnings.simplefilter("ignore")
        store = Store(Path(folder), sizes)
        yield Translator(FunctionIndex(chosen, store.judgement, sizes.pairs))


def _from_report(options: argparse.Namespace, subject: Operation, others: list[Operation], targets: list[str]) -> int:
    records = recorded_answers.read_records(options.report)
    if subject.id not in records.translations:
        # The plainest one that the run recorded, of those that the words may mean.
        subject = next((other for other in others if other.id in records.translations), subject)
    if options.to == EVERY:
        targets = [name for name in frameworks() if name != subject.framework]
    answers = recorded_answers.recorded_answers(records, subject.id, targets)
    if options.json:
        _print_json(options, [_recorded_json(records, subject.id, *answer) for answer in answers.items()])
    else:
        texts = [recorded_answers.recorded_text(records, subject.id, *answer) for answer in answers.items()]
        _print_text(options, subject, [other for other in others if other is not subject], texts)
    measured = [answer for answer in answers.values() if "to" in answer]
    if not measured:
        return CANNOT_TELL
    return REPRODUCED if all(map(recorded_answers.is_same_function, measured)) else APPROXIMATED


def _recorded_json(
    records: recorded_answers.RecordedTranslations, operation: str, framework: str, answer: recorded_answers.Record
) -> dict[str, object]:
    same = recorded_answers.is_same_function(answer)
    fields: dict[str, object] = {"from": operation, "to": framework, "reproduced": same}
    fields |= {key: value for key, value in answer.items() if key != "to"}
    if answer.get("to") in records.calls:
        key = answer["to"]
        fields |= {"write": records.calls[key]["call"], "program": recorded_answers.recorded_program(records, key)}
    return fields
