"""The translate command: find what is meant, translate it, print the answer."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from difflib import get_close_matches

from halfpixel.adapters import Operation, frameworks, integer_operations, operations
from halfpixel.golden.options import CONVENTION_OPTIONS, CommandParser, convention_from_options
from halfpixel.probe.measure.sizes import SIZE_SETS
from halfpixel.probe.operation_search import ambiguity_line, ignored_words
from halfpixel.probe.search_words import call_expression, framework_names, frameworks_named
from halfpixel.probe.translate import recorded_answers
from halfpixel.probe.translate.answering import BOTH, DTYPES, Answer, Question
from halfpixel.probe.translate.measurement_cache import CachedStore, cache_folder
from halfpixel.probe.translate.rendering import AnswerText
from halfpixel.probe.translate.sources import convention_source, find_source

REPRODUCED, APPROXIMATED, CANNOT_TELL = 0, 1, 2
EVERY = "all"


def register(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Add the command to those of ``halfpixel``."""
    command = commands.add_parser(
        "translate",
        help="what to write in another framework instead of a call",
        description="What to write in another framework instead of a call, or to get a convention: measured at every "
        "pair of --sizes, and on whole images. Exit status 0 when the printed call is the same function, 1 when it is "
        "only the nearest, 2 when that is unknown.",
    )
    command.add_argument(
        "subject",
        nargs="?",
        metavar="CALL",
        help='a call as people write it ("cv2.INTER_AREA", "PIL bicubic", "F.interpolate bilinear"), an id, a name of '
        'the catalogue ("matlab-imresize"), or a convention ("linear half_pixel antialias")',
    )
    command.add_argument("--to", required=True, metavar="FRAMEWORK", help=f"a framework, or {EVERY} that are installed")
    command.add_argument("--sizes", choices=SIZE_SETS, default="quick", help="the pairs of sizes of the comparison")
    command.add_argument(
        "--dtype", choices=DTYPES, default=BOTH, help="of the images; by default float32 in full, and a line for uint8"
    )
    command.add_argument("--all-calls", action="store_true", help="measure all calls, also those documented otherwise")
    command.add_argument("--fresh", action="store_true", help="measure anew what was measured before")
    command.add_argument(
        "--from-report",
        metavar="FILE",
        dest="report",
        help="answer from the results.jsonl of a run instead of measuring now",
    )
    command.add_argument("--json", action="store_true", help="one JSON object, or a list of them for --to all")
    command.add_argument("--name", help="translate a convention of the catalogue")
    for option, field, about in CONVENTION_OPTIONS:
        command.add_argument(option, dest=field, **about)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Answer; ``ValueError`` in one line for a question that has no answer."""
    targets = _targets(options.to)
    subject, others = _source(options)
    if options.report is not None:
        return _from_report(options, subject, others, targets)
    for name in (*([] if subject.call is None else [subject.framework]), *targets):
        _refuse_absence(name)
    store = CachedStore(cache_folder(), SIZE_SETS[options.sizes], options.fresh)
    question = Question(subject, store, options.dtype, options.all_calls)
    names = [name for name in targets if options.to != EVERY or name != subject.framework]
    if options.json:
        answers = [question.answer(name) for name in names]
        _print_json(options, [answer.values for answer in answers])
    else:
        answers = _print_as_found(options, question, others, names)
    measured = [answer for answer in answers if answer.is_measured]
    if not measured:
        reason = f"{answers[0].framework}: {answers[0].reason}" if answers else "no framework"
        print(f"halfpixel: {reason}", file=sys.stderr)
        return CANNOT_TELL
    return REPRODUCED if all(answer.is_same for answer in measured) else APPROXIMATED


def _source(options: argparse.Namespace) -> tuple[Operation, list[Operation]]:
    """The source to translate, and others that the words may mean."""
    stated = options.name is not None or any(getattr(options, field) is not None for _, field, _ in CONVENTION_OPTIONS)
    if stated == (options.subject is not None):
        raise ValueError("say what to translate: a call or a convention, or --name, or --kernel and what belongs to it")
    if stated:
        return convention_source(convention_from_options(options), options.name or ""), []
    return find_source(options.subject, [*operations(), *integer_operations()])


def _print_as_found(
    options: argparse.Namespace, question: Question, others: list[Operation], names: list[str]
) -> list[Answer]:
    """Print each answer when it is there, and before it what the documentation says, where that takes longer."""
    subject = question.operation
    print("\n".join(_head(options, subject, others)), flush=True)
    answers = []
    for name in names:
        answer = question.known(name)
        if answer is None:
            documented = question.first(name)
            if documented:
                print(f"\nfirst:       {documented}; measuring both ...", flush=True)
            answer = question.answer(name)
        answers.append(answer)
        print("\n" + "\n".join(answer.text.lines(with_programs=options.to != EVERY)), flush=True)
        left = answer.values.get("not_measured", 0)
        if left:
            print(f"not measured: {left} other calls of {name}, documented to be further away (--all-calls)")
    return answers


def _head(options: argparse.Namespace, subject: Operation, others: list[Operation]) -> list[str]:
    head = [f"from:        {subject.id}"]
    if subject.call is not None:
        head.append(f"call:        {call_expression(subject)}")
    elif str(subject.claim) != subject.name:
        head.append(f"convention:  {subject.claim}")
    ignored = [] if options.subject is None else ignored_words(options.subject, subject)
    if ignored:
        head.append(f"not taken into account: {', '.join(ignored)}")
    return [line for line in (*head, ambiguity_line(others)) if line]


def _print_json(options: argparse.Namespace, answers: list[dict[str, object]]) -> None:
    print(json.dumps(answers if options.to == EVERY else answers[0], indent=2))


def _print_text(
    options: argparse.Namespace, subject: Operation, others: list[Operation], answers: Iterable[AnswerText]
) -> None:
    print("\n".join(_head(options, subject, others)))
    for answer in answers:
        print("\n" + "\n".join(answer.lines(with_programs=options.to != EVERY)))


def _targets(name: str) -> list[str]:
    known = frameworks()
    if name == EVERY:
        return [framework.name for framework in known.values() if framework.version is not None]
    meant = [name] if name in known else [found for found in frameworks_named(name) if found in known]
    if not meant:
        near = get_close_matches(name, framework_names(), n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ValueError(f"unknown framework {name!r}; {hint}allowed: {EVERY}, {', '.join(known)}")
    return meant[:1]


def _refuse_absence(name: str) -> None:
    framework = frameworks()[name]
    if framework.version is None:
        raise ValueError(f"{name} is not installed (pip install {framework.distributions[0]})")


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
