"""``python -m reports COMMAND``: pages, joins, differences and more from the records of runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

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
from reports.html import visible
from reports.record import RecordError

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
        return options.run(options)
    except (RecordError, OSError) as error:
        print(f"reports: {' '.join(str(visible(str(error))).split())}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
