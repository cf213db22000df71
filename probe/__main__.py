"""``python -m probe``: name the convention of a callable, hold it or its variants against one, list the operations."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from functools import reduce

from adapters import Operation, operations
from golden.convention import Convention
from golden.options import CONVENTION_OPTIONS, Parser, convention_from, exit_with
from probe import identify_command
from probe.check import check
from probe.discrepancy import Verdict
from probe.dtypes import dtypes
from probe.edges import edges
from probe.gradients import gradients
from probe.measure import as_operation
from probe.paths import paths
from probe.sizes import SIZE_SETS
from probe.translation import command as _translate_command

NAMED, NOT_NAMED, BAD_INPUT = 0, 1, 2
VARIANTS = {"dtypes": dtypes, "edges": edges, "gradients": gradients, "paths": paths}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns 0 when a convention was named, or agrees, or all variants do; 1 when not; 2 for bad input, which one line on
    stderr explains: what cannot be imported or called, an unknown operation, a subject that nothing could be measured
    of.
    """
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except ValueError as error:
        return _refuse(str(error))


def _refuse(reason: str) -> int:
    print(f"probe: {reason}", file=sys.stderr)
    return BAD_INPUT


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="probe", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="identify|check|variants|translate|operations")
    for name, run, text in (
        ("identify", _identify, "name the convention of a callable f(image (H, W), size (h, w)), or of a program"),
        ("check", _check, "hold it against a convention"),
        ("variants", _variants, "what it does to other dtypes, at the edges, down other paths, and its gradient"),
    ):
        command = commands.add_parser(name, help=text)
        command.set_defaults(run=run)
        if name == "variants":
            command.add_argument("question", choices=VARIANTS)
        command.add_argument("subject", nargs="?", metavar="package.module:function")
        command.add_argument(
            "--operation", metavar="ID", help="an operation of a framework, as python -m probe operations lists it"
        )
        if name == "identify":
            identify_command.add_options(command)
        if name == "check":
            command.add_argument("--sizes", choices=SIZE_SETS, default="quick")
            command.add_argument("--name", help="a convention from the catalogue, instead of the options below")
            for option, field, about in CONVENTION_OPTIONS:
                command.add_argument(option, dest=field, **about)
    _translate_command.register(commands)
    listing = commands.add_parser("operations", help="list the operations and what their documentation claims")
    listing.set_defaults(run=_operations)
    listing.add_argument("framework", nargs="?")
    return parser


def _identify(options: argparse.Namespace) -> int:
    return NOT_NAMED if identify_command.answer(options, _subject).convention is None else NAMED


def _check(options: argparse.Namespace) -> int:
    subject = _subject(options)
    found = check(subject, _claimed(options, subject), options.sizes)
    if not found.measured and found.verdict in (Verdict.UNSUPPORTED, Verdict.NOT_INSTALLED):
        reason = "; ".join(message for message, _ in found.refused[:3])
        return _refuse(f"{found.subject}: nothing could be measured: {reason}")
    print(found)
    return NAMED if found.verdict.is_agreement else NOT_NAMED


def _variants(options: argparse.Namespace) -> int:
    operation = as_operation(_subject(options))
    found = VARIANTS[options.question](operation)
    measured = [one for one in found if one.verdict not in (Verdict.UNSUPPORTED, Verdict.NOT_INSTALLED)]
    if not measured:
        reason = found[0].refused if found else "it has none of them"
        return _refuse(f"{operation.id}: nothing could be measured: {reason}")
    for one in found:
        print(f"{one.variant}: {one.verdict}, {one.headline}" + (f" ({one.refused})" if one.refused else ""))
    differing = [one for one in measured if not one.verdict.is_agreement]
    for one in differing:
        print(f"\n{one.message(operation.id)}")
        if one.reproduction:
            print(f"reproduce with:\n\n{one.reproduction}")
    return NOT_NAMED if differing else NAMED


def _claimed(options: argparse.Namespace, subject: Operation | Callable) -> Convention:
    given = options.name is not None or any(getattr(options, field) is not None for _, field, _ in CONVENTION_OPTIONS)
    if not given:
        claim = subject.claim if isinstance(subject, Operation) else None
        if claim is None:
            raise ValueError("say which convention to hold it against: --name, or --kernel and the options beside it")
        return claim
    return convention_from(options)


def _subject(options: argparse.Namespace) -> Operation | Callable:
    if (options.subject is None) == (options.operation is None):
        raise ValueError("give either package.module:function or --operation ID")
    return _loaded(options.subject) if options.operation is None else _operation(options.operation)


def _operation(name: str) -> Operation:
    known = {operation.id: operation for operation in operations()}
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=3, cutoff=0.4)
    hint = f"; did you mean {', '.join(repr(one) for one in near)}?" if near else ""
    raise ValueError(f"unknown operation {name!r}{hint} (python -m probe operations lists them)")


def _loaded(text: str) -> Operation | Callable:
    """What ``package.module:function`` names; ``ValueError`` in one line when there is no such thing to call."""
    module_name, colon, path = text.partition(":")
    if not (colon and module_name and path):
        raise ValueError(f"{text!r} must be package.module:function")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:  # a module may raise anything when it is imported
        reason = next(iter(str(error).strip().splitlines()), "")
        raise ValueError(f"cannot import {module_name!r}: {type(error).__name__}: {reason}") from error
    try:
        found = reduce(getattr, path.split("."), module)
    except AttributeError as error:
        raise ValueError(f"{module_name!r} has no {path!r}: {error}") from None
    if not (callable(found) or isinstance(found, Operation)):
        raise ValueError(f"{text!r} is not callable: it is a {type(found).__name__}")
    return found


def _operations(options: argparse.Namespace) -> int:
    chosen = operations(options.framework)
    width = max((len(operation.id) for operation in chosen), default=0)
    for operation in chosen:
        claim = "claims nothing" if operation.claim is None else operation.claim
        print(f"{operation.id:<{width}}  {claim}")
    return NAMED


if __name__ == "__main__":
    exit_with(main)
