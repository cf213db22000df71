"""The commands of the probe: identify a resizer, check it or its variants against a convention, list the operations."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np

from halfpixel.adapters import NotInstalled, Operation, operations
from halfpixel.golden.convention import Convention
from halfpixel.golden.options import CONVENTION_OPTIONS, CommandParser, convention_from_options
from halfpixel.golden.vocabulary import Cause, Verdict
from halfpixel.probe.compare.comparison import check
from halfpixel.probe.compare.discrepancy import Discrepancy
from halfpixel.probe.identify.external_program import ExternalProgram
from halfpixel.probe.identify.identification import Identification
from halfpixel.probe.identify.input_formats import choose_format
from halfpixel.probe.identify.kernel_plot import kernel_as_text, save_svg
from halfpixel.probe.identify.naming import identify
from halfpixel.probe.image_pairs.from_files import check_files, identify_files
from halfpixel.probe.image_pairs.level_check import LevelCheck, check_at_scales, check_levels
from halfpixel.probe.measure.axis_matrix import Subject, as_operation
from halfpixel.probe.measure.sizes import Pair, size_set
from halfpixel.probe.subject import (
    add_size_options,
    add_subject_options,
    files_of,
    is_about_files,
    refuse_broken,
    scales_of,
    sizes_of,
    subject_of,
)
from halfpixel.probe.translate import command as _translate_command
from halfpixel.probe.variants.dtypes.observe import dtypes
from halfpixel.probe.variants.edges.observe import edges
from halfpixel.probe.variants.gradients.observe import gradients
from halfpixel.probe.variants.observation import Observation
from halfpixel.probe.variants.paths.observe import paths
from halfpixel.probe.vector_check.options import add_vector_options, answer_vectors, refuse_vector_options

NAMED, NOT_NAMED, BAD_INPUT = 0, 1, 2
VARIANTS: dict[str, Callable[[Operation], list[Observation]]] = {
    "dtypes": dtypes,
    "edges": edges,
    "gradients": gradients,
    "paths": paths,
}
_SIZES_OF_PROGRAMS: tuple[Pair, ...] = (
    *((8, 5), (5, 8), (3, 6), (5, 1), (7, 21), (20, 6), (8, 2), (8, 7), (1, 4), (9, 32), (32, 9)),
)
"""A run of a program costs as much as thousands of calls: a few sizes that tell conventions apart."""
_FORMATS_CHOSEN_AT: tuple[Pair, ...] = ((8, 5), (5, 8))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns 0 when a convention was named, or agrees, or all variants do; 1 when not; 2 for bad input, which one line on
    stderr explains: a module that cannot be imported, an unknown operation, a subject that cannot be measured or is not
    repeatable.
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
    command = commands.add_parser("identify", help="name the convention of a function, a program, a call, or files")
    command.set_defaults(run=_identify)
    add_subject_options(command, takes_files=True)
    add_size_options(command)
    command.add_argument(
        "--draw", metavar="FILE.svg", help="also draw the measured kernel to a file; to the terminal in any case"
    )
    command.add_argument(
        "--write-test",
        metavar="DIR",
        type=Path,
        help="of files: write a small image on which the conventions that explain them differ, and say the size",
    )
    command = commands.add_parser("check", help="compare it with a convention, or with test vectors")
    command.set_defaults(run=_check)
    add_subject_options(command, takes_files=True)
    add_size_options(command)
    add_vector_options(command)
    command.add_argument("convention", nargs="?", metavar="CONVENTION", help="a name of the catalogue, as --name")
    command.add_argument("--name", help="a convention from the catalogue, instead of the options below")
    for option, field, about in CONVENTION_OPTIONS:
        command.add_argument(option, dest=field, **about)
    command = commands.add_parser(
        "variants", help="check it with other dtypes, at the edges, down other paths, and its gradient"
    )
    command.set_defaults(run=_variants)
    command.add_argument("question", choices=VARIANTS)
    add_subject_options(command, takes_files=False)
    _translate_command.register(commands)
    listing = commands.add_parser("operations", help="list the operations and what their documentation claims")
    listing.set_defaults(run=_operations)
    listing.add_argument("framework", nargs="?")
    return parser


def _identify(options: argparse.Namespace) -> int:
    if options.draw is not None:
        _refuse_place(Path(options.draw))
    if is_about_files(options):
        if options.draw is not None:
            raise ValueError("--draw shows a measured kernel, which files do not give")
        found = identify_files(files_of(options), options.write_test)
        print(found)
        return NAMED if found.found.explaining else NOT_NAMED
    if options.write_test is not None:
        raise ValueError("--write-test tells conventions apart that explain --input and --output: give those")
    identified = _identified(options)
    print(identified)
    # A rule says more than the kernel of one axis alone, which may be of another scale than the rule's.
    parameters = identified.parameters if identified.rule is None else None
    kernels = [] if parameters is None else [k for k in (parameters.enlarging, parameters.shrinking) if k is not None]
    for kernel in kernels[:1]:
        print(f"\n{kernel_as_text(kernel)}")
    if options.draw is not None:
        save_svg(kernels, Path(options.draw))
    return NAMED if identified.is_named else NOT_NAMED


def _identified(options: argparse.Namespace) -> Identification:
    """The identification; ``ValueError`` in one line where nothing could be measured, or not twice the same."""
    scales, sizes = scales_of(options), sizes_of(options)
    if scales and sizes is not None:
        raise ValueError("give --sizes or --scale: a function that takes a scale decides the size")
    subject, dtype = subject_of(options)
    identified = identify(subject, dtype=dtype, scales=scales) if scales else identify(subject, sizes, dtype)
    refuse_broken(subject)
    if isinstance(subject, ExternalProgram):
        identified = replace(identified, calls=identified.calls + 1)  # the run that showed that it resizes
    if identified.discrepancy.verdict in (Verdict.UNSUPPORTED, Verdict.NOT_INSTALLED) and identified.unsupported:
        raise ValueError(f"{identified.subject}: {identified.unsupported}")
    for fault in identified.faults:
        if fault.factor == Cause.DETERMINISM:
            raise ValueError(f"{identified.subject}: {fault.explanation}")
    return identified


def _check(options: argparse.Namespace) -> int:
    if options.vectors is not None:
        return answer_vectors(options)
    refuse_vector_options(options)
    explicit = options.operation or options.command or options.input or options.output
    if options.subject is not None and options.convention is None and explicit:
        options.subject, options.convention = None, options.subject
    if options.convention is not None:
        if options.name is not None:
            raise ValueError(f"the convention is given twice: {options.convention!r} and --name {options.name}")
        options.name = options.convention
    if is_about_files(options):
        verdict, text = check_files(files_of(options), _claimed(options, None))
        print(text)
        return NAMED if verdict.is_agreement else NOT_NAMED
    subject, dtype = subject_of(options)
    result = _checked(options, subject, dtype, _claimed(options, subject))
    refuse_broken(subject)
    is_measured = bool(result.pairs) if isinstance(result, LevelCheck) else bool(result.measured)
    if not is_measured and result.verdict in (Verdict.UNSUPPORTED, Verdict.NOT_INSTALLED):
        reason = "; ".join(message for message, _ in result.refused[:3])
        raise ValueError(f"{result.subject}: nothing could be measured: {reason}")
    attribution = result.attribution if isinstance(result, Discrepancy) else None
    if attribution is not None and Cause.DETERMINISM in attribution.factors:
        raise ValueError(f"{result.subject}: {attribution.explanation}")
    print(result)
    return NAMED if result.verdict.is_agreement else NOT_NAMED


def _checked(
    options: argparse.Namespace, subject: Subject, dtype: str | None, convention: Convention
) -> Discrepancy | LevelCheck:
    scales, asked = scales_of(options), sizes_of(options)
    if scales:
        if asked is not None:
            raise ValueError("give --sizes or --scale: a function that takes a scale decides the size")
        if isinstance(subject, Operation | ExternalProgram):
            raise ValueError("--scale is for functions f(image, scale) and for files; calls and programs take a size")
        return check_at_scales(cast(Callable[..., np.ndarray], subject), repr(subject), convention, scales)
    is_program = isinstance(subject, ExternalProgram)
    sizes = size_set(asked or (_SIZES_OF_PROGRAMS if is_program else "quick"))
    operation, is_function = as_operation(subject), not isinstance(subject, Operation)
    try:
        pairs = [pair for pair in _FORMATS_CHOSEN_AT if operation.accepts(*pair)]
        chosen = choose_format(operation, is_function, pairs or list(sizes.pairs), dtype)
        if chosen.is_levels:
            return check_levels(chosen, convention, sizes.pairs)
    except NotInstalled as absent:
        raise ValueError(f"{operation.id}: {absent}") from None
    return check(chosen.operation, convention, sizes)


def _variants(options: argparse.Namespace) -> int:
    operation = _operation_of_variants(options)
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


def _operation_of_variants(options: argparse.Namespace) -> Operation:
    """The operation whose variants are asked for; of a function or a program, in the images that it takes.

    Variants are compared with float32. A subject that takes uint8 alone has none but that dtype, which is compared with
    the convention that it is identified as.
    """
    subject, dtype = subject_of(options)
    if isinstance(subject, Operation):
        return subject if dtype is None else replace(subject, dtype=dtype)
    chosen = choose_format(as_operation(subject), True, list(_FORMATS_CHOSEN_AT), dtype)
    refuse_broken(subject)
    if chosen.form.dtype == "float32":
        return chosen.operation
    if options.question != "dtypes":
        raise ValueError(
            f"{chosen.operation.id}: {options.question} are asked with float32 images, and it takes "
            f"{chosen.form.dtype} alone; of it, variants dtypes can be asked"
        )
    identified = identify(subject, dtype=chosen.form.dtype)
    if identified.convention is None:
        raise ValueError(
            f"{chosen.operation.id}: it takes {chosen.form.dtype} alone and follows no known convention, so there is "
            "nothing to compare its dtype with"
        )
    print(f"held against: {identified.convention}, as it is identified; it takes {chosen.form.dtype} alone")
    return replace(chosen.operation, dtype=chosen.form.dtype, claim=identified.convention)


def _claimed(options: argparse.Namespace, subject: Subject | None) -> Convention:
    if options.name is not None or any(getattr(options, field) is not None for _, field, _ in CONVENTION_OPTIONS):
        return convention_from_options(options)
    claim = subject.claim if isinstance(subject, Operation) else None
    if claim is None:
        raise ValueError("say which convention to hold it against: a name, or --kernel and the options beside it")
    return claim


def _operations(options: argparse.Namespace) -> int:
    chosen = operations(options.framework)
    width = max((len(operation.id) for operation in chosen), default=0)
    for operation in chosen:
        claim = "claims nothing" if operation.claim is None else operation.claim
        print(f"{operation.id:<{width}}  {claim}")
    return NAMED


def _refuse_place(path: Path) -> None:
    """Before anything is measured: a place where no drawing can be written."""
    if path.suffix.lower() != ".svg":
        raise ValueError(f"cannot draw to {str(path)!r}: the name must end in .svg")
    if not path.absolute().parent.is_dir():
        raise ValueError(f"cannot write {str(path)!r}: there is no folder {str(path.parent)!r}")
    if path.is_dir():
        raise ValueError(f"cannot write {str(path)!r}: it is a folder")
