"""``python -m reports COMMAND``: pages, joins, differences and more from the records of runs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from reports import (
    badges,
    diff_command,
    markdown,
    merge_command,
    render_command,
    reproduce,
    tables_csv,
    timeline_command,
)
from reports.record import RecordError
from reports.say import one_line

# Each module adds its command with `add_parser(commands)`; a parser's default `run` takes the options and returns the
# exit code.
COMMANDS = (
    render_command,
    merge_command,
    diff_command,
    timeline_command,
    reproduce,
    markdown,
    badges,
    tables_csv,
)


CUT_SHORT = 141
"""What a shell says of a program whose output nobody read to its end."""


def _spare_what_is_read(options: argparse.Namespace) -> None:
    """Raise ``RecordError`` where what is to be written is what is to be read."""
    names = {name: value for name, value in vars(options).items() if value is not None}
    read = [each for name in READ for each in _paths(names.get(name))]
    for path in (each for name in WRITTEN for each in _paths(names.get(name))):
        if any(_is_same(path, each) for each in read):
            raise RecordError(f"{path}: would be overwritten, and is one of those to read")


READ, WRITTEN = ("records", "old", "new"), ("output", "html", "since")
"""Options of commands that name what is read, and what is written."""


def _paths(value: object) -> list[Path]:
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, Path)]


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.is_file() and one.samefile(other)
    except OSError:
        return False


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m reports", description=__doc__.partition(": ")[2])
    commands = parser.add_subparsers(required=True, metavar="command")
    for module in COMMANDS:
        module.add_parser(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when all is well, 1 when runs contradict or differ, 2 when something could not be done."""
    options = _parser().parse_args(arguments)
    try:
        _spare_what_is_read(options)
        code = options.run(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever read the output has seen enough, as `head` has; what is left of it goes nowhere, quietly.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CUT_SHORT
    except (RecordError, OSError) as error:
        print(f"reports: {one_line(str(error))}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
