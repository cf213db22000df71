"""The commands of the probe: identify a resizer, check it or its variants against a convention, list the operations."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path

from halfpixel.adapters import Operation, operations
from halfpixel.golden.convention import Convention
from halfpixel.golden.options import (
    CONVENTION_OPTIONS,
    CommandParser,
    convention_from_options,
    parse_number,
)
from halfpixel.golden.vocabulary import Verdict
from halfpixel.probe.compare.comparison import check
from halfpixel.probe.identify.external_program import (
    DTYPES_OF,
    SECONDS,
    ExternalProgram,
    check_program_runs,
    external_program,
)
from halfpixel.probe.identify.identification import Identification
from halfpixel.probe.identify.input_formats import DTYPES
from halfpixel.probe.identify.kernel_plot import kernel_as_text, save_svg
from halfpixel.probe.identify.naming import identify
from halfpixel.probe.measure.axis_matrix import Subject, as_operation
from halfpixel.probe.measure.sizes import SIZE_SETS
from halfpixel.probe.operation_search import ambiguity_line, find_operation
from halfpixel.probe.translate import command as _translate_command
from halfpixel.probe.variants.dtypes.observe import dtypes
from halfpixel.probe.variants.edges.observe import edges
from halfpixel.probe.variants.gradients.observe import gradients
from halfpixel.probe.variants.observation import Observation
from halfpixel.probe.variants.paths.observe import paths


def add_options(command: argparse.ArgumentParser) -> None:
    """The options that ``identify`` has beyond those of every subject."""
    command.add_argument(
        "--command",
        metavar="'PROGRAM {in} {w} {h} {out}'",
        help="a program instead of a function: it reads {in} and writes {w} x {h} pixels to {out}; no shell runs it",
    )
    command.add_argument("--format", choices=DTYPES_OF, help="of the program's files; png of 8 bits by default")
    command.add_argument("--time-limit", metavar="SECONDS", help=f"for each run of the program; {SECONDS:g} by default")
    command.add_argument("--dtype", choices=DTYPES, help="of the images; found by trying by default")
    command.add_argument(
        "--draw", metavar="FILE.svg", help="also draw the measured kernel to a file; to the terminal in any case"
    )


def identify_and_print(
    options: argparse.Namespace, subject_of: Callable[[argparse.Namespace], Subject]
) -> Identification:
    """Identify the subject of the options, print the result, and draw it.

    Raises ``ValueError`` in one line for bad input, and where nothing could be measured.
    """
    if options.draw is not None:
        _refuse_place(Path(options.draw))
    subject, dtype = _identify_subject(options, subject_of)
    first_calls = 0
    if isinstance(subject, ExternalProgram) and dtype is not None:
        check_program_runs(subject, dtype)
        first_calls = 1
    identified = identify(subject, dtype=dtype)
    identified = replace(identified, calls=identified.calls + first_calls)
    if identified.discrepancy.verdict in (Verdict.UNSUPPORTED, Verdict.NOT_INSTALLED) and identified.unsupported:
        raise ValueError(f"{identified.subject}: {identified.unsupported}")
    print(identified)
    parameters = identified.parameters
    kernels = [] if parameters is None else [k for k in (parameters.enlarging, parameters.shrinking) if k is not None]
    for kernel in kernels[:1]:
        print(f"\n{kernel_as_text(kernel)}")
    if options.draw is not None:
        save_svg(kernels, Path(options.draw))
    return identified


def _identify_subject(
    options: argparse.Namespace, subject_of: Callable[[argparse.Namespace], Subject]
) -> tuple[Subject, str | None]:
    if options.command is None:
        misplaced = [
            name for name, value in (("--format", options.format), ("--time-limit", options.time_limit)) if value
        ]
        if misplaced:
            raise ValueError(f"{' and '.join(misplaced)} can be given only with --command")
        return subject_of(options), options.dtype
    if options.subject is not None or options.operation is not None:
        raise ValueError("give one of package.module:function, --operation ID and --command")
    file_format = options.format or "png"
    dtypes = DTYPES_OF[file_format]
    if options.dtype not in (None, *dtypes):
        raise ValueError(f"--format {file_format} holds {' or '.join(dtypes)}, not {options.dtype}")
    seconds = SECONDS if options.time_limit is None else float(parse_number("--time-limit", options.time_limit))
    return external_program(options.command, file_format, seconds), options.dtype or dtypes[0]


def _refuse_place(path: Path) -> None:
    """Before anything is measured: a place where no drawing can be written."""
    if path.suffix.lower() != ".svg":
        raise ValueError(f"cannot draw to {str(path)!r}: the name must end in .svg")
    if not path.absolute().parent.is_dir():
        raise ValueError(f"cannot write {str(path)!r}: there is no folder {str(path.parent)!r}")
    if path.is_dir():
        raise ValueError(f"cannot write {str(path)!r}: it is a folder")


NAMED, NOT_NAMED, BAD_INPUT = 0, 1, 2
VARIANTS: dict[str, Callable[[Operation], list[Observation]]] = {
    "dtypes": dtypes,
    "edges": edges,
    "gradients": gradients,
    "paths": paths,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns 0 when a convention was named, or agrees, or all variants do; 1 when not; 2 for bad input, which one line on
    stderr explains: a module that cannot be imported, an unknown operation, a subject that cannot be measured.
    """
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        return status
    except ValueError as error:
        return _refuse(str(error))


def _refuse(reason: str) -> int:
    print(f"halfpixel: {reason}", file=sys.stderr)
    return BAD_INPUT


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(prog="halfpixel", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="identify|check|variants|translate|operations")
    for name, run, text in (
        ("identify", _identify, "name the convention of a callable f(image (H, W), size (h, w)), or of a program"),
        ("check", _check, "compare it with a convention"),
        ("variants", _variants, "check it with other dtypes, at the edges, down other paths, and its gradient"),
    ):
        command = commands.add_parser(name, help=text)
        command.set_defaults(run=run)
        if name == "variants":
            command.add_argument("question", choices=VARIANTS)
        command.add_argument("subject", nargs="?", metavar="package.module:function")
        command.add_argument(
            "--operation",
            metavar="CALL",
            help='a call of a framework: an id as halfpixel operations lists it, or words of it: "cv2.INTER_AREA"',
        )
        if name == "identify":
            add_options(command)
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
    return NOT_NAMED if identify_and_print(options, _subject).convention is None else NAMED


def _check(options: argparse.Namespace) -> int:
    subject = _subject(options)
    discrepancy = check(subject, _claimed(options, subject), options.sizes)
    if not discrepancy.measured and discrepancy.verdict in (Verdict.UNSUPPORTED, Verdict.NOT_INSTALLED):
        reason = "; ".join(message for message, _ in discrepancy.refused[:3])
        return _refuse(f"{discrepancy.subject}: nothing could be measured: {reason}")
    print(discrepancy)
    return NAMED if discrepancy.verdict.is_agreement else NOT_NAMED


def _variants(options: argparse.Namespace) -> int:
    operation = as_operation(_subject(options))
    observations = VARIANTS[options.question](operation)
    unmeasured = (Verdict.UNSUPPORTED, Verdict.NOT_INSTALLED)
    measured = [observation for observation in observations if observation.verdict not in unmeasured]
    if not measured:
        reason = observations[0].refused if observations else "it has none of them"
        return _refuse(f"{operation.id}: nothing could be measured: {reason}")
    for observation in observations:
        refused = f" ({observation.refused})" if observation.refused else ""
        print(f"{observation.variant}: {observation.verdict}, {observation.headline}{refused}")
    differing = [observation for observation in measured if not observation.verdict.is_agreement]
    for observation in differing:
        print(f"\n{observation.message(operation.id)}")
        if observation.reproduction:
            print(f"reproduce with:\n\n{observation.reproduction}")
    return NOT_NAMED if differing else NAMED


def _claimed(options: argparse.Namespace, subject: Subject) -> Convention:
    if options.name is not None or any(getattr(options, field) is not None for _, field, _ in CONVENTION_OPTIONS):
        return convention_from_options(options)
    claim = subject.claim if isinstance(subject, Operation) else None
    if claim is None:
        raise ValueError("say which convention to hold it against: --name, or --kernel and the options beside it")
    return claim


def _subject(options: argparse.Namespace) -> Subject:
    if (options.subject is None) == (options.operation is None):
        raise ValueError("give either package.module:function or --operation ID")
    if options.operation is None:
        return _loaded(options.subject)
    operation, others = find_operation(options.operation, operations())
    if others:
        print(f"operation:   {operation.id}, {ambiguity_line(others)}")
    return operation


def _loaded(text: str) -> Subject:
    """The callable of ``package.module:function``; ``ValueError`` in one line when there is none."""
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
        subject: object = reduce(getattr, path.split("."), module)
    except AttributeError as error:
        raise ValueError(f"{module_name!r} has no {path!r}: {error}") from None
    if not (callable(subject) or isinstance(subject, Operation)):
        raise ValueError(f"{text!r} is not callable: it is a {type(subject).__name__}")
    return subject


def _operations(options: argparse.Namespace) -> int:
    chosen = operations(options.framework)
    width = max((len(operation.id) for operation in chosen), default=0)
    for operation in chosen:
        claim = "claims nothing" if operation.claim is None else operation.claim
        print(f"{operation.id:<{width}}  {claim}")
    return NAMED
