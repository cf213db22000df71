"""``python -m probe translate``: what to write in another framework instead of a call."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters import Operation, frameworks, integer_operations, operations
from probe.sizes import SIZE_SETS
from probe.store import Store
from probe.translation import Translation, Translator, report
from probe.translation.find import listed, matching, near_names
from probe.translation.functions import Functions
from probe.translation.text import program
from probe.translation.words import exact_text, lines, needed, recipe_line, summary

REPRODUCED, APPROXIMATED, CANNOT_TELL = 0, 1, 2
EVERY = "all"


def register(commands: argparse._SubParsersAction) -> None:
    """Add the command to those of ``python -m probe``."""
    command = commands.add_parser(
        "translate",
        help="what to write in another framework instead of a call",
        description="What to write in another framework instead of a call: measured now, at every pair of --sizes. "
        "Exit status 0 when the printed call is the same function, 1 when it is only the nearest, 2 when it cannot be "
        "told.",
    )
    command.add_argument(
        "subject",
        metavar="CALL",
        help='an id, a name, or words of a call: "cv2.INTER_AREA", "F.interpolate bilinear", "image.resize lanczos3"',
    )
    command.add_argument("--to", required=True, metavar="FRAMEWORK", help=f"a framework, or {EVERY} that are installed")
    command.add_argument("--sizes", choices=SIZE_SETS, default="quick", help="which pairs of sizes both are held at")
    command.add_argument(
        "--from-report",
        metavar="FILE",
        dest="report",
        help="answer from the results.jsonl of a run instead of measuring now",
    )
    command.add_argument("--json", action="store_true", help="one JSON object, or a list of them for --to all")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Answer; ``ValueError`` in one line for what cannot be answered."""
    targets = _targets(options.to)
    subject, others = _subject(options.subject)
    if options.report is not None:
        return _from_report(options, subject, others, targets)
    _refuse_absence(subject.framework)
    for name in targets:
        _refuse_absence(name)
    with _measured(subject, targets, SIZE_SETS[options.sizes]) as translator:
        found = [translator.to(subject, name) for name in targets if options.to != EVERY or name != subject.framework]
        functions = translator.functions
        if subject.id in functions.missing:
            raise ValueError(f"{subject.id}: nothing could be measured: {functions.missing[subject.id]}")
        convention = functions.convention(subject)
    if options.json:
        told = [as_json(one, convention) for one in found]
        print(json.dumps(told if options.to == EVERY else told[0], indent=2))
    else:
        print("\n".join(_head(subject, others)))
        for one in found:
            print("\n" + "\n".join(lines(one, convention, with_text=options.to != EVERY)))
    return _status(found)


def as_json(one: Translation, convention: object) -> dict[str, object]:
    """One translation as plain values."""
    found = one.found
    told: dict[str, object] = {
        "from": one.operation.id,
        "call": None if one.operation.call is None else one.operation.call.expression,
        "to": one.framework,
        "reproduced": one.is_reproduced,
        "summary": summary(one),
    }
    if one.to is None or one.to.call is None:
        return told
    told |= {
        "operation": one.to.id,
        "write": one.to.call.expression,
        "program": program(one.to),
        "verdict": str(found.verdict),
        "gain": found.gain,
        "grey_levels": found.grey_levels,
        "pairs": one.pairs,
        "of": one.of,
        "where": one.where,
        "differs_in": list(one.factors),
    }
    if one.by_hand is not None:
        told["in_words"] = list(needed(one, convention))
        told["by_hand"] = [
            {"kind": each.kind, "proved": recipe_line(each), "program": each.program} for each in one.by_hand.recipes
        ]
        told["always"] = exact_text(one, convention)
    return told


def _head(subject: Operation, others: list[Operation]) -> list[str]:
    told = [f"from:        {subject.id}"]
    if subject.call is not None:
        told.append(f"call:        {subject.call.expression}")
    if others:
        told.append(f"chosen as the plainest; it could also mean {listed(others)}")
    return told


def _status(found: list[Translation]) -> int:
    measured = [one for one in found if one.found is not None]
    if not measured:
        print(f"probe: {found[0].framework}: {found[0].reason}" if found else "probe: no framework", file=sys.stderr)
        return CANNOT_TELL
    return REPRODUCED if all(one.is_reproduced for one in measured) else APPROXIMATED


def _targets(name: str) -> list[str]:
    known = frameworks()
    if name == EVERY:
        return [each for each, framework in known.items() if framework.version is not None]
    if name not in known:
        raise ValueError(f"unknown framework {name!r}; allowed: {EVERY}, {', '.join(known)}")
    return [name]


def _refuse_absence(name: str) -> None:
    framework = frameworks()[name]
    if framework.version is None:
        raise ValueError(f"{name} is not installed (pip install {framework.distributions[0]})")


def _subject(text: str) -> tuple[Operation, list[Operation]]:
    known = [*operations(), *integer_operations()]
    found = matching(text, known)
    if not found:
        near = near_names(text, known)
        hint = f"; did you mean {', '.join(map(repr, near))}?" if near else ""
        raise ValueError(f"no operation matches {text!r}{hint} (python -m probe operations lists them)")
    there = [one for one in found if frameworks()[one.framework].version is not None]
    first = (there or found)[0]
    return first, [one for one in found if one is not first]


@contextmanager
def _measured(subject: Operation, targets: Iterable[str], sizes: object) -> Iterator[Translator]:
    chosen = [subject]
    for name in targets:
        chosen += [one for one in operations(name) if one.id != subject.id]
    with tempfile.TemporaryDirectory(prefix="halfpixel-") as folder, warnings.catch_warnings():
        # What frameworks say of sizes and arguments that nobody asked them about is no part of the answer.
        warnings.simplefilter("ignore")
        store = Store(Path(folder), sizes)
        yield Translator(Functions(chosen, store.judgement, sizes.pairs))


def _from_report(options: argparse.Namespace, subject: Operation, others: list[Operation], targets: list[str]) -> int:
    found = report.read(options.report)
    if subject.id not in found.translations:
        # Of those that the words may mean, the plainest that the run was asked about.
        subject = next((one for one in others if one.id in found.translations), subject)
    if options.to == EVERY:
        targets = [name for name in frameworks() if name != subject.framework]
    answers = report.answers(found, subject.id, targets)
    if options.json:
        calls = found.calls
        told = [
            {"from": subject.id, "to": name, "reproduced": report.is_same(answer)}
            | {key: value for key, value in answer.items() if key != "to"}
            | (
                {"write": calls[answer["to"]]["call"], "program": report.program(found, answer["to"])}
                if answer.get("to") in calls
                else {}
            )
            for name, answer in answers.items()
        ]
        print(json.dumps(told if options.to == EVERY else told[0], indent=2))
    else:
        print("\n".join(_head(subject, [one for one in others if one is not subject])))
        for name, answer in answers.items():
            print("\n" + "\n".join(report.told(found, subject.id, name, answer, options.to != EVERY)))
    measured = [answer for answer in answers.values() if "to" in answer]
    if not measured:
        return CANNOT_TELL
    return REPRODUCED if all(map(report.is_same, measured)) else APPROXIMATED
