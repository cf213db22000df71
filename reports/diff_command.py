"""``python -m reports diff``: what changed from one run to the next, for the terminal, a pull request or a browser."""

from __future__ import annotations

import argparse
from pathlib import Path

from reports import diff_html
from reports.diff import difference, terminal
from reports.diff_markdown import markdown
from reports.files import write_whole
from reports.reading import read
from reports.say import one_line

LISTED = 50


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add the command."""
    parser = commands.add_parser("diff", help="list what changed from one run to the next; exit 1 when something did")
    parser.add_argument("old", type=Path, metavar="OLD.jsonl")
    parser.add_argument("new", type=Path, metavar="NEW.jsonl")
    parser.add_argument("--all", action="store_true", help=f"list all changes, not {LISTED} of each kind")
    parser.add_argument("--markdown", action="store_true", help="print Markdown for a pull request")
    parser.add_argument("--html", type=Path, metavar="out.html", help="write a page, too")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the changes; 0 when there are none, 1 when there are."""
    found = difference(read(options.old), read(options.new))
    if options.html:
        write_whole(options.html, diff_html.render(found))
    if options.markdown:
        print(markdown(found), end="")
    else:
        for line in terminal(found, None if options.all else LISTED):
            print(one_line(line))
    return 1 if found else 0
