"""The golden commands: exact matrices, conventions, sets and integer rules; write, verify and pack the vectors."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from halfpixel.golden.catalogue import CATALOGUE
from halfpixel.golden.convention import Convention
from halfpixel.golden.coordinates import coordinates
from halfpixel.golden.integer_rules import INTEGER_RULES, integer_rule
from halfpixel.golden.matrix import ExactMatrix, matrix
from halfpixel.golden.options import (
    CONVENTION_OPTIONS,
    CommandParser,
    convention_from_options,
    parse_number,
)
from halfpixel.golden.vector_sets import folder
from halfpixel.golden.vector_sets.sets import definitions

LARGEST_SCALE = 10_000
"""Entries of the largest matrix that is printed."""
_EXACT_PREFILTER = 48
"""Pixels of the longest axis whose B-spline coefficients are worked out in fractions, which takes their cube."""


def format_matrix(convention: Convention, n_in: int, n_out: int, scale: Fraction | None = None) -> str:
    """The matrix that resizes an axis of ``n_in`` pixels to ``n_out``, a row for each output.

    Raises ``ValueError`` for what :func:`halfpixel.golden.matrix` refuses, and for matrices of more than
    :data:`LARGEST_SCALE` entries.
    """
    if n_in > 0 and n_out > 0 and n_in * n_out > LARGEST_SCALE:
        raise ValueError(f"{n_in} x {n_out} is too large to print: at most {LARGEST_SCALE} entries")
    exact = matrix(convention, n_in, n_out, scale)
    where = coordinates(convention, n_in, n_out, scale)
    rows, remark = _aligned_rows(exact)
    table = [["o", "x_in", *(f"x[{i}]" for i in range(n_in))]]
    table += [[str(o), str(where[o]), *row] for o, row in enumerate(rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    scale_text = "" if scale is None else f", scale {scale}"
    title = f"{convention}: {n_in} -> {n_out}{scale_text}"
    body = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in table]
    return "\n".join([title, *remark, *body])


def _aligned_rows(exact: ExactMatrix) -> tuple[list[list[str]], list[str]]:
    too_long = exact.convention.prefilter == "bspline" and exact.n_in > _EXACT_PREFILTER
    if exact.is_rational and not too_long:
        return [[str(value) for value in row] for row in exact.rows()], []
    why = "fractions too long to print" if exact.is_rational else "weights that are no fractions"
    remark = f"({why}: decimals, each within {exact.bound:.1e} of the exact weight)"
    return [[f"{value:.12f}" for value in row] for row in exact.to_array()], [remark]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns 0 when all is well, 1 when test vectors are not as they should be, 2 for bad input."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except BrokenPipeError:
        raise
    except (ValueError, ZeroDivisionError, OSError) as error:
        print(f"halfpixel golden: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(prog="halfpixel golden", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="show|list|rules|verify|write|zip")
    show = commands.add_parser("show", help="print an exact matrix")
    show.set_defaults(run=_show)
    show.add_argument("n_in", help="pixels of the input axis")
    show.add_argument("n_out", help="pixels of the output axis")
    show.add_argument("--name", help="a convention from the catalogue, instead of the options below")
    show.add_argument("--scale", metavar="S", help="output over input, such as 5/3 or 0.6; without it n_out / n_in")
    for option, field, about in CONVENTION_OPTIONS:
        show.add_argument(option, dest=field, **about)
    rules = commands.add_parser("rules", help="how libraries compute integers, bit for bit: all, or one in words")
    rules.set_defaults(run=_rules)
    rules.add_argument("name", nargs="?", metavar="RULE", help="such as pillow-bicubic-uint8, or a part of names")
    listing = commands.add_parser("list", help="list the named conventions")
    listing.set_defaults(run=_list)
    listing.add_argument("--sets", action="store_true", help="list the sets of vectors instead")
    for name, run, text in (
        ("verify", _verify, "make the test vectors anew and compare"),
        ("write", _write, "write the test vectors"),
    ):
        command = commands.add_parser(name, help=text)
        command.set_defaults(run=run)
        command.add_argument("folder", nargs="?", type=Path, default=folder.FOLDER, metavar="DIR")
    packing = commands.add_parser("zip", help="write the test vectors into one zip file")
    packing.set_defaults(run=_zip)
    packing.add_argument("file", type=Path, metavar="FILE")
    return parser


def _show(options: argparse.Namespace) -> int:
    n_in, n_out = (_size(name, getattr(options, name)) for name in ("n_in", "n_out"))
    scale = None if options.scale is None else parse_number("--scale", options.scale)
    if scale is not None and not Fraction(1, LARGEST_SCALE) <= scale <= LARGEST_SCALE:
        raise ValueError(f"--scale must be between 1/{LARGEST_SCALE} and {LARGEST_SCALE}, not {options.scale}")
    print(format_matrix(convention_from_options(options), n_in, n_out, scale))
    return 0


def _size(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise ValueError(f"{name} must be a whole number of pixels, at least 1, not {text!r}")
    return int(text)


def _rules(options: argparse.Namespace) -> int:
    named = [rule for name, rule in INTEGER_RULES.items() if (options.name or "") in name]
    if named and options.name not in INTEGER_RULES:
        _print_table([(rule.name, rule.call, ", ".join(rule.versions)) for rule in named])
        return 0
    rule = integer_rule(options.name)
    print(f"{rule.name}: {rule.call}")
    for name, text in (
        ("rounds", str(rule.convention)),
        ("equal in", ", ".join(rule.versions) or "a text, no library"),
        ("steps", rule.steps),
        ("source", rule.source),
    ):
        print(textwrap.fill(text, 100, initial_indent=f"{name + ':':<12}", subsequent_indent=" " * 12))
    if rule.bound:
        print(f"off by:     up to {rule.bound} grey levels")
    return 0


def _list(options: argparse.Namespace) -> int:
    rows: list[tuple[str, ...]]
    if options.sets:
        rows = [("set", "vectors", "flags", "what it is")]
        for definition in definitions():
            document = json.loads((folder.FOLDER / "sets" / f"{definition.name}.json").read_text(encoding="utf-8"))
            rows.append((definition.name, str(len(document["vectors"])), str(len(document["notes"])), definition.title))
    else:
        rows = [(entry.name, str(entry.convention), entry.source) for entry in CATALOGUE]
    _print_table(rows)
    return 0


def _print_table(rows: list[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _verify(options: argparse.Namespace) -> int:
    result = folder.verify(options.folder)
    for problem in result.problems:
        print(problem, file=sys.stderr)
    outcome = f"{len(result.problems)} not as they should be" if result.problems else "all as they should be"
    print(f"{result.files} files, {result.vectors} vectors, {result.cases} cases: {outcome}")
    return 1 if result.problems else 0


def _write(options: argparse.Namespace) -> int:
    print(f"{len(folder.write(options.folder))} files written to {options.folder}")
    return 0


def _zip(options: argparse.Namespace) -> int:
    print(f"{folder.write_zip(options.file)} files written to {options.file}")
    return 0
