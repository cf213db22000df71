"""``python -m golden``: show an exact matrix, list the named conventions, write and verify the test vectors."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from golden import vectors
from golden._show import LARGEST, shown
from golden.catalogue import CATALOGUE
from golden.options import CONVENTION_OPTIONS, Parser, convention_from, exit_with, number_from


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns 0 when all is well, 1 when test vectors are not as they should be, 2 for bad input."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        return options.run(options)
    except BrokenPipeError:
        raise
    except (ValueError, ZeroDivisionError, OSError) as error:
        print(f"golden: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="golden", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="show|list|verify|write")
    show = commands.add_parser("show", help="print an exact matrix")
    show.set_defaults(run=_show)
    show.add_argument("n_in", help="pixels of the input axis")
    show.add_argument("n_out", help="pixels of the output axis")
    show.add_argument("--name", help="a convention from the catalogue, instead of the options below")
    show.add_argument("--scale", metavar="S", help="output over input, such as 5/3 or 0.6; without it n_out / n_in")
    for option, field, about in CONVENTION_OPTIONS:
        show.add_argument(option, dest=field, **about)
    commands.add_parser("list", help="list the named conventions").set_defaults(run=_list)
    for name, run, text in (
        ("verify", _verify, "make the test vectors anew and compare"),
        ("write", _write, "write the test vectors"),
    ):
        command = commands.add_parser(name, help=text)
        command.set_defaults(run=run)
        command.add_argument("folder", nargs="?", type=Path, default=vectors.FIXTURES, metavar="DIR")
    return parser


def _show(options: argparse.Namespace) -> int:
    sizes = [_size(name, getattr(options, name)) for name in ("n_in", "n_out")]
    scale = None if options.scale is None else number_from("--scale", options.scale)
    if scale is not None and not Fraction(1, LARGEST) <= scale <= LARGEST:
        raise ValueError(f"--scale must be between 1/{LARGEST} and {LARGEST}, not {options.scale}")
    print(shown(convention_from(options), *sizes, scale))
    return 0


def _size(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise ValueError(f"{name} must be a whole number of pixels, at least 1, not {text!r}")
    return int(text)


def _list(options: argparse.Namespace) -> int:
    rows = [(entry.name, str(entry.convention), entry.source) for entry in CATALOGUE]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, convention, source in rows:
        print(f"{name:<{widths[0]}}  {convention:<{widths[1]}}  {source}")
    return 0


def _verify(options: argparse.Namespace) -> int:
    result = vectors.verify(options.folder)
    for problem in result.problems:
        print(problem, file=sys.stderr)
    outcome = f"{len(result.problems)} not as they should be" if result.problems else "all as they should be"
    print(f"{result.files} files, {result.cases} cases: {outcome}")
    return 1 if result.problems else 0


def _write(options: argparse.Namespace) -> int:
    paths = vectors.write(options.folder)
    print(f"{len(paths)} files written to {options.folder}")
    return 0


if __name__ == "__main__":
    exit_with(main)
