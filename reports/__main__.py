"""``python -m reports render | merge | diff``: pages, joins and differences from the records of runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from reports.diff import diff
from reports.html import visible, write_html
from reports.merge import merge
from reports.record import RecordError, read, write


def _render(options: argparse.Namespace) -> int:
    target = options.output or options.records.with_suffix(".html")
    write_html(target, read(options.records))
    print(target)
    return 0


def _merge(options: argparse.Namespace) -> int:
    merged = merge(options.records)
    write(options.output, merged.records)
    for conflict in merged.conflicts:
        print(f"conflict, both kept: {visible(conflict)}", file=sys.stderr)
    print(
        f"{options.output}: {len(merged.records)} records; {merged.duplicates} duplicates dropped, "
        f"{merged.filled} not installed here but measured elsewhere, {len(merged.conflicts)} conflicts"
    )
    return 1 if merged.conflicts else 0


def _diff(options: argparse.Namespace) -> int:
    lines = diff(read(options.old), read(options.new))
    for line in lines:
        print(visible(line))
    return 1 if lines else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m reports", description=__doc__.partition(": ")[2])
    commands = parser.add_subparsers(required=True, metavar="command")
    render = commands.add_parser("render", help="write the page of a run")
    render.add_argument("records", type=Path, metavar="A.jsonl")
    render.add_argument("-o", "--output", type=Path, metavar="out.html", help="default: A.html")
    render.set_defaults(run=_render)
    joined = commands.add_parser("merge", help="join several runs; exit 1 when they contradict each other")
    joined.add_argument("records", type=Path, nargs="+", metavar="A.jsonl")
    joined.add_argument("-o", "--output", type=Path, required=True, metavar="out.jsonl")
    joined.set_defaults(run=_merge)
    differ = commands.add_parser("diff", help="list what changed from one run to the next; exit 1 when something did")
    differ.add_argument("old", type=Path, metavar="A.jsonl")
    differ.add_argument("new", type=Path, metavar="B.jsonl")
    differ.set_defaults(run=_diff)
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
