"""A convention from command-line options: one set of options for every command that takes one."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import NoReturn

from golden.catalogue import named
from golden.convention import (
    BORDERS,
    COORDINATE_TRANSFORMATION_MODES,
    KERNELS,
    NEAREST_MODES,
    PREFILTERS,
    Convention,
    as_fraction,
)

# Option, field of Convention, and what argparse should make of it.
CONVENTION_OPTIONS = (
    ("--kernel", "kernel", {"choices": KERNELS}),
    ("--mode", "coordinate_transformation_mode", {"choices": COORDINATE_TRANSFORMATION_MODES}),
    ("--nearest-mode", "nearest_mode", {"choices": NEAREST_MODES}),
    ("--a", "cubic_coeff_a", {"metavar": "A", "help": "coefficient of cubic, such as -3/4 or -0.5"}),
    ("--lobes", "lobes", {"type": int, "metavar": "N", "help": "of lanczos"}),
    ("--order", "order", {"type": int, "metavar": "N", "help": "degree of bspline, 2 to 5"}),
    (
        "--antialias",
        "antialias",
        {"action": "store_true", "default": None, "help": "stretch the kernel when shrinking"},
    ),
    ("--border", "border", {"choices": BORDERS}),
    ("--prefilter", "prefilter", {"choices": PREFILTERS}),
    ("--sigma", "sigma", {"metavar": "S", "help": "of prefilter gaussian, in input pixels, or auto"}),
    (
        "--roi",
        "roi",
        {"nargs": 2, "metavar": ("START", "END"), "help": "of tf_crop_and_resize; the input spans 0 to 1"},
    ),
)


class Parser(argparse.ArgumentParser):
    """Refuses bad input in one line, with exit code 2."""

    def error(self, message: str) -> NoReturn:
        """One line instead of usage and message."""
        self.exit(2, f"{self.prog}: {message}\n")


def convention_from(options: argparse.Namespace) -> Convention:
    """The convention that the options, or ``--name``, say; ``ValueError`` naming the option that is at fault."""
    given = {
        field: getattr(options, field) for _, field, _ in CONVENTION_OPTIONS if getattr(options, field) is not None
    }
    names = {field: option for option, field, _ in CONVENTION_OPTIONS}
    if options.name is not None:
        if given:
            raise ValueError(f"--name says it all; leave out {', '.join(names[field] for field in given)}")
        return named(options.name).convention
    for field in ("cubic_coeff_a", "sigma"):
        if field in given and given[field] != "auto":
            given[field] = number_from(names[field], given[field])
    if "roi" in given:
        given["roi"] = tuple(number_from("--roi", part) for part in given["roi"])
    try:
        return Convention(**given)
    except ValueError as error:
        field = str(error).partition(" ")[0]
        raise ValueError(f"{names[field]}: {error}" if field in names else str(error)) from None


def number_from(option: str, text: str) -> Fraction:
    """A number such as 5/3 or -0.5; ``ValueError`` naming the option otherwise."""
    try:
        return as_fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{option} must be a number such as 5/3 or -0.5, not {text!r}") from None


def exit_with(main: Callable[[], int]) -> NoReturn:
    """Run a command and exit with its status; a reader that closes the pipe early has what it wanted."""
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still buffered goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)
