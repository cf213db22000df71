"""The subject of a command: a function, a program, a framework's call, or files; told by how it is written."""

from __future__ import annotations

import argparse
import importlib
import os
import re
import sys
import traceback
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from pathlib import Path

import numpy as np

from halfpixel.adapters import Operation, operations
from halfpixel.golden.options import parse_number
from halfpixel.probe.identify.external_program import (
    DTYPES_OF,
    PLACEHOLDERS,
    SECONDS,
    ExternalProgram,
    check_program_runs,
    external_program,
)
from halfpixel.probe.identify.input_formats import DTYPES
from halfpixel.probe.image_pairs.from_files import FilePairs, read_pairs
from halfpixel.probe.measure.axis_matrix import ResizeFunction, Subject
from halfpixel.probe.measure.sizes import SIZE_SETS, Pair
from halfpixel.probe.operation_search import ambiguity_line, find_operation

FORMS = "module:function, 'program {in} {out} {w} {h}', or a framework's call such as cv2.INTER_AREA"
_CALLABLE = re.compile(r"[^\W\d][\w.]*:[^\W\d][\w.]*")
_PLACEHOLDER = re.compile(rf"\{{({'|'.join(PLACEHOLDERS)})\}}")
_PROGRAMMING_ERRORS = (NameError, ImportError, SyntaxError)
"""Exceptions that say that a function is broken, whatever image it is given."""


@dataclass(frozen=True, slots=True, repr=False)
class UserFunction:
    """A function of the user's, which remembers the first error of its program, as opposed to a refusal of images."""

    function: ResizeFunction
    broken: list[str] = field(default_factory=list, compare=False)

    def __repr__(self) -> str:
        return getattr(self.function, "__qualname__", repr(self.function))

    def __call__(self, image: np.ndarray, size: Pair) -> np.ndarray:
        """As the function; its exceptions pass through."""
        try:
            return self.function(image, size)
        except _PROGRAMMING_ERRORS as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(frame.filename).name}, line {frame.lineno}"
            self.broken.append(f"{self!r} fails with {type(error).__name__}: {_first_line(error)} ({where})")
            raise
        except SystemExit as ended:
            # It would end halfpixel, too, with a status that reads as an answer.
            raise RuntimeError(f"it ends its program: sys.exit({ended.code!r})") from None


def add_subject_options(command: argparse.ArgumentParser, takes_files: bool) -> None:
    """The subject, by position or by an option that says which form it has, and how it is called."""
    command.add_argument("subject", nargs="?", metavar="SUBJECT", help=FORMS)
    command.add_argument(
        "--operation",
        metavar="CALL",
        help='a call of a framework: an id as halfpixel operations lists it, or words of it: "cv2.INTER_AREA"',
    )
    command.add_argument(
        "--command",
        metavar="'PROGRAM {in} {w} {h} {out}'",
        help="a program: it reads {in} and writes {w} x {h} pixels to {out}; no shell runs it",
    )
    command.add_argument("--format", choices=DTYPES_OF, help="of the program's files; png by default, npy for float32")
    command.add_argument("--time-limit", metavar="SECONDS", help=f"for each run of the program; {SECONDS:g} by default")
    command.add_argument("--dtype", choices=DTYPES, help="of the images; found by trying by default")
    if takes_files:
        command.add_argument("--input", action="append", type=Path, default=[], metavar="FILE", help="an image")
        command.add_argument(
            "--output",
            action="append",
            type=Path,
            default=[],
            metavar="FILE",
            help="the image resized; may be repeated",
        )


def add_size_options(command: argparse.ArgumentParser) -> None:
    """Which sizes are measured, or the scale that is asked for instead of a size."""
    command.add_argument("--sizes", metavar="SIZES", help=f"{', '.join(SIZE_SETS)}, or pairs such as 8:5,5:8")
    command.add_argument(
        "--scale",
        metavar="S[,S...]",
        help="the function takes a scale, output over input, instead of a size; of files, the scale it was given",
    )


def is_about_files(options: argparse.Namespace) -> bool:
    """Whether files are given; ``ValueError`` where something else is given, too."""
    if not (options.input or options.output):
        return False
    others = [
        f"--{name}" for name in ("operation", "command", "format", "time_limit", "dtype") if _given(options, name)
    ]
    if options.subject is not None:
        others.insert(0, repr(options.subject))
    if options.sizes is not None:
        others.append("--sizes")
    if others:
        raise ValueError(f"--input and --output are the subject; leave out {', '.join(others).replace('_', '-')}")
    return True


def files_of(options: argparse.Namespace) -> FilePairs:
    """The planes of the files; ``ValueError`` in one line for those that cannot be used."""
    return read_pairs(options.input, options.output, scales_of(options))


def subject_of(options: argparse.Namespace) -> tuple[Subject, str | None]:
    """The subject, and the dtype of its images where that is decided; ``ValueError`` in one line where there is none.

    A text with a placeholder is a program, ``module:function`` a callable, anything else a framework's call.
    """
    given = [name for name in ("subject", "operation", "command") if _given(options, name)]
    if len(given) != 1:
        raise ValueError(f"give one subject: {FORMS}; or --operation CALL, or --command PROGRAM")
    text = getattr(options, given[0])
    kind = given[0] if given[0] != "subject" else _kind(text)
    if kind == "command":
        return _program(options, text)
    misplaced = [f"--{name.replace('_', '-')}" for name in ("format", "time_limit") if _given(options, name)]
    if misplaced:
        raise ValueError(f"{' and '.join(misplaced)} can be given only with a program")
    if kind == "callable":
        return _loaded(text), options.dtype
    try:
        operation, others = find_operation(text, operations())
    except ValueError as error:
        if given[0] == "operation":
            raise
        raise ValueError(f"{error}; a function of your own must be package.module:function") from None
    if others:
        print(f"operation:   {operation.id}, {ambiguity_line(others)}")
    return operation, options.dtype


def refuse_broken(subject: Subject) -> None:
    """``ValueError`` in one line for a function that failed by an error of its own program."""
    if isinstance(subject, UserFunction) and subject.broken:
        raise ValueError(subject.broken[0])


def sizes_of(options: argparse.Namespace) -> str | tuple[Pair, ...] | None:
    """``--sizes``: a name, pairs, or ``None``; ``ValueError`` for anything else."""
    text: str | None = options.sizes
    if text is None or text in SIZE_SETS:
        return text
    pairs = [re.fullmatch(r"\s*(\d{1,6})\s*(?::|->)\s*(\d{1,6})\s*", part) for part in text.split(",")]
    found = tuple((int(match[1]), int(match[2])) for match in pairs if match is not None)
    if len(found) != len(pairs) or min(map(min, found)) < 1:
        allowed = ", ".join(SIZE_SETS)
        raise ValueError(f"--sizes must be {allowed}, or pairs of an input and an output size such as 8:5,5:8")
    return found


def scales_of(options: argparse.Namespace) -> tuple[Fraction, ...]:
    """``--scale``, output over input; empty without one. ``ValueError`` for anything but positive numbers."""
    if options.scale is None:
        return ()
    scales = tuple(parse_number("--scale", part) for part in options.scale.split(","))
    if min(scales) <= 0:
        raise ValueError(f"--scale must be above 0, not {options.scale}")
    return scales


def _given(options: argparse.Namespace, name: str) -> bool:
    return getattr(options, name, None) is not None


def _kind(text: str) -> str:
    if _PLACEHOLDER.search(text):
        return "command"
    return "callable" if _CALLABLE.fullmatch(text) else "operation"


def _program(options: argparse.Namespace, command: str) -> tuple[ExternalProgram, str]:
    file_format = options.format or ("npy" if options.dtype == "float32" else "png")
    dtypes = DTYPES_OF[file_format]
    if options.dtype not in (None, *dtypes):
        raise ValueError(f"--format {file_format} holds {' or '.join(dtypes)}, not {options.dtype}")
    seconds = SECONDS if options.time_limit is None else float(parse_number("--time-limit", options.time_limit))
    program, dtype = external_program(command, file_format, seconds), options.dtype or dtypes[0]
    check_program_runs(program, dtype)
    return program, dtype


def _loaded(text: str) -> Subject:
    """The callable of ``package.module:function``; ``ValueError`` in one line when there is none."""
    module_name, _, path = text.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:  # a module may raise anything when it is imported
        raise ValueError(f"cannot import {module_name!r}: {type(error).__name__}: {_first_line(error)}") from error
    try:
        subject: object = reduce(getattr, path.split("."), module)
    except AttributeError as error:
        raise ValueError(f"{module_name!r} has no {path!r}: {error}") from None
    if isinstance(subject, Operation):
        return subject
    if not callable(subject):
        raise ValueError(f"{text!r} is not callable: it is a {type(subject).__name__}")
    return UserFunction(subject)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), "")
