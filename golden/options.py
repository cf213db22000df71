"""A convention from command-line options: one set of options for every command that takes one."""

from __future__ import annotations

import argparse
from fractions import Fraction
from typing import Any, NoReturn

from halfpixel.golden.catalogue import named_convention
from halfpixel.golden.convention import (
    BORDERS,
    COORDINATE_TRANSFORMATION_MODES,
    KERNELS,
    NEAREST_MODES,
    PREFILTERS,
    Convention,
    InvalidConvention,
    as_fraction,
)

# Option, field of Convention, and what argparse should make of it.
CONVENTION_OPTIONS: tuple[tuple[str, str, dict[str, Any]], ...] = (
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


class CommandParser(argparse.ArgumentParser):
    """Refuses bad input in one line, with exit code 2."""

    def error(self, message: str) -> NoReturn:
        """One line instead of usage and message."""
        self.exit(2, f"{self.prog}: {message}\n")


def convention_from_options(options: argparse.Namespace) -> Convention:
    """The convention that the options, or ``--name``, say; ``ValueError`` naming the option that is at fault."""
    values: dict[str, Any] = {
        field: getattr(options, field) for _, field, _ in CONVENTION_OPTIONS if getattr(options, field) is not None
    }
    names = {field: option for option, field, _ in CONVENTION_OPTIONS}
    if options.name is not None:
        if values:
            raise ValueError(f"--name says it all; leave out {', '.join(names[field] for field in values)}")
        return named_convention(options.name).convention
    for field in ("cubic_coeff_a", "sigma"):
        if field in values and values[field] != "auto":
            values[field] = parse_number(names[field], values[field])
    if "roi" in values:
        values["roi"] = tuple(parse_number("--roi", part) for part in values["roi"])
    try:
        return Convention(**values)
    except InvalidConvention as error:
        raise ValueError(f"{names[error.field]}: {error}" if error.field in names else str(error)) from None


def parse_number(option: str, text: str) -> Fraction:
    """A number such as 5/3 or -0.5; ``ValueError`` naming the option otherwise."""
    try:
        return as_fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{option} must be a number such as 5/3 or -0.5, not {text!r}") from None
