"""The ``identify`` command: its options, and what it prints of a function, an operation or a program."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from adapters import Operation
from golden.options import number_from
from probe.discrepancy import Verdict
from probe.estimates.draw import as_text, save
from probe.forms import DTYPES
from probe.identification import Identification
from probe.identify import identify
from probe.programs.files import DTYPES_OF
from probe.programs.program import SECONDS, Program, program, refuse_failure


def add_options(command: argparse.ArgumentParser) -> None:
    """The options that ``identify`` has beyond those of every subject."""
    command.add_argument(
        "--command",
        metavar="'PROGRAM {in} {w} {h} {out}'",
        help="a program instead of a function: it reads {in} and writes {w} x {h} pixels to {out}; no shell runs it",
    )
    command.add_argument("--format", choices=DTYPES_OF, help="of the program's files; png of 8 bits unless told")
    command.add_argument(
        "--time-limit", metavar="SECONDS", help=f"for each run of the program; {SECONDS:g} unless told"
    )
    command.add_argument("--dtype", choices=DTYPES, help="of the images; found out unless told")
    command.add_argument(
        "--draw", metavar="FILE.svg", help="also draw the measured kernel to a file; to the terminal in any case"
    )


def answer(
    options: argparse.Namespace, subject_of: Callable[[argparse.Namespace], Operation | Callable]
) -> Identification:
    """Identify what the options name, print it, and draw it.

    Raises ``ValueError`` in one line for bad input, and where nothing could be measured.
    """
    if options.draw is not None:
        _refuse_place(Path(options.draw))
    subject, dtype = _subject(options, subject_of)
    if isinstance(subject, Program):
        refuse_failure(subject, dtype)
        found = identify(subject, dtype=dtype)
        found = replace(found, calls=found.calls + 1)
    else:
        found = identify(subject, dtype=dtype)
    if found.discrepancy.verdict in (Verdict.UNSUPPORTED, Verdict.NOT_INSTALLED) and found.unsupported:
        raise ValueError(f"{found.subject}: {found.unsupported}")
    print(found)
    parameters = found.parameters
    kernels = [] if parameters is None else [k for k in (parameters.enlarging, parameters.shrinking) if k is not None]
    for kernel in kernels[:1]:
        print(f"\n{as_text(kernel)}")
    if options.draw is not None:
        save(kernels, Path(options.draw))
    return found


def _subject(options: argparse.Namespace, subject_of: Callable) -> tuple[Operation | Callable, str | None]:
    if options.command is None:
        given = [name for name, value in (("--format", options.format), ("--time-limit", options.time_limit)) if value]
        if given:
            raise ValueError(f"{' and '.join(given)} can be given only with --command")
        return subject_of(options), options.dtype
    if options.subject is not None or options.operation is not None:
        raise ValueError("give one of package.module:function, --operation ID and --command")
    file_format = options.format or "png"
    dtypes = DTYPES_OF[file_format]
    if options.dtype not in (None, *dtypes):
        raise ValueError(f"--format {file_format} holds {' or '.join(dtypes)}, not {options.dtype}")
    seconds = SECONDS if options.time_limit is None else float(number_from("--time-limit", options.time_limit))
    return program(options.command, file_format, seconds), options.dtype or dtypes[0]


def _refuse_place(path: Path) -> None:
    """Before anything is measured: a place where no drawing can be written."""
    if path.suffix.lower() != ".svg":
        raise ValueError(f"cannot draw to {str(path)!r}: the name must end in .svg")
    if not path.absolute().parent.is_dir():
        raise ValueError(f"cannot write {str(path)!r}: there is no folder {str(path.parent)!r}")
    if path.is_dir():
        raise ValueError(f"cannot write {str(path)!r}: it is a folder")
