"""``python -m reports render``: the page of a run."""

from __future__ import annotations

import argparse
from pathlib import Path

from reports.html import write_html
from reports.reading import read


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add the command."""
    parser = commands.add_parser("render", help="write the page of a run")
    parser.add_argument("records", type=Path, metavar="A.jsonl")
    parser.add_argument("-o", "--output", type=Path, metavar="out.html", help="default: A.html")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the page and print where it is; exit code 0."""
    target = options.output or options.records.with_suffix(".html")
    write_html(target, read(options.records))
    print(target)
    return 0
