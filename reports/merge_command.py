"""``python -m reports merge``: several runs joined into one."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from reports.merge import Merged, Unsound, merge
from reports.say import one_line
from reports.writing import write

NAMED = 20


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "merge",
        help="join runs of machines, versions and shards; exit 1 when they contradict each other or one is missing",
    )
    parser.add_argument("records", type=Path, nargs="+", metavar="A.jsonl")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="out.jsonl")
    parser.add_argument(
        "--keep-sound", action="store_true", help="join what is sound of damaged files, and say what not"
    )
    parser.add_argument("--all", action="store_true", help=f"name every record that met another, not {NAMED} of a kind")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the joined records and say what met; exit code 1 when something is missing or contradicts itself."""
    try:
        merged = merge(options.records, options.keep_sound)
    except Unsound as error:
        for fault in error.faults:
            _say(f"reports: {fault}")
        return 2
    write(options.output, merged.records)
    _report(merged, None if options.all else NAMED)
    print(
        f"{one_line(str(options.output))}: {len(merged.records):,} records; "
        f"{len(merged.duplicates) + len(merged.rounded):,} duplicates dropped, "
        f"{len(merged.filled):,} not installed here but measured elsewhere, {len(merged.conflicts):,} conflicts"
    )
    return 0 if merged.is_whole else 1


def _report(merged: Merged, most: int | None) -> None:
    _list("left out", merged.left_out, None)
    _list("missing", merged.missing, None)
    _list("note", merged.notes, None)
    _list("conflict, both kept", merged.conflicts, most)
    _list("other sizes, both kept", merged.resized, most)
    _list("duplicate, one kept", merged.duplicates, most)
    _list("duplicate but for rounding, one kept", merged.rounded, most)
    _list("measured elsewhere", merged.filled, most)


def _list(what: str, lines: Sequence[str], most: int | None) -> None:
    shown = lines if most is None else lines[:most]
    for line in shown:
        _say(f"{what}: {line}")
    if len(lines) > len(shown):
        _say(f"{what}: and {len(lines) - len(shown):,} more, named with --all")


def _say(line: str) -> None:
    print(one_line(line), file=sys.stderr)
